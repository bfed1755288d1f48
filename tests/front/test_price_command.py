"""``price``: its JSON, its table, how a demand is said, what it refuses, and an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.cli import pricing
from dynamech.models.design.design import design

from .conftest import Ran

Run = Callable[..., Ran]
DATA = Path(__file__).parents[1] / "data"
TRADE = str(DATA / "bilateral-trade.json")
PRICE = ("price", TRADE, "--objective", "welfare", "--rung", "ex-post", "--quiet")


def test_json_has_a_line_for_each_demand(run: Run, tmp_path: Path) -> None:
    words = ("--demand", "payments=-1/4..1/4", "--demand", "budget=ex-post,balanced")
    ran = run(*PRICE, *words, "--exact", "--json", "--plot", str(tmp_path / "bars.png"))
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "bars.png").stat().st_size > 1000
    content = ran.json
    assert content.keys() >= {"rung", "base", "demands", "all", "statuses"}
    assert (content["rung"], content["base"], content["all"]) == ("ex-post", "7/36", "7/48")
    told = [
        {key: line[key] for key in ("demand", "alone", "without", "cost", "cost_beside")}
        for line in content["demands"]
    ]
    assert told == [
        {"demand": "payments -1/4..1/4", "alone": "193/1080", "without": "1/6", "cost": "17/1080",
         "cost_beside": "1/48"},
        {"demand": "budget ex-post balanced", "alone": "1/6", "without": "193/1080", "cost": "1/36",
         "cost_beside": "71/2160"},
    ]  # fmt: skip
    one = content["demands"][0]["multipliers"][0]
    assert one.keys() == {
        "side", "bound", "agent", "period", "history", "reports", "worth", "sentence",
    }  # fmt: skip
    assert one["reports"].keys() == {"buyer", "seller"}
    bounds = content["demands"][0]["bounds"]
    assert {(one["agent"], one["side"]): one["slopes"] for one in bounds} == {
        ("seller", "least"): ["0", "-5/36"], ("buyer", "most"): ["5/36", "0"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (["budget=ex-ante,balanced"], {"budget": "ex-ante", "balanced": True}),
        (["budget=ex-ante", "balanced"], {"budget": "ex-ante", "balanced": True}),
        (["balanced=true,budget=ex-ante"], {"budget": "ex-ante", "balanced": True}),
        (["budget=ex-ante,balanced=false"], {"budget": "ex-ante"}),
        (
            ["payments=buyer=none", "payments=seller=-1..0,on=path"],
            {"payments": {"buyer": "none", "seller": "-1..0"}, "on": "path"},
        ),
    ],
)
def test_what_belongs_to_a_demand_is_said_with_it_or_after_it(
    run: Run, words: list[str], keys: dict[str, Any]
) -> None:
    ran = run(*PRICE, *(text for word in words for text in ("--demand", word)), "--json")
    (demand,) = dm.price(TRADE, keys).costs
    assert [line["demand"] for line in ran.json["demands"]] == [demand.demand.name]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--demand: name what is demanded, such as --demand payments=nonnegative"),
        (["payments=free"], "--demand: name what is demanded"),
        (["payments"], "--demand: 'payments' is not KEY=VALUE with a key among payments, on, budget"),
        (["payment=none"], "--demand: 'payment=none' is not KEY=VALUE"),
        (["payments=some"], "'some' is not one of free, none"),
        (["payments=broker=none"], "'broker' is none of the agents who pay"),
        (["budget=ex-ante", "budget=ex-post"], "--demand: budget is given twice"),
        (["budget=ex-ante,balanced=maybe"], "--demand: balanced is true or false, not 'maybe'"),
        (["budget=ex-ante,on=path"], "on: 'path' says where payments are bounded, and they are free"),
    ],
)
def test_bad_input_is_one_line(run: Run, words: list[str], message: str) -> None:
    ran = run(*PRICE, *(text for word in words for text in ("--demand", word)))
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert message in ran.err


def test_a_rung_that_is_none_and_a_program_that_is_too_large(run: Run) -> None:
    ran = run("price", TRADE, "--demand", "payments=none", "--rung", "per-period")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "--rung: 'per-period' is not one of none, virtual" in ran.err
    ran = run("price", TRADE, "--demand", "payments=none", "--memory-limit", "1kB")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "memory limit of 1 kB" in ran.err


def test_the_table_says_what_has_no_value_and_why(run: Run) -> None:
    ran = run("price", TRADE, "--objective", "utility", "--demand", "payments=nonnegative")
    told = " ".join(ran.out.split())
    assert ran.code == 0
    assert "none unbounded" in told
    assert "would stop it" in told
    assert "each unit less would be worth" in told
    assert "payments nonnegative: 192 rows" in ran.err
    ran = run("price", TRADE, "--demand", "payments=1..2", "--quiet")
    assert "There are none with all demands: it is infeasible." in ran.out
    assert ran.out.count("infeasible: ") == 1  # said once, though it is the only demand and all of them
    ran = run("price", TRADE, "--demand", "payments=-9..9", "--quiet")
    assert "With all demands none of its rows costs anything." in ran.out


def test_an_interruption_prints_what_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def interrupted(*given: Any) -> Any:
        asked.append(given)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return design(*given)

    monkeypatch.setattr("dynamech.models.ladder.price.design", interrupted)
    words = ("--demand", "payments=-1/4..1/4", "--demand", "budget=ex-ante")
    ran = run(*PRICE, *words, "--json")
    assert ran.code == 130
    assert ran.json["status"] == "interrupted"
    assert [line["alone"] for line in ran.json["demands"]] == [None, None]
    assert ran.json["all"] is not None
    assert ran.err == "dynamech: interrupted; what was known by then is above\n"
    asked.clear()
    assert "Interrupted: this is what was known by then." in run(*PRICE, *words).out


def test_a_comma_is_a_letter_of_an_agent_s_name_unless_a_key_follows() -> None:
    assert pricing._demands(["payments=a,b=none,on=path"]) == {"payments": {"a,b": "none"}, "on": "path"}


def test_a_question_file_says_rung_and_demands(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "q.json"
    question = dm.Question("welfare", "ex-post", demands={"budget": "ex-post", "balanced": True})
    dm.save(question, path)
    ran = run("price", TRADE, "--question", str(path), "--exact", "--json", "--quiet")
    assert (ran.json["rung"], ran.json["objective"], ran.json["all"]) == ("ex-post", "welfare", "1/6")
    assert dm.price(TRADE, question=question, exact=True).to_json() == ran.json
    ran = run("price", TRADE, "--question", str(path), "--rung", "bayesian", "--quiet")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "it has incentives ex-post, not bayesian" in ran.err
    ran = run("price", TRADE, "--question", str(path), "--demand", "budget=ex-ante")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "it demands budget ex-post balanced, not budget ex-ante" in ran.err
    ran = run("price", TRADE, "--question", str(path), "--plot", str(path))
    assert (ran.code, "has another use in this command" in ran.err) == (2, True)
