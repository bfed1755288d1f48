"""Ironing by the lower convex hull, exact over the rationals (Elkind 2007; MPTZ, Appendix E, footnote 2).

A number a type, φ_1, ..., φ_K with probabilities f_1, ..., f_K, is ironed by taking the points

    (F_j, Σ_{k ≤ j} f_k φ_k),   j = 0, ..., K,   F_j = f_1 + ... + f_j,

their lower convex hull, and for type j the slope of the hull between F_{j-1} and F_j. The origin belongs to
the points: K points alone have K - 1 slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short


@dataclass(frozen=True, eq=False, repr=False)
class Hull(Short):
    """The points x, y (K + 1,) and the indices of those on their lower convex hull, both ends included."""

    x: Array
    y: Array
    corners: Ints

    @cached_property
    def slopes(self) -> Array:
        """Slopes (K,) of the hull over the K intervals between the points: the ironed values."""
        left, right = self.corners[:-1], self.corners[1:]
        steep = (self.y[right] - self.y[left]) / (self.x[right] - self.x[left])
        slopes: Array = np.repeat(steep, right - left)
        return slopes

    @property
    def intervals(self) -> list[tuple[int, int]]:
        """Types [start, stop) that are ironed together, in order; most have one type."""
        return list(zip(self.corners[:-1].tolist(), self.corners[1:].tolist(), strict=True))


def hull(values: Array, probabilities: Array) -> Hull:
    """The hull whose slopes iron values (K,) under positive probabilities (K,).

    Points on a straight line stay corners.
    """
    start = arithmetic_of(values).zeros(1)
    x, y = (np.append(start, np.cumsum(part)) for part in (probabilities, values * probabilities))
    corners: list[int] = []
    xs, ys = x.tolist(), y.tolist()
    for k in range(len(xs)):
        while len(corners) > 1:
            a, b = corners[-2], corners[-1]
            if (ys[b] - ys[a]) * (xs[k] - xs[b]) <= (ys[k] - ys[b]) * (xs[b] - xs[a]):
                break
            corners.pop()
        corners.append(k)
    return Hull(x, y, np.array(corners, dtype=np.int64))


def iron(values: Array, probabilities: Array) -> Array:
    """The ironed values (K,), nondecreasing and with the same mean.

    >>> from ...solvers.numbers import array
    >>> [str(v) for v in iron(array(["0", "-2", "3"]), array(["1/2", "1/10", "2/5"]))]
    ['-1/3', '-1/3', '3']
    """
    return hull(values, probabilities).slopes
