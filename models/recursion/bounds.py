"""Nested cutting planes: both bounds of the optimum, closer with every round.

A round goes forward along the rents that the upper bound would promise, each time to the type for which the
bounds are furthest apart, and back along the same rents: every type of the period gets a cut and a point
there, so that the period before sees both. It goes along the mean of these rents and those that the lower
bound promises, where cuts are deeper; every other time along the former alone, unless rounds bring the bounds
closer. It begins with the rents that taking one action always leaves, and selling at cost.

The upper bound is a cut of the stage before period 0, the lower bound a point of it, so that each holds by
itself. Where multipliers of rents stay at their price, nothing but a higher price brings the bounds together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Floats
from ...solvers.short import Short
from .cuts import Above, Cuts, Outlook
from .edges import Edges
from .points import Below, Points, Promised, RentPoint
from .pool import RentPool
from .stages import FAINT, Recursion

GAP = 1e-5
"""How far apart bounds may be, as a share of the upper one."""
PRICE, OF_LEVELS = 3.0, 100.0
"""Of rents that nobody can leave, at first: where their differences count, and where levels do, too."""
PATIENCE = 6
"""Rounds in which the bounds have to come closer by a tenth, or a price that multipliers are at doubles."""
SHARE = 0.2
"""Of the distance of the bounds, below which paths are not followed further in this round."""
ROUNDS = 5_000


@dataclass(frozen=True, eq=False, repr=False)
class Bounds(Short):
    """The optimum is no less than `lower`, which a mechanism attains, and no more than `upper`; `lower` is
    -inf where time was up before there was one, and so are both where nothing is feasible. Rationals where
    they were proved (`exact.py`).

    closed: whether they are as close as was asked for. cuts, points: of every stage, what they come from.
    """

    lower: Any
    upper: Any
    rounds: int
    closed: bool
    cuts: tuple[Cuts, ...] = ()
    points: tuple[Points, ...] = ()

    @property
    def infeasible(self) -> bool:
        """Whether it was proved that no mechanism keeps to what is promised and demanded."""
        return bool(self.upper == -math.inf)

    @property
    def gap(self) -> float:
        """As a share of the upper one."""
        return float(self.upper - self.lower) / max(abs(float(self.upper)), math.ulp(0.0))


class Rounds:
    """All programs, cuts and points of a recursion."""

    def __init__(self, recursion: Recursion, pool: RentPool, exact: bool) -> None:
        """pool: to begin with; going_on is whether there was anything in it. exact: whether cuts will be
        proved over the rationals, from multipliers of cuts and of rents alone: then there are no edges."""
        self._stages = recursion.stages
        counts = [stage.values.shape[1] for stage in self._stages]
        self.going_on = pool.begin(recursion)
        self.cuts, self.points = pool.cuts, pool.points
        self.short, self._rate = False, recursion.discount
        self.price = PRICE if self._stages[-1].money.free else OF_LEVELS
        periods = len({stage.period for stage in self._stages})
        self._long = 1 / (1 - self._rate) if recursion.endless else float(periods)
        if not self.going_on:
            self._stay(recursion)
        self.edges = None if exact else Edges(self._stages, self._rate, recursion.size)
        self._above, self._below = [], []
        for stage, k in zip(self._stages, counts, strict=True):
            after = [branch.next for branch in stage.branches]
            cuts, points = [self.cuts[s] for s in after], [self.points[s] for s in after]
            edges = [] if self.edges is None else [self.edges.cuts[s] for s in after]
            self._above.append([Above(stage, own, cuts, self.price, edges) for own in range(k)])
            self._below.append([Below(stage, own, points, self.price) for own in range(k)])

    def _stay(self, recursion: Recursion) -> None:
        """The points of one action for ever, which every type may report alike: without them, those that
        cheap slack makes may leave no rents at all. Not of actions that leave less than is promised."""
        least = max((b.least for stage in self._stages[1:] for b in stage.branches), default=-math.inf)
        least -= float(DOUBLE.slack(recursion.size, ROUNDED))
        left = [(always.value - always.paid[:, None]).min(axis=1) for always in recursion.always]
        kept = [n for n in range(len(left[0])) if all(each[n] >= least for each in left)]
        for stage, points, always in zip(self._stages[1:], self.points[1:], recursion.always, strict=True):
            for number, n in enumerate(kept):
                action = always.action[n]
                lottery, rents = np.eye(len(stage.values))[action], always.value[n] - always.paid[n]
                for own in range(len(rents)):
                    parts = []
                    base = stage.flows(own)[action, own]
                    for branch in stage.branches:
                        there = recursion.always[branch.next - 1]
                        probable = np.flatnonzero(branch.moves[own] > 0)
                        ahead, count = there.value[n] - there.paid[n], len(branch.best)
                        taken = branch.group == stage.groups[action]
                        after = number * count + probable if taken else probable[:0]
                        parts.append(Promised(after, np.ones(len(after)), ahead))
                        base += taken * branch.discount * branch.moves[own] @ ahead
                    worth, gain = always.worth[n, own], rents - rents[own]
                    points.add(own, RentPoint(worth, gain, base, lottery, tuple(parts)))

    def visit(self, s: int, rents: Floats, types: Iterable[int]) -> Outlook | None:
        """A cut and a point for these types of stage s at these rents; what the last one's cut promises."""
        ahead: Outlook | None = None
        for own in types:
            bound, point = self._above[s][own].at(rents), self._below[s][own].at(rents)
            ahead = None if bound is None else bound[0]
            if bound is not None:
                self.cuts[s].add(own, bound[1])
            if self.edges is not None and (ahead is None or ahead.short):
                self.edges.visit(s, own, rents)
            if point is not None:
                self.points[s].add(own, point)
        return ahead

    def ends(self) -> tuple[float, float, Outlook | None]:
        """Lower and upper bound as things stand, and what the upper one promises in period 0."""
        ahead = self.visit(0, np.zeros(1), range(1))
        lower, upper = self.points[0].worth.max(initial=-math.inf), self.cuts[0].level.min(initial=math.inf)
        return float(lower), float(upper), ahead

    def path(
        self, start: Outlook, near: float, closed: float, between: bool
    ) -> list[tuple[int, Floats, list[int]]]:
        """Stages and rents there, all that come next, from those of period 0 on to where the bounds are
        furthest apart, as long as that is more than `near` in money of period 0; with each the types that are
        further apart than `closed`, all of them over all periods together. between: along the mean of the
        rents that both bounds promise, in place of those of the upper one."""
        bound: Outlook | None = start
        pool = self.points[0]
        point = pool.all[int(np.argmax(pool.worth))] if pool.all else None
        path: list[tuple[int, Floats, list[int]]] = []
        s, own, worth, short = 0, 0, 1.0, False
        while bound is not None and self._stages[s].branches:
            most, step = -math.inf, None
            for b, (branch, ahead) in enumerate(zip(self._stages[s].branches, bound.ahead, strict=True)):
                if ahead.weight <= FAINT:
                    continue
                rents, promised = ahead.rents, ahead.promised
                if between and point is not None and len(point.parts[b].after):
                    rents = (rents + point.parts[b].rents) / 2
                    promised = np.minimum(branch.best, self.cuts[branch.next].at(rents))
                chances = branch.discount * branch.moves[own]
                types = [int(m) for m in np.flatnonzero(chances == 0)]  # whom others can become
                for m in map(int, np.flatnonzero(chances)):
                    apart, seen = self._apart(branch.next, m, rents, float(promised[m]))
                    if apart > closed / self._long:
                        types.append(m)
                    elif seen is not None:
                        self.points[branch.next].add(m, seen)
                    if ahead.weight * chances[m] * apart > most:
                        most, step = ahead.weight * chances[m] * apart, (branch, m, rents, apart, seen)
                path.append((branch.next, rents, types))
            if step is None:
                break
            branch, own, rents, apart, point = step
            s, worth = branch.next, worth * (self._rate if s else 1.0)
            if worth * apart <= near:
                short = True  # at this price there may be nothing more to be gained
                break
            said = self._above[s][own].at(rents)
            bound = None if said is None else said[0]
            short |= bound is not None and bound.short
        self.short = short
        return path

    def _apart(self, s: int, own: int, rents: Floats, most: float) -> tuple[float, RentPoint | None]:
        below = self._below[s][own]
        point = below.at(rents)
        return most - (0.0 if point is None else below.worth_at(point, rents, self.price)), point

    def raise_price(self) -> None:
        """Let rents that nobody can leave cost twice as much."""
        self.price *= 2
        for sides in zip(chain(*self._above), chain(*self._below), strict=True):
            for side in sides:
                side.raise_price(self.price)


