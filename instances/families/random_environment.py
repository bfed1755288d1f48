"""Random rational environments for tests and benchmarks: small denominators, full support unless `sparse`.

Drawn with `random.Random(seed).random()` alone, whose sequence Python promises to keep, so that a seed
means the same environment everywhere.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array
from ..drawing import Draws, Sketch
from ..family import Family
from ..parameters import Parameter


class Draw(Draws):
    """Draws of small rational tables: values 0, 1/2, ..., 6; weights 1..4, or 0..3 where sparse."""

    def __init__(self, seed: int, sparse: bool):
        self._random = random.Random(seed)
        self._sparse = sparse

    def below(self, n: int) -> int:
        """A whole number 0..n-1."""
        return int(self._random.random() * n)

    def value(self) -> Fraction:
        """One value."""
        return Fraction(self.below(13), 2)

    def weight(self) -> int:
        """One weight."""
        return self.below(4) + (0 if self._sparse else 1)

    def costs(self, actions: int) -> Array:
        """A sixth of values."""
        costs: Array = self.table(actions) / 6
        return costs

    def allowed(self, actions: int, *states: int) -> Any:
        """Three actions in four, the first always."""
        flat = [self.below(4) > 0 for _ in range(actions * int(np.prod(states)))]
        table = np.array(flat, dtype=np.bool_).reshape(actions, *states)
        table[0] = True
        return table


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
    names = [f"agent {i + 1}" for i in range(agents)] + [f"public {i + 1}" for i in range(observed)]
    sketch = Sketch(
        types={name: [f"{k}" for k in range(types)] for name in names},
        actions=[f"{a}" for a in range(actions)],
        horizon=None if stationary else periods,
        observed=observed,
        controlled=controlled,
        interdependent=not private_values,
        joint=not independent,
        given=given,
        feasible=feasible,
    )
    return sketch.draw(Draw(seed, sparse), discount=rate)


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
