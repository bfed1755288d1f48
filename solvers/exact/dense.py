"""Exact solutions by block-triangular form and dense rational elimination: slower than lifting, never beaten
by a matrix that is close to singular.

A nonsingular sparse matrix falls, after permuting rows and columns, into diagonal blocks that no other
permutation can split (Dulmage and Mendelsohn). Each block is solved over the rationals by FLINT, and its
solution carried into the blocks that depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from typing import Any

import flint
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching

from ..numbers import objects
from ..sparse import Index, rows_of
from .lifting import Lifter, NoLift
from .rationals import Integers, Rationals, integers, narrow
from .sparse_integers import SparseIntegers

SMALL = 48
"""Rows up to which a matrix is solved by elimination at once: lifting has more to prepare."""


class Singular(Exception):
    """The matrix has no inverse."""


class Eliminated:
    """A square integer matrix of at most `SMALL` rows, solved as it is. Solving raises ``Singular``."""

    def __init__(self, matrix: SparseIntegers) -> None:
        entries = np.zeros(matrix.shape, dtype=object)
        entries[rows_of(matrix.indptr), matrix.indices] = matrix.entries
        self.matrix = flint.fmpz_mat(*matrix.shape, entries.ravel().tolist())

    def solve(self, b: Integers, *, transposed: bool) -> Rationals:
        """x with B x = b, or B' x = b, exactly."""
        matrix = self.matrix.transpose() if transposed else self.matrix
        try:
            x: Any = matrix.solve(flint.fmpz_mat(len(b), 1, b.tolist()))
        except ZeroDivisionError:
            raise Singular("the matrix has determinant zero") from None
        tops, bottom = x.numer_denom()
        return Rationals(integers([int(top) for top in tops.entries()]), int(bottom))


def solve_system(matrix: SparseIntegers, b: Integers, check: Callable[[], None] = lambda: None) -> Rationals:
    """x with B x = b exactly: by lifting or, where that gives up, by elimination. Raises ``Singular``."""
    if not len(b):
        return Rationals.zeros(0)
    try:
        return Lifter(matrix, check).solve(narrow(b))
    except NoLift:
        return solve_blocks(matrix, b, check)


def solve_blocks(matrix: SparseIntegers, b: Integers, check: Callable[[], None] = lambda: None) -> Rationals:
    """x with B x = b exactly. Raises ``Singular``. `check` is called before each block and may raise."""
    k = matrix.shape[0]
    if not k:
        return Rationals.zeros(0)
    there = np.ones(matrix.entries.size, dtype=np.int8)
    pattern = sp.csr_array((there, matrix.indices, matrix.indptr), shape=matrix.shape)
    column_of = maximum_bipartite_matching(pattern, perm_type="column")
    if (column_of < 0).any():
        raise Singular("the matrix is structurally singular")
    _, part = connected_components(pattern[:, column_of], directed=True, connection="strong")
    rows = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])
    x: list[Any] = [None] * k
    for block in _order(pattern[:, column_of], part):
        check()
        _solve_block(matrix, b, rows[block], column_of, x)
    denominator = int(_multiple(x))
    return Rationals(objects(int(v.p) * (denominator // int(v.q)) for v in x), denominator)


def _multiple(values: list[Any]) -> Any:
    """The least common multiple of the denominators."""
    least = flint.fmpz(1)
    for value in values:
        least = least * (value.q / least.gcd(value.q))
    return least


def _order(pattern: sp.csr_array, part: Index) -> Iterable[int]:
    """The blocks, each after those whose unknowns its rows mention."""
    links = pattern.tocoo()
    pairs = np.unique(np.stack([part[links.row], part[links.col]]), axis=1)
    order: TopologicalSorter[int] = TopologicalSorter({int(block): [] for block in np.unique(part)})
    for row, column in pairs[:, pairs[0] != pairs[1]].T.tolist():
        order.add(row, column)
    return order.static_order()


def _solve_block(matrix: SparseIntegers, b: Integers, rows: Index, column_of: Index, x: list[Any]) -> None:
    """Fill in x for the unknowns matched to `rows`; unknowns of other blocks that they mention are known."""
    size = rows.size
    place = {int(column_of[row]): k for k, row in enumerate(rows)}
    dense = [0] * (size * size)
    right = []
    for k, row in enumerate(rows.tolist()):
        total = flint.fmpq(int(b[row]))
        run = slice(matrix.indptr[row], matrix.indptr[row + 1])
        for column, value in zip(matrix.indices[run].tolist(), matrix.entries[run].tolist(), strict=True):
            if column in place:
                dense[k * size + place[column]] = value
            else:
                total -= value * x[column]
        right.append(total)
    if size == 1:
        x[int(column_of[rows[0]])] = right[0] / dense[0]
        return
    scale = _multiple(right)
    try:
        column = flint.fmpz_mat(size, 1, [(total * scale).p for total in right])
        solved = flint.fmpz_mat(size, size, dense).solve(column)
    except ZeroDivisionError:
        raise Singular("a block of the matrix has determinant zero") from None
    for k, row in enumerate(rows.tolist()):
        x[int(column_of[row])] = solved[k, 0] / scale
