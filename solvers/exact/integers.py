"""A program over the integers: every row multiplied by the positive rational that clears its denominators.

Row i of ``entries`` is multiplier_i · a_i, integers without a common factor. Multiplying a row by a positive
number changes neither its sign conditions nor which points satisfy it; the dual of row i of the program is
multiplier_i times the dual of the integer row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..numbers import Array, Bools, Floats, Ints, objects, ratio, to_exact
from ..program import Program
from ..scaling import Scaling, scaling
from ..short import Short
from ..sparse import Index, by_rows, infinities, rows_of
from .rationals import (
    WIDE,
    Integers,
    Rationals,
    common,
    doubles,
    joined,
    narrow,
    over_common,
    parts,
    product,
    put,
    split,
)  # fmt: skip
from .sparse_integers import SparseIntegers, whole_rows

_EXPONENT = 1000  # of powers of two that doubles hold with room to spare


@dataclass(frozen=True, eq=False, repr=False)
class Scaled(Short):
    """A program in doubles for a solver, every row and column scaled by a power of two.

    Row i is ``rows[i]`` times the integer row, and `lift` leads back to the program that was made whole: the
    solver sees the exact matrix where integers stay below 2**53. Units are those of ``scaling``; tolerances
    are meant in them.

    rough: rows of which doubles cannot hold the power of two, or some entry beside the largest. What doubles
    say of them is a guess.
    """

    program: Program
    lift: Scaling
    rows: Floats
    rough: Bools

    @property
    def columns(self) -> Floats:
        """x_j of the program is ``columns[j]`` times that of the scaled one."""
        return self.lift.columns


@dataclass(frozen=True, eq=False, repr=False)
class Side(Short):
    """The lower or the upper bounds of columns or rows: top / bottom where they are `there`, bottom > 0."""

    there: Bools
    top: Integers
    bottom: Integers

    def at(self, places: Index) -> Rationals:
        """The bounds of these places over one denominator; all of them must be there."""
        return over_common(self.top[places], self.bottom[places])

    def doubles(self, missing: float, power: Ints | int = 0) -> Floats:
        """The bounds times 2^power in doubles; `missing` where there are none."""
        (top, more), (bottom, less) = split(self.top), split(self.bottom)
        return np.where(self.there, joined(top / bottom, more - less + power), missing)


@dataclass(frozen=True, eq=False, repr=False)
class IntegerProgram(Short):
    """The rows of `source` over the integers, with its bounds, objective and offset as ``Fraction``.

    Bounds are those of the program itself, not multiplied; infinite ones are floats. `multiplier` (rows,) is
    exact, as a numerator and a denominator array of positive integers.
    """

    source: Program
    matrix: SparseIntegers
    multiplier_over: Integers
    multiplier_under: Integers
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    objective: Array
    offset: Fraction

    def aiming(self, objective: Array) -> IntegerProgram:
        """The same rows and bounds, and what is known of them, with another linear objective (rationals)."""
        other = replace(self, source=replace(self.source, objective=objective), objective=objective)
        known = {name: getattr(self, name) for name in ("row_sides", "column_sides")}
        costs = other._rounded_cost * self.scaled.columns
        scaled = replace(self.scaled, program=replace(self.scaled.program, objective=costs))
        vars(other).update(known, scaled=scaled)  # where `cached_property` looks for them
        return other

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return self.source.num_rows

    @property
    def num_columns(self) -> int:
        """How many columns."""
        return self.source.num_columns

    @property
    def sign(self) -> int:
        """1 of a minimisation, −1 of a maximisation."""
        return self.source.sign

    def multiplier(self, row: int) -> Fraction:
        """What row `row` was multiplied by."""
        return Fraction(int(self.multiplier_over[row]), int(self.multiplier_under[row]))

    @cached_property
    def row_sides(self) -> tuple[Side, Side]:
        """Lower and upper bounds of the integer rows."""
        over, under = self.multiplier_over, self.multiplier_under
        return _side(self.row_lower, over, under), _side(self.row_upper, over, under)

    @cached_property
    def column_sides(self) -> tuple[Side, Side]:
        """Lower and upper bounds of the columns."""
        ones = np.ones(self.num_columns, dtype=np.int64)
        return _side(self.lower, ones, ones), _side(self.upper, ones, ones)

    @property
    def crosses(self) -> bool:
        """Whether some lower bound lies above its upper bound."""
        for low, high in (self.row_sides, self.column_sides):
            above = product(low.top, high.bottom) > product(high.top, low.bottom)
            if (np.asarray(above, dtype=np.bool_) & low.there & high.there).any():
                return True
        return False

    @cached_property
    def cost(self) -> Rationals:
        """The objective over one denominator."""
        return common(self.objective)

    @property
    def _rounded_cost(self) -> Floats:
        """The objective in doubles; of one beyond their range a part, the same of every coefficient."""
        rounded = doubles(self.cost)
        if np.isfinite(rounded).all():
            return rounded
        short, length = split(self.cost.numerators)
        there = length[self.cost.numerators != 0]
        return joined(short, length - int(there.max()) + _EXPONENT)

    @cached_property
    def scaled(self) -> Scaled:
        """The program in doubles for a solver; see ``Scaled``."""
        # not source.to_float(): turning all its entries into doubles takes long, and they are not wanted
        p = self.source
        objective = self._rounded_cost
        q = p.quadratic
        quadratic = None if q is None else (q[0], q[1], q[2].astype(np.float64))
        # Powers of two are kept apart from the leading digits: integers may be longer than doubles are large.
        short, length = split(self.matrix.entries)
        power = 1 - by_rows(np.maximum, length, p.indptr, np.ones(self.num_rows, dtype=np.int64))
        there = length + np.repeat(power, np.diff(p.indptr))
        values = joined(short, there)
        rough = np.abs(power) > _EXPONENT
        rough[rows_of(p.indptr)[there < -_EXPONENT]] = True
        (over, more), (under, less) = split(self.multiplier_over), split(self.multiplier_under)
        (low, high), (row_low, row_high) = self.column_sides, self.row_sides
        first = Program(
            p.sense, False, p.name, p.column_blocks, p.row_blocks, objective,
            ratio(self.offset.numerator, self.offset.denominator),
            low.doubles(-np.inf), high.doubles(np.inf), row_low.doubles(-np.inf, power),
            row_high.doubles(np.inf, power), p.indptr, p.indices, values, quadratic, p.units,
        )  # fmt: skip
        own = scaling(first)
        exponent = power + np.rint(np.log2(own.rows)).astype(np.int64)
        rows = joined(np.full(self.num_rows, 1.0), np.clip(exponent, -_EXPONENT, _EXPONENT))
        factor = joined(over / under, more - less + exponent)
        rough |= np.abs(exponent) > _EXPONENT
        return Scaled(own.program(), Scaling(p, factor, own.columns), rows, rough)


def _side(bounds: Array, over: Integers, under: Integers) -> Side:
    there = ~infinities(bounds)
    finite = there & bounds.astype(np.bool_)
    top, bottom = np.zeros(bounds.size, dtype=np.int64), np.ones(bounds.size, dtype=np.int64)
    if finite.any():
        tops, bottoms = parts(bounds[finite])
        top, bottom = put(top, finite, tops), put(bottom, finite, bottoms)
    return Side(there, product(top, over), product(bottom, under))


def clear(program: Program) -> IntegerProgram:
    """The program over the integers; floats count at their exact binary value."""
    if program.exact:
        entries, over, under = whole_rows(program.indptr, program.data)
    else:
        entries, over, under = _clear_doubles(program)
    matrix = SparseIntegers(program.indptr, program.indices, entries, (program.num_rows, program.num_columns))
    bounds = program.lower, program.upper, program.row_lower, program.row_upper
    objective, offset = to_exact(program.objective), Fraction(program.offset)
    lower, upper, row_lower, row_upper = map(to_exact, bounds)
    return IntegerProgram(program, matrix, over, under, lower, upper, row_lower, row_upper, objective, offset)


def _clear_doubles(p: Program) -> tuple[Integers, Integers, Integers]:
    significand, exponent = np.frexp(p.data)
    whole = np.ldexp(significand, 53).astype(np.int64)
    exponent = exponent.astype(np.int64) - 53
    trailing = np.log2((whole & -whole).astype(np.float64)).astype(np.int64)
    whole, exponent = whole >> trailing, exponent + trailing
    lowest = by_rows(np.minimum, exponent, p.indptr, np.zeros(p.num_rows, dtype=np.int64))
    shift = exponent - np.repeat(lowest, np.diff(p.indptr))
    wide = (np.log2(np.abs(whole).astype(np.float64)) + shift).max(initial=0.0) >= WIDE - 1
    entries: Integers = whole.astype(object) if wide else whole
    entries = entries << (shift.astype(object) if wide else shift)
    over, under = np.ones(p.num_rows, dtype=object), np.ones(p.num_rows, dtype=object)
    over[lowest < 0] = objects(1 << int(k) for k in -lowest[lowest < 0])
    under[lowest > 0] = objects(1 << int(k) for k in lowest[lowest > 0])
    return entries, narrow(over), narrow(under)
