"""Affine welfare: what is best when each agent's slope has a weight of its own (KLN (17), (18)).

    W_t(y; w) = max over a of  Σ_i [w_i slope_i(a, y_i) + rest_i(a, y_i)] − c(a) + δ E[W_{t+1}(y'; w) | a, y],

over profiles y of what types hold beside the first signals, agent 0 slowest: first signals matter by the
weights alone. An agent without a weight (None) is left out: she counts for nothing, and her state moves on.
Ties go to the plan that does something for the fewest of those left out, then for the fewest of all, then
to the largest slopes; what then is tied goes to the first action listed, and the plan is not `settled`.

Nobody's state moves another's. The state of an agent who is left out matters to nothing, unless it says what
is feasible (her report is observed), and plans are sought without it: what W is worth without agent i is
found on the others' states alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.algorithms.mdp import DecisionProblem, OptimalPolicy, take
from ...solvers.arithmetic import arithmetic_of
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Bools, Ints, Number, nearest
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Kernel
from ..society.problem import feasible_actions, spread, transitions
from .first_signal import SignalPairs
from .separable import Separation

Weights = tuple[Number | None, ...]
"""Of every agent's slope, None of those who are left out."""


@dataclass(eq=False, repr=False)
class Affine(Short):
    """The states y of all agents with their slopes and rests, and the plans that were found for them.

    states: the environment of y alone, whose values are not read. values: one an agent. effort: whose clock
    all plans have together, until it may `rest`.
    """

    states: Environment
    values: tuple[Separation, ...]
    effort: Effort = FLOATS

    @classmethod
    def of(
        cls,
        env: Environment,
        pairs: Sequence[SignalPairs],
        values: Sequence[Separation],
        effort: Effort = FLOATS,
    ) -> Affine:
        """Of an environment whose first signals are independent of the rest."""
        agents = []
        for agent, pair in zip(env.agents, pairs, strict=True):
            types = tuple(tuple(range(count)) for count in pair.rest)
            kernels = tuple(Kernel(table) for table in pair.moves)
            agents.append(
                replace(agent, types=types, kernels=kernels, prior=None, signals=None, reports=None)
            )
        return cls(env._with(agents=tuple(agents)), tuple(values), effort)

    def rest(self) -> None:
        """Stop the clock: what is asked for from now on has a time limit of its own."""
        self.effort = self.effort.rested
        vars(self).pop("costs_alone", None)

    @cached_property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """Per period the numbers of states (Y_0, ..., Y_{N-1})."""
        return tuple(self.states.types(t) for t in range(self.states.periods))

    @cached_property
    def slopes(self) -> tuple[tuple[Array, ...], ...]:
        """By agent and period (A, S)."""
        return self._at_profiles([one.slope for one in self.values])

    @cached_property
    def rests(self) -> tuple[tuple[Array, ...], ...]:
        """By agent and period (A, S)."""
        return self._at_profiles([one.rest for one in self.values])

    def _at_profiles(self, tables: Sequence[Sequence[Array]]) -> tuple[tuple[Array, ...], ...]:
        return tuple(
            tuple(spread(table, self.sizes[t], [i]) for t, table in enumerate(own))
            for i, own in enumerate(tables)
        )

    @cached_property
    def costs_alone(self) -> DecisionProblem:
        """The problem of nobody: costs alone, at the states of all."""
        return self._costs_alone(range(len(self.values)))

    def _costs_alone(self, members: Sequence[int]) -> DecisionProblem:
        """The same at the states of some agents."""
        env = self.states
        rewards = tuple(
            np.repeat(-env.costs[t][:, None], math.prod(sizes[i] for i in members), axis=1)
            for t, sizes in enumerate(self.sizes)
        )
        moves = tuple(transitions(env, t, members) for t in env.steps)
        allowed = tuple(feasible_actions(env, t, members) for t in range(env.periods))
        return DecisionProblem(rewards, moves, env.discount, allowed, env.stationary, self.effort)

    @cached_property
    def _found(self) -> dict[Weights, OptimalPolicy]:
        return {}

    @cached_property
    def _chosen(self) -> dict[Weights, OptimalPolicy]:
        return {}

    def welfare(self, weights: Weights) -> OptimalPolicy:
        """The best plan, the first listed where several are."""
        plan, members = self._plan(weights), self._members(weights)
        if len(members) == len(weights):
            return plan
        tables = plan.values, plan.policy, plan.worth
        values, policy, worth = (self._at_all(table, members) for table in tables)
        return OptimalPolicy(values, policy, worth, plan.sizes, plan.error)

    def _members(self, weights: Weights) -> list[int]:
        """Whose states matter."""
        observed = self.states.observed
        return [i for i, weight in enumerate(weights) if weight is not None or i in observed]

    def _at_all(self, tables: Sequence[Array], members: Sequence[int]) -> tuple[Array, ...]:
        """Tables (..., S of the members) per period, at the states of all."""
        return tuple(spread(table, sizes, members) for table, sizes in zip(tables, self.sizes, strict=True))

    def _plan(self, weights: Weights) -> OptimalPolicy:
        """The best plan at the states that matter."""
        if weights not in self._found:
            self._found[weights] = self._problem(weights, self._members(weights)).best
        return self._found[weights]

    def policy(self, weights: Weights) -> tuple[Ints, ...]:
        """The best action (S,) per period; of several what the module says."""
        return self._at_all(self._preferred(weights).policy, self._members(weights))

    @property
    def settled(self) -> bool:
        """Whether nothing of the plans so far was left to the order in which actions are listed."""
        return not any((tied.sum(axis=0) > 1).any() for plan in self._chosen.values() for tied in plan.tied)

    def _preferred(self, weights: Weights) -> OptimalPolicy:
        if weights not in self._chosen:
            plan = self._plan(weights)
            for problem in self._preferences(weights):
                if all((tied.sum(axis=0) == 1).all() for tied in plan.tied):
                    break
                plan = replace(problem, allowed=plan.tied).best
            self._chosen[weights] = plan
        return self._chosen[weights]

    def _preferences(self, weights: Weights) -> Iterator[DecisionProblem]:
        """What is looked at where plans are equally good, one after the other."""
        members = self._members(weights)
        alone = self._costs_alone(members)
        out = [i for i, weight in enumerate(weights) if weight is None]
        for group in (out, range(len(weights))):
            spared = []
            for base, idle in zip(alone.rewards, self.idle, strict=True):
                busy = np.zeros((len(base), 1)) + sum(~idle[i][:, None] for i in group)
                spared.append(0 * base - arithmetic_of(base).array(busy))
            yield replace(alone, rewards=tuple(spared))
        slopes = []
        for t, base in enumerate(alone.rewards):
            sizes, total = [self.sizes[t][i] for i in members], 0 * base
            for place, i in enumerate(members):
                if weights[i] is not None:
                    total = total + spread(self.values[i].slope[t], sizes, [place])
            slopes.append(total)
        yield replace(alone, rewards=tuple(slopes))

    @cached_property
    def idle(self) -> list[list[Bools]]:
        """By period and agent (A,): whether an action is worth nothing to her, whatever her type."""
        return [
            [(one.slope[t] == 0).all(axis=1) & (one.rest[t] == 0).all(axis=1) for one in self.values]
            for t in range(self.states.periods)
        ]

    def least(self, weights: Weights, i: int) -> OptimalPolicy:
        """The plan with the least slopes for agent i, of several the best for the weights of the others."""
        fewest = replace(self.costs_alone, rewards=tuple(-slope for slope in self.slopes[i])).best
        rest = self._problem((*weights[:i], 0, *weights[i + 1 :]), range(len(weights)))
        return replace(rest, allowed=fewest.tied).best

    def without(self, weights: Weights, i: int) -> OptimalPolicy:
        """The best plan when agent i is left out besides."""
        return self.welfare((*weights[:i], None, *weights[i + 1 :]))

    def flows(self, weights: Weights) -> tuple[Array, ...]:
        """What every action is worth in its own period, (A, S)."""
        return self._problem(weights, range(len(weights))).rewards

    def _problem(self, weights: Weights, members: Sequence[int]) -> DecisionProblem:
        """At the states of some agents, everybody with a weight among them."""
        alone, rewards = self._costs_alone(members), []
        for t, reward in enumerate(alone.rewards):
            sizes = [self.sizes[t][i] for i in members]
            for place, i in enumerate(members):
                if weights[i] is not None:
                    own = weights[i] * self.values[i].slope[t] + self.values[i].rest[t]
                    reward = reward + spread(own, sizes, [place])
            rewards.append(reward)
        return replace(alone, rewards=tuple(rewards), size=self.size(weights))

    def size(self, weights: Weights) -> float:
        """What the numbers add up to, at most, that `flows` are sums of."""
        return max(
            nearest(
                abs(cost).max()
                + sum(
                    abs(weight) * abs(one.slope[t]).max() + abs(one.rest[t]).max()
                    for one, weight in zip(self.values, weights, strict=True)
                    if weight is not None
                )
            )
            for t, cost in enumerate(self.states.costs)
        )

    def follow(self, policy: Sequence[Ints], flows: Sequence[Array]) -> tuple[Array, ...]:
        """What flows (S,) per period add up to under a policy: (S,) per period."""
        return self.costs_alone.follow(policy, flows)[0]

    def chosen(self, policy: Sequence[Ints], tables: Sequence[Array]) -> tuple[Array, ...]:
        """Entries (S,) of the chosen actions per period, of tables (A, S)."""
        return tuple(take(table, action) for table, action in zip(tables, policy, strict=True))

    def total(self, policy: Sequence[Ints], tables: Sequence[Array]) -> tuple[Array, ...]:
        """What tables (A, S) per period add up to under a policy: (S,) per period."""
        return self.follow(policy, self.chosen(policy, tables))

    @cached_property
    def costs(self) -> tuple[Array, ...]:
        """(A, S) per period."""
        return tuple(-reward for reward in self.costs_alone.rewards)
