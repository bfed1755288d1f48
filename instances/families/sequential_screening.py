"""Sequential screening with dominance and full support, at any size (Courty & Li 2000; lecture notes).

First types i = 0..k0-1 are equally likely and mix two distributions over k1 equally spaced values: weight
(i+1)/(k0+1) on the one whose probabilities rise with the value, the rest on the one whose fall. Rows then
rise in the likelihood ratio order, so in first-order dominance, have full support, and share the
denominator (k0+1) k1 (k1+1) / 2, which keeps exact arithmetic cheap.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...models.environment.environment import Agent, Environment
from ...solvers.numbers import Array
from ..family import Family
from ..parameters import Parameter
from .grids import labels, uniform


def kernel(k0: int, k1: int) -> Array:
    """Probabilities of the second types, one row a first type, (k0, k1)."""
    i = np.arange(k0, dtype=object)[:, None]
    j = np.arange(k1, dtype=object)[None, :]
    weights = (k0 - i) * (k1 - j) + (i + 1) * (j + 1)
    rows: Array = weights * Fraction(2, (k0 + 1) * k1 * (k1 + 1))
    return rows


def build(k0: int, k1: int, cost: Fraction) -> Environment:
    """Two periods; period 0 only waits."""
    values = [Fraction(j + 1, k1) for j in range(k1)]
    buyer = Agent(
        "buyer",
        types=[labels([Fraction(i + 1, k0 + 1) for i in range(k0)]), labels(values)],
        prior=uniform(k0),
        values=[[[0] * k0], [[0] * k1, values]],
        transitions=[kernel(k0, k1)[None]],
    )
    return Environment(
        agents=[buyer], actions=[["wait"], ["keep", "sell"]], costs=[[0], [0, cost]], horizon=2
    )


FAMILY = Family(
    name="sequential-screening",
    title="a buyer who first knows how her value is distributed, then the value",
    source="Courty & Li (2000); lecture notes, sequential screening; rational data",
    parameters=(
        Parameter("k0", "int", 5, "number of first types, equally likely", least=1, most=2000),
        Parameter("k1", "int", 8, "number of values, 1/k1 ... 1", least=1, most=5000),
        Parameter("cost", "rational", Fraction(1, 4), "cost of the item"),
    ),
    build=build,
)
