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

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Array, Number, show, zeros
from ..answers.answer import Answer
from ..efficient.efficient import Efficient, flow_values
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from ..mechanism.mechanism import Mechanism
from .blocks import BeliefBlocks
from .course import Course, check_discount, check_later
from .last_period import LastPeriod
from .on_path import OnPath, on_path
from .settle import Lotteries, settle
from .targets import settling


@dataclass(frozen=True, eq=False, repr=False)
class Extraction(Answer):
    """A mechanism that leaves agents nothing, with the figures that show it.

    bounds: per transition (N, S), K by report profile; 0 without bonuses. lotteries: q, per transition
    (N, S, S') by both periods' profiles. losses: per agent and transition (X, K, K), what a report (last
    axis) loses against the truth (the axis before); 0 for observed agents. path: what truth leads to.
    """

    environment: Environment
    plan: Efficient
    last: LastPeriod | None
    theorem: str
    mechanism: Mechanism
    bounds: tuple[Array, ...]
    lotteries: tuple[Array, ...]
    losses: dict[tuple[int, int], Array]
    path: OnPath

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "theorem": self.theorem,
            "revenue": self.revenue,
            "welfare": self.welfare,
        }

    @property
    def revenue_by_profile(self) -> Array:
        """(S,): what the designer expects from every first profile, net of costs."""
        net: Array = self.path.payments.sum(axis=0) - self.path.costs[0]
        return net

    @property
    def revenue(self) -> Number:
        """What the designer expects, net of costs: expected welfare less observed agents' values."""
        return self._expected(self.revenue_by_profile)

    @property
    def welfare(self) -> Number:
        """Expected welfare of the mechanism's actions."""
        net = self.path.values[0].sum(axis=0) - self.path.costs[0]
        return self._expected(net)

    def _expected(self, values: Array) -> Number:
        average: Number = (joint_prior(self.plan.environment).reshape(-1) * values).sum()
        return average

    @property
    def payoffs(self) -> Array:
        """(N, S): what everybody is left with at every first profile."""
        left: Array = self.path.payoffs[0] - self.path.first
        return left

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
        env = self.plan.environment
        mine = [left[list(env.private)] for left in self.path.continuation]
        return [np.delete(mine[0], self.mechanism.start, axis=1)] if env.stationary else mine[1:]

    def indifferent(self, i: int) -> bool:
        """Whether no report costs agent i anything, except in the last period of a finite horizon.

        Efficiency is then only weakly incentive compatible.
        """
        worst = max((loss.max() for (j, _), loss in self.losses.items() if j == i), default=0)
        top = max(abs(values[i]).max() for values in self.path.values)
        return bool(worst <= arithmetic(self.plan.environment.exact).slack(top))


def extraction(
    env: Environment,
    *,
    theorem: str = "3.1",
    norm: str = "max",
    margin: Number = 0,
    strict: Number = 0,
    bonuses: bool = True,
    exact: bool = False,
) -> Extraction:
    """An efficient mechanism that extracts the surplus.

    theorem: "3.1", lotteries by report, or "3.2", lotteries that do not depend on it (agents are then
    indifferent among all messages). norm: by which lotteries are smallest. margin: how far K lies above the
    largest |q|, in money. strict: what every lie must at least cost, in money of its period (lotteries by
    report can make lies cost anything). bonuses: without them lotteries are paid as they fall, nothing is
    charged in advance, and agents owe them after some histories (Remark 4.2). exact: as in `correlation`.

    Raises `InvalidInput` for negative amounts and a strictness that "3.2" cannot have, `AssumptionViolated`
    where a value is negative (naming agent, period, action and types), lotteries do not exist (naming the
    block), for one period, divisible goods, and a discount of 0.
    """
    if margin < 0:
        raise InvalidInput(f"margin: {show(margin)} is negative; bounds lie above the lotteries")
    if strict < 0:
        raise InvalidInput(f"strict: {show(strict)} is negative; lies would pay")
    if strict > 0 and theorem == "3.2":
        raise InvalidInput(
            "strict: lotteries of Theorem 3.2 do not depend on the report, so no lie costs anything"
        )
    margin, strict = map(arithmetic(exact).number, (margin, strict))
    course = Course.of(env, exact)
    work = course.environment
    _check(work)
    settled = settle(course, flow_claims, theorem, norm, strict / work.discount)
    made = settled.require()
    paid = [zeros((work.num_agents, *course.moves(t)), work.exact) for t in course.followed]
    bounds = [0 * lottery[:, :, 0] for lottery in paid]
    losses = {}
    for (i, t), lotteries in settled.lotteries.items():
        paid[t][i] = lotteries.paid
        bounds[t][i] = _bound(course, lotteries, margin) * int(bonuses)
        losses[i, t] = _losses(course, lotteries)
    made = _with_bonuses(work, made, bounds)
    path = on_path(work, made)
    return Extraction(
        env, course.plan, course.last, theorem, made, tuple(bounds), tuple(paid), losses, path
    )


def flow_claims(course: Course, found: BeliefBlocks) -> Array:
    """Expectations (A, X, K) that take an agent's own value, and what the last period leaves her."""
    i = found.agent
    due = flow_values(course.environment, found.period)[i]
    return settling(course, found, due, lambda last: last.values[i], "extraction")


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
    out: Array = 0 * lotteries.transfers[:, 0]
    out[profile] = np.where(together, largest[:, None, :], largest[:, None, :] * 0).max(axis=2) + margin
    return out


def _losses(course: Course, lotteries: Lotteries) -> Array:
    """(X, K, K): what reporting r (last axis) costs a type (axis before) against the truth.

    Truth leaves nothing, and so would a report whose lottery costs what its action is worth to the type.
    """
    action = lotteries.actions(course)
    worth = lotteries.target[action, np.arange(len(action))[:, None]].swapaxes(1, 2)
    lost: Array = course.environment.discount * (lotteries.expected(course) - worth)
    return lost


def _with_bonuses(env: Environment, made: Mechanism, bounds: list[Array]) -> Mechanism:
    """Lotteries less K, and δ K in advance."""
    stages = []
    for t, stage in enumerate(made.stages):
        paid = stage.transfers.reshape(env.num_agents, stage.size, -1).copy()
        if env.stationary:
            paid[:, 1:] -= bounds[0][:, :, None]
        elif t > 0:
            paid -= bounds[t - 1][:, :, None]
        if t < len(bounds):
            paid += env.discount * bounds[t][:, None, :]
        stages.append(replace(stage, transfers=paid.reshape(stage.transfers.shape)))
    return replace(made, stages=tuple(stages))
