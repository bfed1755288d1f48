"""Columns that are slacks of equality rows, left out before a solver sees them.

A free action that nobody else looks at, the share that makes a lottery sum to one: such a column costs
nothing and stands in one row, an equality. Without it the row is an inequality, and everything about the
column can be read off the row again. Presolve does the same, one column at a time; where presolve is most of
a solve, doing it for whole arrays saves a fifth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from .blocks import Block, Blocks
from .numbers import Array, Bools, Ints
from .options import AT_LOWER, AT_UPPER, Basis
from .program import Program
from .selection import select_rows


@dataclass(frozen=True, eq=False)
class Slacks:
    """The slack columns of a linear program in doubles, and the way back from programs without them.

    columns, rows, entries (k,): the columns left out, the equality of each and the entry there; at most one a
    row. kept (n,): which columns stay.
    """

    whole: Program
    columns: Ints
    rows: Ints
    entries: Array
    kept: Bools

    @classmethod
    def of(cls, whole: Program, among: Bools) -> Slacks:
        """Find the slacks of the rows `among` (rows,); one column of the program is never a slack."""
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
        return cls(whole, columns, rows, entries, kept)

    def without(self, rows: Ints) -> Program:
        """These rows of the program, which all rows of slacks are among, without the slack columns."""
        part, kept, here = select_rows(self.whole, rows), self.kept, self._places(rows)
        ends = self.entries * self.whole.lower[self.columns], self.entries * self.whole.upper[self.columns]
        row_lower, row_upper = part.row_lower.copy(), part.row_upper.copy()
        row_lower[here] -= np.maximum(*ends)
        row_upper[here] -= np.minimum(*ends)
        fewer = np.zeros(len(rows) + 1, dtype=part.indptr.dtype)
        fewer[here + 1] = 1
        stays = kept[part.indices]
        number = (np.cumsum(kept) - 1).astype(part.indices.dtype)
        home = np.flatnonzero(kept)
        block = Block("", 0, len(home), (len(home),), lambda k: part.column_label(int(home[k])))
        return replace(
            part,
            column_blocks=Blocks({"": block}),
            objective=part.objective[kept],
            lower=part.lower[kept],
            upper=part.upper[kept],
            row_lower=row_lower,
            row_upper=row_upper,
            indptr=part.indptr - np.cumsum(fewer, dtype=fewer.dtype),
            indices=number[part.indices[stays]],
            data=part.data[stays],
            units=None if part.units is None else part.units[kept],
        )

    def primal(self, values: Array) -> Array:
        """The point (n,) of the whole program: slacks are what the others leave of their rows."""
        found = np.zeros(self.whole.num_columns)
        found[self.kept] = values
        others = self._held @ found
        found[self.columns] = (self.whole.row_lower[self.rows] - others) / self.entries
        return found

    def costs(self, values: Array, dual: Array, rows: Ints) -> Array:
        """The reduced costs (n,) of the whole program, given those without slacks and the duals of `rows`."""
        found = np.zeros(self.whole.num_columns)
        found[self.kept] = values
        found[self.columns] = -self.entries * dual[self._places(rows)]
        return found

    def basis(self, found: Basis, rows: Ints) -> Basis:
        """The basis of these rows with slack columns from one `without`.

        A slack is basic where its row was, and else at the bound that the row was held by.
        """
        here = self._places(rows)
        status = found.rows[here]
        turned = np.select([status == AT_LOWER, status == AT_UPPER], [AT_UPPER, AT_LOWER], status)
        columns = np.zeros(self.whole.num_columns, dtype=np.int8)
        columns[self.kept] = found.columns
        columns[self.columns] = np.where(self.entries > 0, turned, status)
        held = found.rows.copy()
        held[here] = AT_LOWER
        return Basis(columns, held)

    @cached_property
    def _held(self) -> sp.csr_array:
        """The rows of the slacks."""
        return select_rows(self.whole, self.rows).matrix

    def _places(self, rows: Ints) -> Ints:
        """Where the rows of the slacks are among `rows`."""
        where = np.zeros(self.whole.num_rows, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        return where[self.rows]
