"""How large a program will be, counted on classes of histories before anything is laid out.

Rows are counted from what `asked.py` says, which is what they are written from. Columns are exact, and so are
rows but for those that only histories of probability zero would have; nonzeros are an upper estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...solvers.numbers import Ints
from ..environment.environment import Environment
from ..environment.memory import Size
from ..histories.classes import Level
from ..histories.concealed import count_recollections
from ..histories.ragged import group_sums
from ..histories.views import View
from ..notions.incentives import Information
from .asked import FirstTypes, Lying, LyingNow, Paths, States, Truth, incentives, promised
from .demand_rows import demand_size
from .least_rows import groups
from .participation_rows import first_types
from .plan import Plan


def program_size(
    env: Environment, plan: Plan, levels: list[Level], views: Sequence[Mapping[int, View]]
) -> Size:
    """Count rows and columns of the program that a plan compiles to."""
    rows = columns = nonzeros = 0
    last = len(levels) - 1
    times = histories_known(env, levels, views)
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
            columns += times(t, i, view.states_per_class)
            after = views[t + 1][i] if t < last and views[t + 1] else None
            for_states = _incentives(env, plan, level, view, after)
            of_class, most = (np.bincount(view.state_class, k, level.count) for k in for_states)
            rows, nonzeros = rows + times(t, i, of_class), nonzeros + level.times(most)
    if plan.aggregated:
        pairs = max((len(env.agents[i].types[0]) for i in env.private), default=0) * len(env.private)
        nonzeros += pairs * sum(level.times(level.plays) for level in levels[1:])
    for asked in promised(env, plan):
        more, entries = PROMISED[type(asked)](env, plan, (levels, views), asked)
        rows, nonzeros = rows + more, nonzeros + entries
    least = [groups(env, plan.objective, view) for view in views[0].values()]
    for over in (over for by_word in least for over in by_word.values()):
        rows, nonzeros = rows + len(over.labels), nonzeros + len(over.state) + len(over.labels)
    columns += len({word for by_word in least for word in by_word})
    more, entries = demand_size(env, plan, levels)
    return Size.of(rows + more, columns, nonzeros + entries, env.exact)


def histories_known(
    env: Environment, levels: list[Level], views: Sequence[Mapping[int, View]]
) -> Callable[[int, int, Ints], int]:
    """From (period, agent, a count that each class has) to its total over what she tells apart."""
    recalled = {
        i: count_recollections(levels, views, i)
        for i, view in views[0].items()
        if env.conceals and view.information is Information.INTERIM
    }

    def times(t: int, i: int, per_class: Ints) -> int:
        if i not in recalled:
            return levels[t].times(per_class)
        return sum(m * int(k) for m, k in zip(recalled[i][t], per_class, strict=True))

    return times


Counts = tuple[Ints, Ints]
"""(rows, entries at most) of each state."""


def _truth(view: View, cost: Ints, asked: Truth) -> Counts:
    rows = view.probable.astype(np.int64)
    return rows, rows * cost[view.truth]


def _lying(view: View, cost: Ints, asked: Lying) -> Counts:
    return asked.told.counts(view), asked.told.costs(view, cost)


def _lying_now(view: View, cost: Ints, asked: LyingNow) -> Counts:
    rows, entries = asked.told.counts(view), asked.told.costs(view, cost)
    return rows, entries + rows * cost[view.truth]


COUNTED: dict[type, Callable[..., Counts]] = {Truth: _truth, Lying: _lying, LyingNow: _lying_now}
"""How rows are counted, by what is asked: (view, entries of a row about each report, what is asked)."""


def _incentives(env: Environment, plan: Plan, level: Level, view: View, after: View | None) -> Counts:
    cost = _entries_of_reports(env, level, view, after)
    rows = entries = np.zeros(len(view.state_info), dtype=np.int64)
    for asked in incentives(plan, view):
        more, cost_of_more = COUNTED[type(asked)](view, cost, asked)
        rows, entries = rows + more, entries + cost_of_more
    key = level.t, view.agent
    if key not in plan.crossings and key not in plan.written:
        # Coarser than need be: each state as if it told every report.
        every = group_sums(cost, view.report_info, len(view.info_class))
        entries = np.maximum(entries, every[view.state_info])
    return rows, entries


def _entries_of_reports(env: Environment, level: Level, view: View, after: View | None) -> Ints:
    """(G,): entries at most of a row about what each report earns, with two utilities."""
    heavy = np.diff(level.point_plays) + 1
    if after is not None and env.discount != 0:
        links = after.states_per_class[level.next_class]
        if level.remembers:
            links = group_sums(links, level.play_point, len(heavy)).astype(np.int64)
        heavy = heavy + links
    return group_sums(heavy[view.members], view.member_report, len(view.report_info)).astype(np.int64) + 2


Places = tuple[list[Level], Sequence[Mapping[int, View]]]
"""Levels and views of every period."""


def _first_types(env: Environment, plan: Plan, places: Places, asked: FirstTypes) -> tuple[int, int]:
    rows = entries = 0
    for view in places[1][0].values():
        state, keys, _ = first_types(env, view)
        rows += len(state) if view.information is Information.INTERIM else len(keys)
        entries += len(state) + _flows(env, places, 0, view.agent)
    return rows, entries


def _flows(env: Environment, places: Places, t: int, i: int) -> int:
    """Entries at most of rows about all states of period t for what agent i has elsewhere from then on: the
    weight of every history."""
    levels, view = places[0], places[1][t][i]
    if env.agents[i].outside is None:
        return 0
    told = int(np.bincount(view.truth[view.truth >= 0], minlength=1).max())
    return told * sum(sum(level.multiplicity) for level in levels[t:])


def _states(env: Environment, plan: Plan, places: Places, asked: States) -> tuple[int, int]:
    level, rows, times = places[0][asked.t], 0, histories_known(env, *places)
    entries = 0
    for i, view in places[1][asked.t].items():
        of_class = np.bincount(view.state_class[view.state_prob != 0], minlength=level.count)
        rows += times(asked.t, i, of_class)
        entries += level.times(of_class) if plan.participation.outside and asked.t > 0 else 0
        entries += _flows(env, places, asked.t, i)
    return rows, rows + entries


def _paths(env: Environment, plan: Plan, places: Places, asked: Paths) -> tuple[int, int]:
    level = places[0][asked.end]
    reached = level.times(np.bincount(level.point_class[level.prob != 0], minlength=level.count))
    rows, length = reached * len(env.private), asked.end + 1 - asked.first
    paid = length if plan.pays_every_period else 1
    return rows, rows * (paid + length * max(env.num_actions(t) for t in range(asked.end + 1)))


PROMISED: dict[type, Callable[..., tuple[int, int]]] = {
    FirstTypes: _first_types,
    States: _states,
    Paths: _paths,
}
"""How rows are counted, by what is asked: (environment, plan, places, what is asked)."""
