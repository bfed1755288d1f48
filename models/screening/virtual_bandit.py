"""A bandit of agents with separable values, at weights (KLN 6.2.2, Definition 6.1).

Period 0 takes first signals alone; from period 1 on every action plays one arm, an agent's or a safe one
(`models/efficient/arms.py`). Where agent i's slope has the weight w, playing her arm is worth

    w slope_i(y_i) + rest_i(y_i) − c(a)

to the seller, w = φ(k) at her virtual weight, which is α v + β − c. The index of an arm is the largest ratio
of *expectations* (printed (26) has the expectation of a ratio: errata), so what multiplies or shifts rewards
does the same to indices,

    γ = |w| γ[± B] − c   (multiplicative),        γ = w C + γ[B] − c   (additive),

and one elimination an arm serves all weights. Who has no weight (None) is left out: her action remains, at
its cost. Of arms with the same index those that are left out are played last, else the first listed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.algorithms.epochs import Epochs, epochs, ranks, shares, steady
from ...solvers.arithmetic import COMPUTED, arithmetic, arithmetic_of
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Ints, Number, nearest, show
from ...solvers.short import Short
from ..efficient.arms import Arm, arms
from ..environment.environment import Environment
from .affine import Weights
from .setting import Profile, Setting


@dataclass(frozen=True, eq=False, repr=False)
class VirtualArm(Short):
    """An arm from period 1 on: an agent's by her states y, or a safe one of one state.

    slope, rest: (Y,) when it is played. kernel: (Y, Y). start: (Y,) probabilities in period 1.
    """

    arm: Arm
    additive: bool
    slope: Array
    rest: Array
    kernel: Array
    start: Array
    discount: Number

    @property
    def agent(self) -> int | None:
        """Whose it is, None where it is safe."""
        return self.arm.agent

    def at(self, weight: Number | None) -> Epochs:
        """The arm at a weight on its slopes, or at its cost alone."""
        if weight is None:
            return steady(-self.arm.cost)
        base, cost = self._base(weight), self.arm.cost
        if self.additive:
            return replace(base, levels=base.levels + (weight * self.slope[0] - cost))
        return replace(base, levels=abs(weight) * base.levels - cost, error=abs(nearest(weight)) * base.error)

    def gains(self, weight: Number) -> tuple[Array, Array]:
        """(M,) slopes and rests a period in each of its epochs at a weight."""
        levels = self._base(weight).levels
        if self.additive:
            return 0 * levels + self.slope[0], levels
        return (-levels if weight < 0 else levels), 0 * levels

    def _base(self, weight: Number) -> Epochs:
        return self._of_minus if weight < 0 and not self.additive else self._of_base

    @cached_property
    def _of_base(self) -> Epochs:
        return epochs(self.rest if self.additive else self.slope, self.kernel, self.discount)

    @cached_property
    def _of_minus(self) -> Epochs:
        return epochs(-self.slope, self.kernel, self.discount)


@dataclass(frozen=True, eq=False, repr=False)
class Means(Short):
    """What the best plan at some weights leads to on average, in money of period 1.

    worth: affine welfare. slope, rest: (N,) discounted sums of what agents get, 0 for those left out. cost:
    of actions. periods: (N,) discounted, in which each agent's arm is played for her.
    """

    worth: Number
    slope: Array
    rest: Array
    cost: Number
    periods: Array


@dataclass(frozen=True, eq=False, repr=False)
class VirtualBandit(Short):
    """arms: one an action of period 1, as listed."""

    setting: Setting
    arms: tuple[VirtualArm, ...]

    @cached_property
    def _means(self) -> dict[Weights, Means]:
        return {}

    @property
    def discount(self) -> Number:
        """δ."""
        return self.setting.environment.discount

    def of_agent(self, i: int) -> VirtualArm:
        """Agent i's."""
        return next(arm for arm in self.arms if arm.agent == i)

    def weights(self, profile: Profile) -> Weights:
        """Of first reports, None of those whose α is not positive: nobody else is better left out, as no arm
        is worth less than its action without her (`_check_others_pay_nothing`)."""
        return tuple(
            own.weight(k, k) if own.counts[k] else None
            for own, k in zip(self.setting.levels, profile, strict=True)
        )

    def at(self, weights: Weights) -> list[tuple[int, VirtualArm, Number | None, Epochs]]:
        """Place, arm, weight and the arm at it, in the order in which ties are played."""
        listed = []
        for k, arm in enumerate(self.arms):
            weight = None if arm.agent is None else weights[arm.agent]
            listed.append((k, arm, weight, arm.at(weight)))
        return sorted(listed, key=lambda one: one[1].agent is not None and one[2] is None)

    def means(self, weights: Weights) -> Means:
        """Of what period 1 and all later ones bring, over its states. Raises `OutOfTime`."""
        if weights not in self._means:
            self.setting.affine.effort.check()
            listed = self.at(weights)
            left = [
                arm.start @ np.broadcast_to(one.left, (len(arm.start), one.left.shape[1]))
                for _, arm, _, one in listed
            ]
            parts = shares([one.levels for *_, one in listed], left)
            worth: Any = 0 * self.discount
            cost: Any = 0 * self.discount
            slope, rest, periods = arithmetic(self.setting.environment.exact).zeros((3, len(weights)))
            for (_, arm, weight, one), part in zip(listed, parts, strict=True):
                lasting = part / (1 - self.discount)
                worth, cost = worth + lasting @ one.levels, cost + lasting.sum() * arm.arm.cost
                if arm.agent is not None and weight is not None:
                    periods[arm.agent] = lasting.sum()
                    slopes, rests = arm.gains(weight)
                    slope[arm.agent], rest[arm.agent] = lasting @ slopes, lasting @ rests
            self._means[weights] = Means(worth, slope, rest, cost, periods)
        return self._means[weights]

    def welfare(self, weights: Weights) -> Array:
        """Affine welfare from period 1 on, in its money: (Y_0, ..., Y_{N-1}), of length 1 along those who are
        left out."""
        listed = self.at(weights)
        levels = [one.levels for *_, one in listed]
        parts = shares(levels, [self._along(arm, one.left) for _, arm, _, one in listed])
        first, *more = (part @ own for part, own in zip(parts, levels, strict=True))
        total: Array = sum(more, first) / (1 - self.discount)
        return total

    def played(self, weights: Weights) -> Ints:
        """The action at every profile of states: (Y_0, ..., Y_{N-1})."""
        listed = self.at(weights)
        order = ranks([one.levels for *_, one in listed])
        by_arm = [
            np.broadcast_to(self._along(arm, rank[one.place]), self.sizes)
            for (_, arm, _, one), rank in zip(listed, order, strict=True)
        ]
        played: Ints = np.array([k for k, *_ in listed])[np.argmin(by_arm, axis=0)]
        return played

    @property
    def sizes(self) -> tuple[int, ...]:
        """(Y_0, ..., Y_{N-1})."""
        return self.setting.affine.sizes[1]

    def _along(self, arm: VirtualArm, table: Array) -> Array:
        """A table (states of an arm, ...) along the axis of its agent."""
        shape = [len(table) if arm.agent == i else 1 for i in range(len(self.sizes))]
        return table.reshape(*shape, *table.shape[1:])


