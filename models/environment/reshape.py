"""Environments made from environments: renamed, reordered, restricted, with another horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array
from .agents import Agent, Goods
from .contents import Contents
from .kernels import Kernel, Process
from .labels import labels_of

E = TypeVar("E", bound=Contents)
Renaming = Mapping[str, str]


def relabel(
    env: E,
    *,
    name: str | None = None,
    agents: Renaming | None = None,
    actions: Renaming | None = None,
    types: Mapping[str, Renaming] | None = None,
) -> E:
    """Give new names; whatever is not mentioned keeps its own. `types` is by agent (under her old name).

    Raises `InvalidInput` where an old name does not exist or new names collide.
    """
    agents, actions, types = agents or {}, actions or {}, types or {}
    _known(agents, [a.name for a in env.agents], "agents")
    _known(types, [a.name for a in env.agents], "agents")
    _known(actions, [label for row in env.actions for label in row], "actions")
    made = []
    for agent in env.agents:
        change = types.get(agent.name, {})
        _known(change, [label for row in agent.types for label in row], f"types of agent '{agent.name}'")
        made.append(
            replace(
                agent,
                name=agents.get(agent.name, agent.name),
                types=tuple(
                    labels_of([change.get(k, k) for k in row], f"agent '{agent.name}', types of period {t}")
                    for t, row in enumerate(agent.types)
                ),
                given=tuple(agents.get(k, k) for k in agent.given),
                signals=None if change else agent.signals,
            )
        )
    labels_of([a.name for a in made], "agents")
    renamed = tuple(
        labels_of([actions.get(k, k) for k in row], f"actions, period {t}")
        for t, row in enumerate(env.actions)
    )
    goods = tuple(
        None if g is None else Goods(renamed[t], g.upper, g.quadratic) for t, g in enumerate(env.goods)
    )
    return env._with(name=name or env.name, agents=tuple(made), actions=renamed, goods=goods)


def _known(asked: Mapping[str, object], names: Sequence[str], what: str) -> None:
    for key in asked:
        if key not in names:
            raise InvalidInput(f"{what}: {key!r} does not exist; there are {', '.join(dict.fromkeys(names))}")


def reorder(
    env: E,
    *,
    agents: Sequence[str] | None = None,
    actions: Sequence[str] | None = None,
    types: Mapping[str, Sequence[str]] | None = None,
) -> E:
    """List agents, actions or an agent's types in another order, in every period that has those labels.

    The economics stays the same, but for notions that use the order of types. Raises `InvalidInput` where a
    list is not a rearrangement.
    """
    made = env
    if agents is not None:
        _rearrangement([a.name for a in env.agents], agents, "agents")
        made = _agents_in_order(made, [made.agent_index(name) for name in agents])
    if actions is not None:
        for t, row in enumerate(made.actions):
            _rearrangement(row, actions, f"actions, period {t}")
        made = _keep_actions(made, [[row.index(k) for k in actions] for row in made.actions])
    for name, order in (types or {}).items():
        i = made.agent_index(name)
        orders = []
        for t, row in enumerate(made.agents[i].types):
            _rearrangement(row, order, f"agent '{name}', types of period {t}")
            orders.append([row.index(k) for k in order])
        made = _types_in_order(made, i, orders)
    return made


def _rearrangement(have: Sequence[str], asked: Sequence[str], what: str) -> None:
    if sorted(have) != sorted(asked):
        raise InvalidInput(f"{what}: {', '.join(asked)} is not a rearrangement of {', '.join(have)}")


def restrict(env: E, actions: Sequence[Any]) -> E:
    """Only these actions, in every period or period by period (a list of lists).

    Raises `InvalidInput` where an action does not exist or a public state is left without any.
    """
    everywhere = bool(actions) and isinstance(actions[0], str)
    rows: list[list[str]] = [list(actions)] * env.periods if everywhere else [list(r) for r in actions]
    if len(rows) != env.periods:
        raise InvalidInput(f"restrict: {len(rows)} lists of actions for {env.periods} periods")
    keep = []
    for t, row in enumerate(rows):
        kept = [k for k in env.actions[t] if k in row]
        missing = [k for k in row if k not in env.actions[t]]
        if (missing and not everywhere) or not kept:
            raise InvalidInput(
                f"restrict, period {t}: {', '.join(map(str, missing or row))} is not an action there"
            )
        keep.append([env.actions[t].index(k) for k in kept])
    made = _keep_actions(env, keep)
    for t, table in enumerate(made.feasible):
        if table is not None and not table.any(axis=0).all():
            raise InvalidInput(f"restrict, period {t}: no action is left in some public state")
    return made


def with_horizon(env: E, horizon: int) -> E:
    """The first periods of a longer environment, or a stationary one repeated that often.

    Raises `InvalidInput` for a horizon below 1 or beyond what the data describes.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise InvalidInput(f"horizon: {horizon!r} is not a positive whole number of periods")
    if not env.stationary and horizon > env.periods:
        raise InvalidInput(
            f"horizon: environment '{env.name}' describes {env.periods} periods, not {horizon}"
        )

    def take(rows: tuple, count: int = horizon) -> tuple:  # type: ignore[type-arg]
        return rows * count if env.stationary else rows[:count]

    agents = tuple(
        replace(
            agent,
            types=take(tuple(agent.types)),
            values=take(agent.values),
            kernels=take(agent.kernels, horizon - 1),
            signals=None
            if agent.signals is None
            else replace(
                agent.signals,
                labels=agent.signals.labels[:horizon],
                probabilities=agent.signals.probabilities[:horizon],
            ),
        )
        for agent in env.agents
    )
    process = env.process
    if process is not None:
        process = Process(process.prior, take(process.transitions, horizon - 1))
    return env._with(
        horizon=horizon,
        agents=agents,
        process=process,
        actions=take(env.actions),
        goods=take(env.goods),
        costs=take(env.costs),
        feasible=take(env.feasible),
    )


