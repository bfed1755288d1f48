"""What the columns of a program stand for: its histories, what agents know there, and where it all is.

Weights n are the mechanism's own probabilities of histories. Columns come in runs, one after another:
``allocation.t``, the mechanism's own probability of every play (or quantity of every good);
``payment.t.agent``, weight times payment at every decision point; ``utility.t.agent``, weight times what the
agent can still get, by history and true type. Every program of a layout begins with these columns and with
the rows that make allocations lotteries (``flow.t``); `columns.py` declares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal, TypeVar

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.blocks import Block, Label
from ...solvers.numbers import Array, Bools, Ints, scaled
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.outside import beyond_outside
from ..histories.classes import Level
from ..histories.concealed import Recalled, Recollections, recollections_of
from ..histories.ragged import starts_of
from ..histories.tree import Layer, Repeated, Tree, build_tree
from ..histories.views import View
from ..notions.incentives import Information
from ..society.outside import outside_option
from .plan import Plan
from .stakes import Stakes
from .terms import Entries, Terms, deviation_terms, lay_out, lay_out_later

Column = tuple[Literal["allocation", "payment", "utility"], int, int]
"""A run of columns: what they are, their period and their agent (0 for the allocation)."""
Key = TypeVar("Key")


@dataclass(frozen=True, eq=False, repr=False)
class Layout(Short):
    """The columns of a plan's programs, and the histories that they are about.

    env: the environment compiled (a rewriting of the user's, for relaxations).
    views[t][i], states[t][i]: what agent i knows in period t, and the numbers of her utility columns.
    recollections[t]: of the agents who know less of the past than the designer, what they recall of it; their
        states and rows are one for each recollection, all others' one for each memory.
    stakes: sizes of money to expect; None where they are beyond what doubles hold.
    columns: every run of columns, in order. flows[t]: rows of the lotteries, of periods without goods.
    weight_columns[t] (M,): column of the mechanism's own probability of each memory, -1 where it is 1.
    """

    env: Environment
    plan: Plan
    tree: Tree
    views: Sequence[Mapping[int, View]]
    states: Sequence[Mapping[int, Repeated]]
    recollections: Sequence[Mapping[int, Recollections]]
    stakes: Stakes | None
    columns: Mapping[Column, Block]
    flows: Mapping[int, Block]
    weight_columns: Sequence[Ints]

    def _facts(self) -> Mapping[str, object]:
        return {"environment": self.env.name, "formulation": self.plan.formulation}

    @classmethod
    def of(
        cls, env: Environment, plan: Plan, levels: list[Level], views: Sequence[Mapping[int, View]]
    ) -> Layout:
        """Lay out the histories of these classes."""
        tree = build_tree(env, levels)
        recalled = recollections_of(tree, views)
        states = [
            {i: _known(layer, known.get(i), view.class_state_start) for i, view in row.items()}
            for layer, known, row in zip(tree.layers, recalled, views, strict=True)
        ]
        columns = _in_order(_columns(plan, tree, views, states))
        flows = _in_order(
            (t, f"flow.{t}", len(layer.points), partial(point_label, tree, t))
            for t, layer in enumerate(tree.layers)
            if env.goods[t] is None
        )
        stakes, weights = Stakes.of(env, plan, tree, views, states), tuple(_weight_columns(tree, columns))
        return cls(env, plan, tree, views, states, recalled, stakes, columns, flows, weights)

    def in_doubles(self) -> Layout:
        """The same with its numbers rounded; what columns stand for stays."""
        tree, env = self.tree.in_doubles(), self.env.to_float()
        views = [{i: view.in_doubles(env.process) for i, view in row.items()} for row in self.views]
        plan = replace(self.plan, objective=self.plan.objective.over(False))
        if env.conceals:  # where what is recalled has weights of its own
            return Layout.of(env, plan, [layer.level for layer in tree.layers], views)
        return replace(self, env=env, plan=plan, tree=tree, views=views)

    @cached_property
    def outside(self) -> Mapping[int, tuple[Array, ...]]:
        """What each agent who reports has outside, by period (profiles,), where participation promises it."""
        if not self.plan.participation.outside:
            return {}
        return {i: outside_option(self.env, i)[0] for i in self.env.private}

    @cached_property
    def promised(self) -> Environment:
        """The environment of whose values participation promises something: less what is had outside."""
        return self.env if self.plan.participation.nothing else beyond_outside(self.env)

    @cached_property
    def horizon(self) -> int:
        """Number of periods."""
        return len(self.tree.layers)

    @cached_property
    def levels(self) -> list[Level]:
        """The classes of every period."""
        return [layer.level for layer in self.tree.layers]

    @property
    def num_columns(self) -> int:
        """Number of columns of the layout; what a question adds comes after them."""
        return sum(block.size for block in self.columns.values())

    def allocation(self, t: int) -> Block:
        """Columns of the plays of period t."""
        return self.columns["allocation", t, 0]

    def pays(self, t: int, i: int) -> bool:
        """Whether agent i has payment columns in period t."""
        return ("payment", t, i) in self.columns

    def payment(self, t: int, i: int) -> Block:
        """Columns of agent i's payments at the decision points of period t, where she `pays`."""
        return self.columns["payment", t, i]

    def utility(self, t: int, i: int) -> Block:
        """Columns of agent i's utilities in period t, numbered by ``states[t][i]``."""
        return self.columns["utility", t, i]

    def weight(self, t: int, primal: Array) -> Array:
        """The mechanism's own probability of each memory of period t where the columns are `primal`: (M,)."""
        column = self.weight_columns[t]
        return np.where(column < 0, arithmetic_of(primal).ones(len(column)), primal[np.maximum(column, 0)])

    def rows(self, t: int, i: int, cls: Ints) -> Repeated:
        """Rows about what agent i knows in period t, of which the classes have these (sorted)."""
        layer = self.tree.layers[t]
        return _known(layer, self.recollections[t].get(i), starts_of(cls, layer.level.count))

    def known(self, t: int, i: int, by_memory: Array) -> Array:
        """A figure of the memories of period t (M,), with their weights, as agent i expects it there:
        alike for all memories that she cannot tell apart."""
        known = self.recollections[t].get(i)
        return by_memory if known is None else known.total(by_memory)[known.of_memory]

    def reached(self, t: int, i: int) -> Bools:
        """Whether truth reaches each state of agent i in period t."""
        memory, state = self.states[t][i].all
        probable = self.views[t][i].state_prob[state] != 0
        return np.asarray(probable & (self.tree.layers[t].nature[memory] != 0), dtype=bool)

    def terms(self, t: int, i: int, state: Ints, report: Ints, difference: bool, sign: int = 1) -> Terms:
        """What these reports earn, times ±1; see `terms.py`."""
        env, view = self.env, self.views[t][i]
        after = self.views[t + 1].get(i) if t + 1 < self.horizon else None
        return deviation_terms(env, self.levels[t], view, after, state, report, difference, sign)

    def earned(self, t: int, i: int, rows: Repeated, terms: Terms) -> list[Entries]:
        """What agent i earns in these rows, in the columns of the layout: plays, payments, what follows."""
        layer = self.tree.layers[t]
        earned = [_from(self.allocation(t), lay_out(rows, terms.plays, layer.plays))]
        if self.pays(t, i):
            paid = lay_out(rows, terms.points, layer.points)
            earned.append(_from(self.payment(t, i), paid, -terms.sign))
        if len(terms.later):
            later = lay_out_later(rows, terms, layer.links, self.states[t + 1][i])
            earned.append(_from(self.utility(t + 1, i), later))
        return earned


def _known(layer: Layer, known: Recollections | None, start: Ints) -> Repeated:
    """Things that classes have (start (C + 1,)) in every memory, or in all that an agent recalls."""
    if known is None:
        return Repeated(start, layer.cls)
    return Recalled(start, layer.cls[known.memory], known, layer.cls)


def _from(block: Block, entries: Entries, sign: int = 1) -> Entries:
    """Entries times ±1, whose columns are counted from the start of a block."""
    value = entries.value if sign > 0 else scaled(-1, entries.value)
    return Entries(entries.row, block.start + entries.column, value)


def _in_order(runs: Iterator[tuple[Key, str, int, Label]]) -> dict[Key, Block]:
    """Runs (key, name, size, label) as blocks, one after another from 0."""
    blocks: dict[Key, Block] = {}
    start = 0
    for key, name, size, label in runs:
        blocks[key] = Block(name, start, size, (size,), label)
        start += size
    return blocks


def _columns(
    plan: Plan,
    tree: Tree,
    views: Sequence[Mapping[int, View]],
    states: Sequence[Mapping[int, Repeated]],
) -> Iterator[tuple[Column, str, int, Label]]:
    """(key, name, size, label) of every run of columns, in order."""
    agents, last = tree.env.agents, len(tree.layers) - 1
    for t, layer in enumerate(tree.layers):
        yield ("allocation", t, 0), f"allocation.{t}", len(layer.plays), partial(play_label, tree, t)
    for t, layer in enumerate(tree.layers):
        if plan.utilities or not (plan.pays_every_period or t == last):
            continue
        label = partial(point_label, tree, t)
        for i in tree.env.private:
            yield ("payment", t, i), f"payment.{t}.{agents[i].name}", len(layer.points), label
    for t, row in enumerate(states):
        for i, index in row.items():
            label = partial(numbered_state, tree, views[t][i], index)
            yield ("utility", t, i), f"utility.{t}.{agents[i].name}", len(index), label


def _weight_columns(tree: Tree, columns: Mapping[Column, Block]) -> Iterator[Ints]:
    """For every period the column of each memory's weight: of the play that led there, if remembered."""
    column = np.full(1, -1, dtype=np.int64)
    yield column
    for t, before in enumerate(tree.layers[:-1]):
        remembers = before.level.remembers
        column = columns["allocation", t, 0].index if remembers else column[before.points.memory]
        yield column


def point_label(tree: Tree, t: int, k: int) -> str:
    """A decision point as a person reads it: ``history|types``."""
    points, level = tree.layers[t].points, tree.layers[t].level
    profile = level.digits[points.of_class[k]]
    names = ",".join(tree.env.agents[j].types[t][d] for j, d in enumerate(profile))
    return f"{tree.memory_label(t, int(points.memory[k]))}|{names}"


def play_label(tree: Tree, t: int, k: int) -> str:
    """A play as a person reads it: ``history|types|action``."""
    layer = tree.layers[t]
    action = layer.level.play_action[layer.plays.of_class[k]]
    return f"{point_label(tree, t, int(layer.play_point[k]))}|{tree.env.actions[t][action]}"


def state_label(tree: Tree, view: View, m: int, s: int) -> str:
    """A state as a person reads it: ``history|what she sees|her type`` (``before>now`` if joint)."""
    env, t, i = tree.env, view.t, view.agent
    interim = view.information is Information.INTERIM
    seen = view.info_digits[view.state_info[s]]
    shown = [j for j in range(env.num_agents) if j != i and not (interim and j in env.private)]
    own = env.agents[i].types[t][view.state_type[s]]
    if env.joint and t > 0 and interim:
        own = f"{env.agents[i].types[t - 1][view.state_before[s]]}>{own}"
    others = [f"{env.agents[j].name}={env.agents[j].types[t][seen[j]]}" for j in shown]
    return "|".join([tree.memory_label(t, m, i if interim else None), *others, own])


def numbered_state(tree: Tree, view: View, index: Repeated, k: int) -> str:
    """The k-th state of a layer as a person reads it; see `state_label`."""
    return state_label(tree, view, int(index.memory[k]), int(index.of_class[k]))
