"""Which lies get a row: what the notion counts, and of that, under single crossing, the neighbours alone."""

from __future__ import annotations

import numpy as np

from ...solvers.numbers import Bools, Ints
from ..histories.ragged import offsets, spread
from ..histories.views import View, adjacent_below, pairs
from ..incentives import Lies
from .plan import Plan
from .single_crossing import Crossing


def choose_lies(plan: Plan, t: int, view: View) -> tuple[Ints, Ints]:
    """(state, report) of every incentive row of a class, sorted by class: lies that count at probable
    states, every report at improbable ones, and only neighbours where the plan says that they suffice.
    """
    crossing = plan.crossings.get((t, view.agent))
    if crossing is not None:
        return neighbours(view, crossing)
    lies = plan.incentives.lies(t)
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


def neighbours(view: View, crossing: Crossing) -> tuple[Ints, Ints]:
    """(state, report): for every state the messages of the next rank below and above, and of its own rank.

    A state that is no message itself lies between messages, and the better of its two neighbours is its best
    reply: the lines of farther ones have passed below.
    """
    width = int(crossing.rank.max(initial=0)) + 1
    digits = view.info_digits
    told = view.report_info * width + crossing.rank_of(digits[view.report_info], view.report_type)
    true = view.state_info * width + crossing.rank_of(digits[view.state_info], view.state_type)
    order = np.argsort(told, kind="stable")
    groups, sizes = np.unique(told, return_counts=True)
    starts = offsets(sizes)
    at = np.searchsorted(groups, true)
    same = (at < len(groups)) & (groups[np.minimum(at, len(groups) - 1)] == true)
    found = []
    for group, there in ((at - 1, at > 0), (at, same), (at + same, at + same < len(groups))):
        group = np.where(there, group, 0)
        inside = there & (groups[group] // width == view.state_info)
        state = np.flatnonzero(inside)
        which, place = spread(starts[group[state]], sizes[group[state]])
        found.append((state[which], order[place]))
    state = np.concatenate([pair[0] for pair in found])
    report = np.concatenate([pair[1] for pair in found])
    keep = (report != view.truth[state]) | ~view.probable[state]
    state, report = state[keep], report[keep]
    sort = np.lexsort((report, state))
    return state[sort], report[sort]


def nearest_lies(view: View, state: Ints, report: Ints) -> tuple[Bools, Bools]:
    """Which rows a lazy solve begins with, and which it takes next: of each state the nearest message below,
    and the nearest on both sides, of those listed. Improbable states begin with both: truth has no row there.
    """
    own = view.state_type[state]
    told = view.report_type[report]
    gap = np.abs(told - own)
    lower, higher = (told < own), (told >= own)
    for side in (lower, higher):
        nearest = np.full(len(view.state_info), np.iinfo(np.int64).max)
        np.minimum.at(nearest, state[side], gap[side])
        side &= gap == nearest[state]
    return lower | (higher & ~view.probable[state]), lower | higher
