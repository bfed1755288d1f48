"""A monopolist's product line: qualities for buyers who care for quality more or less (Mussa & Rosen 1978).

A buyer of type θ values quality q at θ q, which costs c q + q²/2. With virtual types

    ψ_j = θ_j − (θ_{j+1} − θ_j) (1 − F_j) / f_j

that rise, type j has the quality max(0, ψ_j − c) and profit is the mean of its square, halved. Where they do
not rise, the ironed ones stand for them, which for finitely many types are

    max over i ≤ j of the least, over k ≥ j, of the mean of ψ_i, ..., ψ_k by probability,

and the types that are pooled have one quality. On the midpoints 1/2k, 3/2k, ..., equally likely, ψ = 2 θ − 1
+ 1/2k: in the limit, at c = 0, quality 2 θ − 1 from θ = 1/2 on, and profit 1/12, a half of efficient.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

Row = tuple[Fraction, ...]


def build(types: int, values: Row | None, prior: Row | None, cost: Fraction) -> Environment:
    """One period; the quality is divisible and without a largest."""
    middles = [Fraction(2 * j + 1, 2 * types) for j in range(types)]
    points, weights = choose(("values", "prior"), values, prior, (middles, uniform(types)))
    quality = {"goods": ["quality"], "upper": [None], "quadratic": [[1]]}
    buyer = Agent("buyer", types=[labels(points)], prior=weights, values=[[points]])
    return Environment(agents=[buyer], actions=[quality], costs=[[cost]], horizon=1)


FAMILY = Family(
    name="mussa-rosen",
    title="a product line: better qualities for those who care, worse ones for the others",
    source="Mussa & Rosen (1978), finite types, quadratic cost",
    parameters=(
        Parameter("types", "int", 4, "number k of types 1/2k, 3/2k, ...", least=1, most=1000),
        Parameter("values", "rationals", None, "types, from low to high, in place of these"),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", above=0),
        Parameter("cost", "rational", Fraction(0), "cost c of quality, beside q^2/2"),
    ),
    build=build,
)
