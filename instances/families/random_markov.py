"""Random buyers whose types stay as they are with some probability, for studies over many environments.

In every period one item can be sold to one of the buyers, each of whom has a value that increases in her
type, or be kept. With R_t(θ, ·) a random row for each type, the next type is drawn from
ρ 1{θ' = θ} + (1 − ρ) R_t(θ, θ'); without `own`, from one row for all types, so that ρ = 0 makes types
independent over time. At ρ = 1 types never change.

Numbers are halves 1/2 to 3 that values go up by from one type to the next, from 0 to 3 for the lowest; costs
of the same size; weights 1 to 4 of probabilities. Drawn with `random.Random(seed).random()` alone, whose
sequence Python promises to keep.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import accumulate

import numpy as np

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array
from ..drawing import MAX_NUMBERS
from ..family import Family
from ..parameters import Parameter

KEEP = "keep"


def build(
    seed: int, agents: int, types: int, periods: int, persistence: Fraction, own: bool, discount: Fraction
) -> Environment:
    """Agents "buyer 1", ..., whose types are "0", "1", ...; actions "keep", "sell to buyer 1", ..."""
    total = agents * periods * types * (types + agents + 1)
    if total > MAX_NUMBERS:
        raise TooLarge(f"{total} numbers, more than {MAX_NUMBERS}; choose fewer buyers, types or periods")
    chance = random.Random(seed)

    def below(n: int) -> int:
        return int(chance.random() * n)

    def row() -> list[Fraction]:
        weights = [1 + below(4) for _ in range(types)]
        return [Fraction(weight, sum(weights)) for weight in weights]

    def values(i: int) -> Array:
        worth = np.full((1 + agents, types), Fraction(0))
        steps = [below(7), *(1 + below(6) for _ in range(types - 1))]
        worth[1 + i] = [Fraction(value, 2) for value in accumulate(steps)]
        return worth

    def moves() -> Array:
        redrawn = [row() for _ in range(types)] if own else [row()] * types
        stays = np.array([[Fraction(int(k == j)) for j in range(types)] for k in range(types)])
        table: Array = persistence * stays + (1 - persistence) * np.array(redrawn)
        return table[None]

    buyers = [
        Agent(
            f"buyer {i + 1}",
            types=[f"{k}" for k in range(types)],
            prior=row(),
            values=[values(i) for _ in range(periods)],
            transitions=[moves() for _ in range(periods - 1)],
        )
        for i in range(agents)
    ]
    sold = [f"sell to {buyer.name}" for buyer in buyers]
    costs = [[Fraction(0)] + [Fraction(below(7), 2)] * agents for _ in range(periods)]
    return Environment(agents=buyers, actions=[KEEP, *sold], costs=costs, horizon=periods, discount=discount)


FAMILY = Family(
    name="random-markov",
    title="random buyers whose types stay with some probability, for studies",
    source="drawn at random",
    parameters=(
        Parameter("seed", "int", 0, "the same seed gives the same environment", least=0),
        Parameter("agents", "int", 1, "number of buyers", least=1, most=10),
        Parameter("types", "int", 3, "types of every buyer in every period", least=1, most=100),
        Parameter("periods", "int", 2, "number of periods", least=1, most=1000),
        Parameter("persistence", "rational", Fraction(1, 2), "how likely a type stays", least=0, most=1),
        Parameter("own", "bool", True, "whether every type has a row of its own that it is else drawn from"),
        Parameter("discount", "rational", Fraction(1), "discount factor", least=0, most=1),
    ),
    build=build,
)
