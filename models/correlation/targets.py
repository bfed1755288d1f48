"""What each agent's transfers must be worth for her to become a residual claimant.

Paid one period after the report, they make truth worth the social surplus (LIU Lemmas 7.1 and 7.4) where

    E[p^i | a, θ] = ( c(a) − Σ_{j≠i} u^j(a, θ) − δ E[W_T(θ') − V^i_T(θ') | a, θ] ) / δ,

with costs c(a) (the paper has none), and the term in W_T − V^i_T in the last step of a finite horizon alone:
there the agent is left with V^i_T, and not with W_T (errata: without the term a lie pays).
"""

from __future__ import annotations

from collections.abc import Callable

from ...solvers.numbers import Array
from ..efficient.efficient import flow_values
from ..society.problem import transitions
from .blocks import BeliefBlocks
from .course import Course, check_discount
from .last_period import LastPeriod

Target = Callable[[Course, BeliefBlocks], Array]
"""The expectations wanted in every block: (A, X, K), undiscounted money of the next period."""


def settling(
    course: Course, beliefs: BeliefBlocks, due: Array, ending: Callable[[LastPeriod], Array], purpose: str
) -> Array:
    """Expectations (A, X, K) that are worth due (A, S) today and, in the last step, what then comes of it.

    ending: of the last period, (S',) money of it to be taken too. Raises `AssumptionViolated` where the
    discount is 0, with a sentence that `purpose` begins.
    """
    env, t = course.environment, beliefs.period
    check_discount(env, purpose)
    last = course.left(t)
    if last is not None:
        due = due + env.discount * transitions(env, t).expected(ending(last))
    claims: Array = due / env.discount
    return claims[:, beliefs.profile]


def residual_claims(course: Course, beliefs: BeliefBlocks) -> Array:
    """The claims of a residual claimant. Raises `AssumptionViolated` where the discount is 0."""
    env, t, i = course.environment, beliefs.period, beliefs.agent
    flows = flow_values(env, t)
    due = env.costs[t][:, None] - (flows.sum(axis=0) - flows[i])
    welfare = course.plan.welfare
    return settling(course, beliefs, due, lambda last: last.values[i] - welfare[t + 1], "correlation")


def claimed_money(course: Course, beliefs: BeliefBlocks) -> Array:
    """(A, X, K): of numbers in doubles, the absolute amounts that `residual_claims` adds up."""
    t, i = beliefs.period, beliefs.agent
    flows = abs(flow_values(course.environment, t))
    due = abs(course.environment.costs[t])[:, None] + flows.sum(axis=0) - flows[i]
    welfare = course.plan.welfare
    return settling(
        course, beliefs, due, lambda last: abs(last.values[i]) + abs(welfare[t + 1]), "correlation"
    )
