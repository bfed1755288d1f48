"""Rigorous intervals: whatever the solver ends with, both ends are proved, and close where they can be."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.certificate import Certificate
from dynamech.solvers.clock import Clock
from dynamech.solvers.exact.anytime import bound_by_rows
from dynamech.solvers.exact.bounds import dual_value
from dynamech.solvers.exact.examine import objective, primal_faults
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.exact.interval import Interval, narrowed
from dynamech.solvers.exact.margins import safe_duals, safe_point
from dynamech.solvers.exact.solve import certify, interval_of_all, solve_exactly
from dynamech.solvers.exact.vertex import vertex
from dynamech.solvers.options import AT_LOWER, AT_UPPER, BASIC, FREE, Basis, Options
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.selection import select_rows
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve

examples = settings(deadline=None, derandomize=True, max_examples=50)
HAIR = Fraction(1, 10**13)
CLOCK = Clock(Options())


def _statuses(*given: int) -> Any:
    return np.array(given, dtype=np.int8)


def _sound(certificate: Certificate | None, value: Fraction) -> tuple[Fraction | None, Fraction | None]:
    """The ends of a certificate that checks, with the optimal value between them."""
    assert certificate is not None
    verdict = certificate.check()
    assert verdict["valid"], verdict["reason"]
    assert certificate.kind == "interval"
    assert certificate.least is None or certificate.least <= value
    assert certificate.most is None or certificate.most >= value
    return certificate.least, certificate.most


def _nearly_parallel() -> Program:
    """max x + y over 3x + y ≤ 2, x + 2y ≤ 1, and the latter again, tighter by a hair."""
    builder = Builder(sense="max", exact=True)
    x = builder.columns("x", 2, objective=1)
    row = builder.rows("r", 3, upper=[2, 1, 1 - HAIR])
    builder.entries(row.index[:, None], x.index[None, :], [[3, 1], [1, 2], [1, 2]])
    return builder.build()


def test_a_point_that_breaks_a_row_by_a_hair_is_pulled_in() -> None:
    program = clear(_nearly_parallel())
    basis = Basis(_statuses(BASIC, BASIC), _statuses(AT_UPPER, AT_UPPER, BASIC))
    assert primal_faults(program, vertex(program, basis).x).rows.tolist() == [2]
    found = safe_point(program, basis, CLOCK)
    assert found is not None
    assert not primal_faults(program, found[0])
    assert Fraction(4, 5) - Fraction(1, 10**6) < objective(program, found[0]) < Fraction(4, 5)


def _nearly_alike(free: bool) -> Program:
    """The dual of the same: min 2a + b + (1 − hair) c; with `free` columns, d = e is priced a hair off."""
    builder = Builder(sense="min", exact=True)
    a = builder.columns("a", 3, objective=[2, 1, 1 - HAIR])
    row = builder.rows("r", 2, lower=1)
    builder.entries(row.index[:, None], a.index[None, :], [[3, 1, 1], [1, 2, 2]])
    if free:
        d = builder.columns("d", 2, lower=None, objective=[1, -1 + HAIR])
        builder.rows("box", 2, lower=-1, upper=1)
        builder.entries([2, 2, 3], [d.index[0], d.index[1], d.index[1]], [1, -1, 1])
    return builder.build()


@pytest.mark.parametrize("free", [False, True])
def test_duals_wrong_by_a_hair_are_pushed_back(free: bool) -> None:
    program = clear(_nearly_alike(free))
    rows = [AT_LOWER, AT_LOWER]
    columns = [BASIC, BASIC, AT_LOWER]
    if free:  # d basic, e left nonbasic at 0 although its reduced cost is a hair off
        columns, rows = [*columns, BASIC, FREE], [*rows, AT_LOWER, BASIC]
    basis = Basis(_statuses(*columns), _statuses(*rows))
    assert dual_value(program, vertex(program, basis).y) is None
    y = safe_duals(program, basis, CLOCK)
    assert y is not None
    value = dual_value(program, y)
    best = solve(program.source, exact=True).value
    assert value is not None
    assert isinstance(best, Fraction)
    assert best - Fraction(1, 10**6) < value <= best


@given(data=st.data(), exact=st.booleans())
@examples
def test_near_an_optimum_both_ends_are_close(data: st.DataObject, exact: bool, programs: Any) -> None:
    program = data.draw(programs(exact=exact, bounded=True))
    solution = solve(program, exact=True)
    if solution.status != "optimal":
        return
    assert isinstance(solution.value, Fraction)
    whole = clear(program)
    basis = solve(whole.scaled.program).basis
    least, most = _sound(narrowed(Interval(whole), basis, None, CLOCK), solution.value)
    assert least is not None
    assert most is not None
    assert most - least <= Fraction(1, 10**5)


@given(data=st.data())
@examples
def test_from_nothing_both_ends_are_true(data: st.DataObject, programs: Any) -> None:
    program = data.draw(programs(exact=True))
    solution = solve(program, exact=True)
    if solution.status != "optimal":
        return
    assert isinstance(solution.value, Fraction)
    _, _ = _sound(narrowed(Interval(clear(program)), None, None, CLOCK), solution.value)


def _chain(k: int) -> Program:
    """Every type may imitate every other; only neighbours matter. Payments are free columns."""
    builder = Builder(sense="max", exact=True)
    worth = [Fraction(j + 1, k) for j in range(k)]
    q = builder.columns("q", k, upper=1, objective=Fraction(-1, 4 * k))
    p = builder.columns("p", k, lower=None, objective=Fraction(1, k))
    i, j = (part.ravel() for part in np.meshgrid(np.arange(k), np.arange(k), indexing="ij"))
    i, j = i[i != j], j[i != j]
    ic = builder.rows("ic", i.size, lower=0)
    theta = np.array(worth, dtype=object)[i]
    builder.entries(ic.index, q.index[i], theta)
    builder.entries(ic.index, q.index[j], -theta)
    builder.entries(ic.index, p.index[i], -1)
    builder.entries(ic.index, p.index[j], 1)
    ir = builder.rows("ir", k, lower=0)
    builder.entries(ir.index, q.index, worth)
    builder.entries(ir.index, p.index, -1)
    return builder.build()


def test_a_bound_from_some_of_the_rows() -> None:
    program = clear(_chain(15))
    y = bound_by_rows(program, CLOCK)
    assert y is not None
    value, best = dual_value(program, y), solve(program.source, exact=True).value
    assert value is not None
    assert isinstance(best, Fraction)
    assert best <= value < best + Fraction(1, 10**5)


@pytest.mark.parametrize("curved", [False, True])
def test_a_solver_that_runs_out_of_time_leaves_an_interval(curved: bool) -> None:
    program = _chain(8)
    if curved:
        builder = Builder(sense="max", exact=True)
        x = builder.columns("x", 4, objective=[1, 2, 3, -1])
        i, j = np.divmod(np.arange(16), 4)
        builder.quadratic(x.index[i], x.index[j], (-np.eye(4, dtype=int) * 3).ravel())
        builder.rows("sum", 1, upper=1)
        builder.entries(0, x.index, 1)
        program = builder.build()
    best = solve(program, exact=True).value
    assert isinstance(best, Fraction)

    def slow(given: Program, solver: str, options: Options) -> Solution:
        assert options.time_limit is not None
        time.sleep(options.time_limit)
        return Solution(given, "limit", "limit: the time limit was reached after 1 s; no bound known", solver)

    solution = solve_exactly(program, slow, "slow", Options(time_limit=3.0))
    assert solution.status == "limit"
    assert solution.value is None
    least, most = _sound(solution.certificate, best)
    assert least is not None
    assert most is not None
    assert solution.bound == most
    assert solution.message.startswith("limit: the time limit was reached after 1 s; the value is between ")
    assert solution.message.endswith("(proved)")
    assert solution.seconds["prove"] < 2.5


def test_a_limited_solution_is_certified_as_an_interval() -> None:
    program = _chain(8)
    best = solve(program, exact=True).value
    assert isinstance(best, Fraction)
    limited = Solution(program, "limit", "limit: given up", "highs")
    _sound(certify(limited, Options(time_limit=3.0)), best)


def test_an_interval_of_some_rows_is_carried_over() -> None:
    """The bound holds for all rows; a point that breaks one of those left out is dropped."""
    program = _chain(8)
    best = solve(program, exact=True).value
    assert isinstance(best, Fraction)
    promises = program.row_blocks["ir"].index
    for rows in (np.arange(program.num_rows), promises):
        part, _ = select_rows(program, rows)
        small = solve(part, exact=True)
        assert isinstance(small.value, Fraction)
        none = np.full(program.num_columns, Fraction(0), dtype=object)
        value = small.value
        ends = Certificate("interval", part, None, small.primal, small.dual, None, none, value, value)
        limited = Solution(part, "limit", "limit: given up; the value is between 1 and 2 (proved)", "highs")
        solution = interval_of_all(replace(limited, certificate=ends), program, rows)
        least, most = _sound(solution.certificate, best)
        assert most == small.value == solution.bound
        assert least == (best if rows.size == program.num_rows else None)
        assert solution.message.count("the value is between") == 1
        assert "between 1 and 2" not in solution.message
    nothing = interval_of_all(limited, program, rows)
    assert nothing.certificate is None
    assert nothing.message == "limit: given up"


def test_no_time_at_all_leaves_what_the_bounds_say() -> None:
    builder = Builder(sense="max", exact=True)
    builder.columns("x", 3, upper=[1, 2, 3], objective=["1/3", 1, -1])
    builder.rows("r", 1, upper=1)
    builder.entries(0, np.arange(3), 1)
    whole = clear(builder.build())
    clock = Clock(Options(time_limit=1e-9))
    least, most = _sound(narrowed(Interval(whole), None, None, clock), Fraction(1))
    assert (least, most) == (None, Fraction(7, 3))
