"""A buyer of a quantity whose outside option is worth more the higher her type: countervailing incentives.

Type j = 1, ..., n values quantity q at j q, which costs q²/2; elsewhere she can have the quantity s for a
fee, so she has s j − fee there. With U_j what she keeps beyond that, low types are tempted to claim more
(where q < s, U falls), high types less (where q > s, it rises). With equal probabilities the virtual types
are 2j − 1 and 2j − n, and

    q_j = 2j − 1 where this is below s,    2j − n where this is above s,    s between:

so that the middle of the list is pooled, at the price elsewhere (Lewis & Sappington 1989; Maggi &
Rodríguez-Clare 1995, linear outside options). What a type keeps beyond her outside option is 0 there; upwards
it grows by the q_i − s above 0 of the types i below her, downwards by the s − q_i above 0 of those above her.
Profit is the mean of

    j q_j − q_j²/2 − (s j − fee) − U_j.

By default q = 1, 3, 3, 3, 5, no rents, and profit 4/5; without an outside option q = 0, 0, 1, 3, 5 and 7/2.
Where the seller must not pay (`payments` `nonnegative`) and the fee is 0, type 1 can be left s only in kind,
and then nobody buys less: q = 3, 3, 3, 3, 5, and profit is −41/10, not −37/10.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import labels, uniform

F = Fraction


def build(types: int, most: int | None, elsewhere: Fraction, fee: Fraction) -> Environment:
    """One period; actions are quantities 0, 1, ..., most."""
    largest = types if most is None else most
    if elsewhere > largest:
        raise InvalidInput(f"elsewhere must be at most {largest}, the largest quantity here, not {elsewhere}")
    levels, quantities = [F(j + 1) for j in range(types)], [F(q) for q in range(largest + 1)]
    buyer = Agent(
        "buyer",
        types=[labels(levels)],
        prior=uniform(types),
        values=[[[level * q for level in levels] for q in quantities]],
        outside=[[elsewhere * level - fee for level in levels]],
    )
    costs = [q * q / 2 for q in quantities]
    return Environment(agents=[buyer], actions=[labels(quantities)], costs=[costs], horizon=1)


FAMILY = Family(
    name="countervailing",
    title="a buyer with more elsewhere the higher her type: pooling in the middle",
    source="Lewis & Sappington (1989); Maggi & Rodríguez-Clare (1995), linear outside options",
    parameters=(
        Parameter("types", "int", 5, "number n of types 1, 2, ..., n", least=1, most=200),
        Parameter("most", "int", None, "largest quantity; left out: n", least=1, most=200),
        Parameter("elsewhere", "rational", F(3), "quantity that she can have elsewhere", least=0),
        Parameter("fee", "rational", F(9, 2), "what she pays for it there"),
    ),
    build=build,
)
