"""What each demand costs in rows and compile time: `python -m benchmarks.demands [--rounds 7] [--out FILE]`.

The sequential screening of 30 × 100 types and the buyer of four types over 8 periods, without a demand and
with each, in the formulation that both take. Rounds go through all of them in turn, so that what else the
machine does falls on all alike; times are the least of the rounds, and stand beside the time without.
Rows of one's own are arrays over all histories, reports and actions (or agents), none of them 0.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.compile_and_solve import four_types

MOST = 1.3
"""Rows of one's own from arrays take no more than so many times the compile time without."""


def programs() -> list[tuple[Any, str]]:
    """(environment in doubles, formulation)."""
    import dynamech as dm

    large = dm.load("sequential-screening", k0=30, k1=100).to_float(), four_types(8).to_float()
    return [(env, form) for env in large for form in ("textbook", "per-period")]


def demands(env: Any, formulation: str) -> dict[str, dict[str, Any]]:
    """By name, those that this formulation carries."""
    rng = np.random.default_rng(0)
    kept = [env.num_actions(t) if env.remembers_action(t) else 1 for t in range(env.periods)]
    reports = [math.prod(env.types(t)) for t in range(env.periods)]
    histories = [math.prod(reports[:t]) * math.prod(kept[:t]) for t in range(env.periods)]

    def own(key: str, last: list[int], **more: Any) -> dict[str, Any]:
        import dynamech as dm

        arrays = [1 + rng.random((h, *env.types(t), last[t])) for t, h in enumerate(histories)]
        row: dict[str, Any] = {key: arrays, "upper": 1e6, **more}
        return {"rows": [dm.Row("own", **row)]}

    actions = [env.num_actions(t) for t in range(env.periods)]
    asked = {
        "budget ex-ante": {"budget": "ex-ante"},
        "row: allocation": own("allocation", actions),
        "row: expected allocation": own("allocation", actions, expected=True),
    }
    if formulation == "per-period":
        asked |= {
            "payments nonnegative": {"payments": "nonnegative"},
            "budget every-period": {"budget": "every-period"},
            "row: payments": own("payment", [env.num_agents] * env.periods),
        }
    else:
        asked |= {
            "payments nonnegative on path": {"payments": "nonnegative", "on": "path"},
            "budget ex-post": {"budget": "ex-post"},
        }
    return asked


def measure(env: Any, formulation: str, rounds: int) -> list[dict[str, Any]]:
    """Rows, entries and seconds, without a demand first."""
    import dynamech as dm

    asked: dict[str, dict[str, Any] | None] = {"none": None, **demands(env, formulation)}
    least = dict.fromkeys(asked, math.inf)
    sizes: dict[str, tuple[int, int]] = {}
    for _ in range(rounds):
        for name, keys in asked.items():
            start = time.perf_counter()
            program = dm.compile(env, demands=keys, formulation=formulation)
            least[name] = min(least[name], time.perf_counter() - start)
            sizes[name] = program.num_rows, program.num_nonzeros
    return [
        {
            "instance": env.name, "formulation": formulation, "demand": name, "rows": sizes[name][0],
            "nonzeros": sizes[name][1], "compile": least[name], "times": least[name] / least["none"],
        }
        for name in asked
    ]  # fmt: skip


def main() -> None:
    """Print the table; fails where a row of one's own takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", help="also append the figures to this file, one JSON object a line")
    given = parser.parse_args()
    table = Table(title="What demands cost (least of the rounds, seconds)")
    for heading in ("instance", "formulation", "demand"):
        table.add_column(heading)
    for heading in ("rows", "nonzeros", "compile", "times"):
        table.add_column(heading, justify="right")
    lines = [line for env, form in programs() for line in measure(env, form, given.rounds)]
    for line in lines:
        if given.out:
            with open(given.out, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        words = (line[key] for key in ("instance", "formulation", "demand"))
        counts = (f"{line[key]:,}" for key in ("rows", "nonzeros"))
        table.add_row(*words, *counts, f"{line['compile']:.3f}", f"{line['times']:.2f}")
    Console(width=130).print(table)
    if any(line["times"] > MOST for line in lines if line["demand"].startswith("row")):
        raise SystemExit(f"a row of one's own takes more than {MOST} times the compile time without")


if __name__ == "__main__":
    main()
