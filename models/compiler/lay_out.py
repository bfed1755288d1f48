"""Repeating what was computed per class over all histories of that class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..histories.ragged import offsets, spread
from ..histories.tree import Layer
from ..histories.views import View
from .terms import Terms


@dataclass(eq=False, repr=False)
class StateIndex(Short):
    """Numbers the states of one agent in one layer: state s of memory m is ``off[m] + s - start[class]``."""

    layer: Layer
    view: View
    off: Ints

    @classmethod
    def of(cls, layer: Layer, view: View) -> StateIndex:
        """States of every memory, one after another."""
        return cls(layer, view, offsets(view.states_per_class[layer.cls]))

    def __len__(self) -> int:
        return int(self.off[-1])

    def at(self, memory: Ints, state: Ints) -> Ints:
        """Number of `state` (of the view) in `memory`."""
        result: Ints = self.off[memory] + state - self.view.class_state_start[self.layer.cls[memory]]
        return result

    @cached_property
    def all(self) -> tuple[Ints, Ints]:
        """(memory, state of the view) of every state: (V,) each."""
        starts, cls = self.view.class_state_start, self.layer.cls
        return spread(starts[cls], np.diff(starts)[cls])


@dataclass(eq=False, repr=False)
class RowIndex(Short):
    """Numbers rows that each class has: rows of a class must be consecutive."""

    layer: Layer
    row_class: Ints
    start: Ints
    off: Ints

    @classmethod
    def of(cls, layer: Layer, row_class: Ints) -> RowIndex:
        """Rows whose classes are `row_class` (sorted), repeated over memories."""
        counts = np.bincount(row_class, minlength=layer.level.count)
        return cls(layer, row_class, offsets(counts), offsets(counts[layer.cls]))

    def __len__(self) -> int:
        return int(self.off[-1])

    def at(self, memory: Ints, row: Ints) -> Ints:
        """Number of `row` of the class in `memory`."""
        result: Ints = self.off[memory] + row - self.start[self.layer.cls[memory]]
        return result

    @cached_property
    def all(self) -> tuple[Ints, Ints]:
        """(memory, row of the class) of every row."""
        cls = self.layer.cls
        return spread(self.start[cls], np.diff(self.start)[cls])


@dataclass(eq=False, repr=False)
class Entries(Short):
    """Laid-out coefficients: local row numbers, column numbers within the block, values."""

    row: Ints
    column: Ints
    value: Array


def _repeat(rows: RowIndex, row: Ints) -> tuple[Ints, Ints, Ints | slice]:
    """(memory, laid-out row, entry of the class) for entries whose rows are `row` (sorted)."""
    layer = rows.layer
    if layer.each_class_once:
        return rows.row_class[row], row, slice(None)
    counts = np.bincount(rows.row_class[row], minlength=layer.level.count)
    starts = offsets(counts)[:-1]
    memory, entry = spread(starts[layer.cls], counts[layer.cls])
    laid = rows.at(memory, row[entry])
    return memory, laid, entry


def lay_out_plays(rows: RowIndex, terms: Terms) -> Entries:
    """Coefficients on plays."""
    layer = rows.layer
    memory, laid, entry = _repeat(rows, terms.play_row)
    local = terms.play[entry] - layer.level.play_start[layer.cls[memory]]
    return Entries(laid, layer.play_off[memory] + local, terms.play_value[entry])


def lay_out_points(rows: RowIndex, terms: Terms) -> Entries:
    """Coefficients on decision points (payments)."""
    layer = rows.layer
    memory, laid, entry = _repeat(rows, terms.pay_row)
    local = terms.pay_point[entry] - layer.level.point_start[layer.cls[memory]]
    return Entries(laid, layer.point_off[memory] + local, terms.pay_value[entry])


def lay_out_next(rows: RowIndex, terms: Terms, states_after: StateIndex) -> Entries:
    """Coefficients on the states of the next period."""
    layer = rows.layer
    memory, laid, entry = _repeat(rows, terms.next_row)
    level = layer.level
    starts = level.play_start if level.remembers else level.point_start
    link = terms.next_link[entry]
    following = layer.link_off[memory] + link - starts[layer.cls[memory]]
    column = states_after.at(following, terms.next_state[entry])
    return Entries(laid, column, terms.next_value[entry])


def lay_out_states(rows: RowIndex, states: StateIndex, state: Ints) -> Ints:
    """Column of one state per row, in the order of the laid-out rows; `state` is by row of the class."""
    memory, row = rows.all
    return states.at(memory, state[row])
