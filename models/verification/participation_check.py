"""How far below 0 a truthful agent's utility can fall: by expectation, and path by path.

*Expectations* (promises about initial types and about continuations): V_truth at a state, in money of the
state's period, or V_truth less what the others' policy would leave to her (`models/society/outside.py`), by
the same beliefs. *Paths* of positive probability under truth: with realised past actions where histories hold
them (`Environment.remembers_action`) and the expectation over the lottery in the path's last period; where
they do not, a period's utility is its expectation over the lottery, and the continuation is the worst next
memory of an action of positive probability. Totals and prefixes in money of period 0, single periods in
their own. Where she has something elsewhere, all utilities are those of values less that (`promised`). With u
the current utility and ū its expectation over the lottery,

    L_t(m, s) = min over a of  u(a) + δ min over s' of L_{t+1}(m', s'),   and, for prefixes, also ū_t(m, s).

What counts as nothing (``judging``) is added to utilities, period by period along a path, to tell whether a
promise is broken anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Bools, Ints, Number
from ..environment.environment import Environment
from ..environment.outside import at_stake, beside_values, beyond_outside, has_outside
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import Information
from ..notions.participation import Participation, Promise
from ..society.outside import check_outside, outside_option
from .agent_view import view
from .finding import Low, worst
from .judging import ROUNDING, limits, measured
from .public_states import Play, Step
from .report_utilities import average_after_truth, entries_per_state, truth_utilities, truth_values


def promised(play: Play) -> Play:
    """The play with values less what is had outside (`environment/outside.py`), of which every promise is
    made; itself where that is nothing."""
    if not has_outside(play.env):
        return play
    env, mechanism = beyond(play.env, play.mechanism)
    return replace(measured(play, env, at_stake(play.env)), mechanism=mechanism)


def beyond(env: Environment, mechanism: Mechanism) -> tuple[Environment, Mechanism]:
    """Values less what is had outside, or, where they are by unit of a good, payments more by it: it is the
    same to who tells the truth."""
    env = beyond_outside(env)
    if not has_outside(env):
        return env, mechanism
    stages = []
    for t, stage in enumerate(mechanism.stages):
        transfers = stage.transfers.copy()
        for i in env.private:
            beside = beside_values(env, t, i)
            if beside is not None:
                transfers[i] = transfers[i] + beside
        stages.append(replace(stage, transfers=transfers))
    return env, replace(mechanism, stages=tuple(stages))


def outside(play: Play, i: int) -> tuple[tuple[Array, ...], float]:
    """What agent i has outside by period (S,), and its error. Made once for a play."""
    if i not in play.outside:
        play.outside[i] = outside_option(play.env, i)
    return play.outside[i]


def _expectations(
    play: Play, i: int, *, initial: bool, profile: bool, beyond: bool = False
) -> Iterator[Low]:
    """Over the states that truth reaches, in every period or (`initial`) in the first; `beyond` what she has
    outside, or 0."""
    for t in (0,) if initial else reversed(range(play.env.periods)):
        seen, states = view(play, i, t), play.states[t]
        for rows in play.chunks(t, entries_per_state(seen)):
            news = states.news[rows]
            utilities = truth_utilities(play, seen, rows, truth_values(play, i)[t + 1])
            reached: Bools = seen.reached[news] & states.truth[rows][:, None, None, None]
            option, error = None, 0.0
            if beyond:
                options, error = outside(play, i)
                option = np.broadcast_to(options[t][seen.order], utilities.shape)
            if not profile:
                utilities = play.pool(t, rows, average_after_truth(seen, news, utilities))[..., None]
                reached = np.any(reached, axis=-1, keepdims=True)
                if option is not None:
                    option = play.pool(t, rows, average_after_truth(seen, news, option))[..., None]
            nothing = play.pool(t, rows, limits(play, i)[t][rows])[..., None]
            if option is not None:
                utilities = utilities - option
                if not play.exact:
                    nothing = nothing + play.tolerances.violation * abs(option) + error
            value, at = _least(utilities, reached)
            n, shown, own, x = at
            broken = reached & np.asarray(utilities + nothing < 0, dtype=bool)
            yield Low(
                agent=i, period=t, state=int(rows[n]), shown=shown, type=own, others=x if profile else None,
                violation=-value, nothing=_plain(np.broadcast_to(nothing, utilities.shape)[at]),
                counts=bool(broken.any()), outside=None if option is None else _plain(option[at]),
            )  # fmt: skip


def _before_types(play: Play, i: int, *, single: bool) -> Iterator[Low]:
    """Before a period's types are known, of that period (`single`) or from it on."""
    after: Array | None = None
    for t in reversed(range(play.env.periods)):
        seen = view(play, i, t)
        states = play.states[t]
        now, nothing = arithmetic(play.exact).zeros(states.size), arithmetic(play.exact).zeros(states.size)
        for rows in play.chunks(t, entries_per_state(seen)):
            utilities = truth_utilities(play, seen, rows, None if single else after)
            chance = states.chance[states.news[rows]][:, seen.order]
            now[rows] = play.pool(t, rows, (chance * utilities).sum(axis=(1, 2, 3)))
            at_most = (chance * limits(play, i)[t][rows][..., None]).sum(axis=(1, 2, 3))
            nothing[rows] = play.pool(t, rows, at_most)
        value, (n,) = _least(now, states.truth)
        broken = states.truth & np.asarray(now + nothing < 0, dtype=bool)
        yield Low(
            agent=i, period=t, state=n, single=single,
            violation=-value, nothing=_plain(nothing[n]), counts=bool(broken.any()),
        )  # fmt: skip
        after = now


