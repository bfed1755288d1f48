"""A buyer who knows how her value will grow (Boleslavsky and Said 2013; LN, progressive screening).

    θ_t = α_t θ_{t−1},      α_t drawn anew from F(· | λ),      λ her private first type,

and a unit can be sold in every period t ≥ 1. What makes an environment one of these is read from its arrays:
a type of a later period is (λ, θ_t), nothing is worth anything in period 0, later there is one action that is
worth θ_t and others that are worth nothing, and the factors α and their chances are the same in every period
and at every value. Shocks are numbered from the smallest; a higher λ must make larger ones likelier, that is
F(α | λ) must fall with λ everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....solvers.arithmetic import ROUNDED, arithmetic, arithmetic_of
from ....solvers.errors import AssumptionViolated
from ....solvers.numbers import Array, Bools, Ints, show
from ....solvers.short import Short
from ...environment.environment import Environment
from ...environment.outside import refuse_outside
from ...society.assumptions import refuse_endless
from ...society.problem import kernel_table, refuse_goods
from ..virtual_levels import refuse_improbable

PURPOSE = "progressive screening"


@dataclass(frozen=True, eq=False, repr=False)
class Growth(Short):
    """One buyer's values, all rational or all doubles.

    factors: (m,) shocks α up to a scale, the smallest first. chances: (n, m) by first type λ. worth: per
    period (Y_t,) the values θ_t, of period 0 one entry of 0. onward: per transition (Y_t, m) the value that
    comes next. sells: per period the action that is worth θ_t, -1 in period 0. keeps: the cheapest of those
    worth nothing.
    """

    environment: Environment
    factors: Array
    chances: Array
    worth: tuple[Array, ...]
    onward: tuple[Ints, ...]
    sells: tuple[int, ...]
    keeps: tuple[int, ...]


def growth(env: Environment) -> Growth:
    """The buyer of an environment, in its numbers.

    Raises `AssumptionViolated` where it is not one of these, naming the place and the number.
    """
    refuse_outside(env, PURPOSE)
    refuse_endless(env, PURPOSE)
    if env.num_agents != 1 or env.observed:
        raise AssumptionViolated(
            f"{PURPOSE} is for one buyer, and environment '{env.name}' has {env.num_agents} agents"
        )
    if any(env.controlled):
        t = env.controlled.index(True)
        raise AssumptionViolated(f"{PURPOSE}: the actions of period {t} move the buyer's value")
    if env.periods < 2:
        raise AssumptionViolated(f"{PURPOSE}: environment '{env.name}' has no period after the first report")
    agent, n = env.agents[0], len(env.agents[0].types[0])
    who = f"agent '{agent.name}'"
    refuse_improbable(agent, "lecture notes, progressive screening")
    worth, sells, keeps = zip(*(_trade(env, t, n) for t in range(env.periods)), strict=True)
    tables = [_moves(env, t, n) for t in range(env.periods - 1)]  # (n, Y, Y')
    chances = tables[0][:, 0, np.argsort(worth[1], kind="stable")]
    first = np.sort(worth[1])
    if (chances <= 0).any():
        k, j = (int(x) for x in np.argwhere(chances <= 0)[0])
        raise AssumptionViolated(
            f"{who}, period 0: type '{agent.types[0][k]}' never has the value {show(first[j])} next, and "
            f"{PURPOSE} needs every shock to be possible"
        )
    onward = [np.argsort(worth[1], kind="stable")[None, :]]
    factors = first / first[0]
    for t in range(1, env.periods - 1):
        onward.append(_steps(env, t, tables[t], worth, factors, chances))
    below = chances.cumsum(axis=1)
    rises = np.diff(below, axis=0)  # of F(α | λ) with λ
    slack: Any = arithmetic_of(chances).slack(1, ROUNDED)
    if (rises > slack).any():
        k, j = (int(x) for x in np.argwhere(rises == rises.max())[0])
        raise AssumptionViolated(
            f"{who}: small shocks (up to number {j + 1} of {len(first)}) are likelier for type "
            f"'{agent.types[0][k + 1]}' than for '{agent.types[0][k]}', by {show(rises.max())}, and "
            f"{PURPOSE} needs higher first types to grow faster"
        )
    return Growth(env, factors, chances, worth, tuple(onward), sells, keeps)


def _trade(env: Environment, t: int, n: int) -> tuple[Array, int, int]:
    """(values (Y,), the action that is worth them, the cheapest that is worth nothing) of period t."""
    agent = env.agents[0]
    where = f"agent '{agent.name}', period {t}"
    refuse_goods(env, t, PURPOSE)
    if env.feasible[t] is not None:
        raise AssumptionViolated(f"{PURPOSE}: some actions of period {t} are not feasible")
    table, size = agent.values[t], len(agent.types[t])
    table = np.broadcast_to(table, (len(table), size))
    busy = np.flatnonzero((table != 0).any(axis=1))
    idle = np.flatnonzero((table == 0).all(axis=1))
    if t == 0:
        if len(busy):
            raise AssumptionViolated(
                f"{where}, action '{env.actions[t][busy[0]]}' is worth {show(abs(table[busy[0]]).max())}, "
                f"and {PURPOSE} sells nothing before period 1"
            )
        return arithmetic(env.exact).zeros(1), -1, int(idle[env.costs[t][idle].argmin()])
    if len(busy) != 1 or not len(idle):
        raise AssumptionViolated(
            f"{where}: {len(busy)} actions are worth something and {len(idle)} nothing, and {PURPOSE} "
            "sells one good"
        )
    if size % n:
        raise AssumptionViolated(f"{where}: {size} types are no pairs of {n} first types and a value")
    values = table[busy[0]].reshape(n, -1)
    apart = values.max(axis=0) - values.min(axis=0)
    if apart.max() > arithmetic_of(values).slack(values, ROUNDED):
        y = int(apart.argmax())
        raise AssumptionViolated(
            f"{where}: type '{agent.types[t][y]}' and those beside it differ by {show(apart[y])} in value "
            f"by first type alone, and in {PURPOSE} the first type only tells how values grow"
        )
    if values.min() <= 0:
        y = int(values[0].argmin())
        raise AssumptionViolated(
            f"{where}: type '{agent.types[t][y]}' has the value {show(values.min())}, not a positive one"
        )
    return values[0], int(busy[0]), int(idle[env.costs[t][idle].argmin()])


def _moves(env: Environment, t: int, n: int) -> Array:
    """(n, Y, Y'): how values move for each first type."""
    agent = env.agents[0]
    here, there = len(agent.types[t]), len(agent.types[t + 1])
    table = np.broadcast_to(kernel_table(agent.kernels[t], env.exact), (1, here, there))
    blocks = table.reshape(n, here // n, n, there // n)
    own = blocks[np.arange(n), :, np.arange(n)]
    leaves = 1 - own.sum(axis=-1)
    if leaves.max() > arithmetic_of(own).slack(1, ROUNDED):
        k = int(leaves.argmax())
        raise AssumptionViolated(
            f"agent '{agent.name}', period {t}: type '{agent.types[t][k]}' changes its first type with "
            f"probability {show(leaves.max())}, and {PURPOSE} needs it to stay"
        )
    return own


def _steps(
    env: Environment, t: int, table: Array, worth: tuple[Array, ...], factors: Array, chances: Array
) -> Ints:
    """(Y, m): the values that follow those of period t, one a shock."""
    agent, m = env.agents[0], len(factors)
    where, here, there = f"agent '{agent.name}', period {t}", worth[t], worth[t + 1]
    numbers = arithmetic_of(here, table)
    possible: Bools = np.asarray(table.max(axis=0) > 0, dtype=np.bool_)
    order = np.argsort(there, kind="stable")
    ranks = possible[:, order]
    if (ranks.sum(axis=1) != m).any():
        y = int(np.flatnonzero(ranks.sum(axis=1) != m)[0])
        raise AssumptionViolated(
            f"{where}: type '{agent.types[t][y]}' moves to {ranks[y].sum()} values, and there are {m} shocks"
        )
    onward = order[np.nonzero(ranks)[1].reshape(-1, m)]
    ratios = there[onward] / here[:, None]
    off = abs(ratios / ratios[:1, :1] - factors)
    if off.max() > numbers.slack(factors, ROUNDED):
        y, j = (int(x) for x in np.argwhere(off == off.max())[0])
        raise AssumptionViolated(
            f"{where}: type '{agent.types[t][y]}' grows by factors that are {show(off[y, j])} off the "
            f"{show(factors[j])} of period 1 (of the smallest one), and {PURPOSE} needs the same ones"
        )
    drawn = np.take_along_axis(table, np.broadcast_to(onward, (len(table), *onward.shape)), axis=2)
    differs = abs(drawn - chances[:, None])
    if differs.max() > arithmetic_of(table).slack(1, ROUNDED):
        k, y, _ = (int(x) for x in np.argwhere(differs == differs.max())[0])
        label = agent.types[t][k * len(here) + y]
        raise AssumptionViolated(
            f"{where}: type '{label}' has chances that are {show(differs.max())} off those of its first "
            f"type in period 0, and {PURPOSE} needs the same ones"
        )
    return onward
