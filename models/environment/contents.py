"""What an environment is made of: its parts, their sizes, and copies with some parts changed.

Below what reads parts (`environment.py` here) and what rearranges them (`reshape.py`).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Bools, Number
from .agents import Agent, Goods
from .kernels import Process


class Contents:
    """The parts of an environment; they are valid, and cannot be set again."""

    name: str
    source: str
    discount: Number
    horizon: int | None
    actions: tuple[tuple[str, ...], ...]
    goods: tuple[Goods | None, ...]
    costs: tuple[Array, ...]
    feasible: tuple[Bools | None, ...]
    """Per period None (everything is) or booleans over (A, types of the observed agents...)."""
    agents: tuple[Agent, ...]
    process: Process | None
    reports_public: bool
    """Whether everybody sees past reports; else an agent sees her own."""

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"an Environment is immutable: {key!r} cannot be set")

    @classmethod
    def _of(cls, **content: Any) -> Self:
        """An environment of parts that are known to be valid (rewritings, conversions)."""
        env = cls.__new__(cls)
        env.__dict__.update(content)
        return env

    def _with(self, **changes: Any) -> Self:
        """A copy with some parts changed, without the cached figures."""
        content = {part: self.__dict__[part] for part in Contents.__annotations__}
        return self._of(**(content | changes))

    # Sizes -------------------------------------------------------------------------------------------------

    @property
    def periods(self) -> int:
        """Number of periods that the data describes: the horizon; where it is infinite 1, or 2 for a period
        0 of its own and the rest. The last one described then comes again for ever."""
        return len(self.actions)

    def after(self, t: int) -> int:
        """Which description is that of the period after one that description t is of."""
        return min(t + 1, self.periods - 1)

    def before(self, t: int) -> list[int]:
        """Which descriptions are those of periods that description t may follow: itself first, if at all."""
        return [u for u in reversed(self.steps) if self.after(u) == t]

    @property
    def steps(self) -> range:
        """The descriptions of periods that another one follows: all, but for a last period."""
        return range(self.periods if self.stationary else self.periods - 1)

    @property
    def num_agents(self) -> int:
        """Number of agents, observed ones included."""
        return len(self.agents)

    def types(self, t: int) -> tuple[int, ...]:
        """Numbers of types (K_0, ..., K_{N-1}) in period t."""
        return tuple(len(agent.types[t]) for agent in self.agents)

    def num_actions(self, t: int) -> int:
        """Number of actions (or goods) in period t."""
        return len(self.actions[t])

    @cached_property
    def private(self) -> tuple[int, ...]:
        """Indices of the agents who report."""
        return tuple(i for i, agent in enumerate(self.agents) if not agent.observed)

    @cached_property
    def observed(self) -> tuple[int, ...]:
        """Indices of the observed agents."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.observed)

    @property
    def stationary(self) -> bool:
        """Whether the horizon is infinite."""
        return self.horizon is None

    @property
    def unchanging(self) -> bool:
        """Whether one description serves all of infinitely many periods, the first among them."""
        return self.stationary and self.periods == 1

    @property
    def joint(self) -> bool:
        """Whether one joint process moves all types."""
        return self.process is not None

    @property
    def conceals(self) -> bool:
        """Whether agents know less of the past than the designer: some report of another is concealed."""
        return not self.reports_public and len(self.private) > 1 and self.horizon != 1

    def agent_index(self, name: str) -> int:
        """Index of the agent of that name; raises `InvalidInput` listing the names."""
        for i, agent in enumerate(self.agents):
            if agent.name == name:
                return i
        known = ", ".join(repr(agent.name) for agent in self.agents)
        raise InvalidInput(f"environment '{self.name}' has no agent {name!r}; its agents are {known}")
