"""What exactness costs, as ratios: `python -m benchmarks.exact_beside_doubles [--repeats N]`.

The same question over the rationals and in doubles, side by side in one process, processor seconds, the best
of a few repeats: answers about correlation (hundreds of small programs and their proofs), the same within
bounds, and compiling one agent's program (a million coefficients), which is no work but arithmetic.

What made the ratios what they are: small programs are proved at their basis by dense matrices of FLINT
(before, 45 times the doubles for `correlation`); coefficients that are the same object are worked on once
(before, 20 to 25 times for compiling); and sums, differences and products of those that are not are made in
integers of 64 bits over one denominator (before, 10 times in the difference form, and 4 with payments).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

import dynamech as dm


def cases() -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """(what, in doubles, over the rationals)."""
    out: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = []
    processes: list[dict[str, int]] = [{"types": 2}, {"types": 4}, {"types": 6}, {"agents": 3, "types": 3}]
    for settings in processes:
        env = dm.load("random-correlated", **settings)
        told = "correlation, " + ", ".join(f"{name} {value}" for name, value in settings.items())
        out.append((told, partial(dm.correlation, env), partial(dm.correlation, env, exact=True)))
        # Within bounds rational data has rational programs, whatever is asked.
        within = partial(dm.correlation, liability=0)
        out.append((f"{told}, bounded", partial(within, env.to_float()), partial(within, env, exact=True)))
    for k0, k1 in ((10, 30), (30, 100)):
        env = dm.load("sequential-screening", k0=k0, k1=k1)
        for form in ("textbook", "utilities"):
            ask = partial(dm.compile, formulation=form)
            told = f"compile, {k0} types, {k1} later, {form}"
            out.append((told, partial(ask, env.to_float()), partial(ask, env, exact=True)))
    return out


def best(run: Callable[[], Any], repeats: int) -> float:
    """Processor seconds of the quickest of several runs."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    table = Table("question", "doubles", "rationals", "ratio", box=None)
    for what, doubles, rationals in cases():
        quick, sure = best(doubles, repeats), best(rationals, repeats)
        table.add_row(what, f"{quick:.3f} s", f"{sure:.3f} s", f"{sure / quick:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
