"""A public good that is worth something to some of n people: who pays for it.

Values are low or high (or others), independent and alike; the good costs n times the cost per head c. With
participation `none` expected externalities balance the budget on every path (d'Aspremont & Gérard-Varet
1979), so the first best can be had. With participation `interim` payments have to come from those who gain: a
rule q(m), of the number m of high values, can be paid for (budget `ex-ante`) if and only if

    E[(m h + (n − m) ψ − n c) q(m)] ≥ 0,    ψ = l − (h − l) p / (1 − p),

p the probability of a high value. The second best goes from m = n downwards while this holds, and ends by
lot. Per head m h + (n − m) ψ tends to l, so that where l < c the good is built ever more rarely, however
surely it ought to be (Mailath & Postlewaite 1990). By default, c = 2/5 and values 0 and 1: four people have
13/20, and 9/16 where they pay for it; three pay for all that is worth it.

With two values and incentives `ex-post` a vote with equal shares, c a head where it is built, balances
without promises.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction


def build(
    agents: int, values: tuple[Fraction, ...], prior: tuple[Fraction, ...] | None, cost: Fraction
) -> Environment:
    """One period."""
    points, weights = choose(("values", "prior"), values, prior, (values, uniform(len(values))))
    people = [
        Agent(f"person {i + 1}", types=[labels(points)], prior=weights, values=[[[0] * len(points), points]])
        for i in range(agents)
    ]
    return Environment(agents=people, actions=[["none", "build"]], costs=[[0, agents * cost]], horizon=1)


FAMILY = Family(
    name="public-good",
    title="a public good: built with payments of those who gain, or with a budget that balances",
    source="d'Aspremont & Gérard-Varet (1979); Mailath & Postlewaite (1990)",
    parameters=(
        Parameter("agents", "int", 4, "number of people", least=1, most=12),
        Parameter("values", "rationals", (F(0), F(1)), "what it may be worth to each of them"),
        Parameter("prior", "rationals", None, "the probabilities; left out: equal", least=0),
        Parameter("cost", "rational", F(2, 5), "cost of the good per head", least=0),
    ),
    build=build,
)
