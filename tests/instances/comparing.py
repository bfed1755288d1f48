"""Whether two environments are the same, every label and number, and else the first difference in words.

Two ways to hold the same thing count as the same: a kernel with or without axes that it does not depend on,
all actions feasible or nothing said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dynamech.instances.file import full_table
from dynamech.models.environment.environment import Environment, Goods
from dynamech.solvers.numbers import Array


def same_environment(a: Environment, b: Environment, arithmetic: bool = True) -> bool:
    """Whether the two agree in everything; see `difference`."""
    return difference(a, b, arithmetic) is None


def difference(a: Environment, b: Environment, arithmetic: bool = True) -> str | None:
    """The first place where the two environments differ, None where they are the same.

    With `arithmetic` a rational and a double are different even where their values agree.
    """
    if arithmetic and isinstance(a.discount, float) != isinstance(b.discount, float):
        return f"discount: {a.discount!r} against {b.discount!r}"
    for (place, mine), (_, other) in zip(_facts(a), _facts(b), strict=True):
        if mine != other:
            return f"{place}: {mine!r} against {other!r}"
    for (place, mine), (_, other) in zip(_tables(a), _tables(b), strict=True):
        if (mine is None) != (other is None):
            return f"{place}: only one of the two has it"
        if mine is None or other is None:
            continue
        if mine.shape != other.shape:
            return f"{place}: shape {mine.shape} against {other.shape}"
        if arithmetic and mine.dtype != other.dtype:
            return f"{place}: {mine.dtype} against {other.dtype}"
        unequal = mine != other
        if np.any(unequal):
            at = tuple(int(k) for k in np.argwhere(unequal)[0])
            return f"{place}, entry {list(at)}: {mine[at]} against {other[at]}"
    return None


def _facts(env: Environment) -> Iterator[tuple[str, Any]]:
    """Everything but tables, in an order that makes the numbers of facts agree before they are compared."""
    yield "name", env.name
    yield "source", env.source
    yield "horizon", env.horizon
    yield "discount", env.discount
    yield "actions", env.actions
    yield "goods", tuple(None if goods is None else (goods.names, goods.upper) for goods in env.goods)
    yield "agents", tuple(agent.name for agent in env.agents)
    yield "observed", tuple(agent.observed for agent in env.agents)
    yield "types", tuple(agent.types for agent in env.agents)
    yield "signals", tuple(None if agent.signals is None else agent.signals.labels for agent in env.agents)
    yield "given", tuple(tuple(kernel.given for kernel in agent.kernels) for agent in env.agents)
    yield "joint process", env.process is not None
    yield "reports public", env.reports_public


def _tables(env: Environment) -> Iterator[tuple[str, Array | None]]:
    for t in range(env.periods):
        yield f"costs, period {t}", env.costs[t]
        yield f"feasible, period {t}", env.feasible[t]
        goods: Goods | None = env.goods[t]
        yield f"quadratic, period {t}", None if goods is None else goods.quadratic
    for agent in env.agents:
        who = f"agent '{agent.name}'"
        yield f"{who}, prior", agent.prior
        for t, table in enumerate(agent.values):
            full: Array = np.broadcast_to(table, (table.shape[0], *env.types(t)))
            yield f"{who}, values, period {t}", full
        for t in range(env.periods):
            elsewhere = agent.outside and np.broadcast_to(agent.outside[t], (1, *env.types(t)))
            yield f"{who}, outside, period {t}", elsewhere
        for t, kernel in enumerate(agent.kernels):
            after = min(t + 1, env.periods - 1)
            sizes = (len(agent.types[t]), len(agent.types[after]))
            yield f"{who}, transitions, period {t}", full_table(env, kernel, t, *sizes)
        if agent.signals is not None:
            for t, weights in enumerate(agent.signals.probabilities):
                yield f"{who}, signals, period {t}", weights
    if env.process is not None:
        yield "process, prior", env.process.prior
        for t, table in enumerate(env.process.transitions):
            yield f"process, transitions, period {t}", table
