"""Rows of the participation promise: what `asked.py` says, in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import numpy as np

from ...solvers.blocks import Block, Label
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder
from ..environment.environment import Environment
from ..histories.classes import value_at
from ..histories.ragged import flat_index, spread
from ..histories.tree import Tree
from ..histories.views import View
from ..notions.incentives import Information
from .asked import FirstTypes, Paths, States, promised
from .lay_out import StateIndex
from .layout import Layout, numbered_state, point_label

Promises: TypeAlias = Iterator[tuple[tuple[int, int], Block]]


def add_participation(layout: Layout, build: Builder) -> dict[tuple[int, int], Block]:
    """Add the rows of the plan's participation notion: blocks by (last period that counts, agent)."""
    return {
        key: block
        for asked in promised(layout.env, layout.plan)
        for key, block in WRITTEN[type(asked)](layout, build, asked)
    }


def _promises(layout: Layout, build: Builder, t: int, i: int, size: int, label: Label) -> Block:
    """Rows that are at least 0, still without entries."""
    return build.rows(f"participation.{t}.{layout.env.agents[i].name}", size, lower=0, label=label)


def _initial(layout: Layout, build: Builder, _: FirstTypes) -> Promises:
    """Expected utility of every initial type; under PROFILE views averaged over the others' types."""
    env = layout.env
    for i, view in layout.views[0].items():
        if view.information is Information.INTERIM:
            yield (0, i), _of_states(layout, build, 0, i)
            continue
        state, keys, row = first_types(env, view)

        def label(k: int, keys: Ints = keys, i: int = i) -> str:
            digits = np.unravel_index(int(keys[k]), env.types(0))
            shown = [*env.observed, i]
            return "|".join(env.agents[j].types[0][int(digits[j])] for j in shown)

        block = _promises(layout, build, 0, i, len(keys), label)
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
    """Utility from period t on, at every state that truth reaches."""
    view, index = layout.views[t][i], layout.states[t][i]
    memory, state = index.all
    reached = np.flatnonzero((view.state_prob[state] != 0) & (layout.tree.layers[t].nature[memory] != 0))
    label = partial(_reached_state, layout.tree, index, reached)
    block = _promises(layout, build, t, i, len(reached), label)
    build.entries(block.index, layout.utility(t, i).start + reached, 1)
    return block


def _paths(layout: Layout, build: Builder, asked: Paths) -> Promises:
    """Discounted utility over periods first..end of every path that truth reaches, in money of `first`.

    Periods whose action is remembered count at the action that was taken, weighted by the play that led on;
    later ones, and the last, by expectation over the lottery.
    """
    env, tree, end, first = layout.env, layout.tree, asked.end, asked.first
    layer = tree.layers[end]
    reached = np.flatnonzero(layer.point_nature != 0)
    trail = [points[reached] for points in tree.ancestors(end)]
    # Periods before `taken` enter at the action that was taken.
    taken = next((s for s in range(end) if not tree.layers[s].level.remembers), end)
    for i in env.private:
        label = partial(_reached_point, tree, end, reached)
        block = _promises(layout, build, end, i, len(reached), label)
        if taken > first:
            memory = tree.layers[taken].points[0][trail[taken]]
            earned = realised(layout, i, taken, first)[memory]
            used = np.flatnonzero(earned != 0)
            column = layout.weight_columns[taken][memory]
            build.entries(block.start + used, column[used], earned[used])
        begin = max(first, taken)
        rate = env.discount ** (begin - first)
        for s in range(begin, end + 1):
            here = tree.layers[s]
            row, play = _plays_of(here.play_point, trail[s])
            local = here.plays[1][play]
            level = here.level
            value = value_at(env, i, s, level.play_action, level.digits[level.play_point])[local]
            column = layout.allocation(s).start + play
            build.entries(block.start + row, column, rate * value)
            rate = rate * env.discount
        for s in range(first, end + 1):
            if layout.pays(s, i):
                paid = layout.payment(s, i).start + trail[s]
                build.entries(block.index, paid, -(env.discount ** (s - first)))
        yield (end, i), block


def _reached_point(tree: Tree, t: int, reached: Ints, k: int) -> str:
    return point_label(tree, t, int(reached[k]))


def _reached_state(tree: Tree, index: StateIndex, reached: Ints, k: int) -> str:
    return numbered_state(tree, index, int(reached[k]))


def realised(layout: Layout, i: int, taken: int, first: int = 0) -> Array:
    """Agent i's discounted value over the periods first..taken-1 of each memory of period `taken`: (M,)."""
    env, tree = layout.env, layout.tree
    total: Array = tree.layers[0].nature * 0
    rate = env.discount**0
    for s in range(taken):
        layer, level = tree.layers[s], tree.layers[s].level
        play = tree.layers[s + 1].parent
        memory, local = layer.plays[0][play], layer.plays[1][play]
        total = total[memory]
        if s >= first:
            value = value_at(env, i, s, level.play_action, level.digits[level.play_point])
            total = total + rate * value[local]
        rate = rate * env.discount
    return total


def _plays_of(play_point: Ints, points: Ints) -> tuple[Ints, Ints]:
    """(position in `points`, play) of every play of these decision points."""
    counts = np.bincount(play_point, minlength=int(points.max(initial=-1)) + 1)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return spread(starts[points], counts[points])


WRITTEN: dict[type, Callable[..., Promises]] = {FirstTypes: _initial, States: _continuations, Paths: _paths}
"""How rows are written, by what is asked: (compilation, builder, what is asked)."""
