"""The second-price auction without a reserve: the highest value wins and pays the next highest value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints
from .highest_score import HighestScore
from .market import Market


@dataclass(frozen=True, eq=False, repr=False)
class SecondPrice(HighestScore):
    """A highest-score auction in which the winner pays the others' highest value.

    A type keeps ∫_0^θ Pr[all others' values ≤ v] dv; ties leave nothing.
    """

    @cached_property
    def utilities(self) -> tuple[Array, ...]:
        """Expected utility by type, per buyer (K_i,)."""
        exact = self.market.exact
        levels = np.unique(np.concatenate([arithmetic(exact).zeros(1), *self.scores]))
        ranks = tuple(np.searchsorted(levels, own, side="left") for own in self.scores)
        areas = []
        for i, own in enumerate(ranks):
            at = np.arange(levels.size) + 1
            chance = self.market.behind.wins(ranks, at, np.full(at.size, i))  # all others at or below a level
            area = np.concatenate([arithmetic(exact).zeros(1), np.cumsum(np.diff(levels) * chance[:-1])])
            areas.append(area[own])
        return tuple(areas)

    def prices(self, profiles: Ints) -> Array:
        """What the winner pays at profiles (..., N) of type indices: (...)."""
        bids = np.stack([own[profiles[..., i]] for i, own in enumerate(self.scores)], axis=-1)
        winner = self.winner(profiles)[..., None]
        rivals = np.where(np.arange(bids.shape[-1]) == winner, 0, bids)
        paid: Array = rivals.max(axis=-1)
        return paid


def second_price(market: Market, *, order: Sequence[int] | None = None) -> SecondPrice:
    """The second-price auction; `order` lists the buyers from first to last in ties of values.

    Raises `AssumptionViolated` where a value is negative.

    >>> from ...solvers.numbers import array
    >>> from .market import distribution
    >>> bidder = distribution(array([1, 3]), array(["1/2", "1/2"]))
    >>> auction = second_price(Market("two bidders", 0, (bidder, bidder), keep=0))
    >>> auction.revenue, auction.welfare, auction.expected_utilities
    (Fraction(3, 2), Fraction(5, 2), (Fraction(1, 2), Fraction(1, 2)))
    """
    market.require_nonnegative("the second-price auction")
    scores = tuple(buyer.values for buyer in market.buyers)
    return SecondPrice(market, scores, None, None if order is None else tuple(order))
