"""The program of a question, which knows where it came from.

Its columns are weights of histories, utilities, payments, prices; what they are worth to a designer is a
mechanism. The way there is that of an answer: home from the formulation by its lift, then decoded. Nothing
of it asks where the numbers are from, so they may be those of another tool, which had rows and columns of
one's own beside them: the program's columns are read, and `verify` says what the mechanism keeps.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Self

from ...solvers.conversions.reading import point
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import is_exact, to_float
from ...solvers.program import Program
from ...solvers.short import Short
from ..compiler.compiled import Compiled
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .attain import side_bets, unpaid
from .compiling import compile_question
from .decode import decode
from .question import Question


class NotKept(UserWarning):
    """What a point promises at histories that its mechanism never reaches cannot all be paid."""


@dataclass(frozen=True, eq=False, repr=False)
class Source(Short):
    """What a program was compiled from; `question` has the formulation that was taken."""

    asked: Environment
    question: Question
    effort: Effort
    compiled: Compiled

    def _facts(self) -> Mapping[str, object]:
        return {"environment": self.asked.name, **self.question._facts()}

    @cached_property
    def in_doubles(self) -> Compiled:
        """The same compiled in doubles, column by column: the way home of what a solver says in doubles."""
        if not self.effort.exact:
            return self.compiled
        return compile_question(self.asked, self.question, replace(self.effort, exact=False))[0]


@dataclass(frozen=True, eq=False, repr=False)
class CompiledProgram(Program):
    """A program with the way from a point back to a mechanism. Made by `compiled_program`."""

    source: Source | None = field(default=None, init=False)
    """None of what was made of the program with other columns or rows."""

    @classmethod
    def of(cls, program: Program, source: Source) -> Self:
        """The same numbers, with the way home."""
        same = cls(**{each.name: getattr(program, each.name) for each in fields(program) if each.init})
        object.__setattr__(same, "origin", program.origin)
        return same._from(source)

    def to_float(self) -> Self:
        """The nearest program in doubles (itself where it is one already), with the same way home."""
        nearest = super().to_float()
        return nearest if self.source is None or nearest.source is not None else nearest._from(self.source)

    @property
    def environment(self) -> Environment:
        """The environment of the mechanisms: the one asked about, or of a relaxation the one it rewrites it
        to, as `Design.environment` is."""
        return self._source.compiled.layout.env

    def mechanism(self, values: Any) -> Mechanism:
        """The mechanism that a point describes: a vector (columns,), or a Pyomo model, CVXPY problem or HiGHS
        object of this program, solved, with columns and rows of one's own or without.

        In rationals where program and vector are rational, else in doubles; what `verify` judges with
        `environment`. That the point satisfies the program is not asked. Warns (`NotKept`) where no mechanism
        keeps what the point promises. Raises `InvalidInput` for a vector of another length and for an object
        that is of another program or not solved, `TooLarge` where the mechanism does not fit in the memory.
        """
        source, x = self._source, point(self, values)
        compiled = source.compiled
        if not (self.exact and is_exact(x)):
            compiled, x = source.in_doubles, to_float(x)
        x = compiled.lift.primal(x)
        what = "promises different amounts to types that no payment tells apart"
        broken = [pair[0] for pair in side_bets(compiled, x)]
        if not broken and (broken := unpaid(compiled, x)):
            what = "has a payment that a row counts"
        if broken:
            label = compiled.program.column_label(int(broken[0][0]))
            warnings.warn(
                f"{label}: the mechanism never gets there, and the point {what}; the mechanism may break "
                "what the point keeps",
                NotKept,
                stacklevel=2,
            )
        return decode(compiled.layout, x, source.effort.room)

    @property
    def _source(self) -> Source:
        if self.source is None:
            raise InvalidInput(f"{self.name!r}: a program made of a question's program has no way home")
        return self.source

    def _from(self, source: Source) -> Self:
        object.__setattr__(self, "source", source)
        return self


def compiled_program(env: Environment, question: Question, effort: Effort = FLOATS) -> CompiledProgram:
    """What `design` would solve. Notifies and raises as `prepare` does."""
    question = question.check(env)
    compiled = compile_question(env, question, effort)[0]
    same = replace(question, formulation=compiled.layout.plan.formulation)
    return CompiledProgram.of(compiled.solved, Source(env, same, effort.silent, compiled))
