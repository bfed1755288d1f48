"""The upper bound: g_t from above, by cuts α + β · w with β ≥ 0.

For multipliers λ, λ' ≥ 0 of the steps down and up, ρ ≥ 0 of the promises, and for every profile shares ν(θ)
of the next period's cuts, which sum to 1, let

    μ_i(k) = ρ_i + (λ_k − λ_{k−1} − λ'_k + λ'_{k−1}) / f_i(k) ≥ 0,
    φ_i(k) = v_i(k) − (λ_k (v_i(k + 1) − v_i(k)) − λ'_{k−1} (v_i(k) − v_i(k − 1))) / f_i(k).

Then for all w, as 0 ≤ z ≤ B,

    g_t(w) ≤ ρ · w + Σ_θ f(θ) [max_i φ_i(θ_i)⁺ + Σ_j ν_j(θ) α_j + Σ_i B_i (Σ_j ν_j(θ) β_ji − μ_i(θ_i))⁺].

So a cut is computed from λ, ρ and ν as a program gave them, cut to their signs and sums, with ρ raised to
where no μ is negative; how that program ended does not matter, and what doubles may lose is added. Period 0
has ρ = 1: its level is the bound of the optimum, with (ρ − 1)⁺ · B where it was raised. The best multipliers
are the optimum of the dual of the period's program; cuts are its columns, and enter where the point that it
stands for lies above them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....solvers.algorithms.growing import Growing
from ....solvers.arithmetic import COMPUTED
from ....solvers.numbers import Floats, Ints
from ....solvers.short import Short
from ...recursion.stages import ROUNDED
from .columns import Columns
from .stages import Promises


class PromiseCuts:
    """The cuts of one period: level (J,), slope (J, N) in falling order within groups of alike buyers."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self.level, self.slope = np.zeros(0), np.zeros((0, len(promises.box)))

    def add(self, level: float, slope: Floats) -> None:
        """One more, for every order of buyers who are alike."""
        self.level = np.append(self.level, level)
        self.slope = np.vstack([self.slope, self._promises.fallen(slope)])

    def lowest(self, at: Floats) -> tuple[Floats, Ints, Floats]:
        """At promises (R, N): the bound (R,), the cut that says so (R,), its slopes in their order (R, N)."""
        dealt = self._promises.paired(self.slope, at)
        bounds = self.level + np.einsum("rjn,rn->rj", dealt, at)
        cut = bounds.argmin(axis=1)
        rows = np.arange(len(at))
        return bounds[rows, cut], cut, dealt[rows, cut]


@dataclass(frozen=True, eq=False, repr=False)
class CeilingPoint(Short):
    """At some promises: promises (S, N) for the next period, what they are worth there at most (S,), and the
    multipliers of which a cut is made."""

    promised: Floats
    worth: Floats
    multipliers: Floats


