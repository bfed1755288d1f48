"""The envelope condition of dynamic mechanisms, finite (LN Theorem 4, ICFOC; PST Theorem 1).

In an incentive compatible mechanism what truth earns rises from a type to the next by no less than what the
step is worth under the lower type's report, and by no more than under the higher one's (`slopes.py`). Given
the allocation these are two numbers, the lower and the upper sum; payments decide where between them V lies,
nothing else. It is asked at histories that truth reaches, of neighbouring types that are both probable; where
nothing is asked the mechanism's own differences stand for the bounds, so that no mechanism that is Bayesian
incentive compatible ever fails. The converse is false: lies to far types are not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Bools, Ints, show
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..verification.agent_view import PeriodView, view
from ..verification.finding import Lie, worst
from ..verification.judging import Told, limits, verdict_of
from ..verification.public_states import Play
from ..verification.report_utilities import (
    average_after_truth,
    entries_per_state,
    truth_utilities,
    truth_values,
)
from ..verification.verdict import Verdict, Witness
from ..verification.witness import told_witness
from .slopes import Slopes, between, full_play, largest, slopes


def truth_earns(game: Play, i: int) -> tuple[Array, ...]:
    """V by period, (M, O, K): what agent i's truth earns from each public state on, her type being known."""
    later = truth_values(game, i)
    values = []
    for t in range(game.env.periods):
        seen, states = view(game, i, t), game.states[t]
        earned = arithmetic(game.exact).zeros((states.size, seen.order.shape[0], seen.types))
        for rows in game.chunks(t, entries_per_state(seen)):
            truth = truth_utilities(game, seen, rows, later[t + 1])
            earned[rows] = average_after_truth(seen, states.news[rows], truth)
        values.append(earned)
    return tuple(values)


def icfoc(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> Verdict:
    """Whether what truth earns lies between lower and upper sums at every history that truth reaches.

    The violation is the largest distance to them, in money of its period; its witness is the neighbour's lie:
    below the lower sum the higher type's, above the upper one the lower type's. Raises as `slopes.bare_play`.
    """
    game = full_play(env, mechanism, effort)
    told: list[Told] = []
    for i in game.env.private:
        earned = truth_earns(game, i)
        bounds = slopes(game, i, partial(_where_asked, game, earned))
        miss = worst(_largest(game, i, t, earned[t], bounds) for t in range(game.env.periods))
        if miss is not None:
            told.append((miss, partial(_witness, game, miss, earned, bounds)))
    return verdict_of(game, "envelope", "icfoc", told)


def _witness(game: Play, miss: Lie, earned: tuple[Array, ...], bounds: Slopes) -> Witness:
    low, high = sorted((miss.type, miss.report))
    at = miss.period, miss.state, miss.shown
    rise = earned[at[0]][at[1], at[2], high] - earned[at[0]][at[1], at[2], low]
    below = miss.type > miss.report
    bound = (bounds.lower if below else bounds.upper)[at[0]][at[1], at[2], low, miss.report]
    what = (
        f"truth earns {show(rise)} more one type up, and the allocation asks for at "
        f"{'least' if below else 'most'} {show(bound)}, {show(miss.violation)} {'more' if below else 'less'}"
    )
    return told_witness(game, miss, what)


def _asked(game: Play, seen: PeriodView, rows: Ints) -> Bools:
    """(n, O, K-1, 2): whether truth reaches both types of a step, and the higher one may report the lower one
    and the lower one the higher one."""
    states = game.states[seen.period]
    reached = seen.reached[states.news[rows]].any(axis=-1) & states.truth[rows][:, None, None]
    allowed = game.env.agents[seen.agent].may_report(seen.period)
    may = np.ones((seen.types, seen.types), dtype=bool) if allowed is None else allowed
    step = np.arange(seen.types - 1)
    lies = np.stack([may[step + 1, step], may[step, step + 1]], axis=-1)
    both: Bools = (reached[..., 1:] & reached[..., :-1])[..., None] & lies
    return both


def _where_asked(
    game: Play, earned: tuple[Array, ...], seen: PeriodView, rows: Ints, lower: Array, upper: Array
) -> tuple[Array, Array]:
    asked, own = _asked(game, seen, rows), np.diff(earned[seen.period][rows], axis=-1)
    least, most = between(seen, rows, lower, upper)
    return np.where(asked[..., 0], least, own), np.where(asked[..., 1], most, own)


def _largest(game: Play, i: int, t: int, earned: Array, bounds: Slopes) -> Lie | None:
    """The largest distance in period t, None where nothing is asked."""
    asked = _asked(game, view(game, i, t), np.arange(game.states[t].size))
    if not asked.any():
        return None
    rise, nothing = np.diff(earned, axis=-1), limits(game, i)[t]
    # The liar is the higher type below the least, the lower type above the most.
    short = np.stack([bounds.least[t] - rise, rise - bounds.most[t]], axis=-1)
    short = np.where(asked, short, -np.inf)
    small = np.stack([nothing[..., 1:], nothing[..., :-1]], axis=-1)
    miss = largest(game, i, t, short, small)
    step, side = miss.type, miss.report
    return replace(miss, type=step + 1 - side, report=step + side)
