"""A public service, provided or not in every period, for n people whose two types persist.

Each values it low (l) or high (h), and stays so with probability a_L or a_H; it costs n times the cost per
head c. If nobody can refuse, a balanced team mechanism has the first best at every horizon (Athey & Segal
2013). With participation `interim` and a budget `ex-ante` payments have to come from those who gain, and a
rule q of all reports so far can be paid for if and only if

    E Σ_t δ^t (Σ_i ψ_it − n c) q ≥ 0,

where ψ_it = h for a high value and l for a low one that was high before; and for one that has only been low

    ψ_it = l − (p / (1 − p)) ((a_L + a_H − 1) / a_L)^t (h − l),    p the probability of h in period 0,

as people keep what they knew at the start, and only that (Battaglini's distortion for one of many). For the
least loss, services are left out in order of what they are worth to what they cost the budget, the last by
lot. The rent of an early report fades, so that later services are provided that would once not have been.
By default 6407/5625 are to be had, and 742/675 where the services are paid for.
"""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter

F = Fraction


def build(
    agents: int,
    horizon: int,
    low: Fraction,
    high: Fraction,
    mu_H: Fraction,
    a_L: Fraction,
    a_H: Fraction,
    cost: Fraction,
    discount: Fraction,
) -> Environment:
    """People are alike."""
    if low >= high:
        raise InvalidInput(f"low must be below high, not {low} against {high}")
    people = [
        Agent(
            f"person {i + 1}",
            types=["low", "high"],
            prior=[1 - mu_H, mu_H],
            values=[[[0, 0], [low, high]]] * horizon,
            transitions=[[[[a_L, 1 - a_L], [1 - a_H, a_H]]]] * (horizon - 1),
        )
        for i in range(agents)
    ]
    return Environment(
        agents=people,
        actions=[["none", "provide"]] * horizon,
        costs=[[0, agents * cost]] * horizon,
        discount=discount,
        horizon=horizon,
    )


FAMILY = Family(
    name="dynamic-public-good",
    title="a public service over time: who pays for it while types persist",
    source="Athey & Segal (2013); Mailath & Postlewaite (1990); Battaglini (2005), two types",
    parameters=(
        Parameter("agents", "int", 2, "number of people", least=1, most=6),
        Parameter("horizon", "int", 2, "number of periods, each with a service", least=1, most=1000),
        Parameter("low", "rational", F(0), "what it is worth to a low type"),
        Parameter("high", "rational", F(1), "what it is worth to a high one"),
        Parameter("mu_H", "rational", F(2, 3), "probability of a high type in period 0", least=0, most=1),
        Parameter("a_L", "rational", F(9, 10), "probability that a low type stays low", least=0, most=1),
        Parameter("a_H", "rational", F(9, 10), "probability that a high type stays high", least=0, most=1),
        Parameter("cost", "rational", F(2, 5), "cost of a service per head", least=0),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
