"""Joint rents of several agents: both bounds against the program over histories, and what makes them hold."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.cli import main
from dynamech.models.design import rents
from dynamech.models.notions.objective import read_objective
from dynamech.models.recursion import joint as states
from dynamech.models.recursion import joint_bounds as room
from dynamech.models.recursion.bounds import Bounds
from dynamech.models.recursion.joint import joint
from dynamech.models.recursion.joint_bounds import JointRounds, joint_bounds
from dynamech.solvers.algorithms.growing import Growing, SimplexPoint
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import Infeasible, InvalidInput

CLOSE = 1e-7
OBJECTIVES: list[Any] = [
    "revenue",
    "welfare",
    {"revenue": 1, "welfare": "1/2"},
    {"revenue": 2, "utility:agent 1": 1},
    {"revenue": 1, "welfare": -2},
]


def drawn(seed: int, agents: int, types: int, periods: int, **more: Any) -> dm.Environment:
    words: dict[str, Any] = {"actions": 2, "controlled": False, "discount": "9/10", **more}
    return dm.load("random", seed=seed, agents=agents, types=types, periods=periods, **words)


def alike(
    periods: int, stay: str = "7/10", buyers: int = 2, top: tuple[Any, ...] = (2, 2, 2)
) -> dm.Environment:
    """Buyers of one good a period, worth 1 or `top` to them; they stay as they are with chance `stay`."""
    chance = Fraction(stay)

    def buyer(name: str, most: Any) -> dm.Agent:
        return dm.Agent(
            name,
            ["low", "high"],
            ["1/3", "2/3"],
            lambda t, a, k: (most if k == "high" else 1) * (a == name),
            lambda t, a, k, m: chance if k == m else 1 - chance,
        )

    names = [f"buyer {i}" for i in range(buyers)]
    agents = [buyer(*each) for each in zip(names, top, strict=False)]
    actions = ["keep", *names]
    return dm.Environment(name="alike", horizon=periods, discount="9/10", actions=actions, agents=agents)


def asked(env: dm.Environment, objective: Any = "revenue", gap: float = CLOSE) -> Bounds:
    return joint_bounds(joint(env, read_objective(objective).over(False)), gap)


def optimum(env: dm.Environment, **words: Any) -> float:
    value = dm.design(env, formulation="utilities", **words).value
    assert value is not None
    return float(value)


@given(
    st.integers(0, 10_000),
    st.sampled_from([(2, 2, 1), (2, 2, 2), (2, 2, 3), (2, 3, 2), (3, 2, 1), (3, 2, 2), (2, 1, 2)]),
    st.integers(2, 3),
    st.booleans(),
    st.sampled_from(OBJECTIVES),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_bounds_enclose_what_the_history_program_finds(
    seed: int, size: tuple[int, int, int], actions: int, sparse: bool, objective: Any
) -> None:
    env = drawn(seed, *size, actions=actions, sparse=sparse)
    if any(read_objective(objective).paid(agent.name) < 0 for agent in env.agents):
        objective = "revenue"
    both, value = asked(env, objective), optimum(env, objective=objective)
    scale = max(1.0, abs(value))
    assert both.closed
    assert both.lower - 1e-9 * scale <= value <= both.upper + 1e-9 * scale
    assert both.upper - both.lower <= 1e-6 * scale


@given(st.sampled_from(["0", "1/2", "7/10", "1"]), st.integers(1, 3), st.sampled_from(["3/2", "2", "5"]))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_alike_agents_share_states_and_the_value_stays(stay: str, periods: int, top: str) -> None:
    env = alike(periods, stay, top=(Fraction(top),) * 2)
    both, value = asked(env), optimum(env)
    assert both.closed
    assert both.lower - 1e-9 <= value <= both.upper + 1e-9
    # one state before each later period where types do not persist, else one for each number of high types
    states_after = 1 if stay == "1/2" else 3
    assert len(joint(env, read_objective("revenue").over(False)).stages) == 2 + (periods - 1) * states_after


def test_who_is_not_alike_shares_nothing() -> None:
    count = [len(joint(env, read_objective(words).over(False)).stages) for env, words in [
        (alike(3), "revenue"),
        (alike(3, top=(2, 3)), "revenue"),
        (alike(3), {"revenue": 2, "utility:buyer 1": 1}),
        (alike(2, buyers=3), "revenue"),
        (alike(2, buyers=3, top=(2, 2, 3)), "revenue"),
    ]]  # fmt: skip
    assert count == [2 + 2 * 3, 2 + 2 * 4, 2 + 2 * 4, 2 + 4, 2 + 6]
    for env in (alike(2, buyers=3), alike(2, buyers=3, top=(2, 3, 2))):
        both = asked(env)
        assert both.closed
        assert both.lower - 1e-9 <= optimum(env) <= both.upper + 1e-9


def test_rents_are_where_the_agents_are() -> None:
    """Exchanged as the last types are, in whichever order a state has three agents: so beliefs say."""
    exchanged = 0
    for env in (alike(3, buyers=3), alike(3, buyers=3, top=(2, 3, 2))):
        stages = joint(env, read_objective("revenue").over(False)).stages
        for stage in stages[1:]:
            here = np.concatenate(stage.belief)
            assert (here[stage.images] == here).all()
            for s, place, profile in zip(stage.next, stage.places, stage.digits.T, strict=False):
                rows = [moves[k] for moves, k in zip(stage.moves, profile, strict=True)]
                assert (np.concatenate(stages[s].belief)[place] == np.concatenate(rows)).all()
                exchanged += (place != np.arange(len(place))).any()
    assert exchanged > 20


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_agents_and_the_scale_of_money_do_not_matter(seed: int) -> None:
    env = drawn(seed, 2, 2, 2, actions=3)
    one = asked(env)
    other = asked(env.reorder(agents=["agent 2", "agent 1"]))
    assert other.lower == pytest.approx(one.lower, rel=1e-9)
    for scale in (Fraction(1, 10**9), Fraction(10**9)):
        agents = tuple(
            replace(agent, values=tuple(scale * value for value in agent.values)) for agent in env.agents
        )
        both = asked(env._with(agents=agents, costs=tuple(scale * cost for cost in env.costs)))
        assert (both.closed, both.rounds) == (True, one.rounds)
        assert both.lower == pytest.approx(float(scale) * one.lower, rel=1e-9)


def test_values_of_the_others_types_count() -> None:
    """What the other knows is worth half of it: her lie is about my value as well."""
    own = np.array([1, 3], dtype=object)
    knows = own[:, None] + own[None] * Fraction(1, 2)
    nothing = np.zeros((2, 2), dtype=object)
    tables = {"a": [nothing, knows, nothing], "b": [nothing, nothing, knows.T]}
    stays = [["3/4", "1/4"], ["1/4", "3/4"]]
    env = dm.Environment(
        name="common", horizon=2, discount="9/10", actions=["keep", "a", "b"],
        agents=[
            dm.Agent(name, ["low", "high"], ["1/2", "1/2"], [np.array(table)] * 2, [stays])
            for name, table in tables.items()
        ],
    )  # fmt: skip
    both = asked(env)
    assert both.closed
    assert both.lower - 1e-9 <= optimum(env) <= both.upper + 1e-9


def test_cuts_and_points_hold_whatever_the_solver_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Multipliers and shares that are somewhat wrong, or none: worse bounds, and still bounds."""
    env = drawn(3, 2, 2, 2)
    value, solve, count = optimum(env), Growing.solve, 0
    draws = np.random.default_rng(5)

    def wrong(self: Growing) -> SimplexPoint | None:
        nonlocal count
        count, right = count + 1, solve(self)
        if right is None or count % 7 == 0:
            return None
        noise = draws.normal(size=len(right.primal)) * 0.05
        return SimplexPoint(right.primal + noise, right.dual)

    monkeypatch.setattr(Growing, "solve", wrong)
    monkeypatch.setattr(room, "ROUNDS", 30)
    both = asked(env)
    assert both.lower <= value <= both.upper
    assert count > 100
    assert not both.closed
    assert both.upper < 1.2 * value


