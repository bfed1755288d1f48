"""Sums over runs of a program's rows, in whatever arithmetic it has, without a matrix in doubles."""

from __future__ import annotations

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Block
from ...solvers.numbers import Array, Ints
from ...solvers.program import Program
from ..histories.ragged import group_sums


def entries_of(program: Program, block: Block) -> tuple[Ints, Ints, Array]:
    """(row from 0, column, value) of every entry in a block of rows."""
    starts = program.indptr[block.start : block.start + block.size + 1]
    run = slice(int(starts[0]), int(starts[-1]))
    return np.repeat(np.arange(block.size), np.diff(starts)), program.indices[run], program.data[run]


def activity(program: Program, block: Block, x: Array) -> Array:
    """A x over a block of rows; x (columns,) is mostly zero."""
    row, column, value = entries_of(program, block)
    used = np.flatnonzero(np.asarray(x[column] != 0, dtype=bool))
    sums = group_sums(value[used] * x[column[used]], row[used], block.size)
    return sums + arithmetic(program.exact).zero
