"""``dynamech ladder --rungs``: some rungs only, in the table, in JSON, in the file and beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

LADDER = ("ladder", "two-type-markov")
EASY = ("--rungs", "bayesian,relaxed")


def test_some_rungs_in_the_table_and_in_json(run: Callable[..., Any]) -> None:
    ran = run(*LADDER, *EASY, "--exact")
    assert ran.code == 0
    assert "virtual" not in ran.out
    assert "The relaxation is not tight" in ran.out
    assert "none:" not in ran.err
    told = run(*LADDER, *EASY, "--exact", "--json").json
    whole = run(*LADDER, "--exact", "--json").json
    assert [rung["name"] for rung in told["rungs"]] == ["relaxed", "bayesian"]
    assert list(told) == list(whole)
    assert told["witness"]["exact"] == whole["witness"]["exact"]
    assert told["tight"] == {"relaxed": False, "virtual": None, "first-order": None}
    assert told["gap"] == {name: whole["gap"][name] for name in ("relaxed", "bayesian")}
    alone = run(*LADDER, "--rungs", "relaxed")
    assert "None on the relaxation, because 'bayesian' was not asked." in " ".join(alone.out.split())


def test_what_is_no_rung_is_one_line(run: Callable[..., Any]) -> None:
    for said in ("relaxed,nosuch", "relaxed,", ""):
        ran = run(*LADDER, "--rungs", said)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert ran.err.startswith("dynamech: --rungs: '")


def test_a_file_of_some_rungs_is_gone_on_from_and_one_of_all_stays(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "ladder.json"
    kept = (*LADDER, "--quiet", "--out", str(path))
    assert run(*kept, *EASY).code == 0
    first = json.loads(path.read_text())
    assert first["finished"] is False
    assert [rung["name"] for rung in first["rungs"]] == ["relaxed", "bayesian"]
    assert first["tight"]["relaxed"] is False
    assert run(*kept).code == 0
    whole = path.read_text()
    assert json.loads(whole)["finished"] is True
    assert len(json.loads(whole)["rungs"]) == 7
    assert run(*kept, "--rungs", "none").code == 0
    assert path.read_text() == whole


def test_proofs_are_of_the_rungs_asked(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    assert run(*LADDER, *EASY, "--exact", "--quiet", "--certificate", str(path)).code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["proof.json", "proof.relaxed.json"]