def _nothing(play: Play, i: int, t: int) -> Array:
    """(S,): what counts as nothing in this period alone, 0 over the rationals."""
    table = (play.stakes or play.env).agents[i].values[t]
    largest = np.broadcast_to(abs(table).max(axis=0), play.env.types(t)).reshape(-1)
    if play.exact:
        return 0 * largest
    most = max(largest.max(), abs(play.transfers(t, i)).max())
    nothing: Array = play.tolerances.violation * largest + ROUNDING * most
    return nothing


def _entries(play: Play, t: int) -> int:
    return int(np.prod(play.env.types(t))) * play.env.num_actions(t)


def _periods(play: Play, i: int) -> Iterator[Low]:
    """The expectation of a single period over the lottery, at any profile that truth reaches."""
    for t in reversed(range(play.env.periods)):
        states = play.states[t]
        nothing = _nothing(play, i, t)
        for rows in play.chunks(t, _entries(play, t)):
            _, _, mean = play.flows(t, i, rows)
            reached = states.probable[states.news[rows]] & states.truth[rows][:, None]
            value, (n, s) = _least(mean, reached)
            broken = reached & np.asarray(mean + nothing < 0, dtype=bool)
            yield Low(
                agent=i, period=t, state=int(rows[n]), profile=s,
                violation=-value, nothing=_plain(nothing[s]), counts=bool(broken.any()),
            )  # fmt: skip


def _lowest_path(play: Play, i: int, prefixes: bool) -> Low:
    """L by backward induction, then the worst path forwards."""
    lowest = _lowest_paths(play, i, prefixes, add=False)
    added = lowest if play.exact else _lowest_paths(play, i, prefixes, add=True)
    broken, nothing = bool(added[0][0] < 0), _plain(added[0][0] - lowest[0][0])
    path: list[Step] = []
    state = 0
    for t in range(play.env.periods):
        row = np.array([state])
        value, branches = _path_values(play, i, t, row, lowest[t + 1], prefixes)
        low, (_, s) = _least(value, play.states[t].probable[play.states[t].news[row]])
        if t == 0:
            total = low
        branch = int(branches[0, s].argmin())
        follow = play.states[t].follow
        if follow is None or branch == branches.shape[-1] - 1:
            return Low(
                agent=i, period=t, state=state, profile=s, path=tuple(path),
                violation=-total, nothing=nothing, counts=broken,
            )  # fmt: skip
        by_action = play.by_action(t)
        path.append((state, s, branch if by_action or _remembers(play, t) else None))
        state = int(follow[state, s, branch if by_action else 0])
    raise AssertionError("a path ends with the last period")


