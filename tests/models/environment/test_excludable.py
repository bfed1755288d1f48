"""Agents who can be left out: the rewriting against one by hand, and what it does to values."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.environment.excludable import LEFT_OUT, subsets

F = Fraction
KEEPS = [[[1, 0], [0, 1]]]
CLUB = {"a": (1, 4), "b": (2, 3)}


def club(excludable: bool = True, **changes: Any) -> dm.Environment:
    """One club open to both members or closed, their values known from the start and due in period 1."""
    members = [
        dm.Agent(name, types=["low", "high"], prior=["1/2", "1/2"], values=[[[0, 0]], [[0, 0], list(worth)]],
                 transitions=KEEPS)
        for name, worth in CLUB.items()
    ]
    settings: dict[str, Any] = {
        "name": "club", "agents": members, "actions": [["wait"], ["wait", "open"]],
        "costs": [[0], [0, 2]], "horizon": 2, "excludable": excludable,
    }
    return dm.Environment(**(settings | changes))


def by_hand() -> dm.Environment:
    """The same written out, in functions of labels."""
    out = {"nobody": "", "b": "b", "a": "a", "a, b": "ab"}

    def worth(name: str) -> Any:
        own = dict(zip(("low", "high"), CLUB[name], strict=True))
        place = list(CLUB).index(name)

        def value(t: int, action: str, *types: str) -> int:
            return own[types[place]] if t and action == "open" and name not in out[types[2]] else 0

        return lambda t, action, a, b, left: value(t, action, a, b, left)

    members = [
        dm.Agent(name, types=["low", "high"], prior=["1/2", "1/2"], values=worth(name), transitions=KEEPS)
        for name in CLUB
    ]
    chooses = {"wait" + (f" without {left}" if names else ""): left for left, names in out.items()}
    left_out = dm.Agent(
        LEFT_OUT, types=[["-"], list(out)], prior=[1], observed=True,
        transitions=lambda t, action, own, after: int(after == chooses[action]),
    )
    return dm.Environment(
        name="club", agents=[*members, left_out], actions=[list(chooses), ["wait", "open"]],
        costs=[[0] * 4, [0, 2]], horizon=2,
    )


def test_leaving_one_out_raises_the_value_as_the_environment_by_hand_does() -> None:
    without, can, hand = (dm.ladder(env, exact=True) for env in (club(False), club(), by_hand()))
    for rung in ("virtual", "relaxed", "bayesian", "ex-post"):
        assert without[rung].value == 2
        assert can[rung].value == hand[rung].value == F(9, 4)
    assert without["none"].value == can["none"].value == 3  # nobody is worth more left out
    mechanism = dm.design(club(), exact=True).mechanism
    assert dm.verify(by_hand(), mechanism, incentives="bayesian")


def test_subsets_are_told_apart_by_action_and_observed_type() -> None:
    env = club()
    assert env.actions[0] == ("wait", "wait without b", "wait without a", "wait without a, b")
    assert [agent.name for agent in env.agents] == ["a", "b", "left out"]
    assert env.agents[2].types == (("-",), ("nobody", "b", "a", "a, b"))
    served = env.agents[0].values[1][1, 1, 0]  # a, high, where the club is open
    assert served.tolist() == [4, 4, 0, 0]
    assert subsets(2).tolist() == [[False, False], [False, True], [True, False], [True, True]]


def test_values_of_period_0_are_left_out_too() -> None:
    buyer = dm.Agent("buyer", types=["loss", "gain"], prior=["1/2", "1/2"], values=[[[-3, 2]]])
    words: dict[str, Any] = {"name": "forced", "agents": [buyer], "actions": [["serve"]], "horizon": 1}
    assert dm.design(dm.Environment(**words), exact=True).value == -3
    env = dm.Environment(**words, excludable=True)
    assert dm.design(env, exact=True).value == 1
    assert dm.design(env, incentives="none", exact=True).value == 1


def joint(env: dm.Environment) -> dm.Environment:
    """The club with its independent types as one process."""
    halves = np.array([[F(1, 4)] * 2] * 2, dtype=object)
    same = np.eye(2, dtype=int)
    moves = np.einsum("ik,jl->ijkl", same, same)[None]
    agents = [
        dm.Agent(one.name, types=["low", "high"], values=[table.reshape(-1, 2) for table in one.values])
        for one in env.agents
    ]
    return club(agents=agents, process={"prior": halves, "transitions": [moves]})


def test_joint_processes_observed_agents_and_feasibility() -> None:
    env = club(False)
    assert dm.design(joint(env), incentives="ex-post", exact=True).value == F(9, 4)
    door = dm.Agent("door", types=["shut", "ajar"], prior=["1/2", "1/2"], observed=True, transitions=KEEPS)
    agents = [
        dm.Agent(one.name, types=["low", "high"], prior=["1/2", "1/2"],
                 values=[table.reshape(-1, 2) for table in one.values], transitions=KEEPS)
        for one in env.agents
    ]
    shut = club(
        agents=[door, *agents],
        feasible=[[[True, True]], [[True, True], [False, True]]],
    )
    assert dm.design(shut, exact=True).value == F(9, 8)  # ajar half of the time
    assert shut.feasible[1] is not None
    assert shut.feasible[1].shape == (2, 2, 4)


def test_signals_take_it_and_goods_say_why_not() -> None:
    """One buyer with an action that is worth nothing gains nothing by being left out."""
    buyer = dm.load("kln-separable", T=1)
    plain = buyer.agents[0]
    agent = dm.Agent("buyer", signals=plain.signals, values=list(plain.values))
    env = dm.Environment(
        agents=[agent], actions=[list(row) for row in buyer.actions], costs=list(buyer.costs),
        discount=buyer.discount, horizon=2, excludable=True,
    )
    for incentives in ("virtual", "relaxed", "bayesian"):
        alone = dm.design(buyer, incentives=incentives, exact=True).value
        assert dm.design(env, incentives=incentives, exact=True).value == alone
    units = {"goods": ["unit"], "upper": [1], "quadratic": [[1]]}
    eater = dm.Agent("eater", types=["low", "high"], prior=["1/2", "1/2"],
                     values=[[[0, 0]], [[1, 2]]], transitions=KEEPS)
    words: dict[str, Any] = {"agents": [eater], "actions": [["wait"], units], "horizon": 2}
    answer = dm.design(dm.Environment(**words, excludable=True))
    assert answer.status == "not-applicable"  # who is left out is a lottery, quantities beside it no convex
    assert "divisible goods beside actions that steer types" in answer.message


def test_a_stationary_environment_gets_a_period_0_of_its_own(tmp_path: Any) -> None:
    """What is chosen there is kept for ever, and its first periods are those of the finite one."""
    moves = [[F(3, 4), F(1, 4)], [F(1, 2), F(1, 2)]]
    members = [
        dm.Agent(name, types=["low", "high"], prior=["1/2", "1/2"], transitions=[[moves]] * periods,
                 values=[[[0, 0], list(worth)]] * entries)
        for periods, entries in ((1, 1), (2, 3)) for name, worth in {"a": (-3, 4), "b": (2, 3)}.items()
    ]
    words: dict[str, Any] = {"actions": ["shut", "open"], "discount": "1/2", "excludable": True}
    for_ever = dm.Environment(**words, agents=members[:2], horizon=None, costs=[[0, 2]])
    three = dm.Environment(**words, agents=members[2:], horizon=3, costs=[[0, 2]] * 3)
    assert for_ever.types(0) == (2, 2, 1)
    assert for_ever.types(1) == (2, 2, 4)
    short = dm.design(for_ever.with_horizon(3), exact=True).value
    assert short == dm.design(three, exact=True).value
    pivot = dm.pivot(for_ever, exact=True)
    assert for_ever.with_everybody is not None
    everybody = dm.pivot(for_ever.with_everybody, exact=True)
    starts = zip(np.ravel(pivot.W[0]), np.ravel(everybody.W[0]), strict=True)
    assert any(out > own for out, own in starts)  # a's loss need not be borne when the club opens for b
    dm.save(for_ever, tmp_path / "ever.json")
    assert dm.load(tmp_path / "ever.json").types(1) == (2, 2, 4)


@pytest.mark.parametrize("seed", range(5))
def test_whoever_is_always_left_out_is_paid_nothing_at_an_optimum(seed: int) -> None:
    rng = random.Random(seed)
    agents = [
        dm.Agent(name, types=["1", "2", "3"], prior=["1/3"] * 3,
                 values=[[[0] * 3], *[[[rng.randint(-6, 6) for _ in range(3)] for _ in range(2)]]],
                 transitions=[np.eye(3, dtype=int).tolist()])
        for name in "ab"
    ]
    env = dm.Environment(
        agents=agents, actions=[["wait"], ["x", "y"]], costs=[[0], [0, 1]], horizon=2, excludable=True
    )
    everybody = dm.Environment(agents=agents, actions=[["wait"], ["x", "y"]], costs=[[0], [0, 1]], horizon=2)
    design, without = dm.design(env, exact=True), dm.design(everybody, exact=True)
    assert design.value is not None
    assert without.value is not None
    assert design.value >= without.value
    mechanism = design.mechanism
    assert mechanism is not None
    out, first = subsets(2), mechanism.stages[0]
    last, onward = mechanism.stages[1], first.next
    assert onward is not None
    always = 0
    for i in range(2):
        chance = (first.allocation[0, ..., 0, :] * out[:, i]).sum(axis=-1)  # (a, b) left out
        chance = chance if i == 0 else chance.T
        for k in np.flatnonzero((chance == 1).all(axis=1)):
            paid = F(0)
            for other in range(3):
                own = (int(k), other) if i == 0 else (other, int(k))
                paid += first.transfers[i][(0, *own, 0)]
                for s, weight in enumerate(first.allocation[(0, *own, 0)]):
                    after = onward[(0, *own, 0, s)] if weight else 0
                    paid += weight * last.transfers[i][(after, *own, s)]
            assert paid == 0
            always += 1
    assert always


def test_files_say_it_and_come_back(tmp_path: Any) -> None:
    for env in (club(), club().to_float()):
        path, again = tmp_path / "club.json", tmp_path / "again.json"
        dm.save(env, path)
        assert '"excludable": true' in path.read_text()
        assert len(dm.load(path).agents) == 3
        assert dm.load(path).exact == env.exact
        dm.save(dm.load(path), again)
        assert path.read_text() == again.read_text()
    assert '"excludable"' not in _saved(club(False), tmp_path)
    # What is made of it afterwards is an environment like others, written as it is.
    assert '"excludable"' not in _saved(club().restrict([["wait"], ["wait", "open"]]), tmp_path)


def _saved(env: dm.Environment, folder: Any) -> str:
    dm.save(env, folder / "x.json")
    return str((folder / "x.json").read_text())


def test_a_certificate_is_about_the_environment_in_the_file(tmp_path: Any) -> None:
    design = dm.design(club(), exact=True)
    assert design.certificate is not None
    assert design.certificate.check()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"excludable": 1}, "excludable: 1 is neither True nor False"),
        ({"actions": [{"goods": ["g"]}, ["wait", "open"]]}, "divisible goods, not a finite list"),
        ({"agents": "left out"}, "no agent may be called 'left out'"),
        ({"agents": "a, b"}, "the label 'a, b' is used twice"),
        ({"agents": "many"}, "13 agents have 2^13 subsets"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    def idle(name: str) -> dm.Agent:
        return dm.Agent(name, types=["only"], prior=[1], transitions=lambda *_: 1)

    names = {"left out": ["left out"], "a, b": ["a", "b", "a, b"], "many": [f"n{k}" for k in range(13)]}
    if "agents" in changes:
        changes = {"agents": [idle(name) for name in names[changes["agents"]]]}
    with pytest.raises(dm.DynamechError) as error:
        club(**changes)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
