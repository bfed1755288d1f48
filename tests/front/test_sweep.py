"""``sweep``: its rows, its file, what is refused, and what a kill leaves."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.api.ranges import tight_range
from dynamech.api.sweeps import sweep
from dynamech.solvers.events import Event
from dynamech.studies.answering import OPEN, SweepRow, is_tight
from dynamech.studies.grid import MOST, instances

from .conftest import Ran, example

Run = Callable[..., Ran]
KLN = "kln-nonseparable"
GRID = {"n": 3, "c_times": "3..6:4"}
COLUMNS = [
    "digest",
    "parameters",
    "words",
    "rung",
    "status",
    "value",
    "exact",
    "seconds",
    "message",
    "finished_at",
]
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["dynamech.api.sweeps"])


def table(path: Path) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows of a file by parameters, words and rung; none where it is not there yet."""
    if not path.exists():
        return {}
    base = sqlite3.connect(path, timeout=60)
    base.row_factory = sqlite3.Row
    try:
        lines = base.execute("SELECT * FROM rows").fetchall()
    except sqlite3.OperationalError:  # no table yet
        return {}
    finally:
        base.close()
    return {(line["parameters"], line["words"], line["rung"]): dict(line) for line in lines}


def answers(rows: dict[tuple[str, ...], dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    """The rows without what a clock says."""
    timed = ("seconds", "finished_at")
    return {key: {name: row[name] for name in row if name not in timed} for key, row in rows.items()}


# What it says ----------------------------------------------------------------------------------------------


def test_every_row_is_the_ladder_of_its_instance(tmp_path: Path) -> None:
    study = sweep(
        KLN, GRID, rungs=dm.models.notions.incentives.RUNGS, exact=True, jobs=1, out=tmp_path / "a.db"
    )
    assert len(study.rows) == len(table(tmp_path / "a.db")) == 4 * 7
    for instance in study.instances:
        rungs = dm.ladder(dm.load(KLN, n=3, c_times=instance.parameters["c_times"]), exact=True)
        assert [rung.name for rung in rungs.rungs] == list(instance.rows)
        for rung in rungs.rungs:
            row = instance.rows[rung.name]
            assert (row.status, row.number) == (rung.status, rung.value)
        assert instance.outcome == ("tight" if rungs.tight["relaxed"] else "not_tight")
        assert instance.gap == rungs.gap["relaxed"]


def test_it_is_tight_where_the_range_is() -> None:
    tight = tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, points=4)
    study = sweep(KLN, GRID, exact=True, jobs=1)
    assert study.counts == {"tight": 2, "not_tight": 2, "open": 0, "failed": 0}
    gaps = {point.at: point.gap for point in tight.points}
    assert all(gaps[Fraction(one.parameters["c_times"])] == one.gap for one in study.instances)
    assert study.worst is not None
    assert study.worst.gap == max(filter(None, gaps.values())) == Fraction(1, 6)
    assert study.worst.parameters["c_times"] == "5"  # the first of two
    worst = sweep(KLN, GRID, jobs=1).worst  # in doubles, too
    assert worst is not None
    assert worst.parameters == study.worst.parameters
    frame = study.to_dataframe()
    assert list(frame.columns[:3]) == ["instance", "n", "c_times"]
    assert frame[frame.rung == "bayesian"].value.tolist() == [
        one.rows["bayesian"].number for one in study.instances
    ]


@pytest.mark.parametrize("scale", [1e-9, 1, 1e9])
def test_doubles_count_as_equal_by_their_size(scale: float) -> None:
    def row(value: float, message: str = "") -> SweepRow:
        return SweepRow("", "", "", "", "optimal", value * scale, None, 0, message, "")

    assert is_tight(row(2 + 1e-8), row(2)) is True
    assert is_tight(row(2.001), row(2)) is False
    assert is_tight(row(2 + 1e-8, OPEN), row(2)) is None
    exact = replace(row(2), exact="2")
    assert is_tight(exact, exact) is True
    assert is_tight(replace(exact, exact="2000000001/1000000000"), exact) is False
    assert is_tight(replace(row(2), value=None), exact) is None


def test_a_failed_instance_is_a_row_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    dm.save(dm.load(KLN, n=2), folder / "a.json")
    (folder / "b.json").write_text(json.dumps(example() | {"horizon": 3}))
    (folder / "c.json").write_text("{")
    (folder / "notes.txt").write_text("no instance")
    study = sweep(folder, rungs=["bayesian"], jobs=1, out=tmp_path / "a.db")
    assert [row.status for row in study.rows] == ["optimal", "failed", "failed"]
    assert [row.digest == "" for row in study.rows] == [False, True, True]
    for name, row in zip("bc", study.rows[1:], strict=True):
        with pytest.raises(dm.errors.InvalidInput) as why:
            dm.load(folder / f"{name}.json")
        assert row.message == str(why.value)
    assert study.counts == {"tight": 0, "not_tight": 0, "open": 1, "failed": 2}
    assert study.worst is None
    dm.save(dm.load(KLN, n=2), folder / "c.json")
    again = sweep(folder, rungs=["bayesian"], jobs=1, out=tmp_path / "a.db", resume=True)
    assert again.counts["failed"] == 1


def test_one_rung_that_is_too_large_leaves_the_others(tmp_path: Path) -> None:
    study = sweep(KLN, {"n": "2,4"}, rungs=["none", "bayesian"], memory_limit=20_000, jobs=1)
    limits = [row for row in study.rows if row.status == "limit"]
    assert 0 < len(limits) < len(study.rows)
    assert all("memory" in row.message for row in limits)


# The grid --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("3", ["3"]),
        ("3,5,3", ["3", "5"]),
        ("2..4", ["2", "3", "4"]),
        ("2..4:5", ["2", "5/2", "3", "7/2", "4"]),
        ("0.5,1..2:2, 9", ["1/2", "1", "2", "9"]),
        ("3..3", ["3"]),
        ([3, "7/2"], ["3", "7/2"]),
        (Fraction(7, 2), ["7/2"]),
    ],
)
def test_values_of_a_parameter(given: Any, values: list[str]) -> None:
    assert [one.settings["c_times"] for one in instances(KLN, {"c_times": given})] == values


