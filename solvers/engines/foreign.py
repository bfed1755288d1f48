"""What engines behind a modelling language share: a lean program in, an honest ``Solution`` out.

An engine gets the program as a minimisation without the rows that say nothing (no entries, or no bounds) and
the columns that nothing mentions, which many interfaces refuse or lose, and returns what it found in whatever
words it has. Those are then judged here:

- "optimal" is an answer whose vectors miss nothing by more than the tolerances asked for, as ``accuracy``
  measures it. Ints an engine's own criterion is met and that one is not, it runs again with tighter
  tolerances; where that is not enough the status is "limit", with what was reached.
- "infeasible" and "unbounded" are passed on as they are said; ``audit`` looks into them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from ..accuracy import Accuracy, accuracy, known
from ..blocks import Block, Blocks
from ..convexity import require_convex
from ..duality import dual_bound, objective_value, reduced_costs
from ..errors import InvalidInput
from ..lift import Lift
from ..numbers import Floats, Ints, vector
from ..options import INSTANT, TIGHTEST, Options, Tolerances
from ..program import Program
from ..scaling import cost_unit
from ..short import Short
from ..solution import Solution, Status
from ..trivial import decided

Word: TypeAlias = Literal["optimal", "infeasible", "unbounded", "either", "limit"]
_TRIES = 3


@dataclass(frozen=True, eq=False, repr=False)
class Outcome(Short):
    """One run: a word, what the engine calls it, and vectors where it has any.

    "either" is infeasible or unbounded; "limit" is everything that is no answer. `dual` (rows,) is the
    derivative of the minimum in the bounds of the rows. Times in seconds.
    """

    word: Word
    detail: str
    primal: Floats | None = None
    dual: Floats | None = None
    iterations: int = 0
    handover: float = 0.0
    solve: float = 0.0


Run: TypeAlias = Callable[[Program, Options], Outcome]
"""Solve a float minimisation that has columns, and whose rows all have entries and a bound."""


def solve_foreign(program: Program, solver: str, options: Options, run: Run) -> Solution:
    """Solve by `run`, and judge what it says; a warm start, being a basis, is left unused.

    Raises ``InvalidInput`` for a quadratic objective of the wrong curvature.
    """
    if (answer := decided(program, solver, options)) is not None:
        return answer
    require_convex(program)
    began = time.perf_counter()
    small, lift = lean(program)
    if lift.conflict is not None:
        words = f"infeasible: {program.row_label(lift.conflict)} has no entries and cannot be 0"
        return Solution(program, "infeasible", words, solver, tolerances=options.tolerances)
    return _Trial(small, lift, solver, options, run, time.perf_counter() - began).solution()


class _Trial:
    """The runs that one solution takes."""

    def __init__(
        self,
        program: Program,
        lift: Lean,
        solver: str,
        options: Options,
        run: Run,
        handover: float,
    ) -> None:
        self.program, self.lift, self.solver, self.options = program, lift, solver, options
        self._run = run
        self._end = None if options.time_limit is None else time.perf_counter() + options.time_limit
        self.seconds = {"handover": handover, "solve": 0.0}
        self.iterations = 0

    def run(self, tolerances: Tolerances) -> Outcome:
        program = self.program
        if program.num_columns == 0:
            return Outcome("optimal", "nothing to decide", np.zeros(0), np.zeros(0))
        left = None if self._end is None else max(self._end - time.perf_counter(), INSTANT)
        out = self._run(program, replace(self.options, time_limit=left, tolerances=tolerances))
        primal, dual = vector(out.primal, program.num_columns), vector(out.dual, program.num_rows)
        out = replace(out, primal=primal, dual=None if primal is None else dual)
        self.seconds["handover"] += out.handover
        self.seconds["solve"] += out.solve
        self.iterations += out.iterations
        return out

    def over(self) -> bool:
        return self._end is not None and time.perf_counter() >= self._end

    def solution(self) -> Solution:
        tolerances = self.options.tolerances
        asked = tolerances.largest
        best, reached = None, None
        for attempt in range(_TRIES):
            out = self.run(tolerances)
            if out.word == "unbounded":
                return self._made("unbounded", "unbounded: the objective improves without end", None, None)
            if out.word in ("infeasible", "either"):
                words = "infeasible: no point satisfies all rows and bounds"
                return self._made("infeasible", words, None, None)
            if out.primal is not None and out.dual is not None:
                found = accuracy(self.program, out.primal, out.dual)
                if reached is None or found.largest < reached.largest:
                    best, reached = out, found
            if reached is not None and reached.largest <= asked:
                break
            if out.word != "optimal" or self.over() or (attempt == 0 and out.dual is None):
                break
            tolerances = _tighter(tolerances)
        if best is None or reached is None:
            return self._unmeasured(out)
        return self._measured(best, reached, asked)

    def _measured(self, out: Outcome, reached: Accuracy, asked: float) -> Solution:
        assert out.primal is not None
        value = self._value(out.primal)
        shown = f"{known(value, reached.estimate / abs(self.lift.sign)):.10g}"
        if reached.largest <= asked:
            return self._made("optimal", f"optimal: value {shown}", out, value)
        words = (
            f"limit: {self.solver} stopped ({out.detail}) at accuracy {reached.largest:.1e}, "
            f"asked for {asked:.0e}; value about {shown}"
        )
        return self._made("limit", words, out, None)

    def _value(self, primal: Floats) -> float:
        return self.lift.value(objective_value(self.program, primal))

    def _unmeasured(self, out: Outcome) -> Solution:
        """Without duals an answer can be called feasible, and optimal on the engine's word only."""
        value = None if out.primal is None else self._value(out.primal)
        if out.word == "optimal" and value is not None:
            words = f"optimal: value {value:.10g}; {self.solver} gave no duals"
            return self._made("optimal", words, out, value)
        words = f"limit: {self.solver} stopped without an answer ({out.detail}) after {self._spent:.3g} s"
        return self._made("limit", words, out, None)

    @property
    def _spent(self) -> float:
        return sum(self.seconds.values())

    def _made(self, status: Status, message: str, out: Outcome | None, value: float | None) -> Solution:
        began, p = time.perf_counter(), self.lift.home
        primal = dual = costs = None
        bound = value
        if out is not None:
            if out.primal is not None:
                primal = self.lift.primal(out.primal)
            if out.dual is not None:
                dual = self.lift.dual(out.dual)
                costs = reduced_costs(p, dual, primal)
            if value is None:
                given = np.zeros(p.num_rows) if dual is None else dual
                tolerance = self.options.tolerances.dual / abs(self.lift.sign)
                bound = dual_bound(p, given, primal, tolerance=tolerance)
        self.seconds["handover"] += time.perf_counter() - began
        return Solution(
            p, status, message, self.solver, value, bound, primal, dual, costs,
            iterations=self.iterations, seconds=self.seconds, tolerances=self.options.tolerances,
        )  # fmt: skip


