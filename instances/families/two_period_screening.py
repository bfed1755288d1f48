"""Two-period screening from its raw data: a prior, a kernel, values, a cost.

The buyer learns her first type, then her second; the item is sold or kept in period 1. This is the frame of
Courty & Li (2000) and of the first half of the lecture notes' screening part, with any finite numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import check_sum, uniform

F = Fraction
NOTHING = F(0)
Rows = Sequence[Sequence[Fraction]]


@dataclass(frozen=True)
class ScreeningData:
    """Rows of `kernel` belong to first types; `values` has one row for all of them, or one row each."""

    prior: tuple[Fraction, ...]
    kernel: tuple[tuple[Fraction, ...], ...]
    values: tuple[tuple[Fraction, ...], ...]
    cost: Fraction = NOTHING


_PERSISTENT = ((F(3, 4), F(1, 4)), (F(1, 4), F(3, 4)))
VARIANTS = {
    # dynamic = first-order < public shocks < public types
    "persistent": ScreeningData((F(1, 3), F(2, 3)), _PERSISTENT, ((F(1), F(2)),)),
    # here the high type is not worth the exclusion of the low one
    "all-sold": ScreeningData((F(1, 2), F(1, 2)), _PERSISTENT, ((F(1), F(2)),)),
    # no order by dominance: leisure is worth 2 for sure, business 1 or 4
    "spread": ScreeningData(
        (F(1, 2), F(1, 2)), ((F(0), F(1), F(0)), (F(1, 3), F(0), F(2, 3))), ((F(1), F(2), F(4)),), F(1)
    ),
    # the second signal is independent of the first: values differ by first type instead
    "multiplicative": ScreeningData(
        (F(1, 2), F(1, 3), F(1, 6)),
        ((F(1, 2), F(1, 2)),) * 3,
        ((F(2), F(6)), (F(3), F(9)), (F(4), F(12))),
        F(3),
    ),
}


def two_period_screening(
    prior: Sequence[Fraction], kernel: Rows, values: Rows, cost: Fraction = NOTHING
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


def build(
    variant: str,
    prior: tuple[Fraction, ...] | None,
    kernel: tuple[tuple[Fraction, ...], ...] | None,
    values: tuple[tuple[Fraction, ...], ...] | None,
    cost: Fraction | None,
) -> Environment:
    """Data as given, else the variant's; a kernel alone has equally likely first types."""
    data = VARIANTS[variant]
    rows = kernel if kernel is not None else data.kernel
    default = data.prior if kernel is None else uniform(len(rows))
    return two_period_screening(
        prior if prior is not None else default,
        rows,
        values if values is not None else data.values,
        cost if cost is not None else data.cost,
    )


_CHOSEN = "; left out: the variant's"
FAMILY = Family(
    name="two-period-screening",
    title="a buyer who learns in two steps, from a prior, a kernel and values",
    source="Courty & Li (2000); lecture notes, sequential screening",
    parameters=(
        Parameter("variant", "choice", "persistent", "which data", choices=tuple(VARIANTS)),
        Parameter(
            "prior", "rationals", None, "first types; left out: equal where a kernel is given", least=0
        ),
        Parameter("kernel", "table", None, f"second types, one row a first type{_CHOSEN}", least=0),
        Parameter(
            "values", "table", None, f"value of each second type, one row or one a first type{_CHOSEN}"
        ),
        Parameter("cost", "rational", None, f"cost of the item{_CHOSEN}"),
    ),
    build=build,
)
