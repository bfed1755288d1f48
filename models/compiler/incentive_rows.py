"""Rows of the incentive notion: utility is what truth earns, and no report earns more.

Per-period incentives compare the current utility alone; every other notion compares what a report earns with
the utility that continues, at probable states for the lies that the notion counts, and for every report at
improbable states, where the inequality carries the liar's best reply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ...solvers.program import Builder
from .aggregate import add_later_periods
from .asked import Lying, LyingNow, Truth, incentives
from .layout import Layout
from .state_rows import StateRows
from .terms import Terms, deviation_terms

Rows: TypeAlias = dict[tuple[int, int], StateRows]
"""By (period, agent)."""


def add_incentives(layout: Layout, build: Builder) -> tuple[Rows, Rows]:
    """Add the rows of the plan's incentive notion: those of lies, and those of truth."""
    lies: Rows = {}
    truths: Rows = {}
    for t in range(layout.horizon):
        for i, view in layout.views[t].items():
            for asked in incentives(layout.plan, view):
                rows = truths if isinstance(asked, Truth) else lies
                rows[t, i] = WRITTEN[type(asked)](layout, build, t, i, asked)
    return lies, truths


def truth_rows(layout: Layout, build: Builder, t: int, i: int) -> StateRows:
    """Utility is what truth earns, payments included, wherever truth is asked for."""
    view = layout.views[t][i]
    state = np.flatnonzero(view.probable)
    truth = view.truth[state]
    rows = StateRows.add(build, layout, "truth", t, i, state, truth, upper=0, labels="states")
    build.entries(rows.block.index, rows.utility, 1)
    _earned(build, rows, layout.terms(t, i, state, truth, False, -1))
    return rows


def _lie_rows(layout: Layout, build: Builder, t: int, i: int, asked: Lying) -> StateRows:
    view, difference = layout.views[t][i], layout.plan.utilities
    state, report = asked.told.pairs(view)
    rows = StateRows.add(build, layout, "incentive", t, i, state, report)
    build.entries(rows.block.index, rows.utility, 1)
    if difference:
        told = layout.states[t][i].along(rows.index, view.truthful_state[report])
        build.entries(rows.block.index, layout.utility(t, i).start + told, -1)
    _earned(build, rows, layout.terms(t, i, state, report, difference, -1))
    if layout.plan.aggregated:
        add_later_periods(build, rows)
    return rows


def _rows_now(layout: Layout, build: Builder, t: int, i: int, asked: LyingNow) -> StateRows:
    """What truth earns in this period alone is at least what any other report earns."""
    level, view = layout.levels[t], layout.views[t][i]
    state, report = asked.told.pairs(view)
    rows = StateRows.add(build, layout, "incentive", t, i, state, report)
    for told, sign in ((view.truth[state], 1), (report, -1)):
        _earned(build, rows, deviation_terms(layout.env, level, view, None, state, told, sign=sign))
    return rows


def _earned(build: Builder, rows: StateRows, terms: Terms) -> None:
    """Put what a report earns into its row."""
    for earned in rows.layout.earned(rows.t, rows.agent, rows.index, terms):
        build.entries(rows.block.start + earned.row, earned.column, earned.value, nonzero=True)


WRITTEN: dict[type, Callable[..., StateRows]] = {
    Truth: lambda layout, build, t, i, _: truth_rows(layout, build, t, i),
    Lying: _lie_rows,
    LyingNow: _rows_now,
}
"""How rows are written, by what is asked: (layout, builder, period, agent, what is asked)."""
