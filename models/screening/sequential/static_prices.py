"""What static sellers earn: one price, before or after the buyer learns her value.

Which distribution they face is when they sell. In period 1 it is that of values, Σ_k g_k f_k; in period 0 a
buyer pays for the item unseen what it is worth to her on average, so that it is that of E[v | k], and the
item is always made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....solvers.numbers import Array, Number
from .buyer import SequentialBuyer


@dataclass(frozen=True)
class PostedPrice:
    """The best posted price of a period. price: in money of that period, None where no sale pays. profit: of
    period 0. sold: probability of a sale."""

    price: Number | None
    profit: Number
    sold: Number


def posted_in_period_1(buyer: SequentialBuyer) -> PostedPrice:
    """The best price for those who know their values."""
    best = _best(buyer, buyer.values, buyer.prior @ buyer.chances, buyer.cost)
    return PostedPrice(best.price, buyer.money(best.profit), best.sold)


def posted_in_period_0(buyer: SequentialBuyer) -> PostedPrice:
    """The best price for those who know how their values are distributed."""
    return _best(buyer, buyer.discount * buyer.means, buyer.prior, buyer.money(buyer.cost))


def _best(buyer: SequentialBuyer, values: Array, chances: Array, cost: Number) -> PostedPrice:
    """Of values with these probabilities; the lowest of equally good prices."""
    order = np.argsort(values, kind="stable")
    values, chances = values[order], chances[order]
    sold = np.cumsum(chances[::-1])[::-1]
    profits = (values - cost) * sold
    best = int(np.argmax(profits >= profits.max() - buyer.nothing()))
    if not profits[best] > buyer.nothing():
        return PostedPrice(None, buyer.numbers.zero, buyer.numbers.zero)
    return PostedPrice(*(buyer.numbers.number(row[best]) for row in (values, profits, sold)))
