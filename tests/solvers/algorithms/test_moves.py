"""Products of kernels against joint tables, values against linear programs, errors against exact values."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.mdp import DecisionProblem, policy_iteration, policy_value, take
from dynamech.solvers.algorithms.moves import Factor, Moves
from dynamech.solvers.algorithms.value_program import value_program
from dynamech.solvers.errors import InvalidInput, TooLarge
from dynamech.solvers.numbers import Array, to_float
from dynamech.solvers.solve import solve


def rows(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Rational probabilities over the last axis, some of them 0."""
    weights = rng.integers(0, 4, shape)
    weights[..., 0] += 1
    total = weights.sum(axis=-1, keepdims=True)
    found: Array = np.vectorize(lambda v, s: F(int(v), int(s)), otypes=[object])(weights, total)
    return found


def product(seed: int, here: tuple[int, ...], there: tuple[int, ...], actions: int, joint: bool) -> Moves:
    """Coordinate 0 is given the next value of the last; some factors ignore the action or their own value."""
    rng = np.random.default_rng(seed)
    if joint:
        table = rows(rng, (actions, math.prod(here[:2]), math.prod(there[:2])))
        last = rows(rng, (1, here[2], there[2]))
        return Moves(here, there, (Factor(table, (0, 1)), Factor(last, (2,))))
    return Moves(
        here,
        there,
        (
            Factor(rows(rng, (actions, there[2], here[0], there[0])), (0,), (2,)),
            Factor(rows(rng, (1, 1, there[1])), (1,)),
            Factor(rows(rng, (actions, here[2], there[2])), (2,)),
        ),
    )


def chance(moves: Moves, action: int, now: tuple[int, ...], later: tuple[int, ...]) -> Any:
    """One entry of the joint table, factor by factor."""
    found = F(1)
    for factor in moves.factors:
        own = int(np.ravel_multi_index([now[k] for k in factor.own], [moves.here[k] for k in factor.own]))
        new = int(np.ravel_multi_index([later[k] for k in factor.own], [moves.there[k] for k in factor.own]))
        at = (action, *(later[k] for k in factor.given), own, new)
        found *= factor.table[tuple(k if n > 1 else 0 for k, n in zip(at, factor.table.shape, strict=True))]
    return found


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), joint=st.booleans())
def test_contractions_are_the_joint_table(seed: int, joint: bool) -> None:
    here, there = (2, 3, 2), (3, 2, 2)
    moves = product(seed, here, there, 2, joint)
    table = np.array(
        [[[chance(moves, a, s, n) for n in np.ndindex(there)] for s in np.ndindex(here)] for a in range(2)]
    )
    values = np.array([F(int(v), 3) for v in np.random.default_rng(seed).integers(-9, 9, 12)])
    assert (moves.expected(values) == table @ values).all()
    assert moves.floats.expected(to_float(values)) == pytest.approx(to_float(table @ values))
    assert (moves.support.expected(np.ones(12)) == (table != 0).sum(axis=-1)).all()
    policy = np.random.default_rng(seed + 1).integers(0, 2, 12)
    line, after, weight = moves.under(policy)
    written = np.zeros((12, 12), dtype=object)
    np.add.at(written, (line, after), weight)
    assert (written == table[policy, np.arange(12)]).all()
    assert len(line) == moves.nonzeros(policy) == (written != 0).sum()


def test_large_tables_are_contracted_action_by_action() -> None:
    """Dense under one action, at rest under the other; one for all actions, and not square."""
    rng = np.random.default_rng(4)
    dense, rest = rows(rng, (40, 40)), np.vectorize(F, otypes=[object])(np.eye(40, dtype=int))
    free, narrow = rows(rng, (1, 36, 40)), rows(rng, (2, 2, 3))
    arm, wide = Factor(np.stack([dense, rest]), (0,)), Factor(free, (2,))
    tables = Moves((40,), (40,), (arm,)).floats.factors[0].by_action or []
    assert [sp.issparse(table) for table in tables] == [False, True]
    for factors in ((arm, Factor(narrow, (1,)), wide), (wide, arm, Factor(narrow, (1,)))):
        moves = Moves((40, 2, 36), (40, 3, 40), factors)
        values = np.array([F(int(v), 3) for v in rng.integers(-9, 9, 40 * 3 * 40)])
        wanted = np.einsum("akm,abn,acp,mnp->akbc", to_float(arm.table), to_float(narrow),
                           np.repeat(to_float(free), 2, axis=0), to_float(values).reshape(40, 3, 40))
        assert moves.expected(to_float(values)) == pytest.approx(wanted.reshape(2, -1), abs=1e-12)


def problem(seed: int, endless: bool, count: int) -> DecisionProblem:
    rng = np.random.default_rng(seed)
    sizes = (2, 2, 2)
    rewards = [rng.integers(-6, 7, (3, 8)).astype(object) * F(1, 2) for _ in range(count)]
    allowed = rng.random((3, 8)) < 0.6
    allowed[0] |= ~allowed.any(axis=0)
    moves = [product(seed + t, sizes, sizes, 3, False) for t in range(count - (not endless))]
    return DecisionProblem(tuple(rewards), tuple(moves), F(4, 5), (allowed,) * count, endless)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), endless=st.booleans(), count=st.integers(1, 3))
