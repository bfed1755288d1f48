"""The team mechanism and the balanced team mechanism (Athey and Segal 2013).

Team: everybody is handed what all others have, ψ_i(θ) = Σ_{j≠i} v_j(a*, θ_j) − c(a*), so that she has the
society's problem as her own: truth is best at every profile (periodic ex-post), and the designer gives away
(N−1) W. It remembers nothing.

Balanced: agent i is rewarded only for what her report changes in the expected sum of the ψ_i to come. With
Ψ_i(θ) = E Σ_s δ^s ψ_i(θ_{t+s}) and m the last profile (whose action is a*(m)),

    γ_i(θ_i; m) = E[Ψ_i(θ) | θ_i, m] − E[Ψ_i(θ) | m],        p_i = Σ_{j≠i} γ_j / (N−1) − γ_i,

which has mean 0 whatever the others do, so that paying for each other's rewards is no burden on truth: it is
best in expectation over the others' types (bayesian, after every history), not at every profile. Payments
remember the last profile and sum to 0. What actions cost is shared equally (values are then net of c/N, and
payments sum to c); what everybody sees conditions all expectations.

Neither is sure to keep agents in. Somebody whose continuation is worth U < 0 stays as long as −U at least is
forfeited by leaving: that is the smallest bond.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import OptimalPolicy
from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Bools
from ..environment.environment import Environment
from ..environment.memory import show_bytes
from ..society.problem import BYTES, chosen_values
from .next_profile import NextProfile
from .pivot import Pivot
from .satisfied import shortfall
from .scheme import Scheme


def team(pivot: Pivot) -> Scheme:
    """The team mechanism of a society: it remembers nothing."""
    work, values, costs = pivot.environment, *_flows(pivot)
    paid = tuple(
        cost - (own.sum(axis=0) - own[list(work.private)]) for own, cost in zip(values, costs, strict=True)
    )
    bond = tuple(np.stack([shortfall(w)] * len(work.private)) for w in pivot.W)
    return Scheme(pivot, False, tuple(p[:, None] for p in paid), bond)


def balanced_team(pivot: Pivot, effort: Effort = FLOATS) -> Scheme:
    """The balanced team mechanism: payments remember the last profile and sum to what the action costs.

    effort: of which the limits count. Raises `AssumptionViolated` with fewer than two agents who report,
    `TooLarge` where payments by last and current profile are too many, `OutOfTime`.
    """
    work, values, costs = pivot.environment, *_flows(pivot)
    effort = effort.begun()
    private, plan, problem = list(work.private), pivot.plan, pivot.problem
    count = len(private)
    if count < 2:
        raise AssumptionViolated(
            f"balanced team mechanism: agent '{work.agents[private[0]].name}' alone reports, and there is "
            "nobody to balance her payments with"
        )
    share = Fraction(1, count) if work.exact else 1 / count
    rewards: list[list[Array]] = []  # Ψ by agent and period
    for i in private:
        flows = [
            own.sum(axis=0) - own[i] - (1 - share) * cost for own, cost in zip(values, costs, strict=True)
        ]
        rewards.append(list(problem.follow(plan.policy, flows)[0]))
    laws = _laws(work, plan)
    payments: list[Array] = []
    for t, parts in enumerate(laws):
        blocks = []
        for law in parts:
            effort.check()
            _check_size(law, t, count, effort)
            gains = []
            for k, i in enumerate(private):
                known = law.averaged(rewards[k][t][None], [j for j in private if j != i])
                moved = known - law.averaged(known, [i])
                least: Any = arithmetic_of(known).slack(known, ROUNDED)  # what is left of 0 is no reward
                gains.append(law.flat(np.where(abs(moved) > least, moved, 0 * moved)))
            gain = np.stack(gains)
            others = (gain.sum(axis=0) - gain) / (count - 1)
            blocks.append(others - gain + share * costs[t])
        payments.append(np.concatenate(blocks, axis=1))
    unbonded = Scheme(pivot, True, tuple(payments))
    return replace(unbonded, bond=_bonds(unbonded, laws))


def _flows(pivot: Pivot) -> tuple[list[Array], list[Array]]:
    """Values (N, S) and costs (S,) of the efficient action, by period."""
    work = pivot.environment
    values = [
        np.stack([chosen_values(work, t, i, action) for i in range(work.num_agents)])
        for t, action in enumerate(pivot.policy)
    ]
    return values, [work.costs[t][action] for t, action in enumerate(pivot.policy)]


def _laws(env: Environment, plan: OptimalPolicy) -> list[list[NextProfile]]:
    """Per period the laws of its profile, one a block of memories."""
    laws = [
        [NextProfile.after(env, before, plan.policy[before]) for before in env.before(t)]
        for t in range(env.periods)
    ]
    laws[0].append(NextProfile.first(env))
    return laws


def _check_size(law: NextProfile, t: int, agents: int, effort: Effort) -> None:
    profiles = math.prod(law.sizes)
    needed = agents * law.memory * profiles * BYTES[law.environment.exact]
    if needed > effort.room:
        raise TooLarge(
            f"balanced team mechanism: payments by {law.memory:,} last and {profiles:,} current profiles in "
            f"period {t} take about {show_bytes(needed)}, more than the memory limit of "
            f"{show_bytes(effort.room)}; raise memory_limit= or give fewer types"
        )


def _bonds(scheme: Scheme, laws: list[list[NextProfile]]) -> tuple[Array, ...]:
    """(P, M) per period, from what is left to each agent by memory and profile."""
    env = scheme.environment
    bonds = []
    for t, parts in enumerate(laws):
        ends = np.cumsum([law.memory for law in parts])
        missing = []
        for law, end in zip(parts, ends.tolist(), strict=True):
            rows = []
            for k, i in enumerate(env.private):
                block = scheme.left[t][k, end - law.memory : end]
                known = law.averaged(block, [j for j in env.private if j != i])
                rows.append(_worst(known, law.reached([i, *env.observed])))
            missing.append(np.stack(rows))
        bonds.append(np.concatenate(missing, axis=1))
    return tuple(bonds)


def _worst(known: Array, reached: Bools) -> Array:
    """(M,): how far below 0 the least of the values that are reached lies, at least 0."""
    short = np.where(reached, shortfall(known), 0 * known)
    worst: Array = short.reshape(len(short), -1).max(axis=1)
    return worst
