"""What the theorems on efficient mechanisms assume of an environment, and where it fails.

Private values: nobody's value depends on the type of another agent who reports (what everybody sees is as
good as an action). Independent types: given what everybody sees, each agent's type moves by a kernel of her
own (BV Theorem 1). Nonnegative values: M_i ≥ 0, participation for an outside option of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Number, show
from ...solvers.short import Short
from ..answers.plain import plain
from ..environment.environment import Environment
from ..environment.independence import independent_version
from ..environment.outside import refuse_outside


@dataclass(frozen=True, repr=False)
class Assumption(Short):
    """Whether an assumption holds; where it fails worst, in words, and by how much."""

    holds: bool
    where: str | None = None
    by: Number | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"holds", "where", "by"}``."""
        return {"holds": self.holds, "where": self.where, "by": plain(self.by)}


def refuse_endless(env: Environment, purpose: str) -> None:
    """Raise `AssumptionViolated` where the horizon is infinite."""
    if env.stationary:
        raise AssumptionViolated(f"{purpose}: environment '{env.name}' has no last period; give a horizon")


def private_independent(env: Environment, purpose: str) -> Environment:
    """The environment with independent kernels. Raises `AssumptionViolated` where values are interdependent
    or a joint process does not factor, naming the place and the theorem, and where somebody has an outside
    option of her own.
    """
    refuse_outside(env, purpose)
    own = private_values(env)
    if not own.holds:
        raise AssumptionViolated(
            f"{own.where} moves her value by {show(own.by or 0)}, and {purpose} needs private values "
            "(Bergemann and Välimäki, Theorem 1)"
        )
    return independent_version(
        env, f"types are not independent, as {purpose} needs (Bergemann and Välimäki, Theorem 1)"
    )


def private_values(env: Environment) -> Assumption:
    """Whether nobody's value depends on the type of another agent who reports."""
    worst = Assumption(True)
    for t in range(env.periods):
        for i, agent in enumerate(env.agents):
            table = agent.values[t]
            for j in env.private:
                if j == i or table.shape[1 + j] == 1:
                    continue
                moved = table.max(axis=1 + j) - table.min(axis=1 + j)
                by = moved.max()
                if by > (worst.by or 0):
                    action = int(np.argwhere(moved == by)[0][0])
                    where = f"agent '{agent.name}', period {t}, action '{env.actions[t][action]}'"
                    worst = Assumption(False, f"{where}: the type of agent '{env.agents[j].name}'", by)
    return worst


def nonnegative_values(env: Environment) -> Assumption:
    """Whether every value is at least 0."""
    worst = Assumption(True)
    for t in range(env.periods):
        for agent in env.agents:
            least = agent.values[t].min()
            if least < -(worst.by or 0):
                at = np.argwhere(agent.values[t] == least)[0]
                worst = Assumption(
                    False, f"agent '{agent.name}', period {t}, action '{env.actions[t][int(at[0])]}'", -least
                )
    return worst


def no_costs(env: Environment) -> Assumption:
    """Whether no action costs anything: payments cover costs only where there are none."""
    worst = Assumption(True)
    for t, costs in enumerate(env.costs):
        most = costs.max()
        if most > (worst.by or 0):
            action = int(costs.argmax())
            worst = Assumption(False, f"period {t}, action '{env.actions[t][action]}'", most)
    return worst


def assumptions(env: Environment) -> dict[str, Assumption]:
    """All of them by name, for an environment whose types are independent."""
    return {
        "private values": private_values(env),
        "independent types": Assumption(True),
        "nonnegative values": nonnegative_values(env),
        "no costs": no_costs(env),
    }
