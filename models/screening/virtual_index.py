"""Virtual indices, and the money of the virtual index mechanism (KLN Definition 6.1, Corollary 6.3).

In a bandit the virtual plan plays, at every profile of first reports, the arm of the largest virtual index;
of several the one that `virtual_bandit.py` says, where `affine.py` may take another and prices then differ.
Whose arm is played pays what the others lose by waiting a period, and what the action costs,

    p_i = [c(a) + (1 − δ) W_{-i}(y_{-i}) − β_i(a)] / α_i,

and nobody else pays; it does not depend on her own state. Entry payments make up what she is promised: as
Σ δ^t p_it = V_i − (W − W_{-i}) / α_i on average,

    p_i0 = (W − W_{-i}) / α_i − U_i,

U by lower sums (A) or by re-optimised increments (B), as in `affine_pivot.py`. From period 1 on truth is best
whatever was reported first, so the best lie of period 0 is a first report x' in the place of x,

    gain = U_i(x') + [W(α(x'); x) − W(α(x'); x')] / α(x') − U_i(x).

All of it is sums over the epochs of arms (`solvers/algorithms/epochs.py`): no dynamic program over profiles
of states, and no list of these but for the prices at all of them. Money is of period 0 unless it is said to
be of another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, OutOfTime
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from ..answers.answer import Answer
from ..environment.agents import Agent
from ..environment.environment import Environment
from ..society.assumptions import Assumption
from .affine import Weights
from .rule import lower_sums, taken
from .setting import Profile, Setting, VirtualPlan, setting, swapped
from .virtual_bandit import Means, VirtualArm, VirtualBandit, virtual_bandit
from .virtual_levels import VirtualLevels


@dataclass(frozen=True, eq=False, repr=False)
class FirstLie(Short):
    """The best lie about a first signal, at the others' first signals `others`, by name."""

    gain: Number
    agent: str
    type: str
    report: str
    others: Mapping[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class EntryRule(Short):
    """promises, entry: by profile of first reports (N,). lie: None where truth is best."""

    promises: Mapping[Profile, Array]
    entry: Mapping[Profile, Array]
    profit: Number
    lie: FirstLie | None


@dataclass(frozen=True, eq=False, repr=False)
class PricesAt(Short):
    """What follows one profile of first reports: the action of period 1 and later at every profile of states
    (Y_0, ..., Y_{N-1}), and what everybody pays in it, in money of its period, (N, Y_0, ..., Y_{N-1})."""

    first_reports: Mapping[str, str]
    played: Ints
    transfers: Array


@dataclass(frozen=True, eq=False, repr=False)
class VirtualIndices(Answer):
    """The virtual index of every arm, at every first signal and in every state, and the mechanism's money.

    Profiles of first reports are in product order, agent 0 slowest. message: why the money is missing, where
    the time limit was reached.
    """

    bandit: VirtualBandit
    message: str = ""

    def _facts(self) -> dict[str, object]:
        facts = {"instance": self.environment.name, "arms": len(self.arms)}
        return facts | ({"status": self.status} if self.message else {"bound": self.bound})

    @property
    def status(self) -> str:
        """``optimal``, or ``limit`` where the time limit was reached."""
        return "limit" if self.message else "optimal"

    @property
    def setting(self) -> Setting:
        """The separable environment."""
        return self.bandit.setting

    @property
    def environment(self) -> Environment:
        """In the numbers that were used, all rational or all doubles."""
        return self.setting.environment

    @property
    def arms(self) -> tuple[VirtualArm, ...]:
        """One an action of period 1."""
        return self.bandit.arms

    @property
    def alpha(self) -> dict[str, tuple[Number | None, ...]]:
        """α by agent and first signal; None where a multiplicative level is 0."""
        return {a.name: own.alpha for a, own in self._agents}

    @property
    def counts(self) -> dict[str, tuple[bool, ...]]:
        """Which first signals count, by agent: α > 0. The others are left out."""
        return {a.name: own.counts for a, own in self._agents}

    @cached_property
    def index(self) -> tuple[Array, ...]:
        """By arm (K, Y): of α v + β − c, by first signal and state, in money of one period; (1, 1) of a safe
        arm. Also of first signals that do not count, whose arms are not played for them."""
        return tuple(
            np.array([[-arm.arm.cost]])
            if arm.agent is None
            else np.array([arm.at(weight).index for weight in self.setting.levels[arm.agent].virtual])
            for arm in self.arms
        )

    @cached_property
    def worth(self) -> tuple[Array, ...]:
        """By arm (K, Y): α v + β − c of playing it now, as `index`."""
        return tuple(
            np.array([[-arm.arm.cost]])
            if arm.agent is None
            else np.multiply.outer(self.setting.levels[arm.agent].virtual, arm.slope)
            + (arm.rest - arm.arm.cost)
            for arm in self.arms
        )

    @cached_property
    def error(self) -> float:
        """No index is further off; 0 over the rationals."""
        return max(
            arm.at(weight).error
            for arm in self.arms
            for weight in ([None] if arm.agent is None else self.setting.levels[arm.agent].virtual)
        )

    @cached_property
    def bound(self) -> Number:
        """Corollary 4.1, as `Setting.bound`: the value of the rung `virtual`."""
        counted = int(self.setting.excludable is not None)
        return self.setting.expected({profile: both[counted] for profile, both in self._surplus.items()})

    @cached_property
    def assumptions(self) -> dict[str, Assumption]:
        """Of Theorem 5.1, by number: whether each holds, where it fails and by how much."""
        return self.setting.assumed(self._surplus)

    @cached_property
    def courses(self) -> dict[Profile, VirtualPlan]:
        """By profile of first reports what truth leads to on average; without its policy (`at`)."""
        rate, before = self.bandit.discount, self.environment.costs[0][0]
        plans = {}
        for profile in self.setting.profiles:
            weights = self.bandit.weights(profile)
            means = self.bandit.means(weights)
            out = tuple(weight is None for weight in weights)
            cost = before + rate * means.cost
            plans[profile] = VirtualPlan((), rate * means.slope, rate * means.rest, cost, out)
        return plans

    @cached_property
    def prices(self) -> list[list[Number | None]]:
        """By profile of first reports (N,): what each pays in a period in which her arm is played, on average
        over the others' states of period 1, in money of that period; None of who is left out."""
        listed = []
        for profile in self.setting.profiles:
            weights = self.bandit.weights(profile)
            listed.append(
                [
                    None if weight is None else self._price(profile, i, self._others(weights, i).worth)
                    for i, weight in enumerate(weights)
                ]
            )
        return listed

    def at(self, first_reports: Mapping[str, str]) -> PricesAt:
        """The plan and its prices after these first reports, at every profile of states from period 1 on.

        first_reports: by agent the type of period 0. Raises `InvalidInput` for one that is missing or no type
        of hers, `TooLarge`.
        """
        profile = self._profile(first_reports)
        env, sizes = self.environment, self.bandit.sizes
        self.setting.refuse_large((env.num_agents + 1) * int(np.prod(sizes)), "prices")
        weights = self.bandit.weights(profile)
        played = self.bandit.played(weights)
        transfers = arithmetic(env.exact).zeros((env.num_agents, *sizes))
        for k, arm in enumerate(self.arms):
            if (i := arm.agent) is None or weights[i] is None:
                continue
            others = self.bandit.welfare(_without(weights, i))
            price, here = np.broadcast_to(self._price(profile, i, others), sizes), played == k
            transfers[i][here] = price[here]
        return PricesAt(dict(first_reports), played, transfers)

    @cached_property
    def rules(self) -> dict[str, EntryRule]:
        """Entry payments A and B."""
        return {
            "A": self._rule(lower_sums(self.setting, self.courses)),
            "B": self._rule(self._increments()),
        }

    @property
    def _agents(self) -> Iterable[tuple[Agent, VirtualLevels]]:
        return zip(self.environment.agents, self.setting.levels, strict=True)

    @cached_property
    def _surplus(self) -> dict[Profile, Sequence[Number]]:
        """By profile virtual surplus, of everybody and of those who count."""
        rate, before = self.bandit.discount, self.environment.costs[0][0]
        surplus: dict[Profile, Sequence[Number]] = {}
        for profile in self.setting.profiles:
            everybody: Weights = tuple(
                own.virtual[k] for own, k in zip(self.setting.levels, profile, strict=True)
            )
            both = everybody, self.bandit.weights(profile)
            surplus[profile] = [rate * self.bandit.means(weights).worth - before for weights in both]
        return surplus

    def _alpha(self, i: int, k: int) -> Any:
        """Of who counts."""
        return self.setting.levels[i].alpha[k]

    def _others(self, weights: Weights, i: int) -> Means:
        return self.bandit.means(_without(weights, i))

    def _price(self, profile: Profile, i: int, others: Any) -> Any:
        """What agent i pays in a period in which her arm is played, for what the others have from it on."""
        arm, k = self.bandit.of_agent(i), profile[i]
        beta = self.setting.levels[i].shift[k] * arm.slope[0]
        return (arm.arm.cost + (1 - self.bandit.discount) * others - beta) / self._alpha(i, k)

    def _beyond(self, profile: Profile, i: int, again: int) -> Number:
        """What agent i has beyond her promise who is of first signal `again` and says what `profile` says."""
        weights, own = self.bandit.weights(profile), self.setting.levels[i]
        if weights[i] is None:
            return 0 * self.bandit.discount
        other = (*weights[:i], own.weight(profile[i], again), *weights[i + 1 :])
        gain = self.bandit.means(other).worth - self.bandit.means(weights).worth
        beyond: Number = self.bandit.discount * gain / self._alpha(i, profile[i])
        return beyond

    def _size(self, profile: Profile, i: int) -> Number:
        """What `_beyond` is a difference of."""
        weights = self.bandit.weights(profile)
        if weights[i] is None:
            return 0 * self.bandit.discount
        size: Number = abs(self.bandit.means(weights).worth) / self._alpha(i, profile[i])
        return size

    def _increments(self) -> dict[Profile, Array]:
        """Promises (B)."""
        nothing = 0 * self.bandit.discount
        return {
            profile: np.array(
                [
                    sum((self._beyond(swapped(profile, i, low), i, low + 1) for low in range(k)), nothing)
                    for i, k in enumerate(profile)
                ]
            )
            for profile in self.setting.profiles
        }

    def _rule(self, promises: Mapping[Profile, Array]) -> EntryRule:
        courses, rate = self.courses, self.bandit.discount
        entry = {}
        for profile in self.setting.profiles:
            weights = self.bandit.weights(profile)
            whole, owed = self.bandit.means(weights).worth, 0 * promises[profile]
            for i, weight in enumerate(weights):
                if weight is not None:
                    owed[i] = rate * (whole - self._others(weights, i).worth) / self._alpha(i, profile[i])
            entry[profile] = owed - promises[profile]
        profit = self.setting.expected(
            {p: (taken(self.setting, p, courses) - promises[p]).sum() - courses[p].cost for p in courses}
        )
        return EntryRule(promises, entry, profit, self._lie(promises))

    def _lie(self, promises: Mapping[Profile, Array]) -> FirstLie | None:
        lies: list[tuple[Number, Profile, int, int]] = []
        size: Number = 0 * self.bandit.discount
        for profile in self.setting.profiles:
            for i, own in enumerate(self.setting.levels):
                for report in range(len(own.level)):
                    said = swapped(profile, i, report)
                    size = max(size, self._size(said, i))
                    gain = promises[said][i] + self._beyond(said, i, profile[i]) - promises[profile][i]
                    lies.append((gain, profile, i, report))
        best, slack = max(gain for gain, *_ in lies), arithmetic(self.environment.exact).slack(size)
        if best <= slack:
            return None
        best, profile, i, report = next(lie for lie in lies if lie[0] >= best - slack)
        names = self.said(profile)
        agent = self.environment.agents[i]
        return FirstLie(best, agent.name, names.pop(agent.name), agent.types[0][report], names)

    def said(self, profile: Profile) -> dict[str, str]:
        """First reports by name."""
        return {a.name: a.types[0][k] for a, k in zip(self.environment.agents, profile, strict=True)}

    def _profile(self, first_reports: Mapping[str, str]) -> Profile:
        places = []
        for name in first_reports:
            self.environment.agent_index(name)
        for agent in self.environment.agents:
            label = first_reports.get(agent.name)
            if label not in agent.types[0]:
                raise InvalidInput(f"first reports: agent '{agent.name}' has no type {label!r} in period 0")
            places.append(agent.types[0].index(label))
        return tuple(places)


def _without(weights: Weights, i: int) -> Weights:
    """Agent i left out too."""
    return (*weights[:i], None, *weights[i + 1 :])


def virtual_index(
    env: Environment, *, forms: Mapping[str, str] | None = None, effort: Effort = FLOATS
) -> VirtualIndices:
    """Virtual indices of a separable bandit, and the money of its virtual index mechanism.

    forms: by agent "multiplicative" or "additive" where the user states it, else recognised. Raises
    `AssumptionViolated` naming the place and the number: an infinite horizon after a period 0 that only takes
    first signals, what `setting.setting` and `virtual_bandit` name. Where time is up only indices are there.
    """
    clock = effort.begun()
    if not env.stationary:
        raise AssumptionViolated(
            f"environment '{env.name}': indices decide an infinite horizon; this one has {env.horizon} "
            "periods, where the best policy need not be an index policy"
        )
    own = setting(env, exact=clock.exact, forms=forms, endless=True, effort=clock)
    firsts, agents = env.types(0), env.num_agents
    own.refuse_large(math.prod(firsts) * max(firsts) * agents * (3 * agents + 2), "plans")
    clock.tell("step", "virtual indices")
    answer = VirtualIndices(virtual_bandit(own))
    _ = answer.index
    try:
        clock.check()
        clock.tell("step", "plans and payments")
        _ = answer.assumptions, answer.prices, answer.rules
    except OutOfTime:
        return replace(answer, message=f"the time limit of {effort.time_limit:g} s was reached")
    finally:
        own.affine.rest()
    return answer
