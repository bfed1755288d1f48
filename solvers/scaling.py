"""A program in units of its own, so that a solver sees the same numbers whatever money is counted in.

Solvers compare with fixed tolerances: a row may be missed by 1e-7, a reduced cost of 1e-7 is none. That
means something only where numbers are of size 1. With units s_j > 0 of the columns, x_j = s_j x'_j, and r_i
chosen such that the largest entry of every row is about 1,

    optimise   offset + (c s)'x' + ½ x'(s Q s)x'
    subject to r·row_lower ≤ (r A s) x' ≤ r·row_upper,   lower / s ≤ x' ≤ upper / s,

has the same value, and a tolerance there is relative to the data here. All factors are powers of two, so no
number is rounded, and the same columns and rows are basic. What multiplies the objective is chosen by
``cost_unit`` where it is handed to a solver, as values stay those of the program.

A column's unit is the size of the numbers to expect in it. Who builds a program mostly knows: a probability
has unit 1, a utility that of the values at stake (``Builder.columns``). Otherwise units are found in the
matrix, where its numbers are of very different sizes: alternately rows and columns are divided by the
geometric mean of their largest and smallest entry (Curtis and Reid 1972 in its simplest form); columns with
finite bounds have these as units. Integer columns have unit 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .form import Form
from .lift import Identity
from .numbers import Floats
from .program import Program
from .sparse import by_rows, rows_of

_SMALL, _LARGE = 1e-6, 1e6
_VISIBLE, _GREATEST = 1e-2, 1e6
_LOW, _HIGH = 1e-3, 1e3  # costs of a quadratic program that are left as they are
_ROUNDS = 6
_LONGEST = 1000  # powers of two beyond it would not be doubles, or have no inverse


@dataclass(frozen=True, eq=False, repr=False)
class Scaling(Identity):
    """From a program in units of its own: its entry (i, j) is rows[i] · columns[j] times that of `home`.

    rows, columns: powers of two.
    """

    rows: Floats
    columns: Floats

    def program(self) -> Program:
        """The float program `home` in these units; its columns have unit 1 then."""
        p, rows, columns = self.home, self.rows, self.columns
        q = p.quadratic
        place = rows_of(p.indptr)
        with np.errstate(over="ignore"):  # what doubles do not hold is infinite, and refused as such
            return replace(
                p,
                objective=p.objective * columns,
                lower=p.lower / columns,
                upper=p.upper / columns,
                row_lower=p.row_lower * rows,
                row_upper=p.row_upper * rows,
                data=p.data * rows[place] * columns[p.indices],
                quadratic=None if q is None else (q[0], q[1], q[2] * columns[q[0]] * columns[q[1]]),
                units=np.ones(p.num_columns),
            )

    @property
    def trivial(self) -> bool:
        """Whether every factor is 1."""
        return bool((self.rows == 1).all() and (self.columns == 1).all())

    def primal(self, values: Floats) -> Floats:
        """Every column times its unit."""
        return values * self.columns

    def dual(self, values: Floats) -> Floats:
        """Every row's times its factor."""
        return values * self.rows

    def costs(self, costs: Floats, dual: Floats) -> Floats:
        """Every column's by its unit."""
        return costs / self.columns


def in_units(given: Program) -> tuple[Program, Scaling]:
    """`given` in doubles and in its own units, and the way back to it as it is."""
    p = given.to_float()
    lift = scaling(p)
    return p if lift.trivial else lift.program(), replace(lift, home=given)


def scaling(program: Program) -> Scaling:
    """The scaling of a float program: by its columns' units, and rows whose largest entry is in (1/2, 1].

    Without any units, a program whose entries are all between 1e-6 and 1e6 keeps its matrix, and one whose
    largest bound is too keeps everything; but for a quadratic one, see `_small_unit`.
    """
    rows, columns = np.ones(program.num_rows), np.ones(program.num_columns)
    units = program.units
    if units is None:
        if not _even(np.abs(program.data)):
            columns = power_of_two(_balanced(program, np.full(program.num_columns, np.nan)))
            rows = _rows(program, columns)
        columns = columns * _common_unit(program, rows, columns)
    else:
        columns = power_of_two(_balanced(program, units) if np.isnan(units).any() else units)
    small = 1.0 if program.quadratic is None else _small_unit(program, _rows(program, columns))
    columns = columns * small
    columns[program.integers] = 1
    own = units is None and small == 1
    return Scaling(program, rows if own else _rows(program, columns), columns)


