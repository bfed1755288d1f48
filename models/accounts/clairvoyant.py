"""The clairvoyant optimum for one buyer by dynamic programming over promises (MPTZ Lemma 3.3).

Backwards from nothing promised after the end, `promised_utility.best_period` gives the welfare g_t(z) of the
periods from t on; revenue is max over z of g_0(z) − z. The pieces of g grow about 2.5-fold a period. Beyond
`most_pieces` each g is kept between two functions of fewer pieces: the operator is monotone, so they bound
the optimum from both sides. The lower one is attained, with public lotteries over promises. Where a function
may be rough is decided by where promises go: a first, rough pass says how likely each promise is, and later
passes allow an error of (likelihood)^(-2/3), which spends pieces where they matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from ...solvers.algorithms.concave import Concave, Tolerance
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Floats, to_exact
from ...solvers.rational import ZERO, double, fraction, rational
from ...solvers.short import Short
from ..auctions.market import Buyer
from .promised_utility import Numbers, Policy, best_period

Item = tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
"""Values, increasing and at least 0, and their probabilities."""
MOST_PIECES = 12_000
"""Up to so many pieces functions are kept exactly."""
ROUGH = 1e-3
"""Error allowed in the first pass, as a share of the full surplus of a period."""
BINS = 256
DEFAULT_GAP = 4e-7
"""Of the full surplus of twenty periods: how far below the optimum a value may be where nobody says."""
LEAST_DENSITY = 3e-3
"""Of the greatest density of promises: less counts as this."""
MOST_PASSES = 6
MOST_KEPT = 500_000
"""Pieces of all functions together, above which no further pass is made."""
NOTHING = Concave((ZERO,), (ZERO,), (ZERO,))


@dataclass(frozen=True, eq=False, repr=False)
class Optimum(Short):
    """The optimum over mechanisms that are incentive compatible and leave no path below 0.

    value: attained revenue. gap: 0 where it is the optimum, else the optimum is at most `value + gap`.
    start: the buyer's expected utility in the mechanism that attains it. functions[t]: welfare from period t
    on by promise, a lower bound unless exact; policies[t]: what to do in period t.
    """

    items: tuple[Item, ...]
    value: Fraction
    gap: Fraction
    start: Fraction
    functions: tuple[Concave, ...]
    policies: tuple[Policy, ...]
    passes: int = 1

    @property
    def exact(self) -> bool:
        """Whether the value is the optimum itself."""
        return self.gap == 0

    @cached_property
    def likelihood(self) -> tuple[Floats, ...]:
        """Per period, the probability of each point of `functions[t]`, promises in between by a lottery."""
        return forward(self)


def optimum(
    items: Sequence[Item],
    gap: Fraction | float | None = None,
    most_pieces: int = MOST_PIECES,
    effort: Effort = FLOATS,
) -> Optimum:
    """The optimum for one buyer of these items, exact where the pieces stay below `most_pieces`.

    gap: how far below the optimum the value may be where they do not; by default `default_gap`. The gap in
    the answer is certified, and can exceed what was asked for where the pieces run out.
    """
    exact = _exact(items, most_pieces, effort)
    if exact is not None:
        return exact
    target = float(gap) if gap is not None else default_gap(items)
    rough = max(ROUGH * float(sum(_surplus(item) for item in items)) / len(items), target / len(items))
    tolerances: list[Tolerance] = [lambda x: np.full(len(x), rough) for _ in items]
    best = latest = _bounded(items, tolerances, effort)
    share = 2.0  # measured: the gap is about a sixth of the errors allowed along the way
    for count in range(1, MOST_PASSES + 1):
        value, off = float(best.value), float(best.gap)
        text = f"pass {count}: {value:.9g}, at most {off:.2g} below the optimum"
        effort.tell("pass", text, count=count, value=value, gap=off)
        enough = best.gap <= target or sum(map(len, best.functions)) > MOST_KEPT
        if enough or count == MOST_PASSES:
            break
        if count > 1:
            share *= 0.8 * target / float(latest.gap)
        latest = _bounded(items, _by_likelihood(best, share * target, rough), effort)
        best = latest if latest.gap < best.gap else best
    return Optimum(best.items, best.value, best.gap, best.start, best.functions, best.policies, count)


def item_of(buyer: Buyer) -> Item:
    """An item by its only buyer, over the rationals, where doubles' probabilities are shares of their sum."""
    chances = to_exact(buyer.probabilities)
    return tuple(to_exact(buyer.values).tolist()), tuple((chances / chances.sum()).tolist())


def default_gap(items: Sequence[Item]) -> float:
    """A share of the full surplus that grows with the horizon T: `DEFAULT_GAP` (T / 20)^1.4."""
    share = DEFAULT_GAP * float((len(items) / 20) ** 1.4)
    return share * float(sum(_surplus(item) for item in items))


