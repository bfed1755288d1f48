"""The file of ``ladder --out``: rungs are kept as they are finished, and a later run goes on from them.

The file is the ladder's JSON with its format, what the ladder is of (``question``, a digest of the instance
and the words), and a digest of everything that stands in it: a file that was changed after it was written is
refused, as is one of another question or of anything else, and left alone. Two runs of the same ladder may
share a file: each adds its rungs to those that are there. The relaxed rung is always solved again, because
the witness is read off its allocation; rungs that ran into a limit are tried again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, cast

from ..instances.file import instance_to_json
from ..instances.jsonfile import digest, read_json, with_doubles, write_json
from ..instances.numerals import read_number
from ..models.design.design import Design
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.ladder.ladder import Rung
from ..models.notions.demands import keys_of
from ..models.notions.incentives import INCENTIVES, RUNGS
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.files import turn
from ..solvers.numbers import finite
from ..solvers.numerals import one_line, shown
from ..solvers.program import Program

FORMAT = "dynamech-ladder/1"
AGAIN = ("relaxed",)
SETTLED = ("optimal", "infeasible", "unbounded", "not-applicable")
COUNTS = ("rows", "columns", "nonzeros")


@dataclass(frozen=True)
class Figures:
    """The size of a program that was solved in an earlier run."""

    num_rows: int
    num_columns: int
    num_nonzeros: int


@dataclass(frozen=True, eq=False)
class Remembered(Design):
    """A rung from the file: its answer, without the program and the solution."""

    figures: Figures | None = None
    error: float = 0.0
    margin: float = 0.0

    @property
    def program(self) -> Program | None:
        """The size alone, which is all that a ladder shows of a program."""
        return cast("Program | None", self.figures)

    @property
    def value_error(self) -> float:
        """What the value may be off by, as it was known when it was found."""
        return self.error

    @property
    def value_margin(self) -> float:
        """What comparisons should allow for, as it was known then."""
        return self.margin


class Record:
    """What is known of one ladder, in memory and in its file."""

    def __init__(self, path: str, env: Environment, question: Question, effort: Effort) -> None:
        self.path = path
        self.instance = env.name
        self.question, self.effort = question, effort
        words = [
            question.objective.word,
            question.participation.name,
            question.coupling,
            question.formulation,
            effort.exact,
            effort.solver,
            *([keys_of(question.demands)] if question.demands else []),
        ]
        self.about = digest([FORMAT, instance_to_json(env), words])

    def read(self) -> dict[str, Design]:
        """The rungs in the file. Raises `InvalidInput` for another ladder's, and for one that was changed."""
        if not os.path.exists(self.path):
            return {}
        if not os.path.isfile(self.path):
            raise InvalidInput(f"--out: {self.path} is no file that rungs could be kept in")
        kept = {name: self._remembered(rung) for name, rung in self._kept()["rungs"].items()}
        return {
            name: rung
            for name, rung in kept.items()
            if name in RUNGS and name not in AGAIN and rung.status in SETTLED
        }

    def _kept(self) -> dict[str, Any]:
        """The content of the file, its rungs by name."""
        content = with_doubles(read_json(self.path))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise self._refused("is there and is not a ladder")
        if content.get("question") != self.about:
            raise self._refused("holds another ladder (instance or words differ)")
        if content.get("digest") != digest({key: content[key] for key in content if key != "digest"}):
            raise self._refused("was changed after it was written")
        rungs = content.get("rungs")
        if not isinstance(rungs, list) or not all(isinstance(rung, dict) for rung in rungs):
            raise self._refused("is damaged (rungs)")
        return content | {"rungs": {str(rung.get("name")): rung for rung in rungs}}

    def _refused(self, why: str) -> InvalidInput:
        return InvalidInput(f"--out: {one_line(self.path)} {why}; it was left as it is")

    def _remembered(self, rung: Mapping[str, Any]) -> Design:
        """A rung of the file. Its digest fits, so only a forger's file is refused here; but in one line."""

        def number(key: str) -> Any:
            return (
                None if rung[key] is None else read_number(rung[key], doubles=not isinstance(rung[key], str))
            )

        def word(key: str, *instead: None) -> Any:
            if not isinstance(rung[key], (str, *map(type, instead))):
                raise ValueError(f"{shown(rung[key])} is not a text")
            return rung[key]

        try:
            name = word("name")
            texts = {key: word(key) for key in ("status", "message")}
            texts |= {key: word(key, None) for key in ("formulation", "coupling")}
            counts = [rung[key] for key in COUNTS]
            if not all(type(count) is int and count >= 0 for count in counts if count is not None):
                raise ValueError(f"{', '.join(map(shown, counts))} are not counts")
            if not isinstance(rung["attained"], bool):
                raise ValueError(f"{shown(rung['attained'])} is neither true nor false")
            value, exact, seconds = map(number, ("value", "exact", "seconds"))
            error, margin = (math.inf if v is None else float(v) for v in map(number, ("error", "margin")))
            return Remembered(
                replace(self.question, incentives=INCENTIVES[name]),
                texts["status"],
                texts["message"],
                Fraction(exact) if exact is not None else None if value is None else float(value),
                {"solve": float(seconds)},
                formulation=texts["formulation"] or "",
                coupling=texts["coupling"],
                attained=rung["attained"],
                effort=self.effort,
                figures=None if None in counts else Figures(*counts),
                error=error,
                margin=margin,
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise self._refused(f"is damaged (rung {shown(rung.get('name'))}: {wrong})") from None

    def write(self, done: dict[str, Design], whole: dict[str, Any] | None = None) -> None:
        """Write what is done, and what another run has added; `whole` is the JSON of the ladder of all rungs
        that this run was asked for. A file that holds all rungs there are stays as it is.

        Raises `InvalidInput` where the file cannot be written, or has become something else meanwhile.
        """
        with turn(self.path):
            kept = self._kept() if os.path.exists(self.path) else {"rungs": {}}
            rungs = kept["rungs"] | {
                name: told
                for name, design in done.items()
                if (told := _told(name, design))["status"] in SETTLED or name not in kept["rungs"]
            }
            finished = whole is not None and len(whole["rungs"]) == len(RUNGS)
            if not finished and kept.get("finished") is True:
                return
            content = {
                "format": FORMAT,
                "question": self.about,
                "finished": finished,
                "instance": self.instance,
                **(whole or {}),
                "rungs": [rungs[name] for name in RUNGS if name in rungs],
            }
            write_json({"digest": digest(content), **content}, self.path)


def _told(name: str, design: Design) -> dict[str, Any]:
    """A rung as the file has it: all digits of its value, and what it may be off by."""
    errors = {"error": design.value_error, "margin": design.value_margin}
    added = {
        "coupling": design.coupling,
        "attained": design.attained,
        **{key: error if math.isfinite(error) else None for key, error in errors.items()},
    }
    value = finite(design.value)
    return Rung(name, design).to_json() | added | {"value": value}
