"""Does a report change what is expected after its period? (MPTZ App. A.1, INDU)

At every state that truth reaches and for every report r, with truth from the next period on,

    C(r) = δ E[ V_truth(next state) ],     the difference at a state being  |C(r) − C(θ)|,

averaged over the others' current types, conditional on her true type θ, which her own future depends on.
"""

from __future__ import annotations

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from .agent_view import view
from .finding import Change, worst
from .judging import limits
from .public_states import Play
from .report_utilities import (
    average,
    entries_per_state,
    expected,
    interim,
    report_utilities,
    truth_utilities,
    truth_values,
)


def largest_change(play: Play, i: int) -> Change | None:
    """The report of agent i that changes most; None where there is no later period, or no other report."""
    changes: list[Change | None] = []
    later: Array | None = None
    for t in reversed(range(play.since, play.env.periods)):
        seen = view(play, i, t)
        states = play.states[t]
        now = arithmetic(play.exact).zeros((states.size, play.env.types(t - 1)[i] if t else 1))
        for rows in play.chunks(t, entries_per_state(seen)):
            news = states.news[rows]
            if later is not None:
                changes.append(_change(play, i, t, rows, later))
            if t > play.since:
                truth = truth_utilities(play, seen, rows, truth_values(play, i)[t + 1])
                now[rows] = expected(seen, news, average(seen, news, truth))
        later = now
    return worst(changes)


def _change(play: Play, i: int, t: int, rows: Ints, later: Array) -> Change | None:
    seen, states = view(play, i, t), play.states[t]
    news = states.news[rows]
    both = report_utilities(play, seen, rows, later) - report_utilities(play, seen, rows, None)
    mean = interim(seen, news, both)
    mean = mean[np.arange(len(rows)), :, :, seen.past(news, mean.shape[3])]  # (n, O, K, R)
    mean = play.pool(t, rows, mean)
    own = np.arange(seen.types)
    change = mean - mean[:, :, own, own][..., None]
    reached: Bools = np.any(seen.reached[news] & states.truth[rows][:, None, None, None], axis=-1)
    asked: Bools = reached[..., None] & seen.may[news] & (own[:, None] != own)
    if not asked.any():
        return None
    size = np.where(asked, abs(change), -np.inf)
    at = np.unravel_index(int(size.argmax()), size.shape)
    n, shown, true, report = (int(k) for k in at)
    nothing = play.pool(t, rows, limits(play, i)[t][rows])
    return Change(
        agent=i, period=t, state=int(rows[n]), shown=shown, type=true, report=report,
        violation=arithmetic(play.exact).number(size[at]), nothing=nothing[n, shown, true],
        counts=bool(np.any(size > nothing[..., None])), raises=bool(np.asarray(change)[at] > 0),
    )  # fmt: skip
