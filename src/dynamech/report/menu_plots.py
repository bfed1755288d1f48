"""The picture of a menu: fees against prices (M against p), and what each type pays for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..models.screening.menu import Menu
from ..solvers.numbers import Array, Bools
from .menus import KINDS, numbered, priced
from .plotting import name_ticks, new_figure

LINES = 8
"""Prices that have a line of their own."""
TICKS = 12
"""Most names on an axis."""


def menu_figure(menu: Menu) -> Any:
    """Left the contracts, right by first type the fee and the prices of the contract that she takes; a line a
    price and a menu."""
    figure = new_figure(10.0, 4.2)
    left, right = figure.subplots(1, 2)
    lines = list(_lines(menu))
    for line in lines[:LINES]:
        style = {"markersize": 4, "linewidth": 1, "label": line.name}
        order = np.argsort(line.price, kind="stable")
        colour = left.plot(line.price[order], line.fee[order], "o-", **style)[0].get_color()
        empty = ~line.taken
        left.plot(
            line.price[empty], line.fee[empty], "o", color="white", markeredgecolor=colour, markersize=5
        )
        right.plot(line.at, line.price[line.takes], "o-", color=colour, **style)
    left.set_xlabel("premium" if menu.kind == "handicap" else "price p")
    left.set_ylabel("fee M")
    told = [
        "contracts",
        *(["hollow: nobody takes it"] if any(not line.taken.all() for line in lines) else []),
    ]
    more = len(lines) - LINES
    left.set_title("; ".join([*told, *([f"{more} more prices"] if more > 0 else [])]), fontsize=9)
    fees = {line.menu: line for line in lines[::-1]}
    for k, line in enumerate(fees.values()):
        label = {} if k else {"label": "fee"}
        right.plot(line.at, line.fee[line.takes], "s:", color="black", markersize=4, linewidth=1, **label)
    names = [label for _, label in _takers(menu)]
    step = max(1, -(-len(names) // TICKS))
    turned = 90 if max(map(len, names), default=0) * len(names[::step]) > 60 else 0
    name_ticks(right.xaxis, names[::step], step, fontsize=7, rotation=turned)
    right.set_xlabel("first type")
    right.set_ylabel("money")
    out = f", {len(menu.excluded)} without a contract" if menu.excluded else ""
    right.set_title(f"what each type takes{out}", fontsize=9)
    for axes in (left, right):
        axes.grid(linewidth=0.3)
        if lines:
            axes.legend(fontsize=7, frameon=False)
    figure.suptitle(f"{menu.instance}: {KINDS[menu.kind]}", fontsize=10)
    return figure


@dataclass(frozen=True)
class _Line:
    """A price in the contracts of one menu that have it. at, takes: of each type who takes one of them, where
    she stands on the axis, and its place among them."""

    name: str
    menu: int
    price: Array
    fee: Array
    taken: Bools
    at: list[int]
    takes: list[int]


def _lines(menu: Menu) -> Iterator[_Line]:
    contracts = list(numbered(menu))
    things = [(thing.name, thing.row) for thing in priced(menu)]
    premiums = tuple(one.premium for _, _, _, one in contracts)
    if any(premium is not None for premium in premiums):
        things = [("premium", premiums), *things]
    takers = [place for place, _ in _takers(menu)]
    for name, row in things:
        for m, offered in enumerate(menu.menus):
            own = [
                (place, one)
                for place, whose, _, one in contracts
                if whose is offered and row[place] is not None
            ]
            if not own:
                continue
            places = [place for place, _ in own]
            at = [k for k, place in enumerate(takers) if place in places]
            yield _Line(
                f"{name}, {offered.agent}" if len(menu.menus) > 1 else name,
                m,
                np.array([float(row[place]) for place in places]),  # type: ignore[arg-type]
                np.array([float(one.fee) for _, one in own]),
                np.array([bool(one.types) for _, one in own]),
                at,
                [places.index(takers[k]) for k in at],
            )


def _takers(menu: Menu) -> list[tuple[int, str]]:
    """Who takes a contract, in the order of contracts: its place among all, and her name."""
    return [
        (place, f"{one.agent} {label}" if len(menu.menus) > 1 else label)
        for place, one, _, contract in numbered(menu)
        for label in contract.types
    ]
