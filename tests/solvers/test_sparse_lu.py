"""LU factors: of what is regular, and a refusal, never a crash, of what its zeros alone make singular."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import dynamech as dm
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.linear import solve_square
from dynamech.solvers.sparse import sparse_lu


def test_a_regular_matrix_has_factors() -> None:
    matrix = sp.csr_array(np.array([[0.0, 2, 0], [4, 1, 0], [0, 3, 5]]))
    wanted = np.array([1.0, -2, 3])
    assert sparse_lu(matrix).solve(matrix @ wanted) == pytest.approx(wanted)


def test_three_rows_in_two_columns_have_not() -> None:
    matrix = sp.csr_array(np.array([[1.0, 2, 0, 0], [3, 4, 0, 0], [5, 6, 0, 0], [0, 0, 1, 1]]))
    with pytest.raises(RuntimeError, match="of 4 rows 3 can have pivots of their own"):
        sparse_lu(matrix)
    rows, columns = np.nonzero(matrix.toarray())
    with pytest.raises(InvalidInput, match="a linear system of 4 equations is singular"):
        solve_square(rows, columns, matrix.data, np.ones(4))


@pytest.mark.parametrize(("types", "cost", "profit"), [(12, "0", "647/6912"), (24, "-1/2", "5399/18432")])
def test_a_product_line_of_many_qualities_has_a_proof(types: int, cost: str, profit: str) -> None:
    """Its active rows depend on one another, and SuperLU ended the process."""
    answer = dm.design(dm.load("mussa-rosen", types=types, cost=cost), exact=True)
    assert str(answer.value) == profit