def virtual_bandit(setting: Setting) -> VirtualBandit:
    """The arms of a separable environment that goes on for ever.

    Raises `AssumptionViolated` naming the place and the number where period 0 does more than to take first
    signals, where period 1 is no bandit, and where whoever is not played might have to pay.
    """
    env = setting.environment
    _check_start(env)
    rest = env._with(
        agents=tuple(
            replace(agent, types=agent.types[1:], values=agent.values[1:], kernels=agent.kernels[1:],
                    prior=None, reports=None, signals=None)
            for agent in env.agents
        ),
        **{part: getattr(env, part)[1:] for part in ("actions", "goods", "costs", "feasible")},
    )  # fmt: skip
    bandit = VirtualBandit(setting, tuple(_virtual_arm(setting, arm) for arm in arms(rest)))
    _check_others_pay_nothing(bandit)
    return bandit


def _virtual_arm(setting: Setting, arm: Arm) -> VirtualArm:
    discount = setting.environment.discount
    if (i := arm.agent) is None:
        one = arithmetic(setting.environment.exact).ones(1)
        return VirtualArm(arm, False, 0 * one, 0 * one, one[None], one, discount)
    values, (start, moves) = setting.values[i], setting.pairs[i].moves
    kernel = moves[arm.action if len(moves) > 1 else 0]
    slope, rest = values.slope[1][arm.action], values.rest[1][arm.action]
    return VirtualArm(arm, values.form == "additive", slope, rest, kernel, start[0, 0], discount)


def _check_start(env: Environment) -> None:
    """Period 0 has one action, which is worth nothing to anybody."""
    if env.num_actions(0) > 1:
        raise AssumptionViolated(
            f"environment '{env.name}', period 0: {env.num_actions(0)} actions, and virtual indices need a "
            "period 0 that only takes first signals (Kakade, Lobel and Nazerzadeh, section 6.2.2)"
        )
    for agent in env.agents:
        if (most := abs(agent.values[0]).max()) > 0:
            raise AssumptionViolated(
                f"agent '{agent.name}', period 0: a value of {show(most)}, and virtual indices need a period "
                "0 that only takes first signals (Kakade, Lobel and Nazerzadeh, section 6.2.2)"
            )


def _check_others_pay_nothing(bandit: VirtualBandit) -> None:
    """No arm of an agent who counts is worth less with her than its action is without her, unless an action
    that plays nobody costs as little: so whoever is not played is in nobody's way (Corollary 6.3)."""
    setting = bandit.setting
    env = setting.environment
    free = [arm.arm.cost for arm in bandit.arms if arm.agent is None]
    for arm in bandit.arms:
        if (i := arm.agent) is None or (free and min(free) <= arm.arm.cost):
            continue
        own = setting.levels[i]
        for k, label in enumerate(env.agents[i].types[0]):
            if not own.counts[k]:
                continue
            at = arm.at(own.weight(k, k))
            worth = at.levels[-1] + arm.arm.cost
            if worth < -arithmetic_of(at.levels).slack(at.levels, COMPUTED):
                raise AssumptionViolated(
                    f"agent '{env.agents[i].name}', action '{env.actions[1][arm.arm.action]}': at first "
                    f"signal '{label}' its virtual value falls to {show(worth)} a period, and no action that "
                    "plays nobody costs as little, so that she may have to pay where she is not played, "
                    "unlike in Corollary 6.3 (Kakade, Lobel and Nazerzadeh)"
                )
