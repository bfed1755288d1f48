"""Means over many paths, and how far they may be off.

Parts are merged by their means and squared deviations (Chan, Golub and LeVeque 1983), so that nothing but
those is kept. The error is the standard error of the mean, s/√n. Intervals are of 95 percent: mean ± 1.96
errors, wider by what is left out of every path for certain (`beyond`), and Wilson's for frequencies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.short import Short
from ..answers.plain import plain
from .draws import Floats

NORMAL = 1.959963984540054
"""Standard errors to either side of 95 percent of a normal distribution."""


@dataclass(frozen=True, repr=False)
class Estimate(Short):
    """A mean over paths with its standard error, None of one path; beyond: what is left out is at most so
    much, to either side."""

    mean: float
    error: float | None
    beyond: float = 0.0

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of 95 percent; None where the error is not known."""
        if self.error is None:
            return None
        reach = NORMAL * self.error + self.beyond
        return self.mean - reach, self.mean + reach

    def to_json(self) -> dict[str, Any]:
        """``mean``, ``error``, ``interval``, and ``beyond`` where something is left out."""
        known = {"mean": self.mean, "error": self.error, "interval": self.interval}
        content: dict[str, Any] = plain(known | ({"beyond": self.beyond} if self.beyond else {}))
        return content


class Gathered:
    """Mean and squared deviations of figures (..., n) of paths that come in parts."""

    def __init__(self, *shape: int) -> None:
        self.count = 0
        self.mean = np.zeros(shape)
        self._squares = np.zeros(shape)

    def add(self, figures: Floats) -> None:
        """Merge a part."""
        more = figures.shape[-1]
        mean = figures.mean(axis=-1)
        away = mean - self.mean
        total = self.count + more
        self._squares += ((figures - mean[..., None]) ** 2).sum(axis=-1) + away**2 * (
            self.count * more / total
        )
        self.mean = self.mean + away * (more / total)
        self.count = total

    @property
    def finite(self) -> bool:
        """Whether doubles hold all of it."""
        return bool(np.isfinite(self.mean).all() and np.isfinite(self._squares).all())

    @property
    def error(self) -> Floats | None:
        """Standard errors of the means, None of one path."""
        if self.count < 2:
            return None
        error: Floats = np.sqrt(self._squares / (self.count - 1) / self.count)
        return error

    @property
    def interval(self) -> tuple[Floats, Floats] | None:
        """Of 95 percent, None of one path."""
        reach = None if self.error is None else NORMAL * self.error
        return None if reach is None else (self.mean - reach, self.mean + reach)

    def estimate(self, *at: int, beyond: float = 0.0) -> Estimate:
        """One of the figures."""
        error = self.error
        return Estimate(float(self.mean[at]), None if error is None else float(error[at]), beyond)


def frequency_interval(share: Floats, count: int) -> tuple[Floats, Floats]:
    """Wilson's interval of 95 percent around shares of `count` paths: also where a share is 0 or 1.

    >>> [round(float(end), 4) for end in frequency_interval(np.array(0.0), 100)]
    [0.0, 0.037]
    """
    square = NORMAL**2 / count
    centre = (share + square / 2) / (1 + square)
    reach = np.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return np.maximum(centre - reach, 0), np.minimum(centre + reach, 1)


def periods_until(discount: float, share: float, most: int) -> int | None:
    """The first T of δ^T ≤ share, None where it is above `most`."""
    if discount <= share:
        return 1
    periods = math.ceil(math.log(share) / math.log(discount))
    return periods if periods <= most else None