def power_of_two(values: Floats, *, up: bool = False) -> Floats:
    """The nearest power of two, or the next one at least as large, entry by entry; 1 for 0."""
    logs = np.log2(np.where(values > 0, values, 1.0))
    powers: Floats = np.clip(np.ceil(logs) if up else np.rint(logs), -_LONGEST, _LONGEST)
    return np.exp2(powers)


def _rows(program: Form, columns: Floats) -> Floats:
    """The powers of two that bring the largest entry of every row to between 1/2 and 1."""
    sizes = np.abs(program.data) * columns[program.indices]
    largest = by_rows(np.maximum, sizes, program.indptr, np.zeros(program.num_rows))
    return 1 / power_of_two(largest, up=True)


def _even(size: Floats) -> bool:
    """Whether no size but 0 is very small or very large."""
    size = size[size != 0]
    return bool(size.size == 0 or (size.min() >= _SMALL and size.max() <= _LARGE))


def _common_unit(program: Form, rows: Floats, columns: Floats) -> float:
    """One unit for all columns, where every bound says that numbers are very small, or very large."""
    p = program
    sides = (p.lower / columns, p.upper / columns, p.row_lower * rows, p.row_upper * rows)
    size = np.concatenate([np.abs(side[np.isfinite(side) & (side != 0)]) for side in sides])
    if not size.size or (size.min() <= _LARGE and size.max() >= _SMALL):
        return 1.0
    return float(power_of_two(size.max(keepdims=True) if size.max() < 1 else size.min(keepdims=True))[0])


def _small_unit(program: Program, rows: Floats) -> float:
    """One more unit for all columns of a quadratic program, where its rows keep all that they bound small.

    Its engines stop at steps of a fixed length, so that what rows keep within one is no way to go for them:
    the smallest side is brought to about 1, unless another is more than 1e6 times as large.
    """
    sides = np.abs(np.concatenate([program.row_lower * rows, program.row_upper * rows]))
    sides = sides[np.isfinite(sides) & (sides > 0)]
    least = sides.min(initial=np.inf)
    if least >= _VISIBLE or sides.max() > _LARGE * least:
        return 1.0
    return float(power_of_two(np.array([least]))[0])


def _balanced(program: Form, units: Floats) -> Floats:
    """`units` (columns,), with those that are not known (NaN) read off: from a column's own finite bounds or,
    where it has none but 0, balanced against the entries of the rows."""
    p, m, n = program, program.num_rows, program.num_columns
    bound = np.zeros(n)
    for side in (p.lower, p.upper):
        bound = np.maximum(bound, np.where(np.isfinite(side), np.abs(side), 0.0))
    units = np.where(np.isnan(units) & (bound > 0), bound, units)
    unknown = np.isnan(units)
    there = np.flatnonzero(p.data)  # an exact entry may be too small for a double
    row, column = rows_of(p.indptr)[there], p.indices[there]
    logs = np.log2(np.abs(p.data[there]))
    columns = np.where(unknown, 0.0, np.log2(np.where(unknown, 1.0, units)))
    for _ in range(_ROUNDS):
        rows = -_middle(logs + columns[column], row, m)
        columns = np.where(unknown, -_middle(logs + rows[row], column, n), columns)
    powers: Floats = np.clip(columns, -_LONGEST, _LONGEST)
    return np.exp2(powers)


def cost_unit(program: Form) -> float:
    """A power of two to multiply the objective by, so that its coefficients are of size 1 and seen.

    A solver takes a reduced cost below its tolerance (1e-7) for 0. Where histories have probabilities of
    1e-8, so have objective coefficients, and thousands of them are missed together: so the largest
    coefficient is made about 1, and more than 1 where that makes small ones visible.
    """
    size = np.abs(program.objective[program.objective != 0])
    if program.quadratic is not None:
        size = np.concatenate([size, np.abs(program.quadratic[2])])
    if size.size == 0:
        return 1.0
    greatest, least = float(size.max()), float(size.min())
    if program.quadratic is not None:  # whose engines add to the curvature, by amounts that are fixed
        return 1.0 if _LOW <= greatest <= _HIGH else float(1 / power_of_two(size.max(keepdims=True))[0])
    more = min(_VISIBLE * greatest / least, _GREATEST)
    return float(2.0 ** np.floor(np.log2(max(more, 1.0)) - np.log2(greatest)))


def _middle(logs: Floats, place: NDArray[np.integer], count: int) -> Floats:
    """The mean of the least and the largest of each place, 0 where there is none."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.maximum.at(high, place, logs)
    np.minimum.at(low, place, logs)
    none = np.isinf(high)
    return np.where(none, 0.0, np.where(none, 0.0, low) / 2 + np.where(none, 0.0, high) / 2)
