"""Buyers who arrive one at a time and are seen when they do (lecture notes, stochastic arrivals).

Buyer t comes in period t or never. Her value is drawn in that period and stays; before, she has one type.
An observed agent, "market", holds who has come and who has been served, a letter a period: "." nobody came,
"w" she waits, "s" she is served; it moves with the chance of an arrival, learnt from those so far, and with
sales. Sales are feasible to those who wait and have not been timed out, while there are goods.

Here a buyer is an agent from the start, known by her period: mechanisms may have her pay before she comes,
as the pivot mechanism does where she is waited for. Payments from her arrival on are those of
`models.efficient.arrival_payments`.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from ...models.efficient.arrivals import Arrivals, read_arrivals
from ...models.environment.environment import Agent, Environment
from ...solvers.errors import TooLarge
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels, uniform

F = Fraction
Sale = tuple[int, ...]
MAX_ENTRIES = 2_000_000
"""Most entries of the market's transitions between two periods."""


def data(
    periods: int,
    goods: int,
    values: tuple[Fraction, ...] | None,
    pmf: tuple[Fraction, ...] | None,
    chances: tuple[Fraction, ...],
    weights: tuple[Fraction, ...] | None,
    timeout: int | None,
    discount: Fraction,
) -> Arrivals:
    """The same in the form that is solved by stopping (`models.efficient.arrivals`)."""
    three = [F(1), F(2), F(3)]
    theta, share = choose(("values", "pmf"), values, pmf, (three, uniform(3)))
    odds, belief = choose(("chances", "weights"), chances, weights, (chances, ()))
    return read_arrivals(
        periods=periods,
        goods=goods,
        values=theta,
        pmf=share,
        chances=odds,
        weights=belief,
        timeout=timeout,
        discount=discount,
    )


def build(**parameters: Any) -> Environment:
    """See the module: T buyers and the market."""
    given = data(**parameters)
    T = given.periods
    sales = [s for n in range(min(given.goods, T), -1, -1) for s in itertools.combinations(range(T), n)]
    entries = len(sales) * len(_markets(T, given.goods)) ** 2
    if entries > MAX_ENTRIES:
        raise TooLarge(f"transitions of the market have {entries:,} entries, more than {MAX_ENTRIES:,}; "
                       "choose fewer periods or goods")  # fmt: skip
    markets = [_markets(t + 1, given.goods) for t in range(T)]
    first = given.chance[0, 0]
    market = Agent(
        "market",
        types=markets,
        prior=[1 - first, first, F(0)],
        values=[[[F(0)] * len(markets[t])] * len(sales) for t in range(T)],
        transitions=[
            [[_row(given, t, sale, here, markets[t + 1]) for here in markets[t]] for sale in sales]
            for t in range(T - 1)
        ],
        observed=True,
    )
    feasible = [[[_can(given, t, sale, here) for here in markets[t]] for sale in sales] for t in range(T)]
    return Environment(
        agents=[*(_buyer(given, i, sales) for i in range(T)), market],
        actions=[_name(sale) for sale in sales],
        feasible=feasible,
        discount=given.discount,
        horizon=T,
    )


def _markets(slots: int, goods: int) -> list[str]:
    """A letter a period so far, with no more served than there are goods."""
    words = ("".join(letters) for letters in itertools.product(".ws", repeat=slots))
    return [word for word in words if word.count("s") <= goods]


def _name(sale: Sale) -> str:
    return "sell to " + (" and ".join(f"buyer {i}" for i in sale) or "nobody")


def _buyer(given: Arrivals, i: int, sales: list[Sale]) -> Agent:
    """Buyer i: one type before period i, her value from then on."""
    theta, T, m = given.values.tolist(), given.periods, len(given.values)
    stay = [[[F(int(k == j)) for j in range(m)] for k in range(m)]]
    served = [theta if i in sale else [F(0)] * m for sale in sales]
    return Agent(
        f"buyer {i}",
        types=[labels(theta) if t >= i else ["not yet there"] for t in range(T)],
        prior=given.pmf.tolist() if i == 0 else [F(1)],
        values=[served if t >= i else [[F(0)]] * len(sales) for t in range(T)],
        transitions=[
            stay if t >= i else [[given.pmf.tolist()]] if t + 1 == i else [[[F(1)]]] for t in range(T - 1)
        ],
    )


def _can(given: Arrivals, t: int, sale: Sale, here: str) -> bool:
    """Whether the goods are left and those who are to be served wait; nobody can always be served."""
    patience = given.timeout or given.periods
    there = all(i <= t and here[i] == "w" and t - i < patience for i in sale)
    return not sale or (there and len(sale) + here.count("s") <= given.goods)


def _row(given: Arrivals, t: int, sale: Sale, here: str, markets: list[str]) -> list[Fraction]:
    """Probabilities of the market of period t + 1; sales that cannot be made change nothing."""
    sold = sale if _can(given, t, sale, here) else ()
    after = "".join("s" if i in sold else letter for i, letter in enumerate(here))
    chance = given.chance[t + 1, t + 1 - here.count(".")]
    weight = {after + "w": chance, after + ".": 1 - chance}
    return [weight.get(there, F(0)) for there in markets]


FAMILY = Family(
    name="arrivals",
    title="buyers who arrive over time, seen when they do: whom to serve, and when",
    source="lecture notes, stochastic arrivals; Gershkov, Moldovanu & Strack",
    parameters=(
        Parameter("periods", "int", 3, "number of periods, one arrival at most in each", least=1, most=6),
        Parameter("goods", "int", 1, "number of goods", least=1, most=6),
        Parameter("values", "rationals", None, "values, increasing; left out: 1,2,3", least=0),
        Parameter("pmf", "rationals", None, "their probabilities; left out: equal", above=0),
        Parameter("chances", "rationals", (F(1, 2),), "possible chances of an arrival", least=0, most=1),
        Parameter("weights", "rationals", None, "beliefs in them at the start; left out: equal", least=0),
        Parameter("timeout", "int", None, "periods a buyer can be served in; left out: for ever", least=1),
        Parameter("discount", "rational", F(9, 10), "discount factor", least=0, most=1),
    ),
    build=build,
)
