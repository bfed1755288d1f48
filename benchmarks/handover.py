"""Compile and hand over, against models written by hand: `python -m benchmarks.handover [--full]`.

The same textbook program of ``sequential-screening``, from its numbers to a solver that holds it, three ways:
compiled and handed to HiGHS as flat arrays; written in Pyomo and handed over by its persistent interface;
written in vectorised CVXPY, canonicalised and handed over as CVXPY does. The ways take turns, in one process,
`--repeats` times; shown are medians and their ratios. Then the time to an optimum, ours from environment to
solution against bare HiGHS on the same matrix, which includes nothing but its own hand-over and run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from rich.console import Console
from rich.table import Table

from benchmarks.yardsticks import Screening, cvxpy_problem, pyomo_model, screening

SIZES = [(5, 20), (10, 30), (15, 50)]
FULL = [*SIZES, (30, 100)]


def ours(env: Any) -> Any:
    import dynamech as dm
    from dynamech.solvers.engines.highs_session import Session
    from dynamech.solvers.options import Options

    return Session(dm.compile(env, formulation="textbook"), "highs", Options())


def by_pyomo(data: Screening) -> Any:
    from pyomo.contrib.appsi.solvers import Highs

    engine = Highs()
    engine.set_instance(pyomo_model(data))
    return engine


def by_cvxpy(data: Screening) -> Any:
    """CVXPY has no step that hands over and does not solve; the last lines are those of its interface."""
    import cvxpy as cp
    import highspy

    from dynamech.solvers.conversions.highs_object import new_highs

    arrays = cvxpy_problem(data).get_problem_data(cp.HIGHS)[0]
    if "c" in arrays:
        matrix, right, cost = arrays["A"].tocsc(), np.asarray(arrays["b"]), arrays["c"]
        equations = arrays["dims"].zero
    else:  # the form of CVXPY before 1.7
        matrix = sp.vstack([arrays["A"], arrays["F"]]).tocsc()
        right, cost, equations = np.concatenate([arrays["b"], arrays["G"]]), arrays["q"], arrays["b"].size
    columns = cost.size
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.col_cost_ = columns, right.size, cost
    lp.row_lower_ = np.where(np.arange(right.size) < equations, right, -np.inf)
    lp.row_upper_ = right
    lower, upper = arrays.get("lower_bounds"), arrays.get("upper_bounds")
    lp.col_lower_ = np.full(columns, -np.inf) if lower is None else lower
    lp.col_upper_ = np.full(columns, np.inf) if upper is None else upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    highs = new_highs()
    highs.passModel(lp)
    return highs


def solve_ours(env: Any) -> Any:
    import dynamech as dm

    return dm.design(env, formulation="textbook").solution


def solve_bare(program: Any) -> Any:
    """HiGHS on arrays that are there already, with its own defaults and no Python around it."""
    from dynamech.solvers.conversions.highs_object import new_highs

    highs = new_highs()
    highs.passModel(
        program.num_columns, program.num_rows, program.num_nonzeros, 2, 1, 0.0, -program.objective,
        program.lower, program.upper, program.row_lower, program.row_upper,
        program.indptr, program.indices, program.data, np.zeros(program.num_columns, dtype=np.int32),
    )  # fmt: skip
    highs.run()
    return highs


def timed(task: Callable[[Any], Any], argument: Any) -> float:
    began = time.perf_counter()
    task(argument)
    return time.perf_counter() - began


def measure(k0: int, k1: int, repeats: int, solves: int) -> dict[str, Any]:
    """Medians in seconds, the ways taking turns."""
    import dynamech as dm

    data = screening(k0, k1)
    program = dm.compile(dm.load("sequential-screening", k0=k0, k1=k1), formulation="textbook")

    def fresh() -> Any:
        """An environment with nothing compiled of it yet."""
        env = dm.load("sequential-screening", k0=k0, k1=k1)
        env.to_float()
        return env

    ways: dict[str, list[float]] = {"ours": [], "pyomo": [], "cvxpy": []}
    totals: dict[str, list[float]] = {"total": [], "bare": []}
    for _ in range(repeats):
        ways["ours"].append(timed(ours, fresh()))
        ways["cvxpy"].append(timed(by_cvxpy, data))
        ways["pyomo"].append(timed(by_pyomo, data))
    for _ in range(solves):
        totals["total"].append(timed(solve_ours, fresh()))
        totals["bare"].append(timed(solve_bare, program))
    figures = {name: statistics.median(times) for name, times in (ways | totals).items() if times}
    return {"k0": k0, "k1": k1, "rows": program.num_rows, "nonzeros": program.num_nonzeros} | figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="k0=30, k1=100 too: about four minutes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--solves", type=int, default=1, help="repeats of the solves, which take longer")
    parser.add_argument("--out", help="also append the figures to this file, one JSON object a line")
    given = parser.parse_args()
    measure(2, 2, 1, 1)  # imports and first calls
    table = Table(title="From numbers to a loaded solver, and to the optimum (medians, seconds)")
    table.add_column("k0 × k1")
    for heading in (
        "rows",
        "nonzeros",
        "ours",
        "Pyomo",
        "CVXPY",
        "Pyomo/ours",
        "CVXPY/ours",
        "optimum",
        "bare",
        "/bare",
    ):
        table.add_column(heading, justify="right")
    for k0, k1 in FULL if given.full else SIZES:
        line = measure(k0, k1, given.repeats, given.solves)
        if given.out:
            with open(given.out, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        table.add_row(
            f"{k0} × {k1}", f"{line['rows']:,}", f"{line['nonzeros']:,}",
            *(f"{line[name]:.3f}" for name in ("ours", "pyomo", "cvxpy")),
            *(f"{line[name] / line['ours']:.0f}" for name in ("pyomo", "cvxpy")),
            *(f"{line[name]:.3f}" for name in ("total", "bare") if name in line),
            f"{line['total'] / line['bare']:.2f}" if "bare" in line else "",
        )  # fmt: skip
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
