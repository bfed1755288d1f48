"""MPTZ, the supplement: misprints of formulas beside what is computed."""

from __future__ import annotations

import math
from fractions import Fraction as F
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...instances.library import load
from ...models.accounts.bank import bank
from ...models.accounts.items import read_items
from ...models.accounts.nonclairvoyant.invariants import invariants
from ...models.accounts.nonclairvoyant.run import run
from ...models.accounts.nonclairvoyant.two_scenarios import TwoScenarios, two_scenarios
from ...models.auctions.money_burning.burning import burn_market
from ...solvers.effort import EXACT
from .mptz import BURNING, PAIRS, PARTS, SCENARIOS, SHOPS, SUPPORTS, VALUES, buyer, market, named
from .rows import Claimed, Misprint, Rows, every

MPTZ_FURTHER = Rows("MPTZ")
row = MPTZ_FURTHER.row


def _smaller_root(pair: TwoScenarios, zeta: float) -> float:
    """ρ of r_1 (1 − ζ) y² − r_12 ζ y + (r_1 + r_12) ζ = 0, y = ρ μ + 1, at r_1/r_12 that balances both."""
    one, both = pair.both, pair.single
    a, b, c = one * (1 - zeta), -both * zeta, (one + both) * zeta
    roots = [(-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (1, -1)]
    return (min(roots, key=abs) - 1) / pair.mu


@row("C.2: ζ", "ζ = 1 − e^{μ²}", SCENARIOS, erratum="MPTZ-zeta")
def zeta() -> Claimed:
    """The smaller root by both, μ = 3, 4, 5, 6."""
    pairs = [two_scenarios(mu) for mu in (3.0, 4.0, 5.0, 6.0)]
    printed, corrected = ([_smaller_root(p, 1 - math.exp(s * p.mu**2)) for p in pairs] for s in (1, -1))
    if not all(abs(a - 1) > abs(b - 1) for a, b in pairwise(corrected)):
        raise ArithmeticError(f"corrected, the lower price does not tend to 1: {corrected}")
    return Claimed(
        abs(printed[-1] - 1) < abs(printed[0] - 1) / 2,
        f"the lower price is {abs(printed[-1]):.3f} at μ = 6; with e^{{−μ²}} it is {corrected[-1]:.3f}",
    )


@row("Theorem 6.3: the second price", "θ_1^{(2)} + Σ s ≥ ½ Σ s*", PARTS, erratum="MPTZ-6.3")
def second_price() -> Misprint:
    """What the first item's second-price auction earns of two buyers, and E[θ_1^{(2)}]."""
    whole, earned = [], []
    for name, settings in PAIRS[:2]:
        shop = read_items(load(name, **settings))
        whole.append(shop.weights[0] @ np.sort(shop.top_values[0], axis=0)[-2])
        earned.append(run(shop, "two-period").parts.second_price)
    return Misprint(whole, earned, [value / 2 for value in whole])


@row("Theorem E.2: monotone", "under any rule for ties", BURNING, erratum="MPTZ-monotone")
def monotone() -> Claimed:
    """One buyer of 1, 2, 3 with cap 1/2: the rule that serves the lowest of those whose w ϑ is highest."""
    (weight,) = burn_market(market(SUPPORTS[0]), ["1/2"]).weights
    scores = weight * buyer(SUPPORTS[0]).utility_ironed
    tied = np.flatnonzero(scores == scores.max())
    served = np.arange(len(scores)) == tied[0]
    return Claimed(
        not (np.diff(served.astype(int)) < 0).any(),
        f"w = {weight}, {len(tied)} types are tied, and the lowest alone may be served",
    )


INVARIANTS = "models/accounts/nonclairvoyant/invariants.py"


@cache
def _followed() -> tuple[tuple[str, dict[str, Any]], ...]:
    answer = []
    for name, settings in (*SHOPS, *PAIRS):
        best = bank(load(name, **settings), effort=EXACT)
        if best.account is None:
            raise ArithmeticError("no account")
        answer.append((named(settings), invariants(run(best.items), best.account)))
    return tuple(answer)


def along_paths(kept: str, needs_deposits: bool) -> Claimed:
    """Over all paths of one and of two buyers; with what the induction needs, or whatever deposits are."""
    return every(
        (
            (name, least[kept] is None or least[kept] >= 0)
            for name, least in _followed()
            if not needs_deposits or least["deposits"] >= 0
        ),
        "shops",
    )


for _kept in ("D.1", "D.2", "D.3", "charges"):
    row(f"({_kept}), deposits at most θ x*", "along every path of types", INVARIANTS, _kept, True)(
        along_paths
    )
row(
    "(D.1), whatever is deposited", "along every path of types", INVARIANTS, "D.1", False, erratum="MPTZ-D.1"
)(along_paths)


@row("Theorem E.1: before ironing", "E[u] = E[ϑ x]", VALUES)
def equality() -> Claimed:
    """Sales to the values from number k on, at the least price that leaves the one below out."""
    cases = []
    for support in SUPPORTS:
        own = buyer(support)
        values, chances = own.buyer.values, own.buyer.probabilities
        for k, price in enumerate([F(0), *values[:-1].tolist()]):
            kept, virtual = chances[k:] @ (values[k:] - price), chances[k:] @ own.utility[k:]
            cases.append(((*support, k), bool(kept == virtual)))
    return every(cases, "sales")
