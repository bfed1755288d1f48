"""First best continuations: what is left to do where later types are nobody's secret.

Under `none` nothing is private, and the designer has the whole of the first best, the rents being 0. Under
`types-public` the first type alone is. After a report l the payments may depend on the public types, whose
law given θ_1 (and the action of period 0) is the same for a liar and for the truth: of a path's utility only
its expectation given θ_1 matters, which payments choose at will. So the allocation from period 1 on is the
best one, and the question that of two periods, the second of which has one action, worth what that makes.
"""

from __future__ import annotations

from dataclasses import replace

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import Effort
from ...solvers.numbers import Array, Number
from ..environment.environment import Environment
from ..notions.objective import Objective
from ..society.problem import society


def first_best(
    env: Environment, objective: Objective, effort: Effort
) -> tuple[tuple[Array, ...], float]:
    """By period what every profile of types is worth from there on (S,), in money of that period times the
    weights on it; and by how much doubles may be off."""
    agents = tuple(
        replace(agent, values=tuple(weight * table for table in agent.values))
        for agent, weight in zip(env.agents, _weights(env, objective), strict=True)
    )
    weighted = env._with(agents=agents, costs=tuple(objective.goods * cost for cost in env.costs))
    best = society(weighted, effort=effort).best
    return best.values, best.error


def _weights(env: Environment, objective: Objective) -> list[Number]:
    """On everybody's values; who is observed pays nothing."""
    return [objective.kept(agent.name) if agent.observed else objective.goods for agent in env.agents]


def shortened(env: Environment, objective: Objective, effort: Effort) -> Environment:
    """The question of two periods, at most, that `types-public` asks. What comes later is worth something to
    whoever counts."""
    if env.horizon == 1:
        return env
    numbers, after, weights = arithmetic(env.exact), env.after(0), _weights(env, objective)
    bearer = next((j for j, weight in enumerate(weights) if weight != 0), None)
    worth = first_best(env, objective, effort)[0][after].reshape(1, *env.types(after))
    agents = tuple(
        replace(
            agent,
            types=(agent.types[0], agent.types[after]),
            values=(agent.values[0], worth / weights[j] if j == bearer else numbers.zeros(worth.shape)),
            kernels=agent.kernels[:1],
            signals=None,
        )
        for j, agent in enumerate(env.agents)
    )
    nothing = numbers.zeros(1)
    return env._with(
        horizon=2, actions=(env.actions[0], ("first best",)), goods=(None, None),
        costs=(env.costs[0], nothing.reshape(1, *env.costs[0].shape[1:])),
        feasible=(env.feasible[0], None), agents=agents,
    )  # fmt: skip
