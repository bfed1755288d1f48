"""Buyers who arrive over time: the worked case, the definition, payments, and late reports."""

from __future__ import annotations

import functools
import itertools
import json
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.models.auctions.market import Buyer
from dynamech.models.auctions.virtual_values import VirtualValues
from dynamech.models.efficient.arrival_order import monotone_in_arrivals
from dynamech.models.efficient.arrival_payments import arrival_outcome, arrival_payments
from dynamech.models.efficient.arrivals import Arrivals, optimal_stopping, read_arrivals
from dynamech.solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from dynamech.solvers.numbers import Array

DATA = Path(__file__).parents[2] / "data"
(CASE,) = (
    case
    for case in json.loads((DATA / "arrivals.json").read_text(encoding="utf-8"))
    if case["id"] == "F1_arrivals_observed"
)
KNOWN: dict[str, Any] = {"iid": "1/2", "unknown": ["1/4", "3/4"]}


def worked(chances: Any, **changes: Any) -> Arrivals:
    given_ = CASE["instance"]
    words = {"periods": given_["T"], "values": given_["theta"], "goods": given_["good"]}
    return read_arrivals(chances=chances, **{**words, "discount": given_["delta"], **changes})


def virtual(data: Arrivals) -> Array:
    return VirtualValues(Buyer("buyer", None, data.values, data.pmf)).ironed


@st.composite
def small(draw: st.DrawFn) -> Arrivals:
    """Up to three periods, two goods, three values, two possible chances."""
    m = draw(st.integers(1, 3))
    values = sorted(draw(st.sets(st.integers(0, 9), min_size=m, max_size=m)))
    weights = draw(st.lists(st.integers(1, 4), min_size=m, max_size=m))
    chances = draw(st.lists(st.integers(1, 5).map(lambda n: F(n, 6)), min_size=1, max_size=2))
    return read_arrivals(
        periods=draw(st.integers(1, 3)),
        goods=draw(st.integers(1, 2)),
        values=values,
        pmf=[F(w, sum(weights)) for w in weights],
        chances=chances,
        discount=draw(st.integers(0, 10).map(lambda n: F(n, 10))),
        timeout=draw(st.sampled_from([None, 1, 2, 3])),
    )


def from_the_definition(data: Arrivals, scores: Array) -> F:
    """The best value over all ways to serve any of those who wait, history by history."""
    rate, patience = data.discount, data.timeout or data.periods

    @functools.cache
    def learnt(history: tuple[bool, ...]) -> F:
        weight = [
            w * functools.reduce(lambda x, came: x * (c if came else 1 - c), history, F(1))
            for c, w in zip(data.chances, data.weights, strict=True)
        ]
        return F(sum(w * c for w, c in zip(weight, data.chances, strict=True)) / sum(weight))

    def coming(t: int, history: tuple[bool, ...], waiting: tuple[tuple[F, int], ...], goods: int) -> F:
        if t == data.periods:
            return F(0)
        chance = learnt(history)
        worth = (1 - chance) * selling(t, (*history, False), waiting, goods)
        for s, f in zip(scores, data.pmf, strict=True):
            worth += chance * f * selling(t, (*history, True), (*waiting, (s, t)), goods)
        return worth

    def selling(t: int, history: tuple[bool, ...], waiting: tuple[tuple[F, int], ...], goods: int) -> F:
        there = [buyer for buyer in waiting if t - buyer[1] < patience]
        found = []
        for sold in itertools.chain.from_iterable(
            itertools.combinations(range(len(there)), j) for j in range(min(goods, len(there)) + 1)
        ):
            rest = tuple(b for j, b in enumerate(there) if j not in sold)
            later = coming(t + 1, history, rest, goods - len(sold))
            found.append(sum((there[j][0] for j in sold), F(rate * later)))
        return max(found)

    return coming(0, (), (), data.goods)


@pytest.mark.parametrize("law", ["iid", "unknown"])
def test_the_worked_case(law: str) -> None:
    said, data = CASE["expected"][law], worked(KNOWN[law])
    assert optimal_stopping(data).value == F(said["W"])
    plan = optimal_stopping(data, virtual(data))
    found = arrival_outcome(plan)
    assert plan.value == found.collected == F(said["revenue"])
    assert found.sold.sum() == F(said["sold (revenue)"])
    assert found.earlier.sum() == F(said["sold to an earlier arrival (revenue)"])
    if "by period (revenue)" in said:
        assert found.sold.tolist() == [F(p) for p in said["by period (revenue)"]]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=small())
def test_the_plan_is_the_best_of_all_ways_to_serve(data: Arrivals) -> None:
    for scores in (data.values, virtual(data)):
        assert optimal_stopping(data, scores).value == from_the_definition(data, scores)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=small())
def test_payments_are_by_the_envelope_and_bring_in_virtual_values(data: Arrivals) -> None:
    best = optimal_stopping(data, virtual(data))
    paid = arrival_payments(best)
    assert paid.monotone
    assert arrival_outcome(best, paid).collected == best.value
    assert paid.pivot is None or np.array_equal(best.scores, data.values)
    efficient = arrival_payments(optimal_stopping(data))
    outcome = arrival_outcome(efficient.plan, efficient)
    assert outcome.pivot is not None
    assert outcome.pivot <= outcome.collected <= best.value
    assert outcome.arrived.tolist() == [(data.chances * data.weights).sum()] * data.periods
    for found, rule in ((paid, paid.payments), (efficient, efficient.payments), (efficient, efficient.pivot)):
        for served, asked in zip(found.service, rule or (), strict=True):
            for x, p in zip(served, asked, strict=True):
                truth = data.values * x - p
                lies = data.values[:, None] * x[..., None, :] - p[..., None, :]
                assert (truth[..., None] >= lies).all()
                assert (truth >= 0).all()
                assert (p >= 0).all()
    assert efficient.marginal is not None
    assert efficient.news is not None
    for t, served in enumerate(efficient.service):
        for x, m, told in zip(served, efficient.marginal[t], efficient.news[t], strict=True):
            step = np.diff(data.values)
            assert (np.diff(m) >= step * x[..., :-1]).all()
            assert (np.diff(m) <= step * x[..., 1:]).all()
            if len(set(data.chances)) == 1:
                assert not told.any()


