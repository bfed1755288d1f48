"""A sale, once, to buyers of a few types: examples that can be done by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import dynamech as dm
from dynamech.models.environment.environment import Environment

HALF = ["1/2", "1/2"]


def buyer(name: str, *values: Any) -> dm.Agent:
    """Worth these to her, each with the same chance."""
    chance = Fraction(1, len(values))
    return dm.Agent(
        name, types=[f"{k}" for k in range(len(values))], prior=[chance] * len(values),
        values=[[[0] * len(values), [Fraction(v) for v in values]]],
    )  # fmt: skip


def sale(*agents: dm.Agent, cost: Any = 0) -> Environment:
    """Keep or sell, once, and the agents' values add up."""
    actions, costs = ["keep", "sell"], [[0, Fraction(cost)]]
    return dm.Environment(name="sale", horizon=1, actions=actions, costs=costs, agents=agents)
