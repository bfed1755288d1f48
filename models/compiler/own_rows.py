"""Rows of one's own, entry by entry: coefficients on plays, payments and first utilities, in one row each.

Columns are probabilities and payments times the mechanism's own probability of the history already, which is
what a row's coefficients multiply (`notions/demands/row.py`); where they are expected, nature's probability
comes on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import Level
from ..histories.ragged import group_sums
from ..histories.tree import Tree
from ..notions.demands import OwnRow
from ..notions.demands.row_tables import Table
from .layout import Layout
from .plan import Plan
from .sides import Rows, sides


def add_own_row(layout: Layout, build: Builder, demand: OwnRow) -> Rows:
    """Add the row, once for each of its sides."""
    demand.known()
    entries = [
        (column, value) if (used := value != 0).all() else (column[used], value[used])
        for column, value in _entries(layout, demand)
    ]
    for side, bound in sides(demand.bounds):
        block = build.rows(
            f"demand.{demand.demanded.value}.{side}.{demand.row.name}", 1,
            lower=None if side == "most" else bound,
            upper=None if side == "least" else bound,
        )  # fmt: skip
        for column, value in entries:
            build.entries(block.start, column, value)
        yield (f"{demand.name}, {side}", 0, -1), block


def count_own_row(
    env: Environment, plan: Plan, demand: OwnRow, levels: list[Level]
) -> tuple[int, int]:
    """(rows, entries of each at most) of a demand."""
    plays = sum(_most(demand, table, levels, levels[table.t].plays) for table in demand.allocation)
    points = sum(_most(demand, table, levels, levels[table.t].points) for table in demand.payment)
    first = sum(levels[0].times(levels[0].points) for _ in demand.utility)
    return len(sides(demand.bounds)), plays + points * len(env.private) + first


def _most(demand: OwnRow, table: Table, levels: list[Level], per_class: Ints) -> int:
    every = levels[table.t].times(per_class)
    if table.histories is None or demand.behind is not None:
        return every
    return min(every, len(table.histories) * int(per_class.max()))


def _entries(layout: Layout, demand: OwnRow) -> Iterator[tuple[Ints, Array]]:
    """(columns, coefficients), zeros among them."""
    for table in demand.allocation:
        layer = layout.tree.layers[table.t]
        level, block = layer.level, layout.allocation(table.t)
        profile = level.profile[level.play_point]
        thing, value = _values(layout, demand, table, layer.plays.all, profile, level.play_action)
        if demand.row.expected:
            value = value * layer.point_nature[layer.play_point[thing]]
        yield block.start + thing, value
    for table in demand.payment:
        layer = layout.tree.layers[table.t]
        for i in layout.env.private:
            agent = np.full(len(layer.level.digits), i)
            profile = layer.level.profile
            thing, value = _values(layout, demand, table, layer.points.all, profile, agent)
            if demand.row.expected:
                value = value * layer.point_nature[thing]
            yield layout.payment(table.t, i).start + thing, value
    for i, values in demand.utility.items():
        view = layout.views[0][i]
        state = np.flatnonzero(view.state_prob != 0)
        kind, chance = view.state_type[state], view.state_prob[state]
        if not demand.row.expected:
            chance = chance / group_sums(chance, kind, len(values))[kind]
        share = demand.utility_over(i, layout.env.exact)
        yield layout.utility(0, i).start + state, share[kind] * chance


def _numbers(tree: Tree, table: Table, behind: Sequence[Ints] | None) -> Ints:
    """Which of the table's histories each memory of its period follows (M,), -1 for none."""
    if table.histories is None:
        raise AssertionError("all histories are alike")
    if behind is not None:
        return tree.match(table.t, table.histories, behind)
    there = tree.find(table.t, table.histories)
    number = np.full(tree.layers[table.t].count, -1, dtype=np.int64)
    kept = there >= 0
    number[there[kept]] = np.flatnonzero(kept)
    return number


def _values(
    layout: Layout, demand: OwnRow, table: Table, all_of: tuple[Ints, Ints], profile: Ints, last: Ints
) -> tuple[Ints, Array]:
    """(things of the layer, their coefficients); all_of: memory and thing of its class of each. profile,
    last: of each thing of the classes, the profile and the action or agent."""
    memory, of_class = all_of
    values = table.over(layout.env.exact, demand.row.where)
    profile = profile if demand.behind is None else demand.behind[table.t][profile]
    told = profile if values.shape[1] > 1 else profile * 0
    place = told * values.shape[2] + last
    if table.histories is None:
        return np.arange(len(memory)), values.reshape(-1)[place][of_class]
    number = _numbers(layout.tree, table, demand.behind)[memory]
    thing = np.flatnonzero(number >= 0)
    place = number[thing] * (values.shape[1] * values.shape[2]) + place[of_class[thing]]
    return thing, values.reshape(-1)[place]
