"""The common denominator of a vector of rationals, from its leading bits.

The denominator grows entry by entry: where D x_i is not near an integer, the first convergent of its
fractional part that explains it multiplies D. A convergent that explains an entry no better than chance stops
the search; it goes on from there once there are more bits, so that asking too early costs little.
"""

from __future__ import annotations

from typing import Any

import flint

from .rationals import Integers, Rationals, narrow, objects

_LONG = 1024  # bits beyond which FLINT multiplies faster than Python, conversion included
_MARGIN = 20  # bits by which an explanation must be better than chance


class Reconstruction:
    """The denominator found so far, and where the search for it stopped."""

    def __init__(self) -> None:
        self._d = 1
        self._place = 0

    def attempt(self, x: Integers, bits: int, error: int) -> Rationals | None:
        """The rationals with a common denominator within `error` units of 2^-bits of x, integers.

        None where the bits do not tell; the next attempt has to bring more of them.
        """
        slack = max(1, error)
        make: Any = int if bits < _LONG else flint.fmpz
        listed = x.tolist()
        values = list(dict.fromkeys(listed))
        whole = [0] * len(values)
        one, d = make(1) << bits, make(self._d)
        half, near, place, settled = one >> 1, d * slack, self._place % len(values), 0
        # round and round, because what a smaller denominator explained with fewer bits may need a larger one
        while settled < len(values):
            scaled = make(values[place]) * d
            nearest = (scaled + half) >> bits
            off = scaled - (nearest << bits)
            if -near <= off <= near:
                whole[place] = int(nearest)
                settled += 1
                place = place + 1 if place + 1 < len(values) else 0
                continue
            q = _convergent(int(off) % (1 << bits), 1 << bits, int(near))
            if (near * q * q) << _MARGIN > one:
                self._d, self._place = int(d), place
                return None
            d, near, settled = d * q, near * q, 0
        self._d, self._place = int(d), place
        if near << _MARGIN > one:
            return None
        found = dict(zip(values, whole, strict=True))
        return Rationals(narrow(objects(found[v] for v in listed)), int(d))


def _convergent(a: int, one: int, slack: int) -> int:
    """The denominator of the first convergent of a/one within slack/one of it, at least 2."""
    q0, q1, n, m = 0, 1, one, a
    while m:
        whole, rest = divmod(n, m)
        q0, q1 = q1, whole * q1 + q0
        n, m = m, rest
        # |q·a mod one| is what is left of the remainder at this convergent
        if rest <= slack * q1:
            break
    return max(q1, 2)
