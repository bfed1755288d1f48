"""What the rungs of a ladder need of an environment in which nothing but the first type stays private.

A plan says for one reported first type l what is done after every public history. It is worth G to the
designer where the report is true, and leaves a liar k so much more than it leaves l: D_k. With U the rents,
κ the weight on payments and g = (R + W)(v − c) (`notions/objective.py`),

    maximise  Σ_l π_l (G(plan of l) − κ U_l)   over plans and U ≥ 0
    s.t.      U_k − U_l ≥ D_k(plan of l)  for every lie of k about l that counts.

First types that nobody has matter to nobody. Promises about later periods, about every path too, ask nothing
more: payments can be moved in time, and along public paths that all first types find equally likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints, Number, as_doubles, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Demands
from ..notions.incentives import Incentive, Lies
from ..notions.objective import Objective
from ..notions.participation import Participation, Promise
from .alone import not_alone


@dataclass(frozen=True, eq=False, repr=False)
class Beginnings(Short):
    """L first types that somebody has.

    types: (L,) their numbers; chance: (L,). lies: (L, L), whether k's lie about l counts, by k and l.
    open: by period the actions that may be taken somewhere (A,); closed: (A, O), in which public states not;
    values, gains: (A, O K) of these, what she gets and what the designer does, public states slowest, as in
    the numbers of types. kept: κ. unit: one of the value, in the money and the weights of the question.
    size: no value is larger.
    """

    types: Ints
    chance: Array
    lies: Bools
    open: tuple[Ints, ...]
    closed: tuple[Bools, ...]
    values: tuple[Array, ...]
    gains: tuple[Array, ...]
    discount: Number
    kept: Number
    unit: Number
    size: float

    def in_doubles(self) -> Beginnings:
        """The same, of the nearest doubles."""
        tables = {
            name: tuple(as_doubles(table, name) for table in getattr(self, name))
            for name in ("values", "gains")
        }
        numbers = {name: float(getattr(self, name)) for name in ("discount", "kept", "unit")}
        return replace(self, chance=as_doubles(self.chance, "prior"), **tables, **numbers)  # type: ignore[arg-type]


FADED = 1e-12
LONGEST = 4_000
"""The share of money in period 0 that is nothing, and how many periods at most come before."""
PROMISED = (Promise.INITIAL, Promise.CONTINUATION, Promise.PATH, Promise.PREFIX, Promise.PERIOD)
"""Promises that are one here."""


def no_plans(env: Environment, participation: Participation, objective: Objective, demands: Demands) -> str:
    """Why this question is none about plans of first types; empty where it is one."""
    if env.stationary and lasting(env) > LONGEST:
        return f"discount {show(env.discount)} takes {lasting(env):,} periods to fade, more than {LONGEST:,}"
    if len(env.private) != 1:
        count = f"{len(env.private)} of {len(env.agents)}"
        return f"it is for one agent with private types, and there are {count}"
    if why := not_alone(env, objective):
        return why
    if participation.promise not in PROMISED:
        return f"participation '{participation.name}' promises something else than rents"
    return f"demand '{demands[0].name}' is about payments or histories" if demands else ""


def lasting(env: Environment) -> int:
    """Periods of an infinite horizon after which next to nothing is left to earn."""
    rate = float(env.discount)
    return 2 if rate == 0 else 2 + math.ceil(math.log(FADED) / math.log(rate))


def lies_told(notion: Incentive, count: int) -> Bools:
    """(L, L), by the true type and the report, in order: which lies about the first type count."""
    if notion.initial is Lies.ADJACENT:
        return np.eye(count, k=-1, dtype=bool)
    return np.full((count, count), notion.initial is Lies.ALL) & ~np.eye(count, dtype=bool)


def beginnings(
    env: Environment, notion: Incentive, objective: Objective
) -> list[tuple[Number, Beginnings]]:
    """Of everything public that a question without an obstacle may begin with, chance and plans."""
    first = first_types(env, notion, objective)
    chances = reduce(np.multiply.outer, [env.agents[j].prior for j in env.observed], first.chance[:1] * 0 + 1)
    count = len(env.agents[env.private[0]].types[0])
    return [
        (chance, replace(first, types=public * count + first.types))
        for public, chance in enumerate(chances.ravel())
        if chance > 0
    ]


def first_types(env: Environment, notion: Incentive, objective: Objective) -> Beginnings:
    """Of a question without an obstacle, in the arithmetic of the environment and the objective; where
    something is public, in its first state."""
    i, numbers = env.private[0], arithmetic(env.exact)
    agent = env.agents[i]

    def columns(t: int, table: Array) -> Array:
        """(A, O K) of a table by everybody's types."""
        whole = np.broadcast_to(table, (env.num_actions(t), *env.types(t)))
        return np.moveaxis(whole, 1 + i, -1).reshape(len(whole), -1)

    open_, closed = [], []
    for t, feasible in enumerate(env.feasible):
        count = math.prod(env.types(t)) // len(agent.types[t])
        shown = np.ones((env.num_actions(t), 1), dtype=bool) if feasible is None else feasible
        shown = np.broadcast_to(shown.reshape(len(shown), -1), (len(shown), count))
        open_.append(np.flatnonzero(shown.any(axis=1)))
        closed.append(~shown[open_[-1]])
    own = enumerate(agent.values)
    values = [columns(t, table)[kept] for (t, table), kept in zip(own, open_, strict=True)]
    costs = [cost.reshape(-1, 1)[kept] for cost, kept in zip(env.costs, open_, strict=True)]
    share, paid = objective.goods, objective.paid(agent.name)
    worth = (table for j in env.observed for table in env.agents[j].values)
    sizes: list[Any] = [abs(table).max() for table in (*values, *costs, *worth)]
    weights: list[Any] = [abs(share), paid, *(abs(objective.kept(env.agents[j].name)) for j in env.observed)]
    stake: Any = max(sizes) or numbers.one
    weight: Any = max(weights) or numbers.one
    gains = [share / weight * (v - c) / stake for v, c in zip(values, costs, strict=True)]
    for j in env.observed:
        seen = objective.kept(env.agents[j].name) / weight / stake
        others = enumerate(env.agents[j].values)
        gains = [g + seen * columns(t, v)[kept] for g, (t, v), kept in zip(gains, others, open_, strict=True)]
    values = [v / stake for v in values]
    types = np.flatnonzero(agent.prior)
    size = sum(
        float(env.discount) ** t * float(max(abs(g).max(), abs(v).max()))
        for t, (g, v) in enumerate(zip(gains, values, strict=True))
    )
    return Beginnings(
        types, agent.prior[types], lies_told(notion, len(types)), tuple(open_), tuple(closed),
        tuple(values), tuple(gains),
        env.discount, paid / weight, stake * weight, size,
    )  # fmt: skip
