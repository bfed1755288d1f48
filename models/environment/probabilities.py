"""Priors and rows of transition probabilities: nonnegative, summing to 1, named where they are not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, is_exact, show
from .agents import Agent
from .kernels import Kernel, Process

Agents: TypeAlias = tuple[Agent, ...]
Actions: TypeAlias = tuple[tuple[str, ...], ...]


def check_probabilities(agents: Agents, process: Process | None, actions: Actions) -> None:
    """Raise where a prior or a row is negative or does not sum to 1 (exactly, for rationals)."""
    for agent in agents:
        if agent.prior is not None:
            _check_rows(agent.prior[None], partial(_prior_name, f"agent '{agent.name}'"))
        for t, kernel in enumerate(agent.kernels):
            if not kernel.deterministic:
                _check_rows(kernel.table, partial(_row_name, agents, actions, agent, t, kernel))
    if process is not None:
        n = len(agents)
        _check_rows(process.prior[None], partial(_prior_name, "process"), n)
        for t, table in enumerate(process.transitions):
            _check_rows(table, partial(_joint_row_name, agents, actions, t, len(table) > 1), n)


def made_whole(agents: Agents, process: Process | None) -> tuple[Agents, Process | None]:
    """Rational probabilities that were doubles, each distribution's largest mended so that they sum to 1.

    (Shares of the sum would do as well, but of another denominator for every distribution.)
    """

    def whole(table: Array, drawn: int = 1) -> Array:
        rows = _rows(table, drawn).copy()
        rows = rows.reshape(-1, rows.shape[-1])
        short = 1 - rows.sum(axis=-1)
        off = np.flatnonzero(short)
        rows[off, np.argmax(rows[off], axis=-1)] += short[off]
        return rows.reshape(table.shape)

    n = len(agents)
    mended = tuple(agent.mapped(lambda values, _: values, lambda rows, _: whole(rows)) for agent in agents)
    return mended, process and process.mapped(
        lambda prior: whole(prior, n), lambda _, moves: whole(moves, n)
    )


def _prior_name(who: str, _: tuple[int, ...]) -> str:
    return f"{who}, period 0: the prior"


def _rows(table: Array, drawn: int) -> Array:
    """The last axes, so many types that are drawn together, as one."""
    return table.reshape(*table.shape[: table.ndim - drawn], -1)


def _check_rows(table: Array, name: Callable[[tuple[int, ...]], str], drawn: int = 1) -> None:
    table = _rows(table, drawn)
    negative = table < 0
    if negative.any():
        at = tuple(int(k) for k in np.argwhere(negative)[0])
        raise InvalidInput(f"{name(at[:-1])} has the negative probability {show(table[at])}")
    sums = table.sum(axis=-1)
    wrong = ~arithmetic_of(table).negligible(sums - 1, 1, ROUNDED)
    if np.any(wrong):
        at = tuple(int(k) for k in np.argwhere(wrong)[0])
        value = np.asarray(sums)[at]
        if is_exact(table) and abs(value - 1) < ROUNDED:
            raise InvalidInput(
                f"{name(at)} sums to 1{float(value - 1):+.3g}, not 1 exactly (a float counts at its binary "
                "value); write probabilities as strings such as '1/3'"
            )
        raise InvalidInput(f"{name(at)} sums to {show(value)}, not 1")


def _row_name(
    agents: Agents, actions: Actions, agent: Agent, t: int, kernel: Kernel, at: tuple[int, ...]
) -> str:
    parts = [f"agent '{agent.name}', period {t}"]
    if kernel.controlled:
        parts.append(f"action '{actions[t][at[0]]}'")
    after = min(t + 1, len(actions) - 1)
    parts += [
        f"next {agents[j].name} '{agents[j].types[after][k]}'"
        for j, k in zip(kernel.given, at[1:-1], strict=True)
    ]
    return ", ".join(parts) + f": transition row '{agent.types[t][at[-1]]}'"


def _joint_row_name(
    agents: Agents, actions: Actions, t: int, controlled: bool, at: tuple[int, ...]
) -> str:
    where = f"process, period {t}" + (f", action '{actions[t][at[0]]}'" if controlled else "")
    row = ", ".join(agent.types[t][k] for agent, k in zip(agents, at[1:], strict=True))
    return f"{where}: transition row ({row})"
