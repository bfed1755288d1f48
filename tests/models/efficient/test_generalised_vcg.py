"""Generalised VCG payments: best replies, the pivot mechanism where values are private, orders of actions."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.efficient.crossing import orders_of
from dynamech.models.efficient.efficient import efficient, flow_values
from dynamech.models.efficient.generalised_vcg import generalised_vcg
from dynamech.models.environment.independence import factored
from dynamech.models.society.problem import transitions
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.algorithms.mdp import take
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

SEEDS = st.integers(0, 10**5)


def rows(rng: Any, *shape: int) -> Any:
    """Random rational probabilities along the last axis."""
    weights = rng.integers(1, 9, size=shape)
    sums = weights.sum(axis=-1, keepdims=True)
    return np.vectorize(lambda v, s: F(int(v), int(s)), otypes=[object])(weights, sums)


def private_auction(seed: int, stationary: bool, interdependent: bool = False) -> dm.Environment:
    """Two bidders for a good a period, types 0 to 2; the lowest is worth nothing and stays for ever."""
    rng = np.random.default_rng(seed)
    periods = 1 if stationary else 3
    agents = []
    for i in range(2):
        worth = np.sort(rng.integers(0, 9, size=(periods, 3)), axis=1)
        worth[:, 0] = 0
        table = np.zeros((periods, 2, 3, 3), dtype=object) + F(0)
        for t in range(periods):
            line = np.array([F(int(v), 2) for v in worth[t]], dtype=object)
            table[t, i] = line[:, None] if i == 0 else line[None]
            if interdependent:
                other = np.array([F(int(v)) for v in rng.integers(0, 9, size=3)], dtype=object)
                table[t, i] = table[t, i] + (other[None] if i == 0 else other[:, None])
        moves = rows(rng, periods, 2, 3, 3)
        moves[:, :, 0] = np.array([F(1), F(0), F(0)], dtype=object)
        agents.append(
            dm.Agent(
                f"{i}",
                types=[["0", "1", "2"]] * periods,
                prior=rows(rng, 3),
                values=[*table],
                transitions=[*moves] if stationary else [*moves[:-1]],
            )
        )
    return dm.Environment(
        agents=agents,
        actions=[["to 0", "to 1"]] * periods,
        horizon=None if stationary else periods,
        discount="4/5",
    )


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS, stationary=st.booleans())
def test_private_values_give_the_pivot_mechanism(seed: int, stationary: bool) -> None:
    """Remark 3.9, where the lowest type is worth nothing: p = v − m, m = W − W_{-i} − δ E[W' − W'_{-i}]."""
    env = private_auction(seed, stationary)
    made = generalised_vcg(env, rule="externality", effort=EXACT)
    assert made.incentive_compatible
    assert verify(env, made.mechanism, "ex-post")[0].violation == 0
    for i in range(2):
        alone = efficient(env, [int(j != i) for j in range(2)])
        for t in range(env.periods):
            gap = made.plan.welfare[t] - alone.welfare[t]
            assert (made.values[t][i] == gap).all()
            contribution = gap
            if stationary or t < env.periods - 1:
                u = 0 if stationary else t + 1
                ahead = transitions(env, t).expected(made.plan.welfare[u] - alone.welfare[u])
                ahead = np.broadcast_to(ahead, (2, len(gap)))
                contribution = gap - env.discount * take(ahead, made.plan.policy[t])
            flow = take(flow_values(env, t)[i], made.plan.policy[t])
            assert (made.payments[t][i] == flow - contribution).all()


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=SEEDS, stationary=st.booleans())
def test_interdependent_auctions_are_judged_as_best_replies_judge(seed: int, stationary: bool) -> None:
    """Whether payments hold, exactly; under the conditions of Theorem 3.8 they do."""
    env = private_auction(seed, stationary, interdependent=True)
    made = generalised_vcg(env, effort=EXACT)
    verdict = verify(env, made.mechanism, "ex-post")[0]
    assert verdict.holds is made.incentive_compatible
    if made.sufficient:
        assert verdict.violation == 0
        assert not made.failures
    else:
        assert made.failures


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=SEEDS, joint=st.booleans(), stationary=st.booleans())
def test_random_environments_are_judged_as_best_replies_judge(
    seed: int, joint: bool, stationary: bool
) -> None:
    """Costs, observed agents, three actions, correlated processes: the same verdict either way."""
    env = dm.load(
        "random",
        seed=seed,
        agents=2,
        observed=1,
        actions=3,
        independent=not joint,
        private_values=False,
        stationary=stationary,
        periods=2,
        discount="3/4",
    )
    made = generalised_vcg(env, effort=EXACT)
    verdict = verify(env, made.mechanism, "ex-post")[0]
    assert verdict.holds is made.incentive_compatible
    assert (made.payments[0][2] == 0).all()
    for entry in made.agents.values():
        assert (entry.ring is None) == bool((entry.reports.rings >= 0).all())
        if entry.ring is not None:
            assert entry.ring.length < 0
        elif not stationary:
            assert entry.held.all()


def test_the_first_type_need_not_be_critical() -> None:
    """LIU (4) with "inf" fails on a grid; any change between lower and upper does not."""
    env = dm.Environment(
        agents=[
            dm.Agent("one", types=["0", "1"], prior=["1/2", "1/2"], values=[[[[0], [0]], [[-1], ["-1/2"]]]]),
            dm.Agent("two", types=["0"], prior=[1], values=[[[[0], [0]], [["1/2"], [3]]]]),
        ],
        actions=["no", "yes"],
        horizon=1,
    )
    printed = generalised_vcg(env, rule="externality", effort=EXACT)
    assert printed.payments[0][0].tolist() == [0, -3]
    assert verify(env, printed.mechanism, "ex-post")[0].violation == 2
    for rule, paid in (("upper", F(-1, 2)), ("lower", -1), (None, F(-1, 2))):
        made = generalised_vcg(env, rule=rule, effort=EXACT)
        assert made.payments[0][0].tolist() == [0, paid]
        assert verify(env, made.mechanism, "ex-post")[0].violation == 0


def test_the_family_works_up_to_weight_one() -> None:
    for weight in (F(0), F(1, 2), F(1)):
        env = dm.load("interdependent-auction", weight=weight)
        made = generalised_vcg(env, effort=EXACT)
        assert made.sufficient
        assert verify(env, made.mechanism, "ex-post")[0].violation == 0
    env = dm.load("interdependent-auction", weight=2)
    made = generalised_vcg(env, effort=EXACT)
    assert not made.sufficient
    assert made.failures[0] == (
        "agent 'first', period 0, given second '0': no increasing differences: what she makes of 'to second' "
        "less that of 'to first' falls from type '0' to '1'"
    )
    entry = made.agents[0, 0]
    assert entry.ring is not None
    assert entry.ring.types in (("0", "1"), ("1", "0"))
    assert verify(env, made.mechanism, "ex-post")[0].violation > 0
    assert not dm.implement(env, made.mechanism, "ex-post").implementable


def test_doubles_agree() -> None:
    env = dm.load("interdependent-auction", types=5, periods=3)
    exact, rounded = generalised_vcg(env, effort=EXACT), generalised_vcg(env)
    assert rounded.incentive_compatible
    assert rounded.sufficient
    assert np.allclose(np.array(exact.payments[0], dtype=float), rounded.payments[0])
    assert verify(env, rounded.mechanism, "ex-post")[0].holds


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=SEEDS, actions=st.integers(1, 4), types=st.integers(1, 3))
def test_orders_by_trying_all_of_them(seed: int, actions: int, types: int) -> None:
    rng = np.random.default_rng(seed)
    welfare = rng.integers(-1, 3, size=(actions, 1, types)).astype(float)
    own = np.cumsum(rng.integers(-1, 3, size=(actions, 1, types)), axis=-1).astype(float)

    def crosses(a: int, b: int) -> bool:
        gap = welfare[b, 0] - welfare[a, 0]
        return all(not (gap[k] >= 0 > gap[m] or gap[k] > 0 >= gap[m]) for m in range(types) for k in range(m))

    def rises(a: int, b: int) -> bool:
        return bool((np.diff(own[b, 0] - own[a, 0]) >= 0).all())

    def suits(order: tuple[int, ...], *tests: Any) -> bool:
        return all(t(order[k], order[m]) for m in range(actions) for k in range(m) for t in tests)

    found = orders_of(welfare, own, np.ones((actions, 1), dtype=bool))
    every = list(permutations(range(actions)))
    assert found.single_crossing[0] == any(suits(order, crosses) for order in every)
    assert found.holds[0] == any(suits(order, crosses, rises) for order in every)
    (failure,) = found.found
    if isinstance(failure, tuple):
        assert suits(failure, crosses, rises)
        return
    if failure.condition == "order":
        ring = failure.actions
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
            assert suits_pair(crosses, rises, a, b)
            assert not suits_pair(crosses, rises, b, a)
        return
    a, b = failure.actions
    low, high = failure.types
    assert high == low + 1
    if failure.condition == "single crossing":
        assert not crosses(a, b)
        assert not crosses(b, a)
        gap = np.sign(welfare[b, 0] - welfare[a, 0])
        assert gap[low] > gap[high]
    else:
        assert crosses(a, b)
        gap = own[b, 0] - own[a, 0]
        assert gap[low] > gap[high]


def suits_pair(crosses: Any, rises: Any, a: int, b: int) -> bool:
    """Whether a may come before b."""
    return bool(crosses(a, b) and rises(a, b))


def test_refusals() -> None:
    with pytest.raises(InvalidInput, match="rule: 'paths' is not one of externality, upper, lower"):
        generalised_vcg(dm.load("interdependent-auction"), rule="paths")


# Stationary processes that factor ---------------------------------------------------------------------------


def test_a_stationary_joint_process_that_factors() -> None:
    """It is the product of its margins; one that does not is left as it is."""
    env = private_auction(1, True)
    first, second = (agent.kernels[0].table for agent in env.agents)
    joint = dm.Environment(
        agents=[dm.Agent(agent.name, types=agent.types, values=agent.values) for agent in env.agents],
        actions=env.actions,
        horizon=None,
        discount=env.discount,
        process={
            "prior": np.multiply.outer(env.agents[0].prior, env.agents[1].prior),
            "transitions": [first[:, :, None, :, None] * second[:, None, :, None, :]],
        },
    )
    apart = factored(joint)
    assert not apart.joint
    for mine, other in zip(apart.agents, env.agents, strict=True):
        assert (mine.kernels[0].table == other.kernels[0].table).all()
        assert mine.prior is not None
        assert mine.prior.tolist() == list(other.prior)
    for marked in np.eye(len(efficient(apart).welfare[0]), dtype=int) * np.array(F(1)):
        assert (transitions(apart, 0).expected(marked) == transitions(joint, 0).expected(marked)).all()
    assert efficient(apart).welfare[0].tolist() == efficient(joint).welfare[0].tolist()
    together = dm.load("random-correlated", types=2)
    assert factored(together) is together
