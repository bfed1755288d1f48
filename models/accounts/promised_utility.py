"""One period of the clairvoyant optimum for one buyer, as a function of the utility promised to her.

Let g(z) be the most welfare of the periods to come that leaves the buyer the expected utility z and never a
negative total (MPTZ Lemmas A.3 and A.4: payments front-loaded, histories of equal promise treated alike).
With values θ_1 < ... < θ_K of probabilities f, the best first period of those to come solves

    g(z) = max Σ_j f_j (θ_j x_j + g'(U_j)),   Σ_j f_j U_j = z,   U_j ≥ 0,
    U_k ≥ U_j + (θ_k − θ_j) x_j  for all j, k,

g' being the function of the periods after it. Incentive compatibility says that x is a random posted price:
s_i the probability of price θ_i, x_j = Σ_{i ≤ j} s_i and U_j = U_1 + Σ_i s_i (θ_j − θ_i)⁺ (the largest x that
the U allow, x_K = 1). So there are 2K variables and K + 1 equations, and g comes out by following the optimum
as z falls from where everything is sold (`solvers/algorithms/parametric.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from ...solvers.algorithms.concave import Concave
from ...solvers.algorithms.parametric import Corner, Dictionary, Pieces
from ...solvers.numbers import Floats
from ...solvers.rational import ONE, ZERO, Rational, double, total
from ...solvers.short import Short

Numbers = tuple[Rational, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Policy(Short):
    """What to do in one period at each promise: linear between the corners.

    promises (n,) increasing from 0; sales (n, K) probabilities of selling to each type; next (n, K) promises
    after each report. Beyond the last promise everything is sold and the rest is paid out.
    """

    promises: tuple[Rational, ...]
    sales: tuple[Numbers, ...]
    next: tuple[Numbers, ...]

    def at(self, z: Rational) -> tuple[Numbers, Numbers]:
        """(sales, next promises) at promise z ≥ 0."""
        k = bisect_left(self.promises, z)
        if k == len(self.promises):
            more = z - self.promises[-1]
            return self.sales[-1], tuple(u + more for u in self.next[-1])
        if self.promises[k] == z:
            return self.sales[k], self.next[k]
        share = (z - self.promises[k - 1]) / (self.promises[k] - self.promises[k - 1])
        return _between(self.sales, k, share), _between(self.next, k, share)

    @cached_property
    def doubles(self) -> tuple[Floats, Floats]:
        """(n,) promises and (n, K) next promises."""
        return np.array([double(z) for z in self.promises]), np.array(
            [[double(u) for u in row] for row in self.next]
        )


def _between(rows: Sequence[Numbers], k: int, share: Rational) -> Numbers:
    return tuple(a + share * (b - a) for a, b in zip(rows[k - 1], rows[k], strict=True))


def best_period(
    values: Sequence[Rational], probabilities: Sequence[Rational], after: Concave
) -> tuple[Concave, Policy]:
    """(g, policy) of a period with these values (increasing, at least 0), where `after` is g'."""
    count = len(values)
    rent = [
        total(f * max(v - price, ZERO) for f, v in zip(probabilities, values, strict=True))
        for price in values
    ]
    sold = [f * v for f, v in zip(probabilities, values, strict=True)]
    welfare = [total(sold[i:]) for i in range(count)]
    functions = [Pieces(after.points, [f * s for s in after.slopes]) for f in probabilities]
    functions += [Pieces((ZERO,), (w,)) for w in welfare]
    last = after.points[-1]
    alpha = [[rent[i] - rent[0] + min(v, values[i]) - values[0] for i in range(1, count)] for v in values]
    start = Dictionary(
        functions,
        basic=range(count + 1),
        values=[*(last + v - values[0] for v in values), ONE],
        alpha=[*alpha, [ONE] * (count - 1)],
        gamma=[ONE] * count + [ZERO],
        z=last + rent[0],
    )
    corners = list(start.walk())
    return _function(corners, welfare[0] + after.most), _policy(corners, count)


def _function(corners: list[Corner], most: Rational) -> Concave:
    """g from its value where everything is sold and its slopes below each corner."""
    points, values, slopes = [corners[0].z], [most], [ZERO]
    for high, low in pairwise(corners):
        value = values[-1] - high.slope * (points[-1] - low.z)
        if high.slope == slopes[-1]:
            points[-1], values[-1] = low.z, value
        else:
            points.append(low.z)
            values.append(value)
            slopes.append(high.slope)
    return Concave(points[::-1], values[::-1], slopes[::-1])


def _policy(corners: list[Corner], count: int) -> Policy:
    upward = corners[::-1]
    sales = []
    for corner in upward:
        sales.append(tuple(accumulate(corner.x[count:])))
    return Policy(tuple(c.z for c in upward), tuple(sales), tuple(c.x[:count] for c in upward))
