"""The exact basic solution of a basis.

Nonbasic columns and rows sit at their bounds. What remains to be found are the basic columns, from the
nonbasic rows: a square system, the kernel, far smaller than the program where most rows are slack. Its
transpose gives the duals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..numbers import Ints
from ..options import AT_LOWER, AT_UPPER, BASIC, Basis
from ..short import Short
from .dense import SMALL, Eliminated, Singular, solve_blocks
from .integers import IntegerProgram, Side
from .lifting import Lifter, NoLift
from .peel import Peeled
from .rationals import Integers, Rationals, narrow, over_common, put, times
from .sparse_integers import SparseIntegers


@dataclass(frozen=True, eq=False, repr=False)
class Vertex(Short):
    """x (columns,) and y (rows,), the duals of the integer rows; neither need be feasible."""

    x: Rationals
    y: Rationals


def vertex(program: IntegerProgram, basis: Basis, check: Callable[[], None] = lambda: None) -> Vertex:
    """The basic solution of `basis`. Raises ``Singular`` where the basis matrix has no inverse.

    It proves nothing before ``examine`` has seen it. `check` is called now and then and may raise.
    """
    columns = np.flatnonzero(basis.columns == BASIC)
    rows = np.flatnonzero(basis.rows != BASIC)
    if columns.size != rows.size:
        raise Singular(f"{columns.size} basic columns cannot solve {rows.size} nonbasic rows")
    resting = _at_bounds(basis.columns, program.column_sides)
    kernel = program.matrix.cut(rows, columns)
    right = _right_side(program, basis, rows, resting)
    cost = Rationals(program.cost.numerators[columns], program.cost.denominator)
    solved, duals = _solve(kernel, narrow(right.numerators), narrow(cost.numerators), check)
    basic = Rationals(solved.numerators, solved.denominator * right.denominator)
    d = math.lcm(basic.denominator, resting.denominator)
    x = put(resting.over(d), columns, basic.over(d))
    y = put(np.zeros(program.num_rows, dtype=np.int64), rows, duals.numerators)
    return Vertex(Rationals(x, d), Rationals(y, duals.denominator * cost.denominator))


def _solve(
    kernel: SparseIntegers, right: Integers, cost: Integers, check: Callable[[], None]
) -> tuple[Rationals, Rationals]:
    if not kernel.shape[0]:
        return Rationals.zeros(0), Rationals.zeros(0)
    peeled = Peeled.of(kernel)
    core = peeled.core
    try:
        factored = Eliminated(core) if core.shape[0] <= SMALL else Lifter(core, check)
        return (
            peeled.solve(right, partial(_core, factored, transposed=False)),
            peeled.solve_transposed(cost, partial(_core, factored, transposed=True)),
        )
    except NoLift:
        return solve_blocks(kernel, right, check), solve_blocks(kernel.transpose(), cost, check)


def _core(factored: Eliminated | Lifter, right: Integers, *, transposed: bool) -> Rationals:
    if not right.any():
        return Rationals.zeros(right.size)
    if isinstance(factored, Eliminated):
        return factored.solve(right, transposed=transposed)
    return factored.solve(narrow(right), transposed=transposed, sure=False)


def _at_bounds(status: NDArray[np.int8], sides: tuple[Side, Side]) -> Rationals:
    """Where the nonbasic ones sit, 0 for the others."""
    top = np.where(status == AT_LOWER, sides[0].top, np.where(status == AT_UPPER, sides[1].top, 0))
    bottom = np.where(status == AT_LOWER, sides[0].bottom, np.where(status == AT_UPPER, sides[1].bottom, 1))
    return over_common(top, np.where(top != 0, bottom, 1))


def _right_side(program: IntegerProgram, basis: Basis, rows: Ints, resting: Rationals) -> Rationals:
    """What the basic columns must add up to in the nonbasic rows."""
    lower, upper = (Side(s.there[rows], s.top[rows], s.bottom[rows]) for s in program.row_sides)
    wanted = _at_bounds(basis.rows[rows], (lower, upper))
    used = np.flatnonzero(resting.numerators != 0)
    if not used.size:
        return wanted
    taken = program.matrix.cut(rows, used).times(narrow(resting.numerators[used]))
    d = math.lcm(wanted.denominator, resting.denominator)
    left, right = wanted.over(d).astype(object), times(taken, d // resting.denominator).astype(object)
    return Rationals(left - right, d)
