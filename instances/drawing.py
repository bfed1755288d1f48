"""Random environments: how large they are, what numbers are drawn, and in which order.

A seed means an environment, so the order of the draws is part of what it means. Whoever draws environments
says which numbers there are (a kind of `Draws`) and how large the environment is (a `Sketch`); the tables,
and what they make together, are the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from ..models.environment.environment import Agent, Environment
from ..solvers.errors import TooLarge
from ..solvers.numbers import Array

MAX_NUMBERS = 5_000_000
"""Most numbers that a random environment may hold."""


class Draws(ABC):
    """Small rational tables, drawn one number after another, the last axis fastest."""

    @abstractmethod
    def below(self, n: int) -> int:
        """A whole number 0..n-1."""

    @abstractmethod
    def value(self) -> Fraction:
        """What an action is worth."""

    @abstractmethod
    def weight(self) -> int:
        """Of a probability, beside the others of its row; where all are 0, one of them becomes 1."""

    def table(self, *shape: int) -> Array:
        """Values."""
        flat = np.empty(prod(shape), dtype=object)
        flat[:] = [self.value() for _ in range(flat.size)]
        return flat.reshape(shape)

    def rows(self, *shape: int) -> Array:
        """Probabilities along the last axis: weights over their sum."""
        count = prod(shape[:-1])
        flat = np.empty((count, shape[-1]), dtype=object)
        for k in range(count):
            weights = [self.weight() for _ in range(shape[-1])]
            if not any(weights):
                weights[self.below(shape[-1])] = 1
            flat[k] = [Fraction(weight, sum(weights)) for weight in weights]
        return flat.reshape(shape)

    def values(self, *shape: int) -> Array:
        """What the actions, the first axis, are worth to an agent."""
        return self.table(*shape)

    def prior(self, size: int) -> Array:
        """Probabilities of the first types."""
        return self.rows(size)

    @abstractmethod
    def costs(self, actions: int) -> Array:
        """What the actions cost."""

    @abstractmethod
    def allowed(self, actions: int, *states: int) -> Array:
        """Which actions are feasible in which public states."""


@dataclass(frozen=True)
class Sketch:
    """What a random environment looks like.

    types: labels by name of every agent, in every period; observed: the last so many are. horizon: None is
    stationary. given: whether the others' types depend on the next types of the observed. laws_first: whether
    an agent's prior is drawn before her values, and only where there is no joint process; else her prior
    comes after her transitions, and is drawn in any case.
    """

    types: Mapping[str, Sequence[str]]
    actions: Sequence[str]
    horizon: int | None
    observed: int = 0
    controlled: bool = False
    interdependent: bool = False
    joint: bool = False
    given: bool = False
    feasible: bool = False
    laws_first: bool = True

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of types."""
        return tuple(map(len, self.types.values()))

    @property
    def public(self) -> tuple[str, ...]:
        """Names of the observed agents."""
        return tuple(self.types)[len(self.types) - self.observed :]

    @property
    def states(self) -> tuple[int, ...]:
        """Numbers of types of the observed agents."""
        return self.sizes[len(self.types) - self.observed :]

    @property
    def length(self) -> int:
        """Number of periods that there is data for."""
        return 1 if self.horizon is None else self.horizon

    @property
    def moves(self) -> int:
        """Number of transitions that there is data for."""
        return 1 if self.horizon is None else self.horizon - 1

    @property
    def width(self) -> int:
        """Number of actions that move types apart."""
        return len(self.actions) if self.controlled else 1

    def seen(self, name: str) -> tuple[int, ...]:
        """Numbers of types of the observed agents that an agent's transitions depend on."""
        private = name not in self.public
        return self.states if self.given and private else ()

    def check(self) -> None:
        """Raise `TooLarge` where there are more than `MAX_NUMBERS` numbers."""
        everyone = prod(self.sizes)
        values = sum(everyone if self.interdependent else size for size in self.sizes)
        kernels = sum(prod(self.seen(name)) * len(own) ** 2 for name, own in self.types.items())
        moves = self.moves * self.width * (everyone**2 if self.joint else kernels)
        total = self.length * len(self.actions) * values + moves
        if total > MAX_NUMBERS:
            raise TooLarge(f"{total} numbers, more than {MAX_NUMBERS}; choose fewer agents, types or actions")

    def draw(self, draws: Draws, **more: Any) -> Environment:
        """The environment; more: its discount, and what else `Environment` takes. Raises as `check`."""
        self.check()
        agents = [self._agent(name, draws) for name in self.types]
        process = None
        if self.joint:
            size = prod(self.sizes)
            process = {
                "prior": draws.prior(size).reshape(self.sizes),
                "transitions": [
                    draws.rows(self.width, size, size).reshape(self.width, *self.sizes, *self.sizes)
                    for _ in range(self.moves)
                ],
            }
        actions, periods = len(self.actions), range(self.length)
        return Environment(
            agents=agents,
            actions=[self.actions] * self.length,
            costs=[draws.costs(actions) for _ in periods],
            feasible=[draws.allowed(actions, *self.states) for _ in periods] if self.feasible else None,
            process=process,
            horizon=self.horizon,
            **more,
        )

    def _agent(self, name: str, draws: Draws) -> Agent:
        size, before = len(self.types[name]), self.seen(name)
        axes = self.sizes if self.interdependent else (size,)
        alone = not (self.joint and self.laws_first)
        prior = draws.prior(size) if alone and self.laws_first else None
        values = [draws.values(len(self.actions), *axes) for _ in range(self.length)]
        moves = [draws.rows(self.width, *before, size, size) for _ in range(self.moves)] if alone else None
        if not self.laws_first:
            prior = draws.prior(size)
        return Agent(
            name,
            types=[self.types[name]] * self.length,
            prior=None if self.joint else prior,
            values=values,
            transitions=None if self.joint else moves,
            observed=name in self.public,
            given=self.public if before and not self.joint else (),
        )
