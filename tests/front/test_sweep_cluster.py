"""``sweep --dask``: a real scheduler, two workers, one of which is killed on the way; Parquet files."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dynamech as dm
from dynamech.solvers.events import Event

from .conftest import Ran
from .test_sweep import answers, table

Run = Callable[..., Ran]
KLN = "kln-nonseparable"
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@contextlib.contextmanager
def running(module: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", module, *words, *LOCAL], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_that_is_killed_changes_no_row(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    found, path = tmp_path / "scheduler.json", tmp_path / "a.db"
    at = ("--scheduler-file", str(found))
    worker = ("distributed.cli.dask_worker", *at, "--no-nanny", "--nthreads", "1")
    died: list[int] = []
    with (
        running("distributed.cli.dask_scheduler", *at, "--port", "0"),
        running(*worker) as one,
        running(*worker) as other,
    ):
        from distributed import Client

        while not found.exists():
            time.sleep(0.02)
        address = json.loads(found.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)

            def kill(event: Event) -> None:
                done = sum(event.figures[key] for key in ("tight", "not_tight", "open", "failed"))
                if done >= 4 and not died:
                    one.kill()
                    died.append(one.wait())

            grid = {"n": [2, 3], "c_times": "1..5:10"}
            study = dm.sweep(KLN, grid, dask=address, out=path, notify=kill)
            assert len(client.scheduler_info()["workers"]) == 1
            assert other.poll() is None
    assert died == [-9]
    alone = dm.sweep(KLN, grid, jobs=1, out=tmp_path / "alone.db")
    assert study.to_json() == alone.to_json()
    assert answers(table(path)) == answers(table(tmp_path / "alone.db"))
    assert len(table(path)) == 40


def test_no_scheduler_is_one_line(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    for address, why in (
        ("127.0.0.1:1", "refused"),
        ("nowhere", "missing port number"),
        ("x:y", "invalid literal"),
    ):
        ran = run("sweep", KLN, "--set", "n=2", "--out", str(tmp_path / "a.db"), "--dask", address)
        assert (ran.code, ran.out) == (2, "")
        assert f"dask: no scheduler answers at '{address}'" in ran.err
        assert why in ran.err
        assert ran.err.count("\n") == 1
    assert not any(tmp_path.iterdir())
    with ThreadPoolExecutor(1) as pool, pytest.raises(dm.errors.InvalidInput, match="give one"):
        dm.sweep(KLN, {"n": 2}, executor=pool, dask="127.0.0.1:1")


def test_what_is_not_installed_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    for option, given, extra in (("--dask", "127.0.0.1:1", "dask"), ("--parquet", "rows.parquet", "parquet")):
        monkeypatch.chdir(tmp_path)
        ran = run("sweep", KLN, "--set", "n=2", "--out", "a.db", option, given)
        assert (ran.code, ran.out) == (2, "")
        assert f'pip install "dynamech[{extra}]"' in ran.err
        assert ran.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_parquet_has_the_rows_of_the_file(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pandas

    path, kept = tmp_path / "rows.parquet", tmp_path / "a.db"
    grid = ("--set", "n=2,3", "--set", "c_times=3..5:3", "--rungs", "relaxed,bayesian,types-public")
    ran = run(
        "sweep", KLN, *grid, "--exact", "--jobs", "1", "--out", str(kept), "--parquet", str(path), "--json"
    )
    assert ran.code == 0
    frame = pandas.read_parquet(path)
    rows = list(table(kept).values())
    assert len(frame) == len(rows) == 18
    for row in rows:
        own = json.loads(row["parameters"])
        (line,) = frame[
            (frame.n == own["n"]) & (frame.c_times == own["c_times"]) & (frame.rung == row["rung"])
        ].to_dict("records")
        assert line["instance"] == KLN
        for name in ("digest", "words", "status", "value", "exact", "message", "seconds", "finished_at"):
            assert line[name] == row[name]
    outcomes = frame.drop_duplicates(["n", "c_times"]).outcome.value_counts().to_dict()
    assert outcomes == {key: ran.json[key] for key in ("tight", "not_tight") if ran.json[key]}


def test_a_parquet_file_is_checked_first(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    out = str(tmp_path / "a.db")
    ran = run("sweep", KLN, "--set", "n=2", "--out", out, "--parquet", out)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "would be overwritten" in ran.err
    assert not any(tmp_path.iterdir())
