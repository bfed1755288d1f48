"""Environments as tables: who, what, when, how likely and worth how much; long tables are cut with a note."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from rich.console import Group
from rich.text import Text

from ..instances.family import Family
from ..models.environment.environment import Environment
from ..models.environment.reports import not_transitive
from ..models.relaxations import default_coupling
from ..solvers.numbers import Array, Ints
from .wording import Shown, brief, counted, facts, periods_text, table, titled

Axis: TypeAlias = tuple[str, Sequence[str]]
"""A heading and the labels below it."""
ROWS, COLUMNS = 12, 8
"""Most rows and columns of figures that a table shows."""
LASTING = {True: "infinite (stationary)", False: "infinite (stationary from period 1 on)"}
FROM = ("period 0", "period 1 on")
"""What the descriptions of an infinite horizon are of, where there are two."""


def library_report(families: Sequence[Family]) -> list[Shown]:
    """All families with their parameters and defaults."""
    lines = table(["name", "what it is, parameters and defaults"])
    for family in families:
        settings = [
            f"{parameter.name}={parameter.default_text}" if parameter.default is not None else parameter.name
            for parameter in family.parameters
        ]
        lines.add_row(family.name, Group(Text(family.title), Text("  ".join(settings), style="dim")))
    return [lines]


def family_report(family: Family, given: dict[str, str]) -> list[Shown]:
    """A family's title and its parameters, with the values in use."""
    lines = table(["parameter", "value", "default", "what it is"])
    for parameter in family.parameters:
        value = given.get(parameter.name, parameter.default_text)
        lines.add_row(parameter.name, value or "(left out)", parameter.default_text, parameter.help)
    return [Text(f"{family.name}: {family.title}", style="bold"), lines]


def environment_report(env: Environment) -> list[Shown]:
    """Everything that an environment says; where agents can be left out, what was given and how it grows."""
    rewritten, env = env, env.with_everybody or env
    who = ", ".join(f"{agent.name}{' (observed)' if agent.observed else ''}" for agent in env.agents)
    steering = [t for t, steers in enumerate(env.controlled) if steers]
    pairs = [
        ("environment", env.name),
        ("source", env.source or "not given"),
        ("horizon", LASTING[env.unchanging] if env.stationary else counted(env.periods, "period")),
        ("discount", brief(env.discount)),
        ("agents", who),
        ("types", "one joint process" if env.joint else "independent across agents"),
        ("actions steer types", f"those of {described(env, steering)}" if steering else "no"),
        *([] if env.reports_public else [("past reports", "concealed from the others")]),
        *_left_out(rewritten),
        ("numbers", "rational" if env.exact else "floating point"),
    ]
    if env.private and not env.joint:
        pairs.append(("coupling of shocks", default_coupling(env)))
    if words := not_transitive(env):
        pairs.append(("note", words))
    shown: list[Shown] = [facts(pairs), *_actions(env)]
    for i in range(env.num_agents):
        shown += _agent(env, i)
    if env.process is not None:
        shown += _process(env)
    return shown


def _left_out(env: Environment) -> list[tuple[str, str]]:
    if env.with_everybody is None:
        return []
    return [
        (
            "agents can be left out",
            f"period 0 also chooses which of {counted(len(env.private), 'agent')}: tables "
            f"{2 ** len(env.private)} times as large, {env.num_actions(0)} actions in period 0",
        )
    ]


def _runs(env: Environment, what: str, data: Iterable[Sequence[Any]]) -> Iterator[tuple[int, str]]:
    """The first of each run of periods with the same data, and a title that names them all."""
    runs: list[list[int]] = []
    first: Sequence[Any] = ()
    for t, entries in enumerate(data):
        if runs and all(map(_equal, first, entries)):
            runs[-1].append(t)
        else:
            runs.append([t])
            first = entries
    for run in runs:
        yield run[0], what if env.unchanging else f"{what}, {described(env, run)}"


def described(env: Environment, run: Sequence[int]) -> str:
    """The periods that some descriptions are of, in words."""
    if not env.stationary:
        return periods_text(run)
    return "every period" if len(run) == env.periods else FROM[run[0]]


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):  # one may be None
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b)
    return a is b or bool(a == b)


