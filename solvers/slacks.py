"""Columns that are slacks of equality rows, left out before a solver sees them.

A free action that nobody else looks at, the share that makes a lottery sum to one: such a column costs
nothing and stands in one row, an equality. Without it the row is an inequality, and everything about the
column can be read off the row again. Presolve does the same, one column at a time; where presolve is most of
a solve, doing it for whole arrays saves a fifth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from .blocks import Block
from .numbers import Array, Bools, Ints
from .options import AT_LOWER, AT_UPPER, Basis
from .program import Program


@dataclass(frozen=True, eq=False)
class Slacks:
    """A linear program in doubles without its slack columns, and the way back.

    columns, rows, entries (k,): the columns left out, the equality of each and the entry there; at most one a
    row. kept (n,): which columns stay; `program` has these, in order, and all rows.
    """

    whole: Program
    columns: Ints
    rows: Ints
    entries: Array
    kept: Bools
    program: Program

    @classmethod
    def of(cls, whole: Program, among: Bools) -> Slacks:
        """Leave out the slacks of the rows `among` (rows,); one column stays in any case."""
        counts = np.bincount(whole.indices, minlength=whole.num_columns)
        alone = (counts == 1) & (whole.objective == 0) & (whole.lower <= whole.upper)
        place = np.flatnonzero(alone[whole.indices])
        rows = np.searchsorted(whole.indptr, place, side="right") - 1
        fits = np.flatnonzero((among & (whole.row_lower == whole.row_upper))[rows])
        rows, one = np.unique(rows[fits], return_index=True)
        if len(rows) == whole.num_columns:
            rows, one = rows[1:], one[1:]
        place = place[fits[one]]
        columns, entries = whole.indices[place].astype(np.int64), whole.data[place]
        kept = np.ones(whole.num_columns, dtype=bool)
        kept[columns] = False
        return cls(whole, columns, rows, entries, kept, _without(whole, place, rows, kept))

    def primal(self, values: Array) -> Array:
        """The point (n,) of the whole program: slacks are what the others leave of their rows."""
        found = np.zeros(self.whole.num_columns)
        found[self.kept] = values
        others = (self.whole.matrix @ found)[self.rows]
        found[self.columns] = (self.whole.row_lower[self.rows] - others) / self.entries
        return found

    def basis(self, found: Basis, rows: Ints) -> Basis:
        """The basis of the whole program's `rows` from one of the same rows of `program`.

        A slack is basic where its row was, and else at the bound that the row was held by.
        """
        where = np.zeros(self.whole.num_rows, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        here = where[self.rows]
        status = found.rows[here]
        turned = np.select([status == AT_LOWER, status == AT_UPPER], [AT_UPPER, AT_LOWER], status)
        columns = np.zeros(self.whole.num_columns, dtype=np.int8)
        columns[self.kept] = found.columns
        columns[self.columns] = np.where(self.entries > 0, turned, status)
        held = found.rows.copy()
        held[here] = AT_LOWER
        return Basis(columns, held)


def _without(whole: Program, place: Ints, rows: Ints, kept: Bools) -> Program:
    """`whole` without its entries at `place`, one in each of `rows`, and their columns."""
    columns, entries = whole.indices[place], whole.data[place]
    ends = entries * whole.lower[columns], entries * whole.upper[columns]
    row_lower, row_upper = whole.row_lower.copy(), whole.row_upper.copy()
    row_lower[rows] -= np.maximum(*ends)
    row_upper[rows] -= np.minimum(*ends)
    fewer = np.zeros(whole.num_rows + 1, dtype=whole.indptr.dtype)
    fewer[rows + 1] = 1
    number = (np.cumsum(kept) - 1).astype(whole.indices.dtype)
    home = np.flatnonzero(kept)
    block = Block("", 0, len(home), (len(home),), lambda k: whole.column_label(int(home[k])))
    return replace(
        whole,
        column_blocks=MappingProxyType({"": block}),
        objective=whole.objective[kept],
        lower=whole.lower[kept],
        upper=whole.upper[kept],
        row_lower=row_lower,
        row_upper=row_upper,
        indptr=whole.indptr - np.cumsum(fewer, dtype=fewer.dtype),
        indices=number[np.delete(whole.indices, place)],
        data=np.delete(whole.data, place),
    )
