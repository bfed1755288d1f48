"""The picture of a menu: fees against prices (M against p), and what each type pays for what."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.screening.menu import Menu
from ..solvers.numbers import Number
from .menus import KINDS, numbered, priced
from .plotting import name_ticks, new_figure

LINES = 8
"""Prices that have a line of their own."""
TICKS = 12
"""Most names on an axis."""


def menu_figure(menu: Menu) -> Any:
    """Left the contracts, right by first type the fee and the prices of the contract that she takes."""
    figure = new_figure(10.0, 4.2)
    left, right = figure.subplots(1, 2)
    contracts = list(numbered(menu))
    fees = [contract.fee for _, _, _, contract in contracts]
    things = [(thing.name, thing.row) for thing in priced(menu)]
    premiums = tuple(contract.premium for _, _, _, contract in contracts)
    if any(premium is not None for premium in premiums):
        things = [("premium", premiums), *things]
    takers = [
        (place, f"{one.agent} {label}" if len(menu.menus) > 1 else label)
        for place, one, _, contract in contracts
        for label in contract.types
    ]
    for name, row in things[:LINES]:
        line = left.plot(*_points(row, fees), "o-", markersize=4, linewidth=1, label=name)[0]
        idle = tuple(None if one.types else row[place] for place, _, _, one in contracts)
        left.plot(*_points(idle, fees), "o", color="white", markeredgecolor=line.get_color(), markersize=5)
        at = [k for k, (place, _) in enumerate(takers) if row[place] is not None]
        right.plot(at, [_height(row[takers[k][0]]) for k in at], "o-", markersize=4, linewidth=1, label=name)
    more = len(things) - LINES
    left.set_xlabel("price p" if menu.kind != "handicap" else "premium")
    left.set_ylabel("fee M")
    empty = any(not contract.types for _, _, _, contract in contracts)
    told = ["contracts", *(["hollow: nobody takes it"] if empty else [])]
    left.set_title("; ".join([*told, *([f"{more} more prices"] if more > 0 else [])]), fontsize=9)
    fee_of = [_height(fees[place]) for place, _ in takers]
    right.plot(np.arange(len(takers)), fee_of, "s:", color="black", markersize=4, linewidth=1, label="fee")
    step = max(1, -(-len(takers) // TICKS))
    labels = [label for _, label in takers][::step]
    turned = 90 if max(map(len, labels), default=0) * len(labels) > 60 else 0
    name_ticks(right.xaxis, labels, step, fontsize=7, rotation=turned)
    right.set_xlabel("first type")
    right.set_ylabel("money")
    out = f", {len(menu.excluded)} without a contract" if menu.excluded else ""
    right.set_title(f"what each type takes{out}", fontsize=9)
    for axes in (left, right):
        axes.grid(linewidth=0.3)
    if things:
        left.legend(fontsize=7, frameon=False)
    right.legend(fontsize=7, frameon=False)
    figure.suptitle(f"{menu.instance}: {KINDS[menu.kind]}", fontsize=10)
    return figure


def _points(row: tuple[Number | None, ...], fees: list[Number]) -> tuple[list[float], list[float]]:
    """(p, M) of all contracts with this price, by price."""
    pairs = sorted((_height(p), _height(fee)) for p, fee in zip(row, fees, strict=True) if p is not None)
    return [p for p, _ in pairs], [fee for _, fee in pairs]


def _height(amount: Number | None) -> float:
    return float("nan") if amount is None else float(amount)
