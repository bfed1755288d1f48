"""Mechanisms that do not know the future: worked cases, guarantees, simulation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dynamech.instances.library import load
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.nonclairvoyant import answer as beside
from dynamech.models.accounts.nonclairvoyant import run as room
from dynamech.models.accounts.nonclairvoyant.answer import NonClairvoyant, by_horizon, nonclairvoyant
from dynamech.models.accounts.nonclairvoyant.run import run
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import AssumptionViolated, InvalidInput
from dynamech.solvers.numbers import Number

F = Fraction
ONE = [
    # settings; Myerson, spend, posted price with sale and without; two periods: with sale, without
    ({}, "2/3 5/12 5/12 1/12", "7/4 7/4"),
    ({"case": "rising"}, "16/15 8/15 3/5 1/5", "27/10 27/10"),
    ({"values": "1,2,3"}, "8/9 5/9 4/9 2/27", "7/3 41/18"),
    ({"periods": 3}, "1 7/8 11/24 1/8", None),
    ({"case": "mixed"}, "56/45 71/60 19/30 11/45", None),
    ({"case": "powers"}, "2/3 5/8 7/12 1/8", "37/16 17/8"),
    ({"first_values": "2", "values": "1,2,4", "prior": "1/2,1/4,1/4"}, "1 2/3 2/3 0", "5/2 5/2"),
]


@pytest.mark.parametrize(("settings_", "thirds", "halves"), ONE)
def test_one_buyer(settings_: dict[str, object], thirds: str, halves: str | None) -> None:
    """Three equal parts, with both rules for ties, and two halves (MPTZ Section 5, Theorem 6.3)."""
    shop = read_items(load("items-over-time", **settings_))
    myerson, spend, sale, keep = map(F, thirds.split())
    both = [run(shop, tie=tie) for tie in ("sale", "keep")]
    for made, posted in zip(both, (sale, keep), strict=True):
        parts = made.parts
        assert (parts.myerson, parts.second_price, parts.spend, parts.burnt) == (myerson, 0, spend, posted)
        assert made.revenue == myerson + spend + posted
        assert made.range == (myerson + spend + keep, myerson + spend + sale)
        account = made.account()
        assert account.revenue == made.revenue
        assert [condition.holds for condition in account.conditions()] == [True, True, True]
    if halves is None:
        with pytest.raises(AssumptionViolated, match="3 period"):
            run(shop, "two-period")
    else:
        earned = [run(shop, "two-period", tie).revenue for tie in ("sale", "keep")]
        assert [str(value) for value in earned] == halves.split()


SEVERAL = [
    # settings; Myerson, second price, spend; final balances; two periods: revenue, most with burnt payments
    ({"buyers": 2}, "3/5 1 1/5", "1/10 1/10", "19/8 47/16"),
    ({"case": "swapped"}, "132/125 152/125 62/125", "69/125 7/25", "201/50 11737/2500"),
    (
        {"buyers": 2, "values": "1,10", "prior": "9/10,1/10"},
        "19/25 109/125 171/1250",
        "1449/2500 1449/2500",
        "327/125 679/200",
    ),
    ({"buyers": 2, "values": "1,2,4", "prior": "1/2,1/4,1/4"}, "7/10 11/10 2/5", "3/10 3/10", "47/16 221/64"),
    ({"buyers": 2, "periods": 3}, "9/10 3/2 2/5", "1/10 1/10", None),
    ({"case": "three-items"}, "361/250 67/50 21901/18750", "184/375 2633/6250", None),
]


@pytest.mark.parametrize(("settings_", "parts", "final", "halves"), SEVERAL)
def test_several_buyers(settings_: dict[str, object], parts: str, final: str, halves: str | None) -> None:
    """Fifths, and halves in two periods, with what money burning can collect (Theorems 6.1, 6.3)."""
    shop = read_items(load("items-over-time", **settings_))
    made = run(shop)
    found = made.parts
    assert [str(part) for part in (found.myerson, found.second_price, found.spend)] == parts.split()
    assert [str(balance) for balance in made.final] == final.split()
    assert made.revenue == sum(map(F, parts.split()))
    low, high = made.range
    assert high is not None
    assert made.revenue <= low <= made.revenue + found.burnt <= high
    account = made.account()
    assert account.revenue == made.revenue + found.burnt
    assert [condition.holds for condition in account.conditions()] == [True, True, True]
    if halves is not None:
        two = run(shop, "two-period")
        assert [str(end) for end in two.range] == halves.split()
        assert two.revenue == two.range[0]


def optimum(found: NonClairvoyant) -> Number:
    assert found.clairvoyant is not None
    return found.clairvoyant


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 100_000), st.integers(1, 3), st.integers(1, 4), st.sampled_from(["sale", "keep"]))
def test_guarantees_with_one_buyer(seed: int, types: int, periods: int, tie: str) -> None:
    """guarantee × clairvoyant ≤ Myerson + spend ≤ revenue ≤ clairvoyant."""
    env = load("random-items", seed=seed, types=types, periods=periods)
    found = nonclairvoyant(env, tie=tie)  # type: ignore[arg-type]
    sure = found.ran.parts.myerson + found.ran.parts.spend
    most = optimum(found)
    assert found.guarantee * most <= sure <= found.revenue <= most
    assert found.guaranteed
    assert found.revenue >= found.guarantee * most
    assert found.ratio == found.share == found.revenue / most
    if periods == 2:
        halves = nonclairvoyant(env, "two-period", tie)  # type: ignore[arg-type]
        parts = halves.ran.parts
        assert F(1, 2) * optimum(halves) <= parts.myerson + parts.spend
        assert halves.revenue <= optimum(halves)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.integers(0, 100_000), st.sampled_from(["general", "two-period"]))
def test_guarantees_with_two_buyers(seed: int, mechanism: str) -> None:
    env = load("random-items", seed=seed, buyers=2, types=2, periods=2, top=6)
    found = nonclairvoyant(env, mechanism)  # type: ignore[arg-type]
    assert found.guarantee * optimum(found) <= found.revenue
    high = found.ran.range[1]
    assert high is not None
    assert found.revenue <= high <= optimum(found)


def test_repetition_can_beat_it() -> None:
    found = nonclairvoyant(load("items-over-time"))
    assert found.revenue < found.ran.items.repeated_myerson


def test_simulation_agrees_with_the_exact_run() -> None:
    shop = read_items(load("random-items", types=4, periods=12, seed=5))
    exact, drawn = run(shop), run(shop, most_states=10, paths=800, seed=1)
    assert exact.interval is None
    assert drawn.interval is not None
    assert abs(float(exact.revenue) - float(drawn.revenue)) <= 2 * drawn.interval
    assert (
        run(shop, most_states=10, paths=20, seed=3).revenue
        == run(shop, most_states=10, paths=20, seed=3).revenue
    )
    pair = read_items(load("random-items", buyers=2, types=2, periods=3, seed=3))
    exact, drawn = run(pair), run(pair, most_states=3, paths=60, seed=1)
    assert drawn.interval is not None
    assert abs(float(exact.revenue) - float(drawn.revenue)) <= 2.5 * drawn.interval
    assert drawn.range[1] is None


def test_in_doubles() -> None:
    env = load("items-over-time", case="mixed").to_float()
    for tie in ("sale", "keep"):
        exact = nonclairvoyant(load("items-over-time", case="mixed"), tie=tie)
        made = nonclairvoyant(env, tie=tie)
        assert made.revenue == pytest.approx(float(exact.revenue))
        assert made.to_json().keys() == exact.to_json().keys()


def test_ratio_by_horizon() -> None:
    found = by_horizon(load("items-over-time", periods=4))
    assert [one.ran.items.periods for one in found] == [1, 2, 3, 4]
    assert all(one.guaranteed for one in found)


def test_words_that_are_unknown() -> None:
    with pytest.raises(InvalidInput, match="general, two-period"):
        run(read_items(load("items-over-time")), "other")  # type: ignore[arg-type]


def test_paths_need_no_list_of_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with profiles listed and without, up to the interval; what is sure, exactly."""
    three = read_items(load("random-items", buyers=3, types=2, periods=3, seed=4))
    exact = run(three)
    monkeypatch.setattr(room, "MOST_LISTED", 7)
    told: list[str] = []
    drawn = run(three, paths=200, seed=2, effort=Effort(notify=lambda event: told.append(event.text)))
    assert told[0] == "8 profiles in a period, more than 7: simulating 200 paths"
    assert (exact.interval, drawn.interval is None) == (None, False)
    assert drawn.interval is not None
    assert abs(float(exact.revenue) - float(drawn.revenue)) <= 1.5 * drawn.interval
    for name in ("myerson", "second_price"):
        assert getattr(drawn.parts, name) == pytest.approx(float(getattr(exact.parts, name)), rel=1e-12)
    assert drawn.parts.burnt == pytest.approx(float(exact.parts.burnt), rel=0.2, abs=0.02)
    assert drawn.final == pytest.approx([float(b) for b in exact.final], abs=0.2)
    assert run(three, paths=50, seed=3).revenue != run(three, paths=50, seed=4).revenue
    assert run(three, paths=50, seed=3).revenue == run(three, paths=50, seed=3).revenue


def test_a_yardstick_that_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MOST_HISTORIES", 63)
    env = load("random-items", buyers=3, types=2, periods=2, seed=4)
    told: list[str] = []
    found = nonclairvoyant(env, effort=Effort(notify=lambda event: told.append(event.text)))
    assert told[0] == "beside the full surplus, in place of the clairvoyant optimum over 64 histories"
    assert (found.against, found.bank, found.clairvoyant, found.ratio) == ("full-surplus", None, None, None)
    assert found.yardstick == found.ran.items.full_surplus
    assert found.share == found.revenue / found.ran.items.full_surplus
    assert found.guaranteed is True
    # Too little for a part of the full surplus may still be enough of the optimum.
    assert replace(found, ran=replace(found.ran, by_period=())).guaranteed is None
    alone = nonclairvoyant(env, against="none")
    assert (alone.yardstick, alone.share, alone.guaranteed) == (None, None, None)
    assert alone.revenue == found.revenue
