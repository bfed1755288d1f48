"""Plots of one item sold once: virtual values, reduced forms, curves with hulls, weights against caps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..models.auctions.auction import Auction
from ..models.auctions.money_burning.burning import Burning, burn_market
from ..models.auctions.virtual_values import VirtualValues
from ..solvers.events import Notify, tell
from ..solvers.numbers import Number, number, show, to_float
from .plotting import colour, new_figure, shortened

MOST = 2
"""The greatest multiple of the caps at which weights are drawn."""
SOLVES = 33
"""Multiples of the caps that are solved for, at most."""
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
        values, shade = to_float(buyer.values), colour(i)
        label = None if many else f"{' ' * buyer.name.startswith('_')}{shortened(buyer.name, 30)}"
        marker = "o" if values.size <= POINTS else ""
        left.plot(values, virtual[i], ":", color=shade, linewidth=1, marker=marker, markersize=2)
        left.plot(values, ironed[i], color=shade, linewidth=1.4, alpha=0.85, label=label)
        right.plot(
            values,
            to_float(wins),
            color=shade,
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
    left.set_title(f"{shortened(auction.environment.name, 40)}: virtual values (ironed: solid)", fontsize=9)
    left.set_ylabel("money of period 0")
    right.set_title("reduced form: probability of winning", fontsize=9)
    right.set_ylim(-0.03, 1.03)
    for axes in (left, right):
        axes.set_xlabel("value, in money of period 0")
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
        axes.set_title(f"{shortened(buyer.instance, 30)}: {title}", fontsize=9)
        axes.set_xlabel("probability of sale")
        axes.set_ylabel("money of period 0")
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.legend(fontsize=8, frameon=False)
    return figure


@dataclass(frozen=True)
class WeightStep:
    """Multiples of the caps, from one to another, at all of which these are optimal dual weights.

    slope: what is counted grows by it where the multiple grows by 1.
    """

    low: Fraction
    high: Fraction
    weights: tuple[Number, ...]
    slope: Number


def weight_steps(
    burning: Burning, notify: Notify | None = None
) -> tuple[list[WeightStep], dict[Fraction, Any]]:
    """The dual weights by the multiple of all caps, from 0 to `MOST`, as steps in order; and what is counted
    at each multiple that was solved for.

    What is counted is the least of lines, one for each vector of weights (Theorem E.2): where the lines of
    two multiples cross, either the value lies on both, and that is where weights change, or below, and there
    is a line between them. After `SOLVES` solutions what is left between two multiples is left out. `notify`
    is told of each.
    """
    caps = [number(str(cap)) for cap in burning.caps.tolist()]
    counted: dict[Fraction, Any] = {}
    lines: dict[Fraction, tuple[tuple[Number, ...], Any]] = {}

    def solve(scale: Fraction) -> None:
        if scale not in counted:
            tell(notify, "caps", f"drawing: caps times {float(scale):.3g}", scale=float(scale))
            solved = burn_market(burning.market, [scale * cap for cap in caps], burning.payments)
            weights = tuple(solved.weights.tolist())
            slope = sum((cap * (1 - w) for cap, w in zip(caps, weights, strict=True)), Fraction(0))
            counted[scale], lines[scale] = solved.value, (weights, slope)

    def steps(low: Fraction, high: Fraction) -> Iterator[WeightStep]:
        """Between two multiples that are solved for."""
        (left, rise), (right, other) = lines[low], lines[high]
        if rise == other:
            yield WeightStep(low, high, right if low == 0 else left, rise)
            return
        cross = (counted[high] - other * high - counted[low] + rise * low) / (rise - other)
        if cross in (low, high):  # one of the two has both lines
            yield WeightStep(low, high, *((right, other) if cross == low else (left, rise)))
            return
        if cross not in counted and len(counted) >= SOLVES:
            return
        solve(cross)
        if counted[cross] == counted[low] + rise * (cross - low):
            yield WeightStep(low, cross, left, rise)
            yield WeightStep(cross, high, right, other)
            return
        yield from steps(low, cross)
        yield from steps(cross, high)

    ends = Fraction(0), Fraction(1), Fraction(MOST)
    for end in ends:
        solve(end)
    parts = [*steps(ends[0], ends[1]), *steps(ends[1], ends[2])]
    return parts, dict(sorted(counted.items()))


def weights(burning: Burning, notify: Notify | None = None) -> Any:
    """Dual weights, and what is counted, as all caps are scaled together: weights are a step function.

    The problem is solved again at the multiples where it steps, at `SOLVES` of them at most; `notify` is told
    which. What was not worked out is left blank.
    """
    steps, counted = weight_steps(burning, notify)
    figure = new_figure(7.0, 5.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    names = burning.market.names
    many = len(names) > NAMED
    for i, name in enumerate(names):
        x, y = [], []
        for step in steps:
            x += [float(step.low), float(step.high), np.nan]
            y += [float(step.weights[i])] * 2 + [np.nan]
        label = f"{' ' * name.startswith('_')}{shortened(name, 30)} (cap {show(burning.caps[i])})"
        above.plot(x, y, linewidth=1 if many else 4.5 - 3 * i / max(1, len(names) - 1), solid_capstyle="butt",
                   color=colour(i), label=None if many else label)  # fmt: skip
        changes = [(a.high, a.weights[i], b.weights[i]) for a, b in pairwise(steps) if a.high == b.low]
        jumps = [(float(at), float(one), float(two)) for at, one, two in changes if one != two]
        if jumps:
            above.vlines(*zip(*jumps, strict=True), color=colour(i), linewidth=0.6, linestyle=":")
    above.set_ylabel("dual weight w")
    above.set_ylim(-0.05, 1.05)
    above.set_title(f"{shortened(burning.market.instance, 60)}: weights as the caps grow", fontsize=9)
    if not many:
        above.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    total = float(burning.caps.sum())
    below.plot(
        [float(x) for x in counted],
        [float(y) for y in counted.values()],
        color="#0072b2",
        label="counted utility",
    )
    below.plot([0, MOST], [0, MOST * total], color="grey", linestyle=":", label="sum of caps")
    below.set_ylim(0, 1.15 * (max(map(float, counted.values())) or 1))
    below.set_ylabel("money of period 0")
    below.set_xlabel("caps, as multiples of those given")
    below.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for axes in (above, below):
        axes.axvline(1, color="grey", linewidth=0.8, linestyle="--", zorder=0)
    return figure
