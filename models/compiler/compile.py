"""The compiler: one environment, one plan, one program.

Columns: ``allocation.t`` (weight x of every play), ``payment.t.agent`` (weight times payment at every
decision point, where the formulation has payments), ``utility.t.agent`` (weight times what the agent can
still get, by history and true type; what a liar can get at improbable types).
Rows: ``flow.t`` (x is a lottery, in sequence form), ``truth.t.agent`` (utility is what truth earns),
``incentive.t.agent`` (no report earns more), ``participation...`` (the promise).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...solvers.blocks import Block
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder, Program
from ..environment import Environment
from ..histories.classes import Level, value_at
from ..histories.tree import Tree, build_tree
from ..histories.views import View, adjacent_below, build_view, pairs
from ..incentives import Lies
from ..participation import Promise
from .lay_out import (
    RowIndex,
    StateIndex,
    lay_out_next,
    lay_out_plays,
    lay_out_points,
    lay_out_states,
)
from .plan import Plan
from .terms import Terms, deviation_terms


@dataclass(eq=False)
class Compiled:
    """A program with the way back to the economics.

    env: the environment compiled (a rewriting of the user's, for relaxations).
    views[t][i], states[t][i]: what agent i knows in period t, and the numbers of her utility columns.
    builder: the program as it was put together; rows can still be added to it and a new program built.
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


def make_views(env: Environment, plan: Plan, levels: list[Level]) -> list[dict[int, View]]:
    """The views that the plan needs: period 0 alone where nobody's lies have a future."""
    notion = plan.incentives
    chain = not plan.utilities and plan.participation.promise in (Promise.INITIAL, Promise.CONTINUATION)
    needed = (plan.any_lies or notion.myopic or chain) and not plan.aggregated
    return [
        {
            i: build_view(env, level, i, notion.information, notion.everywhere, not plan.any_lies)
            for i in env.private
        }
        if needed or level.t == 0
        else {}
        for level in levels
    ]


def compile_program(
    env: Environment, plan: Plan, levels: list[Level], views: list[dict[int, View]]
) -> Compiled:
    """Lay out histories and build the program."""
    tree = build_tree(env, levels)
    states = [
        {i: StateIndex.of(layer, view) for i, view in views[t].items()} for t, layer in enumerate(tree.layers)
    ]
    build = Builder(sense="max", exact=env.exact, name=f"{env.name}.{plan.incentives.name}")
    made = Compiled(env, plan, tree, views, states, [], build)
    _allocation(made, build)
    _payments(made, build)
    _utilities(made, build)
    _objective(made, build)
    _incentives(made, build)
    from .participation_rows import add_participation

    add_participation(made, build)
    made.program = build.build()
    return made


def _allocation(made: Compiled, build: Builder) -> None:
    env, tree = made.env, made.tree
    column = np.full(1, -1, dtype=np.int64)
    for t, layer in enumerate(tree.layers):
        if t > 0:
            before = tree.layers[t - 1]
            if before.level.remembers:
                column = made.columns["allocation", t - 1, 0].start + layer.parent
            else:
                column = column[before.points[0][layer.parent]]
        made.weight_column.append(column)
        play = layer.plays[1]
        goods = env.goods[t]
        upper: Array | None = None
        if goods is not None:
            bounds = np.array([np.inf if u is None else u for u in goods.upper], dtype=object)
            upper = bounds[layer.level.play_action[play]]

        def label(k: int, t: int = t) -> str:
            layer = tree.layers[t]
            m, p = int(layer.plays[0][k]), int(layer.plays[1][k])
            profile = layer.level.digits[layer.level.play_point[p]]
            names = ",".join(env.agents[j].types[t][d] for j, d in enumerate(profile))
            return f"{tree.memory_label(t, m)}|{names}|{env.actions[t][layer.level.play_action[p]]}"

        block = build.columns(f"allocation.{t}", len(play), lower=0, upper=upper, label=label)
        made.columns["allocation", t, 0] = block
        if goods is not None:
            continue
        count = int(layer.point_off[-1])
        weight = column[layer.points[0]]
        constant = weight < 0
        rows = build.rows(
            f"flow.{t}",
            count,
            lower=constant.astype(np.int64),
            upper=constant.astype(np.int64),
            label=partial(point_label, tree, t),
        )
        build.entries(rows.start + layer.play_point, block.index, 1)
        carried = np.flatnonzero(~constant)
        build.entries(rows.start + carried, weight[carried], -1)


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


def _payments(made: Compiled, build: Builder) -> None:
    if made.plan.utilities:
        return
    for t, layer in enumerate(made.tree.layers):
        if not made.plan.pays_every_period and t < made.horizon - 1:
            continue
        for i in made.env.private:
            made.columns["payment", t, i] = build.columns(
                f"payment.{t}.{made.env.agents[i].name}",
                int(layer.point_off[-1]),
                lower=None,
                label=partial(point_label, made.tree, t),
            )


def _utilities(made: Compiled, build: Builder) -> None:
    for t in range(made.horizon):
        for i, index in made.states[t].items():

            def label(k: int, t: int = t, i: int = i) -> str:
                memory, state = made.states[t][i].all(made.tree.layers[t])
                return state_label(made, t, i, int(memory[k]), int(state[k]))

            made.columns["utility", t, i] = build.columns(
                f"utility.{t}.{made.env.agents[i].name}", len(index), lower=None, label=label
            )


def _objective(made: Compiled, build: Builder) -> None:
    env, weights = made.env, made.plan.objective
    # Scalars are floats or rationals as the arrays are; the dtype of the arrays decides.
    rate: Any = env.discount**0
    revenue: Any = weights.revenue
    welfare: Any = weights.welfare
    for t, layer in enumerate(made.tree.layers):
        level = layer.level
        action = level.play_action
        digits = level.digits[level.play_point]
        gain = -(revenue + welfare) * env.costs[t][action]
        for i in range(env.num_agents):
            share = welfare + (revenue if made.plan.utilities and i in env.private else 0)
            if share != 0:
                gain = gain + share * value_at(env, i, t, action, digits)
        gain = rate * gain * level.prob[level.play_point]
        memory, play = layer.plays
        block = made.columns["allocation", t, 0]
        build.add_objective(block.index, layer.nature[memory] * gain[play])
        goods = env.goods[t]
        if goods is not None and (goods.quadratic != 0).any():
            count = len(goods.names)
            weight = np.repeat(-rate * (revenue + welfare) * layer.point_nature, count * count)
            a = np.repeat(np.arange(count), count)
            start = np.arange(0, len(layer.play_point), count)
            # Goods are all feasible at every point, so the plays of a point are consecutive.
            i_col = (start[:, None] + a[None, :]).ravel()
            j_col = (start[:, None] + np.tile(np.arange(count), count)[None, :]).ravel()
            build.quadratic(
                block.start + i_col,
                block.start + j_col,
                weight * np.tile(goods.quadratic.ravel(), len(start)),
            )
        for i in env.private:
            if ("payment", t, i) in made.columns and revenue != 0:
                paid = made.columns["payment", t, i]
                build.add_objective(paid.index, revenue * rate * layer.point_nature)
        rate = rate * env.discount
    if made.plan.utilities and revenue != 0:
        for i, view in made.views[0].items():
            build.add_objective(made.columns["utility", 0, i].index, -revenue * view.state_prob)


def _incentives(made: Compiled, build: Builder) -> None:
    for t in range(made.horizon):
        for i in made.views[t]:
            if made.plan.incentives.myopic:
                _myopic_rows(made, build, t, i)
                if made.plan.participation.promise in (Promise.INITIAL, Promise.CONTINUATION):
                    _truth_rows(made, build, t, i)
                continue
            if not made.plan.utilities:
                _truth_rows(made, build, t, i)
            if made.plan.any_lies:
                _lie_rows(made, build, t, i)


def choose_lies(made: Compiled, t: int, i: int) -> tuple[Ints, Ints]:
    """(state, report) of every incentive row of a class, sorted by class: lies that count at probable
    states, every report at improbable ones.
    """
    view, lies = made.views[t][i], made.plan.incentives.lies(t)
    if lies is Lies.ALL:
        state, report = pairs(view, np.arange(len(view.state_info)))
        keep = (report != view.truth[state]) | ~view.probable[state]
        return state[keep], report[keep]
    improbable_state, improbable_report = pairs(view, np.flatnonzero(~view.probable))
    if lies is Lies.NONE:
        return improbable_state, improbable_report
    below = adjacent_below(view)
    chosen = np.flatnonzero(view.probable & (below >= 0))
    state = np.concatenate([improbable_state, chosen])
    report = np.concatenate([improbable_report, below[chosen]])
    order = np.argsort(state, kind="stable")
    return state[order], report[order]


def _lie_rows(made: Compiled, build: Builder, t: int, i: int) -> None:
    layer, view = made.tree.layers[t], made.views[t][i]
    state, report = choose_lies(made, t, i)
    row_class = view.state_class[state]
    rows = RowIndex.of(layer, row_class)
    made.incentive_rows[t, i] = (rows, state, report)

    def label(k: int) -> str:
        memory, row = rows.all(layer)
        text = state_label(made, t, i, int(memory[k]), int(state[row[k]]))
        return f"{text}→{made.env.agents[i].types[t][view.report_type[report[row[k]]]]}"

    block = build.rows(f"incentive.{t}.{made.env.agents[i].name}", len(rows), lower=0, label=label)
    own = made.columns["utility", t, i]
    laid, column = lay_out_states(layer, rows, row_class, made.states[t][i], state)
    build.entries(block.start + laid, own.start + column, 1)
    difference = made.plan.utilities
    if difference:
        told = truthful_state(view)[report]
        laid, column = lay_out_states(layer, rows, row_class, made.states[t][i], told)
        build.entries(block.start + laid, own.start + column, -1)
    _subtract(made, build, t, i, block, rows, row_class, made.terms(t, i, state, report, difference))
    if made.plan.aggregated:
        from .aggregate import add_later_periods

        add_later_periods(made, build, i, block, state, report)


def truthful_state(view: View) -> Ints:
    """For each report the state whose truth it is (processes independent across agents): (G,)."""
    out = np.full(len(view.report_info), -1, dtype=np.int64)
    told = np.flatnonzero(view.truth >= 0)
    out[view.truth[told]] = told
    return out


def _truth_rows(made: Compiled, build: Builder, t: int, i: int) -> None:
    layer, view = made.tree.layers[t], made.views[t][i]
    state = np.flatnonzero(view.probable)
    row_class = view.state_class[state]
    rows = RowIndex.of(layer, row_class)

    def label(k: int) -> str:
        memory, row = rows.all(layer)
        return state_label(made, t, i, int(memory[k]), int(state[row[k]]))

    block = build.rows(f"truth.{t}.{made.env.agents[i].name}", len(rows), lower=0, upper=0, label=label)
    laid, column = lay_out_states(layer, rows, row_class, made.states[t][i], state)
    build.entries(block.start + laid, made.columns["utility", t, i].start + column, 1)
    _subtract(made, build, t, i, block, rows, row_class, made.terms(t, i, state, view.truth[state], False))


def _subtract(
    made: Compiled,
    build: Builder,
    t: int,
    i: int,
    block: Block,
    rows: RowIndex,
    row_class: Ints,
    terms: Terms,
) -> None:
    """Put minus what a report earns into its row."""
    layer = made.tree.layers[t]
    found = lay_out_plays(layer, rows, row_class, terms)
    build.entries(
        block.start + found.row, made.columns["allocation", t, 0].start + found.column, -found.value
    )
    if ("payment", t, i) in made.columns:
        found = lay_out_points(layer, rows, row_class, terms)
        build.entries(
            block.start + found.row, made.columns["payment", t, i].start + found.column, found.value
        )
    if len(terms.next_row):
        found = lay_out_next(layer, rows, row_class, terms, made.states[t + 1][i])
        build.entries(
            block.start + found.row, made.columns["utility", t + 1, i].start + found.column, -found.value
        )


def _myopic_rows(made: Compiled, build: Builder, t: int, i: int) -> None:
    """What truth earns in this period alone is at least what any other report earns."""
    layer, view = made.tree.layers[t], made.views[t][i]
    state, report = pairs(view, np.flatnonzero(view.probable))
    keep = report != view.truth[state]
    state, report = state[keep], report[keep]
    row_class = view.state_class[state]
    rows = RowIndex.of(layer, row_class)
    made.incentive_rows[t, i] = (rows, state, report)

    def label(k: int) -> str:
        memory, row = rows.all(layer)
        text = state_label(made, t, i, int(memory[k]), int(state[row[k]]))
        return f"{text}→{made.env.agents[i].types[t][view.report_type[report[row[k]]]]}"

    block = build.rows(f"incentive.{t}.{made.env.agents[i].name}", len(rows), lower=0, label=label)
    for reports, sign in ((view.truth[state], 1), (report, -1)):
        terms = deviation_terms(made.env, layer.level, view, None, None, state, reports)
        found = lay_out_plays(layer, rows, row_class, terms)
        build.entries(
            block.start + found.row, made.columns["allocation", t, 0].start + found.column, sign * found.value
        )
        found = lay_out_points(layer, rows, row_class, terms)
        build.entries(
            block.start + found.row, made.columns["payment", t, i].start + found.column, -sign * found.value
        )
