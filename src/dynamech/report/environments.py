"""Environments as tables: who, what, when, how likely and worth how much; long tables are cut with a note."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from ..instances.family import Family
from ..models.environment.environment import Environment
from ..models.environment.kernels import Kernel
from ..models.relaxations import default_coupling
from ..solvers.numbers import Array
from .wording import Shown, brief, counted, facts, periods_text, table, titled

ROWS, COLUMNS = 12, 8
"""Most rows and columns of figures that a table shows."""


def library_report(families: Sequence[Family]) -> list[Shown]:
    """All families with their parameters and defaults."""
    made = table(["name", "what it is, parameters and defaults"])
    for family in families:
        settings = [
            f"{parameter.name}={parameter.default_text}" if parameter.default is not None else parameter.name
            for parameter in family.parameters
        ]
        made.add_row(family.name, Group(Text(family.title), Text("  ".join(settings), style="dim")))
    return [made]


def family_report(family: Family, given: dict[str, str]) -> list[Shown]:
    """A family's title and its parameters, with the values in use."""
    made = table(["parameter", "value", "default", "what it is"])
    for parameter in family.parameters:
        value = given.get(parameter.name, parameter.default_text)
        made.add_row(parameter.name, value or "(left out)", parameter.default_text, parameter.help)
    return [Text(f"{family.name}: {family.title}", style="bold"), made]


def environment_report(env: Environment) -> list[Shown]:
    """Everything that an environment says."""
    who = ", ".join(f"{agent.name}{' (observed)' if agent.observed else ''}" for agent in env.agents)
    steering = [t for t, steers in enumerate(env.controlled) if steers]
    pairs = [
        ("environment", env.name),
        ("source", env.source or "not given"),
        ("horizon", "infinite (stationary)" if env.stationary else counted(env.periods, "period")),
        ("discount", brief(env.discount)),
        ("agents", who),
        ("types", "one joint process" if env.joint else "independent across agents"),
        ("actions steer types", f"those of {periods_text(steering)}" if steering else "no"),
        ("numbers", "rational" if env.exact else "floating point"),
    ]
    if env.private and not env.joint:
        pairs.append(("coupling of shocks", default_coupling(env)))
    shown: list[Shown] = [facts(pairs), *_actions(env)]
    for i in range(env.num_agents):
        shown += _agent(env, i)
    if env.process is not None:
        shown += _process(env)
    return shown


def _groups(count: int, same: Callable[[int, int], bool]) -> list[list[int]]:
    """Periods in runs whose tables are the same."""
    runs: list[list[int]] = []
    for t in range(count):
        if runs and same(runs[-1][0], t):
            runs[-1].append(t)
        else:
            runs.append([t])
    return runs


