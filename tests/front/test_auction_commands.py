"""``auction``, ``burn``, ``iron``: the contract's keys, tables, files, plots, a line for what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm

Run = Callable[..., Any]
PAIR = ("myerson", "--set", "values=1,2,10", "--set", "prior=7/10,1/5,1/10")
ONE = ("myerson", "--set", "bidders=1", "--set", "values=1,2,3", "--set", "prior=1/2,1/10,2/5")


def test_auction_json_has_the_keys_of_the_contract(run: Run) -> None:
    content = run("auction", "myerson", "--json").json
    assert list(content)[:4] == ["value", "virtual", "reduced_form", "rule"]
    assert content["value"] == "2"
    assert content["virtual"] == [["-1", "1", "3"]] * 2
    assert content["reduced_form"] == [["0", "2/3", "1"], ["0", "1/3", "2/3"]]
    assert content["rule"] == [{"probability": "1", "scores": [["-1", "1", "3"]] * 2}]
    assert content["tie_rule"] == "first listed"
    poor = run("auction", "myerson", "--payments", "bidder 1=0..1", "--exact", "--json").json
    assert (poor["value"], poor["bound"], poor["status"]) == ("17/9", "17/9", "optimal")
    assert sum(F(entry["probability"]) for entry in poor["rule"]) == 1
    assert poor["multipliers"] == {"payment of 'bidder 1' at value 3": "1/3"}
    assert dm.auction("myerson", demands={"payments": {"bidder 1": "0..1"}}, exact=True).to_json() == poor
    near = run("auction", "myerson", "--payments", "bidder 1=0..1", "--json").json
    assert near["value"] == pytest.approx(17 / 9)
    none = run("auction", "myerson", "--payments", "3..4", "--json")
    assert (none.code, none.json["status"], none.json["value"], none.json["rule"]) == (
        0,
        "infeasible",
        None,
        None,
    )


def test_an_auction_sells_at_costs_and_in_a_period(run: Run) -> None:
    costly = run("auction", "myerson", "--set", "cost=1/2", "--json").json
    assert costly["virtual"] == [["-3/2", "1/2", "5/2"]] * 2
    assert F(costly["value"]) == dm.design(dm.load("myerson", cost="1/2"), exact=True).value
    welfare = run("auction", "myerson", "--objective", "welfare", "--json").json
    assert welfare["virtual"] == [["1", "2", "3"]] * 2
    assert run("auction", "items-over-time", "--period", "1", "--json").json["value"] == "1"


def test_the_auctions_files_and_table(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out, picture = tmp_path / "auction.json", tmp_path / "auction.svg"
    words = ("--payments", "0..1", "--budget", "ex-ante")
    ran = run("auction", *PAIR, *words, "--exact", "--out", str(out), "--plot", str(picture))
    assert ran.code == 0
    assert "payment of 'bidder 1' at value 10" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert picture.read_text().startswith("<?xml")
    asked = ("--incentives", "bayesian", "--participation", "interim", *words)
    assert run("verify", *PAIR, str(out), *asked).code == 0
    never = run("auction", *PAIR, "--payments", "11..12", "--out", str(tmp_path / "none.json"))
    assert never.code == 0
    assert "none.json is not written: no auction keeps the demands" in never.err
    assert not (tmp_path / "none.json").exists()


def test_burn_json_has_the_keys_of_the_contract(run: Run) -> None:
    content = run("burn", *PAIR, "--caps", "1/2,10", "--json").json
    assert list(content) == ["value", "dual", "weights", "probabilities", "orders"]
    assert (content["value"], content["dual"]) == ("703/280", "703/280")
    assert content["weights"] == ["5/28", "1"]
    assert content["probabilities"] == ["1", "1"]
    assert sum(F(order["probability"]) for order in content["orders"]) == 1
    assert {tuple(order["order"]) for order in content["orders"]} == {
        ("bidder 1", "bidder 2"),
        ("bidder 2", "bidder 1"),
    }
    assert run("burn", *PAIR, "--caps", "1/2, 10", "--json", "--exact").json == content


def test_iron_json_is_in_file_order(run: Run) -> None:
    content = run("iron", *ONE, "--json").json
    assert content == {
        "virtual": ["0", "-2", "3"],
        "ironed": ["-1/3", "-1/3", "3"],
        "utility": ["2", "5", "1"],
        "utility_ironed": ["19/10", "19/10", "19/10"],
        "utility_printed": ["1", "4", "0"],
        "utility_printed_ironed": ["9/10", "9/10", "9/10"],
    }
    assert dm.iron(dm.load("myerson", bidders=1, values="1,2,3", prior="1/2,1/10,2/5")).to_json() == content


def test_decimals_in_a_file_are_rationals(run: Run, tmp_path: Path) -> None:
    content = run("show", *PAIR, "--json").json
    del content["parameters"]
    path = tmp_path / "decimal.json"
    for agent in content["agents"]:
        agent["prior"] = [0.7, 0.2, 0.1]
    path.write_text(json.dumps(content))
    assert run("burn", str(path), "--caps", "0.5,10", "--json").json["value"] == "703/280"


def test_tables_name_agents_and_fit_the_screen(run: Run) -> None:
    ran = run("burn", *PAIR, "--caps", "1/2,10")
    assert ran.code == 0
    assert "703/280" in ran.out
    assert "bidder 2 > bidder 1" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    small = run("burn", *PAIR, "--caps", "6/5,6/5")
    assert "Small weights decide among buyers of weight 0 only." in small.out
    ran = run("iron", *ONE)
    assert "-1/3" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_mechanism_file_verifies(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "auction.json"
    assert run("burn", *PAIR, "--caps", "1/2,10", "--out", str(path)).code == 0
    ran = run("verify", *PAIR, str(path), "--incentives", "ex-post", "--participation", "ex-post", "--json")
    assert ran.code == 0
    assert [notion["holds"] for notion in ran.json["notions"]] == [True, True]


def test_plots_are_written(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    curves, weights = tmp_path / "curves.svg", tmp_path / "weights.svg"
    assert run("iron", *ONE, "--plot", str(curves), "--quiet").code == 0
    assert run("burn", *PAIR, "--caps", "1/2,10", "--plot", str(weights), "--quiet").code == 0
    for path in (curves, weights):
        assert "<svg" in path.read_text()[:1000]
    assert run("iron", *ONE, "--plot", str(tmp_path / "curves.txt")).code == 2


def test_virtual_values_that_are_one_number_are_drawn_beside_zero() -> None:
    pytest.importorskip("matplotlib")
    figure = dm.auction("asymmetric-auction", demands={"payments": "0..1"}).plot()
    low, high = figure.axes[0].get_ylim()
    assert low < 0 < 0.5 < high


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("auction", "myerson", "--deterministic"),
            "'deterministic' is about more than what each type expects",
        ),
        (("auction", "myerson", "--period", "1"), "period 1: environment 'myerson' has periods 0 to 0"),
        (("auction", "items-over-time"), "'items-over-time' has 2 periods: say which"),
        (("auction", "two-type-markov", "--period", "1"), "types depend on the past"),
        (("auction", "bilateral-trade"), "'buyer' and 'seller' both value it"),
        (("auction", "myerson", "--objective", "profit"), "'profit' is not one of"),
        (("burn", *PAIR, "--caps", "1"), "1 given for 2 agents"),
        (("burn", *PAIR, "--caps", "-1,1"), "'bidder 1' has the negative cap -1"),
        (("burn", *PAIR, "--caps", "1,,"), "3 given for 2 agents"),
        (("burn", *PAIR, "--caps", "1,"), "'' is not a number"),
        (("burn", *PAIR), "--caps"),
        (("burn", "items-over-time", "--caps", "1"), "has 2 periods"),
        (("burn", "two-type-markov", "--caps", "1"), "one period"),
        (("iron", "myerson"), "ironing is for one buyer; environment 'myerson' has 2"),
        (("iron", "myerson", "--set", "bidders=1", "--set", "values=2,1"), "values have to increase"),
        (("iron", "myerson", "--set", "bidders=1", "--set", "values=-1,1"), "value -1"),
        (("iron", "myerson", "--set", "bidders=1", "--set", "cost=1/2"), "cost 0, not 1/2"),
        (
            ("burn", "asymmetric-auction", "--set", "values=2,1;1,2", "--caps", "1,1"),
            "bidder 1 have to increase",
        ),
        (("burn", "asymmetric-auction", "--set", "prior=1,1;1,1", "--caps", "1,1"), "prior has 2 rows of 2"),
    ],
)
def test_what_is_refused_takes_one_line(run: Run, arguments: tuple[str, ...], words: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert words in ran.err
