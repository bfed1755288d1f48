"""A sweep: how many instances are tight, the worst, why some failed, and the gap across the grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from rich.text import Text

from ..solvers.errors import InvalidInput
from ..solvers.numbers import nearest
from ..solvers.numerals import one_line, rational, shown
from ..studies.answering import BASE
from ..studies.sweep import Sweep, SweptAnswer
from .frames import Columns, of_rows
from .plotting import colour, fit_ticks, new_figure, shortened
from .wording import Shown, brief, counted, said, table

REASONS = 5
"""Reasons of failures that are shown, the most frequent first."""


def sweep_report(sweep: Sweep) -> list[Shown]:
    """The command line's."""
    head = Text.assemble(
        ("Sweep of ", "bold"),
        (one_line(sweep.source), "bold"),
        f": {counted(len(sweep.instances), 'instance')}, rungs {', '.join(sweep.rungs)}",
    )
    lines = table(["outcome", "instances"], right=["instances"])
    for outcome, count in sweep.counts.items():
        lines.add_row(outcome.replace("_", " "), f"{count:,}")
    texts = []
    if (worst := sweep.worst) is not None:
        rows = worst.rows
        promise, left = rows[worst.rung or BASE].number, rows[BASE].number
        texts.append(
            (
                "Worst",
                f"{_label(worst)}: '{worst.rung}' promises {brief(promise)}, '{BASE}' leaves {brief(left)}, "
                f"the gap is {brief(worst.gap)}.",
            )
        )
    reasons = Counter(row.message for row in sweep.rows if row.status == "failed")
    for message, count in reasons.most_common(REASONS):
        texts.append(("Failed", f"{counted(count, 'row')}: {message}"))
    if len(reasons) > REASONS:
        texts.append(("", f"{counted(len(reasons) - REASONS, 'more reason')} in the rows."))
    return [head, lines, *said(texts)]


def _label(instance: SweptAnswer) -> str:
    name, *settings = instance.parameters.items()
    return one_line(", ".join(f"{key}={value}" for key, value in settings) or name[1])


def sweep_columns(sweep: Sweep) -> Columns:
    """A row a rung of every instance: its parameters as texts, its answer, what became of the instance."""
    return of_rows(
        instance.parameters
        | {
            "rung": row.rung,
            "status": row.status,
            "value": row.number,
            "gap": instance.gap,
            "outcome": instance.outcome,
            "seconds": row.seconds,
            "message": row.message,
            "digest": row.digest,
        }
        for instance in sweep.instances
        for row in instance.rows.values()
    )


def sweep_figure(sweep: Sweep, across: Sequence[str] = (), values: bool = False) -> Any:
    """The mean gap against one parameter (a curve) or two (a heat map) named `across`, over all others.

    By default the first two that vary. values: the mean value of each rung against the first of them, a line
    a rung, instead of the gap. Raises `InvalidInput` for one that does not vary.
    """
    measured = [(instance, nearest(instance.gap)) for instance in sweep.instances if instance.gap is not None]
    varied = _varied(sweep)
    for name in across:
        if name not in varied:
            known = ", ".join(varied) or "none"
            raise InvalidInput(f"there is no parameter {shown(name)} that varies (those that do: {known})")
    chosen = list(across or list(varied)[:2])[:2]
    if values:
        return _values(sweep, chosen[0] if chosen else None, varied)
    figure = new_figure(7, 4.5)
    axes = figure.subplots()
    at: dict[tuple[str, ...], list[float]] = {}
    for instance, gap in measured:
        at.setdefault(tuple(instance.parameters[name] for name in chosen), []).append(gap)
    if len(chosen) == 2:
        _heat_map(figure, axes, chosen, [varied[name] for name in chosen], at)
    else:
        places = varied[chosen[0]] if chosen else []
        points = [(place, fmean(at[place,])) for place in places if (place,) in at]
        try:
            x: list[Any] = [float(rational(place)) for place, _ in points]
        except ValueError:  # words
            x = list(range(len(points)))
            fit_ticks(axes.xaxis, [place for place, _ in points], 5.8)
        axes.plot(x, [gap for _, gap in points], "o-", linewidth=1)
        axes.set_ylabel("mean gap, in money of period 0")
        axes.set_xlabel(chosen[0] if chosen else "nothing varies")
    axes.set_title(f"{sweep.source}: what the relaxation promises beyond '{BASE}'")
    return figure


def _values(sweep: Sweep, name: str | None, varied: dict[str, list[str]]) -> Any:
    """A line a rung; crosses on the promise wherever some instance is not tight."""
    figure = new_figure(8, 4.5)
    axes = figure.subplots()
    places = [] if name is None else varied[name]
    try:
        x = [float(rational(place)) for place in places]
    except ValueError:  # words
        x = [float(k) for k in range(len(places))]
        fit_ticks(axes.xaxis, places, 4.5)
    at = [[one for one in sweep.instances if one.parameters.get(name or "") == place] for place in places]
    for k, rung in enumerate(sweep.rungs):
        numbers = [[one.rows[rung].number for one in here if rung in one.rows] for here in at]
        known = [[nearest(number) for number in here if number is not None] for here in numbers]
        heights = [fmean(here) if here else float("nan") for here in known]
        axes.plot(x, heights, "o-", markersize=4, linewidth=1.2, color=colour(k), label=rung)
        apart = [
            i
            for i, here in enumerate(at)
            if any(one.rung == rung and one.outcome == "not_tight" for one in here)
        ]
        if apart:
            axes.plot([x[i] for i in apart], [heights[i] for i in apart], "x", markersize=9, color="black",
                      label=f"'{rung}' is not tight")  # fmt: skip
    axes.set_xlabel("nothing varies" if name is None else name)
    axes.set_ylabel("mean value, in money of period 0")
    axes.set_title(f"{shortened(sweep.source, 50)}: what each rung is worth", fontsize=10)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _varied(sweep: Sweep) -> dict[str, list[str]]:
    """The parameters of several values, with these in order."""
    values: dict[str, dict[str, None]] = {}
    for instance in sweep.instances:
        for name, value in instance.parameters.items():
            values.setdefault(name, {})[value] = None
    return {name: list(own) for name, own in values.items() if len(own) > 1}


def _heat_map(
    figure: Any,
    axes: Any,
    names: Sequence[str],
    places: Sequence[Sequence[str]],
    at: dict[tuple[str, ...], list[float]],
) -> None:
    across, up = places
    cells = [[fmean(at[x, y]) if (x, y) in at else float("nan") for x in across] for y in up]
    image = axes.imshow(cells, origin="lower", aspect="auto", cmap="viridis")
    figure.colorbar(image, label="mean gap, in money of period 0")
    for axis, own, inches in zip((axes.xaxis, axes.yaxis), places, (4.8, 3.6), strict=True):
        fit_ticks(axis, own, inches)
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
