"""Programs in units of their own: the same numbers for a solver whatever money is counted in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.program import Builder, Program
from dynamech.solvers.roster import catalogue
from dynamech.solvers.scaling import cost_unit, in_units, scaling
from dynamech.solvers.solve import solve

ENGINES = [
    name
    for name in ("highs", "highs-ipm", "highs-pdlp", "cvxpy:CLARABEL", "pyomo:appsi_highs")
    if any(record.name == name and record.available for record in catalogue())
]


def sale(money: float, units: bool) -> Program:
    """One buyer worth 1 or 3 times `money`, half and half: a price of 3/2 times it, by utilities."""
    v = money * np.array([1.0, 3.0])
    build = Builder(sense="max", name="sale")
    x = build.columns("x", 2, upper=1, objective=v / 2, unit=1 if units else None)
    u = build.columns("u", 2, lower=None, objective=-0.5, unit=v if units else None)
    lies = build.rows("lie", 2, lower=0)
    build.entries(lies.index, u.index, 1)
    build.entries(lies.index, u.index[::-1], -1)
    build.entries(lies.index, x.index[::-1], np.array([2, -2]) * money)
    stay = build.rows("stay", 2, lower=0)
    build.entries(stay.index, u.index, 1)
    return build.build()


@pytest.mark.parametrize("solver", ENGINES)
@pytest.mark.parametrize("units", [False, True])
@pytest.mark.parametrize("power", [-12, -7, -3, 0, 4, 12])
def test_money_may_be_counted_in_anything(solver: str, units: bool, power: int) -> None:
    money = 10.0**power
    found = solve(sale(money, units), solver)
    assert found.status == "optimal", found.message
    assert found.value == pytest.approx(1.5 * money, rel=1e-6)
    assert found.accuracy is not None
    assert abs(float(found.value) - 1.5 * money) <= found.accuracy.value_error + 1e-9 * money
    assert found["x"].tolist() == pytest.approx([0, 1], abs=1e-5)
    down, up = found.duals["lie"]  # what a lie costs: a share of the high type's probability, any from 1/2 up
    assert down == pytest.approx(0, abs=1e-5)
    assert -0.5 - 1e-5 <= up <= -0.25 + 1e-5


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.booleans())
def test_the_way_there_and_back_rounds_nothing(seed: int, known: bool) -> None:
    draw = np.random.default_rng(seed)
    m, n = int(draw.integers(1, 6)), int(draw.integers(1, 6))
    build = Builder(sense="min")
    unit = 10.0 ** draw.integers(-9, 9, n) if known else None
    far = 10.0 ** draw.integers(-3, 3, n)
    x = build.columns("x", n, lower=-draw.random(n), upper=far, objective=1, unit=unit)
    rows = build.rows("r", m, lower=-1, upper=draw.random(m))
    build.entries(rows.index[:, None], x.index, draw.random((m, n)) * 10.0 ** draw.integers(-12, 12, (m, n)))
    program = build.build()
    seen, s = in_units(program)
    assert (np.log2(s.rows) % 1 == 0).all()
    assert (np.log2(s.columns) % 1 == 0).all()
    back = s.rows[:, None] * program.matrix.toarray() * s.columns
    assert (seen.matrix.toarray() == back).all()
    if known:
        assert (np.abs(back).max(axis=1) <= 1).all()
        assert (np.abs(back).max(axis=1) > 0.5).all()
        assert scaling(seen).trivial
    inside = draw.random(n)
    assert (seen.matrix @ inside == s.rows * (program.matrix @ (inside * s.columns))).all()
    assert seen.objective @ inside == pytest.approx(program.objective @ (inside * s.columns))
    home = s.solution(solve(seen))
    assert home.program is program
    if home.status == "optimal":
        assert home.dual is not None
        assert home.value == pytest.approx(float(program.objective @ home.primal))
        left = program.objective - program.matrix.T @ home.dual
        size = np.abs(program.objective) + abs(program.matrix).T @ np.abs(home.dual)
        assert (np.abs(home.reduced_costs - left) <= 1e-12 * size).all()


def test_a_program_of_ordinary_numbers_is_left_as_it_is() -> None:
    program = sale(1.0, units=False)
    assert in_units(program)[0] is program


@pytest.mark.parametrize("power", [-12, 12])
def test_rays_and_farkas_vectors_come_home(power: int) -> None:
    money = 10.0**power
    build = Builder(sense="max")
    u = build.columns("u", 2, lower=None, objective=[1, 0], unit=money)
    rows = build.rows("r", 1, upper=money)
    build.entries(rows.index, u.index, [1, -1])
    ray = solve(build.build(), rays=True).ray
    assert ray is not None
    assert ray[0] > 0
    assert ray[0] <= ray[1] * (1 + 1e-12)
    build.entries(build.rows("s", 1, upper=-money).index, u.index[1:], 1)
    build.entries(build.rows("t", 1, lower=money).index, u.index[:1], 1)
    found = solve(build.build(), rays=True)
    assert found.status == "infeasible"
    y = found.farkas
    assert y is not None
    assert abs(build.build().matrix.T @ y).max() <= 1e-9 * abs(y).max()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.integers(-12, 12), min_size=1, max_size=5))
def test_the_largest_coefficient_of_the_objective_is_seen(powers: list[int]) -> None:
    build = Builder()
    build.columns("x", len(powers), objective=10.0 ** np.array(powers))
    unit = cost_unit(build.build())
    assert unit == 2.0 ** round(np.log2(unit))
    assert 0.5 <= unit * 10.0 ** max(powers) <= 1e6
