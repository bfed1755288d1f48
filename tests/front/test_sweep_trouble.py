"""``sweep`` in trouble: two that write one file, a full disk, Ctrl-C. One line each, and nothing is lost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import dynamech as dm

from .test_sweep import FORK, KLN, answers, table

GRID = {"n": 2, "c_times": "1..5:12"}


def study(path: str) -> None:
    dm.sweep(KLN, GRID, jobs=1, out=path, resume=True)


def full(path: str, told: str) -> None:
    """The same where files cannot grow beyond 30 kB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))
    try:
        dm.sweep(KLN, GRID | {"c_times": "1..5:40"}, jobs=1, out=path)
    except dm.DynamechError as error:
        Path(told).write_text(str(error))


def test_two_sweeps_may_write_one_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    processes = [FORK.Process(target=study, args=(str(path),)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    study(str(tmp_path / "alone.db"))
    assert answers(table(path)) == answers(table(tmp_path / "alone.db"))
    assert len(table(path)) == 24


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path, told = tmp_path / "a.db", tmp_path / "told.txt"
    process = FORK.Process(target=full, args=(str(path), str(told)))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert told.read_text() == f"{path}: cannot be written (disk I/O error)"
    kept = table(path)
    assert 0 < len(kept) < 80
    assert len(kept) % 2 == 0
    whole = dm.sweep(KLN, GRID | {"c_times": "1..5:40"}, jobs=1, out=path, resume=True)
    assert len(whole.rows) == len(table(path)) == 80
    assert kept.items() <= table(path).items()


def test_an_interrupt_of_all_processes_is_one_line(tmp_path: Path) -> None:
    """Ctrl-C reaches the processes that answer, too."""
    path = tmp_path / "a.db"
    words = ("--set", "n=2", "--set", "c_times=1..5:900", "--out", str(path), "--jobs", "2", "--quiet")
    process = subprocess.Popen(
        [sys.executable, "-m", "dynamech", "sweep", KLN, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not (path.exists() and path.stat().st_size > 30_000) and process.poll() is None:
        time.sleep(0.01)  # who reads rows waits for those who write them
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert said.startswith("dynamech: interrupted; ")
    assert said.endswith(f"is in {path}: --resume goes on\n")
    assert said.count("\n") == 1
    assert len(table(path)) >= 6
    assert len(table(path)) % 2 == 0
