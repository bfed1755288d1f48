"""Markov environments: shocks, impulse responses and rents as tables and pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.text import Text

from ..models.screening.markov.canonical import Canonical
from ..models.screening.markov.responses import ImpulseResponses
from ..models.screening.markov.transfers import MarkovTransfers
from ..solvers.numbers import to_float
from .frames import Columns, of_rows
from .plotting import fit_ticks, new_figure
from .verdicts import verdict_report
from .wording import Shown, columns_table, said

PANELS = 4
"""Periods that a picture shows side by side."""
NAMED = 10
"""Lines up to which there is a legend."""


def markov_columns(answer: Canonical | ImpulseResponses | MarkovTransfers) -> Columns:
    """The answer's own rows."""
    return of_rows(answer.rows())


def _rows(answer: Canonical | ImpulseResponses) -> Shown:
    lines = markov_columns(answer)
    return columns_table(lines) if lines else Text("There is one period: types do not move.")


def canonical_report(process: Canonical) -> list[Shown]:
    """Where every cell of a shock leads."""
    title = f"Types of {process.agent} as shocks ({process.coupling}), {process.environment.name}"
    note = "A shock is uniform on [0, 1] and independent of everything before; from, to: one of its cells."
    return [Text(title, style="bold"), _rows(process), Text(note, style="dim")]


def responses_report(responses: ImpulseResponses) -> list[Shown]:
    """By how much every step up moves later types."""
    title = f"Impulse responses of {responses.agent}, {responses.environment.name}"
    counted = dict.fromkeys(responses.measures)
    by = " or ".join("their numbers" if one == "type" else f"what '{one}' is worth" for one in counted)
    note = f"change: of the type expected in period 'to', types counting by {by}; response: a unit of 'from'."
    return [Text(title, style="bold"), _rows(responses), Text(note, style="dim")]


def transfers_report(paid: MarkovTransfers) -> list[Shown]:
    """The verdict, and what every type earns at every state."""
    title = f"Payments by lower sums, {paid.environment.name}"
    note = (
        "Q: what truth earns from there on; D: how much more the next type up earns, and the least and the "
        "most that it can under any payments by which truth is best at every state."
    )
    figures = {k: ["" if x is None else x for x in column] for k, column in markov_columns(paid).items()}
    rents = columns_table(figures)
    return [Text(title, style="bold"), *verdict_report([paid.verdict]), rents, *said([("", note)])]


def staircases(process: Canonical) -> Any:
    """The next type by the shock, a line for each type, after the first action (and first types given)."""
    shown = process.shocks[:PANELS]
    figure = new_figure(3.2 * max(len(shown), 1), 3.4)
    types = process.who.types
    panels = np.ravel(figure.subplots(1, max(len(shown), 1)))
    for t, (axes, shock) in enumerate(zip(panels, shown, strict=False)):
        ends = np.concatenate([[0.0], np.cumsum(to_float(shock.lengths))])
        moves = shock.moves.reshape(-1, *shock.moves.shape[-2:])[0]
        for k, row in enumerate(moves.tolist()):
            lift = 0.04 * (k - (len(moves) - 1) / 2)  # lines that coincide stay apart
            name = types[t][k] if len(moves) <= NAMED else None
            axes.stairs(np.array(row) + lift, ends, baseline=None, label=name)
        fit_ticks(axes.yaxis, types[t + 1], 2.4)
        axes.set_xlabel(f"shock after period {t}")
        if 0 < len(moves) <= NAMED:
            axes.legend(fontsize=7, frameon=False)
    figure.suptitle(f"{process.environment.name}: {process.agent}'s next type", fontsize=9)
    return figure


def response_curves(responses: ImpulseResponses) -> Any:
    """The response of every later period to each step up in period 0."""
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    types = responses.environment.agents[responses.environment.agent_index(responses.agent)].types
    last = len(responses.levels) - 1
    actions = dict.fromkeys(key for table in responses.changes.values() for key in table)
    actions = dict.fromkeys(key for key in actions if key is not None) or {None: None}
    lines = [(action, k) for action in actions for k in range(len(types[0]) - 1)]
    for action, k in lines:
        shares = [1, *(responses.response(0, t, action)[k] for t in range(1, last + 1))]
        heights = [np.nan if share is None else float(share) for share in shares]
        step = f"{types[0][k]} to {types[0][k + 1]}" + ("" if action is None else f", {action}")
        label = step if len(lines) <= NAMED else None
        axes.plot(range(last + 1), heights, "o-", markersize=4, label=label)
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.set_xticks(range(0, last + 1, max(1, last // 12)))
    axes.set_xlabel("period")
    axes.set_ylabel("impulse response to a type of period 0")
    axes.set_title(f"{responses.environment.name}: {responses.agent}", fontsize=9)
    if last and 0 < len(lines) <= NAMED:
        axes.legend(fontsize=8, frameon=False)
    return figure


def rents(paid: MarkovTransfers) -> Any:
    """What every type earns from each period on: a line a public state, a row of panels an agent."""
    env = paid.environment
    periods = range(min(env.periods, PANELS))
    figure = new_figure(3.2 * len(periods), 2.8 * len(paid.Q))
    panels = figure.subplots(len(paid.Q), len(periods), squeeze=False, sharey=True)
    figure.suptitle(f"{env.name}: what truth earns", fontsize=9)
    for row, (name, tables) in zip(panels, paid.Q.items(), strict=True):
        for t, axes in zip(periods, row, strict=True):
            flat = to_float(tables[t]).reshape(-1, tables[t].shape[-1])
            faint = max(0.1, 1 / len(flat))
            axes.plot(flat.T, "o-", color="tab:blue", markersize=3, linewidth=0.8, alpha=faint)
            fit_ticks(axes.xaxis, env.agents[env.agent_index(name)].types[t], 3.0)
            axes.set_title(f"{name}, period {t}", fontsize=9)
        row[0].set_ylabel("rent Q")
    return figure
