"""Shocks kept private: a type is the pair of shock cell and type, and agents report both.

The allocation of a relaxed optimum depends on the cells; this is the environment in which one can ask
whether payments make it dynamic incentive compatible (KLN §3.2). Decision points come in the same order as in
the environment with public shocks, so that lotteries carry over index by index.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints
from ..environment.environment import Agent, Environment
from ..environment.independence import independent_version
from ..environment.kernels import Kernel
from ..environment.memory import refuse_table
from ..environment.reports import held
from .shocks import Shock, shocks_of


def shocks_private(
    env: Environment, coupling: str, limit: float = math.inf
) -> tuple[Environment, dict[int, list[Ints]]]:
    """The environment with types (cell, type) of every agent who reports; processes independent.

    Returns it with the original type behind each pair, by agent and period: pairs with the same original type
    value everything alike and expect the same future. Raises `TooLarge` where kernels would take more
    than `limit` bytes, and `AssumptionViolated` for a joint process that does not factor.
    """
    env = independent_version(env, "no shocks can be kept private")
    agents = list(env.agents)
    behind: dict[int, list[Ints]] = {}
    for i in env.private:
        agents[i], behind[i] = _merged(env, i, shocks_of(env, i, coupling, limit), limit)
    # Whoever's values depend on a type sees the pair in its place.
    agents = [
        replace(
            agent,
            values=_by_pairs(agent, agent.values, behind, limit),
            outside=agent.outside and _by_pairs(agent, agent.outside, behind, limit),
        )
        for agent in agents
    ]
    return env._with(name=f"{env.name} with private shocks ({coupling})", agents=tuple(agents)), behind


def profiles_behind(env: Environment, apart: Environment, behind: dict[int, list[Ints]]) -> tuple[Ints, ...]:
    """By period the profile of `env` behind each profile of its rewriting `apart`; `behind` as it came."""
    profiles: list[Ints] = []
    for t in range(env.periods):
        digits = np.indices(apart.types(t)).reshape(env.num_agents, -1)
        for i, own in behind.items():
            digits[i] = own[t][digits[i]]
        profiles.append(np.asarray(np.ravel_multi_index(tuple(digits), env.types(t)), dtype=np.int64))
    return tuple(profiles)


def _by_pairs(
    agent: Agent, tables: tuple[Array, ...], behind: dict[int, list[Ints]], limit: float
) -> tuple[Array, ...]:
    """Tables by period, every axis of original types (but those that do not matter) re-indexed by pairs."""
    values = list(tables)
    for i, own in behind.items():
        for t, table in enumerate(values):
            if table.shape[1 + i] > 1:
                what = f"agent '{agent.name}', period {t}: with private shocks the table of values"
                refuse_table(what, table.size // table.shape[1 + i] * len(own[t]), False, limit)
                values[t] = np.take(table, own[t], axis=1 + i)
    return tuple(values)


def _merged(env: Environment, i: int, shocks: list[Shock], limit: float) -> tuple[Agent, list[Ints]]:
    """The agent with pairs for types, and the type behind each; her values are still those of types."""
    agent = env.agents[i]
    own = [np.arange(len(agent.types[0]))]
    types = [agent.types[0]]
    kernels = []
    for t, shock in enumerate(shocks):
        size = len(agent.types[t + 1])
        cells = len(shock.lengths)
        # moves: (A or 1, *G, own type, cell) -> next type, taken at the types behind today's pairs.
        moves = shock.moves[..., own[t], :]
        pair = np.arange(cells) * size + moves
        pairs, position = np.unique(pair, return_inverse=True)
        position = position.reshape(pair.shape)
        what = f"agent '{agent.name}', period {t}: with private shocks the kernel"
        refuse_table(what, math.prod(pair.shape[:-1]) * len(pairs), False, limit)  # few different numbers
        table: Array = arithmetic(env.exact).zeros((*pair.shape[:-1], len(pairs)))
        np.put_along_axis(table, position, np.broadcast_to(shock.lengths, position.shape), axis=-1)
        kernels.append(Kernel(table, agent.kernels[t].given))
        own.append(pairs % size)
        alone = len(np.unique(own[-1])) == len(pairs)
        types.append(
            tuple(
                agent.types[t + 1][k] if alone else f"{agent.types[t + 1][k]} (shock {shock.labels[c]})"
                for c, k in zip((pairs // size).tolist(), (pairs % size).tolist(), strict=True)
            )
        )
    # Cells are free to say, whatever is said of the type.
    tables = [agent.may_report(t) for t in range(env.periods)]
    told = held([x if x is None else x[np.ix_(k, k)] for x, k in zip(tables, own, strict=True)])
    return replace(agent, types=tuple(types), kernels=tuple(kernels), signals=None, reports=told), own
