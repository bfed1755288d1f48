"""The worked cases of types that move: two persistent types, and progressive screening.

Answers are asked for in rationals and must be the same rationals, except in three periods of
`progressive-screening`, which take long. There, and in the floats of the cases with quadratic cost, floats
must agree to 1e-9 or what their line says.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

from dynamech.instances.library import load
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.environment.environment import Environment

from .screening import assert_rungs, case, climb, rationals, value


def markov(given: dict[str, Any], horizon: int, quadratic: bool) -> Environment:
    return load(
        "two-type-markov",
        horizon=horizon,
        low=F(given["theta"][0]),
        high=F(given["theta"][1]),
        mu_H=F(given["mu_H"]),
        a_L=F(given["a_L=Pr(L|L)"]),
        a_H=F(given["a_H=Pr(H|H)"]),
        discount=F(given["delta"]),
        quadratic=quadratic,
        **({} if quadratic else {"cost": F(given["unit_cost"])}),
    )


@pytest.mark.parametrize("name", ["8L1", "8L4_negative_correlation"])
@pytest.mark.parametrize("T", [2, 3, 4])
def test_unit_demand_two_types(name: str, T: int) -> None:
    given, wanted = case(name)
    line = wanted[f"T{T}"]
    made = climb(markov(given, T, quadratic=False))
    assert_rungs(made, none=line["first_best"], bayesian=line["full_IC_optimum"])
    periodic = value(markov(given, T, quadratic=False), "bayesian", participation="periodic")
    assert periodic == pytest.approx(float(F(line["full_IC_and_IR_every_history"])), abs=1e-9)
    if name == "8L1":
        assert_rungs(made, first_order=line["first_order_virtual_bound"])


@pytest.mark.parametrize("name", ["8Q1", "8Q3_negative_correlation", "8Q4_iid", "8Q5_permanent"])
@pytest.mark.parametrize("T", [2, 3])
def test_quadratic_cost_two_types(name: str, T: int) -> None:
    given, wanted = case(name)
    line = wanted[f"T{T}"]
    env = markov(given, T, quadratic=True)
    found = design(env, Question.of(env))
    assert found.value == pytest.approx(line["full_IC_optimum_QP"], abs=1e-7)
    assert value(env, "none") == pytest.approx(float(F(line["first_best_profit"])), abs=1e-7)
    if name != "8Q3_negative_correlation":
        assert found.value == pytest.approx(float(F(line["relaxed_profit"])), abs=1e-7)
    memory, low = 0, []
    for t in range(T):
        stage = found.mechanism.stages[t]
        low.append(float(stage.allocation[memory, 0, 0]))
        memory = 0 if stage.next is None else int(stage.next[memory, 0, 0])
    assert low == pytest.approx(line["q_low_history_QP"], abs=1e-4)


@pytest.mark.parametrize("name", ["10_A", "10_B", "10_E_FO_not_tight", "10_F_FO_not_tight"])
@pytest.mark.parametrize("T", [1, 2, 3])
def test_progressive_screening(name: str, T: int) -> None:
    given, wanted = case(name)
    line = wanted[f"T{T}"]
    env = load(
        "progressive-screening",
        T=T,
        chances=tuple(rationals(given["lambda=Pr(alpha high)"])),
        prior=tuple(rationals(given["mu(lamL,lamH)"])),
        low=F(given["alpha_low,high"][0]),
        high=F(given["alpha_low,high"][1]),
        cost=F(given["unit_cost"]),
        discount=F(given["delta"]),
    )
    made = climb(env, exact=T < 3)
    assert_rungs(
        made,
        none=line["efficient_surplus(=shocks alpha public)"],
        bayesian=line["full_dynamic_IC"],
        relaxed=line["shock_public_quantile"],
    )
    # The case's first-order program drops every lie but the first one, also at types that only a liar
    # reaches; this project keeps all reports there (the notion collapses otherwise): a lower bound.
    local, found = float(F(line["first_order_LP"])), made["first-order"].value
    assert found is not None
    assert found <= local + 1e-9
    if F(line["gap_FO_minus_full"]) == 0:
        assert_rungs(made, first_order=line["first_order_LP"])
