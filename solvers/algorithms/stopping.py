"""When to stop an arm: the index of one state by Dinkelbach's method, and how long an arm is worth playing.

*One index.* With a charge g for every period, going on from x is worth c(x) = r(x) − g + δ Σ P(x' | x) h(x'),
h = max(0, c), and γ(x) is the charge at which c(x) = 0. From a set C of states in which to go on, c = y − g z
with y, z the discounted rewards and periods of "play once, then while in C". Then, over and over,

    g ← y(x) / z(x),      C ← {c > 0},

a policy improvement at the charge that makes the last policy worth nothing (Dinkelbach 1967). Charges rise,
and where C comes back it is best at its own charge: the index, exact where the data is. Kernels are triplets,
so arms of many states with few moves each are no difficulty; one state costs a few sparse systems.

*All charges.* D(x, g) = E[δ^τ], τ the first time from now on that the index is below g, is how a bandit's
value is put together from its arms (Whittle 1980; `models/efficient/index_policy.py`): D = 1 where γ(x) < g,
and elsewhere D = δ Σ P(x' | x) D(x', g).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic import COMPUTED, arithmetic_of
from ..errors import InvalidInput
from ..numbers import Array, Bools, Ints, Number, show
from .mdp import ROUNDS, discounted_value


def index_at(reward: Array, moves: tuple[Ints, Ints, Array], discount: Number, state: int) -> Number:
    """The Gittins index of one state.

    reward: (K,). moves: the kernel as (rows, columns, weights), repeats summed. In doubles going on has to be
    worth more than 1e-9 of the largest |reward|, which is as far as the index may be off. Raises
    `InvalidInput` for a discount that is not at least 0 and below 1.

    >>> from fractions import Fraction as F
    >>> mean = np.array([F(1, 2), F(2, 3), F(1, 3)])  # Beta(1, 1), one observation
    >>> rows, columns = np.array([0, 0, 1, 2]), np.array([1, 2, 1, 2])
    >>> index_at(mean, (rows, columns, np.array([F(1, 2), F(1, 2), F(1), F(1)])), F(9, 10), 0)
    Fraction(7, 11)
    """
    if not 0 <= discount < 1:
        raise InvalidInput(f"discount {show(discount)}: an index needs one of at least 0 and below 1")
    one = arithmetic_of(reward).ones(len(reward))
    slack: Any = arithmetic_of(reward).slack(reward, COMPUTED)
    on = np.zeros(len(reward), dtype=bool)
    for _ in range(ROUNDS):
        y, z = (_while_in(on, flow, moves, discount) for flow in (reward, one))
        charge: Number = y[state] / z[state]
        better = np.asarray(y - charge * z > slack, dtype=np.bool_)
        if np.array_equal(better, on):
            return charge
        on = better
    raise InvalidInput(f"the index of state {state} was not found within {ROUNDS} rounds")


def _while_in(on: Bools, flow: Array, moves: tuple[Ints, Ints, Array], discount: Number) -> Array:
    """Discounted flow (K,) of playing once, then while in the set `on`: (I − δ P 1_on) V = flow."""
    rows, columns, weights = moves
    kept = on[columns]
    return discounted_value(flow, rows[kept], columns[kept], weights[kept], discount)


def stopping_discounts(kernel: Array, discount: Number, index: Array, charges: Array) -> Array:
    """D (K, G) = E[δ^τ], τ the first time that the index is below each of the charges (G,).

    kernel: (K, K). index: (K,). One system for every set {γ ≥ g} that there is.
    """
    arithmetic = arithmetic_of(kernel, discount)
    sets = index[:, None] >= charges[None, :]
    out = arithmetic.ones((len(index), len(charges)))
    different, place = np.unique(sets, axis=1, return_inverse=True)
    for number, on in enumerate(different.T):
        if not on.any():
            continue
        stays, leaves = kernel[np.ix_(on, on)], kernel[np.ix_(on, ~on)]
        none = arithmetic.full(len(stays), arithmetic.zero)
        flow = discount * leaves.sum(axis=1) if leaves.size else none
        rows, columns = np.nonzero(stays)
        values = discounted_value(flow, rows, columns, stays[rows, columns], discount)
        out[np.ix_(on, place.reshape(-1) == number)] = values[:, None]
    return out
