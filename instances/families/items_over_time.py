"""One item a period, sold to buyers whose values are independent over time and buyers (MPTZ).

A type is the value. All buyers are alike and all periods too, unless the first period has values of its own
or a worked case is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import choose, labels
from .variants import numbers

F = Fraction
Distribution = tuple[Sequence[Fraction], Sequence[Fraction]]


def items(periods: Sequence[Sequence[Distribution]]) -> Environment:
    """An environment of `periods[t][i]` = (values, probabilities) of buyer i in period t."""
    count = len(periods[0])
    names = ["buyer"] if count == 1 else [f"buyer {i + 1}" for i in range(count)]
    sell = ["sell"] if count == 1 else [f"sell to {name}" for name in names]
    agents = []
    for i, name in enumerate(names):
        own = [period[i] for period in periods]
        agents.append(
            Agent(
                name,
                types=[labels(values) for values, _ in own],
                prior=list(own[0][1]),
                values=[
                    [list(values) if a == i + 1 else [F(0)] * len(values) for a in range(count + 1)]
                    for values, _ in own
                ],
                transitions=[[[list(after[1])] * len(before[1])] for before, after in pairwise(own)],
            )
        )
    return Environment(agents=agents, actions=[["keep", *sell]] * len(periods), horizon=len(periods))


def _pairs(values: str, weights: str) -> Distribution:
    return numbers(values), numbers(weights)


CASES: dict[str, list[list[Distribution]]] = {
    "rising": [[_pairs("1 3", "3/5 2/5")], [_pairs("1 4", "1/2 1/2")]],
    "mixed": [
        [_pairs("1 2 4", "1/2 1/4 1/4")],
        [_pairs("1 2 3", "1/3 1/3 1/3")],
        [_pairs("1 3 7", "3/5 1/5 1/5")],
    ],
    "powers": [
        [_pairs("1 2 4 8", "1/2 1/4 1/8 1/8")],
        [_pairs("1 2 4 8 16 32", "1/2 1/4 1/8 1/16 1/32 1/32")],
    ],
    "swapped": [
        [_pairs("1 3", "3/5 2/5"), _pairs("2 5", "7/10 3/10")],
        [_pairs("2 5", "7/10 3/10"), _pairs("1 3", "3/5 2/5")],
    ],
    "three-items": [
        [_pairs("1 3", "3/5 2/5"), _pairs("2 5", "7/10 3/10")],
        [_pairs("0 4", "1/2 1/2"), _pairs("1 2", "1/2 1/2")],
        [_pairs("1 10", "9/10 1/10"), _pairs("1 3", "3/5 2/5")],
    ],
}
"""Cases that differ from period to period: one buyer in the first three, two in the others."""


def build(
    case: str,
    periods: int,
    buyers: int,
    values: tuple[Fraction, ...] | None,
    prior: tuple[Fraction, ...] | None,
    first_values: tuple[Fraction, ...] | None,
    first_prior: tuple[Fraction, ...] | None,
) -> Environment:
    """See the parameters."""
    if case != "alike":
        if (periods, buyers, values, prior, first_values, first_prior) != (2, 1, None, None, None, None):
            raise InvalidInput(f"case {case} is complete; no other parameter goes with it")
        return items(CASES[case])
    later = choose(("values", "prior"), values, prior, ([F(1), F(2)], [F(1, 2)] * 2))
    first = choose(("first_values", "first_prior"), first_values, first_prior, later)
    for name, (points, _) in (("values", later), ("first_values", first)):
        if list(points) != sorted(points):
            raise InvalidInput(f"{name} have to increase")
    return items([[first if t == 0 else later] * buyers for t in range(periods)])


FAMILY = Family(
    name="items-over-time",
    title="one item a period, values independent over time: bank accounts",
    source="MPTZ Section 3",
    parameters=(
        Parameter("case", "choice", "alike", "periods alike, or a worked case", choices=("alike", *CASES)),
        Parameter("periods", "int", 2, "number of items", least=1, most=1000),
        Parameter("buyers", "int", 1, "number of buyers, all alike", least=1, most=12),
        Parameter("values", "rationals", None, "values in every period, increasing; left out: 1,2", least=0),
        Parameter("prior", "rationals", None, "their probabilities; left out: equal", above=0),
        Parameter(
            "first_values", "rationals", None, "values in the first period, where they differ", least=0
        ),
        Parameter("first_prior", "rationals", None, "their probabilities; left out: equal", above=0),
    ),
    build=build,
)
