"""Histories grouped into classes whose futures look the same.

What can follow a public history depends only on its last profile, its last action and, after lies, on which
true types are still conceivable. A `Level` describes each class of one period once: the profiles that can be
reported next (*points*), the feasible actions at each (*plays*), and the class that each leads to. The
number of classes is small where the number of histories is huge, and all coefficients are computed on
classes. `multiplicity` counts the histories of each class, so that sizes are known before anything is built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.numbers import Array, Bools, Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from .points import Bound, Classes, points_of
from .ragged import flat_index, starts_of


@dataclass(frozen=True, eq=False, repr=False)
class Level(Short):
    """Classes of one period t. C classes, P points, L plays, H public states.

    last (C, N), action (C,): last profile and action, 0 where they do not matter (period 0: all 0).
    digits (P, N), prob (P,): a profile of types and its public probability given the history.
    point_class (P,), play_point (L,), play_action (L,): sorted by class, and by point.
    public (P,): public state of each point; public_class (H,), public_digits (H, N): its class and a profile
        that carries the observed types.
    possible[i] (H, K_i): which true types of agent i are conceivable, whatever she reported before.
    sizes: number of types of every agent.
    next_class: class in period t + 1 by link, a play where the action is remembered, else a point; empty at
        the end.
    """

    t: int
    sizes: tuple[int, ...]
    last: Ints
    action: Ints
    multiplicity: list[int]
    digits: Ints
    prob: Array
    point_class: Ints
    play_point: Ints
    play_action: Ints
    public: Ints
    public_class: Ints
    public_digits: Ints
    possible: dict[int, Bools]
    remembers: bool
    next_class: Ints

    @cached_property
    def count(self) -> int:
        """Number of classes."""
        return len(self.action)

    @cached_property
    def point_start(self) -> Ints:
        """First point of each class: (C + 1,)."""
        return starts_of(self.point_class, self.count)

    @cached_property
    def point_plays(self) -> Ints:
        """First play of each point: (P + 1,)."""
        return starts_of(self.play_point, len(self.digits))

    @cached_property
    def play_start(self) -> Ints:
        """First play of each class: (C + 1,)."""
        return self.point_plays[self.point_start]

    @cached_property
    def points(self) -> Ints:
        """Number of points of each class."""
        return np.diff(self.point_start)

    @cached_property
    def plays(self) -> Ints:
        """Number of plays of each class."""
        return np.diff(self.play_start)

    @cached_property
    def profile(self) -> Ints:
        """The profile of every point, agent 0 slowest: (P,)."""
        return flat_index(self.digits, self.sizes)

    def in_doubles(self) -> Level:
        """The same with its probabilities rounded."""
        return replace(self, prob=to_float(self.prob))

    @cached_property
    def _codes(self) -> tuple[Ints, Ints]:
        """(class and profile of the points as one number, in order; the points)."""
        codes = self.point_class * math.prod(self.sizes) + self.profile
        order = np.argsort(codes, kind="stable")
        return codes[order], order

    def find_point(self, cls: Ints, profile: Ints) -> Ints:
        """The points of these classes and profiles (n,), -1 where there is none."""
        codes, order = self._codes
        at = among(codes, cls * math.prod(self.sizes) + profile)
        return np.where(at < 0, -1, order[at])

    def find_play(self, point: Ints, action: Ints) -> Ints:
        """The plays of these actions at these points (n,), -1 where there is none."""
        width = int(self.play_action.max(initial=0)) + 1
        codes = self.play_point * width + self.play_action
        return np.where(action < width, among(codes, point * width + np.minimum(action, width - 1)), -1)

    def values(self, env: Environment, i: int) -> Array:
        """What each play is worth to agent i (per unit, for goods): (L,)."""
        return value_at(env, i, self.t, self.play_action, self.digits[self.play_point])

    def times(self, per_class: Ints) -> int:
        """Total over all histories of a count that each class has."""
        return sum(m * int(k) for m, k in zip(self.multiplicity, per_class, strict=True))


def build_levels(env: Environment, all_messages: bool, limit: float) -> list[Level]:
    """The classes of every period.

    all_messages: keep reports of probability zero given the last report (ex-post notions and joint
    processes need them); otherwise leave them out, which loses nothing. limit: bytes that the program may
    take. Raises `TooLarge` as soon as what has been counted of it takes more.
    """
    bound, everything = Bound(env, limit), all_messages or env.joint
    classes = Classes(
        last=np.zeros((1, env.num_agents), dtype=np.int64),
        action=np.zeros(1, dtype=np.int64),
        multiplicity=[1],
        sets={i: np.ones((1, 1), dtype=bool) for i in env.private},
        set_ids={i: np.zeros(1, dtype=np.int64) for i in env.private},
    )
    levels: list[Level] = []
    for t in range(env.periods):
        level, classes = _level(env, t, classes, everything, bound)
        levels.append(level)
    return levels


def _level(
    env: Environment, t: int, classes: Classes, everything: bool, bound: Bound
) -> tuple[Level, Classes]:
    """The classes of period t described, and those of the next (the last period's again at the end)."""
    cls, digits, prob = points_of(env, t, classes, everything, bound)
    bound.points(classes, np.bincount(cls, minlength=len(classes.action)), close=True)
    seen = digits.copy()
    seen[:, list(env.private)] = 0
    public_rows, public = _unique(np.concatenate([cls[:, None], seen], axis=1))
    public_class, public_digits = public_rows[:, 0], public_rows[:, 1:]
    play_point, play_action = np.nonzero(feasible_at(env, t, digits))
    level = Level(
        t=t,
        sizes=env.types(t),
        last=classes.last,
        action=classes.action,
        multiplicity=classes.multiplicity,
        digits=digits,
        prob=prob,
        point_class=cls,
        play_point=play_point,
        play_action=play_action,
        public=public,
        public_class=public_class,
        public_digits=public_digits,
        possible={
            i: np.ones((len(public_class), env.types(t)[i]), dtype=bool)
            if everything
            else _conceivable(env, t, i, classes, public_class, public_digits)
            for i in env.private
        },
        remembers=t < env.periods - 1 and env.remembers_action(t),
        next_class=np.zeros(0, dtype=np.int64),
    )
    if t == env.periods - 1:
        return level, classes
    next_class, following = _next_classes(env, level)
    return replace(level, next_class=next_class), following


def among(codes: Ints, sought: Ints) -> Ints:
    """Where these numbers (n,) are among increasing codes, -1 where they are not."""
    at = np.minimum(np.searchsorted(codes, sought), len(codes) - 1)
    return np.where(codes[at] == sought, at, -1)


def _unique(rows: Ints) -> tuple[Ints, Ints]:
    """Distinct rows in lexicographic order and the index of each row among them."""
    radix = rows.max(axis=0, initial=0) + 1
    if float(np.prod(radix.astype(float))) < 2**62:
        flat, inverse = np.unique(flat_index(rows, tuple(int(r) for r in radix)), return_inverse=True)
        columns = np.empty((len(flat), rows.shape[1]), dtype=np.int64)
        for j in range(rows.shape[1] - 1, -1, -1):
            flat, columns[:, j] = np.divmod(flat, radix[j])
        return columns, inverse.reshape(-1)
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    return distinct, inverse.reshape(-1)


def feasible_at(env: Environment, t: int, digits: Ints) -> Bools:
    """Whether each action is feasible at each profile: (P, A)."""
    table = env.feasible[t]
    if table is None:
        return np.ones((len(digits), env.num_actions(t)), dtype=bool)
    feasible = table[:, *_axes(table, digits[:, list(env.observed)])]
    return np.broadcast_to(feasible.T, (len(digits), env.num_actions(t)))


def value_at(env: Environment, i: int, t: int, action: Ints, digits: Ints) -> Array:
    """Agent i's values (per unit, for goods) at actions (n,) and profiles (n, N)."""
    return at_profiles(env.agents[i].values[t], action, digits)


def at_profiles(table: Array, action: Ints, digits: Ints) -> Array:
    """Entries of a table, over actions and everybody's types, at actions (n,) and profiles (n, N)."""
    entries: Array = table[action * (len(table) > 1), *_axes(table, digits)]
    return entries


def _axes(table: Array, digits: Ints) -> Ints:
    """Indices into all axes of a table but the first; one of length 1 holds for every type."""
    return (digits * (np.array(table.shape[1:]) > 1)).T


def _conceivable(
    env: Environment, t: int, i: int, classes: Classes, public_class: Ints, public_digits: Ints
) -> Bools:
    """`Level.possible[i]`: true types that some true past, consistent with the public history, leads to."""
    law, sets, ids = env.agents[i].law(t), classes.sets[i], classes.set_ids[i][public_class]
    action, seen = classes.action[public_class], public_digits[:, list(law.given)]
    possible: Bools
    if law.deterministic:
        state, own = np.nonzero(sets[ids])
        row = law.row_index(action[state], [*seen[state].T], own)
        possible = np.zeros((len(ids), env.types(t)[i]), dtype=bool)
        possible[state, law.table.reshape(-1)[row]] = True
        return possible
    # What each set of types leads to, once for all public states that have the same set and condition.
    ways = law.table.shape[1 + len(law.given)]
    support = (law.rows() != 0).reshape(-1, ways, law.size).astype(np.float32)
    before = sets if ways > 1 else sets.any(axis=1, keepdims=True)
    reached = (before.astype(np.float32) @ support) > 0
    condition = law.row_index(action, [*seen.T], np.zeros(len(ids), dtype=np.int64)) // ways
    possible = reached[condition, ids]
    return possible


def _next_classes(env: Environment, level: Level) -> tuple[Ints, Classes]:
    """What follows each link grouped into the classes of the next period: which, and those."""
    t, n = level.t, env.num_agents
    point = level.play_point if level.remembers else np.arange(len(level.digits))
    steered = level.remembers and env.controlled[t]
    action = level.play_action if steered else np.zeros(len(point), dtype=np.int64)
    moves = [env.joint or agent.kernels[t].by_type for agent in env.agents]
    columns = [*(level.digits[point] * moves).T, action]
    sets: dict[int, Bools] = {}
    for i in env.private:
        # Where her type does not matter to the next one it is nothing to remember.
        sets[i], which = np.unique(level.possible[i] | (not moves[i]), axis=0, return_inverse=True)
        columns.append(which.reshape(-1)[level.public[point]])
    rows, next_class = _unique(np.stack(columns, axis=1))
    # Python integers: the number of histories may pass 2**63 long before anything is laid out.
    multiplicity = np.zeros(len(rows), dtype=object)
    np.add.at(multiplicity, next_class, np.array(level.multiplicity, dtype=object)[level.point_class[point]])
    set_ids = {i: rows[:, n + 1 + j] for j, i in enumerate(env.private)}
    return next_class, Classes(rows[:, :n], rows[:, n], multiplicity.tolist(), sets, set_ids)
