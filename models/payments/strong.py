"""Strong monotonicity of an allocation (LN Definition 5), for lotteries over actions listed in any order.

The process is autonomous (no kernel depends on the action, and the mechanism remembers none), higher types
have higher next types (first-order stochastic dominance), and what one type more is worth,

    d_t(j, r) = Σ_a q_t(a | r) (v_t(a, j+1) − v_t(a, j)),

never falls where the agent reports one type higher in one period, now or before, all other reports held.
Where v_t has increasing differences that is x_t nondecreasing in her reports; no order of actions is needed.
Pairs of public states, after a report and after the next higher one, are followed forwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic
from ...solvers.errors import TooLarge
from ...solvers.numbers import Number, show
from ..verification.agent_view import view
from ..verification.finding import Lie
from ..verification.future_check import MOST_ENTRIES
from ..verification.judging import Told, limits, verdict_of
from ..verification.public_states import Play
from ..verification.report_utilities import report_utilities
from ..verification.verdict import Verdict, Witness
from ..verification.witness import told_witness
from .slopes import can_be, tilt

NOTION = "strong"


def strong_monotonicity(game: Play) -> Verdict:
    """Of an allocation's public states. What fails first is told: the violation is the chance of an action
    that matters later, the chance that dominance lacks, or money.

    Raises `TooLarge`.
    """
    holds = verdict_of(game, "monotonicity", NOTION, [])
    for i in game.env.private:
        if broken := _steered(game, i) or _not_dominating(game, i):
            return replace(holds, holds=False, violation=broken.gain, witness=broken)
    told: list[Told] = []
    for i in game.env.private:
        if falls := list(_falls(game, i)):
            lie, what = max(falls, key=lambda fall: (fall[0].violation, -fall[0].period))
            lie = replace(lie, counts=any(other.counts for other, _ in falls))
            told.append((lie, partial(told_witness, game, lie, what)))
    return verdict_of(game, "monotonicity", NOTION, told)


def _steered(game: Play, i: int) -> Witness | None:
    """Where an action matters for what comes later; its largest chance there."""
    for t in range(game.env.periods - 1):
        if game.by_action(t):
            lottery, name = game.allocation(t)[game.states[t].memory], game.env.agents[i].name
            size = arithmetic(game.exact).number(lottery.max())
            what = "types move with" if game.env.controlled[t] else "the mechanism remembers"
            done = game.env.actions[t][int(lottery.max(axis=(0, 1)).argmax())]
            sentence = (
                f"The process of agent '{name}' is not autonomous: {what} the action of period {t}, "
                f"'{done}' with chance {show(size)}."
            )
            return Witness(name, t, [], None, None, None, size, sentence)
    return None


def _not_dominating(game: Play, i: int) -> Witness | None:
    """The step up by which a next type gets the most likelier to be low."""
    lacks: list[Witness] = []
    agent = game.env.agents[i]
    for t in range(1, game.env.periods):
        lack = -tilt(view(game, i, t))
        if not lack.size or not lack.max() > arithmetic(game.exact).slack(1, ROUNDED):
            continue
        _, step, _, bound = (int(k) for k in np.unravel_index(int(lack.argmax()), lack.shape))
        size, own = arithmetic(game.exact).number(lack.max()), agent.types[t - 1][step + 1]
        sentence = (
            f"Higher types of agent '{agent.name}' do not dominate: in period {t - 1} a next type above "
            f"'{agent.types[t][bound]}' has {show(size)} less chance for '{own}' than for "
            f"'{agent.types[t - 1][step]}'."
        )
        lacks.append(Witness(agent.name, t - 1, [], own, None, None, size, sentence))
    return max(lacks, key=lambda lack: lack.gain, default=None)


def _falls(game: Play, i: int) -> Iterator[tuple[Lie, str]]:
    """The largest fall of d in each period, by its own report and by an earlier one, and what is said of it.

    pairs: public states after a report and after the next higher one; origin: period, state, observed types
    and report before which they parted.
    """
    types = game.env.agents[i].types
    number = arithmetic(game.exact).number
    low = high = np.zeros(0, dtype=np.int64)
    origin = np.zeros((0, 4), dtype=np.int64)
    for t in range(game.env.periods):
        seen, states, every = view(game, i, t), game.states[t], np.arange(game.states[t].size)
        entries = (states.size + len(low)) * seen.order.size * seen.types
        if entries > MOST_ENTRIES[game.exact]:
            raise TooLarge(f"monotonicity 'strong': {entries:,} pairs of histories and reports in period {t}")
        worth = np.diff(report_utilities(game, seen, every, None), axis=2)  # d, (M, O, K-1, X, R)
        nothing = limits(game, i)[t][..., 1:, None, None]
        possible = can_be(game, seen)[..., None, None, None]
        if worth.size and seen.types > 1:
            fall = np.where(possible, -np.diff(worth, axis=-1), -np.inf)
            at = tuple(int(k) for k in np.unravel_index(int(fall.argmax()), fall.shape))
            m, shown, step, _, report = at
            before, after = worth[at], worth[(*at[:-1], report + 1)]
            what = (
                f"one type up is then worth {show(after)} more, but {show(before)} after '{types[t][report]}'"
            )
            small, some = nothing[m, shown, step, 0, 0], bool((fall > nothing).any())
            yield _fall(i, t, (m, shown, step, report + 1), number(fall[at]), small, some), what
        if worth.size and len(low):
            fall = np.where(possible[low] & possible[high], worth[low] - worth[high], -np.inf)
            at = tuple(int(k) for k in np.unravel_index(int(fall.argmax()), fall.shape))
            pair, shown, step, _, report = at
            s, m, then, said = (int(k) for k in origin[pair])
            before, after = worth[(low[pair], *at[1:])], worth[(high[pair], *at[1:])]
            what = (
                f"in period {t}, '{types[t][report]}' being reported, one type above '{types[t][step]}' is "
                f"then worth {show(after)} more, but {show(before)} after '{types[s][said]}'"
            )
            small, some = nothing[low[pair], shown, step, 0, 0], bool((fall > nothing[low]).any())
            yield _fall(i, s, (m, then, said, said + 1), number(fall[at]), small, some), what
        if states.follow is None:
            return
        next_of = states.onward[..., 0][:, seen.order]  # (M, O, R, X)
        index = np.indices(next_of[:, :, 1:].shape).reshape(4, -1)[:3].T
        parted = np.concatenate([np.full((len(index), 1), t), index], axis=1)
        lows = np.concatenate([next_of[:, :, :-1].ravel(), next_of[low].ravel()])
        highs = np.concatenate([next_of[:, :, 1:].ravel(), next_of[high].ravel()])
        origin = np.concatenate([parted, np.repeat(origin, seen.order.size, axis=0)])
        apart = np.flatnonzero((lows != highs) & (lows >= 0) & (highs >= 0))
        _, first = np.unique(lows[apart] * game.states[t + 1].size + highs[apart], return_index=True)
        low, high, origin = lows[apart[first]], highs[apart[first]], origin[apart[first]]


def _fall(i: int, t: int, at: tuple[int, int, int, int], size: Number, nothing: Number, counts: bool) -> Lie:
    state, shown, own, report = at
    return Lie(
        agent=i, period=t, state=state, shown=shown, type=own, report=report, violation=size, nothing=nothing,
        counts=counts,
    )  # fmt: skip
