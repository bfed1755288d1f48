"""Conditions, options and propositions of sequential screening, each seen to hold and to fail."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.families.two_period_screening import two_period_screening
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism, Stage
from dynamech.models.screening.sequential.buyer import buyer_of
from dynamech.models.screening.sequential.menu import option_menu
from dynamech.models.screening.sequential.options import OptionMenu, largest_fees, options
from dynamech.models.screening.sequential.propositions import propositions
from dynamech.models.screening.sequential.screening import SequentialScreening, sequential_screening
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import array

VALUES = [1, 2, 3]


def market(prior: str, *rows: str, values: Sequence[int] = VALUES, cost: int = 0) -> Environment:
    """First types' probabilities, and a distribution of values for each."""
    read = [[F(entry) for entry in row.split()] for row in (prior, *rows)]
    return two_period_screening(read[0], read[1:], [[F(v) for v in values]], cost)


def screened(prior: str, *rows: str, **words: Any) -> SequentialScreening:
    return sequential_screening(market(prior, *rows, **words), EXACT)


def fails(sold: SequentialScreening, word: str, where: str, by: F) -> None:
    one = sold.conditions[word]
    assert (one.holds, one.where, one.by) == (False, where, by)


DIPPED = ("1/2 1/12 5/12", "1/2 1/4 1/4", "1/3 1/3 1/3", "1/8 1/8 3/4")
"""A first type in the middle who is so rare that virtual values fall in both arguments."""


def test_conditions_that_hold() -> None:
    sold = screened("1/4 1/2 1/4", "1/2 1/4 1/4", "1/3 1/3 1/3", "1/4 1/4 1/2")
    assert all(one.holds for one in sold.conditions.values())


def test_every_condition_fails_somewhere() -> None:
    sold = screened("1/2 1/2", "1/4 3/4 0", "1/2 0 1/2")
    fails(
        sold, "full support",
        "agent 'buyer', first type '1', value 2: others may have it, she never has", F(3, 4),
    )  # fmt: skip
    fails(
        sold, "first-order dominance",
        "agent 'buyer', first type '1', value 1: the probability of no more is above that of the first type "
        "before", F(1, 4),
    )  # fmt: skip
    sold = screened("1/2 1/2", "1/2 1/4 1/4", "1/4 1/2 1/4")
    assert sold.conditions["first-order dominance"].holds
    fails(
        sold, "hazard rate order",
        "agent 'buyer', first type '1', value 2: the hazard rate is above that of the first type before",
        F(1, 16),
    )  # fmt: skip
    sold = screened(*DIPPED)
    fails(
        sold, "monotone hazard",
        "agent 'buyer': the hazard rate does not rise from type '0' to '1'", F(4, 5),
    )  # fmt: skip
    fails(
        sold, "ψ rises in the value",
        "agent 'buyer', first type '1', value 2: ψ is below that at the value before", F(17, 8),
    )  # fmt: skip
    fails(
        sold, "ψ rises in the first type",
        "agent 'buyer', first type '1', value 2: ψ is below that of the first type before", F(71, 12),
    )  # fmt: skip


def test_strikes_that_no_fees_pay_for() -> None:
    """The rule's strikes rise from the first to the second type: they want each other's, and falling strikes
    are the best that can be had."""
    sold = screened(*DIPPED)
    rule = sold.menus["rule"]
    assert rule.prices == [1, 3, 1]
    nothing: list[Any] = [rule.fees, rule.rents, rule.profit, rule.mechanism, rule.verdicts]
    assert nothing == [None] * 5
    assert rule.cycle.where == "agent 'buyer', first types 0 → 1 → 0: reports of the next"
    assert rule.cycle.by == F(1, 4)
    assert (rule.falling.where, rule.falling.by) == (
        "agent 'buyer', strikes rise from first type '0' to '1': 1, then 3", 2,
    )  # fmt: skip
    assert rule.integral_monotonicity.where == "agent 'buyer', first type '2' reports '0'"
    assert rule.integral_monotonicity.by == F(5, 8)
    assert (sold.returned, sold.profit, sold.rungs["bayesian"]) == ("falling", F(7, 4), F(7, 4))
    assert sold.bound == F(185, 96)
    assert "No fees pay for those of the rule" in str(sold)
    told = dict(option_menu(market(*DIPPED), EXACT).notes)
    assert told["Strikes"].startswith("They are the best that fall in the first type.")
    assert "17/96 more" in told["Strikes"]


