"""From what a user gives, arrays or functions of labels, to the validated parts of an `Environment`.

Every message names the object, the place and the number.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Bools, array, number, show
from .agents import Agent, Goods
from .axes import refuse_axes
from .by_period import per_period, periods_described
from .kernels import Kernel, Process, collapse_actions
from .labels import labels_of
from .outside import check_outside_options, held_outside
from .probabilities import check_probabilities
from .reports import read_reports
from .signals import signal_kernels, signal_types


def read_environment(
    *,
    name: str,
    source: str,
    discount: Any,
    horizon: int | None,
    actions: Any,
    costs: Any,
    feasible: Any,
    agents: Sequence[Agent],
    process: Any,
    reports_public: Any,
) -> dict[str, Any]:
    """Validate everything and return the attributes of an environment."""
    if horizon is not None and (isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1):
        raise InvalidInput(f"horizon: {horizon!r} is not a positive whole number of periods, or None")
    rate = number(discount, "discount")
    if not 0 <= rate <= 1 or (horizon is None and rate == 1):
        limit = "between 0 and 1"
        if horizon is None:
            limit = "below 1 for an infinite horizon, as theorems assume (Bergemann and Välimäki, Theorem 1)"
        raise InvalidInput(f"discount: {show(rate)} is not {limit}")
    names = [agent.name for agent in agents]
    if not names:
        raise InvalidInput("agents: at least one agent is needed")
    refuse_axes(f"agents: with {len(names)} of them a table of a mechanism", 2 + len(names))
    for agent_name in names:
        if names.count(agent_name) > 1:
            raise InvalidInput(f"agents: the name {agent_name!r} is used twice")
    periods = periods_described(actions, agents, costs, feasible, process) if horizon is None else horizon
    given_actions = per_period(actions, periods, "actions", labels=True)
    action_labels, goods = zip(
        *(_read_actions(listed, t) for t, listed in enumerate(given_actions)), strict=True
    )
    raw_types = [_raw_types(agent, periods) for agent in agents]
    raw_actions = [
        list(labels) if goods[t] is not None else list(given_actions[t])
        for t, labels in enumerate(action_labels)
    ]
    read_agents = tuple(
        _read_agent(i, agents, raw_types, raw_actions, periods, horizon, process is not None)
        for i in range(len(agents))
    )
    everybody = [list(labels) for labels in zip(*raw_types, strict=True)]
    read_process = _read_process(process, everybody, raw_actions, horizon)
    observed = [i for i, agent in enumerate(agents) if agent.observed]
    if len(observed) == len(agents):
        raise InvalidInput("agents: every agent is observed, so nobody reports; at least one must not be")
    if not isinstance(reports_public, bool):
        raise InvalidInput(f"reports_public: {reports_public!r} is neither True nor False")
    costs = (lambda *_: 0) if costs is None else costs
    read_costs = tuple(
        _table(costs, t, periods, f"costs, period {t}", (raw_actions[t],)) for t in range(periods)
    )
    read_feasible = tuple(
        _read_feasible(feasible, t, periods, raw_actions[t], [raw_types[i][t] for i in observed])
        for t in range(periods)
    )
    check_probabilities(read_agents, read_process, action_labels)
    for agent in read_agents:
        check_outside_options(agent, agent.outside)
    _check_goods(goods, read_agents, read_process)
    return {
        "name": str(name),
        "source": str(source),
        "discount": rate,
        "horizon": horizon,
        "actions": action_labels,
        "goods": goods,
        "costs": read_costs,
        "feasible": read_feasible,
        "agents": read_agents,
        "process": read_process,
        "reports_public": reports_public,
    }


def _read_actions(values: Any, t: int) -> tuple[tuple[str, ...], Goods | None]:
    what = f"actions, period {t}"
    if isinstance(values, Goods):
        values = {"goods": values.names, "upper": values.upper, "quadratic": values.quadratic}
    if not isinstance(values, dict):
        return labels_of(values, what), None
    if set(values) - {"goods", "upper", "quadratic"} or "goods" not in values:
        raise InvalidInput(f"{what}: divisible goods are given as 'goods', 'upper' and 'quadratic'")
    names = labels_of(values["goods"], f"{what}, goods")
    upper = values.get("upper") or [None] * len(names)
    if len(upper) != len(names):
        raise InvalidInput(f"{what}: {len(upper)} upper bounds for {len(names)} goods")
    bounds = tuple(None if u is None else number(u, f"{what}, upper bound") for u in upper)
    for name, bound in zip(names, bounds, strict=True):
        if bound is not None and bound < 0:
            raise InvalidInput(f"{what}: good {name!r} has the negative upper bound {show(bound)}")
    matrix = values.get("quadratic")
    quadratic = array(
        [[0] * len(names)] * len(names) if matrix is None else matrix, f"{what}, quadratic"
    )
    if quadratic.shape != (len(names), len(names)):
        raise InvalidInput(f"{what}, quadratic: shape {quadratic.shape} is not {(len(names), len(names))}")
    if (quadratic != quadratic.T).any():
        raise InvalidInput(f"{what}, quadratic: the matrix is not symmetric")
    lowest = float(np.linalg.eigvalsh(quadratic.astype(float)).min())
    if lowest < -DOUBLE.slack(quadratic, ROUNDED):
        raise InvalidInput(f"{what}, quadratic: the cost is not convex (eigenvalue {lowest:.6g})")
    return names, Goods(names, bounds, quadratic)


def _raw_types(agent: Agent, periods: int) -> list[list[Any]]:
    if agent.signals is not None:
        paths = signal_types(agent.signals, periods, agent.name)
        for t, labels in enumerate(paths):
            # Joined labels can meet although the signals differ ("a|b" then "c", "a" then "b|c").
            labels_of(labels, f"agent '{agent.name}', lists of signals of period {t}")
        return paths
    what = f"agent '{agent.name}', types"
    given = per_period(agent.types, periods, what, labels=True)
    for t, labels in enumerate(given):
        labels_of(labels, f"{what} of period {t}")
    return [list(labels) for labels in given]


def _read_agent(
    i: int,
    agents: Sequence[Agent],
    raw_types: list[list[list[Any]]],
    raw_actions: list[list[Any]],
    periods: int,
    horizon: int | None,
    joint: bool,
) -> Agent:
    agent = agents[i]
    who = f"agent '{agent.name}'"
    mine, signals = raw_types[i], agent.signals
    if signals is not None and (agent.prior is not None or agent.transitions is not None):
        raise InvalidInput(f"{who}: signals take the place of prior and transitions; both are given")
    if signals is not None and agent.given:
        raise InvalidInput(f"{who}: signals are independent of everything; 'given' cannot be used with them")
    if agent.observed and agent.reports is not None:
        raise InvalidInput(f"{who}, reports: everybody sees her type, so she reports nothing")
    everybody = [[raw[t] for raw in raw_types] for t in range(periods)]
    given_values = (lambda *_: 0) if agent.values is None else agent.values
    values = tuple(
        _over_types(given_values, f"{who}, values", t, i, everybody, [raw_actions[t]]) for t in range(periods)
    )
    outside = None
    if agent.outside is not None:
        elsewhere = (
            _over_types(agent.outside, f"{who}, outside", t, i, everybody, []) for t in range(periods)
        )
        outside = held_outside([table[None] for table in elsewhere])
    prior: Array | None = None
    kernels: tuple[Kernel, ...] = ()
    given = tuple(_given_index(agent, name, agents) for name in agent.given)
    if len(set(given)) < len(given):
        raise InvalidInput(f"{who}: 'given' names an agent twice")
    if joint:
        if agent.prior is not None or agent.transitions is not None or signals is not None or given:
            raise InvalidInput(f"{who}: a joint process takes the place of its prior and transitions")
    elif signals is not None:
        if horizon is None:
            raise InvalidInput(f"{who}: signals need a finite horizon, types are all signals so far")
        prior, kernels = signals.probabilities[0], signal_kernels(signals)
    else:
        if agent.prior is None:
            raise InvalidInput(f"{who}: the prior is missing")
        own = agent.prior
        given_prior = (lambda _, label: own(label)) if callable(own) else [own]
        prior = _table(given_prior, 0, 1, f"{who}, prior", (mine[0],))
        count = periods if horizon is None else periods - 1
        if count and agent.transitions is None:
            raise InvalidInput(f"{who}: the transitions are missing")
        if not count and agent.transitions is not None and not callable(agent.transitions):
            per_period(agent.transitions, 0, f"{who}, transitions")
        kernels = tuple(
            _read_kernel(agent, t, count, given, raw_types, raw_actions[t], min(t + 1, periods - 1), i)
            for t in range(count)
        )
    return replace(
        agent,
        types=tuple(tuple(str(label) for label in labels) for labels in mine),
        prior=prior,
        values=values,
        transitions=None,
        given=tuple(agent.given),
        kernels=kernels,
        reports=read_reports(agent.reports, mine, who),
        outside=outside,
    )


def _given_index(agent: Agent, name: str, agents: Sequence[Agent]) -> int:
    for j, other in enumerate(agents):
        if other.name == name:
            if not other.observed:
                raise InvalidInput(f"agent '{agent.name}': given {name!r}, who is not observed")
            if other is agent or other.given:
                raise InvalidInput(
                    f"agent '{agent.name}': given {name!r}, who must be another agent, given nobody"
                )
            return j
    raise InvalidInput(f"agent '{agent.name}': given {name!r}, who is not an agent")


def _over_types(
    given: Any, what: str, t: int, i: int, everybody: list[list[list[Any]]], first: list[list[Any]]
) -> Array:
    """A table of period t over the labels of `first` and agent i's own types, or everybody's, by what is
    given; its axes are always everybody's, of length 1 for those who do not matter."""
    where, labels = f"{what}, period {t}", everybody[t]
    count, own = len(labels), len(labels[i])
    head = tuple(len(listed) for listed in first)
    everyone = (*head, *(len(types) for types in labels))
    private_shape = (*head, *(own if j == i else 1 for j in range(count)))
    if callable(given):
        interdependent = count > 1 and _takes(given, 1 + len(head) + count)
        axes = (*first, *labels) if interdependent else (*first, labels[i])
        table = _table(given, t, len(everybody), where, axes)
        return table if interdependent else table.reshape(private_shape)
    table = array(per_period(given, len(everybody), what)[t], where)
    if table.shape == everyone:
        return table
    if table.shape == (*head, own):
        return table.reshape(private_shape)
    names = ("actions, " if head else "")
    expected = f"({names}types) = {(*head, own)}"
    if count > 1:
        expected += f" or ({names}types of all agents) = {everyone}"
    raise InvalidInput(f"{where}: shape {table.shape} is not {expected}")


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(positional) == count or any(p.kind is p.VAR_POSITIONAL for p in parameters)


