"""Gittins indices, ours and markovianbandit-pkg's side by side: `python -m benchmarks.gittins [--largest K]`.

    pip install -e ".[bench]"

Dense random arms (Dirichlet rows, uniform rewards); every line is the best of three of each, taken in turn in
one process, the peer's compilation left out by a first arm of 60 states. The peer (Gast, Gaujal and Khun
2023) computes Whittle indices by rank-one updates that are collected, compiled by numba; told that the arm is
rested, it need not check whether there is an index. Differences are the largest over states; the bound is
ours. Below, rational indices of arms whose rows are whole numbers below 100 over their sum, against the same
in doubles.

On two cores that had other work too (Python 3.11, numpy 2.4, markovianbandit-pkg 0.4, numba 0.68), times as
often as ours, at discounts 9/10 and 99/100, and the largest difference:

     states   9/10   99/100   difference
        250   12.5     12.6      2.9e-12
        500    3.8      4.8      3.2e-12
      1,000    4.5      5.7      3.0e-12
      2,000    9.9      8.5      3.9e-12      ours alone on the machine: 0.27 s

Rational indices of 100 states take 0.2 to 0.5 s (1.6 s where entries have 53 bits); doubles are within 5e-16.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from dynamech.solvers.algorithms.gittins import gittins_indices

SIZES = (250, 500, 1000, 2000, 4000)
DISCOUNTS = (0.9, 0.99)
RATIONAL = (25, 50, 100)
REPEATS = 3


def dense_arm(size: int, seed: int) -> tuple[Any, Any]:
    """Rewards (K,) and a kernel (K, K) without zeros."""
    rng = np.random.default_rng(seed)
    return rng.uniform(size=size), rng.dirichlet(np.ones(size), size=size)


def rational_arm(size: int, seed: int) -> tuple[Any, Any]:
    """The same in rationals with denominators of about 50 · K."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 100, size=(size, size))
    kernel = np.array([[Fraction(int(w), int(row.sum())) for w in row] for row in weights])
    return np.array([Fraction(int(r), 100) for r in rng.integers(0, 100, size=size)]), kernel


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what was found."""
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=2000, help="most states of an arm")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    peer: Any = importlib.import_module("markovianbandit.markovianbandit").rested_bandit_from_P1_R1

    def theirs(reward: Any, kernel: Any, discount: float) -> Any:
        arm = peer(kernel, reward)  # keeps what it has found, so each run takes a new one
        return timed(lambda: arm.gittins_indices(discount=discount))

    reward, kernel = dense_arm(60, options.seed)
    theirs(reward, kernel, 0.9)  # compiles
    table = Table("states", "discount", "theirs, s", "ours, s", "ratio", "difference", "bound")
    for size in (size for size in SIZES if size <= options.largest):
        for discount in DISCOUNTS:
            reward, kernel = dense_arm(size, options.seed)
            pairs = [
                (
                    theirs(reward, kernel, discount),
                    timed(lambda: gittins_indices(reward, kernel, discount)),  # noqa: B023
                )
                for _ in range(REPEATS)
            ]
            slow, fast = (min(pair[k][0] for pair in pairs) for k in (0, 1))
            found, ours = pairs[-1][0][1], pairs[-1][1][1]
            table.add_row(
                f"{size}", f"{discount}", f"{slow:.3f}", f"{fast:.3f}", f"{slow / fast:.1f}",
                f"{abs(found - ours.index).max():.1e}", f"{ours.error:.1e}",
            )  # fmt: skip
    exact = Table("states", "discount", "rational, s", "doubles differ by", "bound")
    for size in RATIONAL:
        for text in ("9/10", "99/100"):
            reward, kernel = rational_arm(size, options.seed)
            seconds, found = timed(lambda: gittins_indices(reward, kernel, Fraction(text)))  # noqa: B023
            rounded = gittins_indices(reward.astype(float), kernel.astype(float), float(Fraction(text)))
            off = abs(found.index.astype(float) - rounded.index).max()
            exact.add_row(f"{size}", text, f"{seconds:.2f}", f"{off:.1e}", f"{rounded.error:.1e}")
    console = Console(width=110)
    console.print(table)
    console.print(exact)


if __name__ == "__main__":
    main()
