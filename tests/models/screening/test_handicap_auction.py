"""The handicap auction (LN; Esö and Szentes): worked cases F1_handicap_grid, 7_lp_lattice_3x3, 7_closed."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.instances.families.handicap_auction import continuum_bound
from dynamech.models.environment.environment import Environment
from dynamech.models.screening.handicap_auction import HandicapAuction, handicap_auction
from dynamech.models.screening.menu_kinds import menu
from dynamech.models.screening.menu_mechanism import surplus
from dynamech.solvers.effort import EXACT, Effort

F = Fraction
GRIDS: dict[str, dict[str, Any]] = {
    "5 x 3": {"n": 5, "a": "1/4", "bound": "19/36", "A": "1/12", "interim": "1/18", "B": "217/450"},
    "3 x 3": {"n": 3, "a": "1/2", "bound": "35/54", "A": "1/6", "interim": "7/54", "B": "31/54"},
}
grids = pytest.mark.parametrize("name", GRIDS)


@cache
def auction(name: str) -> HandicapAuction:
    return handicap_auction(env(name), EXACT)


def env(name: str) -> Environment:
    return dm.load("handicap-auction", n=GRIDS[name]["n"], a=GRIDS[name]["a"])


@grids
def test_bound_premiums_and_rules(name: str) -> None:
    held, wanted = auction(name), GRIDS[name]
    count = wanted["n"]
    assert {row["form"] for row in held.pivot.separable.values()} == {"additive"}
    assert held.premiums[0].tolist() == [F(count - 1 - k, count - 1) for k in range(count)]
    assert held.bound == held.pivot.bound == F(wanted["bound"])  # by laws of bids, and by plans
    lies, profit = held.pivot.lie, held.pivot.profit
    assert lies["A"] is not None and lies["A"].gain == F(wanted["A"])  # noqa: PT018
    assert held.truthful("A").violation == F(wanted["interim"])
    assert (lies["B"], lies["C"]) == (None, None)
    assert [profit[rule] for rule in "ABC"] == [held.bound, F(wanted["B"]), held.bound]
    assert held.pivot.returned == "C"


@grids
@pytest.mark.parametrize("rule", ["A", "B"])
def test_the_auction_is_the_virtual_pivot_mechanism_report_by_report(name: str, rule: str) -> None:
    held = auction(name)
    other = held.pivot.rules[rule].mechanism
    own = held.mechanism(held.pivot.rules[rule].entry)
    for one, two in zip(own.stages, other.stages, strict=True):
        assert (one.allocation == two.allocation).all()
        assert (one.transfers == two.transfers).all()


def test_fees_of_all_three_rules() -> None:
    """With one fee a premium A's menu would earn the bound, were it not for lies; C charges less before, and
    more when it sells: the least value that is served."""
    held = auction("3 x 3")
    for rule in ("A", "B"):
        assert surplus(held.environment, held.offered(rule)) == held.pivot.profit[rule]
    a, b, c = (held.fees(rule)[0] for rule in "ABC")
    assert (a >= b).all()
    assert [str(fee) for fee in b] == ["0", "5/54", "25/54"]
    assert (c <= a).all()
    assert (c != a).any()


@pytest.mark.parametrize(
    "settings", [{"n": 2, "bidders": 3, "a": 1}, {"n": 4, "cost": "1/5", "grid": "middles"}]
)
def test_so_it_is_with_more_bidders_with_a_cost_and_in_doubles(settings: dict[str, Any]) -> None:
    for exact in (True, False):
        held = handicap_auction(dm.load("handicap-auction", **settings), Effort(exact=exact))
        other = held.pivot.rules["B"].mechanism
        own = held.mechanism(held.pivot.rules["B"].entry)
        assert own.stages[1].allocation.tolist() == other.stages[1].allocation.tolist()
        one, two = (found.stages[1].transfers.astype(float) for found in (own, other))
        np.testing.assert_allclose(one, two, atol=1e-12)
        assert float(held.bound) == pytest.approx(float(held.pivot.bound), abs=1e-12)


def test_the_ladder_says_the_same() -> None:
    """7_lp_lattice_3x3: the bound is what every rung leaves, and what C earns; the menu of premiums less."""
    ladder = dm.ladder(env("3 x 3"))
    for rung in ("virtual", "relaxed", "bayesian"):
        assert ladder[rung].value == pytest.approx(35 / 54)
    assert ladder["ex-post"].value == pytest.approx(float(auction("3 x 3").pivot.profit["C"]))


def test_it_is_won_by_the_best_bid_who_pays_the_second_and_her_premium() -> None:
    held = auction("3 x 3")
    action, paid = held.auction
    profile = held.setting.profiles.index((2, 1))  # premiums 0 and 1/2
    types = [agent.types[1] for agent in held.environment.agents]
    values = [[sum(map(F, label.split("|"))) for label in row] for row in types]
    for x, mine in enumerate(values[0]):
        for y, other in enumerate(values[1]):
            bids = [mine, other - F(1, 2)]
            best = max(bids)
            winner = 0 if best <= 0 else 1 + bids.index(best)
            assert action[profile, x, y] == winner
            due = [F(0), F(0)]
            if winner:
                due[winner - 1] = max(min(bids), F(0)) + (F(0), F(1, 2))[winner - 1]
            assert paid[:, profile, x, y].tolist() == due


def test_the_menu() -> None:
    name = "3 x 3"
    offered = menu(env(name), "handicap", effort=EXACT)
    assert offered.kind == "handicap"
    assert offered.profit == offered.profit_direct == F(GRIDS[name]["B"])
    assert offered.bound == F(GRIDS[name]["bound"])
    assert dm.verify(env(name), offered.mechanism, "bayesian", "interim")
    one, two = offered.menus
    assert [vars(contract) for contract in one.contracts] == [vars(contract) for contract in two.contracts]
    sold = [contract for contract in one.contracts if contract.types]
    premiums, fees = ([getattr(contract, key) for contract in sold] for key in ("premium", "fee"))
    assert premiums == sorted(premiums, reverse=True)  # who pays more now pays less when she wins
    assert fees == sorted(fees)
    labels = {label for contract in one.contracts for label in contract.types}
    assert labels | {out.type for out in offered.excluded} == set(env(name).agents[0].types[0])
    assert labels == {bought.type for bought in offered.buys}


def test_fees_of_rule_a_where_nobody_is_tempted() -> None:
    """No news: type 1 never wins, nor would type 2 at her premium."""
    made = two_bidders([1, 2], ["1/4", "3/4"], [0], [1])
    held = handicap_auction(made, EXACT)
    assert held.truthful("A")
    offered = menu(made, "handicap", effort=EXACT)
    assert offered.profit == held.bound == dm.design(made, exact=True).value
    assert dict(offered.notes)["Fees"].startswith("By rule A")


def two_bidders(
    first: list[Any], prior: list[Any], news: list[Any], chance: list[Any], **more: Any
) -> Environment:
    """Values first + news, of the bidders ann and bob."""
    worth = [[F(s) + F(y) for s in first for y in news], [0] * (len(first) * len(news))]
    agents = [
        dm.Agent(
            name,
            signals=dm.signals([[str(s) for s in first], [f"news {y}" for y in news]], [prior, chance], name),
            values=[[[0] * len(first)], [worth[1], *(worth[int(i != j)] for j in range(2))]],
        )
        for i, name in enumerate(("ann", "bob"))
    ]
    return dm.Environment(agents=agents, actions=[["wait"], ["keep", "to ann", "to bob"]], horizon=2, **more)


def test_premiums_that_rise_tempt_and_are_refused() -> None:
    rising = two_bidders([0, 1, 2], ["8/10", "1/10", "1/10"], [1, 3], ["1/2", "1/2"])
    with pytest.raises(
        dm.errors.AssumptionViolated, match=r"premiums must fall .*from type '0' to '1'.*gains"
    ):
        menu(rising, "handicap", effort=EXACT)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: dm.load("handicap-auction", bidders=1), "has one bidder, and an auction needs two"),
        (lambda: dm.load("scheduling"), "has no last period"),
        (lambda: dm.load("myerson"), "has 1 periods, not two"),
    ],
)
def test_other_environments_are_refused(made: Any, message: str) -> None:
    with pytest.raises(dm.errors.AssumptionViolated, match=message):
        handicap_auction(made())


def test_what_is_sold_to_whom_has_to_be_clear() -> None:
    plain = two_bidders([0, 1], ["1/2", "1/2"], [1, 2], ["1/2", "1/2"])
    sales = ["keep", "to ann", "to bob"]

    def worth(*rows: Any) -> Environment:
        """Both bidders have these values of keep, to ann, to bob."""
        agents = [
            dm.Agent(
                one.name,
                signals=one.signals,
                values=[[[0, 0]], [[0] * 4 if row is None else row for row in rows]],
            )
            for one in plain.agents
        ]
        return dm.Environment(agents=agents, actions=[["wait"], sales], horizon=2)

    def opening(actions: Any, first: Any) -> Environment:
        """They have these values in period 0."""
        agents = [
            dm.Agent(one.name, signals=one.signals, values=[first, one.values[1].reshape(3, 4)])
            for one in plain.agents
        ]
        return dm.Environment(agents=agents, actions=actions, horizon=2)

    cases = [
        (
            worth(None, [1, 2, 2, 3], [1, 2, 2, 3]),
            "period 1: 2 actions have a value for agent 'ann', not one",
        ),
        (worth(None, [1, 2, 2, 3], None), "action 'to ann' sells to ann and to bob"),
        (worth(None, [1, 2, 2, 4], None), "values are 1/4 off any that are additive"),
        (opening([["wait", "go"], sales], [[0, 0]] * 2), "has 2 actions in period 0, not one"),
        (opening([["wait"], sales], [[-1, 2]]), "period 0: agent 'ann' has values up to 2, not 0"),
    ]
    for made, message in cases:
        with pytest.raises(dm.errors.AssumptionViolated, match=message):
            handicap_auction(made, EXACT)


@pytest.mark.parametrize(("a", "limit"), [("1/4", "1639/3840"), ("1/2", "73/160"), (1, "17/30")])
@pytest.mark.parametrize(("grid", "sizes"), [("ends", [5, 9, 17]), ("middles", [4, 8, 16])])
def test_two_grids_tend_to_the_continuum_at_first_order(
    a: Any, limit: str, grid: str, sizes: list[int]
) -> None:
    fine = dm.convergence("handicap-auction", sizes, a=a, grid=grid)
    assert fine.limit == pytest.approx(float(F(limit)))
    assert all(error > 0 for error in fine.errors)
    assert all(order is not None and 0.85 < order < 1.1 for order in fine.orders)
    assert abs(float(fine.extrapolated[-1] - fine.limit)) < float(fine.errors[-1]) / 10


def test_closed_forms_and_what_has_none() -> None:
    """7_closed: also one bidder, and a → 0 (two values of 2 U[0, 1] − 1: 5/12)."""
    assert continuum_bound(1, F(1, 4)) == F(49, 192)
    assert continuum_bound(1, F(1)) == F(1, 3)
    assert float(continuum_bound(2, F(1, 10**4))) == pytest.approx(5 / 12, abs=1e-3)
    with pytest.raises(dm.errors.InvalidInput, match="for cost 0 and a above 0, not 1/2 and 1/4"):
        dm.convergence("handicap-auction", [3, 5], cost="1/2", a="1/4")
    with pytest.raises(dm.errors.InvalidInput, match="2 a n to be a whole number above 0, not 3/2"):
        dm.load("handicap-auction", grid="middles", n=3, a="1/4")


def test_no_reserve_means_one_of_zero_on_the_bid_less_the_premium() -> None:
    """Errata: a forced sale earns less (a = 1/4: about .343 of .427 in the continuum)."""
    made = dm.load("handicap-auction", n=33, a="1/4").to_float()
    agents = [
        dm.Agent(
            one.name,
            signals=one.signals,
            values=[one.values[0].reshape(1, -1), one.values[1][1:].reshape(2, -1)],
        )
        for one in made.agents
    ]
    forced = dm.Environment(agents=agents, actions=[["wait"], made.actions[1][1:]], horizon=2)
    earned = handicap_auction(forced).bound
    assert earned < handicap_auction(made).bound - F(1, 20)
    assert earned == pytest.approx(0.3432, abs=2 / 32)


def test_later_money_is_discounted() -> None:
    made = two_bidders([0, 1], ["1/2", "1/2"], [1, 3], ["1/3", "2/3"], discount="9/10")
    held = handicap_auction(made, EXACT)
    assert held.bound == held.pivot.bound
    offered = menu(made, "handicap", effort=EXACT)
    assert offered.profit == offered.profit_direct
    assert dm.verify(made, offered.mechanism, "bayesian", "interim")


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_money_decides_nothing(scale: float) -> None:
    """Ties, which there are many of, go the same way in doubles of any size as over the rationals."""
    made = env("3 x 3").to_float()
    agents = [
        dm.Agent(
            one.name,
            signals=one.signals,
            values=[(part * scale).reshape(len(part), -1) for part in one.values],
        )
        for one in made.agents
    ]
    large = dm.Environment(agents=agents, actions=made.actions, horizon=2)
    held = handicap_auction(large)
    assert (held.auction[0] == auction("3 x 3").auction[0]).all()
    offered = menu(large, "handicap")
    assert offered.profit == pytest.approx(scale * 31 / 54)
    assert [out.type for out in offered.excluded] == ["0", "0"]


def test_bidders_who_differ() -> None:
    """F1_handicap_grid, asymmetric: estimates {0, 1/2, 1} against {0, 1}, errors ±1/2."""
    grids = ([F(0), F(1, 2), F(1)], [F(0), F(1)])
    news = [F(-1, 2), F(1, 2)]
    agents = []
    for i, first in enumerate(grids):
        worth, none = [s + e for s in first for e in news], [0] * (2 * len(first))
        labels = [[str(s) for s in first], [str(e) for e in news]]
        chances = [[F(1, len(first))] * len(first), [F(1, 2)] * 2]
        values = [[[0] * len(first)], [none, *(worth if j == i else none for j in range(2))]]
        agents.append(dm.Agent(f"bidder {i}", signals=dm.signals(labels, chances, "bidder"), values=values))
    made = dm.Environment(agents=agents, actions=[["wait"], ["keep", "first", "second"]], horizon=2)
    held = handicap_auction(made, EXACT)
    assert held.bound == held.pivot.bound == F(3, 4)
    assert held.pivot.profit["B"] == menu(made, "handicap", effort=EXACT).profit == F(11, 16)
    assert held.pivot.lie["A"] is not None
    assert held.pivot.lie["A"].gain == F(1, 4)
    assert dm.design(made, incentives="none", exact=True).value == F(43, 48)
    assert [premiums.tolist() for premiums in held.premiums] == [[1, F(1, 2), 0], [1, 0]]
