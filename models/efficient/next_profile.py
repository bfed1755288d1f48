"""The law of a period's profile given the last one, whose action the policy gives: one factor an agent.

Given what everybody sees, types are independent, so that an expectation over some agents' types is a chain of
weighted sums along their own axes. Unlike the contractions of `solvers/algorithms/moves.py` this keeps the
profiles of both periods apart, S S' entries, as mechanisms do that remember the last profile.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment


@dataclass(frozen=True, eq=False, repr=False)
class NextProfile(Short):
    """laws[j]: probability of agent j's type by last profile and what it depends on, (M, 1s but K_j and the
    types seen that her kernel is given); M is 1 in period 0, where there is no last profile."""

    environment: Environment
    sizes: tuple[int, ...]
    laws: tuple[Array, ...]

    @classmethod
    def first(cls, env: Environment) -> NextProfile:
        """The profile of period 0."""
        return cls._of(env, 0, np.zeros(1, dtype=np.int64), [np.zeros(1, dtype=np.int64)] * env.num_agents)

    @classmethod
    def after(cls, env: Environment, t: int, policy: Ints) -> NextProfile:
        """The profile that follows one of period t, where the policy (S,) is followed."""
        last = np.unravel_index(np.arange(len(policy)), env.types(t))
        return cls._of(env, t + 1, policy, list(last))

    @classmethod
    def _of(cls, env: Environment, t: int, action: Ints, last: list[Ints]) -> NextProfile:
        sizes = env.types(min(t, env.periods - 1))
        grid = np.ogrid[tuple(slice(k) for k in (len(action), *sizes))]
        column = (slice(None), *[None] * len(sizes))
        laws = []
        for j, agent in enumerate(env.agents):
            kernel = agent.law(t)
            given = [grid[1 + k] for k in kernel.given]
            laws.append(kernel.probability(action[column], given, last[j][column], grid[1 + j]))
        return cls(env, sizes, tuple(laws))

    @property
    def memory(self) -> int:
        """Number of last profiles M."""
        return len(self.laws[0])

    def averaged(self, values: Array, unknown: Collection[int]) -> Array:
        """(M, K or 1 an agent): the expectation of values, (M or 1, S) or of that shape, over the types of
        unknown agents given all others' types. Nobody else's kernel may be given an unknown one's."""
        grid = values if values.ndim > 2 else values.reshape(len(values), *self.sizes)
        for j in unknown:
            grid = (grid * self.laws[j]).sum(axis=1 + j, keepdims=True)
        return grid

    def reached(self, known: Collection[int]) -> Bools:
        """(M, K or 1 an agent): which types of these agents come about together."""
        together = np.ones((1,) * (1 + len(self.sizes)), dtype=np.bool_)
        for j in known:
            together = together & np.asarray(self.laws[j] > 0)
        return together

    def flat(self, values: Array) -> Array:
        """(M, S) from (M, K or 1 an agent)."""
        full = np.broadcast_to(values, (self.memory, *self.sizes))
        return full.reshape(self.memory, math.prod(self.sizes))
