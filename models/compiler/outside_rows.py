"""What an agent expects to have outside in the states that truth reaches, in the columns of a program.

Two things can be had outside. What the others' efficient policy leaves to her (participation
`outside-efficient`) is a value O(θ) of the state, so w O(θ) with the weight w of its history. What she has
elsewhere in every period (`models/environment/outside.py`) is a flow, added up along the histories h that
follow, as likely as truth makes them and with the mechanism's own weights:

    Ω(n, θ) = Σ_{s≥t} δ^{s−t} Σ_h Pr(h | n, θ) w(h) o_s(θ_s(h)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.outside import beside_values
from ..histories.classes import at_profiles
from ..histories.ragged import flat_index, group_sums, starts_of, within
from ..histories.tree import Repeated
from .layout import Layout


@dataclass(frozen=True, eq=False, repr=False)
class Owed(Short):
    """Amounts by state as numbered, to be multiplied by the column, or by 1 where that is -1."""

    state: Ints
    column: Ints
    amount: Array

    def total(self, primal: Array, states: int) -> Array:
        """(states,): what she expects to have outside in each."""
        certain = arithmetic_of(primal).ones(len(self.column))
        weight = np.where(self.column < 0, certain, primal[np.maximum(self.column, 0)])
        return group_sums(self.amount * weight, self.state, states)


def outside_of_states(layout: Layout, t: int, i: int) -> Owed:
    """What agent i expects to have outside in the states of period t that truth reaches; nothing where it is
    not promised. By the beliefs that her utility is expected by, of every memory that she cannot tell from
    others."""
    level, view, layer = layout.levels[t], layout.views[t][i], layout.tree.layers[t]
    memory, local = layer.points.all
    owed = list(_of_points(layout, t, i))
    if not owed:
        none = memory[:0]
        return Owed(none, none, level.prob[:0])
    rows = layer.repeated(view.info_class[view.report_info])
    chance = group_sums(level.prob[view.members], view.member_report, len(view.report_info))
    total = chance[view.report_of_point[local]]
    share = level.prob[local] / arithmetic_of(total).divisor(total)
    parts = [
        (rows.at(memory[point], view.report_of_point[local[point]]), column, share[point] * amount)
        for point, column, amount in owed
    ]
    row, column, amount = (np.concatenate(part) for part in zip(*parts, strict=True))
    used = np.flatnonzero(amount)
    row, column, amount = _pooled(row[used], column[used], amount[used])
    # Every state whose truth is the report of a row.
    memory, state = Repeated(view.class_state_start, layer.cls).all
    told = view.truth[state]
    memory, state, told = memory[told >= 0], state[told >= 0], told[told >= 0]
    which, entry = within(starts_of(row, len(rows)), rows.at(memory, told))
    memory, state, column, amount = memory[which], state[which], column[entry], amount[entry]
    known = layout.recollections[t].get(i)
    if known is not None:
        amount = amount * known.weight[memory]
    return Owed(layout.states[t][i].at(memory, state), column, amount)


def outside_of_paths(layout: Layout, i: int, ends: Ints, end: int, first: int) -> Array:
    """(n,): what agent i has outside in periods first..end of the paths to these decision points, in money of
    `first`, and that is in no value: of periods of goods, which nothing steers."""
    env, tree = layout.promised, layout.tree
    total: Array = tree.layers[end].point_nature[ends] * 0
    trail, rate = tree.ancestors(end), env.discount**0
    for s in range(first, end + 1):
        beside = None if layout.plan.participation.nothing else beside_values(env, s, i)
        if beside is not None:
            layer = tree.layers[s]
            digits = layer.level.digits[layer.points.of_class[trail[s][ends]]]
            total = total + rate * at_profiles(beside, ends * 0, digits)
        rate = rate * env.discount
    return total


def _of_points(layout: Layout, t: int, i: int) -> Iterator[tuple[Ints, Ints, Array]]:
    """(decision point of period t, column, amount) of what is had outside from there on, if all report
    truly."""
    env, tree, layer = layout.env, layout.tree, layout.tree.layers[t]
    if i in layout.outside:
        memory, local = layer.points.all
        profile = flat_index(layer.level.digits, env.types(t))[local]
        yield np.arange(len(memory)), layout.weight_columns[t][memory], layout.outside[i][t][profile]
    if layout.plan.participation.nothing or env.agents[i].outside is None:
        return
    rate, first = env.discount**0, layer.point_nature
    for s in range(t, layout.horizon):
        later = tree.layers[s]
        flow = env.agents[i].outside[s]
        origin = tree.ancestors(s)[t]
        point = np.flatnonzero(later.point_nature != 0)
        chance = rate * later.point_nature[point] / first[origin[point]]
        memory, local = later.points.all
        worth = at_profiles(flow, local[point] * 0, later.level.digits[local[point]])
        yield origin[point], layout.weight_columns[s][memory[point]], chance * worth
        rate = rate * env.discount


def _pooled(row: Ints, column: Ints, amount: Array) -> tuple[Ints, Ints, Array]:
    """Amounts sorted by row, those of one row and column added up."""
    width = int(column.max(initial=-1)) + 2
    place, which = np.unique(row * width + column + 1, return_inverse=True)
    return place // width, place % width - 1, group_sums(amount, which.reshape(-1), len(place))
