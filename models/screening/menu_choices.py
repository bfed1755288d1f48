"""What one buyer makes of a menu: which contract she takes, and what she then buys.

A contract is a fee M and a price p_t(a) of every action. Who is of first type z has from it

    W(z) − M,      W_t(θ) = max over a of  v_t(a, θ) − p_t(a) + δ E[W_{t+1}(θ') | a, θ],

and takes the best, or none: then the seller does what is cheapest of what is worth nothing to her, of all
actions where nothing is, of several what harms her nowhere and is worth least, and she pays nothing. Ties are
resolved for the seller: among actions by what is earned from then on, prices less costs, and among contracts
by what is earned in all. Where a contract is meant for her she does at ties what is meant, and takes it where
the seller does not mind.

Nothing is asked of values and kernels: she may learn more of what she knew at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy, take
from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Bools, Ints, Number, nearest, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..society.problem import action_values, feasible_actions, society

Prices = tuple[Array, ...]
"""Per period (A,), in money of the period."""
Policy = tuple[Ints, ...]
"""Per period (S,): the action at every type."""


@dataclass(frozen=True, eq=False, repr=False)
class Reply(Short):
    """What she does at some prices. value, earned: (K,) by first type what she has, before the fee, and the
    seller's prices less costs."""

    policy: Policy
    value: Array
    earned: Array


@dataclass(frozen=True, eq=False, repr=False)
class Offer(Short):
    """A contract and what she would do under it."""

    fee: Number
    prices: Prices
    reply: Reply


@dataclass(frozen=True, eq=False, repr=False)
class Choices(Short):
    """By first type (K,): the place of the offer that she takes, -1 for none; what she has from it, and what
    more than from the one that is meant for her; what the seller earns, fee included."""

    takes: Ints
    utility: Array
    gain: Array
    earned: Array


@dataclass(frozen=True, eq=False, repr=False)
class OneBuyer(Short):
    """The one agent of an environment, all rational or all doubles; it may go on for ever. effort: of which
    the limits count."""

    environment: Environment
    effort: Effort = FLOATS

    @cached_property
    def problem(self) -> DecisionProblem:
        """Hers where actions cost her what they cost the seller."""
        return society(self.environment, effort=self.effort)

    @cached_property
    def values(self) -> tuple[Array, ...]:
        """(A, S) per period."""
        return tuple(action_values(self.environment, t, 0) for t in range(self.environment.periods))

    @cached_property
    def idle(self) -> list[Bools]:
        """Per period (A,): whether an action is worth nothing to her, whatever her type."""
        return [(table == 0).all(axis=1) for table in self.values]

    @cached_property
    def allowed(self) -> list[Bools]:
        """Per period (A,): whether an action is feasible."""
        env = self.environment
        allowed: list[Bools] = []
        for t in range(env.periods):
            flags = feasible_actions(env, t)
            every = np.ones((env.num_actions(t), 1), dtype=bool)
            allowed.append(np.all(every if flags is None else flags, axis=1))
        return allowed

    def best(self, prices: Prices) -> OptimalPolicy:
        """What she can have at these prices, before the fee."""
        hers = [v - price[:, None] for v, price in zip(self.values, prices, strict=True)]
        return self._problem(hers, [*self.values, *prices]).best

    def reply(self, prices: Prices, best: OptimalPolicy, meant: Policy) -> Reply:
        """What she does of what is best. meant: what is done at ties, -1 where nothing in particular."""
        costs = self.environment.costs
        margins = self._flows([price - cost for price, cost in zip(prices, costs, strict=True)])
        seller = replace(self._problem(margins, [*prices, *costs]), allowed=best.tied).best.policy
        one = arithmetic(self.environment.exact).ones(1)
        agrees = [
            one * (np.arange(len(v))[:, None] == action) for v, action in zip(self.values, meant, strict=True)
        ]
        close = replace(self._problem(agrees), allowed=best.tied).best.policy
        policy = tuple(
            np.where(plan < 0, own, near) for plan, own, near in zip(meant, seller, close, strict=True)
        )
        return Reply(policy, best.values[0], self._followed(policy, margins))

    @cached_property
    def away(self) -> Reply:
        """Without a contract. Raises `AssumptionViolated` where what is done then harms her."""
        env = self.environment
        policy = []
        for t, cost in enumerate(env.costs):
            among = np.flatnonzero(self.allowed[t] & self.idle[t])
            among = among if among.size else np.flatnonzero(self.allowed[t])
            value = self.values[t]
            keys = [(cost[a], bool((value[a] < 0).any()), value[a].sum()) for a in among]
            policy.append(np.full(value.shape[1], among[keys.index(min(keys))]))
        kept = tuple(policy)
        value = self._followed(kept, self.values)
        if (value < -self.slack).any():
            k = int(value.argmin())
            t = next(t for t, idle in enumerate(self.idle) if not (idle & self.allowed[t]).any())
            agent = env.agents[0]
            raise AssumptionViolated(
                f"agent '{agent.name}', period {t}: no action is worth nothing to her, and type "
                f"'{agent.types[0][k]}' without a contract would have {show(value[k])}; a menu needs a way "
                "to leave her out"
            )
        spent = self._flows([-cost for cost in env.costs])
        return Reply(kept, value, self._followed(kept, spent))

    def choose(self, offers: Sequence[Offer], meant: Ints) -> Choices:
        """What every first type takes. meant: (K,) the place of the offer for her, -1 for none."""
        utility = np.stack([self.away.value, *(one.reply.value - one.fee for one in offers)])
        earned = np.stack([self.away.earned, *(one.reply.earned + one.fee for one in offers)])
        slack = self.slack
        own = np.arange(utility.shape[1])
        best = utility + slack >= utility.max(axis=0)
        earns = np.where(best, earned, -np.inf)
        good = best & (earns + slack >= earns.max(axis=0))
        takes = np.where(good[meant + 1, own], meant + 1, good.argmax(axis=0))
        has = utility[takes, own]
        more = has - utility[meant + 1, own]
        nothing = 0 * more
        return Choices(takes - 1, has, np.where(more > slack, more, nothing), earned[takes, own])

    @cached_property
    def slack(self) -> Number:
        """What is nothing beside the largest amounts of a period, added up over the periods."""
        env = self.environment
        lasting = 1 / (1 - env.discount) if env.stationary else 1
        largest = [
            max(abs(table).max(), abs(cost).max()) for table, cost in zip(self.values, env.costs, strict=True)
        ]
        return arithmetic(env.exact).slack(sum(largest, 0 * env.discount) * lasting, COMPUTED)

    def _problem(self, rewards: Sequence[Array], parts: Sequence[Array] = ()) -> DecisionProblem:
        """parts: what rewards are sums of."""
        size = 2 * max((nearest(abs(part).max()) for part in parts), default=0.0)
        return replace(self.problem, rewards=tuple(rewards), size=size)

    def _flows(self, amounts: Sequence[Array]) -> list[Array]:
        """From (A,) per period to (A, S)."""
        return [np.repeat(a[:, None], v.shape[1], axis=1) for a, v in zip(amounts, self.values, strict=True)]

    def _followed(self, policy: Policy, tables: Sequence[Array]) -> Array:
        """(K,) what tables (A, S) per period add up to under a policy."""
        flows = [take(table, action) for table, action in zip(tables, policy, strict=True)]
        return self.problem.follow(policy, flows)[0][0]
