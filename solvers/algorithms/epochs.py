"""What every arm of a bandit gets under the index policy, without a dynamic program over profiles of states.

*One arm.* Let γ_1 > γ_2 > … be the indices that its states have, and L(x, m) = E[δ^τ], τ the first time, were
it played alone from x, that its index is below γ_m; L(x, 0) = 1. In the *epoch* m the least index so far is
γ_m. It lasts the share T(x, m) = L(x, m − 1) − L(x, m) of all discounted time, 1 / (1 − δ) periods, and
brings γ_m in each of them on average, whatever the rewards in it are (the prevailing charge: Weber 1992).

*Beside others.* Arms move only when they are played, so an epoch of arm i waits until every other arm has
come down below γ_m; where indices tie, the arm that is listed first goes first:

    share of i's epoch m = T_i(x_i, m) Π_{j before i} L_j(x_j, not above … γ_m) Π_{j after i} L_j(x_j, …),

with τ_j the first time below γ_m for those before i, and not above γ_m for those after. Factors are of one
arm each, so where the states of arms are independent their means are the shares' means. Shares times indices
add up to what the bandit is worth, which is Whittle's integral again (`models/efficient/index_policy.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic import COMPUTED, arithmetic_of
from ..numbers import Array, Ints, Number
from ..short import Short
from .gittins import gittins_indices, tied
from .stopping import stopping_discounts


@dataclass(frozen=True, eq=False, repr=False)
class Epochs(Short):
    """An arm by itself.

    levels: (M,) its different indices, falling. place: (K,) which is each state's.
    left: (K, M + 1) L, from 1 to 0. error: of indices, as in `GittinsIndices`.
    """

    levels: Array
    place: Ints
    left: Array
    error: float = 0.0

    @property
    def index(self) -> Array:
        """(K,) of every state."""
        return self.levels[self.place]


def epochs(reward: Array, kernel: Array, discount: Number) -> Epochs:
    """Of an arm with rewards (K,) and a kernel (K, K). Raises as `gittins_indices` does.

    >>> from fractions import Fraction as F
    >>> half, one = F(1, 2), F(1)
    >>> learning = np.array([[0, half, half], [0, one, 0], [0, 0, one]]) + F(0)
    >>> arm = epochs(np.array([half, F(2, 3), F(1, 3)]), learning, F(9, 10))  # Beta(1, 1), one observation
    >>> [str(level) for level in arm.levels], [str(left) for left in arm.left[0]]
    (['2/3', '7/11', '1/3'], ['1', '1', '9/20', '0'])
    """
    own = gittins_indices(reward, kernel, discount)
    rising, place = np.unique(own.index, return_inverse=True)
    levels = rising[::-1]
    left = stopping_discounts(kernel, discount, own.index, levels)
    whole = arithmetic_of(left).ones((len(reward), 1))
    left[:, -1] = 0 * whole[:, 0]
    return Epochs(levels, len(levels) - 1 - place.reshape(-1), np.hstack([whole, left]), own.error)


def steady(reward: Number) -> Epochs:
    """An arm of one state."""
    exact = arithmetic_of(reward)
    left = exact.ones((1, 2))
    left[0, 1] = exact.zero
    return Epochs(exact.full(1, reward), np.zeros(1, dtype=np.int64), left)


def ranks(levels: Sequence[Array]) -> list[Ints]:
    """By arm and level (M,) the place among all, 0 for the largest; what differs by rounding ties."""
    charges = np.unique(np.concatenate(levels))[::-1]
    apart = np.array(tied(charges, arithmetic_of(charges).slack(charges, COMPUTED)))
    group = np.concatenate([[0], np.cumsum(apart[1:] != apart[:-1])])
    return [group[np.searchsorted(-charges, -own)] for own in levels]


def shares(levels: Sequence[Array], left: Sequence[Array]) -> list[Array]:
    """By arm (..., M): the share of all discounted time that each epoch gets.

    levels: by arm (M,), falling. left: by arm L, (..., M + 1), whose axes in front broadcast: one an arm at
    every profile of states, or none for means over states.
    """
    order = ranks(levels)
    out = []
    for i, own in enumerate(order):
        waits = [
            later[..., np.searchsorted(order[j], own, side="right" if j < i else "left")]
            for j, later in enumerate(left)
            if j != i
        ]
        out.append(math.prod(waits, start=left[i][..., :-1] - left[i][..., 1:]))
    return out
