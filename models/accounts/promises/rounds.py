"""Both bounds of the clairvoyant optimum of several buyers, closer with every round.

A round goes forward along the promises that the upper bound would make, each time to the profile where the
distance of the bounds weighs most, and back along the same promises, each of which gets a cut and a point.

At the prices of the period's lower bound, promises z are worth no more to it than a line in z. The upper
bound at z less that line is no more than the distance of the bounds there, and on the mean over profiles at
least the distance in the period itself, as both programs are over the same q and z: no other program has to
say how far apart they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ....solvers.arithmetic import DOUBLE
from ....solvers.effort import FLOATS, Effort
from ....solvers.numbers import Floats
from ....solvers.short import Short
from ...recursion.stages import ROUNDED
from .ceiling import Ceiling, PromiseCuts
from .floor import Floor, FloorPoint, PromisePoints, keep
from .stages import Promises

SHARE = 0.5
"""Of the distance of the bounds, times the share of periods left: bounds in a period need be no closer."""
ROUNDS = 100_000
"""More are not made."""


@dataclass(frozen=True, eq=False, repr=False)
class PromiseBounds(Short):
    """The optimum is no less than `lower`, which `start` attains, and no more than `upper`, in money.

    points[t]: of period t, where the lots of `start` (t = 1) and of points lead. closed: whether the bounds
    are as close as was asked for.
    """

    promises: Promises
    lower: float
    upper: float
    start: FloorPoint
    points: tuple[PromisePoints, ...]
    rounds: int
    closed: bool


class Descent:
    """All programs, cuts and points of a recursion over promises.

    A period begins with the full surplus as its bound and the sale of nothing as its point.
    """

    def __init__(self, promises: Promises) -> None:
        horizon, buyers = len(promises.stages), len(promises.box)
        surplus = [float(s.chance @ s.value[s.at].max(axis=0)) for s in promises.stages]
        self.cuts = [PromiseCuts(promises) for _ in range(horizon + 1)]
        self.points = [PromisePoints(promises) for _ in range(horizon + 1)]
        for t, (cuts, points) in enumerate(zip(self.cuts, self.points, strict=True)):
            lost = ROUNDED * sum(8 + len(stage.chance) for stage in promises.stages[t:])
            cuts.add(sum(surplus[t:]) * (1 + lost), np.zeros(buyers))
            points.add(keep(promises.stages[t] if t < horizon else None, buyers))
        self._above = [Ceiling(promises, t, self.cuts[t + 1]) for t in range(horizon)]
        self._below = [Floor(promises, t, self.points[t + 1]) for t in range(horizon)]
        self._stages, self._box = promises.stages, promises.box

    def visit(self, t: int, promise: Floats) -> None:
        """A cut and a point of period t at promises (N,)."""
        if (bound := self._above[t].at(promise)) is not None:
            self.cuts[t].add(*self._above[t].cut(bound))
        if (prices := self._below[t].at(promise)) is not None:
            self.points[t].add(self._below[t].point(prices))

    def ends(self, promise: Floats) -> tuple[FloorPoint | None, float, list[Floats]]:
        """What attains a lower bound, the upper bound, and the promises of the periods after 0 to look at,
        as long as bounds there are further apart than their share of the distance."""
        bound, prices = self._above[0].at(promise), self._below[0].at(promise)
        start = None if prices is None else self._below[0].point(prices)
        most = math.inf
        if bound is not None:
            level, slope = self._above[0].cut(bound)
            most = level + float(np.maximum(slope - 1, 0.0) @ self._box)
        apart = most - (0.0 if start is None else start.earned)
        path: list[Floats] = []
        for t in range(1, len(self._stages)):
            if bound is None or prices is None:
                break
            distance = bound.worth - prices.worth - (prices.price * bound.promised).sum(axis=1)
            # What is over is positive where it weighs most, as long as its mean is; and where the mean
            # of what follows is not, a cut and a point bring the bounds closer.
            over = distance - SHARE * apart * (1 - t / len(self._stages))
            worst = int((self._stages[t - 1].chance * over).argmax())
            if over[worst] <= 0:
                break
            path.append(bound.promised[worst])
            if t + 1 < len(self._stages):
                bound, prices = self._above[t].at(path[-1]), self._below[t].at(path[-1])
        return start, most, path


def promise_bounds(promises: Promises, gap: float, effort: Effort = FLOATS) -> PromiseBounds:
    """Both bounds until they are within `gap`, in money, or the time is up; who is notified hears of every
    round."""
    effort, unit = effort.begun(), promises.unit
    descent, nothing = Descent(promises), np.zeros(len(promises.box))
    best = keep(promises.stages[0], len(nothing))
    lower, upper, closed = 0.0, float(descent.cuts[0].level[0]), False
    for count in range(ROUNDS):
        start, most, path = descent.ends(nothing)
        upper = min(upper, most)
        if start is not None and start.earned > lower:
            lower, best = start.earned, start
        text = f"round {count}: {unit * lower:.9g} to {unit * upper:.9g}"
        effort.tell("round", text, round=count, lower=unit * lower, upper=unit * upper)
        closed = unit * (upper - lower) <= gap or upper - lower <= DOUBLE.slack(upper)
        if closed or effort.late:
            break
        for t in range(len(path), 0, -1):
            for promise in (path[t - 1], *((promises.box, nothing) if not count else ())):
                descent.visit(t, promise)
    seen = tuple(descent.points)
    return PromiseBounds(promises, unit * lower, unit * upper, best, seen, count, closed)