def _read_kernel(
    agent: Agent,
    t: int,
    count: int,
    given: tuple[int, ...],
    raw_types: list[list[list[Any]]],
    actions: list[Any],
    after: int,
    i: int,
) -> Kernel:
    where = f"agent '{agent.name}', transitions, period {t}"
    between = [raw_types[j][after] for j in given]
    own, later = raw_types[i][t], raw_types[i][after]
    if callable(agent.transitions):
        table = _table(agent.transitions, t, count, where, (actions, *between, own, later))
    else:
        table = array(per_period(agent.transitions, count, f"agent '{agent.name}', transitions")[t], where)
    shape = (*(len(labels) for labels in between), len(own), len(later))
    axes = ", ".join([*(f"types of {name}" for name in agent.given), "types, next types"])
    return Kernel(_by_action(table, len(actions), shape, f"(actions or 1, {axes})", where), given)


def _by_action(table: Array, actions: int, shape: tuple[int, ...], axes: str, where: str) -> Array:
    """A table with an axis of actions before `shape`, of length 1 where they do not matter."""
    if table.shape == shape:
        table = table[None]
    if table.shape not in ((1, *shape), (actions, *shape)):
        raise InvalidInput(f"{where}: shape {table.shape} is not {axes} = {(actions, *shape)}")
    return collapse_actions(table)


