"""The rungs beside `bayesian` without histories, against the programs over histories."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design.question import Question
from dynamech.models.design.rungs import WAYS
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.notions.objective import read_objective
from dynamech.models.recursion import coupled, impulses, plans
from dynamech.models.recursion.bounds import Bounds
from dynamech.models.recursion.coupled import PublicShocks
from dynamech.models.recursion.first_types import first_types
from dynamech.models.recursion.impulses import Impulses, supports
from dynamech.models.recursion.plans import by_plans
from dynamech.models.relaxations.shocks import shocks_of
from dynamech.solvers.algorithms.growing import Growing, SimplexPoint
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import InvalidInput, TooLarge

from ..design.test_scale import times

CLOSE = 1e-9
OBJECTIVES: list[Any] = [
    "revenue",
    "welfare",
    {"revenue": 1, "welfare": "1/2"},
    {"revenue": 2, "utility": 1},
    {"revenue": 1, "welfare": -2},
]


def drawn(seed: int, types: int, periods: int, **more: Any) -> dm.Environment:
    words: dict[str, Any] = {"agents": 1, "controlled": False, "discount": "9/10", "actions": 2, **more}
    return dm.load("random", seed=seed, types=types, periods=periods, **words)


def ordered(periods: int, stay: str = "7/10", **more: Any) -> dm.Environment:
    """A buyer of three types that persist."""
    chance = Fraction(stay)
    return dm.Environment(
        name="ordered",
        horizon=periods,
        discount="9/10",
        actions=["keep", "one", "two"],
        costs=[[0, 1, 3]] * periods,
        agents=[
            dm.Agent(
                "buyer",
                ["a", "b", "c"],
                ["1/2", "1/4", "1/4"],
                lambda t, a, θ: {"keep": 0, "one": 2, "two": 3}[a] * (1 + "abc".index(θ)),
                lambda t, a, θ, after: chance if θ == after else (1 - chance) / 2,
            )
        ],
        **more,
    )


def encloses(both: Bounds, value: Any, close: float = CLOSE) -> None:
    scale = max(1.0, abs(float(value)))
    assert both.closed
    assert type(both.lower) is type(both.upper) is float
    assert both.lower <= value <= both.upper
    assert both.upper - both.lower <= close * 10 * scale


@given(
    st.integers(0, 10_000),
    st.sampled_from([(1, 2), (2, 1), (2, 3), (3, 2), (4, 2)]),
    st.fixed_dictionaries(
        {
            "actions": st.integers(1, 3),
            "controlled": st.booleans(),
            "sparse": st.booleans(),
            "discount": st.sampled_from(["9/10", 1, "1/2", 0]),
        }
    ),
    st.sampled_from(OBJECTIVES),
    st.sampled_from(["interim", "periodic", "ex-post", "prefix", "per-period"]),
    st.sampled_from(["quantile", "antithetic"]),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_every_rung_is_what_the_program_over_histories_says(
    seed: int, size: tuple[int, int], more: dict[str, Any], objective: Any, promise: str, coupling: str
) -> None:
    env = drawn(seed, *size, **more)
    for name, way in WAYS.items():
        words: dict[str, Any] = {"objective": objective, "participation": promise, "incentives": name}
        asked = Question.of(env, **words, coupling=coupling)
        if way.against(env, asked):
            assert name == "first-order"
            continue
        answer = dm.design(env, **words, coupling=coupling, formulation="recursion")
        assert (answer.status, answer.formulation) == ("optimal", "recursion")
        assert answer.bounds is not None
        encloses(answer.bounds, dm.design(env, **words, coupling=coupling, exact=True).value)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["virtual", "relaxed"])
def test_shocks_drawn_afresh_for_every_type(seed: int, name: str) -> None:
    env = drawn(seed, 2, 3, controlled=seed % 2 == 1)
    words: dict[str, Any] = {"incentives": name, "coupling": "independent"}
    answer = dm.design(env, **words, formulation="recursion")
    assert answer.coupling == "independent"
    assert answer.bounds is not None
    encloses(answer.bounds, dm.design(env, **words, exact=True).value)


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([(2, 3), (3, 2)]))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_of_one_agent_truth_at_every_node_costs_nothing(
    seed: int, controlled: bool, size: tuple[int, int]
) -> None:
    """Also where types are improbable: the best reply among probable reports is given to them."""
    env = drawn(seed, *size, controlled=controlled, sparse=True)
    everywhere, probable = (dm.design(env, incentives=name, exact=True) for name in ("ex-post", "bayesian"))
    assert everywhere.value == probable.value


def test_the_known_case_where_neighbours_are_less_than_shocks() -> None:
    """Prior (1/3, 2/3), stay probability 3/4, values (1, 2) in period 1 only."""
    env = dm.Environment(
        name="two",
        horizon=2,
        actions=["keep", "sell"],
        agents=[
            dm.Agent(
                "buyer",
                ["low", "high"],
                ["1/3", "2/3"],
                lambda t, a, θ: t * (a == "sell") * (1 + (θ == "high")),
                lambda t, a, θ, after: Fraction(3 if θ == after else 1, 4),
            )
        ],
    )
    for name, value in (("first-order", 4 / 3), ("relaxed", 17 / 12)):
        both = dm.design(env, incentives=name, formulation="recursion").bounds
        assert both is not None
        encloses(both, value)


def test_a_bracket_below_nothing_frees_the_lie_and_all_that_lead_there() -> None:
    """Types that change places: what is promised to the higher type tomorrow punishes today's lie."""
    for stay in ("1/4", "1/3", "1/2"):
        env = ordered(3, stay)
        value = dm.design(env, incentives="first-order", exact=True).value
        both = dm.design(env, incentives="first-order", formulation="recursion").bounds
        assert both is not None
        encloses(both, value)
    best = dm.design(ordered(3, "1/4"), incentives="none", exact=True).value
    last = dm.design(ordered(1), exact=True).value
    assert dm.design(ordered(3, "1/4"), incentives="first-order", exact=True).value > last  # type: ignore
    assert value < best  # type: ignore[operator]


