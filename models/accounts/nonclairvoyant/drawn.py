"""A non-clairvoyant mechanism along random paths: no list of profiles, so any number of buyers.

What the optimal auction and the second-price auction earn does not depend on balances and is known without
paths. Drawn are the types, one buyer after the other, which say what the second-price auction's winner
deposits; what the spending part charges is an expectation over the period's types, given the balances. Equal
balances of different paths share that work.
"""

from __future__ import annotations

import numpy as np

from ....solvers.arithmetic import ROUNDED
from ....solvers.effort import Effort
from ....solvers.numbers import Floats
from ...auctions.market import Market
from ...auctions.money_burning.burning import burn_market
from ..items import Items
from .parts import Period, Split, Tie


def draw_paths(
    items: Items, split: Split, tie: Tie, paths: int, seed: int, effort: Effort
) -> tuple[Floats, Floats]:
    """What is earned (T, paths, 2) in each period by spends and by the rest of the spending part, weighted by
    its share, and the mean of balances at the end (N,). In doubles."""
    rng = np.random.default_rng(seed)
    doubles = items.to_float()
    earned = np.zeros((items.periods, paths, 2))
    balances = np.zeros((paths, items.buyers))
    for t, market in enumerate(doubles.markets):
        shares = split.shares(t)
        means = np.array([float(buyer.values @ buyer.probabilities) for buyer in market.buyers])
        caps = doubles.told_apart(np.minimum(float(shares.cap) * balances, means), ROUNDED)
        different, which = np.unique(caps, axis=0, return_inverse=True)
        if shares.burning:
            spent = np.array([_spending(doubles, t, row, tie) for row in different])[which.reshape(-1)]
            spent *= float(shares.burning)
            earned[t, :, 0], earned[t, :, 1] = spent[:, :-1].sum(axis=1), spent[:, -1]
            balances = balances - spent[:, :-1]
        winner, gain = _second_price(market, paths, rng)
        balances[np.arange(paths), winner] += float(shares.second_price) * gain
        if t % 10 == 0:
            text = f"period {t}: {paths} paths, {len(different)} different balances"
            effort.tell("period", text, period=t, balances=len(different))
    return earned, balances.mean(axis=0)


def _second_price(market: Market, paths: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(paths,): who wins, the first among equals, and by how much she exceeds the next."""
    chances = (buyer.probabilities / buyer.probabilities.sum() for buyer in market.buyers)
    drawn = [rng.choice(len(chance), size=paths, p=chance) for chance in chances]
    values = np.stack([b.values[k] for b, k in zip(market.buyers, drawn, strict=True)], axis=1)
    ordered = np.sort(np.hstack([values, np.zeros((paths, 1))]), axis=1)
    return values.argmax(axis=1), ordered[:, -1] - ordered[:, -2]


def _spending(items: Items, t: int, caps: Floats, tie: Tie) -> list[float]:
    """Spends (N,), then what the spending part collects beside them; at full weight."""
    if items.buyers == 1:
        burnt = Period(items, t).burn(caps.tolist(), tie)
        return [*map(float, burnt.spend), float((burnt.payments * items.weights[t]).sum())]
    burning = burn_market(items.markets[t], caps.tolist())
    paid = zip(burning.market.buyers, burning.transfers, strict=True)
    return [*map(float, burning.utilities), float(sum((b.probabilities * own).sum() for b, own in paid))]
