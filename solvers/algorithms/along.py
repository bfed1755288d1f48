"""Optimal bases held along a parameter: what a program is worth on a whole interval, not at points alone.

A basis has a primal and a dual vector at every value t of the parameter. Where the data are polynomials of t
they are X(t) / q(t), with polynomials X and q, which are found from the vectors at nodes (q by linear
algebra). What must hold of them, inequalities between polynomials, is proved for all t in an interval by
Bernstein coefficients there: a polynomial whose coefficients are ≥ 0 is nowhere negative, and positive inside
unless all are 0. A primal that is feasible on the interval is then a bound from one side at every t at once,
a dual one from the other.

What is assumed is that the numbers of the program are polynomials of t; products with the vectors must be of
degree 3 g at most (g is `degree`), which one node more than they need is there to refute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb
from typing import Literal, TypeAlias

import flint
import numpy as np

from ..arithmetic import RATIONAL
from ..duality import reduced_costs
from ..exact.bounds import dual_value
from ..exact.dense import Singular
from ..exact.integers import IntegerProgram, clear
from ..exact.interval import integer_duals, program_duals
from ..exact.vertex import vertex
from ..linear import null_vector
from ..numbers import Array, objects
from ..options import Basis
from ..program import Program
from ..rational import entries, rational_matrix
from ..short import Short
from ..sparse import by_rows, infinities

Vectors: TypeAlias = Literal["primal", "dual"]


def nodes(degree: int) -> list[Fraction]:
    """3 g + 2 equally spaced shares of an interval, with its ends: a jump there is no polynomial either.

    >>> [str(share) for share in nodes(1)]
    ['0', '1/4', '1/2', '3/4', '1']
    """
    last = 3 * degree + 1
    return [Fraction(k, last) for k in range(last + 1)]


@dataclass(frozen=True, eq=False, repr=False)
class Held(Short):
    """A bound on the optimal value of a program, proved on a whole interval: `value` (nodes,), a polynomial
    once it is multiplied by `under` (nodes,), which is positive on the interval."""

    value: Array
    under: Array


def held(programs: Sequence[Program], basis: Basis, degree: int, which: Vectors) -> Held | None:
    """What the primal or the dual vectors of a basis prove, None where it is nothing.

    programs: exact, linear and of one shape, at `nodes`.
    """
    if not all(basis.fits(program) for program in programs):
        return None
    try:
        cleared = [clear(program) for program in programs]
        vertices = [vertex(program, basis) for program in cleared]
    except Singular:
        return None
    if which == "primal":
        return _primal(programs, np.array([one.x.fractions() for one in vertices], dtype=object), degree)
    duals = [program_duals(program, one.y) for program, one in zip(cleared, vertices, strict=True)]
    return _dual(cleared, np.array(duals, dtype=object), degree)


def equal(one: Held, other: Held) -> bool:
    """Whether two values are the same on the whole interval."""
    return bool((one.value == other.value).all())


def above(one: Held, other: Held, degree: int) -> bool:
    """Whether the first value is above the second everywhere inside the interval."""
    difference = one.under * other.under * (one.value - other.value)
    return bool(_nonnegative(difference[:, None], degree)[0] and (difference != 0).any())


def _primal(programs: Sequence[Program], x: Array, degree: int) -> Held | None:
    under = _denominator(x, degree)
    if under is None:
        return None
    slack = np.array([_slack(p, point) for p, point in zip(programs, x, strict=True)], dtype=object)
    there = ~infinities(slack.ravel()).reshape(slack.shape)
    if (there != there[0]).any() or not _nonnegative(under[:, None] * slack[:, there[0]], degree).all():
        return None
    worth = objects(p.offset + p.objective @ point for p, point in zip(programs, x, strict=True))
    return Held(worth, under)


def _slack(program: Program, x: Array) -> Array:
    """How far rows and columns are inside their bounds, infinite where there is none."""
    sums = by_rows(
        np.add, program.data * x[program.indices], program.indptr, RATIONAL.zeros(program.num_rows)
    )
    return np.concatenate(
        [sums - program.row_lower, program.row_upper - sums, x - program.lower, program.upper - x]
    )


def _dual(programs: Sequence[IntegerProgram], y: Array, degree: int) -> Held | None:
    under = _denominator(y, degree)
    if under is None:
        return None
    multipliers, fixed = [], []
    for program, dual in zip((one.source for one in programs), y, strict=True):
        reduced = reduced_costs(program, dual, None)
        multipliers.append(np.concatenate([dual, reduced]))
        fixed.append(np.concatenate([program.row_lower == program.row_upper, program.lower == program.upper]))
    signed = under[:, None] * np.array(multipliers, dtype=object)
    leans = np.logical_and.reduce(fixed) | _nonnegative(signed, degree) | _nonnegative(-signed, degree)
    values = [dual_value(one, integer_duals(one, dual)) for one, dual in zip(programs, y, strict=True)]
    if not leans.all() or any(value is None for value in values):
        return None
    return Held(objects(values), under)


def _denominator(vectors: Array, degree: int) -> Array | None:
    """q at the nodes, positive on the interval, of degree < g, with q times the vectors (nodes, n) of degree
    g; None where there is none."""
    shares = objects(nodes(degree))
    differing = vectors[:, (vectors != vectors[0]).any(axis=0)]
    # One combination of all entries has their common denominator, but for rare coincidences, refuted below.
    mixed = differing @ objects(
        Fraction(1 + (7919 * k * k + 104729 * k) % 10007) for k in range(differing.shape[1])
    )
    for power in range(degree):
        powers = np.array([shares**i for i in range(power + 1)], dtype=object)
        differences = _differences(degree) * rational_matrix((powers * mixed).T)
        weights = null_vector(entries(differences).reshape(-1, power + 1).T)
        if weights is None:
            continue
        under: Array = weights @ powers
        under = under if under[0] > 0 else -under
        smooth = (_entries(_differences(degree) * rational_matrix(under[:, None] * differing)) == 0).all()
        return under if smooth and _positive(under, degree) else None
    return None


def _positive(values: Array, degree: int) -> bool:
    """Whether a polynomial is proved to be above 0 on the interval, its ends included."""
    coefficients = _entries(_bernstein(degree) * rational_matrix(values[:, None]))
    return bool((coefficients[:-1] > 0).all() and coefficients[-1] == 0)


def _nonnegative(values: Array, degree: int) -> Array:
    """Which polynomials with these values at the nodes (nodes, n) are proved to be ≥ 0 on the interval."""
    coefficients = _entries(_bernstein(degree) * rational_matrix(values))
    return np.asarray((coefficients[:-1] >= 0).all(axis=0) & (coefficients[-1] == 0), dtype=np.bool_)


@cache
def _differences(degree: int) -> flint.fmpq_mat:
    """Differences of order g + 1 of values at the nodes: 0 of polynomials of degree g, and of no others."""
    count, order = 3 * degree + 2, degree + 1
    out = RATIONAL.zeros((count - order, count))
    for row in range(count - order):
        out[row, row : row + order + 1] = [Fraction((-1) ** j * comb(order, j)) for j in range(order + 1)]
    return rational_matrix(out)


@cache
def _bernstein(degree: int) -> flint.fmpq_mat:
    """From values at the nodes (nodes,) to the Bernstein coefficients on the interval of the polynomial of
    degree 3 g through all but the last of them, and by how much the last one misses it."""
    top = 3 * degree

    def basis(share: Fraction) -> list[Fraction]:
        return [comb(top, j) * share**j * (1 - share) ** (top - j) for j in range(top + 1)]

    *shares, last = nodes(degree)
    table = np.array([basis(share) for share in shares], dtype=object)
    inverse = entries(rational_matrix(table).inv()).reshape(table.shape)
    out = RATIONAL.zeros((top + 2, top + 2))
    out[:-1, :-1] = inverse
    out[-1, :-1], out[-1, -1] = objects(basis(last)) @ inverse, Fraction(-1)
    return rational_matrix(out)


def _entries(matrix: flint.fmpq_mat) -> Array:
    """(rows, columns), in FLINT's numbers, which are quick to compare."""
    return np.array(matrix.entries(), dtype=object).reshape(matrix.nrows(), matrix.ncols())
