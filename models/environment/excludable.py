"""Agents who can be left out (KLN, Assumption 2.4): a rewriting, Environment to Environment.

Period 0 also chooses which agents are left out. One left out has values 0 in every period, period 0
too, or what she has elsewhere (`outside.py`); kernels, costs and what the others have of each action stay. An
action of period 0 becomes one for each
subset of the agents who report, and an observed agent, `LEFT_OUT`, carries the subset from period 1 on:
values of later periods depend on her type. Tables are 2^N times as large.

*Payments.* KLN have those left out pay 0. No row says so, as that would change no value. Who is left out has
nothing but what she is paid, whatever her type; so where types are independent across agents and every type
may report every other, each of her types has at least the mean of that, t, by saying what a type says who is
always left out. Participation has t ≥ 0, and t taken from all her types alike leaves truth as good as it was
and earns t more: at an optimum t = 0. Who is left out by chance, or at some reports of the others only, can
pay all of it where she takes part. Where reports are restricted t may have to be positive: a type is paid for
staying away whom others cannot imitate, and then the value is that of payments to those left out too.

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, Bools, Ints, show
from .agents import Agent
from .axes import refuse_axes
from .contents import Contents
from .kernels import Kernel, Process
from .labels import labels_of

E = TypeVar("E", bound=Contents)

LEFT_OUT = "left out"
"""Name of the observed agent who carries the subset."""
NOBODY = "nobody"
"""Her type where everybody takes part, the first listed."""
MOST_AGENTS = 12
"""Agents who can be left out: more than 4096 subsets are refused."""


def subsets(count: int) -> Bools:
    """(2^N, N): who is left out, nobody first, agent 0 slowest."""
    return np.array(list(itertools.product((False, True), repeat=count)), dtype=bool)


def with_exclusion(env: E) -> E:
    """The environment in which period 0 also chooses who is left out, an action's subsets beside each other.

    A stationary environment has a period 0 of its own (`with_period_0`). Raises `InvalidInput` where it
    cannot be written so: divisible goods in period 0, names that meet; `TooLarge` for too many agents.
    """
    n, private = env.num_agents, env.private
    if len(private) > MOST_AGENTS:
        raise TooLarge(
            f"excludable: {len(private)} agents have 2^{len(private)} subsets, and at most 2^{MOST_AGENTS} "
            "are told apart; give fewer agents"
        )
    refuse_axes(f"excludable: with the observed agent '{LEFT_OUT}' a table of a mechanism", 3 + n)
    if env.goods[0] is not None:
        raise InvalidInput("excludable: the actions of period 0 are divisible goods, not a finite list")
    if LEFT_OUT in [agent.name for agent in env.agents]:
        raise InvalidInput(f"excludable: no agent may be called '{LEFT_OUT}', the one who carries the subset")
    for t, agent in ((t, env.agents[i]) for t in range(1, env.periods) for i in private):
        if env.goods[t] is not None and agent.outside and (agent.outside[t] != 0).any():
            has = show(agent.outside[t][agent.outside[t] != 0][0])
            raise InvalidInput(
                f"excludable: agent '{agent.name}', period {t}: the actions are divisible goods, valued by "
                f"unit, and what she has outside, {has}, would be in place of that where she is left out"
            )
    out = subsets(len(private))
    names = [env.agents[i].name for i in private]
    types = labels_of(
        [", ".join(itertools.compress(names, row)) or NOBODY for row in out.tolist()], "excludable, subsets"
    )
    agents = []
    for i, agent in enumerate(env.agents):
        served = ~out[:, private.index(i)] if i in private else np.ones(len(out), dtype=bool)
        kernels = [replace(k, table=_acted(k.table, len(out), t)) for t, k in enumerate(agent.kernels)]
        elsewhere = agent.outside or tuple(0 * table for table in agent.values)
        values = [_values(agent.values[t], served, t, elsewhere[t]) for t in range(env.periods)]
        outside = agent.outside and tuple(table[..., None] for table in agent.outside)
        agents.append(replace(agent, values=tuple(values), kernels=tuple(kernels), outside=outside))
    known, moves = arithmetic_of(env.costs[0]), _moves(env, len(out))
    actions = labels_of(_actions(env.actions[0], types), "excludable, actions of period 0")
    zeros = [known.zeros((len(row), *(1,) * n, 1 if t == 0 else len(out)))
             for t, row in enumerate((actions, *env.actions[1:]))]  # fmt: skip
    carrier = Agent(
        LEFT_OUT,
        types=(("-",), *[types] * (env.periods - 1)),
        values=tuple(zeros),
        observed=True,
        prior=None if env.joint else known.ones(1),
        kernels=() if env.joint else tuple(Kernel(row, (), len(out)) for row in moves),
    )
    everybody = np.ones(len(out), dtype=bool)
    return env._with(
        agents=(*agents, carrier),
        actions=(actions, *env.actions[1:]),
        costs=(np.repeat(env.costs[0], len(out)), *env.costs[1:]),
        feasible=tuple(
            None if table is None else _values(table, everybody, t, table)
            for t, table in enumerate(env.feasible)
        ),
        process=env.process and _joint(env.process, moves, len(out)),
    )


def with_period_0(env: E) -> E:
    """A stationary environment of one entry in two, period 0 and the rest, which is the same; others stay."""
    if not env.stationary or env.periods > 1:
        return env
    agents = tuple(
        replace(
            one, types=tuple(one.types) * 2, values=one.values * 2, kernels=one.kernels * 2,
            reports=one.reports and one.reports * 2, outside=one.outside and one.outside * 2,
        )
        for one in env.agents
    )  # fmt: skip
    return env._with(
        agents=agents,
        process=env.process and replace(env.process, transitions=env.process.transitions * 2),
        actions=env.actions * 2,
        goods=env.goods * 2,
        costs=env.costs * 2,
        feasible=env.feasible * 2,
    )


def without_carrier(env: E, everybody: E) -> E:
    """The rewriting of `everybody` where it is remembered elsewhere who is left out: actions and values of
    period 0 as in the rewriting, values of later periods as if nobody were."""
    count = 2 ** len(everybody.private)
    agents = tuple(
        replace(home, values=(agent.values[0][..., 0], *home.values[1:]), kernels=agent.kernels)
        for home, agent in zip(everybody.agents, env.agents, strict=False)
    )
    process = everybody.process and everybody.process.mapped(
        lambda prior: prior, lambda t, table: _acted(table, count, t)
    )
    feasible = tuple(None if table is None else table[..., 0] for table in env.feasible)
    return everybody._with(
        actions=env.actions, costs=env.costs, agents=agents, process=process, feasible=feasible
    )


def _actions(actions: Sequence[str], left_out: Sequence[str]) -> list[str]:
    return [a if out == NOBODY else f"{a} without {out}" for a in actions for out in left_out]


def _acted(table: Array, count: int, t: int) -> Array:
    """A table over actions (A or 1, ...) over those of the rewritten period."""
    return np.repeat(table, count, axis=0) if t == 0 and len(table) > 1 else table


def _values(table: Array, served: Bools, t: int, other: Array) -> Array:
    """(A, ...) as (A · 2^N, ..., 1) in period 0, (A, ..., 2^N) later: the other table's (A or 1, ...) for the
    subsets without her."""
    if t > 0:
        return np.where(served, table[..., None], other[..., None])
    rows = np.repeat(table, len(served), axis=0)
    kept = np.tile(served, len(table)).reshape(-1, *(1,) * (table.ndim - 1))
    return np.where(kept, rows, np.repeat(other, len(rows) // len(other), axis=0))[..., None]


def _moves(env: Contents, count: int) -> list[Ints]:
    """By transition the next type of who carries the subset, (A or 1, her type)."""
    chosen, kept = np.arange(len(env.actions[0]) * count)[:, None] % count, np.arange(count)[None]
    return [chosen if t == 0 else kept for t in range(env.periods - (not env.stationary))]


def _joint(process: Process, moves: Sequence[Ints], count: int) -> Process:
    """A joint process over one more agent, who moves as `_moves` says."""
    n = process.prior.ndim

    def moved(t: int, table: Array) -> Array:
        rows = _acted(table, count, t) if len(table) > 1 or t > 0 else np.repeat(table, len(moves[0]), axis=0)
        now, after = rows.shape[1 : 1 + n], rows.shape[1 + n :]
        goes = moves[t][..., None] == np.arange(count)  # (A or 1, her type, her next type)
        own = goes.reshape(len(goes), *(1,) * n, goes.shape[1], *(1,) * n, count)
        wide = rows.reshape(len(rows), *now, 1, *after, 1)
        return np.where(own, wide, 0 * wide)

    return process.mapped(lambda prior: prior[..., None], moved)
