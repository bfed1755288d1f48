"""The beginning of every program of a layout: its columns, and the rows that make the allocation a lottery.

Of every decision point d of history n, ``flow.t`` says Σ_a x[d, a] = W[n], the mechanism's own probability
of the history: the sequence form of a lottery over actions. Where no lots are drawn all x are 0 or 1, and so
is W. Goods are quantities instead, up to their bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder, Sense
from ..environment.environment import Environment
from .layout import Layout
from .plan import Plan


def begin(layout: Layout, sense: Sense = "max") -> Builder:
    """A builder with the layout's columns and lotteries, and nothing else: each question adds what it asks.

    The blocks are those of the layout: columns and rows are numbered from 0 in both.
    """
    env = layout.env
    build = Builder(sense=sense, exact=env.exact, name=program_name(env, layout.plan))
    for (kind, t, i), block in layout.columns.items():
        lower, upper, unit = _measures(layout, kind, t, i)
        pure = kind == "allocation" and layout.plan.pure
        build.columns(
            block.name, block.size, lower=lower, upper=upper, unit=unit, integer=pure, label=block.label
        )
    for t, block in layout.flows.items():
        layer = layout.tree.layers[t]
        weight = layout.weight_columns[t][layer.points.memory]
        fixed = (weight < 0).astype(np.int64)
        build.rows(block.name, block.size, lower=fixed, upper=fixed, label=block.label)
        build.entries(block.start + layer.play_point, layout.allocation(t).index, 1)
        carried = np.flatnonzero(weight >= 0)
        build.entries(block.start + carried, weight[carried], -1)
    return build


def program_name(env: Environment, plan: Plan) -> str:
    """What the programs of a plan are called."""
    return f"{env.name}.{plan.incentives.name}"


def _measures(layout: Layout, kind: str, t: int, i: int) -> tuple[Any, Any, Any]:
    """(lower bounds, upper bounds, sizes to expect) of a run of columns, as a builder takes them."""
    stakes = layout.stakes
    if kind == "allocation":
        return 0, 1 if layout.plan.pure else _most(layout, t), 1
    if kind == "payment":
        return None, None, None if stakes is None else stakes.payments(t, i)
    free = _free(layout, t, i)
    return -free, free, None if stakes is None else stakes.utilities(t, i)


def _most(layout: Layout, t: int) -> Array | None:
    """Upper bounds of the quantities of period t; None for lotteries, whose rows bound them."""
    goods, layer = layout.env.goods[t], layout.tree.layers[t]
    if goods is None:
        return None
    bounds = np.array([np.inf if u is None else u for u in goods.upper], dtype=object)
    return bounds[layer.level.play_action[layer.plays.of_class]]


def _free(layout: Layout, t: int, i: int) -> Array:
    """Upper bounds of agent i's utilities in period t: none, but for the levels that are set to 0."""
    free = np.full(len(layout.states[t][i]), np.inf)
    if t > 0 and layout.plan.utilities:
        free[_levels(layout, t, i)] = 0.0
    return free


def _levels(layout: Layout, t: int, i: int) -> Ints:
    """The lowest truthful state of every information set of every memory.

    Where payments are replaced by utilities, a constant added to all utilities there is a payment moved, and
    changes nothing: one of them is set to 0. Left free, its coefficients cancel only in exact arithmetic.
    """
    view, crossing = layout.views[t][i], layout.plan.crossings.get((t, i))
    state = layout.states[t][i].of_class
    told = np.flatnonzero(view.truth >= 0)
    if crossing is not None:
        rank = crossing.rank_of(view.info_digits[view.state_info[told]], view.state_type[told])
        told = told[np.argsort(rank, kind="stable")]
    _, first = np.unique(view.state_info[told], return_index=True)
    return np.flatnonzero(np.isin(state, told[first]))
