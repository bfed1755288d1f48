"""Capped money burning: the auction that leaves buyers most, each counted up to a cap (MPTZ, Theorem E.2).

Among Bayesian incentive compatible, interim individually rational auctions with payments that are never
negative, the largest Σ_i min(b_i, E u_i) is that of a mixture of auctions in which the highest scaled virtual
value for utility w_i ϑ̄_i wins, ties by an order of priority, and in which a winner of weight 0 gets the good
with a probability q_i only. Each auction of the mixture is incentive compatible in dominant strategies.
Payments are burnt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ....solvers.arithmetic import RATIONAL, WRITTEN
from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Number, number, objects, show, to_float
from ...answers.answer import Answer
from ...answers.plain import plain
from ...environment.environment import Environment
from ...mechanism.mechanism import Mechanism
from ..highest_score import HighestScore, PaymentRule
from ..market import Buyer, Market
from .dual import Dual
from .orders import Order, priority_orders


@dataclass(frozen=True, eq=False, repr=False)
class Burning(Answer):
    """The optimum of money burning under caps, with its proof: `value` of the auction equals `dual`.

    weights: w (N,). orders: the auctions of the mixture with their probabilities. probabilities: q (N,), with
    which a buyer who wins gets the good (and pays). utilities: expected utilities (N,) after that. Everything
    is rational; `to_float` rounds.
    """

    market: Market
    caps: Array
    payments: PaymentRule
    value: Number
    dual: Number
    weights: Array
    probabilities: Array
    utilities: Array
    orders: tuple[Order, ...]
    scores: tuple[Array, ...]
    """Ironed virtual values for utility, per buyer (K_i,)."""

    @cached_property
    def auctions(self) -> tuple[HighestScore, ...]:
        """The auctions of the mixture, in the order of `orders`, before the probabilities q."""
        return tuple(
            HighestScore(
                self.market,
                tuple(w * own for w, own in zip(order.weights, self.scores, strict=True)),
                None,
                order.order,
                self.payments,
            )
            for order in self.orders
        )

    @cached_property
    def allocation(self) -> tuple[Array, ...]:
        """The probability of getting the good by type, per buyer (K_i,)."""
        return self._mixed([auction.allocation for auction in self.auctions])

    @cached_property
    def transfers(self) -> tuple[Array, ...]:
        """The expected payment, which is burnt, by type, per buyer (K_i,)."""
        return self._mixed([auction.transfers for auction in self.auctions])

    def _mixed(self, parts: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
        mixtures = []
        for i, q in enumerate(self.probabilities):
            shares = [order.probability * part[i] for order, part in zip(self.orders, parts, strict=True)]
            mixtures.append(q * sum(shares[1:], shares[0]))
        return tuple(mixtures)

    def mechanism(self, env: Environment) -> Mechanism:
        """The mixture as a `Mechanism` of the environment, at every profile of types: for small markets."""
        mechanisms = [auction.mechanism(env, self.probabilities.tolist()) for auction in self.auctions]
        shares = [order.probability for order in self.orders]
        stages = [one.stages[0] for one in mechanisms]
        allocation: Any = sum(s * stage.allocation for s, stage in zip(shares, stages, strict=True))
        transfers: Any = sum(s * stage.transfers for s, stage in zip(shares, stages, strict=True))
        stage = replace(stages[0], allocation=allocation, transfers=transfers)
        return replace(mechanisms[0], stages=(stage,))

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON: rationals as strings, floats as they are."""
        return {
            "value": plain(self.value),
            "dual": plain(self.dual),
            "weights": plain(self.weights),
            "probabilities": plain(self.probabilities),
            "orders": [
                {
                    "probability": plain(order.probability),
                    "order": [self.market.names[i] for i in order.order],
                    "weights": plain(order.weights),
                }
                for order in self.orders
            ],
        }

    def to_float(self) -> Burning:
        """The same in doubles."""
        return replace(
            self,
            market=self.market.converted(False),
            caps=to_float(self.caps),
            value=float(self.value),
            dual=float(self.dual),
            weights=to_float(self.weights),
            probabilities=to_float(self.probabilities),
            utilities=to_float(self.utilities),
            orders=tuple(
                Order(float(order.probability), order.order, to_float(order.weights)) for order in self.orders
            ),
            scores=tuple(to_float(own) for own in self.scores),
        )


