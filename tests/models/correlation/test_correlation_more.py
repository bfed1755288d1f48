"""Liu's mechanisms beyond Theorems 3.1 and 3.2: values computed independently of this project.

`tests/data/correlation_more.json` has budgets and surplus extraction of two processes of
`tests/data/correlation.json`, generalised VCG mechanisms of four small environments, and continuous signals.
"""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.families.continuous_signals import below
from dynamech.models.correlation.blocks import blocks
from dynamech.models.correlation.budget import budget, equal_shares
from dynamech.models.correlation.continuous import (
    approximate,
    smallest_errors,
    smallest_lottery_errors,
)
from dynamech.models.correlation.course import Course
from dynamech.models.correlation.extraction import extraction
from dynamech.models.correlation.systems import Systems
from dynamech.models.correlation.theorems import systems_of
from dynamech.models.correlation.transfers import largest, smallest
from dynamech.models.efficient.generalised_vcg import generalised_vcg
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.numbers import array, number

DATA = Path(__file__).parents[2] / "data"
PROCESSES: dict[str, Any] = json.loads((DATA / "correlation.json").read_text(encoding="utf-8"))
CASES: dict[str, Any] = json.loads((DATA / "correlation_more.json").read_text(encoding="utf-8"))


def process(name: str) -> dm.Environment:
    """The stationary process of a case about budgets or extraction, with its prior where it has one."""
    case = CASES[name]["instance"]
    data = PROCESSES[case["process"]]["instance"]
    types = tuple(data["signals"])
    count = types[0] * types[1]
    prior = case.get("prior", [f"1/{count}"] * count)
    return dm.Environment(
        name=case["process"],
        agents=[
            dm.Agent(
                f"{i}", types=[[f"{k}" for k in range(n)]], values=[array(data["u"][i]).reshape(-1, *types)]
            )
            for i, n in enumerate(types)
        ],
        actions=[["0", "1"]],
        horizon=None,
        discount=data["delta"],
        process={
            "prior": array(prior).reshape(types),
            "transitions": [array(data["mu"]).reshape(-1, *types, *types)],
        },
    )


# Budgets ----------------------------------------------------------------------------------------------------


def test_participation_fees() -> None:
    """Section 3.3: the fees finance all subsidies; printed with the sign of η reversed on the way."""
    env, known = process("ex-ante L1"), CASES["ex-ante L1"]["expected"]
    made = budget(env, "ex-ante", theorem="3.2", norm="2", effort=EXACT)
    assert made.total == 0
    for i, own in enumerate(known["U"]):
        assert made.path.values[0][i].tolist() == array(own).tolist()
    for place, fee in known["fee"].items():
        agent, types = place.removeprefix("agent").split(",theta=")
        first, second = (int(digit) for digit in types.strip("()").split(","))
        assert made.fees[int(agent), 2 * first + second] == number(fee)
    assert made.payoffs.tolist() == array(known["period1_payoff_net_of_fee"]).tolist()
    for mine, other in zip(made.interim, known["interim_payoff_net_of_fee"], strict=True):
        assert mine.tolist() == array(other).tolist()
    assert (made.payoffs @ made.prior).tolist() == array(known["ex_ante_payoffs"]).tolist()
    assert verify(env, made.mechanism, "ex-post")[0].violation == 0
    # The fees are all the surplus once more: two agents, each a claimant on all of it.
    assert (made.fees.sum(axis=0) * made.prior).sum() == number(known["expected_fees_total"])


def test_the_printed_sign_of_the_subsidy_doubles_the_deficit() -> None:
    """The displayed expectation of payments has its sign reversed: fees of −η would pay agents even more."""
    env = process("ex-ante L1")
    made = budget(env, "ex-ante", effort=EXACT)
    wrong = made.path.payments.sum(axis=0) - 2 * made.fees.sum(axis=0)
    assert (made.prior * wrong).sum() == -2 * number(CASES["ex-ante L1"]["expected"]["EW"])


@pytest.mark.parametrize(("name", "theorem"), [("per-period L1", "3.2"), ("per-period L3", "3.1")])
def test_balance_in_every_period(name: str, theorem: str) -> None:
    """Proposition 3.7."""
    env, known = process(name), CASES[name]["expected"]
    made = budget(env, "per-period", theorem=theorem, effort=EXACT)
    (net,) = made.periods
    assert net.tolist() == array(known["expected_budget_each_state"]).tolist()
    assert made.total == 0
    share = array(known["W"]) / 2
    assert (made.payoffs == share).all()
    assert verify(env, made.mechanism, "ex-post")[0].violation == 0


