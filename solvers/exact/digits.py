"""The leading bits of a vector while it is lifted, whole or in part."""

from __future__ import annotations

import numpy as np

from ..numbers import Ints, objects
from .rationals import Integers

_LIMB, _MASK = 32, 2**32 - 1


class Digits:
    """The leading bits of x = X / 2^bits, added up from digits that overlap.

    What came since X was last wanted sits in limbs, of which limb k counts 2^-32k; they take whatever is
    added to them and are carried when X is wanted. Digits too long for int64 are rare, and go to X at once.
    """

    def __init__(self, size: int) -> None:
        self.bits = 0
        self.size = size
        self._whole: Integers = np.zeros(size, dtype=np.int64).astype(object)
        self._done = 0  # bits of what is in `_whole`
        self._split = True  # nothing is in `_whole` yet
        self._limbs = np.zeros((8, size), dtype=np.int64)

    def add(self, digits: Integers, shift: int) -> None:
        """X ← 2^shift · X + digits."""
        self.bits += shift
        last, up = self._last()
        while last + 2 >= len(self._limbs):
            self._limbs = np.concatenate([self._limbs, np.zeros_like(self._limbs)])
        if digits.dtype == object:
            self._whole = self.value() + digits
            return
        # limb `last` is row last + 2: two rows above it for what a digit reaches into
        low, high = (digits & _MASK) << up, (digits >> _LIMB) << up
        self._limbs[last + 2] += low & _MASK
        self._limbs[last + 1] += (low >> _LIMB) + (high & _MASK)
        self._limbs[last] += high >> _LIMB

    def value(self) -> Integers:
        """X, as Python integers."""
        last, down = self._last()
        limbs = self._carried(last)
        written = limbs[1:].T.astype(">u4").tobytes()
        width, tail = 4 * (last + 2), _LIMB * (last + 2)
        fresh = objects(
            [
                ((top << tail) + int.from_bytes(written[k : k + width], "big")) >> down
                for top, k in zip(limbs[0].tolist(), range(0, len(written), width), strict=True)
            ]
        )
        self._whole = (self._whole << (self.bits - self._done)) + fresh
        self._done, self._split = self.bits, False
        limbs[:] = 0
        return self._whole

    def entry(self, k: int) -> int:
        """X_k alone."""
        last, down = self._last()
        fresh = 0
        for limb in self._limbs[: last + 3, k].tolist():
            fresh = (fresh << _LIMB) + limb
        return (int(self._whole[k]) << (self.bits - self._done)) + (fresh >> down)

    def parts(self) -> tuple[Ints, Ints] | None:
        """x to 64 bits after the point: the integers below it, and 2^64 times the rest (unsigned).

        None where int64 cannot hold the former, and once X has been wanted in full.
        """
        if not self._split or self.bits < 2 * _LIMB:
            return None
        limbs = self._carried(self._last()[0])
        below = (limbs[1] << _LIMB) + limbs[2]
        if (limbs[0] != below >> 63).any():
            return None
        return below, (limbs[3].astype(np.uint64) << np.uint64(_LIMB)) + limbs[4].astype(np.uint64)

    def _carried(self, last: int) -> Ints:
        """The limbs in use, all but the first brought between 0 and 2^32."""
        limbs = self._limbs[: last + 3]
        for k in range(len(limbs) - 1, 0, -1):
            limbs[k - 1] += limbs[k] >> _LIMB
            limbs[k] &= _MASK
        return limbs

    def _last(self) -> tuple[int, int]:
        """The limb that the last bit is in, and how many bits of it come after."""
        fresh = self.bits - self._done
        last = -(-fresh // _LIMB)
        return last, last * _LIMB - fresh
