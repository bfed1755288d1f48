"""What the columns of a program stand for: its histories, what agents know there, and where it all is.

Weights n are the mechanism's own probabilities of histories. Columns come in runs, one after another:
``allocation.t``, the mechanism's own probability of every play (or quantity of every good);
``payment.t.agent``, weight times payment at every decision point; ``utility.t.agent``, weight times what the
agent can still get, by history and true type. Every program of a layout begins with these columns and with
the rows that make allocations lotteries (``flow.t``); `columns.py` declares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal, TypeVar

import numpy as np

from ...solvers.blocks import Block, Label
from ...solvers.numbers import Array, Ints, is_exact, zeros
from ...solvers.short import Short
from ..environment.environment import Environment
from ..histories.classes import Level
from ..histories.tree import Tree, build_tree
from ..histories.views import View, build_view
from .lay_out import StateIndex
from .plan import Plan
from .stakes import Stakes
from .terms import Terms, deviation_terms

Column = tuple[Literal["allocation", "payment", "utility"], int, int]
"""A run of columns: what they are, their period and their agent (0 for the allocation)."""
Key = TypeVar("Key")


@dataclass(frozen=True, eq=False, repr=False)
class Layout(Short):
    """The columns of a plan's programs, and the histories that they are about.

    env: the environment compiled (a rewriting of the user's, for relaxations).
    views[t][i], states[t][i]: what agent i knows in period t, and the numbers of her utility columns.
    stakes: sizes of money to expect; None where they are beyond what doubles hold.
    columns: every run of columns, in order. flows[t]: rows of the lotteries, of periods without goods.
    weight_columns[t] (M,): column of the mechanism's own probability of each memory, -1 where it is 1.
    """

    env: Environment
    plan: Plan
    tree: Tree
    views: Sequence[Mapping[int, View]]
    states: Sequence[Mapping[int, StateIndex]]
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
        states = [
            {i: StateIndex.of(layer, view) for i, view in views[t].items()}
            for t, layer in enumerate(tree.layers)
        ]
        columns = _in_order(_columns(plan, tree, states))
        flows = _in_order(
            (t, f"flow.{t}", int(layer.point_off[-1]), partial(point_label, tree, t))
            for t, layer in enumerate(tree.layers)
            if env.goods[t] is None
        )
        weights = tuple(_weight_columns(tree, columns))
        return cls(
            env, plan, tree, views, states, Stakes.of(env, plan, tree, states), columns, flows, weights
        )

    @property
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
        return np.where(column < 0, zeros(len(column), is_exact(primal)) + 1, primal[np.maximum(column, 0)])

    def terms(self, t: int, i: int, state: Ints, report: Ints, difference: bool) -> Terms:
        """What these reports earn; see `terms.py`."""
        later = t + 1 < self.horizon and bool(self.views[t + 1])
        return deviation_terms(
            self.env,
            self.levels[t],
            self.views[t][i],
            self.levels[t + 1] if later else None,
            self.views[t + 1][i] if later else None,
            state,
            report,
            difference,
        )


def make_views(
    env: Environment, plan: Plan, levels: list[Level], limit: float
) -> list[dict[int, View]]:
    """The views that the plan needs: period 0 alone where nobody's lies have a future.

    limit: bytes that the program may take. Raises `TooLarge` where the states of one view already take more.
    """
    notion = plan.incentives
    chain = not plan.utilities and plan.participation.by_state
    needed = (plan.any_lies or notion.myopic or chain) and not plan.aggregated
    return [
        {
            i: build_view(env, level, i, notion.information, notion.everywhere, not plan.any_lies, limit)
            for i in env.private
        }
        if needed or level.t == 0
        else {}
        for level in levels
    ]


def _in_order(runs: Iterator[tuple[Key, str, int, Label]]) -> dict[Key, Block]:
    """Runs (key, name, size, label) as blocks, one after another from 0."""
    found: dict[Key, Block] = {}
    start = 0
    for key, name, size, label in runs:
        found[key] = Block(name, start, size, (size,), label)
        start += size
    return found


def _columns(
    plan: Plan, tree: Tree, states: list[dict[int, StateIndex]]
) -> Iterator[tuple[Column, str, int, Label]]:
    """(key, name, size, label) of every run of columns, in order."""
    agents, last = tree.env.agents, len(tree.layers) - 1
    for t, layer in enumerate(tree.layers):
        yield ("allocation", t, 0), f"allocation.{t}", len(layer.plays[0]), partial(play_label, tree, t)
    for t, layer in enumerate(tree.layers):
        if plan.utilities or not (plan.pays_every_period or t == last):
            continue
        label = partial(point_label, tree, t)
        for i in tree.env.private:
            yield ("payment", t, i), f"payment.{t}.{agents[i].name}", int(layer.point_off[-1]), label
    for t, row in enumerate(states):
        for i, index in row.items():
            label = partial(numbered_state, tree, index)
            yield ("utility", t, i), f"utility.{t}.{agents[i].name}", len(index), label


def _weight_columns(tree: Tree, columns: Mapping[Column, Block]) -> Iterator[Ints]:
    """For every period the column of each memory's weight: of the play that led there, if remembered."""
    column = np.full(1, -1, dtype=np.int64)
    yield column
    for t, before in enumerate(tree.layers[:-1]):
        parent = tree.layers[t + 1].parent
        if before.level.remembers:
            column = columns["allocation", t, 0].start + parent
        else:
            column = column[before.points[0][parent]]
        yield column


def play_label(tree: Tree, t: int, k: int) -> str:
    """A play as a person reads it: ``history|types|action``."""
    layer = tree.layers[t]
    m, p = int(layer.plays[0][k]), int(layer.plays[1][k])
    action = tree.env.actions[t][layer.level.play_action[p]]
    return f"{_profile_label(tree, t, m, int(layer.level.play_point[p]))}|{action}"


def point_label(tree: Tree, t: int, k: int) -> str:
    """A decision point as a person reads it: ``history|types``."""
    memory, point = tree.layers[t].points
    return _profile_label(tree, t, int(memory[k]), int(point[k]))


def _profile_label(tree: Tree, t: int, m: int, point: int) -> str:
    profile = tree.layers[t].level.digits[point]
    names = ",".join(tree.env.agents[j].types[t][d] for j, d in enumerate(profile))
    return f"{tree.memory_label(t, m)}|{names}"


def state_label(tree: Tree, view: View, m: int, s: int) -> str:
    """A state as a person reads it: ``history|what she sees|her type`` (``before>now`` if joint)."""
    env, t, i = tree.env, view.t, view.agent
    seen = view.info_digits[view.state_info[s]]
    shown = [
        j
        for j in range(env.num_agents)
        if j != i and (j in env.observed or view.information.value == "profile")
    ]
    parts = [tree.memory_label(t, m)]
    parts += [f"{env.agents[j].name}={env.agents[j].types[t][seen[j]]}" for j in shown]
    own = env.agents[i].types[t][view.state_type[s]]
    if env.joint and t > 0 and view.information.value == "interim":
        own = f"{env.agents[i].types[t - 1][view.state_before[s]]}>{own}"
    return "|".join([*parts, own])


def numbered_state(tree: Tree, index: StateIndex, k: int) -> str:
    """The k-th state of a layer as a person reads it; see `state_label`."""
    memory, state = index.all
    return state_label(tree, index.view, int(memory[k]), int(state[k]))
