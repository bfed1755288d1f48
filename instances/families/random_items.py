"""Items sold over time with random rational distributions, for tests and comparisons (MPTZ's setting)."""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .items_over_time import Distribution, items
from .random_environment import Draw

F = Fraction


def build(seed: int, buyers: int, types: int, periods: int, top: int) -> Environment:
    """Distinct whole values 0..top and probabilities with weights 1..4."""
    if types > top + 1:
        raise InvalidInput(f"types is {types}, but there are only {top + 1} values 0..{top}")
    draw = Draw(seed, sparse=False)

    def distribution() -> Distribution:
        left = list(range(top + 1))
        values = sorted(left.pop(draw.below(len(left))) for _ in range(types))
        return [F(v) for v in values], list(draw.rows(types))

    return items([[distribution() for _ in range(buyers)] for _ in range(periods)])


FAMILY = Family(
    name="random-items",
    title="items sold over time, distributions drawn at random",
    source="drawn at random, in the setting of MPTZ Section 3",
    parameters=(
        Parameter("seed", "int", 0, "the same seed gives the same environment", least=0),
        Parameter("buyers", "int", 1, "number of buyers", least=1, most=12),
        Parameter("types", "int", 3, "values of every buyer in every period", least=1, most=100),
        Parameter("periods", "int", 3, "number of items", least=1, most=1000),
        Parameter("top", "int", 9, "largest value that can be drawn", least=1, most=1_000_000),
    ),
    build=build,
)
