"""Bandit auctions: bidders know a first estimate, and learn more in the periods in which they have the item.

Every period the item goes to one bidder, whose posterior mean then moves, or to bidder 0, the seller, to whom
it is worth a known amount (LN, bandit auctions; Pavan, Segal & Toikka 2014). First estimates are private,
what is observed later too. The efficient policy is an index policy with bidder 0 as a safe arm. Learners are
those of `learners.py`: Normal, Beta, Gamma.

With `virtual` values are those of `learners.virtual`, and the efficient policy is the seller's in LN's
relaxed problem: the index policy again, every index less the rent of the first estimate.

LN are the lecture notes on dynamic mechanism design.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.environment.environment import Environment
from ..family import Family
from ..parameters import Parameter
from .learners import bandit
from .learners import virtual as learn_virtually
from .licensing import learners, learning_parameters

F = Fraction


def build(keep: Fraction, discount: Fraction, virtual: bool, **words: Any) -> Environment:
    """The bidders' learners, and bidder 0 as the action "keep" at the cost of minus its worth."""
    bidders = learners(**words)
    return bandit([learn_virtually(one) for one in bidders] if virtual else bidders, discount, keep)


FAMILY = Family(
    name="bandit-auction",
    title="an item for ever, bidders with private first estimates who learn from having it, and a seller",
    source="lecture notes, bandit auctions; Pavan, Segal & Toikka (2014); estimates on grids",
    parameters=(
        *learning_parameters("normal", 2, 1),
        Parameter("keep", "rational", F(1), "what the item is worth a period to the seller, bidder 0"),
        Parameter("virtual", "bool", False, "count virtual values; types remember first estimates"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, below=1),
    ),
    build=build,
)
