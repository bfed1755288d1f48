"""Two items of which the second lets any balance be spent: its price does not matter (MPTZ App. C.2).

The second value is eps 2^k with probability 2^-(k + 1), the tail at the top: every one of these prices
earns eps. To whoever knows that it comes, the first item is best given away; else it is best sold.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose
from .items_over_time import Distribution, items

F = Fraction


def equal_revenue(eps: Fraction, doublings: int) -> Distribution:
    """Values eps, 2 eps, ..., each of which earns eps as a price."""
    weights = [F(1, 2 ** (k + 1)) for k in range(doublings)] + [F(1, 2**doublings)]
    return [eps * 2**k for k in range(doublings + 1)], weights


def build(
    values: tuple[Fraction, ...] | None, prior: tuple[Fraction, ...] | None, eps: Fraction, doublings: int
) -> Environment:
    """One buyer, two periods."""
    default = [F(1), F(2), F(4)], [F(2, 5), F(1, 5), F(2, 5)]
    first = choose(("values", "prior"), values, prior, default)
    return items([[first], [equal_revenue(eps, doublings)]])


FAMILY = Family(
    name="give-then-spend",
    title="a first item, and one with equal revenue at every price",
    source="MPTZ App. C.2, Theorem 5.1",
    parameters=(
        Parameter("values", "rationals", None, "values of the first item; left out: 1,2,4", least=0),
        Parameter(
            "prior", "rationals", None, "their probabilities; left out: equal, or 2/5,1/5,2/5", above=0
        ),
        Parameter("eps", "rational", F(1, 2), "what the second item earns at every price", above=0),
        Parameter("doublings", "int", 16, "of the second item's value", least=0, most=60),
    ),
    build=build,
)
