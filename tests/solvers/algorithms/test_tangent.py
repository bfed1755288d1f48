"""Slopes of an optimal value, against values of programs whose rows were moved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms.tangent import at_bounds, tangent
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

F = Fraction
STEP = F(1, 10**9)
"""So small that no basis changes in linear programs of one-digit numbers."""
CURVED = F(1, 10**4)
"""Of concave ones, whose slopes move with the bounds."""


def moved(program: Program, by: Any) -> Program:
    return replace(program, row_lower=program.row_lower + by, row_upper=program.row_upper + by)


def box(rows: list[list[int]], ends: list[tuple[int, int]], weights: list[int], curved: bool) -> Program:
    build = Builder(sense="max", exact=True)
    x = build.columns("x", len(weights), upper=3, objective=weights)
    block = build.rows("r", len(rows), lower=[low for low, _ in ends], upper=[high for _, high in ends])
    for k, row in enumerate(rows):
        build.entries(np.full(len(row), block.start + k), x.index, row)
    if curved:
        build.quadratic(x.index, x.index, -1)
    return build.build()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data(), st.booleans())
def test_a_slope_is_what_a_small_move_is_worth(data: st.DataObject, curved: bool) -> None:
    digits = st.integers(-3, 3)
    rows = data.draw(st.lists(st.lists(digits, min_size=3, max_size=3), min_size=1, max_size=4))
    drawn = [sorted((data.draw(digits), data.draw(digits))) for _ in rows]
    ends = [(low, high) for low, high in drawn]
    program = box(rows, ends, data.draw(st.lists(digits, min_size=3, max_size=3)), curved)
    best = solve(program, exact=True)
    if best.status != "optimal":
        return
    move = np.array([F(data.draw(digits)) for _ in rows], dtype=object)
    slope = solve(tangent(program, best.point, move), exact=True)
    step = CURVED if curved else STEP
    after = solve(moved(program, step * move), exact=True)
    assert (slope.status, after.status) in {("optimal", "optimal"), ("infeasible", "infeasible")}
    if slope.value is not None:
        off = abs((F(after.value) - F(best.value)) / step - F(slope.value))  # type: ignore[arg-type]
        assert off <= (100 * step if curved else 0)


@pytest.mark.parametrize("at", [F(0), F(1), F(1, 2)])
def test_every_optimum_says_the_same(at: Fraction) -> None:
    """max x + y over x + y ≤ 1, x + y ≤ 1: many optima and multipliers, one slope to each side."""
    program = box([[1, 1], [1, 1]], [(-9, 1), (-9, 1)], [1, 1], curved=False)
    point = np.array([at, 1 - at], dtype=object)
    for move, slope in (([1, 1], 1), ([1, 0], 0), ([-1, 0], -1), ([-1, -2], -2)):
        by = np.array([F(k) for k in move], dtype=object)
        assert solve(tangent(program, point, by), exact=True).value == slope


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_what_is_at_the_bounds_of_an_optimum_is_optimal_and_nothing_else_is(data: st.DataObject) -> None:
    """Every vertex of the face earns the optimum, and the farthest optima are on it."""
    digits = st.integers(-2, 2)
    rows = data.draw(st.lists(st.lists(digits, min_size=3, max_size=3), min_size=1, max_size=3))
    program = box(rows, [(-2, 2)] * len(rows), data.draw(st.lists(digits, min_size=3, max_size=3)), False)
    best = solve(program, exact=True)
    face = at_bounds(program, best.point, best.multipliers)
    build = Builder.of(program)
    build.entries(build.rows("v", 1, lower=best.value, upper=best.value).index, range(3), program.objective)
    optima = build.build()
    towards = np.array([F(data.draw(digits)) for _ in range(3)], dtype=object)
    ends = [solve(replace(some, objective=towards), exact=True).value for some in (face, optima)]
    assert ends[0] == ends[1]
