"""When payments are made: the same total along every path, timed as the participation notion promises.

All incentive notions but the per-period one see only totals, so payments can be moved along a path freely
(bonding). `interim`: everything at the end. `periodic`: at the end, and what a continuation would fall
short of 0 is given then and taken before. `prefix` and `per-period`: each period is charged at its value to
the agent, and the last period carries the path's whole utility. With discount 0 nothing can be moved, and
what a continuation falls short of 0 is given there: it costs nothing, and nobody minds it before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, zeros
from ..histories.classes import value_at
from ..histories.ragged import group_sums
from ..histories.views import build_view
from ..notions.participation import Promise
from .decisions import Decisions, flow


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
        memory, _ = tree.layers[t + 1].points
        decided.paid[t + 1][i] = decided.paid[t + 1][i] + (due[tree.point_of_memory(t + 1)] / rate)[memory]


def truthful_utilities(decided: Decisions, i: int) -> list[Array]:
    """Agent i's expected discounted utility from every decision point on, all agents truthful: (D,) each."""
    layout = decided.layout
    found: list[Array] = []
    later: Array | None = None
    for t in range(layout.horizon - 1, -1, -1):
        layer = layout.tree.layers[t]
        here = flow(layout, t, i, decided.lottery[t]) - decided.paid[t][i]
        if later is not None:
            here = here + layout.env.discount * _expected_next(decided, t, later)
        found.append(here)
        memory, point = layer.points
        later = group_sums(layer.level.prob[point] * here, memory, layer.count)
    return found[::-1]


def _expected_next(decided: Decisions, t: int, by_memory: Array) -> Array:
    """Expectation, at each decision point of period t, of a figure of the memories that follow."""
    layer = decided.layout.tree.layers[t]
    if layer.level.remembers:
        return group_sums(decided.lottery[t] * by_memory, layer.play_point, int(layer.point_off[-1]))
    return by_memory


def _bond(decided: Decisions, i: int) -> None:
    """At the end, but give at a history what its worst-off type lacks, and take it in the period before."""
    _to_the_end(decided, i)
    layout = decided.layout
    information = layout.plan.incentives.information
    for t in range(layout.horizon - 1, 0, -1):
        layer, level = layout.tree.layers[t], layout.tree.layers[t].level
        utility = truthful_utilities(decided, i)[t]
        view = build_view(layout.env, level, i, information, False, True, math.inf)
        # Interim utility of each report, from the points it may lead to.
        report = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
        of_point = np.zeros(len(level.digits), dtype=np.int64)
        of_point[view.members] = report
        chance = level.prob
        whole = group_sums(chance[view.members], report, len(view.report_info))
        memory, point = layer.points
        key = memory * len(view.report_info) + of_point[point]
        keys, where = np.unique(key, return_inverse=True)
        total = whole[of_point[point]]
        certain = arithmetic_of(total).divisor(total)
        share = np.where(total != 0, chance[point] / certain, chance[point] * 0)
        interim = group_sums(share * utility, where.reshape(-1), len(keys))
        owner, which = np.divmod(keys, len(view.report_info))
        counted = whole[which] != 0
        lowest = zeros(layer.count, utility.dtype == object)
        np.minimum.at(lowest, owner[counted], interim[counted])
        lowest = np.where(decided.reached[t], lowest, lowest * 0)
        decided.paid[t][i] = decided.paid[t][i] + lowest[memory]
        decided.paid[t - 1][i] = decided.paid[t - 1][i] - layout.env.discount * _expected_next(
            decided, t - 1, lowest
        )


def _charge_values(decided: Decisions, i: int, follow: bool) -> None:
    """Charge each period its value, and leave the utility of the whole path to the last period.

    follow: charge also what the action taken before brought beyond its expectation, so that every prefix
    nets to 0 at the actions that were taken; otherwise every period nets to 0 in expectation.
    """
    layout, env = decided.layout, decided.layout.env
    rate: Any = env.discount
    last = decided.layout.horizon - 1
    # Total utility along each path, at taken actions where they are remembered, else in expectation.
    total: Array = zeros(1, env.exact)
    prefix: Array = zeros(1, env.exact)
    power: Any = rate**0
    for t in range(last + 1):
        layer = layout.tree.layers[t]
        memory, _ = layer.points
        value = flow(layout, t, i, decided.lottery[t])
        old = decided.paid[t][i]
        whole = total[memory] + power * (value - old)
        if t == last:
            decided.paid[t][i] = value - (whole - (prefix[memory] if follow else 0)) / power
            return
        new = value + (prefix[memory] / power if follow else 0)
        decided.paid[t][i] = new
        if layer.level.remembers:
            level = layer.level
            taken = value_at(env, i, t, level.play_action, level.digits[level.play_point])[layer.plays[1]]
            memory, _ = layer.plays
            total = total[memory] + power * (taken - old[layer.play_point])
            prefix = prefix[memory] + power * (taken - new[layer.play_point])
        else:
            total, prefix = whole, prefix[memory] + power * (value - new)
        power = power * rate


TIMED: dict[Promise, Callable[[Decisions, int], None]] = {
    Promise.NOTHING: _to_the_end,
    Promise.INITIAL: _to_the_end,
    Promise.CONTINUATION: _bond,
    Promise.PATH: _to_the_end,
    Promise.PREFIX: partial(_charge_values, follow=True),
    Promise.PERIOD: partial(_charge_values, follow=False),
}
"""When an agent's payments are made, by what is promised."""
