"""What the pivot mechanism keeps in any environment: drawn at random, checked exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.models.efficient.pivot import Pivot, pivot
from dynamech.models.environment.environment import Environment
from dynamech.models.society.assumptions import nonnegative_values
from dynamech.solvers.effort import EXACT
from dynamech.solvers.numbers import Array

from .efficient_cases import serving


def drawn(seed: int, stationary: bool, public: bool, signed: bool, agents: int = 2) -> Environment:
    env = load(
        "random",
        seed=seed,
        agents=agents,
        periods=1 if stationary else 3,
        actions=3,
        observed=int(public),
        given=public,
        feasible=public,
        stationary=stationary,
    )
    return _shifted(env, F(-3, 2)) if signed else env


def _shifted(env: Environment, by: F) -> Environment:
    """The same with every value moved, so that some are negative."""
    agents = [replace(a, values=tuple(v + by for v in a.values)) for a in env.agents]
    return env._with(agents=tuple(agents))


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**5), stationary=st.booleans(), public=st.booleans(), signed=st.booleans())
def test_what_always_holds(seed: int, stationary: bool, public: bool, signed: bool) -> None:
    """p ≥ 0 and M ≥ O whatever the signs of values, M ≥ 0 where they are nonnegative; (10) is (13); truth is
    best at every profile; net utility is M on every path; the budget adds up."""
    env = drawn(seed, stationary, public, signed)
    found = pivot(env, EXACT)
    assert found.discrepancy == 0
    nonnegative = nonnegative_values(env).holds
    assert found.assumptions["nonnegative values"].holds == nonnegative
    for t in found.periods:
        assert (found.transfers[t] >= 0).all()
        assert (found.M[t] >= found.outside[t]).all()
        assert (found.bond[t] == np.maximum(-found.M[t], 0)).all()
        assert not nonnegative or (found.M[t] >= 0).all()
        net = found.values[t] - found.transfers[t]
        after = found._after(t, found.M)
        assert (found.M[t] == net + (0 if after is None else env.discount * after)).all()
    holds = found.satisfies
    assert holds["ex-post"]
    assert holds["bayesian"]
    assert holds["outside-efficient"]
    assert not nonnegative or (holds["interim"] and holds["periodic"])


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**5), stationary=st.booleans(), public=st.booleans())
def test_relabelling(seed: int, stationary: bool, public: bool) -> None:
    """W, W_{-i} and M do not depend on how agents, types and actions are listed; payments do not where the
    efficient action is unique."""
    env = drawn(seed, stationary, public, False)
    turned = _mirrored(env)
    one, two = pivot(env, EXACT), pivot(turned, EXACT)
    for t in one.periods:
        sizes = env.types(t)

        def home(values: Array, sizes: tuple[int, ...] = sizes) -> Array:
            grid = values.reshape(*values.shape[:-1], *sizes[::-1])
            axes = tuple(range(values.ndim - 1, grid.ndim))
            flipped = np.flip(grid, axis=axes)
            front = tuple(range(values.ndim - 1))
            return flipped.transpose(*front, *axes[::-1]).reshape(values.shape)

        assert (home(two.W[t]) == one.W[t]).all()
        assert (home(two.W_without[t])[::-1] == one.W_without[t]).all()
        assert (home(two.M[t])[::-1] == one.M[t]).all()
        assert (home(two.unique[t]) == one.unique[t]).all()
        paid, alone = home(two.transfers[t])[::-1], one.unique[t]
        assert (paid[:, alone] == one.transfers[t][:, alone]).all()


def _mirrored(env: Environment) -> Environment:
    """Agents, everybody's types and all actions in reverse order, through the public constructor."""
    n = env.num_agents
    agents = []
    for i in reversed(range(n)):
        agent = env.agents[i]
        moves = [np.flip(kernel.table) for kernel in agent.kernels]
        values = [np.flip(own.reshape(len(own), -1)) for own in agent.values]
        agents.append(
            replace(
                agent,
                types=[list(reversed(labels)) for labels in agent.types],
                prior=np.flip(agent.prior),
                values=values,
                transitions=moves,
                kernels=(),
            )
        )
    return Environment(
        name="mirrored",
        agents=agents,
        actions=[list(reversed(labels)) for labels in env.actions],
        horizon=env.horizon,
        discount=env.discount,
        costs=[np.flip(c) for c in env.costs],
        feasible=[None if flags is None else np.flip(flags) for flags in env.feasible],
    )


def test_ties_leave_values_and_nothing_else() -> None:
    """Two bidders of value 1: payments (1, 0) or (0, 1), by the order in which actions are listed."""
    def at(found: Pivot) -> list[object]:
        state = found.states().index(("1", "1"))
        return [found.M[0][:, state].tolist(), found.transfers[0][:, state].tolist(), found.unique[0][state]]

    one, two = (pivot(serving([0, 1], listed, F(0)), EXACT) for listed in (["1", "2"], ["2", "1"]))
    assert at(one) == [[0, 0], [1, 0], False]
    assert at(two) == [[0, 0], [0, 1], False]


def test_a_flow_contribution_may_be_negative() -> None:
    """Errata of BV: M ≥ 0 says nothing about m, and she may pay more than this period is worth to her."""
    env = load("random", seed=140, agents=2, types=2, actions=3, stationary=True)
    found = pivot(env, EXACT)
    negative = found.m[0] < 0
    assert found.m[0].min() == F(-1, 2)
    assert (found.M[0] >= 0).all()
    assert (found.transfers[0][negative] > found.values[0][negative]).all()
    assert all(found.satisfies.values())


@pytest.mark.parametrize("name", ["two-type-markov"])
def test_a_single_agent_pays_what_is_lost(name: str) -> None:
    """Nobody else is there: W_{-i} is what actions cost at least, and she pays the cost beyond that."""
    found = pivot(load(name), EXACT)
    for t in found.periods:
        costs = found.environment.costs[t]
        assert (found.transfers[t][0] == costs[found.policy[t]] - costs.min()).all()
