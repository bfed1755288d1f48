"""Who is alike: found with the actions that change places, and else what differs, by place and number."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dynamech.models.environment.alike import swap_of
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.notions.incentives import read_incentive
from dynamech.models.relaxations import rewrite
from dynamech.solvers.errors import AssumptionViolated

from .alike import IMAGES, alike


def auction(**changes: Any) -> Environment:
    """An item in each of two periods for a or b; `changes` are b's, or (in capitals) the environment's."""
    same: dict[str, Any] = {
        "prior": ["1/2", "1/2"],
        "transitions": [[["3/4", "1/4"], ["1/4", "3/4"]]],
        "outside": [[0, "1/3"], [0, 0]],
        "reports": [{"hi": ["lo", "hi"], "lo": ["lo"]}, {}],
    }
    a = Agent("a", types=["lo", "hi"], values=[[[0, 0], [1, 2], [0, 0]]] * 2, **same)
    b = Agent("b", types=["lo", "hi"], values=[[[0, 0], [0, 0], [1, 2]]] * 2, **same)
    own = {key: value for key, value in changes.items() if key in Agent.__annotations__}
    words: dict[str, Any] = {"costs": [[0, "1/4", "1/4"]] * 2, "actions": ["keep", "to a", "to b"]}
    words |= {key: value for key, value in changes.items() if key not in own}
    return Environment(name="auction", horizon=2, agents=[a, replace(b, **own)], **words)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"periods": 2},
        {"periods": 2, "steered": True},
        {"periods": 2, "third": True},
        {"joint": True},
        {"periods": 2, "steered": True, "joint": True},
    ],
    ids=str,
)
def test_who_was_made_alike_is_found_alike(shape: dict[str, Any], seed: int) -> None:
    env = alike(seed, **shape)
    for given in (env, env.to_float(), env.reorder(agents=[agent.name for agent in env.agents][::-1])):
        one, other = given.agent_index("a"), given.agent_index("b")
        swap = swap_of(given, one, other)
        assert [row.tolist() for row in swap.actions] == [IMAGES] * env.periods
        assert (swap.agents[one], swap.agents[other]) == (other, one)
    listed = env.reorder(actions=["to b", "none", "to a"])
    assert [row.tolist() for row in swap_of(listed, 1, 0).actions] == [[2, 1, 0]] * env.periods
    if shape.get("third"):
        with pytest.raises(AssumptionViolated, match="agents 'a' and 'c' are not alike: "):
            swap_of(env, 0, 2)


CHANGES: list[tuple[dict[str, Any], str]] = [
    (
        {"prior": ["1/3", "2/3"]},
        "prior of agent 'a', period 0, a 'lo': 1/2; prior of agent 'b', period 0, b 'lo': 1/3",
    ),
    (
        {"transitions": [[["3/4", "1/4"], ["1/5", "4/5"]]]},
        "moves of agent 'a', period 0, a 'hi', a 'lo': 1/4; "
        "moves of agent 'b', period 0, b 'hi', b 'lo': 1/5",
    ),
    (
        {"values": [[[0, 0], [0, 0], [1, 2]], [[0, 0], [0, 0], [1, 3]]]},
        "values of agent 'a', period 1, action 'to a', a 'hi': 2; "
        "values of agent 'b', period 1, action 'to b', b 'hi': 3",
    ),
    (
        {"outside": [[0, "1/2"], [0, 0]]},
        "outside of agent 'a', period 0, a 'hi': 1/3; outside of agent 'b', period 0, b 'hi': 1/2",
    ),
    (
        {"reports": None},
        "may report of agent 'a', period 0, a 'lo', a 'hi': 0; "
        "may report of agent 'b', period 0, b 'lo', b 'hi': 1",
    ),
    (
        {"costs": [[0, "1/4", "1/4"], [0, "1/4", "1/3"]]},
        "costs, period 1, action 'to a': 1/4; costs, period 1, action 'to b': 1/3",
    ),
    (
        {"types": [["lo", "hi"], ["only"]], "values": [[[0, 0], [0, 0], [1, 2]], [[0], [0], [1]]],
         "transitions": [[[1], [1]]], "outside": None},
        "period 1: 'a' has 2 types and 'b' 1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), CHANGES, ids=lambda changes: " ".join(changes))
def test_what_differs_is_named_by_place_and_number(changes: dict[str, Any], said: str) -> None:
    assert swap_of(auction(), 0, 1).words(auction()) == "'a' ↔ 'b' with 'to a' ↔ 'to b'"
    with pytest.raises(AssumptionViolated) as error:
        swap_of(auction(**changes), 0, 1)
    assert str(error.value) == f"agents 'a' and 'b' are not alike: {said}"


def test_no_number_of_a_joint_process_may_differ() -> None:
    env = alike(1, 2, joint=True, steered=True)
    assert env.process is not None
    table = env.process.transitions[0].copy()
    table[1, 0, 1, 0, 0], table[1, 0, 1, 1, 1] = Fraction(0), table[1, 0, 1, 0, 0] + table[1, 0, 1, 1, 1]
    other = env._with(process=replace(env.process, transitions=(table,)))
    with pytest.raises(AssumptionViolated, match="process, moves, period 0, action 'to a', a 'a0', b 'b1'"):
        swap_of(other, 0, 1)
    feasible = np.ones((3,), dtype=bool)
    feasible[2] = False
    with pytest.raises(AssumptionViolated, match=r"feasible, period 1, action 'to a': 1; .* 'to b': 0"):
        swap_of(env._with(feasible=(None, feasible)), 0, 1)


def test_copies_of_an_action_correspond_in_their_order() -> None:
    worth = {name: [[1, 2] if served == name else [0, 0] for served in "bab-ab"] for name in "ab"}
    agents = [
        Agent(name, types=["lo", "hi"], prior=["1/2", "1/2"], values=[worth[name]]) for name in worth
    ]
    env = Environment(name="copies", horizon=1, actions=["b1", "a1", "b2", "keep", "a2", "b3"], agents=agents)
    with pytest.raises(AssumptionViolated, match="values of agent 'a', period 0, action 'b1', a 'lo'"):
        swap_of(env, 0, 1)  # one copy too many
    fewer = env.restrict(["b1", "a1", "b2", "keep", "a2"])
    assert swap_of(fewer, 0, 1).words(fewer) == "'a' ↔ 'b' with 'b1' ↔ 'a1', 'b2' ↔ 'a2'"


def test_quantities_change_places_where_their_quadratic_costs_do() -> None:
    def goods(quadratic: list[list[int]], upper: list[Any]) -> Environment:
        unit = {"goods": ["w", "x", "y", "z"], "upper": upper, "quadratic": quadratic}
        agents = [
            Agent("a", types=["lo", "hi"], prior=["1/2", "1/2"], values=[[[1, 2], [1, 2], [0, 0], [0, 0]]]),
            Agent("b", types=["lo", "hi"], prior=["1/2", "1/2"], values=[[[0, 0], [0, 0], [1, 2], [1, 2]]]),
        ]
        return Environment(name="goods", horizon=1, actions=[unit], agents=agents)

    crossed = [[2, 1, 0, 0], [1, 3, 0, 0], [0, 0, 3, 1], [0, 0, 1, 2]]
    env = goods(crossed, [None, 4, 4, None])
    assert swap_of(env, 0, 1).actions[0].tolist() == [3, 2, 1, 0]
    with pytest.raises(AssumptionViolated, match=r"upper bound, period 0, action 'w': inf; .* 'z': 5"):
        swap_of(goods(crossed, [None, 4, 4, 5]), 0, 1)
    crossed[0][0] = 5
    with pytest.raises(AssumptionViolated, match="quadratic costs, period 0: no order of the goods"):
        swap_of(goods(crossed, [None] * 4), 0, 1)


def test_doubles_may_be_off_by_their_rounding_and_rationals_by_nothing() -> None:
    off = auction().to_float()
    values = off.agents[1].values[1].copy()
    values[2, 0, 1] += 2e-16
    values *= 1e9
    agents = tuple(
        replace(agent, values=(agent.values[0], values if k else agent.values[1] * 1e9))
        for k, agent in enumerate(off.agents)
    )
    off = off._with(agents=agents)
    assert swap_of(off, 0, 1).actions[1].tolist() == IMAGES
    values[2, 0, 1] *= 1 + 1e-9
    with pytest.raises(AssumptionViolated, match=r"2000000000; .*: 2000000002"):
        swap_of(off, 0, 1)
    half, little = Fraction(1, 2), Fraction(1, 10**30)
    with pytest.raises(AssumptionViolated, match="not alike: prior of agent 'a', period 0, a 'lo'"):
        swap_of(auction(prior=[half + little, half - little]), 0, 1)


@pytest.mark.parametrize("word", ["relaxed", "types-public"])
def test_what_goes_with_an_agent_changes_places_with_her(word: str) -> None:
    env = auction()
    agents = tuple(replace(agent, reports=None) for agent in env.agents)
    home = rewrite(env._with(agents=agents), read_incentive(word), None, 1e9).environment
    assert swap_of(home, 0, 1).agents.tolist() == [1, 0, 3, 2]
