"""A program that grows says the same as one that was whole from the start."""

import numpy as np
import pytest

from dynamech.solvers.algorithms.growing import Growing
from dynamech.solvers.program import Builder
from dynamech.solvers.solve import solve


@pytest.mark.parametrize("costs_change", [False, True])
def test_it_grows_changes_and_goes_on(costs_change: bool) -> None:
    draws = np.random.default_rng(0)
    matrix, cost = draws.integers(-3, 4, (4, 3)).astype(float), draws.random(3) + 1
    lower, upper, most = np.full(4, -5.0), np.full(4, 5.0), np.array([1.0, 2.0, 3.0])
    growing = Growing(matrix, cost, np.zeros(3), most, lower, upper, costs_change=costs_change)
    for _ in range(8):
        new = draws.integers(-3, 4, (2, 4)).astype(float)
        growing.add(draws.random(2) - 0.2, np.tile(np.arange(4), (2, 1)), new)
        cost = np.concatenate([draws.random(3) - 0.5, cost[3:]])
        matrix = np.hstack([matrix, new.T])
        lower, upper = draws.random(4) - 1, draws.random(4) + 1
        growing.set_costs(np.arange(3), cost[:3])
        growing.set_rows(np.arange(4), lower, upper)
        most[1] += 1.0
        growing.set_bounds(np.array([1]), np.zeros(1), most[1:2])
        cost = np.concatenate([cost, np.zeros(2)])
        growing.set_costs(np.arange(len(cost) - 2, len(cost)), np.zeros(2))
        builder = Builder(sense="min", name="whole")
        x = builder.columns(
            "x",
            len(cost),
            lower=0.0,
            upper=np.concatenate([most, np.full(len(cost) - 3, np.inf)]),
            objective=cost,
        )
        rows = builder.rows("rows", 4, lower=lower, upper=upper)
        builder.entries(rows.index[:, None], x.index, matrix)
        whole, optimum = solve(builder.build()), growing.solve()
        assert whole.status == "optimal"
        assert optimum is not None
        assert cost @ optimum.primal == pytest.approx(whole.value, abs=1e-8)
        activity = matrix @ optimum.primal
        assert (activity >= lower - 1e-8).all()
        assert (activity <= upper + 1e-8).all()
        reduced = cost - optimum.dual @ matrix
        assert (reduced[optimum.primal > 1e-9][3:] <= 1e-8).all()


def test_what_has_no_optimum_has_none_and_may_have_one_later() -> None:
    growing = Growing(
        np.ones((1, 1)), np.ones(1), np.zeros(1), np.ones(1), np.full(1, 2.0), np.full(1, np.inf)
    )
    assert growing.solve() is None
    growing.add(np.array([3.0]), np.zeros((1, 1), dtype=int), np.ones((1, 1)))
    optimum = growing.solve()
    assert optimum is not None
    assert optimum.primal.tolist() == [1.0, 1.0]
    growing.add(np.array([-1.0]), np.zeros((1, 1), dtype=int), np.zeros((1, 1)))
    assert growing.solve() is None


def test_columns_beside_the_basis_go_and_it_goes_on_from_there() -> None:
    draws = np.random.default_rng(1)
    matrix, cost = draws.random((5, 40)), draws.random(40) + 0.1
    growing = Growing(matrix, cost, np.zeros(40), np.full(40, np.inf), np.ones(5), np.full(5, np.inf))
    whole = growing.solve()
    assert whole is not None
    used = np.flatnonzero(whole.primal > 0)
    gone = growing.drop(np.arange(10, 40))
    assert not set(gone) & set(used)
    assert len(gone) >= 25
    assert growing._highs.getNumCol() == 40 - len(gone)
    left = growing.solve()
    assert left is not None
    assert left.primal == pytest.approx(np.delete(whole.primal, gone))
    assert left.dual == pytest.approx(whole.dual)
    assert growing._highs.getInfo().simplex_iteration_count == 0
