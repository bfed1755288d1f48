"""The virtual pivot mechanism: worked cases exactly, where its theorem fails, and a misprint that shows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.models.environment.environment import Agent, Environment
from dynamech.models.environment.signals import signals
from dynamech.models.screening import affine_pivot
from dynamech.models.screening.rule import taken
from dynamech.models.screening.setting import Setting
from dynamech.models.screening.virtual_pivot import virtual_pivot
from dynamech.solvers.algorithms.mdp import take
from dynamech.solvers.numbers import Array, Ints, Number

from .separable_cases import not_tight, revenue, worked

WORKED = ["4A1_T1", "4A1_T2", "4A2_T1", "4A2_T2", "4B1_T1", "4B3_T1", "4C_controlled_T2"]


@pytest.mark.parametrize("name", WORKED)
def test_worked_cases(name: str) -> None:
    """KLN (24), (25), Theorem 5.1, with two envelopes: everything, exactly."""
    env, wanted = worked(name)
    found = virtual_pivot(env, exact=True)
    assert [list(row) for row in found.alpha.values()] == [[F(a) for a in row] for row in wanted["alpha"]]
    assert found.bound == F(wanted["relaxed_upper_bound (Cor 4.1, discrete phi)"])
    for word in "AB":
        rule, told = found.rules[word], wanted[f"version {word}"]
        assert rule.profit == F(told["expected_profit"]) == revenue(found.environment, rule.mechanism)
        assert rule.participation.holds
        if name != "4A2_T2":  # whose judge takes long
            assert rule.incentives.violation == F(told["t=0 max deviation gain given s_-i0"])
        for profile in found.setting.profiles if "period0_table" in told else ():
            row = told["period0_table"][str(profile)]
            worth = taken(found.setting, profile)
            for i in range(2):
                asked = row[f"agent{i + 1}"]
                assert worth[i] == F(asked["V"])
                assert rule.promises[profile][i] == F(asked["U"])
                if asked["included"]:
                    assert rule.entry[profile][i] == F(asked["p0"])
    table = wanted["version A"].get("period0_table", {})
    out = {(str(p), i) for p in found.setting.profiles for i in range(2)
           if table and not table[str(p)][f"agent{i + 1}"]["included"]}
    labels = [agent.types[0] for agent in found.environment.agents]
    told_out = {
        (str(tuple(labels[j].index(e["type"] if j == i else e["others"][str(j + 1)]) for j in range(2))), i)
        for e in found.excluded
        for i in [int(e["agent"]) - 1]
    }
    assert not table or out == told_out


def test_the_theorem_fails_where_types_are_finite() -> None:
    """F1_vp_not_tight: weights rise, and neither A nor C is truthful; B is, and earns less."""
    found = virtual_pivot(not_tight(), exact=True)
    assert all(one.holds for one in found.assumptions.values())
    assert found.bound == F(8541, 320)
    assert {name: rule.incentives.violation for name, rule in found.rules.items()} == {
        "A": F(81, 16), "B": 0, "C": F(27, 40)
    }
    assert found.profit == {"A": F(8541, 320), "B": F(8007, 320), "C": F(8541, 320)}
    assert found.returned == "B"
    assert not found.attains
    lie = found.lie["A"]
    assert lie is not None
    assert (lie.agent, lie.period, lie.type, lie.report) == ("1", 0, "6", "4")
    assert found.lie["B"] is None
    floats = virtual_pivot(not_tight())
    assert floats.profit == pytest.approx({name: float(p) for name, p in found.profit.items()})
    assert floats.returned == "B"
    assert not floats.attains


def uneven() -> Environment:
    """First estimates 0, 1/2, 1 against 0, 1; errors of 1/2 either way."""
    agents = []
    for i, first in enumerate(([F(0), F(1, 2), F(1)], [F(0), F(1)])):
        won = [s + e for s in first for e in (F(-1, 2), F(1, 2))]
        chances = [[F(1, len(first))] * len(first), [F(1, 2)] * 2]
        given = signals([[str(s) for s in first], ["down", "up"]], chances)
        rows = [[F(0)] * len(won), *(won if j == i else [F(0)] * len(won) for j in range(2))]
        agents.append(Agent(str(i + 1), signals=given, values=[[[F(0)] * len(first)], rows]))
    return Environment(agents=agents, actions=[["wait"], ["keep", "1", "2"]], horizon=2)


def test_an_uneven_handicap_auction_and_who_is_left_out() -> None:
    """The second of F1_handicap_grid. Whoever is done nothing for left out too, B begins its sums later."""
    found = virtual_pivot(uneven(), exact=True)
    assert found.bound == F(3, 4)
    assert found.profit["B"] == F(11, 16)
    assert found.rules["A"].incentives.violation == F(1, 4)
    assert found.returned == "C"
    assert found.attains
    assert found.mechanism is found.rules["C"].mechanism
    left = virtual_pivot(uneven(), exact=True, exclude=True)
    assert left.rules["B"].truthful
    assert left.profit["B"] > found.profit["B"]
    assert left.profit["A"] == found.bound


def printed(
    setting: Setting, i: int, policy: Sequence[Ints], worth: Sequence[Array], scale: Number, shift: Number
) -> list[Array]:
    """(20), (21) as printed: what the others have later follows a*_{-i}, not the action that is taken."""
    nobody = setting.affine.costs_alone
    right = corrected(setting, i, policy, worth, scale, shift)
    found = []
    for t, action in enumerate(policy):
        paid = right[t]
        if t + 1 < len(policy):
            later = nobody.discount * nobody.moves[t].expected(worth[t + 1].max(axis=0))
            theirs = worth[t].argmax(axis=0)
            paid = paid + (take(later, action) - take(later, theirs)) / scale
        found.append(paid)
    return found


corrected = affine_pivot.payments


def test_the_continuation_follows_the_action_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errata on (20), (21): as printed, the best lie from period 1 on gains 201/10; corrected, nothing."""
    env, wanted = worked("4C_controlled_erratum_eq20")
    assert F(wanted["max gain of a t>=1 deviation with printed (20)/(21)"]) == F(201, 10)
    right = virtual_pivot(env, exact=True)
    assert right.rules["B"].incentives.violation == 0
    monkeypatch.setattr(affine_pivot, "payments", printed)
    wrong = virtual_pivot(env, exact=True).rules["B"]
    assert wrong.incentives.violation == F(201, 10)
    assert wrong.lie is not None
    assert wrong.lie.period == 1


