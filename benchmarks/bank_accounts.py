"""The clairvoyant optimum by promises, by horizon: `python -m benchmarks.bank_accounts`.

One buyer whose value is 1, 2 or 3, equally likely, in every period. Up to `--history` periods the history
program is solved beside it, over the rationals and in doubles. Gap 0 means that the value is the optimum
itself; else the gap is certified. Then several such buyers (`--several 2x4,2x6,3x3`: buyers x periods), by
bounds over promises to a gap of 1e-4, with the history program beside them up to `--several-history`
histories; and ten of them over five items without knowing the future. Seconds are of this process (CPU), so
that a busy machine does not spoil them.
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
    parser.add_argument("--several", default="2x2,2x3,2x4,2x6", help="buyers x periods")
    parser.add_argument("--several-history", type=int, default=1_000, help="most histories listed")
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
    several(given.several, given.several_history)


def several(sizes: str, histories: int) -> None:
    """The table of several buyers, and of ten without knowing the future."""
    import dynamech as dm

    heads = ("buyers", "periods", "clairvoyant", "gap", "rounds", "seconds", "history, float")
    table = Table(title="Clairvoyant optimum of several buyers with three values, to a gap of 1e-4")
    for heading in heads:
        table.add_column(heading, justify="right")
    for size in filter(None, sizes.split(",")):
        buyers, periods = map(int, size.split("x"))
        env = dm.load("items-over-time", values="1,2,3", buyers=buyers, periods=periods)
        found, seconds = timed(lambda env=env: dm.bank(env, formulation="recursion", gap=1e-4))  # type: ignore[misc]
        beside = ""
        if 3 ** (buyers * periods) <= histories:
            made, taken = timed(lambda env=env: dm.design(env.to_float(), participation="ex-post"))  # type: ignore[misc]
            assert -1e-9 <= float(made.value) - float(found.clairvoyant) <= 1e-4
            beside = f"{taken:.2f}"
        rounds = found.kept.bounds.rounds
        cells = [size.split("x")[0], str(periods), f"{found.clairvoyant:.9g}", f"{found.gap:.2g}"]
        table.add_row(*cells, str(rounds), f"{seconds:.2f}", beside)
    Console(width=120).print(table)
    ten = dm.load("items-over-time", values="1,2,3", buyers=10, periods=5)
    found, seconds = timed(lambda: dm.nonclairvoyant(ten))
    interval = f"{float(found.revenue):.6g} ± {found.ran.interval:.2g}"
    text = f"Ten buyers, five items, without knowing the future: {interval}, {seconds:.2f} s"
    Console(width=120).print(text)


if __name__ == "__main__":
    main()
