"""Airline tickets: travellers who know how likely they are to fly, and later whether (Courty & Li 2000).

A leisure traveller's value is uniform on [1, 2], a business traveller's on [0, 1] and [2, 3]; she is one or
the other before she learns it, and a seat costs c. Here values are the middles of m cells of each unit. For
c ≤ 1 the airline has the whole surplus,

    λ (3/2 − c) + (1 − λ) (E max(θ, c) − c),

λ the share of leisure travellers, by two tickets: one at 3/2 without a refund, which leaves a business
traveller nothing either, and a dearer one at E max(θ, c) that refunds c, of no use to those who fly always.
With c = 1 that is 3/4 − λ/4, of every m: 2/3 in the paper, twice the 1/3 (here 1/3 + 1/6m) that is had from
the best price, 2, once values are known. The business traveller's value is the more spread one, not the
higher: types are not ordered by dominance.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import labels

F = Fraction


def build(cells: int, leisure: Fraction, cost: Fraction) -> Environment:
    """Two periods; period 0 only takes bookings."""
    fares = [F(2 * j + 1, 2 * cells) for j in range(3 * cells)]
    middle = [F(int(1 < fare < 2), cells) for fare in fares]
    ends = [F(int(not 1 < fare < 2), 2 * cells) for fare in fares]
    traveller = Agent(
        "traveller",
        types=[["leisure", "business"], labels(fares)],
        prior=[leisure, 1 - leisure],
        values=[[[0, 0]], [[0] * len(fares), fares]],
        transitions=[[[middle, ends]]],
    )
    return Environment(
        agents=[traveller], actions=[["book"], ["stay", "fly"]], costs=[[0], [0, cost]], horizon=2
    )


FAMILY = Family(
    name="airline-tickets",
    title="travellers who learn whether they want to fly: tickets with and without refunds",
    source="Courty & Li (2000), the example of the introduction, on a grid",
    parameters=(
        Parameter("cells", "int", 2, "number m of values in each unit of [0, 3]", least=1, most=200),
        Parameter("leisure", "rational", F(1, 3), "share of leisure travellers", least=0, most=1),
        Parameter("cost", "rational", F(1), "cost c of a seat", least=0),
    ),
    build=build,
)
