"""How far a mechanism is from efficiency, period by period: distortions (LN; Battaglini 2005; PST).

With W_t(θ) the largest expected surplus from period t on and Q_t(a, θ) that of doing a first,

    shortfall_t = E[ W_t(θ_t) − Q_t(a_t, θ_t) ]      along the mechanism's own path, everybody truthful.

Discounted, shortfalls add up to what the mechanism's surplus is below the efficient one, also where actions
steer types; where they do not, W − Q is what the period itself loses. Of divisible goods, which steer
nothing, also quantities are compared, with the efficient ones at the same types.

Two persistent types, quadratic cost (8Q of the worked cases): the quantity after t + 1 low reports is short
by (μ_H/μ_L) ((α_L + α_H − 1)/α_L)^t Δθ, but no more than all of it, and efficient after any high one, so that
distortions vanish; where the first signal scales or shifts every later value (KLN) they stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ....solvers.arithmetic import COMPUTED, SOLVED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import AssumptionViolated
from ....solvers.numbers import Array, Number
from ....solvers.short import Short
from ...answers.answer import Answer
from ...answers.plain import plain
from ...design.design import design
from ...design.question import Question
from ...environment.environment import Environment, labels_of_profile
from ...mechanism.mechanism import Mechanism
from ...society.problem import feasible_actions, society
from ...verification.public_states import Play, play, profile_digits, worth


@dataclass(frozen=True)
class Largest(Short):
    """The largest shortfall that comes about, after which history of reports and actions, at which types."""

    shortfall: Number
    history: str
    types: tuple[str, ...]


@dataclass(frozen=True)
class LossOfType(Short):
    """What is lost, expected where this agent is of this type, which is so likely; chance is above 0."""

    agent: str
    type: str
    chance: Number
    shortfall: Number


@dataclass(frozen=True, eq=False, repr=False)
class Shortfalls(Short):
    """One period of a mechanism beside efficiency.

    surplus: expected shortfall, money of the period; largest: where it is largest. inefficient: probability
    that what is done is not efficient. types: what is lost by agent and type. By good, none where actions
    are a list: quantity, efficient: expected quantities; short: where a quantity falls short of efficiency
    by most.
    """

    surplus: Number
    largest: Largest
    inefficient: Number
    types: tuple[LossOfType, ...] = ()
    goods: tuple[str, ...] = ()
    quantity: tuple[Number, ...] = ()
    efficient: tuple[Number, ...] = ()
    short: tuple[Largest, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Distortions(Answer):
    """What a mechanism loses of the efficient surplus, by period."""

    environment: Environment
    mechanism: Mechanism
    periods: tuple[Shortfalls, ...]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.environment.name, "periods": len(self.periods), "lost": self.lost}

    @cached_property
    def lost(self) -> Number:
        """All that is lost, in money of period 0: the efficient surplus less the mechanism's."""
        total: Any = 0
        for t, period in enumerate(self.periods):
            total = total + self.environment.discount**t * period.surplus
        return arithmetic(self.environment.exact).number(total)

    def to_json(self) -> dict[str, Any]:
        """``{"instance", "lost", "periods": [...]}``; a period has surplus, largest, inefficient, types and
        goods."""
        return {
            "instance": self.environment.name,
            "lost": plain(self.lost),
            "periods": [
                {
                    "surplus": plain(one.surplus),
                    "largest": _written(one.largest),
                    "inefficient": plain(one.inefficient),
                    "types": [
                        {key: plain(figure) for key, figure in vars(of_type).items()} for of_type in one.types
                    ],
                    "goods": {
                        name: {
                            "quantity": plain(one.quantity[g]),
                            "efficient": plain(one.efficient[g]),
                            "largest": _written(one.short[g]),
                        }
                        for g, name in enumerate(one.goods)
                    },
                }
                for one in self.periods
            ],
        }


def _written(largest: Largest) -> dict[str, Any]:
    return {
        "shortfall": plain(largest.shortfall),
        "history": largest.history,
        "types": list(largest.types),
    }


