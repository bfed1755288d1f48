"""What engines behind a modelling language share: a lean program in, an honest ``Solution`` out.

An engine gets the program as a minimisation without the rows that say nothing (no entries, or no bounds) and
the columns that nothing mentions, which many interfaces refuse or lose, and returns what it found in whatever
words it has. Those are then judged here:

- "optimal" is an answer whose vectors miss nothing by more than the tolerances asked for, as ``accuracy``
  measures it. Where an engine's own criterion is met and that one is not, it runs again with tighter
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
from ..blocks import Blocks
from ..clock import Clock
from ..convexity import require_convex
from ..duality import dual_bound, reduced_costs
from ..errors import InvalidInput
from ..form import objective_value
from ..lift import Lift, on
from ..numbers import Floats, Ints, vector
from ..options import TIGHTEST, Options, Tolerances
from ..program import Program
from ..roster import require
from ..scaling import cost_unit
from ..short import Short
from ..solution import Solution, Status

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
        self, program: Program, lift: Lean, solver: str, options: Options, run: Run, handover: float
    ) -> None:
        self.program, self.lift, self.solver, self.options = program, lift, solver, options
        self._run, self._clock = run, Clock(options)
        self.seconds = {"handover": handover, "solve": 0.0}
        self.iterations = 0

    def run(self, tolerances: Tolerances) -> Outcome:
        p = self.program
        if p.num_columns == 0:
            return Outcome("optimal", "nothing to decide", np.zeros(0), np.zeros(0))
        out = self._run(p, replace(self.options, time_limit=self._clock.left(), tolerances=tolerances))
        primal = vector(out.primal, p.num_columns)
        priced = primal is not None and not p.integers.size  # a tree's duals are of one of its nodes
        out = replace(out, primal=primal, dual=vector(out.dual, p.num_rows) if priced else None)
        self.seconds["handover"] += out.handover
        self.seconds["solve"] += out.solve
        self.iterations += out.iterations
        return out

    def solution(self) -> Solution:
        asked = tolerances = self.options.tolerances
        best: tuple[Outcome, Accuracy] | None = None
        for attempt in range(_TRIES):
            out = self.run(tolerances)
            if out.word == "unbounded":
                return self._told("unbounded", "unbounded: the objective improves without end")
            if out.word in ("infeasible", "either"):
                return self._told("infeasible", "infeasible: no point satisfies all rows and bounds")
            if out.primal is not None and out.dual is not None:
                reached = accuracy(self.program, out.primal, out.dual)
                if best is None or reached.largest < best[1].largest:
                    best = out, reached
            done = best is not None and best[1].within(asked)
            if done or out.word != "optimal" or self._clock.over() or (attempt == 0 and out.dual is None):
                break
            given = tolerances.primal, tolerances.dual, tolerances.gap
            tolerances = Tolerances(*(max(figure / 10, TIGHTEST) for figure in given))
        return self._judged(out, None) if best is None else self._judged(*best)

    def _judged(self, out: Outcome, reached: Accuracy | None) -> Solution:
        """Without duals an answer can be called feasible, and optimal on the engine's word only."""
        value = None if out.primal is None else self.lift.value(objective_value(self.program, out.primal))
        if reached is not None and value is not None:
            shown = f"{known(value, reached.estimate / abs(self.lift.sign)):.10g}"
            asked = self.options.tolerances
            if reached.within(asked):
                return self._told("optimal", f"optimal: value {shown}", out, value)
            why = f"({out.detail}) at accuracy {reached.largest:.1e}, asked for {asked.largest:.0e}"
            return self._told("limit", f"limit: {self.solver} stopped {why}; value about {shown}", out)
        if out.word == "optimal" and value is not None:
            words = f"optimal: value {value:.10g}; {self.solver} gave no duals"
            return self._told("optimal", words, out, value)
        spent = sum(self.seconds.values())
        words = f"limit: {self.solver} stopped without an answer ({out.detail}) after {spent:.3g} s"
        return self._told("limit", words, out)

    def _told(
        self, status: Status, message: str, out: Outcome | None = None, value: float | None = None
    ) -> Solution:
        began, p, bound = time.perf_counter(), self.lift.home, value
        primal = dual = costs = None
        if out is not None:
            primal, dual = on(self.lift.primal, out.primal), on(self.lift.dual, out.dual)
            costs = None if dual is None else reduced_costs(p, dual, primal)
            if value is None:
                given = np.zeros(p.num_rows) if dual is None else dual
                tolerance = self.options.tolerances.dual / abs(self.lift.sign)
                bound = dual_bound(p, given, primal, tolerance=tolerance)
        self.seconds["handover"] += time.perf_counter() - began
        return Solution(
            p, status, message, self.solver, value, bound, primal, dual, costs,
            iterations=self.iterations, seconds=self.seconds, tolerances=self.options.tolerances,
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Lean(Lift):
    """From a minimisation of some `rows` and `columns` of `home`, its objective times `sign`.

    The other columns are as in `rest` (all columns,), which may be between their bounds: no basis.
    `conflict` is an empty row that cannot be 0, or None.
    """

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
    small = Program(
        "min", False, p.name, Blocks.of(x=columns.size), Blocks.of(rows=rows.size),
        sign * p.objective[columns], sign * float(p.offset),
        p.lower[columns], p.upper[columns], p.row_lower[rows], p.row_upper[rows],
        matrix.indptr, matrix.indices, matrix.data,
        None if q is None else (place[q[0]], place[q[1]], sign * q[2]),
        integer=None if p.integer is None else p.integer[columns],
    )  # fmt: skip
    rest = np.clip(0.0, p.lower, p.upper)
    return small, Lean(program, rows, columns, rest, int(wrong[0]) if wrong.size else None, sign)


def allow(program: Program, solver: str, options: Options, *, timed: bool, counted: bool) -> None:
    """Raise ``InvalidInput`` for a program or a limit that the solver cannot be given."""
    record = require(solver)
    if program.quadratic is not None and not record.qp:
        raise InvalidInput(f"solver {solver!r} takes no quadratic objective; use 'cvxpy:CLARABEL' or 'highs'")
    if not program.integers.size and not record.lp:
        raise InvalidInput(f"solver {solver!r} is for integer columns, and gives no duals; use 'highs'")
    limits = (options.time_limit, timed, "time"), (options.iteration_limit, counted, "iteration")
    for limit, taken, what in limits:
        if limit is not None and not taken:
            raise InvalidInput(f"solver {solver!r} takes no {what} limit; use another, such as highs")
