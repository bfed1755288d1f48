"""A mechanism turned into a bank account, from Python and on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import dynamech as dm
from dynamech.cli import main
from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism

F = Fraction
Written = Callable[[Environment, str], Mechanism]
SHOP = dm.load("items-over-time", values="1,2", periods=2)
TIED = "0 0 0; 1 1 2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1/2 1"
"""Both reports keep 0 and are promised as much by different items: what follows the first is worth more."""


def test_by_promises_it_earns_at_least_as_much(written: Written) -> None:
    given = written(SHOP, "0 0 0; 1 1 2; 0,0 0 0; 0,1 1/2 1; 1,0 0 0; 1,1 1 2")
    kept = dm.account(SHOP, given)
    assert (kept.original, kept.revenue) == (F(7, 4), 2)
    assert kept.claims
    assert all(kept.claims)
    assert all(condition.holds for condition in kept.kept.conditions())


def test_by_utility_it_earns_the_same(written: Written) -> None:
    kept = dm.account(SHOP, written(SHOP, TIED), by="utility")
    assert kept.original == kept.revenue == F(7, 4)
    assert kept.claims == ()


def test_two_routes_to_the_optimum() -> None:
    """The history program's mechanism as an account, and the account of the recursion over promises."""
    env = dm.load("items-over-time", values="1,2,4", periods=3)
    best = dm.design(env, participation="ex-post", exact=True)
    assert dm.account(env, best.mechanism).revenue == dm.bank(env).clairvoyant == F(43, 9)


def test_paid_at_once_no_period_is_below_0() -> None:
    kept = dm.account(SHOP, dm.design(SHOP, participation="ex-post", exact=True).mechanism)
    assert dm.verify(SHOP, kept.without_debt, "ex-post")
    assert dm.verify(SHOP, kept.without_debt, participation="per-period")
    assert not dm.verify(SHOP, kept.mechanism, participation="per-period")


def test_what_the_lemmas_bound() -> None:
    best = dm.design(SHOP, participation="ex-post", exact=True).mechanism
    assert [bound.applies for bound in dm.account(SHOP, best).bounds] == [False, False]
    assert dm.account(SHOP, best).original > dm.bank(SHOP).repeated_myerson


def test_a_static_auction_is_bounded(written: Written) -> None:
    static = written(SHOP, "0 0 0; 1 1 2; 0,0 0 0; 0,1 1 2; 1,0 0 0; 1,1 1 2")
    kept = dm.account(SHOP, static)
    assert [(bound.applies, bound.holds) for bound in kept.bounds] == [(True, True)] * 2


def test_who_lies_is_told(written: Written) -> None:
    free_tomorrow = written(SHOP, "0 0 0; 1 1 2; 0,0 1 0; 0,1 1 0; 1,0 0 0; 1,1 1 2")
    with pytest.raises(dm.errors.AssumptionViolated, match=r"not 'ex-post' .* of type '2'"):
        dm.account(SHOP, free_tomorrow)
    with pytest.raises(dm.errors.AssumptionViolated, match="does not know the future is 'bayesian'"):
        dm.account(SHOP, free_tomorrow, by="utility")
    with pytest.raises(dm.errors.InvalidInput, match="by: 'need' is not one of promises, utility"):
        dm.account(SHOP, free_tomorrow, by="need")


@pytest.mark.parametrize("by", ["promises", "utility"])
def test_in_doubles_too(by: str, written: Written) -> None:
    env, given = SHOP.to_float(), written(SHOP, TIED)
    kept = dm.account(env, given, by=by)
    assert isinstance(kept.revenue, float)
    assert kept.revenue == pytest.approx(float(dm.account(SHOP, given, by=by).revenue))


def test_its_file_is_judged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "given.json", tmp_path / "account.json"
    dm.save(dm.design(SHOP, participation="ex-post", exact=True), given)
    place = ["items-over-time", "--set", "periods=2"]
    assert main(["account", place[0], str(given), *place[1:], "--out", str(out), "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert (answer["original"], answer["revenue"], answer["repeated_myerson"]) == ("9/4", "9/4", "2")
    assert main(["verify", place[0], str(out), *place[1:], "--incentives", "report-independent"]) == 0
    promise = ["--participation", "per-period"]
    assert main(["verify", place[0], str(out), *place[1:], *promise]) == 1
    assert main(["account", place[0], str(given), *place[1:], "--out", str(out), "--without-debt"]) == 0
    assert main(["verify", place[0], str(out), *place[1:], *promise]) == 0


def test_the_guarantee_over_items_of_an_environment(capfd: pytest.CaptureFixture[str]) -> None:
    coins = ([1, 2, 4], ["1/3", "1/3", "1/3"])
    share = dm.maximin(dm.load("items-over-time", values="1,2,4", periods=3))
    assert share.ratio == dm.maximin([coins] * 3, [[0], [0, 1], [0, 1, 2]]).ratio == F(523, 531)
    words = ["maximin", "items-over-time", "--set", "values=1,2,4", "--set", "periods=3", "--json"]
    assert main([*words, "--sequence", "0", "--sequence", "0,1"]) == 0
    assert json.loads(capfd.readouterr().out)["sequences"] == [[0], [0, 1]]
    assert main([*words, "--participation", "per-period"]) == 0
    static = json.loads(capfd.readouterr().out)
    assert F(static["ratio"]) < F(523, 531)
    assert F(static["revenues"][2]) <= 4  # three static auctions
    with pytest.raises(dm.errors.AssumptionViolated, match="is for one buyer"):
        dm.maximin(dm.load("items-over-time", buyers=2))


def test_generalised_vcg_is_judged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "vcg.json")
    words = ["interdependent-auction", "--exact", "--generalised"]
    assert main(["pivot", *words, "--out", out, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["incentive_compatible"] is True
    assert main(["verify", words[0], out, "--incentives", "ex-post"]) == 0
    assert main(["pivot", *words, "--team"]) == 2
    assert "give one of --team, --balanced-team, --generalised" in capfd.readouterr().err
