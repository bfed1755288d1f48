"""The uniform example of sequential screening on a grid (Courty & Li 2000; lecture notes, Theorem 3).

theta_1 = theta_0 + eps with theta_0 uniform on [0, 1] and eps on [-a, a]. In the continuum the seller
offers type theta_0 the strike price 1 - theta_0, excludes types below (1 - a)/2 and earns 1/4 + a^2/12. The
grids have one step 1/(n-1); revenue is of first order in it, so compare only at equal grids or extrapolate.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ..family import Family
from ..parameters import Parameter
from .grids import labels, symmetric_grid, uniform, unit_grid


def build(n: int, a: Fraction, cost: Fraction) -> Environment:
    """Two periods; period 0 only waits."""
    first = unit_grid(n)
    shocks = symmetric_grid(Fraction(1, n - 1), a)
    sold = [s + e for s in first for e in shocks]
    buyer = Agent(
        "buyer",
        signals=signals([labels(first), labels(shocks)], [uniform(n), uniform(len(shocks))], "buyer"),
        values=[[[0] * n], [[0] * len(sold), sold]],
    )
    return Environment(
        agents=[buyer], actions=[["wait"], ["keep", "sell"]], costs=[[0], [0, cost]], horizon=2
    )


FAMILY = Family(
    name="courty-li-uniform",
    title="a uniform first estimate plus a uniform error, on a grid",
    source="Courty & Li (2000); lecture notes, sequential screening, Theorem 3 with theta_1 = theta_0 + eps",
    parameters=(
        Parameter(
            "n",
            "int",
            5,
            "points of the first grid, k/(n-1); the errors have the same step",
            least=2,
            most=300,
        ),
        Parameter("a", "rational", Fraction(1, 2), "largest error", least=0, most=10),
        Parameter("cost", "rational", Fraction(0), "cost of the item"),
    ),
    build=build,
)
