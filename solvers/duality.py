"""Reduced costs, and weak duality in floating point: what a vector of row duals says about a program.

For min, with reduced costs z = c + Qx − A'y, every feasible point is worth at least

    offset − ½ x'Qx + Σ_i (y_i > 0 ? y_i·row_lower_i : y_i·row_upper_i) + Σ_j (same with z, column bounds),

for any x (x = 0 for a linear program); a max is the min of its negative. The bound is not rigorous: the
certificates do the same sum over the rationals.
"""

from __future__ import annotations

import numpy as np

from .arithmetic import RATIONAL
from .numbers import Array, Floats, is_exact
from .program import Program
from .sparse import rows_of


def gradient(program: Program, primal: Array | None) -> Array:
    """c + Q x (columns,), over the rationals where program and vector are; c where there is no vector."""
    if not program.exact or (primal is not None and not is_exact(primal)):
        p = program.to_float()
        return p.objective if p.quadratic is None or primal is None else p.objective + p.hessian @ primal
    slopes = program.objective.copy()
    if program.quadratic is not None and primal is not None:
        i, j, entries = program.quadratic
        np.add.at(slopes, i, entries * primal[j])
    return slopes


def transposed(program: Program, dual: Array) -> Array:
    """A' y (columns,), over the rationals where program and vector are, which is then mostly zero."""
    if not (program.exact and is_exact(dual)):
        product: Floats = program.matrix.T @ dual
        return product
    row, out = rows_of(program.indptr), RATIONAL.zeros(program.num_columns)
    used = np.flatnonzero(np.asarray(dual != 0, dtype=bool)[row])
    np.add.at(out, program.indices[used], program.data[used] * dual[row[used]])
    return out


def reduced_costs(program: Program, dual: Array, primal: Array | None) -> Array:
    """c + Q x − A' y (columns,), over the rationals where program and vectors are.

    `primal` (columns,) matters for a quadratic program only.
    """
    return gradient(program, primal) - transposed(program, dual)


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
