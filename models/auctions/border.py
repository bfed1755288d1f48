"""Which interim allocations come from an auction: Border's condition by the sorted upper sets.

Interim probabilities x_i(θ) of independent buyers are those of some auction of one good if and only if, for
every choice of a set S_i of types of each buyer,

    Σ_i Σ_{θ ∈ S_i} f_i(θ) x_i(θ)  ≤  1 − Π_i (1 − f_i(S_i))

(Border 1991, 2007): she who wins with a type in a set is there. Of the exponentially many choices, Σ_i K_i
are enough: sort all types of all buyers by x_i(θ) · Pr[x_i(θ') ≤ x_i(θ)], and take the first k of them for
each k (Cai, Daskalakis & Weinberg 2012a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Bools, Ints, Number, array, objects, show
from ...solvers.short import Short
from .market import Market, distribution


@dataclass(frozen=True, eq=False, repr=False)
class UpperSets(Short):
    """The sorted upper sets of an interim allocation, M = Σ_i K_i of them, by increasing size.

    `members` (M, M): row k marks the types of set k, all buyers' types in one line. `wins` (M,): how often
    the allocation serves a type of the set; `most` (M,): how often there is one.
    """

    members: Bools
    wins: Array
    most: Array

    @property
    def excess(self) -> Array:
        """By how much each set breaks Border's inequality (M,); feasible where none is positive."""
        return self.wins - self.most

    @property
    def worst(self) -> Number:
        """The largest excess, 0 where there is none."""
        worst: Number = max(self.excess.max(), self.excess[0] * 0)
        return worst


def upper_sets(market: Market, allocation: Sequence[Array]) -> UpperSets:
    """The Σ_i K_i upper sets on which an interim allocation, per buyer (K_i,), can break Border's condition.

    >>> from ...solvers.numbers import array
    >>> from .market import distribution
    >>> bidder = distribution(array([1, 2]), array(["1/2", "1/2"]))
    >>> market = Market("two bidders", 0, (bidder, bidder), keep=0)
    >>> [str(upper_sets(market, [array(x)] * 2).worst) for x in (["0", "3/4"], ["1/4", "1"])]
    ['0', '1/4']
    """
    position = np.concatenate(
        [_position(x, b.probabilities) for x, b in zip(allocation, market.buyers, strict=True)]
    )
    order = np.argsort(-position, kind="stable")
    owner = np.repeat(np.arange(len(market.buyers)), [b.size for b in market.buyers])[order]
    weights = np.concatenate([b.probabilities for b in market.buyers])[order]
    wins = np.cumsum(weights * np.concatenate(list(allocation))[order])
    members = np.zeros((order.size, order.size), dtype=np.bool_)
    members[:, order] = np.tri(order.size, dtype=np.bool_)
    return UpperSets(members, wins, 1 - _absent(market, owner, weights))


def sets_of(priors: Sequence[Array], allocation: Sequence[Array]) -> UpperSets:
    """`upper_sets` of buyers by their priors (K_i,) alone, in any order of types.

    Raises `InvalidInput` where the allocation has another shape, or numbers that are no probabilities.
    """
    shapes, wanted = [x.shape for x in allocation], [prior.shape for prior in priors]
    if shapes != wanted:
        raise InvalidInput(f"reduced form: shapes {shapes} are not the types of the agents {wanted}")
    for i, own in enumerate(allocation):
        if ((own < 0) | (own > 1)).any():
            k = int(np.flatnonzero((own < 0) | (own > 1))[0])
            raise InvalidInput(f"reduced form: agent {i}, type {k}: {show(own[k])} is no probability")
    there = [prior > 0 for prior in priors]  # what is promised to nobody can be kept
    buyers = tuple(
        distribution(array(list(range(int(held.sum())))), prior[held])
        for prior, held in zip(priors, there, strict=True)
    )
    market = Market("reduced form", 0, buyers, keep=0)
    return upper_sets(market, [own[held] for own, held in zip(allocation, there, strict=True)])


def _position(x: Array, probabilities: Array) -> Array:
    """x(θ) · Pr[x(θ') ≤ x(θ)] for one buyer."""
    levels, at = np.unique(x, return_inverse=True)
    mass = np.zeros(levels.size, dtype=x.dtype)
    np.add.at(mass, at.reshape(-1), probabilities)
    position: Array = x * np.cumsum(mass)[at.reshape(-1)]
    return position


def _absent(market: Market, owner: Ints, weights: Array) -> Array:
    """The probability that no type of the first k + 1 is there, for k = 0, 1, ...: (M,)."""
    count = len(market.buyers)
    if not market.exact:
        taken = np.zeros((owner.size, count))
        taken[np.arange(owner.size), owner] = weights
        chance: Array = np.multiply.reduce(1 - np.cumsum(taken, axis=0), axis=1)
        return chance
    wholes = [lcm(*(p.denominator for p in buyer.probabilities)) for buyer in market.buyers]
    left = np.zeros((owner.size, count), dtype=object)
    steps = [int(p * wholes[i]) for p, i in zip(weights, owner.tolist(), strict=True)]
    left[np.arange(owner.size), owner] = [-step for step in steps]
    left[0] += wholes
    product = np.multiply.reduce(np.cumsum(left, axis=0), axis=1)
    whole = prod(wholes)
    return objects(Fraction(n, whole) for n in product.tolist())
