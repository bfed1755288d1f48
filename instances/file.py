"""Instance files: ``dynamech/1`` JSON in, an `Environment` out, and back without loss.

A rational comes back as the same rational. An environment in floating point is written with
``"decimals": "double"`` and its shortest decimals, and comes back as the same doubles, bit by bit. Axes that
a kernel or a value does not depend on are written out in full.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..models.environment.environment import Agent, Environment, Goods
from ..models.environment.kernels import Kernel
from ..models.environment.signals import signal_kernels, signal_types
from ..models.environment.signals import signals as make_signals
from ..solvers.errors import InvalidInput
from ..solvers.numbers import Array, Ints, to_exact, to_float
from ..solvers.numerals import one_line, shown
from .jsonfile import read_json, write_json
from .numerals import write_number, write_table
from .problems import agent_place, bad, complaint
from .schema import (
    INSTANCE_FORMAT,
    MECHANISM_FORMAT,
    QUESTION_FORMAT,
    AgentPart,
    GoodsPart,
    InstanceFile,
    SignalAgentPart,
)

# Reading ---------------------------------------------------------------------------------------------------


def read_instance(path: str | os.PathLike[str]) -> Environment:
    """The environment that an instance file describes.

    Raises `InvalidInput` with one line: the file, the place and the number.
    """
    return instance_from_json(read_json(path), one_line(os.fspath(path)))


def instance_from_json(content: Any, where: str = "instance") -> Environment:
    """The environment that an object of the form of an instance file describes.

    `where` is what errors begin with. A float counts as the decimal that Python shows for it, unless the
    object says ``"decimals": "double"``. Raises `InvalidInput`.

    >>> instance_from_json({"format": "dynamech/1"}, "mine.json")
    Traceback (most recent call last):
        ...
    dynamech.solvers.errors.InvalidInput: mine.json: 'name' is missing
    """
    check_format(content, where)
    context = {"doubles": content.get("decimals") == "double"}
    try:
        data = InstanceFile.model_validate(content, context=context)
    except ValidationError as error:
        raise complaint(error, content, where) from None
    try:
        return _environment(data)
    except InvalidInput as error:
        raise bad(where, "", str(error)) from None


def check_format(content: Any, where: str, expected: str = INSTANCE_FORMAT) -> None:
    """Raise where an object does not say that it is of the format expected."""
    if not isinstance(content, dict):
        raise bad(where, "", f"an object with the key 'format' is expected, not {shown(content)}")
    if "format" not in content:
        raise bad(where, "", f"'format' is missing; it must be '{expected}'")
    said = content["format"]
    if said != expected:
        kinds = {
            INSTANCE_FORMAT: "an instance file",
            MECHANISM_FORMAT: "a mechanism file",
            QUESTION_FORMAT: "a question file",
        }
        kind = kinds.get(said) if isinstance(said, str) else None
        also = f"; this is {kind}, not {kinds[expected]}" if kind else ""
        raise bad(where, "format", f"{shown(said)} is not '{expected}'{also}")


def _environment(data: InstanceFile) -> Environment:
    process: dict[str, Any] | None = None
    if data.process is not None:
        process = {"prior": data.process.prior}
        if data.process.transitions is not None:
            process["transitions"] = data.process.transitions
            types = [f"type of '{agent.name}'" for agent in data.agents]
            axes = ["action", *types, *(f"next {words}" for words in types)]
            for t, table in enumerate(data.process.transitions):
                _check_levels(table, axes, "process, transitions", t)
    return Environment(
        name=data.name,
        source=data.source,
        discount=data.discount,
        horizon=data.horizon,
        actions=[_actions(entry) for entry in data.actions],
        costs=data.costs,
        feasible=data.feasible,
        agents=[_agent(i, data) for i in range(len(data.agents))],
        process=process,
        reports_public=data.reports_public,
        excludable=data.excludable,
    )


def _actions(entry: list[str] | GoodsPart) -> list[str] | dict[str, Any]:
    if isinstance(entry, GoodsPart):
        if len(entry.upper) != len(entry.goods):
            # The environment reads an empty list as "no bounds"; a file has to say so for each good.
            raise InvalidInput(f"actions: {len(entry.upper)} upper bounds for {len(entry.goods)} goods")
        return {"goods": entry.goods, "upper": entry.upper, "quadratic": entry.quadratic}
    return entry


def _agent(i: int, data: InstanceFile) -> Agent:
    part = data.agents[i]
    who = agent_place(i, part.name)
    if isinstance(part, SignalAgentPart):
        for t, entry in enumerate(part.signals):
            _check_levels(entry.probabilities, ["signal"], f"{who}, signals, probabilities", t)
        return Agent(
            part.name,
            values=part.values and [_signal_values(table, t, i, data) for t, table in enumerate(part.values)],
            outside=part.outside,
            observed=part.observed,
            reports=part.reports,
            signals=make_signals(
                [entry.labels for entry in part.signals],
                [entry.probabilities for entry in part.signals],
                part.name,
            ),
        )
    observed = {agent.name for agent in data.agents if agent.observed}
    if observed.issuperset(part.given):
        axes = ["action", *(f"next type of '{name}'" for name in part.given), "type", "next type"]
        for t, table in enumerate(part.transitions or []):
            _check_levels(table, axes, f"{who}, transitions", t)
    return Agent(
        part.name,
        types=part.types,
        prior=part.prior,
        values=part.values,
        transitions=part.transitions,
        observed=part.observed,
        given=part.given,
        reports=part.reports,
        outside=part.outside,
    )


def _check_levels(table: Array, axes: list[str], what: str, t: int) -> None:
    """The action always has its level of brackets, even where one entry serves all actions."""
    if table.ndim != len(axes):
        levels = f"{table.ndim} level{'s' * (table.ndim > 1)} of lists"
        raise InvalidInput(f"{what}, period {t}: {levels}, not {len(axes)} ({', '.join(axes)})")


def _signal_values(table: Array, t: int, i: int, data: InstanceFile) -> Array:
    """Values over all lists of signals, given flat or nested, on the axes that an environment expects.

    The shapes cannot be confused: two that agree hold the same numbers in the same order.
    """
    own = _signal_counts(data.agents[i], t)
    everyone = [_signal_counts(agent, t) for agent in data.agents]
    flat = [math.prod(counts) for counts in everyone]
    accepted: dict[tuple[int, ...], tuple[int, ...]] = {
        tuple(own): (math.prod(own),),
        (math.prod(own),): (math.prod(own),),
        tuple(flat): tuple(flat),
        tuple(count for counts in everyone for count in counts): tuple(flat),
    }
    shape = table.shape[1:]
    if shape in accepted:
        return table.reshape(table.shape[0], *accepted[shape])
    shapes = " or ".join(str(list(shape)) for shape in accepted)
    raise InvalidInput(
        f"{agent_place(i, data.agents[i].name)}, values, period {t}: an action has values of shape "
        f"{list(shape)}, not {shapes}"
    )


def _signal_counts(agent: AgentPart | SignalAgentPart, t: int) -> list[int]:
    if isinstance(agent, SignalAgentPart):
        return [len(entry.labels) for entry in agent.signals[: t + 1]] or [0]
    return [len(agent.types[t]) if t < len(agent.types) else 0]


# Writing ---------------------------------------------------------------------------------------------------


def save_instance(env: Environment, path: str | os.PathLike[str]) -> None:
    """Write an instance file; it appears at once and whole, or not at all.

    Raises `InvalidInput` where the file cannot be written.
    """
    write_json(instance_to_json(env), path)


def instance_to_json(env: Environment) -> dict[str, Any]:
    """The environment as the content of an instance file.

    Rationals are integers or ``"p/q"``, doubles are floats. Raises `InvalidInput` where a number is too long
    to be written.
    """
    if env.with_everybody is not None:
        return instance_to_json(env.with_everybody) | {"excludable": True}
    content: dict[str, Any] = {"format": INSTANCE_FORMAT, "name": env.name, "source": env.source}
    if not env.exact:
        content["decimals"] = "double"
    content |= {
        "discount": write_number(env.discount),
        "horizon": env.horizon,
        "actions": [
            list(labels) if goods is None else _goods_to_json(goods)
            for labels, goods in zip(env.actions, env.goods, strict=True)
        ],
        "costs": [write_table(costs) for costs in env.costs],
    }
    if any(entry is not None for entry in env.feasible):
        content["feasible"] = [_feasible(env, t).tolist() for t in range(env.periods)]
    content["agents"] = [_agent_to_json(env, i) for i in range(env.num_agents)]
    if env.process is not None:
        content["process"] = {
            "prior": write_table(env.process.prior),
            "transitions": [write_table(table) for table in env.process.transitions],
        }
    if not env.reports_public:
        content["reports_public"] = False
    return content


def _goods_to_json(goods: Goods) -> dict[str, Any]:
    return {
        "goods": list(goods.names),
        "upper": [None if bound is None else write_number(bound) for bound in goods.upper],
        "quadratic": write_table(goods.quadratic),
    }


def _feasible(env: Environment, t: int) -> Array:
    entry = env.feasible[t]
    sizes = env.types(t)
    full = (env.num_actions(t), *(sizes[i] for i in env.observed))
    return np.ones(full, dtype=np.bool_) if entry is None else entry


def _agent_to_json(env: Environment, i: int) -> dict[str, Any]:
    agent = env.agents[i]
    content: dict[str, Any] = {"name": agent.name, "observed": agent.observed}
    by_signals = _is_by_signals(env, agent)
    if by_signals and agent.signals is not None:
        content["signals"] = [
            {"labels": list(labels), "probabilities": write_table(weights)}
            for labels, weights in zip(agent.signals.labels, agent.signals.probabilities, strict=True)
        ]
    else:
        content["types"] = [list(labels) for labels in agent.types]
        if agent.prior is not None:
            content["prior"] = write_table(agent.prior)
    content["values"] = [write_table(_values(env, i, t)) for t in range(env.periods)]
    if env.process is None and not by_signals:
        sizes = [len(labels) for labels in agent.types]
        following = [*sizes[1:], sizes[-1]]
        content["transitions"] = [
            write_table(full_table(env, kernel, t, sizes[t], following[t]))
            for t, kernel in enumerate(agent.kernels)
        ]
        given = _given(env, agent)
        if given:
            content["given"] = given
    if agent.outside is not None:
        content["outside"] = [write_table(_outside(env, i, t)) for t in range(env.periods)]
    if agent.reports is not None:
        content["reports"] = [_reports(agent, t) for t in range(env.periods)]
    return content


def _reports(agent: Agent, t: int) -> dict[str, list[str]]:
    """By type what she may report; types that may report all are left out."""
    labels, table = agent.types[t], agent.may_report(t)
    return {
        label: [said for said, may in zip(labels, row, strict=True) if may]
        for label, row in zip(labels, [] if table is None else table.tolist(), strict=table is not None)
        if not all(row)
    }


def _is_by_signals(env: Environment, agent: Agent) -> bool:
    """Whether the signals still say how the types move; a rewriting may have changed that."""
    if agent.signals is None or env.horizon is None or agent.prior is None:
        return False
    labels = signal_types(agent.signals, env.periods, agent.name)
    kernels = signal_kernels(agent.signals)
    return (
        [list(types) for types in agent.types] == labels
        and len(kernels) == len(agent.kernels)
        and np.array_equal(agent.prior, agent.signals.probabilities[0])
        and all(
            not mine.deterministic and not mine.given and np.array_equal(mine.table, implied.table)
            for mine, implied in zip(agent.kernels, kernels, strict=True)
        )
    )


def _values(env: Environment, i: int, t: int) -> Array:
    """Private values over the own type, nested over her signals where she has them; else over all types."""
    agent = env.agents[i]
    table = agent.values[t]
    own = len(agent.types[t])
    if table.size == table.shape[0] * own and table.shape[1 + i] == own:
        if agent.signals is not None and _is_by_signals(env, agent):
            shape: tuple[int, ...] = (table.shape[0], *agent.signals.counts[: t + 1])
        else:
            shape = (table.shape[0], own)
        private: Array = table.reshape(shape)
        return private
    full: Array = np.broadcast_to(table, (table.shape[0], *env.types(t)))
    return full


def _outside(env: Environment, i: int, t: int) -> Array:
    """Over the own type, or over all types where those of others matter."""
    table = (env.agents[i].outside or ())[t]
    alone = table.size == table.shape[1 + i]
    written: Array = table.reshape(-1) if alone else np.broadcast_to(table[0], env.types(t))
    return written


def full_table(env: Environment, kernel: Kernel, t: int, size: int, following: int) -> Array:
    """A kernel of period t as probabilities on all axes: (A or 1, types of those given..., K, K')."""
    after = env.after(t)
    given = tuple(len(env.agents[j].types[after]) for j in kernel.given)
    if not kernel.deterministic:
        full: Array = np.broadcast_to(kernel.table, (kernel.table.shape[0], *given, size, following))
        return full
    index: Ints = np.broadcast_to(kernel.table, (kernel.table.shape[0], *given, size)).astype(np.int64)
    hits: Array = (index[..., None] == np.arange(following)).astype(np.int64)
    return to_float(hits) if isinstance(env.discount, float) else to_exact(hits)


def _given(env: Environment, agent: Agent) -> list[str]:
    """Names of the agents that the kernels depend on, in the order of the kernels' axes."""
    given = {kernel.given for kernel in agent.kernels}
    if len(given) > 1:
        raise InvalidInput(
            f"environment '{env.name}': the transitions of agent '{agent.name}' depend on different agents "
            "in different periods, which a file cannot say"
        )
    return [env.agents[j].name for indices in given for j in indices]
