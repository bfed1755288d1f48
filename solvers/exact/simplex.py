"""Simplex over the rationals: what finishes a program whose float bases lead to no proof.

    minimise c'x   subject to   s = A x,   l ≤ (x, s) ≤ u,

rows and columns alike are variables with bounds, and a basis is any choice of `rows` of them whose columns in
(−A, I) have an inverse. That inverse is kept as sparse rationals and changed by one pivot at a time,
beginning with the identity, where every s is basic. A basis to start from is reached by pivots too, so one
without an inverse is completed on the way. In phase one the sum of what basic variables miss their bounds by
falls, in phase two the objective. With π = c_B B⁻¹, c the costs of the phase, the duals of the rows are y =
−π; at the end of phase one, if something is still missed, they are a Farkas vector.

The variable whose rise or fall gains most enters. After `_STALLED` pivots that move nothing the first that
gains does, until something moves, and of several that block the first one leaves (Bland 1977): so it ends. No
number is ever rounded, whatever the scaling; the price is a time that grows with the digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from ..clock import Clock
from ..numbers import objects
from ..options import AT_LOWER, AT_UPPER, BASIC, FREE, Basis
from ..rational import ONE, ZERO, Rational, double, fraction, rational
from ..short import Short
from ..sparse import rows_of
from .integers import IntegerProgram, Side
from .rationals import Rationals, common
from .vertex import Vertex

Kind: TypeAlias = Literal["optimal", "infeasible", "unbounded"]
Sparse: TypeAlias = dict[int, Rational]

WORK = 10_000_000
"""Products of rationals, one or two million a second, after which a program is given up."""
_STALLED = 20


@dataclass(frozen=True, eq=False, repr=False)
class Finish(Short):
    """How a program ends, with the last basis and its vertex, and a `ray` (columns,) where it is unbounded.

    The duals of the vertex are a Farkas vector of the integer rows where the program is infeasible, and prove
    nothing where it is unbounded.
    """

    kind: Kind
    basis: Basis
    vertex: Vertex
    ray: Rationals | None = None


def finish(program: IntegerProgram, start: Basis | None, clock: Clock, work: int = WORK) -> Finish | None:
    """Solve a linear program, beginning at any basis; None where that takes more than `work`.

    Raises ``OutOfTime``.
    """
    tableau = _Tableau(program, clock, work)
    try:
        if start is not None:
            tableau.begin(start)
        tableau.minimise()
        if any(tableau.costs()):
            return Finish("infeasible", tableau.basis(), tableau.vertex())
        tableau.misses = False
        ray = tableau.minimise()
    except _TooMuch:
        return None
    kind: Kind = "optimal" if ray is None else "unbounded"
    return Finish(kind, tableau.basis(), tableau.vertex(), ray)


class _TooMuch(Exception):
    """More work than was allowed."""


class _Tableau:
    """Variables are numbered, columns first; `basic[r]` is the one of row r of the inverse.

    `inverse[i][r]`, a column of B⁻¹ for each row i of the program, holds what is not 0. What costs something
    are `misses`, until the objective does.
    """

    def __init__(self, program: IntegerProgram, clock: Clock, work: int) -> None:
        self._program, self._clock, self._left = program, clock, work
        n, m = program.num_columns, program.num_rows
        self._n = n
        self._sign = program.sign
        self._cost = [rational(self._sign * c) for c in program.objective.tolist()] + [ZERO] * m
        sides = zip(program.column_sides, program.row_sides, strict=True)
        self._lower, self._upper = ([*_bounds(own), *_bounds(row)] for own, row in sides)
        self._entries = _entries(program)
        self._units = [*program.scaled.columns.tolist(), *(1 / program.scaled.rows).tolist()]
        self._inverse: list[Sparse] = [{i: ONE} for i in range(m)]
        self._basic = list(range(n, n + m))
        self._value = [self._resting(j, AT_LOWER) for j in range(n + m)]
        self.misses = True
        self._place()

    def begin(self, start: Basis) -> None:
        """Pivot to the basis `start`, as far as it has an inverse."""
        n, status = self._n, [*start.columns.tolist(), *start.rows.tolist()]
        self._value = [self._resting(j, said) for j, said in enumerate(status)]
        wanted = [j for j in range(n) if status[j] == BASIC]
        for j in sorted(wanted, key=lambda j: len(self._entries[j])):
            self._clock.check()
            change = self._change(j)
            free = [r for r in change if self._basic[r] >= n and status[self._basic[r]] != BASIC]
            if free:
                self._pivot(free[0], j, change)
        self._place()

    def minimise(self) -> Rationals | None:
        """Pivot until the objective, or the sum of misses, is least; the ray where there is no least."""
        still = 0
        while not self.misses or any(self.costs()):
            self._clock.check()
            entering = self._entering(self._reduced(), first=still >= _STALLED)
            if entering is None:
                return None
            j, way = entering
            moves = {r: -way * v for r, v in self._change(j).items()}
            step, leaving = self._step(j, moves)
            if step is None:
                return self._ray(j, way, moves)
            still = 0 if step else still + 1
            self._value[j] += way * step
            for r, move in moves.items():
                self._value[self._basic[r]] += step * move
            if leaving is not None:
                self._pivot(leaving, j, {r: -way * v for r, v in moves.items()})
        return None

    def costs(self) -> list[Rational]:
        """Of the basic variables. A miss costs 1 above an upper bound and −1 below a lower one."""
        return [self._miss(j) if self.misses else self._cost[j] for j in self._basic]

    def vertex(self) -> Vertex:
        """Where it stands, with the duals of the integer rows, of the objective or of the sum of misses."""
        sign = 1 if self.misses else self._sign
        duals = [-sign * v for v in self._prices()]
        return Vertex(_common(self._value[: self._n]), _common(duals))

    def basis(self) -> Basis:
        """The basis; what is not basic sits at a bound, or at 0 where it has none."""
        at = [
            FREE if low is None and high is None else AT_UPPER if low is None or value != low else AT_LOWER
            for low, high, value in zip(self._lower, self._upper, self._value, strict=True)
        ]
        statuses = np.array(at, dtype=np.int8)
        statuses[self._basic] = BASIC
        return Basis(statuses[: self._n], statuses[self._n :])

    def _resting(self, j: int, said: int) -> Rational:
        """Where a variable sits that is not basic: at the bound said, else at the one it has, else at 0."""
        low, high = self._lower[j], self._upper[j]
        first, second = (high, low) if said == AT_UPPER else (low, high)
        return first if first is not None else second if second is not None else ZERO

    def _place(self) -> None:
        """Give the basic variables their values."""
        right, basic = [ZERO] * len(self._basic), set(self._basic)
        for j, value in enumerate(self._value):
            if value and j not in basic:
                for i, entry in self._entries[j].items():
                    right[i] -= entry * value
        values = self._times(dict(enumerate(right)))
        for r, j in enumerate(self._basic):
            self._value[j] = values.get(r, ZERO)

    def _change(self, j: int) -> Sparse:
        """By how much each basic variable falls as variable j rises by 1: B⁻¹ a_j."""
        return self._times(self._entries[j])

    def _times(self, vector: Sparse) -> Sparse:
        out: Sparse = {}
        for i, entry in vector.items():
            if entry:
                column = self._inverse[i]
                self._spend(len(column))
                for r, v in column.items():
                    out[r] = out.get(r, ZERO) + entry * v
        return {r: v for r, v in out.items() if v}

    def _prices(self) -> list[Rational]:
        """π = c_B B⁻¹, one for each row."""
        costs = self.costs()
        used = [bool(c) for c in costs]
        self._spend(sum(map(len, self._inverse)) // 4)
        return [sum((costs[r] * v for r, v in column.items() if used[r]), ZERO) for column in self._inverse]

    def _reduced(self) -> list[Rational]:
        """What a rise of each variable costs."""
        prices = self._prices()
        costs = [ZERO] * len(self._cost) if self.misses else self._cost
        self._spend(sum(map(len, self._entries)))
        return [
            cost - sum((prices[i] * a for i, a in entries.items() if prices[i]), ZERO)
            for cost, entries in zip(costs, self._entries, strict=True)
        ]

    def _entering(self, reduced: Sequence[Rational], *, first: bool) -> tuple[int, int] | None:
        """(a variable, ±1 for the way it goes): the `first` that gains, or the one that gains fastest."""
        best, most = None, -1.0
        basic = set(self._basic)
        for j, slope in enumerate(reduced):
            if not slope or j in basic:
                continue
            way, bound = (1, self._upper[j]) if slope < 0 else (-1, self._lower[j])
            if bound is not None and self._value[j] == bound:
                continue
            if first:
                return j, way
            gain = abs(double(slope)) * self._units[j]
            if gain > most:
                best, most = (j, way), gain
        return best

    def _step(self, j: int, moves: Sparse) -> tuple[Rational | None, int | None]:
        """(how far variable j can go, the row that blocks or None where its own bounds do)."""
        low, high = self._lower[j], self._upper[j]
        best = None if low is None or high is None else high - low
        leaving: int | None = None
        for r in sorted(moves, key=lambda r: self._basic[r]):
            move, k = moves[r], self._basic[r]
            bound = self._blocks(k, move > 0)
            if bound is None:
                continue
            room = (bound - self._value[k]) / move
            if best is None or room < best:
                best, leaving = room, r
        return best, leaving

    def _blocks(self, k: int, rising: bool) -> Rational | None:
        """Where basic variable k must stop: at the bound it goes for or, if it misses one, there."""
        low, high = self._lower[k], self._upper[k]
        missed = self._miss(k) if self.misses else ZERO
        if not missed:
            return high if rising else low
        if rising == (missed > 0):
            return None
        return low if rising else high

    def _miss(self, k: int) -> Rational:
        low, high, value = self._lower[k], self._upper[k], self._value[k]
        if high is not None and value > high:
            return ONE
        return -ONE if low is not None and value < low else ZERO

    def _pivot(self, r: int, j: int, change: Sparse) -> None:
        """Variable j takes the place of the basic one of row r."""
        others = [(k, v) for k, v in change.items() if k != r]
        for column in self._inverse:
            here = column.get(r)
            if here is None:
                continue
            column[r] = here = here / change[r]
            self._spend(len(others))
            for k, v in others:
                left = column.get(k, ZERO) - v * here
                if left:
                    column[k] = left
                else:
                    column.pop(k, None)
        self._basic[r] = j

    def _ray(self, j: int, way: int, moves: Sparse) -> Rationals:
        out = [ZERO] * len(self._value)
        out[j] = ONE * way
        for r, move in moves.items():
            out[self._basic[r]] = move
        return _common(out[: self._n])

    def _spend(self, products: int) -> None:
        self._left -= products
        if self._left < 0:
            raise _TooMuch


def _bounds(side: Side) -> list[Rational | None]:
    parts = zip(side.there.tolist(), side.top.tolist(), side.bottom.tolist(), strict=True)
    return [rational(Fraction(top, bottom)) if there else None for there, top, bottom in parts]


def _entries(program: IntegerProgram) -> list[Sparse]:
    """The columns of (−A, I)."""
    out: list[Sparse] = [{} for _ in range(program.num_columns)]
    a = program.matrix
    for i, j, entry in zip(rows_of(a.indptr).tolist(), a.indices.tolist(), a.entries.tolist(), strict=True):
        out[j][i] = rational(Fraction(-entry))
    return out + [{i: ONE} for i in range(program.num_rows)]


def _common(values: list[Rational]) -> Rationals:
    return common(objects(map(fraction, values)))
