"""The objective: expected discounted payments less costs, or values less costs, or a mixture.

Where payments are replaced by utilities, revenue is what agents who report are worth less what they keep.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.program import Builder
from .layout import Layout


def add_objective(layout: Layout, build: Builder) -> None:
    """Add the objective of the plan, the quadratic cost of divisible goods included."""
    env, weights = layout.env, layout.plan.objective
    # Scalars are floats or rationals as the arrays are; the dtype of the arrays decides.
    rate: Any = env.discount**0
    revenue: Any = weights.revenue
    welfare: Any = weights.welfare
    for t, layer in enumerate(layout.tree.layers):
        level = layer.level
        gain = -(revenue + welfare) * env.costs[t][level.play_action]
        for i in range(env.num_agents):
            share = welfare + (revenue if layout.plan.utilities and i in env.private else 0)
            if share != 0:
                gain = gain + share * level.values(env, i)
        gain = rate * gain * level.prob[level.play_point]
        memory, play = layer.plays.all
        block = layout.allocation(t)
        build.add_objective(block.index, layer.nature[memory] * gain[play])
        goods = env.goods[t]
        if goods is not None and (goods.quadratic != 0).any():
            # Goods are all feasible at every point, so the plays of a point are consecutive.
            count = len(goods.names)
            play = block.index.reshape(-1, count, 1)
            first, second = np.broadcast_arrays(play, play.transpose(0, 2, 1))
            weight = -rate * (revenue + welfare) * layer.point_nature
            value = weight[:, None] * goods.quadratic.ravel()
            build.quadratic(first.ravel(), second.ravel(), value.ravel())
        for i in env.private:
            if layout.pays(t, i) and revenue != 0:
                build.add_objective(layout.payment(t, i).index, revenue * rate * layer.point_nature)
        rate = rate * env.discount
    if layout.plan.utilities and revenue != 0:
        for i, view in layout.views[0].items():
            build.add_objective(layout.utility(0, i).index, -revenue * view.state_prob)
