"""Static auctions as linear programs over interim allocations and utilities.

The columns are x_i(θ_j), the probability that type j of buyer i wins, and u_i(θ_j) ≥ 0, what she is left.
Truth is best for every type of every buyer exactly where it is among neighbours,

    (θ_{j+1} − θ_j) x_i(θ_j)  ≤  u_i(θ_{j+1}) − u_i(θ_j)  ≤  (θ_{j+1} − θ_j) x_i(θ_{j+1}),

and her payment is θ_j x_i(θ_j) − u_i(θ_j). Two objectives: expected revenue, and money burning under caps,
Σ_i min(b_i, E u_i) with payments that are not negative (MPTZ, supplement, Theorem E.2). Two ways to say that
the interim allocation is that of an auction: by its allocation at every profile (`profiles`, small markets
only), or by Border's inequalities, added as they are broken, so that no profile is ever enumerated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import product
from operator import mul
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, DOUBLE, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number, is_exact, total
from ...solvers.options import Tolerances
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from .border import upper_sets
from .highest_score import HighestScore
from .market import Market

MAX_PROFILES = 20_000
"""Most profiles of types that `profiles` enumerates."""
SEPARATION = 1e-8
"""A float interim allocation that breaks Border's inequality by no more than this is taken as feasible."""
GAP = 1e-8
"""The best float auction known is taken where it is this close to the bound (relative to it, or to 1)."""


@dataclass(frozen=True, eq=False, repr=False)
class InterimAuction(Short):
    """An auction by what each type gets: per buyer allocation, utility (K_i,); cuts: how many were needed."""

    value: Number
    allocation: tuple[Array, ...]
    utilities: tuple[Array, ...]
    solution: Solution
    cuts: int


