"""The histories themselves, one layer a period, as index arrays over the classes.

Memory m of period t is a public history up to the reports of period t; it follows link m of period t - 1, a
play where the action is remembered, else a decision point. What a class has (points, plays, the states of an
agent, the rows of a program) is repeated over the memories of the class and numbered through, so that thing k
of memory m is the same number everywhere: in columns, rows, decoding and labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from .classes import Level, among
from .ragged import offsets, starts_of, within


@dataclass(frozen=True, eq=False, repr=False)
class Repeated(Short):
    """Things that each class has, over memories: thing k of memory m is ``off[m] + k - start[cls[m]]``.

    start (C + 1,): first thing of each class; cls (M,): class of each memory.
    """

    start: Ints
    cls: Ints

    @cached_property
    def off(self) -> Ints:
        """First number of each memory: (M + 1,)."""
        return offsets(np.diff(self.start)[self.cls])

    def __len__(self) -> int:
        return int(self.off[-1])

    def at(self, memory: Ints, of_class: Ints) -> Ints:
        """Number of this thing of its class in `memory`."""
        return self.off[memory] + of_class - self.start[self.cls[memory]]

    @cached_property
    def all(self) -> tuple[Ints, Ints]:
        """(memory, thing of its class) of every number."""
        return within(self.start, self.cls)

    @property
    def holders(self) -> Ints:
        """The memories whose things are numbered, in order."""
        return np.arange(len(self.cls), dtype=np.int64)

    def of_rows(self, row: Ints) -> tuple[Ints, Ints, Ints, Array | None]:
        """(memory, number, entry, weight or None for 1) of entries of classes, whose rows are `row` (sorted).

        These things are rows of a program, of which the classes have one coefficient an entry.
        """
        number, entry = within(starts_of(row, int(self.start[-1])), self.of_class)
        return self.memory[number], number, entry, None

    def along(self, rows: Repeated, of_class: Ints) -> Ints:
        """Number of one thing for each of the rows, in the same memory; `of_class` by row of the class."""
        return self.at(rows.memory, of_class[rows.of_class])

    @property
    def memory(self) -> Ints:
        """Memory of every number."""
        return self.all[0]

    @property
    def of_class(self) -> Ints:
        """Thing of its class of every number."""
        return self.all[1]


@dataclass(frozen=True, eq=False, repr=False)
class Layer(Short):
    """Memories of period t: class (M,), and nature's probability of the history (M,)."""

    level: Level
    cls: Ints
    nature: Array

    @property
    def count(self) -> int:
        """Number of memories M."""
        return len(self.cls)

    def repeated(self, cls: Ints) -> Repeated:
        """Things of these classes (sorted) in every memory."""
        return Repeated(starts_of(cls, self.level.count), self.cls)

    @cached_property
    def points(self) -> Repeated:
        """Decision points D."""
        return Repeated(self.level.point_start, self.cls)

    @cached_property
    def plays(self) -> Repeated:
        """Plays L."""
        return Repeated(self.level.play_start, self.cls)

    @cached_property
    def play_point(self) -> Ints:
        """Decision point of every play: (L,)."""
        memory, play = self.plays.all
        return self.points.at(memory, self.level.play_point[play])

    @cached_property
    def point_plays(self) -> Ints:
        """First play of every decision point: (D + 1,)."""
        return starts_of(self.play_point, len(self.points))

    def in_doubles(self) -> Layer:
        """The same with its probabilities rounded."""
        return Layer(self.level.in_doubles(), self.cls, to_float(self.nature))

    @property
    def links(self) -> Repeated:
        """What the memories of the next period follow, one each."""
        return self.plays if self.level.remembers else self.points

    @cached_property
    def link_point(self) -> Ints:
        """Decision point of every link, so of every memory of the next period."""
        return self.play_point if self.level.remembers else np.arange(len(self.points), dtype=np.int64)

    @cached_property
    def point_nature(self) -> Array:
        """Nature's probability of every decision point, were all reports true: (D,)."""
        memory, point = self.points.all
        return self.nature[memory] * self.level.prob[point]


