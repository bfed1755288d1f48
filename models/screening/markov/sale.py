"""When a good is sold, to whom, and what that earns: AR(1) values and others that separate (LN; Board 2007).

Of a bidder with θ_it = γ^t θ_i0 + (shocks), what is left to her for her first signal is worth γ^t in period
t: revenue is the expected surplus at *virtual values*

    φ_it = θ_it − γ^t (1 − F(θ_i0)) / f(θ_i0) · (θ_i0⁺ − θ_i0),

and a seller with one good solves an optimal stopping problem: sell to the highest φ_it, or wait and draw
again, δ E[what then is best]. In general values are A(s) slope + rest (`screening/separable.py`), φ has A − h
in place of A (`screening/virtual_levels.py`), and the plan is a decision problem over what types hold beside
first signals and over what everybody sees, such as the stock or the state of a market; stopping is the case
where a sale ends it. Its value, with all first signals taking part, is Corollary 4.1's bound, which the rung
`virtual` computes by a program over all histories.

The planner's sale is the same problem at A itself. Of several best actions those that serve nobody come first
(who is indifferent keeps the good), and those of a kind are equally likely: figures do not depend on what is
listed first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ....solvers.arithmetic import COMPUTED, Arithmetic, arithmetic, arithmetic_of
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import AssumptionViolated, DynamechError, OutOfTime, TooLarge
from ....solvers.numbers import Array, Bools, Number, show
from ...answers.answer import Answer
from ...answers.plain import plain
from ...environment.environment import Environment
from ...environment.memory import TABLE_BYTES, show_bytes
from ...society.assumptions import Assumption, private_independent, refuse_endless
from ...society.problem import kernel_table, refuse_goods
from ..affine import Affine
from ..first_signal import SignalPairs, refuse_dependent, split
from ..separable import Separation, separation
from ..virtual_levels import VirtualLevels, virtual_levels
from ..virtual_pivot import VirtualPivot, virtual_pivot

PURPOSE = "the sale at virtual values"


@dataclass(frozen=True, eq=False, repr=False)
class SaleCourse:
    """What a plan leads to when everybody is truthful.

    value: its expected discounted surplus, virtual or not. sold: (T, N) probability that period t serves an
    agent who reports, that is, takes an action that is worth something to her. passed_over: (T,) that it
    serves somebody though another action that is feasible is worth more at the time.
    """

    value: Number
    sold: Array
    passed_over: Array


@dataclass(frozen=True, eq=False, repr=False)
class SaleTiming(Answer):
    """The seller's plan, at virtual values, beside the planner's. Money of period 0."""

    environment: Environment
    affine: Affine
    levels: tuple[VirtualLevels, ...]

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "revenue": self.virtual.value,
            "efficient": self.efficient.value,
            "sold": self.virtual.sold.sum(),
        }

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of those who report."""
        return tuple(self.environment.agents[i].name for i in self.environment.private)

    @cached_property
    def virtual(self) -> SaleCourse:
        """The plan that maximises virtual surplus; its value bounds revenue."""
        return self._course(lambda levels: levels.virtual)

    @cached_property
    def efficient(self) -> SaleCourse:
        """The plan that maximises surplus."""
        return self._course(lambda levels: levels.level)

    @cached_property
    def pivot(self) -> VirtualPivot:
        """The virtual pivot mechanism of the same environment, with three rules for money (Fig. 2).

        Raises `AssumptionViolated` where an agent is observed, as a stock is.
        """
        return virtual_pivot(self.environment, exact=self.environment.exact)

    def to_json(self) -> dict[str, Any]:
        """Both plans: value, and by period who is sold to and how often at a lower value than another's."""
        plans = {"virtual": self.virtual, "efficient": self.efficient}
        return {
            "instance": self.environment.name,
            "agents": list(self.agents),
            "revenue": plain(self.virtual.value),
            "surplus": plain(self.efficient.value),
            **{
                name: {"sold": plain(plan.sold), "passed_over": plain(plan.passed_over)}
                for name, plan in plans.items()
            },
        }

    def _course(self, weight: Callable[[VirtualLevels], Array]) -> SaleCourse:
        """Averaged over first signals and over what everybody sees at the start."""
        env, affine, numbers = self.environment, self.affine, arithmetic(self.environment.exact)
        start: Array = numbers.ones(1)
        for i, agent in enumerate(env.agents):
            start = np.multiply.outer(start, agent.prior if i in env.observed else numbers.ones(1)).ravel()
        own = dict(zip(env.private, self.levels, strict=True))
        value: Any = numbers.zero
        sold = numbers.zeros((env.periods, len(own)))
        passed_over = numbers.zeros(env.periods)
        for profile in itertools.product(*(range(len(levels.level)) for levels in self.levels)):
            affine.effort.check()
            firsts = dict(zip(own, profile, strict=True))
            chance: Any = math.prod((env.agents[i].prior[k] for i, k in firsts.items()), start=numbers.one)
            weights = [weight(own[i])[firsts[i]] if i in own else numbers.zero for i in range(env.num_agents)]
            plan = affine.welfare(tuple(weights))
            lottery = [_evenly(tied, self._busy(t), numbers) for t, tied in enumerate(plan.tied)]
            value = value + chance * (plan.values[0] @ start)
            for t, drawn in enumerate(lottery):
                serves = [(~affine.idle[t][i][:, None] * drawn).sum(axis=0) for i in own]
                flows = [*serves, (self._passed_over(t, firsts) * drawn).sum(axis=0)]
                for before in reversed(range(t)):
                    moves = affine.costs_alone.moves[before]
                    flows = [(lottery[before] * moves.expected(flow)).sum(axis=0) for flow in flows]
                *here, lower = (chance * (flow @ start) for flow in flows)
                sold[t] += np.array(here)
                passed_over[t] += lower
        return SaleCourse(value, sold, passed_over)

    def _busy(self, t: int) -> Bools:
        """(A,): which actions are worth something to somebody who reports."""
        idle = [self.affine.idle[t][i] for i in self.environment.private]
        busy: Bools = ~np.logical_and.reduce(idle)
        return busy

    def _passed_over(self, t: int, firsts: Mapping[int, int]) -> Bools:
        """(A, S): which actions that serve somebody are worth less, net of costs, than one that is
        feasible."""
        affine, allowed = self.affine, self.affine.costs_alone.allowed[t]
        worth = -affine.costs[t] + sum(affine.rests[i][t] for i in firsts)
        for levels, (i, k) in zip(self.levels, firsts.items(), strict=True):
            worth = worth + levels.level[k] * affine.slopes[i][t]
        best = worth.max(axis=0) if allowed is None else np.where(allowed, worth, -np.inf).max(axis=0)
        less = worth < best - arithmetic_of(worth).slack(worth, COMPUTED)
        return np.asarray(less & self._busy(t)[:, None], dtype=np.bool_)


