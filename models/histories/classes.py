"""Histories grouped into classes whose futures look the same.

What can follow a public history depends only on its last profile, its last action and, after lies, on which
true types are still conceivable. A `Level` describes each class of one period once: the profiles that can be
reported next (*points*), the feasible actions at each (*plays*), and the class that each leads to. The
number of classes is small where the number of histories is huge, and all coefficients are computed on
classes. `multiplicity` counts the histories of each class, so that sizes are known before anything is built.
The classes themselves are counted before they are described: the points of all histories so far bound the
program from below, and where that bound is beyond the memory limit nothing more is laid out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from ..environment.environment import Environment
from ..environment.memory import refuse_begun
from .ragged import flat_index, group_sums, offsets, spread


@dataclass(eq=False)
class Level:
    """Classes of one period t. C classes, P points, L plays, H public states.

    last (C, N), action (C,): last profile and action, 0 where they do not matter (period 0: all 0).
    digits (P, N), prob (P,): a profile of types and its public probability given the history.
    point_start (C + 1,), point_class (P,), play_start (C + 1,), play_point (L,), play_action (L,).
    public (P,): public state of each point; public_class (H,), public_digits (H, N): its class and a profile
        that carries the observed types.
    possible[i] (H, K_i): which true types of agent i are conceivable, whatever she reported before.
    next_class: class in period t + 1, by play where the action is remembered, else by point; None at the end.
    """

    t: int
    last: Ints
    action: Ints
    multiplicity: list[int]
    digits: Ints
    prob: Array
    point_class: Ints
    point_start: Ints
    play_point: Ints
    play_action: Ints
    play_start: Ints
    public: Ints
    public_class: Ints
    public_digits: Ints
    possible: dict[int, Bools]
    remembers: bool
    next_class: Ints | None = None

    @property
    def count(self) -> int:
        """Number of classes."""
        return len(self.action)

    @property
    def points(self) -> Ints:
        """Number of points of each class."""
        return np.diff(self.point_start)

    @property
    def plays(self) -> Ints:
        """Number of plays of each class."""
        return np.diff(self.play_start)

    @property
    def play_class(self) -> Ints:
        """Class of each play."""
        return self.point_class[self.play_point]

    def times(self, per_class: Ints) -> int:
        """Total over all histories of a count that each class has."""
        return sum(m * int(k) for m, k in zip(self.multiplicity, per_class, strict=True))


@dataclass
class Bound:
    """What every program over these histories has at least: a row and a column an action at each point.

    points: of the histories of all periods before `t`, and the same times their actions.
    """

    env: Environment
    limit: float
    t: int = 0
    rows: int = 0
    columns: int = 0

    def points(self, multiplicity: list[int], points: Array, close: bool = False) -> None:
        """Count points (C,) of each class of period t; `close`: those are all, so go on to the next period.

        Raises `TooLarge` where the program cannot fit any more.
        """
        env, t = self.env, self.t
        # Python integers, as in `multiplicity`: there may be more than 2**63.
        count = sum(m * int(k) for m, k in zip(multiplicity, points.tolist(), strict=True))
        rows = self.rows + (count if env.goods[t] is None else 0)
        columns = self.columns + count * (env.num_actions(t) if env.feasible[t] is None else 1)
        refuse_begun(env, rows, columns, t, self.limit)
        if close:
            self.t, self.rows, self.columns = t + 1, rows, columns


def build_levels(env: Environment, all_messages: bool, limit: float) -> list[Level]:
    """The classes of every period.

    all_messages: keep reports of probability zero given the last report (ex-post notions and joint
    processes need them); otherwise leave them out, which loses nothing. limit: bytes that the program may
    take. Raises `TooLarge` as soon as what has been counted of it takes more.
    """
    bound = Bound(env, limit)
    n = env.num_agents
    everything = all_messages or env.joint
    last, action = np.zeros((1, n), dtype=np.int64), np.zeros(1, dtype=np.int64)
    prior_sets = {i: np.ones((1, 1), dtype=bool) for i in env.private}
    set_ids = {i: np.zeros(1, dtype=np.int64) for i in env.private}
    multiplicity = [1]
    levels: list[Level] = []
    for t in range(env.periods):
        level = _level(env, t, last, action, multiplicity, everything, bound)
        bound.points(multiplicity, level.points, close=True)
        _conceivable(env, level, prior_sets, set_ids, everything)
        levels.append(level)
        if t == env.periods - 1:
            break
        last, action, prior_sets, set_ids, multiplicity = _next_classes(env, level)
    return levels


def _level(
    env: Environment,
    t: int,
    last: Ints,
    action: Ints,
    multiplicity: list[int],
    everything: bool,
    bound: Bound,
) -> Level:
    n = env.num_agents
    if env.joint:
        bound.points(multiplicity, np.full(len(action), math.prod(env.types(t))))
        cls, digits, prob = _joint_points(env, t, last, action)
    else:
        cls, digits, prob = _independent_points(env, t, last, action, everything, multiplicity, bound)
    count = len(action)
    point_start = offsets(np.bincount(cls, minlength=count))
    seen = digits.copy()
    seen[:, list(env.private)] = 0
    key = np.concatenate([cls[:, None], seen], axis=1)
    public_rows, public = _unique(key)
    allowed = feasible_at(env, t, digits)
    play_point, play_action = np.nonzero(allowed)
    play_start = offsets(np.bincount(cls[play_point], minlength=count))
    return Level(
        t=t,
        last=last,
        action=action,
        multiplicity=multiplicity,
        digits=digits,
        prob=prob,
        point_class=cls,
        point_start=point_start,
        play_point=play_point,
        play_action=play_action,
        play_start=play_start,
        public=public,
        public_class=public_rows[:, 0],
        public_digits=public_rows[:, 1:].reshape(len(public_rows), n),
        possible={},
        remembers=t < env.periods - 1 and env.remembers_action(t),
    )


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
    observed = tuple(
        digits[:, j] if size > 1 else np.zeros(len(digits), dtype=np.int64)
        for j, size in zip(env.observed, table.shape[1:], strict=True)
    )
    index: tuple[Any, ...] = (slice(None), *observed)
    found: Bools = np.broadcast_to(table[index].T, (len(digits), env.num_actions(t)))
    return found


def _independent_points(
    env: Environment,
    t: int,
    last: Ints,
    action: Ints,
    everything: bool,
    multiplicity: list[int],
    bound: Bound,
) -> tuple[Ints, Ints, Array]:
    """Profiles that can come next in every class, agent by agent, observed ones first.

    They are counted before they are laid out: no kernel is given the next type of an agent who reports, so
    once the observed ones are known every agent multiplies the profiles by types of her own.
    """
    cls = np.arange(len(action), dtype=np.int64)
    digits = np.zeros((len(action), env.num_agents), dtype=np.int64)
    prob: Array | None = None
    agents = env.agents
    order = sorted(range(env.num_agents), key=lambda i: (not agents[i].observed, bool(agents[i].given), i))
    counted = -1
    for k, i in enumerate(order):
        if k > counted:
            counted = k if agents[i].observed else env.num_agents
            ways = np.ones(len(cls))
            for j in order[k : counted + 1]:
                ways *= _steps(env, t, j, everything, cls, digits, last, action).counts
            bound.points(multiplicity, group_sums(ways, cls, len(action)))
        step = _steps(env, t, i, everything, cls, digits, last, action)
        parent, entry = spread(step.starts, step.counts)
        cls, digits = cls[parent], digits[parent]
        digits[:, i] = step.types[entry]
        if step.sure:
            continue
        factor = _chance(env, t, i, cls, digits, last, action)
        prob = factor if prob is None else prob[parent] * factor
    if prob is None or prob.dtype.kind == "i":  # only deterministic moves
        prob = arithmetic(env.exact).ones(len(cls)) * (1 if prob is None else prob)
    return cls, digits, prob


@dataclass(eq=False)
class _Steps:
    """Types that can follow a partial profile: types[starts : starts + counts]; `sure` where there is one."""

    types: Ints
    starts: Ints
    counts: Ints
    sure: bool = False


def _steps(
    env: Environment, t: int, i: int, everything: bool, cls: Ints, digits: Ints, last: Ints, action: Ints
) -> _Steps:
    """Types of agent i that can follow in period t, at every partial profile."""
    agent, count = env.agents[i], len(cls)
    if everything and not agent.observed:
        size = env.types(t)[i]
        return _Steps(np.arange(size), np.zeros(count, dtype=np.int64), np.full(count, size))
    if t == 0:
        assert agent.prior is not None
        kinds = np.flatnonzero(agent.prior != 0)
        return _Steps(kinds, np.zeros(count, dtype=np.int64), np.full(count, len(kinds)))
    kernel = agent.kernels[t - 1]
    row = kernel.row_index(action[cls], [digits[:, j] for j in kernel.given], last[cls, i])
    if kernel.deterministic:
        return _Steps(kernel.table.reshape(-1), row, np.ones(count, dtype=np.int64), True)
    origin, kinds = np.nonzero(kernel.rows() != 0)
    starts = offsets(np.bincount(origin, minlength=len(kernel.rows())))
    return _Steps(kinds, starts[row], np.diff(starts)[row])


def _chance(
    env: Environment, t: int, i: int, cls: Ints, digits: Ints, last: Ints, action: Ints
) -> Array:
    """Probability of agent i's type in profiles of these classes."""
    agent = env.agents[i]
    if t == 0:
        assert agent.prior is not None
        found: Array = agent.prior[digits[:, i]]
        return found
    kernel = agent.kernels[t - 1]
    given = [digits[:, j] for j in kernel.given]
    return kernel.probability(action[cls], given, last[cls, i], digits[:, i])


