"""What happens over time, as tables and pictures: when a good is sold, by the seller's plan and the
planner's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.text import Text

from ..models.screening.markov.distortions import Distortions, Largest
from ..models.screening.markov.sale import SaleTiming
from ..solvers.numbers import to_float
from .frames import Columns, of_rows
from .plotting import fit_ticks, new_figure, shortened
from .wording import Shown, brief, facts, money, table

PANELS = 6
"""Most agents whose types are drawn."""
LINES = 36
"""Lines of a table of periods."""


def sale_report(sale: SaleTiming) -> list[Shown]:
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


def sale_columns(sale: SaleTiming) -> Columns:
    """A row a period and agent."""
    periods, agents = sale.virtual.sold.shape
    return {
        "period": np.repeat(np.arange(periods), agents).tolist(),
        "agent": list(sale.agents) * periods,
        "sold": sale.virtual.sold.reshape(-1),
        "sold efficiently": sale.efficient.sold.reshape(-1),
    }


def sale_figure(sale: SaleTiming) -> Any:
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


def distortions_report(answer: Distortions) -> list[Shown]:
    """What is lost in all, and a line a period."""
    title = Text(f"Distortions of {answer.environment.name}", style="bold")
    names = next((one.goods for one in answer.periods if one.goods), ())
    numbers = ["surplus lost", "not efficient", "at most"]
    numbers += [f"{name}{what}" for name in names for what in ("", ", efficient", ", short by")]
    lines = table(["period", *numbers, "most is lost"], right=numbers)
    for t, one in enumerate(answer.periods[:LINES]):
        cells: list[Any] = [one.surplus, one.inefficient, one.largest.shortfall]
        of_goods = zip(one.quantity, one.efficient, [short.shortfall for short in one.short], strict=True)
        cells += [cell for good in of_goods for cell in good]
        cells += [None] * (len(numbers) - len(cells))
        lines.add_row(str(t), *map(brief, cells), _place(one.largest))
    if (left := len(answer.periods) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * (len(numbers) + 1))
    note = (
        "surplus lost: expected shortfall of the efficient surplus, in money of the period; at most: after a "
        "history that comes about. not efficient: how likely it is that what is done is not."
    )
    lost = f"{money(answer.lost)} of the efficient surplus, in money of period 0"
    return [title, facts([("lost", lost)]), lines, Text(note, style="dim")]


def _place(largest: Largest) -> str:
    """In words; nothing where nothing is lost."""
    if not largest.shortfall > 0:
        return ""
    return f"after {largest.history}: {', '.join(largest.types)}"


def distortions_columns(answer: Distortions) -> Columns:
    """A row a period."""
    rows = []
    for t, one in enumerate(answer.periods):
        row: dict[str, Any] = {"period": t, "surplus lost": one.surplus, "not efficient": one.inefficient}
        row |= {"at most": one.largest.shortfall, "history": one.largest.history}
        row |= {"types": ", ".join(one.largest.types)}
        for g, name in enumerate(one.goods):
            row |= {name: one.quantity[g], f"{name}, efficient": one.efficient[g]}
            row |= {f"{name}, short by": one.short[g].shortfall}
        rows.append(row)
    return of_rows(rows)


def distortions_figure(answer: Distortions) -> Any:
    """What is lost by period: the surplus, expected and at most, and quantities beside the efficient ones;
    then a map an agent, by period and type."""
    names = dict.fromkeys(name for one in answer.periods for name in one.goods)
    agents = list(dict.fromkeys(loss.agent for one in answer.periods for loss in one.types))[:PANELS]
    kinds = [_types_of(answer, agent) for agent in agents]
    heights = [*[3.4] * (1 + len(names)), *[1.1 + 0.26 * min(len(own), 20) for own in kinds]]
    figure = new_figure(6.8, sum(heights))
    places = figure.subplots(len(heights), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    axes, maps = places[: 1 + len(names)], places[1 + len(names) :]
    _by_type(figure, maps, answer, dict(zip(agents, kinds, strict=True)))
    periods = np.arange(len(answer.periods))
    lost = [float(one.surplus) for one in answer.periods]
    axes[0].bar(periods, lost, width=0.6, color="#d9694b", label="surplus lost, expected")
    most = [float(one.largest.shortfall) for one in answer.periods]
    axes[0].plot(periods, most, "k_", markersize=14, label="after the worst history")
    axes[0].set_ylabel("money of the period")
    axes[0].set_ylim(bottom=0)
    for place, name in zip(axes[1:], names, strict=True):
        here = [(t, one, one.goods.index(name)) for t, one in enumerate(answer.periods) if name in one.goods]
        at = [t for t, *_ in here]
        place.plot(at, [float(one.efficient[g]) for _, one, g in here], "s--", label="efficient, expected")
        place.plot(at, [float(one.quantity[g]) for _, one, g in here], "o-", label="expected")
        worst = [float(one.short[g].shortfall) for _, one, g in here]
        place.plot(at, worst, "^:", color="#d9694b", label="short by, after the worst history")
        place.set_ylabel(name)
        place.set_ylim(bottom=min(0.0, *worst))
    places[-1].set_xlabel("period")
    places[-1].set_xticks(periods[:: max(1, len(periods) // 12)])
    axes[0].set_title(f"{shortened(answer.environment.name, 50)}: distortions", fontsize=10)
    for place in axes:
        place.legend(fontsize=8, frameon=False)
    return figure


def _types_of(answer: Distortions, agent: str) -> list[str]:
    """All types that come about in some period, as they come."""
    losses = (loss for one in answer.periods for loss in one.types)
    return list(dict.fromkeys(loss.type for loss in losses if loss.agent == agent))


def _by_type(figure: Any, maps: Sequence[Any], answer: Distortions, kinds: dict[str, list[str]]) -> None:
    """What is lost where an agent is of a type; blank where she never is. One scale for all."""
    losses = [(t, loss) for t, one in enumerate(answer.periods) for loss in one.types]
    top = max((float(loss.shortfall) for _, loss in losses), default=0.0)
    for place, (agent, types) in zip(maps, kinds.items(), strict=True):
        cells = np.full((len(types), len(answer.periods)), np.nan)
        for t, loss in losses:
            if loss.agent == agent:
                cells[types.index(loss.type), t] = float(loss.shortfall)
        image = place.imshow(cells, origin="lower", aspect="auto", cmap="Oranges", vmin=0, vmax=top or 1.0)
        place.set_facecolor("0.85")
        fit_ticks(place.yaxis, types, 0.26 * min(len(types), 20))
        place.set_title(f"{shortened(agent, 40)}: surplus lost by type, expected", fontsize=9)
    if len(maps):
        figure.colorbar(image, ax=list(maps), label="money of the period", fraction=0.05)
