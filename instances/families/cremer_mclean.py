"""One item, bidders whose values tell of each other's: the whole surplus, and the lottery that takes it.

With probability `alike` all have the same value, else each draws her own. Where beliefs are independent,
`alike` > 0, a bidder of each type can be charged by a bet on the others' reports, worth nothing to her and a
loss to every other type, so revenue is the first best (Crémer & McLean 1988, Theorem 2). Bets grow without
bound as `alike` falls towards 0, where nothing is left of them; whose payments are bounded may have to be
left a rent.

Two bidders, values l < h, a = (1 + alike)/2 the probability of the other's being the same. A low type pays P
where both are low and P' where the other is high, and is left nothing: a P + (1 − a) P' = a l/2. A high type
who says she is low then keeps h (1 − a)/2 − (1 − a) P − a P', which is

    R(P) = {[h (1 − a)² − l a²]/2 + (2a − 1) P} / (1 − a).

So the first best is had with P = −B*, B* = [h (1 − a)² − l a²]/(2 (2a − 1)), and the least subsidy that takes
all is B* where it is positive. With `payments` −B..h, B < B*, the high type has to be left R(−B), and where l
a ≥ h (1 − a)² low types are worth it all the same: revenue is the first best less R(−B). By default B* =
11/32 and the first best 49/16; without subsidies (B = 0) revenue is 49/16 − 11/48 = 17/6.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...models.environment.environment import Agent, Environment
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import labels

F = Fraction


def build(bidders: int, values: tuple[Fraction, ...], alike: Fraction) -> Environment:
    """One period; every value is as likely as the others."""
    count = len(values)
    check_size(count**bidders, "profiles of values", "number of them or of bidders")
    process = np.full((count,) * bidders, (1 - alike) / count**bidders, dtype=object)
    process[(np.arange(count),) * bidders] += alike / count
    names = [f"bidder {i + 1}" for i in range(bidders)]
    agents = [
        Agent(
            name,
            types=[labels(values)],
            values=[[values if winner == name else [0] * count for winner in ("keep", *names)]],
        )
        for name in names
    ]
    actions = ["keep", *[f"sell to {name}" for name in names]]
    return Environment(agents=agents, actions=[actions], process={"prior": process}, horizon=1)


FAMILY = Family(
    name="cremer-mclean",
    title="bidders whose values tell of each other's: the whole surplus, by bets that may be too large",
    source="Crémer & McLean (1988), Theorem 2, one item",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=2, most=6),
        Parameter("values", "rationals", (F(1), F(4)), "what the item may be worth to each of them"),
        Parameter("alike", "rational", F(1, 4), "how often all draw one value together", least=0, most=1),
    ),
    build=build,
)
