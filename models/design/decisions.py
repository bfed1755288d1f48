"""What a mechanism does along the histories of a compiled program, before it is written as a memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...solvers.numbers import Array, Bools
from ...solvers.short import Short
from ..compiler.layout import Layout
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


def flow(layout: Layout, t: int, i: int, lottery: Array, env: Environment | None = None) -> Array:
    """Expected value of the current lottery to a truthful agent i at every decision point: (D,).

    env: of whose values, the layout's where None.
    """
    layer, level = layout.tree.layers[t], layout.tree.layers[t].level
    value = level.values(env or layout.env, i)[layer.plays.of_class]
    return group_sums(lottery * value, layer.play_point, len(layer.points))
