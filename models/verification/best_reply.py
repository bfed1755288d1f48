"""The best lie against a mechanism, by backward induction over public states.

For each state (m, o, θ) of agent i (with her true previous type where the process is correlated, with the
others' types x for notions that hold at every profile) and each report r, let

    U[r]     = E[ v(a, θ, x) q(a | r, x) − p(r, x) + δ V(next state) ],
    V        = max over r that θ can send of U[r],   V_truth = U[θ] continued by truth for ever.

The gain at a state is max over the lies r ≠ θ that count of U[r] − V_truth. Where a notion restricts lies
(first-order), V is U[θ] at types that are probable given the last report, and the best reply over every
report at the others. Types are Markov, so one step of memory of her own past is enough; that is what makes
this a dynamic program rather than a search over strategies. Conditional on the state, in money of its period.

U depends on a public state by its memory alone, and news by what is believed: where a notion holds at every
profile, one state stands for all of the same memory, and continuations are averaged once for each belief.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..notions.incentives import Incentive, Information, Lies
from .agent_view import PeriodView, view
from .finding import Lie, worst
from .judging import limits
from .public_states import Play, numbered
from .report_utilities import (
    average,
    average_after_truth,
    beliefs,
    entries_per_state,
    expected,
    interim,
    report_utilities,
    truth_utilities,
    truth_values,
)


@dataclass(frozen=True, eq=False, repr=False)
class BestReply(Short):
    """The induction's result for one agent.

    lie: the one that gains most, None where no lie counts anywhere.
    after[t]: (M_t, Kp) what a liar expects from period t on; None up to the first period of which lies are
        looked at, after the end, and for myopic notions.
    """

    lie: Lie | None
    after: tuple[Array | None, ...]


def best_reply(play: Play, i: int, notion: Incentive, beyond: Array | None = None) -> BestReply:
    """The best lie of agent i, with the values that her later reports are chosen by.

    beyond: what a liar expects after the play's last period, where the game goes on.
    """
    periods = play.env.periods
    after: list[Array | None] = [*[None] * periods, beyond]
    honest = (None,) * (periods + 1) if notion.myopic else truth_values(play, i)
    lies: list[Lie | None] = []
    for t in reversed(range(play.since, periods)):
        seen, states = view(play, i, t), play.states[t]
        mine = None
        if t > play.since and not notion.myopic:
            after[t] = mine = arithmetic(play.exact).zeros((states.size, play.env.types(t - 1)[i]))
        for rows, members, which in _alike(play, seen, notion):
            replies = reply_utilities(play, seen, notion, rows, after[t + 1])
            truth = truth_utilities(play, seen, rows, honest[t + 1])
            lies.append(largest_lie(play, seen, notion, rows, replies, truth, (members, which)))
            if mine is not None:
                values = continuation(seen, notion, states.news[rows], replies)
                mine[members] = _before_types(play, seen, notion, values, members, which)
    return BestReply(worst(lies), tuple(after))


Alike: TypeAlias = tuple[Ints, Ints, Ints]
"""Public states (n,), all states that are like them (m,), and which of the n each of those is like (m,)."""


def _alike(play: Play, seen: PeriodView, notion: Incentive) -> Iterator[Alike]:
    """The public states in pieces, without those that differ from a listed one in beliefs alone.

    Notions at every profile need no beliefs to compare reports, so that one state stands for all in which the
    same memory leads to the same and the same types and reports count. For others each stands for itself.
    """
    t, states = seen.period, play.states[seen.period]
    entries = entries_per_state(seen)
    if notion.information is not Information.PROFILE:
        yield from ((rows, rows, np.arange(len(rows))) for rows in play.chunks(t, entries))
        return
    tables: list[Array] = [seen.open, seen.may]
    truth: list[Ints] = []
    if not notion.everywhere or notion.lies(t) is not Lies.ALL:
        tables, truth = [*tables, seen.probable, seen.reached], [states.truth.astype(np.int64)]
    flat = np.concatenate([table.reshape(len(table), -1) for table in tables], axis=1)
    kinds = np.unique(flat, axis=0, return_inverse=True)[1].reshape(-1)
    heads, which = numbered(states.like, kinds[states.news], *truth)
    order = np.argsort(which, kind="stable")
    ends = np.searchsorted(which[order], np.arange(len(heads) + 1))
    start = 0
    for rows in play.pieces(t, entries, heads):
        members = order[ends[start] : ends[start + len(rows)]]
        yield rows, members, which[members] - start
        start += len(rows)


def _before_types(
    play: Play, seen: PeriodView, notion: Incentive, values: Array, members: Ints, which: Ints
) -> Array:
    """What she expects at states (m,) before her type is known, (m, Kp), from values (n, O, K, Z) of those
    that they are like, averaged once for states of one value where one thing is believed."""
    news = play.states[seen.period].news
    if notion.information is not Information.PROFILE:
        return expected(seen, news[members], values[which])
    same, back = numbered(which, *(column[members] for column in beliefs(play, seen)))
    parts = []
    for part in play.pieces(seen.period, entries_per_state(seen), same):
        known = news[members[part]]
        parts.append(expected(seen, known, average(seen, known, values[which[part]])))
    return np.concatenate(parts)[back]


def reply_utilities(
    play: Play, seen: PeriodView, notion: Incentive, rows: Ints, after: Array | None
) -> Array:
    """U of every report, shape (n, O, K, Z, R): Z is X for notions at every profile, else H."""
    if notion.information is Information.PROFILE:
        return report_utilities(play, seen, rows, after)
    every, mine = play.whole(seen.period, rows)
    replies = interim(seen, play.states[seen.period].news[every], report_utilities(play, seen, every, after))
    return play.pool(seen.period, every, replies)[mine]


def continuation(seen: PeriodView, notion: Incentive, news: Ints, replies: Array) -> Array:
    """V (n, O, K, Z): the best reply that she can send, or the truth where the notion restricts lies."""
    best = _masked(replies, seen.may[news][:, :, :, None, :]).max(axis=-1)
    if notion.lies(seen.period) is Lies.ALL:
        return np.asarray(best)
    probable = seen.probable[news][:, :, :, None]
    return np.where(probable, truthful(replies), best)


def choices(seen: PeriodView, notion: Incentive, news: Ints, replies: Array, slack: Number) -> Ints:
    """The report that attains V, shape (n, O, K, Z); the truth where it loses no more than `slack`."""
    masked = _masked(replies, seen.may[news][:, :, :, None, :])
    own = np.arange(seen.types)[None, None, :, None]
    truth = truthful(masked)
    keep = np.asarray(truth + slack >= masked.max(axis=-1), dtype=bool)
    if notion.lies(seen.period) is not Lies.ALL:
        keep |= seen.probable[news][:, :, :, None]
    return np.where(keep, own, masked.argmax(axis=-1))


def truthful(replies: Array) -> Array:
    """The diagonal over type and report: (n, O, K, Z, R) to (n, O, K, Z)."""
    own = np.arange(replies.shape[2])
    result: Array = np.moveaxis(replies[:, :, own, :, own], 0, 2)
    return result


def _masked(values: Array, mask: Bools) -> Array:
    return values if mask.all() else np.where(mask, values, -np.inf)


COUNTED: dict[Lies, Callable[[PeriodView, Bools], Bools]] = {
    Lies.ALL: lambda seen, every: every,
    Lies.ADJACENT: lambda seen, every: np.arange(seen.types) == seen.next_lower()[..., None],
    Lies.NONE: lambda seen, every: np.zeros_like(every),
}
"""Which reports count as lies at probable types, (C, O, K, R), of all that can be sent but the truth."""


def _counted(seen: PeriodView, lies: Lies) -> Bools:
    """(C, O, K, R): which reports count as lies."""
    reports = np.arange(seen.types)
    every: Bools = seen.may & (reports[:, None] != reports)
    return np.where(seen.probable[..., None], COUNTED[lies](seen, every), every)


def _states(play: Play, seen: PeriodView, notion: Incentive, rows: Ints) -> Bools:
    """(n, O, K, Z or 1): at which states the notion asks for truth.

    Interim beliefs are those after a true previous report.
    """
    states = play.states[seen.period]
    news = states.news[rows]
    profile = notion.information is Information.PROFILE
    width, own, rest = seen.order.shape
    if notion.everywhere:
        some = seen.open[news][:, :, None, None]
        if play.env.joint and not profile:
            some = some & seen.probable[news][..., None]
        return np.broadcast_to(some, (len(rows), width, own, rest if profile else 1))
    reached: Bools = seen.reached[news] & states.truth[rows][:, None, None, None]
    return reached if profile else np.any(reached, axis=-1, keepdims=True)


def largest_lie(
    play: Play,
    seen: PeriodView,
    notion: Incentive,
    rows: Ints,
    replies: Array,
    truth: Array,
    alike: tuple[Ints, Ints] | None = None,
) -> Lie | None:
    """The largest gain over these states, None where no lie counts.

    alike: all states that are like these (m,), and which of these, in their order, each is like (m,).
    """
    i, t = seen.agent, seen.period
    asked = _states(play, seen, notion, rows)
    if not asked.any():
        return None
    news = play.states[t].news[rows]
    profile = notion.information is Information.PROFILE
    if not profile:
        past = seen.past(news, replies.shape[3])
        replies = replies[np.arange(len(rows)), :, :, past][:, :, :, None]
        truth = play.pool(t, rows, average_after_truth(seen, news, truth))[..., None]
    counted = _counted(seen, notion.lies(t))[news][:, :, :, None, :] & asked[..., None]
    if not counted.any():
        return None
    # Nothing is taken from -inf: a fraction beyond doubles cannot be.
    replies, heard = np.where(counted, replies, -np.inf), counted.any(axis=-1)
    gains = np.where(heard, np.where(heard, replies.max(axis=-1), truth) - truth, -np.inf)
    n, shown, own, z = at = tuple(int(k) for k in np.unravel_index(int(gains.argmax()), gains.shape))
    number, nothing = arithmetic(play.exact).number, play.pool(t, rows, limits(play, i)[t][rows])
    least = nothing
    if alike is not None and len(alike[0]) > len(rows) and not play.exact:
        starts = np.searchsorted(alike[1], np.arange(len(rows)))
        least = np.minimum.reduceat(limits(play, i)[t][alike[0]], starts, axis=0)
    return Lie(
        agent=i, period=t, state=int(rows[n]), shown=shown, type=own, others=z if profile else None,
        report=int(replies[at].argmax()), violation=number(gains[at]),
        nothing=number(nothing[n, shown, own]), counts=bool(np.any(gains > least[..., None])),
    )  # fmt: skip
