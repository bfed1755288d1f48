"""Rows of the participation promise: what `asked.py` says, in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from ...solvers.blocks import Block, Label
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import Level
from ..histories.ragged import flat_index, group_sums
from ..histories.views import View
from ..notions.incentives import Information
from .asked import FirstTypes, Paths, States, promised
from .layout import Layout, numbered_state, point_label
from .outside_rows import outside_of_paths, outside_of_states
from .path_sums import path_sums

Promises: TypeAlias = Iterator[tuple[tuple[int, int], Block]]


def add_participation(layout: Layout, build: Builder) -> dict[tuple[int, int], Block]:
    """Add the rows of the plan's participation notion: blocks by (last period that counts, agent)."""
    return {
        key: block
        for asked in promised(layout.env, layout.plan)
        for key, block in WRITTEN[type(asked)](layout, build, asked)
    }


def _promises(
    layout: Layout, build: Builder, t: int, i: int, size: int, label: Label, lower: Any = 0
) -> Block:
    """Rows that are at least `lower`, still without entries."""
    return build.rows(f"participation.{t}.{layout.env.agents[i].name}", size, lower=lower, label=label)


def _initial(layout: Layout, build: Builder, _: FirstTypes) -> Promises:
    """Expected utility of every initial type; under PROFILE views averaged over the others' types."""
    env = layout.env
    for i, view in layout.views[0].items():
        if view.information is Information.INTERIM:
            yield (0, i), _of_states(layout, build, 0, i)
            continue
        state, keys, row = first_types(env, view)
        of_state = np.full(len(view.state_prob), -1, dtype=np.int64)
        of_state[state] = row

        def label(k: int, keys: Ints = keys, i: int = i) -> str:
            digits = np.unravel_index(int(keys[k]), env.types(0))
            return "|".join(env.agents[j].types[0][int(digits[j])] for j in (*env.observed, i))

        block = _above_outside(layout, build, 0, i, of_state, len(keys), label, view.state_prob)
        build.entries(block.start + row, layout.utility(0, i).start + state, view.state_prob[state])
        yield (0, i), block


def first_types(env: Environment, view: View) -> tuple[Ints, Ints, Ints]:
    """(states of positive probability, one key for each row, the row of each state); a key has the types that
    everybody sees and her own."""
    state = np.flatnonzero(view.state_prob != 0)
    seen = view.info_digits[view.state_info[state]].copy()
    seen[:, [j for j in env.private if j != view.agent]] = 0
    seen[:, view.agent] = view.state_type[state]
    keys, row = np.unique(flat_index(seen, env.types(0)), return_inverse=True)
    return state, keys, row.reshape(-1)


def _continuations(layout: Layout, build: Builder, asked: States) -> Promises:
    for i in layout.views[asked.t]:
        yield (asked.t, i), _of_states(layout, build, asked.t, i)


def _of_states(layout: Layout, build: Builder, t: int, i: int) -> Block:
    """Utility from period t on, at every state that truth reaches: V ≥ 0, or V ≥ what she has outside."""
    view, index = layout.views[t][i], layout.states[t][i]
    reached = np.flatnonzero(layout.reached(t, i))

    def label(k: int) -> str:
        return numbered_state(layout.tree, view, index, int(reached[k]))

    row = np.full(len(index), -1, dtype=np.int64)
    row[reached] = np.arange(len(reached))
    block = _above_outside(layout, build, t, i, row, len(reached), label)
    build.entries(block.index, layout.utility(t, i).start + reached, 1)
    return block


def _above_outside(
    layout: Layout,
    build: Builder,
    t: int,
    i: int,
    row: Ints,
    size: int,
    label: Label,
    weight: Array | None = None,
) -> Block:
    """Rows that are at least what is had outside in the states of period t, without the entries of utilities.

    row: of each state as numbered, -1 for none; weight: by which states count in their rows, 1 where None.
    """
    owed = outside_of_states(layout, t, i)
    amount = owed.amount if weight is None else owed.amount * weight[owed.state]
    at, column = row[owed.state], owed.column
    certain, weighed = ((at >= 0) & (column < 0), (at >= 0) & (column >= 0))
    block = _promises(layout, build, t, i, size, label, group_sums(amount[certain], at[certain], size))
    build.entries(block.start + at[weighed], column[weighed], -amount[weighed])
    return block


def _paths(layout: Layout, build: Builder, asked: Paths) -> Promises:
    """Discounted utility over periods first..end of every path that truth reaches, in money of `first`."""
    env, tree, end = layout.env, layout.tree, asked.end
    reached = np.flatnonzero(tree.layers[end].point_nature != 0)

    def label(k: int) -> str:
        return point_label(tree, end, int(reached[k]))

    for i in env.private:
        certain = outside_of_paths(layout, i, reached, end, asked.first)
        block = _promises(layout, build, end, i, len(reached), label, certain)

        def value(level: Level, i: int = i) -> Array:
            return level.values(layout.promised, i)

        for sums in path_sums(layout, reached, end, asked.first, value, {i: -1}):
            build.entries(block.start + sums.row, sums.column, sums.value)
        yield (end, i), block


WRITTEN: dict[type, Callable[..., Promises]] = {FirstTypes: _initial, States: _continuations, Paths: _paths}
"""How rows are written, by what is asked: (compilation, builder, what is asked)."""