def burn_market(market: Market, caps: Sequence[Any], payments: PaymentRule = "smallest") -> Burning:
    """Capped money burning in one market, exactly.

    caps: (N,) numbers of at least 0 in the order of the buyers. payments: "smallest" (not negative) or
    "largest", under which virtual values for utility are those that the paper prints and the optimum is less.
    A market with floats is solved for rationals close by (see `nearby`). Raises `InvalidInput` for caps,
    `AssumptionViolated` for values that are negative.

    >>> from ....solvers.numbers import array
    >>> from ..market import distribution
    >>> bidder = distribution(array([1, 2, 10]), array(["7/10", "1/5", "1/10"]))
    >>> burning = burn_market(Market("two bidders", 0, (bidder, bidder), keep=0), ["1/2", 10])
    >>> burning.value, burning.dual, [str(w) for w in burning.weights]
    (Fraction(703, 280), Fraction(703, 280), ['5/28', '1'])
    >>> [(str(order.probability), order.order) for order in burning.orders]
    [('3/28', (1, 0)), ('25/28', (0, 1))]
    """
    market.require_nonnegative("money burning")
    limits = read_caps(market, caps)
    dual = Dual(nearby(market), limits, payments)
    optimum = dual.solve()
    orders = priority_orders(dual, optimum)
    used = mixed(dual, orders)
    shares = RATIONAL.ones(limits.size)
    over = used > limits
    shares[over] = limits[over] / used[over]
    utilities = shares * used
    value = np.minimum(limits, utilities).sum()
    proved = optimum.value, optimum.weights
    return Burning(dual.market, limits, payments, value, *proved, shares, utilities, orders, dual.scores)


def mixed(dual: Dual, orders: Sequence[Order]) -> Array:
    """Expected utilities (N,) under a mixture, before the probabilities q."""
    utilities = RATIONAL.zeros(dual.caps.size)
    # Most orders share one array of weights, and with it the ranks of its scores.
    ranks: dict[int, tuple[Array, ...]] = {}
    for order in orders:
        levels = ranks.setdefault(id(order.weights), ()) or dual.levels(order.weights)
        ranks[id(order.weights)] = levels
        auction = HighestScore(dual.market, levels, None, order.order)
        utilities = utilities + order.probability * auction.captured(dual.worth)
    return utilities


def read_caps(market: Market, caps: Sequence[Any]) -> Array:
    """Caps as rationals (N,); raises `InvalidInput` naming the one that is wrong."""
    names = market.names
    if len(caps) != len(names):
        raise InvalidInput(f"caps: {len(caps)} given for {len(names)} agents ({', '.join(names)})")
    limits = RATIONAL.zeros(len(names))
    for i, (name, cap) in enumerate(zip(names, caps, strict=True)):
        value = number(cap, f"caps, agent '{name}'")
        if value < 0:
            raise InvalidInput(f"caps: agent '{name}' has the negative cap {show(value)}")
        limits[i] = Fraction(value)
    return limits


def nearby(market: Market) -> Market:
    """The market over the rationals: itself, or the simplest rationals within rounding of its floats.

    Probabilities are divided by their sum, which differs from 1 by rounding. For answers in floats; exact
    answers take floats at their binary values, as `Environment.to_exact` does.
    """
    if market.exact:
        return market

    def simple(value: float) -> Fraction:
        near = Fraction(value).limit_denominator(1_000_000)
        return near if abs(near - Fraction(value)) <= abs(value) * WRITTEN else Fraction(value)

    def read(buyer: Buyer) -> Buyer:
        values, weights = (objects(map(simple, x.tolist())) for x in (buyer.values, buyer.probabilities))
        return replace(buyer, values=values, probabilities=RATIONAL.shares(weights))

    return replace(market, buyers=tuple(map(read, market.buyers)))