def bounds(
    recursion: Recursion, gap: float = GAP, effort: Effort = FLOATS, pool: RentPool | None = None
) -> Bounds:
    """Both bounds, in units of the question, until they are as close as `gap` says or the time is up.

    gap: 0 for as close as doubles bring them, so that what they come from is near a vertex, which `exact.py`
    makes right: bounds that are closed already go on as long as rounds bring them closer.
    pool: what an earlier run had, to go on from; it holds whatever is added, at every moment. Who is notified
    is told of every round.
    """
    effort, pool = effort.begun(), pool or RentPool()
    rounds, last = Rounds(recursion, pool, effort.exact), len(recursion.stages) - 1
    lower, upper, unit = -math.inf, recursion.first_best, float(recursion.unit)
    now = Bounds(unit * lower, unit * upper, 0, False, rounds.cuts, rounds.points)
    for s in range(0 if rounds.going_on else last, 0, -1):
        for rents in recursion.rents[s - 1]:
            if effort.late:
                return now
            rounds.visit(s, rents, range(len(rents)))
            pool.now_and_then()
    apart, since = math.inf, 0
    for count in range(ROUNDS):
        lower, high, start = rounds.ends()
        upper = min(recursion.first_best, high)
        now = replace(now, lower=unit * lower, upper=unit * upper, rounds=count)
        text = f"round {count}: {now.lower:.9g} to {now.upper:.9g}"
        effort.tell("round", text, round=count, lower=now.lower, upper=now.upper)
        enough = max(gap * abs(upper), float(DOUBLE.slack(recursion.size)))
        if upper - lower <= enough:
            now = replace(now, closed=True)
            if gap or upper - lower <= ROUNDED * recursion.size or count - since > PATIENCE:
                return now
            enough = ROUNDED * recursion.size
        if effort.late:
            return now
        if lower == -math.inf and rounds.edges is not None:
            rounds.edges.descend()
            if rounds.edges.none_at_all:
                return replace(now, upper=-math.inf)
        if start is None:
            continue
        if upper - lower <= 0.9 * apart:
            apart, since = upper - lower, count
        elif rounds.short and count - since > PATIENCE:
            rounds.raise_price()
            apart, since = upper - lower, count
        near = SHARE * (upper - lower) if lower > -math.inf else 0.0
        path = rounds.path(start, max(near, enough / 2), enough / 2, (count - since) % 2 == 0)
        for s, rents, types in reversed(path):
            if effort.late:
                return now
            rounds.visit(s, rents, types)
        pool.now_and_then()
    return now
