"""Contradictory demands: a smallest set of what was asked, its excess and its rows, against enumeration."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.instances.file import instance_from_json, instance_to_json
from dynamech.models.design import conflict as finding
from dynamech.models.design.conflict import Conflict, smallest
from dynamech.models.environment.environment import Environment
from dynamech.solvers.solve import solve

from ..compiler.two_types import HALF, buyer, sale

F = Fraction


def bridge(unit: Any = 1) -> Environment:
    """One action, of cost 1: worth 1/2 or 3/2 to the only agent, and so 1 on average."""
    unit = F(unit)
    return dm.Environment(
        name="bridge", horizon=1, actions=["build"], costs=[[unit]],
        agents=[dm.Agent("town", types=["poor", "rich"], prior=HALF, values=[[[unit / 2, 3 * unit / 2]]])],
    )  # fmt: skip


def contradiction(env: Environment, exact: bool = True, **words: Any) -> Conflict:
    answer = dm.design(env, exact=exact, objective="welfare", **words)
    assert answer.status == "infeasible"
    assert answer.conflict is not None
    assert answer.message == f"{answer.reason}; {answer.conflict.sentence}"
    return answer.conflict


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("unit", ["1/1000000000", 1, 1000000000])
def test_it_may_be_three(unit: Any, exact: bool) -> None:
    """Whoever is poor pays 1/2 at most, and so does the rich, who may say that he is poor."""
    said = contradiction(bridge(unit), exact, demands={"budget": "ex-ante"})
    assert said.parts == (
        "budget ex-ante: payments cover costs", "participation 'interim'", "incentives 'bayesian'"
    )  # fmt: skip
    money = F(unit)
    assert said.excess == (money / 2 if exact else pytest.approx(float(money / 2)))
    weights: list[Any] = [
        (each.part.split()[0], each.at.partition("|")[2], each.weight) for each in said.weights
    ]
    assert weights == [
        ("budget", "", pytest.approx(1)),
        ("participation", "poor", pytest.approx(1)),
        ("incentives", "rich→poor", pytest.approx(1 / 2)),
    ]
    if exact and unit == 1:
        assert said.sentence == (
            "contradictory: budget ex-ante: payments cover costs; participation 'interim'; incentives "
            "'bayesian'; weighted so they ask 1/2 more than there is: budget ex-ante: payments cover costs, "
            "weight 1; participation 'interim' of 'town' at start|poor (period 0), weight 1; incentives "
            "'bayesian' of 'town' at start|rich→poor (period 0), weight 1/2"
        )


@pytest.mark.parametrize(
    ("env", "words", "parts", "excess"),
    [
        (sale(buyer("b", 1, 2)), {"demands": {"payments": "3/2..5"}},
         ["payments of 'b' at least 3/2", "participation 'interim'"], F(1, 2)),
        (sale(buyer("b", 1, 2)), {"demands": {"payments": {"b": "3/2..5"}, "on": "path"}},
         ["payments of 'b' on path at least 3/2", "participation 'interim'"], F(1, 2)),
        # Two sides of one demand are two parts: that nobody is paid is no matter.
        (bridge(), {"demands": {"payments": "none", "budget": "ex-post", "balanced": True}},
         ["payments of 'town' at most 0", "budget ex-post balanced: payments cover costs"], F(1, 2)),
        (bridge(), {"demands": {"payments": "2..3", "budget": "ex-ante", "balanced": True},
                    "participation": "none"},
         ["payments of 'town' at least 2", "budget ex-ante balanced: payments are no more than costs"],
         F(1, 2)),
        # The rich alone could pay, if asked to.
        (bridge(), {"demands": {"payments": "0..3/4", "budget": "ex-post"}, "participation": "none"},
         ["payments of 'town' at most 3/4", "budget ex-post: payments cover costs"], F(1, 8)),
        (sale(buyer("a", 1), buyer("b", 4)), {"demands": {"payments": {"a": "2..3", "b": "0..1"}}},
         ["payments of 'a' at least 2", "participation 'interim'"], F(1)),
    ],
)  # fmt: skip
def test_by_hand(env: Environment, words: dict[str, Any], parts: list[str], excess: Fraction) -> None:
    said = contradiction(env, **words)
    assert (list(said.parts), said.excess) == (parts, excess)
    whole = sum(each.weight for each in said.weights if each.part[:6] in ("paymen", "budget"))
    assert whole == 1
    rough = contradiction(env, exact=False, **words)
    assert rough.parts == said.parts
    assert rough.excess == pytest.approx(float(excess))


def test_who_is_alike_may_be_a_part() -> None:
    """Two alike agents cannot pay different amounts."""
    env = dm.Environment(
        name="pair", horizon=1, actions=["x"], costs=[[0]],
        agents=[dm.Agent(name, types=["t"], prior=[1], values=[[[5]]]) for name in "ab"],
    )  # fmt: skip
    said = contradiction(env, demands={"payments": {"a": "0..1", "b": "2..3"}, "anonymous": [["a", "b"]]})
    assert said.parts == ("payments of 'a' at most 1", "payments of 'b' at least 2", "anonymous a, b")
    assert said.excess == F(1, 2)
    alone = contradiction(env, demands={"payments": {"a": "6..7", "b": "0..9"}, "anonymous": [["a", "b"]]})
    assert alone.parts == ("payments of 'a' at least 6", "participation 'interim'")


def test_rows_of_ones_own_are_parts() -> None:
    """What costs 2 is sold for sure, to somebody who may say that it is worth 1 to her."""
    rows = [
        dm.Row("sold", allocation=[[0, 1]], lower=1, expected=True),
        dm.Row("kept", allocation=[[1, 0]], upper=5),
    ]
    env = sale(buyer("b", 1, 4), cost=2)
    said = contradiction(env, demands={"rows": rows, "budget": "ex-ante"})
    assert said.parts == (
        "budget ex-ante: payments cover costs", "row sold at least 1", "participation 'interim'",
        "incentives 'bayesian'",
    )  # fmt: skip
    twice = dm.Row("sold", allocation=[[0, 1]], lower=2, expected=True)
    alone = contradiction(env, demands={"rows": [twice]})
    assert (alone.parts, alone.excess) == (("row sold at least 2",), F(1))
    assert alone.sentence.startswith("row sold at least 2: nothing does; weighted so they ask 1 more")


def test_what_gives_way_by_the_excess_goes_together() -> None:
    env = sale(buyer("b", 1, 2))
    assert contradiction(env, demands={"payments": "3/2..5"}).excess == F(1, 2)
    assert dm.design(env, demands={"payments": "1..5"}, exact=True).status == "optimal"
    assert dm.design(env, demands={"payments": "1001/1000..5"}, exact=True).status == "infeasible"


# -- smallest ------------------------------------------------------------------------------------------------

@st.composite
def questions(draw: Any) -> tuple[Environment, dict[str, Any]]:
    """Two agents, actions that all cost something, bounds on what each pays and a budget."""
    few = st.integers(-2, 4).map(lambda k: F(k, 2))
    agents = []
    for name in "ab":
        values = [[draw(few) for _ in range(2)] for _ in range(2)]
        agents.append(dm.Agent(name, types=["l", "h"], prior=HALF, values=[values]))
    env = dm.Environment(
        name="random", horizon=1, actions=["x", "y"], costs=[[draw(few) + 1, draw(few)]], agents=agents
    )
    bounds = {name: sorted([draw(few), draw(few)]) for name in "ab"}
    kept = draw(st.sampled_from(["", "a", "b", "ab", "ab"]))
    demands: dict[str, Any] = {
        "payments": {name: f"{bounds[name][0]}..{bounds[name][1]}" for name in kept},
        "budget": draw(st.sampled_from(["ex-ante", "ex-post"])), "balanced": draw(st.booleans()),
    }  # fmt: skip
    participation = draw(st.sampled_from(["none", "interim", "interim", "ex-post"]))
    return env, {"demands": demands, "participation": participation, "incentives": "bayesian"}


def parts_of(words: dict[str, Any]) -> list[str]:
    demands, parts = words["demands"], []
    for name in sorted(demands["payments"]):
        low, _, high = demands["payments"][name].partition("..")
        parts += [f"payments of '{name}' at least {low}", f"payments of '{name}' at most {high}"]
    budget = f"budget {demands['budget']}{' balanced' if demands['balanced'] else ''}"
    parts.append(f"{budget}: payments cover costs")
    if demands["balanced"]:
        parts.append(f"{budget}: payments are no more than costs")
    if words["participation"] != "none":
        parts.append(f"participation '{words['participation']}'")
    return [*parts, "incentives 'bayesian'"]


def without(env: Environment, words: dict[str, Any], parts: tuple[str, ...]) -> str:
    """The status of the question of these parts alone: a bound that is not asked for is far away. No words
    ask of a budget that payments are no more than costs, and nothing else."""
    demands = words["demands"]
    payments = {}
    for name in demands["payments"]:
        low, _, high = demands["payments"][name].partition("..")
        payments[name] = "..".join([
            low if f"payments of '{name}' at least {low}" in parts else "-999",
            high if f"payments of '{name}' at most {high}" in parts else "999",
        ])  # fmt: skip
    budget = [part.split(": ")[1] for part in parts if part.startswith("budget")]
    if budget == ["payments are no more than costs"]:
        return "unasked"
    asked: dict[str, Any] = {"payments": payments}
    if budget:
        asked |= {"budget": demands["budget"], "balanced": len(budget) == 2}
    said = any(part.startswith("participation") for part in parts)
    return dm.design(
        env, objective="welfare", exact=True, demands=asked,
        incentives="bayesian" if "incentives 'bayesian'" in parts else "none",
        participation=words["participation"] if said else "none",
    ).status  # fmt: skip


@settings(max_examples=14, deadline=None, derandomize=True)
@given(questions())
def test_a_smallest_set_is_one_by_enumeration(asked: tuple[Environment, dict[str, Any]]) -> None:
    env, words = asked
    answer = dm.design(env, objective="welfare", exact=True, **words)
    if answer.status != "infeasible":
        assert answer.conflict is None
        return
    assert answer.conflict is not None
    said, parts = answer.conflict.parts, parts_of(words)
    assert set(said) <= set(parts)
    assert without(env, words, said) in ("infeasible", "unasked")
    for size in range(1, len(said)):
        for fewer in itertools.combinations(parts, size):
            assert without(env, words, fewer) != "infeasible", fewer
    before = [set(s) for s in itertools.combinations(parts, len(said))]
    for earlier in before[: before.index(set(said))]:
        assert without(env, words, tuple(earlier)) != "infeasible", earlier
    # Whoever comes first.
    content = instance_to_json(env)
    content["agents"].reverse()
    turned = instance_from_json(content, "turned")
    again = dm.design(turned, objective="welfare", exact=True, **words).conflict
    assert again is not None
    assert (again.parts, again.excess) == (answer.conflict.parts, answer.conflict.excess)


@given(st.lists(st.frozensets(st.integers(0, 6), min_size=1), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_the_search_is_enumeration(clashing: list[frozenset[int]]) -> None:
    asked: list[frozenset[int]] = []

    def clashes(chosen: frozenset[int]) -> bool:
        asked.append(chosen)
        return any(one <= chosen for one in clashing)

    least = min(len(one) for one in clashing)
    first = min(sorted(one) for one in clashing if len(one) == least)
    assert sorted(smallest(7, clashes)) == first
    assert len(asked) < 2**7


def test_an_engine_that_gives_up_is_asked_over_the_rationals(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []

    def tired(program: Any, solver: str = "highs", *, exact: bool = False, **words: Any) -> Any:
        given.append(exact)
        solution = solve(program, solver, exact=exact, **words)
        return solution if exact else replace(solution, status="limit", value=None)

    monkeypatch.setattr(finding, "solve", tired)
    said = contradiction(bridge(), exact=False, demands={"budget": "ex-ante"})
    assert (said.parts[0], said.excess) == ("budget ex-ante: payments cover costs", 0.5)
    assert isinstance(said.excess, float)
    assert given == [False, True] * (len(given) // 2)


def test_what_is_too_large_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LARGE", 3)
    answer = dm.design(bridge(), demands={"budget": "ex-ante"})
    assert (answer.status, answer.conflict, answer.message) == ("infeasible", None, answer.reason)
    assert dm.design(bridge()).conflict is None


def test_doubles_see_no_bets_on_how_they_were_rounded() -> None:
    """Sevenths do not sum to 1 in doubles, and what they miss is a bet that keeps all promises: without
    bounds on payments nothing but the data says that the other three parts contradict one another."""
    moves = [
        [["2/5", "1/5", "2/5"], ["1/2", "1/4", "1/4"], ["1/2", "1/4", "1/4"]],
        [["2/7", "1/7", "4/7"], ["1/6", "1/2", "1/3"], ["2/7", "4/7", "1/7"]],
    ]
    worth = [[[0, 0, 0], [1, "5/2", 3]], [[0, 0, 0], [4, "-3/2", 4]]]
    learner = dm.Agent(
        "a", types=["low", "mid", "high"], prior=["3/8", "1/2", "1/8"], values=worth, transitions=[moves]
    )
    env = dm.Environment(
        name="learner", horizon=2, discount="9/10", actions=["keep", "sell"], agents=[learner],
        costs=[[0, "1/2"], [0, "3/2"]],
    )  # fmt: skip
    asked = {"payments": "0..1", "budget": "ex-ante", "rows": [dm.Row("low", utility=low_type, lower=4)]}
    proved, said = (
        contradiction(env, exact, participation="none", demands=asked) for exact in (True, False)
    )
    assert said.parts == proved.parts
    assert proved.parts == (
        "budget ex-ante: payments cover costs", "row low at least 4", "incentives 'bayesian'"
    )  # fmt: skip
    assert proved.excess is not None
    assert said.excess == pytest.approx(float(proved.excess))


def low_type(agent: str, first: str) -> int:
    return int(first == "low")
