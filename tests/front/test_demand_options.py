"""Demands in front: designed, verified, proved and refused, on the command line and in Python."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.cli.words import DEMANDS
from dynamech.models.notions.demands import READ
from dynamech.solvers.errors import InvalidInput
from tests.models.design.test_demand_mechanisms import LOOSE

DATA = Path(__file__).parents[1] / "data"
REWARD, TRADE = str(DATA / "limited-liability.json"), str(DATA / "bilateral-trade.json")
Run = Callable[..., Any]


def test_every_demand_has_an_option() -> None:
    assert DEMANDS.keys() == {key for keys in READ for key in keys}


def test_an_optimum_keeps_its_demand_and_another_does_not(run: Run, tmp_path: Path) -> None:
    kept, free = str(tmp_path / "kept.json"), str(tmp_path / "free.json")
    words = ("--participation", "periodic", "--payments", "nonpositive")
    ran = run("design", REWARD, *words, "--exact", "--out", kept, "--json")
    assert (ran.code, ran.json["exact"]) == (0, "9979/20000")
    assert ran.json["demands"] == {"payments": "nonpositive"}
    assert "demands        payments nonpositive" in run("design", REWARD, *words).out
    assert run("design", REWARD, *words[:2], "--exact", "--out", free).code == 0
    ran = run("verify", REWARD, kept, *words, "--incentives", "bayesian", "--json")
    assert ran.code == 0
    assert [notion["kind"] for notion in ran.json["notions"]] == ["incentives", "participation", "demand"]
    ran = run("verify", REWARD, free, *words, "--json")
    assert ran.code == 1
    promise, demand = ran.json["notions"]
    assert (promise["holds"], demand["holds"], demand["notion"]) == (True, False, "payments nonpositive")
    assert set(demand["witness"]) == {"period", "history", "reports", "agent", "sentence"}
    assert demand["witness"]["agent"] == "driver"
    assert "more than 0" in run("verify", REWARD, free, *words).out.replace("\n", " ")


def test_words_by_agent_totals_and_budgets(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "m.json")
    words = ("--payments", "buyer=nonnegative", "--payments", "seller=-2..0", "--on", "path", "--budget",
             "ex-post", "--balanced")  # fmt: skip
    ran = run("design", TRADE, "--objective", "welfare", *words, "--exact", "--out", path, "--json")
    assert (ran.code, ran.json["exact"]) == (0, "5/27")
    assert ran.json["demands"] == {
        "payments": {"buyer": "nonnegative", "seller": "-2..0"},
        "on": "path",
        "budget": "ex-post",
        "balanced": True,
    }
    ran = run("verify", TRADE, path, *words, "--json")
    assert (ran.code, len(ran.json["notions"])) == (0, 2)
    assert run("verify", TRADE, path, "--payments", "none").code == 1


def test_contradictory_demands_are_named(run: Run) -> None:
    words = ("--payments", "seller=1/2..1", "--payments", "buyer=nonnegative", "--budget", "ex-ante")
    ran = run("design", TRADE, *words, "--exact", "--json")
    assert (ran.code, ran.json["status"]) == (0, "infeasible")
    said = "payments of 'seller' at least 1/2; participation 'interim'"
    assert said in ran.json["message"]
    assert ran.json["conflict"]["parts"] == said.split("; ")
    assert ran.json["conflict"]["excess"] == "1/2"
    weights = ran.json["conflict"]["weights"]  # of one seller or another: several vectors prove it
    assert {(each["agent"], each["period"]) for each in weights} == {("seller", 0)}
    for part in said.split("; "):
        assert sum(Fraction(each["weight"]) for each in weights if each["part"] == part) == 1
    assert said in " ".join(run("design", TRADE, *words).out.split())
    assert run("design", TRADE, "--json").json["conflict"] is None


def test_a_proof_keeps_the_demands_of_its_question(run: Run, tmp_path: Path) -> None:
    path, other = tmp_path / "c.json", tmp_path / "other.json"
    words = ("--objective", "welfare", "--incentives", "ex-post", "--budget", "ex-post")
    assert run("design", TRADE, *words, "--exact", "--certificate", str(path)).code == 0
    ran = run("certificate", str(path), TRADE, "--rebuild", "--json")
    assert (ran.code, ran.json["value"], ran.json["rebuilt"]) == (0, "1/6", True)
    assert ran.json["question"]["demands"] == {"budget": "ex-post"}
    assert "with budget ex-post" in run("certificate", str(path), "--rebuild").out.replace("\n", " ")
    content = json.loads(path.read_text())
    for demands in ({}, {"budget": "ex-ante"}, {"budget": "ex-post", "payments": "none"}):
        content["question"]["demands"] = demands
        other.write_text(json.dumps(content))
        ran = run("certificate", str(other), "--rebuild", "--json")
        assert (ran.code, ran.json["valid"], ran.json["rebuilt"]) == (1, False, False)


def test_a_proof_about_histories_that_demands_close_names_no_question(run: Run, tmp_path: Path) -> None:
    """The words of a question do not say which histories no mechanism reaches."""
    env = LOOSE["joint"].environment(random.Random("joint/3"))
    instance, rows, proof = (str(tmp_path / name) for name in ("env.json", "rows.json", "proof.json"))
    dm.save(env, instance)
    never = {"name": "never", "upper": 0, "allocation": [[0, [], None, env.actions[0][-1], 1]]}
    Path(rows).write_text(json.dumps([never]))
    words = ("--rows", rows, "--exact", "--certificate", proof, "--json")
    assert run("design", instance, *words).json["exact"] == "24677/1944"
    ran = run("certificate", proof, "--json")
    assert (ran.code, ran.json["valid"], ran.json["question"]) == (0, True, None)
    ran = run("certificate", proof, "--rebuild")
    assert (ran.code, "does not say which question it answers" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--payments", "some"], "'some' is not one of free, none, nonnegative, nonpositive, LOW..HIGH"),
        (["--payments", "2..1"], "nothing is between 2 and 1"),
        (["--payments", "0..x"], "'x' is not a number"),
        (["--payments", "0..1e999999999"], "beyond 10^"),
        (["--payments", "broker=none"], "'broker' is none of the agents who pay (buyer, seller)"),
        (["--payments", "buyer=some"], "payments of agent 'buyer': 'some' is not one of"),
        (["--payments", "none", "--payments", "buyer=none"], "says something twice"),
        (["--payments", "buyer=none", "--payments", "buyer=free"], "says something twice"),
        (["--payments", "none", "--on", "leaf"], "on: 'leaf' is not one of period, path"),
        (["--on", "path"], "'path' says where payments are bounded, and they are free"),
        (["--budget", "monthly"], "budget: 'monthly' is not one of none, ex-ante"),
        (["--balanced"], "balanced: say which budget"),
        (["--anonymous", "buyer"], "anonymous, group 0: 'buyer' is no list of two agents or more, each once"),
        (
            ["--anonymous", "buyer,seller", "--anonymous", "buyer,buyer"],
            "group 1: 'buyer', 'buyer' is no list of two",
        ),
        (
            ["--anonymous", "buyer,broker"],
            "anonymous: 'broker' is none of the agents who report (buyer, seller)",
        ),
    ],
)
def test_words_that_are_none(run: Run, tmp_path: Path, words: list[str], said: str) -> None:
    path = tmp_path / "m.json"
    dm.save(dm.design(TRADE, objective="welfare").mechanism, path)
    for command in (["design", TRADE], ["verify", TRADE, str(path)]):
        ran = run(*command, *words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert said in ran.err


def test_demands_of_python_and_what_they_are_not() -> None:
    env = dm.load(TRADE)
    optimum = dm.design(env, objective="welfare", demands={"budget": "ex-ante"})
    assert optimum.value == pytest.approx(5 / 27)
    verdicts = dm.verify(env, optimum.mechanism, demands={"budget": "ex-ante"})
    assert isinstance(verdicts, dm.Verdicts)
    assert [verdict.notion for verdict in verdicts] == ["budget ex-ante"]
    assert len(dm.verify(env, optimum.mechanism, "bayesian", demands={"payments": "free"})) == 1
    program = dm.compile(env, demands={"payments": "nonnegative"})
    assert "demand.payments.least.0.buyer" in program.row_blocks
    for demands, said in [
        (["none"], "is no mapping of payments, on, budget, balanced, anonymous"),
        ({"payment": "none"}, "'payment' is not one of payments, on, budget, balanced, anonymous"),
        ({"payments": 3}, "3 is not one of free"),
        ({"payments": {3: "none"}}, "3 is no agent's name"),
        ({"payments": {"": "none"}}, "'' is no agent's name"),
        ({"balanced": 1}, "1 is neither true nor false"),
        ({"on": None}, "null is not one of period, path"),
        ({"anonymous": "buyer"}, "anonymous: 'buyer' is no list of groups"),
        ({"anonymous": ["buyer", "seller"]}, "group 0: 'buyer' is no list of two"),
        ({"anonymous": [["buyer", 2]]}, "group 0: 'buyer', 2 is no list of two"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            dm.design(env, demands=demands)  # type: ignore[arg-type]
    assert dm.design(env, demands={"payments": "0..1", "budget": "ex-post"}).status == "optimal"
    assert dm.design(env, demands={"payments": "1..2"}).status == "infeasible"


def test_who_is_alike_is_treated_alike(run: Run, tmp_path: Path) -> None:
    lot, path, proof = str(tmp_path / "lot.json"), str(tmp_path / "m.json"), str(tmp_path / "proof.json")
    prior, none, own = ["1/2", "1/2"], [0, 0], [1, 2]
    agents = [
        dm.Agent(
            name, types=["1", "2"], prior=prior, values=[[none, *(own if n == name else none for n in "ab")]]
        )
        for name in "ab"
    ]
    env = dm.Environment(name="lot", horizon=1, actions=["keep", "to a", "to b"], agents=agents)
    dm.save(env, lot)
    words = ("--anonymous", "b,a")
    ran = run("design", lot, *words, "--exact", "--out", path, "--certificate", proof, "--json")
    assert (ran.code, ran.json["exact"]) == (0, "3/2")
    assert ran.json["demands"] == {"anonymous": [["a", "b"]]}
    assert "anonymous a, b ('a' ↔ 'b' with 'to a' ↔ 'to b')" in run("design", lot, *words).out.replace(
        "\n", " "
    )
    assert run("certificate", proof, lot, "--rebuild").code == 0
    assert run("verify", lot, path, *words).code == 0
    assert run("design", lot, "--out", path).code == 0
    ran = run("verify", lot, path, *words, "--json")
    assert (ran.code, ran.json["notions"][0]["notion"]) == (1, "anonymous a, b")
    assert "where agents 'a' and 'b' have changed places" in ran.json["notions"][0]["witness"]["sentence"]
    ran = run("design", TRADE, "--anonymous", "buyer,seller")
    assert "agents 'buyer' and 'seller' are not alike: values of agent 'buyer'" in " ".join(ran.out.split())
    ran = run("verify", TRADE, path, "--anonymous", "buyer,seller")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_demands_of_mechanisms_for_ever(run: Run, tmp_path: Path) -> None:
    path, words = str(tmp_path / "m.json"), ("random", "--set", "stationary=true")
    assert run("pivot", *words, "--balanced-team", "--exact", "--out", path).code == 0
    assert run("verify", *words, path, "--budget", "every-period", "--balanced").code == 0
    assert run("pivot", *words, "--team", "--exact", "--out", path).code == 0
    ran = run("verify", *words, path, "--budget", "ex-post", "--payments", "none", "--json")
    assert (ran.code, [notion["holds"] for notion in ran.json["notions"]]) == (1, [False, False])
    assert " in total for ever, in money of period 0" in ran.json["notions"][1]["witness"]["sentence"]


def test_a_rule_without_lotteries(run: Run, tmp_path: Path) -> None:
    path, proof = str(tmp_path / "m.json"), str(tmp_path / "c.json")
    words = ("--deterministic", "--objective", "welfare", "--budget", "ex-ante")
    ran = run("design", TRADE, *words, "--exact", "--out", path, "--certificate", proof, "--json")
    assert (ran.code, ran.json["status"], ran.json["optimality"]) == (0, "optimal", "proved")
    assert ran.json["demands"] == {"budget": "ex-ante", "deterministic": True}
    assert "optimality" not in run("design", TRADE, *words[1:], "--json").json
    assert run("verify", TRADE, path, *words[:1]).code == 0
    shown = run("design", TRADE, *words).out.replace("\n", " ")
    assert "that nothing else does better is highs's word" in shown
    ran = run("certificate", proof, TRADE, "--rebuild", "--json")
    assert (ran.code, ran.json["kind"], ran.json["rebuilt"]) == (0, "optimal", True)
    content = json.loads(Path(proof).read_text())
    content["question"]["demands"] = {"budget": "ex-ante"}
    Path(proof).write_text(json.dumps(content))
    ran = run("certificate", proof, "--rebuild", "--json")
    assert (ran.code, ran.json["rebuilt"]) == (1, False)
    ran = run("design", TRADE, "--deterministic", "--solver", "highs-ipm", "--quiet")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "solver 'highs-ipm' takes no integer columns; use 'highs'" in ran.err


def test_a_ladder_of_rules_without_lotteries(run: Run, tmp_path: Path) -> None:
    ran = run("ladder", "two-type-markov", "--deterministic", "--exact", "--json")
    values = {rung["name"]: rung["exact"] for rung in ran.json["rungs"]}
    assert ran.code == 0
    assert (values["relaxed"], values["bayesian"], ran.json["tight"]["relaxed"]) == (
        "32/25",
        "613/500",
        False,
    )
    assert ran.json["witness"] is None
    shown = " ".join(run("ladder", "two-type-markov", "--deterministic").out.split())
    assert (
        "demand 'deterministic': the least gain that a relaxed optimum leaves is computed over lotteries"
        in shown
    )
