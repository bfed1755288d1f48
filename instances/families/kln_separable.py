"""One buyer whose values separate (Kakade, Lobel & Nazerzadeh 2011, Property 4.1 and Theorem 5.1).

v_t = s0 * B_t or s0 + B_t: what the buyer knows at the start scales, or shifts, shocks B_1, ..., B_T that
are drawn anew in every period. Period 0 only takes the first report; an item can be sold in each period t =
1..T.

The variants are finite data on both sides of the theorem. With finitely many types increasing virtual
values do not make the relaxation tight: `not-tight` has them (7/4, 3) and yet leaves a gap, because a buyer
of type 3 values the low shock (15) more than type 2 values the high one (12).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels

F = Fraction
NINE_TENTHS = F(9, 10)


@dataclass(frozen=True)
class SeparableData:
    """First signals and shocks with their probabilities, and what the item costs."""

    form: str
    s0: tuple[Fraction, ...]
    prior: tuple[Fraction, ...]
    shocks: tuple[Fraction, ...]
    shock_probabilities: tuple[Fraction, ...]
    cost: Fraction
    discount: Fraction = NINE_TENTHS
    T: int = 2


THIRDS = (F(1, 3),) * 3
HALVES = (F(1, 2),) * 2
VARIANTS = {
    "tight": SeparableData("multiplicative", (F(2), F(3), F(4)), THIRDS, (F(1), F(3)), HALVES, F(3)),
    "tight-two-types": SeparableData(
        "multiplicative", (F(2), F(3)), HALVES, (F(1), F(3)), (F(1, 3), F(2, 3)), F(1)
    ),
    "tight-uneven": SeparableData(
        "multiplicative",
        (F(2), F(3), F(4)),
        (F(1, 2), F(1, 3), F(1, 6)),
        (F(1), F(3)),
        HALVES,
        F(3),
        discount=F(1),
        T=1,
    ),
    "not-tight": SeparableData(
        "multiplicative", (F(2), F(3)), (F(4, 5), F(1, 5)), (F(5), F(6)), HALVES, F(10)
    ),
    "irregular": SeparableData(
        "multiplicative",
        (F(3), F(4), F(5)),
        (F(3, 10), F(1, 10), F(3, 5)),
        (F(1), F(2), F(3)),
        THIRDS,
        F(2),
    ),
    "irregular-not-tight": SeparableData(
        "multiplicative",
        (F(4), F(5), F(6)),
        (F(9, 20), F(1, 10), F(9, 20)),
        (F(4), F(5), F(6)),
        THIRDS,
        F(12),
    ),
    "additive": SeparableData(
        "additive",
        (F(1), F(2), F(3)),
        THIRDS,
        (F(-2), F(0), F(2)),
        (F(1, 4), F(1, 2), F(1, 4)),
        F(0),
        discount=F(1),
        T=1,
    ),
}


def build(
    variant: str,
    form: str | None,
    T: int | None,
    s0: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    shocks: tuple[Fraction, ...] | None,
    shock_probabilities: tuple[Fraction, ...] | None,
    cost: Fraction | None,
    discount: Fraction | None,
    types: str,
) -> Environment:
    """T + 1 periods; period 0 only waits."""
    data = VARIANTS[variant]
    first, weights = choose(("s0", "prior"), s0, prior, (data.s0, data.prior))
    later, chances = choose(
        ("shocks", "shock_probabilities"),
        shocks,
        shock_probabilities,
        (data.shocks, data.shock_probabilities),
    )
    periods = T if T is not None else data.T
    worth = _worth(form or data.form, first, later)
    if types == "signals":
        buyer = _by_signals(periods, first, weights, later, chances, worth)
    else:
        buyer = _by_types(periods, first, weights, later, chances, worth)
    price = cost if cost is not None else data.cost
    return Environment(
        agents=[buyer],
        actions=[["wait"], *[["keep", "sell"]] * periods],
        costs=[[0], *[[0, price]] * periods],
        discount=discount if discount is not None else data.discount,
        horizon=periods + 1,
    )


def _worth(form: str, first: list[Fraction], later: list[Fraction]) -> list[list[Fraction]]:
    return [[s * b if form == "multiplicative" else s + b for b in later] for s in first]


def _by_signals(
    periods: int,
    first: list[Fraction],
    weights: list[Fraction],
    later: list[Fraction],
    chances: list[Fraction],
    worth: list[list[Fraction]],
) -> Agent:
    """The type is every signal so far, as in the paper."""
    n, m = len(first), len(later)
    check_size(n * m**periods, f"types in period {periods}", "T, or types=markov")
    values: list[list[list[Fraction]]] = [[[F(0)] * n]]
    for t in range(1, periods + 1):
        sold = [v for row, _ in itertools.product(worth, range(m ** (t - 1))) for v in row]
        values.append([[F(0)] * len(sold), sold])
    return Agent(
        "buyer",
        signals=signals(
            [labels(first), *[labels(later)] * periods], [weights, *[chances] * periods], "buyer"
        ),
        values=values,
    )


def _by_types(
    periods: int,
    first: list[Fraction],
    weights: list[Fraction],
    later: list[Fraction],
    chances: list[Fraction],
    worth: list[list[Fraction]],
) -> Agent:
    """The type is the first signal and the latest shock: the same program with far fewer types."""
    n, m = len(first), len(later)
    sold = [v for row in worth for v in row]
    pairs = [f"{s}|{b}" for s, b in itertools.product(first, later)]
    opening = [[p if j == k else F(0) for j in range(n) for p in chances] for k in range(n)]
    onward = [row for row in opening for _ in range(m)]
    return Agent(
        "buyer",
        types=[labels(first), *[pairs] * periods],
        prior=weights,
        values=[[[F(0)] * n], *[[[F(0)] * (n * m), sold]] * periods],
        transitions=[[opening], *[[onward]] * (periods - 1)],
    )


_CHOSEN = "; left out: the variant's"
FAMILY = Family(
    name="kln-separable",
    title="one buyer with separable values: where the relaxation is tight, and where finite types break it",
    source="Kakade, Lobel & Nazerzadeh (2011), Theorem 5.1, one buyer, finite types",
    parameters=(
        Parameter("variant", "choice", "tight", "which data", choices=tuple(VARIANTS)),
        Parameter(
            "form",
            "choice",
            None,
            f"how the first signal and a shock make a value{_CHOSEN}",
            choices=("multiplicative", "additive"),
        ),
        Parameter(
            "T",
            "int",
            None,
            f"periods with an item, t = 1..T (the horizon is T + 1){_CHOSEN}",
            least=1,
            most=1000,
        ),
        Parameter("s0", "rationals", None, f"first signals{_CHOSEN}"),
        Parameter(
            "prior", "rationals", None, "their probabilities; left out: equal where s0 is given", least=0
        ),
        Parameter("shocks", "rationals", None, f"values of each period's shock{_CHOSEN}"),
        Parameter(
            "shock_probabilities",
            "rationals",
            None,
            "their probabilities; left out: equal where shocks are given",
            least=0,
        ),
        Parameter("cost", "rational", None, f"cost of an item{_CHOSEN}"),
        Parameter("discount", "rational", None, f"discount factor{_CHOSEN}", least=0, most=1),
        Parameter(
            "types",
            "choice",
            "signals",
            "whether a type is all signals so far or the first signal and the latest shock",
            choices=("signals", "markov"),
        ),
    ),
    build=build,
)
