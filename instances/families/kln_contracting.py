"""Optimal contracting with one buyer on a grid (Kakade, Lobel & Nazerzadeh 2011, section 6.1).

An item of cost γ is worth s0 B_t in each of T periods, s0 uniform on [0, 1] and B_t drawn anew. In the
continuum φ(s) = 2s − 1: the buyer pays M(p) now and p = γ s / (2s − 1) for each item, buys where
(2s − 1) B ≥ γ, and the seller earns in every period

    Σ_B Pr(B) (B − γ)² / (4 B)        over B > γ.

The grid is k/(n−1) with equal probabilities; profit is of first order in its step.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform, unit_grid
from .separable_auction import Bidder, separable_auction

F = Fraction
SHOCKS = (F(1, 2), F(1), F(3, 2))


def build(
    n: int,
    T: int,
    cost: Fraction,
    shocks: tuple[Fraction, ...] | None,
    shock_probabilities: tuple[Fraction, ...] | None,
    discount: Fraction,
    endless: bool,
) -> Environment:
    """T + 1 periods, or a period 0 and then the same for ever; period 0 only waits."""
    worth, chances = drawn(shocks, shock_probabilities)
    T = 2 if endless else T
    moves = [[chances] * len(worth)] * (T - 1)
    buyer = Bidder("buyer", unit_grid(n), uniform(n), [labels(worth)] * T, chances, [worth] * T, moves)
    env = separable_auction([buyer], cost, discount, controlled=False, serve="sell")
    if not endless:
        return env
    agent = env.agents[0]
    return Environment(
        agents=[
            Agent(
                agent.name,
                types=agent.types[:2],
                prior=agent.prior,
                values=agent.values[:2],
                transitions=[kernel.table for kernel in agent.kernels],
            )
        ],
        actions=env.actions[:2],
        costs=env.costs[:2],
        discount=discount,
        horizon=None,
    )


def drawn(
    shocks: tuple[Fraction, ...] | None, shock_probabilities: tuple[Fraction, ...] | None
) -> tuple[list[Fraction], list[Fraction]]:
    """B and its probabilities, as given or the example's."""
    names = "shocks", "shock_probabilities"
    return choose(names, shocks, shock_probabilities, (SHOCKS, uniform(len(SHOCKS))))


def closed_form(
    worth: Sequence[Fraction], chances: Sequence[Fraction], cost: Fraction, discounts: Fraction
) -> Fraction:
    """The seller's profit in the continuum, discounts: δ + … + δ^T, or for ever. For costs of at least 0.

    >>> str(closed_form(SHOCKS, uniform(3), F(3, 10), F(9)))  # δ = 9/10, for ever
    '459/400'
    """
    each = [p * (b - cost) ** 2 / (4 * b) for b, p in zip(worth, chances, strict=True) if b > cost]
    return discounts * sum(each, F(0))


FAMILY = Family(
    name="kln-contracting",
    title="one buyer whose value is scaled by what she knows at the start, on a grid of it",
    source="Kakade, Lobel & Nazerzadeh (2011), section 6.1, Figure 3",
    parameters=(
        Parameter("n", "int", 11, "points of the grid, k/(n-1)", least=2, most=1000),
        Parameter("T", "int", 1, "periods with an item, t = 1..T (the horizon is T + 1)", least=1, most=1000),
        Parameter("cost", "rational", F(3, 10), "cost of an item", least=0),
        Parameter("shocks", "rationals", None, "values of each period's B; left out: 1/2, 1, 3/2", least=0),
        Parameter("shock_probabilities", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
        Parameter("endless", "bool", False, "whether items come for ever, whatever T is"),
    ),
    build=build,
)  # fmt: skip
