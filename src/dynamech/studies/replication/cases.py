"""What rows are computed of: environments of the library by name, random ones by seed, a few written here."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction as F
from functools import cache
from typing import Any

from ...instances.library import load
from ...models.design.design import Design, design
from ...models.design.question import Question
from ...models.environment.environment import Agent, Environment
from ...models.mechanism.mechanism import Mechanism
from ...models.verification.anywhere import verify
from ...solvers.effort import EXACT


@cache
def solved(family: str, incentives: str, participation: str = "interim", **settings: Any) -> Design:
    """The optimum of a rung over the rationals."""
    return design(
        load(family, **settings), Question(incentives=incentives, participation=participation), EXACT
    )


def value(family: str, incentives: str, participation: str = "interim", **settings: Any) -> Any:
    """The value of a rung over the rationals."""
    return solved(family, incentives, participation, **settings).value


def gap(family: str, **settings: Any) -> Any:
    """What `relaxed` promises beyond `bayesian`."""
    return value(family, "relaxed", **settings) - value(family, "bayesian", **settings)


def best(env: Environment, incentives: str, participation: str = "interim") -> Any:
    """The value of a rung of an environment, over the rationals."""
    return design(env, Question(incentives=incentives, participation=participation), EXACT).value


def violation(env: Environment, mechanism: Mechanism, incentives: str) -> Any:
    """The largest gain from a lie, over the rationals."""
    (verdict,) = verify(env, mechanism, incentives)
    return verdict.violation


def keeps(
    env: Environment, mechanism: Mechanism | None, incentives: str, promised: str | None = None
) -> bool:
    """Whether there is a mechanism that has these notions."""
    return mechanism is not None and all(verify(env, mechanism, incentives, promised))


def drawn(count: int, **settings: Any) -> Iterator[tuple[str, Environment]]:
    """Random environments by seed."""
    for seed in range(count):
        yield f"seed {seed}", load("random", seed=seed, **settings)


def serving(grid: list[int], listed: list[str], discount: F = F(9, 10)) -> Environment:
    """Tasks of private value, one a period for ever: action "i" serves agent i, whose value then is 0."""
    names = sorted(name for name in listed if name.isdigit())
    count = len(grid)
    agents = []
    for name in names:
        rows = [[v if a == name else 0 for v in grid] for a in listed]
        moves = [
            [[int(k == (0 if a == name else j)) for k in range(count)] for j in range(count)] for a in listed
        ]
        agents.append(
            Agent(name, types=grid, prior=[F(1, count)] * count, values=[rows], transitions=[moves])
        )
    return Environment(name="serving", horizon=None, actions=listed, discount=discount, agents=agents)