def _evenly(tied: Bools, busy: Bools, numbers: Arithmetic) -> Array:
    """(A, S) chances: even among the best actions that serve nobody, else among the best."""
    idle = tied & ~busy[:, None]
    chosen = np.where(idle.any(axis=0), idle, tied).astype(np.float64)
    shares: Array = numbers.array(chosen) / numbers.array(chosen.sum(axis=0))
    return shares


def sale(env: Environment, effort: Effort = FLOATS) -> SaleTiming:
    """The seller's plan at virtual values and the planner's, of an environment of finite horizon.

    Agents who report have private values that separate (KLN Property 4.1) and first signals that are
    independent of the rest (Assumption 2.3); others are observed. The effort's time is for the answer. LN,
    once-and-for-all auction with AR(1) values. Raises `AssumptionViolated` naming what fails, where and by
    how much; `TooLarge`; `DynamechError` where time was up before the plans were found.
    """
    answer = _sale(env, effort.begun())
    try:
        _ = answer.virtual, answer.efficient
    except OutOfTime:
        raise DynamechError(
            f"sale of '{env.name}': the time limit of {effort.time_limit:g} s was reached before the plans "
            "were found"
        ) from None
    answer.affine.rest()
    return answer


def _sale(env: Environment, effort: Effort) -> SaleTiming:
    """The same before plans are looked for."""
    refuse_endless(env, PURPOSE)
    for t in range(env.periods):
        refuse_goods(env, t, PURPOSE)
    work = private_independent(env.to_exact() if effort.exact else env.to_float(), PURPOSE)
    for i in range(work.num_agents):
        _apart(work, i)
    pairs = [_seen(work, i) if i in work.observed else split(work, i) for i in range(work.num_agents)]
    values: list[Separation] = []
    for i, pair in enumerate(pairs):
        refuse_dependent(pair, PURPOSE)
        values.append(_nothing(work, pair) if i in work.observed else separation(work, i, pair))
        if values[-1].form is None:
            raise AssumptionViolated(
                f"{values[-1].where}: values are {show(values[-1].residual)} off any that are multiplicative "
                f"or additive; {PURPOSE} needs separable ones (Kakade, Lobel and Nazerzadeh, Property 4.1)"
            )
    levels = tuple(virtual_levels(work.agents[i], values[i]) for i in work.private)
    affine = Affine.of(work, pairs, values, effort)
    _refuse_large(affine, math.prod(len(own.level) for own in levels))
    return SaleTiming(work, affine, levels)


