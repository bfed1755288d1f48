"""One period's sale as an auction reads it: types in the order of values, costs of selling, nothing left out.

Where types are listed in another order, share a value or never come about, the sale is that of a `Market`
whose types are the different values that do come about, in increasing order: two types of one value choose
alike, and one that never comes about is asked what she would like best once the auction is known. Actions
may cost something: c_i is what selling to buyer i costs beyond keeping the good in the cheapest way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Ints, Number, is_exact, to_exact, to_float
from ...solvers.short import Short
from ..environment.environment import Agent, Environment
from ..environment.independence import independent_version
from .market import CONSEQUENCE, Buyer, Market, check_frame, distributions, sold


@dataclass(frozen=True, eq=False, repr=False)
class Arranged(Short):
    """A sale in order.

    places: by agent (K_i,) where each of her types is among those of the market's buyer, -1 where it has
    probability 0. values, chances: by agent (K_i,) as given. costs (N,): of selling to each beyond keeping;
    kept: of keeping. keeps: the actions that keep the good, the cheapest of which is the market's.
    """

    market: Market
    places: tuple[Ints, ...]
    values: tuple[Array, ...]
    chances: tuple[Array, ...]
    costs: Array
    kept: Number
    keeps: tuple[int, ...]

    @property
    def cuts(self) -> Ints:
        """Where the types of one buyer end and those of the next begin, all in one line."""
        return np.cumsum([buyer.size for buyer in self.market.buyers])[:-1]

    def merged(self, i: int, numbers: Array) -> Array:
        """Numbers of agent i's types (K_i,), summed over those that are one type of the market."""
        there = self.places[i] >= 0
        sums = arithmetic(is_exact(numbers)).zeros(self.market.buyers[i].size)
        np.add.at(sums, self.places[i][there], numbers[there])
        return sums


def in_period(env: Environment, period: int | None = None) -> Environment:
    """The environment itself, or one period of it alone, in money of that period.

    Raises `AssumptionViolated` where types of that period depend on earlier ones, or there are several and
    none is said; `InvalidInput` for a period that there is not.
    """
    if env.stationary:
        raise AssumptionViolated(
            f"an auction is for one period; environment '{env.name}' has an infinite horizon"
        )
    if period is None:
        if env.periods > 1:
            raise AssumptionViolated(
                f"an auction is for one period; environment '{env.name}' has {env.periods} periods: say which"
            )
        return env
    if not 0 <= period < env.periods:
        raise InvalidInput(f"period {period}: environment '{env.name}' has periods 0 to {env.periods - 1}")
    if env.periods == 1:
        return env
    check_frame(env, [period], costs=True)
    home = independent_version(env, CONSEQUENCE)
    agents = [
        Agent(agent.name, types=[agent.types[period]], prior=own[period], values=[worth])
        for agent, own, worth in zip(home.agents, distributions(home), sold(home, period).worth, strict=True)
    ]
    return Environment(
        name=f"{env.name}, period {period}", horizon=1, agents=agents,
        actions=[list(env.actions[period])], costs=[env.costs[period]],
    )  # fmt: skip


def arrange(env: Environment) -> Arranged:
    """The sale of an environment of one period. Raises `AssumptionViolated` naming what makes it none."""
    check_frame(env, [0], costs=True)
    home = independent_version(env, CONSEQUENCE)
    chances = [own[0] for own in distributions(home)]
    read = sold(home, 0)
    exact = env.exact
    change = to_exact if exact else to_float
    costs = change(home.costs[0])
    kept = costs[read.kept].min()
    keep = int(read.kept[(costs[read.kept] == kept).argmax()])
    buyers, places, values = [], [], []
    for agent, worth, action, chance in zip(home.agents, read.worth, read.actions, chances, strict=True):
        own = change(worth[keep if action is None else action])
        chance = change(chance)
        there = np.flatnonzero(chance > 0)
        levels, at = np.unique(own[there], return_inverse=True)
        place = np.full(own.size, -1)
        place[there] = at.reshape(-1)
        mass = arithmetic(exact).zeros(levels.size)
        np.add.at(mass, place[there], chance[there])
        buyers.append(Buyer(agent.name, action, levels, mass))
        places.append(place)
        values.append(own)
    selling = [arithmetic(exact).zero if a is None else costs[a] - kept for a in read.actions]
    more = arithmetic(exact).zeros(len(buyers))
    more[:] = selling
    market = Market(env.name, 0, tuple(buyers), keep)
    return Arranged(
        market,
        tuple(places),
        tuple(values),
        tuple(map(change, chances)),
        more,
        kept,
        tuple(read.kept.tolist()),
    )
