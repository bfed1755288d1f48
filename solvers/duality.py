"""Weak duality in floating point: what a vector of row duals says about a program.

For min, with reduced costs z = c + Qx − A'y, every feasible point is worth at least

    offset − ½ x'Qx + Σ_i (y_i > 0 ? y_i·row_lower_i : y_i·row_upper_i) + Σ_j (same with z, column bounds),

for any x (x = 0 for a linear program); a max is the min of its negative. Nothing here is rigorous: the
certificates do the same sum over the rationals.
"""

from __future__ import annotations

import numpy as np

from .numbers import Floats
from .program import Program


def reduced_costs(program: Program, dual: Floats, primal: Floats | None) -> Floats:
    """c + Q x − A' dual, (columns,), in doubles; `primal` (columns,) matters for a quadratic program only."""
    p = program.to_float()
    z: Floats = p.objective - p.matrix.T @ dual
    if p.quadratic is not None and primal is not None:
        z = z + p.hessian @ primal
    return z


def dual_bound(
    program: Program, dual: Floats, primal: Floats | None = None, *, tolerance: float = 0.0
) -> float | None:
    """What no feasible point can beat, by these duals; None where they prove nothing.

    A multiplier up to `tolerance` that leans on an infinite bound counts as zero.
    """
    p = program.to_float()
    sign = p.sign
    z = reduced_costs(p, dual, primal)
    value = float(p.offset)
    if p.quadratic is not None and primal is not None:
        value -= float(primal @ (p.hessian @ primal)) / 2
    for multiplier, lower, upper in ((dual, p.row_lower, p.row_upper), (z, p.lower, p.upper)):
        side = np.where(sign * multiplier > 0, lower, upper)
        loose = np.isinf(side)
        if (np.abs(multiplier[loose]) > tolerance).any():
            return None
        value += float(multiplier[~loose] @ side[~loose])
    return value
