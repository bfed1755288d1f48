"""Environments: what is accepted, what is refused and how, and environments made from environments."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from dynamech import testing
from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.signals import signals
from dynamech.models.relaxations import REWRITINGS
from dynamech.solvers.errors import InvalidInput, TooLarge
from tests.instances.comparing import same_environment


def buyer(**changes: Any) -> Agent:
    parts: dict[str, Any] = {
        "types": ["low", "high"],
        "prior": ["1/2", "1/2"],
        "values": [[[0, 0], [1, 2]]] * 2,
        "transitions": [[["3/4", "1/4"], ["1/4", "3/4"]]],
    }
    return Agent("buyer", **(parts | changes))


def shop(agent: Agent | None = None, **changes: Any) -> Environment:
    parts: dict[str, Any] = {"horizon": 2, "actions": ["keep", "sell"], "agents": [agent or buyer()]}
    return Environment(**(parts | changes))


def test_functions_of_labels_and_arrays_make_the_same_environment() -> None:
    spoken = Agent(
        "buyer",
        types=["low", "high"],
        prior=lambda label: F(1, 2),
        values=lambda t, action, label: {"low": 1, "high": 2}[label] if action == "sell" else 0,
        transitions=lambda t, action, label, after: F(3, 4) if label == after else F(1, 4),
    )
    assert same_environment(shop(), shop(spoken))
    assert not shop().controlled[0]


def test_interdependent_functions_see_every_label() -> None:
    one = Agent(
        "a", types=[1, 2], prior=["1/2", "1/2"], values=lambda t, action, own, other: own + 10 * other
    )
    two = Agent("b", types=[3, 4], prior=["1/2", "1/2"], values=lambda t, action, label: label)
    env = Environment(horizon=1, actions=["go"], agents=[one, two])
    assert env.agents[0].values[0].tolist() == [[[31, 41], [32, 42]]]
    assert env.agents[1].values[0].shape == (1, 1, 2)


def test_numbers_stay_as_they_are_given() -> None:
    assert shop().exact
    assert shop(buyer(prior=[0.5, 0.5])).exact is False
    assert shop(buyer(prior=["0.25", "3/4"])).agents[0].prior.tolist() == [F(1, 4), F(3, 4)]
    assert shop(buyer(prior=[0.5, 0.5])).to_exact().exact
    with pytest.raises(InvalidInput, match=r"sums to 1.*write probabilities as strings"):
        shop(
            buyer(types=["a", "b", "c"], prior=[0.1, 0.2, 0.7], values=None, transitions=[np.eye(3)])
        ).to_exact()


@pytest.mark.parametrize("joint", [False, True])
def test_doubles_over_the_rationals_are_mended_where_they_miss_1(joint: bool) -> None:
    env = testing.random_environment(7, agents=2, types=3, joint=joint)
    floats = env.to_float()
    with pytest.raises(InvalidInput, match=r"sums to 1"):
        floats.to_exact()
    made = floats.over_rationals()
    assert made.exact
    assert env.over_rationals() is env
    for agent, there in zip(made.agents, env.agents, strict=True):
        tables = [(k.table, w.table) for k, w in zip(agent.kernels, there.kernels, strict=True)]
        for found, right in tables if joint else [(agent.prior, there.prior), *tables]:
            assert np.all(found.sum(axis=-1) == 1)
            assert abs(found - right).max() < F(1, 2**50)
    if joint:
        assert made.process is not None
        assert made.process.prior.sum() == 1


def test_an_environment_is_immutable() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        shop().discount = 1


REFUSED: list[tuple[Any, str]] = [
    (lambda: shop(horizon=0), "horizon: 0 is not a positive whole number"),
    (lambda: shop(horizon=True), "horizon: True"),
    (lambda: shop(discount="3/2"), "discount: 3/2 is not between 0 and 1"),
    (lambda: shop(horizon=None, discount=1), "discount: 1 is not below 1 for an infinite horizon"),
    (lambda: shop(actions=["keep", "keep"]), "actions, period 0: the label 'keep' is used twice"),
    (lambda: shop(actions=[["keep"], []]), "actions, period 1: at least one label"),
    (lambda: shop(agents=[]), "agents: at least one agent"),
    (lambda: shop(agents=[buyer(), buyer()]), "agents: the name 'buyer' is used twice"),
    (lambda: shop(buyer(observed=True)), "agents: every agent is observed"),
    (lambda: shop(buyer(prior=None)), "agent 'buyer': the prior is missing"),
    (lambda: shop(buyer(prior=["1/2", "1/3"])), "agent 'buyer', period 0: the prior sums to 5/6, not 1"),
    (lambda: shop(buyer(prior=["3/2", "-1/2"])), "the prior has the negative probability -1/2"),
    (lambda: shop(buyer(prior=[1])), r"agent 'buyer', prior: shape \(1,\) is not \(2,\)"),
    (
        lambda: shop(buyer(transitions=[[["3/4", "1/4"], ["1/4", "1/4"]]])),
        "agent 'buyer', period 0: transition row 'high' sums to 1/2, not 1",
    ),
    (
        lambda: shop(buyer(transitions=[[[["3/4", "1/4"]] * 2, [["3/4", "1/4"], ["0.7", "0.2"]]]])),
        "agent 'buyer', period 0, action 'sell': transition row 'high' sums to 9/10, not 1",
    ),
    (lambda: shop(buyer(transitions=None)), "agent 'buyer': the transitions are missing"),
    (lambda: shop(buyer(transitions=[[[1, 0]]])), r"transitions, period 0: shape \(1, 2\)"),
    (lambda: shop(buyer(values=[[[0, 0], [1, 2]]])), "agent 'buyer', values: 1 entry for 2 periods"),
    (lambda: shop(buyer(values=[[[0, 0], [1]], [[0, 0], [1, 2]]])), "values.*different lengths"),
    (lambda: shop(buyer(values=[[[0, 0], [1, float("nan")]]] * 2)), "nan is not a finite number"),
    (lambda: shop(buyer(values=[[[0, 0], [1, "two"]]] * 2)), "'two' is not a number"),
    (lambda: shop(buyer(given=["weather"])), "given 'weather', who is not an agent"),
    (lambda: shop(costs=[[0, 1]]), "costs: 1 entry for 2 periods"),
    (lambda: shop(feasible=[[False, False]] * 2), "feasible, period 0: no action is feasible"),
    (lambda: shop(feasible=[[1, 0]] * 2), "feasible, period 0: entries must be true or false"),
    (lambda: shop(process={"prior": ["1/2", "1/2"]}), "a joint process takes the place"),
    (lambda: shop(reports_public=1), "reports_public: 1 is neither True nor False"),
    (
        lambda: shop(actions={"goods": ["unit"], "upper": [None], "quadratic": [[-1]]}),
        "the cost is not convex",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_what_is_wrong_is_named_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_signals_are_types_so_far() -> None:
    env = shop(
        Agent(
            "buyer",
            signals=signals([["lo", "hi"], ["+", "x"]], [["1/2", "1/2"], ["1/4", "3/4"]]),
            values=lambda t, action, label: len(label),
        )
    )
    assert env.agents[0].types == (("lo", "hi"), ("lo|+", "lo|x", "hi|+", "hi|x"))
    assert env.agents[0].kernels[0].table.tolist() == [[[F(1, 4), F(3, 4), 0, 0], [0, 0, F(1, 4), F(3, 4)]]]


def test_relabelling_and_back() -> None:
    env = testing.random_environment(4, agents=2, observed=True, given=True)
    away = env.relabel(
        agents={"agent0": "x", "public": "sky"}, actions={"a1": "go"}, types={"agent1": {"t0": "T"}}
    )
    assert away.agents[0].name == "x"
    assert away.agents[0].given == ("sky",)
    assert not same_environment(env, away)
    back = away.relabel(
        agents={"x": "agent0", "sky": "public"}, actions={"go": "a1"}, types={"agent1": {"T": "t0"}}
    )
    assert same_environment(env, back)
    with pytest.raises(InvalidInput, match="'nobody' does not exist"):
        env.relabel(agents={"nobody": "x"})


@pytest.mark.parametrize("joint", [False, True])
def test_reordering_and_back(joint: bool) -> None:
    env = testing.random_environment(
        4, agents=2, observed=True, given=not joint, joint=joint, controlled=True
    )
    names = [agent.name for agent in env.agents]
    away = env.reorder(agents=names[::-1], actions=["a1", "a0"], types={"agent0": ["t1", "t0"]})
    assert not same_environment(env, away)
    assert same_environment(
        env, away.reorder(agents=names, actions=["a0", "a1"], types={"agent0": ["t0", "t1"]})
    )
    with pytest.raises(InvalidInput, match="not a rearrangement"):
        env.reorder(actions=["a0", "a0"])


def test_what_is_concealed_stays_concealed() -> None:
    public = testing.random_environment(4, agents=2, actions=3, controlled=True)
    env = public._with(reports_public=False)
    assert not same_environment(env, public)
    made = [
        env.relabel(name="other"),
        env.reorder(agents=["agent1", "agent0"], types={"agent0": ["t1", "t0"]}),
        env.restrict(["a0", "a2"]),
        env.with_horizon(2),
        env.to_float(),
        env.to_float().over_rationals(),
    ]
    assert not any(one.reports_public for one in made)
    assert all(one.conceals for one in made)
    assert not env.with_horizon(1).conceals
    for word in ("shocks", "types"):
        assert REWRITINGS[word](env, None, math.inf).environment.reports_public


def test_restricting_actions() -> None:
    env = testing.random_environment(4, actions=3, controlled=True)
    small = env.restrict(["a0", "a2"])
    assert small.actions[0] == ("a0", "a2")
    assert small.agents[0].kernels[0].table.shape[0] == 2
    more, less = (design(e, Question.of(e)).value for e in (env, small))
    assert more is not None
    assert less is not None
    assert more >= less - 1e-9
    with pytest.raises(InvalidInput, match="is not an action there"):
        env.restrict(["elsewhere"])


def test_changing_the_horizon() -> None:
    long = load("two-type-markov", horizon=4)
    short = load("two-type-markov", horizon=2)
    assert same_environment(long.with_horizon(2)._with(source=short.source), short)
    forever = load("random", stationary=True, agents=1)
    assert forever.stationary
    short = forever.with_horizon(3)
    assert short.periods == 3
    assert design(short, Question.of(short)).status == "optimal"
    bounded = design(forever, Question.of(forever))
    assert (bounded.status, bounded.formulation) == ("optimal", "recursion")
    refused = design(forever, Question.of(forever, formulation="textbook"))
    assert refused.status == "not-applicable"
    assert "with_horizon" in refused.message
    for word in ("virtual", "relaxed", "types-public", "ex-post"):
        above = design(forever, Question.of(forever, incentives=word))
        assert above.bounds is not None
        assert bounded.bounds is not None
        assert above.bounds.upper >= bounded.bounds.lower
    assert design(forever, Question.of(forever, incentives="first-order")).status == "not-applicable"
    with pytest.raises(InvalidInput, match="describes 4 periods, not 9"):
        long.with_horizon(9)


def test_too_many_signals_are_refused_with_the_figure() -> None:
    with pytest.raises(TooLarge, match="entries, more than"):
        load("kln-nonseparable", n=10_000)


def test_the_law_of_a_type_begins_with_its_prior() -> None:
    agent = shop(buyer(prior=["1/4", "3/4"])).agents[0]
    first, nowhere = agent.law(0), np.zeros(2, dtype=np.int64)
    assert first.probability(nowhere, [], nowhere, np.arange(2)).tolist() == [F(1, 4), F(3, 4)]
    assert agent.law(1) is agent.kernels[0]


@pytest.mark.parametrize("controlled", [True, False])
def test_rows_of_a_joint_process_are_found_by_action_and_profile(controlled: bool) -> None:
    env = testing.random_environment(3, agents=2, periods=2, types=3, controlled=controlled, joint=True)
    assert env.process is not None
    action, last = np.array([1, 0, 1]), np.array([[2, 1], [0, 2], [1, 1]])
    rows = env.process.rows(1)[env.process.row_index(1, action, last)]
    table = np.broadcast_to(env.process.transitions[0], (env.num_actions(0), 3, 3, 3, 3))
    assert (rows.reshape(3, 3, 3) == table[action, last[:, 0], last[:, 1]]).all()
    first = env.process.rows(0)[env.process.row_index(0, action, last)]
    assert (first == env.process.prior.reshape(-1)).all()
