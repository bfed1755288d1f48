"""Where nothing private is learnt after period 0, later periods are summed into the rows of period 0.

With public shocks (KLN Definition 3.1) an agent who reported r_0 for θ_0 has nothing to choose later: her
true type θ_t and her reported type r_t are functions of the first type and the public shocks. The gain from
the lie is then one sum over the histories that r_0 leads to,

    U(θ_0) − U(r_0) ≥ E Σ_t δ^t { v_t(a_t, θ_t) − v_t(a_t, r_t) },

and no utility after period 0 is needed: interim payments, one row for every pair of first types.
"""

from __future__ import annotations

from operator import mul, sub, truediv

import numpy as np

from ...solvers.numbers import paired, scaled
from ...solvers.program import Builder
from ..histories.classes import value_at
from ..histories.ragged import group_sums, starts_of, within
from .state_rows import StateRows


def add_later_periods(build: Builder, rows: StateRows) -> None:
    """Add the terms of periods 1, 2, ... to the rows of period 0, one for each (state, report)."""
    layout, view, i = rows.layout, rows.view, rows.agent
    env, level = layout.env, layout.levels[0]
    # Rows by report, and the chance of each report in period 0.
    order = np.argsort(rows.report, kind="stable")
    by_report = starts_of(rows.report[order], len(view.report_info))
    chance = group_sums(level.prob[view.members], view.member_report, len(view.report_info))
    first = np.arange(len(view.members))
    types = env.types(0)[i]
    # true[d, θ]: her true type at decision point d had her first type been θ.
    true = np.repeat(np.arange(types)[None, :], len(first), axis=0)
    rate = env.discount**0
    for t in range(1, layout.horizon):
        rate = rate * env.discount
        layer, before = layout.tree.layers[t], layout.tree.layers[t - 1]
        memory, point = layer.points.all
        came = before.link_point[memory]
        kernel = env.agents[i].kernels[t - 1]
        level, digits = layer.level, layer.level.digits[point]
        action = np.zeros(len(memory), dtype=np.int64)
        if before.level.remembers:
            action = before.level.play_action[before.plays.of_class[memory]]
        given = [digits[:, j][:, None] for j in kernel.given]
        true = kernel.table.reshape(-1)[kernel.row_index(action[:, None], given, true[came])]
        first = first[came]
        if rate == 0:
            continue
        play = layer.plays.of_class
        entry, place = within(by_report, view.report_of_point[first][layer.play_point])
        row = order[place]
        profile = level.digits[level.play_point[play[entry]]]
        own = true[layer.play_point[entry], view.state_type[rows.state[row]]]
        differs = own != profile[:, i]
        entry, row, told, own = entry[differs], row[differs], profile[differs], own[differs]
        taken, profile = level.play_action[play[entry]], told.copy()
        profile[:, i] = own
        gain = paired(sub, value_at(env, i, t, taken, profile), value_at(env, i, t, taken, told))
        used = gain != 0
        entry, row, gain = entry[used], row[used], gain[used]
        at = layer.play_point[entry]
        share = paired(truediv, layer.point_nature[at], chance[view.report_of_point[first[at]]])
        column = layout.allocation(t).start + entry
        build.entries(rows.block.start + row, column, paired(mul, scaled(-rate, share), gain))
