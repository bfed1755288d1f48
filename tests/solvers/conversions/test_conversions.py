"""Programs as Pyomo models, CVXPY problems and HiGHS objects; and text that the others read or write."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.conversions.highs_object import new_highs
from dynamech.solvers.errors import DynamechError, InvalidInput
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve


def full(sense: Any = "max", quadratic: bool = False, exact: bool = False) -> Program:
    """Every kind of row and column; blocks with labels, with coordinates, with names no attribute has."""
    builder = Builder(sense=sense, name="full", exact=exact)
    sign = 1 if sense == "max" else -1
    builder.columns("x", (2, 2), objective=sign * np.array([[1, 2], [0, 1]]), upper=[[1, 2], [3, 1]])
    builder.columns(
        "pay.1 ann", 3, lower=[-np.inf, -3, 1], upper=[5, 4, 1], objective=[-sign, 0, sign],
        label=lambda k: ["low", "high", "low"][k],
    )  # fmt: skip
    builder.columns("name", 1, upper=3)
    builder.columns("none", 0)
    builder.rows("rng", 2, lower=[-1, 0], upper=[2, "0.3"], label=lambda k: f"case {k}")
    builder.rows("eq", (1, 1), lower=1, upper=1)
    builder.rows("free", 1)
    builder.rows("x", 1, upper=7)
    builder.rows("empty", 1, lower=-1)
    builder.entries(0, [0, 1, 2, 3], 1)
    builder.entries(1, [4, 5, 6], [1, -1, "1/4"])
    builder.entries(2, [0, 4], 1)
    builder.entries(3, 1, 1)
    builder.entries(4, [2, 7], [1, 1])
    builder.offset = Fraction(5, 2)
    if quadratic:
        i, j = [0, 0, 4, 4, 7], [0, 4, 0, 4, 7]
        builder.quadratic(i, j, [-sign * v for v in (2, -1, -1, 2, 1)])
    return builder.build()


CASES = [
    (sense, quadratic, exact)
    for sense in ("max", "min")
    for quadratic in (False, True)
    for exact in (False, True)
]


@pytest.mark.parametrize(("sense", "quadratic", "exact"), CASES)
def test_pyomo_model(sense: str, quadratic: bool, exact: bool) -> None:
    program = full(sense, quadratic, exact)
    model = program.to_pyomo()
    assert isinstance(model, pyo.ConcreteModel)
    assert model.objective.sense == (pyo.maximize if sense == "max" else pyo.minimize)
    assert model.x[1, 0].bounds == (0, 3)
    assert model.pay_1_ann["low"].bounds == (None, 5)
    assert model.pay_1_ann["low#2"].bounds == (1, 1)
    assert len(model.name_columns) == 1
    assert len(model.none) == len(model.free) == 0
    assert (pyo.value(model.rng["case 0"].lower), pyo.value(model.rng["case 0"].upper)) == (-1, 2)
    assert pyo.value(model.rng["case 1"].upper) == pytest.approx(0.3)
    assert model.eq[0, 0].equality
    assert not model.x_rows[0].has_lb()
    start = solve(program).primal
    assert start is not None
    variables = [v for block in (model.x, model.pay_1_ann, model.name_columns) for v in block.values()]
    for variable, value in zip(variables, start.tolist(), strict=True):
        variable.set_value(value, skip_validation=True)
    assert pyo.value(model.objective) == pytest.approx(solve(program).value)
    activity = program.matrix @ start
    rows = [model.rng["case 0"], model.rng["case 1"], model.eq[0, 0], model.x_rows[0], model.empty[0]]
    assert [pyo.value(row.body) for row in rows] == pytest.approx(activity[[0, 1, 2, 4, 5]])


def test_pyomo_model_solves_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    program = full()
    model = program.to_pyomo()
    model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    pyo.SolverFactory("appsi_highs").solve(model)
    answer = solve(program)
    assert pyo.value(model.objective) == pytest.approx(answer.value)
    assert model.dual[model.eq[0, 0]] == pytest.approx(answer.duals["eq"][0, 0])
    model.pprint()
    text = " ".join(capsys.readouterr().out.split())
    assert "case 0 : -1.0 : x[0,0] + x[0,1] + x[1,0] + x[1,1] : 2.0 : True" in text
    assert "pay_1_ann[low] - pay_1_ann[high] + 0.25*pay_1_ann[low#2]" in text


@pytest.mark.parametrize(("sense", "quadratic", "exact"), CASES)
def test_cvxpy_problem(sense: str, quadratic: bool, exact: bool) -> None:
    program = full(sense, quadratic, exact)
    problem = program.to_cvxpy()
    assert {v.name() for v in problem.variables()} == {"x", "pay.1 ann", "name"}
    with pytest.raises(DynamechError, match="'eq' has no duals: solve the problem first"):
        problem.dual("eq")
    ask: Any = problem.solve
    value = ask(solver="CLARABEL")
    answer = solve(program).require_optimal()
    assert value == pytest.approx(answer.value, rel=1e-6)
    assert {name: len(groups) for name, groups in problem.rows.items()} == {
        "rng": 2, "eq": 1, "free": 0, "x": 1, "empty": 1,
    }  # fmt: skip
    x = np.concatenate([problem.columns[name].value for name in ("x", "pay.1 ann", "name")])
    y = np.concatenate([problem.dual(name).ravel() for name in program.row_blocks])
    p = program.to_float()
    costs = p.objective + p.hessian @ x - p.matrix.T @ y
    inside = (x > p.lower + 1e-2) & (x < p.upper - 1e-2)
    assert inside.any()
    assert costs[inside] == pytest.approx(0, abs=1e-5)
    assert problem.dual("eq").shape == (1, 1)
    with pytest.raises(InvalidInput, match="no row block is called 'y'; the blocks are 'rng'"):
        problem.dual("y")


@pytest.mark.parametrize(("sense", "quadratic", "exact"), CASES)
def test_highs_object(sense: str, quadratic: bool, exact: bool) -> None:
    program = full(sense, quadratic, exact)
    highs = program.to_highs()
    assert isinstance(highs, highspy.Highs)
    highs.run()
    answer = solve(program).require_optimal()
    assert highs.getObjectiveValue() == pytest.approx(answer.value, rel=1e-6)
    lp = highs.getLp()
    assert (lp.num_row_, lp.num_col_, lp.offset_) == (program.num_rows, program.num_columns, 2.5)
    found = highs.getSolution()
    p, x, y = program.to_float(), np.array(found.col_value), np.array(found.row_dual)
    costs = p.objective + p.hessian @ x - p.matrix.T @ y
    inside = (x > p.lower + 1e-6) & (x < p.upper - 1e-6)
    assert costs[inside] == pytest.approx(0, abs=1e-5)


def test_highs_refuses_what_it_cannot_take() -> None:
    builder = Builder()
    builder.columns("x", 1, upper=1e25)
    with pytest.raises(InvalidInput, match=r"x\[0\]: HiGHS takes 1e\+25 for infinite"):
        builder.build().to_highs()


@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=20)
def test_random_programs_are_the_same_everywhere(data: st.DataObject, programs: Any) -> None:
    program = data.draw(programs(bounded=True, exact=True))
    answer = solve(program)
    highs = program.to_highs()
    highs.run()
    problem = program.to_cvxpy()
    problem.solve(solver="CLARABEL")
    if answer.status == "optimal":
        assert highs.getObjectiveValue() == pytest.approx(answer.value)
        assert problem.value == pytest.approx(answer.value, abs=1e-6)
    else:
        assert highs.getModelStatus().name == "kInfeasible"
        assert problem.status == "infeasible"


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@pytest.mark.parametrize("quadratic", [False, True])
def test_text_written_by_pyomo_has_the_same_optimum(tmp_path: Path, suffix: str, quadratic: bool) -> None:
    """HiGHS reads what Pyomo writes of our model, and what we write ourselves."""
    program = full("min", quadratic)
    program.write(tmp_path / f"ours{suffix}")
    files = [tmp_path / f"ours{suffix}"]
    if not quadratic or suffix == ".lp":  # in MPS, Pyomo 6.8 counts what is off the diagonal of Q twice
        files.append(tmp_path / f"pyomo{suffix}")
        program.to_pyomo().write(str(files[-1]), io_options={"skip_trivial_constraints": True})
    for written in files:
        highs = new_highs()
        assert highs.readModel(str(written)) != highspy.HighsStatus.kError
        highs.run()
        assert highs.getObjectiveValue() == pytest.approx(solve(program).value, rel=1e-6)


def test_modelling_languages_are_imported_when_asked_for() -> None:
    code = (
        "import sys, dynamech; from dynamech.solvers.solve import solve; "
        "print([name for name in ('cvxpy', 'pyomo') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
