"""Rents in place of histories: `python -m benchmarks.recursion`.

One buyer whose types persist (stay probability 7/10, the others equally likely), worth 1, 2, ... to her:
both bounds to a relative gap of 1e-5, rounds, seconds of the processor, and beside them the program over
histories where it has fewer than `--rows` rows. Whatever both answer is compared.
`--random N` adds N random environments of four types and eight periods, whose types are in no order; `--full`
200 periods, and 50 of types that move to their neighbours. `--ladder` climbs all rungs at 4 × 50
instead: 14 seconds, of which `bayesian` and `ex-post` take 12. `--agents` asks it of several buyers, whose
joint rents are bounded.

Seconds of the processor, one core; rounds take time in proportion to the periods:

    types × periods   4 × 6   4 × 8   2 × 20   4 × 20   4 × 50   4 × 100   10 × 10   random 4 × 8
    bounds             0.32    0.58     0.17      1.3      2.8       3.3       8.8         0.9–1.1
    histories          0.05    0.57        –        –        –         –         –         4.4–6.2

and of several buyers, alike / different:

    buyers × types × periods   2 × 2 × 5     2 × 2 × 8    2 × 2 × 20   2 × 3 × 3    3 × 2 × 5
    bounds                     0.26 / 0.52   0.48 / 1.6   1.5 / 4.6    1.6 / 3.0    0.55 / 4.2
    histories                  0.06 / 0.03       –            –        0.04 / 0.04  0.76 / 0.70
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from fractions import Fraction
from itertools import product

from rich.console import Console
from rich.table import Table

import dynamech as dm
from benchmarks.persistent import persistent
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.models.notions.incentives import RUNGS
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import TooLarge

SIZES = [(4, 6), (4, 8), (2, 20), (4, 20), (4, 50), (4, 100), (10, 10)]
AGREE = 1.1e-5
"""What the two may differ by, as a share: the gap asked for, and rounding."""


def drawn(seed: int) -> dm.Environment:
    """A random one."""
    return dm.load("random", seed=seed, agents=1, types=4, periods=8, controlled=False)


def timed(env: dm.Environment, formulation: str, limit: float) -> tuple[dm.Design, float]:
    """An answer and the seconds of the processor that it took."""
    began = time.process_time()
    answer = dm.design(env, formulation=formulation, time_limit=limit)
    return answer, time.process_time() - began


def fits(env: dm.Environment, rows: int) -> bool:
    """Whether the program over histories has fewer rows."""
    try:
        return prepare(env, Question(), Effort())[0].size.rows < rows
    except TooLarge:
        return False


def buyers(count: int, types: int, periods: int, alike: bool = True) -> dm.Environment:
    """Buyers of one item a period whose types persist; worth 1, 2, ... to them, and half more to each next
    one unless they are alike."""
    stay = Fraction(7, 10)
    names = [f"buyer {i + 1}" for i in range(count)]

    def agent(i: int, name: str) -> dm.Agent:
        more = Fraction(0 if alike else i, 2)
        return dm.Agent(
            name,
            list(range(types)),
            [Fraction(1, types)] * types,
            lambda t, a, k: (1 + k + more) * (a == name),
            lambda t, a, k, m: stay if k == m else (1 - stay) / (types - 1),
        )

    agents = [agent(i, name) for i, name in enumerate(names)]
    kind = "alike" if alike else "different"
    actions = ["keep", *names]
    return dm.Environment(name=kind, horizon=periods, discount="9/10", actions=actions, agents=agents)


def several(limit: float, rows: int) -> int:
    """Joint rents, and histories where those are few; returns how many bounds are wrong or not closed."""
    heads = ["buyers", "number", "types", "periods", "value", "gap", "rounds", "seconds", "histories"]
    table, wrong = Table(*heads), 0
    sizes = [(2, 2, 4), (2, 2, 5), (2, 2, 8), (2, 2, 20), (2, 3, 3), (3, 2, 3), (3, 2, 5)]
    for size, alike in product(sizes, (True, False)):
        env = buyers(*size, alike=alike)
        answer, seconds = timed(env, "recursion", limit)
        both, histories = answer.bounds, ""
        assert both is not None
        if fits(env, rows):
            other, spent = timed(env, "auto", limit)
            value, histories = float(other.value or 0.0), f"{spent:.2f}"
            wrong += not both.lower * (1 - AGREE) <= value <= both.upper * (1 + AGREE)
        wrong += not both.closed
        figures = f"{both.lower:.8g}", f"{both.gap:.1e}", str(both.rounds), f"{seconds:.2f}", histories
        table.add_row(env.name, *map(str, size), *figures)
    Console(width=110).print(table)
    return wrong


def ladders(limit: float) -> int:
    """All rungs of four types over fifty periods, rung by rung; returns how many have no value."""
    table, missing = Table("rung", "value", "gap", "rounds", "seconds"), 0
    total = 0.0
    for name in RUNGS:
        began = time.process_time()
        answer = dm.design(persistent(4, 50), incentives=name, time_limit=limit)
        spent = time.process_time() - began
        both = answer.bounds
        assert both is not None
        total, missing = total + spent, missing + (answer.value is None)
        table.add_row(name, f"{both.lower:.9g}", f"{both.gap:.1e}", str(both.rounds), f"{spent:.2f}")
    Console(width=110).print(table)
    print(f"the ladder at 4 types × 50 periods: {total:.1f} seconds of the processor")
    return missing


def main(arguments: list[str] | None = None) -> int:
    """Print a line a size; returns 1 where bounds do not close or do not hold what the program says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recursion")
    parser.add_argument("--rows", type=int, default=100_000, help="of programs over histories")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="random environments")
    parser.add_argument("--ladder", action="store_true", help="all rungs, 4 types × 50 periods, instead")
    parser.add_argument("--agents", action="store_true", help="several buyers, instead")
    parser.add_argument("--full", action="store_true", help="longer horizons")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds for each answer")
    asked = parser.parse_args(arguments)
    if asked.ladder:
        return min(ladders(asked.time_limit), 1)
    if asked.agents:
        return min(several(asked.time_limit, asked.rows), 1)
    environments = [persistent(*size) for size in SIZES] + [drawn(seed) for seed in range(asked.random)]
    if asked.full:
        environments += [persistent(4, 200), persistent(4, 50, near=True, name="near")]
    heads = ["environment", "types", "periods", "value", "gap", "rounds", "seconds", "a round"]
    heads += ["histories", "ratio"]
    table, wrong = Table(*heads), 0
    for env in environments:
        answer, seconds = timed(env, "recursion", asked.time_limit)
        both = answer.bounds
        assert both is not None
        histories, ratio = "", ""
        if fits(env, asked.rows):
            other, spent = timed(env, "auto", asked.time_limit)
            value = float(other.value or 0.0)
            wrong += not both.lower * (1 - AGREE) <= value <= both.upper * (1 + AGREE)
            histories, ratio = f"{spent:.2f}", f"{spent / seconds:.2g}"
        wrong += not both.closed
        counts = str(len(env.agents[0].types[0])), str(env.horizon)
        figures = f"{both.lower:.8g}", f"{both.gap:.1e}", str(both.rounds), f"{seconds:.2f}"
        table.add_row(env.name, *counts, *figures, f"{seconds / (both.rounds + 1):.3f}", histories, ratio)
    Console(width=110).print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"at most {peak:.2f} GB; {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
