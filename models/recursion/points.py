"""The lower bound: ψ from below, by mechanisms that were seen.

A point for type l of a period is a lottery q and, for every type m of the next period, a lottery τ_m over
its points. It is worth w = g(l, q) + δ Σ_m μ(m | l) Σ_j τ_mj w_j, and what a liar k gets beyond what l gets
is

    D_k = v(k, q) − v(l, q) + δ (μ(· | k) − μ(· | l)) · U',    U'_k − U'_m ≥ Σ_j τ_mj D_jk for all m, k.

So ψ_t(l, U) ≥ w wherever U_k − U_l ≥ D_k: a point counts at the rents that it leaves, not at those that were
asked for, and needs no slack. Rents U' that satisfy those inequalities are longest paths; there are some
exactly where no way round gains, to within what doubles tell (`COMPUTED`), and only such points count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.arithmetic import COMPUTED
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .stages import RentStage


@dataclass(frozen=True, eq=False, repr=False)
class Point(Short):
    """What it is worth, what liars gain by it (K,), and what it is made of: q (A,), U' (K',), and the points
    of the next period (n,) that it draws from, with their shares τ (n,), which are 1 in all for each type."""

    worth: float
    gain: Floats
    lottery: Floats
    rents: Floats
    after: Ints
    share: Floats


class Points:
    """All points of one period: worth (n,), what liars gain (n, K), and their types (n,)."""

    def __init__(self, types: int) -> None:
        self.worth, self.gain, self.type = np.zeros(0), np.zeros((0, types)), np.zeros(0, dtype=np.int64)
        self.all: list[Point] = []

    def add(self, own: int, point: Point) -> None:
        """One more for this type."""
        self.worth = np.append(self.worth, point.worth)
        self.gain = np.vstack([self.gain, point.gain])
        self.type = np.append(self.type, own)
        self.all.append(point)


class Below:
    """The program of one stage and type over mixtures of points.

    Columns: q (A,), the payment, slack (K,), U' (K',), then τ. Rows: rents (K,), Σ q = 1, then (K', K') what
    type k gains by the report m, whose diagonal has Σ τ_m = 1. Slack costs the price.
    """

    def __init__(self, stage: RentStage, own: int, points: Points | None, price: float) -> None:
        """points: of the next period; None where there is none."""
        self.stage, self.own, self.points = stage, own, points
        self._types, self._taken = np.arange(stage.values.shape[1]), 0
        (a, k), n = stage.values.shape, stage.next
        more = 0 if n is None else len(n.low)
        self._fixed = a + 1 + k + more
        matrix = np.zeros((k + 1 + more * more, self._fixed))
        cost, lower, upper = np.zeros((3, self._fixed))
        row_lower, row_upper = np.full(len(matrix), -np.inf), np.zeros(len(matrix))
        cost[:a], lower[a], upper[:] = -stage.gains[:, own], -np.inf, np.inf
        cost[a + 1 : a + 1 + k], upper[a + 1 + own] = price, 0.0
        matrix[:k, :a], matrix[:k, a], matrix[:k, a + 1 : a + 1 + k] = stage.values.T, -1.0, -np.eye(k)
        matrix[k, :a] = row_lower[k] = row_upper[k] = 1.0
        if n is not None:
            self._rents = slice(a + 1 + k, self._fixed)
            matrix[:k, self._rents] = n.discount * n.moves
            lower[self._rents], upper[self._rents] = n.low, n.high
            cost[self._rents] = -n.weight
            self._lies = k + 1 + np.arange(more * more).reshape(more, more)
            m, other = np.nonzero(~np.eye(more, dtype=bool))
            matrix[self._lies[m, other], a + 1 + k + m] = 1.0
            matrix[self._lies[m, other], a + 1 + k + other] = -1.0
            row_lower[np.diag(self._lies)] = row_upper[np.diag(self._lies)] = 1.0
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper)

    def raise_price(self, price: float) -> None:
        """Of slack."""
        at = len(self.stage.values) + 1 + self._types
        self._program.set_costs(at, np.full(len(at), price))

    def at(self, rents: Floats) -> Point | None:
        """A point near these rents (K,); None where none was found."""
        n, points = self.stage.next, self.points
        if points is not None and n is not None and len(points.worth) > self._taken:
            new = slice(self._taken, None)
            which = points.type[new]
            entries = points.gain[new].copy()
            entries[np.arange(len(which)), which] = 1.0
            chance = n.discount * n.moves[self.own, which]
            self._program.add(-chance * points.worth[new], self._lies[which], entries)
            self._taken = len(points.worth)
        lower = np.full(len(self._types), -np.inf)
        lower[self.own] = rents[self.own]
        self._program.set_rows(self._types, lower, rents)
        optimum = self._program.solve()
        if optimum is None:
            return None
        lottery = np.maximum(optimum.primal[: len(self.stage.values)], 0.0)
        lottery /= lottery.sum()
        worth, leaves = float(self.stage.gains[:, self.own] @ lottery), lottery @ self.stage.values
        ahead, after, share = np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0)
        if n is not None and points is not None:
            after = np.flatnonzero(optimum.primal[self._fixed :] > 0)
            which, share = points.type[after], optimum.primal[self._fixed + after]
            share /= np.bincount(which, share, len(n.low))[which]
            lies = np.zeros((len(n.low), len(n.low)))
            np.add.at(lies, which, share[:, None] * points.gain[after])
            enough = longest(lies, np.maximum(optimum.primal[self._rents], n.low))
            if enough is None:
                return None
            ahead = enough
            worth += float(n.discount * (n.moves[self.own, which] * share) @ points.worth[after])
            worth += float(n.weight @ ahead)
            leaves = leaves + n.discount * (n.moves @ ahead)
        return Point(worth, leaves - leaves[self.own], lottery, ahead, after, share)

    def worth_at(self, point: Point, rents: Floats, price: float) -> float:
        """What the point is worth at rents (K,) that it may exceed, each unit at the price."""
        return point.worth - price * float(np.maximum(point.gain - (rents - rents[self.own]), 0.0).sum())


def longest(lies: Floats, start: Floats) -> Floats | None:
    """The least rents (K,), no less than those to start from, with U_k − U_m ≥ lies[m, k]; None without any.

    What programs in doubles leave along ways round that gain nothing is taken for nothing: where types are
    pooled there are such ways, and no rents without it.
    """
    rents: Floats = np.maximum(start, (start[:, None] + lies).max(axis=0))
    for _ in range(len(rents)):
        more: Floats = (rents[:, None] + lies).max(axis=0)
        if not (more > rents + COMPUTED * (1.0 + abs(rents))).any():
            return rents
        rents = np.maximum(rents, more)
    return None
