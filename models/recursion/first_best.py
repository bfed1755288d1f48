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
from ...solvers.numbers import Array
from ..environment.environment import Environment
from ..notions.objective import Objective
from ..society.problem import society


def first_best(env: Environment, objective: Objective, effort: Effort) -> tuple[tuple[Array, ...], float]:
    """By period what every type is worth from there on (K,), in money of that period times the weight on
    goods; and by how much doubles may be off."""
    share = objective.goods
    agent = replace(env.agents[0], values=tuple(share * table for table in env.agents[0].values))
    weighted = env._with(agents=(agent,), costs=tuple(share * cost for cost in env.costs))
    best = society(weighted, effort=effort).best
    return best.values, best.error


def shortened(env: Environment, objective: Objective, effort: Effort) -> Environment:
    """The question of two periods, at most, that `types-public` asks."""
    if env.horizon == 1:
        return env
    share, numbers = objective.goods, arithmetic(env.exact)
    after = env.after(0)
    worth = first_best(env, objective, effort)[0][after]
    later = worth / share if share != 0 else numbers.zeros(len(worth))
    nothing = numbers.zeros(1)
    agent = replace(
        env.agents[0],
        types=(env.agents[0].types[0], env.agents[0].types[after]),
        values=(env.agents[0].values[0], later[None]),
        kernels=env.agents[0].kernels[:1],
        signals=None,
    )
    return env._with(
        horizon=2, actions=(env.actions[0], ("first best",)), goods=(None, None),
        costs=(env.costs[0], nothing.reshape(1, *env.costs[0].shape[1:])),
        feasible=(env.feasible[0], None), agents=(agent,),
    )  # fmt: skip
