"""Rows of demands: sums of money between bounds, at every history, whatever is reported there.

Columns carry the weight w of their history, so that LOW ≤ p ≤ HIGH is LOW·w ≤ z ≤ HIGH·w, and payments that
cover costs are Σ_i z^i ≥ Σ_a c(a) x(a); along a path w is the weight of the history in which it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Block, Label
from ...solvers.numbers import Array, Ints, Number
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import Level
from ..notions.demands import Bounds, Demanded, MoneyDemand, OwnRow
from ..notions.objective import Objective
from .alike_rows import add_alike, count_alike
from .layout import Layout, point_label
from .objective import period_terms
from .own_rows import add_own_row, own_entries
from .path_sums import path_sums
from .plan import Plan
from .terms import Entries

Key: TypeAlias = tuple[str, int, int]
"""What a run of rows says (with its side), its last period, its agent (-1 for all)."""
Rows: TypeAlias = Iterator[tuple[Key, Block]]


def add_demands(layout: Layout, build: Builder) -> tuple[dict[Key, Block], ...]:
    """Add the rows of the plan's demands, one after the other."""
    return tuple(dict(DEMANDED[demand.demanded](layout, build, demand)) for demand in layout.plan.demands)


def sides(bounds: Bounds) -> list[tuple[str, Number]]:
    """(kind, bound) of the rows that bounds need."""
    low, high = bounds
    if low is not None and low == high:
        return [("equal", low)]
    return [(side, bound) for side, bound in (("least", low), ("most", high)) if bound is not None]


def last_period(env: Environment) -> int:
    """The last period that a path's total counts."""
    return 0 if env.discount == 0 else env.periods - 1


def _bounded(
    build: Builder,
    demand: MoneyDemand,
    place: tuple[int, int, str],
    bounds: Bounds,
    weight: Ints,
    sums: Iterable[Entries],
    label: Label | None = None,
) -> Rows:
    """Rows that keep sums within bounds, times the weight in these columns (-1 where it is 1).

    place: period, agent, and how rows are named.
    """
    t, i, name = place
    entries, weighed, certain = list(sums), np.flatnonzero(weight >= 0), (weight < 0).astype(np.int64)
    for side, bound in sides(bounds):
        fixed: Array = certain * np.array(arithmetic(build.exact).number(bound))
        block = build.rows(
            f"demand.{demand.demanded.value}.{side}.{name}",
            len(weight),
            lower=None if side == "most" else fixed,
            upper=None if side == "least" else fixed,
            label=label,
        )
        for more in entries:
            build.entries(block.start + more.row, more.column, more.value)
        if bound != 0:
            build.entries(block.start + weighed, weight[weighed], -bound)
        yield (f"{demand.demanded.value}, {side}", t, i), block


def _points(layout: Layout, t: int) -> tuple[Ints, Ints, Label]:
    """(every decision point of period t, columns of their weights, their labels)."""
    points = layout.tree.layers[t].points
    index = np.arange(len(points), dtype=np.int64)
    return index, layout.weight_columns[t][points.memory], partial(point_label, layout.tree, t)


def _paid(layout: Layout, build: Builder, demand: MoneyDemand, spans: Iterable[tuple[int, int]]) -> Rows:
    """What each agent pays in periods first..end, for each of the spans."""
    for first, end in spans:
        index, weight, label = _points(layout, end)
        for i in layout.env.private:
            name = layout.env.agents[i].name
            sums = path_sums(layout, index, end, first, None, {i: 1})
            place = (end, i, f"{end}.{name}")
            yield from _bounded(build, demand, place, demand.bounds_of(name), weight, sums, label)


def _surplus(layout: Layout, build: Builder, demand: MoneyDemand, spans: Iterable[tuple[int, int]]) -> Rows:
    """Payments of all less costs over periods first..end, at every decision point of `end`."""
    costs, everybody = layout.env.costs, dict.fromkeys(layout.env.private, 1)

    def cost(level: Level) -> Array:
        return -costs[level.t][level.play_action]

    for first, end in spans:
        index, weight, label = _points(layout, end)
        sums = path_sums(layout, index, end, first, cost, everybody)
        yield from _bounded(build, demand, (end, -1, str(end)), demand.bounds[""], weight, sums, label)