def test_a_menu_needs_an_order_where_no_fees_are_found() -> None:
    """By search: values that are not ordered, and neither menu is paid for."""
    rng = np.random.default_rng(0)
    for _ in range(400):
        rows = rng.integers(0, 5, (3, 3)) + np.eye(3, dtype=int)
        env = market("1/2 1/12 5/12", *(" ".join(str(F(int(x), int(r.sum()))) for x in r) for r in rows))
        sold = sequential_screening(env, EXACT)
        if sold.returned is None:
            assert not sold.conditions["first-order dominance"].holds
            with pytest.raises(AssumptionViolated, match=r"first types .* together whatever the fees"):
                option_menu(env, EXACT)
            nothing: list[Any] = [sold.mechanism, sold.profit, sold.verdicts]
            assert nothing == [None] * 3
            assert "none: no fees hold everybody to the truth" in str(sold)
            assert sold.to_json()["profit"] is None
            return
    raise AssertionError("no such environment was drawn")


def grid(n: int, slope: F) -> tuple[OptionMenu, F, F]:
    """The uniform example: options, the cycle 0 → 1 → 0, and the integral over all types for a lie to 0."""
    buyer = buyer_of(dm.load("courty-li-uniform", n=n), exact=True)
    start = F(1) if slope == -1 else F(1, 2)
    menu = options(buyer, [start + slope * F(k, n - 1) for k in range(n)])
    w, gain = menu.worth, buyer.advantage
    cycle = w[0, 0] - w[0, -1] + w[-1, -1] - w[-1, 0]
    integral = sum((gain[j, menu.strikes[j]] - gain[j, menu.strikes[0]] for j in range(n - 1)), F(0))
    return menu, cycle, integral


@pytest.mark.parametrize(("slope", "ends"), [(F(1, 2), (F(-3, 8), F(-1, 4))), (F(-1), (F(3, 4), F(3, 8)))])
def test_strikes_of_the_uniform_example(slope: F, ends: tuple[F, F]) -> None:
    """Worked case 9d: strikes that rise are not payable, those of Theorem 3 are; grids tend to it."""
    (_, *coarse), (menu, *fine) = grid(9, slope), grid(17, slope)
    for rough, close, end in zip(coarse, fine, ends, strict=True):
        assert F(1, 3) < (close - end) / (rough - end) < F(2, 3)
    assert menu.falling.holds == menu.integral_monotonicity.holds == menu.cycle.holds == (slope < 0)
    if slope > 0:
        assert menu.integral_monotonicity.by == -fine[1]


def test_strikes_that_rise_may_be_payable() -> None:
    """Errata: with finite types a rule that falls in the first type may be: no value lies between."""
    buyer = buyer_of(market("1/2 1/2", "1/2 1/2 0", "1/2 0 1/2"), exact=True)
    menu = options(buyer, [1, 2])
    assert not menu.falling.holds
    assert menu.integral_monotonicity.holds
    assert menu.verdicts
    assert menu.fees is not None
    assert menu.fees.tolist() == [F(1, 2), F(0)]


def test_three_lies_may_gain_where_two_do_not() -> None:
    """Errata: a cycle of three first types, each pair of whom loses as much as it gains."""
    third = F(1, 3)
    worth = np.array([[F(0), third, -third], [-third, F(0), third], [third, -third, F(0)]], dtype=object)
    assert largest_fees(worth[:2, :2], F(0)) is not None
    assert largest_fees(worth, F(0)) is None


def test_a_cycle_of_what_rounding_leaves_is_none() -> None:
    """0.3 − (0.1 + 0.2) is below 0 in doubles; the lies that gain are those of the two last first types."""
    quarter = "1/4 1/4 1/2"
    menu = options(buyer_of(market("1/4 1/4 1/4 1/4", quarter, quarter, quarter, quarter)), [1, 1, 1, 1])
    lengths = np.array([[0, 0.3, 9, 9], [-(0.1 + 0.2), 0, 5, 9], [9, 9, 0, -1], [9, 9, 0.5, 0]])
    vars(menu)["worth"] = -lengths
    assert menu.fees is None
    assert menu.cycle.where == "agent 'buyer', first types 2 → 3 → 2: reports of the next"
    assert menu.cycle.by == pytest.approx(0.5)


