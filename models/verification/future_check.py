"""Is truth optimal whatever the types of later periods turn out to be? (MPTZ App. B.2, sDIC)

One lie, and the truth after it, compared with the truth along every path of types. At a pair of public
states (a, b) of one period, a after the truth and b after the lie, the most that the lie can gain from
there on is W(a, b) = max over profiles s that can follow of u(b, s) − u(a, s) + δ W(next of a, next of b).
Pairs are found forwards, from every lie at every state. Utilities are expectations over the lottery of the
period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from .agent_view import order_of
from .best_reply import Lie
from .judging import limits
from .public_states import Play

MOST_ENTRIES = {False: 20_000_000, True: 1_000_000}
"""Of the largest array of pairs and profiles, for doubles and for rationals."""


@dataclass(frozen=True, eq=False, repr=False)
class _Pairs(Short):
    """truth, lie (n,): public states; follow (n, S): the pair of the next period, -1 where there is none."""

    truth: Ints
    lie: Ints
    follow: Ints | None = None


def best_future(play: Play, i: int) -> tuple[Lie, tuple[int, ...]] | None:
    """The lie of agent i that some path rewards most, and the profiles of later periods on that path.

    None where she has one type. Raises `AssumptionViolated` where the action moves types or memory, and
    `TooLarge`.
    """
    _check(play)
    own, pairs = _pairs(play, i)
    worth: Array | None = None
    choice: list[Ints | None] = [None] * play.env.periods
    best: Lie | None = None
    for t in reversed(range(play.env.periods)):
        found = _best_lie(play, i, t, own[t], worth)
        if found is not None:
            best = found.or_worse(best)
        if t == 0:
            break
        here = pairs[t]
        flow = _flow(play, i, t)
        gain = flow[here.lie] - flow[here.truth]
        if here.follow is not None and worth is not None:
            gain = gain + play.env.discount * np.where(here.follow < 0, 0, worth[np.maximum(here.follow, 0)])
        states = play.states[t]
        gain = np.where(states.probable[states.news[here.truth]], gain, -np.inf)
        choice[t] = gain.argmax(axis=1)
        worth = gain.max(axis=1)
    if best is None:
        return None
    return best, _path(play, best, own, pairs, choice)


def _check(play: Play) -> None:
    for t, moves in enumerate(play.env.controlled):
        if moves or play.by_action(t):
            what = "types depend on" if moves else "the mechanism remembers"
            raise AssumptionViolated(
                f"incentives 'every-future': {what} the action of period {t}, so that truth and a lie are "
                "not followed by the same path of types"
            )


def _flow(play: Play, i: int, t: int) -> Array:
    """(M, S): utility of truth."""
    table = play.env.agents[i].values[t]
    values = np.broadcast_to(table, (len(table), *play.env.types(t))).reshape(len(table), -1).T
    memory = play.states[t].memory
    flow: Array = (play.allocation(t) * values).sum(axis=-1) - play.transfers(t, i)
    return flow[memory]


def _lies(play: Play, i: int, t: int) -> tuple[Ints, Ints, Ints]:
    """(S, R): the profile with agent i's type replaced by each report; (S,) her type; (S,) others' index."""
    order = order_of(play.env, t, i)
    width, own, rest = order.shape
    swapped = np.zeros((order.size, own), dtype=np.int64)
    swapped[order] = np.broadcast_to(np.swapaxes(order, 1, 2)[:, None], (width, own, rest, own))
    mine = np.zeros(order.size, dtype=np.int64)
    mine[order] = np.arange(own)[:, None]
    other = np.zeros(order.size, dtype=np.int64)
    other[order] = np.arange(rest)
    return swapped, mine, other


def _pairs(play: Play, i: int) -> tuple[list[Ints], list[_Pairs]]:
    """For each period the pair of the next that a lie leads to, (M, S, R), and the pairs themselves."""
    none = np.zeros(0, dtype=np.int64)
    own: list[Ints] = []
    pairs = [_Pairs(none, none)]
    for t in range(play.env.periods):
        states, here = play.states[t], pairs[-1]
        if states.follow is None:
            own.append(none)
            break
        follow = states.follow[..., 0]
        swapped = _lies(play, i, t)[0]
        size = play.states[t + 1].size
        entries = follow.size * swapped.shape[1] + len(here.truth) * follow.shape[1]
        if entries > MOST_ENTRIES[play.exact]:
            raise TooLarge(f"incentives 'every-future': {entries:,} pairs of histories in period {t}")
        after_lie = _code(follow[:, :, None], follow[:, swapped], size)
        onward = _code(follow[here.truth], follow[here.lie], size)
        found, index = np.unique(np.concatenate([after_lie.ravel(), onward.ravel()]), return_inverse=True)
        index = np.where(found[index] < 0, -1, index - int((found < 0).sum()))
        found = found[found >= 0]
        own.append(index[: after_lie.size].reshape(after_lie.shape))
        pairs[-1] = _Pairs(here.truth, here.lie, index[after_lie.size :].reshape(onward.shape))
        pairs.append(_Pairs(found // size, found % size))
    return own, pairs


def _code(truth: Ints, lie: Ints, size: int) -> Ints:
    code: Ints = np.where((truth < 0) | (lie < 0), -1, truth * size + lie)
    return code


def _best_lie(play: Play, i: int, t: int, own: Ints, worth: Array | None) -> Lie | None:
    states = play.states[t]
    swapped, mine, other = _lies(play, i, t)
    table = play.env.agents[i].values[t]
    values = np.broadcast_to(table, (len(table), *play.env.types(t))).reshape(len(table), -1).T
    lottery, paid = play.allocation(t)[states.memory], play.transfers(t, i)[states.memory]
    said = (lottery[:, swapped] * values[:, None]).sum(axis=-1) - paid[:, swapped]
    gain = said - _flow(play, i, t)[:, :, None]
    if worth is not None and own.size:
        gain = gain + play.env.discount * np.where(own < 0, 0, worth[np.maximum(own, 0)])
    reports = np.arange(swapped.shape[1])
    asked = states.open[states.news][:, :, None] & (reports != mine[:, None])
    if not asked.any():
        return None
    gain = np.where(asked, gain, -np.inf)
    at = np.unravel_index(int(gain.argmax()), gain.shape)
    m, s, r = (int(k) for k in at)
    shown = int(np.argwhere(order_of(play.env, t, i) == s)[0][0])
    value = arithmetic(play.exact).number(gain[at])
    shown_of = np.zeros(len(mine), dtype=np.int64)
    order = order_of(play.env, t, i)
    shown_of[order] = np.arange(len(order))[:, None, None]
    nothing = limits(play, i)[t][:, shown_of, mine]
    counts = bool(np.any(gain > nothing[..., None]))
    return Lie(i, t, m, shown, int(mine[s]), int(other[s]), r, value, nothing[m, s], counts)


def _path(
    play: Play, lie: Lie, own: list[Ints], pairs: list[_Pairs], choice: list[Ints | None]
) -> tuple[int, ...]:
    """The profile of every later period that rewards the lie most."""
    t = lie.period
    profile = int(order_of(play.env, t, lie.agent)[lie.shown, lie.type, lie.others or 0])
    path: list[int] = []
    pair = int(own[t][lie.state, profile, lie.report]) if own[t].size else -1
    for later in range(t + 1, play.env.periods):
        chosen, follow = choice[later], pairs[later].follow
        if chosen is None:
            break
        path.append(int(chosen[pair]))
        pair = -1 if follow is None else int(follow[pair, path[-1]])
    return tuple(path)
