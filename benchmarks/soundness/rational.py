"""Linear programs proved optimal over the rationals: a float basis is a proposal, a rational simplex decides.

    max c'x   with   l <= x <= u   and, for every row i,   L_i <= a_i'x <= U_i

Rows are turned into columns s_i = a_i'x with the row's bounds. HiGHS proposes a basis of n + m columns; from
there the simplex of the textbook goes on in rationals: first the sum of what basic columns lack of their
bounds is brought down to 0 (or shown to be positive: infeasible), then the objective is improved until no
reduced cost has the wrong sign (optimal) or a column can grow without end (unbounded). The steepest column
enters, by Bland's rule where steps stall, so it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import flint
import highspy
import numpy as np

from dynamech.solvers.conversions.highs_object import new_highs

Q = flint.fmpq
INFINITE = float("inf")
PIVOTS, STALLED = 400, 30


@dataclass
class Plain:
    """A program as lists: columns (lower, upper, cost), rows (entries, lower, upper); None where open."""

    lower: list[Fraction | None] = field(default_factory=list)
    upper: list[Fraction | None] = field(default_factory=list)
    cost: list[Fraction] = field(default_factory=list)
    rows: list[tuple[dict[int, Fraction], Fraction | None, Fraction | None]] = field(default_factory=list)

    def column(self, lower: Fraction | None = None, upper: Fraction | None = None) -> int:
        """A new column, free unless bounded; its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.cost.append(Fraction(0))
        return len(self.cost) - 1

    def row(
        self, entries: dict[int, Fraction], lower: Fraction | None, upper: Fraction | None = None
    ) -> None:
        """A new row."""
        self.rows.append(({j: v for j, v in entries.items() if v}, lower, upper))


@dataclass
class Optimum:
    """status: optimal, unbounded, infeasible, or undecided (after `PIVOTS` pivots)."""

    status: str
    value: Fraction | None = None
    x: list[Fraction] | None = None
    pivots: int = 0


def solve(p: Plain) -> Optimum:
    """The optimum, proved."""
    return _Simplex(p).run(_proposal(p))


def _proposal(p: Plain) -> list[str]:
    """Where HiGHS leaves every column and row: basic, lower, upper or zero."""
    h = new_highs()
    n, m = len(p.cost), len(p.rows)
    size = max((abs(c) for c in p.cost), default=0) or 1
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_ = np.array([float(c / size) for c in p.cost])
    lp.sense_ = highspy.ObjSense.kMaximize
    scale = []
    for entries, _, _ in p.rows:
        top = max((abs(v) for v in entries.values()), default=Fraction(1))
        scale.append(Fraction(2) ** -(top.numerator.bit_length() - top.denominator.bit_length()))

    def bound(v: Fraction | None, sign: float, by: Fraction = Fraction(1)) -> float:
        return sign * highspy.kHighsInf if v is None else float(v * by)

    lp.col_lower_ = np.array([bound(v, -1) for v in p.lower])
    lp.col_upper_ = np.array([bound(v, 1) for v in p.upper])
    lp.row_lower_ = np.array([bound(low, -1, s) for (_, low, _), s in zip(p.rows, scale, strict=True)])
    lp.row_upper_ = np.array([bound(up, 1, s) for (_, _, up), s in zip(p.rows, scale, strict=True)])
    starts, index, value = [0], [], []
    for (entries, _, _), s in zip(p.rows, scale, strict=True):
        index += list(entries)
        value += [float(v * s) for v in entries.values()]
        starts.append(len(index))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = np.array(starts), np.array(index)
    lp.a_matrix_.value_ = np.array(value)
    h.setOptionValue("small_matrix_value", 1e-12)
    h.setOptionValue("primal_feasibility_tolerance", 1e-9)
    h.setOptionValue("dual_feasibility_tolerance", 1e-9)
    h.passModel(lp)
    h.run()
    basis = h.getBasis()
    if not basis.valid:
        return ["zero"] * n + ["basic"] * m
    name = {
        highspy.HighsBasisStatus.kBasic: "basic",
        highspy.HighsBasisStatus.kLower: "lower",
        highspy.HighsBasisStatus.kUpper: "upper",
    }
    return [name.get(s, "zero") for s in [*basis.col_status, *basis.row_status]]


