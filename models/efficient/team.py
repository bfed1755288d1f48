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
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array, Bools
from ..environment.environment import Environment
from ..society.assumptions import private_independent
from ..society.problem import chosen_values, society
from .next_profile import NextProfile
from .satisfied import shortfall
from .scheme import Scheme

MAX_PAYMENTS = 20_000_000
"""Most payments (agents × last profiles × profiles) of a balanced team mechanism in one period."""


@dataclass(frozen=True, eq=False, repr=False)
class Team(Scheme):
    """A team mechanism: `team` remembers nothing, `balanced_team` the last profile.

    bond: per period, the smallest bond that keeps each agent in: (P, S) by the profile for `team`, (P, M) by
    the memory for `balanced_team`, at the worst of her types that may follow.
    """

    bond: tuple[Array, ...]


def team(env: Environment, *, exact: bool = False) -> Team:
    """The team mechanism of an environment with private values and independent types.

    exact: over the rationals, floats at their binary values. Raises as `pivot` does.
    """
    work, problem, values, costs = _society(env, exact, "the team mechanism")
    paid = tuple(
        cost - (own.sum(axis=0) - own[list(work.private)]) for own, cost in zip(values, costs, strict=True)
    )
    bond = tuple(np.stack([shortfall(w)] * len(work.private)) for w in problem.best.values)
    return Team(work, problem, problem.best, False, tuple(p[:, None] for p in paid), bond)


def balanced_team(env: Environment, *, exact: bool = False) -> Team:
    """The balanced team mechanism: payments remember the last profile and sum to what the action costs.

    exact: as in `team`. Raises as `team` does, `AssumptionViolated` with fewer than two agents who report,
    `TooLarge` where payments by last and current profile are too many.
    """
    work, problem, values, costs = _society(env, exact, "the balanced team mechanism")
    private, plan = list(work.private), problem.best
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
            _check_size(law, t, count)
            gains = []
            for k, i in enumerate(private):
                known = law.averaged(rewards[k][t][None], [j for j in private if j != i])
                gains.append(law.flat(known - law.averaged(known, [i])))
            gain = np.stack(gains)
            others = (gain.sum(axis=0) - gain) / (count - 1)
            blocks.append(others - gain + share * costs[t])
        payments.append(np.concatenate(blocks, axis=1))
    made = Scheme(work, problem, plan, True, tuple(payments))
    return Team(**vars(made), bond=_bonds(made, values, laws))


def _society(
    env: Environment, exact: bool, purpose: str
) -> tuple[Environment, DecisionProblem, list[Array], list[Array]]:
    """The environment in its numbers, its problem, values (N, S) and costs (S,) of the efficient action."""
    work = private_independent(env.to_exact() if exact else env.to_float(), purpose)
    problem = society(work)
    policy = problem.best.policy
    values = [
        np.stack([chosen_values(work, t, i, action) for i in range(work.num_agents)])
        for t, action in enumerate(policy)
    ]
    return work, problem, values, [work.costs[t][action] for t, action in enumerate(policy)]


def _laws(env: Environment, plan: OptimalPolicy) -> list[list[NextProfile]]:
    """Per period the laws of its profile, one a block of memories."""
    first = NextProfile.first(env)
    if env.stationary:
        return [[NextProfile.after(env, 0, plan.policy[0]), first]]
    return [[first], *([NextProfile.after(env, t, plan.policy[t])] for t in range(env.periods - 1))]


def _check_size(law: NextProfile, t: int, agents: int) -> None:
    profiles = math.prod(law.sizes)
    size = agents * law.memory * profiles
    if size > MAX_PAYMENTS:
        raise TooLarge(
            f"balanced team mechanism: {law.memory:,} last and {profiles:,} current profiles in period {t} "
            f"make {size:,} payments, more than {MAX_PAYMENTS:,}; give fewer types"
        )


def _bonds(
    scheme: Scheme, values: list[Array], laws: list[list[NextProfile]]
) -> tuple[Array, ...]:
    """(P, M) per period, from what is left to each agent by memory and profile."""
    env = scheme.environment
    left = [
        scheme.present(tuple(own[i] - paid[k] for own, paid in zip(values, scheme.payments, strict=True)))
        for k, i in enumerate(env.private)
    ]
    bonds = []
    for t, parts in enumerate(laws):
        ends = np.cumsum([law.memory for law in parts])
        found = []
        for law, end in zip(parts, ends.tolist(), strict=True):
            rows = []
            for k, i in enumerate(env.private):
                block = left[k][t][end - law.memory : end]
                known = law.averaged(block, [j for j in env.private if j != i])
                rows.append(_worst(known, law.reached([i, *env.observed])))
            found.append(np.stack(rows))
        bonds.append(np.concatenate(found, axis=1))
    return tuple(bonds)


def _worst(known: Array, reached: Bools) -> Array:
    """(M,): how far below 0 the least of the values that are reached lies, at least 0."""
    short = np.where(reached, shortfall(known), 0 * known)
    found: Array = short.reshape(len(short), -1).max(axis=1)
    return found
