"""Joint rents: ψ from below, by mechanisms that were seen.

A point of a state is a lottery q(θ) for every profile that is possible, a lottery τ_θ over the points of the
state that follows, and rents U'(θ) no less than what liars gain by these in the mean,

    U'^i_k − U'^i_m ≥ Σ_j τ_θj D^i_j[m, k]   for every m that is possible after θ^i, and every k.

It is worth Σ_θ β(θ) [g(θ, q(θ)) + δ Σ_j τ_θj w_j] and leaves who is k and says r so much more than r:

    D^i[r, k] = Σ_{θ: θ^i = r} β^{−i}(θ^{−i}) [Δv(θ, q(θ)) + δ Δμ · U'^i(θ)].

So ψ(U) ≥ w wherever U^i_k − U^i_r ≥ D^i[r, k]: a point counts at the rents that it leaves, not at those that
were asked for. Rents U' are longest paths, agent by agent (`points.longest`); where some way round gains
there are none, and no point. What doubles may lose of w is taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.growing import Growing
from ...solvers.numbers import Floats, Ints
from ...solvers.short import Short
from .joint import JointStage
from .points import longest
from .stages import ROUNDED


@dataclass(frozen=True, eq=False, repr=False)
class JointPoint(Short):
    """What it is worth, and what liars gain by it (M, M), by what is said and the true type; 0 elsewhere."""

    worth: float
    gain: Floats


class JointPoints:
    """All points of one state: worth (n,) and gain (n, M, M), whichever order its alike agents have."""

    def __init__(self, stage: JointStage) -> None:
        self._images, m = stage.images, stage.images.shape[1]
        self.worth, self.gain = np.zeros(0), np.zeros((0, m, m))

    def add(self, point: JointPoint) -> None:
        """One more, in every order that leaves the state as it is; none where another is as good."""
        if ((self.worth >= point.worth) & (self.gain <= point.gain).all(axis=(1, 2))).any():
            return
        gains = np.unique(point.gain[self._images[:, :, None], self._images[:, None]], axis=0)
        self.worth = np.append(self.worth, np.full(len(gains), point.worth))
        self.gain = np.concatenate([self.gain, gains])


class JointBelow:
    """The program of a state over mixtures of points.

    Columns: q (S, A), slack (E,), U' (S, M'), then τ. Rows: lies (E,), Σ q = 1 (S,), Σ τ = 1 (S,), and for
    each profile what points ask of U' by pairs of types of one agent (S, P).
    """

    def __init__(self, stage: JointStage, points: Sequence[JointPoints], price: float) -> None:
        """points: of all states, by number."""
        self.stage, self._lies, self._points = stage, stage.told, [points[s] for s in stage.next]
        (s, a), m, e = stage.gains.shape, stage.low.shape[1], len(self._lies.who)
        sums, self._pairs = len(self._points), self._of_one_agent()
        p = len(self._pairs[0])
        matrix = np.zeros((e + s + sums + s * p, s * a + e + s * m))
        for n, i in enumerate(self._lies.who):
            r, k = self._lies.said[n], self._lies.true[n]
            here = np.flatnonzero(stage.digits[i] == r)
            others = stage.chance[here, None] / stage.belief[i][r]
            matrix[n, here[:, None] * a + np.arange(a)] = others * stage.lies[i][k, here]
            turn = stage.discount * others * (stage.moves[i][k] - stage.moves[i][r])
            matrix[n, s * a + e + here[:, None] * m + stage.starts[i] + np.arange(turn.shape[1])] = turn
        self._leaves = matrix[:e].copy()
        matrix[np.arange(e), s * a + np.arange(e)] = -1.0
        matrix[e + np.repeat(np.arange(s), a), np.arange(s * a)] = 1.0
        self._sums, self._asked = e + s + np.arange(sums), e + s + sums + np.arange(s * p).reshape(s, p)
        ends = s * a + e + np.arange(s * m).reshape(s, m)
        for sign, side in ((1.0, self._pairs[0]), (-1.0, self._pairs[1])):
            matrix[self._asked, ends[:, side]] = sign
        self._each = stage.discount * stage.chance
        weights = self._each[:, None] * stage.weight
        self._costs = -(stage.chance[:, None] * stage.gains).ravel()
        cost = np.concatenate([self._costs, price * self._lies.chance, -weights.ravel()])
        lower = np.concatenate([np.zeros(s * a + e), stage.low.ravel()])
        upper = np.concatenate([np.full(s * a + e, np.inf), stage.high.ravel()])
        row_lower, row_upper = np.full(len(matrix), -np.inf), np.zeros(len(matrix))
        row_lower[e : e + s + sums] = row_upper[e : e + s + sums] = 1.0
        row_upper[self._asked[~stage.possible[:, self._pairs[0]]]] = np.inf
        self._program = Growing(matrix, cost, lower, upper, row_lower, row_upper)
        self._taken = np.zeros(sums, dtype=np.int64)
        self._where: Ints = np.zeros(0, dtype=np.int64)
        self._worth, self._gain = np.zeros(0), np.zeros((0, m, m))

    def _of_one_agent(self) -> tuple[Ints, Ints]:
        """(P,): pairs of different types of the same agent, by their places in U'."""
        whose = np.repeat(np.arange(len(self.stage.moves)), [moves.shape[1] for moves in self.stage.moves])
        said, true = np.nonzero((whose[:, None] == whose) & ~np.eye(len(whose), dtype=bool))
        return said, true

    def raise_price(self, price: float) -> None:
        """Of slack."""
        at = self.stage.gains.size + np.arange(len(self._lies.who))
        self._program.set_costs(at, price * self._lies.chance)

    def at(self, rents: Floats) -> JointPoint | None:
        """A point near these rents (M,); None where none was found."""
        self._enter()
        lies = self._lies
        rows = np.arange(len(lies.who))
        self._program.set_rows(rows, np.full(len(rows), -np.inf), rents[lies.to] - rents[lies.of])
        optimum = self._program.solve()
        return None if optimum is None else self._point(optimum.primal)

    def _enter(self) -> None:
        """Points that are no columns yet; of a type that is impossible nothing is asked."""
        said, true = self._pairs
        for n, (points, place) in enumerate(zip(self._points, self.stage.places, strict=True)):
            worth = points.worth[self._taken[n] :]
            if not len(worth):
                continue
            gain = points.gain[self._taken[n] :][:, place[:, None], place]
            self._taken[n] = len(points.worth)
            rows = np.broadcast_to(np.append(self._sums[n], self._asked[n]), (len(worth), 1 + len(said)))
            entries = np.hstack([np.ones((len(worth), 1)), gain[:, said, true]])
            self._program.add(-self._each[n] * worth, rows, entries)
            self._where = np.append(self._where, np.full(len(worth), n))
            self._worth, self._gain = np.append(self._worth, worth), np.concatenate([self._gain, gain])

    def _point(self, primal: Floats) -> JointPoint | None:
        stage, lies = self.stage, self._lies
        (s, a), (_, m), e = stage.gains.shape, stage.low.shape, len(lies.who)
        lottery = np.maximum(primal[: s * a].reshape(s, a), 0.0)
        lottery /= lottery.sum(axis=1, keepdims=True)
        rents = primal[s * a + e : s * a + e + s * m].reshape(s, m)
        shares = np.maximum(primal[s * a + e + s * m :], 0.0)
        ahead, size, terms = np.zeros(s), np.zeros(s), 16 + a + m + len(shares)
        if len(self._sums):
            given = np.bincount(self._where, shares, s)
            if (given <= 0).any():
                return None
            shares = shares / given[self._where]
            used = np.flatnonzero(shares)
            asked = np.zeros((s, m, m))
            np.add.at(asked, self._where[used], shares[used, None, None] * self._gain[used])
            told = np.full((s, m, m), -np.inf)
            possible = stage.possible[:, self._pairs[0]]
            told[:, *self._pairs] = np.where(possible, asked[:, *self._pairs], -np.inf)
            start = np.where(stage.possible, np.maximum(rents, stage.least), rents)
            paths = [longest(each, begin) for each, begin in zip(told, start, strict=True)]
            if any(path is None for path in paths):
                return None
            rents = np.array(paths)
            ahead = np.bincount(self._where, shares * self._worth, s) + rents @ stage.weight
            size = np.bincount(self._where, shares * abs(self._worth), s) + abs(rents) @ abs(stage.weight)
        flat = lottery.ravel()
        worth = float(-self._costs @ flat + self._each @ ahead)
        lost = ROUNDED * terms * float(abs(self._costs) @ flat + self._each @ size)
        gain = np.zeros((stage.images.shape[1],) * 2)
        gain[lies.of, lies.to] = self._leaves @ np.concatenate([flat, np.zeros(e), rents.ravel()])
        return JointPoint(worth - lost, gain)

    def worth_at(self, point: JointPoint, rents: Floats, price: float) -> float:
        """What the point is worth at rents (M,) that it may exceed, each unit at the price."""
        lies = self._lies
        over = np.maximum(point.gain[lies.of, lies.to] - (rents[lies.to] - rents[lies.of]), 0.0)
        return point.worth - price * float(lies.chance @ over)
