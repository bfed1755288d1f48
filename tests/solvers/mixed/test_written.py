"""Whole numbers in every form that a program is handed over in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highspy
import pyomo.environ as pyo
import pytest

from dynamech.solvers.conversions.highs_object import new_highs
from dynamech.solvers.errors import InvalidInput

from .test_mixed import knapsack


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_files_ask_for_whole_numbers(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"p{suffix}"
    knapsack().write(path)
    highs = new_highs()
    assert highs.readModel(str(path)) != highspy.HighsStatus.kError
    kinds = [str(kind).rpartition(".")[2] for kind in highs.getLp().integrality_]
    assert kinds == ["kInteger"] * 3 + ["kContinuous"]
    highs.run()
    assert abs(highs.getObjectiveValue()) == pytest.approx(5.5)


def test_markers_enclose_each_run_of_whole_numbers(tmp_path: Path) -> None:
    knapsack().write(tmp_path / "p.mps")
    lines = (tmp_path / "p.mps").read_text().splitlines()
    words = [line.split()[-1] for line in lines if "MARKER" in line]
    assert words == ["'INTORG'", "'INTEND'"]
    assert lines.index("    MARKER  'MARKER'  'INTEND'") < next(k for k, v in enumerate(lines) if " y_" in v)


def _highs() -> Any:
    model = knapsack().to_highs()
    model.run()
    return model


def _pyomo() -> Any:
    model = knapsack().to_pyomo()
    pyo.SolverFactory("appsi_highs").solve(model)
    return model


def _cvxpy() -> Any:
    problem: Any = knapsack().to_cvxpy()
    problem.solve(solver="HIGHS")
    return problem


@pytest.mark.parametrize("solved", [_highs, _pyomo, _cvxpy])
def test_solved_objects_come_home(solved: Any) -> None:
    assert knapsack().value(solved()) == pytest.approx(5.5)


def test_a_highs_object_of_whole_numbers_has_no_duals() -> None:
    with pytest.raises(InvalidInput, match="HiGHS object: it has no duals"):
        knapsack().duals(_highs())


def test_which_columns_are_whole_is_part_of_the_mark() -> None:
    program = knapsack()
    assert program.kind == "MILP"
    assert program.relaxed().kind == "LP"
    assert program.mark != program.relaxed().mark
    assert program.relaxed().relaxed().integer is None
