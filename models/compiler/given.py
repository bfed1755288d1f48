"""An allocation that is given, in the columns of a layout, and a program that takes it as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints
from ...solvers.program import Program
from ..mechanism.mechanism import Mechanism
from .layout import Layout


def sequence_form(layout: Layout, mechanism: Mechanism) -> Array:
    """The mechanism's allocation as the allocation columns of a layout, 0 in the others.

    Raises `InvalidInput` where the mechanism remembers actions and the layout's histories do not.
    """
    x = arithmetic(layout.env.exact).zeros(layout.num_columns)
    state: Ints = np.full(1, mechanism.start, dtype=np.int64)
    for t, layer in enumerate(layout.tree.layers):
        memory, play = layer.plays.all
        level, stage = layer.level, mechanism.stages[t]
        at = (state[memory], *level.digits[level.play_point[play]].T, level.play_action[play])
        x[layout.allocation(t).slice] = layout.weight(t, x)[memory] * stage.allocation[at]
        if stage.next is None:
            break
        state = stage.next[at]
        if level.remembers:
            continue
        lowest = np.minimum.reduceat(state, layer.point_plays[:-1])
        if (state != lowest[layer.play_point]).any():
            raise InvalidInput(
                f"mechanism, period {t}: its memory keeps the action, which steers nothing in environment "
                f"'{layout.env.name}'; histories leave it out"
            )
        state = lowest
    return x


def with_allocation(program: Program, layout: Layout, x: Array) -> Program:
    """The program where the allocation is the one in `x`: its columns are fixed by their bounds."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for t in range(layout.horizon):
        mine = layout.allocation(t).slice
        lower[mine] = upper[mine] = x[mine]
    return replace(program, lower=lower, upper=upper)
