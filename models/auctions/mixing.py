"""The best mixture of score auctions under demands: columns that are auctions, made as they are wanted.

Bayesian incentive compatible auctions are the mixtures of score auctions with lump sums d_i ≥ 0 to buyers;
demands are rows over what types get, few beside the types. So the program has a column for each score
auction k that was wanted,

    maximise Σ_k λ_k a_k + rays   subject to   lower ≤ Σ_k λ_k r_k + rays ≤ upper,  Σ_k λ_k = 1,

and multipliers y of its rows price all others at once: the best auction for the weights of the objective plus
y times those of the rows (`score_auction.py`) is the one whose column lacks most, and

    V(y) − Σ y · bounds

is a bound on every auction, whatever y is (Dantzig and Wolfe 1960). Nothing is enumerated, and the optimum is
a mixture of no more auctions than there are rows and one. First what the demands lack is made as small as can
be, so that demands which contradict each other are told. Rows that bound each type of a buyer come in once
they are broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...solvers.algorithms.growing import Growing, SimplexPoint
from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import Effort
from ...solvers.errors import NotCertified, OutOfTime
from ...solvers.numbers import Array, Floats, Ints, Number
from ...solvers.short import Short
from .interim import EVERYBODY, LEAST, Functional, InterimQuestion
from .market import Market
from .score_auction import BestAuction, ScoreAuction, best_auction

CLOSED = COMPUTED
"""Beside what a row can be: demands that lack no more are kept."""
NOTHING = 1e-12
"""Beside what the objective can be: the search ends where the bound is no further away."""
FEW = 24
"""Rows up to which all are there from the start."""


@dataclass(eq=False, repr=False)
class Pool(Short):
    """The score auctions that are there, with what types get in each, (X, U), the mean over exchanges."""

    asked: InterimQuestion
    auctions: list[ScoreAuction] = field(default_factory=list)
    points: list[tuple[Array, Array]] = field(default_factory=list)
    held: set[bytes] = field(default_factory=set)

    def add(self, auction: ScoreAuction) -> bool:
        """Whether it is new."""
        if auction.name in self.held:
            return False
        self.held.add(auction.name)
        x, u = auction.interim(self.asked.sale.market)
        self.auctions.append(auction)
        self.points.append((self.asked.mean(x), self.asked.mean(u)))
        return True

    def best(self, x: Array, u: Array) -> BestAuction:
        """The best auction for these weights among those that treat alike who is to be."""
        return best_auction(self.asked.sale.market, self.asked.mean(x), self.asked.mean(u))


@dataclass(frozen=True, eq=False, repr=False)
class Mixture(Short):
    """Auctions of a pool by probability, lump sums (N,) to buyers, least utilities (2,).

    value: of the objective, None where the demands contradict each other; bound: of every auction.
    prices: multipliers by row, positive where less would be better; rows: those that were needed.
    """

    pool: Pool
    weights: Array
    lumps: Array
    least: Array
    value: Number | None
    bound: Number
    rows: Ints
    prices: Array

    @property
    def point(self) -> tuple[Array, Array]:
        """What types get: (X, U), each (M,)."""
        used = np.flatnonzero(self.weights)
        points = [self.pool.points[k] for k in used.tolist()]
        x, u = (self.weights[used] @ np.stack(part) for part in zip(*points, strict=True))
        return x, u + np.repeat(self.lumps, [buyer.size for buyer in self.pool.asked.sale.market.buyers])

    def broken(self, rows: Sequence[int]) -> list[int]:
        """Of these rows the most broken one a buyer and side."""
        (x, u), asked = self.point, self.pool.asked
        slack = arithmetic(asked.sale.market.exact).slack(1, COMPUTED)
        worst: dict[tuple[int, bool], tuple[Number, int]] = {}
        for k in rows:
            row = asked.rows[k]
            value = row.of(x, u, self.least)
            for above, bound in ((False, row.lower), (True, row.upper)):
                lacks: Any = 0 if bound is None else value - bound if above else bound - value
                lacks = lacks / size_of(asked, row)
                if lacks > max(slack, worst.get((row.buyer, above), (0, 0))[0]):
                    worst[row.buyer, above] = lacks, k
        return [k for _, k in worst.values()]


def ray_weights(asked: InterimQuestion, row: Functional) -> Array:
    """What a lump sum to each buyer, and each least utility, adds to a functional: (N + 2,)."""
    on_lumps = np.array([own.sum() for own in np.split(row.u, asked.sale.cuts)], dtype=row.u.dtype)
    return np.concatenate([asked.shared(on_lumps), row.least])


class Mixer:
    """The program of a question in doubles, and the search for its columns.

    Money is counted in the largest value or cost, and every row beside what it can be, so that nothing
    depends on units.
    """

    def __init__(self, asked: InterimQuestion, effort: Effort) -> None:
        self.asked, self.effort = asked.to_float(), effort
        sale = self.asked.sale
        self.stake = stake_of(self.asked)
        self.pool = Pool(self.asked)
        self.aim = self.asked.aim
        self.pool.add(self.pool.best(self.aim.x, self.aim.u).auction)
        self.pool.add(never(sale.market))

    def program(self, rows: Sequence[int]) -> MixtureProgram:
        """The program with these rows."""
        return MixtureProgram(self, rows)

    def run(self) -> Mixture:
        """The optimum, or where the time is up the best there is.

        Raises `OutOfTime` where there is none yet that keeps the demands, `NotCertified` where doubles cannot
        tell whether there is.
        """
        rows = self.asked.rows
        active = list(range(len(rows))) if len(rows) <= FEW else _ends(rows)
        while True:
            mixture = self.program(active).mixture()
            rest = sorted({*range(len(rows))} - {*active})
            new = [] if mixture.value is None else mixture.broken(rest)
            if not new:
                return mixture
            if self.effort.late:
                raise OutOfTime
            active = sorted({*active, *new})


def stake_of(asked: InterimQuestion) -> Any:
    """The largest value or cost, a unit of money."""
    sale = asked.sale
    values = np.concatenate([buyer.values for buyer in sale.market.buyers])
    return max(*abs(values), *abs(sale.costs), abs(sale.kept)) or 1


def size_of(asked: InterimQuestion, row: Functional) -> Any:
    """How large a functional can be."""
    return abs(row.x).sum() + stake_of(asked) * (abs(row.u).sum() + abs(row.least).sum()) or 1


def never(market: Market) -> ScoreAuction:
    """The auction that keeps the good."""
    return ScoreAuction(
        tuple(np.full(buyer.size, -1) for buyer in market.buyers),
        tuple(np.zeros(buyer.size - 1, dtype=np.bool_) for buyer in market.buyers),
    )


def _ends(rows: Sequence[Functional]) -> list[int]:
    """Rows to begin with: of those that bound each type of a buyer the first and the last."""
    whose = [row.buyer for row in rows]
    runs = {i: [k for k, own in enumerate(whose) if own == i] for i in whose}
    return sorted({*runs.pop(EVERYBODY, []), *(k for run in runs.values() for k in (run[0], run[-1]))})


class MixtureProgram:
    """The program with some of the rows, in the units of the mixer."""

    def __init__(self, mixer: Mixer, active: Sequence[int]) -> None:
        self.mixer, self.active = mixer, np.array(active, dtype=np.int64)
        rows = [mixer.asked.rows[k] for k in active]
        self.sizes = np.array([size_of(mixer.asked, row) for row in rows])
        self.x = np.array([row.x for row in rows]).reshape(len(rows), mixer.aim.x.size)
        self.u = np.array([row.u for row in rows]).reshape(self.x.shape)
        self.unit = size_of(mixer.asked, mixer.aim)
        missing = {
            row: [None if b is None else b - row.constant for b in (row.lower, row.upper)] for row in rows
        }
        self.lower = (
            np.array([-np.inf if missing[r][0] is None else missing[r][0] for r in rows]) / self.sizes
        )
        self.upper = np.array([np.inf if missing[r][1] is None else missing[r][1] for r in rows]) / self.sizes
        # Columns: what every row lacks and has too much, rays in units of the stake, auctions.
        rays = [ray_weights(mixer.asked, row) * mixer.stake for row in [mixer.aim, *rows]]
        self.aim_rays = rays[0] / self.unit
        self.on_rays = np.array(rays[1:]).reshape(len(rows), len(rays[0])) / self.sizes[:, None]
        self.slacks = 2 * len(rows)
        self.before = self.slacks + len(rays[0])
        matrix = np.zeros((len(rows) + 1, self.before))
        matrix[:-1, : len(rows)] = np.eye(len(rows))
        matrix[:-1, len(rows) : self.slacks] = -np.eye(len(rows))
        matrix[:-1, self.slacks :] = self.on_rays
        free = np.zeros(self.before), np.full(self.before, np.inf)
        bounds = np.append(self.lower, 1.0), np.append(self.upper, 1.0)
        self.costs = np.repeat([1.0, 0.0], [self.slacks, self.before - self.slacks])
        self.program = Growing(matrix, self.costs, *free, *bounds, costs_change=True)
        self.gains = np.zeros(0)
        self.aimed = False

    def mixture(self) -> Mixture:
        """The best mixture under these rows."""
        point, value, bound = self._improve()
        if value < -CLOSED:
            if bound < -CLOSED:
                return self._mixture(point, None, bound)
            if self.mixer.effort.late:
                raise OutOfTime
            raise NotCertified(
                f"auction of '{self.mixer.asked.sale.market.instance}': whether any keeps the demands is too "
                "close for doubles; ask exactly"
            )
        self.aimed = True
        slack = point.primal[: self.slacks]
        self.program.set_bounds(np.arange(self.slacks), np.zeros(self.slacks), np.maximum(slack, 0.0))
        self.costs = np.concatenate([np.zeros(self.slacks), -self.aim_rays, -self.gains])
        self.program.set_costs(np.arange(self.costs.size), self.costs)
        point, value, bound = self._improve()
        return self._mixture(point, value, bound)

    def _improve(self) -> tuple[SimplexPoint, float, float]:
        """Columns until the program's value, returned with its point, is as good as its bound."""
        pool, bound = self.mixer.pool, np.inf
        while True:
            self._take()
            point = self.program.solve()
            if point is None:
                market = self.mixer.asked.sale.market
                raise NotCertified(f"auction of '{market.instance}': the solver gave no answer")
            value = -float(self.costs @ point.primal)
            over, best = self.priced(point.dual)
            bound = min(bound, over)
            enough = not self.aimed and (value >= -NOTHING or bound < -CLOSED)
            if enough or bound - value <= NOTHING or self.mixer.effort.late or not pool.add(best.auction):
                return point, value, bound

    def _take(self) -> None:
        """The auctions of the pool that are not there yet as columns."""
        fresh = self.mixer.pool.points[self.gains.size :]
        if not fresh:
            return
        x, u = np.array([x for x, _ in fresh]), np.array([u for _, u in fresh])
        gains = (x @ self.mixer.aim.x + u @ self.mixer.aim.u) / self.unit
        entries = np.column_stack([(x @ self.x.T + u @ self.u.T) / self.sizes, np.ones(len(fresh))])
        costs = -gains if self.aimed else 0 * gains
        self.program.add(costs, np.broadcast_to(np.arange(entries.shape[1]), entries.shape), entries)
        self.costs, self.gains = np.concatenate([self.costs, costs]), np.concatenate([self.gains, gains])

    def priced(self, dual: Floats) -> tuple[float, BestAuction]:
        """What multipliers bound the program's value by, and the auction that lacks most."""
        y = dual[:-1]
        y = np.where(np.isfinite(np.where(y > 0, self.lower, self.upper)), y, 0.0)
        if not self.aimed:
            y = np.clip(y, -1.0, 1.0)
        share, weights = self.aimed / self.unit, y / self.sizes
        best = self.mixer.pool.best(
            share * self.mixer.aim.x + weights @ self.x, share * self.mixer.aim.u + weights @ self.u
        )
        held = np.where(y > 0, self.lower, self.upper)
        bound = float(best.value) - float(y[y != 0] @ held[y != 0])
        unbounded = (self.aimed * self.aim_rays + y @ self.on_rays).max(initial=0.0) > CLOSED
        return (np.inf if unbounded else bound), best

    def _mixture(self, point: SimplexPoint, value: float | None, bound: float) -> Mixture:
        mixer, primal = self.mixer, point.primal
        weights = np.where(primal[self.before :] > NOTHING, primal[self.before :], 0.0)
        rays = primal[self.slacks : self.before] * mixer.stake
        lumps = mixer.asked.shared(rays[:-LEAST])
        return Mixture(
            mixer.pool, weights / weights.sum(), lumps, rays[-LEAST:],
            None if value is None else float(value * self.unit + mixer.aim.constant),
            bound * self.unit + mixer.aim.constant, self.active, -point.dual[:-1] * self.unit / self.sizes,
        )  # fmt: skip