@dataclass(frozen=True, eq=False, repr=False)
class Tree(Short):
    """All layers of an environment's public histories."""

    env: Environment
    layers: tuple[Layer, ...]

    def in_doubles(self) -> Tree:
        """The same with its numbers rounded."""
        return Tree(self.env.to_float(), tuple(layer.in_doubles() for layer in self.layers))

    def ancestors(self, t: int) -> list[Ints]:
        """For every decision point of period t, its decision point in each period 0..t."""
        trail = [np.arange(len(self.layers[t].points), dtype=np.int64)]
        for s in range(t, 0, -1):
            trail.append(self.layers[s - 1].link_point[self.layers[s].points.memory[trail[-1]]])
        return trail[::-1]

    def find(self, t: int, steps: Ints) -> Ints:
        """The memories (n,) of period t after these steps (n, t, 2), of (profile, action or -1); -1 where a
        history is none of the tree's."""
        memory = np.zeros(len(steps), dtype=np.int64)
        for s, layer in enumerate(self.layers[:t]):
            level, here = layer.level, np.maximum(memory, 0)
            link = level.find_point(layer.cls[here], steps[:, s, 0])
            there = (memory >= 0) & (link >= 0)
            if level.remembers:
                link = level.find_play(np.maximum(link, 0), steps[:, s, 1])
                there &= link >= 0
            memory = np.where(there, layer.links.at(here, np.maximum(link, 0)), -1)
        return memory

    def match(self, t: int, steps: Ints, behind: Sequence[Ints]) -> Ints:
        """Which of these histories (n, t, 2) each memory of period t follows (M,), -1 for none; the profiles
        that count are those `behind` the tree's, by period."""
        of_history, of_memory = np.zeros(len(steps), dtype=np.int64), np.zeros(1, dtype=np.int64)
        for s, layer in enumerate(self.layers[:t]):
            level, link = layer.level, np.arange(self.layers[s + 1].count)
            point = layer.link_point
            profile = behind[s][level.profile[layer.points.of_class[point]]]
            action = level.play_action[layer.plays.of_class[link]] if level.remembers else link * 0 - 1
            width = max(int(behind[s].max()), int(steps[:, s, 0].max(initial=0))) + 1
            wide = self.env.num_actions(s) + 1
            codes = (of_history * width + steps[:, s, 0]) * wide + steps[:, s, 1] + 1
            distinct, of_history = np.unique(codes, return_inverse=True)
            before = of_memory[layer.points.memory[point]]
            sought = (before * width + profile) * wide + action + 1
            of_memory = np.where(before < 0, -1, among(distinct, sought))
        number = np.zeros(len(steps), dtype=np.int64)
        number[of_history.reshape(-1)] = np.arange(len(steps))
        return np.where(of_memory < 0, -1, number[of_memory])

    def history(self, t: int, m: int) -> list[tuple[tuple[int, ...], int | None]]:
        """(profile, action) of every period before t in memory m; the action is None where it is left out."""
        steps: list[tuple[tuple[int, ...], int | None]] = []
        for s in range(t, 0, -1):
            before, level = self.layers[s - 1], self.layers[s - 1].level
            point = before.link_point[m]
            action = int(level.play_action[before.plays.of_class[m]]) if level.remembers else None
            steps.append((tuple(level.digits[before.points.of_class[point]].tolist()), action))
            m = int(before.points.memory[point])
        return steps[::-1]

    def memory_label(self, t: int, m: int, i: int | None = None) -> str:
        """A history as a person reads it: ``low:sell,high`` (reports by agent, then the action).

        i: only what this agent sees of it, where reports are concealed from the others.
        """
        everyone = i is None or not self.env.conceals
        shown = [j for j in range(self.env.num_agents) if everyone or j == i or j in self.env.observed]
        if t == 0:
            return "start"
        labels = []
        for s, (profile, action) in enumerate(self.history(t, m)):
            text = ",".join(self.env.agents[j].types[s][profile[j]] for j in shown)
            labels.append(text if action is None else f"{text}:{self.env.actions[s][action]}")
        return ";".join(labels)


def build_tree(env: Environment, levels: list[Level]) -> Tree:
    """Lay out the histories of these classes."""
    certain = arithmetic(env.exact).ones(1)
    layers = [Layer(levels[0], np.zeros(1, dtype=np.int64), certain)]
    for level in levels[1:]:
        before = layers[-1]
        cls = before.level.next_class[before.links.of_class]
        layers.append(Layer(level, cls, before.point_nature[before.link_point]))
    return Tree(env, tuple(layers))
