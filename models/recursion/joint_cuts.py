"""Joint rents: ψ from above, by cuts.

Whatever multipliers λ^i_rk ≥ 0 of the lies (k says r, in units of β^i(r)) and shares ν_θj ≥ 0, 1 in all for
every profile, of cuts α_j + β_j · U' of the state that follows, with Δv = v^i(k, θ^{−i}, a) − v^i(θ, a) and
Δμ = μ^i(· | k) − μ^i(· | θ^i), for all U

    ψ(U) ≤ Σ_i Σ_rk β^i(r) λ^i_rk (U^i_k − U^i_r)
           + Σ_θ β(θ) {max over a of  g(θ, a) − Σ_i Σ_k λ^i_{θ^i k} Δv  +  δ Σ_j ν_θj α_j
                       + δ max over low ≤ U' ≤ high of  (Σ_j ν_θj β_j − Σ_i Σ_k λ^i_{θ^i k} Δμ) · U'}.

A cut is computed from λ and ν as a program gave them, cut to their signs and sums, so that it holds however
that program ended; what doubles may lose is added. The first cut of every state is the first best. The best
λ and ν at given rents are the optimum of the dual of the state's program, where λ ≤ price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .joint import JointStage
from .stages import ROUNDED


class JointCuts:
    """All cuts of one state: level (n,) and slope (n, M), whichever order its alike agents have."""

    def __init__(self, stage: JointStage) -> None:
        self._images = stage.images
        self.level, self.slope = np.array([stage.best]), np.zeros((1, stage.images.shape[1]))

    def add(self, level: float, slope: Floats) -> None:
        """One more, in every order that leaves the state as it is."""
        slopes = np.unique(slope[self._images], axis=0)
        self.level = np.append(self.level, np.full(len(slopes), level))
        self.slope = np.vstack([self.slope, slopes])


@dataclass(frozen=True, eq=False, repr=False)
class JointOutlook(Short):
    """At some rents: U' (S, M') and what it promises (S,), by profile, and whether nobody could leave the
    rents that were asked for, at any price below the greatest."""

    rents: Floats
    promised: Floats
    short: bool


class JointAbove:
    """The dual of the program of a state.

    Columns: λ (E,), π (S,), of the upper and of the lower bounds of U' (S, M') each, then ν. Rows, for each
    profile in its own unit: q (S, A), U' (S, M'), and one for the cuts (S,).
    """

    def __init__(self, stage: JointStage, cuts: Sequence[JointCuts], price: float) -> None:
        """cuts: of all states, by number."""
        self.stage, self._price, self._cuts = stage, price, [cuts[s] for s in stage.next]
        self._lies = stage.told
        (s, a), m, e = stage.gains.shape, stage.low.shape[1], len(self._lies.who)
        sums = len(self._cuts)
        matrix = np.zeros((s * (a + m) + sums, e + s + 2 * s * m))
        for n, lie in enumerate(self._lies.who):
            r, k = self._lies.said[n], self._lies.true[n]
            here = np.flatnonzero(stage.digits[lie] == r)
            matrix[(here[:, None] * a + np.arange(a)), n] = stage.lies[lie][k, here]
            turn = stage.moves[lie][k] - stage.moves[lie][r]
            at = stage.starts[lie] + np.arange(len(turn))
            matrix[s * a + here[:, None] * m + at, n] = turn
        matrix[np.arange(s * a), e + np.repeat(np.arange(s), a)] = 1.0
        self._ends = s * a + np.arange(s * m)
        matrix[self._ends, e + s + np.arange(s * m)] = 1.0
        matrix[self._ends, e + s + s * m + np.arange(s * m)] = -1.0
        self._gained, self._moved = matrix[: s * a, :e].copy(), matrix[self._ends, :e].copy()
        self._sums = s * (a + m) + np.arange(sums)
        self._each = stage.discount * stage.chance
        boxes = [(self._each[:, None] * side).ravel() for side in (stage.high, -stage.low)]
        cost = np.concatenate([np.zeros(e), stage.chance, *boxes])
        lower, upper = np.zeros(len(cost)), np.full(len(cost), np.inf)
        upper[:e], lower[e : e + s] = price, -np.inf
        row_lower = np.concatenate([stage.gains.ravel(), np.tile(stage.weight, s), np.ones(sums)])
        row_upper = np.where(np.arange(len(row_lower)) < s * a, np.inf, row_lower)
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper, costs_change=True)
        self._taken = np.zeros(sums, dtype=np.int64)
        self._where: Ints = np.zeros(0, dtype=np.int64)
        self._level, self._slope = np.zeros(0), np.zeros((0, m))

    def raise_price(self, price: float) -> None:
        """Let multipliers be as large as that."""
        self._price = price
        lies = np.arange(len(self._lies.who))
        self._program.set_bounds(lies, np.zeros(len(lies)), np.full(len(lies), price))

    def at(self, rents: Floats) -> tuple[JointOutlook, float, Floats] | None:
        """What a program says at these rents (M,), and a cut, level and slope (M,), valid at all; None where
        it says nothing."""
        stage, lies = self.stage, self._lies
        s, e = len(stage.chance), len(lies.who)
        self._enter()
        self._program.set_costs(np.arange(e), lies.chance * (rents[lies.to] - rents[lies.of]))
        optimum = self._program.solve()
        if optimum is None:
            return None
        free = np.maximum(optimum.primal[:e], 0.0)
        there = optimum.dual[self._ends].reshape(stage.low.shape) / self._each[:, None]
        promised = optimum.dual[self._sums] / self._each[: len(self._sums)]
        short = bool((free >= self._price * (1 - ROUNDED)).any())
        outlook = JointOutlook(np.clip(there, stage.low, stage.high), promised, short)
        shares = np.maximum(optimum.primal[e + s + 2 * stage.low.size :], 0.0)
        return outlook, *self._cut(free, shares)

    def _enter(self) -> None:
        """Cuts that are no columns yet."""
        for n, (cuts, place) in enumerate(zip(self._cuts, self.stage.places, strict=True)):
            level, slope = cuts.level[self._taken[n] :], cuts.slope[self._taken[n] :, place]
            if not len(level):
                continue
            self._taken[n] = len(cuts.level)
            ends = self._ends.reshape(self.stage.low.shape)[n]
            rows = np.broadcast_to(np.append(self._sums[n], ends), (len(level), 1 + len(ends)))
            entries = np.hstack([np.ones((len(level), 1)), -slope])
            self._program.add(self._each[n] * level, rows, entries)
            self._where = np.append(self._where, np.full(len(level), n))
            self._level, self._slope = np.append(self._level, level), np.vstack([self._slope, slope])

    def _cut(self, free: Floats, shares: Floats) -> tuple[float, Floats]:
        stage, lies = self.stage, self._lies
        (s, a), slope = stage.gains.shape, np.zeros(stage.images.shape[1])
        weights = lies.chance * free
        np.add.at(slope, lies.to, weights)
        np.add.at(slope, lies.of, -weights)
        worth = (stage.gains.ravel() - self._gained @ free).reshape(s, a).max(axis=1)
        size = (abs(stage.gains.ravel()) + abs(self._gained) @ free).reshape(s, a).max(axis=1)
        rents, steep = np.tile(stage.weight, s) - self._moved @ free, abs(self._moved) @ free
        beyond, most = np.zeros((2, s))
        if len(self._sums):
            given = np.bincount(self._where, shares, s)
            first = np.unique(self._where, return_index=True)[1]
            shares = shares.copy()
            shares[first[given <= 0]] = 1.0  # the first best
            shares /= np.where(given > 0, given, 1.0)[self._where]
            beyond += np.bincount(self._where, shares * self._level, s)
            most += np.bincount(self._where, shares * abs(self._level), s)
            ahead = np.array([np.bincount(self._where, shares * own, s) for own in self._slope.T]).T
            rents, steep = rents.reshape(s, -1) + ahead, steep.reshape(s, -1) + abs(ahead) + abs(stage.weight)
            beyond = beyond + np.maximum(rents * stage.low, rents * stage.high).sum(axis=1)
            most = most + (steep * np.maximum(abs(stage.low), abs(stage.high))).sum(axis=1)
        level = float(stage.chance @ worth + self._each @ beyond)
        lost = ROUNDED * (16 + len(shares) + len(free)) * float(stage.chance @ size + self._each @ most)
        return level + lost, slope
