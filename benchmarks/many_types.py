"""One buyer of many types and few actions: `python -m benchmarks.many_types`.

What she values is no number but a point (two items, with or without a gain from having both, or three actions
in no order), so no neighbours imply all other lies. The same question with every lie written down, with rows
handed over once they are violated (`lazy`), and with rows written only then, nearest types first (`nearest`).
`--full` adds 900 and 3,721 types. Whatever is answered twice is compared, to 1e-7.

Seconds of the processor, one core:

    types       196    400   400 random   400 no order    900   900 random   900 complements   3,721
    every lie   2.1      –       –             –           –        –              –             –
    lazy        0.61   4.6      4.8           17           –        –              –             –
    nearest     0.05   0.09     0.27         2.1          0.30     0.69           1.9           6.6
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import dynamech as dm

AGREE = 1e-7
SIZES = [("uniform", 14), ("uniform", 20), ("random", 20), ("no order", 20)]
FULL = [("uniform", 30), ("random", 30), ("complements", 30), ("uniform", 61)]
FORMS = {"utilities": 40_000, "utilities+lazy": 200_000, "utilities+nearest": 10**9}
"""And up to how many lies they are asked."""


def buyer(kind: str, side: int) -> dm.Environment:
    """A grid of values of two items, side by side, or as many random points of three actions."""
    draw, count = np.random.default_rng(0), side * side
    first, second = (axis.ravel() for axis in np.meshgrid(*[np.linspace(0, 1, side)] * 2, indexing="ij"))
    values = np.stack([first, second, first + second + 0.5 * first * second * (kind == "complements")])
    weights = draw.random(count) if kind == "random" else np.ones(count)
    if kind == "no order":
        values, weights = draw.random((3, count)), draw.random(count)
    agent = dm.Agent(
        "buyer",
        types=[[str(k) for k in range(count)]],
        prior=weights / weights.sum(),
        values=[np.concatenate([np.zeros((1, count)), values])],
    )
    return dm.Environment(
        name=f"{kind} {count}", horizon=1, actions=["nothing", "first", "second", "both"], agents=[agent]
    )


def main(arguments: list[str] | None = None) -> int:
    """Print a line an environment; returns 1 where answers differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_types")
    parser.add_argument("--full", action="store_true", help="900 and 3,721 types as well")
    asked = parser.parse_args(arguments)
    table, wrong = Table("environment", "value", "rows", *FORMS, "lazy / nearest"), 0
    for size in SIZES + (FULL if asked.full else []):
        env = buyer(*size)
        lies, values, shown, spent = size[1] ** 4, [], [], {}
        for form, most in FORMS.items():
            if lies > most:
                shown.append("")
                continue
            began = time.process_time()
            answer = dm.design(env, formulation=form)
            spent[form] = time.process_time() - began
            values.append(float(answer.value or np.nan))
            shown.append(f"{spent[form]:.2f}")
        wrong += not np.ptp(values) <= AGREE
        lazy = spent.get("utilities+lazy")
        ratio = "" if lazy is None else f"{lazy / spent['utilities+nearest']:.1f}"
        rows = answer.program.num_rows if answer.program is not None else 0
        table.add_row(env.name, f"{values[-1]:.9f}", f"{rows:,}", *shown, ratio)
    Console(width=110).print(table)
    print(f"{wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
