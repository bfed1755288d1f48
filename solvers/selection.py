"""A program with some of its rows left out, or with some added at its end, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .arithmetic import arithmetic_of
from .blocks import Blocks
from .lift import Identity
from .numbers import Array, Ints
from .options import BASIC, Basis
from .program import Program
from .sparse import entries_of


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Identity):
    """From a program with only these `rows` of `home`. An optimum comes home where the others hold at it."""

    rows: Ints

    def dual(self, values: Array) -> Array:
        """0 at rows that were left out."""
        out = arithmetic_of(values).zeros(self.home.num_rows)
        out[self.rows] = values
        return out

    def basis(self, basis: Basis) -> Basis:
        """Rows that were left out are basic."""
        return widen(basis, self.rows, self.home.num_rows)

    def ray(self, values: Array) -> Array | None:
        """The same where nothing was left out; else some other row may end it."""
        return values if len(self.rows) == self.home.num_rows else None


@dataclass(frozen=True, eq=False, repr=False)
class Addition(Identity):
    """From a program that has more rows, at its end. An optimum comes home where those rows cost nothing."""

    def dual(self, values: Array) -> Array | None:
        """Without the rows that were added, where they are priced at 0."""
        size = self.home.num_rows
        return None if values[size:].any() else values[:size]

    def basis(self, basis: Basis) -> Basis | None:
        """Without the rows that were added, where they are basic."""
        size = self.home.num_rows
        return Basis(basis.columns, basis.rows[:size]) if (basis.rows[size:] == BASIC).all() else None

    def costs(self, costs: Array, dual: Array) -> Array | None:
        """The same where the duals are."""
        return None if self.dual(dual) is None else costs


def select_rows(program: Program, rows: Ints) -> tuple[Program, Selection]:
    """The program with only these rows, in this order, each under its old label; the columns stay."""
    indptr, place = entries_of(program.indptr, rows)
    part = replace(
        program,
        row_blocks=Blocks.some(rows, program.row_label),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        indptr=indptr,
        indices=program.indices[place],
        data=program.data[place],
    )
    return part, Selection(program, rows)


def widen(basis: Basis, rows: Ints, size: int) -> Basis:
    """A basis of the selected rows as one of all `size` rows: rows that were left out are basic."""
    statuses = np.full(size, BASIC, dtype=np.int8)
    statuses[rows] = basis.rows
    return Basis(basis.columns, statuses)
