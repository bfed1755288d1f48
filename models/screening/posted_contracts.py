"""Prices and fees for one buyer whose values separate (KLN, Fig. 3), for finitely many first signals.

Contract k is meant for first signal k, whose *virtual plan* is best at her virtual weight φ_k. KLN's prices

    p_t(a) = (c_t(a) − β_t(a)) / α        (α = φ_k / A_k, β = 0;  or α = 1, β = −h_k C_t(a))

make her want that plan herself: what she has is 1/α of the virtual surplus. Its fee leaves her U_k of what
she can have at these prices, W^k(k); whose p* = V_k − U_k is not positive gets no contract (24).

The theorem is one of densities. With finitely many first signals the next type up may want more than k at
k's prices, and then prefers k's contract to her own. So there are two choices of each part:

- prices: KLN's, or *raised* as far as k still wants her plan: α replaced by a (h by μ) of rule (C), in
  `steady_weights.py`, with Φ from period 0 on. With one period of trade and multiplicative values the item
  then costs the least value at which it is sold to k or a type below her;
- fees: *lower sums* U_k = Σ_{l<k} (A_{l+1} − A_l) Q_l, which earn the bound of Corollary 4.1, or *cascading*:
  what the best contract for a type below leaves her;
- and of several virtual plans the one that gives her most, or least.

All are tried in this order until one earns the bound; else that which earns most is returned. Types choose
for themselves: whatever is earned is earned.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.algorithms.mdp import OptimalPolicy
from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from .menu_choices import Choices, Offer, OneBuyer, Policy, Prices
from .setting import Setting
from .steady_weights import charge, touching


@dataclass(frozen=True, eq=False, repr=False)
class Candidate(Short):
    """A menu and what comes of it. meant: (K,) by first type the place of the offer that is meant for her, -1
    for none. raised, cascading: how prices and fees were found."""

    raised: bool
    cascading: bool
    offers: tuple[Offer, ...]
    meant: Ints
    choices: Choices
    profit: Number


@dataclass(frozen=True, eq=False, repr=False)
class Plans(Short):
    """The virtual plan of every first signal that counts. generous: of several that which gives her most.

    policies: by first signal, per period (Y,). slope: Q, what slopes add up to. value: V.
    """

    setting: Setting
    generous: bool

    @cached_property
    def policies(self) -> dict[int, Policy]:
        """By first signal, of those that count."""
        affine, levels = self.setting.affine, self.setting.levels[0]
        sign = 1 if self.generous else -1
        flows = [sign * table for table in affine.slopes[0]]
        return {
            k: replace(
                affine.costs_alone, rewards=tuple(flows), allowed=affine.welfare((levels.virtual[k],)).tied
            ).best.policy
            for k, counts in enumerate(levels.counts)
            if counts
        }

    @cached_property
    def slope(self) -> dict[int, Number]:
        """Q."""
        return {k: self._total(policy, self.setting.affine.slopes[0]) for k, policy in self.policies.items()}

    @cached_property
    def value(self) -> dict[int, Number]:
        """V = A Q and what rests add up to."""
        level, affine = self.setting.levels[0].level, self.setting.affine
        return {
            k: level[k] * self.slope[k] + self._total(policy, affine.rests[0])
            for k, policy in self.policies.items()
        }

    def _total(self, policy: Policy, tables: Sequence[Array]) -> Number:
        total: Number = self.setting.affine.total(policy, tables)[0][0]
        return total

    @cached_property
    def sums(self) -> list[Number]:
        """U by lower sums."""
        level = self.setting.levels[0].level
        steps = [(level[k + 1] - level[k]) * self.slope.get(k, 0) for k in range(len(level) - 1)]
        return list(itertools.accumulate(steps, initial=0 * level[0]))

    def prices(self, k: int, raised: bool) -> Prices | None:
        """Of the contract for k; None where there is no price at which she is served."""
        levels = self.setting.levels[0]
        scale, shift = levels.alpha[k], levels.shift[k]
        if raised:
            least = charge(self.setting, 0, k, [(low, u) for low, u in self.lowest.items() if low <= k])
            if least is None:
                return None
            scale, shift = least.scale, least.shift
        slopes = self.setting.values[0].slope
        costs = self.setting.environment.costs
        return tuple((cost - shift * c[:, 0]) / scale for cost, c in zip(costs, slopes, strict=True))

    @cached_property
    def lowest(self) -> dict[int, Number | None]:
        """u: the lowest weight at which the plan is still best, None where it gives her nothing."""
        return {k: self._lowest(k) for k in self.policies}

    def _lowest(self, k: int) -> Number | None:
        affine, levels = self.setting.affine, self.setting.levels[0]
        slope, virtual = self.slope[k], levels.virtual[k]
        if slope <= 0:
            return None
        base = affine.welfare((virtual,)).values[0][0] - slope * virtual

        def line(plan: OptimalPolicy) -> tuple[Number, Number]:
            return plan.values[0][0], self._total(plan.policy, affine.slopes[0])

        weight: Number = 0 * virtual
        if levels.form == "additive":
            value, steep = line(affine.least((virtual,), 0))
            if steep >= slope:
                return -np.inf
            weight = (value - base) / (slope - steep)
        return touching(lambda at: line(affine.welfare((at,))), base, slope, weight)


def candidates(setting: Setting, buyer: OneBuyer) -> Iterator[Candidate]:
    """All menus, in the order in which they are tried."""
    generous, sparing = Plans(setting, True), Plans(setting, False)
    alike = all(
        (one == other).all()
        for k, plan in generous.policies.items()
        for one, other in zip(plan, sparing.policies[k], strict=True)
    )
    for plans in (generous,) if alike else (generous, sparing):
        priced: dict[bool, dict[int, tuple[Prices, OptimalPolicy]]] = {}
        for cascading, raised in itertools.product((False, True), (False, True)):
            if raised not in priced:
                priced[raised] = _priced(plans, buyer, raised)
            yield _candidate(plans, buyer, priced[raised], raised, cascading)


def _priced(plans: Plans, buyer: OneBuyer, raised: bool) -> dict[int, tuple[Prices, OptimalPolicy]]:
    """By first signal the prices, and what is best at them for all types."""
    offered = {k: plans.prices(k, raised) for k in plans.policies}
    return {k: (prices, buyer.best(prices)) for k, prices in offered.items() if prices is not None}


def _candidate(
    plans: Plans,
    buyer: OneBuyer,
    priced: dict[int, tuple[Prices, OptimalPolicy]],
    raised: bool,
    cascading: bool,
) -> Candidate:
    numbers = arithmetic(buyer.environment.exact)
    first = len(plans.setting.levels[0].level)
    meant: Ints = np.full(first, -1)
    terms: list[tuple[Number, Prices, OptimalPolicy]] = []
    for k, (prices, best) in priced.items():
        below = [can.values[0][k] - fee for fee, _, can in terms]
        promise = max([buyer.away.value[k], *below]) if cascading else plans.sums[k]
        worth = plans.value[k]
        if worth - promise <= numbers.slack(worth):
            continue
        fee = best.values[0][k] - promise
        fee = numbers.zero if abs(fee) <= numbers.slack(worth) else fee
        same = [
            j
            for j, (other, others, _) in enumerate(terms)
            if abs(fee - other) <= buyer.slack
            and all(numbers.negligible(p - q, p).all() for p, q in zip(prices, others, strict=True))
        ]
        if not same:
            terms.append((fee, prices, best))
        meant[k] = same[0] if same else len(terms) - 1
    offers = []
    for j, (fee, prices, best) in enumerate(terms):
        wanted = {k: plans.policies[k] for k in np.flatnonzero(meant == j).tolist()}
        offers.append(Offer(fee, prices, buyer.reply(prices, best, _spread(plans.setting, wanted))))
    choices = buyer.choose(offers, meant)
    profit = buyer.environment.agents[0].prior @ choices.earned
    return Candidate(raised, cascading, tuple(offers), meant, choices, profit)


def _spread(setting: Setting, wanted: dict[int, Policy]) -> Policy:
    """Plans of some first signals (Y,) at all types (S,) of each period, -1 at those of the others."""
    first = len(setting.levels[0].level)
    policy = []
    for t, (rest,) in enumerate(setting.affine.sizes):
        actions = np.full((first, rest), -1)
        for k, plan in wanted.items():
            actions[k] = plan[t]
        policy.append(actions.reshape(-1))
    return tuple(policy)


def tried(setting: Setting, buyer: OneBuyer) -> list[Candidate]:
    """All up to the first that earns the bound."""
    menus = []
    for one in candidates(setting, buyer):
        menus.append(one)
        if one.profit >= setting.bound - buyer.slack:
            break
    return menus


def best_of(menus: Sequence[Candidate], slack: Number) -> Candidate:
    """The first of those that earn most."""
    most = max(one.profit for one in menus)
    return next(one for one in menus if one.profit >= most - slack)
