"""One buyer's menu, listed: its contracts, and their prices and purchases at every history of actions.

Costs and slopes are of a period and its action, so that prices are the same whatever was done before; where
a contract would have more than `LISTED` of them histories are not told apart, and None stands for any action.
Where the last period comes again for ever, its prices are those of all that follow.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .menu import AgentMenu, Contract, Excluded, Menu, Price, Purchase, Stray
from .menu_choices import Choices, Offer, OneBuyer, Policy, Prices
from .menu_mechanism import surplus

LISTED = 1000
"""Prices of one contract up to which every history has its own."""


@dataclass(frozen=True, eq=False, repr=False)
class Lists(Short):
    """Of one buyer."""

    buyer: OneBuyer

    @cached_property
    def names(self) -> list[list[str | None]]:
        """Per period: what each feasible action is called in a history."""
        env = self.buyer.environment
        actions = [
            list(itertools.compress(env.actions[t], allowed)) for t, allowed in enumerate(self.buyer.allowed)
        ]
        count = sum(math.prod(len(names) for names in actions[: t + 1]) for t in range(len(actions)))
        return [[*names] if len(names) == 1 or count <= LISTED else [None] for names in actions]

    def prices(self, prices: Prices) -> tuple[Price, ...]:
        """Of every feasible action at every history."""
        env = self.buyer.environment
        return tuple(
            (before, env.actions[t][a], prices[t][a])
            for t in range(env.periods)
            for before in itertools.product(*self.names[:t])
            for a in np.flatnonzero(self.buyer.allowed[t]).tolist()
        )

    def purchases(self, k: int, policy: Policy) -> Iterator[Purchase]:
        """What first type k buys under a policy, at every history that comes about: actions that are worth
        something to her."""
        env = self.buyer.environment
        agent = env.agents[0]
        own = np.zeros(len(agent.types[0]), dtype=bool)
        own[k] = True
        reached: dict[tuple[str | None, ...], Bools] = {(): own}
        for t in range(env.periods):
            after: dict[tuple[str | None, ...], Bools] = {}
            endless = env.stationary and t == env.periods - 1
            for before, states in reached.items():
                states = self._again(policy[t], states) if endless else states
                for a in np.unique(policy[t][states]).tolist():
                    where = np.flatnonzero(states & (policy[t] == a))
                    if not self.buyer.idle[t][a]:
                        when = tuple(agent.types[t][s] for s in where.tolist())
                        yield Purchase(agent.name, agent.types[0][k], None, before, env.actions[t][a], when)
                    if t < env.periods - 1:
                        known = self.names[t]
                        said = known[0] if len(known) == 1 else env.actions[t][a]
                        columns = self.buyer.problem.moves[t].under(np.full(len(where), a), where)[1]
                        marks = after.setdefault((*before, said), np.zeros(len(policy[t + 1]), dtype=bool))
                        marks[columns] = True
            reached = after

    def _again(self, actions: Ints, states: Bools) -> Bools:
        """(S,): what is reached from these types, where the last period comes again for ever."""
        moves = self.buyer.problem.moves[-1]
        while True:
            here = np.flatnonzero(states)
            more = states.copy()
            more[moves.under(actions[here], here)[1]] = True
            if (more == states).all():
                return states
            states = more

    def laws(self, k: int, policy: Policy) -> list[Array]:
        """Per period (S,) the probabilities of first type k's types under a policy."""
        env = self.buyer.environment
        law = 0 * env.agents[0].prior
        law[k] += 1
        laws = [law]
        for t, moves in enumerate(self.buyer.problem.moves):
            rows, columns, chances = moves.under(policy[t])
            later = np.zeros(len(policy[t + 1]), dtype=law.dtype) + 0 * law[0]
            np.add.at(later, columns, laws[-1][rows] * chances)
            laws.append(later)
        return laws


def listed_menu(
    kind: str,
    lists: Lists,
    offers: Sequence[Offer],
    meant: Ints,
    choices: Choices,
    home: Environment,
    mechanism: Mechanism,
) -> Menu:
    """Offers and what she makes of them. meant: (K,) the place of the offer for each first type, -1 for none.
    mechanism: the direct one of the menu, in the environment `home`."""
    env = lists.buyer.environment
    agent, first = env.agents[0], env.agents[0].types[0]
    taken, wanted = ([None if j < 0 else j for j in row.tolist()] for row in (choices.takes, meant))
    contracts = (
        Contract(
            tuple(label for label, place in zip(first, taken, strict=True) if place == j),
            one.fee,
            lists.prices(one.prices),
        )
        for j, one in enumerate(offers)
    )
    purchases = (
        lists.purchases(k, offers[j].reply.policy) for k, j in enumerate(taken) if j is not None
    )
    return Menu(
        kind=kind,
        instance=env.name,
        menus=(AgentMenu(agent.name, None, tuple(contracts)),),
        excluded=tuple(Excluded(agent.name, first[k]) for k, j in enumerate(taken) if j is None),
        buys=tuple(itertools.chain.from_iterable(purchases)),
        profit=agent.prior @ choices.earned,
        profit_direct=surplus(home, mechanism),
        mechanism=mechanism,
        strays=tuple(
            Stray(agent.name, first[k], None, wanted[k], taken[k], choices.gain[k])
            for k in range(len(first))
            if taken[k] != wanted[k]
        ),
    )
