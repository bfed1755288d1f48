"""Random rational environments for tests and benchmarks: small denominators, full support unless `sparse`.

Drawn with `random.Random(seed).random()` alone, whose sequence Python promises to keep, so that a seed
means the same environment everywhere.
"""

from __future__ import annotations

import random
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from ...models.environment import Agent, Environment
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array
from ..family import Family
from ..parameters import Parameter

MAX_NUMBERS = 5_000_000
"""Most numbers that a random environment may hold."""


class Draw:
    """Draws of small rational tables."""

    def __init__(self, seed: int, sparse: bool):
        self._random = random.Random(seed)
        self._sparse = sparse

    def below(self, n: int) -> int:
        """A whole number 0..n-1."""
        return int(self._random.random() * n)

    def table(self, *shape: int) -> Array:
        """Values 0, 1/2, ..., 6."""
        flat = np.empty(prod(shape), dtype=object)
        flat[:] = [Fraction(self.below(13), 2) for _ in range(flat.size)]
        return flat.reshape(shape)

    def flags(self, *shape: int) -> Any:
        """True three times in four."""
        return np.array([self.below(4) > 0 for _ in range(prod(shape))], dtype=np.bool_).reshape(shape)

    def rows(self, *shape: int) -> Array:
        """Probabilities along the last axis: weights 1..4, or 0..3 where sparse, over their sum."""
        count = prod(shape[:-1])
        flat = np.empty((count, shape[-1]), dtype=object)
        for k in range(count):
            weights = [self.below(4) + (0 if self._sparse else 1) for _ in range(shape[-1])]
            if not any(weights):
                weights[self.below(shape[-1])] = 1
            flat[k] = [Fraction(weight, sum(weights)) for weight in weights]
        return flat.reshape(shape)


def build(
    seed: int,
    agents: int,
    types: int,
    periods: int,
    actions: int,
    independent: bool,
    private_values: bool,
    controlled: bool,
    observed: int,
    given: bool,
    feasible: bool,
    stationary: bool,
    discount: Fraction | None,
    sparse: bool,
) -> Environment:
    """Agents "agent 1", ..., then observed ones "public 1", ...; actions "0", "1", ..."""
    if given and not (independent and observed):
        raise InvalidInput("given needs observed agents and independent types")
    rate = discount if discount is not None else Fraction(1, 2) if stationary else Fraction(1)
    if stationary and rate == 1:
        raise InvalidInput("discount must be below 1 where stationary")
    length = 1 if stationary else periods
    count = agents + observed
    moves = 1 if stationary else periods - 1
    width = actions if controlled else 1
    everyone = (types,) * count
    _check_numbers(length, moves, width, actions, count, types, independent, private_values, observed * given)
    draw = Draw(seed, sparse)
    made: list[Agent] = []
    for i in range(count):
        public = i >= agents
        axes = (types,) if private_values else everyone
        before = (types,) * observed if given and not public else ()
        made.append(
            Agent(
                f"public {i - agents + 1}" if public else f"agent {i + 1}",
                types=[[f"{k}" for k in range(types)]] * length,
                prior=draw.rows(types) if independent else None,
                values=[draw.table(actions, *axes) for _ in range(length)],
                transitions=[draw.rows(width, *before, types, types) for _ in range(moves)]
                if independent
                else None,
                observed=public,
                given=[f"public {j + 1}" for j in range(observed)] if before else [],
            )
        )
    process = None
    if not independent:
        size = types**count
        process = {
            "prior": draw.rows(size).reshape(everyone),
            "transitions": [
                draw.rows(width, size, size).reshape(width, *everyone, *everyone) for _ in range(moves)
            ],
        }
    return Environment(
        agents=made,
        actions=[[f"{a}" for a in range(actions)]] * length,
        costs=[draw.table(actions) / 6 for _ in range(length)],
        feasible=[_allowed(draw, actions, types, observed) for _ in range(length)] if feasible else None,
        process=process,
        discount=rate,
        horizon=None if stationary else periods,
    )


def _allowed(draw: Draw, actions: int, types: int, observed: int) -> Any:
    """Some actions barred in some public states, the first never."""
    table = draw.flags(actions, *(types,) * observed)
    table[0] = True
    return table


def _check_numbers(
    length: int,
    moves: int,
    width: int,
    actions: int,
    count: int,
    types: int,
    independent: bool,
    private_values: bool,
    given: int,
) -> None:
    axes = types if private_values else types**count
    kernels = count * types ** (2 + given) if independent else types ** (2 * count)
    total = length * count * actions * axes + moves * width * kernels
    if total > MAX_NUMBERS:
        raise TooLarge(f"{total} numbers, more than {MAX_NUMBERS}; choose fewer agents, types or actions")


FAMILY = Family(
    name="random",
    title="random rational environments for tests and comparisons",
    source="drawn at random",
    parameters=(
        Parameter("seed", "int", 0, "the same seed gives the same environment", least=0),
        Parameter("agents", "int", 2, "number of agents who report", least=1, most=20),
        Parameter("types", "int", 2, "types of every agent in every period", least=1, most=1000),
        Parameter("periods", "int", 2, "number of periods", least=1, most=1000),
        Parameter("actions", "int", 2, "number of actions", least=1, most=1000),
        Parameter("independent", "bool", True, "one kernel an agent, or one joint process"),
        Parameter("private_values", "bool", True, "values of the own type, or of all types"),
        Parameter("controlled", "bool", True, "whether actions move types"),
        Parameter("observed", "int", 0, "further agents whose types everybody sees", least=0, most=20),
        Parameter("given", "bool", False, "whether types depend on the observed agents' next types"),
        Parameter("feasible", "bool", False, "whether some actions are barred in some public states"),
        Parameter("stationary", "bool", False, "infinite horizon; periods is then not used"),
        Parameter(
            "discount",
            "rational",
            None,
            "discount factor; left out: 1, or 1/2 where stationary",
            least=0,
            most=1,
        ),
        Parameter("sparse", "bool", False, "whether some probabilities are zero"),
    ),
    build=build,
)
