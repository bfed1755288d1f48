"""What truth leads to: who pays what and when, and what everybody is left with after every history.

For mechanisms whose memory is the last report profile with its action and whose actions follow from the
reports alone, as `assemble` makes them: what a period's payments are worth is then an expectation over one
transition, and totals are values of the policy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, take
from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..efficient.efficient import flow_values
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..society.problem import transitions


@dataclass(frozen=True, eq=False, repr=False)
class OnPath(Short):
    """Truth under a mechanism; money of the period named; per period, one entry where it is stationary.

    first: (N, S) payments in period 0, by profile. due: (N, S) per transition, expected payments of the next
    period given this one's profile. values: (N, S) discounted own values, without payments, and costs: (S,)
    discounted costs, from every profile on. payoffs: (N, S) values less all payments *after* the period.
    continuation: (N, M, S) what is left to an agent in memory m at the profile, this period's payments
    included. ending: (S,) what the last period of a finite horizon is expected to cost given the one before;
    None where there is none.
    """

    first: Array
    due: tuple[Array, ...]
    values: tuple[Array, ...]
    costs: tuple[Array, ...]
    payoffs: tuple[Array, ...]
    continuation: tuple[Array, ...]
    ending: Array | None

    @property
    def payments(self) -> Array:
        """(N, S): everything an agent is expected to pay, discounted to period 0, by the first profile."""
        paid: Array = self.values[0] - self.payoffs[0] + self.first
        return paid


def on_path(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> OnPath:
    """Truth under a mechanism that `assemble` made (with other payments, perhaps).

    effort: of which the clock counts. Raises `OutOfTime`.
    """
    stages, n = mechanism.stages, env.num_agents
    transfers = [stage.transfers.reshape(n, stage.size, -1) for stage in stages]
    policy = [chosen(mechanism, t) for t in range(len(stages))]
    flows = [take(flow_values(env, t).swapaxes(0, 1), action) for t, action in enumerate(policy)]
    costs = [env.costs[t][action] for t, action in enumerate(policy)]
    moves = tuple(transitions(env, t) for t in env.steps)
    due, net = [], list(flows)
    for t, move in enumerate(moves):
        action, following = policy[t], stages[t].next
        if following is None:
            raise AssertionError("there is a period after this one")
        memory = following[0].reshape(len(action), -1)[np.arange(len(action)), action]
        rows, columns, weights = move.under(action)
        paid = transfers[env.after(t)][:, memory[rows], columns]
        owed = arithmetic(env.exact).zeros((len(action), n))
        np.add.at(owed, rows, (weights * paid).T)
        due.append(owed.T)
        net[t] = flows[t] - env.discount * due[-1]
    course = DecisionProblem((), moves, env.discount, (), env.stationary, effort)
    values, payoffs = (_present(course, policy, each) for each in (flows, net))
    (spent,) = zip(*_present(course, policy, [cost[None] for cost in costs]), strict=True)
    left = tuple(v[:, None, :] - paid for v, paid in zip(payoffs, transfers, strict=True))
    first = transfers[0][:, mechanism.start, :]
    ending = None if env.stationary or not moves else take(moves[-1].expected(costs[-1]), policy[-2])
    return OnPath(first, tuple(due), values, spent, payoffs, left, ending)


def _present(course: DecisionProblem, policy: list[Ints], flows: list[Array]) -> tuple[Array, ...]:
    """What flows (N, S) add up to from every profile on: (N, S) per period."""
    totals = [course.follow(policy, list(own))[0] for own in zip(*flows, strict=True)]
    return tuple(np.stack(period) for period in zip(*totals, strict=True))


def chosen(mechanism: Mechanism, t: int) -> Ints:
    """(S,): the action of period t after every report profile."""
    allocation = mechanism.stages[t].allocation
    action: Ints = (allocation[0].reshape(-1, allocation.shape[-1]) > 0).argmax(axis=-1)
    return action
