"""Buyers who arrive over time, seen when they do: the best plan, what everybody pays, and what happens.

One answer of `arrivals.py` (whom to serve, and when), `arrival_payments.py` (payments by the envelope, the
pivot payments, the subsidy to early arrivals) and `arrival_order.py` (Theorem 6 of the lecture notes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...solvers.errors import AssumptionViolated, TooLarge
from ..answers.answer import Answer
from .arrival_order import ArrivalOrder, monotone_in_arrivals
from .arrival_payments import ArrivalOutcome, ArrivalPayments, arrival_outcome, arrival_payments
from .arrivals import Arrivals, Stopping, optimal_stopping


@dataclass(frozen=True, eq=False, repr=False)
class ArrivalPlan(Answer):
    """A plan, its payments and its outcome.

    order: whether the plan is monotone in arrivals, so that nobody gains by coming forward late; None where
    that was not looked at, and `unseen` says why.
    """

    plan: Stopping
    payments: ArrivalPayments
    outcome: ArrivalOutcome
    order: ArrivalOrder | None
    unseen: str

    def _facts(self) -> dict[str, object]:
        return {"periods": self.plan.arrivals.periods, "goods": self.plan.arrivals.goods, "value": self.value}

    @property
    def value(self) -> Any:
        """The expected discounted scores of those served: W where scores are values."""
        return self.plan.value


def arrival_plan(data: Arrivals, scores: Any = None) -> ArrivalPlan:
    """The best plan for these arrivals, as `optimal_stopping`, with all that follows. Raises as it does."""
    plan = optimal_stopping(data, scores)
    payments = arrival_payments(plan)
    order, unseen = None, ""
    try:
        order = monotone_in_arrivals(plan)
    except (AssumptionViolated, TooLarge) as error:
        unseen = str(error)
    return ArrivalPlan(plan, payments, arrival_outcome(plan, payments), order, unseen)
