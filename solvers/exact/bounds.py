"""What a vector of duals proves, over the rationals: a bound on the value, or that no point exists."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .examine import dot, hessian_times, reduced_costs
from .integers import IntegerProgram
from .rationals import Rationals, zeros


def dual_value(program: IntegerProgram, y: Rationals, tangent: Rationals | None = None) -> Fraction | None:
    """The value that no feasible point can beat, or None where y (duals of the integer rows) proves none.

    For a quadratic program the objective is made linear at `tangent`.
    """
    sign = 1 if program.source.sense == "min" else -1
    at = tangent if tangent is not None else zeros(program.num_columns)
    leaning = _lean(program, y, reduced_costs(program, at, y), sign)
    if leaning is None:
        return None
    curve = Fraction(0) if program.source.quadratic is None else dot(hessian_times(program, at), at)
    return program.offset - curve / 2 + leaning


def refutes(program: IntegerProgram, y: Rationals) -> bool:
    """Whether y combines the integer rows into one that no point within the column bounds satisfies."""
    gap = _lean(program, y, reduced_costs(program, zeros(program.num_columns), y, costless=True), 1)
    return gap is not None and gap > 0


def unsupported(program: IntegerProgram, y: Rationals) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The columns and rows that keep y from proving a bound: their multiplier leans on no bound at all."""
    sign = 1 if program.source.sense == "min" else -1
    z = reduced_costs(program, zeros(program.num_columns), y)
    found = []
    for multipliers, (lower, upper) in ((z, program.column_sides), (y, program.row_sides)):
        weights = sign * multipliers.numerators
        bad = np.asarray(weights > 0, dtype=np.bool_) & ~lower.there
        found.append(np.flatnonzero(bad | (np.asarray(weights < 0, dtype=np.bool_) & ~upper.there)))
    return found[0], found[1]


def _lean(program: IntegerProgram, y: Rationals, z: Rationals, sign: int) -> Fraction | None:
    """Σ multiplier · the bound it leans on; None where one is infinite."""
    total = Fraction(0)
    for multipliers, sides in ((y, program.row_sides), (z, program.column_sides)):
        used = np.flatnonzero(multipliers.numerators != 0)
        for side, towards in zip(sides, (1, -1), strict=True):
            leaning = np.asarray(sign * towards * multipliers.numerators[used] > 0, dtype=np.bool_)
            at = used[leaning]
            if not side.there[at].all():
                return None
            total += dot(Rationals(multipliers.numerators[at], multipliers.denominator), side.at(at))
    return total
