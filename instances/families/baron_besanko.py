"""A regulated firm whose cost is its own knowledge, for two periods or more (Baron & Besanko 1984).

A firm produces q at the cost θ q, θ low or high, and stays so with probability a_L or a_H. Consumers have
a q − q²/2 from it, a the price at which they buy nothing, and pay the firm. A regulator who counts a firm's
profit α in 1 (objective `revenue=1,utility=α`) and commits to a policy for all periods lets it produce

    a − θ    once it has reported the low cost,    and after t + 1 reports of the high one
    max(0, a − θ_H − (1 − α) (μ_L / μ_H) ((a_L + a_H − 1) / a_H)^t (θ_H − θ_L)),

as the firm keeps only what it knew at the start. What the regulator has is the mean of Σ δ^t q²/2. With costs
that stay for good (a_L = a_H = 1) this is the static policy of Baron & Myerson (1982) again and again; with
costs that are drawn anew (a_L + a_H = 1) it is efficient from period 1 on. Below 1 the formula is no bound.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(
    horizon: int,
    low: Fraction,
    high: Fraction,
    mu_L: Fraction,
    a_L: Fraction,
    a_H: Fraction,
    choke: Fraction,
    discount: Fraction,
) -> Environment:
    """What consumers have is a negative cost. The high cost comes first, as it produces least."""
    if low >= high:
        raise InvalidInput(f"low must be below high, not {low} against {high}")
    firm = Agent(
        "firm",
        types=["high", "low"],
        prior=[1 - mu_L, mu_L],
        values=[[[-high, -low]]] * horizon,
        transitions=[[[[a_H, 1 - a_H], [1 - a_L, a_L]]]] * (horizon - 1),
    )
    return Environment(
        agents=[firm],
        actions=[{"goods": ["quantity"], "upper": [None], "quadratic": [[1]]}] * horizon,
        costs=[[-choke]] * horizon,
        discount=discount,
        horizon=horizon,
    )


FAMILY = Family(
    name="baron-besanko",
    title="a regulated firm that knows its cost, which persists: distorted less the longer ago it was",
    source="Baron & Besanko (1984), two costs, linear demand",
    parameters=(
        Parameter("horizon", "int", 2, "number of periods, each with production", least=1, most=1000),
        Parameter("low", "rational", F(1), "the low cost of a unit"),
        Parameter("high", "rational", F(2), "the high one"),
        Parameter("mu_L", "rational", F(1, 2), "probability of the low cost in period 0", least=0, most=1),
        Parameter("a_L", "rational", F(3, 4), "probability that a low cost stays low", least=0, most=1),
        Parameter("a_H", "rational", F(3, 4), "probability that a high cost stays high", least=0, most=1),
        Parameter("choke", "rational", F(4), "the price a at which consumers buy nothing"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
