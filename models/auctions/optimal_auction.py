"""The revenue-optimal auction by ironed virtual values (Myerson 1981; finite types: Elkind 2007).

The good goes to the highest ironed virtual value, if that is positive; the winner pays the smallest value
with which she would still win. The expected revenue is E[max_i φ̄_i(θ_i)^+].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .highest_score import HighestScore
from .market import Market
from .virtual_values import VirtualValues


def optimal_auction(
    market: Market,
    *,
    order: Sequence[int] | None = None,
    at_zero: Literal["keep", "sell"] = "keep",
) -> HighestScore:
    """The optimal Bayesian (and dominant-strategy) incentive compatible auction of one period.

    order: buyers from first to last in ties of ironed virtual values; at_zero: whether the good is sold at
    an ironed virtual value of exactly 0. Neither changes the revenue.

    >>> from ...solvers.numbers import array
    >>> from .market import distribution
    >>> bidder = distribution(array([1, 2, 3]), array(["1/3", "1/3", "1/3"]))
    >>> auction = optimal_auction(Market("two bidders", 0, (bidder, bidder), keep=0))
    >>> auction.revenue, [str(x) for x in auction.allocation[1]]
    (Fraction(2, 1), ['0', '1/3', '2/3'])
    """
    scores = tuple(VirtualValues(buyer).ironed for buyer in market.buyers)
    served = tuple(s > 0 if at_zero == "keep" else s >= 0 for s in scores)
    return HighestScore(market, scores, served, None if order is None else tuple(order))
