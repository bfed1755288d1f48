"""A seller and a buyer who trade twice, and learn one after the other (Athey & Segal 2013, introduction).

The seller knows θ at the start: x units cost her θ x²/2, in both periods. A unit is worth 1 to the buyer in
period 0, and ϑ in period 1, which he learns before it. Efficient are x = 1/θ and then ϑ/θ, worth

    E[1/θ] (1 + δ E ϑ²) / 2

in all. The buyer has seen what was traded, and so knows θ when he reports ϑ: payments that hold him to the
truth on average over θ only can be played against. The balanced team mechanism pays for the news in each
report, and has the first best with a budget of every path. The quantities offered are those that are
efficient for some types.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction
Row = tuple[Fraction, ...]


def build(
    costs: Row, costs_prior: Row | None, values: Row, values_prior: Row | None, discount: Fraction
) -> Environment:
    """Two periods. Costs are listed from who would trade least, the highest, to who would most."""
    slopes, chances = choose(("costs", "costs_prior"), costs, costs_prior, (costs, uniform(len(costs))))
    worth, weights = choose(("values", "values_prior"), values, values_prior, (values, uniform(len(values))))
    traded = [
        sorted({F(0), *(value / slope for slope in slopes for value in known)}) for known in ([F(1)], worth)
    ]
    stays = [[F(int(i == j)) for j in range(len(slopes))] for i in range(len(slopes))]
    seller = Agent(
        "seller",
        types=[labels(slopes)] * 2,
        prior=chances,
        values=[[[-slope * x * x / 2 for slope in slopes] for x in units] for units in traded],
        transitions=[[stays]],
    )
    buyer = Agent(
        "buyer",
        types=[["1"], labels(worth)],
        prior=[1],
        values=[[[x] for x in traded[0]], [[value * x for value in worth] for x in traded[1]]],
        transitions=[[[weights]]],
    )
    return Environment(
        agents=[seller, buyer], actions=[labels(units) for units in traded], discount=discount, horizon=2
    )


FAMILY = Family(
    name="athey-segal",
    title="a seller and a buyer who trade twice and learn in turn: efficient, with a balanced budget",
    source="Athey & Segal (2013), the example of the introduction, finite types",
    parameters=(
        Parameter("costs", "rationals", (F(2), F(1)), "costs θ of the seller, from high to low", above=0),
        Parameter("costs_prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("values", "rationals", (F(0), F(1, 2), F(1)), "values of the buyer in period 1", least=0),
        Parameter("values_prior", "rationals", None, "their probabilities; left out: equal", least=0),
        Parameter("discount", "rational", F(1), "discount factor", least=0, most=1),
    ),
    build=build,
)
