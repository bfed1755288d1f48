"""What other tools found, back in the order of a program's columns and rows."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import cvxpy
import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.blocks import distinct
from dynamech.solvers.conversions.reading import point
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

cp: Any = cvxpy


def program(sense: Any = "max", quadratic: bool = False, exact: bool = False) -> Program:
    """One optimum in `x` and `class`; `idle` and `nowhere` are in no row and earn nothing.

    A column that is `nowhere` at all makes HiGHS call a quadratic program unbounded.
    """
    sign = 1 if sense == "max" else -1
    build = Builder(sense=sense, exact=exact, name="small")
    x = build.columns("x", (1, 2), objective=sign * np.array([[3, 2]]), label=lambda k: "same")
    build.columns("idle", 3, lower=[2, -np.inf, -3], upper=[5, -1, np.inf])
    y = build.columns("class", 1, lower=None, objective=-sign)
    build.columns("nowhere", 1 - quadratic, lower=None)
    for name, lower, upper in (("top", None, 4), ("low", -1, None), ("equal", 1, 1)):
        build.rows(name, 1, lower=lower, upper=upper)
    build.rows("free", 1)
    build.entries([0, 0, 1, 2, 2], [0, 1, y.start, 0, 1], [1, 1, 1, 1, -1])
    build.entries(3, x.index, 1)
    build.offset = F(1, 2)
    if quadratic:
        build.quadratic(y.start, y.start, F(-sign, 2))
    return build.build()


def solved(p: Program) -> dict[str, Any]:
    highs, model = p.to_highs(), p.to_pyomo()
    problem: Any = p.to_cvxpy()
    highs.run()
    model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
    if p.quadratic is None:  # no solver for others is surely there
        pyo.SolverFactory("appsi_highs").solve(model)
    problem.solve(solver="CLARABEL")
    wider = cp.Problem(problem.objective, [*problem.constraints, cp.Variable(2) >= 0])
    wider.solve(solver="CLARABEL")
    tools = {"HiGHS": highs, "CVXPY": problem, "CVXPY, wider": wider}
    return tools if p.quadratic is not None else {**tools, "Pyomo": model}


@pytest.mark.parametrize("sense", ["max", "min"])
@pytest.mark.parametrize("quadratic", [False, True])
@pytest.mark.parametrize("exact", [False, True])
def test_points_values_and_duals(sense: str, quadratic: bool, exact: bool) -> None:
    p = program(sense, quadratic, exact)
    answer = solve(p, exact=True).require_optimal()
    assert answer.value is not None
    assert answer.dual is not None
    expected = dict(zip(["top[0]", "low[0]", "equal[0]", "free[0]"], answer.dual.tolist(), strict=True))
    assert abs(expected["low[0]"]) == (F(1, 2) if quadratic else 1)
    for tool, found in solved(p).items():
        x = point(p, found)
        assert x[[0, 1, 5]] == pytest.approx(np.array([2.5, 1.5, -1]), abs=1e-6), tool
        assert (x[6:] == 0).all()
        assert (x >= p.to_float().lower).all()
        assert (x <= p.to_float().upper).all()
        assert p.value(found) == pytest.approx(float(answer.value), rel=1e-6), tool
        assert p.duals(found) == pytest.approx({k: float(v) for k, v in expected.items()}, abs=1e-6), tool


def test_values_of_a_vector() -> None:
    """Rational where both are; one float, of either, makes doubles of it."""
    for quadratic in (False, True):
        p = program(quadratic=quadratic, exact=True)
        x = [F(1, 3), 1, 2, -1, 0, F(-1, 7), 9][: p.num_columns]
        exact = F(1, 2) + 1 + 2 + F(1, 7) - quadratic * F(1, 4) / 49
        assert p.value(x) == p.value(np.array(x, dtype=object)) == exact
        assert isinstance(p.value(x), F)
        for value in (p.value([float(v) for v in x]), p.to_float().value(x), p.value([1 / 3, *x[1:]])):
            assert isinstance(value, float)
            assert value == pytest.approx(float(exact), rel=1e-15)
    assert Builder().build().value([]) == 0


@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=15)
def test_random_programs_come_home(data: st.DataObject, programs: Any) -> None:
    p = data.draw(programs(bounded=True, exact=True))
    answer = solve(p)
    highs = p.to_highs()
    highs.run()
    if answer.status != "optimal":
        with pytest.raises(InvalidInput, match="HiGHS object: it has no answer"):
            p.value(highs)
        return
    assert p.value(highs) == pytest.approx(answer.value)
    problem = p.to_cvxpy()
    problem.solve(solver="CLARABEL")
    x, y = point(p, problem), np.array(list(p.duals(problem).values()))
    assert (x >= p.to_float().lower - 1e-6).all()
    assert (x <= p.to_float().upper + 1e-6).all()
    costs, inside = p.to_float().objective - p.matrix.T @ y, (x > p.lower + 1e-3) & (x < p.upper - 1e-3)
    assert costs[np.asarray(inside, dtype=bool)] == pytest.approx(0, abs=1e-4)


def test_one_problem_of_two_programs() -> None:
    """Each takes its own variables, though they have the same names."""
    one, other = program(), program("min")
    first, second = one.to_cvxpy(), other.to_cvxpy()
    both = cp.Problem(
        cp.Maximize(first.objective.expr - second.objective.expr), [*first.constraints, *second.constraints]
    )
    both.solve(solver="CLARABEL")
    assert one.value(both) == pytest.approx(solve(one).value)
    assert other.value(both) == pytest.approx(solve(other).value)
    assert one.mark != other.mark
    assert one.mark == program(exact=True).mark == program().mark


def test_no_answer_is_no_point() -> None:
    """HiGHS keeps a feasible point where it says that there is no best one."""
    build = Builder()
    build.columns("x", 1, objective=1)
    build.rows("r", 1, lower=0)
    build.entries(0, 0, 1)
    highs = build.build().to_highs()
    highs.run()
    with pytest.raises(InvalidInput, match="it has no answer, its status being 'Unbounded'; run"):
        build.build().value(highs)


def test_labels_that_are_met_twice() -> None:
    assert distinct(["a", "a#2", "a", "b", "a"]) == ["a", "a#2", "a#2#2", "b", "a#4"]
    build = Builder()
    build.columns("x", 1, upper=1, objective=1)
    rows = build.rows("r", 2, upper=3, label=lambda k: "same")
    build.entries(rows.index, 0, 1)
    p = build.build()
    highs = p.to_highs()
    highs.run()
    assert p.duals(highs) == {"r[same]": 0, "r[same]#1": 0}