def _refuse_large(affine: Affine, profiles: int) -> None:
    """Raise `TooLarge` where the plans of so many profiles of first signals do not fit."""
    env = affine.states
    states = [math.prod(sizes) for sizes in affine.sizes]
    numbers = sum(size * (env.num_actions(t) + 2) for t, size in enumerate(states)) * profiles
    needed, room = numbers * TABLE_BYTES[env.exact], affine.effort.room
    if needed > room:
        raise TooLarge(
            f"{PURPOSE}: plans of {profiles:,} profiles of first signals over {max(states):,} states take "
            f"about {show_bytes(needed)}, more than the memory limit of {show_bytes(room)}; raise "
            "memory_limit= or give fewer types"
        )


def _apart(env: Environment, i: int) -> None:
    """Raise `AssumptionViolated` where what everybody sees of another moves the agent's types or values: it
    may decide what is feasible, and no more."""
    agent = env.agents[i]
    for t, kernel in enumerate(agent.kernels):
        if kernel.given:
            raise AssumptionViolated(
                f"agent '{agent.name}', period {t}: her types are given agent "
                f"'{env.agents[kernel.given[0]].name}', and {PURPOSE} needs them to move by themselves"
            )
    for t, table in enumerate(agent.values):
        for j in env.observed:
            if j != i and table.shape[1 + j] > 1:
                moved = (table.max(axis=1 + j) - table.min(axis=1 + j)).max()
                if moved > 0:
                    raise AssumptionViolated(
                        f"agent '{agent.name}', period {t}: the type of agent '{env.agents[j].name}' moves "
                        f"her value by {show(moved)}, and {PURPOSE} needs values of her own types alone"
                    )


def _seen(env: Environment, i: int) -> SignalPairs:
    """What everybody sees, as a pair without a first signal. Raises `AssumptionViolated` where it is worth
    something to her of whom it is seen."""
    agent = env.agents[i]
    for t, table in enumerate(agent.values):
        if (table != 0).any():
            a = int(np.argwhere(table != 0)[0][0])
            raise AssumptionViolated(
                f"agent '{agent.name}', period {t}, action '{env.actions[t][a]}': a value of "
                f"{show(abs(table).max())} to an observed agent, and {PURPOSE} needs her to have none"
            )
    moves = []
    for t, kernel in enumerate(agent.kernels):
        table = kernel_table(kernel, env.exact)
        moves.append(np.broadcast_to(table, (len(table), len(agent.types[t]), len(agent.types[t + 1]))))
    return SignalPairs(1, tuple(len(labels) for labels in agent.types), tuple(moves), Assumption(True))


def _nothing(env: Environment, pair: SignalPairs) -> Separation:
    """The values of somebody who has none."""
    numbers = arithmetic(env.exact)
    none = tuple(numbers.zeros((env.num_actions(t), size)) for t, size in enumerate(pair.rest))
    return Separation("multiplicative", numbers.zero, "", numbers.ones(1), none, none)
