"""A buyer and a seller of one good, each of whom knows her own value (Myerson & Satterthwaite 1983).

With budget `ex-ante` (payments cover costs, of which there are none), incentives `bayesian` and participation
`interim` a trade rule q can be had if and only if its expected virtual surplus E[(ψ(b) − χ(s)) q] is not
negative, where adjacent lies are the best ones (their Theorem 1):

    ψ_j = b_j − (b_{j+1} − b_j) (1 − F_j) / f_j,    χ_j = s_j + (s_j − s_{j−1}) G_{j−1} / g_j.

The second best (Theorem 2) trades where (b − s) + λ (ψ − χ) > 0, and by lot where it is 0. With both values
uniform on 1/2k, 3/2k, ..., d steps between them: b − s = d/k and ψ − χ = (2d + 1 − k)/k, for k − d of the k²
pairs. The first best, (k² − 1)/6k², costs k (k − 1)(k − 5)/6k³, which is nothing up to k = 5. From then on
the n largest differences, n = ⌊(3k + 1)/4⌋, are traded, and the next with probability φ:

    φ = n (3k + 1 − 4n) / 6 (2n + 1 − k),    gains = [n (n + 1)(3k − 2n − 1)/6 + φ (n + 1)(k − n − 1)] / k³,

9/64 in the limit, where trade needs b − s > 1/4. With incentives `bayesian` it does not matter whether the
budget holds in expectation or on every path. With incentives `ex-post` and a budget of every path (`ex-post`)
there is nothing better than a posted price, on this grid one of its own values (Hagerty & Rogerson 1987).
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

Row = tuple[Fraction, ...]


def build(
    types: int, buyer: Row | None, seller: Row | None, buyer_prior: Row | None, seller_prior: Row | None
) -> Environment:
    """One period; the seller has the good. Types are listed from who would trade least to who would most."""
    grid = [Fraction(2 * j + 1, 2 * types) for j in range(types)]
    traders = []
    for name, points, weights, sign in (
        ("buyer", buyer, buyer_prior, 1),
        ("seller", seller, seller_prior, -1),
    ):
        values, prior = choose((name, f"{name}_prior"), points, weights, (grid[::sign], uniform(types)))
        worth = [[0] * len(values), [sign * value for value in values]]
        traders.append(Agent(name, types=[labels(values)], prior=prior, values=[worth]))
    return Environment(agents=traders, actions=[["no", "trade"]], horizon=1)


FAMILY = Family(
    name="bilateral-trade",
    title="a buyer and a seller: who pays for the gains from trade",
    source="Myerson & Satterthwaite (1983), Theorems 1 and 2, finite types; Hagerty & Rogerson (1987)",
    parameters=(
        Parameter("types", "int", 6, "number k of values 1/2k, 3/2k, ... of each", least=1, most=1000),
        Parameter("buyer", "rationals", None, "values of the buyer, in place of these"),
        Parameter("seller", "rationals", None, "values of the seller, in place of these"),
        Parameter("buyer_prior", "rationals", None, "the buyer's probabilities; left out: equal", least=0),
        Parameter("seller_prior", "rationals", None, "the seller's probabilities; left out: equal", least=0),
    ),
    build=build,
)

MYERSON_SATTERTHWAITE = FAMILY.renamed(
    "myerson-satterthwaite",
    "a buyer and a seller whose gains from trade cannot all be had: the second best",
    "Myerson & Satterthwaite (1983), Theorems 1 and 2, finite types",
)
"""Under the name of the theorem."""
