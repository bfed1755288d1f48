"""The exact basic solution of a basis.

Nonbasic columns and rows sit at their bounds. What remains to be found are the basic columns, from the
nonbasic rows: a square system, the kernel, far smaller than the program where most rows are slack. Its
transpose gives the duals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..numbers import Array
from ..options import AT_LOWER, AT_UPPER, BASIC, Basis
from .dense import Singular, solve_blocks
from .examine import submatrix
from .integers import IntegerProgram, Integers, Rationals, common, narrow, objects
from .lifting import Lifter, NoLift, SparseIntegers


@dataclass(frozen=True, eq=False)
class Vertex:
    """x (columns,) and y (rows,), the duals of the integer rows; neither need be feasible."""

    x: Rationals
    y: Rationals


def vertex(program: IntegerProgram, basis: Basis) -> Vertex:
    """The basic solution of `basis`. Raises ``Singular`` where the basis matrix has no inverse."""
    columns = np.flatnonzero(basis.columns == BASIC)
    rows = np.flatnonzero(basis.rows != BASIC)
    if columns.size != rows.size:
        raise Singular(f"{columns.size} basic columns cannot solve {rows.size} nonbasic rows")
    resting = _resting(basis.columns, program.lower, program.upper)
    kernel = submatrix(program, rows, columns)
    right = _right_side(program, basis, rows, resting)
    cost = common(program.objective[columns])
    solved, duals = _solve(kernel, narrow(right.numerators), narrow(cost.numerators))
    x_denominator = solved.denominator * right.denominator
    d = math.lcm(x_denominator, resting.denominator)
    x = resting.numerators.astype(object) * (d // resting.denominator)
    x[columns] = solved.numerators.astype(object) * (d // x_denominator)
    y = objects([0] * program.num_rows)
    y[rows] = duals.numerators
    return Vertex(Rationals(x, d), Rationals(y, duals.denominator * cost.denominator))


def _solve(kernel: SparseIntegers, right: Integers, cost: Integers) -> tuple[Rationals, Rationals]:
    if not kernel.shape[0]:
        nothing = Rationals(objects([]), 1)
        return nothing, nothing
    try:
        lifter = Lifter(kernel)
        return lifter.solve(right), lifter.solve(cost, transposed=True)
    except NoLift:
        return solve_blocks(kernel, right), solve_blocks(kernel.transpose(), cost)


def _resting(status: NDArray[np.int8], lower: Array, upper: Array) -> Rationals:
    """Where the nonbasic ones sit, 0 for the others."""
    values = objects([Fraction(0)] * status.size)
    for side, bounds in ((AT_LOWER, lower), (AT_UPPER, upper)):
        at = status == side
        values[at] = bounds[at]
    return common(values)


def _right_side(
    program: IntegerProgram, basis: Basis, rows: NDArray[np.int64], resting: Rationals
) -> Rationals:
    """What the basic columns must add up to in the nonbasic rows."""
    values = objects([Fraction(0)] * rows.size)
    for side, bounds in ((AT_LOWER, program.row_lower), (AT_UPPER, program.row_upper)):
        for k in np.flatnonzero(basis.rows[rows] == side).tolist():
            bound = bounds[rows[k]]
            values[k] = bound * program.multiplier(int(rows[k])) if bound else bound
    wanted = common(values)
    used = np.flatnonzero(resting.numerators != 0)
    if not used.size:
        return wanted
    taken = submatrix(program, rows, used).times(narrow(resting.numerators[used]))
    d = math.lcm(wanted.denominator, resting.denominator)
    left = wanted.numerators.astype(object) * (d // wanted.denominator)
    return Rationals(left - taken.astype(object) * (d // resting.denominator), d)
