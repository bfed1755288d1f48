"""What happens over time, as tables and pictures: when a good is sold, by the seller's plan and the
planner's."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from rich.text import Text

from ..models.screening.markov.sale import Sale
from ..solvers.numbers import to_float
from .frames import Columns
from .plotting import new_figure
from .wording import Shown, brief, facts, money, table

LINES = 36
"""Lines of a table of periods."""


def sale_report(sale: Sale) -> list[Shown]:
    """Revenue and surplus, and a line a period."""
    values = [
        ("revenue", f"at most {money(sale.virtual.value)}: the best plan at virtual values"),
        ("surplus", f"{money(sale.efficient.value)}, the best plan at true values"),
    ]
    numbers = ["sold", "efficiently", "passed over"]
    lines = table(["period", *numbers], right=numbers)
    rows = zip(
        sale.virtual.sold.sum(axis=1), sale.efficient.sold.sum(axis=1), sale.virtual.passed_over, strict=True
    )
    for t, figures in enumerate(itertools.islice(rows, LINES)):
        lines.add_row(str(t), *map(brief, figures))
    if (left := len(sale.virtual.sold) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * len(numbers))
    note = (
        "sold: probability that somebody is served in the period, by the seller's plan and by the "
        "efficient one. passed over: that somebody is, while another action is worth more at the time."
    )
    title = Text(f"Sale at virtual values of {sale.environment.name}", style="bold")
    return [title, facts(values), lines, Text(note, style="dim")]


def sale_columns(sale: Sale) -> Columns:
    """A row a period and agent."""
    periods, agents = sale.virtual.sold.shape
    return {
        "period": np.repeat(np.arange(periods), agents).tolist(),
        "agent": list(sale.agents) * periods,
        "sold": sale.virtual.sold.reshape(-1),
        "sold efficiently": sale.efficient.sold.reshape(-1),
    }


def sale_figure(sale: Sale) -> Any:
    """How likely it is that somebody has been served by the end of a period, under either plan."""
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    periods = np.arange(len(sale.virtual.sold))
    for plan, label, style in (
        (sale.efficient, "efficient", "s--"),
        (sale.virtual, "at virtual values", "o-"),
    ):
        axes.plot(periods, to_float(plan.sold.sum(axis=1)).cumsum(), style, label=label)
    axes.set_xlabel("period")
    axes.set_ylabel("units sold by then, expected")
    axes.set_xticks(periods[:: max(1, len(periods) // 12)])
    axes.set_ylim(bottom=0)
    axes.set_title(f"{sale.environment.name}: when a sale is made", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    return figure
