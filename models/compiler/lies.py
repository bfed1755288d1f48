"""Which lies get a row: what the notion counts; of that, under single crossing, the neighbours alone, and
where rows are written as they are needed, those so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...solvers.numbers import Bools, Ints
from ...solvers.short import Short
from ..histories.ragged import group_sums, offsets, starts_of, within
from ..histories.views import View
from ..notions.incentives import Lies
from .plan import Plan
from .single_crossing import Crossing


@dataclass(frozen=True, eq=False, repr=False)
class Told(Short):
    """The lies of a view that get a row, described so that they can be counted before they are listed.

    every (V,): states where every report that may be sent is told, at probable ones every one but the truth.
    state, report: single lies beside them.
    """

    every: Bools
    state: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    report: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def counts(self, view: View) -> Ints:
        """(V,): how many lies each state tells."""
        reports = view.over_reports(np.ones(len(view.report_info), dtype=np.int64)) - view.probable
        return np.where(self.every, reports, 0) + np.bincount(self.state, minlength=len(reports))

    def costs(self, view: View, cost: Ints) -> Ints:
        """(V,): what the lies of each state cost, where each report costs so much (G,)."""
        reports = view.over_reports(cost) - np.where(view.probable, cost[view.truth], 0)
        single = group_sums(cost[self.report], self.state, len(reports))
        return np.where(self.every, reports, 0) + single.astype(np.int64)

    def pairs(self, view: View) -> tuple[Ints, Ints]:
        """(state, report) of each lie, sorted by state."""
        state, report = view.pairs(np.flatnonzero(self.every))
        lie = (report != view.truth[state]) | ~view.probable[state]
        state, report = np.append(state[lie], self.state), np.append(report[lie], self.report)
        order = np.argsort(state, kind="stable")
        return state[order], report[order]


def _next_lower(view: View) -> Told:
    """At probable states the message just below the truth, of those that she may send there."""
    if view.may_report is None:
        near = np.flatnonzero(view.probable & (view.truth > view.report_start[view.state_info]))
        return Told(~view.probable, near, view.truth[near] - 1)
    state, report = view.pairs(np.flatnonzero(view.probable))
    below = report < view.truth[state]
    state, report = state[below], report[below]
    last = starts_of(state, len(view.probable))[1:][state] - 1 == np.arange(len(state))
    return Told(~view.probable, state[last], report[last])


TOLD: dict[Lies, Callable[[View], Told]] = {
    Lies.ALL: lambda view: Told(np.ones(len(view.probable), dtype=bool)),
    Lies.ADJACENT: _next_lower,
    Lies.NONE: lambda view: Told(~view.probable),
}
"""By which lies a notion counts at probable states; at improbable ones every report is told."""


def lies_told(plan: Plan, view: View) -> Told:
    """The lies that get a row: what the notion counts, or neighbours where the plan says so."""
    none, key = np.zeros(len(view.probable), dtype=bool), (view.t, view.agent)
    if key in plan.written:
        return Told(none, *plan.written[key])
    crossing = plan.crossings.get(key)
    if crossing is not None:
        return Told(none, *neighbours(view, crossing))
    return TOLD[plan.incentives.lies(view.t)](view)


def neighbours(view: View, crossing: Crossing) -> tuple[Ints, Ints]:
    """(state, report): for every state the messages of the next rank below and above, and of its own rank.

    A state that is no message itself lies between messages, and the better of its two neighbours is its best
    reply: the lines of farther ones have passed below.
    """
    width, digits = int(crossing.rank.max(initial=0)) + 1, view.info_digits
    message = view.report_info * width + crossing.rank_of(digits[view.report_info], view.report_type)
    true = view.state_info * width + crossing.rank_of(digits[view.state_info], view.state_type)
    order = np.argsort(message, kind="stable")
    groups, sizes = np.unique(message, return_counts=True)
    starts = offsets(sizes)
    at = np.searchsorted(groups, true)
    same = (at < len(groups)) & (groups[np.minimum(at, len(groups) - 1)] == true)
    pairs = []
    for group, there in ((at - 1, at > 0), (at, same), (at + same, at + same < len(groups))):
        group = np.where(there, group, 0)
        state = np.flatnonzero(there & (groups[group] // width == view.state_info))
        which, place = within(starts, group[state])
        pairs.append((state[which], order[place]))
    state, report = map(np.concatenate, zip(*pairs, strict=True))
    lie = (report != view.truth[state]) | ~view.probable[state]
    state, report = state[lie], report[lie]
    sort = np.lexsort((report, state))
    return state[sort], report[sort]


def nearest_lies(view: View, state: Ints, report: Ints) -> tuple[Bools, Bools]:
    """Which rows a lazy solve begins with, and which it takes next: of each state the nearest message below,
    and the nearest on both sides, of those listed. Improbable states begin with both: truth has no row there.
    """
    ahead = view.report_type[report] - view.state_type[state]
    lower, higher = ahead < 0, ahead >= 0
    for side in (lower, higher):
        nearest = np.full(len(view.state_info), np.iinfo(np.int64).max)
        np.minimum.at(nearest, state[side], np.abs(ahead[side]))
        side &= np.abs(ahead) == nearest[state]
    return lower | (higher & ~view.probable[state]), lower | higher
