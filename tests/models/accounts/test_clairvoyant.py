"""The clairvoyant optimum by promises: worked cases, the history program, and certified gaps."""

from __future__ import annotations

from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from dynamech.instances.library import load
from dynamech.models.accounts.bank import bank
from dynamech.models.accounts.clairvoyant import item_of, optimum
from dynamech.models.accounts.items import read_items
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.verification.anywhere import verify
from dynamech.solvers.effort import EXACT
from dynamech.solvers.rational import fraction

F = Fraction
CASES = [
    ({}, "2", "9/4", "3"),
    ({"case": "rising"}, "16/5", "13/4", "43/10"),
    ({"values": "1,2,3"}, "8/3", "25/9", "4"),
    ({"periods": 3}, "3", "7/2", "9/2"),
    ({"case": "mixed"}, "56/15", "1087/240", "33/5"),
    ({"case": "powers"}, "2", "23/8", "6"),
    ({"first_values": "2", "values": "1,2,4", "prior": "1/2,1/4,1/4"}, "3", "3", "4"),
    ({"values": "1,2,4", "prior": "1/2,1/4,1/4", "periods": 3}, "3", "47/12", "6"),
]


@pytest.mark.parametrize(("settings_", "static", "best", "surplus"), CASES)
def test_worked_cases(settings_: dict[str, object], static: str, best: str, surplus: str) -> None:
    """MPTZ App. A and B.1, small instances."""
    env = load("items-over-time", **settings_)
    found = bank(env)
    assert found.gap is None
    assert (found.repeated_myerson, found.clairvoyant, found.full_surplus) == (F(static), F(best), F(surplus))
    account = found.account
    assert account is not None
    assert account.revenue == F(best)
    assert [condition.holds for condition in account.conditions()] == [True, True, True]
    failing = {verdict.notion for verdict in verify(env, account.mechanism) if not verdict.holds}
    assert failing <= {"every-future", "periodic", "per-period", "continuation", "outside-efficient"}


def test_breakpoints() -> None:
    """Welfare by promise of two draws from {1, 2, 3}, and of the mixed case (every piece)."""
    found = bank(load("items-over-time", values="1,2,3")).optimum
    assert found is not None
    pieces = [
        (str(x), str(v)) for x, v in zip(found.functions[0].points, found.functions[0].values, strict=True)
    ]
    assert pieces == [
        ("0", "2"),
        ("1/9", "22/9"),
        ("1/3", "3"),
        ("5/9", "10/3"),
        ("2/3", "31/9"),
        ("10/9", "34/9"),
        ("4/3", "35/9"),
        ("2", "4"),
    ]
    mixed = bank(load("items-over-time", case="mixed")).optimum
    assert mixed is not None
    shown = " ".join(str(x) for x in mixed.functions[0].points)
    assert shown == "0 1/9 11/45 1/3 5/9 11/15 34/45 1 49/45 4/3 8/5 26/15 2 13/5 18/5"


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 100_000), st.integers(1, 3), st.integers(1, 3))
def test_equals_the_history_program(seed: int, types: int, periods: int) -> None:
    env = load("random-items", seed=seed, types=types, periods=periods)
    found = bank(env)
    made = design(env, Question.of(env, "revenue", "bayesian", "ex-post"), EXACT)
    assert found.clairvoyant == made.value
    assert found.account is not None
    assert found.account.revenue == made.value
    assert found.repeated_myerson <= found.clairvoyant <= found.full_surplus
    strict = design(env, Question.of(env, "revenue", "ex-post", "ex-post"), EXACT)
    assert strict.value == made.value  # one buyer: DIC and DBIC coincide


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 100_000), st.sampled_from([F(1, 10), F(1, 1000), None]))
@example(618, F(1, 10))  # points nearer to each other than what they are rounded to
def test_certified_gaps(seed: int, gap: Fraction | None) -> None:
    """Few pieces: the exact optimum lies between what is attained and what is certified."""
    env = load("random-items", seed=seed, types=3, periods=5)
    items = [item_of(market.buyers[0]) for market in read_items(env).markets]
    exact = optimum(items)
    rough = optimum(items, gap, most_pieces=8)
    assert exact.exact
    assert rough.value <= exact.value <= rough.value + rough.gap
    if gap is not None:
        assert rough.gap <= gap
    for low, whole in zip(rough.functions, exact.functions, strict=True):
        for point in (*low.points, *whole.points):
            assert low(point) <= whole(point)


def test_lots_between_promises() -> None:
    """Where promises are drawn by lot their probabilities add up, and means stay."""
    found = bank(load("items-over-time", values="1,2,3", periods=7), most_pieces=40, gap=F(1, 100))
    assert found.account is None
    assert found.gap is not None
    assert found.optimum is not None
    assert float(found.gap) <= 0.01
    starts = fraction(found.optimum.functions[0].points[0]), found.optimum.start
    assert starts[0] == 0
    for t, rows in enumerate(found.balances):
        assert sum(row["probability"] for row in rows) == pytest.approx(1)
        assert all(row["spend"][0] <= row["balance"][0] + 1e-9 for row in rows)
        promised = sum(
            weight * float(fraction(point))
            for weight, point in zip(
                found.optimum.likelihood[t], found.optimum.functions[t].points, strict=True
            )
        )
        assert promised <= float(found.optimum.start) + 1e-9  # more than can be spent is paid out
    exact = bank(load("items-over-time", values="1,2,3", periods=7))
    assert found.clairvoyant <= exact.clairvoyant <= found.clairvoyant + found.gap
    content = found.to_json()
    assert isinstance(content["clairvoyant"], float)
    assert isinstance(content["gap"], float)


def test_sequences_of_one_value_and_of_nothing() -> None:
    assert bank(load("items-over-time", values="2", prior="1", periods=4)).clairvoyant == 8
    nothing = bank(load("items-over-time", values="0", prior="1", periods=2))
    assert (nothing.clairvoyant, nothing.gap) == (0, None)