@dataclass(eq=False, repr=False)
class ReducedForm(Short):
    """The program of a market. caps: per buyer, for money burning; None: expected revenue.

    sets: to begin with; those that bind at the optimum of revenue are `level_sets` of ironed virtual values.
    """

    market: Market
    caps: Sequence[Number] | None = None
    sets: list[Bools] = field(default_factory=list)
    """Sets of types, each (M,) over all buyers' types in one line, whose inequalities are in the program."""

    def solve(self, effort: Effort = FLOATS) -> InterimAuction:
        """The optimum, by cutting planes; by an exact effort over the rationals, with a proof by the solver.

        Sets are looked for at the program's optimum and half-way from there to the best auction known, where
        they cut deeper (Ben-Ameur & Neto 2007). The search ends when the program's optimum breaks no set, or
        when an auction is worth as much: the best known in floats, or that which the duals stand for.
        """
        known = np.zeros(2 * sum(buyer.size for buyer in self.market.buyers))  # no sale, no payment
        while True:
            solution, point, value = self._optimum(replace(effort, exact=False))
            auction = self._auction(solution)
            if not self._cut(point):
                break
            if auction is not None and value - float(self._worth(auction)) <= GAP * abs(value):
                point = auction
                break
            middle = (point + known) / 2
            if self._cut(middle, again=True):
                continue
            known = middle
            if not effort.exact and value - float(self._worth(known)) <= GAP * abs(value):
                point = known
                break
        while effort.exact:
            solution, point, value = self._optimum(effort)
            auction = self._auction(solution)
            if auction is not None and self._worth(auction) == value:
                point = auction
                break
            if not self._cut(point):
                break
        x, u = (tuple(np.split(part, self._cuts)) for part in np.split(point, 2))
        return InterimAuction(value, x, u, solution, len(self.sets))

    def _optimum(self, effort: Effort) -> tuple[Solution, Array, Any]:
        """The program's solution, its (x, u) in one line, its value."""
        solution = solve(
            self.program(exact=effort.exact), effort.solver, exact=effort.exact, time_limit=effort.left,
            tolerances=Tolerances(primal=COMPUTED, dual=COMPUTED),
        ).require_optimal()  # fmt: skip
        return solution, solution.point[: 2 * sum(b.size for b in self.market.buyers)], solution.optimum

    def _auction(self, solution: Solution) -> Array | None:
        """The auction that the duals of the sets stand for, as (x, u) in one line; for revenue only.

        What the sets that hold a type cost together is her score, as an ironed virtual value is: where the
        highest one wins, every set with a dual is used up. None where scores decrease.
        """
        if self.caps is not None:
            return None
        exact = is_exact(solution.point)
        market = self._market(exact)
        duals = [solution.duals[f"alone {i}"][0] for i in range(len(market.buyers))]
        scores = np.repeat(np.array(duals), [b.size for b in market.buyers])
        if self.sets:
            scores = scores + solution.duals["border"] @ np.stack(self.sets).astype(np.int64)
        if not exact:
            scores = DOUBLE.rounded(scores, scores)
        parts = np.split(scores, self._cuts)
        if any((part[1:] < part[:-1]).any() for part in parts):
            return None
        auction = HighestScore(market, tuple(parts), tuple(part > 0 for part in parts))
        return np.concatenate([*auction.allocation, *auction.utilities])

    def _market(self, exact: bool) -> Market:
        return self.market if exact == self.market.exact else self.market.converted(exact)

    def _cut(self, point: Array, again: bool = False) -> bool:
        """Add the sets on which x of a point (x, u) breaks Border's condition; whether there are new ones.

        Of those that follow each other the worst: all of them would make a dense program. again: whether sets
        that are there already count too.
        """
        exact = is_exact(point)
        sets = upper_sets(self._market(exact), np.split(point[: point.size // 2], self._cuts))
        excess = sets.excess
        padded = np.concatenate([excess[:1] - 1, excess, excess[-1:] - 1])
        peaks = (excess > (0 if exact else SEPARATION)) & (excess >= padded[:-2]) & (excess > padded[2:])
        broken = sets.members[peaks]
        held = {row.tobytes() for row in self.sets}
        new = [row for row in broken if row.tobytes() not in held]
        self.sets += new
        return bool(len(broken) if again else new)

    @property
    def _cuts(self) -> Ints:
        """Where one buyer's types end and the next one's begin."""
        return np.cumsum([buyer.size for buyer in self.market.buyers])[:-1]

    def _worth(self, point: Array) -> Number:
        """The objective of a point (x, u)."""
        x, u = np.split(point, 2)
        buyers = self._market(is_exact(point)).buyers
        weights = np.concatenate([buyer.probabilities for buyer in buyers])
        worth: Number
        if self.caps is None:
            worth = (weights * (np.concatenate([b.values for b in buyers]) * x - u)).sum()
        else:
            left = [part.sum() for part in np.split(weights * u, self._cuts)]
            worth = total(min(float(cap), one) for cap, one in zip(self.caps, left, strict=True))
        return worth

    def program(self, *, exact: bool = False) -> Program:
        """The program with the inequalities found so far; a relaxation until all that matter are there."""
        builder = self._interim(exact)
        buyers = self.market.buyers
        weights = np.concatenate([buyer.probabilities for buyer in buyers])
        owner = np.repeat(np.arange(len(buyers)), [buyer.size for buyer in buyers])
        if self.sets:
            members = np.stack(self.sets)
            rows = builder.rows("border", len(self.sets), upper=self._most(members))
            at, types = np.nonzero(members)
            builder.entries(rows.start + at, types, weights[types])
        for i in range(len(buyers)):
            # A buyer alone wins no more often than she is there: bounds x ≤ 1 and this row.
            own = np.flatnonzero(owner == i)
            builder.entries(builder.rows(f"alone {i}", 1, upper=1).index, own, weights[own])
        return builder.build()

    def _most(self, members: Bools) -> Array:
        parts = zip(self.market.buyers, np.split(members, self._cuts, axis=1), strict=True)
        absent = (1 - (own * buyer.probabilities).sum(axis=1) for buyer, own in parts)
        most: Array = 1 - reduce(mul, absent)
        return most

    def profiles(self, *, exact: bool = False) -> Program:
        """The direct program: the allocation at every profile of types. Raises `TooLarge`."""
        market = self.market
        sizes = [buyer.size for buyer in market.buyers]
        count = int(np.prod([float(k) for k in sizes]))
        if count > MAX_PROFILES:
            raise TooLarge(
                f"{count} profiles of types, more than {MAX_PROFILES}; Border's inequalities need none"
            )
        builder = self._interim(exact)
        digits = np.array(list(product(*map(range, sizes))))
        sold = builder.columns("sold", (count, len(sizes)), upper=1)
        once = builder.rows("one good", count, upper=1)
        for i in range(len(sizes)):
            builder.entries(once.index, sold.start + np.arange(count) * len(sizes) + i, 1)
        start = 0
        for i, buyer in enumerate(market.buyers):
            rows = builder.rows(f"interim {i}", buyer.size, lower=0, upper=0)
            builder.entries(rows.index, start + np.arange(buyer.size), -1)
            others = arithmetic(market.exact).ones(count)
            for k, other in enumerate(market.buyers):
                if k != i:
                    others = others * other.probabilities[digits[:, k]]
            builder.entries(rows.start + digits[:, i], sold.start + np.arange(count) * len(sizes) + i, others)
            start += buyer.size
        return builder.build()

    def _interim(self, exact: bool) -> Builder:
        """Columns, incentives and the objective; the interim allocation is free."""
        buyers = self.market.buyers
        kind = "revenue" if self.caps is None else "money burning"
        builder = Builder(sense="max", exact=exact, name=f"{self.market.instance}, {kind} by reduced forms")
        values = np.concatenate([buyer.values for buyer in buyers])
        weights = np.concatenate([buyer.probabilities for buyer in buyers])
        owner = np.repeat(np.arange(len(buyers)), [buyer.size for buyer in buyers])
        revenue = self.caps is None
        x = builder.columns("wins", values.size, upper=1, objective=weights * values if revenue else 0)
        u = builder.columns("utility", values.size, objective=-weights if revenue else 0)
        below = np.flatnonzero(owner[1:] == owner[:-1])
        steps = (values[1:] - values[:-1])[below]
        down = builder.rows("no type says a lower one", below.size, lower=0)
        up = builder.rows("no type says a higher one", below.size, upper=0)
        for rows, served in ((down, below), (up, below + 1)):
            builder.entries(rows.index, u.start + below + 1, 1)
            builder.entries(rows.index, u.start + below, -1)
            builder.entries(rows.index, x.start + served, -steps)
        if self.caps is not None:
            caps = arithmetic(exact).zeros(len(buyers))
            caps[:] = list(self.caps)
            counted = builder.columns("counted", len(buyers), upper=caps, objective=1)
            rows = builder.rows("no more than she has", len(buyers), upper=0)
            builder.entries(rows.index, counted.index, 1)
            builder.entries(rows.start + owner, u.index, -weights)
            paid = builder.rows("payments", values.size, lower=0)
            builder.entries(paid.index, x.index, values)
            builder.entries(paid.index, u.index, -1)
        return builder


def level_sets(scores: Sequence[Array]) -> list[Bools]:
    """The sets of types, each (M,), with at least a given score, for every positive score that there is."""
    flat = np.concatenate(list(scores))
    return [flat >= level for level in np.unique(flat[flat > 0])]
