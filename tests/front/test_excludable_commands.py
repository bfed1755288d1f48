"""Every command takes an environment whose agents can be left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .conftest import Ran

CLUB = {
    "format": "dynamech/1",
    "name": "club",
    "horizon": 2,
    "actions": [["wait"], ["shut", "open"]],
    "costs": [[0], [0, 2]],
    "excludable": True,
    "agents": [
        {
            "name": name,
            "types": [["low", "high"], ["low", "high"]],
            "prior": ["1/2", "1/2"],
            "values": [[[0, 0]], [[0, 0], worth]],
            "transitions": [[[[1, 0], [0, 1]]]],
        }
        for name, worth in (("ann", [1, 4]), ("bob", [2, 3]))
    ],
}


def test_questions_answers_and_mechanisms_of_one_who_can_be_left_out(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    path, out = tmp_path / "club.json", tmp_path / "mechanism.json"
    path.write_text(json.dumps(CLUB))
    assert run("ladder", str(path), "--exact", "--json").json["rungs"][1]["exact"] == "9/4"
    assert run("design", str(path), "--exact", "--json", "--out", str(out)).json["exact"] == "9/4"
    assert run("verify", str(path), str(out), "--incentives", "bayesian").code == 0
    assert run("pivot", str(path), "--exact", "--json").code == 0
    pivot = run("virtual-pivot", str(path), "--exact", "--json", "--out", str(out)).json
    assert (pivot["bound"], pivot["returned"]) == ("9/4", "A")
    assert pivot["envelope"] == pivot["interval_dominance"] == []
    assert run("verify", str(path), str(out), "--incentives", "ex-post").code == 0
    shown = " ".join(run("show", str(path)).out.split())
    assert "agents can be left out period 0 also chooses which of 2 agents: tables 4 times as large" in shown
    assert run("show", str(path), "--json").json["excludable"] is True


def test_what_is_no_yes_or_no_is_refused(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "club.json"
    path.write_text(json.dumps(CLUB | {"excludable": "yes"}))
    answer = run("show", str(path))
    assert answer.code == 2
    assert "excludable" in answer.err
    assert answer.err.count("\n") == 1
