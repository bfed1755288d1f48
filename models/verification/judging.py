"""From a figure to a verdict: what counts as nothing, in which units.

Over the rationals only 0 does. In doubles a gain or a shortfall counts from a share of what is at stake for
the agent at that very state (``VerdictTolerances.violation``), in money of its period:

    S_t(m, o, θ) = E_x [ max over a of |v_t(a, o, θ, x)| ] + δ E[ S_{t+1} ],

expected as everybody, she included, tells the truth from there on. A type who trades for billions is judged
by billions and another, beside her, by cents; nothing is compared with 1. Payments are left out, huge ones
would excuse anything, but for the rounding that they cause: of the largest of values and payments the
2^44-th part counts as nothing too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array
from ..environment.environment import Environment
from .agent_view import PeriodView, view
from .finding import Finding
from .public_states import Play
from .report_utilities import (
    average_after_truth,
    entries_per_state,
    expected_after_truth,
    truth_continuation,
)
from .verdict import Verdict, Witness

ROUNDING = 2.0**-44
"""Of the largest number that is added up, what its rounding may come to."""
PLAN_SLACK = 1e-2
"""A plan says the truth where that costs no more than this share of what counts as nothing."""
Told: TypeAlias = tuple[Finding, Callable[[], Witness]]
"""What was found, and what tells it to a person."""


def verdict_of(play: Play, kind: str, notion: str, told: Sequence[Told]) -> Verdict:
    """The verdict on a notion, from what was found worst for each agent for whom there is anything to find.

    Where it holds, what is left of a violation is within what counts as nothing.
    """
    if not told:
        zero = arithmetic(play.exact).zero
        return Verdict(kind, notion, True, zero, None, zero, play.tolerances)
    largest, tell = max(told, key=lambda pair: pair[0].violation)
    size = largest.violation
    if any(finding.counts for finding, _ in told):
        return Verdict(kind, notion, False, size, tell(), largest.nothing, play.tolerances)
    return Verdict(kind, notion, True, max(0 * size, size), None, largest.nothing, play.tolerances)


def limits(play: Play, i: int) -> tuple[Array, ...]:
    """What counts as nothing for agent i, by period (M, O, K): public states, observed types, own types.

    Made once for a play.
    """
    if i not in play.limits:
        play.limits[i] = _limits(play if play.stakes is None else measured(play, play.stakes), i)
    return play.limits[i]


def measured(play: Play, env: Environment, stakes: Environment | None = None) -> Play:
    """The play with values of another environment, which is otherwise the same."""
    return replace(play, env=env, stakes=stakes, limits={}, truth={}, outside={}, recalled={})


def nothing_of(play: Play, stake: float, paid: float) -> float:
    """What counts as nothing of payments, the largest of which is `paid`, beside so much at stake; 0 over the
    rationals."""
    return 0 if play.exact else play.tolerances.violation * stake + ROUNDING * max(stake, paid)


def _limits(play: Play, i: int) -> tuple[Array, ...]:
    periods = play.env.periods
    views = [view(play, i, t) for t in range(periods)]
    if play.exact:
        shapes = [(play.states[t].size, *seen.order.shape[:2]) for t, seen in enumerate(views)]
        return tuple(np.broadcast_to(np.array(Fraction(0)), shape) for shape in shapes)
    nothing: list[Array] = []
    later: Array | None = None
    for t in reversed(range(periods)):
        at_stake, later = stakes(play, views[t], later)
        nothing.append(play.tolerances.violation * at_stake + ROUNDING * _largest(play, i, t))
    return tuple(nothing[::-1])


def stakes(play: Play, seen: PeriodView, later: Array | None) -> tuple[Array, Array]:
    """(S (M, O, K), what a truthful agent expects of it before her type is known (M,)), given the latter of
    the next period's states."""
    states = play.states[seen.period]
    at_stake = np.zeros((states.size, *seen.order.shape[:2]))
    before = np.zeros(states.size)
    largest = np.abs(seen.values).max(axis=0)
    for rows in play.chunks(seen.period, entries_per_state(seen)):
        news = states.news[rows]
        worth = np.broadcast_to(largest, (len(rows), *largest.shape))
        if later is not None:
            worth = worth + truth_continuation(play, seen, rows, later)
        at_stake[rows] = average_after_truth(seen, news, worth)
        if seen.move is not None:
            before[rows] = expected_after_truth(seen, news, at_stake[rows])
    return at_stake, before


def _largest(play: Play, i: int, t: int) -> float:
    """The largest value or payment from period t on, in its money."""
    rate, largest = 1.0, 0.0
    for s in range(t, play.env.periods):
        table = play.env.agents[i].values[s]
        size = max(float(abs(table).max()), float(abs(play.transfers(s, i)).max()))
        largest, rate = max(largest, rate * size), rate * float(play.env.discount)
    return largest
