"""Exact examination of a candidate: is x feasible, is y, and do they prove each other optimal?

With z = c + Qx − A'y, a feasible x of a convex program is optimal if and only if some y satisfies, for min
(all signs turned round for max),

    z_j > 0 only where x_j is at its lower bound,   z_j < 0 only where it is at its upper bound,
    y_i > 0 only where row i is at its lower bound, y_i < 0 only where it is at its upper bound.

Every comparison is made in integers. Rows are first looked at through numbers rounded down to 62 bits with a
bound on what rounding can do; only those that this leaves open are multiplied out in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..numbers import Array
from .integers import IntegerProgram, Integers, Rationals, common, magnitude, objects, segments
from .lifting import SparseIntegers

Where = NDArray[np.int64]
_NONE: Where = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Faults:
    """Which columns and rows break a condition, and by how much at the worst (0.0 where none does).

    Sizes are those of the scaled program (``IntegerProgram.scaled``), in which tolerances are meant.
    """

    columns: Where
    rows: Where
    worst: float

    def __bool__(self) -> bool:
        return bool(self.columns.size or self.rows.size)


@dataclass(frozen=True, eq=False)
class Examination:
    """`primal` faults of x, `dual` faults of (x, y), the reduced costs, and the objective at x."""

    primal: Faults
    dual: Faults
    reduced_costs: Rationals
    value: Fraction

    @property
    def optimal(self) -> bool:
        """Whether x is feasible and y proves it optimal."""
        return not self.primal and not self.dual


def examine(program: IntegerProgram, x: Rationals, y: Rationals) -> Examination:
    """Examine x (columns,) with y (rows,), the duals of the integer rows."""
    z = reduced_costs(program, x, y)
    return Examination(primal_faults(program, x), _dual_faults(program, x, y, z), z, objective(program, x))


def submatrix(
    program: IntegerProgram, rows: Where | None = None, columns: Where | None = None
) -> SparseIntegers:
    """The integer rows `rows` of the columns `columns` (all where None)."""
    if rows is None and columns is None:
        shape = (program.num_rows, program.num_columns)
        return SparseIntegers(program.indptr, program.indices, program.entries, shape)
    places = program.places
    if rows is not None:
        places = places[rows]
    if columns is not None:
        places = places[:, columns]
    places.sort_indices()
    return SparseIntegers(places.indptr, places.indices, program.entries[places.data - 1], places.shape)


def hessian_times(program: IntegerProgram, x: Rationals) -> Rationals:
    """Q x."""
    n = program.num_columns
    q = program.source.quadratic
    if q is None:
        return Rationals(np.zeros(n, dtype=np.int64), 1)
    i, j, values = q
    whole = common(values if values.dtype == object else objects(Fraction(v) for v in values.tolist()))
    out = objects([0] * n)
    np.add.at(out, i, whole.numerators * x.numerators.astype(object)[j])
    return Rationals(out, whole.denominator * x.denominator)


def reduced_costs(
    program: IntegerProgram, x: Rationals, y: Rationals, *, costless: bool = False
) -> Rationals:
    """c + Q x − A' y, or just −A' y if `costless`."""
    used = np.flatnonzero(y.numerators != 0)
    taken = submatrix(program, used).transpose().times(y.numerators[used])
    back = Rationals(-taken, y.denominator)
    return back if costless else add(add(common(program.objective), hessian_times(program, x)), back)


def objective(program: IntegerProgram, x: Rationals) -> Fraction:
    """offset + c'x + ½ x'Qx."""
    cost = common(program.objective)
    value = program.offset + dot(cost, x)
    return value if program.source.quadratic is None else value + dot(hessian_times(program, x), x) / 2


def dot(a: Rationals, b: Rationals) -> Fraction:
    """a'b."""
    there = np.flatnonzero(a.numerators != 0)
    total = (
        (a.numerators[there].astype(object) * b.numerators[there].astype(object)).sum() if there.size else 0
    )
    return Fraction(int(total), a.denominator * b.denominator)


