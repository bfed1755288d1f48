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

import numpy as np

from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

from .soundness.tally import Tally, within


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


def _array(values: list[Fraction | float]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


@dataclass
class Bounds(Tally):
    """What came of all programs: wrong are values outside their error, loose errors that are not bounded,
    intervals answers that were limits."""

    ratios: list[float] = field(default_factory=list)
    relative: list[float] = field(default_factory=list)
    solving: float = 0.0
    stating: float = 0.0


def tally(seeds: Iterator[int] | range, solver: str = "highs") -> Bounds:
    """Solve the programs of these seeds and hold their errors against the truth."""
    seen = Bounds()
    for seed in seeds:
        program, data = ill_scaled(seed)
        if seed % 3 == 0:
            data = program
        else:
            program = data.to_float()
        truth = solve(data, exact=True)
        assert truth.certify().check()["valid"]
        began = time.perf_counter()
        found = solve(program, solver)
        seen.solving += time.perf_counter() - began
        if found.status == "limit":
            seen.intervals += 1
            continue
        began = time.perf_counter()
        accuracy = found.accuracy
        seen.stating += time.perf_counter() - began
        if found.status == "optimal" and accuracy is not None and math.isinf(accuracy.value_error):
            seen.loose += 1
            continue
        # Equations that are rounded may contradict each other by a hair.
        seen.check(found.status == truth.status, f"seed {seed}: {found.status}, not {truth.status}")
        if not found.status == truth.status == "optimal":
            continue
        assert accuracy is not None
        value, right, error = found.optimum, Fraction(truth.optimum), accuracy.value_error
        off = abs(Fraction(value) - right)
        if not within(value, right, error):
            seen.wrong.append(f"seed {seed}: {value!r} is not within {error:.3g} of {float(right)!r}")
        if off > 0:
            seen.ratios.append(error / float(off))
        seen.relative.append(error / max(abs(float(right)), 1e-300))
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
    print(f"{given.count} programs by {given.solver}")
    print(f"  outside their error      {'; '.join([str(len(seen.wrong)), *seen.wrong])}")
    print(f"  error not bounded        {seen.loose}")
    print(f"  no answer (limit)        {seen.intervals}")
    if seen.ratios:
        print(f"  stated over true error   {statistics.median(seen.ratios):.3g} in the median")
    print(f"  below 1e-6 of the value  {small} of {len(seen.relative)}")
    print(f"  stating took             {seen.stating / seen.solving:.2f} of solving")


if __name__ == "__main__":
    main()