def _lowest_paths(play: Play, i: int, prefixes: bool, *, add: bool) -> list[Array]:
    """min over s of L_t(m, s) by period, (M,), and nothing after the last.

    add: with what counts as nothing added to utilities.
    """
    lowest: list[Array] = [np.zeros(0)] * (play.env.periods + 1)
    for t in reversed(range(play.env.periods)):
        states = play.states[t]
        now: Array = arithmetic(play.exact).full(states.size, math.inf)
        for rows in play.chunks(t, _entries(play, t)):
            value, _ = _path_values(play, i, t, rows, lowest[t + 1], prefixes, add=add)
            reached = states.probable[states.news[rows]]
            now[rows] = np.where(reached, value, math.inf).min(axis=-1)
        lowest[t] = now
    return lowest


def _remembers(play: Play, t: int) -> bool:
    """Whether paths realise the action of period t; quantities of goods are no lottery, and with discount 0
    period 0 is the last that counts."""
    return play.env.remembers_action(t) and play.env.goods[t] is None and play.env.discount != 0


def _path_values(
    play: Play, i: int, t: int, rows: Ints, after: Array, prefixes: bool, *, add: bool = False
) -> tuple[Array, Array]:
    """L (n, S), and what it is the least of, (n, S, branches + 1): by branch, then stopping here."""
    lottery, flows, mean = play.flows(t, i, rows)
    if add:
        nothing = _nothing(play, i, t)
        flows, mean = flows + nothing[:, None], mean + nothing
    stop = mean[..., None]
    if play.states[t].follow is None:
        return mean, np.concatenate([np.full_like(stop, math.inf), stop], axis=-1)
    branches = branches_taken(play, t, rows, (lottery, flows, mean), after)
    both = np.concatenate([branches, stop if prefixes else np.full_like(stop, math.inf)], axis=-1)
    return both.min(axis=-1), both


def branches_taken(
    play: Play, t: int, rows: Ints, now: tuple[Array, Array, Array], after: Array
) -> Array:
    """A flow of money now and what is least of it later, by branch (n, S, B): of taken actions where paths
    realise them. now: as of `Play.flows`; after: by state of the next period."""
    lottery, flows, mean = now
    follow = play.states[t].follow
    if follow is None:
        return mean[..., None]
    state = follow[rows]
    later = np.where(state < 0, math.inf, play.env.discount * after[np.maximum(state, 0)])
    branches: Array = (flows if _remembers(play, t) else mean[..., None]) + later
    if branches.shape[-1] > 1:
        branches = np.where(lottery > play.tolerances.probability, branches, math.inf)
    return branches


def _least(values: Array, mask: Bools) -> tuple[Number, tuple[int, ...]]:
    """The least value where the mask holds, and where it is."""
    masked = np.where(mask, values, math.inf)
    at = np.unravel_index(int(masked.argmin()), masked.shape)
    return _plain(masked[at]), tuple(int(k) for k in at)


def _plain(value: Number) -> Number:
    return float(value) if isinstance(value, float) else value


def obstacle(notion: Participation, env: Environment) -> str:
    """Why a promise has no meaning in an environment (or one that it was rewritten to), or nothing."""
    try:
        if notion.outside:
            check_outside(env)
    except AssumptionViolated as error:
        return str(error)
    return ""


Lowest: TypeAlias = Callable[[Play, int, Information], Low | None]
"""The lowest utility that a promise is about: (play, agent, what she knows of the others' current types)."""

LOWEST: dict[Promise, Lowest] = {
    Promise.NOTHING: lambda *_: None,
    Promise.INITIAL: lambda play, i, _: worst(_expectations(play, i, initial=True, profile=False)),
    Promise.CONTINUATION: lambda play, i, known: worst(
        _expectations(play, i, initial=False, profile=known is Information.PROFILE)
    ),
    Promise.OUTSIDE: lambda play, i, known: worst(
        _expectations(play, i, initial=False, profile=known is Information.PROFILE, beyond=True)
    ),
    Promise.KNOWN_CONTINUATION: lambda play, i, _: worst(_expectations(play, i, initial=False, profile=True)),
    Promise.EXPECTED_PERIOD: lambda play, i, _: worst(_before_types(play, i, single=True)),
    Promise.EXPECTED_CONTINUATION: lambda play, i, _: worst(_before_types(play, i, single=False)),
    Promise.PATH: lambda play, i, _: _lowest_path(play, i, prefixes=False),
    Promise.PREFIX: lambda play, i, _: _lowest_path(play, i, prefixes=True),
    Promise.PERIOD: lambda play, i, _: worst(_periods(play, i)),
}
"""What finds it, by promise."""
