"""The range of a parameter for which a relaxation is tight: what is known of it.

With g(t) = value of the rung − value of `bayesian` at the number t, both over the rationals with a proof, the
range is {t: g(t) = 0}. How it is looked for, and what a proof is, says `range_search.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from ...solvers.numbers import written
from ...solvers.options import Basis
from ..answers.answer import Answer

BASE = "bayesian"


@dataclass(frozen=True)
class Point:
    """What is known at one number.

    values: of the rung and of `bayesian`, None where one has none, as `message` says. proved: up to where,
    from here, the verdict is proved at every number in between. bases: optimal ones, where they are had.
    """

    at: Fraction
    values: tuple[Fraction, Fraction] | None
    message: str = ""
    proved: Fraction | None = None
    bases: tuple[Basis | None, Basis | None] | None = field(default=None, repr=False, compare=False)

    @property
    def gap(self) -> Fraction | None:
        """What the rung promises beyond `bayesian`."""
        return None if self.values is None else self.values[0] - self.values[1]

    @property
    def tight(self) -> bool | None:
        """Whether that is nothing; None where it is not known."""
        return None if self.gap is None else self.gap == 0


@dataclass(frozen=True)
class TightRun:
    """A run of numbers of one verdict.

    exact: both ends are known, the ones asked for or proved boundaries; else `within` is how far beyond
    `end` the next boundary may lie. proved: on which share of the length the verdict is proved everywhere.
    """

    start: Fraction
    end: Fraction
    tight: bool | None
    exact: bool
    within: Fraction
    proved: Fraction
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        """In the words of the command line."""
        numbers = {"from": self.start, "to": self.end, "within": self.within, "proved": self.proved}
        told = {key: written(number) for key, number in numbers.items()}
        return told | {"tight": self.tight, "exact": self.exact, "message": self.message}


@dataclass(frozen=True, eq=False, repr=False)
class TightRange(Answer):
    """The answer: see the module.

    width: to which boundaries without a proof are known, if the status is `optimal`; with `limit` time was
    up, and with `interrupted` somebody stopped it. integers: whether the parameter is a whole number. points:
    in order.
    """

    instance: str
    parameter: str
    rung: str
    low: Fraction
    high: Fraction
    width: Fraction
    integers: bool
    status: str
    points: tuple[Point, ...]

    def _facts(self) -> dict[str, object]:
        runs = [f"{'' if run.tight else 'not '}{run.start}..{run.end}" for run in self.intervals if run.tight]
        return {
            "instance": self.instance,
            "parameter": self.parameter,
            "rung": self.rung,
            "tight": ", ".join(runs) or "nowhere asked",
        }

    @cached_property
    def intervals(self) -> list[TightRun]:
        """From `low` to `high` without holes."""
        if not {self.low, self.high} <= {point.at for point in self.points}:
            length, message = self.high - self.low, "the ends were not reached"
            return [TightRun(self.low, self.high, None, False, length, Fraction(0), message)]
        runs: list[list[Point]] = []
        for point in self.points:
            if runs and runs[-1][-1].tight == point.tight:
                runs[-1].append(point)
            else:
                runs.append([point])
        cuts = [self._cut(one[-1], other[0]) for one, other in pairwise(runs)]
        begun, ended = (self.low, Fraction(0)), (self.high, Fraction(0))
        starts = [begun, *((cut[1], cut[2]) for cut in cuts)]
        ends = [*((cut[0], cut[2]) for cut in cuts), ended]
        intervals = []
        for run, (start, before), (end, within) in zip(runs, starts, ends, strict=True):
            exact = before == within == 0
            share = self._share(run, start, end)
            intervals.append(TightRun(start, end, run[0].tight, exact, within, share, run[0].message))
        return intervals

    def _cut(self, left: Point, right: Point) -> tuple[Fraction, Fraction, Fraction]:
        """Where one run ends, where the next begins, and within what, 0 where that is exact."""
        apart = right.at - left.at
        if self.integers:
            return (left.at, right.at, apart - 1) if apart == 1 else (left.at, left.at, apart - 1)
        if None not in (left.tight, right.tight) and left.proved == right.at:
            at = left.at if left.tight else right.at
            beside = any(tight and at in (a, b) for a, b, tight in self._pieces)
            if beside or at in (self.low, self.high):
                return at, at, Fraction(0)
        return left.at, left.at, apart

    @cached_property
    def _pieces(self) -> list[tuple[Fraction, Fraction, bool]]:
        """From, to and verdict of what is proved between points."""
        tight = {point.at: bool(point.tight) for point in self.points}
        ends = [(point.at, point.proved) for point in self.points if point.proved is not None]
        return [(a, b, tight[a] and tight[b]) for a, b in ends]

    def _share(self, run: list[Point], start: Fraction, end: Fraction) -> Fraction:
        """Of the length of a run, where its verdict is proved everywhere."""
        if self.integers:
            return Fraction(len(run), int(end - start) + 1)
        inside = [b - a for a, b, tight in self._pieces if start <= a < b <= end and tight is run[0].tight]
        return sum(inside, Fraction(0)) / (end - start) if end > start else Fraction(1)

    def to_json(self) -> dict[str, Any]:
        """The answer in the words of the command line."""
        points = [
            {"at": written(p.at), "gap": None if p.gap is None else written(p.gap), "message": p.message}
            for p in self.points
        ]
        return {
            "instance": self.instance,
            "parameter": self.parameter,
            "rung": self.rung,
            "status": self.status,
            "width": written(self.width),
            "intervals": [interval.to_json() for interval in self.intervals],
            "points": points,
        }
