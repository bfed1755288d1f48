"""What a liar says after her lie: the reports that her gain is computed with, by reached state.

Forward from the lie, level by level: a *node* is a public state of some period together with her true type
of the period before (on which her next type, and with a correlated process her belief, depends). From each
reached node her report is the best reply; the nodes that follow are found with `np.unique`. Only lies are
told to the reader, so branches without any are cut before the histories are spelled out one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np

from ...solvers.numbers import Bools, Ints, Number
from ...solvers.short import Short
from ..notions.incentives import Incentive, Information
from .agent_view import PeriodView, view
from .best_reply import BestReply, choices, reply_utilities
from .finding import Lie
from .public_states import Play, Step
from .report_utilities import entries_per_state


@dataclass(frozen=True)
class Later:
    """One later lie: the steps from the lie on, then her state (indices) and her report in `period`."""

    period: int
    steps: tuple[Step, ...]
    previous: int
    shown: int
    type: int
    others: int | None
    report: int


@dataclass(eq=False, repr=False)
class _Level(Short):
    """Nodes of one period: states (n,), past (n,); reached and report (n, O, K, Z).

    Edges: `source` (node, o, θ, z), `move` (x, branch) and `target` (node of the next level).
    """

    seen: PeriodView
    states: Ints
    past: Ints
    reached: Bools
    report: Ints
    source: Ints = field(default_factory=lambda: np.zeros((4, 0), dtype=np.int64))
    move: Ints = field(default_factory=lambda: np.zeros((2, 0), dtype=np.int64))
    target: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def lies(self) -> Bools:
        """(n, O, K, Z): where she says something else than the truth."""
        own = np.arange(self.report.shape[2])[None, None, :, None]
        told: Bools = self.reached & (self.report != own)
        return told


def later_lies(
    play: Play, notion: Incentive, lie: Lie, reply: BestReply, slack: Number, limit: int
) -> tuple[list[Later], bool]:
    """All later lies of the best reply after `lie`, at most `limit`, and whether there are more.

    slack: she tells the truth where that costs no more money than this. For myopic notions what happens
    later does not count, and there are none.
    """
    if notion.myopic:
        return [], False
    levels = [_root(play, notion, lie)]
    for t in range(lie.period + 1, play.env.periods):
        levels.append(_next_level(play, notion, levels[-1], view(play, lie.agent, t), reply, slack))
    # Of each node whether a lie is told there or after it.
    ahead: list[Bools] = [np.any(level.lies, axis=(1, 2, 3)) for level in levels]
    for depth in reversed(range(len(levels) - 1)):
        here = levels[depth]
        ahead[depth][here.source[0][ahead[depth + 1][here.target]]] = True
    told = list(itertools.islice(_spell(play, levels, ahead, notion), limit + 1))
    return told[:limit], len(told) > limit


def _root(play: Play, notion: Incentive, lie: Lie) -> _Level:
    seen = view(play, lie.agent, lie.period)
    width, own, rest = seen.order.shape
    profile = notion.information is Information.PROFILE
    state, _ = (np.array([lie.state]), 0) if profile else play.whole(lie.period, np.array([lie.state]))
    reached = np.zeros((len(state), width, own, rest if profile else 1), dtype=bool)
    reached[:, lie.shown, lie.type, lie.others or 0] = True
    past = seen.previous[play.states[lie.period].news[state]]
    return _Level(seen, state, past, reached, np.full(reached.shape, lie.report))


def _next_level(
    play: Play, notion: Incentive, here: _Level, seen: PeriodView, reply: BestReply, slack: Number
) -> _Level:
    """Follow every reached state by every profile of the others and every action of positive probability."""
    profile = notion.information is Information.PROFILE
    t = here.seen.period
    node, shown, own, z = np.nonzero(here.reached)
    said = here.report[node, shown, own, z]
    rest = here.seen.order.shape[2]
    if profile:
        met: Bools = z[:, None] == np.arange(rest)
    else:
        news = play.states[t].news[here.states[node]]
        others = here.seen.others
        column = np.minimum(own, others.shape[2] - 1)
        past = np.minimum(here.past[node], others.shape[3] - 1)
        met = np.asarray(others[news, shown, column, past] > 0, dtype=bool)
    at = here.seen.order[shown, said]
    to = np.where(met[:, :, None], play.states[t].onward[here.states[node][:, None], at], -1)
    entry, x, branch = np.nonzero(to >= 0)
    here.source = np.stack([node[entry], shown[entry], own[entry], z[entry]])
    here.move = np.stack([x, branch])
    types = here.seen.types
    code, here.target = np.unique(to[entry, x, branch] * types + own[entry], return_inverse=True)
    states, past = code // types, code % types

    news = play.states[seen.period].news[states]
    reached: Bools = np.asarray(seen.moves[news, past] > 0, dtype=bool)[..., None]
    if profile:
        column = np.minimum(past, seen.others.shape[3] - 1)
        reached = reached & np.asarray(seen.others[news, :, :, column] > 0, dtype=bool)
    report = np.zeros(reached.shape, dtype=np.int64)
    step = max(1, len(play.chunks(seen.period, entries_per_state(seen))[0]))
    for start in range(0, len(states), step):
        part = slice(start, start + step)
        replies = reply_utilities(play, seen, notion, states[part], reply.after[seen.period + 1])
        if not profile:
            column = np.minimum(past[part], replies.shape[3] - 1)
            replies = replies[np.arange(len(column)), :, :, column][:, :, :, None]
        report[part] = choices(seen, notion, news[part], replies, slack)
    return _Level(seen, states, past, reached, report)


def _spell(play: Play, levels: list[_Level], ahead: list[Bools], notion: Incentive) -> Iterator[Later]:
    """Depth first over histories, skipping nodes with no lie ahead and what has been said before.

    Distinct true pasts can lead through the same public history; a state is told once for each.
    """
    profile = notion.information is Information.PROFILE
    told: set[tuple[Hashable, ...]] = set()
    start = levels[0].seen.period
    visited: set[tuple[int, int, tuple[Step, ...]]] = set()
    stack: list[tuple[int, int, tuple[Step, ...]]] = [(0, n, ()) for n in range(len(levels[0].states))[::-1]]
    while stack:
        depth, node, steps = stack.pop()
        level = levels[depth]
        state, past = int(level.states[node]), int(level.past[node])
        if depth > 0:
            for shown, own, z in np.argwhere(level.lies[node]).tolist():
                saw = tuple(play.visible(t, step) for t, step in enumerate(steps, start))
                key = (saw, past if play.env.joint else None, shown, own, z)
                if key not in told:
                    told.add(key)
                    others, report = z if profile else None, int(level.report[node, shown, own, z])
                    yield Later(level.seen.period, steps, past, shown, own, others, report)
        if depth + 1 == len(levels):
            continue
        edges = np.flatnonzero((level.source[0] == node) & ahead[depth + 1][level.target])
        for edge in edges[::-1].tolist():
            _, shown, own, z = level.source[:, edge].tolist()
            x, branch = level.move[:, edge].tolist()
            said = int(level.report[node, shown, own, z])
            profile_index = int(level.seen.order[shown, said, x])
            action = branch if play.by_action(level.seen.period) else None
            following = (depth + 1, int(level.target[edge]), (*steps, (state, profile_index, action)))
            if following not in visited:
                visited.add(following)
                stack.append(following)
