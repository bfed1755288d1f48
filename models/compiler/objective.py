"""The objective in columns: values, payments and costs with the weights of `models/notions/objective.py`.

Where payments are replaced by utilities they are what agents are worth less what they keep, so that of those
who report values weigh (W + u_i) + κ_i = R + W, and what they keep −κ_i.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import add, mul
from typing import Any

import numpy as np

from ...solvers.numbers import Array, Ints, paired, scaled
from ...solvers.program import Builder
from ..notions.objective import Objective
from .layout import Layout


def add_objective(layout: Layout, build: Builder) -> None:
    """Add the objective of the plan, the quadratic cost of divisible goods included."""
    env, weights = layout.env, layout.plan.objective
    # Scalars are floats or rationals as the arrays are; the dtype of the arrays decides.
    rate: Any = env.discount**0
    for t, layer in enumerate(layout.tree.layers):
        for columns, values in period_terms(layout, t, rate, weights):
            build.add_objective(columns, values)
        goods = env.goods[t]
        if goods is not None and (goods.quadratic != 0).any():
            # Goods are all feasible at every point, so the plays of a point are consecutive.
            count = len(goods.names)
            play = layout.allocation(t).index.reshape(-1, count, 1)
            first, second = np.broadcast_arrays(play, play.transpose(0, 2, 1))
            weight = -rate * weights.goods * layer.point_nature
            value = weight[:, None] * goods.quadratic.ravel()
            build.quadratic(first.ravel(), second.ravel(), value.ravel())
        rate = rate * env.discount


def period_terms(
    layout: Layout, t: int, rate: Any, weights: Objective
) -> Iterator[tuple[Ints, Array]]:
    """(columns, coefficients) of these weights on what is expected of period t, times `rate`.

    Where utilities stand for payments, period 0 has what agents keep of all periods.
    """
    env, layer, replaced = layout.env, layout.tree.layers[t], layout.plan.utilities
    level = layer.level
    costs: Any = weights.goods
    gain = scaled(-costs, env.costs[t])[level.play_action]
    for i, agent in enumerate(env.agents):
        share: Any = costs if replaced and i in env.private else weights.kept(agent.name)
        if share != 0 and agent.values[t].any():
            gain = paired(add, gain, scaled(share, level.values(env, i)))
    gain, nature = scaled(rate, gain), layer.point_nature[layer.play_point]
    yield layout.allocation(t).index, paired(mul, nature, gain[layer.plays.of_class])
    for i in env.private:
        paid: Any = weights.paid(env.agents[i].name)
        if paid != 0 and layout.pays(t, i):
            yield layout.payment(t, i).index, scaled(paid * rate, layer.point_nature)
        if paid != 0 and replaced and t == 0:
            yield layout.utility(0, i).index, scaled(-paid, layout.views[0][i].state_prob)
