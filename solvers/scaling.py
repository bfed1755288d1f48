"""Balancing a matrix of very different magnitudes by powers of two, so that nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .program import Program

Floats = NDArray[np.float64]
_SMALL, _LARGE = 1e-9, 1e15
_VISIBLE, _GREATEST = 1e-2, 1e6


@dataclass(frozen=True, eq=False, slots=True)
class Scaling:
    """Powers of two: row i of the scaled matrix is rows[i] · a[i, j] · columns[j]."""

    rows: Floats
    columns: Floats

    def entries(self, program: Program) -> Floats:
        """The scaled entries, (nonzeros,), in the order of the program."""
        place = np.repeat(np.arange(program.num_rows), np.diff(program.indptr))
        scaled: Floats = program.data * self.rows[place] * self.columns[program.indices]
        return scaled


def balance(program: Program, *, always: bool = False) -> Scaling | None:
    """A scaling that draws the entries towards 1, or None where the entries need none.

    Alternates rows and columns, each time dividing by the geometric mean of the largest and the smallest
    entry (Curtis and Reid 1972 in its simplest form), four rounds, then rounds to powers of two.
    """
    size = np.abs(program.data)
    if not always and _even(size):
        return None
    there = np.flatnonzero(size)  # an exact entry may be too small for a double
    size = size[there]
    if size.size == 0 or (not always and _even(size)):
        return None
    m, n = program.num_rows, program.num_columns
    row, column = np.repeat(np.arange(m), np.diff(program.indptr))[there], program.indices[there]
    logs = np.log2(size)
    rows, columns = np.zeros(m), np.zeros(n)
    for _ in range(4):
        rows -= _middle(logs + rows[row] + columns[column], row, m)
        columns -= _middle(logs + rows[row] + columns[column], column, n)
    low, high = _range(logs + rows[row] + columns[column], row, m)
    wide = (
        high - low > 20
    )  # where balance cannot be had, the largest entry becomes 1 and the small ones stay small
    rows[wide] -= high[wide]
    return Scaling(np.exp2(np.rint(rows)), np.exp2(np.rint(columns)))


def _even(size: Floats) -> bool:
    return bool(size.size == 0 or (size.min() >= _SMALL and size.max() < _LARGE))


def cost_unit(program: Program) -> float:
    """A power of two to multiply the objective by, so that its small coefficients are seen.

    A solver takes a reduced cost below its tolerance (1e-7) for 0. Where histories have probabilities of
    1e-8, so have objective coefficients, and thousands of them are missed together.
    """
    size = np.abs(program.objective[program.objective != 0])
    if size.size == 0 or program.quadratic is not None:
        return 1.0
    wanted = min(_VISIBLE / float(size.min()), _GREATEST / float(size.max()))
    return float(2.0 ** np.floor(np.log2(wanted))) if wanted > 1 else 1.0


def _middle(logs: Floats, place: NDArray[np.integer], count: int) -> Floats:
    low, high = _range(logs, place, count)
    return (low + high) / 2


def _range(logs: Floats, place: NDArray[np.integer], count: int) -> tuple[Floats, Floats]:
    """The least and the largest of each place, 0 where there is none."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.maximum.at(high, place, logs)
    np.minimum.at(low, place, logs)
    none = np.isinf(high)
    return np.where(none, 0.0, low), np.where(none, 0.0, high)
