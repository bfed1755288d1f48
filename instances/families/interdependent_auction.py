"""One good a period, two bidders whose values depend on both types (Liu 2014, section 3.4).

A good is worth own type + weight × other's type to a bidder, plus a premium to the first. With a weight up to
1 the bidder with the higher type values it more, and her own type matters most to herself: the generalised
VCG auction works. With a weight above 1 the good should go to the bidder with the *lower* type, who cannot be
held to say so. Types move independently and stay where they are with probability `persistence`.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(
    weight: Fraction, premium: Fraction, types: int, periods: int, persistence: Fraction, discount: Fraction
) -> Environment:
    """Types 0, 1, ..., types - 1; actions sell to the first and to the second bidder."""
    levels = np.array([F(k) for k in range(types)], dtype=object)
    nothing = np.zeros((types, types), dtype=object) + F(0)
    first = levels[:, None] + weight * levels + premium
    second = levels + weight * levels[:, None]
    move = np.full((types, types), (1 - persistence) / types, dtype=object)
    move[np.arange(types), np.arange(types)] += persistence
    return Environment(
        agents=[
            Agent(
                name,
                types=[[str(k) for k in range(types)]] * periods,
                prior=[F(1, types)] * types,
                values=[table] * periods,
                transitions=[move[None]] * (periods - 1),
            )
            for name, table in (("first", [first, nothing]), ("second", [nothing, second]))
        ],
        actions=[["to first", "to second"]] * periods,
        horizon=periods,
        discount=discount,
    )


FAMILY = Family(
    name="interdependent-auction",
    title="values that depend on both bidders' types: generalised VCG",
    source="Liu (2014), section 3.4",
    parameters=(
        Parameter("weight", "rational", F(1, 2), "weight of the other's type in a bidder's value", least=0),
        Parameter("premium", "rational", F(1, 5), "what the good is worth more to the first bidder", least=0),
        Parameter("types", "int", 3, "types of every bidder in every period", least=1, most=40),
        Parameter("periods", "int", 2, "number of periods", least=1, most=50),
        Parameter("persistence", "rational", F(1, 2), "probability that a type stays", least=0, most=1),
        Parameter("discount", "rational", F(9, 10), "discount factor", above=0, most=1),
    ),
    build=build,
)
