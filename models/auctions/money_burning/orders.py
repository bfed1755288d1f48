"""From the cuts of the dual to a mixture of priority orders at its optimal weights.

A cut of positive probability is optimal at the optimal weights w: it serves a highest w_i ϑ̄_i, and decides
among equal ones as its own weights w' do. As these scale a buyer's scores all alike, they decide in every tie
for the buyer with the larger w'_i / w_i: it is the auction at w with ties resolved by that order of buyers.

Buyers of weight 0 are tied at score 0 whatever their types, and there a cut may choose among them by value,
which no order does. Such a buyer only has to reach her cap, with what the others leave. Where orders can do
that, each of them is first for as long as she needs. Where they cannot, the cut's own weights decide among
them, scaled down so that they never beat a buyer of positive weight and score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ....solvers.numbers import Array, Number, total
from ....solvers.short import Short
from .dual import Dual, DualOptimum


@dataclass(frozen=True, eq=False, repr=False)
class Order(Short):
    """One auction of the mixture: the highest weights_i ϑ̄_i wins, in ties whoever is first in `order`.

    weights: (N,), those of the dual, but for buyers of weight 0 where values have to decide among them.
    order: indices of the buyers from first to last.
    """

    probability: Number
    order: tuple[int, ...]
    weights: Array


def priority_orders(dual: Dual, optimum: DualOptimum) -> tuple[Order, ...]:
    """The mixture of priority orders at the optimal weights, with the utilities of the mixture of cuts.

    Buyers of weight 0 may have more, and never have less than their caps.
    """
    idle = np.flatnonzero(optimum.weights == 0).tolist()
    orders = [_order(optimum.weights, cut.at) for cut in optimum.cuts]
    turns = _turns(dual, optimum.weights, idle)
    if turns is None:
        return tuple(
            Order(share, order, _with_idle(dual, optimum.weights, cut.at, idle))
            for share, order, cut in zip(optimum.probabilities, orders, optimum.cuts, strict=True)
        )
    merged: dict[tuple[int, ...], Number] = {}
    for share, order, turn in _coupled(list(zip(optimum.probabilities, orders, strict=True)), turns):
        # A buyer of weight 0 ties with others of score 0 only, so being first takes nothing from anyone else.
        order = tuple(sorted(order, key=lambda i: i != turn))
        merged[order] = merged.get(order, Fraction(0)) + share
    return tuple(Order(share, order, optimum.weights) for order, share in merged.items())


def _order(weights: Array, at: Array) -> tuple[int, ...]:
    """Buyers of weight 0, then the others by falling w'_i / w_i; equal ones as they are listed."""
    return tuple(
        sorted(range(weights.size), key=lambda i: (weights[i] != 0, -at[i] / weights[i] if weights[i] else 0))
    )


def _turns(dual: Dual, weights: Array, idle: list[int]) -> list[tuple[Number, int | None]] | None:
    """For how long each buyer of weight 0 has to be first to reach her cap; None where that is too long."""
    if not idle:
        return [(Fraction(1), None)]
    left: Number = Fraction(1)  # how often all buyers of positive weight have score 0
    for buyer, scores, weight in zip(dual.market.buyers, dual.scores, weights, strict=True):
        if weight != 0:
            left = left * buyer.probabilities[scores == 0].sum()
    needs: list[Number] = []
    for i in idle:
        whole = left * (dual.market.buyers[i].probabilities * dual.scores[i]).sum()
        if dual.caps[i] > whole:
            return None
        needs.append(dual.caps[i] / whole if dual.caps[i] > 0 else Fraction(0))
    if total(needs) > 1:
        return None
    if not any(needs):
        return [(Fraction(1), idle[0])]
    return [(need / total(needs), i) for need, i in zip(needs, idle, strict=True)]


def _with_idle(dual: Dual, weights: Array, at: Array, idle: list[int]) -> Array:
    """The weights with those of a cut for buyers of weight 0, below every other positive score."""
    positive = [
        w * own[own > 0].min() for w, own in zip(weights, dual.scores, strict=True) if w and own[-1] > 0
    ]
    own = at[idle]
    highest = max([w * dual.scores[i][-1] for w, i in zip(own, idle, strict=True)], default=Fraction(0))
    scale = min(positive) / (2 * highest) if positive and highest > 0 else Fraction(1)
    raised = weights.copy()
    raised[idle] = own * scale
    return raised


def _coupled(
    orders: list[tuple[Number, tuple[int, ...]]], turns: list[tuple[Number, int | None]]
) -> Iterator[tuple[Number, tuple[int, ...], int | None]]:
    """Two mixtures as one, of no more entries than both together."""
    j, left = 0, turns[0][0]
    for share, order in orders:
        while share > 0:
            while left == 0:
                j += 1
                left = turns[j][0]
            step = min(share, left)
            yield step, order, turns[j][1]
            share, left = share - step, left - step
