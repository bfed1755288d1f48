"""What each agent's transfers must be worth for her to become a residual claimant.

Paid one period after the report, they make truth worth the social surplus (LIU Lemmas 7.1 and 7.4) where

    E[p^i | a, θ] = ( c(a) − Σ_{j≠i} u^j(a, θ) − δ E[W_T(θ') − V^i_T(θ') | a, θ] ) / δ,

with costs c(a) (the paper has none), and the term in W_T − V^i_T in the last step of a finite horizon alone:
there the agent is left with V^i_T, and not with W_T (errata: without the term a lie pays).
"""

from __future__ import annotations

from ...solvers.errors import AssumptionViolated
from ...solvers.mdp import expected
from ...solvers.numbers import Array, to_float
from ..efficient import Efficient, flow_values, transition_table
from .blocks import Blocks
from .last_period import LastPeriod


def residual_claims(plan: Efficient, last: LastPeriod | None, blocks: Blocks) -> Array:
    """The expectations wanted in every block: (A, X, K), undiscounted money of the next period.

    Raises `AssumptionViolated` where the discount is 0: nothing paid next period matters.
    """
    env, t, i = plan.environment, blocks.period, blocks.agent
    if env.discount == 0:
        raise AssumptionViolated("correlation: the discount is 0, so that no later transfer matters")
    flows = flow_values(env, t)
    due = env.costs[t][:, None] - (flows.sum(axis=0) - flows[i])
    if last is not None and t == env.periods - 2:
        short = plan.welfare[t + 1] - last.values[i]
        due = due - env.discount * expected(transition_table(env, t), short)
    return blocks.at_profiles(due / env.discount)


def claimed_money(plan: Efficient, last: LastPeriod | None, blocks: Blocks) -> Array:
    """(A, X, K), doubles: the absolute amounts that `residual_claims` adds up, in the same money."""
    env, t, i = plan.environment, blocks.period, blocks.agent
    flows = abs(to_float(flow_values(env, t)))
    due = abs(to_float(env.costs[t]))[:, None] + flows.sum(axis=0) - flows[i]
    if last is not None and t == env.periods - 2:
        kept = abs(to_float(plan.welfare[t + 1])) + abs(to_float(last.values[i]))
        due = due + float(env.discount) * expected(to_float(transition_table(env, t)), kept)
    return blocks.at_profiles(due / float(env.discount))
