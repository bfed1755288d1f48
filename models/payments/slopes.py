"""What one type more is worth under each report, bounded by the allocation alone (LN, PST).

Let V(s, θ) be what truth earns at public state s, and G(s, θ, r) what reporting r there earns, the truth
being told ever after. Types are ordered as given, j → j + 1 is a step up, o' are the observed agents' next
types. In

    G(s, j+1, r) − G(s, j, r) = E[ u(q(r), j+1) − u(q(r), j) ]
                                + δ E_{s'|r} Σ_{o'} Σ_l T(j, o', l) (V(s', o', l+1) − V(s', o', l)),
    T(j, o', l) = Pr(o', θ' > l | j+1) − Pr(o', θ' > l | j),

payments of the period cancel. T is −∂F/∂θ of the continuum, the impulse response times the density: along any
coupling, how much likelier the shock is to carry the higher type over step l. So bounds on the later
differences of V give bounds on the slope, [D_low(j, r), D_high(j, r)], and no lie to a neighbour gains iff
D(j, j) ≤ V(j+1) − V(j) ≤ D(j, j+1): lower and upper sums in place of Theorem 4's derivative. Everything is
averaged over the others' current types and holds at every public state, those that only lies reach included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.independence import independent_version
from ..mechanism.mechanism import Mechanism
from ..verification.agent_view import PeriodView, order_of, view
from ..verification.finding import Lie
from ..verification.public_states import BYTES, Play, play
from ..verification.report_utilities import branches, entries_per_state, interim, report_utilities

Steps: TypeAlias = Callable[[PeriodView, Ints, Array, Array], tuple[Array, Array]]
"""(period's view, public states, D_low, D_high (n, O, K-1, K)) to the least and the most that V rises by from
each type to the next, (n, O, K-1) each."""
TABLES = 6
"""By state, type and report: both bounds, and what of the next period they are made from."""


@dataclass(frozen=True, eq=False, repr=False)
class Slopes(Short):
    """Of one agent. lower[t], upper[t] (M, O, K-1, K): bounds on what a step up is worth under each report.

    least[t], most[t] (M, O, K-1): bounds on what truth earns more one type up.
    """

    lower: tuple[Array, ...]
    upper: tuple[Array, ...]
    least: tuple[Array, ...]
    most: tuple[Array, ...]


def between(seen: PeriodView, rows: Ints, lower: Array, upper: Array) -> tuple[Array, Array]:
    """What no lie to a neighbour allows V to leave: lower sums and upper sums."""
    step = np.arange(seen.types - 1)
    return lower[:, :, step, step], upper[:, :, step, step + 1]


def lower_sums(seen: PeriodView, rows: Ints, lower: Array, upper: Array) -> tuple[Array, Array]:
    """The least that truth must earn, everywhere: then no bounds are left, and `lower` is `upper`."""
    step = np.arange(seen.types - 1)
    least = lower[:, :, step, step]
    return least, least


def bare_play(env: Environment, allocation: Mechanism, effort: Effort = FLOATS) -> Play:
    """The public states of a mechanism without its payments.

    Raises `AssumptionViolated` for an infinite horizon, concealed reports, and a joint process that does not
    factor, `InvalidInput` where the mechanism does not fit, `TooLarge`.
    """
    free = tuple(replace(stage, transfers=stage.transfers * 0) for stage in allocation.stages)
    return full_play(env, replace(allocation, stages=free), effort)


def full_play(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> Play:
    """The same with its payments."""
    if env.conceals:
        raise AssumptionViolated(
            f"environment '{env.name}': past reports are concealed from the others, and what a step up is "
            "worth is known here for public reports only"
        )
    return play(independent_version(env, "no impulse response is defined"), mechanism, effort=effort)


def slopes(game: Play, i: int, steps: Steps = between) -> Slopes:
    """The slopes of agent i at every public state of `game`; its payments play no role. Raises `TooLarge`."""
    needed = 0
    for t in range(game.env.periods):
        width, own, _ = order_of(game.env, t, i).shape
        needed += TABLES * game.states[t].size * width * own**2 * BYTES[game.exact]
    if needed > game.room:
        raise TooLarge(
            f"agent '{game.env.agents[i].name}': what a step up is worth under each report needs about "
            f"{needed / 1e6:.4g} MB, above the limit of {game.room / 1e6:.4g} MB; shorten the horizon"
        )
    lower: list[Array] = []
    upper: list[Array] = []
    least: list[Array] = []
    most: list[Array] = []
    for t in reversed(range(game.env.periods)):
        seen, states = view(game, i, t), game.states[t]
        after = None if not least else _after(game, i, t + 1, least[-1], most[-1])
        shape = (states.size, seen.order.shape[0], seen.types - 1, seen.types)
        low, high = (arithmetic(game.exact).zeros(shape) for _ in range(2))
        few, many = (arithmetic(game.exact).zeros(shape[:-1]) for _ in range(2))
        for rows in game.chunks(t, entries_per_state(seen)):
            low[rows], high[rows] = _under_reports(game, seen, rows, after)
            few[rows], many[rows] = steps(seen, rows, low[rows], high[rows])
        for table, part in ((lower, low), (upper, high), (least, few), (most, many)):
            table.append(part)
    return Slopes(*(tuple(table[::-1]) for table in (lower, upper, least, most)))


def can_be(game: Play, seen: PeriodView) -> Bools:
    """(M, O): whether the observed types can occur at a public state."""
    possible: Bools = seen.open[game.states[seen.period].news]
    return possible


def tilt(seen: PeriodView) -> Array:
    """T (C, K-1, O', K'-1) of the module, into the period of this view."""
    above = np.cumsum(seen.moves[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    carried: Array = np.diff(above, axis=1)
    return carried


def _after(game: Play, i: int, t: int, least: Array, most: Array) -> tuple[Array, Array]:
    """Bounds (M, K-1) on what a step up before period t is worth from its public states on."""
    seen, news = view(game, i, t), game.states[t].news
    carried = tilt(seen)[news]
    up, down = np.where(carried > 0, carried, 0), np.where(carried < 0, carried, 0)
    few, many = least[:, None], most[:, None]
    low: Array = (up * few + down * many).sum(axis=(2, 3))
    high: Array = (up * many + down * few).sum(axis=(2, 3))
    return low, high


def _under_reports(
    game: Play, seen: PeriodView, rows: Ints, after: tuple[Array, Array] | None
) -> tuple[Array, Array]:
    """D_low and D_high (n, O, K-1, K) of these public states."""
    news = game.states[seen.period].news[rows]
    now = np.diff(report_utilities(game, seen, rows, None), axis=2)
    low = high = now
    if after is not None:
        at = np.swapaxes(seen.order, 1, 2)
        for weight, state in branches(game, seen, rows[:, None, None, None], at):
            share = game.env.discount if weight is None else game.env.discount * weight[:, :, None]
            low = low + share * np.moveaxis(after[0][state], -1, 2)
            high = high + share * np.moveaxis(after[1][state], -1, 2)
    low, high = (interim(seen, news, bound)[:, :, :, 0] for bound in (low, high))
    return low, high


def largest(game: Play, i: int, t: int, gain: Array, nothing: Array) -> Lie:
    """The largest of some gains (M, O, type, report), beside what counts as nothing."""
    state, shown, own, report = (int(k) for k in np.unravel_index(int(gain.argmax()), gain.shape))
    number, beside = arithmetic(game.exact).number, np.broadcast_to(nothing, gain.shape)
    return Lie(
        agent=i, period=t, state=state, shown=shown, type=own, report=report,
        violation=number(gain[state, shown, own, report]), nothing=number(beside[state, shown, own, report]),
        counts=bool(np.any(gain > nothing)),
    )  # fmt: skip
