"""A mechanism as the tables from which a page grows its tree: by state, never by history.

Row m S + s of a period is memory m where the profile of reports is s (agent 0 slowest): which lottery, which
payments, which memory follows. Numbers, lotteries and payments are listed once each, and rows hold their
places, so that what a page must hold is the size of the mechanism, and what it draws what a reader opens.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...models.environment.environment import Environment
from ...models.mechanism.mechanism import Mechanism, Stage
from ...solvers.numbers import Array, Ints, distinct, is_exact, to_float
from ...solvers.numerals import one_line
from ..wording import brief

ENTRIES = 4_000_000
"""Lotteries times actions beyond which a page holds no tree."""
CHANCES = 400_000
"""Probabilities of types beyond which a tree says nothing of how likely its branches are."""


def entries(env: Environment, mechanism: Mechanism) -> int:
    """Probabilities in all lotteries of a mechanism."""
    shapes = (stage.allocation.shape for stage in mechanism.stages)
    return sum(math.prod(shape) for shape in shapes)


def tree(env: Environment, mechanism: Mechanism, noise: float) -> dict[str, Any]:
    """The object that the page's script reads; lotteries and payments are told to within `noise`.

    Labels are made visible here; the script writes them as text.
    """
    shown = _Numbers(noise)
    return {
        "agents": list(map(one_line, (agent.name for agent in env.agents))),
        "observed": list(env.observed),
        "private": list(env.private),
        "start": mechanism.start,
        "endless": env.stationary,
        "periods": [_period(env, t, stage, shown) for t, stage in enumerate(mechanism.stages)],
        "laws": _laws(env),
        "numbers": shown.texts,
    }


class _Numbers:
    """Different numbers as a person reads them, each once."""

    def __init__(self, noise: float) -> None:
        self.noise = noise
        self.texts: list[str] = []
        self._place: dict[str, int] = {}

    def of(self, values: Array, size: float = 1.0) -> Ints:
        """The place of each number; of this size at most, for what `noise` is a share of."""
        if is_exact(values):
            few, where = distinct(values)
        else:
            some, where = np.unique(values, return_inverse=True)
            few = some.tolist()
        places = [self._of(brief(value, self.noise * size)) for value in few]
        return np.asarray(places, dtype=np.int64)[where.reshape(-1)].reshape(values.shape)

    def _of(self, text: str) -> int:
        if text not in self._place:
            self._place[text] = len(self.texts)
            self.texts.append(text)
        return self._place[text]


def _period(env: Environment, t: int, stage: Stage, shown: _Numbers) -> dict[str, Any]:
    count = env.num_actions(t)
    lotteries = stage.allocation.reshape(-1, count)
    taken = np.asarray(lotteries > shown.noise, dtype=bool)
    if env.goods[t] is not None:
        taken[:] = True
    places = np.where(taken, shown.of(lotteries), -1)
    lots, does = _listed(places)
    paid = stage.transfers[list(env.private)].reshape(len(env.private), -1).T
    stakes = max(float(abs(to_float(paid)).max(initial=0)), _stakes(env, t))
    bills, pays = _listed(shown.of(paid, stakes))
    branches, follows = _follows(env, t, stage, taken)
    return {
        "types": [[one_line(label) for label in agent.types[t]] for agent in env.agents],
        "actions": list(map(one_line, env.actions[t])),
        "goods": env.goods[t] is not None,
        "lotteries": [
            [int(x) for a in np.flatnonzero(row >= 0) for x in (a, row[a])] for row in lots
        ],
        "bills": bills.tolist(),
        "does": does.tolist(),
        "pays": pays.tolist(),
        "next": follows,
        "branches": branches,
        "draws": _draws(stage, shown),
    }  # fmt: skip


def _stakes(env: Environment, t: int) -> float:
    return max(float(abs(to_float(agent.values[t])).max(initial=0)) for agent in env.agents)


def _listed(rows: Ints) -> tuple[Ints, Ints]:
    """(the different rows, which of them each row is)."""
    few, which = np.unique(rows, axis=0, return_inverse=True)
    return few, which.reshape(-1)


def _follows(
    env: Environment, t: int, stage: Stage, taken: np.ndarray[Any, np.dtype[np.bool_]]
) -> tuple[list[list[int]], list[int] | None]:
    """(lists of action, what follows it, ...; for each row what follows, or -1 - b for list b).

    What follows is a memory, or a lottery over them where there are `draws`. Actions are told apart where
    more than one may be taken and what follows, or what types become, depends on it.
    """
    if stage.next is None or t not in env.steps:
        return [], None
    following = stage.next.reshape(taken.shape)
    first = taken.argmax(axis=1)
    target = np.take_along_axis(following, first[:, None], axis=1)[:, 0]
    if env.goods[t] is not None:
        return [], target.tolist()
    apart = (taken & (following != target[:, None])).any(axis=1)
    if env.controlled[t]:
        apart |= taken.sum(axis=1) > 1
    target = np.array(target)
    branches: list[list[int]] = []
    if apart.any():
        few, which = _listed(np.where(taken[apart], following[apart], -1))
        target[apart] = -1 - which
        branches = [[int(x) for a in np.flatnonzero(row >= 0) for x in (a, row[a])] for row in few]
    return branches, target.tolist()


def _draws(stage: Stage, shown: _Numbers) -> list[list[int]] | None:
    """Of every lottery over memory: a memory, the place of its chance, ..."""
    if stage.draws is None:
        return None
    chances, memory = stage.draws.chance, stage.draws.memory
    places, live = shown.of(chances), np.asarray(chances > 0, dtype=bool)
    return [
        [int(x) for k in np.flatnonzero(row) for x in (memory[lot, k], places[lot, k])]
        for lot, row in enumerate(live)
    ]


def _laws(env: Environment) -> list[dict[str, Any]] | None:
    """How likely types are: entry 0 of the first period, entry t + 1 after description t.

    Of one joint process its table, else of every agent hers; None where they are too large to be told.
    """
    laws: list[dict[str, Any]] = []
    size = 0
    for t in range(1 + len(env.steps)):
        if env.process is not None:
            table = env.process.prior[None] if t == 0 else env.process.transitions[t - 1]
            size += table.size
            if size > CHANCES:
                return None
            laws.append({"joint": _chances(table), "actions": len(table)})
            continue
        kernels = [agent.law(t) for agent in env.agents]
        size += sum(kernel.table.size for kernel in kernels)
        if size > CHANCES:
            return None
        laws.append(
            {
                "agents": [
                    {
                        "table": kernel.table.reshape(-1).tolist()
                        if kernel.deterministic
                        else _chances(kernel.table),
                        "shape": list(kernel.table.shape[: 2 + len(kernel.given)]),
                        "given": list(kernel.given),
                        "to": 0 if kernel.deterministic else kernel.size,
                    }
                    for kernel in kernels
                ]
            }
        )
    return laws


def _chances(table: Array) -> list[float]:
    rounded: list[float] = [float(f"{chance:.7g}") for chance in to_float(table).reshape(-1).tolist()]
    return rounded
