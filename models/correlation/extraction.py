"""Full surplus extraction (LIU Proposition 4.1): the designer earns the whole social surplus.

Lotteries q with E[q^i | a, θ] = u^i(a, θ) / δ take each period's value in the next, and no lie makes them
cheaper. An agent who faces them has nothing to expect from any report, and nothing to lose ex ante; after a
history, though, she may owe a lottery. So K^i(a, θ^{-i}), a bound of what the lottery can cost, is charged in
advance, δ K when it is entered, and what it pays, K − q, is a bonus that is never negative: agents gain by
participating after every history, and the discounted payments are the same.

The paper has an infinite horizon, no costs and u ≥ 0. Revenue is net of costs. In a finite horizon the last
step also takes what the last period leaves, δ E[V^i_T], which is not negative: the first type listed pays
nothing there, and nobody does worse than by saying that she is the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, OutOfTime
from ...solvers.numbers import Array, Number, show
from ..answers.answer import Answer
from ..efficient.efficient import flow_values
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..society.problem import action_values
from .blocks import BeliefBlocks
from .course import Course, Place, check_discount, check_later
from .on_path import on_path
from .outcome import EfficientOutcome, Settled
from .settle import Lotteries, settle
from .targets import settling


@dataclass(frozen=True, eq=False, repr=False)
class Extraction(EfficientOutcome, Answer):
    """A mechanism that leaves agents nothing, with the figures that show it.

    bounds: per transition (N, S), K by report profile; 0 without bonuses. lotteries: q, per transition
    (N, S, S') by both periods' profiles. losses: per agent and transition (X, K, K), what a report (last
    axis) loses against the truth (the axis before); 0 for observed agents.
    """

    bounds: tuple[Array, ...] = ()
    lotteries: tuple[Array, ...] = ()
    losses: Mapping[Place, Array] = field(default_factory=dict)

    def _facts(self) -> dict[str, object]:
        told = (
            {"revenue": self.revenue, "welfare": self.welfare}
            if self.settled
            else {"status": self.status, "message": self.message}
        )
        return {"instance": self.environment.name, "theorem": self.theorem, **told}

    @property
    def revenue(self) -> Number:
        """What the designer expects, net of costs: expected welfare less observed agents' values."""
        return self.expected(self.revenue_by_profile)

    @property
    def welfare(self) -> Number:
        """Expected welfare of the mechanism's actions."""
        return self.expected(self.path.values[0].sum(axis=0) - self.path.costs[0])

    @property
    def least_continuation(self) -> Number:
        """The least that any reporting agent is left with after any history but the empty one."""
        least: Number = min(left.min() for left in self._continuations())
        return least

    @property
    def largest_rent(self) -> Number:
        """The most that any reporting agent is left with after any history but the empty one (Remark 4.2)."""
        most: Number = max(left.max() for left in self._continuations())
        return most

    def _continuations(self) -> list[Array]:
        """(private agents, M, S) per period: what is left after every history but the empty one."""
        env = self.course.environment
        mine = [left[list(env.private)] for left in self.path.continuation]
        return [np.delete(mine[0], self.mechanism.start, axis=1)] if env.stationary else mine[1:]

    def indifferent(self, i: int) -> bool:
        """Whether no report costs agent i anything, except in the last period of a finite horizon.

        Efficiency is then only weakly incentive compatible.
        """
        worst = max((loss.max() for (j, _), loss in self.losses.items() if j == i), default=0)
        top = max(abs(values[i]).max() for values in self.path.values)
        return bool(worst <= arithmetic(self.course.effort.exact).slack(top))


def extraction(
    env: Environment,
    *,
    theorem: str = "3.1",
    norm: str = "max",
    margin: Number = 0,
    strict: Number = 0,
    bonuses: bool = True,
    effort: Effort = FLOATS,
) -> Extraction:
    """An efficient mechanism that extracts the surplus.

    theorem: "3.1", lotteries by report, or "3.2", lotteries that do not depend on it (agents are then
    indifferent among all messages). norm: by which lotteries are smallest. margin: how far K lies above the
    largest |q|, in money. strict: what every lie must at least cost, in money of its period (lotteries by
    report can make lies cost anything). bonuses: without them lotteries are paid as they fall, nothing is
    charged in advance, and agents owe them after some histories (Remark 4.2). effort: as in `correlation`.

    Raises `InvalidInput` for negative amounts and a strictness that "3.2" cannot have, `AssumptionViolated`
    where a value is negative (naming agent, period, action and types), lotteries do not exist (naming the
    block), for one period, divisible goods, and a discount of 0, `TooLarge`.
    """
    if margin < 0:
        raise InvalidInput(f"margin: {show(margin)} is negative; bounds lie above the lotteries")
    if strict < 0:
        raise InvalidInput(f"strict: {show(strict)} is negative; lies would pay")
    if strict > 0 and theorem == "3.2":
        raise InvalidInput(
            "strict: lotteries of Theorem 3.2 do not depend on the report, so no lie costs anything"
        )
    margin, strict = map(arithmetic(effort.exact).number, (margin, strict))
    course = Course.of(env, effort.begun())
    work = course.environment
    _check(work)
    try:
        settlement = settle(course, flow_claims, theorem, norm, strict / work.discount)
        mechanism = settlement.require()
        paid = [arithmetic(work.exact).zeros((work.num_agents, *course.moves(t))) for t in course.followed]
        bounds = [0 * lottery[:, :, 0] for lottery in paid]
        losses = {}
        for (i, t), lotteries in settlement.lotteries.items():
            paid[t][i] = lotteries.paid
            bounds[t][i] = _bound(course, lotteries, margin) * int(bonuses)
            losses[i, t] = _losses(course, lotteries)
        mechanism = _with_bonuses(work, mechanism, bounds)
        settled = Settled(mechanism, on_path(work, mechanism, course.effort))
    except OutOfTime:
        return Extraction(env, course, theorem, None)
    return Extraction(env, course, theorem, settled, tuple(bounds), tuple(paid), losses)


def flow_claims(course: Course, beliefs: BeliefBlocks) -> Array:
    """Expectations (A, X, K) that take an agent's own value, and what the last period leaves her."""
    i = beliefs.agent
    due = action_values(course.environment, beliefs.period, i)
    return settling(course, beliefs, due, lambda last: last.values[i], "extraction")


def _check(env: Environment) -> None:
    """What Proposition 4.1 asks for."""
    check_discount(env, "extraction")
    check_later(env, "extraction")
    for t in range(env.periods):
        flows = flow_values(env, t)
        for i in env.private:
            if (flows[i] < 0).any():
                a, s = (int(k) for k in np.argwhere(flows[i] < 0)[0])
                digits = np.unravel_index(s, env.types(t))
                types = ", ".join(
                    f"{agent.name} '{agent.types[t][int(k)]}'"
                    for agent, k in zip(env.agents, digits, strict=True)
                )
                raise AssumptionViolated(
                    f"extraction: action '{env.actions[t][a]}' of period {t} is worth {show(flows[i, a, s])} "
                    f"to agent '{env.agents[i].name}' at {types}; values must not be negative"
                )


def _bound(course: Course, lotteries: Lotteries, margin: Number) -> Array:
    """K (S,) by report profile: the same for all reports after which action and others' types agree."""
    profile = lotteries.blocks.profile
    action = lotteries.actions(course)
    largest = abs(lotteries.transfers).max(axis=1)[profile]
    together = action[:, :, None] == action[:, None, :]
    bound: Array = 0 * lotteries.transfers[:, 0]
    bound[profile] = np.where(together, largest[:, None, :], largest[:, None, :] * 0).max(axis=2) + margin
    return bound


def _losses(course: Course, lotteries: Lotteries) -> Array:
    """(X, K, K): what reporting r (last axis) costs a type (axis before) against the truth.

    Truth leaves nothing, and so would a report whose lottery costs what its action is worth to the type.
    """
    action = lotteries.actions(course)
    worth = lotteries.target[action, np.arange(len(action))[:, None]].swapaxes(1, 2)
    lost: Array = course.environment.discount * (lotteries.expected(course) - worth)
    return lost


def _with_bonuses(env: Environment, mechanism: Mechanism, bounds: list[Array]) -> Mechanism:
    """Lotteries less K, and δ K in advance."""
    stages = []
    for t, stage in enumerate(mechanism.stages):
        paid = stage.transfers.reshape(env.num_agents, stage.size, -1).copy()
        if env.stationary:
            paid[:, 1:] -= bounds[0][:, :, None]
        elif t > 0:
            paid -= bounds[t - 1][:, :, None]
        if t < len(bounds):
            paid += env.discount * bounds[t][:, None, :]
        stages.append(replace(stage, transfers=paid.reshape(stage.transfers.shape)))
    return replace(mechanism, stages=tuple(stages))