@pytest.mark.parametrize("name", ["per-period L1", "per-period L3"])
def test_sizes_of_balancing_transfers(name: str) -> None:
    env = process(name)
    course = Course.of(env, EXACT)
    for i in env.private:
        known = CASES[name]["expected"]["agents"][str(i)]
        found = blocks(env, i, 0)
        target = equal_shares(course, found)
        best = smallest(systems_of("3.1", found, target))
        assert largest(best.p, best.feasible).max() == number(known["min_max_abs_thm31"])
        if "spanning_min_norm" in known:
            p = smallest(systems_of("3.2", found, target), "2").p
            assert (p**2).sum() == number(known["spanning_min_norm_sq"])
            assert p.tolist() == [array(value).tolist() for value in known["spanning_min_norm"].values()]


# Surplus extraction -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("extraction")])
def test_extraction(name: str) -> None:
    """Proposition 4.1: bounds, entry fees, revenue, and what the lotteries alone would leave."""
    env, known = process(name), CASES[name]["expected"]
    spans = "L1" in name
    margin = 1 if "margin" in name else 0
    made = extraction(env, theorem="3.2" if spans else "3.1", norm="2", margin=margin, effort=EXACT)
    plain = extraction(env, theorem="3.2" if spans else "3.1", norm="2", bonuses=False, effort=EXACT)
    assert made.revenue == plain.revenue == number(known["expected_revenue"]) == made.welfare
    assert (made.revenue_by_profile == made.plan.welfare[0]).all()
    assert (made.payoffs == 0).all()
    assert made.least_continuation >= margin
    dearest = []
    for i in env.private:
        case = known[str(i)]
        found = blocks(env, i, 0)
        for x, row in enumerate(found.profile.tolist()):
            for k, s in enumerate(row):
                a = int(made.plan.policy[0][s])
                place = f"({a},({x},))"
                dearest.append(array(case["q_tilde"][place][k]).max())
                bound = made.bounds[0][i, s]
                assert bound == number(case["K"][place]) if spans else bound <= number(case["K"][place])
                entry = made.mechanism.stages[0].transfers[i, 0].reshape(-1)[s]
                assert entry == env.discount * bound
        assert made.indifferent(i) is spans
    if spans:  # the lotteries are then the only ones
        assert plain.least_continuation == -max(dearest)
    lie, stay = verify(env, made.mechanism, "ex-post", "periodic")
    assert (lie.violation, stay.holds) == (0, True)
    lie, stay = verify(env, plain.mechanism, "ex-post", "periodic")
    assert lie.violation == 0
    assert not stay.holds
    assert stay.violation == -plain.least_continuation


# Without correlation ----------------------------------------------------------------------------------------


def independent(name: str) -> dm.Environment:
    """An environment of a case about generalised VCG payments."""
    data = CASES[name]["instance"]
    periods, types = data["T"], data["ns"]
    return dm.Environment(
        name=name,
        agents=[
            dm.Agent(
                f"{i}",
                types=[[str(k) for k in range(n)]] * periods,
                prior=[f"1/{n}"] * n,
                values=[array(data["u"][f"t={t + 1}"][i]).reshape(-1, *types) for t in range(periods)],
                transitions=[array(data["kernel_own"][f"t={t + 1}"][i]) for t in range(periods - 1)],
            )
            for i, n in enumerate(types)
        ],
        actions=[[str(a) for a in range(data["nA"])]] * periods,
        horizon=periods,
        discount=data["delta"],
    )


@pytest.mark.parametrize("name", [name for name in CASES if "stages" in CASES[name]["expected"]])
def test_generalised_vcg(name: str) -> None:
    """Theorem 3.8: payments, values, conditions, and what the best lie gains."""
    env, known = independent(name), CASES[name]["expected"]
    chosen = {"eq4": "externality", "hi": "upper"}[known["transfer_choice"]]
    made = generalised_vcg(env, rule=chosen, effort=EXACT)
    for t in range(env.periods):
        assert made.plan.welfare[t].tolist() == array(known["W"][t]).tolist()
        for i in range(env.num_agents):
            assert made.payments[t][i].tolist() == array(known["transfers"][i][t]).tolist()
    assert made.values[0].tolist() == array(known["V1"]).tolist()
    gains = known["max_gain_full_best_response_by_agent_and_period"].values()
    verdict = verify(env, made.mechanism, "ex-post")[0]
    assert verdict.violation == max(number(gain) for row in gains for gain in row)
    assert verdict.holds is made.incentive_compatible
    for place, blocks_ in known["stages"].items():
        entry = made.agents[entry_key(place)]
        found, others = entry.reports, everybody_else(made, *entry_key(place))
        for x, stage in enumerate(blocks_.values()):
            assert found.action[x].tolist() == stage["allocation_by_report"]
            assert entry.monotone[x] == stage["monotone"]
            assert entry.orders.single_crossing[x] == stage["single_crossing_W"]
            assert entry.orders.holds[x] == stage["increasing_differences_V"]
            assert (found.rings[x] >= 0) == stage["lp_implementable"]
            for rule, key in (
                ("externality", "eq4"),
                ("upper", "lowest_type_indifferent_up"),
                ("lower", "highest_loser_indifferent"),
            ):
                paid = found.critical(rule, others)
                assert paid[x].tolist() == array(stage[f"{key}_transfers"]).tolist()
                word = {"externality": "eq4", "upper": "upper", "lower": "lower"}[rule]
                assert found.held(paid)[x] == stage[f"{word}_ic"]


