"""Correlation: values computed independently of this project, for Liu's example and four processes.

`tests/data/correlation.json` has the processes with their sources: spanning, convex independence alone,
neither, and independent transitions. The licences of section 3.1 are the library's.
"""

from __future__ import annotations

import ast
import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.correlation import Correlation
from dynamech.models.correlation.blocks import BeliefBlocks, blocks
from dynamech.models.correlation.course import Course
from dynamech.models.correlation.settle import settle
from dynamech.models.correlation.targets import residual_claims
from dynamech.models.correlation.written import correlation_json
from dynamech.models.society.problem import transitions
from dynamech.solvers.effort import EXACT
from dynamech.solvers.numbers import Array, array

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "correlation.json").read_text(encoding="utf-8")
)
NAMES = [name for name in CASES if name.startswith("L")]


def environment(name: str) -> dm.Environment:
    """The process of a case; initial profiles are equally likely (nothing here depends on them)."""
    data = CASES[name]["instance"]
    types = tuple(data["signals"])
    values = [array(table).reshape(-1, *types) for table in data["u"]]
    profiles = int(np.prod(types))
    return dm.Environment(
        name=name,
        agents=[
            dm.Agent(f"{i}", types=[[f"{k}" for k in range(n)]], values=[values[i]])
            for i, n in enumerate(types)
        ],
        actions=[[f"{a}" for a in range(len(values[0]))]],
        horizon=None,
        discount=data["delta"],
        process={
            "prior": array([F(1, profiles)] * profiles).reshape(types),
            "transitions": [array(data["mu"]).reshape(-1, *types, *types)],
        },
    )


@pytest.fixture(scope="module")
def answers() -> dict[str, Correlation]:
    """The exact answers, by norm 2, whose transfers are unique."""
    return {name: dm.correlation(environment(name), exact=True, norm="2") for name in NAMES}


def key(text: str) -> tuple[int, int]:
    """``(action, (others' type,))`` of the data."""
    action, (other,) = ast.literal_eval(text)
    return action, other


@pytest.mark.parametrize("name", NAMES)
def test_welfare_and_policy(answers: dict[str, Correlation], name: str) -> None:
    expected = CASES[name]["expected"]
    assert [str(value) for value in answers[name].plan.welfare[0]] == expected["W"]
    assert answers[name].plan.policy[0].tolist() == expected["policy"]


@pytest.mark.parametrize("name", NAMES)
def test_verdicts_and_their_certificates(answers: dict[str, Correlation], name: str) -> None:
    expected = CASES[name]["expected"]
    for agent in answers[name].agents:
        (period,) = agent.periods
        assert agent.convex_independence is expected["convex_independence_by_agent"][agent.name]
        assert agent.spanning is expected["spanning_by_agent"][agent.name]
        for (a, x), m in np.ndenumerate(period.blocks.matrix_of):
            place = f"({agent.name}, {a}, ({x},))"
            assert period.convex.holds[m] == (place not in expected["failures_convex"])
            assert period.spanning.holds[m] == (place not in expected["failures_spanning"])
            if place in expected["failures_spanning"]:
                null, known = period.spanning.null[m], array(expected["failures_spanning"][place])
                assert (null * known[0] == known * null[0]).all()
            if place in expected["failures_convex"]:
                failure = expected["failures_convex"][place]
                assert period.convex.weights[m, failure["row"]].tolist() == array(failure["xi"]).tolist()
                assert period.convex.distance[m, failure["row"]] == 0


@pytest.mark.parametrize("name", NAMES)
def test_smallest_transfers_of_theorem_3_1(answers: dict[str, Correlation], name: str) -> None:
    for agent in answers[name].agents:
        expected = CASES[name]["expected"]["theorem_3_1"][agent.name]
        answer = agent.periods[0].theorems["3.1"]
        feasible, top, squares = agent.theorem("3.1")
        assert feasible is expected["feasible"]
        if not feasible:
            assert top is squares is None
            failing = {(int(a), int(x)) for a, x in answer.block[~answer.feasible]}
            assert failing == {key(text) for text in expected["infeasible_keys"]}
            continue
        assert (str(top), str(squares)) == (expected["min_max_abs"], expected["min_norm_sq_total"])
        for text, value in expected["min_max_abs_per_key"].items():
            here = (answer.block == key(text)).all(axis=1)
            assert str(answer.largest[here].max()) == value
        for text, value in expected["min_norm_solution"].items():
            here = (answer.block == key(text)).all(axis=1)
            assert answer.transfers[here].tolist() == array(value).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_smallest_transfers_of_theorem_3_2(answers: dict[str, Correlation], name: str) -> None:
    for agent in answers[name].agents:
        expected = CASES[name]["expected"]["theorem_3_2"].get(agent.name)
        answer = agent.periods[0].theorems["3.2"]
        feasible, top, squares = agent.theorem("3.2")
        assert feasible is (expected is not None)
        if expected is None:
            continue
        assert (str(top), str(squares)) == (expected["min_max_abs"], expected["min_norm_sq_total"])
        for text, value in expected["min_norm_solution"].items():
            here = (answer.block == key(text)).all(axis=1)
            (p,) = answer.transfers[here]
            assert p.tolist() == array(value).tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("theorem", ["3.1", "3.2"])
