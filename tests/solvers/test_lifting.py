"""Exact linear systems: the lift and its fallback against each other and against the definition."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.exact.dense import Singular, solve_blocks
from dynamech.solvers.exact.integers import objects
from dynamech.solvers.exact.lifting import Lifter, NoLift, SparseIntegers, denominator

examples = settings(deadline=None, derandomize=True, max_examples=60)


def _sparse(dense: Any) -> SparseIntegers:
    matrix = sp.csr_array(np.array(dense, dtype=np.int64))
    return SparseIntegers(matrix.indptr, matrix.indices, matrix.data, matrix.shape)


def _check(matrix: SparseIntegers, b: Any, transposed: bool = False) -> None:
    rows = matrix.transpose() if transposed else matrix
    lifted = Lifter(matrix).solve(b, transposed=transposed)
    dense = solve_blocks(rows, b)
    assert (lifted.fractions() == dense.fractions()).all()
    assert (rows.times(lifted.numerators) == b.astype(object) * lifted.denominator).all()


@given(data=st.data())
@examples
def test_small_systems(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 6))
    numbers = st.integers(-9, 9)
    dense = data.draw(st.lists(st.lists(numbers, min_size=k, max_size=k), min_size=k, max_size=k))
    b = np.array(data.draw(st.lists(st.integers(-50, 50), min_size=k, max_size=k)), dtype=np.int64)
    matrix = _sparse(dense)
    if round(float(np.linalg.det(np.array(dense, dtype=float)))) == 0:
        with pytest.raises(Singular):
            solve_blocks(matrix, b)
        return
    for transposed in (False, True):
        _check(matrix, b, transposed)


def test_a_long_chain_and_a_dense_block() -> None:
    random = np.random.default_rng(0)
    n = 300
    chain = np.eye(n, dtype=np.int64) * 2 - np.eye(n, k=-1, dtype=np.int64)
    _check(_sparse(chain), random.integers(-5, 5, n))  # the denominator is 2^300
    block = random.integers(-99, 99, (60, 60))
    _check(_sparse(block), random.integers(-5, 5, 60), transposed=True)


def test_rows_and_columns_of_very_different_size() -> None:
    random = np.random.default_rng(1)
    dense = random.integers(1, 9, (12, 12)) + 20 * np.eye(12, dtype=np.int64)
    _check(_sparse(dense * 10 ** random.integers(0, 12, (12, 1))), random.integers(-5, 5, 12))
    _check(_sparse(dense * 10 ** random.integers(0, 12, (1, 12))), random.integers(-5, 5, 12))


def test_integers_beyond_64_bits() -> None:
    entries = objects([10**40, 1, 3, 10**50])
    matrix = SparseIntegers(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), entries, (2, 2))
    for b in (objects([10**60, 7]), objects([10**700, -1])):
        x = Lifter(matrix).solve(b)
        assert (matrix.times(x.numerators) == b * x.denominator).all()


def test_close_to_singular_is_left_to_the_fallback() -> None:
    matrix = _sparse([[10**15, 10**15 + 1], [10**15 - 1, 10**15]])
    b = np.array([1, 2])
    with pytest.raises(NoLift):
        Lifter(matrix).solve(b)
    assert solve_blocks(matrix, b).fractions().tolist() == [-(10**15) - 2, 10**15 + 1]


def test_singular() -> None:
    with pytest.raises(NoLift):
        Lifter(_sparse([[1, 1], [1, 1]]))
    with pytest.raises(Singular, match="determinant zero"):
        solve_blocks(_sparse([[1, 1], [1, 1]]), np.array([1, 1]))
    with pytest.raises(Singular, match="structurally"):
        solve_blocks(_sparse([[1, 1], [0, 0]]), np.array([1, 1]))


def test_blocks_in_any_order() -> None:
    random = np.random.default_rng(2)
    dense = np.triu(random.integers(1, 5, (8, 8)))
    _check(_sparse(dense[random.permutation(8)][:, random.permutation(8)]), random.integers(-5, 5, 8))


@given(
    numerators=st.lists(st.integers(-1000, 1000), min_size=1, max_size=6),
    d=st.integers(1, 500),
    noise=st.integers(-3, 3),
)
@examples
def test_a_denominator_is_found_from_enough_bits(numerators: list[int], d: int, noise: int) -> None:
    bits = 60
    rounded = objects(((n << bits) // d) + noise for n in numerators)
    found = denominator(rounded, bits, 5)
    assert found is not None
    assert found.fractions().tolist() == [Fraction(n, d) for n in numerators]
    assert denominator(objects([0x5A827999, 0x6ED9EBA1]), 32, 1) is None  # nothing rational about them
