"""Environments whose types no action moves (KLN 6.2.1): the plan looks one period ahead, and truth dominates.

Where values and costs depend on the current action alone, and types move by themselves, today's action does
nothing to tomorrow: the plan is *myopic*, best at virtual weights in every single period (Corollary 6.2). In
a period of its own the pivot payment is that of a static auction, so that from period 1 on truth is best
whatever is reported before, beside it and after it, that is for all paths of types (the judge's
`every-future`), and not only as expected.

What an earlier action did is part of a type here, as values are of the current action and type. Values or
costs that depend on past actions are so types that these have moved: where the corollary's assumption fails,
it fails in a kernel.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...solvers.algorithms.mdp import restricted, take
from ...solvers.arithmetic import COMPUTED, ROUNDED, arithmetic
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Array
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import read_incentive
from ..society.assumptions import Assumption
from ..society.problem import kernel_table
from ..verification.verdict import Verdict
from ..verification.verify import incentive_verdict
from .setting import Setting


def uncontrolled(env: Environment, since: int = 0) -> Assumption:
    """Whether no action from a period on moves anybody's type; where one does most, and by how much
    probability.

    Types must be independent.
    """
    worst = Assumption(True)
    for agent in env.agents:
        for t, kernel in enumerate(agent.kernels):
            if t < since:
                continue
            table = kernel_table(kernel, env.exact)
            moved = table.max(axis=0) - table.min(axis=0)
            by = moved.max()
            if by > arithmetic(env.exact).slack(1, ROUNDED) and by > (worst.by or 0):
                label = agent.types[t][int(np.argwhere(moved == by)[0][-2])]
                where = f"agent '{agent.name}', period {t}: how type '{label}' moves depends on the action"
                worst = Assumption(False, where, by)
    return worst


def myopic(setting: Setting) -> Assumption:
    """Whether the virtual plan is best in every period by itself; where it gives up most of one, and how much
    in money of that period."""
    worst = Assumption(True)
    affine, env = setting.affine, setting.environment
    for profile in setting.profiles:
        weights = setting.weights(profile, profile)
        nothing = arithmetic(env.exact).slack(affine.size(weights), COMPUTED)
        for t, flow in enumerate(affine.flows(weights)):
            best = restricted(flow, affine.costs_alone.allowed[t]).max(axis=0)
            given_up: Array = best - take(flow, setting.courses[profile].policy[t])
            by = given_up.max()
            if by > nothing and by > (worst.by or 0):
                where = f"period {t}, {_at(setting, t, profile, int(given_up.argmax()))}"
                worst = Assumption(False, f"{where}: another action is worth more in that period", by)
    return worst


def _at(setting: Setting, t: int, profile: tuple[int, ...], state: int) -> str:
    """Everybody's types, of first signals and states."""
    sizes = setting.affine.sizes[t]
    digits = np.unravel_index(state, sizes)
    agents = zip(setting.environment.agents, profile, sizes, digits, strict=True)
    return ", ".join(f"{agent.name} '{agent.types[t][k * size + int(y)]}'" for agent, k, size, y in agents)


def dominant(env: Environment, mechanism: Mechanism) -> Verdict | None:
    """The judge's word on whether truth is best from period 1 on whatever all types turn out to be, after any
    first reports; None where there is no such question, as later actions move types or what is remembered,
    and where it is too large."""
    if not uncontrolled(env, 1).holds:
        return None
    agents = []
    for agent in env.agents:
        later = (replace(kernel, table=kernel.table[:1]) for kernel in agent.kernels[1:])
        agents.append(replace(agent, kernels=(*agent.kernels[:1], *later)))
    try:
        return incentive_verdict(
            env._with(agents=tuple(agents)), mechanism, read_incentive("every-future"), since=1
        )
    except (AssumptionViolated, TooLarge):
        return None
