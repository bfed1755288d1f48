"""The least and the most that an optimal money-burning auction can burn.

The optimum of capped money burning leaves the payments open: among the Bayesian incentive compatible, interim
individually rational auctions with payments that are never negative and utilities of at most the caps, all
that attain the optimal value are optimal. Two linear programs over profiles, exact.
"""

from __future__ import annotations

import numpy as np

from ....solvers.numbers import Array, Number, to_exact
from ....solvers.program import Builder, Sense
from ....solvers.solve import solve
from ...auctions.money_burning.burning import Burning


def burnt_range(burning: Burning) -> tuple[Number, Number]:
    """(least, most) expected payments of all buyers over the optimal auctions."""
    least, most = (_extreme(burning, sense) for sense in ("min", "max"))
    return least, most


def _extreme(burning: Burning, sense: Sense) -> Number:
    buyers = burning.market.buyers
    sizes = [buyer.size for buyer in buyers]
    digits = np.indices(sizes).reshape(len(sizes), -1)
    chance: Array = to_exact(np.ones(digits.shape[1]))
    for i, buyer in enumerate(buyers):
        chance = chance * to_exact(buyer.probabilities)[digits[i]]
    builder = Builder(sense=sense, exact=True, name="burnt payments")
    sale = builder.columns("sale", (len(buyers), digits.shape[1]))
    once = builder.rows("once", digits.shape[1], upper=1)
    index = sale.index.reshape(sale.shape)
    optimal = builder.rows("optimal", 1, lower=burning.dual)
    for i, buyer in enumerate(buyers):
        values, own = to_exact(buyer.values), to_exact(buyer.probabilities)
        paid = builder.columns(f"paid {i}", sizes[i], objective=own)
        builder.entries(once.index, index[i], 1)
        rows, cols = np.divmod(np.arange(sizes[i] ** 2), sizes[i])
        truth = builder.rows(f"truth {i}", sizes[i] ** 2, lower=0)  # type `rows` gains nothing as `cols`
        keeps = builder.rows(f"keeps {i}", sizes[i], lower=0)
        cap = builder.rows(f"cap {i}", 1, upper=burning.caps[i])
        mine = digits[i]
        weight = chance / own[mine]
        builder.entries(keeps.index[mine], index[i], weight * values[mine])
        builder.entries(keeps.index, paid.index, -1)
        for row in (cap, optimal):
            builder.entries(row.index[0], index[i], chance * values[mine])
            builder.entries(row.index[0], paid.index, -own)
        builder.entries(truth.index, paid.index[rows], -1)
        builder.entries(truth.index, paid.index[cols], 1)
        for k in range(sizes[i]):
            here = np.flatnonzero(mine == k)
            # As its truth, for every report; and as the report of every type.
            for r in range(sizes[i]):
                builder.entries(truth.index[k * sizes[i] + r], index[i, here], weight[here] * values[k])
                builder.entries(truth.index[r * sizes[i] + k], index[i, here], -weight[here] * values[r])
    return solve(builder.build(), exact=True).require_optimal().value or 0
