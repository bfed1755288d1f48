"""One item, one period, bidders who differ: the worked cases of money burning (MPTZ, Theorem E.2)."""

from __future__ import annotations

from fractions import Fraction

from ...models.environment.environment import Environment
from ...solvers.errors import InvalidInput
from ..family import Family
from ..parameters import Parameter
from .grids import check_sum
from .items_over_time import items

F = Fraction
Table = tuple[tuple[Fraction, ...], ...]


def build(values: Table, prior: Table | None) -> Environment:
    """One bidder a row."""
    weights = prior if prior is not None else tuple((F(1, len(row)),) * len(row) for row in values)
    if [len(row) for row in weights] != [len(row) for row in values]:
        shape, other = (f"{len(rows)} rows of {len(rows[0])}" for rows in (weights, values))
        raise InvalidInput(f"prior has {shape} entries, values {other}")
    for number, (row, chances) in enumerate(zip(values, weights, strict=True), start=1):
        if list(row) != sorted(set(row)):
            raise InvalidInput(f"values of bidder {number} have to increase")
        check_sum(f"prior of bidder {number}", chances)
    return items([list(zip(values, weights, strict=True))])


FAMILY = Family(
    name="asymmetric-auction",
    title="the static auction with bidders who differ: money burning",
    source="MPTZ, supplement, Theorem E.2",
    parameters=(
        Parameter(
            "values",
            "table",
            ((F(1), F(2), F(10)), (F(1), F(2), F(3))),
            "one row of increasing values a bidder",
            least=0,
        ),
        Parameter(
            "prior",
            "table",
            None,
            "their probabilities; left out: equal",
            above=0,
        ),
    ),
    build=build,
)
