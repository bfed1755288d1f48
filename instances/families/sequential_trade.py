"""A buyer who can buy elsewhere, cheaper from period to period: an outside option that improves.

In every period one unit is for sale, worth l or h to the buyer (h with probability α, and anew each period
unless `persistence` is above 0), and a rival sells at a price that falls: outside she has o_t(θ) = max(0, θ −
rival_t). Who may leave at any date (participation `periodic`) has to be left that much then. With free
payments that costs nothing more than promising it at the start (`interim`): she pays for it in advance. Where
no price exceeds h (`payments` 0..h) she cannot, if the first unit already takes all that she has. See Harris
& Holmström (1982) for wages, Krähmer & Strausz (2015) for buyers.

Two periods, discount δ, rival prices h and r with l ≤ r ≤ h, l < αh. With free payments

    αh + δ [αh + (1 − α) l − α (h − r)]:

period 0 has the static price h, period 1 is efficient, and its rent beyond α (h − r) is paid for in advance.
With payments in 0..h the low type can still do so, who buys nothing in period 0. The high type pays h; a fee
needs that she has a rent in period 0, so that the low type gets x then. If αh ≥ (2 − α) l that is not worth
it, and after a high report the low type of period 1 is sold only (h − r)/(h − l), which costs

    δ α (1 − α) l (r − l)/(h − l).

If αh < (2 − α) l then x = δ α (r − l)/(h − l), which costs x (αh − l) and loses nothing later.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(
    low: Fraction,
    high: Fraction,
    chance: Fraction,
    persistence: Fraction,
    rival: tuple[Fraction, ...],
    discount: Fraction,
) -> Environment:
    """One unit a period, one period for each price of the rival."""
    if low >= high:
        raise InvalidInput(f"low must be below high, not {low} against {high}")
    periods, prior = len(rival), [1 - chance, chance]
    rows = [[(1 - persistence) * prior[j] + persistence * (i == j) for j in range(2)] for i in range(2)]
    buyer = Agent(
        "buyer",
        types=[["low", "high"]] * periods,
        prior=prior,
        values=[[[0, 0], [low, high]]] * periods,
        transitions=[[rows]] * (periods - 1),
        outside=[[max(F(0), worth - price) for worth in (low, high)] for price in rival],
    )
    return Environment(
        agents=[buyer], actions=[["keep", "sell"]] * periods, discount=discount, horizon=periods
    )


FAMILY = Family(
    name="sequential-trade",
    title="a buyer who can buy elsewhere, cheaper every period: an outside option that improves",
    source="after Harris & Holmström (1982) and Krähmer & Strausz (2015); numbers by hand",
    parameters=(
        Parameter("low", "rational", F(1), "value of a unit to the low type"),
        Parameter("high", "rational", F(4), "value of a unit to the high type"),
        Parameter("chance", "rational", F(1, 2), "probability of the high type", least=0, most=1),
        Parameter(
            "persistence", "rational", F(0), "probability that a type is not drawn anew", least=0, most=1
        ),
        Parameter("rival", "rationals", (F(4), F(2)), "the rival's price in each period"),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
