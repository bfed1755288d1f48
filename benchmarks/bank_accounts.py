"""The clairvoyant optimum by promises, by horizon: `python -m benchmarks.bank_accounts`.

One buyer whose value is 1, 2 or 3, equally likely, in every period. Up to `--history` periods the history
program is solved beside it, over the rationals and in doubles. Gap 0 means that the value is the optimum
itself; else the gap is certified. Seconds are of this process (CPU), so that a busy machine does not spoil
them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the seconds of processor time."""
    start = time.process_time()
    found = task()
    return found, time.process_time() - start


def main() -> None:
    """Print the table."""
    import dynamech as dm

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--horizons", default="2,4,6,8,10,20", help="numbers of periods; 100 takes a minute")
    parser.add_argument("--history", type=int, default=4, help="longest horizon of the history program")
    given = parser.parse_args()
    heads = ("periods", "clairvoyant", "gap", "pieces", "seconds", "history, exact", "history, float")
    table = Table(title="Clairvoyant optimum of one buyer with three values")
    for heading in heads:
        table.add_column(heading, justify="right")
    for horizon in map(int, given.horizons.split(",")):
        env = dm.load("items-over-time", values="1,2,3", periods=horizon)
        found, seconds = timed(lambda env=env: dm.bank(env))  # type: ignore[misc]
        assert found.optimum is not None
        pieces = sum(len(function) for function in found.optimum.functions)
        cells = [
            str(horizon),
            f"{float(found.clairvoyant):.9g}",
            f"{float(found.gap or 0):.2g}",
            f"{pieces:,}",
        ]
        beside = ["", ""]
        if horizon <= given.history:
            for k, exact in enumerate((True, False)):
                made, taken = timed(
                    lambda env=env, exact=exact: dm.design(env, participation="ex-post", exact=exact)  # type: ignore[misc]
                )
                assert abs(float(made.value) - float(found.clairvoyant)) < 1e-6
                beside[k] = f"{taken:.2f}"
        table.add_row(*cells, f"{seconds:.2f}", *beside)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
