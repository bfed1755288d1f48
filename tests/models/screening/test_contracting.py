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


def test_a_fee_that_is_nothing_is_0_in_doubles() -> None:
    menu = dm.menu(dm.load("kln-contracting", n=101, discount=1))
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
