"""A sweep of 1,000 small instances, killed five times at random (SIGKILL).

    python -m benchmarks.sweep_kills [--instances 1000] [--kills 5] [--jobs 2] [--seed 0]

The sweep is the command, in a process of its own. It is killed once a random number of further instances
stand in the file, after a random moment more; then the same command goes on with --resume. What stood in the
file before a kill has to stand there afterwards, to the last bit, and in the end all rows have to be those of
a second file, but for what a clock says. Exits 1 where they are not.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = "parameters, words, rung, digest, status, value, exact, message, seconds, finished_at"
TIMED = 2
"""The last columns, which a clock says."""
Rows = dict[tuple[object, ...], tuple[object, ...]]


def rows_of(path: Path) -> Rows:
    """All rows by instance, words and rung; none where there is no table yet."""
    if not path.exists():
        return {}
    base = sqlite3.connect(path, timeout=60)
    try:
        return {row[:3]: row[3:] for row in base.execute(f"SELECT {COLUMNS} FROM rows")}
    except sqlite3.OperationalError:
        return {}
    finally:
        base.close()


def untimed(rows: Rows) -> Rows:
    return {key: row[:-TIMED] for key, row in rows.items()}


def command(path: Path, instances: int, jobs: int) -> list[str]:
    grid = ("--set", "n=2", "--set", f"c_times=1..5:{instances}")
    words = ("kln-nonseparable", *grid, "--out", str(path), "--resume", "--quiet", "--jobs", str(jobs))
    return [sys.executable, "-m", "dynamech", "sweep", *words]


def killed(path: Path, instances: int, kills: int, jobs: int, dice: random.Random) -> None:
    """Begin the sweep and kill it, so often; raise `SystemExit` where a kill loses something."""
    for kill in range(kills):
        wanted = len(rows_of(path)) + 2 * dice.randint(1, max(1, instances // (kills + 2)))
        process = subprocess.Popen(command(path, instances, jobs), stdout=subprocess.DEVNULL)
        while len(seen := rows_of(path)) < wanted and process.poll() is None:
            time.sleep(0.02)
        time.sleep(dice.random() / 10)
        os.kill(process.pid, signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            raise SystemExit(f"kill {kill + 1}: the sweep ended by itself; ask for more instances")
        kept = rows_of(path)
        if not seen.items() <= kept.items() or len(kept) % 2:
            raise SystemExit(f"kill {kill + 1}: something that was finished is lost")
        print(f"kill {kill + 1}: {len(kept) // 2} of {instances} instances are in the file", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="A sweep that is killed, and one that is not.")
    for name, number in (("instances", 1000), ("kills", 5), ("jobs", 2), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=number)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, path = Path(folder, "whole.db"), Path(folder, "killed.db")
        subprocess.run(command(whole, asked.instances, asked.jobs), check=True, stdout=subprocess.DEVNULL)
        killed(path, asked.instances, asked.kills, asked.jobs, random.Random(asked.seed))
        before = rows_of(path)
        subprocess.run(command(path, asked.instances, asked.jobs), check=True, stdout=subprocess.DEVNULL)
        rows, wanted = rows_of(path), rows_of(whole)
    same = untimed(rows) == untimed(wanted) and before.items() <= rows.items()
    word = "the same" if same else "NOT the same"
    print(f"{len(rows)} rows after {asked.kills} kills, {len(wanted)} undisturbed: {word}")
    return 0 if same and len(rows) == 2 * asked.instances else 1


if __name__ == "__main__":
    sys.exit(main())
