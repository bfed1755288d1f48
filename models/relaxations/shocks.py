"""Shocks made public (KLN Definition 3.1, Lemma 3.1; LN's canonical representation).

Each agent who reports is split: her type moves deterministically, and an observed agent carries the cells of
her shock. The Bayesian program of the rewritten environment is the relaxed problem: only the first type is
private. With processes independent across agents it bounds the Bayesian optimum under any coupling, since
a liar can draw the cell conditional on her true type and report what the coupling says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.environment import Agent, Environment
from ..environment.independence import independent_version
from ..environment.kernels import Kernel
from .base import Rewriting, lifted, shown_agent, widened_feasible
from .coupling import COUPLINGS, couple


@dataclass(frozen=True, eq=False, repr=False)
class Shock(Short):
    """Agent i's shock of one period: lengths (C,), moves (A or 1, *G, K, C), labels of the cells."""

    lengths: Array
    moves: Ints
    labels: tuple[str, ...]


def default_coupling(env: Environment) -> str:
    """`signals` where some agent's types are signals, else `quantile`."""
    return "signals" if any(agent.signals is not None for agent in env.agents) else "quantile"


def check_coupling(env: Environment, coupling: str | None) -> str:
    """The coupling asked for, or the default; raises `InvalidInput` for one that cannot be had."""
    if coupling is None:
        return default_coupling(env)
    if coupling not in COUPLINGS:
        raise InvalidInput(f"coupling: {coupling!r} is not one of {', '.join(COUPLINGS)}")
    if coupling == "signals" and default_coupling(env) != "signals":
        raise InvalidInput(f"coupling 'signals': environment '{env.name}' is not built from signals")
    return coupling


def shocks_of(env: Environment, i: int, coupling: str, limit: float = math.inf) -> list[Shock]:
    """The shocks of agent i by transition; under `signals` agents without signals use quantiles.

    Raises `TooLarge` where the table of moves would take more than `limit` bytes.
    """
    agent = env.agents[i]
    shocks = []
    for t, kernel in enumerate(agent.kernels):
        if agent.signals is not None and coupling == "signals":
            count = len(agent.signals.labels[t + 1])
            own = np.arange(len(agent.types[t]))
            moves = (own[:, None] * count + np.arange(count)[None, :])[None]
            # The kernel's numbers follow the environment's arithmetic, the signals keep what was given.
            lengths = kernel.rows()[0, :count]
            shocks.append(Shock(lengths, moves, agent.signals.labels[t + 1]))
            continue
        size = len(agent.types[t])
        if kernel.deterministic:
            shocks.append(Shock(arithmetic(env.exact).ones(1), kernel.table[..., None], ("0",)))
            continue
        shape = kernel.table.shape[:-1]
        rows = kernel.rows()
        own = np.arange(len(rows)) % shape[-1]
        how = "quantile" if coupling == "signals" else coupling
        lengths, flat = couple(rows, own, how, f"agent '{agent.name}', period {t}", limit)
        moves = np.broadcast_to(flat.reshape(*shape, len(lengths)), (*shape[:-1], size, len(lengths)))
        shocks.append(Shock(lengths, moves, tuple(str(c) for c in range(len(lengths)))))
    return shocks


def shocks_public(
    env: Environment, coupling: str | None = None, limit: float = math.inf
) -> Rewriting:
    """Rewrite the environment so that the shocks are public.

    Raises `AssumptionViolated` for joint processes that do not factor, naming the row, and `TooLarge` where
    the moves would take more than `limit` bytes.
    """
    word = check_coupling(env, coupling)
    env = independent_version(env, "shocks are no bound")
    n, extra = env.num_agents, len(env.private)
    shocks = {i: shocks_of(env, i, word, limit) for i in env.private}
    agents: list[Agent] = []
    for i, agent in enumerate(env.agents):
        values = tuple(table.reshape(table.shape + (1,) * extra) for table in agent.values)
        if agent.observed:
            agents.append(replace(agent, values=values))
            continue
        mine = n + env.private.index(i)
        kernels = tuple(
            Kernel(
                np.ascontiguousarray(np.moveaxis(shock.moves, -1, -2)),
                (*kernel.given, mine),
                len(agent.types[t + 1]),
            )
            for t, (kernel, shock) in enumerate(zip(agent.kernels, shocks[i], strict=True))
        )
        given = (*agent.given, f"{agent.name}'s shock")
        agents.append(replace(agent, values=values, kernels=kernels, given=given, signals=None))
    for i in env.private:
        name, cells = f"{env.agents[i].name}'s shock", tuple(shock.labels for shock in shocks[i])
        kernels = tuple(Kernel(shock.lengths[None, None]) for shock in shocks[i])
        agents.append(shown_agent(env, name, cells, prior=arithmetic(env.exact).ones(1), kernels=kernels))
    sizes = [
        tuple(1 if t == 0 else len(shocks[i][t - 1].lengths) for i in env.private) for t in range(env.periods)
    ]
    public = env._with(
        name=f"{env.name} with public shocks ({word})",
        agents=tuple(agents),
        feasible=tuple(widened_feasible(env, t, sizes[t]) for t in range(env.periods)),
        reports_public=True,  # the first report is the only one, and nobody reports after it
    )
    wide = partial(_whatever_cells, n, sizes)
    return Rewriting(env, public, partial(lifted, public.name, extra, wide), word)


def _whatever_cells(n: int, sizes: list[tuple[int, ...]], t: int, table: Array, head: int) -> Array:
    """Axes of the cells after those of the n agents from `head` on: reports alone matter."""
    before, after = table.shape[: head + n], table.shape[head + n :]
    narrow = table.reshape(*before, *(1 for _ in sizes[t]), *after)
    return np.broadcast_to(narrow, (*before, *sizes[t], *after))