def _read_process(
    process: Any, types: list[list[list[Any]]], actions: list[list[Any]], horizon: int | None
) -> Process | None:
    """A joint process over the types (by period, then agent) of everybody."""
    if process is None:
        return None
    if isinstance(process, Process):
        process = {"prior": process.prior, "transitions": process.transitions}
    if not isinstance(process, dict) or set(process) - {"prior", "transitions"} or "prior" not in process:
        raise InvalidInput("process: 'prior' and 'transitions' are expected, and nothing else")
    periods = len(types)
    sizes = [tuple(map(len, labels)) for labels in types]
    first = process["prior"]
    if callable(first):
        prior = _table(lambda _, *labels: first(*labels), 0, 1, "process, prior", tuple(types[0]))
    else:
        prior = array(first, "process, prior")
    if prior.shape != sizes[0]:
        raise InvalidInput(f"process, prior: shape {prior.shape} is not the types of all agents {sizes[0]}")
    count = periods if horizon is None else periods - 1
    given = process.get("transitions", [])
    by_period = [] if callable(given) else per_period(given, count, "process, transitions")
    tables = []
    axes = "(actions or 1, types of all agents, next types of all agents)"
    for t in range(count):
        where = f"process, transitions, period {t}"
        after = min(t + 1, periods - 1)
        if callable(given):
            table = _table(given, t, count, where, (actions[t], *types[t], *types[after]))
        else:
            table = array(by_period[t], where)
        tables.append(_by_action(table, len(actions[t]), (*sizes[t], *sizes[after]), axes, where))
    return Process(prior, tuple(tables))


