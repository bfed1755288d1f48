"""Markov decision problems: backward induction, policy iteration, and the value of a given policy.

With rewards r (A, S), transitions P (A or 1, S, S') and discount δ,

    Q(a, s) = r(a, s) + δ Σ_{s'} P(s' | a, s) V(s'),      V(s) = max over allowed a of Q(a, s).

Everything is doubles, or everything is rational, and then so are values and comparisons: infinite-horizon
policies are found in doubles, evaluated by an exact linear solve, and improved until no exact comparison
disagrees. Ties go to the first action; in doubles actions tie within `TIE` of the largest |Q|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arithmetic import arithmetic_of
from ..errors import InvalidInput
from ..linear import solve_square
from ..numbers import Array, Bools, Ints, Number, is_exact, to_float
from ..short import Short

TIE = 1e-10
"""In doubles, how much less than the best action, relative to the largest |Q|, an earlier one may earn."""
ROUNDS = 1000
"""Policy iterations after which a problem is given up; a dozen is usual."""


@dataclass(frozen=True, eq=False, repr=False)
class OptimalPolicy(Short):
    """Per period (one entry where the horizon is infinite) values (S,) and the best allowed action (S,)."""

    values: tuple[Array, ...]
    policy: tuple[Ints, ...]


def backward_induction(
    rewards: Sequence[Array],
    transitions: Sequence[Array],
    discount: Number,
    allowed: Sequence[Bools | None] | None = None,
) -> OptimalPolicy:
    """The best plan over finitely many periods.

    rewards[t]: (A_t, S_t). transitions[t]: (A_t or 1, S_t, S_{t+1}), one fewer. allowed[t]: (A_t, S_t) or
    None where every action is. Raises `InvalidInput` where a state allows no action.
    """
    values: list[Array] = []
    policy: list[Ints] = []
    for t in reversed(range(len(rewards))):
        worth = rewards[t]
        if values:
            worth = worth + discount * expected(transitions[t], values[0])
        best = greedy(worth, None if allowed is None else allowed[t])
        policy.insert(0, best)
        values.insert(0, take(worth, best))
    return OptimalPolicy(tuple(values), tuple(policy))


def policy_iteration(
    reward: Array, transition: Array, discount: Number, allowed: Bools | None = None
) -> OptimalPolicy:
    """The best stationary plan over infinitely many periods, discount below 1.

    reward: (A, S). transition: (A or 1, S, S). allowed: (A, S) or None. Raises `InvalidInput` for a discount
    that is not below 1 and where a state allows no action.
    """
    if not 0 <= discount < 1:
        raise InvalidInput(f"discount {discount}: an infinite horizon needs one of at least 0 and below 1")
    if is_exact(reward):
        start = policy_iteration(to_float(reward), to_float(transition), float(discount), allowed).policy[0]
    else:
        start = greedy(reward, allowed)
    policy = start
    for _ in range(ROUNDS):
        values = policy_value(reward, transition, discount, policy)
        worth = reward + discount * expected(transition, values)
        better = greedy(worth, allowed)
        gain = take(worth, better) - take(worth, policy)
        slack = arithmetic_of(reward).slack(worth, TIE)
        if not np.any(gain > slack):
            if not np.array_equal(better, policy):  # equally good, and earlier in the list
                values = policy_value(reward, transition, discount, better)
            return OptimalPolicy((values,), (better,))
        policy = np.where(gain > slack, better, policy)
    raise InvalidInput(f"policy iteration did not end within {ROUNDS} rounds")


def policy_value(reward: Array, transition: Array, discount: Number, policy: Ints) -> Array:
    """Value (S,) of following a stationary policy (S,) for ever: (I − δ P) V = r, exact where rational."""
    states = np.arange(len(policy))
    flow = take(reward, policy)
    move = transition[policy if len(transition) > 1 else 0, states]
    return discounted_value(flow, *_triplets(move), discount)


def discounted_value(flow: Array, rows: Ints, columns: Ints, weights: Array, discount: Number) -> Array:
    """V (S,) with V = flow + δ P V, P given by triplets (row, column, weight) whose repeats are summed."""
    size = len(flow)
    own = np.arange(size)
    one = arithmetic_of(flow).ones(size)
    return solve_square(
        np.concatenate([own, rows]),
        np.concatenate([own, columns]),
        np.concatenate([one, -discount * weights]),
        flow,
    )


def expected(transition: Array, values: Array) -> Array:
    """``Σ P(s' | a, s) V(s')``: (A or 1, S, S') and (S',) to (A or 1, S)."""
    result: Array = np.matmul(transition, values)
    return result


def greedy(worth: Array, allowed: Bools | None) -> Ints:
    """The first best allowed action of every state: (A, S) to (S,)."""
    if allowed is not None and not allowed.any(axis=0).all():
        state = int(np.flatnonzero(~allowed.any(axis=0))[0])
        raise InvalidInput(f"state {state} allows no action")
    open_ = worth if allowed is None else np.where(allowed, worth, -np.inf)
    best = open_.max(axis=0)
    slack: Any = arithmetic_of(worth).slack(worth, TIE)
    result: Ints = (open_ + slack >= best).argmax(axis=0)
    return result


def take(table: Array, policy: Ints) -> Array:
    """Entry of the chosen action in every state: (A, ..., S) and (S,) to (..., S)."""
    result: Array = np.moveaxis(table, 0, -1)[..., np.arange(len(policy)), policy]
    return result


def _triplets(matrix: Array) -> tuple[Ints, Ints, Array]:
    rows, columns = np.nonzero(matrix)
    return rows, columns, matrix[rows, columns]