def test_few_numbers_give_bounds_that_more_of_them_close(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["1/2", "3/10", "1/5"], ["1/4", "2/5", "7/20"], ["1/10", "3/10", "3/5"]]
    worth = [[0, 0, 0], [2, 3, 4], [3, 5, 7], [4, "13/2", "19/2"]]
    env = dm.Environment(
        name="rows",
        horizon=6,
        discount="9/10",
        actions=["keep", "one", "two", "more"],
        costs=[[0, "3/2", "13/5", "19/5"]] * 6,
        agents=[dm.Agent("buyer", [["a", "b", "c"]] * 6, ["1/3"] * 3, [worth] * 6, [[rows]] * 5)],
    )
    value = float(dm.design(env, incentives="first-order").value or 0)
    first = first_types(env, INCENTIVES["first-order"], read_objective("revenue"))
    kept = supports(env)
    assert not isinstance(kept, str)
    monkeypatch.setattr(impulses, "MANY", 3)
    rough = by_plans(Impulses(env, first, kept, 3))
    assert rough.lower <= value * (1 + 1e-12)
    assert rough.upper >= value * (1 - 1e-12)
    assert rough.upper - rough.lower > 1e-3
    monkeypatch.setattr(impulses, "MANY", 10_000)
    encloses(by_plans(Impulses(env, first, kept, 3)), value)


def test_a_wrong_answer_of_the_engine_moves_no_bound_across_the_optimum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = drawn(5, 3, 3).to_float()
    value = float(dm.design(env, incentives="relaxed").value or 0)
    first = first_types(env, INCENTIVES["relaxed"], read_objective("revenue").over(False))
    honest, draws = Growing.solve, np.random.default_rng(0)

    def off(program: Growing) -> SimplexPoint | None:
        optimum = honest(program)
        if optimum is None:
            return None
        shake = 1e-2 * draws.standard_normal(len(optimum.primal))
        return SimplexPoint(
            optimum.primal + shake, optimum.dual + 1e-2 * draws.standard_normal(len(optimum.dual))
        )

    monkeypatch.setattr(Growing, "solve", off)
    monkeypatch.setattr(plans, "ROUNDS", 40)
    both = by_plans(PublicShocks(env, first, shocks_of(env, 0, "quantile")))
    assert both.lower <= value <= both.upper
    assert both.gap < 0.1


