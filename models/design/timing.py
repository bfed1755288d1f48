"""When payments are made: the same total along every path, timed as the participation notion promises.

All incentive notions but the per-period one see only totals, so payments can be moved along a path freely
(bonding). `interim`: everything at the end. `periodic`: at the end, and what a continuation would fall
short of 0 is given then and taken before, as much after every history where totals of paths are demanded to
stay; `outside-efficient`: the same, of what is had outside. `prefix` and `per-period`: each period is charged
at its value to the agent, and the last period carries the path's whole utility. All of it is of values less
what she has elsewhere (`models/environment/outside.py`). With discount 0 nothing can be moved, and what a
continuation falls short of is given there: it costs nothing, and nobody minds it before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.numbers import Array
from ..histories.ragged import flat_index, group_sums
from ..histories.views import build_view
from ..notions.participation import Promise
from .decisions import Decisions, promised_flow


def retime(decided: Decisions) -> None:
    """Move the payments of a play in place; nothing is done where the program timed them itself."""
    plan, env = decided.layout.plan, decided.layout.env
    if plan.pays_every_period or decided.layout.horizon == 1:
        return
    for i in env.private:
        TIMED[plan.participation.promise](decided, i)


def _to_the_end(decided: Decisions, i: int) -> None:
    """Carry every payment, with interest, to the last period of its path, unless that counts for nothing."""
    tree, rate = decided.layout.tree, decided.layout.env.discount
    if rate == 0:
        return
    for t in range(decided.layout.horizon - 1):
        due = decided.paid[t][i]
        decided.paid[t][i] = due * 0
        memory = tree.layers[t + 1].points.memory
        decided.paid[t + 1][i] = decided.paid[t + 1][i] + (due[tree.layers[t].link_point] / rate)[memory]


def truthful_utilities(decided: Decisions, i: int) -> list[Array]:
    """Agent i's expected discounted utility, less what she has elsewhere, from every decision point on, all
    agents truthful: (D,) each."""
    layout = decided.layout
    utility: list[Array] = []
    later: Array | None = None
    for t in range(layout.horizon - 1, -1, -1):
        layer = layout.tree.layers[t]
        here = promised_flow(layout, t, i, decided.lottery[t]) - decided.paid[t][i]
        if later is not None:
            here = here + layout.env.discount * _expected_next(decided, t, later)
        utility.append(here)
        memory, point = layer.points.all
        later = group_sums(layer.level.prob[point] * here, memory, layer.count)
    return utility[::-1]


def _expected_next(decided: Decisions, t: int, by_memory: Array) -> Array:
    """Expectation, at each decision point of period t, of a figure of the memories that follow."""
    layer = decided.layout.tree.layers[t]
    if layer.level.remembers:
        return group_sums(decided.lottery[t] * by_memory, layer.play_point, len(layer.points))
    return by_memory


def _bond(decided: Decisions, i: int) -> None:
    """At the end, but give at a history what its worst-off type lacks, of nothing or of what she has outside,
    and take it in the period before."""
    _to_the_end(decided, i)
    layout = decided.layout
    information = layout.plan.incentives.information
    for t in range(layout.horizon - 1, 0, -1):
        layer, level = layout.tree.layers[t], layout.tree.layers[t].level
        utility = truthful_utilities(decided, i)[t]
        if i in layout.outside:
            profile = flat_index(level.digits, layout.env.types(t))
            utility = utility - layout.outside[i][t][profile[layer.points.of_class]]
        view = build_view(layout.env, level, i, information, False, True, math.inf)
        # Interim utility of each report, from the points it may lead to.
        rows = layer.repeated(view.info_class[view.report_info])
        chance = group_sums(level.prob[view.members], view.member_report, len(view.report_info))
        memory, point = layer.points.all
        total = chance[view.report_of_point[point]]
        certain = arithmetic_of(total).divisor(total)
        share = np.where(total != 0, level.prob[point] / certain, level.prob[point] * 0)
        interim = group_sums(share * utility, rows.at(memory, view.report_of_point[point]), len(rows))
        counted = chance[rows.of_class] != 0
        lowest = arithmetic_of(utility).zeros(layer.count)
        np.minimum.at(lowest, rows.memory[counted], interim[counted])
        lowest = np.where(decided.reached[t], lowest, lowest * 0)
        if any(demand.by_path for demand in layout.plan.demands):
            lowest = lowest * 0 + lowest.min()  # a constant moves no path's total
        decided.paid[t][i] = decided.paid[t][i] + lowest[memory]
        back = layout.env.discount * _expected_next(decided, t - 1, lowest)
        decided.paid[t - 1][i] = decided.paid[t - 1][i] - back


def _charge_values(decided: Decisions, i: int, follow: bool) -> None:
    """Charge each period its value, and leave the utility of the whole path to the last period.

    follow: charge also what the action taken before brought beyond its expectation, so that every prefix
    nets to 0 at the actions that were taken; otherwise every period nets to 0 in expectation.
    """
    layout, rate = decided.layout, decided.layout.env.discount
    last = layout.horizon - 1
    # Of each path, at taken actions where they are remembered, else in expectation: what all payments leave,
    # and what those of this function do.
    total = prefix = arithmetic(layout.env.exact).zeros(1)
    power: Any = rate**0
    for t, layer in enumerate(layout.tree.layers):
        memory = layer.points.memory
        value = promised_flow(layout, t, i, decided.lottery[t])
        old = decided.paid[t][i]
        if t == last:
            path = total[memory] + power * (value - old)
            decided.paid[t][i] = value - (path - (prefix[memory] if follow else 0)) / power
            return
        new = value + (prefix[memory] / power if follow else 0)
        decided.paid[t][i] = new
        if layer.level.remembers:
            memory, play = layer.plays.all
            value = layer.level.values(layout.promised, i)[play]
            old, new = old[layer.play_point], new[layer.play_point]
        total = total[memory] + power * (value - old)
        prefix = prefix[memory] + power * (value - new)
        power = power * rate


TIMED: dict[Promise, Callable[[Decisions, int], None]] = {
    Promise.NOTHING: _to_the_end,
    Promise.INITIAL: _to_the_end,
    Promise.CONTINUATION: _bond,
    Promise.OUTSIDE: _bond,
    Promise.PATH: _to_the_end,
    Promise.PREFIX: partial(_charge_values, follow=True),
    Promise.PERIOD: partial(_charge_values, follow=False),
}
"""When an agent's payments are made, by what is promised."""
