"""When is the relaxation tight with finitely many types? One buyer, one period of trade, values s · B.

Increasing virtual values are not enough: a higher type who takes a lower type's contract also buys where the
lower one does not. Over served types in increasing order let b_k be the smallest B sold to type k and
p_k = min(s_k b_k, p_{k−1}); the relaxation is tight if no B unsold to k has s_{k+1} B > p_k (sufficient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.numbers import Array, Number, show
from ..design.design import Design
from ..environment.environment import Agent, Environment


@dataclass(frozen=True)
class Criterion:
    """Whether the criterion proves tightness, None where it does not apply, and the figure that decides.

    reason: which assumption fails, or the type k and the B that break the criterion.
    prices: p_k of the served types, in order.
    """

    tight: bool | None
    reason: str
    prices: tuple[Number, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether all assumptions hold."""
        return self.tight is not None


def separable_factors(env: Environment) -> tuple[Array, Array] | str:
    """(s, B) with v = s · B in the second of two periods, or why there are none."""
    if any(agent.reports is not None for agent in env.agents):
        return "some types may not report others"
    if any(agent.outside is not None for agent in env.agents):
        return "somebody has an outside option of her own"
    if env.num_agents != 1:
        return f"there are {env.num_agents} agents, not one buyer"
    agent = env.agents[0]
    if env.periods != 2:
        return f"there are {env.periods} periods, not a report and one period of trade"
    count = _signals_per_type(agent)
    if count is None:
        return f"agent '{agent.name}' has no second signal independent of the first"
    if env.num_actions(1) != 2 or env.goods[1] is not None:
        return f"period 1 has {env.num_actions(1)} actions, not keep and sell"
    if (agent.values[0] != 0).any() or env.num_actions(0) != 1:
        return "something is traded in period 0"
    if (agent.values[1][0] != 0).any() or env.costs[1][0] != 0:
        return f"action '{env.actions[1][0]}' of period 1 is not worth 0 and free"
    table = agent.values[1][1].reshape(-1, count)
    if not (table > 0).all():
        return f"the smallest value of a sale is {show(table.min())}, not positive"
    shock = table[0]
    own = table[:, 0] / table[0, 0]
    off = abs(table - own[:, None] * shock[None, :]).max()
    if off > arithmetic_of(table).slack(table, ROUNDED):
        return f"values are not a product of first signal and shock (off by {show(off)})"
    if not (own[1:] > own[:-1]).all():
        return "first signals are not in increasing order"
    return own, shock


def _signals_per_type(agent: Agent) -> int | None:
    """Number of second signals where a type of period 1 is the first type and one of them, drawn alike."""
    if agent.signals is not None:
        return agent.signals.counts[1]
    first, second = len(agent.types[0]), len(agent.types[1])
    if not agent.kernels or agent.kernels[0].deterministic or agent.kernels[0].controlled or second % first:
        return None
    blocks = agent.kernels[0].rows().reshape(first, first, second // first)
    own = blocks[np.arange(first), np.arange(first)]
    apart = blocks.sum() == own.sum() and bool((blocks.sum(axis=1) == own).all())
    return second // first if apart and bool((own == own[:1]).all()) else None


def criterion(relaxed: Design) -> Criterion:
    """Apply the criterion to the allocation of a relaxed optimum."""
    if relaxed.bounds is not None:
        return Criterion(None, "there are bounds of the relaxed optimum, and no mechanism")
    if relaxed.status != "optimal":
        return Criterion(None, "there is no relaxed optimum")
    env, objective = relaxed.solved.rewriting.original, relaxed.question.objective
    if relaxed.question.demands:
        return Criterion(None, f"demand '{relaxed.question.demands[0].name}' counts beside the allocation")
    if objective.least != 0:
        return Criterion(None, "a least utility says which payments are best, beside the allocation")
    factors = separable_factors(env)
    if isinstance(factors, str):
        return Criterion(None, factors)
    own, shock = factors
    labels = env.agents[0].types[0]
    # Memory k is the report of first type k; the public shock decides; the type consistent with both.
    first, cell = np.ogrid[: len(own), : len(shock)]
    sold = relaxed.mechanism.stages[1].allocation[first, first * len(shock) + cell, cell, 1]
    chances = arithmetic_of(sold)
    if not (chances.negligible(sold) | chances.negligible(1 - sold)).all():
        return Criterion(None, "the relaxed optimum found uses lotteries")
    buys = sold > 0.5
    prices: list[Number] = []
    for k in range(len(own)):
        if not buys[k].any():
            if prices:
                reason = f"type '{labels[k]}' is not served though a lower one is"
                return Criterion(False, reason, tuple(prices))
            continue
        lowest = own[k] * shock[buys[k]].min()
        price = min(lowest, prices[-1]) if prices else lowest
        prices.append(price)
        if k + 1 < len(own):
            tempting = [b for b in shock[~buys[k]].tolist() if own[k + 1] * b > price]
            if tempting:
                reason = (
                    f"type '{labels[k + 1]}' taking the contract of '{labels[k]}' would also buy where it "
                    f"does not: worth {show(own[k + 1] * max(tempting))} at the price {show(price)}"
                )
                return Criterion(False, reason, tuple(prices))
    return Criterion(True, "no type would buy more under the contract just below", tuple(prices))
