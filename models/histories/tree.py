"""The histories themselves, one layer a period, as index arrays over the classes.

Memory m of period t is a public history up to the reports of period t. Its decision points (profiles that
can be reported) and plays (point and feasible action) are numbered consecutively, so that "the play of
memory m with local number k" is ``play_off[m] + k`` everywhere: in columns, rows, decoding and labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from .classes import Level
from .ragged import offsets, spread


@dataclass(frozen=True, eq=False, repr=False)
class Layer(Short):
    """Memories of period t: class (M,), nature's probability of the history (M,), and offsets (M + 1,)."""

    level: Level
    cls: Ints
    nature: Array
    parent: Ints
    """The play (where the action is remembered) or point of period t - 1 that leads here; -1 at the root."""

    @property
    def count(self) -> int:
        """Number of memories M."""
        return len(self.cls)

    @cached_property
    def each_class_once(self) -> bool:
        """Whether memories are just the classes, in order, as in the first two periods of most problems."""
        return bool(np.array_equal(self.cls, np.arange(self.level.count)))

    @cached_property
    def point_off(self) -> Ints:
        """First decision point of each memory: (M + 1,)."""
        return offsets(self.level.points[self.cls])

    @cached_property
    def play_off(self) -> Ints:
        """First play of each memory: (M + 1,)."""
        return offsets(self.level.plays[self.cls])

    @property
    def link_off(self) -> Ints:
        """First of what the next period's memories are numbered by: plays or points."""
        return self.play_off if self.level.remembers else self.point_off

    @cached_property
    def points(self) -> tuple[Ints, Ints]:
        """(memory, point of the level) of every decision point: (D,) each."""
        return spread(self.level.point_start[:-1][self.cls], self.level.points[self.cls])

    @cached_property
    def plays(self) -> tuple[Ints, Ints]:
        """(memory, play of the level) of every play: (L,) each."""
        return spread(self.level.play_start[:-1][self.cls], self.level.plays[self.cls])

    @cached_property
    def play_point(self) -> Ints:
        """Decision point of every play: (L,)."""
        memory, play = self.plays
        level = self.level
        local = level.play_point[play] - level.point_start[self.cls[memory]]
        result: Ints = self.point_off[memory] + local
        return result

    @cached_property
    def point_nature(self) -> Array:
        """Nature's probability of every decision point, were all reports true: (D,)."""
        memory, point = self.points
        result: Array = self.nature[memory] * self.level.prob[point]
        return result


@dataclass(frozen=True, eq=False, repr=False)
class Tree(Short):
    """All layers of an environment's public histories."""

    env: Environment
    layers: tuple[Layer, ...]

    def point_of_memory(self, t: int) -> Ints:
        """Decision point of period t - 1 that each memory of period t follows: (M,)."""
        before = self.layers[t - 1]
        parent = self.layers[t].parent
        return before.play_point[parent] if before.level.remembers else parent

    def ancestors(self, t: int) -> list[Ints]:
        """For every decision point of period t, its decision point in each period 0..t."""
        memory, _ = self.layers[t].points
        found = [np.arange(len(memory), dtype=np.int64)]
        for s in range(t, 0, -1):
            point = self.point_of_memory(s)[memory]
            found.append(point)
            memory = self.layers[s - 1].points[0][point]
        return found[::-1]

    def history(self, t: int, m: int) -> list[tuple[tuple[int, ...], int | None]]:
        """(profile, action) of every period before t in memory m; the action is None where it is left out."""
        steps: list[tuple[tuple[int, ...], int | None]] = []
        for s in range(t, 0, -1):
            before = self.layers[s - 1]
            link = int(self.layers[s].parent[m])
            action = None
            point = link
            if before.level.remembers:
                action = int(before.level.play_action[before.plays[1][link]])
                point = int(before.play_point[link])
            memory, local = before.points[0][point], before.points[1][point]
            steps.append((tuple(int(k) for k in before.level.digits[local]), action))
            m = int(memory)
        return steps[::-1]

    def memory_label(self, t: int, m: int) -> str:
        """A history as a person reads it: ``low:sell,high`` (reports by agent, then the action)."""
        if t == 0:
            return "start"
        parts = []
        for s, (profile, action) in enumerate(self.history(t, m)):
            text = ",".join(self.env.agents[j].types[s][k] for j, k in enumerate(profile))
            parts.append(text if action is None else f"{text}:{self.env.actions[s][action]}")
        return ";".join(parts)


def build_tree(env: Environment, levels: list[Level]) -> Tree:
    """Lay out the histories of these classes."""
    layers: list[Layer] = []
    nature = arithmetic(env.exact).ones(1)
    layer = Layer(levels[0], np.zeros(1, dtype=np.int64), nature, np.full(1, -1, dtype=np.int64))
    layers.append(layer)
    for level in levels[1:]:
        before = layers[-1]
        template = (before.plays if before.level.remembers else before.points)[1]
        point = before.play_point if before.level.remembers else np.arange(len(template))
        layers.append(
            Layer(
                level,
                before.level.next_class[template],
                before.point_nature[point],
                np.arange(len(template), dtype=np.int64),
            )
        )
    return Tree(env, tuple(layers))