def test_given_strikes() -> None:
    buyer = buyer_of(dm.load("two-period-screening"), exact=True)
    menu = options(buyer, [None, F(3, 2)])
    assert menu.prices == [None, 2]
    assert menu.profit == F(2, 3) * F(3, 4) * 2
    with pytest.raises(InvalidInput, match="strike prices: 1 for the 2 first types of 'buyer'"):
        options(buyer, [1])


def test_fees_are_the_largest() -> None:
    """A raise of any fee breaks a promise, in period 0 or with somebody who would report another."""
    menu = sequential_screening(dm.load("sequential-screening"), EXACT).menu
    assert menu is not None
    assert menu.fees is not None
    for k in range(len(menu.fees)):
        fees = menu.fees.copy()
        fees[k] += F(1, 10**6)
        gains = (menu.worth - fees) - (np.diagonal(menu.worth) - fees)[:, None]
        assert max(gains.max(), -(np.diagonal(menu.worth) - fees).min()) > 0


def direct(env: Environment, fees: list[Any], sells: list[Any], pays: list[Any]) -> Mechanism:
    """Fees by first report; probability of a sale and payment by both."""
    share = array(sells)
    first = Stage(array([[[1], [1]]]), array([[fees]]), np.array([[[0], [1]]]))
    return Mechanism(env.name, (first, Stage(np.stack([1 - share, share], axis=-1), array([pays]))))


@pytest.mark.parametrize(
    ("fees", "sells", "pays", "word", "where", "by"),
    [
        ([0, 0], [[1, 0], [1, 1]], [[1, 0], [1, 1]], "Proposition 3, monotone",
         "first type '0', value 2: the probability of a sale is below that at the value before", 1),
        ([0, 0], [[0, 1], [1, 1]], [[0, 3], [1, 1]], "Proposition 3, transfers",
         "first type '0', value 2: the payment is not between what neighbours imply", 1),
        ([0, 1], [[0, 1], [1, 1]], [[0, 2], [1, 1]], "Proposition 4", "first type '1' reports '0'", F(1, 4)),
        ([0, 0], [[1, 1], [0, 1]], [[1, 1], [0, 2]], "Proposition 6",
         "first type '1', value 1: the probability of a sale is below that of the first type before", 1),
        ([F(1, 2), F(3, 4)], [[0, 1], [1, 1]], [[0, 2], [1, 1]], "Proposition 7", "first type '0'", F(1, 2)),
    ],
)  # fmt: skip
def test_every_proposition_fails_somewhere(
    fees: list[Any], sells: list[Any], pays: list[Any], word: str, where: str, by: F
) -> None:
    env = dm.load("two-period-screening")
    one = propositions(buyer_of(env, exact=True), direct(env, fees, sells, pays))[word]
    assert (one.holds, one.where, one.by) == (False, f"agent 'buyer', {where}", by)


def test_propositions_are_what_the_judge_says() -> None:
    """Random mechanisms of two values: 3 and period 0 hold if and only if truth is best (Proposition 2)."""
    rng, env = np.random.default_rng(5), dm.load("two-period-screening")
    buyer, held = buyer_of(env, exact=True), set()
    for _ in range(150):
        sells = [[F(int(x), 2) for x in sorted(rng.integers(0, 3, 2))] for _ in range(2)]
        pays = [[F(0), (b - a) * F(int(rng.integers(2, 5)), 2)] for a, b in sells]
        mechanism = direct(env, [F(int(x), 4) for x in rng.integers(-1, 4, 2)], sells, pays)
        told = propositions(buyer, mechanism)
        verdict = dm.verify(env, mechanism, "bayesian")
        both = told["Proposition 3, transfers"].holds and told["incentives in period 0"].holds
        assert both == verdict.holds
        assert told["Proposition 4"].holds == told["incentives in period 0"].holds  # two first types
        if verdict.holds:
            stays = dm.verify(env, mechanism, participation="interim").holds
            assert told["Proposition 7"].holds == stays
            assert told["Proposition 3, monotone"].holds
        held.add(verdict.holds)
    assert held == {True, False}


