"""The lower bound: g_t from below, by what was seen.

A point of a period is an allocation q, for every profile a public lot over points of the next period, whose
mean is z, and the utilities U that go with them: the least that satisfy

    U_i(k) ≥ Z_i(k),   (v_i(k + 1) − v_i(k)) Q_i(k) ≤ U_i(k + 1) − U_i(k) ≤ (v_i(k + 1) − v_i(k)) Q_i(k + 1),

which exist wherever no Q_i falls. Where it does, by what a program in doubles leaves, q is mixed with an
allocation under which every Q_i rises. The point counts at the promise w_i = Σ_k f_i(k) U_i(k) that it keeps
and everywhere above, not at the one that was asked for; its worth is the welfare that it earns. So a
mechanism attains it whatever the program said. Points are columns, and enter as reduced costs say.
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
from .stages import Promises, PromiseStage


@dataclass(frozen=True, eq=False, repr=False)
class FloorPoint(Short):
    """worth: welfare; promise (N,); sales (N, S); utility (M,) by type; the lots: share (R,) of going to
    point `to` (R,) at profile `where` (R,), its promises dealt out as `dealt` (R, N)."""

    worth: float
    promise: Floats
    sales: Floats
    utility: Floats
    where: Ints
    to: Ints
    share: Floats
    dealt: Floats

    @property
    def earned(self) -> float:
        """Revenue: what is earned less what is promised."""
        return self.worth - float(self.promise.sum())


def keep(stage: PromiseStage | None, buyers: int) -> FloorPoint:
    """Sells nothing and promises nothing, now and later; after the last period there are no profiles."""
    profiles, types = (0, 0) if stage is None else (len(stage.chance), len(stage.owner))
    nowhere = np.zeros(profiles, dtype=np.int64)
    return FloorPoint(
        0.0, np.zeros(buyers), np.zeros((buyers, profiles)), np.zeros(types),
        np.arange(profiles), nowhere, np.ones(profiles), np.zeros((profiles, buyers)),
    )  # fmt: skip


class PromisePoints:
    """The points of one period: worth (P,), promise (P, N) in falling order within groups of alike buyers."""

    def __init__(self, promises: Promises) -> None:
        self._promises = promises
        self.worth, self.promise = np.zeros(0), np.zeros((0, len(promises.box)))
        self.seen: list[FloorPoint] = []

    def add(self, point: FloorPoint) -> None:
        """One more, for every order of buyers who are alike."""
        self.worth = np.append(self.worth, point.worth)
        self.promise = np.vstack([self.promise, self._promises.fallen(point.promise)])
        self.seen.append(point)

    def best(self, prices: Floats) -> tuple[Floats, Ints, Floats]:
        """At prices (R, N): the most of worth less price (R,), the point (R,), its promises in order."""
        dealt = self._promises.paired(self.promise, prices)
        gains = self.worth - np.einsum("rpn,rn->rp", dealt, prices)
        point = gains.argmax(axis=1)
        rows = np.arange(len(prices))
        return gains[rows, point], point, dealt[rows, point]


@dataclass(frozen=True, eq=False, repr=False)
class FloorPrices(Short):
    """At some promises: by profile, promises z for the next period are worth no more there than
    worth + price · z, worth (S,), price (S, N); and what a point is made of."""

    worth: Floats
    price: Floats
    mixture: Floats


class Floor:
    """The program of one period over mixtures of points.

    Columns: q (N, S), U (M,), then lots. Rows: one good (S,), lots sum to 1 (S,), steps down and up (L,),
    what is carried over (M,), promises (N,).
    """

    def __init__(self, promises: Promises, t: int, points: PromisePoints) -> None:
        """points: of the next period, the first of them at promise 0."""
        self._promises, self.stage, self.points = promises, promises.stages[t], points
        stage = self.stage
        (n, s), m, steps = stage.at.shape, len(stage.owner), len(stage.low)
        sale, utility = np.arange(n * s).reshape(n, s), n * s + np.arange(m)
        self._fixed = n * s + m
        self._lots = s + np.arange(s)
        down, up = 2 * s + np.arange(steps), 2 * s + steps + np.arange(steps)
        self._carry = 2 * s + 2 * steps + np.arange(m)
        self._promise = 2 * s + 2 * steps + m + np.arange(n)
        matrix = np.zeros((2 * s + 2 * steps + m + n, self._fixed))
        matrix[np.tile(np.arange(s), n), sale.ravel()] = 1.0
        self._others = stage.chance / stage.weight[stage.at]  # (N, S)
        wins = np.zeros((m, self._fixed))
        wins[stage.at.ravel(), sale.ravel()] = self._others.ravel()
        for rows, end, sign in ((down, stage.low, 1.0), (up, stage.high, -1.0)):
            matrix[rows] = -sign * stage.rise[:, None] * wins[end]
            matrix[rows, utility[stage.high]] += sign
            matrix[rows, utility[stage.low]] -= sign
        matrix[self._carry, utility] = 1.0
        matrix[self._promise[stage.owner], utility] = stage.weight
        cost = np.zeros(self._fixed)
        cost[: n * s] = -(stage.chance * stage.value[stage.at]).ravel()
        row_lower, row_upper = np.zeros(len(matrix)), np.full(len(matrix), np.inf)
        row_lower[:s], row_upper[:s] = -np.inf, 1.0
        row_lower[self._lots] = row_upper[self._lots] = 1.0
        row_lower[self._promise] = -np.inf
        self.first = t == 0
        if self.first:
            cost[utility] = stage.weight
        program = Growing(
            matrix, cost, np.zeros(self._fixed), np.full(self._fixed, np.inf), row_lower, row_upper
        )
        self._columns = Columns(program, self._fixed, s, n)
        nothing = np.zeros(s, dtype=np.int64)
        self._enter(np.arange(s), nothing, np.tile(points.promise[0], (s, 1)))

    def _enter(self, where: Ints, to: Ints, dealt: Floats) -> bool:
        """Points (R,) with promises (R, N) at these profiles (R,); whether any was not there yet."""
        new = self._columns.new(where, to, dealt)
        where, to, dealt = where[new], to[new], dealt[new]
        rows = np.hstack([self._lots[where, None], self._carry[self.stage.at.T[where]]])
        entries = np.hstack([np.ones((len(where), 1)), -self._others.T[where] * dealt])
        cost = -self.stage.chance[where] * self.points.worth[to]
        self._columns.enter(where, to, dealt, cost, rows, entries)
        return bool(new.any())

    def at(self, promise: Floats) -> FloorPrices | None:
        """What the points of the next period are worth at promises (N,); None where the program ended without
        an answer."""
        stage = self.stage
        self._columns.thin()
        if not self.first:
            self._columns.program.set_rows(self._promise, np.full(len(promise), -np.inf), promise)
        while (optimum := self._columns.solve()) is not None:
            prices = (np.maximum(optimum.dual[self._carry], 0.0)[stage.at] / stage.weight[stage.at]).T
            gain, to, dealt = self.points.best(prices)
            worth = -optimum.dual[self._lots] / stage.chance
            over = np.flatnonzero(gain > worth + COMPUTED * (1.0 + abs(worth)))
            if not over.size or not self._enter(over, to[over], dealt[over]):
                return FloorPrices(gain, prices, optimum.primal)
        return None

    def point(self, prices: FloorPrices) -> FloorPoint:
        """The point near the promises that were asked for last."""
        stage, primal = self.stage, prices.mixture
        n, s = stage.at.shape
        sales = np.maximum(primal[: n * s], 0.0).reshape(n, s)
        sales = sales / np.maximum(sales.sum(axis=0), 1.0)
        wins, steady = stage.mean(sales), stage.steady
        falls = float((wins[stage.low] - wins[stage.high]).max(initial=0.0))
        if falls > 0:
            rises = stage.mean(steady)
            least = float((rises[stage.high] - rises[stage.low]).min())
            mix = falls / (falls + least)
            sales = (1 - mix) * sales + mix * steady
            wins = stage.mean(sales)
        columns = self._columns
        share = columns.shares(primal)
        on = share > 0
        where, to, dealt, share = columns.where[on], columns.to[on], columns.dealt[on], share[on]
        kept: Floats = np.stack([np.bincount(where, share * own, s) for own in dealt.T])
        utility = least_utilities(stage, wins, stage.mean(kept))
        promise = np.bincount(stage.owner, stage.weight * utility, n).astype(np.float64)
        welfare = stage.chance * stage.value[stage.at] * sales
        later = stage.chance[where] * share * self.points.worth[to]
        lost = ROUNDED * (8 + len(share) + s) * float(welfare.sum() + abs(later).sum())
        worth = float(welfare.sum() + later.sum()) - lost
        return FloorPoint(worth, promise, sales, utility, where, to, share, dealt)


def least_utilities(stage: PromiseStage, wins: Floats, kept: Floats) -> Floats:
    """The least U (M,), no less than what is kept (M,), for chances to win (M,) that never fall."""
    utility = kept.copy()
    for low, high, rise in zip(stage.low, stage.high, stage.rise, strict=True):
        utility[high] = max(utility[high], utility[low] + rise * wins[low])
    for low, high, rise in zip(stage.low[::-1], stage.high[::-1], stage.rise[::-1], strict=True):
        utility[low] = max(utility[low], utility[high] - rise * wins[high])
    return utility
