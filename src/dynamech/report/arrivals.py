"""Buyers who arrive over time as tables, columns, JSON and pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.text import Text

from ..models.answers.plain import plain
from ..models.efficient.arrival_order import ArrivalOrder
from ..models.efficient.arrival_plan import ArrivalPlan
from ..models.efficient.late_reports import LateReports
from ..solvers.numbers import Array, show, to_float
from .frames import Columns
from .plotting import name_ticks, new_figure
from .wording import Shown, columns_table, facts, money, said, titled

SERVED = {
    True: "a higher value is never served later",
    False: "a higher value may be served later: no payments implement this",
}
LINES = 12
"""Values that are drawn one by one."""


def plan_report(answer: ArrivalPlan) -> list[Shown]:
    """What the plan is worth and brings in, and what happens period by period."""
    outcome = answer.outcome
    values = [("value", money(answer.value)), ("payments", f"{money(outcome.collected)} at most, discounted")]
    if outcome.pivot is not None and outcome.news is not None:
        values += [
            ("pivot", f"{money(outcome.pivot)} by the pivot mechanism, where arrivals are observed"),
            ("subsidies", f"{money(outcome.news)} to arrivals, where it has to learn of them"),
        ]
    values.append(("service", SERVED[answer.payments.monotone]))
    note = "pays V: the most that the first buyer to come pays in all, by her value V, nobody waiting."
    lines = titled("Periods", columns_table(plan_columns(answer)), Text(note, style="dim"))
    title = Text("Buyers who arrive over time", style="bold")
    return [title, facts(values), lines, *said([_order(answer.order, answer.unseen)])]


def _order(order: ArrivalOrder | None, unseen: str = "") -> tuple[str, str]:
    if order is None:
        return "Arrivals", f"Late reports were not looked at: {unseen}."
    if order.witness is None:
        return "Arrivals", f"None of {order.checked:,} late reports has a buyer served earlier."
    return "Arrivals", f"{order.violations:,} of {order.checked:,} late reports do: {order.witness.sentence}."


def plan_columns(answer: ArrivalPlan) -> Columns:
    """A row a period; what the first buyer pays who comes then, by her value."""
    outcome, data = answer.outcome, answer.plan.arrivals
    return {
        "period": list(range(data.periods)),
        "arrivals": outcome.arrived,
        "sold": outcome.sold,
        "to earlier": outcome.earlier,
        **{f"pays {show(v)}": paid for v, paid in zip(data.values, _first(answer), strict=True)},
    }


def _first(answer: ArrivalPlan) -> Array:
    """(m, T) what the first buyer pays."""
    k = answer.plan.arrivals.goods
    return np.stack([period[k][0, answer.plan.empty(k)] for period in answer.payments.payments], axis=1)


def plan_json(answer: ArrivalPlan) -> dict[str, Any]:
    """Figures by period, and payments of the first buyer by period and value."""
    outcome = answer.outcome
    return {
        "value": plain(answer.value),
        "values": plain(answer.plan.arrivals.values),
        "arrived": plain(outcome.arrived),
        "sold": plain(outcome.sold),
        "earlier": plain(outcome.earlier),
        "collected": plain(outcome.collected),
        "pivot": plain(outcome.pivot),
        "news": plain(outcome.news),
        "monotone": answer.payments.monotone,
        "first_buyer": plain(_first(answer).T),
        "arrival_order": _order_json(answer.order),
    }


def _order_json(order: ArrivalOrder | None) -> dict[str, Any] | None:
    if order is None:
        return None
    sentence = None if order.witness is None else order.witness.sentence
    return {
        "holds": bool(order),
        "checked": order.checked,
        "violations": order.violations,
        "witness": sentence,
    }


def plan_figure(answer: ArrivalPlan) -> Any:
    """Sales by period, to who has just come and to earlier arrivals, and what the first buyer pays."""
    outcome = answer.outcome
    periods = np.arange(answer.plan.arrivals.periods)
    figure = new_figure(max(8.0, min(14.0, 4 + 0.5 * len(periods))), 3.6)
    left, right = figure.subplots(1, 2)
    sold, earlier, arrived = (to_float(row) for row in (outcome.sold, outcome.earlier, outcome.arrived))
    left.bar(periods, sold - earlier, color="tab:blue", label="sold to the newcomer")
    left.bar(periods, earlier, bottom=sold - earlier, color="tab:orange", label="sold to an earlier arrival")
    left.plot(periods, arrived, "o-", color="tab:grey", markersize=3, linewidth=0.8, label="arrivals")
    left.set_ylim(0, 1.5 * (float(np.max([sold, arrived])) or 1.0))
    left.set_ylabel("expected number")
    left.legend(fontsize=7, frameon=False, loc="upper left")
    paid = to_float(_first(answer))
    step = -(-len(paid) // LINES)
    for k in range(0, len(paid), step):
        right.plot(periods, paid[k], "o-", markersize=3, linewidth=1,
                   label=f"value {show(answer.plan.arrivals.values[k])}")  # fmt: skip
    right.set_ylabel("the first buyer pays")
    right.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for place in (left, right):
        place.set_xlabel("period")
        place.set_xticks(periods[:: max(1, len(periods) // 12)])
    figure.suptitle("Buyers who arrive over time", fontsize=10)
    return figure


def late_report(reports: LateReports) -> list[Shown]:
    """Everybody's payments, observed and hidden, and Theorem 6."""
    note = "What each pays at most in expectation, where arrivals are observed and where only she sees hers."
    lines = titled("Payments", columns_table(late_columns(reports)), Text(note, style="dim"))
    title = Text("Buyers whose arrivals only they see", style="bold")
    return [title, facts([("W", money(reports.welfare))]), lines, *said([_order(reports.order)])]


def late_columns(reports: LateReports) -> Columns:
    """A row a buyer."""
    return {
        "agent": [buyer.name for buyer in reports.buyers],
        "observed": [buyer.paid_observed for buyer in reports.buyers],
        "hidden": [buyer.paid_hidden for buyer in reports.buyers],
    }


def late_json(reports: LateReports) -> dict[str, Any]:
    """W, and payments by buyer."""
    return {
        "W": plain(reports.welfare),
        "buyers": [
            {"name": b.name, "observed": plain(b.paid_observed), "hidden": plain(b.paid_hidden)}
            for b in reports.buyers
        ],
        "arrival_order": _order_json(reports.order),
    }


def late_figure(reports: LateReports) -> Any:
    """Two bars a buyer."""
    names = [buyer.name for buyer in reports.buyers]
    x = np.arange(len(names))
    figure = new_figure(max(4.5, min(12.0, 2.5 + 0.9 * len(names))), 3.6)
    place = figure.subplots()
    for shift, rows, label in (
        (-0.2, [float(b.paid_observed) for b in reports.buyers], "arrivals observed"),
        (0.2, [float(b.paid_hidden) for b in reports.buyers], "arrivals hidden"),
    ):
        place.bar(x + shift, rows, 0.4, label=label)
    place.axhline(0, color="grey", linewidth=0.6)
    name_ticks(place.xaxis, names, fontsize=8, rotation=0 if len(names) <= 6 else 90)
    place.set_ylabel("expected payment")
    place.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    place.set_title("What each buyer pays at most", fontsize=9)
    return figure
