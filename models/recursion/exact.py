"""Both bounds over the rationals: what doubles ended with, made right and valued again from the end.

*Simple numbers.* Multipliers and shares of cuts, lotteries and shares of points are taken at the simplest
rational nearby, and corrected to sums that are exact; a vertex of small numbers comes out as it is. Any such
multipliers make a cut and any such shares a point, so that both bounds are proved by the formulas of
`cuts.py` and `points.py`, whatever doubles lost; where they are equal, they are the optimum.

*Types that numbers no longer tell apart.* Rents U' are longest paths, and where shares are off by a little a
way round may gain. Then one of its reports is offered no more, the one without which least is lost, and its
type takes what is best for her among the others, at rents that leave her, too, what her payments are bounded
by. So a point is worth something to every true type.

Only what cuts and points of the stage before period 0 are made of is looked at that doubles do not tell from
the best one: some of them are vertices where the best is none. And only where periods end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, DOUBLE, RATIONAL
from ...solvers.numbers import Array, Bools, Floats, Ints, to_exact
from ...solvers.rational import simplest
from ...solvers.short import Short
from .composition import reached
from .cuts import Cuts, RentCut
from .points import Points, Promised, RentPoint
from .stages import Branch, Recursion, RentStage

NEAR = Fraction(1, 10**9), Fraction(1, 10**11), Fraction(1, 10**13)
"""What numbers may be moved by to be simple ones: all are tried, and the best kept."""
FEW = 8
"""Cuts and points before period 0 that are looked at."""
LONG = 400
"""Bits of a denominator from which on a level is rounded up, to `SHORT` of them."""
SHORT = 120
ZERO: Any = RATIONAL.zero


@dataclass(frozen=True, eq=False, repr=False)
class Proved(Short):
    """lower, upper: of the optimum, in units of the stages, which are over the rationals. points: of every
    stage, of which those that are reached from number `root` of stage 0 are rational as well: it attains the
    lower one."""

    lower: Fraction
    upper: Fraction
    stages: tuple[RentStage, ...]
    points: tuple[Points, ...]
    root: int


def proved(recursion: Recursion, cuts: Sequence[Cuts], points: Sequence[Points]) -> Proved | None:
    """What cuts and points of the same recursion in doubles come to; None where it has none of them.

    recursion: over the rationals, of a finite horizon.
    """
    if not len(cuts[0].level) or not len(points[0].worth):
        return None
    stages = recursion.stages
    within = float(DOUBLE.slack(recursion.size))
    last = _best(-cuts[0].level, within)
    upper = min(_Cutting(stages, cuts, last, near).level for near in NEAR)
    last = _best(points[0].worth, within)
    best = max((_Pointing(stages, points, last, near) for near in NEAR), key=lambda one: one.value)
    return Proved(best.value, upper, stages, best.points, best.root)


def _best(worth: Floats, within: float) -> list[int]:
    """Numbers of those that doubles do not tell from the best, the best first."""
    order = np.argsort(-worth, kind="stable")[:FEW]
    return list(map(int, order[worth[order] >= worth.max() - within]))


def alike(ours: Recursion, theirs: Recursion) -> bool:
    """Whether two recursions have the same stages, actions and branches, whatever their numbers."""

    def plan(one: Recursion) -> list[object]:
        return [
            (s.public, s.actions.tolist(), s.groups.tolist(), [(b.group, b.next) for b in s.branches])
            for s in one.stages
        ]

    return plan(ours) == plan(theirs)


def simple(values: Floats, near: Fraction) -> Array:
    """The simplest rationals within `near`."""
    exact: Array = to_exact(np.array(values, dtype=np.float64))
    flat = exact.reshape(-1)
    flat[:] = [simplest(v - near, v + near) for v in flat]
    return exact


def filled(shares: Floats, which: Ints, sums: Array, near: Fraction) -> Array:
    """Simple rationals near shares (n,) of kinds `which`, those of a kind with no more than this sum (K,),
    and exactly so where that is as near: the largest makes up for what the others leave."""
    exact: Array = np.maximum(simple(shares, near), ZERO)
    for kind in np.unique(which):
        mine = np.flatnonzero(which == kind)
        total, largest = exact[mine].sum(), mine[int(np.argmax(exact[mine]))]
        left = sums[kind] - total
        if abs(left) <= COMPUTED * sums[kind]:
            exact[largest] += left
        elif left < 0:
            exact[mine] *= sums[kind] / total
    return exact


class _Cutting:
    """The least level that these cuts before period 0 come to, from those that they are made of."""

    def __init__(
        self, stages: Sequence[RentStage], cuts: Sequence[Cuts], last: Sequence[int], near: Fraction
    ) -> None:
        self._stages, self._cuts, self._near = stages, cuts, near
        self._levels: list[dict[int, Any]] = [{} for _ in stages]
        self._slopes: list[dict[int, Array]] = [{} for _ in stages]
        for s, numbers in reversed(list(enumerate(reached(stages, cuts, last)))):
            for j in numbers.tolist():
                level, self._slopes[s][j] = self._cut(s, int(cuts[s].type[j]), cuts[s].all[j])
                if level.denominator.bit_length() > LONG:
                    level = Fraction(math.ceil(level * 2**SHORT), 2**SHORT)
                self._levels[s][j] = level
        self.level = min(self._levels[0].values())

    def _cut(self, s: int, own: int, cut: RentCut) -> tuple[Any, Array]:
        """Level and slope (K,)."""
        stage, others = self._stages[s], np.arange(len(cut.slope)) != own
        slope = simple(cut.slope, self._near)
        slope[others] = np.maximum(slope[others], ZERO)
        paid = stage.money.high if slope.sum() > 0 else stage.money.low
        if math.isinf(paid):
            slope[own] -= slope.sum()
            paid = ZERO
        beyond = RATIONAL.zeros(int(stage.groups.max()) + 1)
        for branch, part in zip(stage.branches, cut.parts, strict=True):
            levels, slopes = self._levels[branch.next], self._slopes[branch.next]
            which, chance = self._cuts[branch.next].type[part.after], branch.discount * branch.moves[own]
            share, left = filled(part.share, which, chance, self._near), chance.copy()
            ahead = branch.weight - branch.discount * (slope @ branch.moves)
            for nu, m, j in zip(share, which, part.after.tolist(), strict=True):
                ahead, left[m] = ahead + nu * slopes[j], left[m] - nu
                beyond[branch.group] += nu * levels[j]
            beyond[branch.group] += left @ branch.best
            beyond[branch.group] += np.maximum(ahead * branch.low[own], ahead * branch.high[own]).sum()
        terms = stage.gains[:, own] - stage.flows(own) @ slope + beyond[stage.groups]
        return terms.max() + slope.sum() * paid, slope


class _Pointing:
    """The most that these points before period 0 come to, with all that they are made of."""

    def __init__(
        self, stages: Sequence[RentStage], points: Sequence[Points], last: Sequence[int], near: Fraction
    ) -> None:
        self._stages, self._near = stages, near
        self.points = tuple(_alike(pool) for pool in points)
        self._worth: list[dict[int, Array]] = [{} for _ in stages]
        self._base: list[dict[int, Array]] = [{} for _ in stages]
        for s, numbers in reversed(list(enumerate(reached(stages, points, last)))):
            for j in numbers.tolist():
                self.points[s].all[j], self._worth[s][j], self._base[s][j] = self._point(
                    s, int(points[s].type[j]), points[s].all[j]
                )
        self.root = max(last, key=lambda j: self._worth[0][j][0])
        self.value = self._worth[0][self.root][0]

    def _point(self, s: int, own: int, point: RentPoint) -> tuple[RentPoint, Array, Array]:
        """The point, and by true type what it is worth (K,) and what she gets beside payments (K,)."""
        stage, one = self._stages[s], np.zeros(len(point.lottery), dtype=np.int64)
        lottery = filled(point.lottery, one, RATIONAL.ones(1), self._near)
        worth, leaves = lottery @ stage.gains, lottery @ stage.values
        base, parts = RATIONAL.zeros(len(leaves)) if stage.money.charged else leaves, []
        for branch, part in zip(stage.branches, point.parts, strict=True):
            weight = lottery[stage.groups == branch.group].sum()
            if weight == 0:
                none = np.zeros(0, dtype=np.int64)
                parts.append(Promised(none, RATIONAL.zeros(0), RATIONAL.zeros(len(branch.best))))
                continue
            there, ahead = self._promised(branch, own, part)
            moved = weight * branch.discount * branch.moves
            worth = worth + moved @ ahead + weight * (branch.weight @ there.rents)
            leaves, base = leaves + moved @ there.rents, base + moved @ there.rents
            parts.append(there)
        kept = RentPoint(worth[own], leaves - leaves[own], base[own], lottery, tuple(parts))
        return kept, worth, base

    def _promised(self, branch: Branch, own: int, part: Promised) -> tuple[Promised, Array]:
        """What comes of one branch, and what it is worth by the type that comes (K',)."""
        k, pool, worth = len(branch.best), self.points[branch.next], self._worth[branch.next]
        bases = self._base[branch.next]
        which, likely = pool.type[part.after], np.asarray(branch.moves[own] > 0, dtype=bool)
        share = filled(part.share, which, RATIONAL.ones(k), self._near)
        lies, wide, base = (RATIONAL.zeros((k, k)) for _ in range(3))
        for tau, m, j in zip(share, which, part.after.tolist(), strict=True):
            lies[m], wide[m] = lies[m] + tau * pool.all[j].gain, wide[m] + tau * worth[j]
            base[m] += tau * bases[j]
        offered = np.isin(np.arange(k), which)
        floor = RATIONAL.full(k, -math.inf)
        if math.isfinite(branch.least):
            floor[likely] = Fraction(branch.least)
        if math.isfinite(high := self._stages[branch.next].money.high):
            floor[offered] = np.maximum(floor[offered], base.diagonal()[offered] - high)
        start = np.maximum(self._tight(part.rents, lies, offered, floor), floor)
        rents, around = longest(lies, start, offered)
        while len(around):
            instead = wide[np.roll(around, 1), around]
            lost = branch.moves[own, around] * (wide[around, around] - instead)
            offered[around[int(np.argmin(lost))]] = False
            rents, around = longest(lies, start, offered)
        chosen = np.flatnonzero(offered)
        utility = rents[chosen, None] + lies[chosen]
        report = np.where(offered, np.arange(k), chosen[utility.argmax(axis=0)])
        rents = np.where(offered, rents, utility.max(axis=0))
        if math.isfinite(high):
            floor[likely] = np.maximum(floor, base[report, np.arange(k)] - high)[likely]
        rents = rents + max((floor - rents)[likely].max(), ZERO)
        used = offered[which]
        return Promised(part.after[used], share[used], rents), wide[report, np.arange(k)]

    def _tight(self, rents: Floats, lies: Array, offered: Bools, floor: Array) -> Array:
        """Rents (K,) that are what doubles say: at their floor or simple, and as far from each other as a lie
        is worth where that is what doubles say."""
        exact, slack = simple(rents, self._near), COMPUTED * (1.0 + abs(rents))
        known = np.asarray(abs(rents - floor.astype(np.float64)) <= slack, dtype=bool)
        exact[known] = floor[known]
        bind = (abs(rents - rents[:, None] - lies.astype(np.float64)) <= slack) & offered[:, None]
        front = np.flatnonzero(known).tolist()
        for first in range(len(rents)):
            if not known[first] and not front:
                known[first] = True
                front = [first]
            while front:
                m = front.pop()
                for k in np.flatnonzero(~known & (bind[m] | bind[:, m])).tolist():
                    exact[k] = exact[m] + lies[m, k] if bind[m, k] else exact[m] - lies[k, m]
                    known[k] = True
                    front.append(k)
        return exact


def _alike(pool: Points) -> Points:
    """Points of the same types, all to be made rational."""
    same = Points(pool.gain.shape[1], pool.money)
    same.type, same.all = pool.type, list(pool.all)
    return same


def longest(lies: Array, start: Array, offered: Bools) -> tuple[Array, Ints]:
    """Rents (K,) no less than those to start from with U_k − U_m ≥ lies[m, k] for all that is offered; and
    where a way round gains, the reports along it, each after the one that its type would rather make."""
    rents, last, chosen = start.copy(), np.full(len(start), -1), np.flatnonzero(offered).tolist()
    changed = -1
    for _ in range(len(chosen) + 1):
        changed = -1
        for m in chosen:
            for k in chosen:
                if rents[m] + lies[m, k] > rents[k]:
                    rents[k], last[k], changed = rents[m] + lies[m, k], m, k
        if changed < 0:
            return rents, np.zeros(0, dtype=np.int64)
    for _ in chosen:
        changed = int(last[changed])
    around = [changed]
    while (back := int(last[around[-1]])) != changed:
        around.append(back)
    return rents, np.array(around[::-1])
