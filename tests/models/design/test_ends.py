"""Where questions have no end, beside demands too: the rule of lump sums against engines, and its words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design import design as asking
from dynamech.models.design.compiling import compile_question
from dynamech.models.design.ends import Ends, ends_of
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment
from dynamech.models.notions.demands import read_demands
from dynamech.models.notions.lump_sums import LumpSums
from dynamech.models.notions.objective import read_objective
from dynamech.solvers.effort import EXACT
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

from ..compiler.two_types import buyer, sale

F = Fraction
NAMES = ("a", "b", "c")
THREE = sale(buyer("a", 1, 2), buyer("b", 0, 3), buyer("c", 1), cost=1)
FEW = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def ends(env: Environment, question: Question) -> Ends:
    return ends_of(env, question.participation, question.demands, question.objective)


@st.composite
def asked(draw: Any) -> dict[str, Any]:
    """Weights, participation and demands of the sale to three, all of which no sale keeps."""
    unit = st.integers(-2, 2).map(F)
    weights = {word: draw(unit) for word in ("revenue", "utility", *(f"utility:{name}" for name in NAMES))}
    weights |= {"welfare": F(9), "min-utility": draw(st.integers(0, 2).map(F))}
    weights["min-type-utility"] = draw(st.integers(0, 1).map(F))
    word = st.sampled_from(["free", "nonnegative", "nonpositive", "-1..2", "none"])
    demands: dict[str, Any] = {}
    if draw(st.booleans()):
        demands["payments"] = draw(word) if draw(st.booleans()) else {name: draw(word) for name in NAMES}
    budgets = ["none", "none", "ex-ante", "per-period", "ex-post", "every-period"]
    demands["budget"] = draw(st.sampled_from(budgets))
    demands["balanced"] = demands["budget"] != "none" and draw(st.booleans())
    return {
        "objective": weights, "participation": draw(st.sampled_from(["none", "none", "interim", "ex-post"])),
        "demands": demands,
    }  # fmt: skip


def keeps(words: dict[str, Any], d: dict[str, Fraction]) -> bool:
    """Whether a lump sum keeps what is asked, once and many times over; from the definitions."""
    demands, total = words["demands"], sum(d.values())
    bounds = {"nonnegative": (0, None), "nonpositive": (None, 0), "-1..2": (0, 0), "none": (0, 0)}
    payments = demands.get("payments", "free")
    for name, paid in d.items():
        low, high = bounds.get(payments[name] if isinstance(payments, dict) else payments, (None, None))
        if (low is not None and paid < low) or (high is not None and paid > high):
            return False
        if words["participation"] != "none" and paid > 0:
            return False
    return demands["budget"] == "none" or (total == 0 if demands["balanced"] else total >= 0)


def worth(objective: Any, d: dict[str, Fraction]) -> Any:
    paid = sum(objective.paid(name) * money for name, money in d.items())
    return paid - objective.least * max(d.values())


@FEW
@given(asked())
def test_the_rule_of_lump_sums_is_what_an_engine_finds(words: dict[str, Any]) -> None:
    question = Question.of(THREE, **words)
    answer = ends(THREE, question)
    program = compile_question(THREE, question, EXACT)[0].solved
    assert solve(program, exact=True).status == ("optimal" if answer.ray is None else "unbounded")
    assert answer.ended == (answer.ray is None)
    if answer.ray is None:
        return
    ray = answer.ray
    shared = F(len(ray.charged) or len(ray.paid), max(len(ray.paid), 1))
    d = dict.fromkeys(NAMES, F(0)) | dict.fromkeys(ray.charged, F(1)) | dict.fromkeys(ray.paid, -shared)
    assert keeps(words, d)
    assert worth(question.objective, d) == ray.gain > 0
    # What would stop it does, each by itself.
    for stop in ray.stops:
        kind, word = stop.replace("'", "").split(" ")
        more = {"participation": word} if kind == "participation" else {}
        fewer = words["demands"] | ({} if more else {kind: word.replace("LOW..HIGH", "-3..3")})
        if kind == "payments":
            fewer.pop("on", None)
        again = Question.of(THREE, **(words | more | {"demands": fewer}))
        assert ends(THREE, again).ray is None, stop


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"objective": "utility"},
            "pay everybody more and more: a unit of money to each is worth 3; payments 'nonnegative' or "
            "budget 'ex-ante' would stop it",
        ),
        (
            {"objective": "revenue=1,utility:a=2"},
            "pay 'a' more and more: a unit of money is worth 1; payments 'nonnegative' or budget 'ex-ante'",
        ),
        (
            {"objective": "revenue=1,utility:b=1,utility:c=1", "participation": "none"},
            "charge 'a' more and more: a unit of money is worth 1; participation 'interim' or payments "
            "'nonpositive' would stop it",
        ),
        (
            {"objective": "revenue=1,min-utility=4"},
            "pay everybody more and more: a unit of money to each is worth 1; payments",
        ),
        (
            {"objective": "utility:a=2,utility=1", "participation": "none", "demands": {"budget": "ex-post"}},
            "charge 'b', 'c' more and more and pay it to 'a': a unit of money from each is worth 4; "
            "participation 'interim' or payments 'nonnegative' or payments 'nonpositive' would stop it",
        ),
        (
            {"objective": "utility", "demands": {"payments": "nonpositive"}},
            "pay everybody more and more: a unit of money to each is worth 3; budget 'ex-ante' would stop it",
        ),
        (
            {"objective": "utility", "demands": {"payments": {"b": "0..1"}}},
            "pay 'a', 'c' more and more: a unit of money to each is worth 2; budget 'ex-ante' would stop it",
        ),
        (
            {"objective": "utility:a=2,revenue=1", "participation": "none",
             "demands": {"payments": {"c": "0..1"}, "budget": "ex-ante"}},
            "charge 'b' more and more and pay it to 'a': a unit of money is worth 2; "
            "participation 'interim' would stop it",
        ),
    ],
)  # fmt: skip
def test_an_endless_question_says_its_ray_and_proves_it(words: dict[str, Any], said: str) -> None:
    answer = dm.design(THREE, exact=True, **words)
    assert answer.status == "unbounded"
    assert said in answer.message
    proof, program = answer.certificate, answer.program
    assert proof is not None
    assert program is not None
    assert (proof.kind, bool(proof.check())) == ("unbounded", True)
    assert program.objective @ proof.ray > 0
    rough = dm.design(THREE, **words)
    assert (rough.status, said in rough.message) == ("unbounded", True)


def test_agents_who_are_alike_count_as_one() -> None:
    allowed = LumpSums.of(NAMES, True)
    alike = read_demands({"anonymous": [["b", "a"]]})[0].lump_sums(allowed)
    assert alike is not None
    weighed = read_objective("revenue=1,utility:a=2,utility:b=-1")
    assert allowed.without_end(weighed).paid == ("a",)  # type: ignore[union-attr]
    assert alike.without_end(weighed) is None  # κ = -1 and 2: together 1
    worse = read_objective("revenue=1,utility:a=4,utility:b=-1")
    assert alike.without_end(worse).paid == ("a", "b")  # type: ignore[union-attr]
    # Of engines: two that are alike, of whom one counts.
    twins = sale(buyer("a", 1, 2), buyer("b", 1, 2))
    for weight, status in (("1", "optimal"), ("3", "unbounded")):
        answer = dm.design(
            twins, objective=f"revenue=1,utility:a={weight}", demands={"anonymous": [["a", "b"]]}, exact=True
        )
        assert answer.status == status


@pytest.mark.parametrize("unit", [F(1, 10**9), F(1), F(10**9)])
def test_weights_that_doubles_cannot_see_decide_all_the_same(unit: Fraction) -> None:
    env = sale(buyer("a", unit, 2 * unit))
    for exact in (False, True):
        tiny = dm.design(env, objective={"revenue": 1, "utility": "1000000001/1000000000"}, exact=exact)
        assert tiny.status == "unbounded"
        bounded = dm.design(env, objective={"revenue": 1, "utility": "999999999/1000000000"}, exact=exact)
        assert bounded.status == "optimal"
    # κ = 0.3 − 0.1 − 0.2 is nothing but rounding.
    rounded = dm.design(env, objective={"revenue": 0.3, "utility": 0.1, "utility:a": 0.2})
    assert rounded.value == pytest.approx(float(unit) * 0.45)
    halves = dm.design(env, objective={"revenue": 1, "utility": "1/2", "min-utility": "1/4"}, exact=True)
    assert halves.value == unit * F(11, 8)


# -- what an engine cannot say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "ended", "feasible"),
    [
        ({}, True, True),
        ({"participation": "periodic"}, True, True),
        ({"participation": "none"}, False, True),
        ({"participation": "none", "objective": "welfare"}, True, True),
        ({"demands": {"payments": "nonpositive"}}, True, True),
        ({"demands": {"payments": "nonnegative"}}, True, False),
        ({"demands": {"payments": {"a": "0..1"}}}, True, False),
        ({"demands": {"budget": "ex-ante"}}, True, False),
        ({"demands": {"payments": "1..2"}, "participation": "none"}, True, True),
        ({"demands": {"budget": "ex-post"}, "participation": "none", "objective": "welfare"}, True, True),
        ({"demands": {"budget": "ex-post", "balanced": True}, "participation": "none"}, True, True),
        (
            {"demands": {"budget": "ex-post", "balanced": True, "payments": "nonnegative"},
             "participation": "none"},
            True,
            False,
        ),
    ],
)  # fmt: skip
def test_statuses_that_cannot_be(words: dict[str, Any], ended: bool, feasible: bool) -> None:
    known = ends(THREE, Question.of(THREE, **words))
    assert (known.ended, known.feasible) == (ended, feasible)
    assert bool(known.contradiction("unbounded")) == ended
    assert bool(known.contradiction("infeasible")) == feasible
    assert not known.contradiction("optimal")


@pytest.mark.parametrize("values", [(1, 2), (-3, -2), (-1, 1)])
@pytest.mark.parametrize("cost", [-1, 0, 5])
def test_what_is_said_to_be_feasible_is(values: tuple[int, int], cost: int) -> None:
    """Actions that all are costly, and values below 0: only money makes something of them."""
    env = dm.Environment(
        name="hard", horizon=1, actions=["one", "other"], costs=[[F(cost), F(cost) + 1]],
        agents=[dm.Agent(name, types=["l", "h"], prior=["1/2", "1/2"], values=[[values, values[::-1]]])
                for name in NAMES[:2]],
    )  # fmt: skip
    said = 0
    for participation in ("none", "interim", "ex-post"):
        for payments in ("free", "nonpositive", "nonnegative", "2..3"):
            for budget, balanced in [("none", False), ("ex-post", False), ("ex-post", True)]:
                words: dict[str, Any] = {
                    "objective": "welfare", "participation": participation,
                    "demands": {"payments": payments, "on": "path" if payments != "free" else "period",
                                "budget": budget, "balanced": balanced},
                }  # fmt: skip
                if ends(env, Question.of(env, **words)).feasible:
                    said += 1
                    assert dm.design(env, **words, exact=True).status == "optimal"
    assert said >= 3


@pytest.mark.parametrize("word", ["unbounded", "infeasible"])
def test_a_claim_that_cannot_be_true_is_a_limit(word: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def proved(program: Any, *_: Any, **__: Any) -> Solution:
        return Solution(program, word, f"{word}: proved of the rounded program", "highs")

    monkeypatch.setattr(asking, "solve", proved)
    for demands in ({}, {"payments": "nonpositive"}):
        answer = dm.design(THREE, formulation="auto" if demands else "textbook", demands=demands)
        assert answer.status == "limit"
        assert answer.value is None
        assert answer.message.startswith(f"limit: highs says {word}, but ")
    if word == "infeasible":  # which this may be
        assert dm.design(THREE, demands={"payments": "2..3"}).status == "infeasible"
