"""The columns of a program, and the rows that make the allocation a lottery in sequence form.

``allocation.t``: the mechanism's own probability of every play (or quantity of every good).
``payment.t.agent``: weight times payment at every decision point. ``utility.t.agent``: weight times what the
agent can still get, by history and true type; what a liar can get at improbable types. ``flow.t``: a lottery
over actions.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder
from .compiled import Compiled, point_label, state_label
from .stakes import Stakes


def add_columns(made: Compiled, build: Builder) -> None:
    """Add all columns and the flow rows."""
    made.stakes = stakes = Stakes.of(made)
    _allocation(made, build)
    _payments(made, build, stakes)
    _utilities(made, build, stakes)


def _allocation(made: Compiled, build: Builder) -> None:
    env, tree = made.env, made.tree
    column = np.full(1, -1, dtype=np.int64)
    for t, layer in enumerate(tree.layers):
        if t > 0:
            before = tree.layers[t - 1]
            if before.level.remembers:
                column = made.columns["allocation", t - 1, 0].start + layer.parent
            else:
                column = column[before.points[0][layer.parent]]
        made.weight_column.append(column)
        play = layer.plays[1]
        goods = env.goods[t]
        upper: Array | None = None
        if goods is not None:
            bounds = np.array([np.inf if u is None else u for u in goods.upper], dtype=object)
            upper = bounds[layer.level.play_action[play]]

        def label(k: int, t: int = t) -> str:
            layer = tree.layers[t]
            m, p = int(layer.plays[0][k]), int(layer.plays[1][k])
            profile = layer.level.digits[layer.level.play_point[p]]
            names = ",".join(env.agents[j].types[t][d] for j, d in enumerate(profile))
            return f"{tree.memory_label(t, m)}|{names}|{env.actions[t][layer.level.play_action[p]]}"

        block = build.columns(f"allocation.{t}", len(play), lower=0, upper=upper, unit=1, label=label)
        made.columns["allocation", t, 0] = block
        if goods is not None:
            continue
        count = int(layer.point_off[-1])
        weight = column[layer.points[0]]
        constant = weight < 0
        rows = build.rows(
            f"flow.{t}",
            count,
            lower=constant.astype(np.int64),
            upper=constant.astype(np.int64),
            label=partial(point_label, tree, t),
        )
        build.entries(rows.start + layer.play_point, block.index, 1)
        carried = np.flatnonzero(~constant)
        build.entries(rows.start + carried, weight[carried], -1)


def _payments(made: Compiled, build: Builder, stakes: Stakes | None) -> None:
    if made.plan.utilities:
        return
    for t, layer in enumerate(made.tree.layers):
        if not made.plan.pays_every_period and t < made.horizon - 1:
            continue
        for i in made.env.private:
            made.columns["payment", t, i] = build.columns(
                f"payment.{t}.{made.env.agents[i].name}",
                int(layer.point_off[-1]),
                lower=None,
                unit=None if stakes is None else stakes.payments(t, i),
                label=partial(point_label, made.tree, t),
            )


def _utilities(made: Compiled, build: Builder, stakes: Stakes | None) -> None:
    for t in range(made.horizon):
        for i, index in made.states[t].items():

            def label(k: int, t: int = t, i: int = i) -> str:
                memory, state = made.states[t][i].all
                return state_label(made, t, i, int(memory[k]), int(state[k]))

            free = np.full(len(index), np.inf)
            if t > 0 and made.plan.utilities:
                free[_levels(made, t, i)] = 0.0
            made.columns["utility", t, i] = build.columns(
                f"utility.{t}.{made.env.agents[i].name}",
                len(index),
                lower=-free,
                upper=free,
                unit=None if stakes is None else stakes.utilities(t, i),
                label=label,
            )


def _levels(made: Compiled, t: int, i: int) -> Ints:
    """The lowest truthful state of every information set of every memory.

    Where payments are replaced by utilities, a constant added to all utilities there is a payment moved, and
    changes nothing: one of them is set to 0. Left free, its coefficients cancel only in exact arithmetic.
    """
    view, crossing = made.views[t][i], made.plan.crossings.get((t, i))
    _, state = made.states[t][i].all
    told = np.flatnonzero(view.truth >= 0)
    if crossing is not None:
        rank = crossing.rank_of(view.info_digits[view.state_info[told]], view.state_type[told])
        told = told[np.argsort(rank, kind="stable")]
    _, first = np.unique(view.state_info[told], return_index=True)
    chosen = np.zeros(len(view.state_info), dtype=bool)
    chosen[told[first]] = True
    result: Ints = np.flatnonzero(chosen[state])
    return result
