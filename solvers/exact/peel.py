"""Rows and columns of a square integer system whose unknown can be read off, left out of what is solved.

Lotteries that sum to one and slacks make many rows of a basis that have one entry, and many columns that are
in one row. Where these entries are ±1, the system falls into

    [ D₁  0  0  ]        x_a = D₁ b_a,
    [ E   K  0  ]        K x_c = b_c − E x_a,
    [ F   G  D₂ ]        x_b = D₂ (b_b − F x_a − G x_c),

its transpose into the same steps from the other end, and nobody's denominators grow. What has to be solved is
the core K, often two thirds of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..numbers import Ints
from ..short import Short
from ..sparse import rows_of
from .rationals import Integers, Rationals, narrow, times
from .sparse_integers import SparseIntegers

Solve = Callable[[Integers], Rationals]


@dataclass(frozen=True, eq=False, repr=False)
class Peeled(Short):
    """A square matrix with its read-off part.

    first: (rows, columns, signs) of the rows with one entry; last: the same of columns in one other row.
    rows, columns: those of the core.
    """

    matrix: SparseIntegers
    turned: SparseIntegers
    first: tuple[Ints, Ints, Ints]
    last: tuple[Ints, Ints, Ints]
    rows: Ints
    columns: Ints

    @classmethod
    def of(cls, matrix: SparseIntegers) -> Peeled:
        """Find rows with one entry, and of the rest columns with one, where the entry is 1 or −1."""
        of_row = rows_of(matrix.indptr)
        of_column = matrix.indices.astype(np.int64)
        unit = np.flatnonzero(np.asarray(abs(matrix.entries) == 1, dtype=np.bool_))
        row_left, column_left = (np.ones(size, dtype=np.bool_) for size in matrix.shape)
        alone = unit[(np.diff(matrix.indptr) == 1)[of_row[unit]]]
        first = _each_once(matrix, of_row, of_column, alone, of_column)
        row_left[first[0]] = column_left[first[1]] = False
        inside = row_left[of_row] & column_left[of_column]
        counts = np.bincount(of_column[inside], minlength=matrix.shape[1])
        alone = unit[inside[unit] & (counts == 1)[of_column[unit]]]
        last = _each_once(matrix, of_row, of_column, alone, of_row)
        row_left[last[0]] = column_left[last[1]] = False
        return cls(matrix, matrix.transpose(), first, last, *map(np.flatnonzero, (row_left, column_left)))

    @property
    def core(self) -> SparseIntegers:
        """The matrix that is left to be solved."""
        return self.matrix.cut(self.rows, self.columns)

    def solve(self, b: Integers, core: Solve) -> Rationals:
        """x with B x = b; `core` solves K x_c = right side."""
        return _through(self.matrix, b, self.first, self.last, self.rows, self.columns, core)

    def solve_transposed(self, c: Integers, core: Solve) -> Rationals:
        """y with B' y = c; `core` solves K' y_c = right side."""
        first, last = ((columns, rows, signs) for rows, columns, signs in (self.last, self.first))
        return _through(self.turned, c, first, last, self.columns, self.rows, core)


def _each_once(
    matrix: SparseIntegers, of_row: Ints, of_column: Ints, places: Ints, by: Ints
) -> tuple[Ints, Ints, Ints]:
    """(rows, columns, signs) of entries, of which no two may have the same number in `by`."""
    places = places[np.unique(by[places], return_index=True)[1]]
    return of_row[places], of_column[places], matrix.entries[places].astype(np.int64)


def _through(
    matrix: SparseIntegers,
    b: Integers,
    first: tuple[Ints, Ints, Ints],
    last: tuple[Ints, Ints, Ints],
    rows: Ints,
    columns: Ints,
    core: Solve,
) -> Rationals:
    """The solution of the system in the module, from either end."""
    known = b[first[0]] * first[2]
    right = b[rows]
    if len(known):
        x = np.zeros(matrix.shape[1], dtype=known.dtype)
        x[first[1]] = known
        right = _minus(right, matrix.cut(rows).times(x))
    solved = core(right)
    d = solved.denominator
    known = times(known, d)
    out = np.zeros(matrix.shape[1], dtype=np.result_type(known, solved.numerators))
    out[first[1]], out[columns] = known, solved.numerators
    if len(last[0]):
        left = _minus(times(b[last[0]], d), matrix.cut(last[0]).times(out))
        left = left * last[2]
        out = out.astype(np.result_type(out, left))
        out[last[1]] = left
    return Rationals(out, d)


def _minus(a: Integers, b: Integers) -> Integers:
    """a − b, where int64 of 62 bits each cannot overflow."""
    return narrow(a.astype(object) - b.astype(object)) if object in (a.dtype, b.dtype) else a - b
