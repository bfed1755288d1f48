"""Two persistent types over many periods (Battaglini 2005; lecture notes, Markov environments).

A buyer's type is low or high and stays so with probability a_L or a_H. In every period the seller sells a
unit at a unit cost, or, with `quadratic`, a divisible quantity q at the cost q^2 / 2. With a_L + a_H >= 1
quantities are efficient after any high report, and after t + 1 low ones short of efficiency by (mu_H /
mu_L) ((a_L + a_H - 1) / a_L)^t (theta_H - theta_L): distortions vanish. Below 1 that formula is no bound.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(
    horizon: int,
    low: Fraction | None,
    high: Fraction | None,
    mu_H: Fraction,
    a_L: Fraction,
    a_H: Fraction,
    discount: Fraction,
    cost: Fraction | None,
    quadratic: bool,
) -> Environment:
    """One buyer, the same two types in every period."""
    below = low if low is not None else F(1) if quadratic else F(2)
    above = high if high is not None else below + 1
    unit_cost = cost if cost is not None else F(0) if quadratic else F(8, 5)
    if below >= above:
        raise InvalidInput(f"low must be below high, not {below} against {above}")
    actions: Any = (
        {"goods": ["quantity"], "upper": [None], "quadratic": [[1]]} if quadratic else ["keep", "sell"]
    )
    values = [[below, above]] if quadratic else [[0, 0], [below, above]]
    buyer = Agent(
        "buyer",
        types=["low", "high"],
        prior=[1 - mu_H, mu_H],
        values=[values] * horizon,
        transitions=[[[[a_L, 1 - a_L], [1 - a_H, a_H]]]] * (horizon - 1),
    )
    return Environment(
        agents=[buyer],
        actions=[actions] * horizon,
        costs=[[unit_cost] if quadratic else [0, unit_cost]] * horizon,
        discount=discount,
        horizon=horizon,
    )


FAMILY = Family(
    name="two-type-markov",
    title="two persistent types: distortions that vanish along low reports",
    source="Battaglini (2005); lecture notes, Markov environments",
    parameters=(
        Parameter("horizon", "int", 2, "number of periods, each with a sale", least=1, most=1000),
        Parameter("low", "rational", None, "value of the low type; left out: 2, or 1 where quadratic"),
        Parameter("high", "rational", None, "value of the high type; left out: 1 above the low one"),
        Parameter("mu_H", "rational", F(2, 5), "probability of the high type in period 0", least=0, most=1),
        Parameter("a_L", "rational", F(2, 3), "probability that a low type stays low", least=0, most=1),
        Parameter("a_H", "rational", F(3, 4), "probability that a high type stays high", least=0, most=1),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
        Parameter("cost", "rational", None, "cost per unit; left out: 8/5, or 0 where quadratic"),
        Parameter(
            "quadratic", "bool", False, "whether a divisible quantity q is sold at the further cost q^2/2"
        ),
    ),
    build=build,
)

BATTAGLINI = FAMILY.renamed(
    "battaglini",
    "a supply contract: quantities for a buyer whose two types persist",
    "Battaglini (2005), two types, quadratic cost",
    quadratic=True,
)
"""Of divisible quantities, as in the paper."""
