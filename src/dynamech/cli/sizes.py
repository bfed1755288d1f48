"""How large the programs of a command will be, told (or refused) before the first of them is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..models.compiler.compiled import make_views
from ..models.compiler.plan import check_scope, plan
from ..models.compiler.sizes import program_size, refuse_large
from ..models.design import Question, default_memory_limit
from ..models.environment import Environment
from ..models.histories.classes import build_levels
from ..models.incentives import INCENTIVES
from ..models.rewritings import rewrite
from ..models.rewritings.independence import factored
from ..solvers.errors import AssumptionViolated, TooLarge
from .terminal import Work


def announce(
    env: Environment, question: Question, names: Sequence[str], needed: Sequence[str], work: Work
) -> None:
    """Tell the sizes of these notions' programs.

    Raises `TooLarge` with the figure where one of those `needed` exceeds the memory limit, before anything
    has been told, so that a refusal is one line.
    """
    lines = []
    for name in names:
        try:
            lines.append(_size(env, replace(question, incentives=INCENTIVES[name])))
        except AssumptionViolated:
            continue  # the answer says why
        except TooLarge as error:
            if name in needed:
                raise
            lines.append(f"{name}: left out, {error}")
    for line in lines:
        work.note(line)


def _size(env: Environment, question: Question) -> str:
    """The size in words; raises `TooLarge` and `AssumptionViolated`."""
    check_scope(env)
    env = factored(env.to_exact() if question.exact else env)
    made = rewrite(env, question.incentives, question.coupling).environment
    ready = made if question.exact else made.to_float()
    chosen = plan(
        ready, question.incentives, question.participation, question.objective, question.formulation
    )
    levels = build_levels(ready, question.incentives.everywhere)
    size = program_size(ready, chosen, levels, make_views(ready, chosen, levels))
    limit = default_memory_limit() if question.memory_limit is None else question.memory_limit
    refuse_large(ready, size, limit)
    return f"{question.incentives.name}: {size.text}"
