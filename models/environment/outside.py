"""What an agent has elsewhere: outside options that depend on her type and the period.

o_t(θ_t) is what she has in period t if she is not there, a flow. What participation promises is then promised
of values v − o: `interim` E[Σ δ^t (u_t − o_t) | θ_0] ≥ 0, and so every other word. Incentives, welfare and
payments are those of values v: who stays and lies does not have o. Whoever leaves for good, for a value O_t,
has the flow o_t = O_t − δ E[O_{t+1} | θ_t], where her types move as they would anyway.

Whoever is left out (`excludable.py`) has o_t in place of v. Tables have the axes of values, with one entry
for all actions: (1, K_0, ..., K_{N-1}), 1 for types that do not matter. Divisible goods are worth so much a
unit, from which nothing can be taken off that does not depend on the quantity: there o_t stays beside v.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, show
from .agents import Agent
from .contents import Contents

E = TypeVar("E", bound=Contents)
Outside = tuple[Array, ...]


def held_outside(tables: Sequence[Array]) -> Outside | None:
    """Tables as an agent holds them: None in place of nothing but zeros."""
    return tuple(tables) if any((table != 0).any() for table in tables) else None


def check_outside_options(agent: Agent, tables: Outside | None) -> None:
    """Raise `InvalidInput` where participation is not asked of her."""
    if tables is not None and agent.observed:
        raise InvalidInput(
            f"agent '{agent.name}', outside: everybody sees her type, and she need not take part"
        )


def has_outside(env: Contents) -> bool:
    """Whether anybody has something elsewhere."""
    return any(agent.outside is not None for agent in env.agents)


def beyond_outside(env: E) -> E:
    """The environment of values less what is had outside, itself where that is nothing. In periods of
    divisible goods both stay as they are."""
    return _with_values(env, lambda values, outside: values - outside, [g is None for g in env.goods])


def beside_values(env: Contents, t: int, i: int) -> Array | None:
    """What agent i of an environment that is `beyond_outside` still has to be less, in period t; None where
    that is nothing."""
    tables = env.agents[i].outside
    return None if tables is None else tables[t]


def at_stake(env: E) -> E:
    """The environment of the sizes of values and of what is had outside together."""
    return _with_values(env, lambda values, outside: abs(values) + abs(outside), [True] * env.periods)


def _with_values(env: E, joined: Callable[[Array, Array], Array], periods: Sequence[bool]) -> E:
    """Values and outside options joined in these periods, and then nothing outside."""
    if not has_outside(env):
        return env
    agents = []
    for agent in env.agents:
        if agent.outside is None:
            agents.append(agent)
            continue
        both = list(zip(agent.values, agent.outside, periods, strict=True))
        values = tuple(joined(v, o) if now else v for v, o, now in both)
        outside = held_outside([0 * o if now else o for _, o, now in both])
        agents.append(replace(agent, values=values, outside=outside))
    return env._with(agents=tuple(agents))


def refuse_outside(env: Contents, what: str) -> None:
    """Raise `AssumptionViolated` where somebody has something elsewhere, which `what` does not know."""
    for agent in env.agents:
        for t, table in enumerate(agent.outside or ()):
            if (table != 0).any():
                at = np.argwhere(table != 0)[0]
                own = agent.types[t][int(at[1 + env.agents.index(agent)])]
                raise AssumptionViolated(
                    f"{what}: agent '{agent.name}', period {t}: type '{own}' has {show(table[tuple(at)])} "
                    "outside, and an outside option of 0 is needed; see design, ladder and verify"
                )
