"""Rows of anonymity: a column of a program of histories is as large as the one in its place.

An exchange of agents who are alike (`environment/alike.py`) maps histories to histories, decision points to
decision points and plays to plays, and so the columns of allocations and payments onto themselves. Each of
those that are not their own image has a row with its image, which then needs none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.blocks import Block
from ...solvers.numbers import Ints
from ...solvers.program import Builder
from ...solvers.short import Short
from ..environment.alike import Swap
from ..environment.environment import Environment
from ..histories.classes import Level
from ..histories.ragged import flat_index
from ..notions.demands import Anonymous
from .layout import Layout
from .plan import Plan
from .sides import Key, Rows


@dataclass(frozen=True, eq=False, repr=False)
class AlikeColumns(Short):
    """Columns of period t that are as large as those in their place: these (n,) of `columns`, counted from
    their first, and those of `others`. agent: who pays, -1 for an allocation."""

    swap: Swap
    t: int
    agent: int
    columns: Block
    others: Block
    these: Ints
    those: Ints

    def label(self, k: int) -> str:
        """Of the k-th row: that of its first column, without the name."""
        return self.columns.label_of(int(self.these[k])).removeprefix(self.columns.name)[1:-1]


def alike_columns(layout: Layout, demand: Anonymous) -> Iterator[tuple[Key, AlikeColumns]]:
    """What a demand asks to be the same, by exchange, period, and allocation or payer."""
    for swap in demand.swaps(layout.env, neighbours=True):
        pair = ".".join(layout.env.agents[i].name for i in swap.pair)
        for t, (points, plays) in enumerate(_images(layout, swap)):
            runs = [(-1, layout.allocation(t), layout.allocation(t), plays)]
            for i, j in enumerate(swap.agents.tolist()):
                if i <= j and layout.pays(t, i):
                    runs.append((i, layout.payment(t, i), layout.payment(t, j), points))
            for i, columns, others, image in runs:
                these = np.flatnonzero(columns.index < others.start + image)
                name = f"demand.{demand.demanded.value}.{columns.name}.{pair}"
                yield (name, t, i), AlikeColumns(swap, t, i, columns, others, these, image[these])


def add_alike(layout: Layout, build: Builder, demand: Anonymous) -> Rows:
    """Add the rows of a demand, a block for each run of columns."""
    for key, alike in alike_columns(layout, demand):
        block = build.rows(key[0], len(alike.these), lower=0, upper=0, label=alike.label)
        build.entries(block.index, alike.columns.start + alike.these, 1)
        build.entries(block.index, alike.others.start + alike.those, -1)
        yield key, block


def _images(layout: Layout, swap: Swap) -> Iterator[tuple[Ints, Ints]]:
    """By period: the image of every decision point (D,), and of every play (L,)."""
    memory = np.zeros(1, dtype=np.int64)
    for layer in layout.tree.layers:
        level, sizes = layer.level, layout.env.types(layer.level.t)
        at, local = layer.points.all
        profile = flat_index(level.digits[local][:, swap.agents], sizes)
        there = level.find_point(layer.cls[memory[at]], profile)
        points = layer.points.at(memory[at], there)
        at, local = layer.plays.all
        done = swap.action(level.t)[level.play_action[local]]
        plays = layer.plays.at(memory[at], level.find_play(there[layer.play_point], done))
        yield points, plays
        memory = plays if level.remembers else points


def count_alike(
    env: Environment, plan: Plan, demand: Anonymous, levels: list[Level]
) -> tuple[int, int]:
    """(rows, entries of each) of a demand: half of what is not its own image."""
    rows = 0
    for swap in demand.swaps(env, neighbours=True):
        own: Any = np.array([1], dtype=object)  # by class, the histories that are their own image
        for level in levels:
            same = (level.digits[:, swap.agents] == level.digits).all(axis=1)
            kept = same[level.play_point] & (swap.action(level.t)[level.play_action] == level.play_action)
            of_point, of_play = level.point_class[same], level.point_class[level.play_point[kept]]
            rows += (level.times(level.plays) - int(own[of_play].sum())) // 2
            points = level.times(level.points)
            if plan.pays_every_period or level.t == len(levels) - 1:
                for i, j in enumerate(swap.agents.tolist()):
                    if i in env.private and i <= j:
                        rows += points if i < j else (points - int(own[of_point].sum())) // 2
            if level.t < len(levels) - 1:
                links = kept if level.remembers else same
                following: Any = np.zeros(int(level.next_class.max()) + 1, dtype=object)
                np.add.at(following, level.next_class[links], own[of_play if level.remembers else of_point])
                own = following
    return rows, 2
