"""The picture of a lie: what she says beside what is true, period by period; a cycle of lies as a graph."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.payments.cycles import Cycle
from ..models.payments.unrelax import Unrelaxed
from ..models.verification.verdict import Verdict, Witness
from ..solvers.errors import InvalidInput
from .plotting import name_ticks, new_figure, shortened, text_width
from .wording import brief, counted

TRUE, SAID = "#0072b2", "#d55e00"
LABEL = 28
"""Characters of a label on an axis."""
RADIUS = 1.25
"""Of a cycle, in inches."""
NODES = 12
"""Types of a cycle up to which it is drawn round."""


def lie_path(witness: Witness) -> tuple[list[int], list[str], list[str]]:
    """Periods, what is true and what is said in each: one path on which she says most of her later lies.

    >>> history = [{"reports": {"buyer": "low"}, "action": None}]
    >>> lie_path(Witness("buyer", 1, history, "high", "low", "truth", 1, ""))
    ([0, 1], ['low', 'high'], ['low', 'low'])
    """
    if witness.type is None or witness.report is None:
        raise InvalidInput("there is no picture of a Witness: a promise is broken, and nobody lies")
    past = [entry["reports"].get(witness.agent) for entry in witness.history[: witness.period]]
    periods = [t for t, own in enumerate(past) if own is not None] + [witness.period]
    true = [own for own in past if own is not None] + [witness.type]
    said = [*true[:-1], witness.report]
    history: list[Any] = []
    for entry in _chain(witness.plan if isinstance(witness.plan, list) else [], witness.period, history):
        periods.append(entry["period"])
        true.append(entry["type"])
        said.append(entry["report"])
    return periods, true, said


def _chain(plan: list[dict[str, Any]], period: int, before: list[Any]) -> list[dict[str, Any]]:
    """Lies one after the other, each told where those before it were: as many as there are."""
    best: list[dict[str, Any]] = []
    for entry in plan:
        follows = entry["period"] > period and entry["history"][: len(before)] == before
        if follows:
            chain = [entry]
            later = [other for other in plan if _extends(entry, other)]
            while later:
                chain.append(later[0])
                later = [other for other in plan if _extends(chain[-1], other)]
            if len(chain) > len(best):
                best = chain
    return best


def _extends(entry: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the other lie is told in the next period where she said what this entry says."""
    history, size = other["history"], len(entry["history"])
    if other["period"] != entry["period"] + 1 or history[:size] != entry["history"] or len(history) <= size:
        return False
    return entry["report"] in history[size]["reports"].values()


def lie_figure(witness: Witness) -> Any:
    """The path of reports against the true one, in the agent's types; what is gained stands above."""
    figure = new_figure(7.5, 2.6)
    _draw_path(figure.subplots(), witness)
    return _grown(figure, witness)


def _grown(figure: Any, witness: Witness) -> Any:
    _, true, said = lie_path(witness)
    figure.set_figheight(max(figure.get_figheight(), 1.9 + 0.3 * len({*true, *said})))
    return figure


def _draw_path(axes: Any, witness: Witness) -> None:
    periods, true, said = lie_path(witness)
    kinds = list(dict.fromkeys([*true, *said]))
    height = {label: k for k, label in enumerate(kinds)}
    up, lie = [height[label] for label in true], [height[label] for label in said]
    axes.plot(periods, up, "o-", color=TRUE, markersize=8, linewidth=1.6, label="true")
    axes.plot(periods, lie, "s--", color=SAID, markersize=6, linewidth=1.4, label="reported")
    for t, a, b in zip(periods, up, lie, strict=True):
        if a != b:
            axes.annotate(
                "",
                (t, b),
                (t, a),
                arrowprops={"arrowstyle": "->", "color": SAID, "shrinkA": 6, "shrinkB": 5},
                gid="lie",
            )
    name_ticks(axes.yaxis, [shortened(label, LABEL) for label in kinds], fontsize=8)
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    axes.set_xticks(periods)
    axes.set_xlim(periods[0] - 0.4, periods[-1] + 0.4)
    axes.set_xlabel("period")
    axes.set_title(
        f"{shortened(witness.agent, 40)} gains {brief(witness.gain)}, in money of period {witness.period}",
        fontsize=10,
        loc="left",
    )
    axes.grid(axis="y", linewidth=0.3)
    more = [entry for entry in witness.plan if isinstance(entry, dict)] if witness.plan else []
    others = len(more) - (len(periods) - periods.index(witness.period) - 1)
    if others > 0:
        axes.set_xlabel(f"period (one path; {counted(others, 'later lie')} on others)")
    elif not more:
        axes.set_xlabel("period (the truth afterwards)")
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def cycle_figure(cycle: Cycle) -> Any:
    """The types of a cycle on a circle, each with an arrow to the one that she reports."""
    figure = new_figure(*_room(cycle))
    figure.set_layout_engine("none")
    _draw_cycle(figure, cycle)
    return figure


