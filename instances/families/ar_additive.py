"""An item a period among bidders whose values are autoregressive: additively separable (KLN §4.1, AR(k)).

Bidder i's value of the item of period t = 1..T is

    v_i1 = s_i0,     v_it = Σ_{τ=1..k} γ_τ v_i,t−τ + η_it,     v_iτ = 0 for τ < 1,

η_it one of a few shocks, independent of all else, that she learns in period t. Written out, v_it = C_t s_i0 +
B_it: C_t follows the recursion from 1 without shocks, and B_it from 0 with them. What she knows at the start
shifts all later values, by less and less where the process forgets. In KLN's example the item moves the
process of whoever gets it; here it moves in every period and actions move nothing, so that C_t is a number
(theirs depends on how often she was served). A type of period t ≥ 1 is s_i0 with the last k of B.

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ...models.environment.environment import Environment
from ...solvers.errors import TooLarge
from ..family import Family
from ..parameters import Parameter
from .grids import choose, uniform
from .separable_auction import Bidder, separable_auction

F = Fraction
MOST_MOVES = 1_000_000


def build(
    bidders: int,
    T: int,
    gamma: tuple[Fraction, ...],
    s0: tuple[Fraction, ...],
    prior: tuple[Fraction, ...] | None,
    shocks: tuple[Fraction, ...],
    shock_probabilities: tuple[Fraction, ...] | None,
    cost: Fraction,
    discount: Fraction,
) -> Environment:
    """T + 1 periods; period 0 only takes reports."""
    first, chances = choose(("s0", "prior"), s0, prior, (s0, uniform(len(s0))))
    drawn = choose(
        ("shocks", "shock_probabilities"), shocks, shock_probabilities, (shocks, uniform(len(shocks)))
    )
    states, moves = histories(gamma, *drawn, T, len(first))
    named = [["|".join(map(str, state)) for state in period] for period in states]
    worth = [[state[0] for state in period] for period in states]
    weights = powers(gamma, T)
    agents = [
        Bidder(f"bidder {i + 1}", first, chances, named, [F(1)], worth, moves, weights=weights)
        for i in range(bidders)
    ]
    return separable_auction(agents, cost, discount, controlled=False, additive=True)


def powers(gamma: Sequence[Fraction], T: int) -> list[Fraction]:
    """C_1..C_T.

    >>> [str(c) for c in powers([Fraction(1, 2), Fraction(1, 4)], 4)]
    ['1', '1/2', '1/2', '3/8']
    """
    weights = [F(1)]
    for _ in range(T - 1):
        latest = weights[::-1]
        weights.append(sum((g * c for g, c in zip(gamma, latest, strict=False)), F(0)))
    return weights


def histories(
    gamma: Sequence[Fraction],
    shocks: Sequence[Fraction],
    chances: Sequence[Fraction],
    T: int,
    first: int,
) -> tuple[list[list[tuple[Fraction, ...]]], list[list[list[Fraction]]]]:
    """The last k of B, latest first, that periods 1..T can come to, and their moves; refused where with so
    many first signals there are too many."""
    states = [[(F(0),) * len(gamma)]]
    moves = []
    for t in range(2, T + 1):
        after: list[dict[tuple[Fraction, ...], Fraction]] = []
        for state in states[-1]:
            row: dict[tuple[Fraction, ...], Fraction] = {}
            drift = sum((g * b for g, b in zip(gamma, state, strict=True)), F(0))
            for shock, chance in zip(shocks, chances, strict=True):
                later = (drift + shock, *state[:-1])
                row[later] = row.get(later, F(0)) + chance
            after.append(row)
        reached = sorted({later for row in after for later in row})
        if first**2 * len(after) * len(reached) > MOST_MOVES:
            raise TooLarge(
                f"{first * len(reached)} types in period {t} make more than {MOST_MOVES} moves; choose a "
                "smaller T, or fewer shocks or first signals"
            )
        moves.append([[row.get(later, F(0)) for later in reached] for row in after])
        states.append(reached)
    return states, moves


FAMILY = Family(
    name="ar-additive",
    title="bidders whose values are autoregressive: what they know at the start wears off",
    source="Kakade, Lobel & Nazerzadeh (2011), section 4.1, AR(k); shocks from a finite list",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=1, most=5),
        Parameter("T", "int", 2, "periods with an item, t = 1..T (the horizon is T + 1)", least=1, most=200),
        Parameter("gamma", "rationals", (F(1, 2),), "weights of the last k values, the latest first"),
        Parameter("s0", "rationals", (F(2), F(3), F(4)), "first signals"),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("shocks", "rationals", (F(-1), F(1)), "what a period's shock can be"),
        Parameter("shock_probabilities", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("cost", "rational", F(1), "cost of an item"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
