"""Exact examination of a candidate: is x feasible, is y, and do they prove each other optimal?

With z = c + Qx − A'y, a feasible x of a convex program is optimal if and only if some y satisfies, for min
(all signs turned round for max),

    z_j > 0 only where x_j is at its lower bound,   z_j < 0 only where it is at its upper bound,
    y_i > 0 only where row i is at its lower bound, y_i < 0 only where it is at its upper bound.

Every comparison is made in integers. Rows are first looked at in doubles with a bound on what rounding can
do; only those that this leaves open are multiplied out in full.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..arithmetic import WRITTEN
from ..numbers import Floats, Ints, ratio, to_exact
from ..short import Short
from .integers import IntegerProgram, Side
from .rationals import WIDE, Integers, Rationals, common, doubles, magnitude

_SHORT = 5_000  # entries up to which rows are multiplied out at once
_NONE: Ints = np.zeros(0, dtype=np.int64)
_UNIT = 2.0**-52  # of a number, the most that rounding an operation takes, twice over
_LOST = 1e-290  # more than what is lost of products below the smallest normal double


@dataclass(frozen=True, eq=False)
class Faults:
    """Which columns and rows break a condition, and by how much at the worst (0.0 where none does).

    Sizes are those of the scaled program (``IntegerProgram.scaled``), in which tolerances are meant.
    """

    columns: Ints
    rows: Ints
    worst: float

    def __bool__(self) -> bool:
        return bool(self.columns.size or self.rows.size)


@dataclass(frozen=True, eq=False, repr=False)
class Examination(Short):
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
    z = reduced_costs(program, y, x)
    return Examination(primal_faults(program, x), _dual_faults(program, x, y, z), z, objective(program, x))


def hessian_times(program: IntegerProgram, x: Rationals) -> Rationals:
    """Q x."""
    n = program.num_columns
    q = program.source.quadratic
    if q is None:
        return Rationals.zeros(n)
    i, j, values = q
    whole, out = common(to_exact(values)), np.zeros(n, dtype=object)
    np.add.at(out, i, whole.numerators * x.numerators.astype(object)[j])
    return Rationals(out, whole.denominator * x.denominator)


def minus_rows(program: IntegerProgram, y: Rationals) -> Rationals:
    """−A' y: the reduced costs where nothing costs anything."""
    used = np.flatnonzero(y.numerators != 0)
    return Rationals(-program.matrix.cut(used).transpose().times(y.numerators[used]), y.denominator)


def reduced_costs(program: IntegerProgram, y: Rationals, x: Rationals | None = None) -> Rationals:
    """c + Q x − A' y, at x = 0 where none is given."""
    gradient = program.cost if x is None else add(program.cost, hessian_times(program, x))
    return add(gradient, minus_rows(program, y))


def objective(program: IntegerProgram, x: Rationals) -> Fraction:
    """offset + c'x + ½ x'Qx."""
    value = program.offset + dot(program.cost, x)
    return value if program.source.quadratic is None else value + dot(hessian_times(program, x), x) / 2


def dot(a: Rationals, b: Rationals) -> Fraction:
    """a'b."""
    there = np.flatnonzero(a.numerators != 0)
    left, right = a.numerators[there], b.numerators[there]
    if magnitude(left) * magnitude(right) * max(there.size, 1) >= 2**WIDE:
        left = left.astype(object)
    return Fraction(int((left * right).sum()) if there.size else 0, a.denominator * b.denominator)


def add(a: Rationals, b: Rationals) -> Rationals:
    """a + b."""
    if not b.numerators.any():
        return a
    if not a.numerators.any():
        return b
    d = math.lcm(a.denominator, b.denominator)
    left, right = a.over(d), b.over(d)
    if max(magnitude(left), magnitude(right)) >= 2 ** (WIDE - 1):
        left = left.astype(object)
    return Rationals(left + right, d)


def against(numerators: Integers, denominator: int, side: Side, at: Ints) -> Integers:
    """The sign of numerators / denominator − bounds, for the bounds at these places; all must be there.

    Returns integers with the sign, and with the size of the difference times positive denominators.
    """
    top = side.top[at]
    some = np.flatnonzero(top != 0)
    if not some.size:
        return numerators
    out = numerators.astype(object)
    out[some] = out[some] * side.bottom[at[some]].astype(object) - top[some].astype(object) * denominator
    return out


