"""One item a period, sold to buyers with independent types: what selling, burning and bank accounts read.

An environment is such a sale where every action either is worthless to everybody (it keeps the good) or is
worth something to one buyer alone (it sells to her), no buyer has two such actions in a period, costs are
zero, the discount is 1, every action is always feasible, and types are independent over time and buyers. A
buyer's type is then her value: values have to increase in the order of her types, and no type may have
probability 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import RATIONAL, ROUNDED, arithmetic, arithmetic_of
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Ints, is_exact, show, to_exact, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.independence import independent_version
from ..environment.kernels import Kernel
from ..environment.outside import refuse_outside
from ..environment.reports import refuse_restricted
from .behind import Behind

CONSEQUENCE = "selling needs types that are independent"


@dataclass(frozen=True, eq=False, repr=False)
class Buyer(Short):
    """One buyer in one period.

    values: (K,) increasing; probabilities: (K,) positive, sum 1. action: the index of the action that sells
    to her, None where no action does; she then counts as one type of value 0.
    """

    name: str
    action: int | None
    values: Array
    probabilities: Array

    @property
    def exact(self) -> bool:
        """Whether values and probabilities are rational."""
        return is_exact(self.values) and is_exact(self.probabilities)

    @property
    def size(self) -> int:
        """Number of types K."""
        return int(self.values.size)

    def converted(self, exact: bool) -> Buyer:
        """The same buyer in the arithmetic asked for."""
        change = to_exact if exact else to_float
        return replace(self, values=change(self.values), probabilities=change(self.probabilities))


@dataclass(frozen=True, eq=False, repr=False)
class Market(Short):
    """One period: the buyers, in the order of the environment's agents, and an action that keeps the good."""

    instance: str
    period: int
    buyers: tuple[Buyer, ...]
    keep: int

    @property
    def exact(self) -> bool:
        """Whether all data is rational."""
        return all(buyer.exact for buyer in self.buyers)

    @cached_property
    def behind(self) -> Behind:
        """Chances that all others come behind, for auctions in which the highest score wins."""
        return Behind([buyer.probabilities for buyer in self.buyers])

    @property
    def names(self) -> tuple[str, ...]:
        """The buyers' names."""
        return tuple(buyer.name for buyer in self.buyers)

    def converted(self, exact: bool) -> Market:
        """The same market in the arithmetic asked for, floats at their exact binary value."""
        return replace(self, buyers=tuple(buyer.converted(exact) for buyer in self.buyers))

    def require_nonnegative(self, purpose: str) -> None:
        """Raise `AssumptionViolated` where a value is negative, naming it; `purpose` begins the sentence."""
        for buyer in self.buyers:
            if buyer.values[0] < 0:
                raise AssumptionViolated(
                    f"{purpose} needs values of at least 0: agent '{buyer.name}', period {self.period}: "
                    f"value {show(buyer.values[0])}"
                )


def markets(env: Environment) -> tuple[Market, ...]:
    """The sale in each period. Raises `AssumptionViolated` naming what makes the environment none.

    >>> from ..environment.agents import Agent
    >>> env = Environment(
    ...     horizon=1, actions=["keep", "sell"],
    ...     agents=[Agent("buyer", types=[1, 2], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]])])
    >>> (market,) = markets(env)
    >>> market.keep, market.buyers[0].action, market.buyers[0].values.tolist()
    (0, 1, [Fraction(1, 1), Fraction(2, 1)])
    """
    if not env.stationary and env.periods > 1 and env.discount != 1:
        raise AssumptionViolated(
            f"environment '{env.name}': selling needs discount 1, not {show(env.discount)}"
        )
    check_frame(env, range(env.periods))
    home = independent_version(env, CONSEQUENCE)
    chances = distributions(home)
    return tuple(_market(home, t, [own[t] for own in chances]) for t in range(home.periods))


