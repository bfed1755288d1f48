"""Plots of one item sold once: virtual values, reduced forms, curves with hulls, weights against caps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.auctions.auction import Auction
from ..models.auctions.money_burning.burning import Burning, burn_market
from ..models.auctions.virtual_values import VirtualValues
from ..solvers.events import Notify, tell
from ..solvers.numbers import Array, to_float
from .plotting import new_figure

SCALES = 33
"""Multiples of the caps, from 0 to 2, at which weights are drawn; fewer where there are many types."""
POINTS = 25
"""Types of a bidder up to which each is marked."""
NAMED = 10
"""Lines up to which there is a legend."""


def reduced_forms(auction: Auction) -> Any:
    """Virtual values, plain and ironed, and how often types win, by value, a line a bidder."""
    virtual, ironed = (
        [to_float(part) for part in parts] for parts in (auction.require().virtual, auction.require().ironed)
    )
    figure = new_figure(9.5, 3.9)
    left, right = figure.subplots(1, 2)
    many = len(virtual) > NAMED
    for i, (buyer, wins) in enumerate(zip(auction.sale.market.buyers, auction.interim[0], strict=True)):
        values, colour = to_float(buyer.values), f"C{i % 10}"
        label = None if many else f"{' ' * buyer.name.startswith('_')}{buyer.name}"
        marker = "o" if values.size <= POINTS else ""
        left.plot(values, virtual[i], ":", color=colour, linewidth=1, marker=marker, markersize=2)
        left.plot(values, ironed[i], color=colour, linewidth=1.4, alpha=0.85, label=label)
        right.plot(
            values,
            to_float(wins),
            color=colour,
            linewidth=1.4,
            alpha=0.85,
            marker=marker,
            markersize=3,
            label=label,
        )
    left.axhline(0, color="grey", linewidth=0.5)
    least, most = min(0, *(own.min() for own in ironed)), max(0, *(own.max() for own in ironed))
    room = 0.1 * (most - least) or 1.0  # plain ones may be far below what they are ironed to
    left.set_ylim(least - room, most + room)
    left.set_title(f"{auction.environment.name}: virtual values (ironed: solid)", fontsize=9)
    left.set_ylabel("money")
    right.set_title("reduced form: probability of winning", fontsize=9)
    right.set_ylim(-0.03, 1.03)
    for axes in (left, right):
        axes.set_xlabel("value")
        if not many:
            axes.legend(fontsize=8, frameon=False)
    return figure


def curves(buyer: VirtualValues) -> Any:
    """Revenue and utility by probability of sale, and the hulls by which they are ironed."""
    figure = new_figure(9.5, 3.9)
    left, right = figure.subplots(1, 2)
    panels = (
        (left, buyer.revenue_curve, buyer.hull.corners, "revenue at the largest payments", "revenue"),
        (
            right,
            buyer.utility_curve,
            buyer.utility_hull.corners,
            "utility at the smallest payments",
            "utility",
        ),
    )
    for axes, (q, height), corners, title, label in panels:
        x, y = to_float(q), to_float(height)
        at = (x.size - 1 - corners)[::-1]
        pooled = set(range(x.size)) - set(at.tolist())
        axes.plot(x, y, "o-", color="tab:blue", markersize=4, linewidth=1, label=label)
        axes.plot(x[at], y[at], color="tab:orange", linewidth=2, alpha=0.8, label="hull (ironed)")
        if pooled:
            inside = sorted(pooled)
            axes.plot(x[inside], y[inside], "o", color="white", markeredgecolor="tab:blue", markersize=5,
                      label="ironed over")  # fmt: skip
        axes.set_title(f"{buyer.instance}: {title}", fontsize=9)
        axes.set_xlabel("probability of sale")
        axes.set_ylabel("money")
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.legend(fontsize=8, frameon=False)
    return figure


def weights(burning: Burning, notify: Notify | None = None) -> Any:
    """Dual weights, and what is counted, as all caps are scaled together.

    The problem is solved again at each scale; `notify` is told which.
    """
    types = sum(buyer.size for buyer in burning.market.buyers)
    scales = np.linspace(0, 2, SCALES if types <= 100 else 13)
    caps = to_float(burning.caps)
    duals, counted = [], []
    for scale in scales.tolist():
        tell(notify, "caps", f"drawing: caps times {scale:.3g}", scale=scale)
        scaled = burn_market(burning.market, (scale * caps).tolist(), burning.payments)
        duals.append(to_float(scaled.weights))
        counted.append(float(scaled.value))
    figure = new_figure(6.4, 5.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    lines: Array = np.array(duals)
    many = len(burning.market.names) > NAMED
    for i, name in enumerate(burning.market.names):
        label = f"{' ' * name.startswith('_')}{name} (cap {float(burning.caps[i]):.4g})"  # _x is left out
        above.plot(
            scales, lines[:, i], linewidth=1 if many else 1.6, alpha=0.8, label=None if many else label
        )
    above.set_ylabel("dual weight w")
    above.set_ylim(-0.04, 1.04)
    above.set_title(f"{burning.market.instance}: weights as the caps grow", fontsize=9)
    if not many:
        above.legend(fontsize=8, frameon=False)
    below.plot(scales, counted, color="tab:green", label="counted utility")
    below.plot(scales, scales * caps.sum(), color="grey", linestyle=":", label="sum of caps")
    below.set_ylim(0, 1.15 * (max(counted) or 1))
    below.set_ylabel("money")
    below.set_xlabel("caps, as multiples of those given")
    below.legend(fontsize=8, frameon=False)
    for axes in (above, below):
        axes.axvline(1, color="grey", linewidth=0.8, linestyle="--")
    return figure
