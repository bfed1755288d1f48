"""Formulations against each other and against models written by hand: `python -m benchmarks.formulations`.

Two questions, each at several sizes, measured by ``dynamech.bench`` (a process for each measurement, all
lines in turns): ``sequential-screening``, where the same textbook program stands beside ours as an idiomatic
Pyomo model and as a vectorised CVXPY problem (`yardsticks.py`), and four persistent types over several
periods, where histories multiply. `--full` adds k0=30, k1=100 and k0=50, k1=200, and eight periods; what has
not finished after `--time-limit` seconds of solving is stopped. `--out FILE` keeps measurements, and the same
command goes on from there; `--plot STEM` draws STEM.screening.png and STEM.histories.png.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from rich.console import Console

import dynamech as dm
from benchmarks.persistent import persistent
from benchmarks.yardsticks import cvxpy_problem, pyomo_model, screening
from dynamech.bench import Asked, Case, Instance, Keeper, bench_report, measure_all, summarise
from dynamech.bench.plot import draw
from dynamech.bench.warm import Figures, serve
from dynamech.bench.worker import peak_bytes
from dynamech.report.plotting import save_figure

SIZES = [(5, 20), (10, 30), (15, 50)]
LARGE = [(30, 100), (50, 200)]
WRITTEN = 1_000_000
"""Rows beyond which nothing is written by hand: Pyomo would take minutes and most of the memory."""
WORDS = ("auto", "utilities", "utilities+local", "utilities+lazy", "textbook", "textbook+lazy")
PERIODS, MORE_PERIODS = [4, 5, 6], [7, 8]
HISTORY_WORDS = ("auto", "utilities", "utilities+local", "utilities+lazy")
BY_HAND = ("by hand in Pyomo", "by hand in CVXPY")
"""Both hand their models to HiGHS, as ours are."""
WORKER = (sys.executable, "-m", "benchmarks.formulations", "--worker")


def by_hand(request: Figures) -> Figures:
    """One measurement of a yardstick: writing the model, handing it to HiGHS, solving."""
    k0, k1 = (int(request["settings"][name]) for name in ("k0", "k1"))
    measure = in_pyomo if "Pyomo" in request["formulation"] else in_cvxpy
    measure(2, 2, None)  # imports and first calls
    base = peak_bytes()
    return measure(k0, k1, request["time_limit"]) | {"base_bytes": base}


def in_pyomo(k0: int, k1: int, limit: float | None) -> Figures:
    from pyomo.contrib.appsi.base import TerminationCondition
    from pyomo.contrib.appsi.solvers import Highs

    data = screening(k0, k1)
    engine = Highs()
    engine.config.time_limit = limit
    engine.config.load_solution = False
    clock = [time.perf_counter()]
    model = pyomo_model(data)
    clock.append(time.perf_counter())
    engine.set_instance(model)
    clock.append(time.perf_counter())
    result = engine.solve(model)
    clock.append(time.perf_counter())
    optimal = result.termination_condition == TerminationCondition.optimal
    lp = engine._solver_model.getLp()
    return figures(
        clock, result.best_feasible_objective if optimal else None,
        lp.num_row_, lp.num_col_, len(lp.a_matrix_.value_),
    )  # fmt: skip


def in_cvxpy(k0: int, k1: int, limit: float | None) -> Figures:
    import cvxpy as cp

    data = screening(k0, k1)
    clock = [time.perf_counter()]
    problem = cvxpy_problem(data)
    clock.append(time.perf_counter())
    arrays = problem.get_problem_data(cp.HIGHS)[0]  # kept for the solve, which passes it to HiGHS
    clock.append(time.perf_counter())
    options = {} if limit is None else {"time_limit": float(limit)}
    with suppress(cp.SolverError):  # at the limit; the status says so
        problem.solve(solver=cp.HIGHS, **options)
    clock.append(time.perf_counter())
    matrices = [arrays[name] for name in ("A", "F") if arrays.get(name) is not None]
    return figures(
        clock, problem.value if problem.status == "optimal" else None,
        sum(matrix.shape[0] for matrix in matrices), matrices[0].shape[1],
        sum(matrix.nnz for matrix in matrices),
    )  # fmt: skip


def figures(clock: Sequence[float], value: Any, rows: int, columns: int, nonzeros: int) -> Figures:
    """In the form of ``dynamech.bench.worker.measure``; the clock was read before and after each phase."""
    compile_, handover, solve = (after - before for before, after in pairwise(clock))
    seconds = {"compile": compile_, "handover": handover, "solve": solve, "total": clock[-1] - clock[0]}
    return {
        "status": "limit" if value is None else "optimal",
        "message": "stopped at the time limit" if value is None else "optimal",
        "value": None if value is None else float(value),
        "rows": int(rows),
        "columns": int(columns),
        "nonzeros": int(nonzeros),
        "seconds": seconds,
        "peak_bytes": peak_bytes(),
    }


def written(instance: Instance, asked: Asked) -> bool:
    return (instance.textbook_rows(asked) or 0) <= WRITTEN


def show(instances: Sequence[Instance], cases: Sequence[Case], given: Any, name: str, title: str) -> None:
    """Measure, print the tables, draw the plot."""
    asked = cases[0].asked
    keeper = Keeper(given.out)
    stderr = Console(stderr=True, highlight=False)
    stopped = False
    try:
        measure_all(cases, given.repeats, keeper, lambda text: stderr.print(text, style="dim"))
    except KeyboardInterrupt:
        stopped = True
    lines = summarise(cases, given.repeats, keeper)
    rows = [one.textbook_rows(asked) for one in instances]
    titles = [
        f"{one.label}: {count:,} rows in the textbook program"
        for one, count in zip(instances, rows, strict=True)
    ]
    console = Console(width=given.width, highlight=False)
    for part in [title, *bench_report(lines, titles, given.width)]:
        console.print(part)
        console.print()
    if given.plot:
        save_figure(draw(lines, rows, title), f"{given.plot}.{name}.png")
    if stopped:
        sys.exit(130)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large sizes too: about an hour")
    parser.add_argument("--only", choices=["screening", "histories"], help="one of the two questions")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--out", help="keep measurements here, one JSON object a line, and go on from there")
    parser.add_argument("--plot", metavar="STEM", help="draw the plots")
    parser.add_argument("--width", type=int, default=110)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        serve(by_hand)
        return
    asked = Asked(time_limit=given.time_limit)
    if given.only != "histories":
        sizes = [{"k0": str(k0), "k1": str(k1)} for k0, k1 in (SIZES + LARGE if given.full else SIZES)]
        instances = [Instance("sequential-screening", size, size) for size in sizes]
        cases = [
            case
            for one in instances
            for case in (
                *(Case(one, asked, word, "highs") for word in WORDS),
                *(Case(one, asked, word, "highs", WORKER) for word in BY_HAND if written(one, asked)),
            )
        ]
        show(instances, cases, given, "screening", "Sequential screening, ours and by hand")
    if given.only != "screening":
        with tempfile.TemporaryDirectory() as folder:
            instances = []
            for horizon in PERIODS + MORE_PERIODS if given.full else PERIODS:
                path = os.path.join(folder, f"four-types-{horizon}.json")
                dm.save(persistent(4, horizon, name="four-types"), path)
                instances.append(Instance(path, {}, {"periods": str(horizon)}))
            cases = [Case(one, asked, word, "highs") for one in instances for word in HISTORY_WORDS]
            show(instances, cases, given, "histories", "Four persistent types over several periods")


if __name__ == "__main__":
    main()
