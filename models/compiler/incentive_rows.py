"""Rows of the incentive notion: utility is what truth earns, and no report earns more.

Per-period incentives compare the current utility alone; every other notion compares what a report earns with
the utility that continues, at probable states for the lies that the notion counts, and for every report at
improbable states, where the inequality carries the liar's best reply.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ...solvers.blocks import Block
from ...solvers.numbers import Ints
from ...solvers.program import Builder
from ..histories.views import View
from .aggregate import add_later_periods
from .asked import Lying, LyingNow, Truth, incentives
from .compiled import Compiled, state_label
from .lay_out import RowIndex, lay_out_next, lay_out_plays, lay_out_points, lay_out_states
from .terms import Terms, deviation_terms


def add_incentives(made: Compiled, build: Builder) -> None:
    """Add the rows of the plan's incentive notion."""
    for t in range(made.horizon):
        for i, view in made.views[t].items():
            for asked in incentives(made.plan, view):
                WRITTEN[type(asked)](made, build, t, i, asked)


def truthful_state(view: View) -> Ints:
    """For each report the state whose truth it is (processes independent across agents): (G,)."""
    out = np.full(len(view.report_info), -1, dtype=np.int64)
    told = np.flatnonzero(view.truth >= 0)
    out[view.truth[told]] = told
    return out


def _lie_rows(made: Compiled, build: Builder, t: int, i: int, asked: Lying) -> None:
    view, states = made.views[t][i], made.states[t][i]
    state, report = asked.told.pairs(view)
    rows, block = _lie_block(made, build, t, i, state, report)
    own = made.columns["utility", t, i].start
    build.entries(block.index, own + lay_out_states(rows, states, state), 1)
    difference = made.plan.utilities
    if difference:
        build.entries(block.index, own + lay_out_states(rows, states, truthful_state(view)[report]), -1)
    _earned(made, build, t, i, block, rows, made.terms(t, i, state, report, difference), -1)
    if made.plan.aggregated:
        add_later_periods(made, build, i, block, state, report)


def truth_rows(made: Compiled, build: Builder, t: int, i: int) -> None:
    """Utility is what truth earns, payments included, wherever truth is asked for."""
    view = made.views[t][i]
    state = np.flatnonzero(view.probable)
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])

    def label(k: int) -> str:
        memory, row = rows.all
        return state_label(made, t, i, int(memory[k]), int(state[row[k]]))

    block = build.rows(f"truth.{t}.{made.env.agents[i].name}", len(rows), lower=0, upper=0, label=label)
    own = made.columns["utility", t, i].start
    build.entries(block.index, own + lay_out_states(rows, made.states[t][i], state), 1)
    _earned(made, build, t, i, block, rows, made.terms(t, i, state, view.truth[state], False), -1)


def _rows_now(made: Compiled, build: Builder, t: int, i: int, asked: LyingNow) -> None:
    """What truth earns in this period alone is at least what any other report earns."""
    layer, view = made.tree.layers[t], made.views[t][i]
    state, report = asked.told.pairs(view)
    rows, block = _lie_block(made, build, t, i, state, report)
    for reports, sign in ((view.truth[state], 1), (report, -1)):
        terms = deviation_terms(made.env, layer.level, view, None, None, state, reports)
        _earned(made, build, t, i, block, rows, terms, sign)


def _lie_block(
    made: Compiled, build: Builder, t: int, i: int, state: Ints, report: Ints
) -> tuple[RowIndex, Block]:
    """A row for each (state, report) of a class, in every history of the class."""
    view = made.views[t][i]
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    made.incentive_rows[t, i] = (rows, state, report)
    label = partial(lie_label, made, t, i, rows, state, report)
    return rows, build.rows(f"incentive.{t}.{made.env.agents[i].name}", len(rows), lower=0, label=label)


def lie_label(made: Compiled, t: int, i: int, rows: RowIndex, state: Ints, report: Ints, k: int) -> str:
    """The k-th row's lie as a person reads it: ``history|true type→report``."""
    memory, row = rows.all
    told = made.views[t][i].report_type[report[row[k]]]
    text = state_label(made, t, i, int(memory[k]), int(state[row[k]]))
    return f"{text}→{made.env.agents[i].types[t][told]}"


def _earned(
    made: Compiled, build: Builder, t: int, i: int, block: Block, rows: RowIndex, terms: Terms, sign: int
) -> None:
    """Put what a report earns into its row, with this sign."""
    found = lay_out_plays(rows, terms)
    column = made.columns["allocation", t, 0].start + found.column
    build.entries(block.start + found.row, column, found.value if sign > 0 else -found.value)
    if ("payment", t, i) in made.columns:
        found = lay_out_points(rows, terms)
        column = made.columns["payment", t, i].start + found.column
        build.entries(block.start + found.row, column, -found.value if sign > 0 else found.value)
    if len(terms.next_row):
        found = lay_out_next(rows, terms, made.states[t + 1][i])
        column = made.columns["utility", t + 1, i].start + found.column
        build.entries(block.start + found.row, column, found.value if sign > 0 else -found.value)


WRITTEN: dict[type, Callable[..., None]] = {
    Truth: lambda made, build, t, i, _: truth_rows(made, build, t, i),
    Lying: _lie_rows,
    LyingNow: _rows_now,
}
"""How rows are written, by what is asked: (compilation, builder, period, agent, what is asked)."""
