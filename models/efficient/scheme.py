"""Payments for the efficient policy that remember nothing, or the last profile, as a mechanism."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy
from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.blocks import Label
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..environment.environment import Environment, labels_of_profile
from ..mechanism.mechanism import Mechanism
from ..society.problem import chosen_values
from ..verification.verdict import Verdicts
from .efficient import policy_stage
from .one_shot import NOTIONS, gains, holds
from .pivot import Pivot
from .satisfied import satisfied


@dataclass(frozen=True, eq=False, repr=False)
class Scheme(Short):
    """The efficient policy with payments. Per period that the environment describes; P agents report, S
    profiles.

    pivot: the policy, and what society has with and without each agent. payments: (P, M, S) by memory.
    remembers: whether memories are the profiles of the period before, block by block where several may be
    (`Environment.before`), and period 0's the last. Otherwise the first memory is that of all later periods,
    and the last that of period 0 (the same where M is 1). bond: the smallest that keeps each agent in, (P, S)
    by the profile where nothing is remembered, else (P, M) by the memory, at the worst of her types that may
    follow; empty where it was not asked for.
    """

    pivot: Pivot
    remembers: bool
    payments: tuple[Array, ...]
    bond: tuple[Array, ...] = ()

    @property
    def environment(self) -> Environment:
        """With the numbers that were used."""
        return self.pivot.environment

    @property
    def problem(self) -> DecisionProblem:
        """Of all agents."""
        return self.pivot.problem

    @property
    def plan(self) -> OptimalPolicy:
        """The efficient policy."""
        return self.pivot.plan

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "remembers": self.remembers, "least": self.least}

    @cached_property
    def surplus(self) -> tuple[Array, ...]:
        """(M, S) payments less costs."""
        costs = [self.environment.costs[t][action] for t, action in enumerate(self.plan.policy)]
        return tuple(paid.sum(axis=0) - cost for paid, cost in zip(self.payments, costs, strict=True))

    @property
    def least(self) -> Number:
        """The designer's smallest surplus in a period, over all memories and profiles."""
        least: Number = min(surplus.min() for surplus in self.surplus)
        return least

    @cached_property
    def budget(self) -> Array:
        """(S,) the designer's surplus over all periods, discounted to period 0, by its profile."""
        total: Array = self.present(self.surplus)[0][-1]
        return total

    @cached_property
    def left(self) -> tuple[Array, ...]:
        """(P, M, S) what truth leaves to each agent from the state on."""
        env, policy = self.environment, self.plan.policy
        by_agent = []
        for k, i in enumerate(env.private):
            flows = [chosen_values(env, t, i, policy[t]) - paid[k] for t, paid in enumerate(self.payments)]
            by_agent.append(self.present(tuple(flows)))
        return tuple(np.stack(period) for period in zip(*by_agent, strict=True))

    def present(self, flows: tuple[Array, ...]) -> tuple[Array, ...]:
        """(M, S) flows (M, S) by memory, added up from the profile on."""
        policy = self.plan.policy
        settled = []
        for t, flow in enumerate(flows):
            later = self._due(t, flows)
            own = flow[0] if not self.remembers else 0 * flow[0]
            settled.append(own + later)
        rest = self.problem.follow(policy, settled)[0]
        if self.remembers:
            return tuple(flow + after for flow, after in zip(flows, rest, strict=True))
        return tuple(flow - flow[0] + after for flow, after in zip(flows, rest, strict=True))

    def _due(self, t: int, flows: tuple[Array, ...]) -> Array | int:
        """(S,) the discounted expectation of the next period's flow where that depends on this profile."""
        if not self.remembers or t == len(self.problem.moves):
            return 0
        rows, columns, weights = self.problem.moves[t].under(self.plan.policy[t])
        due = arithmetic(self.environment.exact).zeros(len(self.plan.policy[t]))
        later = flows[self.environment.after(t)][self._told(t)]
        np.add.at(due, rows, weights * later[rows, columns])
        return self.environment.discount * due

    def arrivals(self, t: int) -> Bools:
        """(M, S) which profiles of period t may follow a memory; all of them where nothing is remembered."""
        size = len(self.plan.policy[t])
        possible = np.ones((self.payments[t].shape[1], size), dtype=np.bool_)
        for before in self.environment.before(t) if self.remembers else []:
            rows, columns, _ = self.problem.moves[before].under(self.plan.policy[before])
            memories = possible[self._told(before)]
            memories[:] = False
            memories[rows, columns] = True
        return possible

    def _told(self, t: int) -> slice:
        """Which memories of the next period are the profiles of period t."""
        start = 0
        for before in self.environment.before(self.environment.after(t)):
            if before == t:
                break
            start += len(self.plan.policy[before])
        return slice(start, start + len(self.plan.policy[t]))

    def paid_after(self, exit: tuple[Bools, ...]) -> tuple[Bools, ...]:
        """(P, M, S) where money moves although the agent is out: her profile is in `exit` (P, S), as
        `Pivot.exit`. Efficient exit (BV Definition 1) holds where there is no such place."""
        moved = []
        for t, paid in enumerate(self.payments):
            slack: Any = arithmetic(self.environment.exact).slack(paid, COMPUTED)
            moved.append((abs(paid) > slack) & exit[t][:, None, :] & self.arrivals(t))
        return tuple(moved)

    @cached_property
    def mechanism(self) -> Mechanism:
        """As a mechanism: memory labels are the last profile with its action."""
        env, stages = self.environment, []
        for t, paid in enumerate(self.payments):
            memory, size = paid.shape[1:]
            everybody = arithmetic(env.exact).zeros((env.num_agents, memory, size))
            everybody[list(env.private)] = paid
            after: Ints = np.zeros(size, dtype=np.int64)
            if self.remembers:
                after = np.arange(size) + self._told(t).start
            following = np.broadcast_to(after, (memory, size)) if t in env.steps else None
            stages.append(policy_stage(env, t, self.plan.policy[t], everybody, following, self._label(t)))
        start = self.payments[0].shape[1] - 1
        return Mechanism(env.name, tuple(stages), start, stationary=env.stationary)

    def _label(self, t: int) -> Label:
        return partial(_memory, self.environment, self.plan, self.environment.before(t), self.remembers)

    @cached_property
    def verdicts(self) -> Verdicts:
        """The judge's: ex-post and bayesian incentives, interim and periodic participation."""
        return satisfied(self.environment, self.mechanism)

    @cached_property
    def gains(self) -> tuple[tuple[Array, ...], Number]:
        """Of payments that remember nothing: the most that a lie gains at every state, per period (P, M, S),
        and how little counts as nothing."""
        return gains(self.environment, self.problem, self.plan, self.payments, self.left)

    @cached_property
    def satisfies(self) -> dict[str, bool | None]:
        """Which notions hold, by word: single lies say it where nothing is remembered and none gains
        (`one_shot.py`), else the judge; None where that would take too much memory."""
        notions: dict[str, bool | None] = dict.fromkeys(NOTIONS)
        if not self.remembers:
            most, slack = self.gains
            notions = holds(self.environment, most, self.left, slack)
        if None not in notions.values():
            return notions
        try:
            return notions | {verdict.notion: verdict.holds for verdict in self.verdicts}
        except TooLarge:
            return notions


def _memory(env: Environment, plan: OptimalPolicy, periods: list[int], remembers: bool, m: int) -> str:
    """The label of memory m: the profile of one of these periods, the last one, with its action."""
    if not remembers:
        return "nothing" if m == 0 else "start"
    for t in periods:
        if m < len(plan.policy[t]):
            names = labels_of_profile(env, t, np.unravel_index(m, env.types(t))).values()
            return f"({', '.join(names)}) {env.actions[t][int(plan.policy[t][m])]}"
        m -= len(plan.policy[t])
    return "start"