@pytest.mark.parametrize("seed", range(4))
def test_random_buyers(seed: int) -> None:
    """The bound bounds, the menu is truthful, and it earns the bound wherever implied fees are."""
    rng = np.random.default_rng(seed)
    for draw in range(5):
        count = int(rng.integers(2, 5))
        tails = np.sort(rng.integers(0, 9, (count, 3)), axis=1)[:, ::-1]
        tails = np.maximum.accumulate(tails, axis=0)  # ordered by dominance
        steps = [zip([8, *row], [*row, 0], strict=True) for row in tails]
        rows = [" ".join(str(F(int(a - b), 8)) for a, b in row) for row in steps]
        weights = rng.integers(1, 7, count)
        prior = " ".join(str(F(int(x), int(weights.sum()))) for x in weights)
        env = market(prior, *rows, values=[1, 2, 4, 7], cost=int(rng.integers(0, 3)))
        sold = sequential_screening(env, Effort(exact=draw % 2 == 0))
        slack = 0 if draw % 2 == 0 else 1e-8
        best, rule = sold.rungs["bayesian"], sold.menus["rule"]
        assert best is not None
        assert sold.bound is not None
        assert sold.profit is not None
        assert sold.virtual.virtual_surplus >= sold.bound - slack
        assert sold.bound >= best - slack
        assert best >= sold.profit - slack
        assert sold.verdicts
        assert rule.integral_monotonicity.holds or not rule.falling.holds
        assert not rule.integral_monotonicity.holds or abs(float(sold.profit) - float(sold.bound)) <= slack


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("scheduling", {}, "environment 'scheduling' has no last period, not a report and a sale"),
        ("handicap-auction", {}, "has 2 agents, not one buyer"),
        ("kln-separable", {"T": 1}, None),
        ("kln-nonseparable", {}, None),
        ("myerson", {"bidders": 1}, "environment 'myerson' has 1 periods, not a report and a sale"),
        ("two-type-markov", {}, "period 0 has 2 actions, and nothing is decided"),
    ],
)
def test_other_environments_are_refused(name: str, settings: dict[str, Any], says: str | None) -> None:
    env = dm.load(name, **settings)
    if says is None:
        assert sequential_screening(env, EXACT).verdicts
        return
    with pytest.raises(AssumptionViolated, match=f"^sequential screening: .*{says}"):
        sequential_screening(env, EXACT)


def test_what_is_sold_must_be_one_item() -> None:

    def env(**changed: Any) -> Environment:
        agent: dict[str, Any] = {"types": [["a"], ["b"]], "prior": [1], "transitions": [[[[1]]]]}
        agent["values"] = [[[0]], [[0], [1]]]
        words: dict[str, Any] = {"actions": [["wait"], ["keep", "sell"]], "costs": [[0], [0, 0]]}
        agent |= {key: changed.pop(key) for key in list(changed) if key in agent or key == "reports"}
        return dm.Environment(agents=[dm.Agent("buyer", **agent)], horizon=2, **(words | changed))

    assert sequential_screening(env(), EXACT).profit == 1
    for changed, says in (
        ({"costs": [[2], [0, 0]]}, "action 'wait' of period 0 costs 2, and nothing is decided there"),
        ({"values": [[[3]], [[0], [1]]]}, "action 'wait' of period 0 is worth 3"),
        ({"costs": [[0], [1, 1]]}, r"neither action of period 1 \(keep, sell\) is worth 0 and costs 0"),
        ({"actions": [["wait"], ["keep", "sell", "lend"]], "costs": [[0], [0] * 3],
          "values": [[[0]], [[0], [1], [2]]]}, "period 1 has 3 actions, not a sale and none"),
    ):  # fmt: skip
        with pytest.raises(AssumptionViolated, match=says):
            sequential_screening(env(**changed), EXACT)
    mute = env(types=[["a", "c"], ["b"]], prior=["1/2"] * 2, transitions=[[[1], [1]]],
               values=[[[0, 0]], [[0], [1]]], reports=[{"a": ["a"]}, {}])  # fmt: skip
    with pytest.raises(AssumptionViolated, match="agent 'buyer' may not report every type"):
        sequential_screening(mute, EXACT)
    with pytest.raises(AssumptionViolated, match="'two-type-markov' has divisible goods, not one item"):
        sequential_screening(dm.load("two-type-markov", quadratic=True), EXACT)
    rare = market("0 1", "1/2 1/2 0", "0 1/2 1/2")
    with pytest.raises(AssumptionViolated, match="period 0: type '0' has probability 0"):
        sequential_screening(rare, EXACT)
