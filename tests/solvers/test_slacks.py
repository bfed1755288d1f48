"""Slack columns of equality rows are left out and come back: same optimum, same vertex, same duals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.duality import dual_bound
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.exact.vertex import vertex
from dynamech.solvers.lazy import solve_lazily
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.slacks import Slacks
from dynamech.solvers.solve import solve

FEW = settings(max_examples=60, deadline=None, derandomize=True)


def mixed(seed: int) -> Program:
    """A bounded program: equalities with a slack of either sign and any bounds, some with two, and cuts."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(2, 6)), int(draw.integers(1, 6))
    build = Builder(sense="max" if seed % 2 else "min", exact=True, name="mixed")
    x = build.columns("x", n, lower=-3, upper=4, objective=draw.integers(-5, 6, n))
    lower = [None if k == 0 else int(k) for k in draw.integers(-30, 1, m)]
    upper = [None if k == 0 else int(k) for k in draw.integers(0, 31, m)]
    rows = build.rows("sum", m, lower=(fixed := draw.integers(-4, 5, m)), upper=fixed)
    build.entries(rows.index[:, None], x.index[None, :], draw.integers(-4, 5, (m, n)))
    for k in range(m):
        slack = build.columns(f"s{k}", 1, lower=lower[k], upper=upper[k])
        build.entries(rows.start + k, slack.index, int(draw.choice([-3, -1, 1, 2])))
    twin = build.columns("twin", 1, upper=2)
    build.entries(rows.index[:1], twin.index, 1)
    cuts = build.rows("cut", 4, upper=draw.integers(2, 9, 4))
    build.entries(cuts.index[:, None], x.index[None, :], draw.integers(-4, 5, (4, n)))
    return build.build()


@FEW
@given(st.integers(0, 10_000))
def test_the_optimum_comes_back_with_its_vertex_and_duals(seed: int) -> None:
    program = mixed(seed)
    core = np.ones(program.num_rows, dtype=bool)
    core[-4:] = seed % 3 == 0
    whole, lazy = solve(program), solve_lazily(program, core)
    assert lazy.status == whole.status
    if whole.status != "optimal":
        return
    assert lazy.primal is not None
    assert lazy.dual is not None
    assert lazy.basis is not None
    assert lazy.value == pytest.approx(whole.value, abs=1e-7)
    assert dual_bound(program, lazy.dual, tolerance=1e-9) == pytest.approx(whole.value, abs=1e-7)
    assert lazy.reduced_costs == pytest.approx(
        program.to_float().objective - program.to_float().matrix.T @ lazy.dual, abs=1e-9
    )
    assert lazy.basis.fits(program)
    corner = vertex(clear(program), lazy.basis)
    assert lazy.primal == pytest.approx(np.array([float(v) for v in corner.x.fractions()]), abs=1e-7)
    assert solve_lazily(program, core, exact=True).value == solve(program, exact=True).value


def test_only_free_columns_of_one_equality_are_left_out() -> None:
    build = Builder(sense="max", exact=False)
    x = build.columns("x", 6, upper=[1, 1, 1, 1, 1, 1], objective=[1, 0, 0, 0, 2, 0])
    rows = build.rows("r", 3, lower=[1, 1, -np.inf], upper=[1, 1, 1])
    build.entries(rows.index[[0, 0, 0, 1, 1, 1, 2]], x.index[[0, 1, 2, 2, 3, 4, 5]], 1)
    program = build.build()
    found = Slacks.of(program, np.ones(3, dtype=bool))
    assert found.columns.tolist() == [1, 3]  # 2 is in two rows, 4 earns, 5 is in an inequality
    assert found.rows.tolist() == [0, 1]
    assert Slacks.of(program, np.array([False, True, True])).columns.tolist() == [3]


def test_one_column_stays_in_any_case() -> None:
    build = Builder(sense="min")
    x = build.columns("x", 2, upper=3)
    rows = build.rows("r", 2, lower=[1, 2], upper=[1, 2])
    build.entries(rows.index, x.index, 1)
    found = solve_lazily(build.build(), np.ones(2, dtype=bool))
    assert found.primal is not None
    assert found.primal.tolist() == [1, 2]


def test_a_slack_whose_bounds_cross_is_no_slack() -> None:
    build = Builder(sense="min")
    x = build.columns("x", 2, lower=[0, 2], upper=[1, 1])
    row = build.rows("r", 1, lower=1, upper=1)
    build.entries(row.index, x.index, 1)
    assert solve_lazily(build.build(), np.ones(1, dtype=bool)).status == "infeasible"
