"""What an agent has elsewhere: outside options that depend on her type and the period.

o_t(θ_t) is what she has in period t if she is not there, a flow. What participation promises is then promised
of values v − o: `interim` E[Σ δ^t (u_t − o_t) | θ_0] ≥ 0, and so every other word. Incentives, welfare and
payments are those of values v: who stays and lies does not have o. Whoever leaves for good, for a value O_t,
has the flow o_t = O_t − δ E[O_{t+1} | θ_t], where her types move as they would anyway.

Whoever is left out (`excludable.py`) has o_t in place of v. Tables have the axes of values, with one entry
for all actions: (1, K_0, ..., K_{N-1}), 1 for types that do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, show
from .agents import Agent, Goods
from .contents import Contents

E = TypeVar("E", bound=Contents)
Outside = tuple[Array, ...]


def held_outside(tables: Sequence[Array]) -> Outside | None:
    """Tables as an agent holds them: None in place of nothing but zeros."""
    return tuple(tables) if any((table != 0).any() for table in tables) else None


def check_outside_options(agent: Agent, tables: Outside | None, goods: Sequence[Goods | None]) -> None:
    """Raise `InvalidInput` where participation is not asked of her, and beside divisible goods."""
    if tables is None:
        return
    if agent.observed:
        raise InvalidInput(
            f"agent '{agent.name}', outside: everybody sees her type, and she need not take part"
        )
    for t, entry in enumerate(goods):
        if entry is not None and (tables[t] != 0).any():
            raise InvalidInput(
                f"agent '{agent.name}', outside, period {t}: the actions are divisible goods, beside which "
                "there is no outside option; give a list of quantities as actions"
            )


def has_outside(env: Contents) -> bool:
    """Whether anybody has something elsewhere."""
    return any(agent.outside is not None for agent in env.agents)


def beyond_outside(env: E) -> E:
    """The environment of values less what is had outside, itself where that is nothing."""
    return _with_values(env, lambda values, outside: values - outside)


def at_stake(env: E) -> E:
    """The environment of the sizes of values and of what is had outside together."""
    return _with_values(env, lambda values, outside: abs(values) + abs(outside))


def _with_values(env: E, joined: Callable[[Array, Array], Array]) -> E:
    if not has_outside(env):
        return env
    agents = (
        agent
        if agent.outside is None
        else replace(
            agent,
            values=tuple(joined(v, o) for v, o in zip(agent.values, agent.outside, strict=True)),
            outside=None,
        )
        for agent in env.agents
    )
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
