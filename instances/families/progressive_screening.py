"""Progressive screening with binary shocks (Boleslavsky & Said 2013; lecture notes).

A buyer knows from the start how fast her value tends to grow: theta_t = alpha_t theta_{t-1}, theta_0 = 1,
with alpha_t high with probability lambda, her private first type, and low otherwise, independently over
time. A unit can be sold in each period t = 1..T. What lambda is matters more the later the period, so
distortions grow with time.

A type of period t is lambda and theta_t. (In the notes rents carry the wrong sign, and the impulse response
is theta_t times the sum over s of (-F_lambda/f)(alpha_s) / alpha_s.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels
from .variants import complete, numbers, varied

F = Fraction


@dataclass(frozen=True)
class ProgressiveData:
    """Chances of a high shock with their prior, the two shocks, and what a unit costs."""

    chances: tuple[Fraction, ...]
    prior: tuple[Fraction, ...]
    low: Fraction
    high: Fraction
    cost: Fraction
    discount: Fraction


def _data(
    chances: str, prior: str, low: str, high: str, cost: str = "1/2", discount: str = "9/10"
) -> ProgressiveData:
    return ProgressiveData(numbers(chances), numbers(prior), F(low), F(high), F(cost), F(discount))


VARIANTS = {
    "mild": _data("1/3 2/3", "1/2 1/2", "1/2", "3/2"),
    "steep": _data("1/4 3/4", "2/3 1/3", "1/2", "2"),
    # For T = 2 virtual values call for a sale after a low and then a high shock but not after a high and then
    # a low one: no payments make her report so, and 25451/12500 path by path becomes 24821/12500.
    "crossing": _data("3/10 3/5", "3/5 2/5", "4/5", "11/5", "2/5", "1"),
    "crossing-rare": _data("1/10 2/5", "3/5 2/5", "9/10", "21/10", "1/2", "1"),
}


def build(variant: str, T: int, **given: Any) -> Environment:
    """T + 1 periods; period 0 only waits. given: fields of `ProgressiveData`, None for the variant's."""
    own = VARIANTS[variant]
    data = complete(own, given)
    first, weights = choose(("chances", "prior"), given["chances"], given["prior"], (own.chances, own.prior))
    if data.low >= data.high:
        raise InvalidInput(f"low must be below high, not {data.low} against {data.high}")
    n = len(first)
    check_size(n * (T + 1), f"types in period {T}", "T")
    types = [labels(first)]
    values: list[list[list[Fraction]]] = [[[F(0)] * n]]
    transitions: list[list[list[list[Fraction]]]] = []
    for t in range(1, T + 1):
        # theta_t is known from the number of high shocks so far.
        reached = [data.low ** (t - k) * data.high**k for k in range(t + 1)]
        types.append([f"{chance}|{theta}" for chance in first for theta in reached])
        values.append([[F(0)] * (n * (t + 1)), reached * n])
        transitions.append([_grow(first, t)])
    buyer = Agent("buyer", types=types, prior=weights, values=values, transitions=transitions)
    return Environment(
        agents=[buyer],
        actions=[["wait"], *[["keep", "sell"]] * T],
        costs=[[0], *[[0, data.cost]] * T],
        discount=data.discount,
        horizon=T + 1,
    )


def _grow(first: list[Fraction], t: int) -> list[list[Fraction]]:
    """From (lambda, k high shocks of t-1) to (lambda, k or k+1 high shocks of t)."""
    width = t + 1
    rows = []
    for i, chance in enumerate(first):
        for k in range(t):
            row = [F(0)] * (len(first) * width)
            row[i * width + k] = 1 - chance
            row[i * width + k + 1] = chance
            rows.append(row)
    return rows


FAMILY = Family(
    name="progressive-screening",
    title="a buyer who knows how fast her value grows: distortions that do not die out",
    source="Boleslavsky & Said (2013); lecture notes, progressive screening, binary shocks",
    parameters=(
        Parameter("variant", "choice", "mild", "which data", choices=tuple(VARIANTS)),
        Parameter("T", "int", 2, "periods with a sale, t = 1..T (the horizon is T + 1)", least=1, most=200),
        varied("chances", "rationals", "chances lambda of a high shock", least=0, most=1),
        Parameter(
            "prior", "rationals", None, "their probabilities; left out: equal where chances are given",
            least=0,
        ),
        varied("low", "rational", "the low shock", above=0),
        varied("high", "rational", "the high shock", above=0),
        varied("cost", "rational", "cost of a unit"),
        varied("discount", "rational", "discount factor", least=0, most=1),
    ),
    build=build,
)