class _Simplex:
    def __init__(self, p: Plain) -> None:
        self.n, self.m = len(p.cost), len(p.rows)
        self.columns: list[dict[int, Q]] = [{} for _ in range(self.n)]
        for i, (entries, _, _) in enumerate(p.rows):
            for j, v in entries.items():
                self.columns[j][i] = Q(v.numerator, v.denominator)
        self.columns += [{i: Q(-1)} for i in range(self.m)]
        both = [(low, up) for _, low, up in p.rows]
        self.low = [_q(v) for v in p.lower] + [_q(low) for low, _ in both]
        self.up = [_q(v) for v in p.upper] + [_q(up) for _, up in both]
        self.cost = [_q(c) or Q(0) for c in p.cost] + [Q(0)] * self.m
        self.p = p

    def run(self, proposed: list[str]) -> Optimum:
        self.basic = self._independent([k for k, s in enumerate(proposed) if s == "basic"])
        self.at = {k: self._bound(k, s) for k, s in enumerate(proposed)}
        stalled = 0
        for pivots in range(PIVOTS):
            value = self._values()
            lacking = {k: way for k in self.basic if (way := self._missed(k, value[k]))}
            cost = (
                {k: Q(lacking.get(k, 0)) for k in self.basic}
                if lacking
                else {k: self.cost[k] for k in self.basic}
            )
            y = self._duals([cost[k] for k in self.basic])
            entering = self._entering(y, bool(lacking), careful=stalled > STALLED)
            if entering is None:
                if lacking:
                    return Optimum("infeasible", pivots=pivots)
                x = [value.get(k, self.at[k]) for k in range(self.n)]
                return Optimum("optimal", _value(self.p, x), [_f(v) for v in x], pivots)
            length = self._pivot(*entering, value, lacking)
            if length is None:
                return Optimum("unbounded", pivots=pivots)
            stalled = stalled + 1 if length == 0 else 0
        return Optimum("undecided", pivots=PIVOTS)

    def _missed(self, k: int, value: Q) -> int:
        """Which way a column would have to go to be within its bounds; 0 where it is."""
        low, up = self.low[k], self.up[k]
        if low is not None and value < low:
            return 1
        return -1 if up is not None and value > up else 0

    def _bound(self, k: int, status: str) -> Q:
        low, up = self.low[k], self.up[k]
        if status == "upper" and up is not None:
            return up
        return low if low is not None else up if up is not None else Q(0)

    def _independent(self, basic: list[int]) -> list[int]:
        """As many of the columns as are independent, completed by rows' own."""
        held, free = _pivots([self.columns[k] for k in basic])
        kept = [basic[k] for k in held]
        missing = [i for i in range(self.m) if i not in free]
        return kept + [self.n + i for i in missing]

    def _values(self) -> dict[int, Q]:
        right: dict[int, Q] = {}
        inside = set(self.basic)
        for k, column in enumerate(self.columns):
            if k not in inside and self.at[k] != 0:
                for i, v in column.items():
                    right[i] = right.get(i, Q(0)) - v * self.at[k]
        rows: list[dict[int, Q]] = [{} for _ in range(self.m)]
        for place, k in enumerate(self.basic):
            for i, v in self.columns[k].items():
                rows[i][place] = v
        found = _solve(rows, [right.get(i, Q(0)) for i in range(self.m)])
        return dict(zip(self.basic, found, strict=True))

    def _duals(self, cost: list[Q]) -> list[Q]:
        return _solve([dict(self.columns[k]) for k in self.basic], cost)

    def _entering(self, y: list[Q], first: bool, careful: bool) -> tuple[int, int] | None:
        """The steepest column and where it goes; the first that will do where steps stall (Bland)."""
        inside = set(self.basic)
        best: tuple[Q, int, int] | None = None
        for k, column in enumerate(self.columns):
            if k in inside:
                continue
            low, up = self.low[k], self.up[k]
            if low is not None and low == up:
                continue
            rate = (Q(0) if first else self.cost[k]) - sum((v * y[i] for i, v in column.items()), Q(0))
            sign = 1 if rate > 0 else -1
            stop = up if sign > 0 else low
            if rate == 0 or (stop is not None and self.at[k] == stop):
                continue
            if careful:
                return k, sign
            if best is None or abs(rate) > best[0]:
                best = (abs(rate), k, sign)
        return None if best is None else best[1:]

    def _pivot(self, k: int, sign: int, value: dict[int, Q], lacking: dict[int, int]) -> Q | None:
        """Move column k until something stops it; how far, None where nothing does."""
        rows: list[dict[int, Q]] = [{} for _ in range(self.m)]
        for place, j in enumerate(self.basic):
            for i, v in self.columns[j].items():
                rows[i][place] = v
        step = _solve(rows, [-sign * self.columns[k].get(i, Q(0)) for i in range(self.m)])
        low, up = self.low[k], self.up[k]
        best: tuple[Q, int, int, Q] | None = None
        if low is not None and up is not None:
            best = (up - low, k, -1, up if sign > 0 else low)
        for place, j in enumerate(self.basic):
            if step[place] == 0:
                continue
            stops = []
            if j in lacking:  # it may pass the bound that it lacks, not the other one
                stops = [self.low[j] if lacking[j] > 0 else self.up[j]]
                if (step[place] > 0) != (lacking[j] > 0):
                    stops = []
            else:
                stops = [self.up[j] if step[place] > 0 else self.low[j]]
            for stop in stops:
                if stop is None:
                    continue
                length = (stop - value[j]) / step[place]
                if best is None or length < best[0] or (length == best[0] and j < best[1]):
                    best = (length, j, place, stop)
        if best is None:
            return None
        length, _, place, stop = best
        if place < 0:
            self.at[k] = stop
            return length
        self.at[self.basic[place]] = stop
        self.basic[place] = k
        return length