def _expected(layout: Layout, build: Builder, demand: MoneyDemand, spans: Iterable[range]) -> Rows:
    """Payments of all less costs, expected and discounted to the first period of each of the spans."""
    certain, revenue = np.full(1, -1, dtype=np.int64), Objective().over(layout.env.exact)
    for span in spans:
        rate, sums = layout.env.discount**0, []
        for t in span:
            for column, value in period_terms(layout, t, rate, revenue):
                sums.append(Entries(np.zeros(len(column), dtype=np.int64), column, value))
            rate = rate * layout.env.discount
        place = (span[-1], -1, str(span[-1]))
        yield from _bounded(build, demand, place, demand.bounds[""], certain, sums)


def _each(layout: Layout) -> list[tuple[int, int]]:
    return [(t, t) for t in range(layout.horizon)]


def _whole(layout: Layout) -> list[tuple[int, int]]:
    return [(0, last_period(layout.env))]


def _own(layout: Layout, build: Builder, demand: OwnRow) -> Rows:
    for side, block in add_own_row(layout, build, demand, sides(demand.bounds)):
        yield (f"{demand.name}, {side}", 0, -1), block


DEMANDED: dict[Demanded, Callable[[Layout, Builder, Any], Rows]] = {
    Demanded.PAID_PERIOD: lambda layout, build, demand: _paid(layout, build, demand, _each(layout)),
    Demanded.PAID_PATH: lambda layout, build, demand: _paid(layout, build, demand, _whole(layout)),
    Demanded.COVERED: lambda layout, build, demand: _expected(
        layout, build, demand, [range(layout.horizon)]
    ),
    Demanded.COVERED_PERIODS: lambda layout, build, demand: _expected(
        layout, build, demand, [range(t, t + 1) for t in range(layout.horizon)]
    ),
    Demanded.COVERED_PATH: lambda layout, build, demand: _surplus(layout, build, demand, _whole(layout)),
    Demanded.COVERED_PERIOD: lambda layout, build, demand: _surplus(layout, build, demand, _each(layout)),
    Demanded.ALIKE: add_alike,
    Demanded.ROW: _own,
    Demanded.PURE: lambda layout, build, demand: iter(()),  # of columns, see `columns.py`
}
"""How rows are written, by what is demanded."""


def demand_size(env: Environment, plan: Plan, levels: list[Level]) -> tuple[int, int]:
    """(rows, entries at most) of the plan's demands."""
    rows = entries = 0
    for demand in plan.demands:
        more, each = COUNTED[demand.demanded](env, plan, demand, levels)
        rows, entries = rows + more, entries + more * each
    return rows, entries


def _per_point(
    env: Environment, demand: MoneyDemand, levels: list[Level], periods: Iterable[int]
) -> tuple[int, int]:
    """Of rows at every decision point of these periods: (rows, entries of each at most)."""
    points = sum(levels[t].times(levels[t].points) for t in periods)
    actions = max(env.num_actions(t) for t in range(env.periods))
    if demand.of_costs:
        return points, env.periods * (actions + len(env.private)) + 1
    each = sum(len(sides(demand.bounds_of(env.agents[i].name))) for i in env.private)
    return points * each, env.periods + 1


def _one(env: Environment, levels: list[Level], count: int) -> tuple[int, int]:
    """Of so many rows about everything."""
    payers = len(env.private)
    columns = sum(level.times(level.plays) + payers * level.times(level.points) for level in levels)
    return count, columns + payers * max(env.types(0))  # the last: utilities that stand for payments


COUNTED: dict[Demanded, Callable[[Environment, Plan, Any, list[Level]], tuple[int, int]]] = {
    Demanded.PAID_PERIOD: lambda env, _, demand, levels: _per_point(env, demand, levels, range(env.periods)),
    Demanded.PAID_PATH: lambda env, _, demand, levels: _per_point(env, demand, levels, [last_period(env)]),
    Demanded.COVERED: lambda env, _, demand, levels: _one(env, levels, 1),
    Demanded.COVERED_PERIODS: lambda env, _, demand, levels: _one(env, levels, env.periods),
    Demanded.COVERED_PATH: lambda env, _, demand, levels: _per_point(env, demand, levels, [last_period(env)]),
    Demanded.COVERED_PERIOD: lambda env, _, demand, levels: _per_point(
        env, demand, levels, range(env.periods)
    ),
    Demanded.ALIKE: count_alike,
    Demanded.ROW: lambda env, _, demand, levels: (
        len(sides(demand.bounds)), own_entries(env, levels, demand)
    ),
    Demanded.PURE: lambda env, _, demand, levels: (0, 0),
}
"""How rows are counted, by what is demanded: (rows, entries of each at most)."""
