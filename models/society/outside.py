"""What an agent has outside: what the policy that is efficient for the others leaves to her.

    O_i(θ) = E[Σ_{s≥t} δ^{s−t} v_i(a*_{-i}, θ_s) | θ]

The others have every action, and bear what it costs; she pays nothing and is paid nothing. Where several
policies are efficient for the others they leave her alone as far as they can, with the least discounted
E Σ |v_i|: nobody serves her for nothing, and nobody harms her for nothing. Of those that are left it is the
best for her. This number does not depend on how actions are listed; it is 0 where the others gain nothing by
harming or serving her. All together may follow any policy that is efficient for the others and then have
W_{-i} + O_i, so that marginal contributions W − W_{-i} are at least O_i (Bergemann and Välimäki, values of
either sign), however ties are broken.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Bools
from ..environment.environment import Environment
from .assumptions import private_independent
from .problem import action_values, others, society, spread, transitions

WORD = "participation 'outside-efficient'"


def outside_option(
    env: Environment, i: int, plan: OptimalPolicy | None = None, effort: Effort = FLOATS
) -> tuple[tuple[Array, ...], float]:
    """O_i (S,) of every period that the environment describes, in env's arithmetic; no value is
    further than the second number from the right one, 0 over the rationals.

    plan: of the others on their own states, where it is known. effort: of which the limits count. What the
    theorems assume is not looked at (`check_outside`); the others of a joint process know all types, which is
    the same for rewritings of environments where it holds. Raises `AssumptionViolated` for divisible goods,
    `TooLarge`, `OutOfTime`.
    """
    crowd = others(env, i) if env.process is None else list(range(env.num_agents))
    if plan is None:
        plan = society(env, [int(j != i) for j in range(env.num_agents)], crowd, effort).best
    efficient = [spread(tied, env.types(t), crowd) for t, tied in enumerate(plan.tied)]
    values = [action_values(env, t, i) for t in range(env.periods)]
    moves = tuple(transitions(env, t) for t in env.steps)

    def best(rewards: Sequence[Array], allowed: Sequence[Bools]) -> OptimalPolicy:
        problem = DecisionProblem(
            tuple(rewards), moves, env.discount, tuple(allowed), env.stationary, effort.silent
        )
        return problem.best

    alone = best([-abs(table) for table in values], efficient)
    hers = best(values, alone.tied)
    return hers.values, hers.error


def check_outside(env: Environment) -> None:
    """Raise `AssumptionViolated` where there are no others to speak of: values that are interdependent, types
    that move together, actions that are divisible goods. Also where somebody has something elsewhere
    (`models/environment/outside.py`): there are then two things that she could leave for."""
    private_independent(env, WORD)
    for t, goods in enumerate(env.goods):
        if goods is not None:
            raise AssumptionViolated(
                f"period {t}: the actions are divisible goods, and {WORD} needs a finite list"
            )