def _read_feasible(
    feasible: Any, t: int, periods: int, actions: list[Any], observed: list[list[Any]]
) -> Bools | None:
    if feasible is None:
        return None
    where = f"feasible, period {t}"
    shape = (len(actions), *(len(labels) for labels in observed))
    if callable(feasible):
        flat = [bool(feasible(t, *labels)) for labels in itertools.product(actions, *observed)]
        table = np.array(flat).reshape(shape)
    else:
        entry = per_period(feasible, periods, "feasible")[t]
        if entry is None:
            return None
        try:
            table = np.array(entry)
        except ValueError:
            raise InvalidInput(f"{where}: nested lists of different lengths do not form an array") from None
        if table.dtype != bool:
            raise InvalidInput(f"{where}: entries must be true or false")
    if table.shape != shape:
        raise InvalidInput(
            f"{where}: shape {table.shape} is not (actions, types of observed agents...) = {shape}"
        )
    blocked = ~table.any(axis=0)
    if blocked.any():
        at = np.argwhere(blocked)[0]
        state = ", ".join(str(labels[int(k)]) for labels, k in zip(observed, at, strict=True))
        raise InvalidInput(f"{where}: no action is feasible{f' in public state ({state})' if state else ''}")
    return None if table.all() else table


def _table(
    values: Any, t: int, periods: int, where: str, axes: tuple[list[Any], ...]
) -> Array:
    """An array over the labels of `axes`, from an array of the right shape or a function of t and labels."""
    shape = tuple(len(labels) for labels in axes)
    if callable(values):
        flat = [values(t, *labels) for labels in itertools.product(*axes)]
        return array(flat, where).reshape(shape)
    table = array(per_period(values, periods, where.split(",")[0])[t], where)
    if table.shape != shape:
        raise InvalidInput(f"{where}: shape {table.shape} is not {shape}")
    return table


def _check_goods(goods: tuple[Goods | None, ...], agents: tuple[Agent, ...], process: Process | None) -> None:
    for t, entry in enumerate(goods):
        steered = any(t < len(a.kernels) and a.kernels[t].controlled for a in agents)
        if process is not None and t < len(process.transitions):
            steered = process.transitions[t].shape[0] > 1
        if entry is not None and steered:
            what = f"actions, period {t}"
            raise InvalidInput(f"{what}: types cannot be steered by quantities of divisible goods")
