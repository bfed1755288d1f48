"""Optimal contracting with a uniform first signal (KLN section 6.1): grids against the closed form."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import dynamech as dm
from dynamech.instances.families.kln_contracting import SHOCKS, closed_form
from dynamech.models.screening.setting import setting

from .separable_cases import CASES

CLOSED, GRIDS = CASES["5_contracting_closed"]["expected"], CASES["5_grid_LP"]["expected"]
FOREVER = F(9)
"""δ + δ² + … at δ = 9/10."""


def test_the_closed_form() -> None:
    profit = closed_form(SHOCKS, [F(1, 3)] * 3, F(3, 10), FOREVER)
    assert profit == F(CLOSED["expected_profit"]) == F(459, 400)
    assert profit / FOREVER == F(CLOSED["profit_per_period(no annuity)"])
    assert closed_form([F(1, 5), *SHOCKS], [F(1, 4)] * 4, F(3, 10), FOREVER) == profit * F(3, 4)


@pytest.mark.parametrize("row", GRIDS["table"], ids=lambda row: str(row["n"]))
def test_grids_earn_what_the_program_says(row: dict[str, object]) -> None:
    n = int(str(row["n"]))
    env = dm.load("kln-contracting", n=n, discount=1)
    menu = dm.menu(env, exact=n < 50)
    expected = F(str(row["relaxed_per_period"]))
    if n < 50:
        assert menu.profit == menu.profit_direct == menu.bound == expected
    else:
        assert menu.profit == pytest.approx(float(expected), rel=1e-12)
    if n < 10:
        ladder = dm.ladder(env, exact=True)
        assert ladder["relaxed"].value == ladder["bayesian"].value == menu.profit
    assert not menu.strays


def test_the_contracts_are_those_of_the_closed_form() -> None:
    """Where purchases change at points of the grid, as at 3/5, 13/20 and 4/5 here, so are fees."""
    env = dm.load("kln-contracting", n=21, discount=1)
    menu = dm.menu(env, exact=True)
    contracts = {one.types[0]: one for one in menu.menus[0].contracts}
    bought = {(one.type): [label.split("|")[1] for label in one.when] for one in menu.buys}
    told = {label: row for label, row in CLOSED["table"].items() if "buys_B" in row and label in contracts}
    assert len(told) == 6
    for label, row in told.items():
        assert contracts[label].price(1, "sell") == F(row["p"])
        assert contracts[label].fee * FOREVER == F(row["M"])
        assert bought[label] == row["buys_B"]
    prices = [one.price(1, "sell") for one in menu.menus[0].contracts]
    assert [one > F(3, 10) for one in prices if one is not None] == [True] * 8 + [False]


def test_for_ever() -> None:
    """The horizon of the paper: M and profit are those of one period, undiscounted, times 9."""
    env = dm.load("kln-contracting", n=21, endless=True)
    menu = dm.menu(env, "posted", exact=True)
    assert menu.profit == menu.profit_direct == menu.bound == FOREVER * F(29, 210)
    contracts = {one.types[0]: one for one in menu.menus[0].contracts}
    for label in ("13/20", "7/10", "3/4", "4/5", "9/10", "1"):
        row = CLOSED["table"][label]
        assert (contracts[label].fee, contracts[label].price(1, "sell")) == (F(row["M"]), F(row["p"]))
    bought = {one.type: [label.split("|")[1] for label in one.when] for one in menu.buys}
    assert bought["4/5"] == ["1/2", "1", "3/2"]
    assert "sell, period 1 on" in str(menu)
    doubles = dm.menu(env, "posted")
    assert doubles.profit == pytest.approx(float(menu.profit), rel=1e-9)
    assert doubles.profit_direct == pytest.approx(float(menu.profit), rel=1e-9)


def test_for_ever_the_menu_is_truthful_and_tends_to_the_closed_form() -> None:
    env = dm.load("kln-contracting", n=6, endless=True)
    menu = dm.menu(env, "posted", exact=True)
    assert dm.verify(env, menu.mechanism, incentives="ex-post")
    assert dm.verify(env, menu.mechanism, participation="periodic")
    grids = dm.convergence("kln-contracting", [11, 21, 41], endless=True)
    assert grids.limit == pytest.approx(459 / 400)
    assert all(order is not None and 0.9 < order < 1.1 for order in grids.orders)


def test_what_comes_later_is_bought_too_where_there_is_no_end() -> None:
    """The state moves from low to high and stays: what is reached only later is among the purchases."""
    first, rest = ["1", "2"], ["low", "high"]
    types = [f"{s}|{y}" for s in first for y in rest]
    start = [[1, 0, 0, 0], [0, 0, 1, 0]]
    moves = [["1/2", "1/2", 0, 0], [0, 1, 0, 0], [0, 0, "1/2", "1/2"], [0, 0, 0, 1]]
    values, half = [[[0, 0]], [[0] * 4, [1, 3, 2, 6]]], ["1/2", "1/2"]
    buyer = dm.Agent("buyer", [first, types], prior=half, values=values, transitions=[[start], [moves]])
    actions, costs = [["wait"], ["keep", "sell"]], [[0], [0, 1]]
    env = dm.Environment(agents=[buyer], actions=actions, costs=costs, discount="1/2", horizon=None)
    menu = dm.menu(env, "posted", exact=True)
    assert {one.type: one.when for one in menu.buys}["2"] == ("2|low", "2|high")
    assert menu.profit == menu.profit_direct


def test_a_fee_that_is_nothing_is_0_in_doubles() -> None:
    menu = dm.menu(dm.load("kln-contracting", n=21), "posted")
    assert menu.menus[0].contracts[0].fee == 0.0


def test_sale_begins_where_something_is_bought_not_where_weights_are_positive() -> None:
    """Types above 1/2 have α > 0; those below 3/5 buy nothing: φ = 1/10 at 11/20, and 3/20 is below cost."""
    env = dm.load("kln-contracting", n=21)
    counts = dict(zip(env.agents[0].types[0], setting(env, exact=True).levels[0].counts, strict=True))
    assert next(label for label, counted in counts.items() if counted) == "11/20"
    menu = dm.menu(env, exact=True)
    assert menu.menus[0].contracts[0].types == ("3/5",)
    assert "11/20" in {one.type for one in menu.excluded}


def test_errors_are_of_first_order_in_the_step() -> None:
    grids = dm.convergence("kln-contracting", [11, 21, 41], exact=True, T=2)
    assert grids.limit == F(51, 400) * (F(9, 10) + F(81, 100))
    assert all(order is not None and 0.9 < order < 1.1 for order in grids.orders)
    assert all(error > 0 for error in grids.errors)
    assert abs(float(grids.extrapolated[-1] - grids.limit)) < float(grids.errors[-1]) / 20


def test_the_horizon_scales_what_is_drawn_anew() -> None:
    """Fees and profit are those of one period times (δ + … + δ^T) / δ, prices are the same."""
    one, two = (dm.menu(dm.load("kln-contracting", T=T), exact=True) for T in (1, 3))
    scale = (F(9, 10) + F(81, 100) + F(729, 1000)) / F(9, 10)
    assert two.profit == scale * one.profit
    for here, there in zip(one.menus[0].contracts, two.menus[0].contracts, strict=True):
        assert there.fee == scale * here.fee
        assert {there.price(t, "sell") for t in (1, 2, 3)} == {here.price(1, "sell")}
