"""An expert who would go too far, and no money: what he may choose (Holmström 1984; Melumad & Shibano 1991).

The expert knows θ; both lose the square of the distance from what they want, the principal θ, the expert θ +
b. With `payments` `none` a mechanism is a set of decisions (and lotteries) among which he chooses. Types are
the k midpoints of [0, 1], decisions the multiples of 1/k, b one of these too, at most 1/2. The best set is
then an interval, all up to 1 − b (Martimort & Semenov 2006): type (j + 1/2)/k takes min(j/k + b, 1 − b), of
two that are as good to him the one below, and the principal loses

    (1 − 2b)(b − 1/2k)² + b (4b² − 1/k²)/6,

b² − 4b³/3 in the limit. His loss is that of somebody whom everybody observes; he has the objective
`welfare=1,utility:expert=-1`: what he has himself and what the expert pays, if he pays.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import labels, uniform, unit_grid

F = Fraction


def build(types: int, bias: Fraction) -> Environment:
    """One period; actions are decisions."""
    decisions, points = unit_grid(types + 1), [F(2 * j + 1, 2 * types) for j in range(types)]
    away = np.array(decisions, dtype=object)[:, None] - np.array(points, dtype=object)
    expert = Agent("expert", types=[labels(points)], prior=uniform(types), values=[-((away - bias) ** 2)])
    principal = Agent(
        "principal", types=[["nothing"]], prior=[1], values=[-(away**2)[:, :, None]], observed=True
    )
    return Environment(agents=[expert, principal], actions=[labels(decisions)], horizon=1)


FAMILY = Family(
    name="delegation",
    title="an expert who would go too far, and no money: how much he may decide",
    source="Holmström (1984); Melumad & Shibano (1991); Martimort & Semenov (2006), on a grid",
    parameters=(
        Parameter("types", "int", 6, "number k of types, the midpoints of [0, 1]", least=1, most=200),
        Parameter("bias", "rational", F(1, 3), "by how much the expert wants more", least=0, most=1),
    ),
    build=build,
)
