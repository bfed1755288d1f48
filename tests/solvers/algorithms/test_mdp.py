"""Decision problems: against enumeration of all policies, exactly."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.mdp import (
    DecisionProblem,
    backward_induction,
    policy_iteration,
    policy_value,
    take,
)
from dynamech.solvers.algorithms.moves import Moves
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.numbers import to_float


def problem(seed: int, actions: int, states: int, width: int) -> tuple[Any, Any]:
    """Rational rewards (A, S) and transitions (width, S, S)."""
    rng = np.random.default_rng(seed)
    reward = np.vectorize(lambda v: F(int(v), 2), otypes=[object])(rng.integers(-6, 7, (actions, states)))
    weights = rng.integers(0, 4, (width, states, states)) + np.eye(states, dtype=int)
    move = np.vectorize(lambda v, s: F(int(v), int(s)), otypes=[object])(
        weights, weights.sum(axis=-1, keepdims=True)
    )
    return reward, move


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), controlled=st.booleans())
def test_policy_iteration_beats_every_policy(seed: int, controlled: bool) -> None:
    reward, move = problem(seed, 3, 3, 3 if controlled else 1)
    plan = policy_iteration(reward, Moves.dense(move), F(4, 5))
    rivals = [
        policy_value(take(reward, np.array(policy)), Moves.dense(move), F(4, 5), np.array(policy))[0]
        for policy in itertools.product(range(3), repeat=3)
    ]
    assert (plan.values[0] == np.max(np.stack(rivals), axis=0)).all()
    rounded = policy_iteration(to_float(reward), Moves.dense(to_float(move)), 0.8)
    assert rounded.values[0] == pytest.approx(to_float(plan.values[0]))
    assert rounded.policy[0].tolist() == plan.policy[0].tolist()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_backward_induction_is_the_recursion(seed: int) -> None:
    reward, move = problem(seed, 2, 3, 2)
    plan = backward_induction([reward] * 3, [Moves.dense(move)] * 2, F(1, 2))

    def worth(t: int, s: int) -> Any:
        if t == 3:
            return F(0)
        return max(
            reward[a, s]
            + (F(1, 2) * sum(move[a, s, n] * worth(t + 1, n) for n in range(3)) if t < 2 else F(0))
            for a in range(2)
        )

    for t in range(3):
        assert plan.values[t].tolist() == [worth(t, s) for s in range(3)]


def test_ties_go_to_the_first_action() -> None:
    reward, move = problem(3, 2, 3, 1)
    same = np.stack([reward[0], reward[0], reward[0] - 1])
    for exact in (True, False):
        table, step = (same, move) if exact else (to_float(same), to_float(move))
        plan = policy_iteration(table, Moves.dense(step), F(1, 2) if exact else 0.5)
        assert plan.policy[0].tolist() == [0, 0, 0]
        assert backward_induction([table], [], F(1)).policy[0].tolist() == [0, 0, 0]


def test_values_are_those_of_the_best_action_though_one_before_it_counts_as_tied() -> None:
    """The bound on the error is of rounding: what an earlier action earns less is not part of it."""
    nearly = np.array([[1.0], [1 + 2.0**-36], [0.0]])
    plan = backward_induction([nearly] * 2, [Moves.dense(np.ones((1, 1, 1)))], 0.5)
    assert [policy.tolist() for policy in plan.policy] == [[0], [0]]
    assert [value.tolist() for value in plan.values] == [[1.5 * (1 + 2.0**-36)], [1 + 2.0**-36]]
    assert plan.error < 2.0**-40


def test_only_allowed_actions_are_taken() -> None:
    reward, move = problem(4, 2, 3, 2)
    allowed = np.array([[True, False, True], [False, True, True]])
    plan = policy_iteration(reward, Moves.dense(move), F(1, 2), allowed)
    assert plan.policy[0][:2].tolist() == [0, 1]
    with pytest.raises(InvalidInput, match="state 1 allows no action"):
        policy_iteration(reward, Moves.dense(move), F(1, 2), np.array([[True, False, True]] * 2))
    with pytest.raises(InvalidInput, match="discount 1"):
        policy_iteration(reward, Moves.dense(move), F(1))


def test_what_rounding_leaves_of_larger_numbers_is_a_tie() -> None:
    """Two actions worth nothing, as rewards, sums of 0.3, or their sum with what follows cancel."""
    dust = np.array([[0.0], [0.1 + 0.2 - 0.3]])
    assert dust[1, 0] > 0
    alone = DecisionProblem((dust,), (), 1.0, (None,), size=0.3)
    assert alone.best.tied[0].all()
    assert alone.best.policy[0].tolist() == [0]
    assert not replace(alone, size=0.0).best.tied[0].all()
    moves = Moves.dense(np.ones((1, 1, 1)))
    for unit in (1.0, 1e-9, 1e9):
        rewards = (unit * np.array([[-0.3 * 0.9], [-(0.1 + 0.2) * 0.9]]), unit * np.array([[0.3]]))
        later = DecisionProblem(rewards, (moves,), 0.9, (None, None))
        assert later.best.worth[0][0] != later.best.worth[0][1]
        assert later.best.tied[0].all()