def _keep_actions(env: E, keep: list[list[int]]) -> E:
    def chosen(table: Array, t: int) -> Array:
        return table[keep[t]] if table.shape[0] > 1 or env.num_actions(t) == 1 else table

    goods: list[Goods | None] = []
    for t, g in enumerate(env.goods):
        if g is None:
            goods.append(None)
            continue
        goods.append(
            Goods(
                tuple(g.names[k] for k in keep[t]),
                tuple(g.upper[k] for k in keep[t]),
                g.quadratic[np.ix_(keep[t], keep[t])],
            )
        )
    agents = tuple(
        replace(
            agent,
            values=tuple(table[keep[t]] for t, table in enumerate(agent.values)),
            kernels=tuple(replace(k, table=chosen(k.table, t)) for t, k in enumerate(agent.kernels)),
        )
        for agent in env.agents
    )
    process = env.process
    if process is not None:
        process = Process(
            process.prior, tuple(chosen(table, t) for t, table in enumerate(process.transitions))
        )
    return env._with(
        actions=tuple(tuple(row[k] for k in keep[t]) for t, row in enumerate(env.actions)),
        goods=tuple(goods),
        costs=tuple(costs[keep[t]] for t, costs in enumerate(env.costs)),
        feasible=tuple(None if f is None else f[keep[t]] for t, f in enumerate(env.feasible)),
        agents=agents,
        process=process,
    )


def _agents_in_order(env: E, order: list[int]) -> E:
    n = env.num_agents
    place = {old: new for new, old in enumerate(order)}
    observed = [j for j in order if env.agents[j].observed]
    before = list(env.observed)

    def values(table: Array) -> Array:
        return np.transpose(table, (0, *(1 + j for j in order)))

    agents = []
    for j in order:
        agent = env.agents[j]
        kernels = tuple(replace(k, given=tuple(place[g] for g in k.given)) for k in agent.kernels)
        agents.append(replace(agent, values=tuple(values(v) for v in agent.values), kernels=kernels))
    process = env.process
    if process is not None:
        process = Process(
            np.transpose(process.prior, order),
            tuple(
                np.transpose(table, (0, *(1 + j for j in order), *(1 + n + j for j in order)))
                for table in process.transitions
            ),
        )
    feasible = tuple(
        None if f is None else np.transpose(f, (0, *(1 + before.index(j) for j in observed)))
        for f in env.feasible
    )
    return env._with(agents=tuple(agents), process=process, feasible=feasible)


def _types_in_order(env: E, i: int, orders: list[list[int]]) -> E:
    n = env.num_agents

    def along(table: Array, axis: int, t: int) -> Array:
        return np.take(table, orders[t], axis=axis) if table.shape[axis] > 1 else table

    agents: list[Agent] = []
    for j, agent in enumerate(env.agents):
        values = tuple(along(v, 1 + i, t) for t, v in enumerate(agent.values))
        kernels: list[Kernel] = []
        for t, kernel in enumerate(agent.kernels):
            table, after = kernel.table, min(t + 1, env.periods - 1)
            for axis, g in enumerate(kernel.given):
                if g == i:
                    table = along(table, 1 + axis, after)
            if j == i:
                own = 1 + len(kernel.given)
                table = along(table, own, t)
                if kernel.deterministic:
                    table = np.argsort(orders[after])[table]
                else:
                    table = along(table, own + 1, after)
            kernels.append(replace(kernel, table=table))
        changes: dict[str, object] = {"values": values, "kernels": tuple(kernels)}
        if j == i:
            changes["types"] = tuple(tuple(row[k] for k in orders[t]) for t, row in enumerate(agent.types))
            changes["prior"] = None if agent.prior is None else agent.prior[orders[0]]
            changes["signals"] = None
        agents.append(replace(agent, **changes))  # type: ignore[arg-type]
    process = env.process
    if process is not None:
        process = Process(
            along(process.prior, i, 0),
            tuple(
                along(along(table, 1 + i, t), 1 + n + i, min(t + 1, env.periods - 1))
                for t, table in enumerate(process.transitions)
            ),
        )
    feasible = env.feasible
    if i in env.observed:
        axis = 1 + env.observed.index(i)
        feasible = tuple(None if f is None else along(f, axis, t) for t, f in enumerate(env.feasible))
    return env._with(agents=tuple(agents), process=process, feasible=feasible)
