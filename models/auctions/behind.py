"""The probability that all others come behind, for every type of every buyer: whole arrays, no profiles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import lcm, prod
from operator import mul

import numpy as np

from ...solvers.numbers import Array, Ints, is_exact, objects

WORD = 2**62
"""Integer products below this are taken in 64 bits."""


class Behind:
    """Products of ``Pr[key_k < key]`` over buyers, exact by integers over one denominator a buyer."""

    def __init__(self, probabilities: Sequence[Array]) -> None:
        """Take the probabilities of each buyer's types (K_i,), all rational or all floats."""
        self.exact = all(map(is_exact, probabilities))
        self._below: list[Array] = []
        self._wholes: list[int] = []
        for own in probabilities:
            whole = lcm(*(p.denominator for p in own)) if self.exact else 1
            steps = [int(p * whole) for p in own] if self.exact else own
            wide = object if whole >= WORD else np.int64 if self.exact else np.float64
            self._below.append(np.concatenate([[0], np.cumsum(np.array(steps, dtype=wide))]))
            self._wholes.append(whole)
        self._groups = _groups(self._wholes) if self.exact else [slice(0, len(probabilities))]
        self.whole = prod(self._wholes)
        """The common denominator of all products (1 in floats)."""

    def counts(self, keys: Sequence[Ints], at: Ints, owner: Ints) -> Array:
        """The probabilities of `wins` times `whole` (M,): Python integers, or floats."""

        def factor(k: int) -> Array:
            below = self._below[k][np.searchsorted(keys[k], at, side="left")]
            # Her own factor is her denominator, so that all products have the same one.
            below[owner == k] = self._wholes[k]
            return below

        members = range(len(keys))
        parts = [reduce(mul, map(factor, members[group])) for group in self._groups]
        product: Array = reduce(mul, (part.astype(object) for part in parts) if self.exact else parts)
        return product

    def wins(self, keys: Sequence[Ints], at: Ints, owner: Ints) -> Array:
        """For each key in `at` (M,), the probability (M,) that every buyer but its owner is behind it.

        keys: per buyer (K_i,), nondecreasing. owner: (M,) indices, -1 where all buyers count.
        """
        counts = self.counts(keys, at, owner)
        if not self.exact:
            return counts
        return objects(Fraction(n, self.whole) for n in counts.tolist())


def _groups(wholes: Sequence[int]) -> list[slice]:
    """Runs of buyers whose denominators have a product that fits in a machine word (or is one buyer's)."""
    groups, start, size = [], 0, 1
    for k, whole in enumerate(wholes):
        if k > start and size * whole >= WORD:
            groups.append(slice(start, k))
            start, size = k, 1
        size *= whole
    return [*groups, slice(start, len(wholes))]
