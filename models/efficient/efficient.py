"""The efficient policy: what maximises the expected sum of values net of costs (LIU equation (1)).

    W_t(θ) = max over feasible a of  Σ_i v^i(a, θ) − c(a) + δ E[W_{t+1}(θ') | a, θ].

Values may be interdependent, kernels independent or one joint process, agents observed; a finite horizon is
solved backwards, an infinite one by policy iteration, exactly where the data is rational
(`solvers/algorithms/mdp.py`). Profiles θ are in product order, agent 0 slowest; ties go to the first action
as listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Label
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Stage
from ..society.problem import action_values, chosen_values, society


@dataclass(frozen=True, eq=False, repr=False)
class Efficient(Short):
    """The efficient policy of an environment; per period that it describes.

    welfare: (S,) discounted welfare W from every profile on. policy: (S,) the action. values: (N, S) what
    each agent's own values add up to, without any transfers.
    """

    environment: Environment
    welfare: tuple[Array, ...]
    policy: tuple[Ints, ...]
    values: tuple[Array, ...]

    def others(self, t: int, i: int) -> Array:
        """Welfare (S,) of everybody but agent i, costs included: W − i's own values."""
        rest: Array = self.welfare[t] - self.values[t][i]
        return rest


def efficient(
    env: Environment, weights: Sequence[Number] | None = None, effort: Effort = FLOATS
) -> Efficient:
    """The efficient policy of `env`, in its numbers.

    weights: how much each agent's values count, 1 where None (0 leaves an agent out; costs always count).
    effort: of which the limits count. Raises `AssumptionViolated` for divisible goods, `TooLarge`,
    `OutOfTime`.
    """
    scale: list[Number] = [1] * env.num_agents if weights is None else list(weights)
    if len(scale) != env.num_agents:
        raise InvalidInput(f"weights: {len(scale)} numbers for {env.num_agents} agents")
    if not env.exact:  # one number in doubles makes all of them doubles
        env, scale = env.to_float(), [float(w) for w in scale]
    problem = society(env, scale, effort=effort.begun())
    plan = problem.best
    own = []
    for i in range(env.num_agents):
        flows = [chosen_values(env, t, i, action) for t, action in enumerate(plan.policy)]
        own.append(problem.follow(plan.policy, flows)[0])
    values = tuple(np.stack(period) for period in zip(*own, strict=True))
    return Efficient(env, plan.values, plan.policy, values)


def flow_values(env: Environment, t: int) -> Array:
    """Every agent's value of every action at every profile of period t: (N, A, S).

    Raises `AssumptionViolated` where the period's actions are divisible goods.
    """
    return np.stack([action_values(env, t, i) for i in range(env.num_agents)])


def policy_stage(
    env: Environment, t: int, policy: Ints, paid: Array, following: Ints | None, label: Label
) -> Stage:
    """A period of a mechanism in which the action follows from the reports alone.

    policy: (S,) the action. paid: (N, M, S) payments by memory and report profile. following: (M, S) the next
    memory, None in the last period.
    """
    types, actions = env.types(t), env.num_actions(t)
    memory, profiles = paid.shape[1:]
    allocation = arithmetic(env.exact).zeros((memory, profiles, actions))
    allocation[:, np.arange(profiles), policy] += 1
    if following is not None:
        spread = np.broadcast_to(following[:, :, None], (memory, profiles, actions))
        following = np.ascontiguousarray(spread).reshape(memory, *types, actions)
    return Stage(
        allocation.reshape(memory, *types, actions),
        paid.reshape(env.num_agents, memory, *types),
        following,
        label,
    )
