"""Rents in place of histories: `python -m benchmarks.recursion`.

One buyer whose types persist (stay probability 7/10, the others equally likely), worth 1, 2, ... to her:
both bounds to a relative gap of 1e-5, rounds, seconds of the processor, and beside them the program over
histories where it has fewer than `--rows` rows. Whatever both answer is compared.
`--random N` adds N random environments of four types and eight periods, whose types are in no order; `--full`
50 periods of types that move to their neighbours. `--agents` asks it of several buyers instead, whose joint
rents are bounded; `--ladder` climbs all rungs at 4 × 50, where `ex-post` is what `bayesian` is;
`--threshold` says from how many rows on rents are quicker (`EACH` of `models/design/rents.py`), seconds:

    random           2 × 12  2 × 14   3 × 8   3 × 9   4 × 6   4 × 7   5 × 6  10 × 4 steered 2 × 7   4 × 5
    rows, thousands      16      66      25      75      16      63      60      41            22      67
    histories          0.22    0.47    0.38    0.92    0.17    0.92    0.87     3.0          0.28     2.9
    rents              0.08    0.09    0.22    0.19    0.39    0.50     1.3     2.5          0.08    0.38

`--curve` goes from 25 to 200 periods of four types, discounted by 9/10 and not at all, and `--plot FILE`
draws it: seconds of the processor, of a round and in all, grow like T^e, e as fitted. Every size is a process
of its own, so that the peak of its memory is its own:

    periods                   25     50    100    200      e
    9/10:  a round         0.056   0.13   0.15   0.24   0.65
           whole            0.95    1.9    2.3    3.6   0.60
    1:     a round         0.070   0.10   0.36   0.67   1.15
           whole            0.84    1.6    2.5    4.7   0.81
    GB                      0.16   0.20   0.27   0.42

Seconds of the processor, one core:

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
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from itertools import product
from multiprocessing import get_context

import numpy as np
from rich.console import Console
from rich.table import Table

import dynamech as dm
from benchmarks.persistent import persistent
from dynamech.models.design import rents
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.report.plotting import check_plot
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import TooLarge

SIZES = [(4, 6), (4, 8), (2, 20), (4, 20), (4, 50), (4, 100), (10, 10)]
PERIODS = 25, 50, 100, 200
KINDS = {
    "persistent": [(2, 12), (2, 14), (3, 8), (3, 9), (4, 6), (4, 7), (4, 8), (5, 5), (6, 5), (10, 4)],
    "random": [(2, 12), (2, 14), (3, 8), (3, 9), (4, 6), (4, 7), (5, 5), (6, 5), (10, 3), (10, 4)],
    "steered": [(2, 5), (2, 6), (2, 7), (3, 4), (3, 5), (4, 4), (10, 3)],
}
"""Types and periods where one is as quick as the other."""
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
    """All rungs of four types over fifty periods; returns how many have no value."""
    began: dict[str, float] = {}

    def told(event: dm.Event) -> None:
        if event.kind == "rung":
            began[event.text] = time.process_time()

    whole = dm.ladder(persistent(4, 50), time_limit=limit, notify=told)
    ends = [*began.values(), time.process_time()]
    table, missing = Table("rung", "value", "gap", "rounds", "seconds"), 0
    for (name, design), start, end in zip(whole.designs.items(), ends, ends[1:], strict=False):
        both = design.bounds
        assert both is not None
        missing += design.value is None
        table.add_row(name, f"{both.lower:.9g}", f"{both.gap:.1e}", str(both.rounds), f"{end - start:.2f}")
    Console(width=110).print(table)
    print(f"the ladder at 4 types × 50 periods: {ends[-1] - ends[0]:.1f} seconds of the processor")
    return missing


def lengths(limit: float, path: str | None) -> int:
    """Horizons of four types, each in its own process; returns how many bounds are not closed."""
    table, missing = Table("discount", "periods", "value", "gap", "rounds", "a round", "seconds", "GB"), 0
    lines: dict[str, list[tuple[float, float]]] = {}
    for discount, periods in product(("9/10", "1"), PERIODS):
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            answer, seconds, peak = alone.submit(_length, discount, periods, limit).result()
        both = answer.bounds
        assert both is not None
        missing += not both.closed
        around = seconds / (both.rounds + 1)
        lines.setdefault(discount, []).append((around, seconds))
        figures = f"{both.lower:.8g}", f"{both.gap:.1e}", str(both.rounds), f"{around:.3f}"
        table.add_row(discount, str(periods), *figures, f"{seconds:.2f}", f"{peak:.2f}")
    Console(width=110).print(table)
    for discount, costs in lines.items():
        a_round, whole = (_exponent(column) for column in zip(*costs, strict=True))
        print(f"discount {discount}: a round like T^{a_round:.2f}, all of it like T^{whole:.2f}")
    if path is not None:
        _draw(lines, path)
    return missing


def _length(discount: str, periods: int, limit: float) -> tuple[dm.Design, float, float]:
    answer, seconds = timed(persistent(4, periods, discount=discount), "recursion", limit)
    return answer, seconds, _peak()


def _exponent(seconds: Sequence[float]) -> float:
    """Of a power of the periods, by least squares of logarithms."""
    return float(np.polyfit(np.log(PERIODS), np.log(seconds), 1)[0])


def _draw(lines: dict[str, list[tuple[float, float]]], path: str) -> None:
    """Seconds of a round and of everything against periods, beside T and T^1.5."""
    check_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for n, (axis, name) in enumerate(zip(figure.subplots(1, 2), ("a round", "all rounds"), strict=True)):
        for k, (discount, costs) in enumerate(lines.items()):
            seconds = [cost[n] for cost in costs]
            words = f"discount {discount}: T$^{{{_exponent(seconds):.2f}}}$"
            axis.plot(PERIODS, seconds, marker="os"[k], color=f"C{k}", label=words)
        power, ends = (1.0, 1.5)[n], np.array([PERIODS[0], PERIODS[-1]])
        start = max(costs[0][n] for costs in lines.values())
        word = "as T" if n == 0 else "as T$^{1.5}$"
        axis.plot(ends, start * (ends / ends[0]) ** power, color="0.5", linestyle="--", label=word)
        axis.set(xscale="log", yscale="log", xlabel="periods", ylabel="seconds", title=name)
        axis.set_xticks(PERIODS, map(str, PERIODS))
        axis.minorticks_off()
        axis.grid(True, color="0.9")
        axis.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def thresholds(limit: float) -> int:
    """Rents beside histories by rows of the latter, whatever `auto` would take; returns how many differ."""
    heads = ["environment", "types", "periods", "rows", "histories", "rents", "histories / rents"]
    table, wrong = Table(*heads), 0
    for kind, (types, periods) in [(name, size) for name, sizes in KINDS.items() for size in sizes]:
        env = persistent(types, periods) if kind == "persistent" else _random(kind, types, periods)
        rows = prepare(env, Question(), Effort())[0].size.rows
        near, ours = timed(env, "recursion", limit)
        whole, theirs = timed(env, "auto", limit)
        both, value = near.bounds, float(whole.value or 0.0)
        assert both is not None
        wrong += not both.lower * (1 - AGREE) <= value <= both.upper * (1 + AGREE)
        figures = f"{rows:,}", f"{theirs:.2f}", f"{ours:.2f}", f"{theirs / ours:.2g}"
        table.add_row(kind, str(types), str(periods), *figures)
    Console(width=110).print(table)
    return wrong


def _random(kind: str, types: int, periods: int) -> dm.Environment:
    words = {"agents": 1, "types": types, "periods": periods, "controlled": kind == "steered"}
    return dm.load("random", seed=1, **words)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(arguments: list[str] | None = None) -> int:
    """Print a line a size; returns 1 where bounds do not close or do not hold what the program says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recursion")
    parser.add_argument("--rows", type=int, default=100_000, help="of programs over histories")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="random environments")
    parser.add_argument("--ladder", action="store_true", help="all rungs, 4 types × 50 periods, instead")
    parser.add_argument("--agents", action="store_true", help="several buyers, instead")
    parser.add_argument("--curve", action="store_true", help="25 to 200 periods, instead")
    parser.add_argument("--plot", metavar="FILE", help="draw the curve; .png, .svg or .pdf")
    parser.add_argument("--threshold", action="store_true", help="rents beside histories by rows, instead")
    parser.add_argument("--full", action="store_true", help="types that move to their neighbours as well")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds for each answer")
    asked = parser.parse_args(arguments)
    rents.EACH = 10**9  # `auto` asks histories here
    if asked.ladder:
        return min(ladders(asked.time_limit), 1)
    if asked.agents:
        return min(several(asked.time_limit, asked.rows), 1)
    if asked.curve or asked.plot:
        return min(lengths(asked.time_limit, asked.plot), 1)
    if asked.threshold:
        return min(thresholds(asked.time_limit), 1)
    environments = [persistent(*size) for size in SIZES] + [drawn(seed) for seed in range(asked.random)]
    if asked.full:
        environments.append(persistent(4, 50, near=True, name="near"))
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
    print(f"at most {_peak():.2f} GB; {wrong} wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