def test_early_arrivals_are_paid_for_the_news_where_the_chance_is_unknown() -> None:
    data = worked(KNOWN["unknown"])
    found = arrival_payments(optimal_stopping(data))
    assert found.news is not None
    assert found.pivot is not None
    nobody = found.plan.empty(1)
    first = [at[1][0, nobody] for at in found.news]
    assert first[0] > first[1] > first[2] == 0  # what is to come is worth most at the start
    lowest = found.pivot[0][1][0, nobody, 0] - first[0]
    assert lowest < 0  # she is paid, though she may never be served
    assert found.fake is not None
    assert found.fake[0][1][0, nobody] == -lowest  # so is somebody who has no value and never came
    outcome = arrival_outcome(found.plan, found)
    assert outcome.news is not None
    assert outcome.news > 0
    known = arrival_payments(optimal_stopping(worked("1/2")))
    assert known.fake is not None
    assert not any(most.any() for period in known.fake for most in period)
    assert arrival_outcome(known.plan, known).news == 0
    assert arrival_payments(optimal_stopping(data, virtual(data))).fake is None


def test_a_time_out_of_all_periods_is_none_and_chances_may_be_listed_in_any_order() -> None:
    for goods in (1, 2):
        data = [worked(["1/4", "3/4"], goods=goods, timeout=timeout) for timeout in (None, 3)]
        one, other = (optimal_stopping(each) for each in data)
        assert one.value == other.value
        assert monotone_in_arrivals(one).checked == monotone_in_arrivals(other).checked
        a, b = arrival_outcome(one), arrival_outcome(other)
        assert a.sold.tolist() == b.sold.tolist()
        assert a.earlier.tolist() == b.earlier.tolist()
        assert (a.collected, a.pivot, a.news) == (b.collected, b.pivot, b.news)
    weights = ["1/3", "2/3"]
    forth = optimal_stopping(worked(["1/4", "3/4"], weights=weights)).value
    assert forth == optimal_stopping(worked(["3/4", "1/4"], weights=weights[::-1])).value


def test_with_two_goods_one_who_leaves_is_served_while_a_better_one_waits() -> None:
    data = read_arrivals(
        periods=3,
        goods=2,
        values=[9, 10, 100],
        pmf=["2/5", "2/5", "1/5"],
        chances="9/10",
        discount="9/10",
        timeout=2,
    )
    plan = optimal_stopping(data)
    room = plan.rooms[2]
    (state,) = np.flatnonzero((room.levels == [2, 1]).all(axis=1))  # 10 came now, 9 a period ago
    sale = room.sales[plan.choice[1][2][2, state]]
    assert sale.serves.tolist() == [False, True]


@pytest.mark.parametrize("law", ["iid", "unknown"])
@pytest.mark.parametrize("goods", [1, 2])
def test_with_recall_plans_are_monotone_in_arrivals(law: str, goods: int) -> None:
    data = worked(KNOWN[law], goods=goods, periods=4)
    for scores in (data.values, virtual(data)):
        found = monotone_in_arrivals(optimal_stopping(data, scores))
        assert found
        assert found.witness is None
        assert found.checked == 3 * 6 * 4**2


def test_a_time_out_makes_late_reports_worth_while() -> None:
    found = monotone_in_arrivals(optimal_stopping(worked("1/2", timeout=2, periods=4)))
    assert not found
    assert found.witness is not None
    assert found.witness.sentence == (
        "a buyer with value 1 who comes in period 0 is never served, but in period 2 where she reports in "
        "period 1 that she came; others: nobody"
    )


def test_doubles_are_near() -> None:
    data = worked([0.25, 0.75])
    assert optimal_stopping(data).value == pytest.approx(7789 / 4800)
    plan = optimal_stopping(data, virtual(data))
    assert arrival_outcome(plan).collected == pytest.approx(1.31)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": [2, 1]}, "have to increase"),
        ({"values": []}, "at least one"),
        ({"pmf": ["1/2", "1/2"]}, "pmf: 2 numbers for the 3 values"),
        ({"pmf": [1, 0, 0]}, "positive"),
        ({"pmf": ["1/2", "1/2", "1/2"]}, "the sum is 3/2"),
        ({"chances": 2}, "between 0 and 1"),
        ({"goods": 0}, "goods must be at least 1, not 0"),
        ({"timeout": 0}, "timeout must be at least 1, not 0"),
        ({"discount": 2}, "discount must be between 0 and 1, not 2"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    words = {"chances": "1/2", **changes}
    with pytest.raises(InvalidInput, match=message):
        worked(words.pop("chances"), **words)


def test_what_is_too_large_or_not_said() -> None:
    with pytest.raises(InvalidInput, match="2 numbers for 3 types"):
        optimal_stopping(worked("1/2"), [1, 2])
    with pytest.raises(TooLarge, match="fewer values, goods or periods before the time-out"):
        optimal_stopping(worked("1/2", periods=40, timeout=30))
    with pytest.raises(TooLarge, match="sequences of arrivals"):
        monotone_in_arrivals(optimal_stopping(worked("1/2", periods=12)))
    with pytest.raises(AssumptionViolated, match="after 0 arrivals in 1 periods, which have"):
        monotone_in_arrivals(optimal_stopping(worked(1)))
