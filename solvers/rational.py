"""Rationals for inner loops: FLINT's, several times quicker than Python's, and the way there and back."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from flint import fmpq, fmpq_mat

from .numbers import Array, objects, ratio

Rational: TypeAlias = Any
"""A ``flint.fmpq``, which has no type stubs."""
ZERO: Rational = fmpq(0)
ONE: Rational = fmpq(1)


def rational(value: Fraction) -> Rational:
    """The same number in FLINT."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: Rational) -> Fraction:
    """The same number in Python."""
    return Fraction(int(value.p), int(value.q))


def double(value: Rational) -> float:
    """The nearest double, infinite beyond their range."""
    return ratio(int(value.p), int(value.q))


def total(values: Iterable[Rational]) -> Rational:
    """The sum, 0 of nothing."""
    return sum(values, ZERO)


def round_down(value: Rational, bits: int) -> Rational:
    """The largest multiple of 2^-bits that is not above."""
    return fmpq((int(value.p) << bits) // int(value.q), 1 << bits)


def rational_matrix(values: Array) -> fmpq_mat:
    """The matrix of a rational array (m, n)."""
    height, width = values.shape
    return fmpq_mat(height, width, [rational(v) for v in values.ravel()])


def entries(matrix: fmpq_mat) -> Array:
    """All entries (m n,), row by row, as ``Fraction``."""
    return objects(map(fraction, matrix.entries()))


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The rational of least denominator strictly between two, the nearest to 0 of those (Stern and Brocot).

    >>> print(simplest(Fraction(7, 2), Fraction(9, 2)), simplest(Fraction(1, 3), Fraction(2, 5)))
    4 3/8
    """
    if low < 0 < high:
        return Fraction(0)
    if high <= 0:
        return -simplest(-high, -low)
    whole = low.__floor__()
    if whole + 1 < high:
        return Fraction(whole + 1)
    under = 1 / (high - whole)
    return whole + 1 / (
        Fraction(under.__floor__() + 1) if low == whole else simplest(under, 1 / (low - whole))
    )
