"""Every single lie at every state: payments for the efficient policy that remember nothing, by whole arrays.

Agent i of type θ_i says r, and the truth from then on. With V_i what truth leaves to her,

    g_i(r; θ) = Q_i(a*(r, θ_{-i}), θ) − p_i(r, θ_{-i}) − V_i(θ),
    Q_i(a, θ) = v_i(a, θ_i) + δ E[V_i(θ') | a, θ].

No plan of lies gains anywhere iff no g_i is positive, which is how Theorem 1 of Bergemann and Välimäki goes;
and what does not gain at any profile of the others does not on average. It costs one expectation an agent,
where the judge (`models/verification`) walks through all public states and all plans.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy
from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.numbers import Array, Number
from ..environment.environment import Environment
from ..society.problem import action_values
from .next_profile import NextProfile

NOTIONS = ("ex-post", "periodic", "bayesian", "interim")
"""Words of what an efficient mechanism is asked about."""


def gains(
    env: Environment,
    problem: DecisionProblem,
    plan: OptimalPolicy,
    payments: tuple[Array, ...],
    left: tuple[Array, ...],
) -> tuple[tuple[Array, ...], Number]:
    """The most that a lie gains at every state, per period (P, M, S), and how little counts as nothing.

    payments, left: per period (P, M, S), what is paid and what truth leaves from then on. Memory does not
    depend on reports: in later periods it is the first.
    """
    gains, stake = [], arithmetic(env.exact).zero
    for t, paid in enumerate(payments):
        types = env.types(t)
        most = []
        for k, i in enumerate(env.private):
            later = None if t == len(problem.moves) else left[env.after(t)][k, 0]
            worth = problem.worth(t, action_values(env, t, i), later)
            profile = np.moveaxis(np.arange(len(plan.policy[t])).reshape(types), i, -1).reshape(-1, types[i])
            action = plan.policy[t][profile]  # by others' profile and report
            said = worth[action[:, None, :], profile[:, :, None]] - paid[k][:, profile][:, :, None, :]
            gain = 0 * left[t][k]
            gain[:, profile] = said.max(axis=-1)
            most.append(gain - left[t][k])
            stake = max(stake, abs(worth).max(), abs(paid[k]).max())
        gains.append(np.stack(most))
    return tuple(gains), arithmetic(env.exact).slack(stake, COMPUTED)


def holds(
    env: Environment, gain: tuple[Array, ...], left: tuple[Array, ...], slack: Number
) -> dict[str, bool | None]:
    """Which notions hold, by word; None for bayesian incentives where ex-post ones fail.

    gain, slack: as `gains` finds them. left: as there, the last memory of the first period being period 0's.
    """
    nothing: Any = slack
    truthful = all(bool((most <= nothing).all()) for most in gain)
    first, expects = NextProfile.first(env), []
    for k, i in enumerate(env.private):
        known = first.averaged(left[0][k, -1:], [j for j in env.private if j != i])
        expects.append(((known >= -nothing) | ~first.reached([i, *env.observed])).all())
    return {
        "ex-post": truthful,
        "periodic": all(bool((kept >= -nothing).all()) for kept in left),
        "bayesian": truthful or None,
        "interim": all(map(bool, expects)),
    }
