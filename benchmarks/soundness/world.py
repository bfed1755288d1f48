"""What nature does, read off an environment's public arrays: chances and values, looked up one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

Profile = tuple[int, ...]
History = tuple[tuple[Profile, int | None], ...]
"""For every period past: all reports (and types of observed agents) and the action, None where forgotten."""


class World:
    """One environment; all chances and amounts are rational."""

    def __init__(self, env: Any, unit: Fraction = Fraction(1)) -> None:
        self.env, self.unit = env, unit
        self.T = env.horizon
        self.n = len(env.agents)
        self.private = [i for i, a in enumerate(env.agents) if not a.observed]
        self.observed = [i for i, a in enumerate(env.agents) if a.observed]
        self.joint = env.process is not None
        self.restricted = any(a.may_report(t) is not None for a in env.agents for t in range(self.T or 0))
        self.delta = Fraction(env.discount)

    def profiles(self, t: int) -> Iterator[Profile]:
        """All profiles of types in period t."""
        return itertools.product(*(range(len(a.types[t])) for a in self.env.agents))

    def size(self, i: int, t: int) -> int:
        """How many types agent i has in period t."""
        return len(self.env.agents[i].types[t])

    def moved(self, t: int) -> bool:
        """Whether the action of period t moves types of t + 1."""
        if self.joint:
            return bool(self.env.process.transitions[t].shape[0] > 1)
        return any(a.kernels[t].table.shape[0] > 1 for a in self.env.agents)

    def remembers(self, t: int) -> bool:
        """Whether histories keep the action of period t: this or a later action moves types."""
        return any(self.moved(s) for s in range(t, self.T - 1))

    def actions(self, t: int, profile: Profile) -> list[int]:
        """Feasible actions where the observed agents' types are those of the profile."""
        table = self.env.feasible[t]
        everything = range(len(self.env.actions[t]))
        if table is None:
            return list(everything)
        at = tuple(
            profile[j] if size > 1 else 0 for j, size in zip(self.observed, table.shape[1:], strict=True)
        )
        return [a for a in everything if table[(a, *at)]]

    def worth(self, i: int, t: int, a: int, profile: Profile) -> Fraction:
        """v^i_t(a, profile), in units of money."""
        table = self.env.agents[i].values[t]
        at = tuple(k if size > 1 else 0 for k, size in zip(profile, table.shape[1:], strict=True))
        return Fraction(table[(a, *at)]) / self.unit

    def leaves(self, i: int) -> bool:
        """Whether agent i has anything elsewhere."""
        return self.env.agents[i].outside is not None

    def elsewhere(self, i: int, t: int, profile: Profile) -> Fraction:
        """What she has in a period if she is not there."""
        if not self.leaves(i):
            return Fraction(0)
        table = self.env.agents[i].outside[t][0]
        at = tuple(k if size > 1 else 0 for k, size in zip(profile, table.shape, strict=True))
        return Fraction(table[at]) / self.unit

    def net(self, i: int, t: int, a: int, profile: Profile) -> Fraction:
        """Her value less what she has elsewhere, which is what promises are about."""
        return self.worth(i, t, a, profile) - self.elsewhere(i, t, profile)

    def may(self, i: int, t: int, own: int, told: int) -> bool:
        """Whether she may report this of that type."""
        allowed = self.env.agents[i].may_report(t)
        return allowed is None or bool(allowed[own, told])

    def cost(self, t: int, a: int) -> Fraction:
        """c_t(a), in units of money."""
        return Fraction(self.env.costs[t][a]) / self.unit

    @cache  # noqa: B019
    def outside(self, i: int, t: int, profile: Profile) -> tuple[Fraction, ...]:
        """What the others have where agent i does not count, less how much that touches her, and what it is
        worth to her: the best such triple, compared entry by entry."""
        best = []
        for a in self.actions(t, profile):
            own = self.worth(i, t, a, profile)
            others = sum((self.worth(j, t, a, profile) for j in range(self.n) if j != i), -self.cost(t, a))
            triple = [others, -abs(own), own]
            for nxt, chance in self.after(t + 1, profile, a).items() if t + 1 < self.T else ():
                later = self.outside(i, t + 1, nxt)
                triple = [x + self.delta * chance * y for x, y in zip(triple, later, strict=True)]
            best.append(tuple(triple))
        return max(best)

    def row(self, i: int, t: int, a: int | None, given: tuple[int, ...], own: int) -> list[Fraction]:
        """Chances of agent i's types of period t + 1; `given`: the next types that her kernel is given."""
        kernel = self.env.agents[i].kernels[t]
        index = [a or 0, *given, own]
        at = tuple(k if size > 1 else 0 for k, size in zip(index, kernel.table.shape, strict=False))
        if kernel.deterministic:
            return [Fraction(int(k == int(kernel.table[at]))) for k in range(self.size(i, t + 1))]
        return [Fraction(v) for v in kernel.table[at]]

    @cache  # noqa: B019
    def after(self, t: int, last: Profile | None, a: int | None) -> dict[Profile, Fraction]:
        """Chances of the profiles of period t (no zeros) after a profile and an action of t - 1."""
        found: dict[Profile, Fraction] = {}
        for profile in self.profiles(t):
            chance = self._chance(t, last, a, profile)
            if chance:
                found[profile] = chance
        return found

    def _chance(self, t: int, last: Profile | None, a: int | None, profile: Profile) -> Fraction:
        env = self.env
        if self.joint:
            if t == 0:
                return Fraction(env.process.prior[profile])
            table = env.process.transitions[t - 1]
            return Fraction(table[(a or 0) if table.shape[0] > 1 else 0][last][profile])
        chance = Fraction(1)
        for i, agent in enumerate(env.agents):
            if t == 0:
                chance *= Fraction(agent.prior[profile[i]])
            else:
                assert last is not None
                given = tuple(profile[j] for j in agent.kernels[t - 1].given)
                chance *= self.row(i, t - 1, a, given, last[i])[profile[i]]
            if not chance:
                break
        return chance

    def seen(self, profile: Profile) -> tuple[int, ...]:
        """The observed agents' part of a profile."""
        return tuple(profile[j] for j in self.observed)


def put(profile: Profile, i: int, k: int) -> Profile:
    """The profile with agent i's type changed to k."""
    return (*profile[:i], k, *profile[i + 1 :])


def add(row: dict[int, Fraction], column: int, amount: Fraction) -> None:
    """Add to an entry of a row."""
    if amount:
        row[column] = row.get(column, Fraction(0)) + amount


def unit_of(env: Any) -> Fraction:
    """The largest amount of money in an environment: plain programs are solved in such units."""
    tables = [*env.costs, *(table for agent in env.agents for table in agent.values)]
    return max(
        (abs(Fraction(v)) for table in tables for v in table.ravel().tolist()), default=Fraction(1)
    ) or Fraction(1)
