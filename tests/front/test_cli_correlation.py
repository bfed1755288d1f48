"""``dynamech correlation``: table, JSON, mechanism, heat map, refusals."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_the_licences_as_json(run: Callable[..., Any]) -> None:
    """Liu (2014), section 3.1: transfers up to 27 for firm 1, welfare 61/4 and 91/4."""
    ran = run("correlation", "liu-licence", "--exact", "--json")
    assert ran.code == 0
    assert ran.err == ""
    found = ran.json
    assert found["W"] == [["61/4", "91/4"], ["7", "12"]]
    first, second = found["agents"]
    assert (first["name"], first["convex_independence"], first["spanning"]) == ("firm 1", True, True)
    assert first["theorem_3_1"] == {
        "feasible": True,
        "largest_transfer": "27",
        "least_norm_squared": "1026",
    }
    assert first["theorem_3_2"]["least_norm_squared"] == "882"
    assert second["theorem_3_2"]["largest_transfer"] == "21"
    assert [block["action"] for block in first["blocks"]] == ["to firm 1", "to firm 2"]
    assert found["last_period"]["rule"] == {"firm 1": "externality", "firm 2": "externality"}
    assert found["residual"] == "0"
    json.dumps(found, allow_nan=False)


def test_doubles_are_numbers(run: Callable[..., Any]) -> None:
    found = run("correlation", "random-correlated", "--set", "types=2", "--json").json
    assert all(isinstance(value, float) for value in found["W"])
    assert isinstance(found["agents"][0]["theorem_3_1"]["largest_transfer"], float)
    assert found["implementable"] is True


def test_infeasible_numbers_are_null(run: Callable[..., Any]) -> None:
    found = run("correlation", "random-correlated", "--set", "rank=1", "--json").json
    for agent in found["agents"]:
        for theorem in ("theorem_3_1", "theorem_3_2"):
            assert agent[theorem] == {"feasible": False, "largest_transfer": None, "least_norm_squared": None}
    assert found["implementable"] is False
    assert "no transfers of Theorem 3.1 exist" in found["reason"]
    failed = [s for b in found["agents"][0]["blocks"] for s in b["theorem_3_1"]["transfers"]]
    assert any("proof" in system for system in failed)


def test_the_table_says_what_follows(run: Callable[..., Any]) -> None:
    ran = run("correlation", "liu-licence", "--exact")
    assert ran.code == 0
    text = " ".join(ran.out.split())
    for words in (
        "firm 1 yes yes 27 27",
        "smallest by norm max",
        "Last period. Efficient",
        "periodic ex-post incentive compatible, exactly",
    ):
        assert words in text
    text = " ".join(run("correlation", "random-correlated", "--set", "rank=2").out.split())
    for words in ("No convex independence.", "is 1/2 × '0' + 1/2 × '2'", "Mechanism. None:"):
        assert words in text
    near = run("correlation", "random-correlated", "--set", "types=2", "--set", "strength=1/100000000")
    assert "Accuracy. The process is nearly singular" in near.out


def test_the_mechanism_is_written_and_verified(run: Callable[..., Any], tmp_path: Path) -> None:
    path = str(tmp_path / "made.json")
    asked = ("random-correlated", "--set", "types=2")
    assert run("correlation", *asked, "--norm", "2", "--theorem", "3.2", "--exact", "--out", path).code == 0
    ran = run("verify", *asked[:1], path, *asked[1:], "--incentives", "ex-post", "--json")
    assert ran.code == 0
    assert ran.json["notions"][0]["violation"] == "0"


def test_bounds_that_are_too_tight(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    ran = run("correlation", "liu-licence", "--caps", "3", "--out", str(path))
    assert ran.code == 0
    assert (
        "Mechanism. None: payments of the kind of Theorem 3.1 that make truth optimal for agent 'firm 1' "
        "lie at least 6.5 apart, and her bounds -3 and 3 only 6."
    ) in " ".join(ran.out.split())
    assert not path.exists()
    assert "is not written" in ran.err
    told = run("correlation", "liu-licence", "--caps", "3", "--exact", "--json").json
    assert told["implementable"] is False
    assert told["bounded"] == {
        "subsidy": None,
        "agents": [
            {"name": "firm 1", "low": "-3", "high": "3", "spread": "13/2", "subsidy": None},
            {"name": "firm 2", "low": "-3", "high": "3", "spread": "6", "subsidy": "-3"},
        ],
    }
    assert run("correlation", "liu-licence", "--json").json["bounded"] is None


def test_bounds_are_kept_at_the_least_subsidy(run: Callable[..., Any], tmp_path: Path) -> None:
    path = str(tmp_path / "made.json")
    asked = ("liu-licence", "--caps", "firm 1=27", "--liability", "0", "--exact")
    ran = run("correlation", *asked, "--out", path)
    words = " ".join(ran.out.split())
    assert "at the least subsidy within the bounds: the subsidy is 17/2 = 8.5." in words
    assert "firm 1 -27 0 13/2 11/2" in words
    assert "firm 2 — 0 6 3" in words
    assert "periodic ex-post incentive compatible, exactly" in words
    judged = run("verify", "liu-licence", path, "--incentives", "ex-post", "--payments", "nonpositive")
    assert judged.code == 0
    told = run("correlation", *asked, "--json").json
    assert (told["cap"], told["liability"]) == ({"firm 1": "27"}, "0")
    assert told["bounded"]["agents"][1]["low"] is None
    earned = run("correlation", "liu-licence", "--caps", "7", "--exact").out
    assert "the designer earns 39/2 = 19.5." in " ".join(earned.split())


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is optional")
def test_the_heat_map_is_written(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    assert run("correlation", "random-correlated", "--set", "rank=2", "--plot", str(path)).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--norm", "three"), "norm: 'three' is not one of max, 2, 1"),
        (("--theorem", "4"), "theorem: '4' is not one of 3.1, 3.2"),
        (("--caps", "many"), "--caps: 'many' is not a number"),
        (("--caps", "-1"), "cap: -1 is negative"),
        (("--caps", "1", "--caps", "2"), "--caps: '2' beside '1' says something twice"),
        (("--caps", "1", "--caps", "firm 1=2"), "--caps: 'firm 1=2' beside '1' says something twice"),
        (("--caps", "firm 1=2"), "bounds: agent 'firm 2' has none"),
        (("--liability", "firm 3=2"), "liability: 'firm 3' is none of the agents who pay (firm 1, firm 2)"),
        (("--plot", "map.txt"), "map.txt: a plot is written as .png, .pdf, .svg"),
        (("--budget", "always"), "--budget: 'always' is not one of ex-ante, per-period"),
        (("--budget", "ex-ante", "--extract"), "give one of --budget, --extract, --ahead"),
        (("--extract", "--caps", "3"), "give one of --budget, --extract, --ahead"),
        (("--out", "nowhere/made.json"), "--out: there is no directory"),
    ],
)
def test_refusals_are_one_line(run: Callable[..., Any], options: tuple[str, ...], message: str) -> None:
    ran = run("correlation", "liu-licence", *options)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert ran.out == ""


def test_goods_have_no_efficient_policy(run: Callable[..., Any]) -> None:
    ran = run("correlation", "two-type-markov", "--set", "quadratic=true")
    assert ran.code == 2
    assert "divisible goods" in ran.err


SMALL = ("correlation", "random-correlated", "--set", "types=2", "--exact")


def test_a_balanced_budget(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "balanced.json"
    found = run(*SMALL, "--budget", "per-period", "--out", str(path), "--json").json
    assert found["budget"]["periods"] == [["0"] * 4]
    assert found["budget"]["total"] == "0"
    assert found["budget"]["balanced"] is True
    assert found["implementable"] is True
    assert run("verify", *SMALL[1:4], str(path), "--incentives", "ex-post").code == 0
    text = " ".join(run(*SMALL, "--budget", "ex-ante").out.split())
    assert "Budget. Balanced ex ante: expected discounted payments add up to 0." in text
    assert "Checked by best replies: periodic ex-post incentive compatible, exactly." in text
    text = " ".join(run(*SMALL, "--budget", "per-period").out.split())
    assert (
        "Budget. Balanced in every period: given the profile before, expected payments add up to 0; "
        "everybody is left with 1/2 of the surplus."
    ) in text
    # In doubles as well, whose rounding is not told as money.
    text = " ".join(run(*SMALL[:-1], "--budget", "per-period").out.split())
    assert "Balanced in every period" in text


def test_a_budget_with_a_constant_last_period(run: Callable[..., Any]) -> None:
    finite = ("--set", "seed=1", "--set", "stationary=false", "--set", "periods=2", "--exact")
    text = " ".join(run("correlation", "random-correlated", *finite, "--budget", "per-period").out.split())
    assert "Budget. Not balanced: expected discounted payments add up to ≈ -1.07879, and in a period" in text
    assert "1/2 of what the surplus would be with an efficient last period." in text
    assert "The efficient last allocation is not ex-post implementable: given agent 1 '0'" in text


def test_an_extracted_surplus(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "extracting.json"
    found = run(*SMALL, "--extract", "--out", str(path), "--json").json["extraction"]
    assert found["revenue"] == found["welfare"]
    assert found["least_continuation"] == "0"
    assert set(found["indifferent"]) == {"agent 1", "agent 2"}
    ran = run("verify", *SMALL[1:4], str(path), "--incentives", "ex-post", "--participation", "periodic")
    assert ran.code == 0
    text = " ".join(run("correlation", "liu-licence", "--extract", "--theorem", "3.2").out.split())
    assert "No report before the last period ever costs 'firm 1', 'firm 2' anything" in text


def test_no_transfers_no_balance(run: Callable[..., Any], tmp_path: Path) -> None:
    flat = ("correlation", "random-correlated", "--set", "rank=1", "--set", "types=2")
    path = tmp_path / "none.json"
    ran = run(*flat, "--budget", "per-period", "--theorem", "3.2", "--json", "--out", str(path))
    assert ran.code == 0
    assert ran.json["budget"] is None
    assert "no transfers of Theorem 3.2 exist" in ran.json["budget_reason"]
    assert not path.exists()
    assert run(*flat, "--extract", "--theorem", "3.2", "--json").json["extraction"] is None
    text = " ".join(run(*flat, "--extract", "--theorem", "3.2").out.split())
    assert "Surplus extraction. None: correlation: no transfers of Theorem 3.2 exist" in text


def test_a_limit_is_an_answer(run: Callable[..., Any]) -> None:
    late = "the time limit of 1e-09 seconds was reached"
    asked = ("correlation", "random-correlated", "--set", "types=2", "--time-limit", "1e-9")
    ran = run(*asked, "--json")
    assert ran.code == 0
    assert (ran.json["status"], ran.json["message"], ran.json["agents"]) == ("limit", late, [])
    assert (ran.json["implementable"], ran.json["reason"]) == (False, late)
    for more, key in ((("--budget", "per-period"), "budget"), (("--extract",), "extraction")):
        content = run(*asked, *more, "--json").json
        assert (content[key], content[f"{key}_reason"]) == (None, late)
        assert f"None: {late}." in run(*asked, *more).out
    assert run(*asked, "--time-limit", "60", "--json").json["implementable"] is True


def test_what_does_not_fit_is_refused(run: Callable[..., Any]) -> None:
    ran = run("correlation", "random-correlated", "--memory-limit", "1kB")
    assert (ran.code, ran.out) == (2, "")
    assert "more than the memory limit of 1 kB; raise --memory-limit, shorten" in ran.err
    for flag, value in (("--time-limit", "0"), ("--memory-limit", "nan")):
        ran = run("correlation", "random-correlated", flag, value)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