def _surplus(item: Item) -> Fraction:
    return sum((v * f for v, f in zip(*item, strict=True)), Fraction(0))


def _exact(items: Sequence[Item], most_pieces: int, effort: Effort) -> Optimum | None:
    functions: list[Concave] = []
    policies: list[Policy] = []
    after = NOTHING
    for t in reversed(range(len(items))):
        after, policy = best_period(*_rationals(items[t]), after)
        functions.append(after)
        policies.append(policy)
        effort.tell("period", f"period {t}: {len(after)} pieces", period=t, pieces=len(after))
        if len(after) > most_pieces / 2.5 and t:
            return None
    value, start = map(fraction, after.best_less())
    return Optimum(tuple(items), value, Fraction(0), start, tuple(functions[::-1]), tuple(policies[::-1]))


def _rationals(item: Item) -> tuple[Numbers, Numbers]:
    values, probabilities = item
    return tuple(map(rational, values)), tuple(map(rational, probabilities))


def _bounded(items: Sequence[Item], tolerances: Sequence[Tolerance], effort: Effort) -> Optimum:
    """One pass with a function below and one above."""
    functions: list[Concave] = []
    policies: list[Policy] = []
    low = high = NOTHING
    for t in reversed(range(len(items))):
        item = _rationals(items[t])
        welfare, policy = best_period(*item, low)
        low = welfare.below(tolerances[t])
        high = best_period(*item, high)[0].above(tolerances[t])
        functions.append(low)
        policies.append(policy)
        if t % 10 == 0:
            text = f"period {t}: {len(low)} and {len(high)} pieces"
            effort.tell("period", text, period=t, pieces=len(low) + len(high))
    value, start = map(fraction, low.best_less())
    gap = fraction(high.best_less()[0]) - value
    return Optimum(tuple(items), value, gap, start, tuple(functions[::-1]), tuple(policies[::-1]))


def forward(best: Optimum) -> tuple[Floats, ...]:
    """How likely each point of each function is, forwards from the start; see `Optimum.likelihood`."""
    weights: list[Floats] = []
    now = np.zeros(len(best.functions[0]))
    _spread(now, _points(best.functions[0]), np.array([float(best.start)]), np.ones(1))
    for t, (_, probabilities) in enumerate(best.items):
        weights.append(now)
        if t + 1 == len(best.items):
            break
        here = _points(best.functions[t])
        there = _points(best.functions[t + 1])
        corners, moves = best.policies[t].doubles
        now = np.zeros(len(there))
        for j, f in enumerate(probabilities):
            _spread(now, there, np.interp(here, corners, moves[:, j]), weights[-1] * float(f))
    return tuple(weights)


def _points(function: Concave) -> Floats:
    return np.array([double(x) for x in function.points])


def _spread(onto: Floats, points: Floats, where: Floats, weights: Floats) -> None:
    """Add weights to the neighbouring points so that means stay; all beyond the last goes to the last."""
    if len(points) == 1:
        onto[0] += weights.sum()
        return
    k = np.clip(np.searchsorted(points, where, side="right") - 1, 0, len(points) - 2)
    share = np.clip((where - points[k]) / (points[k + 1] - points[k]), 0.0, 1.0)
    np.add.at(onto, k, weights * (1 - share))
    np.add.at(onto, k + 1, weights * share)


def _by_likelihood(best: Optimum, budget: float, rough: float) -> list[Tolerance]:
    """Errors of (density of promises)^(-2/3), scaled so that they add up to `budget` in expectation.

    Densities are greatest over a neighbourhood of one period's moves: bounds that are rough just beside
    where promises go would tempt the optimum there.
    """
    densities: list[tuple[Floats, Floats]] = []
    for (values, _), function, weights in zip(best.items, best.functions, best.likelihood, strict=True):
        points = _points(function)
        edges = np.linspace(0.0, points[-1] if points[-1] > 0 else 1.0, BINS + 1)
        width = edges[1] - edges[0]
        mass, _ = np.histogram(points, edges, weights=weights)
        near = 1 + int(float(values[-1] - values[0]) / 2 / width)
        wide = np.lib.stride_tricks.sliding_window_view(np.pad(mass, near), 2 * near + 1)
        mean = wide.mean(axis=1)
        densities.append((edges, mean / width))
    most = max(float(density.max()) for _, density in densities)
    densities = [(edges, np.maximum(density, LEAST_DENSITY * most)) for edges, density in densities]
    total = sum(float((density ** (1 / 3) * np.diff(edges)).sum()) for edges, density in densities)

    def tolerance(edges: Floats, density: Floats) -> Tolerance:
        allowed = np.minimum(budget / total * density ** (-2 / 3), rough)

        def at(x: Floats) -> Floats:
            k = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, BINS - 1)
            chosen: Floats = allowed[k]
            return chosen

        return at

    return [tolerance(edges, density) for edges, density in densities]
