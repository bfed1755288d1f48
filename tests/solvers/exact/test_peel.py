"""What is read off and what is solved are together the solution of the whole system."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.exact import sparse_integers
from dynamech.solvers.exact.dense import Eliminated, Singular, solve_blocks
from dynamech.solvers.exact.lifting import Lifter
from dynamech.solvers.exact.peel import Peeled
from dynamech.solvers.exact.rationals import Rationals, narrow
from dynamech.solvers.exact.sparse_integers import SparseIntegers
from dynamech.solvers.exact.vertex import _core, _solve
from dynamech.solvers.numbers import objects

FEW = settings(max_examples=80, deadline=None, derandomize=True)


def _sparse(dense: np.ndarray) -> SparseIntegers:
    made = sp.csr_array(dense)
    return SparseIntegers(made.indptr, made.indices, made.data.astype(np.int64), dense.shape)


def _layered(draw: np.random.Generator, sizes: tuple[int, int, int]) -> np.ndarray:
    """A nonsingular matrix of the form in the module, rows and columns in any order."""
    a, k, b = sizes
    n = a + k + b
    dense = np.zeros((n, n), dtype=np.int64)
    core = draw.integers(-4, 5, (k, k)) * (draw.random((k, k)) < 0.6)
    core[np.arange(k), np.arange(k)] = draw.choice([-31, 29, 37], k)
    dense[:a, :a] = np.diag(draw.choice([-1, 1], a))
    dense[a : a + k, a : a + k] = core
    dense[a + k :, a + k :] = np.diag(draw.choice([-1, 1], b))
    dense[a : a + k, :a] = draw.integers(-3, 4, (k, a))
    dense[a + k :, : a + k] = draw.integers(-3, 4, (b, a + k))
    return dense[draw.permutation(n)][:, draw.permutation(n)]


def _same(found: Rationals, wanted: Rationals) -> bool:
    return bool((found.fractions() == wanted.fractions()).all())


@FEW
@given(
    st.integers(0, 10_000),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([0, 50, 200]),
)
def test_both_systems_are_solved(seed: int, a: int, k: int, b: int, length: int) -> None:
    """Right sides of any length, cores and read-off parts of any size, none included."""
    if a + k + b == 0:
        return
    draw = np.random.default_rng(seed)
    matrix = _sparse(_layered(draw, (a, k, b)))
    right, cost = (
        objects((int(v) << length) + 1 for v in draw.integers(-9, 10, a + k + b)) for _ in range(2)
    )
    peeled = Peeled.of(matrix)
    assert len(peeled.first[0]) >= a
    factored: list[Eliminated | Lifter] = [Eliminated(peeled.core)]
    factored += [Lifter(peeled.core)] if peeled.core.shape[0] else []
    for core in factored:
        x = peeled.solve(right, partial(_core, core, transposed=False))
        y = peeled.solve_transposed(cost, partial(_core, core, transposed=True))
        assert (matrix.times(x.numerators) == right * x.denominator).all()
        assert (matrix.transpose().times(y.numerators) == cost * y.denominator).all()
        for found, wanted in zip(_solve(matrix, right, cost, lambda: None), (x, y), strict=True):
            assert _same(found, wanted)


def test_a_permutation_is_read_off_whole() -> None:
    dense = np.eye(7, dtype=np.int64)[np.random.default_rng(2).permutation(7)]
    peeled = Peeled.of(_sparse(dense))
    assert peeled.core.shape == (0, 0)
    x = peeled.solve(np.arange(7), partial(_core, Eliminated(peeled.core), transposed=False))
    assert (dense @ x.numerators == np.arange(7)).all()


def test_only_units_are_read_off() -> None:
    peeled = Peeled.of(_sparse(np.array([[2, 0, 0], [1, 3, 0], [1, 1, -1]])))
    assert peeled.first[0].tolist() == []
    assert peeled.last[0].tolist() == [2]
    assert peeled.core.doubles.toarray().tolist() == [[2, 0], [1, 3]]


@pytest.mark.parametrize(
    "dense",
    [[[1, 0, 0], [1, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1], [0, 0, 1]], [[0, 1, 1], [0, 1, 1], [1, 0, 2]]],
)
def test_two_rows_for_one_column_are_singular(dense: list[list[int]]) -> None:
    b = np.array([1, 2, 3])
    with pytest.raises(Singular):
        _solve(_sparse(np.array(dense)), b, b, lambda: None)
    with pytest.raises(Singular):
        solve_blocks(_sparse(np.array(dense)), b)


@pytest.mark.parametrize("length", [0, 20, 70])
def test_short_and_long_matrices_are_worked_with_alike(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(length)
    matrix = _sparse(draw.integers(-3, 4, (30, 20)) * (draw.random((30, 20)) < 0.3))
    x, y = (objects((int(v) << length) + 1 for v in draw.integers(-9, 10, size)) for size in (20, 30))
    products = []
    for most in (10_000, 0):
        monkeypatch.setattr(sparse_integers, "_SHORT", most)
        turned = matrix.transpose()
        rows = np.repeat(np.arange(20), np.diff(turned.indptr))
        assert (rows[np.lexsort((rows, turned.indices))] == matrix.indices).all()
        products.append([*matrix.times(narrow(x)).tolist(), *turned.times(narrow(y)).tolist()])
    assert products[0] == products[1]
