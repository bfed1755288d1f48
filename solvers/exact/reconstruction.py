"""The common denominator of a vector of rationals, from its leading bits.

The denominator grows entry by entry: where D x_i is not near an integer, the first convergent of its
fractional part that explains it multiplies D. A convergent that explains an entry no better than chance stops
the search; it goes on from there once there are more bits, so that asking too early costs little.

Short denominators are looked for first, with 64 bits after the point and whole arrays of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from ..numbers import objects
from .digits import Digits
from .rationals import WIDE, Rationals, magnitude, narrow

_LONG = 1024  # bits beyond which FLINT multiplies faster than Python, conversion included
_MARGIN = 20  # bits by which an explanation must be better than chance
_WORD = 64
_SAMPLE = 32  # entries
_OFTEN = 256  # entries between two looks at the clock
_BACK = 64  # steps of a continued fraction, at the end of which the last bits may have misled it


class Reconstruction:
    """The denominator found so far, and where the search for it stopped; `check` is called during it."""

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._d = 1
        self._place = 0
        self._entry: int | None = None
        self._fraction = _Fraction()
        self._short = True
        self._random = np.random.default_rng(0)

    def attempt(self, digits: Digits, error: int) -> Rationals | None:
        """The rationals with a common denominator within `error` units of 2^-bits of `digits`.

        None where the bits do not tell; the next attempt has to bring more of them.
        """
        slack = max(1, error)
        if self._short:
            self._short = False
            rationals = _short(digits, slack)
            if rationals is not None:
                return rationals
        return self._long(digits, slack) if self._sampled(digits, slack) else None

    def _sampled(self, digits: Digits, slack: int) -> bool:
        """Whether a few entries are explained: the one that stopped the search, and others of any kind.

        Looking at all entries takes as long as many steps of a lift.
        """
        if self._entry is None:
            return True
        for k in (self._entry, *self._random.integers(0, digits.size, _SAMPLE).tolist()):
            factor = _explanation(digits.entry(k), digits.bits, self._d, slack, self._fraction)
            if factor is None:
                self._entry = k
                return False
            self._d, self._fraction = self._d * factor, _Fraction()
        return True

    def _long(self, digits: Digits, slack: int) -> Rationals | None:
        bits, listed = digits.bits, digits.value().tolist()
        make: Any = int if bits < _LONG else flint.fmpz
        values = list(dict.fromkeys(listed))
        whole: list[Any] = [0] * len(values)
        one, d = make(1) << bits, make(self._d)
        half, near, place, settled = one >> 1, d * slack, self._place % len(values), 0
        # round and round, because what a smaller denominator explained with fewer bits may need a larger one
        while settled < len(values):
            if settled % _OFTEN == 0:
                self._check()
            scaled = make(values[place]) * d
            nearest = (scaled + half) >> bits
            off = scaled - (nearest << bits)
            if -near <= off <= near:
                whole[place] = nearest
                settled += 1
                place = place + 1 if place + 1 < len(values) else 0
                continue
            q = _Fraction().convergent(int(off) % (1 << bits), 1 << bits, int(near))
            if (near * q * q) << _MARGIN > one:
                self._d, self._place, self._entry = int(d), place, listed.index(values[place])
                self._fraction = _Fraction()
                return None
            d, near, settled = d * q, near * q, 0
        self._d, self._place, self._entry = int(d), place, None
        if near << _MARGIN > one:
            return None
        numerators = dict(zip(values, map(int, whole), strict=True))
        return Rationals(narrow(objects(numerators[v] for v in listed)), int(d))


def _short(digits: Digits, slack: int) -> Rationals | None:
    """The rationals, where 64 bits after the point tell them and everything fits in int64."""
    parts = digits.parts()
    if parts is None:
        return None
    below, rest = parts
    near, d, one = (slack >> (digits.bits - _WORD)) + 2, 1, 1 << _WORD
    while near << _MARGIN <= one:
        off = (rest * np.uint64(d)).view(np.int64)  # D x modulo 1, in units of 2^-64
        far = (off > near) | (off < -near)
        k = int(far.argmax())
        if not far[k]:
            if magnitude(below) * d >= 2 ** (WIDE - 1):
                return None
            # a double is sure of the nearest integer, as D x is within 2^-20 of it and D below 2^44
            return Rationals(below * d + np.rint(rest * (d / 2.0**_WORD)).astype(np.int64), d)
        q = _explanation(digits.entry(k), digits.bits, d, slack, _Fraction())
        if q is None or q == 1:
            return None
        d, near = d * q, near * q
    return None


def _explanation(x: int, bits: int, d: int, slack: int, fraction: _Fraction) -> int | None:
    """What d has to be multiplied by to explain x / 2^bits, up to `slack` units; None where chance may."""
    one, near = 1 << bits, d * slack
    off = (x * d if bits < _LONG else int(flint.fmpz(x) * d)) & (one - 1)
    if min(off, one - off) <= near:
        return 1
    q = fraction.convergent(off, one, near)
    return q if (near * q * q) << _MARGIN <= one else None


class _Fraction:
    """The continued fraction of a number of which ever more bits are known.

    It stands some steps before what the last bits said, with the denominators of two successive convergents.
    """

    def __init__(self) -> None:
        self._at = (0, 1, 1)

    def convergent(self, a: int, one: int, slack: int) -> int:
        """The denominator of the first convergent of a/one within slack/one of it, at least 2."""
        n, m, q0, q1, sign = one, a, *self._at
        if q0:
            # what is left of the remainders at these convergents, now that there are more bits
            n, m = (-sign * q0 * a) % one, (sign * q1 * a) % one
            if n <= m or m * q1 > one:
                n, m, q0, q1, sign = one, a, 0, 1, 1
        before = last = (q0, q1, sign)
        steps = 0
        while m:
            if steps % _BACK == 0:
                before, last = last, (q0, q1, sign)
            steps += 1
            whole, rest = divmod(n, m)
            q0, q1, sign = q1, whole * q1 + q0, -sign
            n, m = m, rest
            # |q·a mod one| is what is left of the remainder at this convergent
            if rest <= slack * q1:
                break
        self._at = before
        return max(q1, 2)
