"""Progressive screening as tables and a picture: what each first type is sold, at which prices."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from rich.text import Text

from ..models.screening.markov.progressive import ProgressiveScreening
from ..solvers.numbers import show, to_float
from .frames import Columns
from .plotting import new_figure
from .wording import Shown, brief, facts, money, said, table, titled

LINES = 36
"""Lines of a table of histories."""


def progressive_report(answer: ProgressiveScreening) -> list[Shown]:
    """The bound and what is earned, the contracts, and virtual values by history."""
    title = Text(f"Progressive screening of {answer.environment.name}", style="bold")
    values = [
        ("bound", "too many histories" if answer.bound is None else f"{money(answer.bound)}, path by path"),
        ("menu", f"{money(answer.menu.profit)} with fixed prices"),
        ("optimum", "not known" if answer.optimum is None else money(answer.optimum)),
        ("first-order", _tight(answer)),
    ]
    shown: list[Shown] = [title, facts(values), titled("Contracts", _contracts(answer))]
    return shown if answer.bound is None else [*shown, *_histories(answer), *_why(answer)]


def _tight(answer: ProgressiveScreening) -> str:
    if answer.tight is None:
        return "not known whether it is tight"
    return "tight" if answer.tight else f"not tight: the bound is {money(answer.gap)} above the optimum"


def _contracts(answer: ProgressiveScreening) -> Shown:
    """A line a first type that is sold to."""
    periods = [f"price in {t}" for t in range(1, answer.environment.periods)]
    lines = table(["for", "fee", *periods], right=["fee", *periods])
    first = answer.environment.agents[0].types[0]
    served = [k for k, row in enumerate(answer.prices) if any(price is not None for price in row)]
    for k, contract in zip(served, answer.menu.menus[0].contracts, strict=True):
        lines.add_row(first[k], brief(contract.fee), *map(brief, answer.prices[k]))
    return lines


def _histories(answer: ProgressiveScreening) -> list[Shown]:
    """A line a first type and history of shocks."""
    numbers = ["value", "virtual value"]
    lines = table(["first type", "shocks", *numbers, "sold"], right=numbers)
    rows = list(itertools.islice(_rows(answer), LINES + 1))
    for row in rows[:LINES]:
        figures = brief(row["value"]), brief(row["virtual value"])
        lines.add_row(row["first type"], row["shocks"], *figures, "yes" if row["sold"] else "no")
    if len(rows) > LINES:
        lines.add_row("more", *[""] * 4)
    note = "shocks: from period 1 on, 0 the smallest; sold: where the virtual value exceeds the cost."
    return [titled("Virtual values", lines, Text(note, style="dim"))]


def _why(answer: ProgressiveScreening) -> list[Shown]:
    """What the bound asks that nobody can be made to say."""
    if not answer.told_apart:
        return []
    t, k, y = answer.told_apart[0]
    first = answer.environment.agents[0].types[0][k]
    more = f" ({len(answer.told_apart) - 1:,} more such values)" if len(answer.told_apart) > 1 else ""
    sentence = (
        f"In period {t} first type {first} has the value {show(answer.growth.worth[t][y])} after several "
        "histories, of which some would be sold to and others not; what she then has to come is the same, "
        f"and no payments make her say which it was{more}."
    )
    return said([("Why", sentence)])


def _rows(answer: ProgressiveScreening) -> Any:
    shocks = len(answer.growth.factors)
    for t in range(1, answer.environment.periods):
        worth = answer.growth.worth[t][answer.paths[t]]
        for k, first in enumerate(answer.environment.agents[0].types[0]):
            for place, history in enumerate(itertools.product(range(shocks), repeat=t)):
                yield {
                    "period": t,
                    "first type": first,
                    "shocks": " ".join(map(str, history)),
                    "chance": answer.chances[t][k, place],
                    "value": worth[place],
                    "virtual value": answer.virtual[t][k, place],
                    "sold": bool(answer.sold[t][k, place]),
                }


def _by_value(answer: ProgressiveScreening) -> Any:
    for t in range(1, answer.environment.periods):
        for k, first in enumerate(answer.environment.agents[0].types[0]):
            price = answer.prices[k][t - 1]
            for y, worth in enumerate(answer.growth.worth[t]):
                yield {
                    "period": t,
                    "first type": first,
                    "chance": answer.reached[t][k, y],
                    "value": worth,
                    "virtual value": answer.by_value[t][k, y],
                    "sold": price is not None and bool(worth >= price),
                }


def progressive_columns(answer: ProgressiveScreening) -> Columns:
    """A row a period, first type and history of shocks, or, where these are too many, value."""
    rows = list(_by_value(answer) if answer.bound is None else _rows(answer))
    return {name: [row[name] for row in rows] for name in rows[0]}


def progressive_figure(answer: ProgressiveScreening) -> Any:
    """By first type: the values of every period, sized by how likely they are, and the prices of her
    contract."""
    first = answer.environment.agents[0].types[0]
    figure = new_figure(max(5.0, 3.2 * len(first)), 3.8)
    axes = figure.subplots(1, len(first), squeeze=False, sharey=True)[0]
    for k, place in enumerate(axes):
        for t in range(1, answer.environment.periods):
            worth, chance = to_float(answer.growth.worth[t]), to_float(answer.reached[t][k])
            price = answer.prices[k][t - 1]
            sold = worth >= (np.inf if price is None else float(price))
            for mark, look in ((sold, "#2a6f97"), (~sold, "#c9c9c9")):
                label = ("sold" if look == "#2a6f97" else "not sold") if k == 0 and t == 1 else None
                sizes = 12 + 220 * chance[mark]
                place.scatter(np.full(mark.sum(), t), worth[mark], s=sizes, color=look, label=label)
            if price is not None:
                place.plot(
                    [t - 0.3, t + 0.3],
                    [float(price)] * 2,
                    color="#d9694b",
                    label="price" if t == 1 and k == 0 else None,
                )
        place.set_yscale("log")
        place.set_title(f"first type {first[k]}", fontsize=10)
        place.set_xlabel("period")
        place.set_xticks(range(1, answer.environment.periods))
    axes[0].set_ylabel("value")
    axes[0].legend(fontsize=8, frameon=False)
    figure.suptitle(f"{answer.environment.name}: fixed prices for who knows how values grow", fontsize=10)
    return figure
