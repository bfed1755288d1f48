"""A range of a parameter: the table of intervals, what was proved of them, and the picture of the gap."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.text import Text

from ..models.ladder.tight_range import BASE, TightRange, TightRun
from ..solvers.numbers import nearest
from .frames import Columns
from .plotting import LINES, new_figure
from .wording import NONE, Shown, brief, money, said, table

WORDS = {True: "tight", False: "not tight", None: "not known"}
COLOURS = {True: "#0072b2", False: "#d55e00", None: "#999999"}
STATUSES = {
    "limit": "The time was up: this is what was known by then.",
    "interrupted": "Interrupted: this is what was known by then.",
}


def range_report(answer: TightRange) -> list[Shown]:
    """The command line's."""
    head = Text.assemble(
        ("Range of ", "bold"), (answer.parameter, "bold"), f" in {answer.instance}: is '{answer.rung}' tight?"
    )
    lines = table(
        ["from", "to", answer.rung, "end", "proved between"], right=["from", "to", "proved between"]
    )
    for run in answer.intervals:
        between = "each number" if answer.integers and run.proved == 1 else _share(run)
        lines.add_row(brief(run.start), brief(run.end), WORDS[run.tight], _end(answer, run), between)
    texts = [("", _tight(answer))]
    if answer.status in STATUSES:
        texts.append(("", STATUSES[answer.status]))
    for run in answer.intervals:
        if run.message:
            texts.append(("Not known", f"at {brief(run.start)}: {run.message}"))
    return [head, lines, *said(texts)]


def _tight(answer: TightRange) -> str:
    tight = [f"{money(run.start)} to {money(run.end)}" for run in answer.intervals if run.tight]
    asked = f"{len(answer.points)} numbers were asked, over the rationals"
    where = f"tight from {', and from '.join(tight)}" if tight else "nowhere tight"
    return f"'{answer.rung}' equals '{BASE}' where it is tight: {where}; {asked}."


def _end(answer: TightRange, run: TightRun) -> str:
    if run.end == answer.high and run.within == 0:
        return "asked"
    return "exact" if run.within == 0 else f"within {brief(run.within)} above"


def _share(run: TightRun) -> str:
    return f"{100 * float(run.proved):.4g}%" if run.proved else NONE


def range_columns(answer: TightRange) -> Columns:
    """A row for every number asked."""
    points = answer.points
    return {
        answer.parameter: [point.at for point in points],
        answer.rung: [None if point.values is None else point.values[0] for point in points],
        BASE: [None if point.values is None else point.values[1] for point in points],
        "gap": [point.gap for point in points],
        "tight": [point.tight for point in points],
    }


def range_figure(answer: TightRange) -> Any:
    """The gap against the parameter, and the verdicts below."""
    figure = new_figure(7, 4)
    axes = figure.subplots()
    for verdict in WORDS:
        points = [point for point in answer.points if point.tight is verdict and point.gap is not None]
        if points:
            axes.plot(
                [nearest(point.at) for point in points],
                [nearest(point.gap or 0) for point in points],
                "o",
                color=COLOURS[verdict],
                label=WORDS[verdict],
            )
    gaps = [np.nan if point.gap is None else nearest(point.gap) for point in answer.points]
    axes.plot(
        [nearest(point.at) for point in answer.points], gaps, "-", color="black", linewidth=0.8, zorder=0
    )
    if nowhere := [nearest(point.at) for point in answer.points if point.gap is None]:
        axes.plot(nowhere, [0.02] * len(nowhere), "x", color="black", transform=axes.get_xaxis_transform(),
                  label="no answer")  # fmt: skip
    for run in answer.intervals:
        axes.axvspan(nearest(run.start), nearest(run.end), color=COLOURS[run.tight], alpha=0.08, linewidth=0)
    axes.set_xlabel(answer.parameter)
    axes.set_ylabel(f"gap: {answer.rung} less {BASE}\n(money of period 0)", gid=LINES)
    axes.set_title(f"{answer.instance}: where '{answer.rung}' is tight")
    if answer.points:
        axes.legend()
    return figure
