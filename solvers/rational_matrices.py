"""Arrays of ``Fraction`` as FLINT matrices, and back."""

from __future__ import annotations

from fractions import Fraction

import flint

from .numbers import Array, objects


def rational_matrix(values: Array) -> flint.fmpq_mat:
    """The matrix of a rational array (m, n)."""
    height, width = values.shape
    return flint.fmpq_mat(height, width, [flint.fmpq(v.numerator, v.denominator) for v in values.ravel()])


def entries(matrix: flint.fmpq_mat) -> Array:
    """All entries (m n,), row by row, as ``Fraction``."""
    return objects(Fraction(int(v.p), int(v.q)) for v in matrix.entries())
