"""Random joint processes whose correlation across time has a prescribed rank (Liu 2014, Assumptions 2 and 3).

Given the action, next profiles are drawn from a mixture over agents i and over `rank` many distributions
nu_{i,1}, ..., nu_{i,rank}; type number k of agent i mixes hers with the Bernstein weights of degree rank - 1
at x = k / (types - 1). So the rows that an agent's types foretell lie on a curve, as images of its points:

- rank = types: independent rows, spanning;
- 3 <= rank < types: dependent rows, none of them between others: convex independence without spanning;
- rank = 2 < types: rows on a line, the inner ones between the outer ones: neither;
- rank = 1: nobody's type foretells anything.

`strength` scales how far rows are from their common centre: small values make a process nearly singular.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, prod

import numpy as np

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ...solvers.linear import rank as rank_of
from ...solvers.numbers import Array
from ..drawing import Sketch
from ..family import Family
from ..parameters import Parameter
from .random_environment import Draw

F = Fraction
TRIES = 20


def build(
    seed: int,
    agents: int,
    types: int,
    actions: int,
    rank: int | None,
    strength: Fraction,
    periods: int,
    stationary: bool,
    discount: Fraction,
    rational: bool,
) -> Environment:
    """Agents "agent 1", ...; interdependent values 0, 1/2, ..., 6; no costs."""
    wanted = types if rank is None else rank
    others = types ** (agents - 1)
    if wanted > min(types, others):
        raise InvalidInput(
            f"rank must be at most {min(types, others)}: blocks have {types} rows and {others} columns"
        )
    if stationary and discount == 1:
        raise InvalidInput("discount must be below 1 where stationary")
    sketch = Sketch(
        types={f"agent {i + 1}": [f"{k}" for k in range(types)] for i in range(agents)},
        actions=[f"{a}" for a in range(actions)],
        horizon=None if stationary else periods,
        controlled=True,
        interdependent=True,
        joint=True,
    )
    sketch.check()
    draw = Draw(seed, False)
    everyone = [
        Agent(
            name,
            types=[labels] * sketch.length,
            values=[draw.values(actions, *sketch.sizes) for _ in range(sketch.length)],
        )
        for name, labels in sketch.types.items()
    ]
    tables = [
        np.stack([_transition(draw, agents, types, wanted, strength) for _ in range(actions)])
        for _ in range(sketch.moves)
    ]
    env = Environment(
        agents=everyone,
        actions=[sketch.actions] * sketch.length,
        horizon=sketch.horizon,
        discount=discount,
        process={
            "prior": draw.prior(prod(sketch.sizes)).reshape(sketch.sizes),
            "transitions": [table.reshape(actions, *sketch.sizes, *sketch.sizes) for table in tables],
        },
    )
    return env if rational else env.to_float()


def bernstein(types: int, rank: int) -> Array:
    """Weights (types, rank) on a curve: rows sum to 1, every `rank` of them are independent."""
    points = [F(k, max(1, types - 1)) for k in range(types)]
    out: Array = np.array(
        [[comb(rank - 1, j) * x**j * (1 - x) ** (rank - 1 - j) for j in range(rank)] for x in points],
        dtype=object,
    )
    return out


def _transition(draw: Draw, agents: int, types: int, rank: int, strength: Fraction) -> Array:
    """(S, S'): one action's transitions, redrawn until every agent's block has the rank."""
    weights = bernstein(types, rank)
    centre = weights.sum(axis=0) / types
    weights = centre + strength * (weights - centre)
    everyone = (types,) * agents
    for _ in range(TRIES):
        sources = draw.rows(agents, rank, prod(everyone))
        table = np.zeros((*everyone, prod(everyone)), dtype=object) + F(0)
        for i in range(agents):
            mine = weights @ sources[i] / agents
            table = table + mine.reshape(*(types if j == i else 1 for j in range(agents)), -1)
        if all(_ranks(table, i, types) == {rank} for i in range(agents)):
            moves: Array = table.reshape(prod(everyone), -1)
            return moves
    raise InvalidInput(f"{TRIES} draws gave no process of rank {rank}; try another seed")


def _ranks(table: Array, i: int, types: int) -> set[int]:
    """Ranks of agent i's blocks, one for each profile of the others; table (K, ..., K, S')."""
    agents = table.ndim - 1
    after = table.reshape(*(types,) * (2 * agents)).sum(axis=agents + i)
    blocks = np.moveaxis(after, i, agents - 1).reshape(types ** (agents - 1), types, -1)
    return {rank_of(block) for block in blocks}


FAMILY = Family(
    name="random-correlated",
    title="random joint processes of prescribed rank: what one agent's type foretells of the others",
    source="drawn at random",
    parameters=(
        Parameter("seed", "int", 0, "the same seed gives the same environment", least=0),
        Parameter("agents", "int", 2, "number of agents, all of whom report", least=2, most=6),
        Parameter("types", "int", 3, "types of every agent in every period", least=2, most=50),
        Parameter("actions", "int", 2, "number of actions", least=1, most=100),
        Parameter(
            "rank", "int", None, "independent rows in every block; left out: as many as types", least=1,
            most=50,
        ),
        Parameter(
            "strength", "rational", F(1), "how far rows are from their centre; small: nearly singular",
            above=0, most=1,
        ),
        Parameter("periods", "int", 3, "number of periods, where not stationary", least=2, most=100),
        Parameter("stationary", "bool", True, "infinite horizon; periods is then not used"),
        Parameter("discount", "rational", F(9, 10), "discount factor", above=0, most=1),
        Parameter("rational", "bool", True, "rational numbers, or the nearest doubles"),
    ),
    build=build,
)  # fmt: skip
