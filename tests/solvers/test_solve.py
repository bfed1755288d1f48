"""Solving in floats: optima by their conditions, statuses by their reasons."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.errors import DynamechError, Infeasible, InvalidInput, Unbounded
from dynamech.solvers.options import BASIC, Tolerances
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

Check = Callable[..., None]
examples = settings(deadline=None, derandomize=True, max_examples=60)
METHODS = ["highs", "highs-ipm", "highs-pdlp"]


def _budget(sense: Any) -> Program:
    sign = 1 if sense == "max" else -1
    builder = Builder(sense=sense)
    x = builder.columns("x", 2, upper=1, objective=[3 * sign, 2 * sign])
    row = builder.rows("budget", 1, upper=1.5)
    builder.entries(row.index, x.index, 1)
    builder.offset = 10
    return builder.build()


@pytest.mark.parametrize("solver", METHODS)
@pytest.mark.parametrize("sense", ["max", "min"])
def test_known_optimum_and_signs(solver: str, sense: str, check_optimal: Check) -> None:
    solution = solve(_budget(sense), solver)
    sign = 1 if sense == "max" else -1
    check_optimal(solution)
    assert solution.value == pytest.approx(10 + 4 * sign)
    np.testing.assert_allclose(solution["x"], [1, 0.5])
    np.testing.assert_allclose(solution.duals["budget"], [2 * sign])
    assert solution.reduced_costs == pytest.approx([sign, 0])
    assert solution.bound == solution.value
    assert set(solution.seconds) == {"handover", "solve"}
    assert solution.solver == solver
    assert solution.require_optimal() is solution


@given(data=st.data())
@examples
def test_random_programs(data: st.DataObject, programs: Any, check_optimal: Check) -> None:
    program = data.draw(programs())
    solution = solve(program)
    assert solution.status in ("optimal", "infeasible", "unbounded")
    if solution.status == "optimal":
        check_optimal(solution)
        assert solution.basis is not None
        assert solution.basis.fits(program)
        basis = solution.basis
        assert int((basis.columns == BASIC).sum() + (basis.rows == BASIC).sum()) == program.num_rows


@given(data=st.data())
@examples
def test_a_basis_starts_where_it_ended(data: st.DataObject, programs: Any) -> None:
    program = data.draw(programs(bounded=True))
    first = solve(program)
    if first.status != "optimal":
        return
    again = solve(program, warm_start=first)
    assert again.value == pytest.approx(first.value)
    assert again.iterations == 0


def _infeasible(objective: float = 0) -> Program:
    builder = Builder(sense="max")
    builder.columns("x", 3, objective=[0, 0, objective])
    builder.rows("need", 2, lower=[2, -np.inf], upper=[np.inf, 1], label=lambda k: ["more", "less"][k])
    builder.entries([0, 0, 1, 1], [0, 1, 0, 1], 1)
    return builder.build()


def _unbounded() -> Program:
    builder = Builder(sense="max")
    builder.columns("x", 3, objective=1)
    builder.rows("r", 1, upper=1)
    builder.entries(0, [0, 1, 2], [1, -1, 1])
    return builder.build()


@pytest.mark.parametrize("solver", METHODS)
@pytest.mark.parametrize("objective", [0, 1])
def test_infeasible_is_told_from_unbounded(solver: str, objective: float) -> None:
    solution = solve(_infeasible(objective), solver)
    assert solution.status == "infeasible"
    assert solution.value is None
    with pytest.raises(Infeasible, match="no point satisfies"):
        solution.require_optimal()
    with pytest.raises(Infeasible):
        solution["x"]


@pytest.mark.parametrize("solver", METHODS)
def test_unbounded(solver: str) -> None:
    solution = solve(_unbounded(), solver)
    assert solution.status == "unbounded"
    with pytest.raises(Unbounded, match="improves without end"):
        solution.require_optimal()


def test_farkas_vector_names_the_conflict() -> None:
    solution = solve(_infeasible(), rays=True)
    assert solution.farkas is not None
    assert solution.farkas[0] * solution.farkas[1] < 0
    assert "need[more], need[less]" in solution.message


def test_ray_improves_for_ever() -> None:
    program = _unbounded()
    solution = solve(program, rays=True)
    ray = solution.ray
    assert ray is not None
    assert program.objective @ ray > 0
    assert (program.matrix @ ray <= 1e-9).all()
    assert (ray >= -1e-9).all()


def test_crossing_bounds_are_named() -> None:
    builder = Builder()
    builder.columns("x", 2, lower=[0, 2], upper=1)
    assert "x[1] has lower bound 2.0 above upper bound 1.0" in solve(builder.build()).message
    builder = Builder()
    builder.columns("x", 1)
    builder.rows("r", 1, lower=1, upper=0)
    solution = solve(builder.build())
    assert solution.status == "infeasible"
    assert "r[0]" in solution.message


@pytest.mark.parametrize("solver", METHODS)
def test_degenerate_shapes(solver: str) -> None:
    assert solve(Builder().build(), solver).value == 0
    builder = Builder()
    builder.rows("r", 2, lower=-1)
    builder.offset = 3
    solution = solve(builder.build(), solver)
    assert (solution.status, solution.value) == ("optimal", 3)
    builder.rows("q", 1, lower=1)
    solution = solve(builder.build(), solver)
    assert solution.status == "infeasible"
    assert "q[0] has no columns" in solution.message
    builder = Builder(sense="min")
    builder.columns("x", 2, objective=[1, -1], lower=-1, upper=2)
    assert solve(builder.build(), solver).value == pytest.approx(-3)
    builder.columns("y", 1, objective=-1)
    assert solve(builder.build(), solver).status == "unbounded"


def test_quadratic_optimum(check_optimal: Check) -> None:
    builder = Builder(sense="max")
    x = builder.columns("x", 3, objective=[2, 2, 0])
    builder.quadratic([0, 1], [0, 1], [-1, -2])
    builder.rows("sum", 1, upper=2)
    builder.entries(0, x.index, 1)
    builder.offset = 1
    solution = solve(builder.build())
    check_optimal(solution, 1e-5)
    assert solution.value == pytest.approx(1 + 8 / 3, abs=1e-5)
    assert solution["x"] == pytest.approx([4 / 3, 2 / 3, 0], abs=1e-5)
    assert solution.duals["sum"] == pytest.approx([2 / 3], abs=1e-5)


def test_quadratic_of_the_wrong_curvature_is_refused() -> None:
    builder = Builder(sense="min")
    builder.columns("x", 2, upper=5, objective=2)
    builder.quadratic([0, 1], [1, 0], -1)
    with pytest.raises(
        InvalidInput, match=r"not positive semidefinite.*eigenvalue -1 at x\[0\] and the columns"
    ):
        solve(builder.build())
    builder = Builder(sense="max")
    builder.columns("x", 2)
    builder.quadratic(1, 1, 3)
    with pytest.raises(InvalidInput, match=r"not negative semidefinite.*eigenvalue 3 at x\[1\]"):
        solve(builder.build())


def test_quadratic_needs_the_quadratic_engine() -> None:
    builder = Builder(sense="min")
    builder.columns("x", 1)
    builder.quadratic(0, 0, 1)
    with pytest.raises(InvalidInput, match="takes no quadratic objective"):
        solve(builder.build(), "highs-pdlp")


def test_tiny_entries_are_scaled_not_dropped() -> None:
    builder = Builder(sense="max")
    builder.columns("x", 2, objective=1)
    builder.rows("r", 2, upper=[1e-11, 1e11])
    builder.entries([0, 1], [0, 1], [1e-14, 1e13])
    solution = solve(builder.build())
    assert solution["x"] == pytest.approx([1000, 0.01])
    assert solution.duals["r"] == pytest.approx([1e14, 1e-13])


def test_entries_that_no_scaling_saves_are_told() -> None:
    builder = Builder(sense="max", exact=True)
    builder.columns("x", 2, objective=1)
    builder.rows("r", 3, upper=1)
    builder.entries(
        [0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [1, Fraction(1, 10**30), 1, 1, Fraction(1, 10**30), 1]
    )
    program = builder.build()
    assert "2 entries too small for HiGHS were left out" in solve(program).message
    exact = solve(program, exact=True)
    assert exact.certificate is not None
    assert exact.certificate.check()["valid"]


def test_numbers_highs_takes_for_infinite_are_refused() -> None:
    builder = Builder()
    builder.columns("x", 2, upper=[1e25, 1])
    with pytest.raises(InvalidInput, match=r"x\[0\]: HiGHS takes 1e\+25 for infinite"):
        solve(builder.build())


def _large() -> Program:
    m, n = 60_000, 200
    random = np.random.default_rng(0)
    entries = sp.random_array((m, n), density=0.03, format="coo", rng=random)
    builder = Builder(sense="max")
    builder.columns("x", n, objective=1, upper=5)
    builder.rows("r", m, upper=1 + random.random(m))
    builder.entries(entries.row, entries.col, entries.data)
    return builder.build()


def test_limits_are_answers() -> None:
    program = _large()
    began = time.perf_counter()
    solution = solve(program, time_limit=0.3)
    assert time.perf_counter() - began < 5
    assert solution.status == "limit"
    assert "time limit" in solution.message
    assert solution.value is None
    assert solution.bound is not None
    assert 31.15 < solution.bound <= 1000.001  # at least what the column bounds say
    with pytest.raises(DynamechError, match="time limit"):
        solution.require_optimal()
    stopped = solve(program, iteration_limit=20)
    assert stopped.status == "limit"
    assert "iteration limit" in stopped.message
    assert stopped.bound is not None
    assert 31.15 < stopped.bound < 999  # the duals so far say more than the column bounds do


def test_a_limit_that_is_not_reached_changes_nothing(check_optimal: Check) -> None:
    for solver in METHODS:
        solution = solve(_budget("max"), solver, time_limit=60, iteration_limit=10_000)
        check_optimal(solution)
    assert solve(_infeasible(1), time_limit=60).status == "infeasible"
    assert solve(_unbounded(), time_limit=60).status == "unbounded"


@pytest.mark.parametrize("solver", ["highs", "highs-ipm", "highs-pdlp"])
def test_a_limit_changes_nothing_where_presolve_leaves_nothing(solver: str) -> None:
    """Every row bounds one column: presolve solves it alone, and HiGHS makes vectors and basis afterwards."""
    build = Builder(sense="max")
    x = build.columns("x", 4, lower=-1, objective=[1, 2, -3, 0])
    rows = build.rows("r", 4, lower=-5, upper=[4, 6, 8, 2])
    build.entries(rows.index, x.index, [2, 3, 4, 1])
    program = build.build()
    found = solve(program, solver, time_limit=60)
    assert found.status == "optimal"
    assert found.value == pytest.approx(2 + 4 + 3)
    assert found.dual is not None
    assert found.dual == pytest.approx([1 / 2, 2 / 3, 0, 0])
    if solver == "highs-pdlp":
        assert found.basis is None
    else:
        assert found.basis is not None
        assert found.basis.fits(program)
    assert found.certify().value == 9


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="needs signals")
def test_the_keyboard_gets_through() -> None:
    program = _large()
    calls: list[tuple[float, int]] = []

    def strike(seconds: float, iterations: int) -> None:
        calls.append((seconds, iterations))
        os.kill(os.getpid(), signal.SIGINT)

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        solve(program, progress=strike)
    assert calls
    assert time.perf_counter() - began < calls[0][0] + 4


def test_words_that_are_not_known() -> None:
    program = _budget("max")
    with pytest.raises(
        InvalidInput, match="no solver is called 'gurobi'; known are highs, highs-ipm, highs-pdlp"
    ):
        solve(program, "gurobi")
    with pytest.raises(InvalidInput, match="no solver is called 'highs:x'"):
        solve(program, "highs:x")
    with pytest.raises(InvalidInput, match="time limit"):
        solve(program, time_limit=0)
    with pytest.raises(InvalidInput, match="tolerance dual=1e-12"):
        Tolerances(dual=1e-12)
    with pytest.raises(InvalidInput, match="carries no basis"):
        solve(program, warm_start=solve(program, "highs-pdlp"))
    with pytest.raises(InvalidInput, match="does not fit"):
        solve(_unbounded(), warm_start=solve(program))
    with pytest.raises(InvalidInput, match="no column block is called 'y'; the blocks are 'x'"):
        solve(program)["y"]


def test_solutions_are_read_by_block() -> None:
    builder = Builder()
    builder.columns("a", (2, 3), upper=np.arange(6).reshape(2, 3), objective=1)
    builder.columns("b", 2, upper=1, objective=1)
    builder.rows("r", 1)
    solution: Solution = solve(builder.build())
    assert solution["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert solution["b"].shape == (2,)
    assert dict(solution.duals).keys() == {"r"}
    assert len(solution.duals) == 1


def test_tolerances_are_echoed() -> None:
    tolerances = Tolerances(primal=1e-9, dual=1e-9)
    assert solve(_budget("max"), tolerances=tolerances).tolerances == tolerances


def test_an_interior_point_answer_within_a_limit_comes_back_through_presolve(check_optimal: Check) -> None:
    """Degenerate and reduced by presolve, so that postsolve has iterations to do; these once crashed."""
    random = np.random.default_rng(3)
    builder = Builder(sense="max")
    x = builder.columns("x", 40, lower=None, objective=random.integers(-3, 4, 40))
    y = builder.columns("y", 40, upper=1, objective=random.integers(0, 3, 40))
    same = builder.rows("same", 40, lower=0, upper=0)
    builder.entries(same.index, x.index, 1)
    builder.entries(same.index, y.index, -1)
    pairs = builder.rows("pairs", (40, 40), lower=-1)
    builder.entries(pairs.index.reshape(40, 40), x.index[:, None], 1)
    builder.entries(pairs.index.reshape(40, 40), x.index[None, :], -1)
    solution = solve(builder.build(), "highs-ipm", time_limit=60)
    check_optimal(solution)
    assert solution.value == pytest.approx(solve(builder.build()).value)
