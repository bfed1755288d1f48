"""The efficient policy: Bellman's equation recomputed profile by profile, and the paper's example."""

from __future__ import annotations

import itertools
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.models.efficient.efficient import efficient
from dynamech.models.environment.environment import Environment
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge


def chance(env: Environment, t: int, action: int, now: tuple[int, ...], later: tuple[int, ...]) -> Any:
    """Probability of the next profile, one agent at a time."""
    if env.process is not None:
        table = env.process.transitions[t]
        return table[(action if len(table) > 1 else 0, *now, *later)]
    out = F(1)
    for i, agent in enumerate(env.agents):
        kernel = agent.kernels[t]
        given_types = [later[j] for j in kernel.given]
        at = (action if len(kernel.table) > 1 else 0, *given_types, now[i], later[i])
        out *= kernel.table[tuple(k if n > 1 else 0 for k, n in zip(at, kernel.table.shape, strict=True))]
    return out


def check_bellman(env: Environment) -> None:
    plan = efficient(env)
    for t in range(env.periods):
        profiles = list(itertools.product(*(range(k) for k in env.types(t))))
        after = 0 if env.stationary else t + 1
        later = list(itertools.product(*(range(k) for k in env.types(after)))) if after < env.periods else []
        for s, profile in enumerate(profiles):
            worth: dict[int, F] = {}
            shares: dict[int, list[F]] = {}
            for a in range(env.num_actions(t)):
                flags = env.feasible[t]
                if flags is not None and not flags[(a, *(profile[i] for i in env.observed))]:
                    continue
                shares[a] = []
                for i, agent in enumerate(env.agents):
                    table = np.broadcast_to(agent.values[t], (env.num_actions(t), *env.types(t)))
                    own = table[(a, *profile)]
                    for n, profile2 in enumerate(later):
                        own += env.discount * chance(env, t, a, profile, profile2) * plan.values[after][i][n]
                    shares[a].append(own)
                worth[a] = sum(
                    (
                        env.discount * chance(env, t, a, profile, profile2) * plan.welfare[after][n]
                        for n, profile2 in enumerate(later)
                    ),
                    sum(
                        np.broadcast_to(agent.values[t], (env.num_actions(t), *env.types(t)))[(a, *profile)]
                        for agent in env.agents
                    )
                    - env.costs[t][a],
                )
            best = max(worth.values())
            assert plan.welfare[t][s] == best
            chosen = int(plan.policy[t][s])
            assert chosen == min(a for a, value in worth.items() if value == best)
            assert plan.values[t][:, s].tolist() == shares[chosen]


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5),
    independent=st.booleans(),
    private=st.booleans(),
    controlled=st.booleans(),
    stationary=st.booleans(),
    public=st.booleans(),
)
def test_bellman_profile_by_profile(
    seed: int, independent: bool, private: bool, controlled: bool, stationary: bool, public: bool
) -> None:
    check_bellman(
        load(
            "random",
            seed=seed,
            agents=2,
            observed=int(public),
            given=public and independent,
            feasible=public,
            independent=independent,
            private_values=private,
            controlled=controlled,
            stationary=stationary,
        )
    )


def test_the_licences_of_section_3_1() -> None:
    """Liu (2014), section 3.1: W is 61/4 and 91/4 after signals 4 and 6, 19 ex ante."""
    plan = efficient(load("liu-licence"))
    assert plan.welfare[0].tolist() == [F(61, 4), F(91, 4)]
    assert plan.welfare[1].tolist() == [7, 12]
    assert [policy.tolist() for policy in plan.policy] == [[0, 1], [0, 1]]
    assert plan.welfare[0].mean() == 19
    assert plan.others(1, 0).tolist() == [0, 12]
    assert plan.others(1, 1).tolist() == [7, 0]


def test_three_agents_with_different_numbers_of_types() -> None:
    """Agents' own sums add up to welfare, whatever their numbers (equal numbers hide transposed axes)."""
    env = load("random-correlated", agents=3, types=2, actions=4, rank=2)
    plan = efficient(env)
    assert plan.values[0].shape == (3, 8)
    assert (plan.values[0].sum(axis=0) == plan.welfare[0]).all()
    check_bellman(env)


def test_weights_leave_an_agent_out() -> None:
    env = load("random", seed=3, agents=2, stationary=True)
    without = efficient(env, [1, 0])
    alone = env._with(
        agents=(env.agents[0], env.agents[1].__class__(**(vars(env.agents[1]) | {"values": _nothing(env)})))
    )
    assert (without.welfare[0] == efficient(alone).welfare[0]).all()
    with pytest.raises(InvalidInput, match="weights: 1 numbers for 2 agents"):
        efficient(env, [1])


def _nothing(env: Environment) -> Any:
    return tuple(0 * table for table in env.agents[1].values)


def test_doubles_agree_with_rationals() -> None:
    env = load("random", seed=8, agents=3, types=3, stationary=True, independent=False)
    exact, rounded = efficient(env), efficient(env.to_float())
    assert rounded.welfare[0] == pytest.approx(exact.welfare[0].astype(float))
    assert rounded.policy[0].tolist() == exact.policy[0].tolist()


def test_what_has_no_efficient_policy() -> None:
    with pytest.raises(AssumptionViolated, match="divisible goods"):
        efficient(load("two-type-markov", quadratic=True))
    large = load("random", agents=3, types=20, controlled=False, stationary=True)
    with pytest.raises(TooLarge, match="a policy on 8,000 states moves between 64,000,000 pairs"):
        efficient(large)
    assert len(efficient(large.to_float()).welfare[0]) == 8000