def primal_faults(program: IntegerProgram, x: Rationals) -> Faults:
    """Bounds of columns and rows that x breaks."""
    every = np.arange(program.num_columns)
    columns, worst = _broken(
        x.numerators, x.denominator, program.column_sides, every, lambda: 1 / program.scaled.columns
    )
    matrix, open_rows = program.matrix, np.arange(program.num_rows)
    if matrix.entries.size > _SHORT:
        open_rows = _open_rows(program, x)
        matrix = matrix.cut(open_rows)
    activity = matrix.times(x.numerators)
    rows, missed = _broken(
        activity, x.denominator, program.row_sides, open_rows, lambda: program.scaled.rows
    )
    return Faults(columns, rows, max(worst, missed))


def _broken(
    numerators: Integers, denominator: int, sides: tuple[Side, Side], at: Ints, unit: Callable[[], Floats]
) -> tuple[Ints, float]:
    """Which of the places `at` break a bound, and by how much at the worst, in units of each."""
    bad, worst = np.zeros(at.size, dtype=np.bool_), 0.0
    for side, sign in zip(sides, (1, -1), strict=True):
        there = np.flatnonzero(side.there[at])
        off = sign * against(numerators[there], denominator, side, at[there])
        broken = there[np.asarray(off < 0, dtype=np.bool_)]
        bad[broken] = True
        units = unit() if broken.size else ()
        for k in broken.tolist():
            bound = Fraction(int(side.top[at[k]]), int(side.bottom[at[k]]))
            gap = Fraction(int(numerators[k]), denominator) - bound
            worst = max(worst, ratio(abs(gap.numerator), gap.denominator) * float(units[at[k]]))
    return at[bad], worst


def _open_rows(program: IntegerProgram, x: Rationals) -> Ints:
    """The rows that doubles cannot clear: all others hold for certain.

    Entries, x and bounds are rounded once each, products and sums once more; the powers of two of the scaled
    program round nothing. An infinity or what becomes of it clears no row.
    """
    scaled = program.scaled
    p, inside = scaled.program, doubles(x) / scaled.columns
    with np.errstate(over="ignore", invalid="ignore"):
        activity = p.matrix @ inside
        error = abs(p.matrix) @ np.abs(inside) * ((np.diff(p.indptr) + 8) * _UNIT) + _LOST
        low, high = p.row_lower, p.row_upper
        above = activity - error >= low + np.abs(low) * WRITTEN
        below = activity + error <= high - np.abs(high) * WRITTEN
    has_low, has_high = (side.there for side in program.row_sides)
    clear = (~has_low | above) & (~has_high | below)
    return np.flatnonzero(~clear | scaled.rough)


def _dual_faults(program: IntegerProgram, x: Rationals, y: Rationals, z: Rationals) -> Faults:
    """Multipliers that lean on a bound which is not there, or away from which the column or row is."""
    own = np.flatnonzero(z.numerators != 0)
    columns = _unbalanced(program, z, own, x.numerators[own], x.denominator, program.column_sides)
    used = np.flatnonzero(y.numerators != 0)
    activity = program.matrix.cut(used).times(x.numerators)
    rows = _unbalanced(program, y, used, activity, x.denominator, program.row_sides)
    sizes = []
    for k in rows.tolist():
        sizes.append(ratio(abs(int(y.numerators[k])), y.denominator) / float(program.scaled.rows[k]))
    for k in columns.tolist():
        sizes.append(ratio(abs(int(z.numerators[k])), z.denominator) * float(program.scaled.columns[k]))
    return Faults(columns, rows, max(sizes, default=0.0))


def _unbalanced(
    program: IntegerProgram,
    multipliers: Rationals,
    used: Ints,
    numerators: Integers,
    denominator: int,
    sides: tuple[Side, Side],
) -> Ints:
    """The places of `used` that are in fault; numerators / denominator is where each of `used` is."""
    weights = multipliers.numerators[used] * program.sign
    broken = []
    for side, towards in zip(sides, (1, -1), strict=True):
        leaning = np.flatnonzero(np.asarray(towards * weights > 0, dtype=np.bool_))
        there = side.there[used[leaning]]
        broken.append(used[leaning[~there]])
        rest = leaning[there]
        off = against(numerators[rest], denominator, side, used[rest])
        broken.append(used[rest[np.asarray(off != 0, dtype=np.bool_)]])
    return np.concatenate(broken)
