"""Non-separable values: the example in which public shocks help (Kakade, Lobel & Nazerzadeh 2011, section 7).

One buyer, one item in period 1. Her first signal s0 is on a grid of [0, 1]; the second, + or x with equal
probability, says whether the item is worth s0 + c_plus or s0 * c_times. The relaxed optimum sells at +
always and at x from s0 = 1/2 on; a buyer of type 1/2 then gains by reporting 0 and swapping her second
signal.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ..family import Family
from ..parameters import Parameter
from .grids import labels, uniform, unit_grid


def build(n: int, c_plus: Fraction, c_times: Fraction) -> Environment:
    """Two periods; period 0 only waits."""
    first = unit_grid(n)
    sold = [value for s in first for value in (s + c_plus, s * c_times)]
    buyer = Agent(
        "buyer",
        signals=signals([labels(first), ["+", "x"]], [uniform(n), uniform(2)], "buyer"),
        values=[[[0] * n], [[0] * (2 * n), sold]],
    )
    return Environment(agents=[buyer], actions=[["wait"], ["keep", "sell"]], horizon=2)


FAMILY = Family(
    name="kln-nonseparable",
    title="two signals whose values do not separate: public shocks are worth something",
    source="Kakade, Lobel & Nazerzadeh (2011), section 7, non-separable value functions",
    parameters=(
        Parameter(
            "n", "int", 5, "number of first signals, k/(n-1) with equal probability", least=2, most=10_000
        ),
        Parameter("c_plus", "rational", Fraction(2), "added to the first signal when the second is +"),
        Parameter("c_times", "rational", Fraction(10), "multiplies the first signal when the second is x"),
    ),
    build=build,
)