def distortions(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> Distortions:
    """What the mechanism loses of the efficient surplus when everybody is truthful, by period.

    Over the rationals where environment and mechanism are rational, else in doubles. Raises
    `AssumptionViolated` for an infinite horizon, and for divisible goods beside actions that steer types;
    `InvalidInput` where the mechanism does not fit; `TooLarge`.
    """
    course = play(env, mechanism, messages="possible", effort=effort)
    env = course.env
    goods = [t for t, names in enumerate(env.goods) if names is not None]
    steering = [t for t, controlled in enumerate(env.controlled) if controlled]
    if goods and steering:
        raise AssumptionViolated(
            f"distortions: the actions of period {goods[0]} are divisible goods, and those of period "
            f"{steering[0]} steer types; only where one or the other is so is it known what a period loses"
        )
    plan = society(env, effort=effort.begun()).best if steering else None
    best = _efficient_quantities(env, effort) if goods else {}
    periods = []
    for t, chance, chosen in _walk(course):
        if t in best:
            periods.append(_of_goods(course, t, chance, chosen, best[t]))
        else:
            worths = _worth_now(env, t) if plan is None else plan.worth[t]
            periods.append(_of_actions(course, t, chance, chosen, worths))
    return Distortions(env, course.mechanism, tuple(periods))


def _walk(course: Play) -> Iterator[tuple[int, Array, Array]]:
    """Period by period the probability (M, S) of every public state and profile, and what is done (M, S,
    A)."""
    numbers = arithmetic(course.exact)
    reach = numbers.ones(1)
    for t, states in enumerate(course.states):
        chance = reach[:, None] * states.chance[states.news]
        chosen = course.allocation(t)[states.memory]
        yield t, chance, chosen
        if states.follow is not None:
            weights = chance[..., None] * (chosen if course.by_action(t) else 1)
            reach, live = numbers.zeros(course.states[t + 1].size), states.follow >= 0
            np.add.at(reach, states.follow[live], weights[live])


def _worth_now(env: Environment, t: int) -> Array:
    """(A, S): all values of an action, or of a unit of a good, less its cost; -inf where it is not
    feasible."""
    total: Array = sum(worth(env, t, i) for i in range(env.num_agents)) - env.costs[t][:, None]
    allowed = feasible_actions(env, t)
    return total if allowed is None else np.where(allowed, total, -np.inf)


def _efficient_quantities(env: Environment, effort: Effort) -> dict[int, Array]:
    """Efficient quantities (S, G) of every period with goods; 0 at profiles that never come about."""
    first_best = design(env, Question.of(env, "welfare", "none"), replace(effort, exact=env.exact))
    quantities = {}
    for t, chance, chosen in _walk(play(env, first_best.mechanism, messages="possible", effort=effort)):
        if env.goods[t] is not None:  # nothing steers types, and what is efficient depends on nothing else
            weight = chance[..., None]
            quantities[t] = (weight * chosen).sum(axis=0) / arithmetic(env.exact).divisor(weight.sum(axis=0))
    return quantities


def _of_actions(course: Play, t: int, chance: Array, chosen: Array, worths: Array) -> Shortfalls:
    """worths: (A, S), what each action leads to."""
    numbers, feasible = arithmetic(course.exact), worths > -np.inf
    best = worths.max(axis=0)
    lost = (best - np.where(feasible, worths, best)).T  # what is not feasible is not done
    short = (chosen * lost).sum(axis=-1)
    nothing: Any = numbers.slack(worths[feasible], COMPUTED)
    worse = lost > nothing
    wrong = (chosen * worse).sum(axis=-1)
    return Shortfalls(
        (chance * short).sum(),
        _largest(course, t, chance, short),
        (chance * wrong).sum(),
        _by_type(course, t, chance, short),
    )


def _of_goods(course: Play, t: int, chance: Array, chosen: Array, best: Array) -> Shortfalls:
    """best: (S, G), the efficient quantities."""
    env, numbers = course.env, arithmetic(course.exact)
    goods = env.goods[t]
    if goods is None:
        raise AssertionError("a period of goods")
    units = _worth_now(env, t).T

    def surplus(quantities: Array) -> Array:
        flow: Array = (units * quantities).sum(axis=-1)
        costs: Array = ((quantities @ goods.quadratic) * quantities).sum(axis=-1) / 2
        return flow - costs

    short = surplus(best) - surplus(chosen)
    off = best - chosen  # (M, S, G)
    nothing: Any = numbers.slack(best, SOLVED)
    wrong = (abs(off) > nothing).any(axis=-1)
    weight = chance[..., None]
    return Shortfalls(
        (chance * short).sum(),
        _largest(course, t, chance, short),
        (chance * wrong).sum(),
        _by_type(course, t, chance, short),
        goods.names,
        tuple((weight * chosen).sum(axis=(0, 1))),
        tuple((weight * best).sum(axis=(0, 1))),
        tuple(_largest(course, t, chance, off[..., g]) for g in range(len(goods.names))),
    )


def _by_type(course: Play, t: int, chance: Array, short: Array) -> tuple[LossOfType, ...]:
    """Of shortfalls (M, S), by agent and type of positive probability."""
    env, numbers = course.env, arithmetic(course.exact)
    likely, lost = chance.sum(axis=0), (chance * short).sum(axis=0)
    losses = []
    for agent, own in zip(env.agents, profile_digits(env, t), strict=True):
        of_type = numbers.zeros((2, len(agent.types[t])))
        for total, figures in zip(of_type, (likely, lost), strict=True):
            np.add.at(total, own, figures)
        losses += [
            LossOfType(agent.name, label, here, total / here)
            for label, here, total in zip(agent.types[t], *of_type, strict=True)
            if here > 0
        ]
    return tuple(losses)


def _largest(course: Play, t: int, chance: Array, short: Array) -> Largest:
    """The largest of shortfalls (M, S) that come about, and where: of several places at the likeliest."""
    zero: Any = arithmetic(course.exact).zero
    real = chance > 0
    most = short[real].max()
    tied = real & (short >= most - arithmetic(course.exact).slack(short[real], SOLVED))
    at = np.where(tied, chance, zero).argmax()
    state, profile = (int(k) for k in np.unravel_index(at, short.shape))
    stage, digits = course.mechanism.stages[t], profile_digits(course.env, t)[:, profile]
    types = tuple(labels_of_profile(course.env, t, digits).values())
    return Largest(most, stage.label_of(int(course.states[t].memory[state])), types)
