"""Environments: agents, finite types, actions, values, costs, and how types move.

An `Environment` is immutable and validated when it is made (`models/reading.py`). It is given in arrays or
in functions of labels, private or interdependent values, independent kernels or one joint process, all
agents reporting or some observed. Periods count from 0; axes are action, then types of agents 0..N-1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..solvers.errors import InvalidInput
from ..solvers.numbers import Array, Bools, Number, as_doubles, is_exact, to_exact
from .agents import Agent, Goods, Signals
from .kernels import Process
from .probabilities import check_probabilities, made_whole
from .reading import read_environment


class Environment:
    """A finite dynamic environment.

    Raises `InvalidInput` with the object, the place and the number where the data is not one.

    >>> env = Environment(
    ...     name="one period", horizon=1, actions=["keep", "sell"],
    ...     agents=[Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"],
    ...                   values=lambda t, a, θ: {"low": 1, "high": 2}[θ] if a == "sell" else 0)])
    >>> env.agents[0].values[0].tolist()[1]
    [Fraction(1, 1), Fraction(2, 1)]
    """

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

    def __init__(
        self,
        *,
        agents: Sequence[Agent],
        actions: Any,
        horizon: int | None,
        name: str = "unnamed",
        source: str = "",
        discount: Any = 1,
        costs: Any = None,
        feasible: Any = None,
        process: Any = None,
    ) -> None:
        content = read_environment(
            name=name,
            source=source,
            discount=discount,
            horizon=horizon,
            actions=actions,
            costs=costs,
            feasible=feasible,
            agents=agents,
            process=process,
        )
        self.__dict__.update(content)

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"an Environment is immutable: {key!r} cannot be set")

    @classmethod
    def _of(cls, **content: Any) -> Environment:
        """An environment of parts that are known to be valid (rewritings, conversions)."""
        made = cls.__new__(cls)
        made.__dict__.update(content)
        return made

    def _with(self, **changes: Any) -> Environment:
        """A copy with some parts changed, without the cached figures."""
        parts = [
            "name",
            "source",
            "discount",
            "horizon",
            "actions",
            "goods",
            "costs",
            "feasible",
            "agents",
            "process",
        ]
        content = {key: self.__dict__[key] for key in parts}
        return self._of(**(content | changes))

    # Sizes -------------------------------------------------------------------------------------------------

    @property
    def periods(self) -> int:
        """Number of periods that the data describes: the horizon, or 1 for a stationary environment."""
        return len(self.actions)

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
    def joint(self) -> bool:
        """Whether one joint process moves all types."""
        return self.process is not None

    # Dependence on actions ---------------------------------------------------------------------------------

    @cached_property
    def controlled(self) -> tuple[bool, ...]:
        """Per transition: whether the action of period t moves the types of period t + 1."""
        if self.process is not None:
            return tuple(table.shape[0] > 1 for table in self.process.transitions)
        count = len(self.agents[0].kernels) if self.agents else 0
        return tuple(any(agent.kernels[t].controlled for agent in self.agents) for t in range(count))

    def remembers_action(self, t: int) -> bool:
        """Whether histories after period t hold its action: some kernel from t on depends on actions.

        Otherwise payoffs are linear in the lottery over actions and nothing is lost by leaving it out.
        """
        return any(self.controlled[t:])

    # Arithmetic --------------------------------------------------------------------------------------------

    def _arrays(self) -> list[Array]:
        arrays = [*self.costs]
        arrays += [goods.quadratic for goods in self.goods if goods is not None]
        for agent in self.agents:
            arrays += [*agent.values]
            arrays += [kernel.table for kernel in agent.kernels if not kernel.deterministic]
            if agent.prior is not None:
                arrays.append(agent.prior)
        if self.process is not None:
            arrays += [self.process.prior, *self.process.transitions]
        return arrays

    @cached_property
    def exact(self) -> bool:
        """Whether all data is rational."""
        bounds = [bound for goods in self.goods if goods is not None for bound in goods.upper]
        scalars = [self.discount, *bounds]
        return not any(isinstance(scalar, float) for scalar in scalars) and all(
            is_exact(values) for values in self._arrays()
        )

    def to_float(self) -> Environment:
        """The same environment with every number a double."""
        return self._floats

    @cached_property
    def _floats(self) -> Environment:
        return self._converted(exact=False)

    def to_exact(self) -> Environment:
        """The same environment over the rationals, floats at their exact binary value.

        Raises `InvalidInput` where float probabilities do not sum to exactly 1.
        """
        if self.exact:
            return self
        made = self._converted(exact=True)
        check_probabilities(made.agents, made.process, made.actions)
        return made

    def over_rationals(self) -> Environment:
        """`to_exact`, but where doubles do not sum to 1 their largest is mended by what they are off."""
        if self.exact:
            return self
        made = self._converted(exact=True)
        agents, process = made_whole(made.agents, made.process)
        return made._with(agents=agents, process=process)

    def _converted(self, exact: bool) -> Environment:
        def change(table: Array, where: str) -> Array:
            return to_exact(table) if exact else as_doubles(table, where)

        agents = []
        for agent in self.agents:
            who = f"agent '{agent.name}'"
            agents.append(
                replace(
                    agent,
                    prior=None if agent.prior is None else change(agent.prior, f"{who}, prior"),
                    signals=None if agent.signals is None else agent.signals.converted(exact),
                    values=tuple(change(v, f"{who}, values, period {t}") for t, v in enumerate(agent.values)),
                    kernels=tuple(
                        kernel if kernel.deterministic
                        else replace(kernel, table=change(kernel.table, f"{who}, transitions, period {t}"))
                        for t, kernel in enumerate(agent.kernels)
                    ),
                )
            )  # fmt: skip
        goods = tuple(None if g is None else g.converted(exact) for g in self.goods)
        process = self.process
        if process is not None:
            moves = [change(p, f"process, period {t}") for t, p in enumerate(process.transitions)]
            process = Process(change(process.prior, "process, prior"), tuple(moves))
        discount = np.array(self.discount, object if isinstance(self.discount, Fraction) else np.float64)
        return self._with(
            discount=change(discount, "discount").item(),
            costs=tuple(change(costs, f"costs, period {t}") for t, costs in enumerate(self.costs)),
            goods=goods,
            agents=tuple(agents),
            process=process,
        )

    # Looking things up -------------------------------------------------------------------------------------

    def agent_index(self, name: str) -> int:
        """Index of the agent of that name; raises `InvalidInput` listing the names."""
        for i, agent in enumerate(self.agents):
            if agent.name == name:
                return i
        known = ", ".join(repr(agent.name) for agent in self.agents)
        raise InvalidInput(f"environment '{self.name}' has no agent {name!r}; its agents are {known}")

    def kernel_inputs(self, i: int, t: int, digits: Callable[[int], Array]) -> list[Array]:
        """Next types (by `digits(j)`) of the observed agents that agent i's kernel of period t is given."""
        return [digits(j) for j in self.agents[i].kernels[t].given]

    # Environments made from this one ------------------------------------------------------------------------

    def relabel(self, **names: Any) -> Environment:
        """New names for agents, actions or types; see `models/reshape.py`."""
        from . import reshape

        return reshape.relabel(self, **names)

    def reorder(self, **orders: Any) -> Environment:
        """Agents, actions or types listed in another order; see `models/reshape.py`."""
        from . import reshape

        return reshape.reorder(self, **orders)

    def restrict(self, actions: Sequence[Any]) -> Environment:
        """Only these actions, in every period or period by period; see `models/reshape.py`."""
        from . import reshape

        return reshape.restrict(self, actions)

    def with_horizon(self, horizon: int) -> Environment:
        """Fewer periods, or a stationary environment repeated; see `models/reshape.py`."""
        from . import reshape

        return reshape.with_horizon(self, horizon)

    def __repr__(self) -> str:
        horizon = "stationary" if self.stationary else f"{self.horizon} periods"
        who = ", ".join(f"{a.name}{' (observed)' if a.observed else ''}" for a in self.agents)
        return f"<Environment '{self.name}': {horizon}; agents {who}>"


__all__ = ["Agent", "Environment", "Goods", "Signals"]


def labels_of_others(env: Environment, i: int, t: int, profile: int) -> dict[str, str]:
    """Names and types of everybody but agent i in a profile of period t, numbered with agent 0 slowest."""
    digits = np.unravel_index(profile, env.types(t))
    return {
        agent.name: agent.types[t][int(k)]
        for j, (agent, k) in enumerate(zip(env.agents, digits, strict=True))
        if j != i
    }
