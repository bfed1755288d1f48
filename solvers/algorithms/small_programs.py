"""Many small dense linear programs of one shape, solved together or apart.

    maximise c_k · x   subject to   row_lower_k ≤ A_k x ≤ row_upper_k,   lower_k ≤ x ≤ upper_k,   k = 1..n.

A simplex solver spends far longer on starting than on five pivots, and a block-diagonal program of thousands
pays for its size: so programs are handed over in groups of about `GROUP` entries, block-diagonal, without
presolve. Measured for 8 rows and 65 columns, one program at a time 0.57 ms each, in groups 0.23 ms, all in
one 0.34 ms, with presolve 0.8 ms and more.

Rational data give rational answers: each program's share of the basis is solved and examined exactly, and
repaired where it is not optimal (`solvers/exact`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import islice
from typing import Any, TypeAlias

import highspy
import numpy as np
from flint import fmpq_mat
from numpy.typing import NDArray

from ..arithmetic import COMPUTED, RATIONAL
from ..clock import Clock
from ..conversions.highs_model import SMALL
from ..conversions.highs_object import new_highs
from ..effort import FLOATS, Effort
from ..errors import NotCertified
from ..exact.integers import IntegerProgram, clear
from ..exact.interval import program_duals
from ..exact.last_resort import settled
from ..exact.prove import Attempt, attempts
from ..numbers import Array, Ints, distinct, is_exact, objects, to_exact, to_float
from ..options import AT_LOWER, AT_UPPER, BASIC, FREE, TIGHT, Basis, Options
from ..phases import phase_one
from ..program import Builder, Program
from ..rational import ZERO, Rational, fraction, rational, total
from ..short import Short

GROUP = 16_384
"""Entries of A that are handed over at a time."""
ATTEMPTS = 2
"""Bases that are examined before exact pivots are made."""
ROUNDED = 1e-8
"""By how much rows of doubles may miss their bounds, in all, in units of their largest entries."""
Statuses = NDArray[np.int8]
Side: TypeAlias = Rational | None
"""A bound, None where there is none."""


@dataclass(frozen=True, eq=False, repr=False)
class SmallPrograms(Short):
    """The data: A (n, R, C), c (n, C), row bounds (n, R), column bounds (n, C); infinite bounds are floats.

    Every program must be feasible and bounded.
    """

    matrix: Array
    objective: Array
    row_lower: Array
    row_upper: Array
    lower: Array
    upper: Array

    @classmethod
    def of(
        cls, matrix: Array, objective: Array, row_lower: Array, row_upper: Array, lower: Array, upper: Array
    ) -> SmallPrograms:
        """The same from arrays that broadcast to these shapes."""
        n, rows, columns = matrix.shape
        of_row, of_column = (n, rows), (n, columns)
        shapes = of_column, of_row, of_row, of_column, of_column
        given = objective, row_lower, row_upper, lower, upper
        return cls(matrix, *map(np.broadcast_to, given, shapes))

    @property
    def exact(self) -> bool:
        """Whether the data is rational."""
        return is_exact(self.matrix)

    def __len__(self) -> int:
        return len(self.matrix)

    def each(self, change: Callable[[Array], Array]) -> SmallPrograms:
        """The same with every array changed."""
        return SmallPrograms(*(change(getattr(self, field.name)) for field in fields(self)))

    def only(self, which: Any) -> SmallPrograms:
        """Some of the programs, by an index array or a mask."""
        return self.each(lambda values: values[which])

    def program(self, k: int) -> Program:
        """Program k by itself."""
        builder = Builder(sense="max", exact=self.exact, name=f"{k}")
        x = builder.columns(
            "x", self.matrix.shape[2], lower=self.lower[k], upper=self.upper[k], objective=self.objective[k]
        )
        rows = builder.rows("rows", self.matrix.shape[1], lower=self.row_lower[k], upper=self.row_upper[k])
        builder.entries(rows.index[:, None], x.index, self.matrix[k])
        return builder.build()


@dataclass(frozen=True, eq=False, repr=False)
class SmallSolutions(Short):
    """Optimal values (n,), primal (n, C) and dual (n, R), in the signs of `Solution`."""

    value: Array
    primal: Array
    dual: Array


def solve_small(programs: SmallPrograms, effort: Effort = FLOATS) -> SmallSolutions:
    """Solve every program; rational ones exactly. Of the effort only the time that is left counts.

    Raises `NotCertified` where one has no optimum to show, `OutOfTime`.
    """
    clock = Clock(Options(time_limit=effort.left))
    rounded, columns, rows = _in_doubles(programs, clock)
    if not programs.exact:
        return rounded
    n, height, width = programs.matrix.shape
    value, primal, dual = RATIONAL.zeros(n), RATIONAL.zeros((n, width)), RATIONAL.zeros((n, height))
    quick = programs.each(_in_flint)
    for k in range(n):
        clock.check()
        end = _at_basis(quick, k, columns[k], rows[k])
        value[k], primal[k], dual[k] = end or _proved(programs, k, Basis(columns[k], rows[k]), clock)
    return SmallSolutions(value, primal, dual)


def _in_flint(values: Array) -> Array:
    """The same rationals as FLINT's, None for the infinite."""
    few, place = distinct(values)
    return objects(None if type(v) is float else rational(v) for v in few)[place]


