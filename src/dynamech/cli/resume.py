"""The file of ``ladder --out``: rungs are kept as they are finished, and a later run goes on from them.

The file is the ladder's JSON with its format and a digest of the instance and the words. A file of another
question, or of anything else, is refused and left alone. The relaxed rung is always solved again, because
the witness is read off its allocation; rungs that ran into a limit are tried again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, cast

from ..instances.file import instance_to_json
from ..instances.jsonfile import read_json, write_json
from ..models.design import Design, Question
from ..models.environment import Environment
from ..models.incentives import INCENTIVES, RUNGS
from ..models.ladder import Rung
from ..solvers.errors import InvalidInput
from ..solvers.program import Program

FORMAT = "dynamech-ladder/1"
AGAIN = ("relaxed",)
SETTLED = ("optimal", "infeasible", "unbounded", "not-applicable")


@dataclass(frozen=True)
class Figures:
    """The size of a program that was solved in an earlier run."""

    num_rows: int
    num_columns: int
    num_nonzeros: int


@dataclass(eq=False)
class Remembered(Design):
    """A rung from the file: its answer, without the program and the solution."""

    figures: Figures | None = None

    @property
    def program(self) -> Program | None:
        """The size alone, which is all that a ladder shows of a program."""
        return cast("Program | None", self.figures)


class Record:
    """What is known of one ladder, in memory and in its file."""

    def __init__(self, path: str, env: Environment, question: Question, solver: str) -> None:
        self.path = path
        self.instance = env.name
        self.question = question
        words = [
            question.objective.word,
            question.participation.name,
            question.coupling,
            question.formulation,
            question.exact,
            solver,
        ]
        text = json.dumps([FORMAT, instance_to_json(env), words], sort_keys=True)
        self.digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def read(self) -> dict[str, Design]:
        """The rungs in the file. Raises `InvalidInput` for a file that is not of this ladder."""
        if not os.path.exists(self.path):
            return {}
        content = read_json(self.path)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InvalidInput(f"--out: {self.path} is there and is not a ladder; it was left as it is")
        if content.get("digest") != self.digest:
            raise InvalidInput(
                f"--out: {self.path} holds another ladder (instance or words differ); it was left as it is"
            )
        try:
            found = {rung["name"]: self._remembered(rung) for rung in content["rungs"]}
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"--out: {self.path} is damaged ({error}); it was left as it is") from None
        return {
            name: rung
            for name, rung in found.items()
            if name in RUNGS and name not in AGAIN and rung.status in SETTLED
        }

    def _remembered(self, rung: dict[str, Any]) -> Design:
        value = None if rung["value"] is None else float(rung["value"])
        sizes = [rung["rows"], rung["columns"], rung["nonzeros"]]
        return Remembered(
            replace(self.question, incentives=INCENTIVES[rung["name"]]),
            rung["status"],
            rung["message"],
            value if rung["exact"] is None else Fraction(rung["exact"]),
            {"solve": float(rung["seconds"])},
            formulation=rung["formulation"] or "",
            coupling=rung["coupling"],
            attained=rung["attained"],
            figures=None if None in sizes else Figures(*sizes),
        )

    def write(self, done: dict[str, Design], whole: dict[str, Any] | None = None) -> None:
        """Write what is done; `whole` is the JSON of the finished ladder."""
        rungs = [
            Rung(name, made).to_json() | {"coupling": made.coupling, "attained": made.attained}
            for name in RUNGS
            if (made := done.get(name)) is not None
        ]
        content = {"instance": self.instance} | (whole or {}) | {"rungs": rungs}
        write_json(
            {"format": FORMAT, "digest": self.digest, "finished": whole is not None} | content, self.path
        )
