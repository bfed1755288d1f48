"""The public function `export`: the program of a question for another solver, or the instance as a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..instances.file import save_instance
from ..instances.library import EnvironmentLike, as_environment
from ..models.answers.answer import Answer
from ..models.notions.incentives import Incentive, read_incentive
from ..models.notions.participation import Participation, read_participation
from ..solvers.conversions.writing import names_path
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify
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
    objective: Any = "revenue",
    incentives: str | Incentive = "bayesian",
    participation: str | Participation = "interim",
    coupling: str | None = None,
    formulation: str = "auto",
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Export:
    """Write the program that `compile` makes (``.mps``, ``.lp``), or the instance (``.json``, without words).

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
    notion, promised = read_incentive(incentives), read_participation(participation)
    program = compile(
        env, objective=objective, incentives=notion, participation=promised, coupling=coupling,
        formulation=formulation, memory_limit=memory_limit, notify=notify,
    )  # fmt: skip
    program.write(out)
    content |= {
        "names": names_path(out),
        "incentives": notion.name,
        "participation": promised.name,
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