def test_values_solve_the_linear_program(seed: int, endless: bool, count: int) -> None:
    """A certified program and the dynamic program have one answer, and so have doubles within their bound."""
    asked = problem(seed, endless, count)
    solution = solve(value_program(asked), exact=True)
    assert solution.certificate is not None
    assert solution.primal is not None
    assert solution.primal.tolist() == np.concatenate(asked.best.values).tolist()
    rounded = DecisionProblem(
        tuple(map(to_float, asked.rewards)), tuple(m.floats for m in asked.moves), 0.8, asked.allowed, endless
    ).best
    assert asked.best.error == 0
    for ours, theirs in zip(rounded.values, asked.best.values, strict=True):
        assert np.abs(ours - to_float(theirs)).max() <= rounded.error + 1e-14
    assert rounded.error < 1e-10


@pytest.mark.parametrize("stay", [0.0, 0.95, 0.999])
@pytest.mark.parametrize("discount", [0.5, 0.99, 0.9999])
def test_the_error_is_a_bound_however_slowly_chains_mix(stay: float, discount: float) -> None:
    """Four coordinates, too many pairs of states for elimination: against elimination all the same."""
    rng = np.random.default_rng(5)
    factors = []
    for k in range(4):
        table = rng.random((4, 5, 5))
        table = stay * np.eye(5) + (1 - stay) * table / table.sum(axis=-1, keepdims=True)
        factors.append(Factor(table / table.sum(axis=-1, keepdims=True), (k,)))
    moves = Moves((5,) * 4, (5,) * 4, tuple(factors))
    reward = 10 * rng.random((4, 625))
    plan = policy_iteration(reward, moves, discount)
    policy = plan.policy[0]
    line, after, weight = moves.under(policy)
    matrix = np.eye(625)
    np.add.at(matrix, (line, after), -discount * weight)
    flow = take(reward, policy)
    wanted = np.linalg.solve(matrix, flow)
    rounding = 1e-15 * 2 / (1 - discount) * np.abs(wanted).max()  # the condition is 2/(1 − δ) at most
    assert np.abs(plan.values[0] - wanted).max() <= plan.error + rounding
    assert plan.error <= 1e-11 * 10 / (1 - discount)  # the largest value that rewards allow
    value, error = policy_value(flow, moves, discount, policy)
    assert np.abs(value - wanted).max() <= error + rounding


def test_what_is_too_large_or_has_no_present_value() -> None:
    moves = product(1, (2, 2, 2), (2, 2, 2), 3, False)
    with pytest.raises(InvalidInput, match=r"discount 1\.0: an infinite horizon"):
        value_program(DecisionProblem((np.zeros((3, 8)),), (moves.floats,), 1.0, (None,), True))
    wide = Moves((50, 50), (50, 50), tuple(Factor(np.full((1, 50, 50), 0.02), (k,)) for k in range(2)))
    with pytest.raises(TooLarge, match="2,500 states moves between 6,250,000 pairs"):
        wide.under(np.zeros(2500, dtype=np.int64))


def test_nothing_is_worth_nothing() -> None:
    """No rewards, no spread, no discounting to do: no division by any of them."""
    moves = product(2, (2, 2, 2), (2, 2, 2), 3, False).floats
    assert policy_iteration(np.zeros((3, 8)), moves, 0.9).values[0].tolist() == [0.0] * 8
    plan = policy_iteration(np.full((3, 8), 2.0), moves, 0.5)
    assert plan.values[0] == pytest.approx([4.0] * 8)
    assert policy_iteration(np.eye(3, 8), moves, 0.0).values[0].tolist() == [1.0] * 3 + [0.0] * 5


@pytest.mark.parametrize("exact", [True, False])
def test_a_policy_is_followed_for_ever_after_its_first_periods(exact: bool) -> None:
    """Flows under a policy: the last period's for ever, what comes before one step back each."""
    asked, flows = problem(3, True, 3), []
    for t, policy in enumerate(asked.best.policy):
        flows.append(take(asked.rewards[t], policy))
    if not exact:
        rewards, moves = map(to_float, asked.rewards), (m.floats for m in asked.moves)
        asked = DecisionProblem(tuple(rewards), tuple(moves), 0.8, asked.allowed, True)
        flows = [to_float(flow) for flow in flows]
    values, error = asked.follow(asked.best.policy, flows)
    assert (error == 0) == exact
    for t, value in enumerate(values):
        ahead = take(asked.moves[t].expected(values[min(t + 1, 2)]), asked.best.policy[t])
        assert abs(value - flows[t] - asked.discount * ahead).max() <= 2 * error
        assert abs(value - asked.best.values[t]).max() <= error + asked.best.error
