"""The lower bound: ψ from below, by mechanisms that were seen.

A point for type l of a stage is a lottery q and, for every branch b and every type m whom l can become, a
lottery τ_bm over the points of the stage that follows. It is worth g(l, q) + δ Σ_b q_b ρ_b Σ_m μ_b(m | l)
Σ_j τ_bmj w_j, and what a liar k gets beyond what l gets is

    D_k = v(k, q) − v(l, q) + δ Σ_b q_b ρ_b (μ_b(· | k) − μ_b(· | l)) · U'_b,
    U'_bk − U'_bm ≥ Σ_j τ_bmj D_jk for all k and m.

So ψ(l, U) ≥ w wherever U_k − U_l ≥ D_k: a point counts at the rents that it leaves, not at those that were
asked for, and needs no slack. Rents U' that satisfy those inequalities are longest paths; there are some
exactly where no way round gains, to within what doubles tell (`COMPUTED`), and only such points count. What
doubles may lose of w is taken off.

Where payments have bounds, l gets  base − p,  base = f_l(l, q) + δ Σ_b q_b ρ_b μ_b(· | l) · U'_b, so that
levels are within base − high and base − low as well, and of a lottery over points, within the mean of these.

Where periods never end, the first points are those of one action for ever; all others are made of points that
were there before, so that every one is a mechanism.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.arithmetic import COMPUTED
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .stages import FAINT, ROUNDED, Branch, RentStage, Share
from .tables import Money


@dataclass(frozen=True, eq=False, repr=False)
class Promised(Share):
    """What a point takes of one branch: points of the stage that follows with their shares τ, 1 in all for
    each type whom the true one can become, and U' (K',). Nothing of a branch without weight."""

    rents: Floats


@dataclass(frozen=True, eq=False, repr=False)
class RentPoint(Short):
    """What it is worth, what liars gain by it (K,), what the truthful get beside payments, the lottery
    (A,), and what comes by branch."""

    worth: float
    gain: Floats
    base: float
    lottery: Floats
    parts: tuple[Promised, ...]


class Points:
    """All points of one stage: worth (n,), what liars gain (n, K), base (n,), and their types (n,)."""

    def __init__(self, types: int, money: Money) -> None:
        self.money = money
        self.worth, self.gain, self.base = np.zeros(0), np.zeros((0, types)), np.zeros(0)
        self.type: Ints = np.zeros(0, dtype=np.int64)
        self.all: list[RentPoint] = []

    def add(self, own: int, point: RentPoint) -> None:
        """One more for this type."""
        self.worth, self.base = np.append(self.worth, point.worth), np.append(self.base, point.base)
        self.gain = np.vstack([self.gain, point.gain])
        self.type = np.append(self.type, own)
        self.all.append(point)


class _Mixed:
    """The columns and rows of one branch, and which of its points are columns: numbers and columns."""

    def __init__(self, branch: Branch, points: Points, own: int, column: int, row: int) -> None:
        n = len(branch.best)
        self.branch, self.points, self.rents = branch, points, column + np.arange(n)
        self.chance, self.possible = branch.discount * branch.moves[own], branch.moves[own] > 0
        self.lies = row + np.arange(n * n).reshape(n, n)
        money, end = points.money, row + n * n
        self.floor = end + np.arange(n if np.isfinite(money.high) else 0)
        self.ceiling = end + len(self.floor) + np.arange(n if np.isfinite(money.low) else 0)
        self.rows = n * n + len(self.floor) + len(self.ceiling)
        self.numbers, self.columns, self._taken = np.zeros(0, np.int64), np.zeros(0, np.int64), 0

    def fresh(self) -> Ints:
        """Numbers of points that are no columns yet, of types that the true one can become."""
        new = np.arange(self._taken, len(self.points.worth))
        self._taken = len(self.points.worth)
        fresh: Ints = new[self.possible[self.points.type[new]]]
        return fresh

    def drawn(self, primal: Floats, weight: float) -> Promised | None:
        """The branch as the program has it, made right; None where it is none of a mechanism."""
        points, n, money = self.points, len(self.chance), self.points.money
        used = np.flatnonzero(primal[self.columns] > 0)
        numbers, share = self.numbers[used], primal[self.columns[used]]
        which = points.type[numbers]
        given = np.bincount(which, share, n)
        if (given[self.possible] <= 0).any():
            return None
        share = share / given[which]
        lies = np.full((n, n), -np.inf)
        lies[self.possible] = 0.0
        np.add.at(lies, which, share[:, None] * points.gain[numbers])
        base = np.bincount(which, share * points.base[numbers], n)
        start = np.maximum(primal[self.rents] / weight, np.maximum(base - money.high, self.branch.least))
        rents = longest(lies, np.where(self.possible, start, -np.inf))  # others have what lies give them
        if rents is None:
            return None
        if np.isfinite(money.low):
            over = rents - (base - money.low) > COMPUTED * (1.0 + abs(rents))
            if over[self.possible].any():
                return None
        return Promised(numbers, share, rents)


class Below:
    """The program of one stage and type over mixtures of points.

    Columns: q (A,), the payment, slack (K,), what the own rents fall short of, by branch U' (K',) times the
    weight of the group, then τ likewise. Rows: rents (K,), Σ q = 1, by branch (K', K') what type k gains by
    the report m, whose diagonal has Σ τ_m = q_b, and (K',) each of levels from below and above. Slack costs
    the price.
    """

    def __init__(self, stage: RentStage, own: int, points: Sequence[Points], price: float) -> None:
        """points: of the stages that follow, by branch."""
        self.stage, self.own = stage, own
        self._flows, self._mask, money = stage.flows(own), stage.mask, stage.money
        (a, k), whole = stage.values.shape, len(self._mask) == 1
        self._types = np.arange(k)
        column, row = a + 2 + k, k + 1
        self._branches: list[_Mixed] = []
        for branch, pool in zip(stage.branches, points, strict=True):
            self._branches.append(_Mixed(branch, pool, own, column, row))
            column, row = column + len(branch.best), row + self._branches[-1].rows
        self._columns = column
        matrix = np.zeros((row, column))
        cost, lower, upper = np.zeros((3, matrix.shape[1]))
        row_lower, row_upper = np.full(len(matrix), -np.inf), np.full(len(matrix), np.inf)
        cost[:a], upper[:] = -stage.gains[:, own], np.inf
        lower[a], upper[a] = money.low, money.high
        cost[a + 1 : a + 2 + k] = price
        matrix[:k, :a], matrix[:k, a], matrix[:k, a + 1 : a + 1 + k] = self._flows.T, -1.0, -np.eye(k)
        matrix[own, a + 1 + k] = 1.0
        if money.free:
            upper[[a + 1 + own, a + 1 + k]] = 0.0
        matrix[k, :a] = row_lower[k] = row_upper[k] = 1.0
        for mixed in self._branches:
            branch, n = mixed.branch, len(mixed.chance)
            matrix[:k, mixed.rents] = branch.discount * branch.moves
            low, high = branch.low[own], branch.high[own]
            lower[mixed.rents] = low if whole else np.minimum(low, 0.0)
            upper[mixed.rents] = high if whole else np.maximum(high, 0.0)
            cost[mixed.rents] = -branch.weight
            probable = np.flatnonzero(mixed.possible)
            m, other = np.nonzero(~np.eye(n, dtype=bool) & mixed.possible[:, None])
            matrix[mixed.lies[m, other], mixed.rents[m]] = 1.0
            matrix[mixed.lies[m, other], mixed.rents[other]] = -1.0
            row_upper[mixed.lies[m, other]] = 0.0
            one = np.diag(mixed.lies)[probable]
            row_lower[one] = row_upper[one] = float(whole)
            if not whole:
                matrix[one, :a] = -self._mask[branch.group]
            for at, side in ((mixed.floor, row_lower), (mixed.ceiling, row_upper)):
                at = at[probable] if len(at) else at
                matrix[at, mixed.rents[probable[: len(at)]]] = 1.0
                side[at] = 0.0
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper)

    def raise_price(self, price: float) -> None:
        """Of slack."""
        at = len(self.stage.values) + 1 + np.arange(len(self._types) + 1)
        self._program.set_costs(at, np.full(len(at), price))

    def at(self, rents: Floats) -> RentPoint | None:
        """A point near these rents (K,); None where none was found."""
        for mixed in self._branches:
            new = mixed.fresh()
            if not len(new):
                continue
            points, which = mixed.points, mixed.points.type[new]
            entries, rows = points.gain[new], mixed.lies[which]
            entries[np.arange(len(new)), which] = 1.0
            for bound, at in ((points.money.high, mixed.floor), (points.money.low, mixed.ceiling)):
                if len(at):
                    entries = np.hstack([entries, (bound - points.base[new])[:, None]])
                    rows = np.hstack([rows, at[which, None]])
            self._program.add(-mixed.chance[which] * points.worth[new], rows, entries)
            mixed.numbers = np.concatenate([mixed.numbers, new])
            mixed.columns = np.concatenate([mixed.columns, self._columns + np.arange(len(new))])
            self._columns += len(new)
        lower = np.full(len(self._types), -np.inf)
        lower[self.own] = rents[self.own]
        self._program.set_rows(self._types, lower, rents)
        optimum = self._program.solve()
        return None if optimum is None else self._point(optimum.primal)

    def _point(self, primal: Floats) -> RentPoint | None:
        stage, own = self.stage, self.own
        lottery = np.maximum(primal[: len(stage.values)], 0.0)
        lottery = lottery * ((self._mask @ lottery) > FAINT)[stage.groups]
        lottery = lottery / lottery.sum()
        gains, leaves = stage.gains[:, own], lottery @ self._flows
        worth, size, terms = float(gains @ lottery), float(abs(gains) @ lottery), 8 + len(lottery)
        weights, parts = self._mask @ lottery, []
        for mixed in self._branches:
            branch, weight = mixed.branch, float(weights[mixed.branch.group])
            if weight == 0:
                none = np.zeros(0, dtype=np.int64)
                parts.append(Promised(none, np.zeros(0), np.zeros(len(mixed.chance))))
                continue
            part = mixed.drawn(primal, weight)
            if part is None:
                return None
            ahead = mixed.points.worth[part.after]
            chances = weight * mixed.chance[mixed.points.type[part.after]] * part.share
            promised = weight * branch.weight
            worth += float(chances @ ahead + promised @ part.rents)
            size += float(chances @ abs(ahead) + abs(promised) @ abs(part.rents))
            terms += len(ahead) + len(promised)
            leaves = leaves + weight * branch.discount * (branch.moves @ part.rents)
            parts.append(part)
        base = float(leaves[own])
        return RentPoint(worth - ROUNDED * terms * size, leaves - base, base, lottery, tuple(parts))

    def worth_at(self, point: RentPoint, rents: Floats, price: float) -> float:
        """What the point is worth at rents (K,) that it may exceed, each unit at the price."""
        money, at = self.stage.money, float(rents[self.own])
        over = float(np.maximum(point.gain - (rents - at), 0.0).sum())
        if not money.free:
            over += max(point.base - money.high - at, 0.0) + max(at - (point.base - money.low), 0.0)
        return point.worth - price * over


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
