"""Is a relaxed optimum the only one? Its allocation, and what it promises the initial types.

Of an allocation whose every entry is 0 or its upper bound, Σ x over the entries at 0 less Σ x over those at
their bound is its distance from any other: it is the only one if and only if that is largest at itself. Then
the utilities of the initial types are the only ones too, wherever revenue counts and participation promises
something: given the allocation, what incentives and promises allow them is closed under taking the smaller
of two, entry by entry, and what costs least is the least of all. Payments are never the only ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..solvers.numbers import Array
from ..solvers.solve import solve
from .participation import Promise
from .smallest_gain import GainQuestion

SMALL = 2_000
"""Rows up to which the question is worth one more program."""


@dataclass(frozen=True)
class Only:
    """Whether all relaxed optima have one allocation, one utility of each initial type; None: not known."""

    allocation: bool | None = None
    utilities: bool | None = None


def only_optimum(question: GainQuestion, primal: Array, solver: str, time_limit: float | None) -> Only:
    """Whether the optimum in `primal`, in the columns of the question's programs, is the only one.

    Of exact questions with programs of up to `SMALL` rows, where it takes at most `time_limit` seconds.
    """
    made, _ = question.relaxed()
    if not question.env.exact or made.builder.num_rows > SMALL:
        return Only()
    decided = True
    for t in range(made.horizon):
        block, goods = made.columns["allocation", t, 0], question.env.goods[t]
        upper = np.ones(block.size, dtype=object)
        if goods is not None:
            bounds = np.array([np.inf if u is None else u for u in goods.upper], dtype=object)
            upper = bounds[made.levels[t].play_action[made.tree.layers[t].plays[1]]]
        low, high = primal[block.slice] == 0, primal[block.slice] == upper
        decided = decided and bool((low | high).all())
        made.builder.add_objective(block.index, high.astype(np.int64) - low)
    found = solve(made.builder.build(), solver, exact=True, time_limit=time_limit)
    if found.status != "optimal" or found.primal is None:
        return Only()
    blocks = [block for (what, _, _), block in made.columns.items() if what == "allocation"]
    if any((found.primal[block.slice] != primal[block.slice]).any() for block in blocks):
        first = [made.columns["utility", 0, i].slice for i in question.env.private]
        other = any((found.primal[mine] != primal[mine]).any() for mine in first)
        return Only(False, False if other else None)
    if not decided:
        return Only()
    least = question.plan.objective.revenue > 0 and question.plan.participation.promise is not Promise.NOTHING
    return Only(True, True if least else None)
