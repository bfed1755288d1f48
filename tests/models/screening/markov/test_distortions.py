"""Distortions: Battaglini's closed form, the whole loss by enumeration, and where they vanish or stay."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json
from dynamech.models.screening.markov.distortions import distortions

F = Fraction
DATA = Path(__file__).parents[3] / "data/screening.json"
CASES = {case["id"]: case for case in json.loads(DATA.read_text(encoding="utf-8"))}


def two_types(case: dict[str, Any], horizon: int) -> dm.Environment:
    """8Q of the worked cases."""
    given = case["instance"]
    low, high = given["theta"]
    return dm.load(
        "two-type-markov", quadratic=True, horizon=horizon, low=low, high=high, mu_H=given["mu_H"],
        a_L=given["a_L=Pr(L|L)"], a_H=given["a_H=Pr(H|H)"], discount=given["delta"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["8Q1", "8Q4_iid", "8Q5_permanent"])
def test_battaglini_by_period(name: str) -> None:
    """q = max(0, θ_L − (μ_H/μ_L) ((α_L+α_H−1)/α_L)^t Δθ) after low reports alone, efficient elsewhere."""
    case = CASES[name]
    given, expected = case["instance"], case["expected"]["T3"]
    lost = dm.distortions(two_types(case, 3), exact=True)
    low, stay = F(given["theta"][0]), F(given["a_L=Pr(L|L)"])
    quantities = expected["q_low_history t=0..T-1 (formula, truncated at 0)"]
    for t, (period, q) in enumerate(zip(lost.periods, quantities, strict=True)):
        chance = (1 - F(given["mu_H"])) * stay**t
        assert period.short[0].shortfall == low - F(q)
        assert period.surplus == chance * (low - F(q)) ** 2 / 2
        assert period.efficient[0] - period.quantity[0] == chance * (low - F(q))
        assert period.inefficient == (chance if F(q) < low else 0)
        if F(q) < low:
            assert period.short[0].types == ("low",)
            assert period.largest.history == ("start" if t == 0 else ";".join(["low"] * t))
    rent = F(given["mu_H"]) * F(expected["buyer_rent_H"])
    assert lost.lost == F(expected["first_best_profit"]) - F(expected["relaxed_profit"]) - rent


def test_below_one_the_formula_is_no_answer() -> None:
    """α_L + α_H < 1: printed 3/2 after two low types; the optimum is efficient in period 1."""
    lost = dm.distortions(two_types(CASES["8Q3_negative_correlation"], 2), exact=True)
    assert [period.short[0].shortfall for period in lost.periods][1] == 0
    assert float(lost.periods[0].short[0].shortfall) == pytest.approx(1 - 0.5947137, abs=1e-7)


@pytest.mark.parametrize("name", ["8L1", "8L4_negative_correlation"])
def test_a_unit_at_a_cost(name: str) -> None:
    """Not sold after low reports as long as its virtual value is below its cost."""
    given, expected = CASES[name]["instance"], CASES[name]["expected"]["T3"]
    env = dm.load(
        "two-type-markov", horizon=3, low=given["theta"][0], high=given["theta"][1], mu_H=given["mu_H"],
        a_L=given["a_L=Pr(L|L)"], a_H=given["a_H=Pr(H|H)"], cost=given["unit_cost"],
    )  # fmt: skip
    design = dm.design(env, exact=True)
    assert str(design.value) == expected["full_IC_optimum"]
    lost = dm.distortions(design)
    assert lost.lost == dm.design(env, incentives="none", exact=True).value - surplus(env, design.mechanism)
    if name == "8L1":
        virtual = [F(v) for v in expected["virtual_value_minus_c_on_low_history"]]
        assert [period.inefficient > 0 for period in lost.periods] == [v < 0 for v in virtual]


def surplus(env: dm.Environment, mechanism: dm.Mechanism) -> Any:
    """Expected discounted values less costs, history by history."""

    def onward(t: int, m: int, last: tuple[int, ...], action: int) -> Any:
        total: Any = 0
        stage: Any = mechanism.stages[t]
        for profile in itertools.product(*(range(size) for size in env.types(t))):
            chance: Any = 1
            for i, agent in enumerate(env.agents):
                if t == 0:
                    chance = chance * agent.prior[profile[i]]
                else:
                    table = agent.kernels[t - 1].table
                    chance = chance * table[action if len(table) > 1 else 0, last[i], profile[i]]
            if chance == 0:
                continue
            for a, share in enumerate(stage.allocation[(m, *profile)]):
                if share == 0:
                    continue
                now = -env.costs[t][a] + sum(
                    np.broadcast_to(agent.values[t], (env.num_actions(t), *env.types(t)))[(a, *profile)]
                    for agent in env.agents
                )
                if t + 1 < env.periods:
                    now = now + env.discount * onward(t + 1, int(stage.next[(m, *profile, a)]), profile, a)
                total = total + chance * share * now
        return total

    return onward(0, mechanism.start, (), 0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("controlled", [False, True])
def test_what_periods_lose_adds_up(seed: int, controlled: bool) -> None:
    """Also where actions steer types, for an optimum and for what is none."""
    env = dm.load("random", seed=seed, agents=1 + seed % 2, types=2, periods=2, controlled=controlled)
    best = dm.design(env, incentives="none", objective="welfare", exact=True)
    assert dm.distortions(best).lost == 0
    assert not any(period.inefficient for period in dm.distortions(best).periods)
    mechanism = dm.design(env, exact=True).mechanism
    first = replace(mechanism.stages[0], allocation=np.roll(mechanism.stages[0].allocation, 1, axis=-1))
    for tried in (mechanism, replace(mechanism, stages=(first, *mechanism.stages[1:]))):
        lost = dm.distortions(env, tried)
        assert lost.lost == best.value - surplus(env, tried)
        assert all(period.surplus >= 0 for period in lost.periods)


def test_what_is_lost_stays_where_the_first_signal_shifts_all_values() -> None:
    """Quantities of a good worth s + b_t a unit at cost q²/2: short by (1 − F)/f in every period."""
    first, shocks = [3, 4], [0, 1]
    pairs = [f"{s}|{b}" for s in first for b in shocks]
    opening = [["1/2", "1/2", 0, 0], [0, 0, "1/2", "1/2"]]
    worth = [s + b for s in first for b in shocks]
    buyer = dm.Agent(
        "buyer", types=[["3", "4"], *[pairs] * 3], prior=["2/3", "1/3"],
        values=[[[3, 4]], *[[worth]] * 3],
        transitions=[[opening], *[[[row for row in opening for _ in shocks]]] * 2],
    )  # fmt: skip
    goods = {"goods": ["quantity"], "upper": [None], "quadratic": [[1]]}
    env = dm.Environment(name="shifted", agents=[buyer], actions=[goods] * 4, horizon=4, discount="1/2")
    lost = dm.distortions(env, exact=True)
    assert [period.short[0].shortfall for period in lost.periods] == [F(1, 2)] * 4
    assert [period.surplus for period in lost.periods] == [F(2, 3) * F(1, 8)] * 4


def test_the_unit_of_money_changes_no_yes_or_no() -> None:
    content = dm.load("two-type-markov", horizon=3).to_json()
    home = dm.distortions(dm.load("two-type-markov", horizon=3))
    for scale in (F(10) ** 9, F(1, 10**9)):
        other = json.loads(json.dumps(content))
        other["costs"] = [[str(F(c) * scale) for c in row] for row in other["costs"]]
        for agent in other["agents"]:
            agent["values"] = [[[str(F(v) * scale) for v in r] for r in rows] for rows in agent["values"]]
        lost = dm.distortions(instance_from_json(other))
        assert [p.inefficient for p in lost.periods] == pytest.approx([p.inefficient for p in home.periods])
        assert float(lost.lost) == pytest.approx(float(home.lost) * float(scale))


def test_what_is_refused() -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match="no last period"):
        distortions(dm.load("scheduling"), dm.pivot("scheduling").mechanism)  # type: ignore[arg-type]
    design = dm.design("two-type-markov")
    with pytest.raises(dm.errors.InvalidInput, match="has its own mechanism"):
        dm.distortions(design, design.mechanism)
    with pytest.raises(dm.errors.InvalidInput, match="for environment 'ar1-sale' with 3 periods"):
        dm.distortions("ar1-sale", design.mechanism)
    goods = {"goods": ["quantity"], "upper": [1], "quadratic": [[0]]}
    buyer = dm.Agent(
        "buyer", types=["low", "high"], prior=["1/2", "1/2"],
        values=[[[0, 0], [1, 2]], [[1, 2]]], transitions=[[[[1, 0], [0, 1]], [[0, 1], [1, 0]]]],
    )  # fmt: skip
    mixed = dm.Environment(name="mixed", agents=[buyer], actions=[["keep", "sell"], goods], horizon=2)
    none = np.zeros((1, 1, 2))
    kept = dm.Stage(np.array([[[1, 0], [1, 0]]]), none, np.zeros((1, 2, 2), dtype=np.int64))
    last = dm.Stage(np.zeros((1, 2, 1)), none)
    with pytest.raises(dm.errors.AssumptionViolated, match="period 1 are divisible goods, and"):
        dm.distortions(mixed, dm.Mechanism("mixed", (kept, last)))
