"""The mechanism: the efficient policy with transfers that settle each report one period later.

Its memory is the last report profile with the action that followed. What agent i pays in a period depends on
that memory and on the others' current reports, never on her own; in the last period of a finite horizon the
payments of `LastPeriod` come on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...solvers.numbers import Array, Ints, zeros
from ..efficient import Efficient
from ..environment import Environment
from ..mechanism import Mechanism, Stage
from .blocks import Blocks
from .last_period import LastPeriod

Lotteries = Mapping[tuple[int, int], tuple[Array, Ints]]
"""By agent and period: transfers (S, Y) after every report profile, and `Blocks.next_others` (S',)."""


def assemble(plan: Efficient, last: LastPeriod | None, lotteries: Lotteries) -> Mechanism:
    """The mechanism with these transfers; agents and periods that are missing pay nothing."""
    env = plan.environment
    if env.stationary:
        policy = plan.policy[0]
        paid = np.concatenate(
            [zeros((env.num_agents, 1, len(policy)), env.exact), _paid(env, 0, lotteries, policy, policy)],
            axis=1,
        )
        label = _label(env, 0, policy, start=True)
        return Mechanism(env.name, (_stage(env, 0, policy, paid, 1, label),), 0, stationary=True)
    stages = []
    for t in range(env.periods):
        final = last is not None and t == env.periods - 1
        policy = last.allocation if final and last is not None else plan.policy[t]
        label = _label(env, t - 1, plan.policy[t - 1], start=False) if t > 0 else _start
        if t > 0:
            paid = _paid(env, t - 1, lotteries, plan.policy[t - 1], policy)
        else:
            paid = zeros((env.num_agents, 1, len(policy)), env.exact)
        if final and last is not None:
            paid = paid + last.payments[:, None, :]
        stages.append(_stage(env, t, policy, paid, 0 if t < env.periods - 1 else None, label))
    return Mechanism(env.name, tuple(stages))


def systems_used(plan: Efficient, found: Blocks, per_report: bool) -> Ints:
    """(S,): which of the systems of a theorem settles each report profile under the efficient policy.

    Systems come in the order of `Blocks.each`, one a block or, `per_report`, one a block and report.
    """
    size = found.shape[2]
    place = np.full(found.feasible.shape, -1, dtype=np.int64)
    place[found.feasible] = np.arange(int(found.feasible.sum()))
    policy = plan.policy[found.period]
    used = np.empty(len(policy), dtype=np.int64)
    others = np.arange(found.feasible.shape[1])[:, None]
    block = place[policy[found.profile], others]
    used[found.profile] = block * size + np.arange(size) if per_report else block
    return used


def _paid(env: Environment, t: int, lotteries: Lotteries, before: Ints, now: Ints) -> Array:
    """(N, S, S'): payments in the period after t, by the report profiles of both periods."""
    out = zeros((env.num_agents, len(before), len(now)), env.exact)
    for i in env.private:
        if (i, t) in lotteries:
            transfers, next_others = lotteries[i, t]
            out[i] = transfers[:, next_others]
    return out


def _stage(
    env: Environment, t: int, policy: Ints, paid: Array, shift: int | None, label: Callable[[int], str]
) -> Stage:
    """One period: memory m, then reports; the next memory is the reports' index plus `shift`."""
    types, actions = env.types(t), env.num_actions(t)
    memory, profiles = paid.shape[1], len(policy)
    allocation = zeros((memory, profiles, actions), env.exact)
    allocation[:, np.arange(profiles), policy] += 1
    following = None
    if shift is not None:
        index = np.arange(profiles, dtype=np.int64) + shift
        following = np.broadcast_to(index[None, :, None], (memory, profiles, actions)).copy()
        following = following.reshape(memory, *types, actions)
    return Stage(
        allocation.reshape(memory, *types, actions),
        paid.reshape(env.num_agents, memory, *types),
        following,
        label,
    )


def _start(m: int) -> str:
    return "start"


def _label(env: Environment, t: int, policy: Ints, start: bool) -> Callable[[int], str]:
    def label(m: int) -> str:
        if start and m == 0:
            return "start"
        profile = m - 1 if start else m
        digits = np.unravel_index(profile, env.types(t))
        names = [agent.types[t][int(k)] for agent, k in zip(env.agents, digits, strict=True)]
        return f"({', '.join(names)}) {env.actions[t][int(policy[profile])]}"

    return label
