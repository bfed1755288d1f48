"""The public function `export`: the program of a question for another solver, or the instance as a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..instances.file import save_instance
from ..instances.library import EnvironmentLike, as_environment
from ..instances.question_file import QuestionLike
from ..models.answers.answer import Answer
from ..models.notions.demands import keys_of
from ..solvers.conversions.writing import names_path
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify
from .asking import (
    AUTO,
    BAYESIAN,
    INTERIM,
    REVENUE,
    DemandsLike,
    IncentiveLike,
    ParticipationLike,
    asked,
)
from .questions import compile

SUFFIXES = (".mps", ".lp", ".json")


@dataclass(frozen=True, eq=False, repr=False)
class Export(Answer):
    """What was written to a file: under the keys of ``export X --json``, and in a sentence."""

    content: dict[str, Any]
    sentence: str

    def _facts(self) -> dict[str, object]:
        return self.content

    def to_json(self) -> dict[str, Any]:
        """The object of `export X --json`."""
        return dict(self.content)


def export(
    env: EnvironmentLike,
    path: str | os.PathLike[str],
    *,
    objective: Any = REVENUE,
    incentives: IncentiveLike = BAYESIAN,
    participation: ParticipationLike = INTERIM,
    coupling: str | None = None,
    formulation: str = AUTO,
    demands: DemandsLike | None = None,
    question: QuestionLike | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Export:
    """Write the program that `compile` makes (``.mps``, ``.lp``), or the instance (``.json``, without words).

    Words, demands and a question are those of `compile`.
    A program has its labels in a file beside it, ``PATH.names.json``. MPS is a minimisation: where the
    program maximises, its value is minus what a solver of the file says. Raises `InvalidInput` for another
    suffix and where a file cannot be written, and as `compile` does.
    """
    out = os.fspath(path)
    suffix = os.path.splitext(out)[1].lower()
    if suffix not in SUFFIXES:
        raise InvalidInput(f"{out} is none of model.mps, model.lp and instance.json")
    env = as_environment(env)
    content: dict[str, Any] = {"instance": env.name, "path": out, "format": suffix[1:]}
    if suffix == ".json":
        save_instance(env, out)
        return Export(content, f"{out}: the instance '{env.name}'")
    whole = asked(
        question, objective=objective, incentives=incentives, participation=participation,
        coupling=coupling, formulation=formulation, demands=demands,
    ).check(env)  # fmt: skip
    program = compile(env, question=whole, memory_limit=memory_limit, notify=notify)
    program.write(out)
    content |= {
        "names": names_path(out),
        "incentives": whole.incentives.name,
        "participation": whole.participation.name,
        "demands": keys_of(whole.demands),
        "kind": program.kind,
        "rows": program.num_rows,
        "columns": program.num_columns,
        "nonzeros": program.num_nonzeros,
    }
    aim = "maximised" if program.sense == "max" and suffix == ".lp" else "minimised"
    minus = " (the value is minus the optimum)" if program.sense == "max" and suffix == ".mps" else ""
    sentence = (
        f"{out}: {program.kind} with {program.num_rows:,} rows, {program.num_columns:,} columns, "
        f"{program.num_nonzeros:,} nonzeros, to be {aim}{minus}; its labels: {content['names']}"
    )
    return Export(content, sentence)
