"""Columns that their bounds fix are constants: what they bring moves into the bounds of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .arithmetic import arithmetic, arithmetic_of
from .blocks import Blocks, parts
from .numbers import Array, Ints
from .options import AT_LOWER, Basis
from .program import Program
from .selection import Selection
from .sparse import entries_of, rows_of


@dataclass(frozen=True, eq=False, repr=False)
class Constants(Selection):
    """From a linear program without the columns of `home` that are fixed, and with only these `rows`.

    The rows that are left out hold nothing but constants; an optimum comes home where they hold.
    """

    @cached_property
    def columns(self) -> Ints:
        """The columns that stay."""
        fixed = np.asarray(self.home.lower == self.home.upper, dtype=bool)
        result: Ints = np.flatnonzero(~fixed)
        return result

    def program(self, name: str) -> Program:
        """The program without constants: one run of columns of this name, with their old labels."""
        p, columns = self.home, self.columns
        indptr, place = entries_of(p.indptr, self.rows)
        column, row = p.indices[place], rows_of(indptr)
        number = np.full(p.num_columns, -1, dtype=p.indices.dtype)
        number[columns] = np.arange(len(columns))
        stays = number[column] >= 0
        numbers = arithmetic(p.exact)
        amount, x = numbers.zeros(len(self.rows)), self._whole(numbers.zeros(len(columns)))
        np.add.at(amount, row[~stays], (p.data[place] * x[column])[~stays])
        fewer = np.concatenate([[0], np.cumsum(np.bincount(row[stays], minlength=len(self.rows)))])
        return replace(
            p,
            column_blocks=Blocks.some(columns, p.column_label, name),
            row_blocks=parts(p.row_blocks, self.rows),
            objective=p.objective[columns],
            offset=sum((p.objective * x).tolist(), p.offset),
            lower=p.lower[columns],
            upper=p.upper[columns],
            row_lower=_less(p.row_lower[self.rows], amount),
            row_upper=_less(p.row_upper[self.rows], amount),
            indptr=fewer.astype(p.indptr.dtype),
            indices=number[column[stays]],
            data=p.data[place][stays],
            units=None if p.units is None else p.units[columns],
            integer=None if p.integer is None else p.integer[columns],
        )

    def places(self, rows: Ints) -> Ints:
        """Where these rows of `home`, which all stay, are in the program."""
        result: Ints = np.searchsorted(self.rows, rows)
        return result

    def primal(self, values: Array) -> Array:
        """The constants among the others."""
        return self._whole(values)

    def basis(self, basis: Basis) -> Basis:
        """Constants are at their bounds."""
        columns = np.full(self.home.num_columns, AT_LOWER, dtype=np.int8)
        columns[self.columns] = basis.columns
        return replace(super().basis(basis), columns=columns)

    def costs(self, costs: Array, dual: Array) -> None:
        """Not known: those of constants are nowhere in the reformulation."""

    def ray(self, values: Array) -> Array:
        """Constants stay."""
        x = arithmetic_of(values).zeros(self.home.num_columns)
        x[self.columns] = values
        return x

    def _whole(self, values: Array) -> Array:
        x = self.home.lower.copy()
        x[self.columns] = values
        return x


def _less(bounds: Array, amount: Array) -> Array:
    """Bounds minus amounts; an infinite bound, which is a float among rationals too, stays what it is."""
    less, there = bounds.copy(), abs(bounds) != np.inf
    less[there] = less[there] - amount[there]
    return less
