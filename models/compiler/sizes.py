"""How large a program will be, counted on classes of histories before anything is laid out."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Ints
from ..environment import Environment
from ..histories.classes import Level
from ..histories.ragged import group_sums
from ..histories.views import View, adjacent_below
from ..incentives import Lies
from ..memory import Size, refuse_large
from ..participation import Promise
from .lies import neighbours
from .plan import Plan


def program_size(env: Environment, plan: Plan, levels: list[Level], views: list[dict[int, View]]) -> Size:
    """Count rows and columns of the program that `compile_program` would build."""
    rows = columns = nonzeros = 0
    last = len(levels) - 1
    for t, level in enumerate(levels):
        points, plays = level.times(level.points), level.times(level.plays)
        columns += plays
        if env.goods[t] is None:
            rows += points
            nonzeros += plays + points
        for i in env.private:
            if not plan.utilities and (plan.pays_every_period or t == last):
                columns += points
            if i not in views[t]:
                continue
            view = views[t][i]
            columns += level.times(view.states_per_class)
            lies, entries = _lie_counts(
                env, plan, level, view, views[t + 1][i] if t < last and views[t + 1] else None
            )
            rows += level.times(lies)
            nonzeros += level.times(entries)
            if not plan.utilities and not plan.incentives.myopic:
                truths = np.bincount(view.state_class[view.probable], minlength=level.count)
                rows += level.times(truths)
    if plan.aggregated:
        pairs = max((len(env.agents[i].types[0]) for i in env.private), default=0) * len(env.private)
        nonzeros += pairs * sum(level.times(level.plays) for level in levels[1:])
    extra, more = _participation(env, plan, levels, views)
    rows += extra
    nonzeros += more
    return Size.of(rows, columns, nonzeros, env.exact)


def _lie_counts(
    env: Environment, plan: Plan, level: Level, view: View, after: View | None
) -> tuple[Ints, Ints]:
    """(incentive rows, entries of incentive and truth rows) of each class."""
    plays_of_point = np.bincount(level.play_point, minlength=len(level.digits))
    heavy = plays_of_point + 1
    if after is not None and level.next_class is not None and env.discount != 0:
        links = after.states_per_class[level.next_class]
        if level.remembers:
            links = np.bincount(level.play_point, weights=links, minlength=len(level.digits)).astype(np.int64)
        heavy = heavy + links
    report = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
    per_report = np.bincount(report, weights=heavy[view.members], minlength=len(view.report_info)) + 2
    crossing = plan.crossings.get((level.t, view.agent))
    if crossing is not None:
        state, told = neighbours(view, crossing)
        rows = np.bincount(view.state_class[state], minlength=level.count)
        cost = np.bincount(view.state_class[state], weights=per_report[told], minlength=level.count)
        return rows, cost.astype(np.int64)
    per_info = group_sums(per_report, view.report_info, len(view.info_class))
    entries = np.bincount(view.state_class, weights=per_info[view.state_info], minlength=level.count)
    reports = np.diff(view.report_start)[view.state_info]
    lies = plan.incentives.lies(level.t)
    if lies is Lies.ALL:
        count = reports - view.probable
    else:
        below = (adjacent_below(view) >= 0) if lies is Lies.ADJACENT else np.zeros(len(reports), dtype=bool)
        count = np.where(view.probable, below, reports)
    if not plan.any_lies and not plan.incentives.myopic:
        count = count * 0
    per_class = np.bincount(view.state_class, weights=count, minlength=level.count)
    return per_class.astype(np.int64), entries.astype(np.int64)


def _participation(
    env: Environment, plan: Plan, levels: list[Level], views: list[dict[int, View]]
) -> tuple[int, int]:
    promise = plan.participation.promise
    rows = nonzeros = 0
    if promise is Promise.NOTHING:
        return 0, 0
    if promise in (Promise.INITIAL, Promise.CONTINUATION):
        every = promise is Promise.CONTINUATION and plan.pays_every_period
        for t in range(len(levels) if every else 1):
            for view in views[t].values():
                by_class = np.bincount(view.state_class[view.state_prob != 0], minlength=levels[t].count)
                count = levels[t].times(by_class)
                rows, nonzeros = rows + count, nonzeros + count
        return rows, nonzeros
    literal = plan.pays_every_period and promise is not Promise.PATH
    for t in range(len(levels)) if literal else (len(levels) - 1,):
        level = levels[t]
        reached = level.times(np.bincount(level.point_class[level.prob != 0], minlength=level.count))
        rows += reached * len(env.private)
        length = 1 if promise is Promise.PERIOD and literal else t + 1
        nonzeros += reached * len(env.private) * (1 + length * max(env.num_actions(s) for s in range(t + 1)))
    return rows, nonzeros


__all__ = ["Size", "program_size", "refuse_large"]