def test_mechanisms_are_periodic_ex_post_exactly(name: str, theorem: str) -> None:
    env = environment(name)
    answer = dm.correlation(env, exact=True, theorem=theorem, distances=False)
    possible = all(agent.theorem(theorem)[0] for agent in answer.agents)
    assert (answer.mechanism is not None) == possible
    if answer.mechanism is None:
        assert f"no transfers of Theorem {theorem} exist for agent" in answer.reason
        return
    verdict = dm.verify(env, answer.mechanism, incentives="ex-post")
    assert verdict.holds
    assert verdict.violation == 0
    assert isinstance(verdict.violation, F)
    assert answer.residual == 0


@pytest.mark.parametrize("name", ["L1_2x2_spanning_singlecrossing_fails", "L4_none_convex"])
def test_doubles_say_the_same(answers: dict[str, Correlation], name: str) -> None:
    env = environment(name)
    rounded = dm.correlation(env)
    for mine, exact in zip(rounded.agents, answers[name].agents, strict=True):
        assert (mine.convex_independence, mine.spanning) == (exact.convex_independence, exact.spanning)
        for theorem in ("3.1", "3.2"):
            for value, known in zip(mine.theorem(theorem), exact.theorem(theorem), strict=True):
                assert value == known or float(value or 0) == pytest.approx(float(known or 0))
    assert rounded.accurate
    assert rounded.mechanism is not None
    assert dm.verify(env, rounded.mechanism, incentives="ex-post").holds
    # Certificates of failure are rational although the transfers are not.
    for mine in rounded.agents:
        for m in np.flatnonzero(~mine.periods[0].spanning.holds):
            matrix = blocks(env, mine.index, 0).matrices[m]
            assert (mine.periods[0].spanning.null[m] @ matrix == 0).all()


# Section 3.1 ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def licences() -> dm.Environment:
    return dm.load("liu-licence")


def test_licence_transfers(licences: dm.Environment) -> None:
    """Theorem 3.2 with the boundary term: (0, −12) after action 1, (−3, −27) after 2; firm 2's bonuses."""
    answer = dm.correlation(licences, exact=True, theorem="3.2", norm="2")
    first, second = (agent.periods[0].theorems["3.2"].transfers for agent in answer.agents)
    assert first.tolist() == [[0, -12], [-3, -27]]
    assert second.ravel().tolist() == [-15, -21, -8, -10]
    assert answer.last is not None
    assert answer.last.rule == {"firm 1": "externality", "firm 2": "externality"}
    assert answer.last.payments.tolist() == [[0, 0], [0, 11]]


def test_licence_lotteries(licences: dm.Environment) -> None:
    """Theorem 3.1, firm 1: by action and report, least norms and smallest largest transfers."""
    shortest = dm.correlation(licences, exact=True, norm="2").agents[0].periods[0].theorems["3.1"]
    assert shortest.transfers.tolist() == [
        [F(-18, 5), F(-6, 5)],
        [0, -12],
        [F(-54, 5), F(-18, 5)],
        [-3, -27],
    ]
    assert shortest.squares.tolist() == [F(72, 5), 144, F(648, 5), 738]
    assert shortest.largest.tolist() == [3, 12, 9, 27]


def payoff(mechanism: dm.Mechanism, true: int, said: int) -> Any:
    """What firm 1 earns in both periods with signal number `true` and report `said`, by hand."""
    value = [[F(7), F(11)], [F(0), F(0)]]
    chance = [[F(3, 4), F(1, 4)], [F(1, 4), F(3, 4)]]
    start, then = mechanism.stages
    total = -start.transfers[0, 0, said, 0]
    for a in range(2):
        total += start.allocation[0, said, 0, a] * value[a][true]
    memory = said if start.next is None else int(start.next[0, said, 0, 0])
    for other in range(2):
        later = sum(then.allocation[memory, 0, other, a] * value[a][other] for a in range(2))
        total += chance[true][other] * (later - then.transfers[0, memory, 0, other])
    return total


