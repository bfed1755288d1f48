"""The plot of a benchmark: time, and beside it what the engine got, one line a formulation and solver."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from ..report.plotting import LINES, name_ticks, new_figure
from ..solvers.arithmetic import DOUBLE
from ..solvers.numerals import one_line
from .figures import count_text, seconds_text
from .summary import Line, instances_of
from .why import names_of, why

Panel = tuple[str, str, Callable[[Line], float | None]]
PANELS: tuple[Panel, ...] = (
    ("time to the answer", "seconds (median)", lambda line: line.total),
    ("nonzeros that the engine got", "nonzeros", lambda line: line.nonzeros),
)
MARKS = "osD^vP*X"
STYLES = ("-", "--", ":", "-.")
TICKS = 8
"""Sizes up to this number have a tick each."""


def draw(lines: Sequence[Line], rows: Sequence[int | None], title: str) -> Any:
    """The lines as a figure.

    Two panels, total seconds and nonzeros of what the engine was given, both axes logarithmic, against the
    parameter that varies where it is one number, else against the rows of the textbook program (`rows`, one
    an instance). One instance alone gives a row of dots a line.
    """
    timed = [line for line in lines if line.total is not None]
    one = len(instances_of(lines)) == 1
    figure = new_figure(10.5, 2.6 + 0.3 * len(timed) if one else 5.5)
    axes = figure.subplots(1, 2, sharey=one)
    if one:
        _dots(axes, timed)
    else:
        _curves(axes, timed, *_across(lines, rows))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    stopped = any(not line.answered for line in timed)
    for axis, (heading, _, _) in zip(axes, PANELS, strict=True):
        remark = " (↑: stopped at the limit)" if stopped and axis is axes[0] and not one else ""
        axis.set_title(heading + remark, fontsize=10)
        axis.tick_params(labelsize=8)
    figure.suptitle(title, fontsize=11)
    if reasons := why(lines):
        text = "\n".join(textwrap.wrap(one_line(" ".join(reasons)), 165))
        figure.supxlabel(text, fontsize=8, x=0.02, ha="left", gid=LINES)
    return figure


def _across(lines: Sequence[Line], rows: Sequence[int | None]) -> tuple[dict[int, float], str]:
    """(where each instance, by its id, stands on the horizontal axis, what the axis says)."""
    instances = instances_of(lines)
    names = list(instances[0].size)
    at = [0.0]
    if len(names) == 1:
        try:
            at = [float(Fraction(instance.size[names[0]])) for instance in instances]
        except ValueError:  # a word
            at = [0.0]
    says = names[0]
    if min(at) <= 0:
        says = "rows of the textbook program"
        at = [float(count or 0) for count in rows]
    if min(at) <= 0:
        says = "rows of the largest program"
        at = [
            float(max([line.rows or 1 for line in lines if line.case.instance is one])) for one in instances
        ]
    return {id(one): x for one, x in zip(instances, at, strict=True)}, says


def _curves(axes: Any, lines: Sequence[Line], at: dict[int, float], across: str) -> None:
    from matplotlib.ticker import FixedLocator

    named = names_of(lines)
    formulations = list(dict.fromkeys(line.case.formulation for line in lines))
    solvers = list(dict.fromkeys(line.case.solver for line in lines))
    ticks = sorted(set(at.values()))
    for axis, (_, unit, read) in zip(axes, PANELS, strict=True):
        for name in dict.fromkeys(named.values()):
            own = [line for line in lines if named[id(line)] == name and read(line)]
            own.sort(key=lambda line: at[id(line.case.instance)])
            if not own:
                continue
            f, s = formulations.index(own[0].case.formulation), solvers.index(own[0].case.solver)
            axis.plot(
                [at[id(line.case.instance)] for line in own],
                [read(line) for line in own],
                linestyle=STYLES[s % len(STYLES)],
                marker=MARKS[f % len(MARKS)],
                markersize=5,
                linewidth=1.4,
                color=f"C{f % 10}",
                label=name,
            )
            for line in own:
                if not line.answered and axis is axes[0]:
                    point = (at[id(line.case.instance)], read(line))
                    axis.annotate("↑", point, (0, 4), textcoords="offset points", ha="center", fontsize=12)
        axis.set(xscale="log", yscale="log", xlabel=across, ylabel=unit)
        _label(axis.xaxis)
        _label(axis.yaxis)
        if len(ticks) <= TICKS:
            axis.xaxis.set_major_locator(FixedLocator(ticks))
        axis.grid(True, which="major", color="0.9")


def _label(axis: Any) -> None:
    """Plain numbers at 1, 2, 5 times the powers of ten; only some of them where there are many powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1e4 * low else (1,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda x, _: _plain(x)))


def _plain(x: float) -> str:
    return count_text(round(x)) if x >= 1 and abs(x - round(x)) < DOUBLE.slack(x) else f"{x:g}"


def _dots(axes: Any, lines: Sequence[Line]) -> None:
    names = names_of(lines)
    for axis, (_, unit, read) in zip(axes, PANELS, strict=True):
        for height, line in enumerate(lines):
            at = read(line)
            if not at:
                continue
            axis.plot([at], [height], marker="o" if line.answered else ">", color="C0", markersize=6)
            told = seconds_text(at) if axis is axes[0] else count_text(round(at))
            told = told if line.answered or axis is axes[1] else f"> {told}"
            axis.annotate(told, (at, height), (7, 0), textcoords="offset points", va="center", fontsize=8)
        axis.set(xscale="log", xlabel=unit)
        axis.margins(x=0.2, y=0.08)
        _label(axis.xaxis)
        name_ticks(axis.yaxis, [names[id(line)] for line in lines])
        axis.grid(True, which="major", color="0.9")
    axes[0].invert_yaxis()