def test_every_cut_is_above_every_point() -> None:
    """At the rents that the point leaves."""
    game = joint(drawn(7, 2, 3, 2, actions=3), read_objective("revenue").over(False))
    rounds, checked = JointRounds(game), 0
    for s in range(len(game.stages) - 1, 0, -1):
        for at in game.rents[s]:
            rounds.visit(s, at)
    for s, stage in enumerate(game.stages[1:], 1):
        cuts, points, lies = rounds.cuts[s], rounds.points[s], stage.told
        for at in game.rents[s]:
            asked_for = at[lies.to] - at[lies.of]
            fits = (points.gain[:, lies.of, lies.to] <= asked_for + 1e-12).all(axis=1)
            checked += fits.sum()
            assert (points.worth[fits] <= (cuts.level + cuts.slope @ at).min() + 1e-9).all()
    assert checked > 10


def test_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    env = alike(3)
    answer = dm.design(env, formulation="recursion")
    assert answer.bounds is not None
    assert answer.value == answer.bounds.lower == pytest.approx(optimum(env), rel=1e-5)
    assert dm.design(env, formulation="recursion", participation="periodic").value == answer.value
    assert optimum(env, participation="periodic") == pytest.approx(optimum(env))
    with pytest.raises(Infeasible, match="a program over histories has one"):
        _ = answer.mechanism
    told: list[dm.Event] = []
    monkeypatch.setattr(rents, "LARGE", 10)
    long = dm.design(env, notify=told.append)
    assert (long.formulation, long.status, long.value) == ("recursion", "optimal", answer.value)
    assert "recursion over the rents of several agents, in place of" in told[0].text
    late = dm.design(env, formulation="recursion", time_limit=1e-3)
    assert (late.status, late.value) == ("limit", None)
    assert late.bounds is not None
    assert late.bounds.upper >= answer.value
    monkeypatch.setattr(states, "PROGRAMS", 10)
    assert dm.design(env).formulation != "recursion"
    words = "vectors of 2 numbers and up to 39 programs a round, and the most are 6 and 10"
    with pytest.raises(InvalidInput, match=words):
        dm.design(alike(3), formulation="recursion")


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"observed": 1}, {}, "joint rents are for agents who report, and 'public 1' is observed"),
    ({"controlled": True}, {}, "types that actions do not move, and those of period 0 do"),
    ({"independent": False}, {}, "agents move by a joint process"),
    ({}, {"participation": "ex-post"}, "participation 'ex-post' is not 'interim' or 'periodic'"),
    ({}, {"demands": {"budget": "ex-post"}}, "is none of joint rents"),
    ({}, {"objective": "min-utility"}, "the least utility has a weight"),
    ({}, {"objective": {"revenue": 1, "utility:agent 2": 2}}, "payments of 'agent 2' have a negative weight"),
    ({"types": 6}, {}, "vectors of 10 numbers"),
    ({}, {"exact": True}, "its bounds are in doubles, not over the rationals"),
    ({}, {"solver": "highs-ipm"}, "solver 'highs-ipm' is not 'highs'"),
]