def add(a: Rationals, b: Rationals) -> Rationals:
    """a + b."""
    if not b.numerators.any():
        return a
    if not a.numerators.any():
        return b
    d = int(np.lcm(np.array(a.denominator, dtype=object), np.array(b.denominator, dtype=object)))
    left = a.numerators.astype(object) * (d // a.denominator)
    return Rationals(left + b.numerators.astype(object) * (d // b.denominator), d)


def against(
    numerators: Integers, denominator: int, bounds: Array, over: Integers, under: Integers
) -> Integers:
    """The sign of numerators / denominator − bounds · over / under, where bounds are finite fractions.

    Returns integers with the sign, and with the size of the difference times positive denominators.
    """
    zero = np.fromiter((not v for v in bounds), dtype=np.bool_, count=bounds.size)
    if zero.all():
        return numerators
    out = numerators.astype(object)
    some = np.flatnonzero(~zero)
    top = objects(v.numerator for v in bounds[some]) * over[some].astype(object)
    bottom = objects(v.denominator for v in bounds[some]) * under[some].astype(object)
    out[some] = out[some] * bottom - top * denominator
    return out


def primal_faults(program: IntegerProgram, x: Rationals) -> Faults:
    """Bounds of columns and rows that x breaks."""
    worst, scaled = 0.0, program.scaled
    ones = np.ones(program.num_columns, dtype=np.int64)
    bad = np.zeros(program.num_columns, dtype=np.bool_)
    for bounds, there, sign in _sides(program.lower, program.upper, program.has_column):
        off = sign * against(x.numerators[there], x.denominator, bounds[there], ones[there], ones[there])
        broken = there[np.asarray(off < 0, dtype=np.bool_)]
        bad[broken] = True
        worst = max([worst, *(_amount(x, k, bounds[k]) / scaled.columns[k] for k in broken.tolist())])
    columns = np.flatnonzero(bad)
    open_rows = _open_rows(program, x)
    activity = submatrix(program, open_rows).times(x.numerators)
    over, under = program.multiplier_over[open_rows], program.multiplier_under[open_rows]
    broken_rows = np.zeros(open_rows.size, dtype=np.bool_)
    has = program.has_row[0][open_rows], program.has_row[1][open_rows]
    for bounds, there, sign in _sides(program.row_lower[open_rows], program.row_upper[open_rows], has):
        off = sign * against(activity[there], x.denominator, bounds[there], over[there], under[there])
        broken = there[np.asarray(off < 0, dtype=np.bool_)]
        broken_rows[broken] = True
        for k in broken.tolist():
            gap = Fraction(int(activity[k]), x.denominator) - bounds[k] * Fraction(
                int(over[k]), int(under[k])
            )
            worst = max(worst, abs(float(gap)) * scaled.rows[open_rows[k]])
    return Faults(columns, open_rows[broken_rows], worst)


def _sides(
    lower: Array, upper: Array, has: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> tuple[tuple[Array, Where, int], tuple[Array, Where, int]]:
    return (lower, np.flatnonzero(has[0]), 1), (upper, np.flatnonzero(has[1]), -1)


def _amount(x: Rationals, k: int, bound: Fraction) -> float:
    return float(abs(Fraction(int(x.numerators[k]), x.denominator) - bound))


def _open_rows(program: IntegerProgram, x: Rationals) -> Where:
    """The rows that rounded arithmetic cannot clear: all others hold for certain."""
    every = np.arange(program.num_rows)
    if program.entries.dtype == object or not program.entries.size:
        return every
    length = int(np.diff(program.indptr).max())
    largest = magnitude(x.numerators) // x.denominator + 1
    bits = 61 - (magnitude(program.entries) * length * largest).bit_length()
    if bits < 8:
        return every
    rounded = np.array((x.numerators.astype(object) << bits) // x.denominator, dtype=np.int64)
    shape = (program.num_rows, program.num_columns)
    matrix = sp.csr_array((program.entries, program.indices, program.indptr), shape=shape)
    activity = (matrix @ rounded).astype(np.float64)
    starts, full = segments(program.indptr)
    # rounding down moves each x by less than one unit; 2^10 covers what int64 → double loses
    up, down = np.full(program.num_rows, 1024.0), np.full(program.num_rows, 1024.0)
    up[full] += np.add.reduceat(np.maximum(program.entries, 0), starts)
    down[full] += np.add.reduceat(np.maximum(-program.entries, 0), starts)
    powers, scaled = program.scaled.rows, program.scaled.program
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = np.ldexp(scaled.row_lower / powers, bits), np.ldexp(scaled.row_upper / powers, bits)
        # three roundings: bound, factor, product
        low, high = low + np.abs(low) * 1e-15, high - np.abs(high) * 1e-15
        clear = (activity - down >= low) & (activity + up <= high)
    return np.flatnonzero(~clear)


def _dual_faults(program: IntegerProgram, x: Rationals, y: Rationals, z: Rationals) -> Faults:
    sign = 1 if program.source.sense == "min" else -1
    ones = np.ones(program.num_columns, dtype=np.int64)
    broken = []
    for bounds, has, towards in (
        (program.lower, program.has_column[0], 1),
        (program.upper, program.has_column[1], -1),
    ):
        pushed = np.flatnonzero(np.asarray(sign * towards * z.numerators > 0, dtype=np.bool_))
        broken.append(pushed[~has[pushed]])
        rest = pushed[has[pushed]]
        off = against(x.numerators[rest], x.denominator, bounds[rest], ones[rest], ones[rest])
        broken.append(rest[np.asarray(off != 0, dtype=np.bool_)])
    columns = np.concatenate(broken)
    scaled = program.scaled
    used = np.flatnonzero(np.asarray(y.numerators != 0, dtype=np.bool_))
    activity = submatrix(program, used).times(x.numerators)
    broken = []
    for bounds, has, towards in (
        (program.row_lower, program.has_row[0], 1),
        (program.row_upper, program.has_row[1], -1),
    ):
        pushed = np.flatnonzero(np.asarray(sign * towards * y.numerators[used] > 0, dtype=np.bool_))
        broken.append(used[pushed[~has[used[pushed]]]])
        rest = pushed[has[used[pushed]]]
        at = used[rest]
        over, under = program.multiplier_over[at], program.multiplier_under[at]
        off = against(activity[rest], x.denominator, bounds[at], over, under)
        broken.append(at[np.asarray(off != 0, dtype=np.bool_)])
    rows = np.concatenate(broken)
    sizes = [
        float(abs(Fraction(int(z.numerators[k]), z.denominator))) * scaled.columns[k]
        for k in columns.tolist()
    ]
    for k in rows.tolist():
        sizes.append(float(abs(Fraction(int(y.numerators[k]), y.denominator))) / scaled.rows[k])
    return Faults(columns, rows, max(sizes, default=0.0))
