"""A society's decision problem: all agents together, or some of them on their own states only.

    W_t(θ) = max over feasible a of  Σ_i w_i v^i(a, θ) − c(a) + δ E[W_{t+1}(θ') | a, θ].

Transitions are one factor an agent (`solvers/algorithms/moves.py`), a joint process is one factor for all.
States are profiles in product order, agent 0 slowest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem
from ...solvers.algorithms.moves import Factor, Moves
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number, nearest
from ..environment.environment import Environment
from ..environment.kernels import Kernel
from ..environment.memory import show_bytes

BYTES = {False: 64, True: 256}
"""Bytes at work, about, for each action at each profile of a period, by whether numbers are rational."""


def society(
    env: Environment,
    weights: Sequence[Number] | None = None,
    members: Sequence[int] | None = None,
    effort: Effort = FLOATS,
) -> DecisionProblem:
    """The decision problem of some agents: every action and its cost, their values and their states alone.

    weights: (N,) how much each agent's values count, 1 where None. members: indices of those who are part of
    it, everybody where None; nothing that matters to them may depend on the others (a joint process needs
    everybody). effort: of which the limits count. Numbers are as in `env`: all rational or all doubles.
    Raises `AssumptionViolated` for divisible goods, `TooLarge`.
    """
    who = range(env.num_agents) if members is None else members
    scale = [1] * env.num_agents if weights is None else weights
    rewards, allowed, largest = [], [], 0.0
    for t in range(env.periods):
        shape = _shape(env, t, who, effort)
        reward = np.broadcast_to(-env.costs[t].reshape(-1, *[1] * len(who)), shape)
        size = abs(env.costs[t]).max()
        for i in who:
            part = scale[i] * _among(env.agents[i].values[t], who, env.num_agents)
            reward, size = reward + part, size + abs(part).max()
        largest = max(largest, nearest(size))
        rewards.append(reward.reshape(shape[0], -1))
        allowed.append(feasible_actions(env, t, who))
    moves = tuple(transitions(env, t, who) for t in env.steps)
    size = (len(who) + 1) * largest
    return DecisionProblem(tuple(rewards), moves, env.discount, tuple(allowed), env.stationary, effort, size)


def others(env: Environment, i: int) -> list[int]:
    """Everybody but agent i."""
    return [j for j in range(env.num_agents) if j != i]


def transitions(env: Environment, t: int, members: Sequence[int] | None = None) -> Moves:
    """How profiles of these agents (everybody where None) move from period t on, as a product of kernels."""
    who = list(range(env.num_agents) if members is None else members)
    if not who:  # a single state, which stays
        return Moves.dense(arithmetic(env.exact).ones((1, 1, 1)))
    after = env.types(env.after(t))
    here, there = (tuple(sizes[i] for i in who) for sizes in (env.types(t), after))
    if env.process is not None:
        table = env.process.transitions[t]
        table = table.reshape(len(table), math.prod(here), math.prod(there))
        return Moves(here, there, (Factor(table, tuple(range(len(who)))),))
    factors = []
    for place, i in enumerate(who):
        kernel = env.agents[i].kernels[t]
        given = tuple(who.index(j) for j in kernel.given)
        factors.append(Factor(kernel_table(kernel, env.exact), (place,), given))
    return Moves(here, there, tuple(factors))


def chosen_values(env: Environment, t: int, i: int, policy: Ints) -> Array:
    """Agent i's value (S,) of the action that a policy (S,) takes at every profile of period t."""
    return action_values(env, t, i)[policy, np.arange(len(policy))]


def action_values(env: Environment, t: int, i: int) -> Array:
    """Agent i's value (A, S) of every action at every profile of period t.

    Raises `AssumptionViolated` for divisible goods.
    """
    refuse_goods(env, t)
    table = np.broadcast_to(env.agents[i].values[t], (env.num_actions(t), *env.types(t)))
    return table.reshape(len(table), -1)


def refuse_goods(env: Environment, t: int, purpose: str = "efficient policy") -> None:
    """Raise `AssumptionViolated` where the actions of period t are divisible goods."""
    if env.goods[t] is not None:
        raise AssumptionViolated(
            f"{purpose}: the actions of period {t} are divisible goods, not a finite list"
        )


def feasible_actions(env: Environment, t: int, members: Sequence[int] | None = None) -> Bools | None:
    """(A, S): which actions are feasible at every profile of these agents; None where all are."""
    flags = env.feasible[t]
    if flags is None:
        return None
    who = range(env.num_agents) if members is None else members
    types = [env.types(t)[i] for i in who]
    shape = [size if i in env.observed else 1 for i, size in zip(who, types, strict=True)]
    return np.broadcast_to(flags.reshape(-1, *shape), (len(flags), *types)).reshape(len(flags), -1)


def spread(values: Array, sizes: Sequence[int], members: Sequence[int]) -> Array:
    """What depends on some agents' types, (..., S of the members), at all profiles: (..., S)."""
    front = values.shape[:-1]
    shape = [size if i in members else 1 for i, size in enumerate(sizes)]
    full = np.broadcast_to(values.reshape(*front, *shape), (*front, *sizes))
    return full.reshape(*front, -1)


def _shape(env: Environment, t: int, who: Sequence[int], effort: Effort) -> tuple[int, ...]:
    """(A, types of the members). Raises `AssumptionViolated` for goods, `TooLarge`."""
    refuse_goods(env, t)
    shape = (env.num_actions(t), *(env.types(t)[i] for i in who))
    needed = math.prod(shape) * BYTES[env.exact]
    if needed > effort.room:
        raise TooLarge(
            f"efficient policy: {math.prod(shape[1:]):,} profiles and {shape[0]} actions in period {t} take "
            f"about {show_bytes(needed)}, more than the memory limit of {show_bytes(effort.room)}; raise "
            "memory_limit= or give fewer types"
        )
    return shape


def _among(values: Array, who: Sequence[int], count: int) -> Array:
    """Values (A, K or 1 an agent) without the axes of agents who are not there."""
    absent = tuple(1 + i for i in range(count) if i not in who)
    first = tuple(slice(0, 1) if axis in absent else slice(None) for axis in range(1 + count))
    present: Array = values[first]
    return present.squeeze(absent)


def kernel_table(kernel: Kernel, exact: bool) -> Array:
    """(A or 1, *G, K or 1, K') probabilities, also of a kernel that is deterministic."""
    if not kernel.deterministic:
        return kernel.table
    drawn = kernel.table[..., None] == np.arange(kernel.size)
    return arithmetic(exact).array(drawn.astype(np.float64))
