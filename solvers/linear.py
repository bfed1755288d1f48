"""Square sparse systems and ranks: in doubles, or over the rationals where the data is rational.

Over the rationals a system is solved by numerical lifting and accepted only after it holds in integers
(`solvers/exact`); where that gives up, by block-triangular elimination. Ranks and null vectors of
small dense matrices are FLINT's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np
import scipy.sparse as sp

from .errors import InvalidInput
from .exact.dense import Singular, solve_system
from .exact.rationals import Rationals, common, quotients
from .exact.sparse_integers import SparseIntegers, whole_rows
from .numbers import Array, Ints, is_exact, objects, to_float
from .sparse import compress, sparse_lu


def solve_square(
    rows: Ints, columns: Ints, values: Array, right: Array, check: Callable[[], None] = lambda: None
) -> Array:
    """x with A x = right (n,), A given by triplets whose repeats are summed.

    Rational values and right-hand side give the exact solution; `check` is called before its every step, and
    may raise. Raises `InvalidInput` where A is singular.
    """
    size = len(right)
    indptr, indices, data = compress(rows, columns, values, (size, size))
    if not is_exact(data):
        matrix = sp.csr_array((data, indices, indptr), shape=(size, size))
        try:
            return np.asarray(sparse_lu(matrix).solve(to_float(right)))
        except RuntimeError:
            raise InvalidInput(f"a linear system of {size} equations is singular") from None
    entries, over, under = whole_rows(indptr, data)
    whole = common(right * quotients(over, 1) / under)
    try:
        system = SparseIntegers(indptr, indices, entries, (size, size))
        solution = solve_system(system, whole.numerators, check)
    except Singular:
        raise InvalidInput(f"a linear system of {size} equations is singular") from None
    return Rationals(solution.numerators, solution.denominator * whole.denominator).fractions()


def rank(matrix: Array) -> int:
    """Rank of a rational matrix (m, n)."""
    integers, _ = _cleared(matrix)
    return int(integers.rank())


def null_vector(matrix: Array) -> Array | None:
    """η (m,) with η · matrix = 0, largest |entry| 1 and positive there; None where the rows are independent.

    The matrix (m, n) is rational, and so is η.
    """
    integers, scales = _cleared(matrix)
    kernel, nullity = integers.transpose().nullspace()
    if not nullity:
        return None
    vector = [Fraction(int(kernel[k, 0])) * scale for k, scale in enumerate(scales)]
    largest = max(vector, key=abs)
    return objects(value / largest for value in vector)


def _cleared(matrix: Array) -> tuple[flint.fmpz_mat, list[int]]:
    """Every row times the least integer that makes it whole, and those integers."""
    whole, scales = [], []
    for row in matrix.tolist():
        scale = math.lcm(*(v.denominator for v in row))
        scales.append(scale)
        whole += [v.numerator * (scale // v.denominator) for v in row]
    height, width = matrix.shape
    return flint.fmpz_mat(height, width, whole), scales
