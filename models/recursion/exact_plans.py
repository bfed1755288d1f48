"""Plans by columns over the rationals: where no plan is better at exact prices, the optimum is proved.

Doubles find the plans. Those of their last mixture are valued again, exactly, along the actions that they
take; the program over mixtures of these and of the plans to begin with is solved with a proof, and at its
multipliers the best plans of all are found exactly. Where they are worth no more the two bounds are the same
number. Otherwise they join the others: there are finitely many. Numbers grow with the horizon, a few digits a
period, and with the first types.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, objects
from ...solvers.program import Builder
from ...solvers.solution import Solution
from ...solvers.solve import solve
from .bounds import GAP, Bounds
from .coupled import PublicShocks
from .first_types import Beginnings
from .plans import FirstPlan, Mixtures, by_plans

ROUNDS = 200


def proved_plans(pricing: PublicShocks, effort: Effort = FLOATS, gap: float = GAP) -> Bounds:
    """Both bounds as rationals, in units of the question; one number unless the time was up before.

    pricing: over the rationals.
    """
    effort, rough = effort.begun(), pricing.in_doubles()
    mixtures = Mixtures(rough)
    both = by_plans(rough, effort, gap, mixtures)
    plans = list(enumerate(pricing.start()))
    plans += [(own, pricing.valued(own, plan.actions)) for own, plan in mixtures.used]
    lower: Any = -math.inf
    upper: Any = math.inf
    unit, rounds = pricing.first.unit, both.rounds
    for _ in range(ROUNDS):
        mixed = mixed_exactly(pricing.first, plans, effort)
        if mixed.status != "optimal" or not isinstance(mixed.value, Fraction):
            break
        prices = _prices(pricing.first, mixed)
        best = pricing.priced(prices)
        lower, upper = max(lower, mixed.value), min(upper, sum((one.bound for one in best), Fraction(0)))
        rounds += 1
        shown = {"lower": float(unit * lower), "upper": float(unit * upper)}
        text = f"round {rounds}, exact: {shown['lower']:.9g} to {shown['upper']:.9g}"
        effort.tell("round", text, round=rounds, **shown)
        if lower == upper or effort.late:
            break
        plans += [(own, one.plan) for own, one in enumerate(best)]
    closed = upper - lower <= Fraction(gap) * abs(upper) if math.isfinite(upper) else False
    return Bounds(unit * lower, unit * upper, rounds, closed)


def mixed_exactly(first: Beginnings, plans: Sequence[tuple[int, FirstPlan]], effort: Effort) -> Solution:
    """The best mixture of these plans, with its proof."""
    count = len(first.types)
    liar, told = np.nonzero(first.lies)
    own = np.array([one for one, _ in plans])
    worth = objects(plan.worth for _, plan in plans)
    leaves = np.stack([plan.leaves for _, plan in plans])
    builder = Builder(sense="max", exact=True, name="plans")
    rents = builder.columns("rents", count, objective=-first.kept * first.chance)
    share = builder.columns("share", len(plans), objective=first.chance[own] * worth)
    lies = builder.rows("lies", len(liar), lower=0)
    whole = builder.rows("whole", count, lower=1, upper=1)
    builder.entries(lies.index, rents.index[liar], 1)
    builder.entries(lies.index, rents.index[told], -1)
    row, column = np.nonzero(told[:, None] == own)
    builder.entries(lies.index[row], share.index[column], -leaves[column, liar[row]])
    builder.entries(whole.index[own], share.index, 1)
    return solve(builder.build(), effort.solver, time_limit=effort.left, exact=True)


def _prices(first: Beginnings, mixed: Solution) -> Array:
    """(L, L), by k and l: the multipliers of a proved mixture."""
    prices = np.full(first.lies.shape, Fraction(0), dtype=object)
    prices[np.nonzero(first.lies)] = -mixed.duals["lies"]
    return prices
