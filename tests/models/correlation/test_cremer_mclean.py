"""Crémer and McLean in one period: two bidders for one good, worth l or h, who are alike with chance ρ > 1/2.

Side bets on what the other says take all rents whatever ρ is, but how large they are depends on it. A low
bidder pays t_LH where the other is high and t_LL where she is low; ties are split. She is left nothing, and a
high one has no reason to say that she is low, where

    ρ t_LL + (1 − ρ) t_LH = ρ l/2,    (1 − ρ) t_LL + ρ t_LH ≥ (1 − ρ) h/2,

so that t_LH ≥ L* = ρ (1 − ρ) (h − l) / (2 (2ρ − 1)): below this liability the whole surplus is out of reach,
and an efficient auction leaves a high bidder R(L) = (1 − ρ) (h − l)/2 − L (2ρ − 1)/ρ, which is 0 at L*. (The
low one pays L where the other is high; a high one always pays her expected value, h (1 − ρ/2), less R.)

Where nobody ever pays anything, a low bidder must be paid what saying high would bring her, l/2, and the
least subsidy of both is l/2, whatever ρ is.
"""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import pytest

import dynamech as dm

LOW, HIGH = F(50), F(100)
SMALL = F(1, 10**7)
RHO = [F(51, 100), F(11, 20), F(3, 5)]


def auction(rho: F) -> dm.Environment:
    worth = [LOW, HIGH]
    nothing = [0, 0]
    same, apart = rho / 2, (1 - rho) / 2
    return dm.Environment(
        name="two bidders",
        horizon=1,
        actions=["keep", "ann", "bob"],
        agents=[
            dm.Agent("ann", types=["low", "high"], values=[[nothing, worth, nothing]]),
            dm.Agent("bob", types=["low", "high"], values=[[nothing, nothing, worth]]),
        ],
        process={"prior": [[same, apart], [apart, same]]},
    )


def surplus(rho: F) -> F:
    return HIGH - rho / 2 * (HIGH - LOW)


def liability(rho: F) -> F:
    """L*."""
    return rho * (1 - rho) * (HIGH - LOW) / (2 * (2 * rho - 1))


def earned(rho: F, payments: str, efficiently: bool = True, **asked: Any) -> F:
    """Most revenue within bounds on payments, of an efficient auction or of any."""
    weights = {"welfare": 1, "revenue": SMALL} if efficiently else "revenue"
    words = {"objective": weights, "demands": {"payments": payments}, "exact": True}
    value = dm.design(auction(rho), **{**words, **asked}).value
    assert isinstance(value, F)
    return (value - surplus(rho)) / SMALL if efficiently else value


@pytest.mark.parametrize("rho", RHO)
def test_the_condition_and_how_far_it_is_from_failing(rho: F) -> None:
    static = dm.correlation(auction(rho), exact=True).static
    assert static is not None
    assert static.spanning
    assert static.convex_independence
    for block in static.blocks:
        assert set(block.convex.distance[0]) == {2 * (2 * rho - 1)}
    alike = dm.correlation(auction(F(1, 2)), exact=True).static
    assert alike is not None
    assert not alike.spanning


@pytest.mark.parametrize("rho", RHO)
def test_full_extraction_stops_at_a_liability(rho: F) -> None:
    """The bet is of size L* too: no payment, to or from, need be larger."""
    most = max(liability(rho), HIGH * (1 - rho / 2))
    assert earned(rho, f"-{most}..{most}", efficiently=False) == surplus(rho)
    short = earned(rho, f"-1000..{most - 1}", efficiently=False)
    assert short < surplus(rho)


@pytest.mark.parametrize("rho", [F(51, 100), F(13, 25)])
@pytest.mark.parametrize("share", [F(1), F(9, 10), F(4, 5)])
def test_rents_below_that_liability(rho: F, share: F) -> None:
    """Linear in the liability, whose price is (2ρ − 1)/ρ."""
    most = share * liability(rho)
    rent = (1 - rho) * (HIGH - LOW) / 2 - most * (2 * rho - 1) / rho
    assert rent == (1 - share) * (1 - rho) * (HIGH - LOW) / 2
    assert earned(rho, f"-1000..{most}") == surplus(rho) - rent


@pytest.mark.parametrize("rho", RHO)
def test_limited_liability_costs_the_low_value_once(rho: F) -> None:
    """Half of it a bidder, who must not be tempted to win ties by calling herself high; bets do not help."""
    assert earned(rho, "nonpositive", participation="none") == -LOW / 2
    bounded = dm.correlation(auction(rho), exact=True, liability=0).bounded
    assert bounded is not None
    assert bounded.subsidy == LOW / 2
