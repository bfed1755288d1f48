"""Progressive screening: virtual values by history, and the menu of deterministic contracts (`growth.py`).

With λ⁺ the next first type up and f, F the distribution of first types, what is lost on a sale of period t
after shocks α_1..α_t is what must be left to λ⁺, who makes larger shocks likelier, one shock at a time
(earlier shocks are drawn as λ⁺ has them, later ones as λ has):

    φ_t = θ_t [1 − (1 − F(λ))/f(λ) · Σ_s r(α_s) Π_{u<s} p(α_u | λ⁺) / p(α_u | λ)],
    r(α) = (F(α | λ) − F(α | λ⁺)) / p(α | λ) · (α⁺ − α) / α,

the finite form of LN's impulse response dθ_t/dλ = θ_t Σ_s (−F_λ/f)(α_s)/α_s (the printed recursion is wrong,
and so is the sign of the rent). Selling where φ_t exceeds the cost is the first-order bound: all local
constraints, path by path. But a buyer's future depends on (λ, θ_t) alone, and paths that meet at one θ_t
cannot be told apart: if φ_t is above the cost on some and below on others, no payments make her say which,
and the bound is not reached. What a seller does who looks at θ_t and no further is sell where the mean of φ_t
over those paths exceeds the cost.

Both are implemented, where they are, by *contracts of fixed prices*: λ picks one now, pays its fee, and buys
in period t whenever θ_t is at least its price p_t(λ). Fees leave the lowest type nothing and each other what
she has in the contract below her that she likes best. What she then takes and buys is found from the prices
alone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ....solvers.arithmetic import COMPUTED, SOLVED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import TooLarge
from ....solvers.numbers import Array, Bools, Ints, Number, show
from ...answers.answer import Answer
from ...answers.plain import plain
from ...design.design import Question, design
from ...environment.environment import Environment
from ..buyer import Offer, OneBuyer, Policy, Prices
from ..menu import AgentMenu, Contract, Excluded, Menu, Stray
from ..menu_lists import Lists
from ..menu_mechanism import menu_mechanism, surplus
from ..virtual_levels import above
from .growth import Growth, growth

MOST_PATHS = 200_000
"""Histories of shocks, times first types, up to which they are laid out."""


@dataclass(frozen=True, eq=False, repr=False)
class ProgressiveScreening(Answer):
    """The whole answer. Shocks are numbered from 0, the smallest; histories (m^t of period t) are in product
    order, the first shock slowest. Virtual values are in money of the period, everything else of period 0."""

    growth: Growth
    effort: Effort

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "bound": self.bound,
            "menu": self.menu.profit,
            "tight": self.tight,
        }

    @property
    def environment(self) -> Environment:
        """In the numbers that were used, all rational or all doubles."""
        return self.growth.environment

    @cached_property
    def paths(self) -> tuple[Ints, ...]:
        """Per period: which value every history of shocks leads to."""
        reached = [np.zeros(1, dtype=np.int64)]
        for onward in self.growth.onward:
            reached.append(onward[reached[-1]].reshape(-1))
        return tuple(reached)

    @cached_property
    def chances(self) -> tuple[Array, ...]:
        """Per period (n, m^t): how likely each history is, by first type."""
        drawn = [0 * self.growth.chances[:, :1] + 1]
        for _ in self.growth.onward:
            drawn.append((drawn[-1][:, :, None] * self.growth.chances[:, None]).reshape(len(drawn[0]), -1))
        return tuple(drawn)

    @cached_property
    def virtual(self) -> tuple[Array, ...]:
        """φ, per period (n, m^t), by first type and history; 0 in period 0."""
        chances, factors = self.growth.chances, self.growth.factors
        f = self.environment.agents[0].prior
        steps = np.append(np.diff(factors) / factors[:-1], 0 * factors[:1])
        below = chances.cumsum(axis=1)
        faster = np.concatenate([chances[1:], chances[-1:]])  # the highest type's is never used
        rent = (below - faster.cumsum(axis=1)) / chances * steps
        likelier = faster / chances
        owed, ratio = 0 * chances[:, :1], 0 * chances[:, :1] + 1
        left = (above(f) / f)[:, None]
        values = [0 * owed]
        for t in range(1, self.environment.periods):
            owed = (owed[:, :, None] + ratio[:, :, None] * rent[:, None]).reshape(len(f), -1)
            ratio = (ratio[:, :, None] * likelier[:, None]).reshape(len(f), -1)
            values.append(self.growth.worth[t][self.paths[t]] * (1 - left * owed))
        return tuple(values)

    @cached_property
    def margins(self) -> tuple[Number, ...]:
        """What a sale costs more than keeping, per period; 0 in period 0."""
        costs = self.environment.costs
        return tuple(
            cost[sells] - cost[keeps] if sells >= 0 else 0 * cost[keeps]
            for cost, sells, keeps in zip(costs, self.growth.sells, self.growth.keeps, strict=True)
        )

    @cached_property
    def sold(self) -> tuple[Bools, ...]:
        """Per period (n, m^t): where virtual values exceed the cost."""
        return tuple(
            self._exceeds(phi, cost) if t else np.zeros(phi.shape, dtype=bool)
            for t, (phi, cost) in enumerate(zip(self.virtual, self.margins, strict=True))
        )

    @cached_property
    def bound(self) -> Number:
        """What selling just there would earn: no mechanism earns more (the first-order program, in closed
        form)."""
        return self._total([np.where(s, phi - c, 0 * phi) for s, phi, c in self._sales])

    @property
    def _sales(self) -> Any:
        return zip(self.sold, self.virtual, self.margins, strict=True)

    def _exceeds(self, values: Array, cost: Number) -> Bools:
        slack: Any = arithmetic(self.environment.exact).slack(max(abs(values).max(), abs(cost)), COMPUTED)
        return np.asarray(values > cost + slack, dtype=np.bool_)

    def _total(self, flows: list[Array]) -> Number:
        """E Σ δ^t of flows (n, m^t), less what keeping costs."""
        env, total = self.environment, 0 * self.environment.discount
        f = env.agents[0].prior
        for t, (flow, drawn) in enumerate(zip(flows, self.chances, strict=True)):
            earned: Any = f @ (drawn * flow).sum(axis=1) - env.costs[t][self.growth.keeps[t]]
            total = total + env.discount**t * earned
        return total

    @cached_property
    def by_value(self) -> tuple[Array, ...]:
        """The mean of φ over the histories that meet at a value, per period (n, Y_t)."""
        means = []
        for t, (phi, drawn) in enumerate(zip(self.virtual, self.chances, strict=True)):
            size = len(self.growth.worth[t])
            weight, total = (np.zeros((len(phi), size), dtype=phi.dtype) + 0 * phi[0, 0] for _ in range(2))
            np.add.at(weight.T, self.paths[t], drawn.T)
            np.add.at(total.T, self.paths[t], (drawn * phi).T)
            means.append(total / weight)
        return tuple(means)

    @cached_property
    def prices(self) -> tuple[tuple[Number | None, ...], ...]:
        """p_t(λ) by first type and period 1..T, None where nothing is sold: at least this value are sold to.

        Of all thresholds the one above which the most is earned at the means of φ; of several the highest.
        """
        rows = []
        for k in range(len(self.growth.chances)):
            row: list[Number | None] = []
            for t in range(1, self.environment.periods):
                worth = self.growth.worth[t]
                drawn = np.zeros(len(worth), dtype=self.chances[t].dtype) + 0 * self.chances[t][0, 0]
                np.add.at(drawn, self.paths[t], self.chances[t][k])
                order = np.argsort(-worth, kind="stable")
                earned = (drawn * (self.by_value[t][k] - self.margins[t]))[order].cumsum()
                best = int(earned.argmax())
                row.append(worth[order[best]] if self._exceeds(earned, 0 * earned[0])[best] else None)
            rows.append(tuple(row))
        return tuple(rows)

    @cached_property
    def menu(self) -> Menu:
        """The contracts of these prices, and who takes and buys what."""
        return _menu(self)

    @cached_property
    def optimum(self) -> Number | None:
        """What the best mechanism earns: the bound where the menu earns it, whose truth is a choice, else by
        the program over histories; None where that found nothing within the limits."""
        slack = arithmetic(self.environment.exact).slack(self.bound, SOLVED)
        if self.menu.profit >= self.bound - slack:
            return self.bound
        try:
            return design(self.environment, Question.of(self.environment), self.effort).value
        except TooLarge:
            return None

    @property
    def gap(self) -> Number | None:
        """By how much the bound exceeds the optimum, None where that is not known."""
        return None if self.optimum is None else self.bound - self.optimum

    @property
    def tight(self) -> bool | None:
        """Whether the optimum is the bound; in doubles within what a program leaves open."""
        if self.gap is None:
            return None
        return bool(self.gap <= arithmetic(self.environment.exact).slack(self.bound, SOLVED))

    @cached_property
    def told_apart(self) -> list[tuple[int, int, int]]:
        """Where the bound asks what nobody can be made to say: (period, first type, value) of which some
        histories are sold to and others are not."""
        places = []
        for t, sold in enumerate(self.sold):
            for k, y in itertools.product(range(len(sold)), range(len(self.growth.worth[t]))):
                here = sold[k, self.paths[t] == y]
                if here.any() and not here.all():
                    places.append((t, k, y))
        return places

    def to_json(self) -> dict[str, Any]:
        """Virtual values, sales and prices by first type and period, the bound, the menu's profit, the
        gap."""
        agent = self.environment.agents[0]
        return {
            "instance": self.environment.name,
            "first_types": list(agent.types[0]),
            "factors": plain(self.growth.factors),
            "values": plain([w[p] for w, p in zip(self.growth.worth, self.paths, strict=True)][1:]),
            "virtual": plain(self.virtual[1:]),
            "sold": [sold.tolist() for sold in self.sold[1:]],
            "prices": plain(self.prices),
            "fees": plain([one.fee for one in self.menu.menus[0].contracts]),
            "bound": plain(self.bound),
            "profit": plain(self.menu.profit),
            "optimum": plain(self.optimum),
            "gap": plain(self.gap),
            "tight": self.tight,
        }


def _menu(answer: ProgressiveScreening) -> Menu:
    env, known = answer.environment, answer.growth
    buyer, agent = OneBuyer(env), env.agents[0]
    served = [k for k, row in enumerate(answer.prices) if any(price is not None for price in row)]
    offers: list[Offer] = []
    for k in served:
        prices = _price_lists(known, answer.prices[k])
        best = buyer.best(prices)
        reply = buyer.reply(prices, best, _meant(known, k, answer.prices[k]))
        tempted = [one.reply.value[k] - one.fee for one in offers]
        left = max([*tempted, buyer.away.value[k]])
        offers.append(Offer(reply.value[k] - left, prices, reply))
    meant = np.array([served.index(k) if k in served else -1 for k in range(len(answer.prices))])
    choices, lists = buyer.choose(offers, meant), Lists(buyer)
    mechanism = menu_mechanism(buyer, offers, choices.takes)
    taken, first = [int(j) for j in choices.takes], agent.types[0]
    contracts = []
    for j, k in enumerate(served):
        sale = {env.actions[t][known.sells[t]]: t for t in range(1, env.periods)}
        listed = tuple(
            price
            for price in lists.prices(offers[j].prices)
            if price[1] not in sale or len(price[0]) == 0 or answer.prices[k][len(price[0]) - 1] is not None
        )
        contracts.append(
            Contract(
                tuple(x for x, place in zip(first, taken, strict=True) if place == j), offers[j].fee, listed
            )
        )
    return Menu(
        kind="progressive",
        instance=env.name,
        menus=(AgentMenu(agent.name, None, tuple(contracts)),),
        excluded=tuple(Excluded(agent.name, first[k]) for k, j in enumerate(taken) if j < 0),
        buys=tuple(
            bought
            for k, j in enumerate(taken)
            if j >= 0
            for bought in lists.purchases(k, offers[j].reply.policy)
        ),
        profit=agent.prior @ choices.earned,
        profit_direct=surplus(env, mechanism),
        mechanism=mechanism,
        strays=tuple(
            Stray(agent.name, first[k], None, _place(meant[k]), _place(taken[k]), choices.gain[k])
            for k in range(len(first))
            if taken[k] != meant[k]
        ),
        notes=(
            (
                "Prices",
                "of what is sold in a period, the same whatever was bought before; who pays one has a "
                "value that, on "
                "average over the ways to it, is worth more to the seller than it costs.",
            ),
            ("Bound", f"no mechanism earns more than {show(answer.bound)}, virtual values path by path."),
        ),
    )


def _place(j: int) -> int | None:
    return None if j < 0 else int(j)


def _price_lists(known: Growth, row: tuple[Number | None, ...]) -> Prices:
    """Per period (A,): 0 for what is worth nothing, and more than anybody would pay where nothing is sold."""
    lists = []
    for t, costs in enumerate(known.environment.costs):
        prices = 0 * costs
        if t > 0:
            price = row[t - 1]
            prices[known.sells[t]] = 2 * known.worth[t].max() if price is None else price
        lists.append(prices)
    return tuple(lists)


def _meant(known: Growth, k: int, row: tuple[Number | None, ...]) -> Policy:
    """Per period (S,) what is meant for first type k: a sale from the price on; -1 for others."""
    policy = []
    for t, worth in enumerate(known.worth):
        action = np.full((len(known.chances), len(worth)), -1)
        price = None if t == 0 else row[t - 1]
        buys = np.zeros(len(worth), dtype=bool) if price is None else worth >= price
        action[k] = np.where(buys, known.sells[t], known.keeps[t])
        policy.append(action.reshape(-1))
    return tuple(policy)


def progressive(env: Environment, effort: Effort = FLOATS) -> ProgressiveScreening:
    """Progressive screening of an environment, over the rationals where `effort` says so.

    Raises `AssumptionViolated` as `growth.growth` does; `TooLarge` for too many histories.
    """
    known = growth(env.to_exact() if effort.exact else env.to_float())
    n, m = known.chances.shape
    count = n * m ** (env.periods - 1)
    if count > MOST_PATHS:
        raise TooLarge(
            f"progressive screening: {count:,} histories of shocks in period {env.periods - 1}, more than "
            f"{MOST_PATHS:,}; give fewer periods"
        )
    return ProgressiveScreening(known, effort.silent)


def progressive_menu(env: Environment, exact: bool) -> Menu:
    """The menu of `progressive`, as `menu_kinds.py` asks for it."""
    return progressive(env, Effort(exact=exact)).menu
