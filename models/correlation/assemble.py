"""The mechanism: the efficient policy with transfers that settle each report some periods later, mostly one.

Its memory is the last h report profiles, each with the action that followed. What agent i pays in a period
depends on the oldest of them and on what the others have reported since, never on her own reports; near the
end of a finite horizon h is what is left, and in its last period the payments of `LastPeriod` come on top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array
from ..efficient.efficient import policy_stage
from ..environment.environment import labels_of_profile
from ..mechanism.mechanism import Mechanism, Stage
from .course import Course, Place


def assemble(
    course: Course,
    paid: Mapping[Place, Array],
    ahead: int = 1,
    at_once: Sequence[Array] | None = None,
) -> Mechanism:
    """The mechanism with these transfers, h = `ahead`.

    paid: by agent and period, transfers (S, S', ...) by the report's profile and those of all periods up to
    the payment, in any shape that has them in product order. Agents and periods that are missing pay nothing.
    at_once: per period (N, S), paid for its reports in the period itself; those of `LastPeriod` alone where
    None.
    """
    env, last = course.environment, course.last
    if at_once is None:
        none = arithmetic(env.exact).zeros((env.num_agents, 1))
        at_once = [none] * env.periods if last is None else [*[none] * (env.periods - 1), last.payments]
    if env.stationary:
        return Mechanism(env.name, (_for_ever(course, paid, ahead, at_once[0]),), 0, stationary=True)
    return Mechanism(env.name, tuple(_stage(course, paid, ahead, t, at_once[t]) for t in range(env.periods)))


def _for_ever(course: Course, paid: Mapping[Place, Array], ahead: int, at_once: Array) -> Stage:
    """The stage of an infinite horizon: memories of no profile, of one, ..., of h, the oldest slowest."""
    env = course.environment
    policy = course.policy(0)
    size = len(policy)
    lengths = [size**k for k in range(ahead + 1)]
    start = np.cumsum([0, *lengths])
    transfers = arithmetic(env.exact).zeros((env.num_agents, int(start[-1]), size))
    for (i, _), due in paid.items():
        transfers[i, start[ahead] :] = due.reshape(lengths[ahead], size)
    grow = [start[k + 1] + np.arange(lengths[k])[:, None] * size + np.arange(size) for k in range(ahead)]
    shift = (np.arange(lengths[ahead])[:, None] % lengths[ahead - 1]) * size + np.arange(size)
    following = np.concatenate([*grow, start[ahead] + shift])

    def label(m: int) -> str:
        known = int(np.searchsorted(start, m, side="right")) - 1
        return _memory(course, [0] * known, m - int(start[known]))

    return policy_stage(env, 0, policy, transfers + at_once[:, None, :], following, label)


def _stage(course: Course, paid: Mapping[Place, Array], ahead: int, t: int, at_once: Array) -> Stage:
    """Period t of a finite horizon."""
    env = course.environment
    profiles = [len(policy) for policy in course.plan.policy]
    kept = range(max(0, t - ahead), t)
    held, size = [profiles[u] for u in kept], profiles[t]
    memory, final = prod(held), t == env.periods - 1
    transfers = arithmetic(env.exact).zeros((env.num_agents, memory, size))
    for i in env.private:
        # What was reported before period u does not count.
        due = [
            np.tile(paid[i, u].reshape(-1, size), (prod(profiles[kept.start : u]), 1))
            for u in kept
            if (i, u) in paid and min(u + ahead, env.periods - 1) == t
        ]
        if due:
            transfers[i] = sum(due[1:], due[0])
    forgets = prod(held[1:] if len(held) == ahead else held)
    following = None if final else (np.arange(memory)[:, None] % forgets) * size + np.arange(size)
    label = partial(_memory, course, kept)
    return policy_stage(env, t, course.policy(t), transfers + at_once[:, None, :], following, label)


def _memory(course: Course, periods: Sequence[int], m: int) -> str:
    """Memory m of the report profiles of these periods, each with the action that followed."""
    env = course.environment
    sizes = [len(course.plan.policy[t]) for t in periods]
    words = []
    for t, profile in zip(periods, np.unravel_index(m, sizes) if sizes else (), strict=True):
        names = labels_of_profile(env, t, np.unravel_index(profile, env.types(t))).values()
        words.append(f"({', '.join(names)}) {env.actions[t][int(course.plan.policy[t][profile])]}")
    return "; ".join(words) or "start"
