"""What a mechanism does along the histories of a compiled program, before it is written as a memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array, Bools
from ...solvers.short import Short
from ..compiler.layout import Layout
from ..compiler.outside_rows import outside_of_paths
from ..environment.environment import Environment
from ..histories.ragged import group_sums


@dataclass(eq=False, repr=False)
class Decisions(Short):
    """What the mechanism does along the histories of a compiled program.

    lottery[t] (L,): probability (or quantity) of every play. paid[t][i] (D,): payment at every decision
    point. reached[t] (M,): whether the mechanism itself ever gets to the memory.
    """

    layout: Layout
    lottery: list[Array]
    paid: list[dict[int, Array]]
    reached: list[Bools]


def flow(layout: Layout, t: int, i: int, lottery: Array) -> Array:
    """Expected value of the current lottery to a truthful agent i at every decision point: (D,)."""
    return _flow(layout, layout.env, t, i, lottery)


def promised_flow(layout: Layout, t: int, i: int, lottery: Array) -> Array:
    """The same less what she has outside, where participation promises that."""
    points = layout.tree.layers[t].points
    ends = np.arange(len(points), dtype=np.int64)
    return _flow(layout, layout.promised, t, i, lottery) - outside_of_paths(layout, i, ends, t, t)


def _flow(layout: Layout, env: Environment, t: int, i: int, lottery: Array) -> Array:
    layer = layout.tree.layers[t]
    value = layer.level.values(env, i)[layer.plays.of_class]
    return group_sums(lottery * value, layer.play_point, len(layer.points))
