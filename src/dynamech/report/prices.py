"""The price of demands: the table of values and costs, the multipliers in words, and the picture in bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from ..models.design.design import Design
from ..models.ladder.price import Cost, Price, shown_difference
from ..solvers.numbers import nearest
from ..solvers.short import cut
from .frames import Columns, of_rows
from .plotting import name_ticks, new_figure
from .wording import NONE, Shown, brief, money, said, table, titled, value_error, why_not

LABEL = 60
"""Characters of a name beside a bar."""
SPOKEN = 4
"""Multipliers of single places that are told of each demand; the JSON has all."""
COLOURS = {"base": "tab:gray", "alone": "tab:blue", "without": "tab:orange", "all": "tab:green"}


def price_report(answer: Price) -> list[Shown]:
    """The command line's."""
    question = answer.question
    head = Text.assemble(
        ("Price of demands in ", "bold"),
        (answer.instance, "bold"),
        f": {question.objective.word}, rung {answer.rung}, participation {question.participation.name}",
    )
    numbers = ["alone", "costs", "all but it", "costs beside them"]
    lines = table(["demand", *numbers], right=numbers)
    lines.add_row(Text("none", style="dim"), _value(answer.base), NONE, NONE, NONE)
    for line in answer.costs:
        beside = shown_difference(line.without, answer.all)
        cost = shown_difference(answer.base, line.alone)
        lines.add_row(line.demand.name, _value(line.alone), brief(cost), _value(line.without), brief(beside))
    whole = brief(shown_difference(answer.base, answer.all))
    lines.add_row(Text("all", style="bold"), _value(answer.all), whole, NONE, NONE)
    reasons: dict[int, tuple[str, str]] = {}  # by optimum: one demand alone is also all of them
    for _, what, design in optima_of(answer):
        if design.value is None:
            reasons.setdefault(id(design), (what, f"{why_not(design.status, design.message)}."))
    told = [
        titled(f"Multipliers of {line.demand.name}", *map(Text, _told(answer, line))) for line in answer.costs
    ]
    plan, notes = answer.all.plan, []
    if plan is not None and plan.pure and any(line.multipliers is not None for line in answer.costs):
        notes.append("Multipliers are those of the rule that was found, without lotteries, as it is.")
    if answer.status == "interrupted":
        notes.append("Interrupted: this is what was known by then.")
    return [head, lines, *said(reasons.values()), *told, *said(("", note) for note in notes)]


def _value(design: Design) -> str:
    return design.status if design.value is None else money(design.value, value_error(design))


def _told(answer: Price, line: Cost) -> Iterator[str]:
    """The multipliers, one a line."""
    known = line.multipliers
    if known is None:
        why = "whole numbers have none" if answer.all.value is not None else f"it is {answer.all.status}"
        yield f"There are none with all demands: {why}."
        return
    if not known.bounds and not known.each:
        yield "With all demands none of its rows costs anything."
    if len(known.each) != 1 or any(one.slopes is not None for one in known.bounds):
        yield from (one.sentence for one in known.bounds)
    yield from (one.sentence for one in known.each[:SPOKEN])
    if len(known.each) > SPOKEN:
        yield f"{len(known.each) - SPOKEN:,} more are in the JSON."


def optima_of(answer: Price) -> list[tuple[str, str, Design]]:
    """(kind, what is demanded, the optimum) of every value of the answer, in the order of the bars."""
    parts = [("base", "no demand", answer.base)]
    for line in answer.costs:
        parts += [
            ("alone", f"{line.demand.name} alone", line.alone),
            ("without", f"all but {line.demand.name}", line.without),
        ]
    return [*parts, ("all", "all demands", answer.all)]


def price_columns(answer: Price) -> Columns:
    """A row for every value: of no demand, of each alone, of all but each, of all."""
    return of_rows(
        {
            "kind": kind,
            "demanded": what,
            "status": design.status,
            "value": design.value,
            "cost": shown_difference(answer.base, design),
        }
        for kind, what, design in optima_of(answer)
    )


def price_figure(answer: Price) -> Any:
    """A bar for every value; what has none says why in its place."""
    parts = optima_of(answer)
    if len(answer.costs) == 1:
        parts = parts[:2]
    figure = new_figure(7.5, 1.2 + 0.36 * len(parts))
    axes = figure.subplots()
    for k, (kind, _, design) in enumerate(parts):
        length = 0.0 if design.value is None else nearest(design.value)
        axes.barh(k, length, color=COLOURS[kind], height=0.7)
        text = design.status if design.value is None else brief(design.value, value_error(design))
        axes.annotate(
            text, (length, k), (4 if length >= 0 else -4, 0), textcoords="offset points", va="center",
            ha="left" if length >= 0 else "right", fontsize=8,
        )  # fmt: skip
    name_ticks(axes.yaxis, [cut(what, LABEL) for _, what, _ in parts], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.margins(x=0.15)
    axes.set_xlabel(f"value of '{answer.rung}' ({answer.question.objective.word})")
    axes.set_title(f"{answer.instance}: the price of demands")
    return figure
