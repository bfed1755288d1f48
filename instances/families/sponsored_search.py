"""Sponsored search: two advertisers who learn how well their ads sell only when shown (KLN §4.1, §6.2.2).

In every period t = 1..T one of two ads is shown, at a cost, or none. A show is worth the advertiser's
profit per purchase, which she knows, times what she believes of purchases, which moves only when her ad is
shown: each advertiser is a bandit arm.

- ``learning="arm"``: two states of belief with given moves (in purchases per ten shows, say);
- ``learning="beta"``: purchases are independent with an unknown probability, uniform on [0, 1] at the
  start; the state is the number of purchases and shows so far, the belief (purchases + 1) / (shows + 2).

With `endless` there is a show in every period for ever: types of period 0 are margins, of all others pairs of
a margin and a state, which the file says in two entries.

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter
from .separable_auction import Bidder, separable_auction, steady_bidder

F = Fraction
MARGINS = ((F(3), F(4)), (F(3), F(5)))
EVEN = (F(1, 2), F(1, 2))
BELIEFS = ((F(8), F(9)), (F(3), F(9)))
START = (F(3, 4), F(1, 4))
MOVE = ((F(1, 4), F(3, 4)), (F(0), F(1)))


def build(
    T: int, learning: str, cost: Fraction | None, discount: Fraction, endless: bool
) -> Environment:
    """T + 1 periods, or for ever; period 0 only takes reports."""
    if endless and learning != "arm":
        raise InvalidInput("endless needs learning=arm: counts of purchases and shows grow for ever")
    names = ("advertiser 1", "advertiser 2")
    if learning == "arm":
        price = cost if cost is not None else F(1)
        bidders = [
            steady_bidder(name, MARGINS[i], EVEN, START, BELIEFS[i], MOVE, 2 if endless else T)
            for i, name in enumerate(names)
        ]
    else:
        price = cost if cost is not None else F(1, 2)
        check_size(T * (T + 1), f"types in period {T}", "T")
        bidders = [_beta_bidder(name, MARGINS[i], T) for i, name in enumerate(names)]
    return separable_auction(bidders, price, discount, controlled=True, serve="show {}", endless=endless)


def _beta_bidder(name: str, margins: tuple[Fraction, ...], T: int) -> Bidder:
    """Counts (purchases, shows) with at most t - 1 shows in period t."""
    counts = [[(k, n) for n in range(t) for k in range(n + 1)] for t in range(1, T + 1)]
    belief = {(k, n): F(k + 1, n + 2) for k, n in counts[-1]}
    moves, stays = [], []
    for now, later in itertools.pairwise(counts):
        moves.append([[_step(state, after, belief[state]) for after in later] for state in now])
        stays.append([[F(int(after == state)) for after in later] for state in now])
    return Bidder(
        name,
        margins,
        EVEN,
        [[f"{k} of {n}" for k, n in period] for period in counts],
        [F(1)],
        [[belief[state] for state in period] for period in counts],
        moves,
        stays,
    )


def _step(state: tuple[int, int], after: tuple[int, int], chance: Fraction) -> Fraction:
    k, n = state
    return {(k + 1, n + 1): chance, (k, n + 1): 1 - chance}.get(after, F(0))


FAMILY = Family(
    name="sponsored-search",
    title="two advertisers who learn from being shown: bandit arms with known margins",
    source="Kakade, Lobel & Nazerzadeh (2011), sections 4.1 and 6.2.2, sponsored search; finite types",
    parameters=(
        Parameter("T", "int", 2, "periods with a show, t = 1..T (the horizon is T + 1)", least=1, most=200),
        Parameter("learning", "choice", "arm", "how beliefs move when shown", choices=("arm", "beta")),
        Parameter("cost", "rational", None, "cost of a show; left out: 1, or 1/2 for beta"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
        Parameter("endless", "bool", False, "whether there is a show in every period for ever, whatever T"),
    ),
    build=build,
)
