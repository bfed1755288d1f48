"""Checking mechanisms with many histories: `python -m benchmarks.verify_histories [--horizon T]`.

One buyer with four persistent types is offered a price in every period, under a mechanism that remembers
every report: 4^T paths. The check is the independent one, best replies over (memory, true type). The last
column is the time per memory state, so that growth can be read off at a glance.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table


def posted_prices(horizon: int) -> tuple[Any, Any]:
    """The environment, and the mechanism that sells to reports of at least 1 and remembers all reports."""
    import dynamech as dm

    env = dm.Environment(
        name="posted-prices",
        horizon=horizon,
        discount=0.9,
        actions=["keep", "sell"],
        agents=[
            dm.Agent(
                "buyer",
                types=[0, 1, 2, 3],
                prior=[0.25] * 4,
                values=[np.array([[0.0] * 4, [0.0, 1.0, 2.0, 3.0]])] * horizon,
                transitions=[np.full((4, 4), 0.1) + 0.6 * np.eye(4)] * (horizon - 1),
            )
        ],
    )
    sells = np.array([0.0, 1.0, 1.0, 1.0])
    stages = []
    for t in range(horizon):
        count = 4**t
        allocation = np.broadcast_to(np.stack([1 - sells, sells], axis=1), (count, 4, 2))
        transfers = np.broadcast_to(sells * 1.0, (1, count, 4))
        following = None
        if t + 1 < horizon:
            child = (np.arange(count)[:, None] * 4 + np.arange(4)[None, :])[:, :, None]
            following = np.broadcast_to(child, (count, 4, 2))
        stages.append(dm.Stage(allocation, transfers, following))
    return env, dm.Mechanism("posted-prices", tuple(stages))


def main() -> None:
    """Print the table."""
    import dynamech as dm

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--horizon", type=int, default=10, help="longest horizon (10 has a million paths)")
    given = parser.parse_args()
    table = Table(title="Verifying a mechanism that remembers every report (4 types)")
    for heading in (
        "periods",
        "paths",
        "memories",
        "notion",
        "holds",
        "seconds",
        "µs a memory",
        "peak GB so far",
    ):
        table.add_column(heading, justify="right")
    for horizon in range(max(given.horizon - 4, 2), given.horizon + 1, 2):
        env, mechanism = posted_prices(horizon)
        memories = sum(stage.size for stage in mechanism.stages)
        for word in ("bayesian", "ex-post"):
            start = time.perf_counter()
            verdict = dm.verify(env, mechanism, word)
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            table.add_row(
                str(horizon),
                f"{4**horizon:,}",
                f"{memories:,}",
                word,
                "yes" if verdict.holds else "no",
                f"{seconds:.2f}",
                f"{1e6 * seconds / memories:.1f}",
                f"{peak:.2f}",
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
