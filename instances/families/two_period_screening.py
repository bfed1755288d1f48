"""Two-period screening from its raw data: a prior, a kernel, values, a cost.

The buyer learns her first type, then her second; the item is sold or kept in period 1. This is the frame of
Courty & Li (2000) and of the first half of the lecture notes' screening part, with any finite numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import check_sum, uniform
from .variants import complete, numbers, varied

F = Fraction
Rows = Sequence[Sequence[Fraction]]


@dataclass(frozen=True)
class ScreeningData:
    """Rows of `kernel` belong to first types; `values` has one row for all of them, or one row each."""

    prior: tuple[Fraction, ...]
    kernel: tuple[tuple[Fraction, ...], ...]
    values: tuple[tuple[Fraction, ...], ...]
    cost: Fraction


def _data(prior: str, kernel: str, values: str, cost: int = 0) -> ScreeningData:
    moves, worth = (tuple(map(numbers, rows.split(";"))) for rows in (kernel, values))
    return ScreeningData(numbers(prior), moves, worth, F(cost))


VARIANTS = {
    # dynamic = first-order < public shocks < public types
    "persistent": _data("1/3 2/3", "3/4 1/4; 1/4 3/4", "1 2"),
    # here the high type is not worth the exclusion of the low one
    "all-sold": _data("1/2 1/2", "3/4 1/4; 1/4 3/4", "1 2"),
    # no order by dominance: leisure is worth 2 for sure, business 1 or 4
    "spread": _data("1/2 1/2", "0 1 0; 1/3 0 2/3", "1 2 4", 1),
    # what the seller should let the buyer see (Li and Shi): "2 or more", not the value
    "disclosure": _data("1/2 1/2", "2/5 3/10 1/5 1/10; 1/10 1/5 3/10 2/5", "0 1 2 3"),
    # the second signal is independent of the first: values differ by first type instead
    "multiplicative": _data("1/2 1/3 1/6", "1/2 1/2; 1/2 1/2; 1/2 1/2", "2 6; 3 9; 4 12", 3),
}


def two_period_screening(
    prior: Sequence[Fraction], kernel: Rows, values: Rows, cost: Fraction | int = 0
) -> Environment:
    """The environment of these data.

    prior: (K_0,); kernel: (K_0, K_1), one row a first type; values: (1, K_1), then a second type is worth the
    same to every first type and is the type of period 1, or (K_0, K_1), then both types together are. Types
    are numbered from 0 in the order given. Raises `InvalidInput`.
    """
    n, m = len(prior), len(kernel[0])
    if len(kernel) != n:
        raise InvalidInput(f"kernel has {len(kernel)} rows for the {n} entries of prior")
    if len(values) not in (1, n) or len(values[0]) != m:
        raise InvalidInput(
            f"values has {len(values)} rows of {len(values[0])}; it must have 1 or {n} rows of {m}"
        )
    check_sum("prior", prior)
    for k, row in enumerate(kernel):
        check_sum(f"row {k} of kernel", row)
    if len(values) == 1:
        second, sold, rows = [str(j) for j in range(m)], list(values[0]), [list(row) for row in kernel]
    else:
        second = [f"{k}|{j}" for k in range(n) for j in range(m)]
        sold = [value for row in values for value in row]
        rows = [[p if j == k else F(0) for j in range(n) for p in kernel[k]] for k in range(n)]
    buyer = Agent(
        "buyer",
        types=[[str(k) for k in range(n)], second],
        prior=list(prior),
        values=[[[0] * n], [[0] * len(second), sold]],
        transitions=[[rows]],
    )
    return Environment(
        agents=[buyer], actions=[["wait"], ["keep", "sell"]], costs=[[0], [0, cost]], horizon=2
    )


def build(variant: str, **given: Any) -> Environment:
    """Data as given, else the variant's; a kernel alone has equally likely first types."""
    data = complete(VARIANTS[variant], given)
    alone = given["kernel"] is not None and given["prior"] is None
    prior = uniform(len(data.kernel)) if alone else data.prior
    return two_period_screening(prior, data.kernel, data.values, data.cost)


FAMILY = Family(
    name="two-period-screening",
    title="a buyer who learns in two steps, from a prior, a kernel and values",
    source="Courty & Li (2000); lecture notes, sequential screening",
    parameters=(
        Parameter("variant", "choice", "persistent", "which data", choices=tuple(VARIANTS)),
        Parameter(
            "prior", "rationals", None, "first types; left out: equal where a kernel is given", least=0
        ),
        varied("kernel", "table", "second types, one row a first type", least=0),
        varied("values", "table", "value of each second type, one row or one a first type"),
        varied("cost", "rational", "cost of the item"),
    ),
    build=build,
)