class Ceiling:
    """The dual of the program of one period.

    Columns: λ, λ' (L,), ρ (N,), μ (M,), π (S,), then ν. Rows, for each profile in its own unit: q (N, S),
    U (M,), z (N, S), g (S,).
    """

    def __init__(self, promises: Promises, t: int, cuts: PromiseCuts) -> None:
        """cuts: of the next period, at least one."""
        self._promises, self.stage, self.cuts = promises, promises.stages[t], cuts
        stage = self.stage
        (n, s), m, steps = stage.at.shape, len(stage.owner), len(stage.low)
        self._down, self._up = np.arange(steps), steps + np.arange(steps)
        self._charge = 2 * steps + np.arange(n)
        carry, sold = 2 * steps + n + np.arange(m), 2 * steps + n + m + np.arange(s)
        self._fixed = 2 * steps + n + m + s
        line, columns = n * s + np.arange(m), np.arange(s)
        self._z = n * s + m + np.arange(n * s).reshape(n, s)
        self._g = 2 * n * s + m + np.arange(s)
        matrix = np.zeros((2 * n * s + m + s, self._fixed))
        by_type = np.zeros((m, self._fixed))  # what the multipliers of steps do to a type's virtual value
        by_type[stage.low, self._down] = stage.rise / stage.weight[stage.low]
        by_type[stage.high, self._up] = -stage.rise / stage.weight[stage.high]
        matrix[: n * s] = by_type[stage.at.ravel()]
        matrix[np.arange(n * s), np.tile(sold, n)] = 1.0
        for columns_, sign in ((self._down, 1.0), (self._up, -1.0)):
            matrix[line[stage.high], columns_] = sign / stage.weight[stage.high]
            matrix[line[stage.low], columns_] = -sign / stage.weight[stage.low]
        matrix[line, carry] = 1.0
        matrix[line, self._charge[stage.owner]] = -1.0
        matrix[self._z.ravel(), carry[stage.at.ravel()]] = 1.0
        cost = np.zeros(self._fixed)
        cost[sold] = stage.chance
        lower, upper = np.zeros(self._fixed), np.full(self._fixed, np.inf)
        if t == 0:
            lower[self._charge] = upper[self._charge] = 1.0
        row_lower = np.zeros(len(matrix))
        row_lower[: n * s] = stage.value[stage.at].ravel()
        row_lower[self._g] = 1.0
        row_upper = np.full(len(matrix), np.inf)
        row_upper[line], row_upper[self._g] = 0.0, 1.0
        program = Growing(matrix, cost, lower, upper, row_lower, row_upper, costs_change=True)
        self._columns = Columns(program, self._fixed, s, n)
        self._enter(columns, *cuts.lowest(np.tile(promises.box / 2, (s, 1)))[1:])

    def _enter(self, profiles: Ints, cut: Ints, slopes: Floats) -> bool:
        """Cuts (R,) with slopes (R, N) at these profiles (R,); whether any was not there yet."""
        new = self._columns.new(profiles, cut, slopes)
        profiles, cut, slopes = profiles[new], cut[new], slopes[new]
        rows = np.hstack([self._g[profiles, None], self._z.T[profiles]])
        entries = np.hstack([np.ones((len(rows), 1)), -slopes])
        cost = self.stage.chance[profiles] * self.cuts.level[cut]
        self._columns.enter(profiles, cut, slopes, cost, rows, entries)
        return bool(new.any())

    def at(self, promise: Floats) -> CeilingPoint | None:
        """At promises (N,) what the next period looks like; None where the program has no answer."""
        stage = self.stage
        self._columns.thin()
        self._columns.program.set_costs(self._charge, promise)
        while (optimum := self._columns.solve()) is not None:
            z = np.maximum(optimum.dual[self._z] / stage.chance, 0.0).T
            worth = optimum.dual[self._g] / stage.chance
            lowest, cut, slopes = self.cuts.lowest(z)
            over = np.flatnonzero(worth > lowest + COMPUTED * (1.0 + abs(lowest)))
            if not over.size or not self._enter(over, cut[over], slopes[over]):
                return CeilingPoint(z, worth, optimum.primal)
        return None

    def cut(self, point: CeilingPoint) -> tuple[float, Floats]:
        """Level and slope (N,) of the cut that the last point stands for."""
        primal, columns = point.multipliers, self._columns
        stage, box = self.stage, self._promises.box
        down, up = np.maximum(primal[self._down], 0.0), np.maximum(primal[self._up], 0.0)
        charge = np.maximum(primal[self._charge], 0.0)
        turn, virtual = np.zeros((2, len(stage.owner)))
        turn[stage.low] += down - up
        turn[stage.high] += up - down
        turn /= stage.weight
        virtual[stage.low] -= down * stage.rise
        virtual[stage.high] += up * stage.rise
        virtual = stage.value + virtual / stage.weight
        charge = charge + np.array(
            [max(0.0, -float((charge[i] + turn[stage.owner == i]).min())) for i in range(len(charge))]
        )
        carry = np.maximum(charge[stage.owner] + turn, 0.0)
        shares = columns.shares(primal)
        weight = stage.chance[columns.where] * shares
        level = self.cuts.level[columns.to]
        ahead = np.stack(
            [np.bincount(columns.where, shares * own, len(stage.chance)) for own in columns.dealt.T]
        )
        over = np.maximum(ahead - carry[stage.at], 0.0)
        terms = (
            stage.chance * np.maximum(virtual[stage.at].max(axis=0), 0.0),
            weight * level,
            stage.chance * (box[:, None] * over),
        )
        size = sum(float(abs(term).sum()) for term in terms)
        size += float(stage.chance @ ((abs(virtual) + abs(turn))[stage.at].max(axis=0) + box @ ahead))
        lost = ROUNDED * (8 + len(shares) + len(stage.owner)) * (size + float(charge @ box))
        return sum(float(term.sum()) for term in terms) + lost, charge
