"""Errors bound: a sample of ``benchmarks.error_bounds``, and what an error says of a program by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from benchmarks.error_bounds import tally
from dynamech.solvers import audit
from dynamech.solvers.accuracy import accuracy
from dynamech.solvers.audit import error_of
from dynamech.solvers.certificate import Certificate
from dynamech.solvers.exact.solve import proved
from dynamech.solvers.options import Options, Tolerances
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solution import Solution
from dynamech.solvers.solve import solve


@pytest.mark.parametrize(("solver", "seeds"), [("highs", range(60)), ("cvxpy:CLARABEL", range(100, 112))])
def test_no_value_is_outside_its_error(solver: str, seeds: range) -> None:
    seen = tally(seeds, solver)
    assert seen.checked + seen.loose + seen.intervals == len(seeds)
    assert not seen.wrong
    # equations in doubles may contradict each other by a hair: then there is nothing to be near to
    assert len(seen.relative) >= 0.8 * len(seeds)
    assert sum(error <= 1e-6 for error in seen.relative) >= 0.95 * len(seen.relative)


def budget(unit: float = 1.0) -> Program:
    """max 3x + 2y with x + y ≤ 3/2 and x, y ≤ 1, money in some unit: 4."""
    builder = Builder(sense="max")
    x = builder.columns("x", 2, upper=unit, objective=[3, 2])
    row = builder.rows("budget", 1, upper=1.5 * unit)
    builder.entries(row.index, x.index, 1)
    return builder.build()


@pytest.mark.parametrize("off", [0.0, 1e-9, -1e-9, 0.25])
def test_the_error_is_the_distance_to_the_optimum(off: float) -> None:
    value = 4.0 + off
    told = Solution(budget(), "optimal", "", "somebody", value, value, np.array([1.0, 0.5]), np.array([2.0]))
    error = error_of(told)
    assert Fraction(error) >= abs(Fraction(value) - 4)
    assert error == pytest.approx(abs(off), rel=1e-6)


def test_without_a_value_no_error_is_known() -> None:
    assert error_of(Solution(budget(), "limit", "", "somebody")) == math.inf


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize(
    ("x", "y", "figure"),
    [
        ([1.0, 0.5 + 1e-5], [2.0], "primal"),
        ([1.0 + 1e-5, 0.5], [2.0], "primal"),
        ([1.0, 0.5], [-1e-5], "dual"),
        ([1.0, 0.5 - 1e-5], [2.0], "gap"),
    ],
)
def test_figures_do_not_depend_on_the_unit_of_money(
    unit: float, x: list[float], y: list[float], figure: str
) -> None:
    found = accuracy(budget(unit), np.array(x) * unit, np.array(y))
    assert not found.within(Tolerances())
    assert getattr(found, figure) > 1e-7
    assert getattr(found, figure) == pytest.approx(
        getattr(accuracy(budget(), np.array(x), np.array(y)), figure), rel=1e-6
    )


def test_an_exact_pair_misses_nothing() -> None:
    found = accuracy(budget(), np.array([1.0, 0.5]), np.array([2.0]))
    assert (found.primal, found.dual, found.gap, found.estimate) == (0, 0, 0, 0)
    assert found.rounding


def test_a_price_that_cancels_is_seen() -> None:
    """x is worth 1e-9 a unit beside prices of 1: no engine sees that, and the value is off by it."""
    builder = Builder(sense="max")
    x = builder.columns("x", 2, upper=[1, np.inf], objective=[1, 1 + 1e-9])
    row = builder.rows("r", 1, upper=1)
    builder.entries(row.index, x.index, 1)
    program = builder.build()
    found = accuracy(program, np.array([1.0, 0.0]), np.array([1.0]))
    assert not found.rounding
    told = solve(program)
    assert told.accuracy is not None
    assert abs(Fraction(told.value or 0) - Fraction(1 + 1e-9)) <= Fraction(told.accuracy.value_error)
    assert told.accuracy.value_error < 2e-9


def test_a_proof_of_a_quadratic_program_keeps_to_its_time() -> None:
    builder = Builder(sense="min")
    x = builder.columns("x", 3, objective=-1)
    builder.quadratic(x.index[:, None], x.index, np.eye(3) + 1)
    told = solve(builder.build())
    assert told.accuracy is not None
    assert told.accuracy.value_error < 1e-12
    late = proved(told.program, told, Options(time_limit=1e-9))
    assert late.status == "limit"
    assert "time ran out before the quadratic objective was seen to be semidefinite" in late.message


def test_an_interval_that_leaves_nearly_everything_open_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wide(program: Program, *_: object) -> Solution:
        found = Certificate("interval", program, least=Fraction(1), most=Fraction(9))
        return Solution(program, "limit", "", "", certificate=found)

    monkeypatch.setattr(audit, "proved", wide)
    told = Solution(budget(), "optimal", "", "somebody", 4.0, 4.0, np.array([1.0, 0.5]), np.array([2.0]))
    assert error_of(told) == math.inf