def _actions(env: Environment) -> Iterator[Shown]:
    alone = [goods is None or t for t, goods in enumerate(env.goods)]  # a period of goods has its own table
    for t, title in _runs(env, "Actions", zip(env.actions, alone, env.costs, env.feasible, strict=True)):
        goods, open_ = env.goods[t], env.feasible[t]
        names = ["action" if goods is None else "good", "cost"]
        names += [] if goods is None else ["at most", "quadratic cost (row of Q)"]
        names += [] if open_ is None else ["feasible in"]
        lines = table(names, right=["cost", "at most"])
        for a, label in enumerate(env.actions[t][:ROWS]):
            row = [label, brief(env.costs[t][a])]
            if goods is not None:
                row += [
                    "no bound" if goods.upper[a] is None else brief(goods.upper[a]),
                    " ".join(brief(q) for q in goods.quadratic[a]),
                ]
            if open_ is not None:
                row.append(_where_feasible(env, t, open_[a]))
            lines.add_row(*row)
        yield titled(title, lines, *cut(len(env.actions[t]), 0))


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
        lines = table(["period", "signal: probability"], right=["period"])
        for t, (labels, chances) in enumerate(
            zip(agent.signals.labels, agent.signals.probabilities, strict=True)
        ):
            said = [f"{label}: {brief(p)}" for label, p in zip(labels[:ROWS], chances[:ROWS], strict=True)]
            lines.add_row(str(t), "  ".join(said) + (" ..." if len(labels) > ROWS else ""))
        yield lines
    yield from _reports(env, i)
    yield from _values(env, i)
    yield from _outside(env, i)
    if agent.signals is None and env.process is None:
        yield from _kernels(env, i)


def _reports(env: Environment, i: int) -> Iterator[Shown]:
    """Which types she may report, where not every type may report all."""
    agent = env.agents[i]
    if agent.reports is None:
        return
    data = ((agent.may_report(t), agent.types[t]) for t in range(env.periods))
    for t, title in _runs(env, "Reports", data):
        allowed, labels = agent.may_report(t), agent.types[t]
        lines = table(["type", "may report"])
        for k, label in enumerate(labels[:ROWS]):
            told = [said for j, said in enumerate(labels) if allowed is None or allowed[k, j]]
            every = "every type" if len(told) == len(labels) else ", ".join(told[:COLUMNS])
            lines.add_row(label, every + (", ..." if COLUMNS < len(told) < len(labels) else ""))
        yield titled(title, lines, *cut(len(labels), 0))


def _values(env: Environment, i: int) -> Iterator[Shown]:
    """Over the types of the agents on whom the values depend, the agent herself always."""
    agent = env.agents[i]
    prior = agent.prior if agent.signals is None else None

    data = (
        (env.actions[t], agent.values[t], _over(env, i, t, agent.values[t]), prior is not None and t == 0)
        for t in range(env.periods)
    )
    for t, title in _runs(env, "Values", data):
        axes = _over(env, i, t, agent.values[t])
        at = _first_rows(axes)
        worth = np.moveaxis(agent.values[t], 0, -1).reshape(*(len(labels) for _, labels in axes), -1)[at]
        columns = [f"worth of {label}" for label in env.actions[t]]
        if prior is None or t > 0:
            yield _figures(title, axes, columns, worth)
        else:
            own = at[[name for name, _ in axes].index("type")]
            yield _figures(title, axes, columns, np.column_stack([prior[own], worth]), ["prior"])


def _over(env: Environment, i: int, t: int, table: Array) -> list[Axis]:
    """The types that a table of agent i is over."""
    them = [j for j, size in enumerate(table.shape[1:]) if size > 1 or j == i]
    return [("type" if j == i else f"type of {env.agents[j].name}", env.agents[j].types[t]) for j in them]


