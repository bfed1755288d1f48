"""Rows of sums of money between bounds, at every history, whatever is reported there, or in expectation.

Columns carry the weight w of their history, so that LOW ≤ p ≤ HIGH is LOW·w ≤ z ≤ HIGH·w, and payments that
cover costs are Σ_i z^i ≥ Σ_a c(a) x(a); along a path w is the weight of the history in which it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Label
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import Level
from ..notions.demands import Bounds, MoneyDemand
from ..notions.objective import Objective
from .layout import Layout, point_label
from .objective import period_terms
from .path_sums import path_sums
from .plan import Plan
from .sides import Rows, sides
from .terms import Entries


def _spans(env: Environment, demand: MoneyDemand) -> list[range]:
    """The periods of each sum: single ones, all of a path that count, or all that are expected."""
    if demand.needs_every_period:
        return [range(t, t + 1) for t in range(env.periods)]
    return [range(1 if demand.by_path and env.discount == 0 else env.periods)]


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


def add_paid(layout: Layout, build: Builder, demand: MoneyDemand) -> Rows:
    """Add the rows of what each agent pays over the periods of a sum, at every decision point of its last."""
    for span in _spans(layout.env, demand):
        first, end = span[0], span[-1]
        index, weight, label = _points(layout, end)
        for i in layout.env.private:
            name = layout.env.agents[i].name
            sums = path_sums(layout, index, end, first, None, {i: 1})
            place = (end, i, f"{end}.{name}")
            yield from _bounded(build, demand, place, demand.bounds_of(name), weight, sums, label)


def add_surplus(layout: Layout, build: Builder, demand: MoneyDemand) -> Rows:
    """Add the rows of payments of all less costs over the same periods, at the same points."""
    costs, everybody = layout.env.costs, dict.fromkeys(layout.env.private, 1)

    def cost(level: Level) -> Array:
        return -costs[level.t][level.play_action]

    for span in _spans(layout.env, demand):
        first, end = span[0], span[-1]
        index, weight, label = _points(layout, end)
        sums = path_sums(layout, index, end, first, cost, everybody)
        yield from _bounded(build, demand, (end, -1, str(end)), demand.bounds[""], weight, sums, label)


def add_expected(layout: Layout, build: Builder, demand: MoneyDemand) -> Rows:
    """Add the rows of payments of all less costs, expected and discounted to the first period of each sum."""
    certain, revenue = np.full(1, -1, dtype=np.int64), Objective().over(layout.env.exact)
    for span in _spans(layout.env, demand):
        rate, sums = layout.env.discount**0, []
        for t in span:
            for column, value in period_terms(layout, t, rate, revenue):
                sums.append(Entries(np.zeros(len(column), dtype=np.int64), column, value))
            rate = rate * layout.env.discount
        place = (span[-1], -1, str(span[-1]))
        yield from _bounded(build, demand, place, demand.bounds[""], certain, sums)


def count_at_points(
    env: Environment, plan: Plan, demand: MoneyDemand, levels: list[Level]
) -> tuple[int, int]:
    """Of rows at every decision point where a sum ends: (rows, entries of each at most)."""
    ends = [levels[span[-1]] for span in _spans(env, demand)]
    points = sum(level.times(level.points) for level in ends)
    actions = max(env.num_actions(t) for t in range(env.periods))
    if demand.of_costs:
        return points, env.periods * (actions + len(env.private)) + 1
    each = sum(len(sides(demand.bounds_of(env.agents[i].name))) for i in env.private)
    return points * each, env.periods + 1


def count_expected(
    env: Environment, plan: Plan, demand: MoneyDemand, levels: list[Level]
) -> tuple[int, int]:
    """Of one row for each sum, about everything: (rows, entries of each at most)."""
    payers = len(env.private)
    columns = sum(level.times(level.plays) + payers * level.times(level.points) for level in levels)
    standing = payers * max(env.types(0))  # utilities that stand for payments
    return len(_spans(env, demand)), columns + standing
