"""One test body over every installed solver: optima by their conditions, statuses by their reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers import Solver, installed
from dynamech.solvers.duality import dual_bound
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.options import Tolerances
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

SOLVERS = [solver for solver in installed() if solver.lp]
QUADRATIC = [solver for solver in SOLVERS if solver.qp]
TOLERANCES = Tolerances(primal=1e-6, dual=1e-6, gap=1e-6)
"""What first-order methods are asked for here: tighter takes some of them minutes on degenerate programs."""


def _asked(solver: Solver) -> Tolerances:
    return TOLERANCES if solver.first_order else Tolerances()


def _named(solver: Solver) -> str:
    return solver.name


def check(solution: Solution, solver: Solver, expected: float) -> None:
    """Optimal within what was asked for, the duals too, and told with no more than is known."""
    assert solution.status == "optimal", solution.message
    assert solution.value is not None
    assert solution.primal is not None
    assert solution.dual is not None
    assert solution.reduced_costs is not None
    found = solution.accuracy
    assert found is not None
    tolerances = _asked(solver)
    assert found.largest <= max(tolerances.primal, tolerances.dual, tolerances.gap)
    relative = 1e-6 if not solver.first_order else 1e-5
    assert solution.value == pytest.approx(expected, rel=relative, abs=max(1e-6, 2 * found.value_error))
    p = solution.program.to_float()
    x, y, z = solution.primal, solution.dual, solution.reduced_costs
    np.testing.assert_allclose(p.objective + p.hessian @ x, p.matrix.T @ y + z, atol=1e-9)
    size = 1 + float(np.abs(p.objective).max(initial=0.0))
    bound = dual_bound(p, y, x, tolerance=tolerances.dual * size)
    assert bound is not None
    assert bound == pytest.approx(solution.value, rel=relative, abs=max(1e-6, 2 * found.value_error))


@pytest.mark.parametrize("solver", SOLVERS, ids=_named)
@pytest.mark.parametrize("sense", ["max", "min"])
def test_known_optimum_and_signs(solver: Solver, sense: Any) -> None:
    sign = 1 if sense == "max" else -1
    builder = Builder(sense=sense)
    x = builder.columns("x", 2, upper=[1, 1], objective=[3 * sign, 2 * sign])
    builder.columns("y", (1, 2), lower=[[2, -1]], upper=[[2, 4]], objective=[[sign, -sign]])
    builder.rows("free", 2)
    row = builder.rows("budget", 1, upper=1.5)
    builder.rows("range", 1, lower=-0.5, upper=5)
    builder.entries(row.index, x.index, 1)
    builder.entries(3, 3, 1)
    builder.entries(0, 0, 1)
    builder.offset = 10
    program = builder.build()
    solution = solve(program, solver.name, tolerances=_asked(solver))
    check(solution, solver, 10 + sign * (4 + 2.5))
    near = 1e-4 if solver.first_order else 1e-6
    assert solution["x"] == pytest.approx([1, 0.5], abs=near)
    assert solution["y"] == pytest.approx(np.array([[2, -0.5]]), abs=near)
    assert solution.duals["budget"] == pytest.approx([2 * sign], abs=near)
    assert solution.duals["range"] == pytest.approx([-sign], abs=near)
    assert solution.duals["free"] == pytest.approx([0, 0])
    assert solution.reduced_costs == pytest.approx([sign, 0, sign, 0], abs=near)
    assert set(solution.seconds) == {"handover", "solve"}
    assert all(seconds > 0 for seconds in solution.seconds.values())
    assert (solution.solver, solution.bound) == (solver.name, solution.value)


@pytest.mark.parametrize("solver", [s for s in SOLVERS if s.name != "highs"], ids=_named)
@given(data=st.data())
@settings(deadline=None, derandomize=True, max_examples=12)
def test_random_linear_programs(solver: Solver, data: st.DataObject, programs: Any) -> None:
    program = data.draw(programs())
    answer = solve(program)
    found = solve(program, solver.name, tolerances=_asked(solver))
    assert found.status == answer.status, (found.message, answer.message)
    if answer.status == "optimal":
        check(found, solver, float(answer.value or 0))


def _quadratic(seed: int, sense: Any) -> Program:
    """Strictly convex in one block, linear in another, with rows of every kind."""
    random = np.random.default_rng(seed)
    sign = 1 if sense == "min" else -1
    builder = Builder(sense=sense)
    x = builder.columns("x", 3, lower=-2, upper=[3, np.inf, 3], objective=random.integers(-4, 5, 3))
    y = builder.columns("y", 2, lower=[None, 0][seed % 2], upper=4, objective=-sign * random.random(2))
    z = builder.columns("z", 2, lower=0, upper=2, objective=random.integers(-3, 4, 2))
    root = random.integers(-2, 3, (5, 5)) + 3 * np.eye(5)
    q = sign * root @ root.T
    i, j = np.meshgrid(np.concatenate([x.index, y.index]), np.concatenate([x.index, y.index]), indexing="ij")
    builder.quadratic(i, j, q)
    builder.rows("le", 1, upper=2)
    builder.rows("range", 1, lower=-1, upper=1)
    builder.rows("eq", 1, lower=1, upper=1)
    builder.entries(0, x.index, 1)
    builder.entries(1, y.index, [1, -1])
    builder.entries(2, [x.start, y.start, z.start], [1, 1, 1])
    builder.offset = 3
    return builder.build()


@pytest.mark.parametrize("solver", [s for s in QUADRATIC if s.name != "cvxpy:CLARABEL"], ids=_named)
@pytest.mark.parametrize("sense", ["max", "min"])
def test_random_quadratic_programs(solver: Solver, sense: Any) -> None:
    for seed in range(6):
        program = _quadratic(seed, sense)
        answer = solve(program, "cvxpy:CLARABEL").require_optimal()
        check(solve(program, solver.name, tolerances=_asked(solver)), solver, float(answer.value or 0))


@pytest.mark.parametrize("solver", [s for s in SOLVERS if not s.qp], ids=_named)
def test_who_takes_no_quadratic_objective_says_so(solver: Solver) -> None:
    with pytest.raises(InvalidInput, match=f"'{solver.name}' takes no quadratic objective"):
        solve(_quadratic(0, "min"), solver.name)


@pytest.mark.parametrize("solver", SOLVERS, ids=_named)
@pytest.mark.parametrize("objective", [0, 1])
def test_infeasible_and_unbounded_are_told_apart(solver: Solver, objective: float) -> None:
    builder = Builder(sense="max")
    builder.columns("x", 3, objective=[0, 0, objective])
    builder.rows("need", 2, lower=[2, -np.inf], upper=[np.inf, 1])
    builder.entries([0, 0, 1, 1], [0, 1, 0, 1], 1)
    assert solve(builder.build(), solver.name).status == "infeasible"
    builder = Builder(sense="min")
    builder.columns("x", 3, objective=-1)
    builder.rows("r", 1, upper=1)
    builder.entries(0, [0, 1, 2], [1, -1, 1])
    found = solve(builder.build(), solver.name)
    assert (found.status, found.value, found.primal) == ("unbounded", None, None)


@pytest.mark.parametrize("solver", [s for s in QUADRATIC if ":" in s.name], ids=_named)
def test_an_unbounded_quadratic_program(solver: Solver) -> None:
    builder = Builder(sense="max")
    builder.columns("x", 2, objective=1)
    builder.quadratic(0, 0, -1)
    assert solve(builder.build(), solver.name).status == "unbounded"


@pytest.mark.parametrize("solver", SOLVERS, ids=_named)
def test_degenerate_shapes(solver: Solver) -> None:
    assert solve(Builder().build(), solver.name).value == 0
    builder = Builder()
    builder.rows("r", 2, lower=-1)
    builder.offset = 3
    assert solve(builder.build(), solver.name).value == 3
    builder = Builder(sense="min")
    builder.columns("x", 2, objective=[1, -1], lower=-1, upper=2)
    builder.rows("empty", 1, lower=-1, upper=1)
    found = solve(builder.build(), solver.name)
    assert found.value == pytest.approx(-3, abs=1e-6)
    assert found.duals["empty"].tolist() == [0]
    builder.rows("wrong", 1, lower=1, upper=2)
    found = solve(builder.build(), solver.name)
    assert found.status == "infeasible"
    builder = Builder()
    builder.columns("x", 1, lower=2, upper=1)
    assert "x[0] has lower bound" in solve(builder.build(), solver.name).message


@pytest.mark.parametrize("solver", SOLVERS, ids=_named)
def test_exact_answers_start_from_any_engine(solver: Solver) -> None:
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 3, upper=1, objective=["1/3", "1/7", "2/11"])
    row = builder.rows("budget", 1, upper="3/2")
    builder.entries(row.index, x.index, [1, 1, "1/2"])
    found = solve(builder.build(), solver.name, exact=True)
    assert found.status == "optimal", found.message
    assert found.accuracy is None
    assert found.certificate is not None
    assert found.certificate.check()["valid"]
    assert found.value == solve(builder.build(), exact=True).value
