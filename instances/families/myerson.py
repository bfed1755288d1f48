"""The static benchmark: one item, several bidders with independent values, one period (Myerson 1981)."""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction


def build(
    bidders: int,
    types: int | None,
    values: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    cost: Fraction,
) -> Environment:
    """One period; bidders are alike."""
    if types is not None and values is not None and types != len(values):
        raise InvalidInput(f"types is {types} but values has {len(values)} entries")
    count = types if types is not None else 3
    default = [F(k + 1) for k in range(count)]
    points, weights = choose(("values", "prior"), values, prior, (default, uniform(count)))
    nothing = [F(0)] * len(points)
    agents = [
        Agent(
            f"bidder {i + 1}",
            types=[labels(points)],
            prior=weights,
            values=[[points if a == i + 1 else nothing for a in range(bidders + 1)]],
        )
        for i in range(bidders)
    ]
    actions = ["keep", *[f"sell to {agent.name}" for agent in agents]]
    return Environment(agents=agents, actions=[actions], costs=[[F(0), *[cost] * bidders]], horizon=1)


FAMILY = Family(
    name="myerson",
    title="the static auction: one period, independent values",
    source="Myerson (1981), finite types",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=1, most=12),
        Parameter("types", "int", None, "number of values 1, 2, ...; left out: 3", least=1, most=10_000),
        Parameter("values", "rationals", None, "values of every bidder, in place of 1, 2, ..."),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("cost", "rational", F(0), "what the seller gives up by selling"),
    ),
    build=build,
)
