"""``dynamech ladder``: the main job, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dynamech.instances.jsonfile import digest
from dynamech.solvers.errors import TooLarge

RUNGS = ["none", "virtual", "relaxed", "types-public", "first-order", "bayesian", "ex-post"]
KLN = {
    "none": "15/4",
    "virtual": "5/2",
    "relaxed": "5/2",
    "types-public": "15/4",
    "first-order": "9/4",
    "bayesian": "9/4",
    "ex-post": "9/4",
}

RUNG_KEYS = {
    *("name", "incentives", "participation", "status", "value", "exact"),
    *("rows", "columns", "nonzeros", "seconds"),
}
WITNESS_KEYS = {
    *("agent", "period", "history", "type", "report", "plan", "gain", "exact", "sentence"),
}


def words(text: str) -> str:
    """The text without its line breaks, which depend on the width."""
    return " ".join(text.split())


def test_the_table_says_what_each_rung_leaves_and_who_lies(run: Callable[..., Any]) -> None:
    ran = run("ladder", "kln-nonseparable", "--set", "n=5", "--exact")
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    table = [line.split() for line in ran.out.splitlines()]
    for name, value in KLN.items():
        (row,) = [line for line in table if line[:1] == [name] and "=" in line]
        assert row[1] == value
    said = words(ran.out)
    assert "The relaxation is not tight: it promises 5/2 = 2.5" in said
    assert "leaves 9/4 = 2.25 (gap 1/4, 10% of the promise; coupling 'signals')" in said
    assert "Who lies. Agent 'buyer' of type '" in said
    assert "she gains 5/4" in said
    assert "no relaxed optimum leaves less than 5/4. Other relaxed optima have other allocations" in said
    assert "bayesian: 130 rows, 80 columns" in ran.err


def test_a_wide_console_has_the_meaning_beside_each_rung(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    ran = run("ladder", "two-type-markov", "--quiet")
    assert "relaxed       shocks public, only the first type is private" in ran.out
    assert ran.err == ""


def test_json_has_exactly_the_keys_that_are_promised(run: Callable[..., Any]) -> None:
    content = run("ladder", "kln-nonseparable", "--set", "n=5", "--exact", "--json").json
    assert list(content) == ["instance", "coupling", "rungs", "tight", "gap", "witness", "least_gain"]
    assert content["instance"] == "kln-nonseparable"
    assert content["coupling"] == "signals"
    assert [rung["name"] for rung in content["rungs"]] == RUNGS
    needed = RUNG_KEYS
    for rung in content["rungs"]:
        assert needed <= set(rung)
        assert rung["status"] == "optimal"
        assert rung["exact"] == KLN[rung["name"]]
        assert rung["value"] == float(Fraction(rung["exact"]))
    assert content["tight"] == {"relaxed": False, "virtual": False, "first-order": True}
    assert content["gap"]["relaxed"] == 0.25
    assert list(content["gap"]) == RUNGS
    witness = content["witness"]
    assert set(witness) == WITNESS_KEYS
    assert witness["agent"] == "buyer"
    assert (witness["gain"], witness["exact"]) == (1.25, "5/4")
    assert content["least_gain"] == {
        "interval": [1.25, 1.25],
        "exact": ["5/4", "5/4"],
        "error": 0.0,
        "unique_allocation": False,
        "unique_utilities": False,
    }


def test_floats_agree_with_the_rationals(run: Callable[..., Any]) -> None:
    content = run("ladder", "kln-nonseparable", "--json", "--quiet").json
    for rung in content["rungs"]:
        assert rung["exact"] is None
        assert rung["value"] == pytest.approx(float(Fraction(KLN[rung["name"]])), abs=1e-9)


def test_a_tight_relaxation_has_no_witness(run: Callable[..., Any]) -> None:
    content = run("ladder", "courty-li-uniform", "--json", "--exact").json
    assert content["tight"]["relaxed"] is True
    assert (content["witness"], content["least_gain"]) == (None, None)
    said = words(run("ladder", "courty-li-uniform", "--exact").out)
    assert "The relaxation is tight: dynamic incentive compatibility leaves all it promises" in said
    assert "exactly (coupling 'signals')" in said


def test_a_rung_that_does_not_apply_keeps_its_line_and_says_why(run: Callable[..., Any]) -> None:
    settings = ("random", "--set", "independent=false")
    content = run("ladder", *settings, "--json").json
    rung = content["rungs"][RUNGS.index("relaxed")]
    assert (rung["status"], rung["value"], rung["exact"]) == ("not-applicable", None, None)
    assert "moves with the others' types" in rung["message"]
    assert content["tight"]["relaxed"] is None
    assert content["gap"]["relaxed"] is None
    said = words(run("ladder", *settings).out)
    assert "None on the relaxation, because 'relaxed' is not-applicable" in said
    assert "virtual, relaxed. not-applicable: process" in said


def test_the_finite_type_criterion_is_named_where_it_applies(run: Callable[..., Any]) -> None:
    for variant, answer in (("tight", "says tight"), ("not-tight", "does not say tight")):
        said = words(run("ladder", "kln-separable", "--set", f"variant={variant}", "--set", "T=1").out)
        assert f"(one buyer, values s · B). Of the relaxed optimum found it {answer}" in said


def test_unbounded_is_an_answer(run: Callable[..., Any]) -> None:
    ran = run("ladder", "two-type-markov", "--participation", "none")
    assert ran.code == 0
    assert "unbounded: charge everybody more and more: a unit of money is worth 1" in words(ran.out)


def test_without_a_witness_the_reason_is_given(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise TooLarge("the payments do not fit")

    monkeypatch.setattr("dynamech.models.ladder.ladder.unrelax", refuse)
    ran = run("ladder", "two-type-markov", "--quiet")
    assert "Who lies. Not worked out: the payments do not fit." in words(ran.out)


def test_a_file_gives_the_same_as_the_library(run: Callable[..., Any], tmp_path: Path) -> None:
    path = str(tmp_path / "written.json")
    assert run("export", "kln-nonseparable", "--set", "n=4", "--out", path).code == 0
    ours = run("ladder", "kln-nonseparable", "--set", "n=4", "--json", "--exact").json
    theirs = run("ladder", path, "--json", "--exact").json
    for one, other in zip(ours["rungs"], theirs["rungs"], strict=True):
        assert one["exact"] == other["exact"]
    assert ours["witness"] == theirs["witness"]


def test_a_rung_too_large_keeps_its_line_unless_the_verdict_needs_it(run: Callable[..., Any]) -> None:
    ran = run("ladder", "kln-nonseparable", "--memory-limit", "90kB", "--json")
    rung = ran.json["rungs"][RUNGS.index("ex-post")]
    assert rung["status"] == "limit"
    assert "more than the memory limit of 90 kB" in rung["message"]
    assert ran.json["tight"]["relaxed"] is False


def test_an_answer_of_another_objective_names_it(run: Callable[..., Any]) -> None:
    ran = run("ladder", "two-type-markov", "--objective", "revenue=1,welfare=1/2", "--quiet")
    assert ran.code == 0
    assert "revenue=1,welfare=1/2" in words(ran.out)


def test_finished_rungs_are_kept_and_taken_up_again(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "ladder.json"
    command = ("ladder", "kln-nonseparable", "--exact", "--json", "--out", str(path))
    first = run(*command).json
    kept = json.loads(path.read_text())
    assert kept["finished"] is True
    assert [rung["name"] for rung in kept["rungs"]] == RUNGS
    kept["rungs"] = kept["rungs"][:3]
    kept["rungs"][0]["seconds"] = 1234.0
    path.write_text(json.dumps(kept))
    assert "was changed after it was written; it was left as it is" in run(*command).err
    del kept["digest"]
    path.write_text(json.dumps(kept | {"digest": digest(kept)}))
    again = run(*command)
    assert "goes on after none, virtual" in again.err
    assert again.json["rungs"][0]["seconds"] == 1234.0
    for one, other in zip(first["rungs"], again.json["rungs"], strict=True):
        assert {key: one[key] for key in one if key != "seconds"} == {
            key: other[key] for key in other if key != "seconds"
        }
    assert first["witness"] == again.json["witness"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "is not a ladder"),
        ("not json", "not JSON"),
        ('{"format": "dynamech-ladder/1", "digest": "sha256:0", "rungs": []}', "holds another ladder"),
    ],
)
def test_a_file_of_something_else_is_left_alone(
    run: Callable[..., Any], tmp_path: Path, content: str, reason: str
) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    ran = run("ladder", "kln-nonseparable", "--out", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
    assert path.read_text() == content


def test_each_rung_has_its_proof(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    ran = run("ladder", "kln-nonseparable", "--set", "n=3", "--exact", "--certificate", str(path))
    assert ran.code == 0
    assert json.loads(path.read_text())["kind"] == "optimal"
    for name in RUNGS:
        if name != "bayesian":
            assert (tmp_path / f"proof.{name}.json").is_file()
