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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ....solvers.arithmetic import COMPUTED, ROUNDED, SOLVED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import TooLarge
from ....solvers.numbers import Array, Bools, Ints, Number, show
from ...answers.answer import Answer
from ...answers.plain import plain
from ...design.design import design
from ...design.question import Question
from ...environment.environment import Environment
from ..menu import Menu, Price
from ..menu_choices import Offer, OneBuyer, Policy, Prices
from ..menu_lists import Lists, listed_menu
from ..menu_mechanism import menu_mechanism
from ..virtual_levels import inverse_hazard
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

    @property
    def histories(self) -> int:
        """How many histories of shocks, times first types, the last period has."""
        n, m = (int(k) for k in self.growth.chances.shape)
        return int(n * m ** (self.environment.periods - 1))

    @cached_property
    def paths(self) -> tuple[Ints, ...]:
        """Per period: which value every history of shocks leads to. Raises `TooLarge` for too many."""
        if self.histories > MOST_PATHS:
            raise TooLarge(
                f"progressive screening: {self.histories:,} histories of shocks in period "
                f"{self.environment.periods - 1}, more than {MOST_PATHS:,}; give fewer periods"
            )
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

    @property
    def _rent(self) -> Array:
        """r (n, m)."""
        chances, factors = self.growth.chances, self.growth.factors
        steps = np.append(np.diff(factors) / factors[:-1], 0 * factors[:1])
        falls: Array = chances.cumsum(axis=1) - _next_up(chances).cumsum(axis=1)
        rent: Array = falls / chances * steps
        return rent

    @property
    def _left(self) -> Array:
        """(1 − F)/f, (n, 1)."""
        return inverse_hazard(self.environment.agents[0].prior)[:, None]

    @cached_property
    def virtual(self) -> tuple[Array, ...]:
        """φ, per period (n, m^t), by first type and history; 0 in period 0."""
        chances = self.growth.chances
        likelier = _next_up(chances) / chances
        owed, ratio = 0 * chances[:, :1], 0 * chances[:, :1] + 1
        values = [0 * owed]
        for t in range(1, self.environment.periods):
            owed = (owed[:, :, None] + ratio[:, :, None] * self._rent[:, None]).reshape(len(chances), -1)
            ratio = (ratio[:, :, None] * likelier[:, None]).reshape(len(chances), -1)
            values.append(self.growth.worth[t][self.paths[t]] * (1 - self._left * owed))
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
    def bound(self) -> Number | None:
        """What selling just there would earn: no mechanism earns more (the first-order program, in closed
        form). None where there are too many histories to list."""
        if self.histories > MOST_PATHS:
            return None
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
    def reached(self) -> tuple[Array, ...]:
        """Per period (n, Y_t): how likely each value is, by first type."""
        chances = self.growth.chances
        likely = [0 * chances[:, :1] + 1]
        for onward in self.growth.onward:
            moved = likely[-1][:, :, None] * chances[:, None]  # (n, Y, m)
            likely.append(_gathered(onward, moved, len(self.growth.worth[len(likely)])))
        return tuple(likely)

    @cached_property
    def by_value(self) -> tuple[Array, ...]:
        """The mean of φ over the histories that meet at a value, per period (n, Y_t).

        Without listing them: with π_t(y) the probability of a value and O_t(y) that times what is owed there,
        O_{t+1} gathers p(α | λ) (O_t + r(α) π_t(y | λ⁺)), as histories are weighted by how likely they are
        for λ⁺.
        """
        chances, worth = self.growth.chances, self.growth.worth
        owed, means = 0 * self.reached[0], [0 * self.reached[0]]
        for t, onward in enumerate(self.growth.onward):
            faster = _next_up(self.reached[t])
            per_shock = owed[:, :, None] + self._rent[:, None] * faster[:, :, None]
            owed = _gathered(onward, chances[:, None] * per_shock, len(worth[t + 1]))
            likely = arithmetic(self.environment.exact).divisor(self.reached[t + 1])
            means.append(worth[t + 1] * (1 - self._left * owed / likely))
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
                order = np.argsort(-worth, kind="stable")
                earned = (self.reached[t][k] * (self.by_value[t][k] - self.margins[t]))[order].cumsum()
                # Of a value, not of what is earned: sums that cancel leave what their terms were rounded by.
                nothing: Any = arithmetic(self.environment.exact).slack(worth, ROUNDED)
                best = int(np.flatnonzero(earned >= earned.max() - nothing)[0])
                row.append(worth[order[best]] if earned[best] > nothing else None)
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
        if self.bound is None:
            return None
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
        return None if self.bound is None or self.optimum is None else self.bound - self.optimum

    @property
    def tight(self) -> bool | None:
        """Whether the optimum is the bound; in doubles within what a program leaves open."""
        if self.bound is None or self.gap is None:
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
        agent, few = self.environment.agents[0], self.bound is not None
        values = [w[p] for w, p in zip(self.growth.worth, self.paths, strict=True)][1:] if few else None
        return {
            "instance": self.environment.name,
            "first_types": list(agent.types[0]),
            "factors": plain(self.growth.factors),
            "values": plain(values),
            "virtual": plain(self.virtual[1:]) if few else None,
            "sold": [sold.tolist() for sold in self.sold[1:]] if few else None,
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
    buyer = OneBuyer(env)
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
    menu = listed_menu("progressive", lists, offers, meant, choices, env, mechanism)
    (own,) = menu.menus
    contracts = tuple(
        replace(contract, prices=tuple(_sold(known, answer.prices[k], contract.prices)))
        for k, contract in zip(served, own.contracts, strict=True)
    )
    note = (
        "Prices",
        "of what is sold in a period, the same whatever was bought before; who pays one has a value that, "
        "on average over the ways to it, is worth more to the seller than it costs.",
    )
    return replace(menu, menus=(replace(own, contracts=contracts),), notes=(note, *_bound(answer)))


def _sold(known: Growth, row: tuple[Number | None, ...], prices: Iterable[Price]) -> Iterator[Price]:
    """Prices without those of periods in which nothing is sold. row: as in `prices`."""
    for price in prices:
        t = len(price[0])
        sale = t > 0 and price[1] == known.environment.actions[t][known.sells[t]]
        if not sale or row[t - 1] is not None:
            yield price


def _bound(answer: ProgressiveScreening) -> list[tuple[str, str]]:
    if answer.bound is None:
        return []
    return [("Bound", f"no mechanism earns more than {show(answer.bound)}, virtual values path by path.")]


def _next_up(rows: Array) -> Array:
    """Those of the next first type up; the highest, to whom nothing is owed, has her own."""
    return np.concatenate([rows[1:], rows[-1:]])


def _gathered(onward: Ints, moved: Array, size: int) -> Array:
    """What values (n, Y, m) send along shocks, where it arrives: (n, Y')."""
    total: Array = np.zeros((size, len(moved)), dtype=moved.dtype) + 0 * moved.ravel()[0]
    np.add.at(total, onward, np.moveaxis(moved, 0, -1))
    return total.T


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

    Raises `AssumptionViolated` as `growth.growth` does. Histories grow like m^t; prices and the menu need
    none of them, what is said by history does (`ProgressiveScreening.paths`).
    """
    return ProgressiveScreening(growth(env.to_exact() if effort.exact else env.to_float()), effort.silent)


def progressive_menu(env: Environment, effort: Effort) -> Menu:
    """The menu of `progressive`, as `screening/menu_kinds.py` asks for it."""
    return progressive(env, effort).menu
