"""What an environment with one private agent says, as the stages of the rent recursion need it.

Only public states that can be reached have a stage: the types of the observed agents, all together. Actions
with the same chances of what the observed agents become, and the same moves of the private one, are a group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Floats, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Demand
from ..notions.objective import Objective


@dataclass(frozen=True)
class Money:
    """Payments p of a period are between `low` and `high`; charged: beside her value, which is charged."""

    low: Any = -math.inf
    high: Any = math.inf
    charged: bool = False

    @property
    def free(self) -> bool:
        """Whether nothing is asked of payments, so that only differences of rents count."""
        return math.isinf(self.low) and math.isinf(self.high)


@dataclass(frozen=True, eq=False, repr=False)
class Move(Short):
    """group: of actions; next: number of the table; discount: of the next period, times the chance of its
    public state; moves: (K, K')."""

    group: int
    next: int
    discount: Any
    moves: Floats


@dataclass(frozen=True, eq=False, repr=False)
class RentTable(Short):
    """Of one period and public state: values, gains and values less costs (A, K), numbers and groups (A,) of
    the actions that are open."""

    period: int
    public: tuple[int, ...]
    values: Floats
    gains: Floats
    surplus: Floats
    actions: Ints
    groups: Ints
    branches: tuple[Move, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Read(Short):
    """begins: tables of period 0 and their chances. kept: the weight on payments. stake, unit:
    as `Recursion`."""

    tables: tuple[RentTable, ...]
    begins: tuple[tuple[int, Any], ...]
    money: Money
    kept: Any
    stake: Any
    unit: Any


def tables_of(env: Environment, objective: Objective, demand: Demand | None, charged: bool) -> Read:
    """Everything, in units of what is at stake; tables come before those that they lead to for the first
    time, so that those of finitely many periods are in order."""
    i, agent = env.private[0], env.agents[env.private[0]]
    numbers, costs, worth = arithmetic(env.exact), env.costs, [other.values for other in env.agents]
    stake: Any = max(abs(table).max() for table in (*costs, *(v for each in worth for v in each))) or 1
    share, kept = objective.goods, objective.paid(agent.name)
    seen: list[Any] = [objective.kept(env.agents[j].name) for j in env.observed]
    weight = max(abs(share), kept, *map(abs, seen)) or 1

    def at(table: Array, public: tuple[int, ...]) -> Floats:
        """(A, K or 1) in this public state; axes of length 1 do not matter."""
        where: list[int | slice] = [slice(None)] * table.ndim
        for j, k in zip(env.observed, public, strict=True):
            where[1 + j] = k if table.shape[1 + j] > 1 else 0
        taken: Floats = table[tuple(where)] / stake
        return taken.reshape(len(taken), -1)

    begins = [
        (public, math.prod(env.agents[j].prior[k] for j, k in zip(env.observed, public, strict=True)))
        for public in _states(env, 0)
    ]
    places = {(0, public): s for s, (public, _) in enumerate((p, c) for p, c in begins if c > 0)}
    tables: list[RentTable] = []
    for t, public in (queue := list(places)):
        shown = env.feasible[t]
        open_ = np.arange(env.num_actions(t))
        open_ = open_ if shown is None else np.flatnonzero(np.moveaxis(shown, 0, -1)[public])
        values = np.broadcast_to(at(worth[i][t], public)[open_], (len(open_), len(agent.types[t])))
        surplus = values - costs[t][open_, None] / stake
        gains = share / weight * surplus
        for j, counts in zip(env.observed, seen, strict=True):
            gains = gains + counts / weight * at(worth[j][t], public)[open_]
        groups, branches = np.zeros(len(open_), dtype=np.int64), []
        if t in env.steps:
            states = _states(env, env.after(t))
            chances, moves = _moves(env, t, public, open_, states)
            whole = np.hstack(
                [chances, (chances[..., None, None] * moves).reshape(len(open_), -1)]
            )
            kinds = list(map(tuple, whole.tolist()))
            first = [kinds.index(kind) for kind in sorted(set(kinds))]
            groups = np.array([first.index(kinds.index(kind)) for kind in kinds])
            for g, a in enumerate(first):
                for o in np.flatnonzero(chances[a]):
                    key = env.after(t), states[o]
                    if key not in places:
                        places[key] = len(places)
                        queue.append(key)
                    discount = env.discount * chances[a, o]
                    branches.append(Move(g, places[key], discount, moves[a, o]))
        tables.append(RentTable(t, public, values, gains, surplus, open_, groups, tuple(branches)))
    low, high = (None, None) if demand is None else demand.paid(agent.name)
    money = Money(
        -math.inf if low is None else numbers.number(low) / stake,
        numbers.zero if charged else math.inf if high is None else numbers.number(high) / stake,
        charged,
    )
    started = tuple((places[0, public], chance) for public, chance in begins if chance > 0)
    return Read(tuple(tables), started, money, kept / weight, stake, stake * weight)


def _states(env: Environment, t: int) -> list[tuple[int, ...]]:
    return list(product(*(range(len(env.agents[j].types[t])) for j in env.observed)))


def _moves(
    env: Environment, t: int, public: tuple[int, ...], actions: Ints, states: list[tuple[int, ...]]
) -> tuple[Floats, Floats]:
    """By action: chances (A, S') of public states, and moves (A, S', K, K') of the private agent."""
    after = np.array(states, dtype=np.int64).reshape(len(states), -1)
    place = {j: n for n, j in enumerate(env.observed)}
    numbers = arithmetic(env.exact)
    chances = numbers.ones((len(actions), len(states)))
    for j, k in zip(env.observed, public, strict=True):
        kernel = env.agents[j].kernels[t]
        given = [after[:, place[g]] for g in kernel.given]
        chance = kernel.probability(actions[:, None], given, np.array(k), after[:, place[j]])
        chances = chances * np.asarray(chance, dtype=numbers.dtype)
    agent = env.agents[env.private[0]]
    kernel, (count, more) = agent.kernels[t], (len(agent.types[t]), len(agent.types[env.after(t)]))
    given = [after[:, place[g], None, None] for g in kernel.given]
    moves = kernel.probability(
        actions[:, None, None, None], given, np.arange(count)[:, None], np.arange(more)
    )
    shape = len(actions), len(states), count, more
    return chances, np.broadcast_to(np.asarray(moves, dtype=numbers.dtype), shape)
