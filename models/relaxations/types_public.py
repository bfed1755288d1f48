"""Later types made public: only the first type of each agent is private.

Each agent who reports keeps her first type and has one trivial type afterwards; an observed agent shows her
later types, on which values then depend. What the public sees moves with a private type, so the process is
joint: the seller makes side bets on the public type. Kept as a lesson, never confused with public shocks.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from ...solvers.numbers import Array
from ..environment.environment import Agent, Environment
from ..environment.independence import joint_prior, joint_table
from ..environment.kernels import Process
from ..environment.memory import refuse_table
from ..mechanism.mechanism import Mechanism, Stage
from .base import Rewriting, widened_feasible


def types_public(env: Environment, coupling: str | None = None, limit: float = math.inf) -> Rewriting:
    """Rewrite the environment so that all types but the first are public. No coupling is involved.

    Raises `TooLarge` where the joint table would not fit in `limit` bytes.
    """
    n, extra = env.num_agents, len(env.private)
    shown = list(env.private)

    def sizes(t: int) -> tuple[int, ...]:
        own = tuple(1 if t > 0 and j in env.private else k for j, k in enumerate(env.types(t)))
        return own + tuple(env.types(t)[j] if t > 0 else 1 for j in shown)

    for t in range(env.periods - 1):
        entries = math.prod(sizes(t)) * math.prod(sizes(t + 1)) * _actions(env, t)
        what = f"environment '{env.name}', period {t}: the joint table with public types"
        refuse_table(what, entries, env.exact, limit)

    agents = []
    for agent in env.agents:
        types = tuple(labels if t == 0 or agent.observed else ("-",) for t, labels in enumerate(agent.types))
        values = tuple(_place_axes(table, t, n, shown, 1) for t, table in enumerate(agent.values))
        agents.append(
            replace(agent, types=types, values=values, prior=None, kernels=(), given=(), signals=None)
        )
    for i in shown:
        agent = env.agents[i]
        zero = env.costs[0][:1].reshape((1,) * (1 + n + extra)) * 0
        agents.append(
            Agent(
                name=f"{agent.name}'s type",
                types=(("-",), *agent.types[1:]),
                observed=True,
                values=tuple(np.repeat(zero, env.num_actions(t), axis=0) for t in range(env.periods)),
            )
        )
    prior = joint_prior(env)
    transitions = []
    for t in range(env.periods - 1):
        table = np.ascontiguousarray(joint_table(env, t))
        before = _place_axes(table, t, n, shown, 1)
        transitions.append(_place_axes(before, t + 1, n, shown, 1 + n + extra))
    made = env._with(
        name=f"{env.name} with public types",
        agents=tuple(agents),
        feasible=tuple(widened_feasible(env, t, sizes(t)[n:]) for t in range(env.periods)),
        process=Process(prior.reshape(sizes(0)), tuple(transitions)),
    )

    return Rewriting(env, made, partial(_lift, made.name, n, shown), None)


def _lift(name: str, n: int, shown: list[int], mechanism: Mechanism) -> Mechanism:
    stages = tuple(_lift_stage(stage, t, n, shown) for t, stage in enumerate(mechanism.stages))
    return replace(mechanism, instance=name, stages=stages)


def _actions(env: Environment, t: int) -> int:
    """By how many actions the joint table of period t is made."""
    return env.num_actions(t) if env.controlled[t] else 1


def _place_axes(table: Array, t: int, n: int, shown: list[int], head: int) -> Array:
    """Give `table`, with agents' axes from position `head`, the axes of the rewritten environment.

    In period 0 private agents keep their axes and the new observed ones are trivial; later the other way.
    """
    agents = list(range(head, head + n))
    first, last = table.shape[:head], table.shape[head + n :]
    middle = table.shape[head : head + n]
    if t == 0:
        return table.reshape(*first, *middle, *(1 for _ in shown), *last)
    moved = np.moveaxis(table, [agents[j] for j in shown], range(head + n - len(shown), head + n))
    kept = iter(k for j, k in enumerate(middle) if j not in shown)
    shape = [1 if j in shown else next(kept) for j in range(n)] + [middle[j] for j in shown]
    return moved.reshape(*first, *shape, *last)


def _lift_stage(stage: Stage, t: int, n: int, shown: list[int]) -> Stage:
    nobody = np.repeat(stage.transfers[:1] * 0, len(shown), axis=0)
    return replace(
        stage,
        allocation=_place_axes(stage.allocation, t, n, shown, 1),
        transfers=_place_axes(np.concatenate([stage.transfers, nobody]), t, n, shown, 2),
        next=None if stage.next is None else _place_axes(stage.next, t, n, shown, 1),
    )
