"""What the rent recursion needs of an environment: one stage a period, and one before them.

What a history hands to its future is the vector U of utilities that the types of the next period then get,
and only its differences: a constant is a payment. With l the current true type and δ the discount factor,

    ψ_t(l, U) = max over q, U' of  g_t(l, q) + δ Σ_m μ(m | l) ψ_{t+1}(m, U')
                s.t. for every k:   v(k, q) − v(l, q) + δ (μ(· | k) − μ(· | l)) · U'  ≤  U_k − U_l
    value = max over U of Σ_l π_l [ψ_0(l, U) − κ U_l],   U_l ≥ 0 where π_l > 0,

g = (R + W)(v − c) and κ the weight on payments (`notions/objective.py`). The value is a stage as well, the
one before period 0, of one type who does nothing: its moves are the prior, and U' has bounds and weights.

Rents are bounded without loss. Let each type have the value of her best report. Then

    U_k − U_l ≤ max_a [v(k, a) − v(l, a)] + δ |μ(· | k) − μ(· | l)|_TV · max_{i,j} (U'_i − U'_j),

which by induction from the end is a number for every pair and period.

Money is in units of what is at stake, objectives in units of their largest weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Floats, as_doubles
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Demands
from ..notions.incentives import Incentive
from ..notions.objective import Objective
from ..notions.participation import Participation


@dataclass(frozen=True, eq=False, repr=False)
class Next(Short):
    """What follows a stage of K types, K' of the next period.

    moves: (K, K') probabilities, rows sum to 1. discount: of the next period. weight: (K',) of U' in the
    objective. low, high: (K',) bounds of U', equal for the first type, except before period 0. best: (K',) no
    less than ψ of the next period, whatever rents.
    """

    moves: Floats
    discount: float
    weight: Floats
    low: Floats
    high: Floats
    best: Floats


@dataclass(frozen=True, eq=False, repr=False)
class RentStage(Short):
    """values, gains: (A, K) of the actions that are open; next: None in the last period."""

    values: Floats
    gains: Floats
    next: Next | None


@dataclass(frozen=True, eq=False, repr=False)
class Recursion(Short):
    """stages[0] is the one before period 0, stages[t + 1] that of period t.

    first_best: what no mechanism exceeds. rents: where to begin: per period, vectors of rents (n, K) that
    some mechanism leaves. size: what values are compared with. unit: what one unit of these and of the value
    is in the money and the weights of the question.
    """

    stages: tuple[RentStage, ...]
    first_best: float
    rents: tuple[Floats, ...]
    unit: float
    size: float


def obstacle(
    env: Environment,
    incentives: Incentive,
    participation: Participation,
    objective: Objective,
    demands: Demands,
) -> str:
    """Why this question is none for the recursion; empty where it is one."""
    private = [env.agents[i] for i in env.private]
    goods = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
    steered = next((t for t, moved in enumerate(env.controlled) if moved), None)
    if env.stationary:
        return "the horizon is infinite"
    if len(private) != 1 or len(env.agents) != 1:
        return f"it is for one agent with private types, and there are {len(private)} of {len(env.agents)}"
    agent = private[0]
    if env.joint:
        return f"agent '{agent.name}' moves by a joint process"
    if steered is not None:
        return f"actions of period {steered} steer types"
    if goods is not None:
        return f"period {goods} has divisible goods"
    if agent.reports is not None or agent.outside is not None:
        return f"agent '{agent.name}' has {'reports of her own' if agent.reports else 'something outside'}"
    if incentives.name != "bayesian":
        return f"incentives '{incentives.name}' are not 'bayesian'"
    if participation.name != "interim":
        return f"participation '{participation.name}' is not 'interim'"
    if objective.least != 0:
        return "the least utility has a weight"
    if objective.paid(agent.name) < 0:
        return "payments have a negative weight"
    return f"demand '{demands[0].name}' is about payments or histories" if demands else ""


def recursion(env: Environment, objective: Objective) -> Recursion:
    """The stages of a question without an `obstacle`."""
    agent, last = env.agents[0], env.periods - 1
    open_ = [
        np.ones(env.num_actions(t), bool) if f is None else f.reshape(-1) for t, f in enumerate(env.feasible)
    ]
    values = [
        as_doubles(agent.values[t], "values").reshape(len(open_[t]), -1)[open_[t]] for t in range(last + 1)
    ]
    costs = [as_doubles(env.costs[t], "costs").reshape(len(open_[t]), -1)[open_[t]] for t in range(last + 1)]
    counts = [len(types) for types in agent.types]
    values = [np.broadcast_to(v, (len(v), n)) for v, n in zip(values, counts, strict=True)]
    stake = max(float(abs(table).max()) for table in (*values, *costs)) or 1.0
    share, kept = float(objective.goods), float(objective.paid(agent.name))
    weight = max(abs(share), kept) or 1.0
    values = [v / stake for v in values]
    gains = [share / weight * (v - c / stake) for v, c in zip(values, costs, strict=True)]
    moves = [
        np.asarray(kernel.probability(np.array(0), [], np.arange(n)[:, None], np.arange(m)), dtype=np.float64)
        for kernel, n, m in zip(agent.kernels, counts, counts[1:], strict=False)
    ]
    prior = as_doubles(agent.prior, "prior")
    discount = float(env.discount)

    best, welfare, spread = np.zeros(0), np.zeros(0), 0.0
    rents: list[Floats] = []
    stages: list[RentStage] = []
    following: Next | None = None
    always = np.zeros((max(map(len, values)), 0))
    for t in range(last, -1, -1):
        apart = (values[t][:, :, None] - values[t][:, None, :]).max(axis=0)
        best, welfare = gains[t].max(axis=0), (values[t] - costs[t] / stake).max(axis=0)
        by_action = values[t][np.minimum(np.arange(len(always)), len(values[t]) - 1)]
        if following is not None:
            mu = following.moves
            apart = apart + discount * spread * abs(mu[:, None] - mu[None]).sum(axis=2) / 2
            best = best + discount * mu @ following.best
            welfare = welfare + discount * mu @ rents[-1][-1]
            by_action = by_action + discount * always @ mu.T
        always = by_action
        stages.append(RentStage(values[t], gains[t], following))
        rents.append(np.vstack([always, welfare]))
        spread = float(apart.max())
        first = t == 0
        following = Next(
            moves=prior[None] if first else moves[t - 1],
            discount=1.0 if first else discount,
            weight=-kept / weight * prior if first else np.zeros(counts[t]),
            low=np.where(prior > 0, 0.0, -spread) if first else -apart[0],
            high=np.full(counts[t], spread) if first else apart[:, 0],
            best=best,
        )
    stages.append(RentStage(np.zeros((1, 1)), np.zeros((1, 1)), following))
    least = [vectors - vectors.min(axis=1, keepdims=True) for vectors in rents]
    size = max(float(prior @ abs(best)), spread)
    return Recursion(tuple(stages[::-1]), float(prior @ best), tuple(least[::-1]), stake * weight, size)
