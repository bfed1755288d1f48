"""What each demand costs in rows and seconds: `python -m benchmarks.demands [--rounds 7] [--solve SECONDS]
[--small] [--out FILE]`.

The sequential screening of 30 × 100 types and the buyer of four types over 8 periods, without a demand and
with each, in the formulation that both take; for agents who are alike, two buyers of items over time. Rounds
go through all of them in turn, so that what else the machine does falls on all alike; times of compiling are
seconds of the processor, the least of the rounds, and stand as ratios beside what is without a demand. Where
compiling takes more times than there are entries, a demand does something that its rows do not explain.
`--solve` solves each once, for so many seconds at most; `--small` is of 6 × 10 types and 4 periods. Rows of
one's own are arrays over all histories, reports and actions (or agents), none of them 0.
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

from benchmarks.persistent import persistent

MOST = 1.3
"""Rows of one's own from arrays take no more than so many times the compile time without."""


def programs(small: bool = False) -> list[tuple[Any, str]]:
    """(environment in doubles, formulation)."""
    import dynamech as dm

    k0, k1, horizon = (6, 10, 4) if small else (30, 100, 8)
    alone = dm.load("sequential-screening", k0=k0, k1=k1), persistent(4, horizon, name="four-types")
    alike = dm.load("items-over-time", buyers=2, periods=2 if small else 4)
    asked = [(env, form) for env in alone for form in ("textbook", "per-period")]
    return [(env.to_float(), form) for env, form in [*asked, (alike, "textbook")]]


def demands(env: Any, formulation: str) -> dict[str, dict[str, Any]]:
    """By name, those that this formulation carries."""
    if env.num_agents > 1:
        return {"anonymous": {"anonymous": [[agent.name for agent in env.agents]]}}
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
    asked: dict[str, dict[str, Any]] = {
        "budget ex-ante": {"budget": "ex-ante"},
        "deterministic": {"deterministic": True},
        "row: allocation": own("allocation", actions),
        "row: expected allocation": own("allocation", actions, expected=True),
    }
    on = {} if formulation == "per-period" else {"on": "path"}
    asked |= {f"payments {word}": {"payments": word, **on} for word in ("none", "nonnegative", "-9..9")}
    budgets = ("per-period", "every-period") if formulation == "per-period" else ("ex-post",)
    for word in budgets:
        asked[f"budget {word}"] = {"budget": word}
        asked[f"budget {word}, balanced"] = {"budget": word, "balanced": True}
    if formulation == "per-period":
        asked["row: payments"] = own("payment", [env.num_agents] * env.periods)
    return asked


def measure(env: Any, formulation: str, rounds: int, patience: float | None = None) -> list[dict[str, Any]]:
    """Rows, entries and seconds, without a demand first. patience: seconds of a solve, None for no solving.
    """
    import dynamech as dm

    asked: dict[str, dict[str, Any] | None] = {"none": None, **demands(env, formulation)}
    least = dict.fromkeys(asked, math.inf)
    sizes: dict[str, tuple[int, int]] = {}
    for _ in range(rounds):
        for name, keys in asked.items():
            start = time.process_time()
            program = dm.compile(env, demands=keys, formulation=formulation)
            least[name] = min(least[name], time.process_time() - start)
            sizes[name] = program.num_rows, program.num_nonzeros
    solved: dict[str, tuple[str, float]] = {}
    for name, keys in asked.items() if patience is not None else ():
        answer = dm.design(env, demands=keys, formulation=formulation, time_limit=patience)
        solved[name] = answer.status, answer.seconds["handover"] + answer.seconds["solve"]
    return [
        {
            "instance": env.name, "formulation": formulation, "demand": name, "rows": sizes[name][0],
            "nonzeros": sizes[name][1], "more": sizes[name][1] / sizes["none"][1], "compile": least[name],
            "times": least[name] / least["none"], "status": solved.get(name, (None,))[0],
            "solve": solved[name][1] if name in solved else None,
            "solve_times": solved[name][1] / solved["none"][1] if name in solved else None,
        }
        for name in asked
    ]  # fmt: skip


def table_of(lines: list[dict[str, Any]]) -> Table:
    """The figures, each program under the one without demands."""
    table = Table(title="What demands cost (least of the rounds, seconds of processor; ratios to no demand)")
    for heading in ("instance", "formulation", "demand"):
        table.add_column(heading)
    for heading in ("rows", "nonzeros", "times", "compile", "times", "solve", "times"):
        table.add_column(heading, justify="right")
    for line in lines:
        words = (line[key] for key in ("instance", "formulation", "demand"))
        counts = (f"{line[key]:,}" for key in ("rows", "nonzeros"))
        solve = ("–", "–")
        if line["solve"] is not None:
            solve = (f"{line['solve']:.3f}", f"{line['solve_times']:.2f}")
            solve = solve if line["status"] == "optimal" else (f"{solve[0]} ({line['status']})", solve[1])
        compile_ = f"{line['compile']:.3f}", f"{line['times']:.2f}"
        table.add_row(*words, *counts, f"{line['more']:.2f}", *compile_, *solve)
    return table


def main() -> None:
    """Print the table; fails where a row of one's own takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--solve", type=float, help="solve each once, for so many seconds at most")
    parser.add_argument("--small", action="store_true", help="small instances")
    parser.add_argument("--out", help="also append the figures to this file, one JSON object a line")
    given = parser.parse_args()
    lines: list[dict[str, Any]] = []
    for env, form in programs(given.small):
        lines += measure(env, form, given.rounds, given.solve)
    if given.out:
        with open(given.out, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
    Console(width=150).print(table_of(lines))
    slow = [line for line in lines if line["demand"].startswith("row") and line["times"] > MOST]
    if slow and not given.small:
        raise SystemExit(f"a row of one's own takes more than {MOST} times the compile time without")


if __name__ == "__main__":
    main()
