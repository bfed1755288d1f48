"""A separable environment ready for the virtual pivot: levels, weights, and the virtual plan of each profile.

The *virtual plan* at a profile k of first signals maximises affine welfare at the virtual weights φ(k) (KLN
(16), (23)); agents whose α is not positive are left out of it, as they have nothing to pay for. The bound of
Corollary 4.1 is what the plans that nobody is left out of are worth on average.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Ints, Number, show
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.memory import show_bytes
from ..society.assumptions import Assumption
from .affine import Affine, Weights
from .first_signal import SignalPairs, first_signals
from .separable import Separation, forms_given, separation
from .virtual_levels import (
    VirtualLevels,
    concave_levels,
    monotone_hazard,
    rising_weights,
    virtual_levels,
)

BYTES = {False: 40, True: 200}
"""Bytes at work, about, for each number of a mechanism, by whether numbers are rational."""
Profile = tuple[int, ...]
"""First signals of all agents, by index."""


@dataclass(frozen=True, eq=False, repr=False)
class VirtualPlan(Short):
    """What truth leads to from one profile of first signals, under its virtual plan.

    policy: per period (S,). slope, rest: (N,) expected discounted sums of each agent's slopes and rests;
    cost: of costs. out: who is left out (`Setting.exclude`).
    """

    policy: tuple[Ints, ...]
    slope: Array
    rest: Array
    cost: Number
    out: tuple[bool, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Setting(Short):
    """A separable environment. environment: in the numbers used, all rational or all doubles.

    exclude: whether, beside those whose α is not positive, whoever is done nothing for is left out too.
    """

    environment: Environment
    exclude: bool
    pairs: tuple[SignalPairs, ...]
    values: tuple[Separation, ...]
    levels: tuple[VirtualLevels, ...]
    affine: Affine
    excludable: Environment | None = None
    """The rewriting that mechanisms play in, where agents can be left out (`environment/excludable.py`);
    `environment` is the one in which everybody takes part."""

    @property
    def played(self) -> Environment:
        """Where mechanisms are judged."""
        return self.excludable or self.environment

    @cached_property
    def profiles(self) -> list[Profile]:
        """All profiles of first signals, agent 0 slowest."""
        return list(itertools.product(*(range(pair.first) for pair in self.pairs)))

    @cached_property
    def chances(self) -> list[Number]:
        """Their probabilities."""
        chances = []
        for profile in self.profiles:
            chance: Number = 1
            for agent, k in zip(self.environment.agents, profile, strict=True):
                chance = chance * agent.prior[k]
            chances.append(chance)
        return chances

    def refuse_large(self, numbers: int, what: str) -> None:
        """Raise `TooLarge` where so many numbers do not fit."""
        needed, room = numbers * BYTES[self.environment.exact], self.affine.effort.room
        if needed > room:
            raise TooLarge(
                f"virtual pivot: {what} of {len(self.profiles):,} profiles of first signals take about "
                f"{show_bytes(needed)}, more than the memory limit of {show_bytes(room)}; raise "
                "memory_limit= or give fewer types"
            )

    def weights(self, reports: Profile, again: Profile, out: tuple[bool, ...] | None = None) -> Weights:
        """Who first reported `reports` and now reports `again`, None where α is not positive, or of `out`."""
        return tuple(
            None if gone or (out and out[i]) else own.weight(k, x)
            for i, (own, k, x, gone) in enumerate(
                zip(self.levels, reports, again, self.left_out[reports], strict=True)
            )
        )

    @cached_property
    def left_out(self) -> dict[Profile, tuple[bool, ...]]:
        """By profile whom the plan does not serve: those whose α is not positive. Where agents can be left
        out it may be better without others too, whose virtual values it makes negative (KLN choose a_0 with
        the plan); of several groups the first with the fewest."""
        chosen = {}
        for profile in self.profiles:
            out = tuple(not own.counts[k] for own, k in zip(self.levels, profile, strict=True))
            chosen[profile] = out if self.excludable is None else self._best_left_out(profile, out)
        return chosen

    def _best_left_out(self, profile: Profile, out: tuple[bool, ...]) -> tuple[bool, ...]:
        groups = itertools.product(*((True,) if gone else (False, True) for gone in out))
        known = arithmetic(self.environment.exact)
        best, most = out, None
        for group in sorted(groups, key=sum):
            weights = tuple(
                None if gone else own.weight(k, k)
                for own, k, gone in zip(self.levels, profile, group, strict=True)
            )
            worth = self.affine.welfare(weights).values[0][0]
            if most is None or worth > most + known.slack(self.most, COMPUTED):
                best, most = group, worth
        return best

    def own(self, profile: Profile) -> list[Number]:
        """Levels A of a profile."""
        return [levels.level[k] for levels, k in zip(self.levels, profile, strict=True)]

    @cached_property
    def courses(self) -> dict[Profile, VirtualPlan]:
        """By profile of first signals. What comes to nothing beside the most that anything could be worth to
        somebody is nothing done for her."""
        plans = {profile: self._course(profile) for profile in self.profiles}
        done = np.array([abs(plan.slope) * self.top + abs(plan.rest) for plan in plans.values()])
        idle = arithmetic(self.environment.exact).negligible(done, self.most)
        return {
            profile: replace(plans[profile], out=tuple(self._out(profile, row)))
            for profile, row in zip(self.profiles, idle.tolist(), strict=True)
        }

    @cached_property
    def top(self) -> Array:
        """The largest levels (N,)."""
        return np.array([abs(own.level).max() for own in self.levels])

    @cached_property
    def most(self) -> Array:
        """The most that anything could be worth to each agent (N,)."""
        rate = self.environment.discount
        times = [rate**t for t in range(self.environment.periods)]
        times[-1] = times[-1] / (1 - rate) if self.environment.stationary else times[-1]
        most = [
            sum(
                lasts * (abs(slope).max() * one + abs(rest).max())
                for lasts, slope, rest in zip(times, values.slope, values.rest, strict=True)
            )
            for values, one in zip(self.values, self.top, strict=True)
        ]
        return np.array(most)

    def _out(self, profile: Profile, idle: list[bool]) -> Iterator[bool]:
        for gone, nothing in zip(self.left_out[profile], idle, strict=True):
            yield gone or (self.exclude and nothing)

    def _course(self, profile: Profile) -> VirtualPlan:
        affine = self.affine
        policy = affine.policy(self.weights(profile, profile))
        agents = range(self.environment.num_agents)
        slope = np.array([affine.total(policy, affine.slopes[i])[0][0] for i in agents])
        rest = np.array([affine.total(policy, affine.rests[i])[0][0] for i in agents])
        cost = affine.total(policy, affine.costs)[0][0]
        return VirtualPlan(policy, slope, rest, cost, ())

    def virtual_surplus(self, profile: Profile, *, everybody: bool) -> Number:
        """What the best plan at virtual weights is worth; everybody: those with α ≤ 0 count (below 0) too."""
        weights = (
            tuple(levels.virtual[k] for levels, k in zip(self.levels, profile, strict=True))
            if everybody
            else self.weights(profile, profile)
        )
        surplus: Number = self.affine.welfare(weights).values[0][0]
        return surplus

    def expected(self, by_profile: Mapping[Profile, Number]) -> Number:
        """The mean over first signals."""
        mean: Number = sum(
            (
                chance * by_profile[profile]
                for profile, chance in zip(self.profiles, self.chances, strict=True)
            ),
            0,
        )
        return mean

    @cached_property
    def bound(self) -> Number:
        """Corollary 4.1: what no mechanism exceeds in which all first signals take part, or, where agents can
        be left out, whoever is not."""
        everybody = self.excludable is None
        return self.expected({p: self.virtual_surplus(p, everybody=everybody) for p in self.profiles})

    @cached_property
    def assumptions(self) -> dict[str, Assumption]:
        """Of Theorem 5.1, as `assumed` has them."""
        return self.assumed(
            {
                profile: [self.virtual_surplus(profile, everybody=word) for word in (True, False)]
                for profile in self.profiles
            }
        )

    def assumed(self, surplus: Mapping[Profile, Sequence[Number]]) -> dict[str, Assumption]:
        """2.3, 5.1, 5.2, what they make of α (A.2), and that leaving out costs nobody else.

        surplus: by profile the virtual surplus, of everybody and of those who count. The last is KLN's:
        agents can be excluded while the action stays. Here an action that is worth something to an agent
        whose α is not positive is worth less to the seller than to those who count.
        """
        agents = self.environment.agents
        told = list(zip(agents, self.values, self.levels, strict=True))
        assumptions = {
            "2.3": _worst([pair.independent for pair in self.pairs]),
            "5.1": _worst([monotone_hazard(agent) for agent in agents]),
            "5.2": _worst([concave_levels(agent, values) for agent, values, _ in told]),
            "A.2": _worst([rising_weights(agent, levels) for agent, _, levels in told]),
            "exclusion": Assumption(True),
        }
        for profile, (least, most) in surplus.items() if self.excludable is None else ():
            more = most - least
            nothing = arithmetic(self.environment.exact).slack(least, COMPUTED)
            if more > max(assumptions["exclusion"].by or 0, nothing):
                names = ", ".join(f"{a.name} '{a.types[0][k]}'" for a, k in zip(agents, profile, strict=True))
                where = f"first signals ({names}): what is done has a value to somebody who does not count"
                assumptions["exclusion"] = Assumption(False, where, more)
        return assumptions


def setting(
    env: Environment,
    *,
    exact: bool = False,
    forms: Mapping[str, str] | None = None,
    exclude: bool = False,
    endless: bool = False,
    effort: Effort = FLOATS,
) -> Setting:
    """The environment with its values separated.

    exact: over the rationals. forms: by agent, where the user states it. exclude: as in `Setting`. endless:
    whether it may go on for ever. effort: of which the limits count. Raises `AssumptionViolated` naming what
    fails, where and by how much: those of `first_signals`, and separable values (Property 4.1).
    """
    played = env.to_exact() if exact else env.to_float()
    numbers = played.with_everybody or played
    work, pairs = first_signals(numbers, "the virtual pivot mechanism", endless=endless)
    stated = forms_given(forms, work)
    values = tuple(separation(work, i, pairs[i], stated[i]) for i in range(work.num_agents))
    for i, separated in enumerate(values):
        if separated.form is None:
            form = stated[i] or "multiplicative or additive"
            raise AssumptionViolated(
                f"{separated.where}: values are {show(separated.residual)} off any that are {form}, and the "
                "virtual pivot mechanism needs separable ones (Kakade, Lobel and Nazerzadeh, Property 4.1)"
            )
    levels = tuple(virtual_levels(a, v) for a, v in zip(work.agents, values, strict=True))
    excludable = None if played.with_everybody is None else played
    return Setting(work, exclude, pairs, values, levels, Affine.of(work, pairs, values, effort), excludable)


def swapped(profile: Profile, i: int, k: int) -> Profile:
    """The profile with agent i's entry replaced."""
    return (*profile[:i], k, *profile[i + 1 :])


def _worst(assumptions: list[Assumption]) -> Assumption:
    failing = [one for one in assumptions if not one.holds]
    return max(failing, key=lambda one: one.by or 0) if failing else replace(assumptions[0])
