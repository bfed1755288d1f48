"""Where nothing private is learnt after period 0, later periods are summed into the rows of period 0.

With public shocks (KLN Definition 3.1) an agent who reported r_0 for θ_0 has nothing to choose later: her
true type θ_t and her reported type r_t are functions of the first type and the public shocks. The gain from
the lie is then one sum over the histories that r_0 leads to,

    U(θ_0) − U(r_0) ≥ E Σ_t δ^t { v_t(a_t, θ_t) − v_t(a_t, r_t) },

and no utility after period 0 is needed: interim payments, one row for every pair of first types.
"""

from __future__ import annotations

import numpy as np

from ...solvers.program import Builder
from ..histories.classes import value_at
from ..histories.ragged import group_sums, offsets, spread
from .state_rows import StateRows


def add_later_periods(build: Builder, rows: StateRows) -> None:
    """Add the terms of periods 1, 2, ... to the rows of period 0, one for each (state, report)."""
    layout, view, i, state, report = rows.layout, rows.view, rows.agent, rows.state, rows.report
    env, root = layout.env, layout.tree.layers[0]
    # Rows by report, and the report of every decision point of period 0.
    order = np.argsort(report, kind="stable")
    by_report = offsets(np.bincount(report, minlength=len(view.report_info)))
    group = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
    report_of = np.zeros(len(view.members), dtype=np.int64)
    report_of[view.members] = group
    chance = group_sums(root.level.prob[view.members], group, len(view.report_info))
    first = np.arange(len(report_of))
    types = env.types(0)[i]
    # true[d, θ]: her true type at decision point d had her first type been θ.
    true = np.repeat(np.arange(types)[None, :], len(first), axis=0)
    rate = env.discount**0
    for t in range(1, layout.horizon):
        rate = rate * env.discount
        layer, before = layout.tree.layers[t], layout.tree.layers[t - 1]
        memory, point = layer.points
        parent = layer.parent[memory]
        came = before.play_point[parent] if before.level.remembers else parent
        kernel = env.agents[i].kernels[t - 1]
        digits = layer.level.digits[point]
        action = (
            before.level.play_action[before.plays[1][parent]]
            if before.level.remembers
            else np.zeros(len(parent), dtype=np.int64)
        )
        given = [digits[:, j][:, None] for j in kernel.given]
        true = kernel.table.reshape(-1)[kernel.row_index(action[:, None], given, true[came])]
        first = first[came]
        if rate == 0:
            continue
        _, play = layer.plays
        told = report_of[first][layer.play_point]
        entry, place = spread(by_report[told], np.diff(by_report)[told])
        row = order[place]
        profile = layer.level.digits[layer.level.play_point[play[entry]]]
        taken = layer.level.play_action[play[entry]]
        own = profile.copy()
        own[:, i] = true[layer.play_point[entry], view.state_type[state[row]]]
        differs = own[:, i] != profile[:, i]
        entry, row, profile, taken, own = (
            entry[differs],
            row[differs],
            profile[differs],
            taken[differs],
            own[differs],
        )
        gain = value_at(env, i, t, taken, own) - value_at(env, i, t, taken, profile)
        used = gain != 0
        entry, row, gain = entry[used], row[used], gain[used]
        at = layer.play_point[entry]
        weight = rate * (layer.point_nature[at] / chance[report_of[first[at]]])
        column = layout.allocation(t).start + entry
        build.entries(rows.block.start + row, column, -weight * gain)
