"""Whether a joint process is in truth independent across agents, and joint tables of independent ones."""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import reduce

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, show
from .axes import WALKED, refuse_axes
from .environment import Environment
from .kernels import Kernel, collapse_actions


def joint_table(env: Environment, t: int) -> Array:
    """``Pr(next profile | action, profile)`` of period t: (A or 1, K_0..K_{N-1}, K_0'..K_{N-1}')."""
    if env.process is not None:
        return env.process.transitions[t]
    n = env.num_agents
    refuse_axes(f"environment '{env.name}': the joint table of {n} agents", 1 + 2 * n, WALKED)
    sizes, after = env.types(t), env.types(env.after(t))
    actions = max(agent.kernels[t].table.shape[0] for agent in env.agents)
    grid = np.ogrid[tuple(slice(k) for k in (actions, *sizes, *after))]
    factors = []
    for i, agent in enumerate(env.agents):
        kernel = agent.kernels[t]
        given = [grid[1 + n + j] for j in kernel.given]
        factors.append(kernel.probability(grid[0], given, grid[1 + i], grid[1 + n + i]))
    return np.broadcast_to(reduce(operator.mul, factors), (actions, *sizes, *after))


def joint_prior(env: Environment) -> Array:
    """Probability of every initial profile: (K_0, ..., K_{N-1})."""
    if env.process is not None:
        return env.process.prior
    return reduce(np.multiply.outer, (agent.prior for agent in env.agents))


def independent_version(env: Environment, consequence: str) -> Environment:
    """The environment itself, or a joint process written as independent kernels where it factors exactly.

    Raises `AssumptionViolated` naming the row that does not factor, by how much, and the `consequence`.
    """
    if env.process is None:
        return env
    n = env.num_agents
    joint = env.process.prior
    priors = [joint.sum(axis=tuple(j for j in range(n) if j != i)) for i in range(n)]
    _compare(env, joint, reduce(np.multiply.outer, priors), consequence, "the prior is", None)
    tables: list[list[Array]] = []
    for t, table in enumerate(env.process.transitions):
        row = []
        after = tuple(range(1 + n, 1 + 2 * n))
        for i in range(n):
            marginal = table.sum(axis=tuple(a for k, a in enumerate(after) if k != i))
            # Axes: action, types of all agents, own next type. It may depend on the own type alone.
            others = tuple(1 + j for j in range(n) if j != i)
            first = marginal[tuple(slice(0, 1) if a in others else slice(None) for a in range(marginal.ndim))]
            _compare(
                env,
                marginal,
                np.broadcast_to(first, marginal.shape),
                consequence,
                f"agent '{env.agents[i].name}' moves with the others' types:",
                t,
            )
            row.append(first.reshape(table.shape[0], env.types(t)[i], env.types(env.after(t))[i]))
        tables.append(row)
    agents = tuple(
        replace(
            agent,
            prior=priors[i],
            kernels=tuple(Kernel(collapse_actions(row[i])) for row in tables),
        )
        for i, agent in enumerate(env.agents)
    )
    independent = env._with(agents=agents, process=None)
    for t, table in enumerate(env.process.transitions):
        product = np.broadcast_to(joint_table(independent, t), table.shape)
        _compare(env, table, product, consequence, "agents' next types move together:", t)
    return independent


def factored(env: Environment) -> Environment:
    """The environment with independent kernels where its joint process factors, else as it is."""
    try:
        return independent_version(env, "it stays joint")
    except AssumptionViolated:
        return env


def _compare(
    env: Environment, table: Array, wanted: Array, consequence: str, what: str, t: int | None
) -> None:
    off = abs(table - wanted)
    worst = off.max()
    if worst <= arithmetic_of(table).slack(1, ROUNDED):
        return
    at = tuple(int(k) for k in np.argwhere(off == worst)[0])
    if t is None:
        row = ", ".join(agent.types[0][k] for agent, k in zip(env.agents, at, strict=False))
        where = f"process, period 0: {what} not independent at ({row})"
    else:
        labels = [agent.types[t][k] for agent, k in zip(env.agents, at[1:], strict=False)]
        action = f", action '{env.actions[t][at[0]]}'" if table.shape[0] > 1 else ""
        where = f"process, period {t}{action}: {what} row ({', '.join(labels)})"
    raise AssumptionViolated(f"{where} is off by {show(worst)}, so {consequence}")
