"""No non-clairvoyant mechanism guarantees more than half: the two scenarios of MPTZ Theorem 5.1 (App. C.2).

The first item has P[θ < r] = ζ r μ / (r μ + 1) below L = e^{μ²}, ζ = 1 − e^{−μ²}, and the rest of the mass
at L; a second item may follow, with P[θ < r] = [1 − ε/r]⁺, which earns ε at every price and lets any
balance be spent. Alone the first earns E_1 = L (1 − F(L)); with the second E_12 = E[θ] + ε. A random posted
price G for the first item earns E_G[ρ (1 − F(ρ))], and at most ε + E_G[E[θ; θ ≥ ρ]], so the guarantee is at
most

    α(μ) = max over G of min( E_G[ρ (1 − F(ρ))] / E_1, (ε + E_G[E[θ; θ ≥ ρ]]) / E_12 ),

which falls to 1/2 as μ grows. E[θ] is in closed form; the expansion 1 + μ of the text lacks a term (ln
μ)/μ, and its ζ the minus sign in the exponent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Number, array, is_exact, number
from ....solvers.program import Builder
from ....solvers.solve import solve
from ...auctions.market import distribution

ROUNDS = 100
GRID = 4000


@dataclass(frozen=True)
class TwoScenarios:
    """The pair for one μ and ε.

    single, both: the clairvoyant optima. ratio: α(μ). low_price: the price that is mixed with L, which has
    probability `weight_on_top`. bound: half of max β, what the proof bounds the guarantee by.
    """

    mu: float
    eps: float
    top: float
    mean: float
    single: float
    both: float
    ratio: float
    low_price: float
    weight_on_top: float
    bound: float


def two_scenarios(mu: float, eps: float = 0.0) -> TwoScenarios:
    """Clairvoyant optima and the best guarantee for this pair. Raises `InvalidInput` unless 0 < μ ≤ 20, ε ≥
    0.

    >>> pair = two_scenarios(3)
    >>> round(pair.ratio, 9), round(pair.low_price, 6)
    (0.613175962, 0.869868)
    """
    if not 0 < mu <= 20 or eps < 0:
        raise InvalidInput(f"two scenarios: mu = {mu:g} and eps = {eps:g} need 0 < mu <= 20 and eps >= 0")
    top = math.exp(mu * mu)
    small = math.exp(-mu * mu)
    zeta = -math.expm1(-mu * mu)

    def sold(r: float) -> float:
        """P[θ ≥ r]."""
        return (r * mu * small + 1) / (r * mu + 1)

    def mean_above(r: float) -> float:
        """E[θ; θ ≥ r]: the atom, and ∫ r dF with dF = ζ μ / (rμ + 1)²."""

        def primitive(x: float) -> float:
            return (math.log1p(x * mu) + 1 / (x * mu + 1)) / mu

        return top * sold(top) + zeta * (primitive(top) - primitive(r))

    mean, single = mean_above(0.0), top * sold(top)
    both = mean + eps

    def parts(r: float) -> tuple[float, float]:
        return r * sold(r) / single, (eps + mean_above(r)) / both

    # The derivative of the mixed objective is positive at 0, then negative, then, near L, positive again.
    grid = math.sqrt(top) * (np.arange(GRID + 1) / GRID) ** 4
    kept = (grid * mu * small + 1) / (grid * mu + 1)
    lost = grid * zeta * mu / (grid * mu + 1) ** 2

    def best_low(weight: float) -> float:
        """The low price that maximises weight × first + (1 − weight) × second: a zero of its derivative."""
        falls = weight * (kept - lost) / single - (1 - weight) * lost / both <= 0
        if not falls.any():
            return top

        def slope(r: float) -> float:
            density = zeta * mu / (r * mu + 1) ** 2
            return weight * (sold(r) - r * density) / single - (1 - weight) * r * density / both

        k = int(falls.argmax())
        low, high = float(grid[max(k - 1, 0)]), float(grid[k])
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        return low

    def gap(weight: float) -> float:
        first, second = parts(best_low(weight))
        high_first, high_second = parts(top)
        return weight * (first - high_first) + (1 - weight) * (second - high_second)

    low, high = 0.0, 1.0  # at weight 0 the low price wins, at weight 1 the top
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) > 0 else (low, middle)
    price = best_low(low)
    (first, second), (top_first, top_second) = parts(price), parts(top)
    share = (second - first) / ((second - first) + (top_first - top_second))
    ratio = share * top_first + (1 - share) * first
    bound = max(sum(parts(best_low(0.5))), sum(parts(top))) / 2
    return TwoScenarios(mu, eps, top, mean, single, both, ratio, price, share, bound)


@dataclass(frozen=True)
class PriceMixture:
    """The best random posted price for a first item after which any balance can be spent.

    ratio: the guarantee; prices: (price, probability) of those that are posted.
    """

    ratio: Number
    prices: tuple[tuple[Number, Number], ...]


def price_mixture(values: Any, probabilities: Any, eps: Any = 0) -> PriceMixture:
    """The program of the module for a first item with finitely many values: one column a price.

    eps: what the second item earns at every price. Exact for rationals. Raises `InvalidInput`.

    >>> mixture = price_mixture([1, 2, 4], ["2/5", "1/5", "2/5"], "1/2")
    >>> str(mixture.ratio), [(str(price), str(chance)) for price, chance in mixture.prices]
    ('127/151', [('1', '64/151'), ('4', '87/151')])
    """
    item = distribution(array(values), array(probabilities), "first item")
    more = number(eps, "eps")
    if more < 0 or item.values[0] < 0:
        raise InvalidInput("two scenarios: eps and values have to be at least 0")
    exact = is_exact(item.values) and is_exact(item.probabilities) and not isinstance(more, float)
    above = np.cumsum(item.probabilities[::-1])[::-1]
    earns, gives = item.values * above, np.cumsum((item.values * item.probabilities)[::-1])[::-1]
    builder = Builder(sense="max", exact=exact, name="price mixture")
    ratio = builder.columns("ratio", 1, objective=1)
    price = builder.columns("price", item.size)
    once = builder.rows("once", 1, upper=1)
    alone = builder.rows("one item", 1, lower=0)
    both = builder.rows("two items", 1, lower=-more)
    builder.entries(once.index[0], price.index, 1)
    builder.entries(alone.index[0], price.index, earns)
    builder.entries(alone.index, ratio.index, -earns.max())
    builder.entries(both.index[0], price.index, gives)
    builder.entries(both.index, ratio.index, -(gives[0] + more))
    solution = solve(builder.build(), exact=exact).require_optimal()
    chances = solution["price"].tolist()
    posted = ((p, c) for p, c in zip(item.values.tolist(), chances, strict=True) if c > 0)
    return PriceMixture(solution.optimum, tuple(posted))
