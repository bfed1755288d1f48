"""Joint rents: both bounds of the optimum by nested cutting planes, as for one agent (`bounds.py`).

A round goes forward along the rents that the upper bound would promise, each time to the profile for which
the bounds are furthest apart, and back: that state and those beside it whose bounds are apart get a cut and a
point. It begins with the rents that taking one action always leaves.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...solvers.arithmetic import DOUBLE
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Floats
from .bounds import GAP, PATIENCE, PRICE, ROUNDS, SHARE, Bounds
from .joint import Joint
from .joint_cuts import JointAbove, JointCuts, JointOutlook
from .joint_points import JointBelow, JointPoints


class JointRounds:
    """All programs, cuts and points."""

    def __init__(self, game: Joint) -> None:
        self._stages, self._rate = game.stages, game.discount
        self.cuts = [JointCuts(stage) for stage in game.stages]
        self.points = [JointPoints(stage) for stage in game.stages]
        self._above = [JointAbove(stage, self.cuts, PRICE) for stage in game.stages]
        self._below = [JointBelow(stage, self.points, PRICE) for stage in game.stages]
        self.price, self.short, self._long = PRICE, False, game.periods

    def visit(self, s: int, rents: Floats) -> JointOutlook | None:
        """A cut and a point of state s at these rents (M,), and what the next period looks like."""
        bound, point = self._above[s].at(rents), self._below[s].at(rents)
        if point is not None:
            self.points[s].add(point)
        if bound is None:
            return None
        ahead, level, slope = bound
        self.cuts[s].add(level, slope)
        return ahead

    def ends(self) -> tuple[float, float, JointOutlook | None]:
        """Lower and upper bound as things stand, and what the upper one promises in period 0."""
        ahead = self.visit(0, np.zeros(self._stages[0].images.shape[1]))
        return float(self.points[0].worth.max(initial=-math.inf)), float(self.cuts[0].level.min()), ahead

    def path(self, start: JointOutlook, near: float, closed: float) -> list[tuple[int, Floats]]:
        """States and rents there to where bounds are furthest apart, as long as that is more than `near` in
        money of period 0, and beside them those that are further apart than `closed`, all of them over all
        periods together."""
        bound: JointOutlook | None = start
        path: list[tuple[int, Floats]] = []
        s, worth, short = 0, 1.0, False
        while bound is not None and len(self._stages[s].next):
            stage = self._stages[s]
            there = np.take_along_axis(bound.rents, np.argsort(stage.places, axis=1), axis=1)
            apart = np.array(
                [self._apart(*each) for each in zip(stage.next, there, bound.promised, strict=True)]
            )
            counts = stage.chance * apart
            best = int(counts.argmax())
            beside = np.flatnonzero(worth * apart > closed / self._long)
            path += [(int(stage.next[n]), there[n]) for n in beside if n != best]
            path.append((int(stage.next[best]), there[best]))
            worth *= 1.0 if s == 0 else self._rate
            if worth * apart[best] <= near:
                short = True  # at this price there is nothing to be gained
                break
            s = int(stage.next[best])
            said = self._above[s].at(there[best])
            bound = None if said is None else said[0]
            short |= bound is not None and bound.short
        self.short = short
        return path

    def _apart(self, s: int, rents: Floats, most: float) -> float:
        point = self._below[s].at(rents)
        if point is None:
            return most
        self.points[s].add(point)  # where bounds meet, nobody comes back
        return most - self._below[s].worth_at(point, rents, self.price)

    def raise_price(self) -> None:
        """Let rents that nobody can leave cost twice as much."""
        self.price *= 2
        for above, below in zip(self._above, self._below, strict=True):
            above.raise_price(self.price)
            below.raise_price(self.price)


def joint_bounds(game: Joint, gap: float = GAP, effort: Effort = FLOATS) -> Bounds:
    """Both bounds, in units of the question, until they are as close as `gap` says or the time is up.

    Who is notified is told of every round.
    """
    effort = effort.begun()
    rounds, unit = JointRounds(game), game.unit
    upper, now = game.first_best, Bounds(-math.inf, unit * game.first_best, 0, False)
    for s in range(len(game.stages) - 1, 0, -1):
        for rents in game.rents[s]:
            if effort.late:
                return now
            rounds.visit(s, rents)
    apart, since = math.inf, 0
    for count in range(ROUNDS):
        lower, high, start = rounds.ends()
        upper = min(game.first_best, high)
        now = replace(now, lower=unit * lower, upper=unit * upper, rounds=count)
        text = f"round {count}: {now.lower:.9g} to {now.upper:.9g}"
        effort.tell("round", text, round=count, lower=now.lower, upper=now.upper)
        enough = max(gap * abs(upper), float(DOUBLE.slack(game.size)))
        if upper - lower <= enough:
            return replace(now, closed=True)
        if start is None:
            continue
        near = SHARE * (upper - lower) if lower > -math.inf else 0.0
        path = rounds.path(start, max(near, enough / 2), enough / 2)
        if upper - lower <= 0.9 * apart:
            apart, since = upper - lower, count
        elif rounds.short and count - since > PATIENCE:
            rounds.raise_price()
            apart, since = upper - lower, count
        for s, rents in reversed(path):
            if effort.late:
                return now
            rounds.visit(s, rents)
    return now
