"""The error of values in doubles, rounded data included, against rational values: never more than said."""

from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.mdp import DecisionProblem, take
from dynamech.solvers.algorithms.moves import Factor, Moves
from dynamech.solvers.numbers import Array, to_float

CHAINS = ("mixing", "stays", "nearly periodic", "absorbing")


def kernel(rng: np.random.Generator, chain: str, actions: int, states: int) -> Array:
    """(A, K, K) rational probabilities whose doubles do not add up to 1."""
    weights = rng.integers(1, 40, (actions, states, states))
    rows: Array = weights.astype(object) / (weights.sum(axis=-1, keepdims=True) * np.array(F(1)))
    stay, turn = np.eye(states, dtype=int), np.roll(np.eye(states, dtype=int), 1, axis=1)
    if chain == "stays":
        rows = F(19, 20) * stay + F(1, 20) * rows
    if chain == "nearly periodic":
        rows = F(9999, 10000) * turn + F(1, 10000) * rows
    if chain == "absorbing":
        rows[:, 0] = stay[0] * F(1)
    return rows


def problem(
    seed: int, chain: str, sizes: tuple[int, ...], actions: int, discount: F, money: F, periods: int | None
) -> DecisionProblem:
    rng = np.random.default_rng(seed)
    count = periods or 1
    states = math.prod(sizes)
    rewards = [rng.integers(-9, 10, (actions, states)) * np.array(money / 7) for _ in range(count)]
    moves = [
        Moves(sizes, sizes, tuple(Factor(kernel(rng, chain, actions, k), (f,)) for f, k in enumerate(sizes)))
        for _ in range(1 if periods is None else periods - 1)
    ]
    return DecisionProblem(tuple(rewards), tuple(moves), discount, (None,) * count, periods is None)


def in_doubles(asked: DecisionProblem) -> DecisionProblem:
    rewards, moves = tuple(map(to_float, asked.rewards)), tuple(m.floats for m in asked.moves)
    return DecisionProblem(rewards, moves, float(asked.discount), asked.allowed, asked.endless)


def off(ours: Array, right: Array) -> F:
    """The largest difference, over the rationals."""
    worst: F = max(abs(F(a) - b) for a, b in zip(ours.tolist(), right.tolist(), strict=True))
    return worst


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    chain=st.sampled_from(CHAINS),
    sizes=st.sampled_from([(1,), (1, 3), (4, 3), (2, 2, 2)]),
    actions=st.sampled_from([1, 3]),
    discount=st.sampled_from([F(0), F(1, 3), F(19, 20), F(99, 100), F(9999, 10000)]),
    money=st.sampled_from([F(1, 10**12), F(1), F(10**12)]),
    periods=st.sampled_from([None, None, 1, 4]),
)
def test_no_value_is_further_off(
    seed: int, chain: str, sizes: tuple[int, ...], actions: int, discount: F, money: F, periods: int | None
) -> None:
    asked = problem(seed, chain, sizes, actions, discount, money, periods)
    rounded = in_doubles(asked)
    for ours, right in zip(rounded.best.values, asked.best.values, strict=True):
        assert off(ours, right) <= rounded.best.error
    # and it says something: beside the largest value that rewards allow
    most = 10 * money * (periods or 1 / (1 - discount))
    assert rounded.best.error <= 1e-10 * most
    policy = asked.best.policy
    flows = [take(reward, chosen) for reward, chosen in zip(asked.rewards, policy, strict=True)]
    wanted = asked.follow(policy, flows)[0]
    found, error = rounded.follow(policy, [to_float(flow) for flow in flows])
    for ours, right in zip(found, wanted, strict=True):
        assert off(ours, right) <= error <= 1e-10 * most


@pytest.mark.parametrize("money", [1e-12, 1e12])
def test_in_other_money_everything_is_the_same(money: float) -> None:
    """Powers of two round nothing: values, policies, errors and ties are the same to the last bit."""
    unit = 2.0 ** round(math.log2(money))
    asked = in_doubles(problem(3, "stays", (4, 3), 3, F(99, 100), F(1), None))
    other = DecisionProblem(
        (asked.rewards[0] * unit,), asked.moves, asked.discount, asked.allowed, asked.endless
    )
    one, two = asked.best, other.best
    assert (one.values[0] * unit == two.values[0]).all()
    assert (one.policy[0] == two.policy[0]).all()
    assert (one.tied[0] == two.tied[0]).all()
    assert one.error * unit == two.error
