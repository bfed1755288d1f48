"""The hand-written models of the benchmarks are our textbook program: same size, same optimum."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

import dynamech as dm
from dynamech.solvers.solve import solve

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmarks() -> Any:
    sys.path.insert(0, str(ROOT))
    try:
        yield lambda name: importlib.import_module(f"benchmarks.{name}")
    finally:
        sys.path.remove(str(ROOT))


@pytest.mark.parametrize(("k0", "k1"), [(2, 2), (2, 3), (4, 5)])
def test_yardsticks_are_the_textbook_program(benchmarks: Any, k0: int, k1: int) -> None:
    yardsticks = benchmarks("yardsticks")
    program = dm.compile(dm.load("sequential-screening", k0=k0, k1=k1), formulation="textbook")
    value = solve(program).require_optimal().value
    data = yardsticks.screening(k0, k1)
    model = yardsticks.pyomo_model(data)
    assert sum(len(rows) for rows in model.component_objects(pyo.Constraint)) == program.num_rows
    assert sum(len(columns) for columns in model.component_objects(pyo.Var)) == program.num_columns
    pyo.SolverFactory("appsi_highs").solve(model)
    assert pyo.value(model.profit) == pytest.approx(value)
    problem = yardsticks.cvxpy_problem(data)
    assert sum(rows.size for rows in problem.constraints) == program.num_rows
    assert sum(columns.size for columns in problem.variables()) == program.num_columns
    assert problem.solve(solver="HIGHS") == pytest.approx(value)


def test_every_way_hands_over_the_same_program(benchmarks: Any) -> None:
    handover = benchmarks("handover")
    env = dm.load("sequential-screening", k0=3, k1=4)
    data = benchmarks("yardsticks").screening(3, 4)
    value = solve(dm.compile(env, formulation="textbook")).value
    assert handover.solve_ours(env).value == pytest.approx(value)
    bare = handover.solve_bare(dm.compile(env, formulation="textbook"))
    assert -bare.getObjectiveValue() == pytest.approx(value)
    by_hand = handover.by_cvxpy(data)
    by_hand.run()
    assert -by_hand.getObjectiveValue() == pytest.approx(value)
    figures = handover.measure(2, 2, 1, 1)
    assert set(figures) == {"k0", "k1", "rows", "nonzeros", "ours", "pyomo", "cvxpy", "total", "bare"}


def test_the_yardsticks_are_measured_as_the_formulations_are(benchmarks: Any) -> None:
    formulations = benchmarks("formulations")
    program = dm.compile(dm.load("sequential-screening", k0=2, k1=3), formulation="textbook")
    value = solve(program).value
    for measure in (formulations.in_pyomo, formulations.in_cvxpy):
        found = measure(2, 3, None)
        # Older releases of CVXPY turn the bounds of variables into rows.
        bounded = found["rows"] - program.num_rows if measure is formulations.in_cvxpy else 0
        assert bounded in (0, int((program.lower == 0).sum()))
        assert found["rows"] - bounded == program.num_rows
        assert (found["status"], found["columns"]) == ("optimal", program.num_columns)
        assert found["value"] == pytest.approx(value)
        spent = found["seconds"]
        assert spent["total"] == pytest.approx(spent["compile"] + spent["handover"] + spent["solve"])