@pytest.mark.parametrize(("more", "words", "why"), REFUSED)
def test_what_it_cannot_answer_is_refused(more: dict[str, Any], words: dict[str, Any], why: str) -> None:
    env = dm.load("random", **{"agents": 2, "types": 2, "periods": 2, "controlled": False, **more})
    with pytest.raises(InvalidInput, match="formulation 'recursion': ") as refusal:
        dm.design(env, formulation="recursion", **words)
    assert why in str(refusal.value)


def test_a_time_limit_stops_between_programs() -> None:
    game = joint(drawn(1, 2, 2, 3), read_objective("revenue").over(False))
    both = joint_bounds(game, effort=Effort(time_limit=1e-9))
    assert (both.lower, both.closed) == (-np.inf, False)
    assert both.upper == game.unit * game.first_best


def test_the_command_line_says_that_there_is_no_mechanism(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["random", "--set", "agents=2", "--set", "types=2", "--set", "periods=2"]
    words += ["--set", "controlled=false", "--formulation", "recursion"]
    assert main(["design", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["bounds"][0] <= content["value"] * (1 + 1e-9)
    assert content["mechanism"] is None
    assert "recursion over the rents of several agents" in err
    assert main(["design", *words, "--out", str(tmp_path / "m.json")]) == 2
    assert "have no mechanism; a program over histories has one" in capsys.readouterr().err