def _outside(env: Environment, i: int) -> Iterator[Shown]:
    """What she has elsewhere, where that is anything."""
    tables = env.agents[i].outside
    if tables is None:
        return
    data = ((table, _over(env, i, t, table)) for t, table in enumerate(tables))
    for t, title in _runs(env, "Outside", data):
        axes, table = _over(env, i, t, tables[t]), tables[t]
        figures = table.reshape(*(len(labels) for _, labels in axes))[_first_rows(axes)]
        yield _figures(title, axes, ["has elsewhere"], figures[:, None])


def _kernels(env: Environment, i: int) -> Iterator[Shown]:
    agent = env.agents[i]
    following = [agent.types[env.after(t)] for t in env.steps]
    data = (
        (
            k.table,
            k.given,
            k.deterministic,
            agent.types[t],
            following[t],
            env.actions[t] if k.controlled else 0,
        )
        for t, k in enumerate(agent.kernels)
    )
    for t, title in _runs(env, "Transitions", data):
        kernel, after = agent.kernels[t], env.after(t)
        given = [env.agents[j] for j in kernel.given]
        axes: list[Axis] = [("action", env.actions[t])] if kernel.controlled else []
        axes += [(f"next type of {one.name}", one.types[after]) for one in given] + [("type", agent.types[t])]
        places = [place[:, None] for place in _first_rows(axes)]
        action, *others, own = places if kernel.controlled else [np.zeros_like(places[0]), *places]
        some = np.arange(min(len(following[t]), COLUMNS))
        chances = kernel.probability(action, others, own, some)
        yield _figures(title, axes, [f"to {label}" for label in following[t]], chances)


def _process(env: Environment) -> Iterator[Shown]:
    """A joint process over profiles, agent 0 slowest."""
    process = env.process
    assert process is not None

    def names(t: int) -> list[Axis]:
        return [(agent.name, agent.types[t]) for agent in env.agents]

    first = process.prior[_first_rows(names(0))]
    yield _figures("Joint prior", names(0), ["probability"], first[:, None])
    for t, title in _runs(env, "Joint transitions", ([moves] for moves in process.transitions)):
        moves, after = process.transitions[t], env.after(t)
        several = len(moves) > 1
        axes = [*([("action", env.actions[t])] if several else []), *names(t)]
        chances = moves.reshape(*moves.shape[: 1 + env.num_agents], -1)[() if several else 0]
        profiles = itertools.product(*(agent.types[after] for agent in env.agents))
        columns = ["to " + ",".join(profile) for profile in profiles]
        yield _figures(title, axes, columns, chances[_first_rows(axes)])


def _first_rows(axes: Sequence[Axis]) -> tuple[Ints, ...]:
    """Where the rows of a table that are shown lie on each of its axes, the last one fastest."""
    sizes = [len(labels) for _, labels in axes]
    return np.unravel_index(np.arange(min(ROWS, math.prod(sizes))), sizes)


def _figures(
    title: str, axes: Sequence[Axis], columns: Sequence[str], figures: Array, first: Sequence[str] = ()
) -> Shown:
    """A table of figures, cut to `ROWS` rows and `COLUMNS` columns.

    axes: what tells the rows. figures: (rows shown, columns), under the headings `first`, which stay, and as
    many of the columns as are shown.
    """
    headings = [*first, *columns[:COLUMNS]]
    lines = table([*(name for name, _ in axes), *headings], right=headings)
    for *at, row in zip(*_first_rows(axes), figures[:, : len(headings)].tolist(), strict=True):
        labels = [labels[k] for (_, labels), k in zip(axes, at, strict=True)]
        lines.add_row(*labels, *map(brief, row))
    return titled(title, lines, *cut(math.prod(len(labels) for _, labels in axes), len(columns)))


def cut(rows: int, columns: int, whole: str = "; the whole of it is in show --json") -> Iterator[Text]:
    """What is said of so many rows and columns, where they are more than are shown."""
    left = []
    if rows > ROWS:
        left.append(counted(rows - ROWS, "more row"))
    if columns > COLUMNS:
        left.append(counted(columns - COLUMNS, "more column"))
    if left:
        yield Text(f"... {' and '.join(left)}{whole}", style="dim")
