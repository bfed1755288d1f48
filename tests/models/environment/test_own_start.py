"""An infinite horizon with a period 0 of its own: two entries, read, written, shown and rearranged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances import read_instance, save_instance
from dynamech.instances.file import instance_from_json, instance_to_json
from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.excludable import with_exclusion
from dynamech.models.environment.independence import independent_version, joint_prior, joint_table
from dynamech.models.environment.kernels import Process
from dynamech.models.environment.signals import signals
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from tests.instances.comparing import same_environment
from tests.models.environment.own_start import shop, twice


def joined(env: Environment) -> Environment:
    """The same types moved by one joint process."""
    agents = tuple(replace(agent, prior=None, kernels=(), given=()) for agent in env.agents)
    process = Process(joint_prior(env), tuple(joint_table(env, t) for t in env.steps))
    return env._with(agents=agents, process=process)


def test_the_second_entry_goes_on_for_ever() -> None:
    env = shop()
    assert (env.stationary, env.unchanging, env.periods, env.steps) == (True, False, 2, range(2))
    assert [env.after(t) for t in env.steps] == [1, 1]
    assert [env.before(t) for t in env.steps] == [[], [1, 0]]
    assert [env.types(t) for t in env.steps] == [(2, 1), (3, 2)]
    assert [kernel.table.shape for kernel in env.agents[0].kernels] == [(1, 2, 2, 3), (1, 2, 3, 3)]
    assert "stationary from period 1 on" in repr(env)
    one = dm.load("random", stationary=True, agents=2)
    assert (one.unchanging, one.steps, one.before(0)) == (True, range(1), [0])
    three = dm.load("two-type-markov", horizon=3)
    assert (three.unchanging, three.steps) == (False, range(2))
    assert [three.before(t) for t in range(3)] == [[], [0], [1]]


def test_its_first_periods_repeat_the_second_entry() -> None:
    env = shop()
    assert same_environment(env.with_horizon(1), env._with(horizon=1)._with(**_entries(env, [0])))
    assert same_environment(env.with_horizon(4), env._with(horizon=4)._with(**_entries(env, [0, 1, 1, 1])))
    assert env.with_horizon(4).agents[0].reports[1:] == (env.agents[0].may_report(1),) * 3


def _entries(env: Environment, taken: list[int]) -> dict[str, Any]:
    agents = tuple(
        replace(
            a,
            types=tuple(a.types[t] for t in taken),
            values=tuple(a.values[t] for t in taken),
            kernels=tuple(a.kernels[t] for t in taken[:-1]),
            reports=a.reports and tuple(a.reports[t] for t in taken),
        )
        for a in env.agents
    )
    parts = ("actions", "goods", "costs", "feasible")
    return {"agents": agents} | {part: tuple(getattr(env, part)[t] for t in taken) for part in parts}


def test_functions_are_asked_about_both_entries() -> None:
    asked: set[int] = set()

    def values(t: int, action: str, label: str) -> int:
        asked.add(t)
        return len(label) + 10 * t

    def moves(t: int, action: str, label: str, after: str) -> str:
        asked.add(10 + t)
        return "1/3" if len(after) == 1 else "2/3"

    buyer = Agent("buyer", types=[["a"], ["b", "bb"]], prior=[1], values=values, transitions=moves)
    env = Environment(agents=[buyer], actions=["go"], horizon=None, discount="1/2")
    assert asked == {0, 1, 10, 11}
    assert env.agents[0].values[1].tolist() == [[11, 12]]
    assert env.agents[0].kernels[0].table.shape == (1, 1, 2)
    assert env.actions == (("go",), ("go",))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"costs": [[0]]}, "costs: 1 entry and actions 2; an infinite horizon has one entry of everything"),
    ({"actions": [["wait"], ["keep", "sell"], ["keep"]]}, "actions: 3 entries; an infinite horizon has one"),
    ({"actions": [["keep", "sell"]]}, "costs: 2 entries and actions 1; an infinite horizon"),
    ({"discount": 1}, "discount: 1 is not below 1 for an infinite horizon"),
    ({"feasible": [[[True]], [[False, True], [False, False]]]}, r"feasible, period 1: no action .* \(sun\)"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        shop(**changes)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("types", lambda x: x[:1], "agent 'buyer', types: 1 entry and actions 2"),
        ("values", lambda x: [*x, x[1]], "agent 'buyer', values: 3 entries and actions 2"),
        ("transitions", lambda x: x[1:], "agent 'buyer', transitions: 1 entry and actions 2"),
        ("transitions", lambda x: x[::-1], "transitions, period 0: shape"),
        ("reports", lambda x: x[:1], "agent 'buyer', reports: 1 entry and actions 2"),
    ],
)
def test_and_so_it_is_in_files(part: str, change: Any, message: str) -> None:
    content = instance_to_json(shop())
    agent = content["agents"][0]
    agent[part] = change(agent[part])
    with pytest.raises(InvalidInput, match=message):
        instance_from_json(content)


def test_signals_need_a_last_period() -> None:
    signal = signals([["a"], ["b"]], [[1], [1]])
    with pytest.raises(InvalidInput, match="signals need a finite horizon"):
        Environment(
            agents=[Agent("buyer", signals=signal)], actions=[["go"]] * 2, horizon=None, discount="1/2"
        )


@pytest.mark.parametrize(
    "env", [shop(), shop().to_float(), joined(shop()), twice(dm.load("random", stationary=True))]
)
def test_files_bring_it_back(env: Environment, tmp_path: Path) -> None:
    save_instance(env, tmp_path / "own.json")
    assert same_environment(read_instance(tmp_path / "own.json"), env)
    content = json.loads((tmp_path / "own.json").read_text(encoding="utf-8"))
    assert content["horizon"] is None
    assert len(content["agents"][0]["values"]) == 2


def test_one_description_given_twice_is_as_good_as_once() -> None:
    env = dm.load("random", stationary=True, agents=2, seed=5)
    assert same_environment(twice(env).with_horizon(3), env.with_horizon(3))


def test_names_and_orders_change_in_both_entries() -> None:
    env = shop()
    buyer = {"buyer": {"high": "top"}}
    renamed = env.relabel(agents={"weather": "sky"}, actions={"sell": "serve"}, types=buyer)
    assert renamed.actions == (("wait",), ("keep", "serve"))
    assert renamed.agents[0].types == (("L", "H"), ("low", "middle", "top"))
    assert renamed.agents[0].given == ("sky",)
    back = env.reorder(agents=["weather", "buyer"])
    assert [k.given for k in back.agents[1].kernels] == [(0,), (0,)]
    assert back.types(1) == (2, 3)
    assert same_environment(back.reorder(agents=["buyer", "weather"]), env)
    with pytest.raises(InvalidInput, match=r"types of period 0: .* is not a rearrangement of L, H"):
        env.reorder(types={"buyer": ["high", "middle", "low"]})
    sold = env.restrict([["wait"], ["keep"]])
    assert sold.actions == (("wait",), ("keep",))
    with pytest.raises(InvalidInput, match="restrict, period 1: no action is left in some public state"):
        env.restrict([["wait"], ["sell"]])


def test_a_joint_process_that_factors_is_written_apart() -> None:
    env = twice(dm.load("random", stationary=True, agents=2, seed=2))
    apart = independent_version(joined(env), "it stays joint")
    for t in env.steps:
        assert (joint_table(apart, t) == joint_table(env, t)).all()
    with pytest.raises(AssumptionViolated, match="process, period 1: agent 'buyer' moves with the others'"):
        independent_version(joined(shop()), "it stays joint")


def test_a_bad_row_is_named_with_its_period() -> None:
    content = instance_to_json(shop())
    content["agents"][1]["transitions"][1][0][0] = ["2/3", "1/2"]
    with pytest.raises(InvalidInput, match="agent 'weather', period 1: transition row 'sun' sums to 7/6"):
        instance_from_json(content)
    content = instance_to_json(shop())
    content["agents"][0]["transitions"][0][0][1][0] = [1, 1, 0]
    with pytest.raises(InvalidInput, match="period 0, next weather 'rain': transition row 'L' sums to 2"):
        instance_from_json(content)


def test_it_is_shown_with_what_each_entry_is_of() -> None:
    shown = str(shop())
    for words in ("infinite (stationary from period 1 on)", "Actions, period 0", "Transitions, period 1 on"):
        assert words in shown
    assert "Reports, period 1 on" in shown
    env = twice(dm.load("random", stationary=True, agents=2, seed=3))
    assert "those of every period" in str(env)
    assert "Transitions, every period" in str(env)
    assert "every period" not in str(dm.load("random", stationary=True, agents=2, seed=3, controlled=False))


def test_agents_can_be_left_out_in_its_period_0() -> None:
    """Its first periods are those of a finite horizon in which the same agents can be left out."""
    env = shop(excludable=True)
    assert (env.periods, env.actions[0], env.types(1)) == (2, ("wait", "wait without buyer"), (3, 2, 2))
    assert same_environment(env.with_horizon(3), with_exclusion(shop().with_horizon(3)))
    assert instance_to_json(env)["excludable"] is True
    assert same_environment(instance_from_json(instance_to_json(env)), env)
    alike = instance_from_json(instance_to_json(dm.load("random", stationary=True)) | {"excludable": True})
    assert (alike.periods, alike.num_actions(0)) == (2, 4 * alike.num_actions(1))


def test_there_is_no_program_of_it() -> None:
    refused = dm.design(shop())
    assert refused.status == "not-applicable"
    assert "the horizon is infinite" in refused.message
    assert {rung.status for rung in dm.ladder(shop()).rungs} == {"not-applicable"}
    with pytest.raises(AssumptionViolated, match="correlation: environment 'random' has a period 0 unlike"):
        dm.correlation(joined(twice(dm.load("random", stationary=True, agents=2))))
