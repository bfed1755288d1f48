"""Handicap auctions on a lattice (Eso & Szentes 2007; lecture notes).

Each bidder has a first estimate s0 of her value, on a grid of [0, 1], and then learns an independent error;
the value is their sum. In the continuum the seller sells premiums p(s0) = 1 - s0 in period 0 and holds a
second-price auction on value minus premium with reserve zero, as if she saw the errors.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ..family import Family
from ..parameters import Parameter
from .grids import labels, symmetric_grid, uniform, unit_grid

F = Fraction


def build(bidders: int, n: int, a: Fraction, cost: Fraction) -> Environment:
    """Two periods; period 0 only takes first reports; bidders are alike."""
    first = unit_grid(n)
    shocks = symmetric_grid(F(1, n - 1), a)
    won = [s + e for s in first for e in shocks]
    nothing = [F(0)] * len(won)
    agents = [
        Agent(
            f"bidder {i + 1}",
            signals=signals(
                [labels(first), labels(shocks)], [uniform(n), uniform(len(shocks))], f"bidder {i + 1}"
            ),
            values=[[[F(0)] * n], [won if b == i + 1 else nothing for b in range(bidders + 1)]],
        )
        for i in range(bidders)
    ]
    actions = ["keep", *[f"sell to {agent.name}" for agent in agents]]
    return Environment(
        agents=agents,
        actions=[["wait"], actions],
        costs=[[F(0)], [F(0), *[cost] * bidders]],
        horizon=2,
    )


FAMILY = Family(
    name="handicap-auction",
    title="bidders who know a first estimate, then their value: premiums, then a second-price auction",
    source="Eso & Szentes (2007); lecture notes, handicap auctions; on a lattice",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=1, most=6),
        Parameter(
            "n",
            "int",
            3,
            "points of the first grid, k/(n-1); the errors have the same step",
            least=2,
            most=50,
        ),
        Parameter("a", "rational", F(1, 2), "largest error", least=0, most=10),
        Parameter("cost", "rational", F(0), "what the seller gives up by selling"),
    ),
    build=build,
)