def test_rounding_is_no_payment() -> None:
    """A plan that first signals do not move earns nothing from anybody: in doubles 3e-18 is left of it.

    β is −h: chances of all later signals by the chance of this one, times the step.
    """
    types = ["0", "1/10", "2/10", "3/10", "5/10"]
    agent = Agent("buyer", types=types, prior=["1/5"] * 5, values=[[types]])
    env = Environment(agents=[agent], actions=["sell"], horizon=1)
    told = [{"agent": "buyer", "type": label, "others": {}} for label in types]
    for exact in (True, False):
        answer = virtual_pivot(env, exact=exact, forms={"buyer": "additive"})
        assert answer.excluded == told
        assert answer.beta["buyer"][0].astype(float) == pytest.approx(np.array([[-0.4, -0.3, -0.2, -0.2, 0]]))


def test_one_period_is_an_optimal_auction() -> None:
    """Nothing is learnt later: all three rules are one mechanism, Myerson's."""
    types, prior, nothing = [1, 2, 4], ["1/2", "1/4", "1/4"], [0] * 3
    agents = [
        Agent(f"bidder {i}", types=types, prior=prior, values=[[nothing, *rows]])
        for i, rows in enumerate(([types, nothing], [nothing, types]))
    ]
    env = Environment(agents=agents, actions=["keep", "sell to 0", "sell to 1"], horizon=1)
    found = virtual_pivot(env, exact=True)
    assert found.alpha["bidder 0"] == (0, 0, 1)
    assert found.bound == F(4) * F(7, 16)
    assert found.profit == dict.fromkeys("ABC", found.bound)
    assert all(rule.truthful and rule.participation for rule in found.rules.values())
    assert found.weights == {"C": []}
    assert revenue(env, found.rules["C"].mechanism) == found.bound


@pytest.mark.parametrize("unit", [F(1), F(1, 10**9), F(10**9)])
def test_what_rounding_leaves_is_nothing(unit: F) -> None:
    """A virtual value of 0 counts nobody in, and a plan whose values cancel does nothing for her, whatever
    the unit of money; in doubles as over the rationals, where 2e-16 is left of either."""
    low_is_nothing = Environment(
        agents=[
            Agent(
                "buyer", types=[["low", "high"]], prior=["3/10", "7/10"],
                values=[[[0, 0], [F(7, 10) * unit, unit]]],
            )
        ],
        actions=["keep", "sell"],
        horizon=1,
    )  # fmt: skip
    cancels = Environment(
        agents=[
            Agent(
                "buyer", types=[["low", "high"]] * 3, prior=["1/2", "1/2"],
                values=[[[2 * b * unit, 3 * b * unit]] for b in (F(1, 10), F(1, 5), F(-3, 10))],
                transitions=[[[[1, 0], [0, 1]]]] * 2,
            )
        ],
        actions=[["go"]] * 3,
        horizon=3,
    )  # fmt: skip
    for exact in (True, False):
        found = virtual_pivot(low_is_nothing, exact=exact)
        assert found.alpha["buyer"] == (0, 1)
        assert found.setting.levels[0].counts == (False, True)
        left = virtual_pivot(cancels, exact=exact, exclude=True)
        assert [plan.out for plan in left.setting.courses.values()] == [(True,), (True,)]


@pytest.mark.parametrize("unit", [F(1), F(1, 10**9), F(10**9)])
def test_a_plan_that_cancels_has_no_price(unit: F) -> None:
    """What is done for her comes to 1/10 + 2/10 − 3/10: no weight is needed for it, in doubles as over the
    rationals."""
    agent = Agent(
        "buyer", types=[["low", "high"]] * 4, prior=["1/2", "1/2"],
        values=[[[2 * b * unit, 3 * b * unit]] for b in (F(0), F(1, 10), F(2, 10), F(-3, 10))],
        transitions=[[[[1, 0], [0, 1]]]] * 3,
    )  # fmt: skip
    env = Environment(agents=[agent], actions=[["go"]] * 4, horizon=4)
    for exact in (True, False):
        assert [one["weight"] for one in virtual_pivot(env, exact=exact).weights["C"]] == [None, None]