def _at_basis(
    quick: SmallPrograms, k: int, columns: Statuses, rows: Statuses
) -> tuple[Fraction, Array, Array] | None:
    """(value, primal, dual) of program k, in FLINT, at the vertex of a basis; None where it is not optimal.

    What `vertex` and `examine` do for large sparse programs, for dense ones of a few rows, where a matrix of
    FLINT's is quicker than the bookkeeping of sparse ones.
    """
    basic, binding = np.flatnonzero(columns == BASIC), np.flatnonzero(rows != BASIC)
    low, high, row_low, row_high = (
        values[k].tolist() for values in (quick.lower, quick.upper, quick.row_lower, quick.row_upper)
    )
    x, wanted = _resting(columns, low, high), _resting(rows, row_low, row_high)
    if x is None or wanted is None or basic.size != binding.size:
        return None
    entries, cost, dual = quick.matrix[k], quick.objective[k].tolist(), [ZERO] * len(wanted)
    matrix = fmpq_mat(len(wanted), len(x), entries.ravel().tolist())
    reached = (matrix * fmpq_mat(len(x), 1, x)).entries()
    if size := basic.size:
        kernel = fmpq_mat(size, size, entries[np.ix_(binding, basic)].ravel().tolist())
        right = fmpq_mat(size, 1, [wanted[i] - reached[i] for i in binding.tolist()])
        prices = fmpq_mat(size, 1, [cost[j] for j in basic.tolist()])
        try:
            inside, outside = kernel.solve(right).entries(), kernel.transpose().solve(prices).entries()
        except ZeroDivisionError:
            return None
        for places, values, into in ((basic, inside, x), (binding, outside, dual)):
            for place, solved in zip(places.tolist(), values, strict=True):
                into[place] = solved
        reached = (matrix * fmpq_mat(len(x), 1, x)).entries()
    priced = (fmpq_mat(1, len(dual), dual) * matrix).entries()
    reduced = [c - p for c, p in zip(cost, priced, strict=True)]
    if not (_balanced(x, low, high, reduced) and _balanced(reached, row_low, row_high, dual)):
        return None
    worth = total(c * v for c, v in zip(cost, x, strict=True))
    return fraction(worth), objects(map(fraction, x)), objects(map(fraction, dual))


def _resting(statuses: Statuses, low: list[Side], high: list[Side]) -> list[Rational] | None:
    """Where nonbasic columns or rows are, 0 for basic and free ones; None where one has no such bound."""
    sides = {AT_LOWER: low, AT_UPPER: high}
    at = [sides[s][j] if s in sides else ZERO for j, s in enumerate(statuses.tolist())]
    return None if any(value is None for value in at) else at


def _balanced(at: list[Rational], low: list[Side], high: list[Side], prices: list[Rational]) -> bool:
    """Whether all are within their bounds, and at the one that what is maximised pushes them to."""
    for value, below, above, price in zip(at, low, high, prices, strict=True):
        if (below is not None and value < below) or (above is not None and value > above):
            return False
        pushed = above if price > 0 else below
        if price != 0 and (pushed is None or value != pushed):
            return False
    return True


def _proved(programs: SmallPrograms, k: int, basis: Basis, clock: Clock) -> tuple[Any, Array, Array]:
    """(value, primal, dual) of program k: the basis, perhaps refined, else rational pivots from it on.

    Raises `NotCertified` where it has no optimum, or one that takes too long, `OutOfTime`.
    """
    whole = clear(programs.program(k))
    proved = (attempt for attempt in islice(attempts(whole, basis, clock), ATTEMPTS) if attempt.seen.optimal)
    end = next(proved, None) or _pivoted(whole, basis, f"small program {k} of {len(programs)}", clock)[0]
    return end.seen.value, end.vertex.x.fractions(), program_duals(whole, end.vertex.y)


def _pivoted(whole: IntegerProgram, start: Basis | None, what: str, clock: Clock) -> tuple[Attempt, Basis]:
    """The optimum that rational pivots end with, and its basis."""
    end = settled(whole, start, clock)
    if end is None or end.attempt is None or end.attempt.basis is None:
        proof = None if end is None else end.certificate
        why = "no optimum was proved" if proof is None else f"proved to be {proof.kind}"
        raise NotCertified(f"{what}: {why}")
    return end.attempt, end.attempt.basis