def _equal(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return np.array_equal(a, b)


def _title(env: Environment, what: str, periods: Sequence[int]) -> str:
    return what if env.stationary else f"{what}, {periods_text(periods)}"


def _actions(env: Environment) -> Iterator[Shown]:
    def same(s: int, t: int) -> bool:
        return (
            env.actions[s] == env.actions[t]
            and env.goods[s] is env.goods[t] is None
            and _equal(env.costs[s], env.costs[t])
            and _equal(env.feasible[s], env.feasible[t])
        )

    for run in _groups(env.periods, same):
        t = run[0]
        goods, open_ = env.goods[t], env.feasible[t]
        names = ["action" if goods is None else "good", "cost"]
        names += [] if goods is None else ["at most", "quadratic cost (row of Q)"]
        names += [] if open_ is None else ["feasible in"]
        made = table(names, right=["cost", "at most"])
        for a, label in enumerate(env.actions[t][:ROWS]):
            row = [label, brief(env.costs[t][a])]
            if goods is not None:
                row += [
                    "no bound" if goods.upper[a] is None else brief(goods.upper[a]),
                    " ".join(brief(q) for q in goods.quadratic[a]),
                ]
            if open_ is not None:
                row.append(_where_feasible(env, t, open_[a]))
            made.add_row(*row)
        yield titled(_title(env, "Actions", run), made, *_cut(len(env.actions[t]), 0))


def _where_feasible(env: Environment, t: int, table: Array) -> str:
    if table.all():
        return "every public state"
    labels = [env.agents[i].types[t] for i in env.observed]
    states = [
        ", ".join(labels[k][j] for k, j in enumerate(index))
        for index in np.argwhere(table)[: COLUMNS + 1].tolist()
    ]
    return "; ".join(states[:COLUMNS]) + ("; ..." if len(states) > COLUMNS else "") if states else "never"


def _agent(env: Environment, i: int) -> Iterator[Shown]:
    agent = env.agents[i]
    role = "observed: everybody sees the type" if agent.observed else "reports"
    sizes = [len(labels) for labels in agent.types]
    types = str(sizes[0]) if len(set(sizes)) == 1 else " then ".join(map(str, sizes))
    yield Text(f"Agent '{agent.name}' ({role}; {types} types)", style="bold")
    if agent.signals is not None:
        made = table(["period", "signal: probability"], right=["period"])
        for t, (labels, chances) in enumerate(
            zip(agent.signals.labels, agent.signals.probabilities, strict=True)
        ):
            said = [f"{label}: {brief(p)}" for label, p in zip(labels[:ROWS], chances[:ROWS], strict=True)]
            made.add_row(str(t), "  ".join(said) + (" ..." if len(labels) > ROWS else ""))
        yield made

    def same(s: int, t: int) -> bool:
        return (
            agent.types[s] == agent.types[t]
            and env.actions[s] == env.actions[t]
            and _equal(agent.values[s], agent.values[t])
            and [env.agents[j].types[s] for j in _axes(agent.values[s], i)]
            == [env.agents[j].types[t] for j in _axes(agent.values[t], i)]
            and (s > 0 or t == 0 or agent.prior is None or agent.signals is not None)
        )

    for run in _groups(env.periods, same):
        yield from _values(env, i, run)
    if agent.signals is None and env.process is None:
        yield from _kernels(env, i)


def _axes(values: Array, i: int) -> list[int]:
    """The agents on whose types the values depend, the agent herself always."""
    return [j for j, size in enumerate(values.shape[1:]) if size > 1 or j == i]


def _values(env: Environment, i: int, run: Sequence[int]) -> Iterator[Shown]:
    agent, t = env.agents[i], run[0]
    values = agent.values[t]
    axes = _axes(values, i)
    prior = agent.prior if t == 0 and agent.signals is None else None
    heads = [("type" if j == i else f"type of {env.agents[j].name}") for j in axes]
    heads += [] if prior is None else ["prior"]
    worth = [f"worth of {label}" for label in env.actions[t]]
    rows: Iterable[list[str]] = (
        [
            *(env.agents[j].types[t][k] for j, k in zip(axes, index, strict=True)),
            *([] if prior is None else [brief(prior[index[axes.index(i)]])]),
            *(
                brief(values[(a, *_full(index, axes, env.num_agents))])
                for a in range(min(len(worth), COLUMNS))
            ),
        ]
        for index in itertools.product(*(range(len(env.agents[j].types[t])) for j in axes))
    )
    count = int(np.prod([len(env.agents[j].types[t]) for j in axes]))
    yield from _figures(_title(env, "Values", run), heads, worth, rows, count)


def _full(index: Sequence[int], axes: list[int], agents: int) -> tuple[int, ...]:
    full = [0] * agents
    for j, k in zip(axes, index, strict=True):
        full[j] = k
    return tuple(full)


def _kernels(env: Environment, i: int) -> Iterator[Shown]:
    agent = env.agents[i]

    def after(t: int) -> int:
        return 0 if env.stationary else t + 1

    def same(s: int, t: int) -> bool:
        a, b = agent.kernels[s], agent.kernels[t]
        return (
            _equal(a.table, b.table)
            and (a.given, a.deterministic) == (b.given, b.deterministic)
            and agent.types[s] == agent.types[t]
            and agent.types[after(s)] == agent.types[after(t)]
            and (not a.controlled or env.actions[s] == env.actions[t])
        )

    for run in _groups(len(agent.kernels), same):
        t = run[0]
        kernel, following = agent.kernels[t], agent.types[after(t)]
        heads, inputs = ["type"], [agent.types[t]]
        for j in reversed(kernel.given):
            heads.insert(0, f"next type of {env.agents[j].name}")
            inputs.insert(0, env.agents[j].types[after(t)])
        if kernel.controlled:
            heads.insert(0, "action")
            inputs.insert(0, env.actions[t])
        worth = [f"to {label}" for label in following]
        rows = _kernel_rows(kernel, inputs, len(following))
        count = int(np.prod([len(labels) for labels in inputs]))
        yield from _figures(_title(env, "Transitions", run), heads, worth, rows, count)


def _kernel_rows(kernel: Kernel, inputs: Sequence[Sequence[str]], size: int) -> Iterator[list[str]]:
    some = np.arange(min(size, COLUMNS))
    for index in itertools.product(*(range(len(labels)) for labels in inputs)):
        places = list(index) if kernel.controlled else [0, *index]
        action, *given, own = (np.full(len(some), k) for k in places)
        chances = kernel.probability(action, given, own, some)
        yield [
            *(labels[k] for labels, k in zip(inputs, index, strict=True)),
            *(brief(p) for p in chances.tolist()),
        ]


def _process(env: Environment) -> Iterator[Shown]:
    """A joint process over profiles, agent 0 slowest."""
    process = env.process
    assert process is not None
    names = [agent.name for agent in env.agents]

    def profiles(t: int) -> list[tuple[str, ...]]:
        return list(itertools.product(*(agent.types[t] for agent in env.agents)))

    first = profiles(0)
    prior = process.prior.reshape(-1)
    rows: Iterable[list[str]] = ([*profile, brief(prior[k])] for k, profile in enumerate(first))
    yield from _figures("Joint prior", names, ["probability"], rows, len(first))
    for run in _groups(
        len(process.transitions), lambda s, t: _equal(process.transitions[s], process.transitions[t])
    ):
        t = run[0]
        before, after = profiles(t), profiles(0 if env.stationary else t + 1)
        moves = process.transitions[t]
        flat = moves.reshape(moves.shape[0], len(before), len(after))
        actions = env.actions[t] if len(flat) > 1 else ("",)
        rows = (
            [
                *([label] if len(flat) > 1 else []),
                *profile,
                *(brief(p) for p in flat[a, k, :COLUMNS].tolist()),
            ]
            for a, label in enumerate(actions)
            for k, profile in enumerate(before)
        )
        heads = [*(["action"] if len(flat) > 1 else []), *names]
        worth = ["to " + ",".join(profile) for profile in after]
        title = _title(env, "Joint transitions", run)
        yield from _figures(title, heads, worth, rows, len(flat) * len(before))


def _figures(
    title: str, heads: Sequence[str], columns: Sequence[str], rows: Iterable[list[str]], count: int
) -> Iterator[Shown]:
    """A table of figures, cut to `ROWS` rows and `COLUMNS` columns."""
    shown = list(columns[:COLUMNS])
    made = table([*heads, *shown], right=[*shown, "prior"])
    for row in itertools.islice(rows, ROWS):
        made.add_row(*row)
    yield titled(title, made, *_cut(count, len(columns)))


def _cut(rows: int, columns: int) -> Iterator[Text]:
    left = []
    if rows > ROWS:
        left.append(counted(rows - ROWS, "more row"))
    if columns > COLUMNS:
        left.append(counted(columns - COLUMNS, "more column"))
    if left:
        yield Text(f"... {' and '.join(left)}; the whole of it is in show --json", style="dim")