def _solve(rows: list[dict[int, Q]], right: list[Q]) -> list[Q]:
    """x with rows · x = right; the sparsest row first, in it the sparsest column."""
    rows = [dict(row) for row in rows]
    right = list(right)
    where: dict[int, set[int]] = {}
    for i, row in enumerate(rows):
        for j in row:
            where.setdefault(j, set()).add(i)
    by_size: dict[int, set[int]] = {}
    for i, row in enumerate(rows):
        by_size.setdefault(len(row), set()).add(i)
    order: list[tuple[int, int]] = []

    def move(i: int, old: int) -> None:
        by_size[old].discard(i)
        by_size.setdefault(len(rows[i]), set()).add(i)

    for _ in range(len(rows)):
        single = next((j for j in list(where) if len(where[j]) == 1), None) if not by_size.get(1) else None
        if single is not None:
            j, i = single, next(iter(where[single]))
        else:
            size = min(s for s, members in by_size.items() if members)
            assert size > 0, "the basis is singular"
            i = min(by_size[size])
            j = min(rows[i], key=lambda c: (len(where[c]), c))
        pivot = rows[i]
        by_size[len(pivot)].discard(i)
        for c in pivot:
            where[c].discard(i)
        for other in list(where[j]):
            row = rows[other]
            old = len(row)
            factor = row[j] / pivot[j]
            for c, v in pivot.items():
                new = row.get(c, 0) - factor * v
                if new == 0:
                    if c in row:
                        del row[c]
                        where[c].discard(other)
                else:
                    if c not in row:
                        where[c].add(other)
                    row[c] = new
            right[other] -= factor * right[i]
            move(other, old)
        del where[j]
        order.append((i, j))
    x: list[Q] = [Q(0)] * len(rows)
    for i, j in reversed(order):
        rest = right[i] - sum((v * x[c] for c, v in rows[i].items() if c != j), Q(0))
        x[j] = rest / rows[i][j]
    return x


def _pivots(columns: list[dict[int, Q]]) -> tuple[list[int], set[int]]:
    """Which columns are independent, taken in order, and the rows where they have their pivots."""
    reduced: dict[int, dict[int, Q]] = {}
    held = []
    for k, column in enumerate(columns):
        left = dict(column)
        while left:
            i = next((r for r in left if r in reduced), None)
            if i is None:
                reduced[min(left)] = left
                held.append(k)
                break
            pivot = reduced[i]
            factor = left[i] / pivot[i]
            for r, v in pivot.items():
                new = left.get(r, 0) - factor * v
                if new == 0:
                    left.pop(r, None)
                else:
                    left[r] = new
    return held, set(reduced)


def _q(v: Fraction | None) -> Q | None:
    return None if v is None else Q(v.numerator, v.denominator)


def _f(v: Q) -> Fraction:
    return Fraction(int(v.p), int(v.q))


def _value(p: Plain, x: list[Q]) -> Fraction:
    return sum((c * _f(v) for c, v in zip(p.cost, x, strict=True) if c), Fraction(0))
