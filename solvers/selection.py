"""A program with some of its rows left out, and vectors carried between the two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .blocks import Block, Blocks
from .numbers import Array, Ints, zeros
from .options import BASIC, Basis
from .program import Program
from .sparse import entries_of


def select_rows(program: Program, rows: Ints) -> Program:
    """The program with only these rows, in this order, each under its old label; the columns stay."""
    indptr, place = entries_of(program.indptr, rows)
    block = Block("", 0, len(rows), (len(rows),), lambda k: program.row_label(int(rows[k])))
    return replace(
        program,
        row_blocks=Blocks({"": block}),
        row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
        indptr=indptr,
        indices=program.indices[place],
        data=program.data[place],
    )


def scatter(values: Array, rows: Ints, size: int) -> Array:
    """Values of selected rows as a vector over all `size` rows, 0 at the others."""
    out = zeros(size, values.dtype == object)
    out[rows] = values
    return out


def widen(basis: Basis, rows: Ints, size: int) -> Basis:
    """A basis of the selected rows as one of all `size` rows: rows that were left out are basic."""
    statuses = np.full(size, BASIC, dtype=np.int8)
    statuses[rows] = basis.rows
    return Basis(basis.columns, statuses)
