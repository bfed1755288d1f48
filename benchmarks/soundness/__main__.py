"""Run it: ``python -m benchmarks.soundness``, or with ``--environments 20 --burn 10``.

Prints how many answers were compared, how many were wrong, and what was not compared and why. A case with a
wrong answer is written to the folder given by ``--keep``: the environment's file, and what was said and is
right.
``--resume FILE`` keeps the outcome of every case that is done, and leaves those out the next time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .tally import Tally

KINDS = {
    "environments": 2000, "correlation": 500, "bank": 500, "burn": 500, "auctions": 500,
    "efficient": 1000, "bandits": 500, "queues": 300, "two_steps": 500,
    "virtual_pivots": 300, "menus": 300, "monotonicities": 300,
    "demands": 500, "recursions": 300, "simulations": 300,
}  # fmt: skip
"""What is compared, and how many cases of it where nothing is said."""


def one(kind: str, seed: int, keep: str | None) -> tuple[str, int, Tally]:
    """One case, in a process of its own."""
    tally, env = importlib.import_module(f"{__package__}.{kind}").check(seed)
    if tally.wrong and keep is not None:
        import dynamech as dm

        folder = Path(keep)
        folder.mkdir(parents=True, exist_ok=True)
        dm.save(env, folder / f"{kind}-{seed}.json")
        (folder / f"{kind}-{seed}.txt").write_text("\n".join([f"{kind} {seed}", *tally.wrong]) + "\n")
    return kind, seed, tally


def run(
    counts: dict[str, int], first: int, jobs: int, keep: str | None, done: Path | None, quiet: bool
) -> dict[str, Tally]:
    """All cases, by kind."""
    totals = {kind: Tally() for kind in counts}
    cases = [(kind, first + k) for kind, count in counts.items() for k in range(count)]
    if done is not None and done.exists():
        for line in done.read_text().splitlines():
            entry = json.loads(line)
            case = (entry["kind"], entry["seed"])
            if case in cases:
                cases.remove(case)
                totals[entry["kind"]] += Tally(**entry["tally"])
    began = time.monotonic()
    pool = ProcessPoolExecutor(jobs) if jobs > 1 else None
    results = (
        (job.result() for job in as_completed([pool.submit(one, kind, seed, keep) for kind, seed in cases]))
        if pool is not None
        else (one(kind, seed, keep) for kind, seed in cases)
    )
    for finished, (kind, seed, tally) in enumerate(results, 1):
        totals[kind] += tally
        for line in tally.wrong:
            print(f"{kind} {seed}: {line}", file=sys.stderr, flush=True)
        if done is not None:
            with done.open("a") as out:
                out.write(json.dumps({"kind": kind, "seed": seed, "tally": asdict(tally)}) + "\n")
        if not quiet and finished % 20 == 0:
            wrong = sum(len(t.wrong) for t in totals.values())
            spent = time.monotonic() - began
            print(
                f"{finished} of {len(cases)} cases, {wrong} wrong, {spent:.0f} s", file=sys.stderr, flush=True
            )
    if pool is not None:
        pool.shutdown()
    return totals


def main() -> int:
    """Print the table; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="benchmarks.soundness", description=__doc__)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="N", help=f"how many cases of {kind}")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--keep", metavar="FOLDER", help="where cases with wrong answers are written")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="outcomes so far; goes on from there")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    counts = {kind: getattr(given, kind) for kind in KINDS}
    if not any(counts.values()):
        counts = dict(KINDS)
    totals = run(counts, given.seed, given.jobs, given.keep, given.resume, given.quiet)
    table = Table(title="Answers against plain programs")
    for column in (
        "kind",
        "cases",
        "compared",
        "wrong",
        "intervals",
        "refused",
        "no error bound",
        "plain too large",
    ):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind, t in totals.items():
        figures = (counts[kind], t.checked, len(t.wrong), t.intervals, t.refused, t.loose, t.undecided)
        table.add_row(kind, *map(str, figures))
    Console(width=110).print(table)
    return 1 if any(t.wrong for t in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
