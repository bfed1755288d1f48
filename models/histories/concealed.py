"""What an agent remembers where the others' past reports are concealed from her.

A *recollection* I of agent i in period t is what she has of a memory m: her own reports, the observed agents'
types, and the actions where memories hold them (where they steer types: elsewhere nothing she sees depends on
them). She sees neither the others' reports nor payments, which may all be made at the end. What she believes
of the memories that agree with I is, processes being independent across agents,

    Pr(m | I) ∝ w(m) W[m],    w(m) = Π_{s<t} Pr(θ_s^{-i} | m_s, observed types),

with W[m] the mechanism's own probability of the actions of m: an action taught her something of the reports
that it followed. Her own true past cancels. Columns of programs carry W already, so w alone multiplies them:
a row about I is the sum of the rows about its memories, by w, and stays linear; w sums to 1 over I.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..notions.incentives import Information
from .classes import Level
from .ragged import group_sums, starts_of, within
from .tree import Layer, Repeated, Tree
from .views import View


@dataclass(frozen=True, eq=False, repr=False)
class Recollections(Short):
    """Agent i's recollections of the memories of one period.

    of_memory (M,): the recollection of each memory; weight (M,): w above; memory (R,): of each recollection
    the first memory that truth of the others reaches, which stands for all.
    """

    of_memory: Ints
    weight: Array
    memory: Ints

    @classmethod
    def numbered(cls, of_memory: Ints, weight: Array) -> Recollections:
        """Of every memory its recollection, from 0, and its weight."""
        order = np.lexsort((np.asarray(weight == 0, dtype=bool), of_memory))
        _, first = np.unique(of_memory[order], return_index=True)
        return cls(of_memory, weight, order[first])

    def total(self, by_memory: Array) -> Array:
        """(R,): what her recollections expect of a figure of memories (M,)."""
        return group_sums(self.weight * by_memory, self.of_memory, len(self.memory))


@dataclass(frozen=True, eq=False, repr=False)
class Recalled(Repeated, Short):
    """Things of every recollection, numbered as those of the memories that stand for them.

    cls, `memory`: of those memories. all_cls (M,): class of every memory. Classes of one recollection have
    the same things, so that a thing of any memory has a number.
    """

    recollections: Recollections
    all_cls: Ints

    def at(self, memory: Ints, of_class: Ints) -> Ints:
        """Number of this thing of its class in what she recalls of `memory`."""
        return self.off[self.recollections.of_memory[memory]] + of_class - self.start[self.all_cls[memory]]

    @property
    def holders(self) -> Ints:
        """The memory that stands for each recollection."""
        return self.recollections.memory

    @cached_property
    def all(self) -> tuple[Ints, Ints]:
        """(memory that stands for the recollection, thing of its class) of every number."""
        recollection, thing = within(self.start, self.cls)
        return self.recollections.memory[recollection], thing

    def of_rows(self, row: Ints) -> tuple[Ints, Ints, Ints, Array | None]:
        """As for `Repeated`, from every memory that she may be in."""
        every = Repeated(self.start, self.all_cls)
        memory, number, entry, _ = every.of_rows(row)
        weight = self.recollections.weight[memory]
        return memory, self.at(memory, every.of_class[number]), entry, weight


def recollections_of(
    tree: Tree, views: Sequence[Mapping[int, View]]
) -> list[dict[int, Recollections]]:
    """By period and agent, where reports are concealed from her (from period 1 on); empty where none are."""
    recollections: list[dict[int, Recollections]] = [{} for _ in tree.layers]
    if not tree.env.conceals:
        return recollections
    first = np.zeros(1, dtype=np.int64)
    for i, view in views[0].items():
        if view.information is not Information.INTERIM:
            continue
        now = Recollections(first, arithmetic(tree.env.exact).ones(1), first)
        for t, after in enumerate(tree.layers[1:]):
            if i not in views[t + 1]:
                break
            now = _next(tree.layers[t], views[t][i], now, after.count)
            recollections[t + 1][i] = now
    return recollections


def _next(layer: Layer, view: View, now: Recollections, count: int) -> Recollections:
    """Recollections of the memories of the next period."""
    memory, point = layer.points.all
    report = view.report_of_point
    rows = Recalled(
        starts_of(view.info_class[view.report_info], layer.level.count),
        layer.cls[now.memory],
        now,
        layer.cls,
    )
    recalled = rows.at(memory, report[point])[layer.link_point]
    weight = (now.weight[memory] * view.belief_of_point[point])[layer.link_point]
    if layer.level.remembers:
        actions = int(layer.level.play_action.max(initial=0)) + 1
        recalled = recalled * actions + layer.level.play_action[layer.plays.of_class]
    _, recalled = np.unique(recalled, return_inverse=True)
    return Recollections.numbered(recalled.reshape(count), weight)


def count_recollections(levels: Sequence[Level], views: Sequence[Mapping[int, View]], i: int) -> list[Ints]:
    """By period and class: how many of agent i's recollections are stood for by a memory of that class."""
    counts = [np.ones(1, dtype=object)]
    for level, following, row in zip(levels, levels[1:], views, strict=False):
        if i not in row:
            break
        view = row[i]
        report = view.report_of_point
        if level.remembers:
            actions = int(level.play_action.max(initial=0)) + 1
            key = report[level.play_point] * actions + level.play_action
            point = level.play_point
        else:
            key, point = report, np.arange(len(report))
        _, link = np.unique(key, return_index=True)
        parents = counts[-1][level.point_class[point[link]]]
        after = np.zeros(following.count, dtype=object)
        np.add.at(after, level.next_class[link], parents)
        counts.append(after)
    return counts
