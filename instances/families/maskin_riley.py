"""Quantity discounts: a monopolist's prices for further units (Maskin & Riley 1984).

A buyer of type θ values the m-th unit at θ d_m, where d_1 ≥ d_2 ≥ ... ≥ 0: the value is concave. A unit costs
c. Type j buys the m-th unit where her ironed virtual type ψ_j has ψ_j d_m ≥ c. As higher types buy all that
lower ones do, this is the same as a price of its own for each unit (the demand profile), so that

    profit = Σ_m max over j of Pr(θ ≥ θ_j) (θ_j d_m − c), or 0,

for every distribution, and the highest type has what is efficient. By default types 3, 4, 5 buy 1, 3 and 4
units for 12, 32 and 37, which are 12, 32/3 and 37/4 a unit: quantity discounts. Profit is 53/3, and would be
157/6 if types were known.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, pairwise

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction
Row = tuple[Fraction, ...]


def build(values: Row, prior: Row | None, units: Row, cost: Fraction) -> Environment:
    """One period; actions are quantities 0, 1, ..."""
    for m, (one, other) in enumerate(pairwise(units)):
        if other > one:
            raise InvalidInput(f"units must fall, but the value of unit {m + 2} is {other}, after {one}")
    points, weights = choose(("values", "prior"), values, prior, (values, uniform(len(values))))
    worth = [F(0), *accumulate(units)]
    buyer = Agent(
        "buyer",
        types=[labels(points)],
        prior=weights,
        values=[[[point * total for point in points] for total in worth]],
    )
    quantities = [str(m) for m in range(len(worth))]
    costs = [m * cost for m in range(len(worth))]
    return Environment(agents=[buyer], actions=[quantities], costs=[costs], horizon=1)


FAMILY = Family(
    name="maskin-riley",
    title="nonlinear prices: further units are worth less, and are sold at a discount",
    source="Maskin & Riley (1984), finite types, whole units",
    parameters=(
        Parameter("values", "rationals", (F(3), F(4), F(5)), "types, from low to high", least=0),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", above=0),
        Parameter(
            "units", "rationals", (F(4), F(3), F(2), F(1)), "what type 1 has from each further unit", least=0
        ),
        Parameter("cost", "rational", F(7, 2), "cost c of a unit", least=0),
    ),
    build=build,
)
