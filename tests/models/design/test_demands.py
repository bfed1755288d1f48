"""Demands: optima equal to plain programs over histories, exact with a proof, kept by their mechanisms."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design.compiling import compile_question, prepare
from dynamech.models.design.design import Design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import EXACT
from dynamech.solvers.errors import InvalidInput

from ..verification.random_mechanisms import Shape
from .plain_demands import PlainDemands

DATA = Path(__file__).parents[2] / "data"
SHAPES = {
    "one": Shape("p", 2, sizes=(3, 2)),
    "one, steered": Shape("p", 2, controlled=(0,)),
    "two": Shape("pp", 2, sizes=(2, 2)),
    "two, steered": Shape("pp", 2, controlled=(0,), interdependent=True),
    "observed": Shape("po", 2, given=True),
    "joint": Shape("pp", 1, joint=True, interdependent=True),
}
DEMANDS: list[dict[str, Any]] = [
    {"payments": "none"},
    {"payments": "nonnegative"},
    {"payments": "nonpositive"},
    {"payments": "-1..3/2"},
    {"payments": {"agent 0": "0..2"}},
    {"payments": "none", "on": "path"},
    {"payments": "nonnegative", "on": "path"},
    {"payments": "-2..1", "on": "path"},
    {"budget": "ex-ante"},
    {"budget": "ex-ante", "balanced": True},
    {"budget": "per-period"},
    {"budget": "ex-post"},
    {"budget": "ex-post", "balanced": True},
    {"budget": "every-period"},
    {"budget": "every-period", "balanced": True},
    {"payments": "nonnegative", "budget": "every-period"},
]


def some(name: str, seed: int) -> Environment:
    rng = random.Random(f"{name}/{seed}")
    env = SHAPES[name].environment(rng)
    costs = [[Fraction(0), Fraction(rng.randint(-2, 6), 2)] for _ in range(env.periods)]
    return env._with(costs=tuple(np.array(now, dtype=object) for now in costs))


def asked(env: Environment, demands: dict[str, Any], **words: Any) -> Design:
    return dm.design(env, demands=demands, exact=True, **words)


@pytest.mark.parametrize("demands", DEMANDS, ids=str)
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(list(SHAPES)),
    seed=st.integers(0, 20),
    word=st.sampled_from(["bayesian", "ex-post"]),
    objective=st.sampled_from(["revenue", "welfare"]),
)
def test_optima_are_those_of_a_plain_program_and_keep_the_demand(
    demands: dict[str, Any], name: str, seed: int, word: str, objective: str
) -> None:
    env = some(name, seed)
    answer = asked(env, demands, incentives=word, objective=objective)
    plain = PlainDemands(env, word == "ex-post", demands).best(objective)
    assert answer.certificate is not None
    if plain is None:
        assert (answer.status, answer.certificate.kind) == ("infeasible", "infeasible")
        return
    assert answer.status == "optimal"
    assert isinstance(answer.value, Fraction)
    assert float(answer.value) == pytest.approx(plain, abs=1e-7)
    assert (answer.certificate.kind, answer.certificate.value) == ("optimal", answer.value)
    verdicts = dm.verify(env, answer.mechanism, word, "interim", demands=demands)
    assert [verdict.violation for verdict in verdicts] == [0] * len(verdicts)
    free = dm.design(env, incentives=word, objective=objective, exact=True)
    assert free.status == "unbounded" or (free.value is not None and free.value >= answer.value)


@pytest.mark.parametrize("demands", [{"payments": "nonpositive"}, {"payments": "-1..3/2"}], ids=str)
@pytest.mark.parametrize("name", ["one, steered", "two"])
def test_continuations_are_promised_as_they_stand_where_single_payments_count(
    name: str, demands: dict[str, Any]
) -> None:
    for seed in range(3):
        env = some(name, seed)
        answer = asked(env, demands, participation="periodic")
        plain = PlainDemands(env, False, demands, periodic=True).best()
        if plain is None:
            assert answer.status == "infeasible"
            continue
        assert answer.value is not None
        assert float(answer.value) == pytest.approx(plain, abs=1e-7)
        assert dm.verify(env, answer.mechanism, "bayesian", "periodic", demands=demands)


@pytest.mark.parametrize("participation", ["none", "periodic", "ex-post", "prefix", "per-period"])
@pytest.mark.parametrize("name", ["one", "one, steered", "two", "two, steered"])
def test_payments_timed_as_promised_keep_totals(name: str, participation: str) -> None:
    for demands in ({"payments": "-3..3", "on": "path"}, {"budget": "ex-post", "balanced": True}):
        for seed in range(2):
            env = some(name, seed)
            answer = asked(env, demands, objective="welfare", participation=participation)
            if participation == "per-period" and "steered" in name:
                assert answer.status == "not-applicable"
                assert "follows realised actions" in answer.message
                assert "participation 'per-period' needs them" in answer.message
            elif answer.status != "infeasible":
                assert answer.status == "optimal"
                assert dm.verify(env, answer.mechanism, "bayesian", participation, demands=demands)


def test_with_free_payments_timing_of_the_budget_does_not_matter() -> None:
    """`per-period` is `ex-ante`, `every-period` `ex-post`; under `bayesian` and independence all are."""
    for seed in range(3):
        env = some("two", seed)
        values = {
            (word, budget): asked(env, {"budget": budget}, objective="welfare", incentives=word).value
            for word in ("bayesian", "ex-post")
            for budget in ("ex-ante", "per-period", "ex-post", "every-period")
        }
        for word in ("bayesian", "ex-post"):
            assert values[word, "ex-ante"] == values[word, "per-period"]
            assert values[word, "ex-post"] == values[word, "every-period"]
        assert values["bayesian", "ex-ante"] == values["bayesian", "ex-post"]


def test_bilateral_trade_of_six_types() -> None:
    for word, budget, balanced, value in [
        ("ex-post", "ex-ante", False, "5/27"),
        ("ex-post", "ex-post", False, "1/6"),
        ("ex-post", "ex-post", True, "1/6"),
        ("bayesian", "ex-ante", False, "5/27"),
        ("bayesian", "ex-post", False, "5/27"),
        ("bayesian", "ex-post", True, "5/27"),
    ]:
        demands = {"budget": budget, "balanced": balanced}
        answer = asked(dm.load(DATA / "bilateral-trade.json"), demands, objective="welfare", incentives=word)
        assert answer.value == Fraction(value)


@pytest.mark.parametrize(("participation", "value"), [("periodic", "9979/20000"), ("interim", "888/1625")])
def test_limited_liability(participation: str, value: str) -> None:
    """A bound added to the program in which `periodic` is merged with `interim` answers another question."""
    env = dm.load(DATA / "limited-liability.json")
    answer = asked(env, {"payments": "nonpositive"}, participation=participation)
    assert answer.value == Fraction(value)
    assert dm.verify(env, answer.mechanism, "bayesian", participation, demands={"payments": "nonpositive"})
    doubles = dm.design(env, participation=participation, demands={"payments": "nonpositive"})
    assert doubles.value == pytest.approx(float(Fraction(value)), abs=1e-9)
    assert dm.verify(env, doubles.mechanism, "bayesian", participation, demands={"payments": "nonpositive"})


def test_rows_are_counted_as_they_are_written() -> None:
    for name in SHAPES:
        for demands in DEMANDS:
            question = Question.of(some(name, 1), "welfare", demands=demands)
            ready, _ = prepare(some(name, 1), question, EXACT)
            program = compile_question(some(name, 1), question, EXACT)[0].program
            assert (ready.size.rows, ready.size.columns) == (program.num_rows, program.num_columns)
            assert ready.size.nonzeros >= program.num_nonzeros


def test_what_cannot_be_carried_is_said() -> None:
    steered, plain = some("two, steered", 0), some("one", 0)
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"demands": {"payments": "none"}, "participation": "ex-post"}, "demand 'payments none' needs them"),
        ({"demands": {"budget": "every-period"}, "participation": "prefix"}, "'budget every-period' needs"),
        ({"demands": {"budget": "ex-post", "payments": "0..9"}}, "demand 'budget ex-post' follows realised"),
        ({"demands": {"budget": "ex-post"}, "incentives": "per-period"}, "incentives 'per-period' need them"),
        ({"demands": {"budget": "ex-post"}, "formulation": "per-period"}, "use 'textbook'"),
    ]
    for words, said in refusals:
        answer = dm.design(steered, **words)
        assert answer.status == "not-applicable"
        assert said in answer.message
    for demands, formulation, said in [
        ({"payments": "none"}, "utilities", "use 'per-period'"),
        ({"payments": "none"}, "textbook", "use 'per-period'"),
        ({"budget": "ex-post"}, "utilities", "looks at single payments; use 'textbook'"),
        ({"budget": "ex-ante"}, "thresholds", "posted prices have no place for the demand 'budget ex-ante'"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            dm.design(plain, demands=demands, formulation=formulation)
    lot = dm.load(DATA / "bilateral-trade.json")  # of one period, whose payments are those at the end
    bounded = {"payments": {"seller": "-1/20..0"}}
    answer = asked(lot, bounded, formulation="textbook")
    best = PlainDemands(lot, False, bounded).best("revenue")
    assert answer.formulation == "per-period"
    assert float(answer.value or 0) == pytest.approx(best, abs=1e-9)
    assert answer.value != asked(lot, {}).value
    goods = _goods()
    refused = dm.design(goods, demands={"budget": "ex-ante"})
    assert (refused.status, "costs of period 0 are quadratic" in refused.message) == ("not-applicable", True)
    assert dm.design(goods, demands={"payments": "0..1"}).status == "optimal"


def _goods() -> Environment:
    buyer = Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"], values=[[[1, 2]]])
    unit = {"goods": ["unit"], "upper": [None], "quadratic": [[1]]}
    return Environment(name="divisible", horizon=1, agents=[buyer], actions=[unit])


@pytest.mark.filterwarnings("ignore::dynamech.models.environment.reports.NotTransitive")
def test_forbidden_reports_are_not_fined_beyond_bounds() -> None:
    """Where some types may not make every report, reports of probability zero are bounded like all others."""
    for seed in range(6):
        rng = random.Random(f"reports/{seed}")
        env = Shape("p", 2, sizes=(3, 3), sparse=True, reports=True).environment(rng)
        for demands in ({"payments": "-1..2"}, {"payments": "-1..2", "on": "path"}):
            answer = asked(env, demands, objective="welfare")
            forbidden = any(env.agents[0].may_report(t) is not None for t in range(2))
            assert answer.formulation.endswith("full-reports") == forbidden
            if answer.status == "optimal":
                assert dm.verify(env, answer.mechanism, "bayesian", "interim", demands=demands)
            if forbidden:
                refused = asked(env, demands, incentives="first-order")
                assert refused.status == "not-applicable"
                assert "incentives 'first-order' have no place for them" in refused.message


def test_a_promise_to_who_knows_more_is_no_relaxation() -> None:
    """Given the others' types, a continuation is promised at each of them, and bounds may not allow that."""
    for demands, refused in (
        ({"payments": "-1..3"}, True), ({"budget": "every-period"}, True), ({"budget": "per-period"}, False),
        ({"payments": "-1..3", "on": "path"}, False),
    ):  # fmt: skip
        for name in ("one", "two"):
            answer = asked(some(name, 1), demands, incentives="types-public", participation="periodic")
            assert (answer.status == "not-applicable") == (refused and name == "two")
            assert refused is False or name == "one" or "promises more: that is no bound" in answer.message
        assert asked(some("two", 1), demands, incentives="types-public").status == "optimal"
    rungs = dm.ladder(some("two", 1), demands={"payments": "-9..9"}, participation="periodic", exact=True)
    assert rungs["types-public"].status == rungs["relaxed"].status == "not-applicable"
    assert rungs["bayesian"].status == "optimal"


def test_relaxations_are_bounds_under_demands_too() -> None:
    for seed in range(3):
        env = some("one", seed)
        for demands in ({"payments": "-1..3"}, {"budget": "ex-post"}):
            rungs = ("none", "relaxed", "bayesian", "ex-post")
            values = [asked(env, demands, incentives=word).value for word in rungs]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=True)
            assert None not in values[: len(known)]