def single_market(env: Environment, purpose: str) -> Market:
    """The sale of an environment of one period; `purpose` begins the sentence where there are more.

    Raises `AssumptionViolated`.
    """
    if env.horizon != 1:
        length = "an infinite horizon" if env.stationary else f"{env.horizon} periods"
        raise AssumptionViolated(f"{purpose} is for one period; environment '{env.name}' has {length}")
    return markets(env)[0]


def distribution(values: Array, probabilities: Array, name: str = "buyer") -> Buyer:
    """A buyer made of her values (K,) and probabilities (K,); raises `InvalidInput` as `markets` would."""
    if values.shape != probabilities.shape or values.ndim != 1 or not values.size:
        raise InvalidInput(f"'{name}': {probabilities.size} probabilities for {values.size} values")
    try:
        _check_support(f"'{name}'", values, probabilities)
    except AssumptionViolated as error:
        raise InvalidInput(str(error)) from None
    return Buyer(name, 1, values, probabilities)


def check_frame(env: Environment, periods: Iterable[int], *, costs: bool = False) -> None:
    """Raise `AssumptionViolated` where anything but values and types makes these periods no sale.

    costs: whether actions may have some.
    """
    where = f"environment '{env.name}'"
    if env.stationary:
        raise AssumptionViolated(f"{where}: selling needs a finite horizon")
    refuse_restricted(env, "selling")
    refuse_outside(env, "selling")
    for i in env.observed:
        raise AssumptionViolated(
            f"{where}: agent '{env.agents[i].name}' is observed; selling has buyers only"
        )
    for t in periods:
        if env.goods[t] is not None:
            raise AssumptionViolated(
                f"{where}, period {t}: actions are divisible goods, not one item to sell"
            )
        for a in [] if costs else np.flatnonzero(env.costs[t] != 0).tolist():
            raise AssumptionViolated(
                f"{where}, period {t}, action '{env.actions[t][a]}': selling needs cost 0, "
                f"not {show(env.costs[t][a])}"
            )
        feasible = env.feasible[t]
        if feasible is not None and not feasible.all():
            kept = int(np.argwhere(~feasible)[0][0])
            raise AssumptionViolated(
                f"{where}, period {t}, action '{env.actions[t][kept]}': selling needs every action feasible"
            )


def distributions(env: Environment) -> list[list[Array]]:
    """Probabilities of types by agent and period; raises where those of a period depend on the last."""
    return [
        [agent.prior, *(_next(env, i, t, kernel) for t, kernel in enumerate(agent.kernels))]
        for i, agent in enumerate(env.agents)
    ]


def _next(env: Environment, i: int, t: int, kernel: Kernel) -> Array:
    rows = kernel.rows() if not kernel.deterministic else _indicator(kernel)
    off = np.atleast_1d(abs(rows - rows[:1]))
    worst = off.max()
    if worst > arithmetic_of(rows).slack(1, ROUNDED):
        k = int(np.argwhere(off == worst)[0][0])
        at = np.unravel_index(k, kernel.table.shape if kernel.deterministic else kernel.table.shape[:-1])
        agent = env.agents[i]
        action = f", action '{env.actions[t][int(at[0])]}'" if kernel.controlled else ""
        row = f"row '{agent.types[t][int(at[-1])]}'" if kernel.table.shape[len(at) - 1] > 1 else "the row"
        raise AssumptionViolated(
            f"agent '{agent.name}', period {t}{action}: transition {row} differs by {show(worst)} from the "
            f"first, so types depend on the past; {CONSEQUENCE}"
        )
    first: Array = rows[0]
    return first


def _indicator(kernel: Kernel) -> Array:
    index = kernel.table.reshape(-1)
    rows = RATIONAL.zeros((index.size, kernel.size))
    rows[np.arange(index.size), index] += 1
    return rows


@dataclass(frozen=True, eq=False, repr=False)
class ForSale(Short):
    """What is sold in a period. worth: by agent the values (A, K_i); actions: by agent the one that sells to
    her, None where none does; kept: those that keep the good."""

    worth: list[Array]
    actions: list[int | None]
    kept: Ints


