"""What a vector of duals proves, over the rationals: a bound on the value, or that no point exists."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ..numbers import Array
from .examine import dot, hessian_times, reduced_costs
from .integers import IntegerProgram, Rationals, zeros


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


def _lean(program: IntegerProgram, y: Rationals, z: Rationals, sign: int) -> Fraction | None:
    """Σ multiplier · the bound it leans on; None where one is infinite."""
    total = Fraction(0)
    used = np.flatnonzero(y.numerators != 0)
    weights = y.numerators[used]
    for side, has, towards in (
        (program.row_lower, program.has_row[0], 1),
        (program.row_upper, program.has_row[1], -1),
    ):
        leaning = np.asarray(sign * towards * weights > 0, dtype=np.bool_)
        at = used[leaning]
        if not has[at].all():
            return None
        bounds = side[at]
        for k, weight, bound in zip(at.tolist(), weights[leaning].tolist(), bounds.tolist(), strict=True):
            if bound:
                total += weight * bound * program.multiplier(k)
    value = total / y.denominator
    total = Fraction(0)
    used = np.flatnonzero(z.numerators != 0)
    weights = z.numerators[used]
    for side, has, towards in (
        (program.lower, program.has_column[0], 1),
        (program.upper, program.has_column[1], -1),
    ):
        leaning = np.asarray(sign * towards * weights > 0, dtype=np.bool_)
        at = used[leaning]
        if not has[at].all():
            return None
        total += _weighted(weights[leaning], side[at])
    return value + total / z.denominator


def _weighted(weights: Array, bounds: Array) -> Fraction:
    return sum((w * b for w, b in zip(weights.tolist(), bounds.tolist(), strict=True) if b), Fraction(0))
