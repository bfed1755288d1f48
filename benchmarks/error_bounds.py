"""Whether errors bound: `python -m benchmarks.error_bounds [--count N] [--seed S] [--solver NAME]`.

Random programs, badly scaled on purpose (rows and columns by powers of ten from 1e-6 to 1e6), degenerate,
with free columns and equations. Each is solved in doubles, and its stated error held against the optimum over
the rationals, whose certificate the independent checker has seen: two in three are rounded from rational data
and held against those, the third is meant in doubles. Printed are how many values were outside their error
(0), how many errors were not bounded, how many answers were limits, the median of stated over true error (of
those that are not 0), the share of errors below 1e-6 of the value, and what stating them took, relative to
solving.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial

import numpy as np

from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve


def ill_scaled(seed: int) -> tuple[Program, Program]:
    """(the program in doubles, the program of its data): a feasible, bounded one made by chance."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(2, 12)), int(draw.integers(1, 12))
    spread = float(draw.choice([0.0, 2.0, 6.0]))
    rows, columns = (np.rint(draw.uniform(-spread, spread, size)) for size in (m, n))
    under = int(draw.choice([1, 7, 1000]))

    def number(value: int, power: float) -> Fraction:
        return Fraction(int(value), under) * Fraction(10) ** int(power)

    entries = draw.integers(-9, 10, (m, n)) * (draw.random((m, n)) < 0.7)
    point = draw.integers(0, 4, n)
    costs = draw.integers(-9, 10, n)
    slack = draw.integers(0, 3, m) * (draw.random(m) < 0.5)
    free = draw.random(n) < 0.3
    kinds = draw.integers(0, 3, m)

    def make(exact: bool) -> Program:
        build = Builder(sense="max" if seed % 2 else "min", exact=exact, name=f"ill scaled {seed}")
        one = [Fraction(10) ** int(-c) for c in columns]  # the unit of each column
        x = build.columns(
            "x",
            n,
            lower=[-10 * one[j] if free[j] else Fraction(0) for j in range(n)],
            upper=[10 * one[j] for j in range(n)],
            objective=[number(costs[j], columns[j]) for j in range(n)],
        )
        level = entries @ point
        sides = [[-math.inf] * m, [math.inf] * m]
        bounds: list[list[Fraction | float]] = [list(side) for side in sides]
        for i in range(m):
            if kinds[i] != 0:
                bounds[1][i] = number(level[i] + slack[i], rows[i])
            if kinds[i] != 1:
                bounds[0][i] = number(level[i] - (slack[i] if kinds[i] == 0 else 0), rows[i])
            if kinds[i] == 2:
                bounds[1][i] = bounds[0][i]
        r = build.rows("r", m, lower=_array(bounds[0]), upper=_array(bounds[1]))
        at, col = np.nonzero(entries)
        data = [number(entries[i, j], rows[i] + columns[j]) for i, j in zip(at, col, strict=True)]
        if data:
            build.entries(r.start + at, x.start + col, _array(list(data)))
        return build.build()

    return make(False), make(True)


def _itself(program: Program) -> Program:
    return program


def _array(values: list[Fraction | float]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


@dataclass
class Tally:
    """What came of all programs."""

    count: int = 0
    outside: list[int] = field(default_factory=list)
    unbounded: int = 0
    limits: int = 0
    ratios: list[float] = field(default_factory=list)
    relative: list[float] = field(default_factory=list)
    solving: float = 0.0
    stating: float = 0.0


def tally(seeds: Iterator[int] | range, solver: str = "highs") -> Tally:
    """Solve the programs of these seeds and hold their errors against the truth."""
    seen = Tally()
    for seed in seeds:
        program, data = ill_scaled(seed)
        if seed % 3 == 0:
            data = program
        truth = solve(data, exact=True)
        assert truth.certificate is not None
        assert truth.certificate.check()["valid"]
        began = time.perf_counter()
        found = solve(program, solver, rational=None if data is program else partial(_itself, data))
        seen.solving += time.perf_counter() - began
        seen.count += 1
        if found.status != "optimal":
            seen.limits += found.status == "limit"
            seen.outside += [seed] if found.status not in ("limit", truth.status) else []
            continue
        began = time.perf_counter()
        accuracy = found.accuracy
        seen.stating += time.perf_counter() - began
        assert accuracy is not None
        assert found.value is not None
        if math.isinf(accuracy.value_error):
            seen.unbounded += 1
            continue
        if truth.status != "optimal":  # equations that are rounded may contradict each other by a hair
            seen.outside.append(seed)
            continue
        assert truth.value is not None
        off = abs(Fraction(found.value) - Fraction(truth.value))
        if off > Fraction(accuracy.value_error):
            seen.outside.append(seed)
        if off > 0:
            seen.ratios.append(accuracy.value_error / float(off))
        seen.relative.append(accuracy.value_error / max(abs(float(truth.value)), 1e-300))
    return seen


def main() -> None:
    """Print the tally."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solver", default="highs")
    given = parser.parse_args()
    seen = tally(range(given.seed, given.seed + given.count), given.solver)
    small = sum(error <= 1e-6 for error in seen.relative)
    print(f"{seen.count} programs by {given.solver}")
    seeds = f", seeds {seen.outside}" if seen.outside else ""
    print(f"  outside their error      {len(seen.outside)}{seeds}")
    print(f"  error not bounded        {seen.unbounded}")
    print(f"  no answer (limit)        {seen.limits}")
    if seen.ratios:
        print(f"  stated over true error   {statistics.median(seen.ratios):.3g} in the median")
    print(f"  below 1e-6 of the value  {small} of {len(seen.relative)}")
    print(f"  stating took             {seen.stating / seen.solving:.2f} of solving")


if __name__ == "__main__":
    main()
