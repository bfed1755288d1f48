"""The key `outside` on the command line: what is shown, asked, judged, proved and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Ran


def written(folder: Path, outside: Any, name: str = "shop") -> str:
    agent = {
        "name": "buyer",
        "types": [["low", "high"]],
        "prior": ["1/3", "2/3"],
        "values": [[[0, 0], [2, 4]]],
        "outside": outside,
    }
    content = {
        "format": "dynamech/1",
        "name": "shop",
        "horizon": 1,
        "actions": [["keep", "sell"]],
        "agents": [agent],
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_design_is_proved_kept_and_judged(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = written(tmp_path, [[0, 3]])
    proof, mechanism = str(tmp_path / "proof.json"), str(tmp_path / "mechanism.json")
    done = run("design", path, "--exact", "--certificate", proof, "--out", mechanism, "--json")
    assert done.code == 0
    assert done.json["exact"] == "1"
    assert run("verify", path, mechanism, "--participation", "interim", "--json").code == 0
    assert run("certificate", proof, path, "--rebuild", "--json").json["rebuilt"] is True
    other = written(tmp_path, [[0, 4]], "other")
    judged = run("verify", other, mechanism, "--participation", "interim", "--json")
    assert judged.code == 1
    (notion,) = judged.json["notions"]
    assert notion["witness"]["sentence"] == (
        "Agent 'buyer' of type 'high' in period 0 expects -1 beyond what she has outside from then on, "
        "1 less than 0."
    )
    assert run("certificate", proof, other, "--rebuild", "--json").code == 1


def test_it_is_shown(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = written(tmp_path, [[0, 3]])
    assert "has elsewhere" in run("show", path).out
    assert run("show", path, "--json").json["agents"][0]["outside"] == [[0, 3]]


@pytest.mark.parametrize(
    ("outside", "told"),
    [
        ([[0]], "agent 'buyer', outside, period 0: shape (1,) is not (types) = (2,)"),
        ([0, 3], "outside"),
        ([[0, "x"]], "outside"),
        ([[0, 1], [0, 1]], "outside: 2 entries for 1 period"),
    ],
)
def test_bad_input_is_one_line(run: Callable[..., Ran], tmp_path: Path, outside: Any, told: str) -> None:
    done = run("design", written(tmp_path, outside), "--quiet")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert told in done.err


@pytest.mark.parametrize("command", ["pivot", "menu", "bank", "iron", "correlation", "virtual-pivot"])
def test_what_does_not_know_it_refuses(run: Callable[..., Ran], tmp_path: Path, command: str) -> None:
    done = run(command, written(tmp_path, [[0, 3]]), "--quiet")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "type 'high' has 3 outside, and an outside option of 0 is needed" in done.err


def test_the_other_place_to_leave_for_is_not_applicable(run: Callable[..., Ran], tmp_path: Path) -> None:
    done = run("design", written(tmp_path, [[0, 3]]), "--participation", "outside-efficient", "--json")
    assert done.json["status"] == "not-applicable"
    assert "outside-efficient" in done.json["message"]
