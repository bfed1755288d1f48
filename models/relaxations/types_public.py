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
from ..environment.axes import refuse_axes
from ..environment.environment import Environment
from ..environment.independence import joint_prior, joint_table
from ..environment.kernels import Process
from ..environment.memory import refuse_table
from .base import Rewriting, first_reports, lifted, shown_agent, widened_feasible


def types_public(env: Environment, coupling: str | None = None, limit: float = math.inf) -> Rewriting:
    """Rewrite the environment so that all types but the first are public. No coupling is involved.

    Raises `TooLarge` where the joint table would not fit in `limit` bytes.
    """
    n, shown = env.num_agents, env.private
    extra = len(shown)

    most = 1 + 2 * (n + extra)
    refuse_axes(f"environment '{env.name}': the joint table with public types", most)

    def sizes(t: int) -> tuple[int, ...]:
        own = tuple(1 if t > 0 and j in env.private else k for j, k in enumerate(env.types(t)))
        return own + tuple(env.types(t)[j] if t > 0 else 1 for j in shown)

    for t in range(env.periods - 1):
        actions = env.num_actions(t) if env.controlled[t] else 1
        entries = math.prod(sizes(t)) * math.prod(sizes(t + 1)) * actions
        what = f"environment '{env.name}', period {t}: the joint table with public types"
        refuse_table(what, entries, env.exact, limit)

    place = partial(_place_axes, n, shown)
    agents = []
    for agent in env.agents:
        types = tuple(labels if t == 0 or agent.observed else ("-",) for t, labels in enumerate(agent.types))
        values, outside = (
            rows and tuple(place(t, table, 1) for t, table in enumerate(rows))
            for rows in (agent.values, agent.outside)
        )
        agents.append(
            replace(
                agent,
                types=types,
                values=values,
                outside=outside,
                prior=None,
                kernels=(),
                given=(),
                signals=None,
                reports=first_reports(agent, env.periods),
            )
        )
    for i in shown:
        agent = env.agents[i]
        agents.append(shown_agent(env, f"{agent.name}'s type", tuple(agent.types[1:])))
    transitions = []
    for t in range(env.periods - 1):
        table = np.ascontiguousarray(joint_table(env, t))
        transitions.append(place(t + 1, place(t, table, 1), 1 + n + extra))
    public = env._with(
        name=f"{env.name} with public types",
        agents=tuple(agents),
        feasible=tuple(widened_feasible(env, t, sizes(t)[n:]) for t in range(env.periods)),
        process=Process(joint_prior(env).reshape(sizes(0)), tuple(transitions)),
        reports_public=True,  # the first report is the only one, and nobody reports after it
    )
    return Rewriting(env, public, partial(lifted, public.name, extra, place), None)


def _place_axes(n: int, shown: tuple[int, ...], t: int, table: Array, head: int) -> Array:
    """Give `table`, with the axes of n agents from position `head`, the axes of the rewritten environment.

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
