"""Plans by columns: a small program that mixes plans of first types, and multipliers that price new ones.

The program of `first_types.py` with mixtures of the plans known so far says what is had at least, and the
multipliers λ ≥ 0 of its rows are prices. With the best plan of every l at those prices,

    Σ_l max over plans of [π_l G − Σ_k λ_kl D_k]  ≥  the optimum   wherever
    Σ_l λ_ml − Σ_k λ_km  ≤  κ π_m  for every m,

which λ of the program does but for rounding; made smaller by what it is too large, it does surely. Where no
plan is better at those prices than the known ones the two meet; there are finitely many plans. Both bounds
are computed from plans and prices, and hold whatever the program's solver did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.arithmetic import DOUBLE
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Floats, Ints, Number, as_doubles, to_exact
from ...solvers.short import Short
from .bounds import GAP, Bounds
from .first_types import Beginnings
from .points import longest

ROUNDS = 2_000
NEAR = 1 - 1e-14
"""What rounding may make of a multiplier that is as large as allowed."""


@dataclass(frozen=True, eq=False, repr=False)
class FirstPlan(Short):
    """worth: G to the designer, of a report that is true; leaves: D (L,), to whoever lies. actions: what it
    does, in the order of whoever made it."""

    worth: Number
    leaves: Array
    actions: tuple[Ints, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class BestPlan(Short):
    """A plan, and what no plan of the same first type is worth more than at the prices."""

    plan: FirstPlan
    bound: Number


class Pricing(Protocol):
    """Knows all plans. lost: what doubles lose of a plan's worth, at most; of what it leaves, twice that."""

    first: Beginnings
    lost: float

    def priced(self, multipliers: Array) -> list[BestPlan]:
        """A good plan of every first type at these prices (L, L), by k and l."""

    def refine(self) -> bool:
        """Find plans, and what they do not exceed, more closely; False where that cannot be."""

    def start(self) -> list[FirstPlan]:
        """A plan of every first type, such that no way round of lies gains from them."""


class Mixtures:
    """The program over mixtures of plans. Columns: U (L,), then plans. Rows: lies, then one for every l.

    plans: all of them, with their first types; used: those of the last optimum.
    """

    def __init__(self, pricing: Pricing) -> None:
        self._first = first = pricing.first
        count = len(first.types)
        self.liar, self.told = np.nonzero(first.lies)
        self.plans: list[tuple[int, FirstPlan]] = []
        self.used: list[tuple[int, FirstPlan]] = []
        lies = len(self.liar)
        matrix = np.zeros((lies + count, count))
        matrix[np.arange(lies), self.liar], matrix[np.arange(lies), self.told] = 1.0, -1.0
        row_lower, row_upper = np.zeros(lies + count), np.full(lies + count, np.inf)
        row_lower[lies:] = row_upper[lies:] = 1.0
        self.chance = as_doubles(first.chance, "prior")
        self._kept = float(first.kept) * self.chance
        self._lost = pricing.lost * (1.0 + 2.0 * count * float(self._kept.sum()))  # U add up what plans leave
        nothing, endless = np.zeros(count), np.full(count, np.inf)
        self._program = Growing(matrix, self._kept, nothing, endless, row_lower, row_upper)

    def add(self, own: int, plan: FirstPlan) -> None:
        """One more plan of this first type."""
        self.plans.append((own, plan))
        leaves = as_doubles(plan.leaves, "plan")
        mine = np.flatnonzero(self.told == own)
        rows = np.append(mine, len(self.told) + own)
        entries = np.append(-leaves[self.liar[mine]], 1.0)
        cost = -self.chance[own] * float(plan.worth)
        self._program.add(np.array([cost]), rows[None], entries[None])

    def solve(self) -> tuple[float, Floats] | None:
        """What some mixture earns for sure, and prices (L, L) that the bound holds for; None where nothing is
        said."""
        optimum, count = self._program.solve(), len(self.chance)
        if optimum is None:
            return None
        own = np.array([one for one, _ in self.plans])
        share = np.maximum(optimum.primal[count:], 0.0)
        self.used = [self.plans[j] for j in np.flatnonzero(share)]
        share /= np.bincount(own, share, count)[own]
        worth = np.bincount(own, share * [float(plan.worth) for _, plan in self.plans], count)
        leaves = np.zeros((count, count))
        each = np.stack([as_doubles(plan.leaves, "plan") for _, plan in self.plans])
        np.add.at(leaves, own, share[:, None] * each)
        leaves[~self._first.lies.T] = -np.inf
        rents = longest(leaves, np.zeros(count))
        earned = -math.inf if rents is None else float(self.chance @ worth - self._kept @ rents) - self._lost
        prices = np.zeros((count, count))
        prices[self.liar, self.told] = np.maximum(optimum.dual[: len(self.liar)], 0.0)
        return earned, prices * self._allowed(prices)

    def value(self, own: int, plan: FirstPlan, prices: Floats) -> float:
        """What a plan of this first type is worth at these prices."""
        return float(self.chance[own] * float(plan.worth) - prices[:, own] @ as_doubles(plan.leaves, "plan"))

    def _allowed(self, prices: Floats) -> float:
        """A share of prices at which nobody's rent is worth more than it costs; judged over the rationals."""
        exact, kept = to_exact(prices), to_exact(self._kept)
        needed = exact.sum(axis=1) - exact.sum(axis=0)
        high = needed > kept
        if not high.any():
            return 1.0
        share = NEAR * float(min(kept[high] / needed[high]))
        exact = to_exact(prices * share)
        return share if (exact.sum(axis=1) - exact.sum(axis=0) <= kept).all() else 0.0


def by_plans(
    pricing: Pricing, effort: Effort = FLOATS, gap: float = GAP, mixtures: Mixtures | None = None
) -> Bounds:
    """Both bounds, in units of the question, as close as doubles bring them, or until the time is up; closed
    where that is as close as `gap` says. Who is notified is told of every round.

    mixtures: where the plans are put, none so far.
    """
    effort = effort.begun()
    first, mixtures = pricing.first, mixtures or Mixtures(pricing)
    for own, plan in enumerate(pricing.start()):
        mixtures.add(own, plan)
    lower, upper, unit, slack = -math.inf, math.inf, float(first.unit), DOUBLE.slack(first.size)
    count = 0
    while count < ROUNDS and not effort.late and (solved := mixtures.solve()) is not None:
        earned, prices = solved
        best = pricing.priced(prices)
        lower, upper = max(lower, earned), min(upper, math.fsum(float(one.bound) for one in best))
        text = f"round {count}: {unit * lower:.9g} to {unit * upper:.9g}"
        effort.tell("round", text, round=count, lower=unit * lower, upper=unit * upper)
        reached = math.fsum(mixtures.value(own, one.plan, prices) for own, one in enumerate(best))
        if upper - lower <= slack or (reached - earned <= slack / 2 and not pricing.refine()):
            break
        count += 1
        for own, one in enumerate(best):
            mixtures.add(own, one.plan)
    closed = math.isfinite(upper) and upper - lower <= max(gap * abs(upper), slack)
    return Bounds(unit * lower, unit * upper, count, closed)
