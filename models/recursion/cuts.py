"""The upper bound: ψ from above, by cuts.

Whatever multipliers λ ≥ 0 on the rents of a stage and shares ν ≥ 0 of the next period's cuts α_j + β_j · U',
which sum to at most δ μ(m | l) over the cuts for m, the Lagrangian bounds ψ_t(l, U) for every U:

    Σ_k λ_k (U_k − U_l) + max_a [g(l, a) − Σ_k λ_k (v(k, a) − v(l, a))]
        + Σ_m (δ μ(m | l) − Σ_j ν_mj) best_m + Σ_j ν_j α_j
        + max over low ≤ U' ≤ high of (weight + Σ_j ν_j β_j − δ Σ_k λ_k (μ(· | k) − μ(· | l))) · U'.

So a cut is computed from λ and ν as a program gave them, cut to their signs and sums, and from the bounds of
U'; how that program ended does not matter, and what doubles may lose is added. The best λ and ν at a given U
are the optimum of the dual of the stage's program, whose rows are as few as actions and types, and whose
columns are the cuts. There λ ≤ price keeps it bounded where nobody can leave the rents U: such a cut is as
valid as any other, if not as steep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .stages import RentStage

ROUNDED = 4 * float(np.finfo(np.float64).eps)
"""What a term of a sum may lose in doubles, with room, as a share of it."""


@dataclass(frozen=True, eq=False, repr=False)
class Cut(Short):
    """Level and slope (K,), whose entries are λ but for the own type's, and what it is made of: cuts of the
    next period (n,) with their shares ν (n,)."""

    level: float
    slope: Floats
    after: Ints
    share: Floats


class Cuts:
    """All cuts of one period: levels (n,), slopes (n, K) and the types (n,) whose ψ they bound."""

    def __init__(self, types: int) -> None:
        self.level, self.slope, self.type = np.zeros(0), np.zeros((0, types)), np.zeros(0, dtype=np.int64)
        self.all: list[Cut] = []

    def add(self, own: int, cut: Cut) -> None:
        """One more for this type."""
        self.level = np.append(self.level, cut.level)
        self.slope = np.vstack([self.slope, cut.slope])
        self.type = np.append(self.type, own)
        self.all.append(cut)


@dataclass(frozen=True, eq=False, repr=False)
class Outlook(Short):
    """At some rents: rents for the next period (K',), None at the end, what each type of it promises there
    (K',), and whether nobody could leave the rents that were asked for, at any price below the greatest."""

    rents: Floats | None
    promised: Floats | None
    short: bool


class Above:
    """The dual of the program of one stage and type.

    Columns: λ (K,), the multiplier of Σ q = 1, then (K',) each of what is left for `best` and of the upper
    and lower bounds of U', then ν. Rows: q (A,), the payment, then (K',) each of U' and of the types m.
    """

    def __init__(self, stage: RentStage, own: int, cuts: Cuts | None, price: float) -> None:
        """cuts: of the next period; None where there is none."""
        self.stage, self.own, self.cuts = stage, own, cuts
        self._types = np.arange(stage.values.shape[1])
        self._taken = 0
        (a, k), n = stage.values.shape, stage.next
        more = 0 if n is None else len(n.low)
        self._fixed = k + 1 + 3 * more
        matrix = np.zeros((a + 1 + 2 * more, self._fixed))
        cost, lower, upper = np.zeros((3, self._fixed))
        row_lower, row_upper = np.zeros((2, len(matrix)))
        upper[:] = np.inf
        upper[:k] = price
        lower[[own, k]], upper[own], cost[k] = -np.inf, np.inf, 1.0
        matrix[:a, :k], matrix[:a, k], matrix[a, :k] = stage.values, 1.0, 1.0
        row_lower[:a], row_upper[:a] = stage.gains[:, own], np.inf
        if n is not None:
            self._rents, self._after = a + 1 + np.arange(more), a + 1 + more + np.arange(more)
            unit = np.eye(more)
            matrix[self._rents, :k] = n.discount * n.moves.T
            matrix[self._rents, k + 1 + more : k + 1 + 2 * more] = unit
            matrix[self._rents, k + 1 + 2 * more :] = -unit
            matrix[self._after, k + 1 : k + 1 + more] = unit
            cost[k + 1 :] = np.concatenate([n.best, n.high, -n.low])
            row_lower[self._rents] = row_upper[self._rents] = n.weight
            row_lower[self._after] = row_upper[self._after] = n.discount * n.moves[own]
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper, costs_change=True)
        self._price = price

    def raise_price(self, price: float) -> None:
        """Let multipliers be as large as that."""
        self._price = price
        others = np.delete(self._types, self.own)
        self._program.set_upper(others, np.full(len(others), price))

    def at(self, rents: Floats) -> tuple[Outlook, Cut] | None:
        """What a program says at these rents (K,), and a cut, valid at all; None where it says nothing."""
        if self.cuts is not None and len(self.cuts.level) > self._taken:
            new = slice(self._taken, None)
            rows = np.hstack(
                [
                    self._after[self.cuts.type[new], None],
                    np.broadcast_to(self._rents, self.cuts.slope[new].shape),
                ]
            )
            entries = np.hstack([np.ones((len(rows), 1)), -self.cuts.slope[new]])
            self._program.add(self.cuts.level[new], rows, entries)
            self._taken = len(self.cuts.level)
        self._program.set_costs(self._types, rents)
        optimum = self._program.solve()
        if optimum is None:
            return None
        multipliers = np.maximum(optimum.primal[self._types], 0.0)
        multipliers[self.own] = 0.0
        cut = self._cut(multipliers, np.maximum(optimum.primal[self._fixed :], 0.0))
        short = bool((multipliers >= self._price * (1 - ROUNDED)).any())
        if self.stage.next is None:
            return Outlook(None, None, short), cut
        return Outlook(optimum.dual[self._rents], optimum.dual[self._after], short), cut

    def _cut(self, multipliers: Floats, shares: Floats) -> Cut:
        stage, n = self.stage, self.stage.next
        slope = multipliers.copy()
        slope[self.own] = -multipliers.sum()
        terms = stage.gains[:, self.own] - stage.values @ slope
        level = float(terms.max())
        size = float(abs(stage.gains[:, self.own]).max() + (abs(stage.values) @ abs(slope)).max())
        if n is not None and self.cuts is not None:
            which, reach = self.cuts.type[: len(shares)], np.maximum(abs(n.low), abs(n.high))
            weight = n.discount * n.moves[self.own]
            given = np.bincount(which, shares, len(weight))
            fits = np.where(given > weight, weight / np.where(given > 0, given, 1.0), 1.0)
            shares = shares * fits[which]
            left = np.maximum(weight - given * fits, 0.0)
            own, slopes = self.cuts.level[: len(shares)], self.cuts.slope[: len(shares)]
            ahead = n.weight + shares @ slopes - n.discount * (slope @ n.moves)
            level += float(left @ n.best + shares @ own + np.maximum(ahead * n.low, ahead * n.high).sum())
            steep = abs(n.weight) + shares @ abs(slopes) + n.discount * (abs(slope) @ n.moves)
            size += float(weight @ abs(n.best) + shares @ abs(own) + steep @ reach)
        lost = ROUNDED * (8 + len(shares) + stage.values.shape[1]) * size
        used = np.flatnonzero(shares)
        return Cut(level + lost, slope, used, shares[used])
