"""Compile and solve time by instance size: `python -m benchmarks.compile_and_solve [--full] [--out FILE]`.

Every line is one instance and formulation, in phases: build the environment, compile (environment to
solver-ready arrays), hand over to HiGHS, solve. Shares are of the whole; medians of several repeats; peak
memory is the process's, by a fresh process for each line. `--full` adds the two sizes that the project
promises to compile in under half a second; a solve is stopped after a minute, and its line then shows bounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.persistent import persistent

SMALL: list[dict[str, Any]] = [
    {"name": "kln-nonseparable", "set": {"n": 5}, "formulation": "utilities", "solve": True},
    {"name": "kln-nonseparable", "set": {"n": 33}, "formulation": "utilities", "solve": True},
    {"name": "sequential-screening", "set": {"k0": 10, "k1": 30}, "formulation": "textbook", "solve": True},
    {"name": "sequential-screening", "set": {"k0": 10, "k1": 30}, "formulation": "utilities", "solve": True},
    {"name": "four-types", "set": {"periods": 5}, "formulation": "textbook", "solve": True},
    {"name": "four-types", "set": {"periods": 5}, "formulation": "utilities", "solve": True},
    {"name": "sponsored-search", "set": {}, "formulation": "utilities", "solve": True},
]
FULL: list[dict[str, Any]] = [
    {"name": "sequential-screening", "set": {"k0": 20, "k1": 60}, "formulation": "textbook", "solve": True},
    {"name": "sequential-screening", "set": {"k0": 30, "k1": 100}, "formulation": "textbook", "solve": True},
    {"name": "sequential-screening", "set": {"k0": 50, "k1": 200}, "formulation": "textbook", "solve": False},
    {"name": "four-types", "set": {"periods": 8}, "formulation": "textbook", "solve": True},
    {"name": "four-types", "set": {"periods": 8}, "formulation": "utilities", "solve": True},
]


TIME_LIMIT = 60.0
"""Seconds of solving after which a line shows a lower bound."""


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Run one line in this process."""
    import resource

    import dynamech as dm

    def make() -> Any:
        if case["name"] == "four-types":
            return persistent(4, **case["set"], name=case["name"])
        return dm.load(case["name"], **case["set"])

    phases: dict[str, list[float]] = {"environment": [], "compile": [], "handover": [], "solve": []}
    rows = columns = nonzeros = 0
    limited = False
    for _ in range(repeats):
        start = time.perf_counter()
        env = make()
        env.to_float()
        phases["environment"].append(time.perf_counter() - start)
        start = time.perf_counter()
        program = dm.compile(env, formulation=case["formulation"])
        phases["compile"].append(time.perf_counter() - start)
        rows, columns, nonzeros = program.num_rows, program.num_columns, program.num_nonzeros
        if case["solve"] and not limited:
            design = dm.design(env, formulation=case["formulation"], time_limit=TIME_LIMIT)
            phases["handover"].append(design.seconds["handover"])
            phases["solve"].append(design.seconds["solve"])
            limited = design.status == "limit"
    figures = {phase: statistics.median(times) if times else None for phase, times in phases.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    case = case | {"limited": limited}
    return case | {"rows": rows, "columns": columns, "nonzeros": nonzeros, "peak_GB": peak} | figures


def main() -> None:
    """Print the table; one fresh process a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large instances too")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", help="also append the figures to this file, one JSON object a line")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(json.loads(given.one), given.repeats)))
        return
    table = Table(title="Compile and solve time by size (medians, seconds)")
    for heading in (
        "instance",
        "formulation",
        "rows",
        "nonzeros",
        "environment",
        "compile",
        "hand-over",
        "solve",
    ):
        table.add_column(heading, justify="left" if heading in ("instance", "formulation") else "right")
    table.add_column("compile share", justify="right")
    table.add_column("peak GB", justify="right")
    for case in SMALL + (FULL if given.full else []):
        command = [sys.executable, "-m", "benchmarks.compile_and_solve", "--one", json.dumps(case)]
        command += ["--repeats", str(given.repeats)]
        line = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if given.out:
            with open(given.out, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        times = [line[phase] for phase in ("environment", "compile", "handover", "solve")]
        shown = ["–" if t is None else f"{t:.3f}" for t in times]
        if line["limited"]:
            shown[-1] = f"> {TIME_LIMIT:.0f}"
        whole = sum(t or 0.0 for t in times)
        settings = ",".join(f"{key}={value}" for key, value in case["set"].items())
        table.add_row(
            f"{case['name']} {settings}",
            case["formulation"],
            f"{line['rows']:,}",
            f"{line['nonzeros']:,}",
            *shown,
            f"{'< ' if line['limited'] else ''}{line['compile'] / whole:.1%}" if case["solve"] else "–",
            f"{line['peak_GB']:.2f}",
        )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