def _joint_points(env: Environment, t: int, last: Ints, action: Ints) -> tuple[Ints, Ints, Array]:
    """All profiles in every class, with their joint probability given the reported last profile."""
    sizes = env.types(t)
    total = math.prod(sizes)
    digits = np.stack(np.unravel_index(np.arange(total), sizes), axis=1)
    rows = joint_rows(env, t)
    prob = rows[joint_row_index(env, t, action, last)].reshape(-1)
    return np.repeat(np.arange(len(action)), total), np.tile(digits, (len(action), 1)), prob


def joint_rows(env: Environment, t: int) -> Array:
    """The joint process as rows over the profiles of period t: (1, S) for the prior, (A or 1 · S, S')."""
    assert env.process is not None
    if t == 0:
        return env.process.prior.reshape(1, -1)
    return env.process.transitions[t - 1].reshape(-1, int(np.prod(env.types(t))))


def joint_row_index(env: Environment, t: int, action: Ints, last: Ints) -> Ints:
    """Row of `joint_rows` for last actions (n,) and last profiles (n, N)."""
    assert env.process is not None
    if t == 0:
        return np.zeros(len(action), dtype=np.int64)
    before = env.types(t - 1)
    controlled = env.process.transitions[t - 1].shape[0] > 1
    return (action if controlled else 0) * int(np.prod(before)) + flat_index(last, before)


