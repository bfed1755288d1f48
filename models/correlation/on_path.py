"""What truth leads to: who pays what and when, and what everybody is left with after every history.

For mechanisms whose memory is the last report profile with its action and whose actions follow from the
reports alone, as `assemble` makes them: what a period's payments are worth is then an expectation over one
transition, and totals solve one linear system (or one backward induction).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.mdp import discounted_value, take
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..efficient.efficient import flow_values, transition_table
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism


@dataclass(frozen=True, eq=False, repr=False)
class OnPath(Short):
    """Truth under a mechanism; money of the period named; per period, one entry where it is stationary.

    first: (N, S) payments in period 0, by profile. due: (N, S) per transition, expected payments of the next
    period given this one's profile. values: (N, S) discounted own values, without payments, and costs: (S,)
    discounted costs, from every profile on. payoffs: (N, S) values less all payments *after* the period.
    continuation: (N, M, S) what is left to an agent in memory m at the profile, this period's payments
    included. step: (S, S') the moves.
    """

    first: Array
    due: tuple[Array, ...]
    values: tuple[Array, ...]
    costs: tuple[Array, ...]
    payoffs: tuple[Array, ...]
    continuation: tuple[Array, ...]
    step: tuple[Array, ...]

    @property
    def payments(self) -> Array:
        """(N, S): everything an agent is expected to pay, discounted to period 0, by the first profile."""
        paid: Array = self.values[0] - self.payoffs[0] + self.first
        return paid


def on_path(env: Environment, mechanism: Mechanism) -> OnPath:
    """Truth under a mechanism that `assemble` made (with other payments, perhaps)."""
    stages, n = mechanism.stages, env.num_agents
    transfers = [stage.transfers.reshape(n, stage.size, -1) for stage in stages]
    flows, costs, due, steps = [], [], [], []
    for t, stage in enumerate(stages):
        action = chosen(mechanism, t)
        flows.append(take(flow_values(env, t).swapaxes(0, 1), action))
        costs.append(env.costs[t][action])
        if stage.next is None or (t == env.periods - 1 and not env.stationary):
            continue
        table = transition_table(env, t)
        profiles = np.arange(len(action))
        step = table[action if len(table) > 1 else 0, profiles]
        memory = stage.next[0].reshape(len(action), -1)[profiles, action]
        after = transfers[0 if env.stationary else t + 1][:, memory, :]
        due.append((step * after).sum(axis=-1))
        steps.append(step)
    values, payoffs, spent = _totals(env, flows, costs, due, steps)
    left = tuple(v[:, None, :] - paid for v, paid in zip(payoffs, transfers, strict=True))
    first = transfers[0][:, mechanism.start, :]
    return OnPath(first, tuple(due), values, spent, payoffs, left, tuple(steps))


def chosen(mechanism: Mechanism, t: int) -> Ints:
    """(S,): the action of period t after every report profile."""
    allocation = mechanism.stages[t].allocation
    action: Ints = (allocation[0].reshape(-1, allocation.shape[-1]) > 0).argmax(axis=-1)
    return action


def _totals(
    env: Environment, flows: list[Array], costs: list[Array], due: list[Array], steps: list[Array]
) -> tuple[tuple[Array, ...], tuple[Array, ...], tuple[Array, ...]]:
    """(values, payoffs, costs) of `OnPath`."""
    if env.stationary:
        rows, columns = np.nonzero(steps[0])
        weights = steps[0][rows, columns]

        def total(flow: Array) -> Array:
            return np.stack([discounted_value(v, rows, columns, weights, env.discount) for v in flow])

        return (
            (total(flows[0]),),
            (total(flows[0] - env.discount * due[0]),),
            (total(costs[0][None])[0],),
        )
    values, payoffs, spent = [flows[-1]], [flows[-1]], [costs[-1]]
    for t in reversed(range(len(due))):
        ahead = env.discount * steps[t].T
        values.insert(0, flows[t] + values[0] @ ahead)
        payoffs.insert(0, flows[t] - env.discount * due[t] + payoffs[0] @ ahead)
        spent.insert(0, costs[t] + spent[0] @ ahead)
    return tuple(values), tuple(payoffs), tuple(spent)
