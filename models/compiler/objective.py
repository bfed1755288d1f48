"""The objective: expected discounted payments less costs, or values less costs, or a mixture.

Where payments are replaced by utilities, revenue is what agents who report are worth less what they keep.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.program import Builder
from ..histories.classes import value_at
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
        action = level.play_action
        digits = level.digits[level.play_point]
        gain = -(revenue + welfare) * env.costs[t][action]
        for i in range(env.num_agents):
            share = welfare + (revenue if layout.plan.utilities and i in env.private else 0)
            if share != 0:
                gain = gain + share * value_at(env, i, t, action, digits)
        gain = rate * gain * level.prob[level.play_point]
        memory, play = layer.plays
        block = layout.allocation(t)
        build.add_objective(block.index, layer.nature[memory] * gain[play])
        goods = env.goods[t]
        if goods is not None and (goods.quadratic != 0).any():
            count = len(goods.names)
            weight = np.repeat(-rate * (revenue + welfare) * layer.point_nature, count * count)
            a = np.repeat(np.arange(count), count)
            start = np.arange(0, len(layer.play_point), count)
            # Goods are all feasible at every point, so the plays of a point are consecutive.
            i_col = (start[:, None] + a[None, :]).ravel()
            j_col = (start[:, None] + np.tile(np.arange(count), count)[None, :]).ravel()
            build.quadratic(
                block.start + i_col,
                block.start + j_col,
                weight * np.tile(goods.quadratic.ravel(), len(start)),
            )
        for i in env.private:
            if layout.pays(t, i) and revenue != 0:
                build.add_objective(layout.payment(t, i).index, revenue * rate * layer.point_nature)
        rate = rate * env.discount
    if layout.plan.utilities and revenue != 0:
        for i, view in layout.views[0].items():
            build.add_objective(layout.utility(0, i).index, -revenue * view.state_prob)
