"""The best mixture over the rationals: the columns that doubles found, priced and mended exactly.

The program of `mixing.py` with the auctions that are mixed in doubles is solved over the rationals. Its
multipliers are rational, so that the best auction for them is known exactly (`score_auction.py`), and with it
what no auction of the sale can beat. Where that is the program's value, it is proved; where it is more, the
auction is one more column.
"""

from __future__ import annotations

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import Effort
from ...solvers.errors import NotCertified, OutOfTime
from ...solvers.numbers import Array
from ...solvers.program import Builder, Program
from ...solvers.solution import Solution
from ...solvers.solve import solve
from .interim import LEAST, InterimQuestion
from .mixing import Mixture, Pool, ray_weights


def endless(asked: InterimQuestion, effort: Effort) -> bool:
    """Whether lump sums that the demands allow are worth something to the objective, and so without end."""
    exact = asked.sale.market.exact
    gain = ray_weights(asked, asked.aim)
    if not (gain > 0).any():
        return False
    builder = Builder(sense="max", exact=exact, name=f"lump sums of {asked.sale.market.instance}")
    columns = builder.columns("lump sums", gain.size, upper=1, objective=gain)
    for k, row in enumerate(asked.rows):
        rays = ray_weights(asked, row)
        if rays.any():
            lower, upper = (None if bound is None else 0 for bound in (row.lower, row.upper))
            held = builder.rows(f"row {k}", 1, lower=lower, upper=upper)
            builder.entries(held.index, columns.index, rays)
    solution = solve(builder.build(), effort.solver, exact=exact, time_limit=effort.left).require_optimal()
    return bool(solution.optimum > arithmetic(exact).slack(gain))


def proved(asked: InterimQuestion, near: Mixture, effort: Effort) -> Mixture:
    """The optimum over the rationals; value None where the demands contradict each other, and that is proved.

    asked: the question over the rationals; near: its answer in doubles. Raises `NotCertified` where exact
    programs stay unsolved, `OutOfTime`.
    """
    pool = Pool(asked)
    for k in np.flatnonzero(near.weights).tolist():
        pool.add(near.pool.auctions[k])
    search = ExactSearch(pool, near.rows.tolist(), effort)
    if near.value is not None:
        solution = search.close(aimed=True)
        if solution is not None:
            return search.mixture(solution)
    for auction in near.pool.auctions:
        pool.add(auction)
    while True:
        lacking = search.close(aimed=False)
        if lacking is None or lacking.optimum < 0:
            weights = np.zeros(len(pool.auctions), dtype=object)
            nothing = arithmetic(True).zeros(len(asked.sale.market.buyers))
            prices = arithmetic(True).zeros(0)
            return Mixture(pool, weights, nothing, nothing[:0], None, 0.0, np.array(search.active), prices)
        solution = search.close(aimed=True)
        if solution is not None:
            return search.mixture(solution)


class ExactSearch:
    """The program over the rationals, with the auctions of a pool that grows."""

    def __init__(self, pool: Pool, active: list[int], effort: Effort) -> None:
        self.pool, self.active, self.effort = pool, active, effort
        self.asked = pool.asked

    def close(self, *, aimed: bool) -> Solution | None:
        """The proved optimum under all rows; None where the auctions that are there keep no demands."""
        while True:
            if self.effort.late:
                raise OutOfTime
            solution = solve(
                self._program(aimed), self.effort.solver, exact=True, time_limit=self.effort.left
            )
            if solution.status == "infeasible":
                return None
            if solution.status != "optimal":
                raise NotCertified(f"auction of '{self.asked.sale.market.instance}': {solution.message}")
            if not aimed and solution.optimum == 0:
                return solution
            prices = solution.duals["demands"]
            x, u = self._weights(prices, aimed)
            best = self.pool.best(x, u)
            if best.value > solution.duals["once"][0]:
                if not self.pool.add(best.auction):
                    raise NotCertified(f"auction of '{self.asked.sale.market.instance}': prices are wrong")
                continue
            new = self._broken(solution) if aimed else []
            if not new:
                return solution
            self.active = sorted({*self.active, *new})

    def _weights(self, prices: Array, aimed: bool) -> tuple[Array, Array]:
        """The objective's weights on what types get, less those of rows at these prices."""
        aim = self.asked.aim
        x, u = (aim.x, aim.u) if aimed else (aim.x * 0, aim.u * 0)
        for price, k in zip(prices, self.active, strict=True):
            if price != 0:
                row = self.asked.rows[k]
                x, u = x - price * row.x, u - price * row.u
        return x, u

    def _program(self, aimed: bool) -> Program:
        asked, pool = self.asked, self.pool
        kind = "best" if aimed else "nearest"
        builder = Builder(sense="max", exact=True, name=f"{kind} mixture of {asked.sale.market.instance}")
        rows = [asked.rows[k] for k in self.active]
        gains = arithmetic(True).zeros(len(pool.points))
        gains[:] = [asked.aim.x @ x + asked.aim.u @ u for x, u in pool.points]
        rays = ray_weights(asked, asked.aim)
        columns = builder.columns("auctions", gains.size, objective=gains if aimed else 0, unit=1)
        lumps = builder.columns("rays", rays.size, objective=rays if aimed else 0)
        once = builder.rows("once", 1, lower=1, upper=1)
        builder.entries(once.index, columns.index, 1)
        lower = [-np.inf if r.lower is None else r.lower - r.constant for r in rows]
        upper = [np.inf if r.upper is None else r.upper - r.constant for r in rows]
        bound = [np.array(side, dtype=object) for side in (lower, upper)]
        block = builder.rows("demands", len(rows), lower=bound[0], upper=bound[1])
        for k, row in enumerate(rows):
            entries = arithmetic(True).zeros(len(pool.points))
            entries[:] = [row.x @ x + row.u @ u for x, u in pool.points]
            builder.entries(block.start + k, columns.index, entries)
            builder.entries(block.start + k, lumps.index, ray_weights(asked, row))
        if not aimed:
            for name, sign in (("lacking", 1), ("too much", -1)):
                slack = builder.columns(name, len(rows), objective=-1)
                builder.entries(block.index, slack.index, sign)
        return builder.build()

    def _broken(self, solution: Solution) -> list[int]:
        """Rows that are not there and are broken, the most broken one a buyer and side."""
        mixture = self.mixture(solution)
        return mixture.broken(sorted({*range(len(self.asked.rows))} - {*self.active}))

    def mixture(self, solution: Solution) -> Mixture:
        """The auctions, lump sums and prices of a solution."""
        rays = solution["rays"]
        value = solution.optimum + self.asked.aim.constant
        return Mixture(
            self.pool, solution["auctions"], self.asked.shared(rays[:-LEAST]), rays[-LEAST:], value, value,
            np.array(self.active, dtype=np.int64), solution.duals["demands"],
        )  # fmt: skip
