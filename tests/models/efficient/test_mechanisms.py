"""Efficient mechanisms as one answer: what it adds to the pivot mechanism and its schemes, and its limits."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import count
from typing import Any

import pytest

from dynamech.instances import load
from dynamech.models.efficient import mechanisms
from dynamech.models.efficient.arrival_plan import arrival_plan
from dynamech.models.efficient.arrivals import read_arrivals
from dynamech.models.efficient.hidden_arrivals import read_hidden
from dynamech.models.efficient.index_policy import dynamic_second_price, indices
from dynamech.models.efficient.late_reports import late_reports
from dynamech.models.efficient.mechanisms import NAMES, efficient_mechanism
from dynamech.models.efficient.pivot import pivot
from dynamech.solvers.effort import EXACT, Effort
from dynamech.solvers.errors import InvalidInput, TooLarge

from .efficient_cases import serving


@pytest.mark.parametrize("horizon", [None, 3])
def test_the_pivot_mechanism_is_one_of_them(horizon: int | None) -> None:
    env = serving([0, 3, 5], ["nobody", "1", "2"], horizon=horizon)
    made, plain = efficient_mechanism(env, effort=EXACT), pivot(env, EXACT)
    assert made.transfers is not None
    for ours, theirs in (
        (made.transfers, plain.transfers), (made.exit, plain.exit), (made.budget, plain.budget),
        (made.bond, plain.bond), (made.W, plain.W), (made.outside, plain.outside),
    ):  # fmt: skip
        assert ours is not None
        assert all((one == other).all() for one, other in zip(ours, theirs, strict=True))
    assert made.satisfies == plain.satisfies
    assert made.start == (plain.W[0].mean(), plain.budget[0].mean())  # a uniform prior
    assert (made.indices is None) == (horizon is not None)
    assert made.status == "optimal"


@pytest.mark.parametrize("horizon", [None, 3])
def test_the_same_present_value(horizon: int | None) -> None:
    """Deferred and bonded payments are worth what the pivot's are; a team is given what all others have."""
    env = serving([0, 3], ["nobody", "1", "2"], horizon=horizon)
    worth = {
        kind: efficient_mechanism(env, kind, bond=2 if kind == "bonded" else None, effort=EXACT).start
        for kind in NAMES
    }
    welfare, surplus = worth["pivot"]
    assert {value for value, _ in worth.values()} == {welfare}
    assert worth["deferred"][1] == worth["bonded"][1] == surplus
    assert worth["team"][1] == -welfare
    assert worth["balanced-team"][1] == 0


def test_what_a_team_pays_at_is_no_exit() -> None:
    """Money moves at every state from which somebody else has something."""
    made = efficient_mechanism(serving([0, 3], ["nobody", "1", "2"]), "team", effort=EXACT)
    assert made.exit[0].tolist() == [[True, False, True, False], [True, True, False, False]]


def after(seconds: float, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> Effort:
    """An effort whose time is up when the clock was looked at so often."""
    clock = count()
    monkeypatch.setattr("dynamech.solvers.effort.time.perf_counter", lambda: next(clock))
    return Effort(time_limit=seconds, **limits)


def test_what_was_found_in_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    env = serving([0, 3], ["nobody", "1", "2"])
    seen = set()
    for looks in range(1, 400, 8):
        with monkeypatch.context() as patch:
            made = efficient_mechanism(env, intervals=True, effort=after(looks, patch))
        parts = made.society, made.scheme, made.satisfies["ex-post"], made.interval
        known = [part is not None for part in parts]
        assert known == sorted(known, reverse=True)
        assert (made.status == "optimal") == all(known)
        assert (made.mechanism is None) == (made.scheme is None)
        if made.society is None:
            assert made.message == f"the time limit of {looks} s was reached"
            with pytest.raises(InvalidInput, match="the time limit"):
                _ = made.W
        seen.add(tuple(known))
        if all(known):
            break
    assert {len(known) - sum(known) for known in seen} >= {0, 1, 4}


def test_arms_that_were_finished_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    env = load("licensing", n=1)
    with monkeypatch.context() as patch:
        found = indices(env, after(1, patch).begun())
    assert (found.status, len(found.arms), len(found.index)) == ("limit", 1, 1)
    with monkeypatch.context() as patch:
        sold = dynamic_second_price(env, after(0.5, patch).begun())
    assert (sold.status, sold.welfare.shape, sold.transfers.shape) == ("limit", (0,), (2, 0))


def test_words_that_contradict() -> None:
    env = load("scheduling")
    with pytest.raises(InvalidInput, match=r"'none' is not one of pivot, team, balanced-team, "):
        efficient_mechanism(env, "none")
    for kind, bond in (("bonded", None), ("pivot", 1)):
        with pytest.raises(InvalidInput, match="a bond goes with the mechanism 'bonded'"):
            efficient_mechanism(env, kind, bond=bond)
    with pytest.raises(InvalidInput, match="not of the team mechanism"):
        efficient_mechanism(env, "team", intervals=True)
    with pytest.raises(TooLarge, match=r"8 profiles and 4 actions .* memory limit of 1 kB"):
        efficient_mechanism(env, effort=Effort(memory_limit=1e3))


def test_who_is_not_judged_is_not_said_to_be_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mechanisms, "JUDGED", {False: 0, True: 0})
    made = efficient_mechanism(serving([0, 3], ["nobody", "1", "2"]), "balanced-team")
    assert made.satisfies["bayesian"] is None
    assert made.satisfies["outside-efficient"] in (True, False)


def test_arrivals_as_one_answer() -> None:
    """The worked case: the efficient plan and the one of largest revenue (virtual values -1, 1, 3)."""
    data = read_arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10")
    assert arrival_plan(data).value == F(4253, 2400)
    best = arrival_plan(data, [-1, 1, 3])
    assert best.outcome.collected == best.value == F(277, 200)
    assert best.outcome.earlier.sum() == F(5, 24)
    assert best.order
    assert not best.unseen
    sure = arrival_plan(read_arrivals(periods=2, values=[1, 2], chances=1))
    assert sure.order is None
    assert "probability zero" in sure.unseen


def test_one_buyer_alone_is_no_special_case() -> None:
    """Her chances are numbers: she comes in either of two periods with 1/2 and is served at once."""
    model = read_hidden(
        names=["ann"], values=[[1, 2]], pmf=[["1/2", "1/2"]], chances=[[["1/2"] * 3] * 2], periods=2,
        discount="1/2",
    )  # fmt: skip
    found = late_reports(model)
    assert found.welfare == F(1, 2) * F(3, 2) + F(1, 2) * F(1, 2) * F(1, 2) * F(3, 2)
    assert bool(found.order)
    assert found.buyers[0].observed[0].ravel().tolist() == [1, 1]
