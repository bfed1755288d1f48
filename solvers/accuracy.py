"""How accurate a float answer is: measured from its vectors, never taken from what an engine says of itself.

With x, y and the reduced costs z = c + Qx − A'y, three relative figures, 0 for an exact optimum:

    primal   the largest violation of a bound of a row or column, over 1 + the largest finite bound,
    dual     the largest multiplier that leans on an infinite bound, over 1 + the largest |c|,
    gap      |value − dual bound|, over 1 + |value|,

and an absolute one, what they let the value be off by: a violated bound moves it by violation times
multiplier, a leaning multiplier by multiplier times column.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .duality import objective_value, reduced_costs
from .program import Program

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The figures of the module; `value_error` is absolute, in units of the objective."""

    primal: float
    dual: float
    gap: float
    value_error: float

    @property
    def largest(self) -> float:
        """The largest of the three relative figures."""
        return max(self.primal, self.dual, self.gap)


def accuracy(program: Program, primal: Floats, dual: Floats) -> Accuracy:
    """Measure x = `primal` (columns,) and y = `dual` (rows,), in the signs of ``Solution``."""
    p = program.to_float()
    sign = 1.0 if p.sense == "min" else -1.0
    value, bound = objective_value(p, primal), float(p.offset)
    if p.quadratic is not None:
        bound -= float(primal @ (p.hessian @ primal)) / 2
    violated = leaning = off = 0.0
    largest = 0.0
    for multiplier, at, lower, upper in (
        (dual, p.matrix @ primal, p.row_lower, p.row_upper),
        (reduced_costs(p, dual, primal), primal, p.lower, p.upper),
    ):
        missed = np.maximum(np.maximum(lower - at, at - upper), 0.0)
        side = np.where(sign * multiplier > 0, lower, upper)
        loose = np.isinf(side)
        bound += float(multiplier[~loose] @ side[~loose])
        violated = max(violated, float(missed.max(initial=0.0)))
        leaning = max(leaning, float(np.abs(multiplier[loose]).max(initial=0.0)))
        off += float(np.abs(multiplier) @ missed) + float(np.abs(multiplier[loose]) @ np.abs(at[loose]))
        largest = max(largest, *(_size(b[np.isfinite(b)]) for b in (lower, upper)))
    gap = abs(value - bound)
    figures = violated / (1 + largest), leaning / (1 + _size(p.objective)), gap / (1 + abs(value)), gap + off
    return Accuracy(*(math.inf if math.isnan(figure) else figure for figure in figures))


def _size(values: Floats) -> float:
    return float(np.abs(values).max(initial=0.0))


def known(value: float, error: float) -> float:
    """A value without the decimals that an error of this size leaves open.

    >>> known(0.2500013, 3e-6), known(1234.5678, 20), known(0.1 + 0.2, 0.0), known(-0.4, 3)
    (0.25, 1200.0, 0.30000000000000004, 0.0)
    """
    if not (math.isfinite(value) and math.isfinite(error)) or error <= 0:
        return value
    places = math.floor(-math.log10(error))
    return value if places > 300 else round(value, places) + 0.0


def told(value: float, error: float) -> str:
    """A value in a message: the decimals that are known and, where they are few, how far off it may be.

    >>> told(0.2500013, 3e-6), told(0.1 + 0.2, 1e-16)
    ('0.25 (to about 3e-06)', '0.3')
    """
    digits = f"{known(value, error):.10g}"
    return f"{digits} (to about {error:.0e})" if error > 1e-9 * (1 + abs(value)) else digits
