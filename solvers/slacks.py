"""Columns that are slacks of equality rows, left out before a solver sees them.

A free action that nobody else looks at, the share that makes a lottery sum to one: such a column costs
nothing and stands in one row, an equality. Without it the row is an inequality, and everything about the
column can be read off the row again. Presolve does the same, one column at a time; where presolve is most of
a solve, doing it for whole arrays saves a fifth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .blocks import Blocks
from .lift import Identity
from .numbers import Array, Bools, Ints
from .options import AT_LOWER, AT_UPPER, Basis
from .program import Program
from .selection import select_rows


@dataclass(frozen=True, eq=False, repr=False)
class Slacks(Identity):
    """From a linear program in doubles without the slack columns of `home`.

    columns, rows, entries (k,): the columns left out, the equality of each and the entry there; at most one a
    row. kept (n,): which columns stay.
    """

    columns: Ints
    rows: Ints
    entries: Array
    kept: Bools

    @classmethod
    def of(cls, home: Program, among: Bools) -> Slacks:
        """Find the slacks of the rows `among` (rows,); one column of the program is never a slack."""
        counts = np.bincount(home.indices, minlength=home.num_columns)
        alone = (counts == 1) & (home.objective == 0) & (home.lower <= home.upper)
        place = np.flatnonzero(alone[home.indices])
        rows = np.searchsorted(home.indptr, place, side="right") - 1
        fits = np.flatnonzero((among & (home.row_lower == home.row_upper))[rows])
        rows, one = np.unique(rows[fits], return_index=True)
        if len(rows) == home.num_columns:
            rows, one = rows[1:], one[1:]
        place = place[fits[one]]
        columns, entries = home.indices[place].astype(np.int64), home.data[place]
        kept = np.ones(home.num_columns, dtype=bool)
        kept[columns] = False
        return cls(home, columns, rows, entries, kept)

    def within(self, part: Program, rows: Ints) -> Slacks:
        """The same slacks of a `part` of the program: its `rows`, which all rows of slacks are among."""
        where = np.zeros(self.home.num_rows, dtype=np.int64)
        where[rows] = np.arange(len(rows))
        return replace(self, home=part, rows=where[self.rows])

    def program(self) -> Program:
        """The program without the slack columns."""
        p, kept, here = self.home, self.kept, self.rows
        ends = self.entries * p.lower[self.columns], self.entries * p.upper[self.columns]
        row_lower, row_upper = p.row_lower.copy(), p.row_upper.copy()
        row_lower[here] -= np.maximum(*ends)
        row_upper[here] -= np.minimum(*ends)
        fewer = np.zeros(p.num_rows + 1, dtype=p.indptr.dtype)
        fewer[here + 1] = 1
        stays = kept[p.indices]
        number = (np.cumsum(kept) - 1).astype(p.indices.dtype)
        return replace(
            p,
            column_blocks=Blocks.some(np.flatnonzero(kept), p.column_label),
            objective=p.objective[kept],
            lower=p.lower[kept],
            upper=p.upper[kept],
            row_lower=row_lower,
            row_upper=row_upper,
            indptr=p.indptr - np.cumsum(fewer, dtype=fewer.dtype),
            indices=number[p.indices[stays]],
            data=p.data[stays],
            units=None if p.units is None else p.units[kept],
            integer=None if p.integer is None else p.integer[kept],
        )

    def primal(self, values: Array) -> Array:
        """Slacks are what the others leave of their rows."""
        return self._filled(values, self.home.row_lower[self.rows])

    def ray(self, values: Array) -> Array:
        """Slacks move against the others."""
        return self._filled(values, np.zeros(len(self.rows)))

    def basis(self, basis: Basis) -> Basis:
        """A slack is basic where its row was, and else at the bound that the row was held by."""
        status = basis.rows[self.rows]
        turned = np.select([status == AT_LOWER, status == AT_UPPER], [AT_UPPER, AT_LOWER], status)
        columns = np.zeros(self.home.num_columns, dtype=np.int8)
        columns[self.kept] = basis.columns
        columns[self.columns] = np.where(self.entries > 0, turned, status)
        held = basis.rows.copy()
        held[self.rows] = AT_LOWER
        return Basis(columns, held)

    def costs(self, costs: Array, dual: Array) -> Array:
        """A slack earns nothing but what its row is priced at."""
        all_costs = np.zeros(self.home.num_columns)
        all_costs[self.kept] = costs
        all_costs[self.columns] = -self.entries * dual[self.rows]
        return all_costs

    def _filled(self, values: Array, right: Array) -> Array:
        """All columns, such that the rows of the slacks are as `right` says."""
        x = np.zeros(self.home.num_columns)
        x[self.kept] = values
        others = select_rows(self.home, self.rows)[0].matrix @ x
        x[self.columns] = (right - others) / self.entries
        return x
