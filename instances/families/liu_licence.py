"""Two licences sold one after the other (Liu 2014, section 3.1).

Firm 1 learns how much oil lies in area 1, firm 2 how much lies in area 2; the oil is 4 or 6 in either, and
the two are correlated. With oil s the licence is worth 2s - 1 to firm 1 and 3s - 6 to firm 2. Sold alone the
first licence cannot go where it is worth more, because firm 1 would have to give it up for good news; what
firm 2 reports about area 2 later holds firm 1 to the truth.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter

OIL = (4, 6)
F = Fraction


def build(same: Fraction, discount: Fraction) -> Environment:
    """Period t sells the licence of area t + 1, about which firm t + 1 alone knows something."""
    first = [[2 * s - 1 for s in OIL], [0] * 2]
    second = [[0] * 2, [3 * s - 6 for s in OIL]]
    chance = [[2 * same, 1 - 2 * same], [1 - 2 * same, 2 * same]]
    levels, nothing = [str(s) for s in OIL], ["nothing"]
    return Environment(
        agents=[
            Agent(
                "firm 1",
                types=[levels, nothing],
                values=[[[[v] for v in row] for row in first], [[row] for row in first]],
            ),
            Agent(
                "firm 2",
                types=[nothing, levels],
                values=[[[[v] for v in row] for row in second], [[row] for row in second]],
            ),
        ],
        actions=[["to firm 1", "to firm 2"]] * 2,
        horizon=2,
        discount=discount,
        process={
            "prior": [[F(1, 2)], [F(1, 2)]],
            "transitions": [[[[[row]] for row in chance]]],
        },
    )


FAMILY = Family(
    name="liu-licence",
    title="two licences: a later report about one holds the bidder for the other to the truth",
    source="Liu (2014), section 3.1",
    parameters=(
        Parameter(
            "same",
            "rational",
            F(3, 8),
            "probability that both areas hold 4, and that both hold 6; 1/4 is independence",
            least=0,
            most=F(1, 2),
        ),
        Parameter("discount", "rational", F(1), "discount factor between the sales", above=0, most=1),
    ),
    build=build,
)