@pytest.mark.parametrize("power", [-9, 9])
def test_money_may_be_in_any_unit(power: int) -> None:
    plain = ordered(4)
    for name in WAYS:
        here, there = (
            dm.design(env, incentives=name, formulation="recursion") for env in (plain, times(plain, power))
        )
        assert here.bounds is not None
        assert there.bounds is not None
        assert there.bounds.rounds == here.bounds.rounds
        assert there.bounds.lower == pytest.approx(10.0**power * here.bounds.lower, rel=1e-9)


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"agents": 2}, {"incentives": "relaxed"}, "there are 2 of 2"),
    ({"observed": 1}, {"incentives": "first-order"}, "agent 'public 1' is observed"),
    ({"stationary": True, "periods": 2}, {"incentives": "first-order"}, "the horizon is infinite"),
    (
        {"stationary": True, "periods": 2, "discount": "999/1000"},
        {"incentives": "relaxed"},
        "discount 999/1000 takes 27,620 periods to fade, more than 4,000",
    ),
    ({}, {"incentives": "relaxed", "participation": "none"}, "'none' promises something else than rents"),
    ({}, {"incentives": "first-order", "participation": "ex-post"}, "along which types stay private"),
    ({}, {"incentives": "relaxed", "objective": "min-utility"}, "the least utility has a weight"),
    ({}, {"incentives": "none", "objective": {"utility": 1, "revenue": "1/2"}}, "negative weight"),
    ({}, {"incentives": "relaxed", "demands": {"payments": "nonnegative"}}, "demand 'payments nonnegative'"),
    ({}, {"incentives": "first-order", "exact": True}, "its bounds are in doubles"),
    ({"stationary": True}, {"incentives": "relaxed", "exact": True}, "it is for a finite horizon"),
    ({"sparse": True, "seed": 3}, {"incentives": "first-order"}, "leads to other types than"),
]


@pytest.mark.parametrize(("settings", "words", "why"), REFUSED)
def test_what_has_no_such_bounds_is_refused(
    settings: dict[str, Any], words: dict[str, Any], why: str
) -> None:
    env = drawn(**{"seed": 0, "types": 3, "periods": 3, **settings})
    with pytest.raises(InvalidInput, match="formulation 'recursion': ") as refusal:
        dm.design(env, formulation="recursion", **words)
    assert why in str(refusal.value)


@pytest.mark.parametrize("described", [1, 2])
@pytest.mark.parametrize("controlled", [False, True])
def test_an_infinite_horizon_is_what_long_ones_come_to(described: int, controlled: bool) -> None:
    long = drawn(4, 3, described + 1, controlled=controlled, discount="1/2")
    agent = long.agents[0]
    tables = [kernel.table for kernel in agent.kernels]
    env = dm.Environment(
        name="for ever",
        horizon=None,
        discount=long.discount,
        actions=long.actions[:described],
        costs=long.costs[:described],
        agents=[dm.Agent("buyer", agent.types[:described], agent.prior, agent.values[:described], tables)],
    )
    assert (env.stationary, env.periods) == (True, described)
    for name in ("none", "virtual", "relaxed", "types-public"):
        both = dm.design(env, incentives=name).bounds
        assert both is not None
        for periods, close in ((8, 6 * 2**-7), (60, CLOSE)):
            finite = dm.design(env.with_horizon(periods), incentives=name, formulation="recursion").value
            assert finite is not None
            assert both.lower - close <= finite <= both.upper + close
        assert both.upper - both.lower <= CLOSE
        short = dm.design(env.with_horizon(4), incentives=name, exact=True).value
        assert abs(float(short or 0) - both.lower) <= 6 * 2**-3


