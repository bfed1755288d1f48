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

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels

F = Fraction
HALF = F(1, 2)
NINE_TENTHS = F(9, 10)


@dataclass(frozen=True)
class ProgressiveData:
    """Chances of a high shock with their prior, the two shocks, and what a unit costs."""

    chances: tuple[Fraction, ...]
    prior: tuple[Fraction, ...]
    low: Fraction
    high: Fraction
    cost: Fraction = HALF
    discount: Fraction = NINE_TENTHS


VARIANTS = {
    "mild": ProgressiveData((F(1, 3), F(2, 3)), (F(1, 2), F(1, 2)), F(1, 2), F(3, 2)),
    "steep": ProgressiveData((F(1, 4), F(3, 4)), (F(2, 3), F(1, 3)), F(1, 2), F(2)),
    # For T = 2 virtual values call for a sale after a low and then a high shock but not after a high and then
    # a low one: no payments make her report so, and 25451/12500 path by path becomes 24821/12500.
    "crossing": ProgressiveData((F(3, 10), F(3, 5)), (F(3, 5), F(2, 5)), F(4, 5), F(11, 5), F(2, 5), F(1)),
    "crossing-rare": ProgressiveData(
        (F(1, 10), F(2, 5)), (F(3, 5), F(2, 5)), F(9, 10), F(21, 10), F(1, 2), F(1)
    ),
}


def build(
    variant: str,
    T: int,
    chances: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    low: Fraction | None,
    high: Fraction | None,
    cost: Fraction | None,
    discount: Fraction | None,
) -> Environment:
    """T + 1 periods; period 0 only waits."""
    data = VARIANTS[variant]
    first, weights = choose(("chances", "prior"), chances, prior, (data.chances, data.prior))
    down = low if low is not None else data.low
    up = high if high is not None else data.high
    if down >= up:
        raise InvalidInput(f"low must be below high, not {down} against {up}")
    n = len(first)
    check_size(n * (T + 1), f"types in period {T}", "T")
    types = [labels(first)]
    values: list[list[list[Fraction]]] = [[[F(0)] * n]]
    transitions: list[list[list[list[Fraction]]]] = []
    for t in range(1, T + 1):
        # theta_t is known from the number of high shocks so far.
        reached = [down ** (t - k) * up**k for k in range(t + 1)]
        types.append([f"{chance}|{theta}" for chance in first for theta in reached])
        values.append([[F(0)] * (n * (t + 1)), reached * n])
        transitions.append([_grow(first, t)])
    price = cost if cost is not None else data.cost
    buyer = Agent("buyer", types=types, prior=weights, values=values, transitions=transitions)
    return Environment(
        agents=[buyer],
        actions=[["wait"], *[["keep", "sell"]] * T],
        costs=[[0], *[[0, price]] * T],
        discount=discount if discount is not None else data.discount,
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


_CHOSEN = "; left out: the variant's"
FAMILY = Family(
    name="progressive-screening",
    title="a buyer who knows how fast her value grows: distortions that do not die out",
    source="Boleslavsky & Said (2013); lecture notes, progressive screening, binary shocks",
    parameters=(
        Parameter("variant", "choice", "mild", "which data", choices=tuple(VARIANTS)),
        Parameter("T", "int", 2, "periods with a sale, t = 1..T (the horizon is T + 1)", least=1, most=200),
        Parameter("chances", "rationals", None, f"chances lambda of a high shock{_CHOSEN}", least=0, most=1),
        Parameter(
            "prior",
            "rationals",
            None,
            "their probabilities; left out: equal where chances are given",
            least=0,
        ),
        Parameter("low", "rational", None, f"the low shock{_CHOSEN}", above=0),
        Parameter("high", "rational", None, f"the high shock{_CHOSEN}", above=0),
        Parameter("cost", "rational", None, f"cost of a unit{_CHOSEN}"),
        Parameter("discount", "rational", None, f"discount factor{_CHOSEN}", least=0, most=1),
    ),
    build=build,
)
