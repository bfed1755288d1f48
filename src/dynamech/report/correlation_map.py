"""The heat map of an answer about correlation: transfers and distance to failure, block by block.

Without a later period it shows what first types let agents believe of each other.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from ..models.correlation import AgentAnswer, Correlation
from ..solvers.arithmetic import COMPUTED
from ..solvers.numbers import Array, to_float
from .plotting import LINES, name_ticks, new_figure, shortened

LABELS = 24
"""Columns beyond this number are not labelled one by one."""


def correlation_map(answer: Correlation) -> Any:
    """One row of panels an agent.

    Left the smallest largest transfer of Theorem 3.1 in every block, right the L1 distance to failure of
    convex independence; actions (with periods) downwards, the others' profiles across; a cross where no
    transfers exist, or where independence fails. Without a later period a panel an agent: her beliefs, one
    line a first type, given the public state that is nearest to failure; a cross where a line is a mixture of
    others.
    """
    from matplotlib.colors import LogNorm

    if not any(agent.periods for agent in answer.agents):
        return _beliefs(answer)
    tables = [(agent, *_tables(agent), *_labels(answer, agent)) for agent in answer.agents if agent.periods]
    heights = [max(1.2, 0.4 * len(rows)) for _, _, _, rows, _ in tables]
    widest = max((len(columns) for *_, columns in tables), default=1)
    figure = new_figure(min(16.0, 7.0 + 0.4 * widest), sum(heights) + 1.1 * len(tables) + 0.4)
    axes = figure.subplots(max(1, len(tables)), 2, squeeze=False, height_ratios=heights or None)
    crosses = 0
    for line, (agent, transfers, distance, rows, columns) in zip(axes, tables, strict=False):
        for place, values, title, unit, colours in (
            (line[0], transfers, "largest transfer (Theorem 3.1)", "money, not discounted", "viridis"),
            (line[1], distance, "distance to convex failure", "L1 distance", "cividis"),
        ):
            shown = np.ma.masked_invalid(np.where(values > 0, values, np.nan))
            wide = shown.count() > 1 and shown.max() > 50 * shown.min()
            image = place.imshow(
                shown, aspect="auto", cmap=colours, norm=LogNorm() if wide else None, interpolation="none"
            )
            if shown.count():
                _scale(figure, image, unit)
            elif np.isnan(values).all():
                place.text(
                    0.5, 0.5, "one type: nothing to fail", transform=place.transAxes, ha="center", fontsize=8
                )
            bad = np.isinf(values) if place is line[0] else values == 0
            crosses += int(bad.sum())
            for a, x in np.argwhere(bad):
                place.text(x, a, "×", ha="center", va="center", color="crimson", fontsize=12)
            if place is line[0]:
                for a, x in np.argwhere(values == 0):
                    place.text(x, a, "0", ha="center", va="center", color="grey", fontsize=8)
            place.set_title(f"{shortened(agent.name, 24)}: {title}", fontsize=9)
            name_ticks(place.yaxis, [shortened(row, 24) for row in rows], fontsize=7)
            place.set_ylabel("action", fontsize=8)
            few = len(columns) <= LABELS
            name_ticks(place.xaxis, [shortened(each, 24) for each in columns] if few else [], fontsize=7)
            place.tick_params(axis="x", rotation=30 if any(len(c) > 6 for c in columns) else 0)
            place.set_xlabel("others' types" if few else f"{len(columns)} profiles of the others", fontsize=8)
    if crosses:
        figure.supxlabel("×: no transfers exist, or independence fails", fontsize=8, color="crimson")
    return figure


def _scale(figure: Any, image: Any, unit: str) -> None:
    """A scale beside a panel; of a panel with one figure alone that figure, which spans no scale."""
    shown = np.ma.masked_invalid(image.get_array()).compressed()
    if shown.max() - shown.min() > COMPUTED * abs(shown).max():
        bar = figure.colorbar(image, ax=image.axes)
        bar.set_label(unit, fontsize=8)
        bar.ax.tick_params(labelsize=7)
        return
    image.set_clim(0, 2 * shown.max() or 1)
    image.axes.annotate(
        f"all {shown.max():.4g}\n{unit}", (1, 0.5), (6, 0), xycoords="axes fraction",
        textcoords="offset points", va="center", fontsize=8, gid=LINES,
    )  # fmt: skip


def _beliefs(answer: Correlation) -> Any:
    env, static = answer.course.environment, answer.static
    own = {} if static is None else {i: [b for b in static.blocks if b.agent == i] for i in env.private}
    nearest = [min(blocks, key=lambda b: float(b.convex.distance.min())) for blocks in own.values() if blocks]
    heights = [max(1.2, 0.4 * len(block.types)) for block in nearest]
    figure = new_figure(7.0, sum(heights) + 1.1 * len(nearest) + 0.4)
    axes = figure.subplots(max(1, len(nearest)), 1, squeeze=False, height_ratios=heights or None)[:, 0]
    crosses = 0
    for place, block in zip(axes, nearest, strict=False):
        image = place.imshow(
            to_float(block.rows), aspect="auto", cmap="viridis", vmin=0, interpolation="none"
        )
        _scale(figure, image, "probability")
        crosses += int((~block.convex.independent[0]).sum())
        for r in np.flatnonzero(~block.convex.independent[0]):
            place.text(0, r, "×", ha="center", va="center", color="crimson", fontsize=12)
        given = "".join(f", given {name} {label}" for name, label in block.public.items())
        name, gap = shortened(env.agents[block.agent].name, 24), float(block.convex.distance.min())
        told = f", convex gap {gap:.3g}" if np.isfinite(gap) else ""
        place.set_title(f"{name}: beliefs in period 0{given}{told}", fontsize=9)
        name_ticks(place.yaxis, [shortened(label, 24) for label in block.types], fontsize=7)
        place.set_ylabel("own type", fontsize=8)
        labels = product(*(env.agents[j].types[0] for j in env.private if j != block.agent))
        columns = [", ".join(each) for each in labels]
        few = len(columns) <= LABELS
        name_ticks(place.xaxis, [shortened(each, 24) for each in columns] if few else [], fontsize=7)
        place.set_xlabel("others' types" if few else f"{len(columns)} profiles of the others", fontsize=8)
    if not nearest:
        axes[0].set_axis_off()
    said = ["no later period"] if nearest else ["nobody to believe anything of"]
    said += ["×: a mixture of other types' beliefs"] if crosses else []
    figure.supxlabel("; ".join(said), fontsize=8, color="crimson" if crosses else "black")
    return figure


def _tables(agent: AgentAnswer) -> tuple[Array, Array]:
    """(rows of actions over periods, others' profiles): transfers and distances; NaN for no block."""
    wide = max(period.blocks.shape[1] for period in agent.periods)
    transfers, distances = [], []
    for period in agent.periods:
        blocks = period.blocks
        actions, others = blocks.feasible.shape
        top = np.full((actions, wide), np.nan)
        near = np.full((actions, wide), np.nan)
        theorem = period.theorems["3.1"]
        largest: Any = to_float(np.asarray(theorem.largest)).reshape(-1, blocks.shape[2]).max(axis=1)
        distance = to_float(period.convex.distance).min(axis=1)[blocks.matrix_of]
        at = np.argwhere(blocks.feasible)
        top[at[:, 0], at[:, 1]] = largest
        near[:, :others] = np.where(blocks.feasible & np.isfinite(distance), distance, np.nan)
        transfers.append(top)
        distances.append(near)
    return np.concatenate(transfers), np.concatenate(distances)


def _labels(answer: Correlation, agent: AgentAnswer) -> tuple[list[str], list[str]]:
    env = answer.course.environment
    several = len(agent.periods) > 1
    rows = [
        f"{period.blocks.period}: {label}" if several else label
        for period in agent.periods
        for label in env.actions[period.blocks.period]
    ]
    longest = max(agent.periods, key=lambda period: period.blocks.shape[1]).blocks
    columns = [", ".join(longest.others_labels(x).values()) for x in range(longest.shape[1])]
    return rows, columns
