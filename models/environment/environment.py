"""Environments: agents, finite types, actions, values, costs, and how types move.

An `Environment` is immutable and validated when it is made (`reading.py` here). It is given in arrays or
in functions of labels, private or interdependent values, independent kernels or one joint process, all
agents reporting or some observed, past reports public or concealed from the others; agents may be such that
period 0 can leave them out (`excludable`). Periods count from 0;
axes are action, then types of agents 0..N-1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, SupportsIndex

import numpy as np

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, as_doubles, is_exact, to_exact
from ...solvers.short import cut
from ..answers.answer import Answer
from . import reshape
from .agents import Agent, Goods, Signals, change_number
from .contents import Contents
from .excludable import with_exclusion, with_period_0
from .probabilities import check_probabilities, made_whole
from .reading import read_environment


class Environment(Contents, Answer):
    """A finite dynamic environment.

    horizon: the number of periods, or None where they never end. Lists by period then hold one entry, or two:
    period 0, then the rest for ever; transitions[0] leads from the first types to the later ones,
    transitions[1] from later to later. Functions of t are asked about t = 0, and t = 1 where lists hold two.

    Raises `InvalidInput` with the object, the place and the number where the data is not one.

    >>> env = Environment(
    ...     name="one period", horizon=1, actions=["keep", "sell"],
    ...     agents=[Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"],
    ...                   values=lambda t, a, θ: {"low": 1, "high": 2}[θ] if a == "sell" else 0)])
    >>> env.agents[0].values[0].tolist()[1]
    [Fraction(1, 1), Fraction(2, 1)]
    """

    with_everybody: Environment | None = None
    """Where agents can be left out (`excludable.py`): what was given, in which everybody takes part."""

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
        reports_public: bool = True,
        excludable: bool = False,
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
            reports_public=reports_public,
        )
        self.__dict__.update(content)
        if not isinstance(excludable, bool):
            raise InvalidInput(f"excludable: {excludable!r} is neither True nor False")
        if excludable:
            everybody = with_period_0(self._of(**content))
            self.__dict__.update(with_exclusion(everybody).__dict__, with_everybody=everybody)

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
            arrays += agent.outside or ()
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
        rational = self._converted(exact=True)
        check_probabilities(rational.agents, rational.process, rational.actions)
        return rational

    def over_rationals(self) -> Environment:
        """`to_exact`, but where doubles do not sum to 1 their largest is mended by what they are off."""
        if self.exact:
            return self
        rational = self._converted(exact=True)
        agents, process = made_whole(rational.agents, rational.process)
        return rational._with(agents=agents, process=process)

    def _converted(self, exact: bool) -> Environment:
        def change(table: Array, what: str) -> Array:
            return to_exact(table) if exact else as_doubles(table, what)

        agents = tuple(agent.mapped(change, change) for agent in self.agents)
        goods = tuple(None if g is None else g.mapped(change) for g in self.goods)
        process = self.process and self.process.mapped(
            lambda prior: change(prior, "process, prior"),
            lambda t, moves: change(moves, f"process, period {t}"),
        )
        converted = self._with(
            discount=change_number(self.discount, change, "discount"),
            costs=tuple(change(costs, f"costs, period {t}") for t, costs in enumerate(self.costs)),
            goods=goods,
            agents=agents,
            process=process,
        )
        if self.with_everybody is not None:
            converted.__dict__["with_everybody"] = self.with_everybody._converted(exact)
        return converted

    # Environments made from this one ------------------------------------------------------------------------

    relabel = reshape.relabel
    reorder = reshape.reorder
    restrict = reshape.restrict
    with_horizon = reshape.with_horizon

    def __repr__(self) -> str:
        endless = "stationary" if self.unchanging else "stationary from period 1 on"
        horizon = endless if self.stationary else f"{self.horizon} periods"
        who = ", ".join(f"{a.name}{' (observed)' if a.observed else ''}" for a in self.agents)
        facts = f"'{self.name}': {horizon}; agents {who}"
        return f"<Environment {cut(facts)}>"


__all__ = ["Agent", "Environment", "Goods", "Signals"]


def labels_of_profile(
    env: Environment, t: int, digits: Iterable[SupportsIndex], agents: Iterable[int] | None = None
) -> dict[str, str]:
    """Names and types of these agents (None: of all) in period t, by the types (N,) of everybody."""
    told = {agent.name: agent.types[t][k] for agent, k in zip(env.agents, digits, strict=True)}
    return told if agents is None else {env.agents[j].name: told[env.agents[j].name] for j in agents}


def labels_of_others(env: Environment, i: int, t: int, profile: int) -> dict[str, str]:
    """Names and types of everybody but agent i in a profile of period t, numbered with agent 0 slowest."""
    others = [j for j in range(env.num_agents) if j != i]
    return labels_of_profile(env, t, np.unravel_index(profile, env.types(t)), others)
