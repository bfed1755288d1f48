"""The pivot mechanism of more agents, of types that differ by period, and of what everybody sees: a second
route to every W_{-i}, single lies at every state, and sets of exit that follow the policy and no list."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.pivot import Pivot, pivot
from dynamech.models.efficient.scheme import Scheme
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.society.problem import others, spread
from dynamech.solvers.effort import EXACT
from dynamech.solvers.numbers import Array, to_exact

from .efficient_cases import serving


def rows(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Rational probabilities over the last axis, some of them 0."""
    weights = rng.integers(0, 3, shape)
    weights[..., 0] += 1
    found: Array = to_exact(weights.astype(float)) / weights.sum(axis=-1, keepdims=True)
    return found


def drawn(seed: int, endless: bool, signed: bool) -> Environment:
    """Three agents who report, one of them given the next weather, and the weather; numbers of types by
    period; an action that bad weather forbids; costs."""
    rng = np.random.default_rng(seed)
    periods = 1 if endless else 3
    sizes = [[2, 3, 2, 2]] if endless else [[2, 1, 3, 2], [3, 2, 2, 1], [1, 3, 2, 2]]
    after = [0] if endless else [1, 2]
    agents = []
    for i, name in enumerate(["a", "b", "c", "weather"]):
        types = [[f"{t}{k}" for k in range(sizes[t][i])] for t in range(periods)]
        least = -3 if signed else 0
        values = [rng.integers(least, 4, (3, sizes[t][i])) for t in range(periods)]
        moves = []
        for t, later in enumerate(after):
            front = (1, sizes[later][3]) if i == 1 else (3,) if i < 3 else (1,)
            moves.append(rows(rng, (*front, sizes[t][i], sizes[later][i])))
        seen = ["weather"] if i == 1 else []
        agents.append(
            Agent(name, types[0] if endless else types, rows(rng, (sizes[0][i],)), values, moves,
                  observed=i == 3, given=seen)
        )  # fmt: skip
    flags = [np.ones((3, sizes[t][3]), dtype=bool) for t in range(periods)]
    for flag in flags:
        flag[2, -1] = False
    return Environment(
        name="shapes",
        agents=agents,
        actions=["x", "y", "z"],
        horizon=None if endless else periods,
        discount="4/5",
        costs=[rng.integers(0, 2, 3) for _ in range(periods)],
        feasible=flags,
    )


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), endless=st.booleans(), signed=st.booleans())
def test_three_agents_and_what_everybody_sees(seed: int, endless: bool, signed: bool) -> None:
    env = drawn(seed, endless, signed)
    found = pivot(env, EXACT)
    assert found.discrepancy == 0
    for k, i in enumerate(env.private):  # on all states, her values counting nothing, as on the others' alone
        alone = efficient(env, [int(j != i) for j in range(env.num_agents)])
        for t in found.periods:
            assert (alone.welfare[t] == found.W_without[t][k]).all()
            home = spread(found.without[k].values[t], env.types(t), others(env, i))
            assert (alone.welfare[t] == home).all()
    made = Scheme(found, False, tuple(paid[:, None] for paid in found.transfers))
    for t in found.periods:
        assert (found.transfers[t] >= 0).all()
        assert (found.M[t] >= found.outside[t]).all()
        assert (made.left[t][:, 0] == found.M[t]).all()
        assert (made.gains[0][t] == 0).all()
    whole = pivot(env)
    for t in found.periods:
        assert np.abs(whole.W[t] - found.W[t].astype(float)).max() <= whole.error["W"]
        assert np.abs(whole.W_without[t] - found.W_without[t].astype(float)).max() <= whole.error["W_without"]


def chosen(found: Pivot) -> list[list[str]]:
    return [
        [found.environment.actions[t][a] for a in policy.tolist()] for t, policy in enumerate(found.policy)
    ]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), endless=st.booleans(), order=st.permutations([0, 1, 2]))
def test_exit_follows_the_policy_and_not_the_list(seed: int, endless: bool, order: list[int]) -> None:
    """Where the efficient actions are the same ones, however they are listed, payments and exit are."""
    env = drawn(seed, endless, False)
    agents = [
        Agent(
            a.name, a.types if not endless else a.types[0], a.prior,
            [v.reshape(3, -1)[order] for v in a.values],
            [k.table if len(k.table) == 1 else k.table[order] for k in a.kernels],
            a.observed, [env.agents[j].name for j in a.kernels[0].given],
        )
        for a in env.agents
    ]  # fmt: skip
    turned = Environment(
        name="turned",
        agents=agents,
        actions=[env.actions[0][k] for k in order],
        horizon=env.horizon,
        discount=env.discount,
        costs=[costs[order] for costs in env.costs],
        feasible=[None if flags is None else flags.reshape(3, -1)[order] for flags in env.feasible],
    )
    one, two = pivot(env, EXACT), pivot(turned, EXACT)
    same = chosen(one) == chosen(two)
    assert same or not all(alone.all() for alone in one.unique)
    if same:
        for t in one.periods:
            assert (one.exit[t] == two.exit[t]).all()
            assert (one.transfers[t] == two.transfers[t]).all()


@pytest.mark.parametrize("listed", list(permutations(["1", "2", "3", "nobody"])))
def test_alike_agents_differ_by_their_turn_alone(listed: tuple[str, ...]) -> None:
    """Three tasks of one kind: whoever is served first at ties is out in 30 states, then 36, then 45,
    wherever `nobody` is listed. A set that counted all ties would have one size for all of them."""
    found = pivot(serving([0, 3, 5, 8], list(listed)))
    turn = [name for name in listed if name != "nobody"]
    sizes = dict(zip(found.agents, found.exit[0].sum(axis=1).tolist(), strict=True))
    assert [sizes[name] for name in turn] == [30, 36, 45]