def _tighter(tolerances: Tolerances) -> Tolerances:
    return Tolerances(*(max(k / 10, TIGHTEST) for k in (tolerances.primal, tolerances.dual, tolerances.gap)))


@dataclass(frozen=True, eq=False, repr=False)
class Lean(Lift, Short):
    """From a minimisation of some `rows` and `columns` of `home`, its objective times `sign`.

    The other columns are as in `rest` (all columns,), which may be between their bounds: no basis.
    `conflict` is an empty row that cannot be 0, or None.
    """

    home: Program
    rows: Ints
    columns: Ints
    rest: Floats
    conflict: int | None
    sign: float

    def primal(self, values: Floats) -> Floats:
        """Columns that were left out are in `rest`."""
        out = self.rest.copy()
        out[self.columns] = values
        return out

    def dual(self, values: Floats) -> Floats:
        """In the objective of `home`; 0 at rows that were left out."""
        out: Floats = np.zeros(self.home.num_rows)
        out[self.rows] = values / self.sign
        return out

    def value(self, value: float) -> float:
        """In the objective of `home`."""
        return value / self.sign


def lean(program: Program) -> tuple[Program, Lean]:
    """A minimisation in doubles of those rows and columns of the program that matter, and the way back."""
    p = program.to_float()
    q = p.quadratic
    empty = np.diff(p.indptr) == 0
    wrong = np.flatnonzero(empty & ((p.row_lower > 0) | (p.row_upper < 0)))
    rows: Ints = np.flatnonzero(~empty & (np.isfinite(p.row_lower) | np.isfinite(p.row_upper)))
    matrix = p.matrix if rows.size == p.num_rows else p.matrix[rows]
    used = p.objective != 0
    used[matrix.indices] = True
    if q is not None:
        used[q[0]] = True
    columns: Ints = np.flatnonzero(used)
    if columns.size < p.num_columns:
        matrix = matrix[:, columns]
    sign = p.sign * cost_unit(p)
    place = np.cumsum(used) - 1
    blocks = (
        Blocks({"x": Block("x", 0, columns.size, (columns.size,))}),
        Blocks({"rows": Block("rows", 0, rows.size, (rows.size,))}),
    )
    made = Program(
        "min", False, p.name, *blocks, sign * p.objective[columns], sign * float(p.offset),
        p.lower[columns], p.upper[columns], p.row_lower[rows], p.row_upper[rows],
        matrix.indptr, matrix.indices, matrix.data,
        None if q is None else (place[q[0]], place[q[1]], sign * q[2]),
    )  # fmt: skip
    rest = np.clip(0.0, p.lower, p.upper)
    return made, Lean(program, rows, columns, rest, int(wrong[0]) if wrong.size else None, sign)


def limits_allowed(solver: str, options: Options, *, time_limit: bool, iteration_limit: bool) -> None:
    """Raise ``InvalidInput`` for a limit that the solver cannot be given."""
    for given, can, what in (
        (options.time_limit, time_limit, "time"),
        (options.iteration_limit, iteration_limit, "iteration"),
    ):
        if given is not None and not can:
            raise InvalidInput(f"solver {solver!r} takes no {what} limit; use another, such as highs")