def entry_key(place: str) -> tuple[int, int]:
    """(agent, period) of ``t=2,agent=0``."""
    period, agent = place.split(",")
    return int(agent.removeprefix("agent=")), int(period.removeprefix("t=")) - 1


def everybody_else(made: Any, i: int, t: int) -> Any:
    """D^i(a, θ), by hand: the others' values and what comes later to everybody else."""
    env = made.plan.environment
    types = env.types(t)
    shape = (env.num_actions(t), *types)
    rest = sum(agent.values[t].reshape(shape) for j, agent in enumerate(env.agents) if j != i).reshape(
        shape[0], -1
    )
    if t == env.periods - 1:
        return rest
    later = (made.plan.welfare[t + 1] - made.values[t + 1][i]).reshape(env.types(t + 1))
    first, second = (agent.kernels[t].table for agent in env.agents)
    move = first[:, :, None, :, None] * second[:, None, :, None, :]
    ahead = (move * later).sum(axis=(-2, -1))
    return rest + env.discount * (ahead + 0 * rest.reshape(shape)).reshape(shape[0], -1)


# Continuous signals -----------------------------------------------------------------------------------------


def cells(count: int, points: int) -> Any:
    """The density 1 + (2s − 1)(2t − 1)/2 on equal cells of s, at t = 0, ..., 1, over the rationals."""
    signals = [F(k, points - 1) for k in range(points)]
    ends = [[below("mixture", F(k, count), t) for k in range(count + 1)] for t in signals]
    return np.diff(np.array(ends, dtype=object), axis=1), np.array(signals, dtype=object)


@pytest.mark.parametrize("place", list(CASES["FGM"]["expected"]["chebyshev"]))
def test_a_density_of_mixtures(place: str) -> None:
    """Condition (6) fails: t² is an eighth away from all expectations, on every grid with 0, 1/2 and 1."""
    points, count = (int(part.split("=")[1]) for part in place.split(","))
    matrix, t = cells(count, points)
    known = CASES["FGM"]["expected"]["chebyshev"][place]["float"]
    errors, _ = smallest_errors(matrix[None], -(t**2)[None])
    assert errors[0] == F(known).limit_denominator(100)
    concave, _ = smallest_lottery_errors(matrix[None], -(t**2)[None])
    convex, _ = smallest_lottery_errors(matrix[None], (t**2)[None])
    assert concave[0] == (F(1, 2) if count == 1 else 0)
    assert convex[0] == errors[0]


@pytest.mark.parametrize(("name", "sign"), [("FGM concave", -1), ("FGM convex", 1)])
def test_what_lotteries_can_be_worth_is_a_cone(name: str, sign: int) -> None:
    """Appendix B: concave claims can be met, convex ones cannot, so they are no linear subspace."""
    matrix, t = cells(2, 5)
    systems = Systems(
        matrix[None], np.zeros(5, dtype=np.int64), np.tile(sign * t**2, (5, 1)), np.eye(5, dtype=bool)
    )
    assert smallest(systems).feasible.tolist() == CASES[name]["expected"]["feasible_by_report"]


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
def test_nearly_aligned_values(bins: int) -> None:
    """Errors of the best transfers on 1, 2, 3 and 6 cells, and what they leave to gain."""
    known = CASES["dynamic"]["expected"][str(bins)]
    env = dm.load("continuous-signals", cells=6)
    assert list(env.agents[0].types[0]) == CASES["dynamic"]["instance"]["signals"]
    made = approximate(env, bins, effort=EXACT)
    assert float(made.error) == pytest.approx(known["eps"], abs=1e-12)
    assert float(made.bound) == pytest.approx(known["bound_2eps_over_1_minus_delta"], abs=1e-11)
    assert made.gain <= made.bound
    if bins == 1:  # one transfer a block: nothing to choose but its size
        assert float(made.gain) == pytest.approx(known["max_one_shot_gain"], abs=1e-9)
    if bins == 6:
        assert made.gain == 0
        assert verify(env, made.mechanism, "ex-post")[0].violation == 0
