"""How fast the optimal value moves where the numbers on the right of rows move, to one side, exactly.

With x an optimum of max c'x + ½ x'Qx over row_lower ≤ A x ≤ row_upper and bounds on x, and with the numbers
on the right moving by ε r, the slope of the value at ε = 0⁺ is that of the tangent program,

    max (c + Q x)'d   over   A_k d ≤ r_k where row k is at its upper end, ≥ r_k where at its lower one, both
                             where both are equal, and d_j kept from leaving the bounds that x_j is at;

by duality the least of y'r over all optimal multipliers y, so that it is the same at every optimum x. It is
−∞ where nothing is feasible any more (for max; +∞ for min).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arithmetic import RATIONAL, SOLVED, arithmetic
from ..duality import gradient, reduced_costs
from ..numbers import Array
from ..program import Program
from ..scaling import in_units
from ..sparse import by_rows


def tangent(program: Program, point: Array, move: Array) -> Program:
    """The tangent program at an optimum `point` (columns,), where the rows' numbers move by `move` (rows,);
    all of it rational. Its value is the slope; it is infeasible where that is infinite.
    """
    p = program
    reached = by_rows(np.add, p.data * point[p.indices], p.indptr, RATIONAL.zeros(p.num_rows))
    return replace(
        p,
        objective=gradient(p, point),
        offset=RATIONAL.zero,
        quadratic=None,
        row_lower=np.where(reached == p.row_lower, move, -np.inf),
        row_upper=np.where(reached == p.row_upper, move, np.inf),
        lower=np.where(point == p.lower, RATIONAL.zeros(p.num_columns), -np.inf),
        upper=np.where(point == p.upper, RATIONAL.zeros(p.num_columns), np.inf),
    )


def at_bounds(program: Program, point: Array, dual: Array) -> Program:
    """The program without its objective, of the points that are at the bounds of all rows and columns with
    multipliers at this optimum, primal (columns,) and dual (rows,); of a linear program all optima.

    In doubles a multiplier counts beside the largest, in the program's own units (``scaling``).
    """
    p, numbers = program, arithmetic(program.exact)
    costs = reduced_costs(p, dual, point)
    units = in_units(p)[1]
    own = dual / numbers.array(units.rows), costs * numbers.array(units.columns)
    largest = max(np.abs(part).max(initial=0) for part in own)
    holds, fixed = (~numbers.negligible(part, largest, SOLVED) for part in own)
    upwards = (dual > 0) == (p.sense == "max")
    rises = (costs > 0) == (p.sense == "max")
    return replace(
        p,
        objective=0 * p.objective,
        offset=numbers.zero,
        row_lower=np.where(holds & upwards, p.row_upper, p.row_lower),
        row_upper=np.where(holds & ~upwards, p.row_lower, p.row_upper),
        lower=np.where(fixed & rises, p.upper, p.lower),
        upper=np.where(fixed & ~rises, p.lower, p.upper),
    )
