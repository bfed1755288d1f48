"""The last period of a finite horizon, after which nothing can be paid any more (LIU Assumption 4).

There the efficient allocation must be implementable by payments of the last reports alone, whatever the
others' types: for each agent and others' profile no ring of lies may gain in total. Payment rules, tried in
this order for each agent:

- ``externality``: types in the order given; wherever the action changes, the payment grows by what the
  others (and the designer's costs) lose by the change, at the first type that brings it: equation (4);
- ``shortest paths``: potentials of the graph of lies, the first type paying 0; they exist exactly where
  Assumption 4 holds.

Where it fails for somebody, the last allocation is one constant action for every public state (Remark 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.mdp import take
from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..efficient.efficient import Efficient, flow_values
from ..environment.independence import joint_prior
from ..payments.ex_post_payments import Ring, reports
from ..society.problem import feasible_actions, transitions

RULES = ("externality", "shortest paths", "constant")


@dataclass(frozen=True, eq=False, repr=False)
class LastPeriod(Short):
    """What happens in the last period.

    rule: one of `RULES` for each reporting agent, "constant" for all where Assumption 4 fails for one.
    allocation: (S,) the action. payments: (N, S), 0 for observed agents. values: (N, S) what truth leaves to
    each agent. ring: where Assumption 4 fails, the lies that no payments hold back.
    """

    rule: dict[str, str]
    allocation: Ints
    payments: Array
    values: Array
    ring: Ring | None = None

    @property
    def efficient(self) -> bool:
        """Whether the efficient allocation is kept."""
        return self.ring is None

    @property
    def sentence(self) -> str | None:
        """Why the efficient allocation is not kept; None where it is."""
        if self.ring is None:
            return None
        return f"The efficient last allocation is not ex-post implementable: {self.ring.sentence}."


def last_period(plan: Efficient) -> LastPeriod:
    """Payments for the last period of a finite horizon, or the constant allocation that replaces it."""
    env = plan.environment
    t = env.periods - 1
    flows, policy = flow_values(env, t), plan.policy[t]
    payments = arithmetic(env.exact).zeros((env.num_agents, len(policy)))
    rule: dict[str, str] = {}
    for i in env.private:
        payable = _payments(plan, flows, i)
        if isinstance(payable, Ring):
            return _constant(plan, flows, payable)
        rule[env.agents[i].name], payments[i] = payable
    values: Array = take(flows.swapaxes(0, 1), policy) - payments
    return LastPeriod(rule, policy, payments, values)


def _payments(plan: Efficient, flows: Array, i: int) -> tuple[str, Array] | Ring:
    """(rule, payments (S,)) of agent i, or the ring of lies that rules them out."""
    env = plan.environment
    t = env.periods - 1
    outcomes = reports(env, i, t, plan.policy[t], flows[i])
    slack = arithmetic(env.exact).slack(flows)
    rule = "externality"
    paid = outcomes.critical(rule, flows.sum(axis=0) - flows[i] - env.costs[t][:, None])
    if not outcomes.held(paid, slack).all():
        if outcomes.rings.min() < -slack * env.types(t)[i]:
            return outcomes.worst_ring()
        rule, paid = "shortest paths", outcomes.potentials()
    out = arithmetic(env.exact).zeros(len(plan.policy[t]))
    out[outcomes.profile] = paid
    return rule, out


def _constant(plan: Efficient, flows: Array, ring: Ring) -> LastPeriod:
    """For each public state the feasible action that is best on average where the efficient policy leads."""
    env = plan.environment
    t = env.periods - 1
    types = env.types(t)
    weight = reached(plan)
    surplus = (flows.sum(axis=0) - env.costs[t][:, None]) * weight
    private = tuple(1 + i for i in env.private)
    total = surplus.reshape(-1, *types).sum(axis=private, keepdims=True)
    allowed = feasible_actions(env, t)
    spread = np.broadcast_to(total, (len(total), *types)).reshape(len(total), -1)
    open_ = spread if allowed is None else np.where(allowed, spread, -np.inf)
    allocation = np.asarray(open_.argmax(axis=0))
    nothing = arithmetic(env.exact).zeros((env.num_agents, len(allocation)))
    rule = {env.agents[i].name: "constant" for i in env.private}
    return LastPeriod(rule, allocation, nothing, take(flows.swapaxes(0, 1), allocation), ring)


def reached(plan: Efficient) -> Array:
    """Probability (S,) of every profile of the last period under the efficient policy."""
    env = plan.environment
    weight: Array = joint_prior(env).reshape(-1)
    for t in range(env.periods - 1):
        rows, columns, chances = transitions(env, t).under(plan.policy[t])
        arriving = chances * weight[rows]
        weight = arithmetic(env.exact).zeros(len(plan.policy[t + 1]))
        np.add.at(weight, columns, arriving)
    return weight
