"""What a report that cannot be true costs, where some types may not make every report.

A program leaves reports of probability zero out, and a mechanism reads them as reports that are possible.
That adds nothing to what a liar can do if she may make all reports. If she may not, r can be open to her and
closed the possible report r' that it is read as; so whoever says what cannot be true is fined the most that
anybody could gain by a possible report that is forbidden to her,

    fine[n] = max over types θ and possible reports r' that θ may not make of  U[n, θ, r'] − V[n, θ],  or 0,

in money of the period. Then U[n, θ, r'] − fine[n] ≤ V[n, θ] for every type, and no value that the program
gave to a history changes. Truth is never fined: of what it says nothing has probability zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic_of
from ...solvers.numbers import Array, Bools, Ints
from ..compiler.layout import Layout
from ..compiler.terms import Terms, deviation_terms, lay_out, lay_out_later
from ..histories.ragged import group_sums
from ..histories.tree import Repeated
from .decisions import Decisions

Worth: TypeAlias = Mapping[tuple[int, int], Array]
"""By (period, agent): what she can get at each state, weighted as the utility columns are."""
Fines: TypeAlias = Mapping[tuple[int, int], Array]
"""By (period, agent): the fine at each information set of every history that she tells apart."""


def utilities(layout: Layout, primal: Array) -> Worth:
    """What the utility columns say."""
    return {(t, i): primal[layout.utility(t, i).slice] for t, row in enumerate(layout.views) for i in row}


def fines(decided: Decisions, primal: Array, worth: Worth) -> Fines:
    """The fines that the payments of `decided` need; none where no report is both forbidden and left out."""
    layout = decided.layout
    if layout.plan.incentives.nothing:
        return {}
    return {
        (t, i): _fine(decided, primal, worth, t, i)
        for t, row in enumerate(layout.views)
        for i, view in row.items()
        if view.silenced
    }


def _fine(decided: Decisions, primal: Array, worth: Worth, t: int, i: int) -> Array:
    layout = decided.layout
    level, view = layout.levels[t], layout.views[t][i]
    myopic = layout.plan.incentives.myopic
    state, report = view.forbidden(np.flatnonzero(view.probable | (not myopic)))
    rows = layout.rows(t, i, view.state_class[state])
    if myopic:
        said, true = (
            _now(decided, primal, t, i, rows, deviation_terms(layout.env, level, view, None, state, told))
            for told in (report, view.truth[state])
        )
        gain = said - true
    else:
        terms = layout.terms(t, i, state, report, False)
        gain = _now(decided, primal, t, i, rows, terms) - worth[t, i][layout.states[t][i].along(rows, state)]
        if len(terms.later):
            states = layout.states[t + 1][i]
            after = lay_out_later(rows, terms, layout.tree.layers[t].links, states)
            later = np.where(
                _known(layout, primal, t + 1, i)[1][states.memory], worth[t + 1, i], 0 * worth[t + 1, i]
            )
            gain = gain + group_sums(after.value * later[after.column], after.row, len(rows))
    weight, alive = (known[rows.memory] for known in _known(layout, primal, t, i))
    gain = np.where(alive, gain / arithmetic_of(weight).divisor(weight, alive), gain * 0)
    infos = layout.rows(t, i, view.info_class)
    most = arithmetic_of(primal).zeros(len(infos))
    np.maximum.at(most, infos.along(rows, view.state_info[state]), gain)
    return most


def _known(layout: Layout, primal: Array, t: int, i: int) -> tuple[Array, Bools]:
    """(weight of each memory as agent i expects it there, whether she ever gets there): (M,) each."""
    weight = layout.known(t, i, layout.weight(t, primal))
    return weight, ~arithmetic_of(primal).negligible(weight, 1, SOLVED)


def _now(decided: Decisions, primal: Array, t: int, i: int, rows: Repeated, terms: Terms) -> Array:
    """What reports earn in their period, payments taken off, times the weight of the history."""
    layout, layer = decided.layout, decided.layout.tree.layers[t]
    weight = layout.weight(t, primal)
    value, paid = lay_out(rows, terms.plays, layer.plays), lay_out(rows, terms.points, layer.points)
    earned = value.value * (decided.lottery[t] * weight[layer.plays.memory])[value.column]
    charged = paid.value * (decided.paid[t][i] * weight[layer.points.memory])[paid.column]
    now: Array = group_sums(earned, value.row, len(rows)) - group_sums(charged, paid.row, len(rows))
    return now


def add_fines(
    transfers: Array, layout: Layout, t: int, i: int, owed: Array, point: Ints, untrue: Bools
) -> None:
    """Add fines, by information set, to agent i's payments (M, S) of period t.

    point (C, S): the point of the class that each profile is read as; untrue (C, S): whether her report was
    impossible, and had to be read as another.
    """
    layer, view = layout.tree.layers[t], layout.views[t][i]
    info = view.report_info[view.report_of_point[point]]
    memory, profile = np.nonzero(untrue[layer.cls])
    known = layout.rows(t, i, view.info_class).at(memory, info[layer.cls[memory], profile])
    transfers[memory, profile] += owed[known]
