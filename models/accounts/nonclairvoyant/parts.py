"""The parts of a non-clairvoyant mechanism, and the shares of each item that they sell.

Every period's item is split: one share goes by the optimal static auction, one by a second-price auction
whose winner deposits what she gains, and one by an auction that leaves buyers as much as it can, up to caps
set by their balances, for which their balances are charged (the *spend*). One buyer's second-price auction
is to give the item away. MPTZ use

    general, one buyer:    1/3, 1/3, 1/3, caps 3 b        at least 1/3 of the clairvoyant optimum
    general, several:      1/5, 2/5, 2/5, caps 5/2 b      at least 1/5 (Theorem 6.1)
    two periods:           1/2, 1/2, 0, then 1/2, 0, 1/2 with caps 2 b    at least 1/2 (Theorem 6.3)

b' = b − spend + deposit, both weighted by the share of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from ....solvers.arithmetic import RATIONAL, arithmetic
from ....solvers.errors import AssumptionViolated, InvalidInput
from ....solvers.numbers import Array, Ints, Number, to_exact, to_float
from ....solvers.short import Short
from ...auctions.money_burning.burning import Burning, burn_market
from ...auctions.optimal_auction import optimal_auction
from ..items import Items

Kind: TypeAlias = Literal["general", "two-period"]
Tie: TypeAlias = Literal["sale", "keep"]
F = Fraction


@dataclass(frozen=True)
class Shares:
    """Of one period's item: optimal auction, second price, burning; `cap` times a balance is its cap."""

    myerson: Fraction
    second_price: Fraction
    burning: Fraction
    cap: Fraction


@dataclass(frozen=True)
class Split:
    """The shares of every period, and the part of the clairvoyant optimum that is guaranteed."""

    name: str
    guarantee: Fraction
    first: Shares
    later: Shares

    def shares(self, t: int) -> Shares:
        """The shares of period t."""
        return self.first if t == 0 else self.later


THIRDS = Split("one buyer, thirds", F(1, 3), *[Shares(F(1, 3), F(1, 3), F(1, 3), F(3))] * 2)
FIFTHS = Split("several buyers, fifths", F(1, 5), *[Shares(F(1, 5), F(2, 5), F(2, 5), F(5, 2))] * 2)
HALVES = Split(
    "two periods, halves",
    F(1, 2),
    Shares(F(1, 2), F(1, 2), F(0), F(2)),
    Shares(F(1, 2), F(0), F(1, 2), F(2)),
)


def split_of(items: Items, kind: Kind) -> Split:
    """The split for this many buyers and periods. Raises `InvalidInput` for an unknown word and
    `AssumptionViolated` where two periods are asked for and there are more or fewer.
    """
    if kind not in ("general", "two-period"):
        raise InvalidInput(f"mechanism: {kind!r} is not one of general, two-period")
    if kind == "general":
        return THIRDS if items.buyers == 1 else FIFTHS
    if items.periods != 2:
        raise AssumptionViolated(
            f"mechanism 'two-period': environment '{items.env.name}' has {items.periods} period(s), not 2"
        )
    return HALVES


@dataclass(frozen=True, eq=False, repr=False)
class Period(Short):
    """One item with everything about it that does not depend on balances. S profiles, N buyers.

    sold (N, S), price (N, S): the optimal auction; won (N, S), rival (S,): the second-price auction's winner
    (the first among equals) and the second-highest value; values (N, S).
    """

    items: Items
    t: int

    @cached_property
    def profiles(self) -> Ints:
        """(S, N): type indices in the market, 0 for a buyer who cannot have the item."""
        sizes = np.array([buyer.size for buyer in self.items.markets[self.t].buyers])
        capped: Ints = np.minimum(self.items.types[self.t].T, sizes - 1)
        return capped

    @cached_property
    def optimal(self) -> tuple[Array, Array]:
        """Allocation and payments (N, S) of the optimal static auction."""
        auction = optimal_auction(self.items.markets[self.t])
        return self._who_pays(auction.winner(self.profiles), auction.prices(self.profiles))

    @cached_property
    def second_price(self) -> tuple[Array, Array]:
        """Allocation and payments (N, S) of the second-price auction."""
        values = self.items.top_values[self.t]
        winner = values.argmax(axis=0)
        rivals = np.where(np.arange(len(values))[:, None] == winner, 0, values)
        return self._who_pays(winner, rivals.max(axis=0))

    def _who_pays(self, winner: Ints, price: Array) -> tuple[Array, Array]:
        mine = np.arange(self.items.buyers)[:, None] == winner
        zero = arithmetic(self.items.exact).zeros(mine.shape)
        return zero + mine, zero + np.where(mine, price, 0)

    def burn(self, caps: Sequence[Number], tie: Tie) -> Burnt:
        """The part that spends balances, at full weight and with these caps."""
        return _post_price(self, caps[0], tie) if self.items.buyers == 1 else _burn(self, caps)


@dataclass(frozen=True, eq=False, repr=False)
class Burnt(Short):
    """The part that spends balances: allocation and payments (N, S), spend (N,) = expected utilities.

    by: the price posted to one buyer, or the auction of several.
    """

    allocation: Array
    payments: Array
    spend: tuple[Number, ...]
    by: Number | Burning


def spending_price(values: Array, probabilities: Array, spend: Number) -> Number:
    """The smallest price r ≥ 0 at which one buyer expects no more than `spend`: E(θ − r)⁺ = spend ≤ E θ.

    values, probabilities (K,).
    """
    above: Number = probabilities[-1] * 0
    sold: Number = above
    for k in reversed(range(len(values))):
        # Between the next lower value and values[k]: utility above − r · sold.
        sold = sold + probabilities[k]
        above = above + probabilities[k] * values[k]
        lower = values[k - 1] if k else values[0] * 0
        if above - lower * sold >= spend:
            return (above - spend) / sold
    none: Number = values[0] * 0
    return none


def _post_price(period: Period, cap: Number, tie: Tie) -> Burnt:
    """One buyer: the price r at which she expects m = min(cap, E θ)."""
    items, t = period.items, period.t
    buyer = items.markets[t].buyers[0]
    mean = (buyer.values * buyer.probabilities).sum()
    spend = min(cap, mean)
    price = spending_price(buyer.values, buyer.probabilities, spend)
    values = items.top_values[t]
    # In doubles a price within rounding of a value counts as a tie.
    slack = arithmetic(items.exact).slack(values.max())
    bought = values >= price - slack if tie == "sale" else values > price + slack
    sold: Array = arithmetic(items.exact).zeros(values.shape) + bought
    return Burnt(sold, sold * price, (spend,), price)


def _burn(period: Period, caps: Sequence[Number]) -> Burnt:
    """Several buyers: capped money burning (Theorem E.2)."""
    items, t = period.items, period.t
    burning = burn_market(items.markets[t], list(caps))
    shape = (items.buyers, len(period.profiles))
    allocation, payments = RATIONAL.zeros(shape), RATIONAL.zeros(shape)
    columns = np.arange(shape[1])
    shares = to_exact(burning.probabilities)
    for order, auction in zip(burning.orders, burning.auctions, strict=True):
        winner = auction.winner(period.profiles)
        price = to_exact(auction.prices(period.profiles))
        on = winner >= 0
        weight = order.probability * shares[winner[on]]
        allocation[winner[on], columns[on]] += weight
        payments[winner[on], columns[on]] += weight * price[on]
    spend = burning.utilities
    if items.exact:
        return Burnt(allocation, payments, tuple(spend), burning)
    return Burnt(to_float(allocation), to_float(payments), tuple(to_float(to_exact(spend)).tolist()), burning)
