"""Is a relaxed optimum the only one? Its allocation, and what it promises the initial types.

Of an allocation whose every entry is 0 or its upper bound, Σ x over the entries at 0 less Σ x over those at
their bound is its distance from any other: it is the only one if and only if that is largest at itself.
Quantities whose quadratic cost is definite are the same in all optima anyway. Given that there is one
allocation, the utilities of the initial types are the only ones too, wherever every payment has a weight
above 0 and participation promises something: what incentives and promises allow them is closed under taking
the smaller of two, entry by entry, and what costs least is the least of all. Payments are never the only
ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.effort import Effort
from ...solvers.linear import rank
from ...solvers.numbers import Array
from ...solvers.solve import solve
from .smallest_gain import GainQuestion

SMALL = 2_000
"""Rows up to which the question is worth one more program."""


@dataclass(frozen=True)
class Only:
    """Whether all relaxed optima have one allocation, one utility of each initial type; None: not known."""

    allocation: bool | None = None
    utilities: bool | None = None


def only_optimum(question: GainQuestion, primal: Array, effort: Effort) -> Only:
    """Whether the optimum in `primal`, in the columns of the question's programs, is the only one.

    Of exact questions with programs of up to `SMALL` rows, where that is answered within the time limit.
    """
    if not question.env.exact:
        return Only()
    build, _ = question.relaxed()
    if build.num_rows > SMALL:
        return Only()
    layout = question.layout
    decided = True
    for t in range(layout.horizon):
        block, goods = layout.allocation(t), question.env.goods[t]
        upper = np.ones(block.size, dtype=object)
        if goods is not None:
            curved = layout.plan.objective.goods > 0 and rank(goods.quadratic) == len(goods.names)
            if curved and (layout.tree.layers[t].point_nature != 0).all():
                continue
            bounds = np.array([np.inf if u is None else u for u in goods.upper], dtype=object)
            upper = bounds[layout.levels[t].play_action[layout.tree.layers[t].plays.of_class]]
        low, high = primal[block.slice] == 0, primal[block.slice] == upper
        decided = decided and bool((low | high).all())
        build.add_objective(block.index, high.astype(np.int64) - low)
    solution = solve(build.build(), effort.solver, exact=True, time_limit=effort.left)
    if solution.status != "optimal" or solution.primal is None:
        return Only()
    home = question.optima.home(layout)
    first = np.concatenate([layout.utility(0, i).index for i in question.env.private])
    mine = home[~np.isin(home, first)]
    theirs = question.optima.allocation[~np.isin(home, first)]
    if (solution.primal[mine] != primal[mine]).any() or (theirs != primal[mine]).any():
        return Only(False, False if (solution.primal[first] != primal[first]).any() else None)
    if not decided:
        return Only()
    objective, names = layout.plan.objective, (question.env.agents[i].name for i in question.env.private)
    least = objective.least == 0 and all(objective.paid(name) > 0 for name in names)
    least = least and not layout.plan.participation.nothing and not layout.plan.demands
    return Only(True, True if least else None)
