"""Concave, nondecreasing, piecewise linear functions on [0, ∞), and simpler ones below and above them.

Over the rationals. A bound with fewer pieces keeps points of the function (below) or lines of it (above), as
many as a tolerance asks for, and rounds them outwards to multiples of 2^-bits, so that numbers stay short
however often a function is made out of another. Doubles decide only which points are kept: the bounds
themselves are exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..numbers import Floats
from ..rational import ZERO, Rational, double, round_down

Tolerance = Callable[[Floats], Floats]
"""How far a bound may be off, at these points."""
BITS = 40
"""Bounds are rounded to multiples of 2^-BITS."""


@dataclass(frozen=True, eq=False)
class Concave:
    """The function through (points[k], values[k]), rising by slopes[k] after points[k]; flat after the last.

    points and slopes (n,): from 0, increasing; decreasing to 0.

    >>> from ..rational import ONE, ZERO
    >>> f = Concave((ZERO, ONE), (2 * ONE, 3 * ONE), (ONE, ZERO))
    >>> f(ONE / 2), f(9 * ONE)
    (5/2, 3)
    """

    points: Sequence[Rational]
    values: Sequence[Rational]
    slopes: Sequence[Rational]

    def __len__(self) -> int:
        return len(self.points)

    def __call__(self, x: Rational) -> Rational:
        """The value at x ≥ 0."""
        k = max(bisect_right(self.points, x) - 1, 0)
        return self.values[k] + self.slopes[k] * (x - self.points[k])

    @property
    def most(self) -> Rational:
        """The greatest value."""
        return self.values[-1]

    def best_less(self) -> tuple[Rational, Rational]:
        """(max of f(x) − x, the least x that attains it)."""
        k = next(k for k, slope in enumerate(self.slopes) if slope <= 1)
        return self.values[k] - self.points[k], self.points[k]

    def below(self, tolerance: Tolerance, bits: int = BITS) -> Concave:
        """A concave function that is nowhere above, through points of this one."""
        x, y, slope = self._doubles()
        allowed = tolerance(x)

        def off(i: int, k: int) -> float:
            chord = (y[k] - y[i]) / (x[k] - x[i])
            m = i + int(np.searchsorted(-slope[i:k], -chord))
            return float(y[m] - (y[i] + chord * (x[m] - x[i])))

        kept: list[tuple[Rational, Rational]] = []
        for k in _farthest(len(x), off, allowed):
            at = round_down(self.points[k], bits)
            # Its own value: points nearer to each other than 2^-bits leave `at` in an earlier piece.
            _add_to_hull(kept, (at, round_down(self(at), bits)))
        while len(kept) > 1 and kept[-1][1] <= kept[-2][1]:
            kept.pop()
        points, values = zip(*kept, strict=True)
        rises = [(v - u) / (b - a) for (a, u), (b, v) in pairwise(kept)]
        return Concave(points, values, (*rises, ZERO))

    def above(self, tolerance: Tolerance, bits: int = BITS) -> Concave:
        """A concave function that is nowhere below, made of lines that touch this one."""
        x, y, slope = self._doubles()
        allowed, start = tolerance(x), y - slope * x

        def off(i: int, k: int) -> float:
            if k == i + 1:
                return 0.0
            at = (start[k] - start[i]) / (slope[i] - slope[k])
            m = int(np.searchsorted(x, at)) - 1
            return float(start[i] + slope[i] * at - (y[m] + slope[m] * (at - x[m])))

        lines: list[tuple[Rational, Rational, Rational]] = []
        for k in _farthest(len(x), off, allowed):
            rise = round_down(self.slopes[k], bits)
            m = k
            while self.slopes[m] > rise:
                m += 1
            _add_line(lines, rise, -round_down(rise * self.points[m] - self.values[m], bits))
        points = [at for _, _, at in lines]
        values = [c + s * at for s, c, at in lines]
        return Concave(points, values, [s for s, _, _ in lines])

    def _doubles(self) -> tuple[Floats, Floats, Floats]:
        points = [np.array([double(v) for v in part]) for part in (self.points, self.values, self.slopes)]
        return points[0], points[1], points[2]


def _farthest(count: int, off: Callable[[int, int], float], allowed: Floats) -> list[int]:
    """First, last and in between as few as it takes: each as far on as the one before allows."""
    kept = [0]
    while kept[-1] < count - 1:
        i = kept[-1]
        least, step = i + 1, 1
        while i + 1 + step < count and off(i, i + 1 + step) <= allowed[i]:
            least, step = i + 1 + step, 2 * step
        most = min(i + 1 + step, count)
        while most - least > 1:
            middle = (least + most) // 2
            if off(i, middle) <= allowed[i]:
                least = middle
            else:
                most = middle
        kept.append(least)
    return kept


def _add_to_hull(hull: list[tuple[Rational, Rational]], point: tuple[Rational, Rational]) -> None:
    """Keep the upper hull of points that come from left to right."""
    x, y = point
    if hull and x <= hull[-1][0]:
        return
    while len(hull) > 1:
        (a, u), (b, v) = hull[-2:]
        if (v - u) * (x - a) > (y - u) * (b - a):
            break
        hull.pop()
    hull.append(point)


def _add_line(lines: list[tuple[Rational, Rational, Rational]], slope: Rational, start: Rational) -> None:
    """Keep the least of lines that come by falling slope, each with the point from which it is the least."""
    if lines and slope == lines[-1][0]:
        return
    at = ZERO
    while lines:
        last, first, since = lines[-1]
        at = (start - first) / (last - slope)
        if at > since:
            break
        lines.pop()
        at = ZERO
    lines.append((slope, start, at))
