"""The CSV file of paths: a line a period of each path, in labels; money is of the period."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..environment.environment import Environment
from .walk import Moment


def header(env: Environment) -> bytes:
    """What the columns are."""
    names = [agent.name for agent in env.agents]
    own = [names[i] for i in env.private]
    goods = [f"quantity of {name}" for name in _goods(env)]
    action = ["action"] if None in env.goods else []
    return _written(
        [
            ["path", "period", *(f"type of {name}" for name in names), *action, *goods,
             *(f"payment of {name}" for name in own), *(f"value of {name}" for name in names), "cost"]
        ]
    )  # fmt: skip


def lines(env: Environment, first: int, moments: Sequence[Moment]) -> bytes:
    """All periods of paths `first`, ..., path after path."""
    columns = [_columns(env, first, moment) for moment in moments]
    table = np.stack([np.stack([np.asarray(c, dtype=object) for c in own]) for own in columns])
    return _written(table.transpose(2, 0, 1).reshape(-1, table.shape[1]).tolist())


def _columns(env: Environment, first: int, moment: Moment) -> list[Any]:
    d, count = min(moment.period, env.periods - 1), len(moment.memory)
    types = [np.array(agent.types[d], dtype=object)[own]
             for agent, own in zip(env.agents, moment.types, strict=True)]  # fmt: skip
    listed = env.goods[d] is None
    empty = np.full(count, "", dtype=object)
    acted = []
    if None in env.goods:
        acted = [np.array(env.actions[d], dtype=object)[moment.action] if listed else empty]
    for name in _goods(env):
        here = not listed and name in env.actions[d]
        acted.append(moment.action[:, env.actions[d].index(name)] if here else empty)
    paid = [moment.payments[i] for i in env.private]
    numbers, period = range(first, first + count), [moment.period] * count
    return [numbers, period, *types, *acted, *paid, *moment.values, moment.cost]


def _goods(env: Environment) -> list[str]:
    """The divisible goods of all periods."""
    by_period = zip(env.goods, env.actions, strict=True)
    return list(dict.fromkeys(name for goods, names in by_period if goods is not None for name in names))


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")
