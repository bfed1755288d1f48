"""Pictures of sequential screening: what is charged, what disclosures earn, and grids beside their limit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.screening.convergence import Convergence
from ..models.screening.sequential.disclosure import DisclosureSearch
from ..models.screening.sequential.screening import SequentialScreening
from ..solvers.numbers import Array
from .plotting import name_ticks, new_figure

NAMED = 14
"""First types up to which each has its name on the axis."""
NAMES = 10
"""Steps that have their name on an axis, about."""
BARS = 24
"""Disclosures that are drawn, the best."""


def options_figure(screening: SequentialScreening) -> Any:
    """Left: fee, strike and rent of every first type. Right: where ψ is above the cost, and the strikes."""
    buyer, menu = screening.buyer, screening.menu or screening.menus["rule"]
    figure = new_figure(9.5, 4.0)
    left, right = figure.subplots(1, 2)
    first = np.arange(len(buyer.types))
    strikes = _numbers(menu.prices)
    for row, mark, colour, name in (
        (strikes, "o-", "tab:blue", "strike price"),
        (None if menu.fees is None else _numbers(menu.fees), "s-", "tab:orange", "fee"),
        (None if menu.rents is None else _numbers(menu.rents), "^-", "tab:green", "rent"),
    ):
        if row is not None:
            left.plot(first, row, mark, markersize=4, linewidth=1, color=colour, label=name)
    left.set_ylabel("money")
    left.set_title(f"{screening.environment.name}: options", fontsize=9)
    left.legend(fontsize=8, frameon=False)
    gains = _numbers((screening.virtual.psi - buyer.cost).reshape(-1)).reshape(buyer.support.shape)
    where = [np.nonzero(buyer.support & flags) for flags in (gains > 0, gains <= 0)]
    values = _numbers(buyer.values)
    for (k, m), colour, name in zip(where, ("tab:blue", "lightgrey"), ("ψ > cost", "ψ ≤ cost"), strict=True):
        right.scatter(first[k], values[m], s=14, color=colour, label=name, linewidths=0)
    right.plot(first, strikes, "_", markersize=12, color="tab:red", label="strike price")
    right.set_ylabel("value")
    right.set_title("virtual values", fontsize=9)
    right.legend(fontsize=8, frameon=False)
    for place in (left, right):
        place.set_xlabel("first type")
        step = -(-len(first) // NAMED)
        name_ticks(place.xaxis, buyer.types[::step], step=step, fontsize=7)
    return figure


def disclosure_figure(search: DisclosureSearch) -> Any:
    """Bars: what each disclosure earns, shown to everybody; lines: the best choice by report, everything."""
    earned = [(name, float(value)) for name, value in search.values.items() if value is not None]
    earned = sorted(earned, key=lambda row: -row[1])[:BARS]
    figure = new_figure(7.0, max(2.2, 0.8 + 0.28 * len(earned)))
    place = figure.subplots()
    place.barh(np.arange(len(earned)), [value for _, value in earned], color="tab:blue", height=0.6)
    name_ticks(place.yaxis, [name for name, _ in earned], fontsize=7)
    place.invert_yaxis()
    if search.value is not None:
        place.axvline(float(search.value), color="tab:red", linewidth=1, label="chosen by report")
    place.set_xlabel("profit")
    place.set_title(f"{search.buyer.environment.name}: shown to everybody", fontsize=9)
    place.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def convergence_figure(answer: Convergence) -> Any:
    """Left: values by step, and the limit. Right: errors by step, in powers, and a line of first order."""
    figure = new_figure(9.0, 3.6)
    left, right = figure.subplots(1, 2)
    steps, values, errors = (_numbers(row) for row in (answer.steps, answer.values, answer.errors))
    left.plot(steps, values, "o-", color="tab:blue", markersize=4, linewidth=1, label="grid")
    left.axhline(float(answer.limit), color="tab:red", linewidth=1, label="continuum")
    left.set_xlim(0, None)
    left.set_title(f"{answer.instance}: {answer.what}", fontsize=9)
    first = abs(errors[-1]) / steps[-1] * steps
    right.loglog(steps, first, "--", color="tab:grey", linewidth=1, label="first order")
    right.loglog(steps, abs(errors), "o", color="tab:blue", markersize=5, label="error")
    right.minorticks_off()
    named = _apart(steps)
    right.set_xticks(named, [f"{step:.3g}" for step in named], fontsize=7)
    right.set_title("error", fontsize=9)
    for place in (left, right):
        place.set_xlabel("step")
        place.legend(fontsize=8, frameon=False)
    return figure


def _apart(steps: Array) -> Array:
    """The steps that have room for their names on an axis of powers, the smallest and the largest first."""
    apart = np.log(steps.max() / steps.min()) / NAMES
    kept = [steps.max(), steps.min()]
    for step in np.sort(steps):
        if abs(np.log(step / kept)).min() >= apart:
            kept.append(step)
    return np.array(sorted(set(kept)))


def _numbers(row: Any) -> Array:
    """Doubles, nan for None."""
    return np.array([np.nan if entry is None else float(entry) for entry in row])
