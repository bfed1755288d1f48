"""The value of a small separable program as a function of one right-hand side, exactly, by pivoting.

    g(z) = max Σ_j φ_j(x_j)   subject to   A x = b + z e,   x_j ≥ least_j,

with φ_j concave and piecewise linear. Optimal bases are followed as z falls: a basic variable that reaches a
breakpoint of its φ goes on into the next piece where that keeps the duals feasible, else it stops there and
the entry that the dual ratio test names takes its place. Every pivot is exact over the rationals, so g comes
out with all its breakpoints, and between two of them the optimal x is linear in z. The lowest index breaks
ties, as in Bland's rule for the dual simplex method, which keeps degenerate pivots from cycling.

A program is handed over by its dictionary at the start, x_B = start − α (x_N − least_N) + γ (z − z_0), which
has to be optimal there. The arithmetic is that of the numbers given; meant for `Rational`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..rational import ONE, ZERO, Rational


@dataclass(frozen=True)
class Pieces:
    """A concave function: on [points[k], points[k + 1]] it rises by slopes[k]; the last piece has no end.

    points (n,) increasing, slopes (n,) decreasing.
    """

    points: Sequence[Rational]
    slopes: Sequence[Rational]


@dataclass(frozen=True)
class Corner:
    """An optimal point at `z`; `slope` is that of g just below z."""

    z: Rational
    x: tuple[Rational, ...]
    slope: Rational


class Dictionary:
    """Basis, values and tableau; see the module. One index a variable; `piece` is the piece it is in, or for
    a nonbasic one the index of the breakpoint at which it sits.
    """

    def __init__(
        self,
        functions: Sequence[Pieces],
        basic: Sequence[int],
        values: Sequence[Rational],
        alpha: Sequence[Sequence[Rational]],
        gamma: Sequence[Rational],
        z: Rational,
    ) -> None:
        """`basic` are at `values` (m,), in their last pieces; all others at their least.

        alpha (m, n - m): columns in the order of the nonbasic indices. gamma (m,).
        """
        count = len(functions)
        self.functions = functions
        self.basic = list(basic)
        self.nonbasic = [j for j in range(count) if j not in set(basic)]
        self.piece = [len(f.points) - 1 if j in set(basic) else 0 for j, f in enumerate(functions)]
        self.x: list[Rational] = [f.points[0] for f in functions]
        for i, value in zip(self.basic, values, strict=True):
            self.x[i] = value
        self.alpha = [list(row) for row in alpha]
        self.gamma = list(gamma)
        self.z = z
        costs = [functions[i].slopes[self.piece[i]] for i in self.basic]
        self.price = [
            sum((c * row[k] for c, row in zip(costs, self.alpha, strict=True)), ZERO)
            for k in range(len(self.nonbasic))
        ]
        """Dual value of each nonbasic column: its upward slope ≤ price ≤ its downward slope."""
        self.slope = sum((c * g for c, g in zip(costs, self.gamma, strict=True)), ZERO)

    def walk(self) -> Iterator[Corner]:
        """Vertices from the start down to the least z at which the program is feasible."""
        while True:
            row, up, length = self._blocking()
            if length:
                yield self._vertex()
                self._move(length)
            if not self._turn(row, up):
                yield self._vertex()
                return

    def _vertex(self) -> Corner:
        return Corner(self.z, tuple(self.x), self.slope)

    def _blocking(self) -> tuple[int, bool, Rational]:
        """The row whose variable first reaches the end of its piece as z falls, and how far that is."""
        best: tuple[Rational, int] | None = None
        blocking = (-1, False)
        for row, i in enumerate(self.basic):
            rate = self.gamma[row]
            if rate == 0:
                continue
            points, k = self.functions[i].points, self.piece[i]
            if rate < 0:
                if k + 1 == len(points):
                    continue
                length = (points[k + 1] - self.x[i]) / -rate
            else:
                length = (self.x[i] - points[k]) / rate
            if best is None or (length, i) < best:
                best, blocking = (length, i), (row, rate < 0)
        if best is None:
            raise ArithmeticError("the program is feasible for every z")
        return (*blocking, best[0])

    def _move(self, length: Rational) -> None:
        self.z -= length
        for row, i in enumerate(self.basic):
            if self.gamma[row]:
                self.x[i] -= length * self.gamma[row]

    def _turn(self, row: int, up: bool) -> bool:
        """Let the variable of `row` pass its breakpoint, or pivot; False where neither is possible."""
        i = self.basic[row]
        slopes, k = self.functions[i].slopes, self.piece[i]
        change: Rational | None = None
        if up or k:
            change = slopes[k] - slopes[k + 1] if up else slopes[k - 1] - slopes[k]
        column = -1
        entries = self.alpha[row]
        for c, j in enumerate(self.nonbasic):
            a = entries[c] if up else -entries[c]
            if a == 0:
                continue
            at, own = self.piece[j], self.functions[j].slopes
            if a > 0:
                room = (self.price[c] - own[at]) / a
            elif at:
                room = (own[at - 1] - self.price[c]) / -a
            else:
                continue
            first = column >= 0 and j < self.nonbasic[column]
            if change is None or room < change or (room == change and first):
                change, column = room, c
        if change is None:
            return False
        if change:
            signed = change if up else -change
            for c, a in enumerate(entries):
                if a:
                    self.price[c] -= signed * a
            self.slope -= signed * self.gamma[row]
        if column < 0:
            self.piece[i] += 1 if up else -1
            return True
        cost = slopes[k] - change if up else slopes[k] + change
        rises = (entries[column] if up else -entries[column]) > 0
        self._pivot(row, column, cost, at=k + 1 if up else k, rises=rises)
        return True

    def _pivot(self, row: int, column: int, cost: Rational, at: int, rises: bool) -> None:
        i, j = self.basic[row], self.nonbasic[column]
        self.piece[i] = at
        if not rises:
            self.piece[j] -= 1
        self.basic[row], self.nonbasic[column] = j, i
        self.price[column] = cost
        pivot = self.alpha[row][column]
        inverse = ONE / pivot
        line = [a * inverse if a else a for a in self.alpha[row]]
        line[column] = inverse
        rate = self.gamma[row] * inverse
        for r, entries in enumerate(self.alpha):
            if r == row:
                continue
            factor = entries[column]
            if not factor:
                continue
            entries[column] = ZERO
            for c, a in enumerate(line):
                if a:
                    entries[c] -= factor * a
            self.gamma[r] -= factor * rate
        self.alpha[row] = line
        self.gamma[row] = rate