def _conceivable(
    env: Environment,
    level: Level,
    sets: dict[int, Bools],
    set_ids: dict[int, Ints],
    everything: bool,
) -> None:
    """Fill in `possible`: true types that some true past, consistent with the public history, leads to."""
    t, count = level.t, len(level.public_class)
    for i in env.private:
        size = env.types(t)[i]
        if everything:
            level.possible[i] = np.ones((count, size), dtype=bool)
            continue
        agent = env.agents[i]
        if t == 0:
            assert agent.prior is not None
            level.possible[i] = np.broadcast_to(agent.prior != 0, (count, size)).copy()
            continue
        kernel = agent.kernels[t - 1]
        action = level.action[level.public_class]
        given = [level.public_digits[:, j] for j in kernel.given]
        if kernel.deterministic:
            state, own = np.nonzero(sets[i][set_ids[i][level.public_class]])
            row = kernel.row_index(action[state], [digits[state] for digits in given], own)
            found = np.zeros((count, size), dtype=bool)
            found[state, kernel.table.reshape(-1)[row]] = True
            level.possible[i] = found
            continue
        # What each set of types leads to, once for all public states that have the same set and condition.
        ways = kernel.table.shape[1 + len(kernel.given)]
        support = (kernel.rows() != 0).reshape(-1, ways, size).astype(np.float32)
        before = sets[i] if ways > 1 else sets[i].any(axis=1, keepdims=True)
        reached = (before.astype(np.float32) @ support) > 0
        condition = kernel.row_index(action, given, np.zeros(count, dtype=np.int64)) // ways
        level.possible[i] = reached[condition, set_ids[i][level.public_class]]


def _next_classes(
    env: Environment, level: Level
) -> tuple[Ints, Ints, dict[int, Bools], dict[int, Ints], list[int]]:
    """Group what follows each play (or point) into the classes of the next period."""
    t, n = level.t, env.num_agents
    point = level.play_point if level.remembers else np.arange(len(level.digits))
    origin = level.point_class[point]
    columns = [
        level.digits[point, i] if _own_type_matters(env, t, i) else np.zeros(len(point), dtype=np.int64)
        for i in range(n)
    ]
    moved = (
        level.play_action if level.remembers and env.controlled[t] else np.zeros(len(point), dtype=np.int64)
    )
    columns.append(moved)
    sets: dict[int, Bools] = {}
    for i in env.private:
        possible = level.possible[i]
        if not _own_type_matters(env, t, i):
            possible = np.ones_like(possible)
        distinct, which = np.unique(possible, axis=0, return_inverse=True)
        sets[i] = distinct
        columns.append(which.reshape(-1)[level.public[point]])
    rows, level.next_class = _unique(np.stack(columns, axis=1))
    # Python integers: the number of histories may pass 2**63 long before anything is laid out.
    counted = np.zeros(len(rows), dtype=object)
    np.add.at(counted, level.next_class, np.array(level.multiplicity, dtype=object)[origin])
    multiplicity = counted.tolist()
    set_ids = {i: rows[:, n + 1 + j] for j, i in enumerate(env.private)}
    return rows[:, :n], rows[:, n], sets, set_ids, multiplicity


def _own_type_matters(env: Environment, t: int, i: int) -> bool:
    if env.joint:
        return True
    kernel = env.agents[i].kernels[t]
    return int(kernel.table.shape[1 + len(kernel.given)]) > 1


def value_at(env: Environment, i: int, t: int, action: Ints, digits: Ints) -> Array:
    """Agent i's values (per unit, for goods) at actions (n,) and profiles (n, N)."""
    table = env.agents[i].values[t]
    index = [action] + [
        digits[:, j] if size > 1 else np.zeros(len(action), dtype=np.int64)
        for j, size in enumerate(table.shape[1:])
    ]
    found: Array = table[tuple(index)]
    return found
