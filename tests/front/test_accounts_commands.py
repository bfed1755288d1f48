"""``dynamech bank`` and ``dynamech nonclairvoyant``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_bank_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "bank", "items-over-time", "--json", "--quiet")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert list(found) == ["clairvoyant", "gap", "repeated_myerson", "full_surplus", "balances"]
    assert [found[key] for key in ("clairvoyant", "gap", "repeated_myerson", "full_surplus")] == [
        "9/4",
        None,
        "2",
        "3",
    ]
    assert found["balances"] == [
        [{"balance": ["0"], "probability": "1", "spend": ["0"], "deposit": ["1/4"]}],
        [
            {"balance": ["0"], "probability": "1/2", "spend": ["0"], "deposit": ["0"]},
            {"balance": ["1/2"], "probability": "1/2", "spend": ["1/2"], "deposit": ["0"]},
        ],
    ]


def test_bank_with_a_gap_and_without(capsys: pytest.CaptureFixture[str]) -> None:
    long = ("items-over-time", "--set", "values=1,2,3", "--set", "periods=12", "--quiet", "--json")
    code, out, _ = run(capsys, "bank", *long, "--gap", "1/100")
    found = json.loads(out)
    assert code == 0
    assert 0 < found["gap"] <= 0.01
    assert isinstance(found["clairvoyant"], float)
    assert len(found["balances"]) == 12
    code, out, _ = run(capsys, "bank", *(word.replace("=12", "=9") for word in long), "--exact")
    assert json.loads(out)["gap"] is None


def test_bank_as_a_table_with_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot, out_file = tmp_path / "paths.png", tmp_path / "account.json"
    case = ("items-over-time", "--set", "case=swapped")
    code, out, _ = run(capsys, "bank", *case, "--quiet", "--plot", str(plot), "--out", str(out_file))
    assert code == 0
    for words in (
        "repeated Myerson",
        "1329/250 = 5.316",
        "full surplus",
        "(IC) holds, (BI) holds, (BU) holds",
    ):
        assert words in out
    assert plot.read_bytes()[:4] == b"\x89PNG"
    code, _, _ = run(capsys, "verify", *case, str(out_file), "--participation", "prefix", "--quiet")
    assert code == 0
    code, out, _ = run(capsys, "verify", *case, str(out_file), "--participation", "continuation", "--quiet")
    assert code == 1
    assert "continuation" in out


def test_bank_of_several_buyers_by_promises(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = ("items-over-time", "--set", "buyers=2", "--set", "periods=4", "--set", "values=1,2,3")
    file = tmp_path / "account.json"
    code, out, err = run(capsys, "bank", *case, "--gap", "1/10", "--json", "--out", str(file))
    answer = json.loads(out)
    assert code == 0
    assert len(answer["balances"]) == 4
    assert 0 < answer["gap"] <= 0.1
    assert "by recursion over promises, in place of a program over 6,561 histories" in err
    said = ("--incentives", "bayesian", "--participation", "ex-post", "--quiet")
    assert run(capsys, "verify", *case, str(file), *said)[0] == 0
    code, out, _ = run(capsys, "bank", *case, "--time-limit", "1/1000000", "--quiet")
    assert code == 0
    assert "below the optimum (certified)" in out
    assert "drawn by public lots" in out


@pytest.mark.parametrize(("tie", "revenue"), [("sale", "3/2"), ("keep", "7/6")])
def test_nonclairvoyant_in_json(capsys: pytest.CaptureFixture[str], tie: str, revenue: str) -> None:
    code, out, err = run(capsys, "nonclairvoyant", "items-over-time", "--tie", tie, "--json", "--quiet")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "revenue": revenue,
        "range": ["7/6", "3/2"],
        "clairvoyant": "9/4",
        "ratio": {"sale": "2/3", "keep": "14/27"}[tie],
        "guarantee": "1/3",
        "mechanism": "general",
        "tie": tie,
        "against": "clairvoyant",
        "yardstick": "9/4",
        "share": {"sale": "2/3", "keep": "14/27"}[tie],
    }


@pytest.mark.parametrize("kind", ["general", "two-period"])
def test_nonclairvoyant_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str) -> None:
    """What was written is truthful, leaves nobody below 0 and earns what was said."""
    path = tmp_path / "kept.json"
    case = ("nonclairvoyant", "items-over-time", "--mechanism", kind, "--quiet", "--json", "--out", str(path))
    code, out, err = run(capsys, *case)
    assert (code, err) == (0, "")
    assert dm.verify("items-over-time", path, "ex-post", "ex-post")
    earned = dm.account("items-over-time", path, by="utility").original
    assert str(earned) == json.loads(out)["revenue"]
    code, out, err = run(capsys, *case, "--exact")
    assert (code, out, err) == (2, "", "dynamech: --exact is for --mechanism asymptotic\n")


@pytest.mark.parametrize(
    ("against", "yardstick", "share"), [("full-surplus", "3", "1/2"), ("none", None, None)]
)
def test_nonclairvoyant_waits_for_no_optimum(
    capsys: pytest.CaptureFixture[str], against: str, yardstick: str | None, share: str | None
) -> None:
    asked = ("nonclairvoyant", "items-over-time", "--against", against, "--quiet")
    code, out, _ = run(capsys, *asked, "--json")
    answer = json.loads(out)
    assert code == 0
    assert [answer[key] for key in ("clairvoyant", "ratio")] == [None, None]
    assert [answer[key] for key in ("against", "yardstick", "share")] == [against, yardstick, share]
    code, out, _ = run(capsys, *asked)
    assert code == 0
    assert ("full surplus" in out) is (against == "full-surplus")
    assert "clairvoyant" not in out


def test_nonclairvoyant_with_ten_buyers(capsys: pytest.CaptureFixture[str]) -> None:
    case = ("items-over-time", "--set", "buyers=10", "--set", "periods=3", "--set", "values=1,2,3")
    code, out, err = run(capsys, "nonclairvoyant", *case, "--paths", "50", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["against"] == "full-surplus"
    assert 0 < answer["interval"] < 0.1
    assert answer["range"][1] is None
    assert "beside the full surplus, in place of the clairvoyant optimum over 205," in err
    assert "59,049 profiles in a period, more than 2,000: simulating 50 paths" in err
    code, out, _ = run(capsys, "nonclairvoyant", *case, "--paths", "50", "--quiet")
    assert "(95%, simulated)" in out


def test_nonclairvoyant_of_several_buyers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = ("items-over-time", "--set", "case=swapped", "--mechanism", "two-period", "--quiet")
    code, out, _ = run(capsys, "nonclairvoyant", *case, "--json")
    assert code == 0
    assert json.loads(out)["range"] == ["201/50", "11737/2500"]
    code, out, _ = run(capsys, "nonclairvoyant", *case)
    for words in ("two periods, halves", "without burnt payments", "1/2, kept", "burnt"):
        assert words in out


def test_the_ratio_is_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "ratio.svg"
    code, out, _ = run(
        capsys, "nonclairvoyant", "items-over-time", "--set", "periods=3", "--plot", str(plot), "--quiet"
    )
    assert code == 0
    assert "posted price" in out
    assert "<svg" in plot.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bank", "random", "--set", "seed=1"), "selling needs cost 0"),
        (("bank", "items-over-time", "--gap", "-1"), "gap: -1 is not a positive number"),
        (("bank", "items-over-time", "--gap", "x"), "gap: 'x' is not a number"),
        (("bank", "items-over-time", "--plot", "paths.txt"), "a plot is written as .png"),
        (("bank", "items-over-time", "--set", "values=2,1"), "values have to increase"),
        (("bank", "items-over-time", "--set", "values=1,1"), "values has an entry twice"),
        (("bank", "items-over-time", "--set", "case=mixed", "--set", "periods=3"), "case mixed is complete"),
        (("nonclairvoyant", "items-over-time", "--against", "all"), "against: 'all' is not one of auto"),
        (("nonclairvoyant", "items-over-time", "--tie", "lots"), "'lots' is not one of sale, keep"),
        (("nonclairvoyant", "items-over-time", "--mechanism", "best"), "not one of general, two-period"),
        (
            ("nonclairvoyant", "items-over-time", "--set", "periods=3", "--mechanism", "two-period"),
            "has 3 period(s), not 2",
        ),
        (("nonclairvoyant", "two-type-markov"), "selling needs"),
        (("nonclairvoyant", "items-over-time", "--paths", "1"), "--paths: '1' is no whole number from 2"),
        (("nonclairvoyant", "items-over-time", "--seed", "-1"), "--seed: '-1' is no whole number from 0"),
    ],
)
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = run(capsys, *arguments, "--quiet")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert words in err


@pytest.mark.parametrize("drawn", [{"paths": 1}, {"paths": 2.5}, {"seed": -1}])
def test_numbers_of_paths_and_seeds_are_refused_in_python_too(drawn: dict[str, Any]) -> None:
    with pytest.raises(dm.errors.InvalidInput, match="is no whole number from"):
        dm.nonclairvoyant("items-over-time", **drawn)


def test_from_python() -> None:
    env = dm.load("give-then-spend")
    found = dm.bank(env)
    assert str(found.clairvoyant) == "29/10"
    assert str(dm.nonclairvoyant(env).guarantee) == "1/3"
    item = ([1, 2, 4], ["2/5", "1/5", "2/5"])
    later = [[buyer.values.tolist(), buyer.probabilities.tolist()] for buyer in found.items.markets[1].buyers]
    assert str(dm.maximin([item, (later[0][0], later[0][1])], [[0], [0, 1]]).ratio) == "127/151"


def test_families(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (dm.load("random-items", seed=seed, buyers=2, periods=4) for seed in (7, 8))
    assert (one.periods, one.num_agents) == (4, 2)
    assert [v.tolist() for v in one.agents[0].values] != [v.tolist() for v in other.agents[0].values]
    assert dm.load("items-over-time", case="three-items").types(1) == (2, 2)
    with pytest.raises(dm.DynamechError, match="only 3 values"):
        dm.load("random-items", types=5, top=2)
