"""Further doors of ``correlation``: signals ahead, cells of continuous ones, values without transfers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import dynamech as dm
from dynamech.models.correlation.continuous import approximate
from dynamech.models.correlation.future_signals import future_signals
from dynamech.solvers.effort import EXACT

from .conftest import Ran

Run = Callable[..., Ran]
FEW = ["liu-licence"]
GRID = ["continuous-signals", "--set", "cells=4"]
POOR = ["random-correlated", "--set", "types=3", "--set", "rank=2"]


def loaded(words: list[str]) -> dm.Environment:
    return dm.load(words[0], **dict(word.split("=") for word in words[2::2]))


def test_signals_ahead_are_asked_and_kept(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "ahead.json"
    ran = run("correlation", *FEW, "--ahead", "2", "--exact", "--out", str(out), "--json")
    assert ran.code == 0
    env = loaded(FEW)
    direct = future_signals(env, 2, effort=EXACT)
    assert ran.json["ahead"] == {
        "periods": 2,
        "convex_independence": direct.convex_independence,
        "spanning": direct.spans,
        "implementable": True,
        "reason": "",
    }
    assert direct.mechanism is not None
    assert dm.load_mechanism(out, env).to_json() == direct.mechanism.to_json()
    assert run("verify", *FEW[:1], str(out), *FEW[1:], "--incentives", "ex-post").code == 0
    said = run("correlation", *FEW, "--ahead", "2").out
    assert "Signals ahead. By the others' types of the next 2" in said


def test_cells_miss_by_what_they_say(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "cells.json"
    words = ["--cells", "2", "--theorem", "3.2"]
    ran = run("correlation", *GRID, *words, "--exact", "--out", str(out), "--json")
    direct = approximate(loaded(GRID), 2, effort=EXACT)
    cells = ran.json["cells"]
    assert (cells["number"], Fraction(cells["error"])) == (2, direct.error)
    assert 0 < Fraction(cells["gain"]) == direct.gain <= Fraction(cells["bound"]) == direct.bound
    judged = dm.verify(loaded(GRID), dm.load_mechanism(out), "ex-post")
    assert not judged
    assert judged.violation >= direct.gain
    assert "one lie gains" in run("correlation", *GRID, *words).out


def test_values_that_no_transfers_align_are_an_instance(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "values.json"
    ran = run("correlation", *POOR, "--unalignable", "--out", str(out), "--json")
    where = ran.json["unalignable"]
    assert sum(map(Fraction, where["weights"])) == 1
    assert dm.correlation(out, exact=True).mechanism is None
    said = " ".join(run("correlation", *POOR, "--unalignable").out.split())
    assert f"what type '{where['type']}' of agent '{where['agent']}' foretells" in said


def test_where_all_values_align_there_are_none(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "none.json"
    ran = run("correlation", "random-correlated", "--unalignable", "--out", str(out), "--json")
    assert (ran.code, ran.json["unalignable"]) == (0, None)
    assert "convex independence holds" in ran.err.replace("\n", " ")
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--ahead", "0"], "--ahead: '0' is no whole number from 1"),
        (["--cells", "x"], "--cells: 'x' is no whole number from 1"),
        (["--ahead", "1", "--extract"], "give one of --budget, --extract, --ahead"),
        (["--cells", "2", "--unalignable"], "give one of --budget, --extract, --ahead"),
    ],
)
def test_what_does_not_go_together_is_refused(run: Run, words: list[str], says: str) -> None:
    ran = run("correlation", "liu-licence", *words)
    assert ran.code == 2
    assert says in ran.err


def test_actions_that_move_types_have_no_signals_ahead(run: Run) -> None:
    ran = run("correlation", "random-correlated", "--set", "types=2", "--ahead", "2")
    assert ran.code == 2
    assert "future signals: actions of period 0 move types" in ran.err
