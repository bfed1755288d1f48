"""Paths of a mechanism under truth: types, then the action, then money, period by period, all paths at once.

In period t types θ_t are drawn from the prior, or from what θ_{t−1} and the last action make of them (first
those that others' kernels are given), an action a from the lottery q(· | m, θ_t), and the memory moves to
f(m, θ_t, a), or to what is drawn there. An agent pays p^i(m, θ_t), which is the expectation over the lottery,
and has the value of the action; quantities of goods are no lottery.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Ints
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .draws import Floats, by_label, drawn, uniforms


@dataclass(frozen=True, eq=False)
class Moment:
    """One period of n paths. Money is of the period.

    types: (N, n). memory: (n,), before the period. action: (n,), of goods the quantities (n, G).
    payments, values: (N, n), of all agents; observed ones pay nothing. cost: (n,).
    """

    period: int
    types: Ints
    memory: Ints
    action: Ints | Floats
    payments: Floats
    values: Floats
    cost: Floats

    @property
    def revenue(self) -> Floats:
        """(n,): what is paid, less the cost."""
        earned: Floats = self.payments.sum(axis=0) - self.cost
        return earned


def walk(
    env: Environment, mechanism: Mechanism, seed: int, first: int, count: int, periods: int
) -> Iterator[Moment]:
    """The periods of paths first, ..., first + count - 1, of a mechanism and an environment in doubles."""
    memory = np.full(count, mechanism.start)
    types = np.zeros((env.num_agents, count), dtype=np.int64)
    acted = np.zeros(count, dtype=np.int64)
    for t in range(periods):
        d = min(t, env.periods - 1)
        stage, span = mechanism.stages[d], (first, count)
        types = _types(env, t, d, types, acted, seed, span)
        at = (memory, *types)
        chosen = stage.allocation[at]
        paid = np.stack([table[at] for table in stage.transfers])
        if (goods := env.goods[d]) is None:
            action = acted = drawn(chosen, by_label([env.actions[d]]), uniforms(seed, "action", "", t, *span))
            cost = env.costs[d][action]
            worth = (_values(agent.values[d], types)[action, np.arange(count)] for agent in env.agents)
        else:
            action, acted = chosen, np.zeros(count, dtype=np.int64)
            cost = chosen @ env.costs[d] + ((chosen @ goods.quadratic) * chosen).sum(axis=1) / 2
            worth = ((_values(agent.values[d], types).T * chosen).sum(axis=1) for agent in env.agents)
        yield Moment(t, types, memory, action, paid, np.stack(list(worth)), cost)
        if stage.next is not None:
            memory = stage.next[(*at, acted)]
            if stage.draws is not None:
                lots, chances = stage.draws.memory[memory], stage.draws.chance[memory]
                outcome = drawn(chances, np.arange(lots.shape[1]), uniforms(seed, "memory", "", t, *span))
                memory = lots[np.arange(count), outcome]


def _types(
    env: Environment, t: int, d: int, last: Ints, acted: Ints, seed: int, span: tuple[int, int]
) -> Ints:
    """(N, n): types of period t, which description d is of."""
    labels = [agent.types[d] for agent in env.agents]
    types = np.zeros_like(last)
    if env.process is not None:
        law = min(t, len(env.process.transitions))
        rows = env.process.rows(law)[env.process.row_index(law, acted, last.T)]
        names = sorted(range(env.num_agents), key=lambda i: env.agents[i].name)
        profile = drawn(rows, by_label(labels, names), uniforms(seed, "types", "", t, *span))
        return np.stack(np.unravel_index(profile, env.types(d)))
    for i in sorted(range(env.num_agents), key=lambda i: bool(env.agents[i].given)):
        agent = env.agents[i]
        kernel = agent.law(min(t, len(agent.kernels)))
        row = kernel.row_index(acted, [types[j] for j in kernel.given], last[i])
        if kernel.deterministic:
            types[i] = kernel.table.reshape(-1)[row]
        else:
            at = uniforms(seed, "type", agent.name, t, *span)
            types[i] = drawn(kernel.rows()[row], by_label([labels[i]]), at)
    return types


def _values(table: Floats, types: Ints) -> Floats:
    """(A, n): what actions, or units of goods, are worth, of an agent's values of the period."""
    at = tuple(np.minimum(own, size - 1) for own, size in zip(types, table.shape[1:], strict=True))
    return table[(slice(None), *at)]
