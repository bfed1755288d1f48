"""Which programs can carry a demand.

Bounds on payments of single periods need a payment in every period, those on totals payments at the end, and
only the expected surplus can be said in utilities. A rule without lotteries is one in whole numbers. Past
actions that steer types are realised: totals along paths that follow them, and payments before they are
known, are not linear together.
"""

from __future__ import annotations

from ...solvers.errors import AssumptionViolated, InvalidInput
from ..environment.environment import Environment
from ..notions.demands import Demand, Demands
from ..notions.incentives import Incentive, Lies
from ..notions.participation import Participation, Promise


def check_linear(
    env: Environment, incentives: Incentive, participation: Participation, demands: Demands
) -> None:
    """Raise `AssumptionViolated` where a demand makes no linear program, whatever the formulation."""
    steered = any(env.controlled)
    for demand in demands:
        demand.assume(env)
        if demand.by_report and incentives.rewriting is not None:
            raise AssumptionViolated(
                f"demand '{demand.name}' counts reports one by one, and incentives '{incentives.name}' about "
                "another environment, in which there are others"
            )
        told = demand.needs_every_period and demand.fines_count and len(env.private) > 1
        if told and participation.everywhere and incentives.rewriting is not None:
            raise AssumptionViolated(
                f"demand '{demand.name}': payments of single periods count, and where the others' later "
                f"types are public, as for incentives '{incentives.name}', participation "
                f"'{participation.name}' promises more: that is no bound"
            )
        curved = next((t for t, goods in enumerate(env.goods) if goods and goods.quadratic.any()), None)
        if demand.of_costs and curved is not None:
            raise AssumptionViolated(
                f"demand '{demand.name}': costs of period {curved} are quadratic, so that the budget is too"
            )
        if demand.by_path and steered and env.discount != 0 and participation.promise is Promise.PERIOD:
            raise AssumptionViolated(
                f"demand '{demand.name}' follows realised actions, and payments before they are known are "
                f"not linear in the program; participation '{participation.name}' needs them"
            )
        if demand.of_costs and demand.fines_count and steered and env.conceals:
            raise AssumptionViolated(
                f"demand '{demand.name}': past reports are concealed from the others, so what agents are "
                "promised where an action is never taken is not paid in one place"
            )


def needs_full_reports(env: Environment, incentives: Incentive, demands: Demands) -> bool:
    """Whether reports of probability zero have to be in the program, as fines for them (`design/fines.py`)
    would be beyond its bounds. Raises `AssumptionViolated` where they have no place in it."""
    limited = next((demand for demand in demands if demand.needs_full_reports(env)), None)
    if limited is None:
        return False
    if Lies.ADJACENT in (incentives.initial, incentives.later):
        raise AssumptionViolated(
            f"demand '{limited.name}': it is about reports of probability zero too, and incentives "
            f"'{incentives.name}' have no place for them"
        )
    return True


def carried_by(env: Environment, demands: Demands, payments: str | None, formulation: str) -> str:
    """The demand that needs a payment in every period, or nothing.

    Raises `InvalidInput` where a formulation is asked for whose `payments` are none of every period; those at
    the end are, where there is one period.
    """
    needing: Demand | None = next((demand for demand in demands if demand.needs_every_period), None)
    if needing is None:
        return ""
    every_period = (None, "per-period", *(["textbook"] if env.periods == 1 else []))
    if payments not in every_period:
        raise InvalidInput(
            f"formulation {formulation!r}: demand '{needing.name}' is about payments of every period; use "
            "'per-period'"
        )
    return f"demand '{needing.name}'"