@given(
    st.integers(0, 10_000),
    st.fixed_dictionaries(
        {
            "observed": st.integers(1, 2),
            "controlled": st.booleans(),
            "given": st.booleans(),
            "feasible": st.booleans(),
            "sparse": st.booleans(),
            "discount": st.sampled_from(["9/10", 1, 0]),
        }
    ),
    st.sampled_from([*OBJECTIVES, {"welfare": 1, "revenue": -1}, {"utility": 1}]),
    st.sampled_from(["interim", "periodic", "ex-post", "prefix"]),
)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_those_who_are_observed_are_part_of_what_is_public(
    seed: int, more: dict[str, Any], objective: Any, promise: str
) -> None:
    env = drawn(seed, 2, 2, **more)
    for name in ("none", "virtual", "relaxed", "types-public"):
        words: dict[str, Any] = {"objective": objective, "participation": promise, "incentives": name}
        asked = Question.of(env, **words)
        if why := WAYS[name].against(env, asked):
            assert "negative weight" in why
            continue
        answer = dm.design(env, **words, formulation="recursion", exact=True)
        assert answer.value == dm.design(env, **words, exact=True).value


def seasons(periods: int | None, *, first: bool) -> dm.Environment:
    """A farmer, and a season, listed first or last, in which alone water can be sold."""
    stays = "3/4"
    season = dm.Agent(
        "season",
        ["dry", "wet"],
        ["1/3", "2/3"],
        lambda t, a, s: 0,
        lambda t, a, s, after: "2/3" if s == after else "1/3",
        observed=True,
    )
    farmer = dm.Agent(
        "farmer",
        ["poor", "rich"],
        ["1/2", "1/2"],
        lambda t, a, θ: {"keep": 0, "sell": 1, "twice": 3}[a] * (1 + (θ == "rich")),
        lambda t, a, s, θ, after: "1/2" if s == "wet" else stays if θ == after else "1/4",
        given=["season"],
    )
    return dm.Environment(
        name="water",
        horizon=periods,
        discount="1/2",
        actions=["keep", "sell", "twice"],
        costs=[[0, 0, 3]] * (periods or 1),
        agents=[season, farmer] if first else [farmer, season],
        feasible=lambda t, a, s: a == "keep" or s == "wet",
    )


@pytest.mark.parametrize("first", [True, False])
def test_actions_may_be_open_in_some_seasons_only(first: bool) -> None:
    for name in ("none", "virtual", "relaxed", "types-public"):
        env = seasons(3, first=first)
        value = dm.design(env, incentives=name, exact=True).value
        assert dm.design(env, incentives=name, formulation="recursion", exact=True).value == value
        near = dm.design(env, incentives=name, formulation="recursion").bounds
        assert near is not None
        encloses(near, value)
        endless = dm.design(seasons(None, first=first), incentives=name).bounds
        long = dm.design(seasons(40, first=first), incentives=name).value
        assert endless is not None
        assert float(long or 0) == pytest.approx(endless.lower, rel=1e-8)
        assert endless.closed
    assert dm.ladder(seasons(40, first=first), rungs=["relaxed", "bayesian"]).tight["relaxed"] is not None


@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from(OBJECTIVES))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_first_bests_are_exact_where_that_is_asked(
    seed: int, controlled: bool, sparse: bool, objective: Any
) -> None:
    env = drawn(seed, 3, 2, controlled=controlled, sparse=sparse)
    for name in ("none", "types-public"):
        words: dict[str, Any] = {"incentives": name, "objective": objective, "exact": True}
        answer = dm.design(env, **words, formulation="recursion")
        assert isinstance(answer.value, Fraction)
        assert answer.value == dm.design(env, **words).value
        assert answer.value_error == 0


def test_vectors_that_are_too_many_are_counted_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupled, "MOVES", 100)
    with pytest.raises(TooLarge, match="period 1: 7 vectors of 3 types have 49 moves by public shocks"):
        dm.design(drawn(0, 3, 3), incentives="relaxed", formulation="recursion")


def test_time_is_kept() -> None:
    env = drawn(0, 3, 4).to_float()
    first = first_types(env, INCENTIVES["relaxed"], read_objective("revenue").over(False))
    pricing = PublicShocks(env, first, shocks_of(env, 0, "quantile"))
    late = by_plans(pricing, Effort(time_limit=1e-9))
    assert not late.closed
    assert late.upper >= by_plans(pricing).upper
