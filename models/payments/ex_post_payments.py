"""Payments that depend on one period's reports alone: what holds an agent to the truth at every profile.

Given the others' types an agent's report picks an action; V(a, θ) is what she then makes of it, continuation
included, and D(a, θ) what everybody else does. Payments p(r) hold her to the truth where

    V(a(θ), θ) − p(θ) ≥ V(a(r), θ) − p(r)   for all types θ and reports r:

potentials in the graph of lies, which exist where no ring of lies gains in total (Rochet). On ordered types
there are payments by *critical types*: walking up, the payment changes where the action does, from a to b, by

- ``externality``: D(a, x) − D(b, x) at the first type x that brings b, LIU equation (4);
- ``upper``: V(b, x) − V(a, x), after which that type is indifferent, the most that it can bear;
- ``lower``: V(b, y) − V(a, y) at the last type y before, the least that holds it back.

Anything between lower and upper will do for neighbours. The first type pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ...solvers.numbers import Array, Bools, Ints, Number, show, to_float
from ...solvers.short import Short
from ..environment.environment import Environment, labels_of_others
from .cycles import negative_ring, shortest_paths

CRITICAL = ("externality", "upper", "lower")


@dataclass(frozen=True)
class Ring:
    """Types of an agent whose lies, each about the next, gain in total whatever is charged.

    others: names and types; length: minus the gain, negative.
    """

    agent: str
    others: dict[str, str]
    types: tuple[str, ...]
    length: Number

    @property
    def sentence(self) -> str:
        """The ring as a person reads it, without a full stop."""
        ring = " → ".join([*self.types, self.types[0]])
        given = ", ".join(f"{name} '{label}'" for name, label in self.others.items())
        return (
            f"given {given or 'nobody else'}, the lies {ring} of agent '{self.agent}' together gain "
            f"{show(-self.length)} whatever is charged"
        )


@dataclass(frozen=True, eq=False, repr=False)
class ReportOutcomes(Short):
    """What the reports of agent `agent` in period `period` bring about.

    profile: (X, K) profile of the others' types x and the own type. action: (X, K) the action after it.
    own: (A, S) V, of every action at every profile.
    """

    environment: Environment
    agent: int
    period: int
    profile: Ints
    action: Ints
    own: Array

    @cached_property
    def gain(self) -> Array:
        """(X, K, K): V of the action after report r (last axis) less V after the truth, payments aside."""
        worth = self.own[self.action[:, None, :], self.profile[:, :, None]]
        types = np.arange(self.profile.shape[1])
        gain: Array = worth - worth[:, types, types][:, :, None]
        return gain

    def critical(self, rule: str, others: Array) -> Array:
        """(X, K): payments by critical types, by a rule of `CRITICAL`; others: D (A, S)."""
        before, after = self.action[:, :-1], self.action[:, 1:]
        at = self.profile[:, :-1] if rule == "lower" else self.profile[:, 1:]
        if rule == "externality":
            rise = others[before, at] - others[after, at]
        else:
            rise = self.own[after, at] - self.own[before, at]
        return np.concatenate([0 * self.gain[:, :1, 0], np.cumsum(rise, axis=1)], axis=1)

    def held(self, paid: Array, slack: Number = 0) -> Bools:
        """(X,): whether payments (X, K) leave no lie a gain of more than `slack`."""
        gain = self.gain + paid[:, :, None] - paid[:, None, :]
        return np.asarray(np.asarray(gain <= slack, dtype=bool).all(axis=(1, 2)), dtype=bool)

    @cached_property
    def distances(self) -> Array:
        """(X, K, K): shortest paths in the graph of lies, p(θ) ≤ p(r) − gain(θ, r) an arc from r to θ."""
        return shortest_paths(-self.gain.swapaxes(1, 2))

    @property
    def rings(self) -> Array:
        """(X,): the shortest ring of lies, negative where no payments will do."""
        types = np.arange(self.profile.shape[1])
        shortest: Array = self.distances[:, types, types].min(axis=1)
        return shortest

    def potentials(self) -> Array:
        """(X, K): payments by shortest paths from the first type."""
        payments: Array = self.distances[:, 0]
        return payments

    def worst_ring(self) -> Ring:
        """Lies of the shortest ring, each type reporting the next."""
        x = int(np.argmin(to_float(self.rings)))
        lengths = -self.gain[x].T
        # The arc r → θ is the lie of θ about r, so the lies run backwards.
        ring = negative_ring(lengths, range(len(lengths)), 0)[-2::-1]
        total = sum((lengths[r, own] for own, r in pairwise([*ring, ring[0]])), 0 * lengths[0, 0])
        agent = self.environment.agents[self.agent]
        types = tuple(agent.types[self.period][k] for k in ring)
        return Ring(agent.name, self.others_labels(x), types, total)

    def others_labels(self, x: int) -> dict[str, str]:
        """Names and types of the others."""
        return labels_of_others(self.environment, self.agent, self.period, int(self.profile[x, 0]))


def reports(env: Environment, i: int, t: int, policy: Ints, own: Array) -> ReportOutcomes:
    """What agent i's reports bring about where policy (S,) follows, each action worth own (A, S) to her."""
    types = env.types(t)
    profile = np.moveaxis(np.arange(len(policy)).reshape(types), i, -1).reshape(-1, types[i])
    return ReportOutcomes(env, i, t, profile, policy[profile], own)
