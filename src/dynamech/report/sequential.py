"""Sequential screening, disclosure and grids beside their limits as tables, frames and JSON objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from ..models.answers.plain import plain
from ..models.screening.convergence import Convergence
from ..models.screening.sequential.disclosure import DisclosureSearch
from ..models.screening.sequential.options import OptionMenu
from ..models.screening.sequential.screening import SequentialScreening
from ..models.screening.sequential.static_prices import PostedPrice
from ..solvers.arithmetic import COMPUTED
from ..solvers.numbers import Number
from .frames import Columns, of_rows
from .wording import Shown, brief, facts, money, said, table, titled

LINES = 24
"""Lines of a table; the rest is counted."""
MENUS = {
    "rule": "strikes by virtual values",
    "falling": "the best strikes that fall in the first type",
    None: "none: no fees hold everybody to the truth",
}
RUNGS = {
    "first-order": "if only reports just below could be made",
    "relaxed": "if what she learns in period 1 were public",
    "bayesian": "the most that any mechanism earns",
}


def sequential_report(screening: SequentialScreening) -> list[Shown]:
    """What is earned, by whom it is compared, the options, and what does not hold."""
    buyer = screening.buyer
    error = COMPUTED * float(abs(buyer.values).max())
    values = [
        ("profit", "—" if screening.profit is None else money(screening.profit, error)),
        ("menu", MENUS[screening.returned]),
        ("bound", "— (values are not ordered)" if screening.bound is None else money(screening.bound, error)),
        *((name, _rung(name, value, error)) for name, value in screening.rungs.items()),
        ("static, period 0", _static(screening.posted["t0"], "unseen", error)),
        ("static, period 1", _static(screening.posted["t1"], "for those who know their values", error)),
    ]
    if screening.verdicts is not None:
        values.append(("verified", "yes" if screening.verdicts else "no"))
    title = Text(f"Sequential screening of {screening.environment.name}", style="bold")
    shown: list[Shown] = [title, facts(values)]
    menu = screening.menu or screening.menus["rule"]
    figures = ["fee", "strike", "buys", "rent"]
    lines = table(["first type", *figures], right=figures)
    for row in _options(menu, LINES):
        lines.add_row(row["first type"], *(brief(row[name], error) for name in figures))
    if (left := len(buyer.types) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * len(figures))
    what = Text("A fee in period 0, for the right to buy at the strike price in period 1.", style="dim")
    return [*shown, titled("Options", lines, what), *said(_notes(screening))]


def _rung(name: str, value: Number | None, error: float) -> str:
    return "not found within the limits" if value is None else f"{money(value, error)} {RUNGS[name]}"


def _static(price: PostedPrice, whom: str, error: float) -> str:
    if price.price is None:
        return "0, no price earns more"
    return f"{money(price.profit, error)} at the price {brief(price.price, error)}, {whom}"


def _options(menu: OptionMenu, most: int | None = None) -> Iterator[dict[str, Any]]:
    """A row a first type."""
    for k, name in enumerate(menu.buyer.types[:most]):
        yield {
            "first type": name,
            "fee": None if menu.fees is None else menu.fees[k],
            "strike": menu.prices[k],
            "buys": menu.sold[k],
            "rent": None if menu.rents is None else menu.rents[k],
        }


def _notes(screening: SequentialScreening) -> Iterator[tuple[str, str]]:
    """What fails, and what follows."""
    for word, one in screening.conditions.items():
        if not one.holds:
            yield "Assumption", f"'{word}' fails: {one.where}, by {brief(one.by)}."
    rule = screening.menus["rule"]
    if screening.bound is None:
        yield (
            "No order",
            "Virtual values are no bound where a higher first type may value an option less; the menu was "
            "verified, and the rung bayesian says what could be earned.",
        )
    if not rule.cycle.holds:
        yield "Strikes", f"No fees pay for those of the rule: {rule.cycle.where}, by {brief(rule.cycle.by)}."
    excess = screening.public_excess
    if excess:
        yield (
            "Public information",
            f"With finite types it may be worth something to see what she learns: here {brief(excess)}.",
        )


def sequential_columns(screening: SequentialScreening) -> Columns:
    """A row a first type: its option, and ψ of every value it may have."""
    buyer, psi = screening.buyer, screening.virtual.psi
    menu = screening.menu or screening.menus["rule"]
    return of_rows(
        row
        | {"probability": buyer.prior[k], "mean": buyer.means[k]}
        | {f"ψ at {value}": psi[k, m] for m, value in enumerate(buyer.values) if buyer.support[k, m]}
        for k, row in enumerate(_options(menu))
    )


def sequential_json(screening: SequentialScreening) -> dict[str, Any]:
    """Everything, first types in their order; values and strikes in money of period 1."""
    buyer = screening.buyer
    return {
        "instance": screening.environment.name,
        "first_types": list(buyer.types),
        "values": plain(buyer.values),
        "psi": [
            [plain(value) if there else None for value, there in zip(*pair, strict=True)]
            for pair in zip(screening.virtual.psi.tolist(), buyer.support.tolist(), strict=True)
        ],
        "conditions": {word: one.to_json() for word, one in screening.conditions.items()},
        "virtual_surplus": plain(screening.virtual.virtual_surplus),
        "bound": plain(screening.bound),
        "returned": screening.returned,
        "menus": {name: _menu_json(menu) for name, menu in screening.menus.items()},
        "profit": plain(screening.profit),
        "satisfies": None
        if screening.verdicts is None
        else {verdict.notion: verdict.holds for verdict in screening.verdicts},
        "static": {when: plain(vars(one)) for when, one in screening.posted.items()},
        "rungs": plain(screening.rungs),
        "public_excess": plain(screening.public_excess),
    }


def _menu_json(menu: OptionMenu) -> dict[str, Any]:
    return {
        "fees": plain(menu.fees),
        "strikes": plain(menu.prices),
        "buys": plain(menu.sold),
        "rents": plain(menu.rents),
        "profit": plain(menu.profit),
        "checks": {
            "payable": menu.cycle.to_json(),
            "Proposition 6": menu.falling.to_json(),
            "integral monotonicity": menu.integral_monotonicity.to_json(),
        },
    }


def disclosure_report(search: DisclosureSearch) -> list[Shown]:
    """What each disclosure earns, and the best choice by the first report."""
    error = search.by_report.value_margin
    title = Text(f"What to show the buyer of {search.buyer.environment.name}", style="bold")
    values = [("chosen by report", money(search.value, error))]
    values.append(("everything shown", money(search.values[search.searched[-1].name], error)))
    lines = table(["shown to everybody", "profit"], right=["profit"])
    best = sorted(search.values.items(), key=lambda row: -float(row[1] if row[1] is not None else 0))
    for name, value in best[:LINES]:
        lines.add_row(name, brief(value, error))
    if (left := len(best) - LINES) > 0:
        lines.add_row(f"{left:,} more", "")
    figures = ["fee", "strike", "buys", "rent"]
    offers = table(["first type", "shown", *figures], right=figures)
    for row in list(_shown_rows(search))[:LINES]:
        offers.add_row(row["first type"], row["shown"], *(brief(row.get(name), error) for name in figures))
    if (left := len(search.buyer.types) - LINES) > 0:
        offers.add_row(f"{left:,} more", *[""] * 5)
    note = Text("A choice that earns the most and, of those, shows little.", style="dim")
    parts: list[Shown] = [title, facts(values), titled("One disclosure", lines)]
    if search.shown is None:
        return [*parts, *said([("Limit", f"{search.by_report.message}.")])]
    return [*parts, titled("By report", offers, note)]


def _shown_rows(search: DisclosureSearch) -> Iterator[dict[str, Any]]:
    """A row a first type."""
    names = [one.name for one in search.searched]
    if search.shown is None:
        return
    for k, first in enumerate(search.buyer.types):
        drawn = [
            name if share == 1 else f"{name} ({brief(share)})"
            for name, share in zip(names, search.shown[k].tolist(), strict=True)
            if share > COMPUTED
        ]
        row: dict[str, Any] = {"first type": first, "shown": ", ".join(drawn)}
        if search.contracts is not None:
            one = search.contracts[k]
            row |= {"fee": one.fee, "strike": one.strike, "buys": one.sold, "rent": one.rent}
        yield row


def disclosure_columns(search: DisclosureSearch) -> Columns:
    """A row a disclosure, shown to everybody."""
    return of_rows(
        {"shown": one.name, "cells": len(one.cells), "profit": search.values[one.name]}
        for one in search.searched
    )


def disclosure_json(search: DisclosureSearch) -> dict[str, Any]:
    """The search; cells are lists of values."""
    values = search.buyer.values
    return {
        "instance": search.buyer.environment.name,
        "disclosures": [
            {
                "name": one.name,
                "cells": [plain(values[list(cell)]) for cell in one.cells],
                "profit": plain(search.values[one.name]),
            }
            for one in search.searched
        ],
        "by_report": plain(search.value),
        "status": search.by_report.status,
        "shown": None
        if search.shown is None
        else {name: plain(row) for name, row in zip(search.buyer.types, search.shown, strict=True)},
        "contracts": None
        if search.contracts is None
        else [
            {
                "type": one.name,
                "shown": one.shown,
                "buys": list(one.buys),
                "fee": plain(one.fee),
                "strike": plain(one.strike),
                "probability": plain(one.sold),
                "rent": plain(one.rent),
            }
            for one in search.contracts
        ],
    }


def convergence_report(answer: Convergence) -> list[Shown]:
    """A line a grid: value, error, error by step."""
    title = Text(f"{answer.instance}: {answer.what}", style="bold")
    figures = ["step", "value", "error", "error by step", "order", "extrapolated"]
    lines = table([answer.name, *figures], right=[answer.name, *figures])
    for row in _grid_rows(answer):
        lines.add_row(str(row[answer.name]), *(brief(row[name]) for name in figures))
    note = Text(
        "order: the power of the step by which the error falls. extrapolated: from two grids.", style="dim"
    )
    return [title, facts([("limit", money(answer.limit))]), lines, note]


def convergence_columns(answer: Convergence) -> Columns:
    """A row a grid."""
    return of_rows(_grid_rows(answer))


def _grid_rows(answer: Convergence) -> Iterator[dict[str, Any]]:
    orders, extrapolated = (None, *answer.orders), (None, *answer.extrapolated)
    for k, size in enumerate(answer.sizes):
        yield {
            answer.name: size,
            "step": answer.steps[k],
            "value": answer.values[k],
            "error": answer.errors[k],
            "error by step": answer.ratios[k],
            "order": orders[k],
            "extrapolated": extrapolated[k],
        }
