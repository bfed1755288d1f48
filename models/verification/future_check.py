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
from .finding import Lie, worst
from .judging import limits
from .public_states import Play, worth

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
    most: Array | None = None
    choice: list[Ints | None] = [None] * play.env.periods
    lies: list[Lie | None] = []
    for t in reversed(range(play.since, play.env.periods)):
        lies.append(_best_lie(play, i, t, own[t], most))
        if t == play.since:
            break
        here = pairs[t]
        flow = _flow(play, i, t)
        gain = flow[here.lie] - flow[here.truth]
        if here.follow is not None and most is not None:
            gain = gain + play.env.discount * np.where(here.follow < 0, 0, most[np.maximum(here.follow, 0)])
        states = play.states[t]
        gain = np.where(states.probable[states.news[here.truth]], gain, -np.inf)
        choice[t] = gain.argmax(axis=1)
        most = gain.max(axis=1)
    best = worst(lies)
    return None if best is None else (best, _path(play, best, own, pairs, choice))


def _check(play: Play) -> None:
    for t, moves in enumerate(play.env.controlled):
        if t >= play.since and (moves or play.by_action(t)):
            what = "types depend on" if moves else "the mechanism remembers"
            raise AssumptionViolated(
                f"incentives 'every-future': {what} the action of period {t}, so that truth and a lie are "
                "not followed by the same path of types"
            )


def _flow(play: Play, i: int, t: int) -> Array:
    """(M, S): utility of truth."""
    return play.flows(t, i, np.arange(play.states[t].size))[2]


def _swapped(order: Ints) -> Ints:
    """(S, R): the profile with the agent's type replaced by each report."""
    width, own, rest = order.shape
    swapped = np.zeros((order.size, own), dtype=np.int64)
    swapped[order] = np.broadcast_to(np.swapaxes(order, 1, 2)[:, None], (width, own, rest, own))
    return swapped


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
        swapped = _swapped(order_of(play.env, t, i))
        size = play.states[t + 1].size
        entries = follow.size * swapped.shape[1] + len(here.truth) * follow.shape[1]
        if entries > MOST_ENTRIES[play.exact]:
            raise TooLarge(f"incentives 'every-future': {entries:,} pairs of histories in period {t}")
        after_lie = _code(follow[:, :, None], follow[:, swapped], size)
        onward = _code(follow[here.truth], follow[here.lie], size)
        codes, index = np.unique(np.concatenate([after_lie.ravel(), onward.ravel()]), return_inverse=True)
        index = np.where(codes[index] < 0, -1, index - int((codes < 0).sum()))
        codes = codes[codes >= 0]
        own.append(index[: after_lie.size].reshape(after_lie.shape))
        pairs[-1] = _Pairs(here.truth, here.lie, index[after_lie.size :].reshape(onward.shape))
        pairs.append(_Pairs(codes // size, codes % size))
    return own, pairs


def _code(truth: Ints, lie: Ints, size: int) -> Ints:
    code: Ints = np.where((truth < 0) | (lie < 0), -1, truth * size + lie)
    return code


def _best_lie(play: Play, i: int, t: int, own: Ints, most: Array | None) -> Lie | None:
    states, order = play.states[t], order_of(play.env, t, i)
    swapped = _swapped(order)
    shown, mine, other = (np.zeros(order.size, dtype=np.int64) for _ in range(3))
    shown[order], mine[order], other[order] = np.ogrid[tuple(slice(k) for k in order.shape)]
    values = worth(play.env, t, i).T
    lottery, paid = play.allocation(t)[states.memory], play.transfers(t, i)[states.memory]
    said = (lottery[:, swapped] * values[:, None]).sum(axis=-1) - paid[:, swapped]
    gain = said - _flow(play, i, t)[:, :, None]
    if most is not None and own.size:
        gain = gain + play.env.discount * np.where(own < 0, 0, most[np.maximum(own, 0)])
    asked = states.open[states.news][:, :, None] & (np.arange(swapped.shape[1]) != mine[:, None])
    allowed = play.env.agents[i].may_report(t)
    if allowed is not None:
        asked = asked & allowed[mine]
    if not asked.any():
        return None
    gain = np.where(asked, gain, -np.inf)
    m, s, r = (int(k) for k in np.unravel_index(int(gain.argmax()), gain.shape))
    nothing = limits(play, i)[t][:, shown, mine]
    return Lie(
        agent=i, period=t, state=m, shown=int(shown[s]), type=int(mine[s]), others=int(other[s]), report=r,
        violation=arithmetic(play.exact).number(gain[m, s, r]), nothing=nothing[m, s],
        counts=bool(np.any(gain > nothing[..., None])),
    )  # fmt: skip


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
