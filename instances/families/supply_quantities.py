"""Supply chain with quantities: retailers who know margins and learn demands, one production (KLN §4.1).

In every period t = 1..T a manufacturer makes widgets for N retailers and sends q_i lots of them to retailer
i. They are worth s_i0 min(q_i, D_it) to her: the margin that she knows from the start, times what she
sells. Demand D_it is one of a few numbers of lots, keeps its level with probability `stay`, moves to each of
the others alike, and is moved by nobody. All lots of a period are made together, at the joint convex cost

    c(q) = cost Q + convex Q² / 2,    Q = Σ_i q_i,

so that what one retailer gets makes the next lot dearer for the others. An action is a profile of quantities:
there are (most + 1)^N of them. Values are multiplicatively separable with B_t(q, D) = min(q_i, D).

KLN is Kakade, Lobel & Nazerzadeh (2011).
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction
MARGINS, DEMANDS = (F(2), F(3), F(4)), (F(1), F(2))
MOST_ACTIONS = 1000


def build(
    retailers: int,
    T: int,
    most: int,
    margins: tuple[Fraction, ...],
    prior: tuple[Fraction, ...] | None,
    demands: tuple[Fraction, ...],
    stay: Fraction,
    cost: Fraction,
    convex: Fraction,
    discount: Fraction,
) -> Environment:
    """T + 1 periods; period 0 only takes reports."""
    check_size(len(margins) * len(demands), "types in a period", "margins or demands")
    count = (most + 1) ** retailers
    if count > MOST_ACTIONS:
        raise InvalidInput(
            f"{count} profiles of quantities, more than {MOST_ACTIONS}; choose fewer retailers or lower most"
        )
    first, chances = choose(("margins", "prior"), margins, prior, (margins, uniform(len(margins))))
    profiles = list(itertools.product(range(most + 1), repeat=retailers))
    names = [f"retailer {i + 1}" for i in range(retailers)]
    spent = [cost * sum(q) + convex * F(sum(q)) ** 2 / 2 for q in profiles]
    shipped = ["nothing" if not any(q) else "+".join(map(str, q)) for q in profiles]
    return Environment(
        agents=[_retailer(n, i, first, chances, demands, stay, T, profiles) for i, n in enumerate(names)],
        actions=[["wait"], *[shipped] * T],
        costs=[[F(0)], *[spent] * T],
        discount=discount,
        horizon=T + 1,
    )


def _retailer(
    name: str,
    i: int,
    margins: list[Fraction],
    prior: list[Fraction],
    demands: tuple[Fraction, ...],
    stay: Fraction,
    T: int,
    profiles: list[tuple[int, ...]],
) -> Agent:
    count = len(demands)
    pairs = [f"{s}|{d}" for s, d in itertools.product(margins, demands)]
    sold = [[s * min(F(q[i]), d) for s, d in itertools.product(margins, demands)] for q in profiles]
    away = (1 - stay) / (count - 1) if count > 1 else F(0)
    rows = [[stay if d == e else away for e in range(count)] if count > 1 else [F(1)] for d in range(count)]
    opening = [[p if j == k else F(0) for j in range(len(margins)) for p in uniform(count)]
               for k in range(len(margins))]  # fmt: skip
    onward = [[p if j == k else F(0) for j in range(len(margins)) for p in row]
              for k in range(len(margins)) for row in rows]  # fmt: skip
    return Agent(
        name,
        types=[labels(margins), *[pairs] * T],
        prior=prior,
        values=[[[F(0)] * len(margins)], *[sold] * T],
        transitions=[[opening], *[[onward]] * (T - 1)],
    )


FAMILY = Family(
    name="supply-quantities",
    title="retailers with known margins and moving demands who share one production of convex cost",
    source="Kakade, Lobel & Nazerzadeh (2011), section 4.1, supply chain with production costs; finite types",
    parameters=(
        Parameter("retailers", "int", 2, "number of retailers", least=1, most=5),
        Parameter("T", "int", 1, "periods with lots, t = 1..T (the horizon is T + 1)", least=1, most=200),
        Parameter("most", "int", 2, "largest number of lots that one retailer is sent", least=1, most=50),
        Parameter("margins", "rationals", MARGINS, "first signals: profits on a lot that is sold", least=0),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("demands", "rationals", DEMANDS, "lots that can be sold, equally likely at first", least=0),
        Parameter("stay", "rational", F(1, 2), "probability that demand keeps its level", least=0, most=1),
        Parameter("cost", "rational", F(1, 2), "linear cost of a lot"),
        Parameter("convex", "rational", F(1, 2), "by how much every lot makes the next one dearer", least=0),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
