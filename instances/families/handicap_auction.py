"""Handicap auctions on a lattice (Eso & Szentes 2007; lecture notes).

Each bidder has a first estimate s0 of her value, on a grid of [0, 1], and then learns an independent error;
the value is their sum. In the continuum the seller sells premiums p(s0) = 1 - s0 in period 0 and holds a
second-price auction on value minus premium with reserve zero, as if she saw the errors.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import labels, symmetric_grid, uniform, unit_grid

F = Fraction


def build(bidders: int, n: int, a: Fraction, cost: Fraction, grid: str) -> Environment:
    """Two periods; period 0 only takes first reports; bidders are alike."""
    if grid == "ends":
        first, shocks = unit_grid(n), symmetric_grid(F(1, n - 1), a)
    else:
        first, shocks = [F(2 * k + 1, 2 * n) for k in range(n)], _middles(n, a)
    won = [s + e for s in first for e in shocks]
    nothing = [F(0)] * len(won)
    agents = [
        Agent(
            f"bidder {i + 1}",
            signals=signals(
                [labels(first), labels(shocks)], [uniform(n), uniform(len(shocks))], f"bidder {i + 1}"
            ),
            values=[[[F(0)] * n], [won if b == i + 1 else nothing for b in range(bidders + 1)]],
        )
        for i in range(bidders)
    ]
    actions = ["keep", *[f"sell to {agent.name}" for agent in agents]]
    return Environment(
        agents=agents,
        actions=[["wait"], actions],
        costs=[[F(0)], [F(0), *[cost] * bidders]],
        horizon=2,
    )


def _middles(n: int, a: Fraction) -> list[Fraction]:
    """Of the cells of length 1/n that [-a, a] divides into. Raises `InvalidInput` where it does not."""
    cells = 2 * a * n
    if cells.denominator > 1 or cells == 0:
        raise InvalidInput(f"grid 'middles' needs 2 a n to be a whole number above 0, not {cells}")
    return [-a + F(2 * j + 1, 2 * n) for j in range(int(cells))]


def continuum_bound(bidders: int, a: Fraction) -> Fraction:
    """What premiums earn of values s0 + e with s0 uniform on [0, 1], e on [-a, a], a > 0, at cost 0.

    Virtual values 2 s0 - 1 + e have the distribution F, of which ∫ (1 - F^N) over the positive ones is asked:
    F(x) = 1/2 + x / (2 max(1, a)) up to |1 - a|, and 1 - (1 + a - x)² / (8 a) from there to 1 + a.

    >>> [str(continuum_bound(2, F(1, k))) for k in (4, 2, 1)]
    ['1639/3840', '73/160', '17/30']
    """
    flat, wide = abs(1 - a), 2 * max(F(1), a)
    power = bidders + 1
    middle = flat - wide / power * ((F(1, 2) + flat / wide) ** power - F(1, 2) ** power)
    tail = F(0)
    for j in range(1, bidders + 1):
        tail -= comb(bidders, j) * (-1 / (8 * a)) ** j * (2 * min(F(1), a)) ** (2 * j + 1) / (2 * j + 1)
    return middle + tail


FAMILY = Family(
    name="handicap-auction",
    title="bidders who know a first estimate, then their value: premiums, then a second-price auction",
    source="Eso & Szentes (2007); lecture notes, handicap auctions; on a lattice",
    parameters=(
        Parameter("bidders", "int", 2, "number of bidders", least=1, most=6),
        Parameter(
            "n",
            "int",
            3,
            "points of the first grid, k/(n-1); the errors have the same step",
            least=2,
            most=50,
        ),
        Parameter("a", "rational", F(1, 2), "largest error", least=0, most=10),
        Parameter("cost", "rational", F(0), "what the seller gives up by selling"),
        Parameter(
            "grid",
            "choice",
            "ends",
            "points k/(n-1), or middles (2k+1)/(2n) with errors in the middles of 2an cells",
            choices=("ends", "middles"),
        ),
    ),
    build=build,
)

ESO_SZENTES = FAMILY.renamed(
    "eso-szentes",
    "bidders to whom a seller shows more of the item: the shocks leave them no rents",
    "Esö & Szentes (2007), on a lattice",
)
"""Under the names of its authors."""
