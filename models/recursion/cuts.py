"""The upper bound: ψ from above, by cuts.

Whatever multipliers λ of a stage's rows, 0 or more but for the own type's, with S = Σ_k λ_k no more than 0
where payments have no lower bound and no less where they have no upper one, and shares ν_b ≥ 0 of the cuts
α_j + β_j · U' of branch b, which sum to at most δ ρ_b μ_b(m | l) over the cuts for m, the Lagrangian bounds
ψ(l, U) for every U:

    Σ_k λ_k U_k + max over low ≤ p ≤ high of S p
        + max over groups G, a in G of  g(l, a) − Σ_k λ_k f_l(k, a) + Σ_{b in G} h_b,
    h_b = Σ_m (δ ρ_b μ_b(m | l) − Σ_j ν_bmj) best_bm + Σ_j ν_bj α_j
        + max over low_b ≤ U' ≤ high_b of (weight_b + Σ_j ν_bj β_j − δ ρ_b Σ_k λ_k μ_b(· | k)) · U'.

Where rents that a type cannot leave are known (`edges.py`), 0 ≤ α'_i + β'_i · U', any multipliers η_bi ≥ 0 of
these add Σ_i η_bi α'_i to h_b, and Σ_i η_bi β'_i to what U' is multiplied by.

So a cut is computed from λ, ν and η as a program gave them, cut to their signs and sums, and from the bounds
of U'; how that program ended does not matter, and what doubles may lose is added. Cuts of a stage that
follows itself come from older ones: ψ = Tψ is below whatever T makes of what is above ψ.

The best multipliers at a given U are the optimum of the dual of the stage's program, whose rows are as few as
actions and types, and whose columns are the cuts. There λ ≤ price keeps it bounded where nobody can leave the
rents U: such a cut is as valid as any other, if not as steep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .stages import FAINT, ROUNDED, Branch, RentStage, Share


@dataclass(frozen=True, eq=False, repr=False)
class RentCut(Short):
    """Level and slope (K,), which is λ, and what it is made of: ν by branch."""

    level: float
    slope: Floats
    parts: tuple[Share, ...]


class Cuts:
    """All cuts of one stage: levels (n,), slopes (n, K) and the types (n,) whose ψ they bound."""

    def __init__(self, types: int) -> None:
        self.level, self.slope, self.type = np.zeros(0), np.zeros((0, types)), np.zeros(0, dtype=np.int64)
        self.all: list[RentCut] = []

    def add(self, own: int, cut: RentCut) -> None:
        """One more for this type."""
        self.level = np.append(self.level, cut.level)
        self.slope = np.vstack([self.slope, cut.slope])
        self.type = np.append(self.type, own)
        self.all.append(cut)

    def at(self, rents: Floats) -> Floats:
        """(K,): what they say of every type at these rents (K,); inf of whom they do not."""
        least = np.full(len(rents), np.inf)
        np.minimum.at(least, self.type, self.level + self.slope @ rents)
        return least


@dataclass(frozen=True, eq=False, repr=False)
class Ahead(Short):
    """Of one branch: its weight in the lottery, and where it has any, rents (K',) and what each type promises
    there (K',)."""

    weight: float
    rents: Floats
    promised: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Outlook(Short):
    """At some rents: what comes by branch, and whether nobody could leave the rents that were asked for, at
    any price below the greatest."""

    ahead: tuple[Ahead, ...]
    short: bool


class _Grown:
    """The rows of one branch, and which of its cuts are columns: their numbers, and their columns; without
    rows of types (`after`) they are of edges."""

    def __init__(self, branch: Branch, cuts: Cuts, own: int, rents: Ints, after: Ints) -> None:
        self.branch, self.cuts, self.rents, self.after = branch, cuts, rents, after
        self.chance = branch.discount * branch.moves[own]
        self.low, self.high = branch.low[own], branch.high[own]
        self.numbers, self.columns, self._taken = np.zeros(0, np.int64), np.zeros(0, np.int64), 0

    def fresh(self) -> Ints:
        """Numbers of cuts that are no columns yet, of types that the true one can become."""
        new = np.arange(self._taken, len(self.cuts.level))
        self._taken = len(self.cuts.level)
        possible: Ints = new[self.chance[self.cuts.type[new]] > 0]
        return possible

    def shares(self, primal: Floats) -> tuple[Floats, Ints]:
        """Multipliers of cuts, where there are any, and the numbers of these."""
        shares = np.maximum(primal[self.columns], 0.0)
        used = np.flatnonzero(shares)
        return shares[used], self.numbers[used]


class Above:
    """The dual of the program of one stage and type.

    Columns: λ (K,), the multipliers of Σ q = 1, of the groups' weights (G,) and of the bounds of the payment
    (high, low), by branch (K',) each of what is left for `best` and of the upper and lower bounds of U', then
    ν and η. Rows: q (A,), the payment, the weights of groups (G,), by branch (K',) each of U' and of types m.
    """

    def __init__(
        self, stage: RentStage, own: int, cuts: Sequence[Cuts], price: float, edges: Sequence[Cuts] = ()
    ) -> None:
        """cuts, edges: of the stages that follow, by branch."""
        self.stage, self.own, self._price = stage, own, price
        self._flows, mask, money = stage.flows(own), stage.mask, stage.money
        (a, k), g = stage.values.shape, len(mask)
        self._types, self._groups = np.arange(k), a + 1 + np.arange(g)
        counts = [len(branch.best) for branch in stage.branches]
        column, row = k + 1 + g + 2, a + 1 + g
        matrix = np.zeros((row + 2 * sum(counts), column + 3 * sum(counts)))
        cost, lower, upper = np.zeros((3, matrix.shape[1]))
        row_lower, row_upper = np.zeros((2, len(matrix)))
        upper[:] = np.inf
        upper[:k], lower[own] = price, -price * k
        lower[k : k + 1 + g], cost[k] = -np.inf, 1.0
        matrix[:a, :k], matrix[:a, k + 1 : k + 1 + g] = self._flows, mask.T
        row_lower[:a], row_upper[:a] = stage.gains[:, own], np.inf
        matrix[a, :k] = -1.0
        for at, bound, sign in ((k + 1 + g, money.high, 1.0), (k + 2 + g, money.low, -1.0)):
            matrix[a, at] = sign
            cost[at], upper[at] = (0.0, 0.0) if np.isinf(bound) else (sign * bound, np.inf)
        matrix[self._groups, k], matrix[self._groups, k + 1 + np.arange(g)] = 1.0, -1.0
        self._branches: list[_Grown] = []
        for branch, pool, n in zip(stage.branches, cuts, counts, strict=True):
            grown = _Grown(branch, pool, own, row + np.arange(n), row + n + np.arange(n))
            unit, group = np.eye(n), a + 1 + branch.group
            matrix[grown.rents, :k] = branch.discount * branch.moves.T
            matrix[grown.rents, column + n : column + 3 * n] = np.hstack([unit, -unit])
            matrix[grown.after, column : column + n] = unit
            matrix[group, column : column + 3 * n] = -np.concatenate([branch.best, grown.high, -grown.low])
            row_lower[grown.rents] = row_upper[grown.rents] = branch.weight
            row_lower[grown.after] = row_upper[grown.after] = grown.chance
            self._branches.append(grown)
            column, row = column + 3 * n, row + 2 * n
        self._edges = [
            _Grown(grown.branch, pool, own, grown.rents, grown.after[:0])
            for grown, pool in zip(self._branches, edges, strict=False)
        ]
        self._columns = column
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper, costs_change=True)

    def raise_price(self, price: float) -> None:
        """Let multipliers be as large as that."""
        self._price = price
        k = len(self._types)
        lower = np.where(self._types == self.own, -price * k, 0.0)
        self._program.set_bounds(self._types, lower, np.full(k, price))

    def at(self, rents: Floats) -> tuple[Outlook, RentCut] | None:
        """What a program says at these rents (K,), and a cut, valid at all; None where it says nothing."""
        for grown in chain(self._branches, self._edges):
            new = grown.fresh()
            if not len(new):
                continue
            level, slopes, which = grown.cuts.level[new], grown.cuts.slope[new], grown.cuts.type[new]
            group = np.full((len(new), 1), self._groups[grown.branch.group])
            rows = np.hstack([np.broadcast_to(grown.rents, slopes.shape), group])
            entries = np.hstack([-slopes, -level[:, None]])
            if len(grown.after):
                rows = np.hstack([grown.after[which, None], rows])
                entries = np.hstack([np.ones((len(new), 1)), entries])
            self._program.add(np.zeros(len(new)), rows, entries)
            grown.numbers = np.concatenate([grown.numbers, new])
            grown.columns = np.concatenate([grown.columns, self._columns + np.arange(len(new))])
            self._columns += len(new)
        self._program.set_costs(self._types, rents)
        optimum = self._program.solve()
        if optimum is None:
            return None
        slope, own, money = optimum.primal[self._types].copy(), self.own, self.stage.money
        least = -self._price * len(slope) * (1 - ROUNDED)
        short = bool((slope >= self._price * (1 - ROUNDED)).any() or (slope[own] <= least and not money.free))
        slope[self._types != own] = np.maximum(slope[self._types != own], 0.0)
        total = slope.sum()
        if np.isinf(money.high if total > 0 else money.low):
            slope[own] -= total
        weights = np.maximum(optimum.dual[self._groups], 0.0)
        ahead: list[Ahead] = []
        for grown in self._branches:
            weight = float(weights[grown.branch.group])
            each = 1.0 / weight if weight > FAINT else 0.0
            there = np.clip(each * optimum.dual[grown.rents], grown.low, grown.high)
            ahead.append(Ahead(weight, there, each * optimum.dual[grown.after]))
        return Outlook(tuple(ahead), short), self._cut(slope, optimum.primal)

    def _cut(self, slope: Floats, primal: Floats) -> RentCut:
        stage, money = self.stage, self.stage.money
        total = slope.sum()
        paid = money.high if total > 0 else money.low
        paid = 0.0 if np.isinf(paid) else paid
        beyond, sizes = np.zeros((2, len(self._groups)))
        parts, terms = [], 8 + len(slope)
        for grown, edge in zip_longest(self._branches, self._edges):
            branch, cuts, low, high = grown.branch, grown.cuts, grown.low, grown.high
            shares, numbers = grown.shares(primal)
            which, chance = cuts.type[numbers], grown.chance
            given = np.bincount(which, shares, len(chance))
            fits = np.where(given > chance, chance / np.where(given > 0, given, 1.0), 1.0)
            shares = shares * fits[which]
            left = np.maximum(chance - given * fits, 0.0)
            parts.append(Share(numbers, shares))
            levels, slopes = cuts.level[numbers], cuts.slope[numbers]
            if edge is not None:
                more, numbers = edge.shares(primal)
                shares = np.concatenate([shares, more])
                levels = np.concatenate([levels, edge.cuts.level[numbers]])
                slopes = np.vstack([slopes, edge.cuts.slope[numbers]])
            rents = branch.weight + shares @ slopes - branch.discount * (slope @ branch.moves)
            beyond[branch.group] += left @ branch.best + shares @ levels
            beyond[branch.group] += np.maximum(rents * low, rents * high).sum()
            steep = abs(branch.weight) + shares @ abs(slopes) + branch.discount * (abs(slope) @ branch.moves)
            sizes[branch.group] += chance @ abs(branch.best) + shares @ abs(levels)
            sizes[branch.group] += steep @ np.maximum(abs(low), abs(high))
            terms += len(shares)
        gains = stage.gains[:, self.own]
        level = float((gains - self._flows @ slope + beyond[stage.groups]).max()) + total * paid
        size = abs(gains).max() + (abs(self._flows) @ abs(slope)).max() + sizes.max()
        size += abs(slope).sum() * abs(paid)
        return RentCut(level + ROUNDED * terms * float(size), slope, tuple(parts))
