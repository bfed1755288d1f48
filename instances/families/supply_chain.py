"""Supply chain: two retailers who know their margins and learn their demands (KLN §4.1).

In every period t = 1..T a manufacturer makes one batch, at a cost, for one of two retailers or for none. A
batch is worth margin times demand; demand is low or high, keeps its level with probability `stay` (1/2:
independent over time) and does not depend on who is served.

KLN is Kakade, Lobel & Nazerzadeh (2011). The variants are finite data for Theorem 5.1: the weighted-welfare
action does not change between neighbouring margins in `exact` and `excluded`, where the lowest margin has
virtual value 0 and is never served; it does in `kinked` and `kinked-excluded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ...models.environment.environment import Environment
from ..family import Family
from ..parameters import Parameter
from .separable_auction import separable_auction, steady_bidder
from .variants import complete, varied

F = Fraction


@dataclass(frozen=True)
class SupplyChainData:
    """Margins with their probabilities and demand levels, one entry a retailer, and the cost of a batch."""

    margins: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    priors: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    demands: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    cost: Fraction


HALVES = (F(1, 2),) * 2
THIRDS = (F(1, 3),) * 3
SKEWED = (F(4, 5), F(1, 5))
VARIANTS = {
    "exact": SupplyChainData(
        ((F(3), F(4)), (F(3), F(5))), (HALVES, HALVES), ((F(1), F(9)), (F(3), F(7))), F(5)
    ),
    "excluded": SupplyChainData(
        ((F(2), F(3), F(4)),) * 2, (THIRDS, THIRDS), ((F(2), F(7)), (F(3), F(5))), F(2)
    ),
    "kinked": SupplyChainData(((F(2), F(3)),) * 2, (SKEWED, SKEWED), ((F(5), F(6)),) * 2, F(10)),
    "kinked-excluded": SupplyChainData(
        ((F(2), F(3), F(4)),) * 2, (THIRDS, THIRDS), ((F(3), F(4)), (F(2), F(5))), F(2)
    ),
}


def build(variant: str, T: int, stay: Fraction, cost: Fraction | None, discount: Fraction) -> Environment:
    """T + 1 periods; period 0 only takes reports."""
    data = complete(VARIANTS[variant], {"cost": cost})
    move = [[stay, 1 - stay], [1 - stay, stay]]
    retailers = [
        steady_bidder(f"retailer {i + 1}", data.margins[i], data.priors[i], HALVES, data.demands[i], move, T)
        for i in range(2)
    ]
    return separable_auction(retailers, data.cost, discount, controlled=False, serve="supply {}")


FAMILY = Family(
    name="supply-chain",
    title="two retailers with known margins and moving demands; nothing the seller does moves them",
    source="Kakade, Lobel & Nazerzadeh (2011), section 4.1, supply chain; finite types",
    parameters=(
        Parameter("variant", "choice", "exact", "which data", choices=tuple(VARIANTS)),
        Parameter("T", "int", 2, "periods with a batch, t = 1..T (the horizon is T + 1)", least=1, most=200),
        Parameter("stay", "rational", F(1, 2), "probability that demand keeps its level", least=0, most=1),
        varied("cost", "rational", "cost of a batch"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
