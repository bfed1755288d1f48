"""Environments made from environments: renamed, reordered, restricted, with another horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints
from .agents import Agent, Goods, Signals
from .contents import Contents
from .kernels import Kernel
from .labels import labels_of
from .reports import held

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
    named = []
    for agent in env.agents:
        change = types.get(agent.name, {})
        _known(change, [label for row in agent.types for label in row], f"types of agent '{agent.name}'")
        named.append(
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
    labels_of([a.name for a in named], "agents")
    labels = tuple(
        labels_of([actions.get(k, k) for k in row], f"actions, period {t}")
        for t, row in enumerate(env.actions)
    )
    goods = tuple(g and replace(g, names=labels[t]) for t, g in enumerate(env.goods))
    return env._with(name=name or env.name, agents=tuple(named), actions=labels, goods=goods)


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
    if agents is not None:
        env = _agents_in_order(env, _places([a.name for a in env.agents], agents, "agents"))
    if actions is not None:
        orders = [_places(row, actions, f"actions, period {t}") for t, row in enumerate(env.actions)]
        env = _keep_actions(env, orders)
    for name, order in (types or {}).items():
        i = env.agent_index(name)
        rows = enumerate(env.agents[i].types)
        orders = [_places(row, order, f"agent '{name}', types of period {t}") for t, row in rows]
        env = keep_types(env, i, orders)
    return env


def _places(have: Sequence[str], asked: Sequence[str], what: str) -> list[int]:
    """Where the labels asked for are, which must be a rearrangement of those there are."""
    if sorted(have) != sorted(asked):
        raise InvalidInput(f"{what}: {', '.join(asked)} is not a rearrangement of {', '.join(have)}")
    return [have.index(label) for label in asked]


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
    restricted = _keep_actions(env, keep)
    for t, table in enumerate(restricted.feasible):
        if table is not None and not table.any(axis=0).all():
            raise InvalidInput(f"restrict, period {t}: no action is left in some public state")
    return restricted


def with_horizon(env: E, horizon: int) -> E:
    """The first periods of a longer environment; an infinite one goes on as its last description says.

    Raises `InvalidInput` for a horizon below 1 or beyond what the data describes.
    """
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise InvalidInput(f"horizon: {horizon!r} is not a positive whole number of periods")
    if not env.stationary and horizon > env.periods:
        raise InvalidInput(
            f"horizon: environment '{env.name}' describes {env.periods} periods, not {horizon}"
        )

    def take(rows: tuple, count: int = horizon) -> tuple:  # type: ignore[type-arg]
        return rows[:count] + rows[-1:] * (count - len(rows))

    agents = tuple(
        replace(
            agent,
            types=take(tuple(agent.types)),
            values=take(agent.values),
            outside=agent.outside and take(agent.outside),
            kernels=take(agent.kernels, horizon - 1),
            reports=held(take(agent.reports or ())),
            signals=agent.signals
            and Signals(agent.signals.labels[:horizon], agent.signals.probabilities[:horizon]),
        )
        for agent in env.agents
    )
    process = env.process
    return env._with(
        horizon=horizon,
        agents=agents,
        process=process and replace(process, transitions=take(process.transitions, horizon - 1)),
        actions=take(env.actions),
        goods=take(env.goods),
        costs=take(env.costs),
        feasible=take(env.feasible),
    )


def _keep_actions(env: E, keep: list[list[int]]) -> E:
    def chosen(t: int, table: Array) -> Array:
        return table[keep[t]] if table.shape[0] > 1 or env.num_actions(t) == 1 else table

    def kept(t: int, goods: Goods) -> Goods:
        names, upper = tuple(goods.names[k] for k in keep[t]), tuple(goods.upper[k] for k in keep[t])
        return Goods(names, upper, goods.quadratic[np.ix_(keep[t], keep[t])])

    agents = tuple(
        replace(
            agent,
            values=tuple(table[keep[t]] for t, table in enumerate(agent.values)),
            kernels=tuple(replace(k, table=chosen(t, k.table)) for t, k in enumerate(agent.kernels)),
        )
        for agent in env.agents
    )
    return env._with(
        actions=tuple(tuple(row[k] for k in keep[t]) for t, row in enumerate(env.actions)),
        goods=tuple(g and kept(t, g) for t, g in enumerate(env.goods)),
        costs=tuple(costs[keep[t]] for t, costs in enumerate(env.costs)),
        feasible=tuple(None if f is None else f[keep[t]] for t, f in enumerate(env.feasible)),
        agents=agents,
        process=env.process and env.process.mapped(lambda prior: prior, chosen),
    )


def _agents_in_order(env: E, order: list[int]) -> E:
    n = env.num_agents
    shown = [env.observed.index(j) for j in order if env.agents[j].observed]
    axes = (0, *(1 + j for j in order))

    agents = []
    for j in order:
        agent = env.agents[j]
        values = tuple(np.transpose(table, axes) for table in agent.values)
        outside = agent.outside and tuple(np.transpose(table, axes) for table in agent.outside)
        kernels = tuple(replace(k, given=tuple(order.index(g) for g in k.given)) for k in agent.kernels)
        agents.append(replace(agent, values=values, kernels=kernels, outside=outside))
    process = env.process and env.process.mapped(
        lambda prior: np.transpose(prior, order),
        lambda _, moves: np.transpose(moves, (*axes, *(1 + n + j for j in order))),
    )
    feasible = tuple(
        None if f is None else np.transpose(f, (0, *(1 + j for j in shown))) for f in env.feasible
    )
    return env._with(agents=tuple(agents), process=process, feasible=feasible)


def keep_types(env: E, i: int, keep: Sequence[Sequence[int] | Ints]) -> E:
    """Only these types of agent i, by period, in this order; moves to other types are left out, too."""
    n = env.num_agents

    def along(table: Array, axis: int, t: int) -> Array:
        return np.take(table, keep[t], axis=axis) if table.shape[axis] > 1 else table

    agents: list[Agent] = []
    for j, agent in enumerate(env.agents):
        values = tuple(along(v, 1 + i, t) for t, v in enumerate(agent.values))
        outside = agent.outside and tuple(along(o, 1 + i, t) for t, o in enumerate(agent.outside))
        kernels: list[Kernel] = []
        for t, kernel in enumerate(agent.kernels):
            table, after = kernel.table, env.after(t)
            for axis, g in enumerate(kernel.given):
                if g == i:
                    table = along(table, 1 + axis, after)
            if j == i:
                own = 1 + len(kernel.given)
                table = along(table, own, t)
                if kernel.deterministic:
                    table = np.argsort(keep[after])[table]
                else:
                    table = along(table, own + 1, after)
            kernels.append(replace(kernel, table=table))
        changes: dict[str, object] = {"values": values, "kernels": tuple(kernels), "outside": outside}
        if j == i:
            changes["types"] = tuple(tuple(row[k] for k in keep[t]) for t, row in enumerate(agent.types))
            changes["prior"] = None if agent.prior is None else agent.prior[keep[0]]
            changes["signals"] = None
            tables = enumerate(agent.reports or ())
            changes["reports"] = held([x if x is None else x[keep[t]][:, keep[t]] for t, x in tables])
        agents.append(replace(agent, **changes))  # type: ignore[arg-type]
    process = env.process and env.process.mapped(
        lambda prior: along(prior, i, 0),
        lambda t, moves: along(along(moves, 1 + i, t), 1 + n + i, env.after(t)),
    )
    feasible = env.feasible
    if i in env.observed:
        axis = 1 + env.observed.index(i)
        feasible = tuple(None if f is None else along(f, axis, t) for t, f in enumerate(env.feasible))
    return env._with(agents=tuple(agents), process=process, feasible=feasible)
