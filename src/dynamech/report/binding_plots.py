"""Type space with the lies that bind: an arrow from who would lie to whom she would imitate, as wide as the
multiplier of the row.

A panel an agent, period and history, those with the largest multipliers where there are many. Types whose
labels have two parts (``low|high``, ``1,2``, ``(1, 2)``) are points of a plane, all others of a line: there
arrows to earlier types run above it, those to later ones below.
"""

from __future__ import annotations

from typing import Any

from ..models.design.binding import BindingLie
from ..models.design.design import Design
from ..models.verification.verdict import History
from ..solvers.errors import InvalidInput
from ..solvers.numbers import nearest
from ..solvers.numerals import rational
from .plotting import fit_ticks, new_figure, shortened
from .wording import brief, counted

ARROW, POINT = "#d55e00", "#0072b2"
PANELS = 8
WIDE, LINE, PLANE = 7.5, 1.75, 3.4
"""Inches: of the figure, and how high a line and a plane are."""
ROOM = WIDE - 1.6
"""Of the axis of a line, at least."""
WIDEST = 5.0
"""Points, of the arrow of the largest multiplier."""


def binding_figure(design: Design) -> Any:
    """An arrow for every lie whose row binds. Raises `InvalidInput` where no lie binds, `Infeasible` where
    there are no multipliers."""
    lies, env = design.binding, design.environment
    if not lies or env is None:
        raise InvalidInput("there is no picture of types: no lie binds")
    panels: dict[tuple[str, int, str], list[BindingLie]] = {}
    for lie in lies:
        panels.setdefault((lie.agent, lie.period, told(lie.history)), []).append(lie)
    order = sorted(panels, key=lambda at: -max(nearest(lie.multiplier) for lie in panels[at]))
    shown = set(order[:PANELS])
    drawn = [(at, own) for at, own in panels.items() if at in shown]
    types = {agent.name: agent.types for agent in env.agents}
    spaces = [plane(types[agent][period]) for (agent, period, _), _ in drawn]
    heights = [LINE if space is None else PLANE for space in spaces]
    figure = new_figure(WIDE, sum(heights) + 0.9)
    places = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=heights)[:, 0]
    most = max((lie.multiplier for lie in lies), key=nearest)
    for axes, ((agent, period, history), own), space in zip(places, drawn, spaces, strict=True):
        labels = types[agent][period]
        widths = [0.7 + (WIDEST - 0.7) * nearest(lie.multiplier) / nearest(most) for lie in own]
        pairs = [(labels.index(lie.type), labels.index(lie.report)) for lie in own]
        if space is None:
            _line(axes, labels, pairs, widths)
        else:
            _plane(axes, space, pairs, widths)
        after = f", after {shortened(history, 50)}" if history else ""
        axes.set_title(f"{shortened(agent, 30)}, period {period}{after}", fontsize=9, loc="left")
        for side in ("top", "right", "left") if space is None else ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.suptitle(f"{shortened(design.instance, 60)}: who would say that she is whom", fontsize=11)
    more = sum(len(own) for own in panels.values()) - sum(len(own) for _, own in drawn)
    rest = f"; {counted(more, 'more lie')} after others" if more else ""
    figure.supxlabel(
        f"an arrow is a lie that binds; the widest multiplier is {brief(most)}{rest}", fontsize=8
    )
    return figure


def told(history: History) -> str:
    """Reports and actions of a history, a period after the other."""
    return "; ".join(
        ", ".join([*entry["reports"].values(), *([] if entry["action"] is None else [entry["action"]])])
        for entry in history
    )


def plane(labels: Any) -> tuple[list[tuple[int, int]], list[str], list[str]] | None:
    """Where types lie whose labels have two parts, and the names of the places across and up; None of others.

    >>> plane(["1|low", "1|high", "2|low"])
    ([(0, 0), (0, 1), (1, 0)], ['1', '2'], ['low', 'high'])
    >>> plane(["low", "high"]) is None
    True
    """
    for mark in ("|", ","):
        parts = [
            [part.strip() for part in label.strip().removeprefix("(").removesuffix(")").split(mark)]
            for label in labels
        ]
        if all(len(own) == 2 for own in parts):
            across, up = (_ordered([own[k] for own in parts]) for k in (0, 1))
            # A plane with one type in each row and column, or a single line of it, says no more than a line.
            if min(len(across), len(up)) > 1 and len({*map(tuple, parts)}) > max(len(across), len(up)):
                return [(across.index(x), up.index(y)) for x, y in parts], across, up
    return None


def _ordered(parts: list[str]) -> list[str]:
    """Without repetitions: numbers by size, words as they come."""
    names = list(dict.fromkeys(parts))
    try:
        return sorted(names, key=rational)
    except ValueError:
        return names


def _line(axes: Any, labels: Any, pairs: list[tuple[int, int]], widths: list[float]) -> None:
    axes.plot(range(len(labels)), [0] * len(labels), "o", color=POINT, markersize=6)
    step = ROOM / max(1, len(labels) - 1)
    for (true, said), width in zip(pairs, widths, strict=True):
        far = abs(true - said)
        _arrow(axes, (true, 0), (said, 0), width, 2 * min(0.5, 0.14 + 0.05 * far) / (far * step))
    axes.set_ylim(-1, 1)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_yticks([])
    fit_ticks(axes.xaxis, labels, ROOM)


def _plane(axes: Any, space: Any, pairs: list[tuple[int, int]], widths: list[float]) -> None:
    at, across, up = space
    axes.plot(*zip(*at, strict=True), "o", color=POINT, markersize=6)
    for (true, said), width in zip(pairs, widths, strict=True):
        _arrow(axes, at[true], at[said], width, 0.15)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(-0.6, len(up) - 0.4)
    fit_ticks(axes.xaxis, across, ROOM)
    fit_ticks(axes.yaxis, up, PLANE - 0.9)


def _arrow(axes: Any, start: Any, end: Any, width: float, bend: float) -> None:
    looks = {"arrowstyle": f"-|>,head_width={0.15 + width / 20},head_length={0.3 + width / 15}",
             "color": ARROW, "linewidth": width, "alpha": 0.75, "shrinkA": 5, "shrinkB": 5,
             "connectionstyle": f"arc3,rad={bend}"}  # fmt: skip
    axes.annotate("", end, start, arrowprops=looks, gid="binds")
