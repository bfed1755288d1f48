"""What a vector of duals proves, over the rationals: a bound on the value, or that no point exists."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..numbers import Ints
from .examine import dot, hessian_times, minus_rows, reduced_costs
from .integers import IntegerProgram
from .rationals import Rationals


def dual_value(program: IntegerProgram, y: Rationals, tangent: Rationals | None = None) -> Fraction | None:
    """The value that no feasible point can beat, or None where y (duals of the integer rows) proves none.

    For a quadratic program the objective is made linear at `tangent`.
    """
    leaning = _lean(program, y, reduced_costs(program, y, tangent), program.sign)
    if leaning is None:
        return None
    curve = Fraction(0) if tangent is None else dot(hessian_times(program, tangent), tangent)
    return program.offset - curve / 2 + leaning


def refutes(program: IntegerProgram, y: Rationals) -> bool:
    """Whether y combines the integer rows into one that no point within the column bounds satisfies."""
    gap = _lean(program, y, minus_rows(program, y), 1)
    return gap is not None and gap > 0


def unsupported(program: IntegerProgram, y: Rationals) -> tuple[Ints, Ints]:
    """The columns and rows that keep y from proving a bound: their multiplier leans on no bound at all."""
    z = reduced_costs(program, y)
    places = []
    for multipliers, (lower, upper) in ((z, program.column_sides), (y, program.row_sides)):
        weights = program.sign * multipliers.numerators
        bad = np.asarray(weights > 0, dtype=np.bool_) & ~lower.there
        places.append(np.flatnonzero(bad | (np.asarray(weights < 0, dtype=np.bool_) & ~upper.there)))
    return places[0], places[1]


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
