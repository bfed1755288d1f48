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
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ...models.environment.environment import Agent, Environment
from ...models.environment.signals import signals
from ..family import Family, check_size
from ..parameters import Parameter
from .grids import choose, labels
from .variants import complete, numbers, varied

F = Fraction


@dataclass(frozen=True)
class SeparableData:
    """First signals and shocks with their probabilities, what the item costs, periods with an item."""

    form: str
    s0: tuple[Fraction, ...]
    prior: tuple[Fraction, ...]
    shocks: tuple[Fraction, ...]
    shock_probabilities: tuple[Fraction, ...]
    cost: Fraction
    discount: Fraction
    T: int

    @property
    def worth(self) -> list[list[Fraction]]:
        """Of an item: one row a first signal, one column a shock."""
        times = self.form == "multiplicative"
        return [[s * b if times else s + b for b in self.shocks] for s in self.s0]


def _data(
    form: str, s0: str, prior: str, shocks: str, chances: str, cost: int, discount: str = "9/10", T: int = 2
) -> SeparableData:
    known = numbers(s0), numbers(prior), numbers(shocks), numbers(chances)
    return SeparableData(form, *known, F(cost), F(discount), T)


VARIANTS = {
    "tight": _data("multiplicative", "2 3 4", "1/3 1/3 1/3", "1 3", "1/2 1/2", 3),
    "tight-two-types": _data("multiplicative", "2 3", "1/2 1/2", "1 3", "1/3 2/3", 1),
    "tight-uneven": _data("multiplicative", "2 3 4", "1/2 1/3 1/6", "1 3", "1/2 1/2", 3, "1", 1),
    "not-tight": _data("multiplicative", "2 3", "4/5 1/5", "5 6", "1/2 1/2", 10),
    "irregular": _data("multiplicative", "3 4 5", "3/10 1/10 3/5", "1 2 3", "1/3 1/3 1/3", 2),
    "irregular-not-tight": _data("multiplicative", "4 5 6", "9/20 1/10 9/20", "4 5 6", "1/3 1/3 1/3", 12),
    "additive": _data("additive", "1 2 3", "1/3 1/3 1/3", "-2 0 2", "1/4 1/2 1/4", 0, "1", 1),
}


def build(variant: str, types: str, **given: Any) -> Environment:
    """T + 1 periods; period 0 only waits. given: fields of `SeparableData`, None for the variant's."""
    own = VARIANTS[variant]
    first = choose(("s0", "prior"), given["s0"], given["prior"], (own.s0, own.prior))
    shocks = choose(
        ("shocks", "shock_probabilities"), given["shocks"], given["shock_probabilities"],
        (own.shocks, own.shock_probabilities),
    )
    data = replace(
        complete(own, given), s0=tuple(first[0]), prior=tuple(first[1]), shocks=tuple(shocks[0]),
        shock_probabilities=tuple(shocks[1]),
    )
    return Environment(
        agents=[_by_signals(data) if types == "signals" else _by_types(data)],
        actions=[["wait"], *[["keep", "sell"]] * data.T],
        costs=[[0], *[[0, data.cost]] * data.T],
        discount=data.discount,
        horizon=data.T + 1,
    )


def _by_signals(data: SeparableData) -> Agent:
    """The type is every signal so far, as in the paper."""
    n, m, T = len(data.s0), len(data.shocks), data.T
    check_size(n * m**T, f"types in period {T}", "T, or types=markov")
    values: list[list[list[Fraction]]] = [[[F(0)] * n]]
    for t in range(1, T + 1):
        sold = [v for row, _ in itertools.product(data.worth, range(m ** (t - 1))) for v in row]
        values.append([[F(0)] * len(sold), sold])
    names = [labels(data.s0), *[labels(data.shocks)] * T]
    chances = [data.prior, *[data.shock_probabilities] * T]
    return Agent("buyer", signals=signals(names, chances, "buyer"), values=values)


def _by_types(data: SeparableData) -> Agent:
    """The type is the first signal and the latest shock: the same program with far fewer types."""
    n, m, T = len(data.s0), len(data.shocks), data.T
    sold = [v for row in data.worth for v in row]
    pairs = [f"{s}|{b}" for s, b in itertools.product(data.s0, data.shocks)]
    opening = [[p if j == k else F(0) for j in range(n) for p in data.shock_probabilities] for k in range(n)]
    onward = [row for row in opening for _ in range(m)]
    return Agent(
        "buyer",
        types=[labels(data.s0), *[pairs] * T],
        prior=data.prior,
        values=[[[F(0)] * n], *[[[F(0)] * (n * m), sold]] * T],
        transitions=[[opening], *[[onward]] * (T - 1)],
    )


FAMILY = Family(
    name="kln-separable",
    title="one buyer with separable values: where the relaxation is tight, and where finite types break it",
    source="Kakade, Lobel & Nazerzadeh (2011), Theorem 5.1, one buyer, finite types",
    parameters=(
        Parameter("variant", "choice", "tight", "which data", choices=tuple(VARIANTS)),
        varied(
            "form", "choice", "how the first signal and a shock make a value",
            choices=("multiplicative", "additive"),
        ),
        varied("T", "int", "periods with an item, t = 1..T (the horizon is T + 1)", least=1, most=1000),
        varied("s0", "rationals", "first signals"),
        Parameter(
            "prior", "rationals", None, "their probabilities; left out: equal where s0 is given", least=0
        ),
        varied("shocks", "rationals", "values of each period's shock"),
        Parameter(
            "shock_probabilities", "rationals", None,
            "their probabilities; left out: equal where shocks are given", least=0,
        ),
        varied("cost", "rational", "cost of an item"),
        varied("discount", "rational", "discount factor", least=0, most=1),
        Parameter(
            "types", "choice", "signals",
            "whether a type is all signals so far or the first signal and the latest shock",
            choices=("signals", "markov"),
        ),
    ),
    build=build,
)  # fmt: skip
