"""Correlation within period 0: the conditions of Crémer and McLean (1985, 1988) on the first beliefs.

What an agent believes of the others when she first reports, from the joint prior π and given what everybody
sees, the observed agents' types θ^o:

    β^i(θ^{-i} | θ^i, θ^o) = π(θ) / Σ_{θ^{-i}} π(θ),   one row a type θ^i, one column a profile of the others.

One block an agent and public state of positive probability; types that have probability 0 there believe
nothing and have no row. Where rows are linearly independent (spanning), side bets on the others' reports take
any rent of a static auction while truth is dominant; where none is a convex combination of the others, while
truth is optimal on average. Independent priors make all rows equal, and both fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...solvers.effort import Effort
from ...solvers.numbers import Array
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from .convex_independence import ConvexIndependence, convex_independence
from .spanning import Spanning, spanning


@dataclass(frozen=True, eq=False, repr=False)
class StaticBlock(Short):
    """One agent's beliefs given one public state.

    agent: index; public: names and types of the observed agents; types: (K,) labels of her probable types.
    rows: (K, Y) beliefs. convex, spanning: verdicts on this one matrix.
    """

    agent: int
    public: dict[str, str]
    types: tuple[str, ...]
    rows: Array
    convex: ConvexIndependence
    spanning: Spanning


@dataclass(frozen=True, eq=False, repr=False)
class Static(Short):
    """All blocks of period 0."""

    blocks: tuple[StaticBlock, ...]

    @property
    def convex_independence(self) -> bool:
        """Whether no belief is a mixture of other types' beliefs, for all agents and public states."""
        return all(bool(block.convex.holds.all()) for block in self.blocks)

    @property
    def spanning(self) -> bool:
        """Whether beliefs are linearly independent, for all agents and public states."""
        return all(bool(block.spanning.holds.all()) for block in self.blocks)


def static_correlation(env: Environment, effort: Effort, distances: bool) -> Static | None:
    """The conditions within period 0; None where fewer than two agents report, with nothing to believe.

    Rational environments give exact verdicts; by an exact effort exact distances too. distances: as in
    `spanning`. Raises `OutOfTime`.
    """
    if len(env.private) < 2:
        return None
    prior = joint_prior(env)
    return Static(
        tuple(block for i in env.private for block in _blocks(env, i, prior, effort, distances))
    )


def _blocks(
    env: Environment, i: int, prior: Array, effort: Effort, distances: bool
) -> Iterator[StaticBlock]:
    others = [j for j in env.private if j != i]
    seen = [env.types(0)[j] for j in env.observed]
    size, agent = env.types(0)[i], env.agents[i]
    states = int(np.prod(seen, dtype=np.int64))
    joint = prior.transpose([*env.observed, i, *others]).reshape(states, size, -1)
    for state, weights in enumerate(joint):
        mass = weights.sum(axis=1)
        probable = np.flatnonzero(mass > 0)
        if not probable.size:
            continue
        digits = np.unravel_index(state, seen) if seen else ()
        public = {
            env.agents[j].name: env.agents[j].types[0][int(k)]
            for j, k in zip(env.observed, digits, strict=True)
        }
        rows = weights[probable] / mass[probable][:, None]
        yield StaticBlock(
            i,
            public,
            tuple(agent.types[0][int(k)] for k in probable),
            rows,
            convex_independence(rows[None], effort),
            spanning(rows[None], effort, distances),
        )
