"""The key `reports` on the command line: what is told, refused and proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Ran

CHAIN = [{"h": ["h", "m"], "m": ["m", "l"]}, {"h": ["h"], "m": ["m"]}]
"""In period 0 h may say m, and m l, but h not l; in period 1 neither may say anything else."""


def written(folder: Path, reports: list[dict[str, list[str]]]) -> str:
    types = ["l", "m", "h"]
    moves = [["1/2", "1/2", 0], ["1/4", "1/2", "1/4"], [0, "1/2", "1/2"]]
    content: dict[str, Any] = {
        "format": "dynamech/1",
        "name": "evidence",
        "horizon": 2,
        "actions": [["keep", "sell"]] * 2,
        "agents": [
            {
                "name": "buyer",
                "types": [types] * 2,
                "prior": ["1/3"] * 3,
                "values": [[[0, 0, 0], [1, 2, 3]]] * 2,
                "transitions": [[moves]],
                "reports": reports,
            }
        ],
    }
    path = folder / "evidence.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_design_warns_with_the_triple_and_is_proved(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = written(tmp_path, CHAIN)
    proof, mechanism = str(tmp_path / "proof.json"), str(tmp_path / "mechanism.json")
    done = run("design", path, "--exact", "--certificate", proof, "--out", mechanism, "--json")
    assert done.code == 0
    assert done.json["exact"] == "4"
    (note,) = (line for line in done.err.splitlines() if "Green and Laffont" in line)
    assert note.startswith("agent 'buyer', period 0: 'm' may report 'l', and 'l' 'h', but 'm' not 'h'")
    assert run("design", path, "--quiet", "--json").err == ""
    assert run("verify", path, mechanism, "--incentives", "bayesian", "--json").code == 0
    assert run("certificate", proof, path, "--rebuild", "--json").json["rebuilt"] is True
    other = written(tmp_path, [{}, {}])
    assert run("verify", other, mechanism, "--incentives", "bayesian", "--json").code == 1
    assert run("certificate", proof, other, "--json").code == 1


def test_a_ladder_says_which_relaxations_are_no_bound(run: Callable[..., Ran], tmp_path: Path) -> None:
    done = run("ladder", written(tmp_path, CHAIN), "--json")
    assert done.code == 0
    rungs = {rung["name"]: rung for rung in done.json["rungs"]}
    assert rungs["relaxed"]["status"] == rungs["virtual"]["status"] == "not-applicable"
    assert "may not report" in rungs["relaxed"]["message"]
    assert rungs["bayesian"]["value"] == pytest.approx(4)


def test_show_has_a_table_of_reports_and_the_key(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = written(tmp_path, CHAIN)
    shown = run("show", path)
    assert "Reports, period 0" in shown.out
    assert ["m", "l,", "m"] in [line.split() for line in shown.out.splitlines()]
    assert ["l", "every", "type"] in [line.split() for line in shown.out.splitlines()]
    assert run("show", path, "--json").json["agents"][0]["reports"] == [
        {"m": ["l", "m"], "h": ["m", "h"]},
        CHAIN[1],
    ]


def test_a_key_that_forbids_the_truth_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = written(tmp_path, [{"h": ["m"]}, {}])
    refused = run("design", path)
    assert (refused.code, refused.out) == (2, "")
    line = f"dynamech: {path}: agent 'buyer', reports, period 0: type 'h' may not report the truth\n"
    assert refused.err == line
