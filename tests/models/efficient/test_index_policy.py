"""Bandits: index policies against dynamic programs over profiles; the dynamic second price (BV Theorem 3)."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.models.efficient.arms import arms
from dynamech.models.efficient.efficient import efficient
from dynamech.models.efficient.index_policy import (
    DynamicSecondPrice,
    bandit_welfare,
    dynamic_second_price,
    indices,
)
from dynamech.models.efficient.pivot import pivot
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import AssumptionViolated, DynamechError

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "data" / "bandits.json").read_text("utf-8"))
}
WORKED = ("3_2arms_B11_B119_n2", "3_3arms_B11_B12_B22_n1")


def learners(name: str) -> Environment:
    rows = CASES[name]["instance"]["arms"]
    return load("licensing", arms=";".join(f"{row['a0']},{row['b0']}" for row in rows), n=rows[0]["n"])


def agent(name: str, action: int, actions: int, worth: Any, moves: Any, observed: bool = False) -> Agent:
    size = len(worth)
    rest = [[F(int(j == k)) for j in range(size)] for k in range(size)]
    return Agent(
        name,
        types=[[str(k) for k in range(size)]],
        prior=[F(1, size)] * size,
        values=[[worth if a == action else [F(0)] * size for a in range(actions)]],
        transitions=[[moves if a == action else rest for a in range(actions)]],
        observed=observed,
    )


@st.composite
def bandits(draw: st.DrawFn, least: int = 0) -> Environment:
    """Two or three arms of up to three states, perhaps a safe action, costs, an observed agent."""
    count, safe = draw(st.sampled_from([(1, 1), (2, 0), (2, 1), (3, 0)]))
    order = draw(st.permutations(range(count + safe)))
    agents = []
    for i in range(count):
        size = draw(st.integers(1, 3 if count < 3 else 2))
        observed = i > 0 and draw(st.booleans())
        worth = draw(st.lists(st.integers(-3 if observed else least, 4), min_size=size, max_size=size))
        rows = []
        for _ in range(size):
            weights = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size).filter(any))
            rows.append([F(w, sum(weights)) for w in weights])
        agents.append(agent(f"arm {i}", order[i], count + safe, [F(w) for w in worth], rows, observed))
    costs = draw(st.lists(st.integers(-2, 2), min_size=count + safe, max_size=count + safe))
    return Environment(
        agents=agents,
        actions=[[f"play {a}" for a in range(count + safe)]],
        costs=[[F(c, 2) for c in costs]],
        discount=draw(st.sampled_from([F(0), F(1, 2), F(9, 10)])),
        horizon=None,
    )


def moves(env: Environment) -> Any:
    """(A, S, S'): one agent's kernel after the other."""
    count = env.num_actions(0)
    table = np.full((count, 1, 1), F(1))
    for one in env.agents:
        own = one.kernels[0].table
        size = own.shape[-1]
        own = np.broadcast_to(own, (count, size, size))
        table = np.stack([np.kron(a, b) for a, b in zip(table, own, strict=True)])
    return table


def worth_of_actions(env: Environment, welfare: Any, without: int | None = None) -> Any:
    """Q (A, S) for the values of all agents, but perhaps one."""
    shape = (env.num_actions(0), *env.types(0))
    flow = sum(
        (np.broadcast_to(one.values[0], shape) for i, one in enumerate(env.agents) if i != without),
        np.full(shape, F(0)),
    )
    now = flow.reshape(shape[0], -1) - env.costs[0][:, None]
    return now + env.discount * np.matmul(moves(env), welfare)


def pivot_transfers(env: Environment, found: DynamicSecondPrice) -> Any:
    """BV (10), (12): p_i = v_i − m_i, m_i = W − W_{−i} − δ E[W' − W'_{−i}], along the policy found."""
    profiles = np.arange(len(found.winner))
    move = moves(env)[found.winner, profiles]
    contributions = found.welfare - found.without
    flow = contributions - env.discount * np.stack([move @ m for m in contributions])
    shape = (env.num_actions(0), *env.types(0))
    own = np.stack([np.broadcast_to(one.values[0], shape).reshape(shape[0], -1) for one in env.agents])
    return own[:, found.winner, profiles] - flow


@pytest.mark.parametrize("name", WORKED)
def test_the_worked_cases(name: str) -> None:
    env, expected = learners(name), CASES[name]["expected"]
    found = dynamic_second_price(env, EXACT)
    texts = {
        "W": [str(w) for w in found.welfare],
        "winner": found.winner.tolist(),
        "optimal_set": [np.flatnonzero(column).tolist() for column in found.indices.best.T],
    }
    columns = {
        "means": found.worth, "gittins": found.indices.at_profiles, "W_minus": found.without,
        "M": found.contributions, "p": found.transfers,
    }  # fmt: skip
    texts |= {key: [[str(x) for x in column] for column in table.T] for key, table in columns.items()}
    assert len(expected["states"]) == expected["n_states"] == len(found.winner)
    for key, computed in texts.items():
        assert computed == [state[key] for state in expected["states"]], key
    assert int(found.not_highest.sum()) == expected["n_states_winner_not_highest_mean"]
    above = expected["n_states_price_strictly_above_best_competitor_mean"]
    assert int((found.option_value > 0).sum()) == above
    assert (found.option_value >= 0).all()
    assert str(found.welfare.sum()) == expected["sum_over_all_states_W"]
    assert str(found.transfers.sum()) == expected["sum_over_all_states_price"]
    assert (pivot_transfers(env, found) == found.transfers).all()


@given(bandits(least=-3))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_index_policy_is_that_of_the_dynamic_program(env: Environment) -> None:
    found, plan = indices(env, EXACT), efficient(env)
    assert (bandit_welfare(found) == plan.welfare[0]).all()
    values = worth_of_actions(env, plan.welfare[0])
    assert (found.best == (values == values.max(axis=0))).all()
    for i in range(env.num_agents):
        weights = [int(j != i) for j in range(env.num_agents)]
        assert (bandit_welfare(found, i) == efficient(env, weights).welfare[0]).all()
    doubles = indices(env)
    assert (doubles.best == found.best).all()
    assert bandit_welfare(doubles) == pytest.approx(plan.welfare[0].astype(float), abs=1e-10)


@given(bandits())
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_second_price_is_the_pivot_payment(env: Environment) -> None:
    found = dynamic_second_price(env, EXACT)
    pays = np.array([not one.observed for one in env.agents])
    assert (found.transfers == np.where(pays[:, None], pivot_transfers(env, found), 0)).all()
    engine = pivot(env, EXACT)
    assert (found.transfers[pays] == engine.transfers[0]).all()
    assert (found.indices.best == engine.plan.tied[0]).all()
    assert (found.contributions[pays] >= 0).all()


def test_two_bidders_pay_what_the_other_expects_and_the_price_stays() -> None:
    for env in (learners(WORKED[0]), load("licensing", learning="gamma", n=2)):
        found = dynamic_second_price(env, EXACT)
        assert (found.option_value == 0).all()
        paid = found.transfers.sum(axis=0).reshape(env.types(0))
        winner = found.winner.reshape(env.types(0))
        means = [arm.reward for arm in found.indices.arms]
        assert (paid == np.where(winner == 0, means[1][None, :], means[0][:, None])).all()


def test_with_three_bidders_the_price_stays_while_the_winner_does() -> None:
    found = dynamic_second_price(env := learners(WORKED[1]), EXACT)
    winner = found.winner.reshape(env.types(0))
    for i in range(3):
        paid = np.moveaxis(found.transfers[i].reshape(env.types(0)), i, 0)
        won = np.moveaxis(winner == i, i, 0)
        for k in range(1, len(paid)):
            both = won[k] & won[0]
            assert (paid[k][both] == paid[0][both]).all()


def test_a_finite_horizon_is_another_problem() -> None:
    env = learners(WORKED[0])
    with pytest.raises(AssumptionViolated, match="this one has 2 periods, where the best policy need not be"):
        indices(env.with_horizon(2))
    plan, found = efficient(env.with_horizon(2)), dynamic_second_price(env, EXACT)
    assert (plan.policy[1] != found.winner).any()  # learning is worth nothing in the last period
    rest = efficient(env.with_horizon(2), [0, 1])
    stays = rest.welfare[0] - env.discount * rest.welfare[1]  # the price then, and no (1 − δ) W_{−j}
    assert (stays != (1 - env.discount) * rest.welfare[0]).any()


def no_bandit(agents: list[Agent], **words: Any) -> str:
    words = {"horizon": None, "discount": F(1, 2), "actions": [["a0", "a1"]]} | words
    with pytest.raises(DynamechError) as caught:
        arms(Environment(agents=agents, **words))
    assert isinstance(caught.value, AssumptionViolated)
    return str(caught.value)


def test_what_is_no_bandit_is_named() -> None:
    move = [[F(1, 2), F(1, 2)], [F(0), F(1)]]
    x, y = (agent(name, a, 2, [F(1), F(2)], move) for a, name in enumerate("xy"))
    away = agent("x", 1, 2, [F(1), F(2)], move)
    assert "action 'a1' plays the arms of agents 'x' and 'y' at once" in no_bandit([away, y])
    both = Agent("x", types=[["0"]], prior=[1], values=[[[1], [2]]], transitions=[[[[1]]]])
    assert "agent 'x': action 'a1' is worth something to her, beside 'a0'" in no_bandit([both])
    restless = Agent("x", types=[["0", "1"]], prior=[1, 0], values=[[[1, 1], [0, 0]]], transitions=[[move]])
    assert "agent 'x': action 'a1' moves her types, beside 'a0'" in no_bandit([restless])
    assert "agent 'z' has no action of her own" in no_bandit([x, y, agent("z", 5, 2, [F(0)], [[F(1)]])])
    table = np.zeros((2, 2, 2), dtype=object) + F(0)
    table[0] = [[F(1), F(2)], [F(2), F(4)]]
    shared = Agent("x", types=[["0", "1"]], prior=[1, 0], values=[table], transitions=x.transitions)
    assert "agent 'x', action 'a0': the value moves by 2 with the others' types" in no_bandit([shared, y])
    goods = [{"goods": ["unit"], "upper": [1], "quadratic": [[1]]}]
    one = Agent("x", types=[["0"]], prior=[1], values=[[[1]]], transitions=[[[[1]]]])
    assert "divisible goods" in no_bandit([one], actions=goods)
    state = agent("s", 1, 2, [F(1), F(2)], move, observed=True)
    only = [[[True, False], [True, True]]]
    assert "action 'a0': an arm can be played in every state" in no_bandit([x, state], feasible=only)
    with pytest.raises(AssumptionViolated, match=r"agent 'x', action 'a0': value -1"):
        dynamic_second_price(
            Environment(
                agents=[agent("x", 0, 2, [F(-1), F(2)], move), y],
                horizon=None, discount=F(1, 2), actions=[["a0", "a1"]],
            )
        )


def test_a_safe_arm_and_arms_worth_nothing() -> None:
    """Bidder 0 (LN): an action that nobody values, worth what it saves; arms in the order of actions."""
    env = load("bandit-auction", learning="beta", n=1, seen=0, arms="1,1", keep="3/5")
    keep, arm = arms(env)
    assert (keep.agent, keep.states, keep.reward.tolist()) == (None, ("keep",), [F(3, 5)])
    assert (arm.name, arm.agent, arm.states) == ("bidder 1", 0, ("0+ 0-", "1+ 0-", "0+ 1-"))
    found = dynamic_second_price(env, EXACT)
    assert [str(index) for index in found.indices.index[1]] == ["7/11", "2/3", "1/3"]
    assert found.winner.tolist() == [1, 1, 0]
    assert [str(p) for p in found.transfers[0]] == ["3/5", "3/5", "0"]
    nothing = [agent(f"z{k}", 5, 2, [F(0)], [[F(1)]]) for k in range(2)]
    idle = indices(Environment(agents=nothing, actions=[["a0", "a1"]], horizon=None, discount=F(1, 2)))
    assert [arm.agent for arm in idle.arms] == [0, 1]
    assert idle.best.all()
