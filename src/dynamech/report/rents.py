"""Rents as a table and a picture: what agents keep, for which signals, and by which period."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.text import Text

from ..models.screening.markov.rents import AgentRents, Ends, Rents
from ..solvers.arithmetic import SOLVED, arithmetic_of
from ..solvers.numbers import show, to_float
from .frames import Columns, of_rows
from .plotting import fit_ticks, new_figure
from .wording import Shown, brief, facts, money, said, table, titled

NONE = "—"
NAMED = 40
"""First types up to which each has its name on the axis."""


def rents_report(answer: Rents) -> list[Shown]:
    """Revenue, and by agent a line a first type."""
    title = Text(f"Rents of {answer.environment.name}", style="bold")
    private, public = answer.revenue
    values = [
        ("revenue", money(private)),
        ("later signals public", f"{money(public)} (coupling of shocks: {answer.coupling})"),
    ]
    notes = []
    if public - private > arithmetic_of(public).slack(public, SOLVED):
        sentence = (
            f"That later signals are private costs the seller {show(public - private)}; where types have "
            "no atoms and local lies are all that matter it costs nothing (Esö and Szentes)."
        )
        notes.append(("Signals", sentence))
    legend = (
        "rent: of the optimum; public: of the optimum when later signals are public; later: the difference. "
        "Least to most over all optima. envelope: what first signals earn by period at the optimum at hand."
    )
    lines = [titled(one.agent, _lines(one)) for one in answer.agents]
    return [title, facts(values), *lines, Text(legend, style="dim"), *said(notes)]


def _lines(one: AgentRents) -> Shown:
    numbers = ["chance", "rent", "public", "later", "envelope"]
    lines = table(["first type", *numbers], right=numbers)
    for k, label in enumerate(one.types):
        figures = [_ends(ends) for ends in (one.full[k], one.public[k], one.later[k])]
        by_period = " + ".join(brief(x) for x in one.by_period[0][k] if x != 0) or "0"
        lines.add_row(label, brief(one.chance[k]), *figures, by_period)
    own, shown = one.expected
    lines.add_row("expected", "", _ends(own), _ends(shown), _ends((own[0] - shown[1], own[1] - shown[0])), "")
    return lines


def _ends(ends: Ends | None) -> str:
    if ends is None:
        return NONE
    least, most = map(brief, ends)
    return least if least == most else f"{least} to {most}"


def rents_columns(answer: Rents) -> Columns:
    """A row an agent and first type."""
    rows: list[dict[str, Any]] = []
    for one in answer.agents:
        for k, label in enumerate(one.types):
            row: dict[str, Any] = {"agent": one.agent, "type": label, "chance": one.chance[k]}
            for name, ends in (("rent", one.full[k]), ("public", one.public[k]), ("later", one.later[k])):
                row |= {f"{name}, least": ends and ends[0], f"{name}, most": ends and ends[1]}
            for name, by_period in zip(("", "public "), one.by_period, strict=True):
                row |= {f"{name}envelope {t}": amount for t, amount in enumerate(by_period[k])}
            rows.append(row)
    return of_rows(rows)


def rents_figure(answer: Rents) -> Any:
    """By first type: the envelope by period as a stack, and the rents themselves, least to most."""
    figure = new_figure(7.0, 3.6 * len(answer.agents))
    axes = figure.subplots(len(answer.agents), 1, squeeze=False)[:, 0]
    for place, one in zip(axes, answer.agents, strict=True):
        at, base = np.arange(len(one.types)), np.zeros(len(one.types))
        stack = to_float(one.by_period[0])
        for t in range(stack.shape[1]):
            if stack[:, t].any():
                place.bar(at, stack[:, t], bottom=base, width=0.55, alpha=0.75, label=f"envelope, period {t}")
                base = base + stack[:, t]
        for rents, shift, colour, label in (
            (one.full, -0.12, "black", "rent"),
            (one.public, 0.12, "#d9694b", "rent, later signals public"),
        ):
            kept = [(k, ends) for k, ends in enumerate(rents) if ends is not None]
            across = [k + shift for k, _ in kept]
            low, high = (np.array([float(ends[end]) for _, ends in kept]) for end in (0, 1))
            middle = (low + high) / 2
            place.errorbar(
                across, middle, yerr=(high - low) / 2, fmt="o", color=colour, capsize=4, label=label
            )
        place.set_title(f"{answer.environment.name}: what {one.agent} keeps", fontsize=10)
        place.set_ylabel("money of period 0")
        if len(at) <= NAMED:
            fit_ticks(place.xaxis, one.types, 2.4)
        place.set_xlabel("first type")
        place.legend(fontsize=8, frameon=False)
    return figure