def test_what_is_one_value_is_one() -> None:
    assert len(instances("myerson", {"values": "1,2,10", "prior": "7/10,1/5,1/10"})) == 1
    assert len(instances("myerson", {"values": [[1, 2], [1, 3]], "bidders": "1..3"})) == 6


def test_the_order_of_settings_does_not_matter() -> None:
    one, other = (
        instances(KLN, {"n": "2,3", "c_times": "3,4"}),
        instances(KLN, {"c_times": "3,4", "n": "2,3"}),
    )
    assert [swept.key for swept in one] == [swept.key for swept in other]
    assert instances(KLN, {"c_times": "2/4"})[0].key == instances(KLN, {"c_times": 0.5})[0].key


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("kln", "--set", "n=2..3"), "'kln' is neither a library instance nor a file"),
        ((KLN, "--set", "seed=0..9"), f"{KLN} has no parameter 'seed' (it has: n, c_plus, c_times)"),
        ((KLN, "--set", "n=2,x"), f"{KLN}: n must be a whole number such as 3, not 'x'"),
        ((KLN, "--set", "n=2.."), f"{KLN}: n must be a whole number such as 3, not '2..'"),
        ((KLN, "--set", "n=4..2"), f"{KLN}: n: '4..2' is no range LOW..HIGH of whole numbers or LOW..HIGH:N"),
        ((KLN, "--set", "c_times=1..2:1"), "c_times: '1..2:1' is no range"),
        ((KLN, "--set", "c_times=1/2..2"), "c_times: '1/2..2' is no range"),
        ((KLN, "--set", "c_times=1..x:3"), "c_times: '1..x:3' is no range"),
        ((KLN, "--set", "n=2..3:5"), f"{KLN}: n must be a whole number such as 3, not '9/4'"),
        ((KLN, "--set", f"n=2..{MOST + 2}"), f"is more than {MOST:,} values"),
        (
            (KLN, "--set", "n=2..2000", "--set", "c_times=1..2:1000"),
            "1,999,000 instances, more than 1,000,000",
        ),
        ((KLN, "--rungs", "relaxed,best"), "rungs: 'best' is not one of none, virtual"),
        ((KLN, "--jobs", "0"), "jobs: 0 is not a number of processes"),
        ((KLN, "--jobs", "two"), "--jobs: 'two' is not a number of processes"),
        ((KLN, "--solver", "glpk"), "glpk"),
        ((KLN, "--time-limit", "0"), "--time-limit: '0' is not a positive number of seconds"),
        ((KLN, "--plot", "gap.txt"), "gap.txt: a plot is written as .png, .pdf, .svg"),
    ],
)
def test_bad_input_is_one_line_and_no_file(
    run: Run, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    ran = run("sweep", *words, "--out", str(tmp_path / "a.db"))
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_what_files_are_refused(run: Run, tmp_path: Path, mine: Path) -> None:
    empty, other, base = tmp_path / "empty", tmp_path / "other.txt", tmp_path / "other.db"
    empty.mkdir()
    other.write_text("a text that is kept")
    with sqlite3.connect(base) as foreign:
        foreign.execute("CREATE TABLE rows (x)")
    foreign.close()
    small = (KLN, "--set", "n=2", "--jobs", "1")
    for words, message in (
        ((str(mine), "--set", "n=2", "--out", "a.db"), "mine.json: files have no parameters (n)"),
        ((str(empty), "--out", "a.db"), "empty: there is no .json file in this folder"),
        ((*small, "--out", str(other)), "other.txt: the file is there; --resume goes on from it"),
        ((*small, "--out", str(other), "--resume"), "other.txt: is there and is no file of a sweep"),
        ((*small, "--out", str(base), "--resume"), "other.db: is there and is no file of a sweep"),
        ((*small, "--out", str(empty), "--resume"), "is a directory, not a file"),
        ((*small, "--out", str(tmp_path / "no" / "a.db")), "there is no directory"),
        ((str(mine), "--out", str(mine), "--resume"), "would be overwritten"),
    ):
        ran = run("sweep", *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert message in ran.err, words
        assert ran.err.count("\n") == 1
    assert other.read_text() == "a text that is kept"


# The file --------------------------------------------------------------------------------------------------


def test_the_command(run: Run, tmp_path: Path) -> None:
    path, picture = tmp_path / "a.db", tmp_path / "gap.png"
    words = ("sweep", KLN, "--set", "n=3", "--set", "c_times=3..6:4", "--exact", "--out", str(path))
    more = ("--jobs", "1", "--plot", str(picture), "--json", "--quiet")
    ran = run(*words, *more, "--resume")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {
        "instances": 4, "rows": 8, "tight": 2, "not_tight": 2, "open": 0, "failed": 0,
        "worst": ran.json["worst"],
    }  # fmt: skip
    assert (ran.json["worst"]["gap"], ran.json["worst"]["parameters"]["c_times"]) == ("1/6", "5")
    rows = table(path)
    assert all(list(row) == COLUMNS for row in rows.values())
    assert picture.stat().st_size > 1000
    assert run(*words, *more).code == 2
    assert run(*words, *more, "--resume").json == ran.json
    assert table(path) == rows
    told = run(*words, "--jobs", "1", "--resume").out
    assert "not tight          2" in told
    assert "the gap is 1/6" in " ".join(told.split())


def test_an_interrupt_says_what_is_kept(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []

    def interrupt(_: Any, event: Event) -> None:
        told.append(event)
        if event.figures["not_tight"] == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr("dynamech.cli.terminal.Work.tell", interrupt)
    path = tmp_path / "a.db"
    ran = run("sweep", KLN, "--set", "n=3", "--set", "c_times=3..6:4", "--out", str(path), "--jobs", "1")
    assert (ran.code, ran.out) == (130, "")
    assert "interrupted; 3 of 4: 2 tight, 1 not tight, 0 open, 0 failed is in" in ran.err
    assert [event.figures["tight"] for event in told] == [0, 1, 2, 2]
    assert len(table(path)) == 6


def test_a_grid_grows_and_files_change(tmp_path: Path) -> None:
    path, file = tmp_path / "a.db", tmp_path / "kln.json"
    sweep(KLN, {"n": 2, "c_times": [3]}, jobs=1, out=path)
    before = table(path)
    sweep(KLN, {"n": 2, "c_times": [3, 4]}, jobs=1, out=path, resume=True)
    assert len(table(path)) == 4
    assert before.items() <= table(path).items()
    sweep(KLN, {"n": 2, "c_times": [3, 4]}, objective="welfare", jobs=1, out=path, resume=True)
    assert len(table(path)) == 8
    dm.save(dm.load(KLN, n=2), file)
    first = sweep(file, jobs=1, out=path, resume=True)
    dm.save(dm.load(KLN, n=2, c_times=4), file)
    second = sweep(file, rungs=["bayesian"], jobs=1, out=path, resume=True)
    assert first.rows[1].value != second.rows[0].value
    assert second.rows[0].value == pytest.approx(dm.design(file).value, abs=1e-9)
    assert len(table(path)) == 9  # the rung that was asked of what the file was is gone


@pytest.mark.parametrize("change", ["exact = '1/0'", "exact = 'x'", "value = 'x'"])
def test_a_row_that_was_changed_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.db"
    sweep(KLN, {"n": 2}, jobs=1, out=path)
    with sqlite3.connect(path) as base:
        base.execute(f"UPDATE rows SET {change}")
    base.close()
    with pytest.raises(dm.errors.InvalidInput, match=r"a\.db: a row was changed by hand"):
        sweep(KLN, {"n": 2}, jobs=1, out=path, resume=True)


def test_a_limit_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    short = sweep(KLN, {"n": 2}, jobs=1, out=path, memory_limit=1)
    assert {row.status for row in short.rows} == {"limit"}
    assert short.counts["open"] == 1
    assert {row.status for row in sweep(KLN, {"n": 2}, jobs=1, out=path, resume=True).rows} == {"optimal"}


def test_whoever_answers_answers_the_same(tmp_path: Path) -> None:
    """One process, two, threads of an executor."""
    alone = sweep(KLN, GRID, jobs=1, out=tmp_path / "1.db")
    two = sweep(KLN, GRID, jobs=2, out=tmp_path / "2.db")
    with ThreadPoolExecutor(2) as pool:
        threads = sweep(KLN, GRID, executor=pool, out=tmp_path / "3.db")
    assert alone.to_json() == two.to_json() == threads.to_json()
    rows = [answers(table(tmp_path / f"{k}.db")) for k in (1, 2, 3)]
    assert rows[0] == rows[1] == rows[2]


class Dying(ThreadPoolExecutor):
    """Breaks at the third instance."""

    count = 0

    def submit(self, *told: Any, **more: Any) -> Future[Any]:
        self.count += 1
        if self.count < 3:
            return super().submit(*told, **more)
        broken: Future[Any] = Future()
        self.shutdown(wait=True)
        broken.set_exception(BrokenProcessPool("A process was terminated abruptly. And more"))
        return broken


def test_a_process_that_dies_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with (
        Dying(1) as pool,
        pytest.raises(dm.DynamechError, match=r"a\.db: a process that answered died \(A process"),
    ):
        sweep(KLN, GRID, executor=pool, out=path)
    sweep(KLN, GRID, jobs=1, out=path, resume=True)
    assert len(table(path)) == 8


def study(path: str) -> None:
    sweep(KLN, {"n": 2, "c_times": "1..5:30"}, jobs=1, out=path, resume=True)


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    """Killed five times at random, the rows are those of an undisturbed sweep, none asked twice."""
    study(str(tmp_path / "whole.db"))
    path, dice = tmp_path / "killed.db", random.Random(0)
    for _ in range(5):
        process = FORK.Process(target=study, args=(str(path),))
        before = table(path)
        process.start()
        assert process.pid is not None
        wanted, seen = len(before) + 2 * dice.randint(1, 4), before
        while len(seen) < wanted and process.is_alive():
            time.sleep(0.002)
            seen = table(path)
        time.sleep(dice.random() / 20)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert seen.items() <= table(path).items()
    kept = table(path)
    assert 10 <= len(kept) < 60
    assert len(kept) % 2 == 0  # an instance is there whole or not at all
    study(str(path))
    assert answers(table(path)) == answers(table(tmp_path / "whole.db"))
    assert len(table(path)) == 60
    assert kept.items() <= table(path).items()
