"""How accurate a float answer is: measured from its vectors, never taken from what an engine says of itself.

With x, y and the reduced costs z = c + Qx − A'y, where multipliers that lean on an infinite bound of their
row are taken for 0, three relative figures, 0 for an exact optimum:

    primal   the largest violation of a row, over Σ_j |a_ij| X_j, or of a column, over X_j,
    dual     the largest z_j that leans on an infinite bound, over Σ_i |a_ij| Y_i; of the multipliers taken
             for 0, |y_i| over Y_i,
    gap      |value − dual bound|, over Σ_j |c_j| X_j.

X_j is the unit of a column, as the vectors themselves tell it: the largest of |x| over its block (columns of
a block have one meaning), or what its rows make of it, the mean of |row| / |a_ij| weighted by a_ij², if that
is more; Y_i likewise. So the figures do not change when money is counted in cents, and a column that is 0
but for rounding has a unit all the same. A simplex method that ends well leaves about 1e-15, an
interior-point method 1e-9, a first-order method what it was asked for.

`estimate` is absolute: what these violations may move the value by, each times the unit of what multiplies
it, and the gap. It bounds nothing. `value_error` does, where it is finite; it takes a proof (see ``audit``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal

import numpy as np

from .arithmetic import DOUBLE
from .blocks import Block
from .form import objective_value
from .numbers import Bools, Floats
from .options import Tolerances
from .program import Program
from .sparse import Index, rows_of

ROUNDING = 1e-13
"""Figures up to here are those of a vertex, solved for in doubles."""
HARMLESS = 1e-11
"""What rounding moves a value by at most, relative to the value."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The figures of the module; `estimate` and `value_error` are absolute, in units of the objective.

    `value_error` is no less than |value − optimum of the program at its data|; infinite where no bound on it
    is known. `scale` is the Σ_j |c_j| X_j that the gap is relative to, `size` |value| without its constant.
    """

    primal: float
    dual: float
    gap: float
    estimate: float
    scale: float
    size: float
    value_error: float = math.inf

    @property
    def largest(self) -> float:
        """The largest of the three relative figures."""
        return max(self.primal, self.dual, self.gap)

    @property
    def margin(self) -> float:
        """`value_error` or, where that is infinite, `estimate`: what comparisons should allow for."""
        return self.value_error if math.isfinite(self.value_error) else self.estimate

    @property
    def rounding(self) -> bool:
        """Whether all that is wrong can be put down to rounding."""
        harmless = max(HARMLESS * self.size, ROUNDING * self.scale if self.size == 0 else 0.0)
        return self.largest <= ROUNDING and self.estimate <= harmless

    def within(self, tolerances: Tolerances) -> bool:
        """Whether every figure is within the largest of the tolerances."""
        return self.largest <= tolerances.largest


def accuracy(program: Program, primal: Floats, dual: Floats) -> Accuracy:
    """Measure x = `primal` (columns,) and y = `dual` (rows,), in the signs of ``Solution``."""
    p = program.to_float()
    sign = p.sign
    row, column, sizes = rows_of(p.indptr), p.indices, np.abs(p.data)
    top = float(sizes.max(initial=0.0)) or 1.0  # so that squares stay in the range of doubles
    shares = sizes / top
    squares = shares * shares

    def times(entries: Floats, x: Floats) -> Floats:
        return _sums(row, entries * x[column], p.num_rows)

    def turned(entries: Floats, y: Floats) -> Floats:
        return _sums(column, entries * y[row], p.num_columns)

    bent = p.hessian @ primal if p.quadratic is not None else np.zeros(p.num_columns)
    activity, held = times(p.data, primal), times(sizes, np.abs(primal))
    broken, at = _missed(activity, p.row_lower, p.row_upper)
    outside, _ = _missed(primal, p.lower, p.upper)
    weighted, weights = turned(shares, (held + at) / top), _sums(column, squares, p.num_columns)
    units = _units(primal, p.column_blocks, weighted, weights)
    row_units = times(sizes, units)
    violated = max(_largest(broken, row_units + at), _largest(outside, units))

    leaning = _leans(sign * dual, p.row_lower, p.row_upper)
    used = np.where(leaning, 0.0, dual)
    costs = p.objective + bent - turned(p.data, used)
    asked = np.abs(p.objective) + np.abs(bent) + turned(sizes, np.abs(dual))
    prices = _units(dual, p.row_blocks, times(shares, asked / top), _sums(row, squares, p.num_rows))
    loose = _leans(sign * costs, p.lower, p.upper)
    wrong = max(
        _largest(np.abs(costs[loose]), (asked + turned(sizes, prices))[loose]),
        _largest(np.abs(dual[leaning]), prices[leaning]),
    )

    value = objective_value(p, primal)
    bound = float(p.offset) - float(primal @ bent) / 2
    off = float(np.abs(costs[loose]) @ units[loose]) + float(prices @ broken)
    off += float(np.abs(dual[leaning]) @ row_units[leaning]) + float(asked @ outside)
    for multiplier, lower, upper in ((used, p.row_lower, p.row_upper), (costs, p.lower, p.upper)):
        side = np.where(sign * multiplier > 0, lower, upper)
        finite = np.isfinite(side)
        bound += float(multiplier[finite] @ side[finite])
    gap = abs(value - bound)
    scale = float(np.abs(p.objective) @ units) + float(np.abs(primal) @ np.abs(bent))
    scale = max(scale, abs(value - float(p.offset)))
    relative = gap / scale if scale > 0 else (0.0 if gap == 0 else math.inf)
    figures = violated, wrong, relative, gap + off, scale, abs(value - float(p.offset))
    return Accuracy(*(math.inf if math.isnan(figure) else figure for figure in figures))


def _sums(place: Index, values: Floats, size: int) -> Floats:
    """Sums of values by place."""
    sums: Floats = np.bincount(place, weights=values, minlength=size).astype(np.float64, copy=False)
    return sums


def _missed(values: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """By how much each value is outside its bounds, and the size of the bound that it breaks (0 for none)."""
    below, above = lower - values, values - upper
    missed = np.maximum(np.maximum(below, above), 0.0)
    side = np.where(below > above, lower, upper)
    return missed, np.where(missed > 0, np.abs(side), 0.0)


def _leans(towards: Floats, lower: Floats, upper: Floats) -> Bools:
    """Where a multiplier, in the sign of a minimisation, leans on a bound that is not there."""
    return ((towards > 0) & np.isinf(lower)) | ((towards < 0) & np.isinf(upper))


def _units(values: Floats, blocks: Mapping[str, Block], weighted: Floats, weights: Floats) -> Floats:
    """The unit of every entry: the largest of its block, or the weighted mean if that is more."""
    units = np.divide(weighted, weights, out=np.zeros_like(weighted), where=weights > 0)
    size = np.abs(values)
    np.maximum(units, size, out=units)
    for block in blocks.values():
        part = units[block.slice]
        np.maximum(part, float(size[block.slice].max(initial=0.0)), out=part)
    return units


def _largest(amounts: Floats, units: Floats) -> float:
    """The largest amount in its unit; infinite for something that has none."""
    there = amounts > 0
    if not there.any():
        return 0.0 if not np.isnan(amounts).any() else math.inf
    with np.errstate(divide="ignore", over="ignore"):
        return float((amounts[there] / units[there]).max())


def known(value: float, error: float) -> float:
    """A value without the decimals that an error of this size leaves open.

    >>> known(0.2500013, 3e-6), known(1234.5678, 20), known(0.1 + 0.2, 0.0), known(-0.4, 3)
    (0.25, 1200.0, 0.30000000000000004, 0.0)
    """
    if not (math.isfinite(value) and math.isfinite(error)) or error <= 0:
        return value
    places = math.floor(-math.log10(error))
    return value if places > 300 else round(value, places) + 0.0


def with_error(value: float, error: float) -> str:
    """A value in a message: the decimals that are known and, where they are few, how far off it is at most.

    The error told is that of the digits shown, rounded up; infinite, it is said to be unknown.

    >>> with_error(0.2500013, 3e-6), with_error(0.1 + 0.2, 1e-16)
    ('0.25 (to about 5e-06)', '0.3')
    >>> with_error(2.5e-9, 1e-12), with_error(75.0, math.inf)
    ('2.5e-09 (to about 2e-12)', '75 (its error is not bounded)')
    """
    if not math.isfinite(error):
        return f"{value:.10g} (its error is not bounded)"
    shown = known(value, error)
    digits = f"{shown:.10g}"
    if error <= DOUBLE.slack(value):
        return digits
    off = Decimal(error) + abs(Decimal(digits) - Decimal(value))
    return f"{digits} (to about {float(Context(prec=1, rounding=ROUND_CEILING).plus(off)):.0e})"
