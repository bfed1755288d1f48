"""Random environments whose values separate (KLN, Property 4.1), that can be listed in another order.

Types are pairs of a first signal and a state; values are level times slope plus rest. Tables are kept apart
from environments, so that agents, actions and states can be listed anew and money counted in another unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

from .decisions import ZERO
from .draw import Draw

F = Fraction
Row = list[Fraction]
Profile = tuple[int, ...]


@dataclass(frozen=True)
class Bidder:
    """One agent. level, prior: by first signal. states: per period, their labels, one in period 0. slope,
    rest: per period, action, state. moves: per transition, action (one for all, or each), state, next."""

    name: str
    level: Row
    prior: Row
    states: list[list[str]]
    slope: list[list[Row]]
    rest: list[list[Row]]
    moves: list[list[list[Row]]]

    @property
    def virtual(self) -> Row:
        """φ = A − (1 − F) / f · (the step up)."""
        steps = [b - a for a, b in itertools.pairwise(self.level)] + [ZERO]
        above = [sum(self.prior[k + 1 :], ZERO) for k in range(len(self.prior))]
        return [a - up / f * h for a, up, f, h in zip(self.level, above, self.prior, steps, strict=True)]

    def listed(self, actions: Sequence[Sequence[int]], states: Sequence[Sequence[int]]) -> Bidder:
        """With actions and states of every period in these orders."""

        def table(rows: list[Row], t: int) -> list[Row]:
            return [[rows[a][y] for y in states[t]] for a in actions[t]]

        moves = []
        for t, several in enumerate(self.moves):
            chosen = several if len(several) == 1 else [several[a] for a in actions[t]]
            moves.append([[[rows[y][z] for z in states[t + 1]] for y in states[t]] for rows in chosen])
        return replace(
            self,
            states=[[self.states[t][y] for y in order] for t, order in enumerate(states)],
            slope=[table(rows, t) for t, rows in enumerate(self.slope)],
            rest=[table(rows, t) for t, rows in enumerate(self.rest)],
            moves=moves,
        )


@dataclass(frozen=True)
class Separable:
    """All agents; labels and costs of actions, per period. out: whether agents can be left out."""

    bidders: list[Bidder]
    actions: list[list[str]]
    costs: list[Row]
    discount: Fraction
    out: bool = False

    @property
    def periods(self) -> int:
        """T."""
        return len(self.actions)

    def environment(self) -> Any:
        """As the package has it."""
        import dynamech as dm

        agents = []
        for one in self.bidders:
            first = range(len(one.level))
            values = [
                [
                    [one.level[s] * c + b for s in first for c, b in zip(slopes, rests, strict=True)]
                    for slopes, rests in zip(one.slope[t], one.rest[t], strict=True)
                ]
                for t in range(self.periods)
            ]
            transitions = [
                [
                    [[p if z == s else ZERO for z in first for p in row] for s in first for row in rows]
                    for rows in several
                ]
                for several in one.moves
            ]
            names = [f"s{k}" for k in first]
            types = [names, *[[f"{s}|{y}" for s in names for y in states] for states in one.states[1:]]]
            agents.append(dm.Agent(one.name, types, one.prior, values, transitions))
        return dm.Environment(
            name="separable",
            agents=agents,
            actions=self.actions,
            costs=self.costs,
            discount=self.discount,
            horizon=self.periods,
            excludable=self.out,
        )

    def relisted(self, d: Draw) -> Separable:
        """Agents, actions and states in another order."""
        orders = [_shuffled(d, len(row)) for row in self.actions]
        bidders = [
            one.listed(orders, [_shuffled(d, len(row)) for row in one.states])
            for one in (self.bidders[i] for i in _shuffled(d, len(self.bidders)))
        ]
        actions = [[row[a] for a in order] for row, order in zip(self.actions, orders, strict=True)]
        costs = [[row[a] for a in order] for row, order in zip(self.costs, orders, strict=True)]
        return replace(self, bidders=bidders, actions=actions, costs=costs)

    def times(self, scale: Fraction) -> Separable:
        """All money in another unit."""

        def tables(several: list[list[Row]]) -> list[list[Row]]:
            return [[[scale * v for v in row] for row in rows] for rows in several]

        bidders = [replace(one, slope=tables(one.slope), rest=tables(one.rest)) for one in self.bidders]
        return replace(self, bidders=bidders, costs=[[scale * c for c in row] for row in self.costs])

    def best(self, weights: Sequence[Fraction | None]) -> Fraction:
        """The most of Σ (weight · slope + rest) less costs, those without a weight left out."""

        @cache
        def ahead(t: int, at: Profile) -> Fraction:
            several = []
            for a, cost in enumerate(self.costs[t]):
                worth = -cost
                for i, (one, weight) in enumerate(zip(self.bidders, weights, strict=True)):
                    if weight is not None:
                        worth += weight * one.slope[t][a][at[i]] + one.rest[t][a][at[i]]
                if t + 1 < self.periods:
                    rows = [one.moves[t][a if len(one.moves[t]) > 1 else 0] for one in self.bidders]
                    laws = [rows[i][at[i]] for i in range(len(at))]
                    for then in itertools.product(*(range(len(law)) for law in laws)):
                        chance = F(1)
                        for law, y in zip(laws, then, strict=True):
                            chance *= law[y]
                        if chance:
                            worth += self.discount * chance * ahead(t + 1, then)
                several.append(worth)
            return max(several)

        return ahead(0, (0,) * len(self.bidders))

    def expected(self, levels: Sequence[Row]) -> Fraction:
        """The mean over first signals of what is best at these levels."""
        mean = ZERO
        for profile in itertools.product(*(range(len(row)) for row in levels)):
            chance = F(1)
            for one, k in zip(self.bidders, profile, strict=True):
                chance *= one.prior[k]
            mean += chance * self.best([row[k] for row, k in zip(levels, profile, strict=True)])
        return mean


def _shuffled(d: Draw, count: int) -> list[int]:
    order = list(range(count))
    d.random.shuffle(order)
    return order


def separable(d: Draw, agents: Sequence[int] = (1, 1, 2, 2), single: bool = False) -> Separable:
    """One of them; single: one good, sold in any period after the first, or never, and nothing else."""
    pick = d.random.choice
    n = pick(list(agents))
    periods = pick([2, 2, 3]) if n < 3 else 2
    small = n > 1 and periods > 2
    counts = [1] + [pick([1, 2]) if small else pick([1, 2, 3]) for _ in range(periods - 1)]
    opening = 1 if single else pick([1, 1, 2])
    choices = [opening] + [n + 1 if single else pick([2, 2, 3]) for _ in range(periods - 1)]
    controlled, odds = pick([False, True]), pick(["full", "full", "zeros"])
    bidders = []
    for i in range(n):
        firsts = pick([1, 2, 2]) if small or n > 2 else pick([1, 2, 2, 3])
        kind = pick(["usual", "usual", "usual", "zero", "negative", "any"])
        low = {"usual": 1, "zero": 0, "negative": -4, "any": -2}[kind]
        level = [F(k) for k in sorted(d.random.sample(range(low, 10), firsts))]
        if kind == "zero":
            level[0] = ZERO
        if kind == "any":
            d.random.shuffle(level)
        additive = pick([False, False, True])
        slope, rest = [], []
        for t in range(periods):
            rows = []
            for a in range(choices[t]):
                idle = (a == 0 and pick([True, True, False])) or (single and (t == 0 or a != i + 1))
                of = [ZERO] if idle else [F(k) for k in (0, 1, 1, 2, 3, 4)]
                rows.append([pick(of) for _ in range(counts[t])])
            if additive:
                rest.append(rows)
                c = [F(pick([0, 1, 1, 2])) if any(row) else ZERO for row in rows]
                slope.append([[x] * counts[t] for x in c])
            else:
                slope.append(rows)
                rest.append([[ZERO] * counts[t] for _ in rows])
        moves = []
        for t in range(periods - 1):
            width = choices[t] if controlled and not single else 1
            laws = d.rows(width, counts[t], counts[t + 1], kind=odds)
            moves.append([[list(row) for row in rows] for rows in laws])
        prior = list(d.rows(1, firsts, kind="full")[0])
        states = [[f"y{y}" for y in range(count)] for count in counts]
        bidders.append(Bidder(f"b{i}", level, prior, states, slope, rest, moves))
    costs = [[F(pick([0, 0, 1, 2, 5, -1])) if a else ZERO for a in range(count)] for count in choices]
    actions = [[f"do {a}" for a in range(count)] for count in choices]
    return Separable(bidders, actions, costs, pick([F(1), F(9, 10), F(1, 2)]))
