"""Discounted sums along paths: what plays are worth, and what agents pay, in the columns of a layout.

Periods whose action is remembered count at the action that was taken, weighted by the play that led on; later
ones, and the last, by expectation over the lottery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from ...solvers.numbers import Array, Ints
from ..histories.classes import Level
from ..histories.ragged import within
from .layout import Layout
from .terms import Entries

Worth: TypeAlias = Callable[[Level], Array]
"""What each play of a level is worth: (L,)."""


def path_sums(
    layout: Layout, ends: Ints, end: int, first: int, worth: Worth | None, signs: Mapping[int, int]
) -> Iterator[Entries]:
    """Coefficients of sums over periods first..end, in money of `first`; row k is the path to ends[k].

    ends: decision points of period `end`. worth: None for nothing. signs: of what each of these agents pays.
    """
    env, tree = layout.env, layout.tree
    trail = [points[ends] for points in tree.ancestors(end)]
    number = np.arange(len(ends))
    if worth is not None:
        # Periods before `taken` enter at the action that was taken.
        taken = next((s for s in range(end) if not tree.layers[s].level.remembers), end)
        begin = max(first, taken)
        if taken > first:
            memory = tree.layers[taken].points.memory[trail[taken]]
            earned = _realised(layout, worth, taken, first)[memory]
            used = np.flatnonzero(earned != 0)
            yield Entries(used, layout.weight_columns[taken][memory][used], earned[used])
        rate = env.discount ** (begin - first)
        for s in range(begin, end + 1):
            layer, earned = tree.layers[s], worth(tree.layers[s].level)
            if (earned != 0).any():
                row, play = within(layer.point_plays, trail[s])
                value = rate * earned[layer.plays.of_class[play]]
                yield Entries(row, layout.allocation(s).start + play, value)
            rate = rate * env.discount
    for s in range(first, end + 1):
        for i, sign in signs.items():
            if layout.pays(s, i):
                paid = layout.payment(s, i).start + trail[s]
                yield Entries(number, paid, np.asarray(sign * env.discount ** (s - first)))


def _realised(layout: Layout, worth: Worth, taken: int, first: int) -> Array:
    """The discounted worth of the periods first..taken-1 of each memory of period `taken`: (M,)."""
    env, tree = layout.env, layout.tree
    total: Array = tree.layers[0].nature * 0
    rate = env.discount**0
    for s in range(taken):
        memory, play = tree.layers[s].plays.all
        total = total[memory]
        if s >= first:
            total = total + rate * worth(tree.layers[s].level)[play]
        rate = rate * env.discount
    return total
