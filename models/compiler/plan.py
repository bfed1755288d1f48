"""What is to be compiled: the words, checked, and the formulation they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...solvers.errors import AssumptionViolated, InvalidInput
from ...solvers.numbers import Number, number
from ..environment import Environment
from ..incentives import Incentive, Lies
from ..participation import Participation, Promise

FORMULATIONS = {
    "auto": "the fastest whose conditions hold, named in the answer",
    "utilities": "all pairs of reports; payments replaced by the utilities that truth earns",
    "aggregated": "nothing private is learnt after period 0: one row a pair of first types",
    "textbook": "all pairs of reports; payments in the last period",
    "per-period": "all pairs of reports; a payment in every period",
}


@dataclass(frozen=True)
class Objective:
    """Weights on revenue and on welfare."""

    revenue: Number = Fraction(1)
    welfare: Number = Fraction(0)

    @property
    def word(self) -> str:
        """The objective as it is written on the command line."""
        if (self.revenue, self.welfare) == (1, 0):
            return "revenue"
        if (self.revenue, self.welfare) == (0, 1):
            return "welfare"
        return f"revenue={self.revenue},welfare={self.welfare}"


def objective(given: Any) -> Objective:
    """Read ``revenue``, ``welfare``, ``revenue=1,welfare=1/2`` or a mapping of weights.

    Raises `InvalidInput` for unknown words, negative weights, and when every weight is 0.
    """
    if isinstance(given, Objective):
        return given
    if isinstance(given, str) and "=" not in given:
        given = {given: 1}
    elif isinstance(given, str):
        parts = [part.partition("=") for part in given.split(",")]
        given = {key.strip(): value.strip() for key, _, value in parts}
    if not isinstance(given, Mapping):
        raise InvalidInput(f"objective: {given!r} is not 'revenue', 'welfare' or a weight on each")
    unknown = [key for key in given if key not in ("revenue", "welfare")]
    if unknown:
        raise InvalidInput(f"objective: {unknown[0]!r} is not 'revenue', 'welfare' or a weight on each")
    weights = {key: number(value, f"objective, weight on {key}") for key, value in given.items()}
    for key, weight in weights.items():
        if weight < 0:
            raise InvalidInput(f"objective: the weight on {key} is negative ({weight})")
    made = Objective(weights.get("revenue", Fraction(0)), weights.get("welfare", Fraction(0)))
    if made.revenue == 0 and made.welfare == 0:
        raise InvalidInput("objective: every weight is 0")
    return made


@dataclass(frozen=True)
class Plan:
    """One compilation: the notions, the objective and the formulation chosen for them."""

    incentives: Incentive
    participation: Participation
    objective: Objective
    formulation: str

    @property
    def utilities(self) -> bool:
        """Whether payments are replaced by utilities."""
        return self.formulation in ("utilities", "aggregated")

    @property
    def aggregated(self) -> bool:
        """Whether later periods are summed into the rows of period 0."""
        return self.formulation == "aggregated"

    @property
    def pays_every_period(self) -> bool:
        """Whether there is a payment column in every period."""
        return self.formulation == "per-period"

    @property
    def any_lies(self) -> bool:
        """Whether a continuation after a lie has to be valued at all."""
        notion = self.incentives
        return not notion.myopic and (notion.initial is not Lies.NONE or notion.later is not Lies.NONE)


def check_scope(env: Environment) -> None:
    """Raise where no history program can be compiled for this environment."""
    if env.stationary:
        raise AssumptionViolated(
            f"environment '{env.name}': the horizon is infinite, so histories never end; take "
            "a finite one with with_horizon(T)"
        )
    first_goods = next((t for t, goods in enumerate(env.goods) if goods is not None), None)
    if first_goods is not None and any(env.controlled):
        raise AssumptionViolated(
            f"environment '{env.name}', period {first_goods}: divisible goods beside actions that steer "
            "types make no convex program"
        )


def plan(
    env: Environment, incentives: Incentive, participation: Participation, goal: Objective, formulation: str
) -> Plan:
    """Choose the formulation; raise `InvalidInput` for an unknown one and `AssumptionViolated` for one whose
    conditions fail, naming the condition.
    """
    if formulation not in FORMULATIONS:
        raise InvalidInput(f"formulation: {formulation!r} is not one of {', '.join(FORMULATIONS)}")
    check_scope(env)
    obstacle = _against_utilities(env, incentives, participation)
    timeless = env.discount == 0 and env.periods > 1
    if formulation == "auto":
        learnt = _learnt_later(env, incentives)
        formulation = "textbook" if obstacle else "utilities" if learnt else "aggregated"
    elif formulation in ("utilities", "aggregated") and obstacle:
        raise InvalidInput(f"formulation {formulation!r}: {obstacle}; use 'textbook'")
    elif formulation == "aggregated" and (learnt := _learnt_later(env, incentives)):
        raise InvalidInput(f"formulation 'aggregated': {learnt}; use 'utilities'")
    if formulation == "textbook" and (incentives.myopic or timeless):
        # Payments at the end are worth nothing without a future, and say nothing about single periods.
        formulation = "per-period"
    if (
        formulation == "per-period"
        and participation.promise in (Promise.PATH, Promise.PREFIX)
        and any(env.controlled)
    ):
        raise AssumptionViolated(
            f"participation '{participation.name}' follows realised actions, and payments before they are "
            "known are not linear in the program"
            + (f"; incentives '{incentives.name}' need them" if incentives.myopic else "; use 'textbook'")
        )
    return Plan(incentives, participation, goal, formulation)


def _learnt_later(env: Environment, incentives: Incentive) -> str:
    """Why something private is learnt after period 0, or nothing."""
    if env.periods == 1:
        return "there is no later period"
    if incentives.everywhere:
        return f"incentives '{incentives.name}' count at every later state"
    for i in env.private:
        if not all(kernel.deterministic for kernel in env.agents[i].kernels):
            return f"agent '{env.agents[i].name}' learns something private after period 0"
    return ""


def _against_utilities(env: Environment, incentives: Incentive, participation: Participation) -> str:
    if env.joint:
        return (
            "a joint process lets beliefs depend on true types, so payments cannot be replaced by utilities"
        )
    if incentives.myopic:
        return f"incentives '{incentives.name}' look at single payments"
    if participation.by_path:
        return f"participation '{participation.name}' looks at single paths, which utilities average"
    return ""
