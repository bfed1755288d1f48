"""A simulation: estimates with their intervals, a line a period, and the picture over time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.text import Text

from ..models.simulation.estimates import Estimate
from ..models.simulation.simulation import Simulation
from ..solvers.numerals import one_line
from .frames import Columns, of_rows
from .plotting import new_figure
from .wording import NONE, Shown, brief, said, table

LINES = 36
"""Lines of a table of periods."""
SHOWN = 8
"""Actions that have a curve of their own, the most frequent."""


def simulation_report(ran: Simulation) -> list[Shown]:
    """The command line's."""
    head = Text.assemble(
        (f"{ran.paths:,} paths of {one_line(ran.environment.name)}", "bold"), f", seed {ran.seed}"
    )
    money = table(["", "mean", "error", "95 percent"], right=["mean", "error"])
    money.add_row("revenue", *_figures(ran.revenue))
    for name, own in ran.utility.items():
        money.add_row(f"utility of {one_line(name)}", *_figures(own))
    lines = table(["period", "revenue so far", "actions"], right=["revenue so far"])
    for t in itertools.islice(range(ran.periods), LINES):
        often = sorted(ran.actions[t].items(), key=lambda item: -item[1])[:SHOWN]
        told = ", ".join(f"{one_line(name)} {brief(round(share, 4))}" for name, share in often if share > 0)
        lines.add_row(str(t), brief(ran.so_far[t].mean, ran.so_far[t].error or 0.0), told)
    if ran.periods > LINES:
        lines.add_row(f"{ran.periods - LINES:,} more", "", "")
    notes = []
    if ran.environment.stationary:
        notes.append(
            ("Left out", f"all after period {ran.periods - 1}, which is at most {ran.revenue.beyond:.2g} of "
                         "revenue and in the intervals.")
        )  # fmt: skip
    return [head, money, lines, *said(notes)]


def _figures(own: Estimate) -> tuple[str, str, str]:
    if own.error is None or own.interval is None:
        return brief(own.mean), NONE, NONE
    low, high = own.interval
    return brief(own.mean), f"{own.error:.2g}", f"{brief(low)} to {brief(high)}"


def simulation_columns(ran: Simulation) -> Columns:
    """A row a period: revenue so far, and how often each action is taken (mean quantities of goods)."""
    return of_rows(_rows(ran))


def _rows(ran: Simulation) -> Iterator[dict[str, Any]]:
    for t, (own, shares, spread) in enumerate(zip(ran.so_far, ran.actions, ran.spread, strict=True)):
        low, high = own.interval or (None, None)
        yield {
            "period": t,
            "revenue so far": own.mean,
            "error": own.error,
            "low": low,
            "high": high,
            **shares,
            **{
                f"{name} {word}": None if spread is None else float(spread[k][a])
                for a, name in enumerate(shares)
                for k, word in enumerate(("low", "high"))
            },
        }


def simulation_figure(ran: Simulation) -> Any:
    """Above, the revenue so far: some paths, and the mean with its interval; below, the actions."""
    figure = new_figure(7.5, 6.4)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    periods = np.arange(ran.periods)
    above.plot(periods, ran.traces, color="0.75", linewidth=0.6)
    above.plot([], [], color="0.75", linewidth=0.6, label=f"{ran.traces.shape[1]} of the paths")
    intervals = [own.interval or (own.mean, own.mean) for own in ran.so_far]
    low, high = np.array(intervals).T
    above.fill_between(periods, low, high, color="tab:blue", alpha=0.35, label="95 percent", linewidth=0)
    dot = "o-" if ran.periods <= LINES else "-"
    above.plot(periods, [own.mean for own in ran.so_far], dot, color="tab:blue", markersize=3, label="mean")
    above.set_ylabel("revenue so far")
    above.set_title(f"{ran.paths:,} paths of {one_line(ran.environment.name)}")
    above.legend(fontsize="small")
    goods = any(goods is not None for goods in ran.environment.goods)
    names = dict.fromkeys(name for shares in ran.actions for name in shares)
    means = {name: float(np.mean([shares.get(name, 0.0) for shares in ran.actions])) for name in names}
    chosen = sorted(means, key=lambda name: -means[name])[:SHOWN]
    for name in [name for name in names if name in chosen]:
        there = [t for t in periods if name in ran.actions[t]]
        place = {t: list(ran.actions[t]).index(name) for t in there}
        line, = below.plot(there, [ran.actions[t][name] for t in there], dot, markersize=3,
                           label=one_line(name))  # fmt: skip
        bars = [(t, *(end[place[t]] for end in spread)) for t in there if (spread := ran.spread[t])]
        if bars:
            below.fill_between(*np.array(bars).T, color=line.get_color(), alpha=0.25, linewidth=0)
    below.set_ylabel("quantity" if goods else "how often")
    if not goods:
        below.set_ylim(-0.03, 1.03)
    below.set_xlabel("period")
    below.xaxis.get_major_locator().set_params(integer=True)
    below.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
