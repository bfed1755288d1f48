"""What a rule that remembers adds up to when it is followed for ever.

In memory m and state s it draws an action a with probability q(a | m, s) and remembers f(m, s, a); the state
moves by itself, P(s' | a, s). The pair (m, s) is a chain, and a flow on it adds up to

    V(m, s) = flow(m, s) + δ Σ_a q(a | m, s) Σ_{s'} P(s' | a, s) V(f(m, s, a), s').
"""

from __future__ import annotations

import numpy as np

from ..numbers import Array, Ints, Number
from .mdp import discounted_value
from .moves import Moves


def lasting_value(flow: Array, lottery: Array, following: Ints, moves: Moves, discount: Number) -> Array:
    """V (M, S, C) of C flows (M, S, C), exact where all is rational.

    lottery, following: q and f, (M, S, A). Raises `TooLarge` as `Moves.under` does.
    """
    _, state, action = drawn = np.nonzero(lottery)
    line, after, chance = moves.under(action, state)
    sizes = flow.shape[:2]
    here = np.ravel_multi_index(drawn[:2], sizes)[line]
    there = np.ravel_multi_index((following[drawn][line], after), sizes)
    weights = lottery[drawn][line] * chance
    columns = flow.reshape(-1, flow.shape[2]).T
    worth = [discounted_value(column, here, there, weights, discount) for column in columns]
    return np.stack(worth, axis=-1).reshape(flow.shape)