def _heading(cycle: Cycle) -> list[str]:
    return [
        f"{shortened(cycle.agent, 40)}, period {cycle.period}, after {shortened(cycle.history, 40)}:",
        f"lies that gain {brief(-cycle.length)} together, whatever is charged",
    ]


def _room(cycle: Cycle) -> tuple[float, float]:
    """Inches across and down that a cycle needs with its labels."""
    labels = max(text_width(shortened(label, LABEL), 8) for label in cycle.types)
    heading = max(text_width(line, 9) for line in _heading(cycle))
    return max(2 * (RADIUS + 0.3 + 1.05 * labels), 1.05 * heading) + 0.4, 2 * RADIUS + 1.6


def _draw_cycle(figure: Any, cycle: Cycle) -> None:
    """In inches, from the middle of the circle."""
    wide, high = _room(cycle)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-wide / 2, wide / 2)
    axes.set_ylim(-RADIUS - 0.5, high - RADIUS - 0.5)
    axes.set_axis_off()
    count = len(cycle.types)
    angle = np.pi / 2 - 2 * np.pi * np.arange(count) / count
    x, y = RADIUS * np.cos(angle), RADIUS * np.sin(angle)
    for k in range(count):
        n = (k + 1) % count
        looks = {"arrowstyle": "-|>", "color": SAID, "shrinkA": 9, "shrinkB": 9,
                 "connectionstyle": f"arc3,rad={-0.3 if count == 2 else -0.1}"}  # fmt: skip
        axes.annotate("", (x[n], y[n]), (x[k], y[k]), arrowprops=looks, gid="lie")
    axes.plot(x, y, "o", color=TRUE, markersize=9)
    step = -(-count // NODES)
    for label, across, up in list(zip(cycle.types, x, y, strict=True))[::step]:
        middle = abs(across) < RADIUS / 4
        side = "center" if middle else ("left" if across > 0 else "right")
        away = ("bottom" if up > 0 else "top") if middle else "center"
        at = (1 + 0.15 / RADIUS) * np.array([across, up])
        axes.text(*at, shortened(label, LABEL), ha=side, va=away, fontsize=8)
    for k, line in enumerate(_heading(cycle)):
        axes.text(0, RADIUS + 0.8 - 0.17 * k, line, ha="center", fontsize=9)


def unrelaxed_figure(unrelaxed: Unrelaxed) -> Any:
    """The lie that relaxed optima cannot hold back, and beside it the cycle where there is one.

    Raises `InvalidInput` where nobody gains from a lie.
    """
    if unrelaxed.witness is None:
        raise InvalidInput("there is no picture of a Unrelaxed: nobody gains from a lie")
    if unrelaxed.cycle is None:
        return lie_figure(unrelaxed.witness)
    wide, high = _room(unrelaxed.cycle)
    figure = new_figure(7.5 + wide, high)
    left, right = figure.subfigures(1, 2, width_ratios=(7.5, wide))
    _draw_path(left.subplots(), unrelaxed.witness)
    _draw_cycle(right, unrelaxed.cycle)
    return figure


def verdict_figure(verdict: Verdict) -> Any:
    """The witness of a notion that fails. Raises `InvalidInput` where it holds, and where nobody lies."""
    if verdict.witness is None:
        raise InvalidInput(f"there is no picture of a Verdict: '{verdict.notion}' holds")
    return lie_figure(verdict.witness)


def verdicts_figure(verdicts: Any) -> Any:
    """The first lie of a list of verdicts. Raises `InvalidInput` where there is none."""
    for verdict in verdicts:
        if verdict.witness is not None and verdict.witness.report is not None:
            return lie_figure(verdict.witness)
    raise InvalidInput("there is no picture of a Verdicts: nobody gains from a lie")
