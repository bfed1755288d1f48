"""The cheapest walk that never ends.

A walk at n takes one of its edges k, pays cost[n, k] and goes on at following[n, k]. The least discounted
total is the one solution of

    L(n) = min over k of  cost[n, k] + δ L(following[n, k]),

found by policy iteration: an edge for each place, valued by a linear system, until no other edge is cheaper.
Over the rationals the last rounds, and so the answer, are exact.
"""

from __future__ import annotations

import numpy as np

from ..arithmetic import arithmetic_of
from ..numbers import Array, Ints, Number, to_float
from .mdp import check_discount, discounted_value

SLACK = 1e-12
"""In doubles, an edge is cheaper by more than this share of the largest total."""
ROUNDS = 1000


def least_total(cost: Array, following: Ints, discount: Number) -> tuple[Array, Ints]:
    """(L (N,), the edge (N,) that each place takes) of edges (N, E), infinitely dear where there is none.

    Every place has an edge. Raises `InvalidInput` for a discount that is not below 1.
    """
    check_discount(discount)
    numbers = arithmetic_of(cost[np.isfinite(to_float(cost))])
    edge = np.argmin(cost, axis=1)
    if numbers.exact:
        edge = least_total(to_float(cost), following, float(discount))[1]
    places = np.arange(len(cost))
    for _ in range(ROUNDS):
        there = following[places, edge]
        total = discounted_value(cost[places, edge], places, there, numbers.ones(len(cost)), discount)
        along = cost + discount * total[following]
        best = np.argmin(along, axis=1)
        cheaper = np.asarray(along[places, best] < total - numbers.slack(total, SLACK), dtype=bool)
        if not cheaper.any():
            return total, edge
        edge = np.where(cheaper, best, edge)
    raise AssertionError(f"policy iteration ends; it did not within {ROUNDS} rounds")
