"""Correlated signals: the value is the second signal alone (Kakade, Lobel & Nazerzadeh 2011, section 7).

The first signal only moves the chance of the high value, 1/4 + s0/2. Were the second signal public the
seller would take the whole surplus E[s1]; privately she cannot, provided that the low value is not 0: with
values 0 and 1 a price of 1 takes everything, and the two agree.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import labels, uniform, unit_grid


def build(n: int, low: Fraction, high: Fraction) -> Environment:
    """Two periods; period 0 only waits."""
    if low >= high:
        raise InvalidInput(f"low must be below high, not {low} against {high}")
    first = unit_grid(n)
    chance = [Fraction(1, 4) + s / 2 for s in first]
    buyer = Agent(
        "buyer",
        types=[labels(first), labels([low, high])],
        prior=uniform(n),
        values=[[[0] * n], [[0, 0], [low, high]]],
        transitions=[[[[1 - p, p] for p in chance]]],
    )
    return Environment(agents=[buyer], actions=[["wait"], ["keep", "sell"]], horizon=2)


FAMILY = Family(
    name="kln-correlated",
    title="a second signal that the first one foretells: public types are worth everything",
    source="Kakade, Lobel & Nazerzadeh (2011), section 7, correlated signals",
    parameters=(
        Parameter(
            "n", "int", 5, "number of first signals, k/(n-1) with equal probability", least=2, most=10_000
        ),
        Parameter("low", "rational", Fraction(1, 4), "the low value of the second signal"),
        Parameter("high", "rational", Fraction(1), "the high value of the second signal"),
    ),
    build=build,
)
