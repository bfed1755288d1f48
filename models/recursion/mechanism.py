"""The optimum as a mechanism: what it remembers is the point that was drawn, and which actions were taken.

A *node* is a point of a stage with a group of actions: from it, the point's shares τ_b say which points may
be drawn for every report of the next period, its rents U'_b what each type has been promised. After report m
of public state b the action is drawn from the mean of these points' lotteries q_j, and then, in public, the
point: j with chance in proportion to τ_bmj q_j(group). Nobody knows it when she reports, so that reports are
worth what they are on average. The payment of m leaves her what was promised,

    p(m) = Σ_j τ_bmj [v(m, q_j) + δ Σ_b' q_j(group of b') ρ_b' μ_b'(· | m) · U'_b'] − U'_bm.

Reports that the last one rules out get what the best of the others gives. Only what is reached from one point
of the stage before period 0 is remembered: with one memory state a node, finitely many even where periods
never end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.draws import MemoryDraws
from ..mechanism.mechanism import Mechanism, Stage
from .composition import reached
from .points import Points, Promised, RentPoint
from .stages import RentStage


@dataclass(frozen=True, eq=False, repr=False)
class _Held(Short):
    """What is remembered of a stage, n points with G groups. place: of every point among these. lottery:
    (n, A); weight: (n, G) of groups. rents: by branch (n, K'). given: (n,) what each gives her beside
    payments. gain: (n, K). type: (n,). node: (n, G) memory state of the period that follows, -1 for none."""

    points: list[RentPoint]
    place: Ints
    lottery: Array
    weight: Array
    rents: list[Array]
    given: Array
    gain: Array
    type: Ints
    node: Ints


class _Period:
    """The tables of one description of a period as they are filled: memory (M), profiles (S), actions."""

    def __init__(self, env: Environment, t: int, size: int) -> None:
        self.env, self.t, self._numbers = env, t, arithmetic(env.exact)
        shape = size, int(np.prod(env.types(t))), env.num_actions(t)
        self.allocation, self.paid = self._numbers.zeros(shape), self._numbers.zeros(shape[:-1])
        self.next, self.known = np.zeros(shape, dtype=np.int64), np.zeros(shape[:-1], dtype=bool)
        self.lots: list[tuple[Ints, Ints, Array]] = []
        self.count = 0

    def fill(
        self, rows: Ints, stage: RentStage, parts: Sequence[Promised], rents: Array, held: _Held
    ) -> None:
        """What memory states (n,) have at a stage of the period: the points that they draw from, rents (n, K)
        that they promise, and what is held of the stage."""
        at = np.repeat(np.arange(len(parts)), [len(part.after) for part in parts])
        j = held.place[np.concatenate([part.after for part in parts])]
        share = np.concatenate([part.share for part in parts])
        (n, k), zeros = rents.shape, self._numbers.zeros
        told = held.type[j]
        mean, given, worth = zeros((n, k, len(stage.values))), zeros((n, k)), zeros((n, k, k))
        np.add.at(mean, (at, told), share[:, None] * held.lottery[j])
        np.add.at(given, (at, told), share * held.given[j])
        np.add.at(worth, (at, told), share[:, None] * held.gain[j])
        likely = np.zeros((n, k), dtype=bool)
        likely[at, told] = True
        report = _best(worth + rents[:, :, None], likely)
        profile, here = self._profiles(stage.public, k), np.arange(n)[:, None]
        cell = rows[:, None], profile
        self.known[cell] = True
        self.allocation[(*(part[..., None] for part in cell), stage.actions)] = mean[here, report]
        self.paid[cell] = (given - rents)[here, report]
        if not stage.branches:
            return
        groups = held.node.shape[1]
        lot = np.zeros((n, k, groups), dtype=np.int64)
        chance = share[:, None] * held.weight[j]
        entry, group = np.nonzero((held.node[j] >= 0) & np.asarray(chance > 0, dtype=bool))
        key = (at[entry] * k + told[entry]) * groups + group
        keys, which = np.unique(key, return_inverse=True)
        total = zeros(len(keys))
        np.add.at(total, which, chance[entry, group])
        self.lots.append(
            (self.count + which, held.node[j[entry], group], chance[entry, group] / total[which])
        )
        lot.reshape(-1)[keys] = self.count + np.arange(len(keys))
        self.count += len(keys)
        self.next[(*(part[..., None] for part in cell), stage.actions)] = lot[here, report][..., stage.groups]

    def _profiles(self, public: tuple[int, ...], types: int) -> Ints:
        digits = [np.zeros(types, dtype=np.int64)] * self.env.num_agents
        for i, k in zip(self.env.observed, public, strict=True):
            digits[i] = np.full(types, k)
        digits[self.env.private[0]] = np.arange(types)
        return np.ravel_multi_index(digits, self.env.types(self.t))

    def stage(self, labels: list[str], stake: Number) -> Stage:
        """The finished stage; what cannot come about takes the first action that is open."""
        env, t, types = self.env, self.t, self.env.types(self.t)
        size, profiles, actions = self.allocation.shape
        open_ = np.ones((actions, *types), dtype=bool)
        if (shown := env.feasible[t]) is not None:
            wide = tuple(k if i in env.observed else 1 for i, k in enumerate(types))
            open_ &= shown.reshape(actions, *wide)
        m, s = np.nonzero(~self.known)
        self.allocation[m, s, open_.reshape(actions, profiles).argmax(axis=0)[s]] += 1
        transfers = self._numbers.zeros((env.num_agents, size, *types))
        transfers[env.private[0]] = self.paid.reshape(size, *types) * stake
        following, draws = None, None
        if self.count:
            lot, memory, chance = (np.concatenate(column) for column in zip(*self.lots, strict=True))
            order = np.argsort(lot, kind="stable")
            draws = MemoryDraws.of(lot[order], memory[order], chance[order], self.count)
            following = self.next.reshape(size, *types, actions)
            if draws.memory.shape[1] == 1:
                following, draws = draws.memory[following, 0], None
        allocation = self.allocation.reshape(size, *types, actions)
        return Stage(allocation, transfers, following, labels.__getitem__, draws)


def _best(worth: Array, likely: Bools) -> Ints:
    """By row the report (n, K) of every true type: her own, or the best (n, report, type) of the likely."""
    usable = np.where(likely[:, :, None], worth, -np.inf)
    own: Ints = np.broadcast_to(np.arange(worth.shape[2]), (len(worth), worth.shape[2]))
    return np.where(likely, own, usable.argmax(axis=1))


def _held(
    env: Environment, stages: Sequence[RentStage], s: int, pool: Points, kept: Ints, labels: list[list[str]]
) -> _Held:
    """Of stage s; memory states are numbered on, and named, in the descriptions of periods that follow."""
    stage, points = stages[s], [pool.all[k] for k in kept]
    place = np.full(len(pool.all), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    own, groups = pool.type[kept], int(stage.groups.max()) + 1
    lottery = np.array([point.lottery for point in points]).reshape(len(kept), -1)
    weight = np.stack([lottery[:, stage.groups == g].sum(axis=1) for g in range(groups)], axis=1)
    given, rents = (lottery * stage.values[:, own].T).sum(axis=1), []
    for b, branch in enumerate(stage.branches):
        moves, ahead = branch.moves[own], np.stack([point.parts[b].rents for point in points])
        if stage.money.free and s > 0:  # levels are free: nobody may then want to leave
            ahead = ahead - np.where(moves > 0, ahead, math.inf).min(axis=1, keepdims=True)
        rents.append(ahead)
        given = given + weight[:, branch.group] * branch.discount * (moves * ahead).sum(axis=1)
    node = np.full((len(kept), groups), -1, dtype=np.int64)
    for g, follows in {branch.group: stages[branch.next].period for branch in stage.branches}.items():
        names = labels[follows]
        live = np.flatnonzero(np.asarray(weight[:, g] > 0, dtype=bool))
        node[live, g] = len(names) + np.arange(len(live))
        names += [_name(env, stage, int(own[k]), int(kept[k]), g) for k in live]
    gain = np.array([point.gain for point in points]).reshape(len(kept), -1)
    return _Held(points, place, lottery, weight, rents, given, gain, own, node)


def _name(env: Environment, stage: RentStage, own: int, number: int, group: int) -> str:
    """Who was promised which point, and after which of several kinds of actions."""
    t = stage.period
    if t < 0:
        return "start"
    shown = [env.agents[j].types[t][k] for j, k in zip(env.observed, stage.public, strict=True)]
    words = [*shown, f"{env.agents[env.private[0]].types[t][own]}, promise {number}"]
    if (stage.groups != group).any():
        words.append(" or ".join(env.actions[t][a] for a in stage.actions[stage.groups == group]))
    return ", ".join(words)


def mechanism_of(
    env: Environment, stages: Sequence[RentStage], points: Sequence[Points], root: int, stake: Number
) -> Mechanism:
    """The mechanism that a point of the stage before period 0 is, in the arithmetic of the environment.

    root: its number. stake: what one unit of the stages' money is in the environment's.
    """
    kept = reached(stages, points, [root])
    labels: list[list[str]] = [[] for _ in range(env.periods)]
    held = [_held(env, stages, s, points[s], kept[s], labels) for s in range(len(stages))]
    periods = [_Period(env, t, len(names)) for t, names in enumerate(labels)]
    for stage, one in zip(stages, held, strict=True):
        for b, branch in enumerate(stage.branches):
            there = np.flatnonzero(one.node[:, branch.group] >= 0)
            if len(there):
                parts = [one.points[k].parts[b] for k in there]
                follows, rows = stages[branch.next], one.node[there, branch.group]
                periods[follows.period].fill(rows, follows, parts, one.rents[b][there], held[branch.next])
    tables = tuple(period.stage(names, stake) for period, names in zip(periods, labels, strict=True))
    return Mechanism(env.name, tables, 0, env.stationary)
