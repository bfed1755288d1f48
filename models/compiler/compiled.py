"""What a compilation holds: the program, its histories, and the names of its columns and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ...solvers.blocks import Block
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder, Program
from ..environment import Environment
from ..histories.classes import Level
from ..histories.tree import Tree
from ..histories.views import View, build_view
from ..participation import Promise
from .lay_out import RowIndex, StateIndex
from .plan import Plan
from .terms import Terms, deviation_terms

if TYPE_CHECKING:
    from .posted_prices import PostedPrices
    from .stakes import Stakes


@dataclass(eq=False)
class Compiled:
    """A program with the way back to the economics.

    env: the environment compiled (a rewriting of the user's, for relaxations).
    views[t][i], states[t][i]: what agent i knows in period t, and the numbers of her utility columns.
    builder: the program as it was put together; rows can still be added to it and a new program built.
    posted: the same program rewritten in posted prices and the way back, where the plan says so.
    weight_column[t] (M,): column holding the mechanism's own probability of each memory, -1 where it is 1.
    """

    env: Environment
    plan: Plan
    tree: Tree
    views: list[dict[int, View]]
    states: list[dict[int, StateIndex]]
    weight_column: list[Ints]
    builder: Builder
    program: Program = field(init=False)
    columns: dict[tuple[str, int, int], Block] = field(default_factory=dict)
    incentive_rows: dict[tuple[int, int], tuple[RowIndex, Ints, Ints]] = field(default_factory=dict)
    """(t, i) to the rows' numbering and, by row of the class, state and report."""
    posted: tuple[Program, PostedPrices] | None = None
    stakes: Stakes | None = None
    """Sizes of money to expect; None where they are beyond what doubles hold."""

    @property
    def solved(self) -> Program:
        """The program that a solver gets; `program` has allocation and utilities of every period."""
        return self.program if self.posted is None else self.posted[0]

    def home_primal(self, primal: Array) -> Array:
        """A primal vector of `solved` as one of `program`."""
        return primal if self.posted is None else self.posted[1].primal(primal)

    def home_dual(self, dual: Array) -> Array:
        """Row duals of `solved` as ones of `program`, equally good."""
        return dual if self.posted is None else self.posted[1].dual(dual)

    @property
    def horizon(self) -> int:
        """Number of periods."""
        return len(self.tree.layers)

    @cached_property
    def levels(self) -> list[Level]:
        """The classes of every period."""
        return [layer.level for layer in self.tree.layers]

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
    chain = not plan.utilities and plan.participation.promise in (Promise.INITIAL, Promise.CONTINUATION)
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


def point_label(tree: Tree, t: int, k: int) -> str:
    """A decision point as a person reads it: ``history|types``."""
    layer = tree.layers[t]
    profile = layer.level.digits[layer.points[1][k]]
    names = ",".join(tree.env.agents[j].types[t][d] for j, d in enumerate(profile))
    return f"{tree.memory_label(t, int(layer.points[0][k]))}|{names}"


def state_label(made: Compiled, t: int, i: int, m: int, s: int) -> str:
    """A state as a person reads it: ``history|what she sees|her type`` (``before>now`` if joint)."""
    view = made.views[t][i]
    seen = view.info_digits[view.state_info[s]]
    env = made.env
    shown = [
        j
        for j in range(env.num_agents)
        if j != i and (j in env.observed or view.information.value == "profile")
    ]
    parts = [made.tree.memory_label(t, m)]
    parts += [f"{env.agents[j].name}={env.agents[j].types[t][seen[j]]}" for j in shown]
    own = env.agents[i].types[t][view.state_type[s]]
    if env.joint and t > 0 and view.information.value == "interim":
        own = f"{env.agents[i].types[t - 1][view.state_before[s]]}>{own}"
    return "|".join([*parts, own])