def sold(env: Environment, t: int) -> ForSale:
    """What is sold in period t. Raises `AssumptionViolated` where actions do not sell one good."""
    worth = [_own_values(env, i, t) for i in range(env.num_agents)]
    valued = np.array([(values != 0).any(axis=1) for values in worth])  # (N, A)
    where = f"environment '{env.name}', period {t}"
    for a in np.flatnonzero(valued.sum(axis=0) > 1).tolist():
        first, second = (env.agents[i].name for i in np.flatnonzero(valued[:, a])[:2])
        raise AssumptionViolated(
            f"{where}, action '{env.actions[t][a]}': agents '{first}' and '{second}' both value it; selling "
            f"needs one buyer an action"
        )
    for i in np.flatnonzero(valued.sum(axis=1) > 1).tolist():
        one, two = (env.actions[t][a] for a in np.flatnonzero(valued[i])[:2])
        raise AssumptionViolated(
            f"{where}: agent '{env.agents[i].name}' values two actions, '{one}' and '{two}'; selling needs "
            f"at most one a buyer"
        )
    kept = np.flatnonzero(~valued.any(axis=0))
    if not kept.size:
        raise AssumptionViolated(f"{where}: every action sells; selling needs one that keeps the good")
    actions = [int(own.argmax()) if own.any() else None for own in valued]
    return ForSale(worth, actions, kept)


def _market(env: Environment, t: int, probabilities: list[Array]) -> Market:
    read = sold(env, t)
    buyers = []
    for i, agent in enumerate(env.agents):
        exact = is_exact(read.worth[i]) and is_exact(probabilities[i])
        action = read.actions[i]
        if action is None:
            buyers.append(Buyer(agent.name, None, arithmetic(exact).zeros(1), arithmetic(exact).ones(1)))
            continue
        values = read.worth[i][action]
        _check_support(f"agent '{agent.name}', period {t}", values, probabilities[i], agent.types[t])
        buyers.append(Buyer(agent.name, action, values, probabilities[i]))
    market = Market(env.name, t, tuple(buyers), int(read.kept[0]))
    return market if market.exact else market.converted(False)  # one float, and all are floats


def _own_values(env: Environment, i: int, t: int) -> Array:
    """Values (A, K_i) of agent i; raises where they depend on the others' types."""
    values: Array = env.agents[i].values[t]
    if values.ndim == 2:
        return values
    others = tuple(1 + j for j in range(env.num_agents) if j != i)
    first: Array = values[tuple(slice(0, 1) if k in others else slice(None) for k in range(values.ndim))]
    off = abs(values - first)
    worst = off.max()
    if worst != 0:
        a = int(np.argwhere(off == worst)[0][0])
        raise AssumptionViolated(
            f"agent '{env.agents[i].name}', period {t}, action '{env.actions[t][a]}': the value moves by "
            f"{show(worst)} with the others' types; selling needs private values"
        )
    return first.reshape(values.shape[0], env.types(t)[i])


def _check_support(
    where: str, values: Array, probabilities: Array, labels: tuple[str, ...] | None = None
) -> None:
    def named(k: int) -> str:
        return f"type '{labels[k]}'" if labels is not None else f"type {k}"

    for k in np.flatnonzero(values[1:] <= values[:-1]).tolist():
        what = "repeats" if values[k + 1] == values[k] else "falls below"
        raise AssumptionViolated(
            f"{where}: value {show(values[k + 1])} of {named(k + 1)} {what} {show(values[k])} of "
            f"{named(k)}; values have to increase in the order of types"
        )
    for k in np.flatnonzero(~(probabilities > 0)).tolist():
        raise AssumptionViolated(
            f"{where}: {named(k)} has probability {show(probabilities[k])}; every type needs a positive one"
        )
