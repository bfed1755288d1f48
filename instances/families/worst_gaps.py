"""Where relaxations promise most too much among the random environments of docs/study.md, by its grids.

Of buyers of `random_markov` the worst of the relaxed program and of the first-order one, by the gap as a
share of what `bayesian` leaves: where a type that moves is drawn from one row for all types (`alike`), where
every type has a row of its own (`rows`), and of the relaxed program over longer horizons and with several
buyers.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ...models.environment.environment import Environment
from ..family import Family
from ..parameters import Parameter
from . import random_markov

CASES: dict[str, dict[str, Any]] = {
    "relaxed-rows": {"seed": 22, "persistence": Fraction(4, 5), "own": True},
    "relaxed-alike": {"seed": 2, "types": 2, "persistence": Fraction(1, 5), "own": False},
    "relaxed-horizon": {"seed": 15, "periods": 3, "own": True},
    "relaxed-buyers": {"seed": 23, "agents": 3, "types": 2, "own": False},
    "first-order-rows": {"seed": 36, "persistence": Fraction(9, 10), "own": True},
    "first-order-alike": {"seed": 8, "types": 5, "persistence": Fraction(1), "own": False},
}


def build(case: str) -> Environment:
    """As of `random_markov`."""
    default = {parameter.name: parameter.default for parameter in random_markov.FAMILY.parameters}
    return random_markov.build(**(default | CASES[case]))


FAMILY = Family(
    name="worst-gaps",
    title="the random buyers of the study for whom relaxations are farthest off",
    source="docs/study.md",
    parameters=(Parameter("case", "choice", "relaxed-rows", "which, and where", choices=tuple(CASES)),),
    build=build,
)
