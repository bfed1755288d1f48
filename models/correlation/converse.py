"""Lemma 7.1's converse: where convex independence fails, values that no transfers can align (LIU).

If what type r foretells is what a mixture ξ of other types foretells, B_r = Σ ξ_s B_s, lotteries are worth to
r what they are worth to the mixture: c_r ≥ Σ ξ_s c_s wherever no lie is cheaper than the truth. Let another
agent gain one from the action at type r alone, and nobody anything else: the claim on that gain is
c_r = −1/δ, below Σ ξ_s c_s = 0, and the action is efficient at r. No transfers make the agent a claimant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array
from ...solvers.short import Short
from ..environment.environment import Environment
from .blocks import blocks
from .convex_independence import convex_independence


@dataclass(frozen=True, eq=False, repr=False)
class Unalignable(Short):
    """Values for a process, and where no transfers align them.

    environment: the process with the values, without costs. agent, period, action: positions; others: names
    and types; type: the type r. weights: ξ (K,), 0 at r.
    """

    environment: Environment
    agent: int
    period: int
    action: int
    others: dict[str, str]
    type: int
    weights: Array


def unalignable(env: Environment) -> Unalignable:
    """Values that cannot be aligned, on the process of `env` (its own values and costs do not count).

    Raises `AssumptionViolated` where convex independence holds for every agent, period, action and others'
    profile, where there is nobody else to gain, and where no later period exists.
    """
    if env.num_agents < 2:
        raise AssumptionViolated("unalignable values: there is one agent, and nobody else's gain to claim")
    if not env.steps:
        raise AssumptionViolated("unalignable values: there is one period, and nothing is paid after it")
    for t in env.steps:
        for i in env.private:
            beliefs = blocks(env, i, t)
            verdict = convex_independence(beliefs.matrices, Effort(exact=env.exact))
            for a, x in beliefs.each():
                m = beliefs.matrix_of[a, x]
                if not verdict.holds[m]:
                    r = int(np.flatnonzero(~verdict.independent[m])[0])
                    values = _with_gain(env, i, t, a, int(beliefs.profile[x, r]))
                    return Unalignable(values, i, t, a, beliefs.others_labels(x), r, verdict.weights[m, r])
    raise AssumptionViolated(
        "unalignable values: what every type foretells is no mixture of what others do (convex independence "
        "holds), so all values can be aligned"
    )


def _with_gain(env: Environment, i: int, t: int, action: int, profile: int) -> Environment:
    """One for somebody else from the action at the profile, nothing else for anybody."""
    j = 1 if i == 0 else 0
    agents = []
    for k, agent in enumerate(env.agents):
        values = []
        for u in range(env.periods):
            table = arithmetic(env.exact).zeros((env.num_actions(u), int(np.prod(env.types(u)))))
            if (k, u) == (j, t):
                table[action, profile] += 1
            values.append(table.reshape(-1, *env.types(u)))
        agents.append(replace(agent, values=tuple(values)))
    return env._with(agents=tuple(agents), costs=tuple(0 * cost for cost in env.costs))
