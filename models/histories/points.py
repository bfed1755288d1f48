"""The *points* of a class: the profiles that can be reported next, with their public probability.

Under independent kernels they are laid out agent by agent, observed ones first; under a joint process all of
them are. They are counted before they are laid out: the points of all histories so far bound the program from
below, and where that bound is beyond the memory limit nothing more is laid out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..environment.memory import refuse_begun
from .ragged import group_sums, spread, starts_of


@dataclass(frozen=True, eq=False, repr=False)
class Classes(Short):
    """The classes that a period begins with: last, action, multiplicity as in `Level`.

    sets[i] (S, K_i or 1), set_ids[i] (C,): which of agent i's last types were conceivable in each class.
    """

    last: Ints
    action: Ints
    multiplicity: list[int]
    sets: dict[int, Bools]
    set_ids: dict[int, Ints]


@dataclass(eq=False, repr=False)
class Bound(Short):
    """What every program over these histories has at least: a row and a column an action at each point.

    points: of the histories of all periods before `t`, and the same times their actions.
    """

    env: Environment
    limit: float
    t: int = 0
    rows: int = 0
    columns: int = 0

    def points(self, classes: Classes, points: Array, close: bool = False) -> None:
        """Count points (C,) of each class of period t; `close`: those are all, so go on to the next period.

        Raises `TooLarge` where the program cannot fit any more.
        """
        env, t = self.env, self.t
        # Python integers, as in `Level.multiplicity`: there may be more than 2**63.
        count = sum(m * int(k) for m, k in zip(classes.multiplicity, points.tolist(), strict=True))
        rows = self.rows + (count if env.goods[t] is None else 0)
        columns = self.columns + count * (env.num_actions(t) if env.feasible[t] is None else 1)
        refuse_begun(env, rows, columns, t, self.limit)
        if close:
            self.t, self.rows, self.columns = t + 1, rows, columns


def points_of(
    env: Environment, t: int, classes: Classes, everything: bool, bound: Bound
) -> tuple[Ints, Ints, Array]:
    """Class (P,), types (P, N) and probability (P,) of every point of period t, sorted by class.

    everything: keep those of probability zero.
    """
    if env.process is not None:
        bound.points(classes, np.full(len(classes.action), math.prod(env.types(t))))
        return _joint_points(env, env.process, t, classes)
    return _independent_points(env, t, classes, everything, bound)


def _independent_points(
    env: Environment, t: int, classes: Classes, everything: bool, bound: Bound
) -> tuple[Ints, Ints, Array]:
    """Profiles that can come next in every class, agent by agent, observed ones first.

    They are counted before they are laid out: no kernel is given the next type of an agent who reports, so
    once the observed ones are known every agent multiplies the profiles by types of her own.
    """
    cls = np.arange(len(classes.action), dtype=np.int64)
    digits = np.zeros((len(cls), env.num_agents), dtype=np.int64)
    prob: Array | None = None
    agents = env.agents
    order = sorted(range(env.num_agents), key=lambda i: (not agents[i].observed, bool(agents[i].given), i))
    counted = -1
    for k, i in enumerate(order):
        if k > counted:
            counted = k if agents[i].observed else env.num_agents
            ways = np.ones(len(cls))
            for j in order[k : counted + 1]:
                ways *= _steps(env, t, j, everything, classes, cls, digits).counts
            bound.points(classes, group_sums(ways, cls, len(classes.action)))
        step = _steps(env, t, i, everything, classes, cls, digits)
        parent, entry = spread(step.starts, step.counts)
        cls, digits = cls[parent], digits[parent]
        digits[:, i] = step.types[entry]
        if step.sure:
            continue
        law = agents[i].law(t)
        given = [digits[:, j] for j in law.given]
        factor = law.probability(classes.action[cls], given, classes.last[cls, i], digits[:, i])
        prob = factor if prob is None else prob[parent] * factor
    if prob is None or prob.dtype.kind == "i":  # only deterministic moves
        prob = arithmetic(env.exact).ones(len(cls)) * (1 if prob is None else prob)
    return cls, digits, prob


@dataclass(frozen=True, eq=False, repr=False)
class _Steps(Short):
    """Types that can follow a partial profile: types[starts : starts + counts]; `sure` where there is one."""

    types: Ints
    starts: Ints
    counts: Ints
    sure: bool = False


def _steps(
    env: Environment, t: int, i: int, everything: bool, classes: Classes, cls: Ints, digits: Ints
) -> _Steps:
    """Types of agent i that can follow in period t, at every partial profile."""
    agent, count = env.agents[i], len(cls)
    if everything and not agent.observed:
        size = env.types(t)[i]
        return _Steps(np.arange(size), np.zeros(count, dtype=np.int64), np.full(count, size))
    law = agent.law(t)
    row = law.row_index(classes.action[cls], [digits[:, j] for j in law.given], classes.last[cls, i])
    if law.deterministic:
        return _Steps(law.table.reshape(-1), row, np.ones(count, dtype=np.int64), True)
    origin, kinds = np.nonzero(law.rows() != 0)
    starts = starts_of(origin, len(law.rows()))
    return _Steps(kinds, starts[row], np.diff(starts)[row])


def _joint_points(env: Environment, process: Process, t: int, classes: Classes) -> tuple[Ints, Ints, Array]:
    """All profiles in every class, with their joint probability given the reported last profile."""
    sizes, count = env.types(t), len(classes.action)
    digits = np.indices(sizes).reshape(len(sizes), -1).T
    prob = process.rows(t)[process.row_index(t, classes.action, classes.last)].reshape(-1)
    return np.repeat(np.arange(count), len(digits)), np.tile(digits, (count, 1)), prob