def test_licence_payoffs_are_the_surplus(licences: dm.Environment) -> None:
    mechanism = dm.correlation(licences, exact=True, theorem="3.2").mechanism
    assert mechanism is not None
    found = [[payoff(mechanism, true, said) for said in range(2)] for true in range(2)]
    assert found == [[F(61, 4), F(57, 4)], [F(87, 4), F(91, 4)]]
    assert dm.verify(licences, mechanism, incentives="ex-post").violation == 0


def bonus(licences: dm.Environment, after_second: tuple[int, int]) -> dm.Mechanism:
    """The linked auctions with these bonuses for firm 1 where firm 2 got the first licence."""
    made = dm.correlation(licences, exact=True, theorem="3.2").mechanism
    assert made is not None
    stages = [
        dm.Stage(stage.allocation, stage.transfers * 0, stage.next, stage.label) for stage in made.stages
    ]
    stages[1].transfers[0, 1, 0] = [F(value) for value in after_second]
    stages[1].transfers[1, :, 0, 1] = F(11)
    return dm.Mechanism(made.instance, tuple(stages))


def test_the_printed_bonuses_overpay(licences: dm.Environment) -> None:
    """Printed (−4, −16) pay 7 and 13 for the first auction; the surplus 7, 12 takes (−3, −15)."""
    second_auction = [F(3, 4) * 7, F(1, 4) * 7]
    for bonuses, worth in (((-4, -16), [7, 13]), ((-3, -15), [7, 12])):
        made = bonus(licences, bonuses)
        own = [payoff(made, true, true) - second_auction[true] for true in range(2)]
        assert own == worth
        assert dm.verify(licences, made, incentives="ex-post").holds


@pytest.mark.parametrize("seed", [76, 120])
def test_without_the_boundary_term_a_lie_pays(seed: int) -> None:
    """Lemma 7.4 without δ E[W_T − V_T]: who foresees what the last period leaves her lies before it."""
    env = dm.load("random-correlated", seed=seed, types=2, stationary=False, periods=2)
    course = Course.of(env, EXACT)
    last, moves = course.last, transitions(env, 0)
    assert last is not None
    assert last.efficient

    def printed(course: Course, found: BeliefBlocks) -> Array:
        boundary = moves.expected(course.plan.welfare[1] - last.values[found.agent])
        return residual_claims(course, found) + boundary[:, found.profile]

    right = settle(course, residual_claims).require()
    assert dm.verify(env, right, incentives="ex-post").violation == 0
    assert not dm.verify(env, settle(course, printed).require(), incentives="ex-post").holds


def test_equation_19_needs_the_discount() -> None:
    """Lemma 7.3 as printed lacks δ: what is worth the others' surplus tomorrow is worth too little today."""
    env = environment("L1_2x2_spanning_singlecrossing_fails")
    course = Course.of(env, EXACT)

    def printed(course: Course, found: BeliefBlocks) -> Array:
        return residual_claims(course, found) * env.discount

    right = settle(course, residual_claims, "3.2", "2").require()
    assert dm.verify(env, right, incentives="ex-post").violation == 0
    assert not dm.verify(env, settle(course, printed, "3.2", "2").require(), incentives="ex-post").holds


def test_the_answer_as_json(answers: dict[str, Correlation]) -> None:
    name = "L4_none_convex"
    written = correlation_json(answers[name])
    json.dumps(written)
    expected = CASES[name]["expected"]
    assert written["W"] == expected["W"]
    first = written["agents"][0]
    assert (first["name"], first["convex_independence"], first["spanning"]) == ("0", False, False)
    assert first["theorem_3_1"] == {
        "feasible": True,
        "largest_transfer": "290/9",
        "least_norm_squared": "371480/153",
    }
    assert first["theorem_3_2"] == {"feasible": False, "largest_transfer": None, "least_norm_squared": None}
    assert len(first["blocks"]) == 4
    block = first["blocks"][0]
    assert (block["period"], block["action"], block["others"]) == (0, "0", {"1": "0"})
    assert block["convex_independence"]["rows"][1]["weights"] == ["1/2", "0", "1/2"]
    assert len(block["theorem_3_1"]["transfers"]) == 3
