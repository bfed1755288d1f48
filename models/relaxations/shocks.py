"""Shocks made public (KLN Definition 3.1, Lemma 3.1; LN's canonical representation).

Each agent who reports is split: her type moves deterministically, and an observed agent carries the cells of
her shock. The Bayesian program of the rewritten environment is the relaxed problem: only the first type is
private. With processes independent across agents it bounds the Bayesian optimum under any coupling, since
a liar can draw the cell conditional on her true type and report what the coupling says: provided that she
may, which is checked where the environment forbids reports.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.axes import refuse_axes
from ..environment.environment import Agent, Environment
from ..environment.independence import independent_version
from ..environment.kernels import Kernel
from .base import Rewriting, first_reports, lifted, shown_agent, widened_feasible
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

    Raises `AssumptionViolated` for joint processes that do not factor, naming the row, and where a liar could
    not report what the coupling says, naming the lie; `TooLarge` where the moves would take more than `limit`
    bytes.
    """
    word = check_coupling(env, coupling)
    env = independent_version(env, "shocks are no bound")
    n, extra = env.num_agents, len(env.private)
    refuse_axes(f"environment '{env.name}': with a public shock for each a table", 2 + n + extra)
    shocks = {i: shocks_of(env, i, word, limit) for i in env.private}
    for i in env.private:
        _check_later_reports(env, i, word, shocks[i])
    agents: list[Agent] = []
    for i, agent in enumerate(env.agents):
        values, outside = (
            rows and tuple(table.reshape(table.shape + (1,) * extra) for table in rows)
            for rows in (agent.values, agent.outside)
        )
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
        agents.append(
            replace(
                agent, values=values, outside=outside, kernels=kernels, given=given, signals=None,
                reports=first_reports(agent, env.periods),
            )
        )  # fmt: skip
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


def _check_later_reports(env: Environment, i: int, coupling: str, shocks: list[Shock]) -> None:
    """Raise where a first lie that agent i may tell leads to a report that she then may not make.

    The pair of her true and her reported type moves with the shock; what pairs there can be is found forwards
    and, once one of them is forbidden, followed back to its first lie.
    """
    agent = env.agents[i]
    if not any(agent.may_report(t) is not None for t in range(1, env.periods)):
        return
    first, likely = agent.may_report(0), np.asarray(agent.prior > 0, dtype=bool)
    pairs = [likely[:, None] & likely if first is None else first & likely[:, None] & likely]
    for t, shock in enumerate(shocks, start=1):
        pairs.append(_moved(pairs[-1], shock, len(agent.types[t])))
        allowed = agent.may_report(t)
        if allowed is None or not (pairs[t] & ~allowed).any():
            continue
        missing = np.argwhere(pairs[t] & ~allowed)
        own, said = (int(k) for k in missing[0])
        true, told = own, said
        for before in range(t - 1, -1, -1):
            true, told = next(
                (int(a), int(b))
                for a, b in np.argwhere(pairs[before])
                if _moved(_one(pairs[before], a, b), shocks[before], len(agent.types[before + 1]))[true, told]
            )
        labels = agent.types
        raise AssumptionViolated(
            f"agent '{agent.name}', period {t}: type '{labels[t][own]}' may not report '{labels[t][said]}', "
            f"which coupling '{coupling}' asks of her after '{labels[0][true]}' has reported "
            f"'{labels[0][told]}', so public shocks are no bound"
        )


def _moved(pairs: Bools, shock: Shock, size: int) -> Bools:
    """(K', K'): what pairs of true and reported types can follow these (K, K)."""
    true, told = np.nonzero(pairs)
    own = (*shock.moves.shape[:-2], len(pairs), shock.moves.shape[-1])
    moves = np.moveaxis(np.broadcast_to(shock.moves, own), -2, 0).reshape(len(pairs), -1)
    after = np.zeros((size, size), dtype=bool)
    after[moves[true], moves[told]] = True
    return after


def _one(pairs: Bools, true: int, told: int) -> Bools:
    single = np.zeros_like(pairs)
    single[true, told] = True
    return single


def _whatever_cells(n: int, sizes: list[tuple[int, ...]], t: int, table: Array, head: int) -> Array:
    """Axes of the cells after those of the n agents from `head` on: reports alone matter."""
    before, after = table.shape[: head + n], table.shape[head + n :]
    narrow = table.reshape(*before, *(1 for _ in sizes[t]), *after)
    return np.broadcast_to(narrow, (*before, *sizes[t], *after))
