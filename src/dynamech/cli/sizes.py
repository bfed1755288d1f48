"""How large the programs of a command will be, told (or refused) before the first of them is built."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..models.design.compiling import prepare
from ..models.design.question import Question
from ..models.design.rents import in_rents
from ..models.environment.environment import Environment
from ..models.environment.reports import not_transitive
from ..report.options import in_options
from ..solvers.effort import Effort
from ..solvers.errors import AssumptionViolated, TooLarge
from .terminal import Work


def announce(
    env: Environment,
    questions: Mapping[str, Question],
    effort: Effort,
    needed: Collection[str],
    work: Work,
) -> None:
    """Tell the sizes of these questions' programs, and first what their answers may not mean.

    Raises `TooLarge` with the figure where one of those `needed` exceeds the memory limit, before anything
    has been told, so that a refusal is one line.
    """
    words = not_transitive(env)
    lines = [words] if words else []
    for name, question in questions.items():
        if rents := in_rents(env, question, effort):
            lines.append(f"{name}: {rents}")
            continue
        try:
            counted, _ = prepare(env, question, effort)
            lines.append(f"{name}: {counted.size.text}")
        except AssumptionViolated:
            continue  # the answer says why
        except TooLarge as error:
            if name in needed:
                raise
            lines.append(f"{name}: left out, {in_options(error)}")
    for line in lines:
        work.note(line)
