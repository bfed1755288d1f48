"""Where the ascending auction serves the wrong bidder: the multi-task example over pairs of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.efficient.multi_task import MultiTask
from ..solvers.numbers import show, to_float

KINDS = (
    ("2 first, efficient and in the auction", "#e8e8e8"),
    ("efficient: 1 always, auction: 2 first", "#d9694b"),
    ("two equilibria, one efficient", "#f2c14e"),
    ("1 always, efficient and in the auction", "#7fb3d5"),
)
"""What a pair of values is, and its colour."""


def multi_task_region(pairs: MultiTask) -> Any:
    """The pairs (v_2 across, v_1 up) by who is served first, efficiently and in the ascending auction.

    One square a pair, in the order given, and the lines v_1 = v_2 and v_1 = v_2/(1 − δ) where the values are
    evenly spaced.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(6.2, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    kind = np.where(pairs.efficient_first, 3, 0)
    kind[pairs.boundary] = 2
    kind[pairs.inefficient] = 1
    across, up = to_float(pairs.second), to_float(pairs.first)
    axes.pcolormesh(
        _edges(across),
        _edges(up),
        kind,
        cmap=ListedColormap([colour for _, colour in KINDS]),
        vmin=-0.5,
        vmax=len(KINDS) - 0.5,
        edgecolors="white",
        linewidth=0.5 if kind.size <= 2500 else 0,
    )
    limits = axes.get_xlim(), axes.get_ylim()
    rate = float(pairs.discount)
    for slope, style, label in ((1.0, "-", "v1 = v2"), (1 / (1 - rate), "--", "v1 = v2/(1 − δ)")):
        ends = np.array(limits[0])
        axes.plot(ends, slope * ends, style, color="black", linewidth=1, label=label)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    axes.set_xlabel("value v2 of the single task")
    axes.set_ylabel("value v1 of a task every period")
    axes.set_title(f"Ascending auction with multiple tasks, δ = {show(pairs.discount)}", fontsize=10)
    lines, _ = axes.get_legend_handles_labels()
    patches = [
        Patch(color=colour, label=f"{name}: {int((kind == k).sum())}")
        for k, (name, colour) in enumerate(KINDS)
    ]
    axes.legend(handles=[*lines, *patches], fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2,
                frameon=False)  # fmt: skip
    return figure


def _edges(points: Any) -> Any:
    """Borders of the squares around increasing points: halfway between them."""
    if len(points) == 1:
        return np.array([points[0] - 0.5, points[0] + 0.5])
    middle = (points[1:] + points[:-1]) / 2
    return np.concatenate([[2 * points[0] - middle[0]], middle, [2 * points[-1] - middle[-1]]])
