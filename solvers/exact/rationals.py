"""Vectors of rationals over one common denominator, and the integers they are made of.

Integers sit in an int64 array wherever they fit, because numpy then works on them at memory speed, and are
Python integers in an object array elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from ..arithmetic import RATIONAL
from ..numbers import Array, Bools, Floats, Ints, distinct, objects, ratio
from ..short import Short

Integers = NDArray[Any]
"""int64, or object holding Python integers."""
WIDE = 62
_LEADING = 64  # bits, more than a double holds
_LONG = 512  # bits beyond which FLINT is faster than Python, conversion included


@dataclass(frozen=True, eq=False, repr=False)
class Rationals(Short):
    """numerators / denominator: a vector over one common positive denominator."""

    numerators: Integers
    denominator: int

    @classmethod
    def zeros(cls, size: int) -> Rationals:
        """The zero vector."""
        return cls(np.zeros(size, dtype=np.int64), 1)

    def fractions(self) -> Array:
        """As an object array of ``Fraction``."""
        return quotients(self.numerators, self.denominator)

    def over(self, multiple: int) -> Integers:
        """The numerators over a multiple of the denominator."""
        return times(self.numerators, multiple // self.denominator)

    @property
    def size(self) -> int:
        """How many entries."""
        return int(self.numerators.size)


def integers(values: list[int]) -> Integers:
    """The same integers, in int64 where all fit in 62 bits."""
    try:
        out = np.array(values, dtype=np.int64)
    except OverflowError:
        return objects(values)
    return out if magnitude(out) < 2**WIDE else objects(values)


def doubles(values: Rationals) -> Floats:
    """The nearest doubles, infinite beyond their range."""
    d, n = values.denominator, narrow(values.numerators)
    if n.dtype == np.int64 and magnitude(n) < 2**53 and d < 2**53:
        quotient: Floats = n.astype(np.float64) / d
        return quotient
    return np.fromiter((ratio(v, d) if v else 0.0 for v in n.tolist()), np.float64, values.size)


def split(values: Integers) -> tuple[Floats, Ints]:
    """(m, e) with values about m · 2^e and ½ ≤ |m| < 1, or 0: doubles of integers of any length."""
    if values.dtype == np.int64:
        short, length = np.frexp(values.astype(np.float64))
        return short, length.astype(np.int64)
    down = np.array([max(0, int(v).bit_length() - _LEADING) for v in values.tolist()], dtype=np.int64)
    leading = np.array(
        [float(int(v) >> k) for v, k in zip(values.tolist(), down.tolist(), strict=True)], dtype=np.float64
    )
    short, length = np.frexp(leading)
    return short, length + down


def joined(short: Floats, length: Ints) -> Floats:
    """m · 2^e in doubles: infinite above their range, 0 below it."""
    with np.errstate(over="ignore", under="ignore"):
        result: Floats = np.ldexp(short, np.clip(length, -5000, 5000).astype(np.int32))
    return result


def narrow(values: Integers) -> Integers:
    """int64 where every integer fits in 62 bits, else as given."""
    if values.dtype == object and magnitude(values) < 2**WIDE:
        return values.astype(np.int64)
    return values


def magnitude(values: Integers) -> int:
    """The largest absolute value, 0 for none."""
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


def common(values: Array) -> Rationals:
    """A vector of ``Fraction`` over its least common denominator."""
    few, place = distinct(values)
    whole = over_common(*parts(objects(few)))
    return Rationals(whole.numerators[place], whole.denominator)


def parts(values: Array) -> tuple[Integers, Integers]:
    """(numerators, denominators) of a vector of ``Fraction``."""
    few, place = distinct(values)
    return integers([v.numerator for v in few])[place], integers([v.denominator for v in few])[place]


def over_common(tops: Integers, bottoms: Integers) -> Rationals:
    """tops / bottoms over their least common denominator."""
    if (bottoms == 1).all():
        return Rationals(tops, 1)
    several, place = np.unique(bottoms, return_inverse=True)
    denominator = math.lcm(*several.tolist())
    if several.size <= 1:
        return Rationals(tops, denominator)
    factors = narrow(objects(denominator // b for b in several.tolist()))
    return Rationals(product(tops, factors[place]), denominator)


def put(values: Integers, places: Ints | Bools, others: Integers) -> Integers:
    """`values` with `others` in their places."""
    out: Integers = values.astype(np.result_type(values, others))
    out[places] = others
    return out


def quotients(numerators: Integers, denominator: int, over: Integers | None = None) -> Array:
    """numerators · over / denominator as ``Fraction``, in lowest terms."""
    out = RATIONAL.zeros(numerators.size)
    there = np.flatnonzero(numerators != 0)
    tops = narrow(numerators[there])
    if over is not None:
        tops = product(tops, over[there])
    if tops.dtype == np.int64:
        several, place = np.unique(tops, return_inverse=True)  # mostly few
        out[there] = objects(Fraction(top, denominator) for top in several.tolist())[place]
    elif denominator.bit_length() < _LONG:
        out[there] = [Fraction(top, denominator) for top in tops.tolist()]
    else:
        d = flint.fmpz(denominator)
        reduced = (flint.fmpq(flint.fmpz(top), d) for top in tops.tolist())
        out[there] = [_lowest(int(value.p), int(value.q)) for value in reduced]
    return out


class _Lowest:
    __slots__ = ("denominator", "numerator")


Rational.register(_Lowest)


def _lowest(numerator: int, denominator: int) -> Fraction:
    """A fraction known to be in lowest terms; of a ``Rational``, ``Fraction`` takes that on trust."""
    given: Any = _Lowest()
    given.numerator, given.denominator = numerator, denominator
    return Fraction(given)


def times(a: Integers, factor: int) -> Integers:
    """a times one integer."""
    if factor == 1:
        return a
    if a.dtype == np.int64 and max(magnitude(a), 1) * abs(factor) < 2**WIDE:
        return a * factor
    result: Integers = a.astype(object) * factor
    return result


def shifted(a: Integers, bits: Ints) -> Integers:
    """a · 2^bits, entry by entry; `bits` ≥ 0."""
    if a.dtype == np.int64 and magnitude(a).bit_length() + int(bits.max(initial=0)) < WIDE:
        return a << bits
    result: Integers = a.astype(object) << bits.astype(object)
    return narrow(result)


def product(a: Integers, b: Integers) -> Integers:
    """a · b, wherever they are zero or fit."""
    if a.dtype == b.dtype == np.int64 and magnitude(a) * magnitude(b) < 2**WIDE:
        return a * b
    result: Integers = a.astype(object) * b.astype(object)
    return result
