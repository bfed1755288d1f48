"""The two arithmetics that the same code runs in, and what each of them takes for nothing.

Over the rationals only 0 is nothing. In doubles a number x is negligible beside data of scale S where
|x| ≤ ε S, with one of three grades ε, by where x comes from:

    ROUNDED     a few operations on numbers as they were given: the sum of a lottery, the gap of two rows;
    COMPUTED    long sums, products along paths, small systems and programs solved to the last digits;
    SOLVED      what a float engine returned, at its usual tolerances (`options.Tolerances`).

Nothing is small by itself: cents and billions are the same data in other units, so S is always named.
Chances are beside 1, multipliers that sum to 1 too, money beside the largest amount that it was made from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from .numbers import Array, Bools, Number, is_exact, nearest, to_exact, to_float

WRITTEN: Final = 1e-15
"""Of a number: what reading it into a double leaves, with room."""
ROUNDED: Final = 1e-12
"""Of the scale: what a few operations in doubles leave. (The contract of probabilities that are given.)"""
COMPUTED: Final = 1e-9
"""Of the scale: what long computations in doubles leave."""
SOLVED: Final = 1e-7
"""Of the scale: what a float engine leaves."""
DEPENDENT: Final = 1e-6
"""Rows whose smallest singular value is less than this of the largest may be dependent, as far as doubles
tell: squared, as normal equations have it, that is `ROUNDED`."""


@dataclass(frozen=True)
class Arithmetic:
    """Rationals or doubles: `RATIONAL` and `DOUBLE` are all there are.

    number: what makes a scalar of one. dtype: of its arrays. zero, one: its own.
    """

    number: Callable[[Any], Number]
    dtype: np.dtype[Any]
    zero: Number
    one: Number

    @property
    def exact(self) -> bool:
        """Whether these are the rationals."""
        return bool(self.dtype == object)

    def array(self, values: Array) -> Array:
        """Numbers in this arithmetic: a double at its binary value, a rational at the nearest double."""
        return to_exact(values) if self.exact else to_float(values)

    def full(self, shape: int | tuple[int, ...], value: Number) -> Array:
        """An array of one number (an infinite one stays a float in either)."""
        return np.full(shape, value, dtype=self.dtype)

    def zeros(self, shape: int | tuple[int, ...]) -> Array:
        """An array of zeros."""
        return self.full(shape, self.zero) if self.exact else np.zeros(shape)

    def ones(self, shape: int | tuple[int, ...]) -> Array:
        """An array of ones."""
        return self.full(shape, self.one)

    def divisor(self, values: Array, there: Bools | None = None) -> Array:
        """Values to divide by: 1 in place of those that are not positive, or that are not `there`."""
        one: Any = self.one
        divisors: Array = np.where(values > 0 if there is None else there, values, one)
        return divisors

    def shares(self, weights: Array) -> Array:
        """Nonnegative weights (..., K) divided by their sums over the last axis; zeros where the sum is 0."""
        return weights / self.divisor(weights.sum(axis=-1, keepdims=True))

    def rounded(self, values: Array, scale: Number | Array, grade: float = COMPUTED) -> Array:
        """Values (to be told apart by) to the decimals that say something beside `slack`'s scale.

        >>> DOUBLE.rounded(np.array([0.1 + 0.2, 0.3]), 1).tolist()
        [0.3, 0.3]
        """
        step = self.slack(scale, grade)
        if step == 0:
            return values
        unit = 10.0 ** math.floor(math.log10(step / grade))
        decimals: Array = np.round(to_float(values) / unit, round(-math.log10(grade))) * unit
        return decimals

    def slack(self, scale: Number | Array, grade: float = COMPUTED) -> Number:
        """The most that is nothing beside a scale, or the largest |entry| of an array; 0 over the rationals.

        >>> RATIONAL.slack(10), DOUBLE.slack(np.array([-1000.0, 10.0]), ROUNDED)
        (Fraction(0, 1), 1e-09)
        """
        if self.exact:
            return self.zero
        if isinstance(scale, np.ndarray):
            return grade * float(np.abs(to_float(scale)).max(initial=0.0))
        return grade * abs(nearest(scale))

    def negligible(self, values: Array, scale: Number | Array = 1, grade: float = COMPUTED) -> Bools:
        """Which values are nothing, each beside its own entry of `scale` (broadcast); beside 1: chances.

        >>> DOUBLE.negligible(np.array([1e-10, 1e-8]), np.array([1.0, 10.0])).tolist()
        [True, True]
        >>> RATIONAL.negligible(to_exact(np.array([0.0, 1e-300]))).tolist()
        [True, False]
        """
        beside: Any = self.zero if self.exact else grade * np.abs(to_float(np.asarray(scale)))
        return np.asarray(abs(values) <= beside, dtype=np.bool_)


RATIONAL: Final = Arithmetic(Fraction, np.dtype(object), Fraction(0), Fraction(1))
DOUBLE: Final = Arithmetic(float, np.dtype(np.float64), 0.0, 1.0)


def arithmetic(exact: bool) -> Arithmetic:
    """The rationals where `exact`, else the doubles."""
    return RATIONAL if exact else DOUBLE


def arithmetic_of(*data: Array | Number) -> Arithmetic:
    """The arithmetic that data belong to: one double among them, array or number, makes all of it doubles.

    >>> arithmetic_of(Fraction(1, 3)).exact, arithmetic_of(Fraction(1, 3), np.ones(2)).exact
    (True, False)
    """
    rational = (is_exact(v) if isinstance(v, np.ndarray) else not isinstance(v, float) for v in data)
    return RATIONAL if all(rational) else DOUBLE