def _in_doubles(programs: SmallPrograms, clock: Clock) -> tuple[SmallSolutions, Statuses, Statuses]:
    """Solutions of the nearest doubles, with the basis statuses of columns (n, C) and rows (n, R)."""
    n, height, width = programs.matrix.shape
    value, primal, dual = np.zeros(n), np.zeros((n, width)), np.zeros((n, height))
    columns, rows = np.zeros((n, width), dtype=np.int8), np.zeros((n, height), dtype=np.int8)
    close = dict.fromkeys(TIGHT, COMPUTED)
    solver = new_highs(presolve="off", solver="simplex", small_matrix_value=SMALL, **close)
    for group in _groups(n, height * width):
        vectors = _run(solver, programs.only(group).each(to_float), clock)
        if vectors is None:  # one that fails spoils its group: each by itself then
            each = ((programs.only([k]).each(to_float), k) for k in group.tolist())
            alone = [_run(solver, single, clock) or _exactly(programs, k, clock) for single, k in each]
            vectors = tuple(map(np.concatenate, zip(*alone, strict=True)))
        primal[group], dual[group], columns[group], rows[group] = vectors
    value = (to_float(programs.objective) * primal).sum(axis=1)
    return SmallSolutions(value, primal, dual), columns, rows


def _exactly(programs: SmallPrograms, k: int, clock: Clock) -> tuple[NDArray[Any], ...]:
    """What `_run` gives, of a program that is too much for doubles."""
    exact = programs.only([k]).each(to_exact)
    what, whole = f"small program {k} of {len(programs)}", clear(exact.program(0))
    if not programs.exact:
        whole = clear(_nearest(exact, what, clock).program(0))
    end, basis = _pivoted(whole, None, what, clock)
    primal, dual = end.vertex.x.fractions(), program_duals(whole, end.vertex.y)
    vectors = to_float(primal), to_float(dual), basis.columns, basis.rows
    return tuple(values[None] for values in vectors)


def _nearest(exact: SmallPrograms, what: str, clock: Clock) -> SmallPrograms:
    """One program in doubles, the bounds of its rows moved where rounding left no point between them."""
    first, _ = _pivoted(clear(phase_one(exact.program(0))), None, what, clock)
    if first.seen.value == 0:
        return exact
    if first.seen.value > ROUNDED:
        raise NotCertified(f"{what}: rows and bounds miss each other by {float(first.seen.value):.3g}")
    reached = (exact.matrix[0] @ first.vertex.x.fractions()[: exact.matrix.shape[2]])[None]
    return replace(
        exact,
        row_lower=np.where(reached < exact.row_lower, reached, exact.row_lower),
        row_upper=np.where(reached > exact.row_upper, reached, exact.row_upper),
    )


def _groups(n: int, entries: int) -> Iterator[Ints]:
    step = max(1, GROUP // max(1, entries))
    for start in range(0, n, step):
        yield np.arange(start, min(start + step, n))


def _run(solver: Any, part: SmallPrograms, clock: Clock) -> tuple[NDArray[Any], ...] | None:
    """(primal, dual, column statuses, row statuses) of a block-diagonal program; None if not optimal."""
    clock.check()
    n, height, width = part.matrix.shape
    columns = (np.arange(n, dtype=np.int32) * width)[:, None, None] + np.arange(width, dtype=np.int32)
    index = np.broadcast_to(columns, part.matrix.shape)
    flat = part.each(np.ravel)
    solver.passModel(
        n * width, n * height, part.matrix.size, 2, 1, 0.0, -flat.objective,
        flat.lower, flat.upper, flat.row_lower, flat.row_upper,
        np.arange(0, part.matrix.size, width, dtype=np.int32), index.ravel(), flat.matrix,
        np.zeros(n * width, dtype=np.int32),
    )  # fmt: skip
    if (left := clock.left()) is not None:  # HiGHS counts all that it has run for
        solver.setOptionValue("time_limit", solver.getRunTime() + left)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution, basis = solver.getSolution(), solver.getBasis()
    return (
        np.array(solution.col_value).reshape(n, width),
        -np.array(solution.row_dual).reshape(n, height),
        _statuses(basis.col_status, part.lower, part.upper),
        _statuses(basis.row_status, part.row_lower, part.row_upper),
    )


def _statuses(listed: Any, lower: Array, upper: Array) -> Statuses:
    """Basis statuses in the project's numbers, every nonbasic one at a bound that it has."""
    said = np.array([int(status) for status in listed]).reshape(lower.shape)
    out = np.full(lower.shape, AT_LOWER, dtype=np.int8)
    out[said == 1] = BASIC
    out[said == 2] = AT_UPPER
    open_below, open_above = np.isneginf(lower), np.isposinf(upper)
    out[(out == AT_LOWER) & open_below] = AT_UPPER
    out[(out == AT_UPPER) & open_above] = AT_LOWER
    out[(out != BASIC) & open_below & open_above] = FREE
    return out
