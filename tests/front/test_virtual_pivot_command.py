"""`virtual-pivot`: the contract's object, where the theorem fails, mechanisms verified again, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm

Run = Callable[..., Any]
NOT_TIGHT = str(Path(__file__).parents[1] / "data" / "vp-not-tight.json")


def test_where_the_theorem_fails(run: Run) -> None:
    """F1_vp_not_tight: the bound is 8541/320, the best mechanism earns 2133/80; A's lie 81/16, C's 27/40.

    Other payments for the same plan get half way there.
    """
    found = run("virtual-pivot", NOT_TIGHT, "--exact", "--ladder", "--json", "--quiet").json
    assert list(found) == [
        "separable", "alpha", "beta", "weights", "program", "assumptions", "bound", "profit", "returned",
        "attains", "lie", "excluded", "entry", "envelope", "interval_dominance", "uncontrolled", "myopic",
        "dominant", "rungs",
    ]  # fmt: skip
    assert found["separable"] == {name: {"form": "multiplicative", "residual": "0"} for name in "12"}
    assert found["alpha"] == {"1": ["1/2", "1"], "2": ["3/5", "1"]}
    assert found["beta"]["1"] == [[["0", "0"]], [["0", "0"]] * 3]
    assert all(one["holds"] for one in found["assumptions"].values())
    assert found["bound"] == "8541/320"
    assert found["profit"] == {"A": "8541/320", "B": "8007/320", "C": "8541/320"}
    assert (found["returned"], found["attains"]) == ("B", False)
    assert {name: lie and lie["exact"] for name, lie in found["lie"].items()} == {
        "A": "81/16", "B": None, "C": "27/40",
    }  # fmt: skip
    assert found["envelope"] == []
    assert found["interval_dominance"][0] == {
        "agent": "1", "others": {"2": "5"}, "from": "4", "to": "6", "shortfall": "81/16", "unavoidable": "0",
    }  # fmt: skip
    assert found["program"] == {"status": "optimal", "value": "8487/320"}
    assert {rung["name"]: rung["exact"] for rung in found["rungs"]} == {
        "virtual": "8541/320", "relaxed": "8541/320", "bayesian": "2133/80", "ex-post": "2133/80",
    }  # fmt: skip
    assert found["uncontrolled"]["holds"]
    assert found["myopic"]["holds"]
    assert found["dominant"]["A"] is found["dominant"]["B"] is True
    assert [len(row) for row in found["entry"]] == [2] * 4
    assert all(set(row) == {"agent", "first_reports", "others_signals", "weight"}
               for row in found["weights"]["C"])  # fmt: skip


def test_the_answer_says_so(run: Run) -> None:
    said = " ".join(run("virtual-pivot", NOT_TIGHT, "--exact", "--ladder", "--quiet").out.split())
    assert "Theorem 5.1 fails here. Its assumptions hold" in said
    assert "A's best lie gains 81/16; C's best lie gains 27/40." in said
    assert "B is truthful and earns 267/160 less than the bound." in said
    assert "Any payments for the same plan earn at most 8487/320." in said
    plain = run("virtual-pivot", NOT_TIGHT, "--json", "--quiet").json
    assert plain["program"] is plain["rungs"] is None
    assert plain["profit"]["B"] == pytest.approx(8007 / 320)


@pytest.mark.parametrize("exact", [["--exact"], []], ids=["rational", "doubles"])
@pytest.mark.parametrize(("instance", "returned"), [(NOT_TIGHT, "B"), ("handicap-auction", "C")])
def test_its_mechanism_is_verified_from_its_file(
    run: Run, tmp_path: Path, instance: str, returned: str, exact: list[str]
) -> None:
    path = tmp_path / "mechanism.json"
    found = run("virtual-pivot", instance, *exact, "--out", str(path), "--json", "--quiet").json
    assert found["returned"] == returned
    ran = run("verify", instance, str(path), "--incentives", "ex-post", "--participation", "periodic",
              "--json")  # fmt: skip
    assert ran.code == 0
    assert all(notion["holds"] for notion in ran.json["notions"])
    content = json.loads(path.read_text())
    for paid in content["periods"][0]["transfers"]:
        for row in paid[0]:
            row[-1] = 1000
    path.write_text(json.dumps(content))
    assert run("verify", instance, str(path), "--incentives", "ex-post").code == 1


def test_no_rule_may_be_truthful(run: Run, tmp_path: Path) -> None:
    """Virtual values that fall: every rule tempts, and nothing is written."""
    path = tmp_path / "mechanism.json"
    ran = run("virtual-pivot", "myerson", "--set", "values=1,2,10", "--set", "prior=7/10,1/5,1/10", "--exact",
              "--out", str(path))  # fmt: skip
    assert ran.code == 0
    assert "no rule is truthful" in ran.err
    assert "Theorem 5.1 fails here" in ran.out
    assert "Assumption A.2 fails" in ran.out
    assert not path.exists()


def test_a_picture(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "levels.png"
    assert run("virtual-pivot", "handicap-auction", "--plot", str(path), "--quiet").code == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kln-nonseparable"], "off any that are multiplicative or additive"),
        (["handicap-auction", "--form", "bidder 1=multiplicative"], "off any that are multiplicative"),
        (["handicap-auction", "--form", "bidder 1=both"], "'both' is none of multiplicative, additive"),
        (["handicap-auction", "--form", "nobody=additive"], "no agent 'nobody'"),
        (["handicap-auction", "--form", "additive"], "--form: give AGENT=WORD, once for an agent"),
        (["handicap-auction", "--form", "a=additive", "--form", "a=additive"], "once for an agent"),
        (["handicap-auction", "--memory-limit", "1KB"], "raise --memory-limit or give fewer types"),
        (["scheduling"], "'scheduling' has no period 0 of its own"),
        (["two-period-screening"], "Assumption 2.3"),
    ],
)
def test_bad_input_is_one_line(run: Run, words: list[str], said: str) -> None:
    ran = run("virtual-pivot", *words, "--quiet")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert said in ran.err


def test_a_time_limit_that_is_reached(run: Run, tmp_path: Path) -> None:
    """What was found without solving is told, and that it is not all; no file is written."""
    path = tmp_path / "mechanism.json"
    ran = run("virtual-pivot", "handicap-auction", "--time-limit", "0.000001", "--json", "--out", str(path))
    assert ran.code == 0
    assert (ran.json["status"], ran.json["message"]) == ("limit", "the time limit of 1e-06 s was reached")
    assert ran.json["alpha"]["bidder 1"] == [1.0, 1.0, 1.0]
    assert f"{path} is not written" in ran.err
    assert not path.exists()
    late = dm.virtual_pivot("handicap-auction", time_limit=1e-6)
    assert late.status == "limit"
    assert "time limit" in str(late)
    with pytest.raises(dm.errors.InvalidInput, match="time limit"):
        late.plot()
