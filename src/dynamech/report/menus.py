"""Menus as tables: a line a contract, who buys what, and what a person should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from ..models.screening.menu import AgentMenu, Contract, Menu, Stray
from ..solvers.numbers import Number
from .frames import Columns, of_rows
from .wording import Shown, brief, counted, facts, money, periods_text, said, table, titled

LINES = 30
"""Lines of a table; the rest is counted."""
WIDE = 6
"""Prices that have a column of their own."""
NAMED = 6
"""Types of a line that are named; the rest is counted."""
KINDS = {
    "posted": "posted prices",
    "option": "option contracts",
    "handicap": "handicap auction",
    "progressive": "fees and a price for every period",
}


BOUNDS = {"posted": " (the rung virtual)"}
"""By kind: which rung of the ladder the bound is."""


@dataclass(frozen=True)
class Priced:
    """A thing with a price: an action in periods in which every contract asks the same for it."""

    action: str
    periods: tuple[int, ...]
    endless: bool
    """Whether the last of them comes again for ever."""
    row: tuple[Number | None, ...]
    """By contract, of all agents one after the other; None where it has none or depends on the past."""

    @property
    def name(self) -> str:
        """What it is called above a column."""
        return f"{self.action}, {periods_text(self.periods)}{' on' if self.endless else ''}"


def menu_report(menu: Menu) -> list[Shown]:
    """What the menu earns, its contracts, who buys what."""
    title = Text(f"Menu of {menu.instance}: {KINDS[menu.kind]}", style="bold")
    values = [("profit", f"{money(menu.profit)}, everybody choosing what is best for her")]
    values.append(("directly", f"{money(menu.profit_direct)}, by another route"))
    if menu.bound is not None:
        values.append(
            ("bound", f"{money(menu.bound)}, which no mechanism exceeds{BOUNDS.get(menu.kind, '')}")
        )
    if menu.excluded:
        out = [f"{one.agent} {one.type}{_given(one.others)}" for one in menu.excluded]
        values.append(("no contract", _listed(out)))
    return [
        title,
        facts(values),
        titled("Contracts", _contracts(menu)),
        titled("Who buys what", _purchases(menu)),
        *said(notes(menu)),
    ]


def priced(menu: Menu) -> list[Priced]:
    """Everything that has a price other than 0 in some contract, in order of periods and actions."""
    contracts = [contract for one in menu.menus for contract in one.contracts]
    keys = dict.fromkeys((len(before), action) for one in contracts for before, action, _ in one.prices)
    rows: dict[tuple[str, tuple[Number | None, ...]], list[int]] = {}
    for t, action in keys:
        rows.setdefault((action, tuple(one.price(t, action) for one in contracts)), []).append(t)
    endless = menu.mechanism.periods - 1 if menu.mechanism.stationary else None
    return [
        Priced(action, tuple(periods), periods[-1] == endless, row)
        for (action, row), periods in rows.items()
        if any(row)
    ]


def numbered(menu: Menu) -> Iterator[tuple[int, AgentMenu, int, Contract]]:
    """Contracts with their place among all, and in their menu, both from 0."""
    place = 0
    for one in menu.menus:
        for k, contract in enumerate(one.contracts):
            yield place, one, k, contract
            place += 1


def _contracts(menu: Menu) -> Shown:
    things = priced(menu)
    several = len({one.agent for one in menu.menus}) > 1 or any(one.others for one in menu.menus)
    premium = any(contract.premium is not None for _, _, _, contract in numbered(menu))
    figures = ["fee", *(["premium"] if premium else []), *(thing.name for thing in things[:WIDE])]
    lines = table([*(["agent"] if several else []), "contract", "taken by", *figures], right=figures)
    listed = list(numbered(menu))
    for place, one, k, contract in listed[:LINES]:
        amounts = [contract.fee, *([contract.premium] if premium else [])]
        amounts += [thing.row[place] for thing in things[:WIDE]]
        who = [f"{one.agent}{_given(one.others)}"] if several else []
        lines.add_row(*who, str(k + 1), _listed(contract.types) or "nobody", *map(brief, amounts))
    if (left := len(listed) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * (len(lines.columns) - 1))
    if len(things) > WIDE:
        lines.add_row(
            f"{counted(len(things) - WIDE, 'more price')} in the JSON", *[""] * (len(lines.columns) - 1)
        )
    return lines


def _purchases(menu: Menu) -> Shown:
    """Over all histories of a period together."""
    when: dict[tuple[str, str, int, str], dict[str, None]] = {}
    for one in menu.buys:
        key = f"{one.agent}{_given(one.others)}", one.type, len(one.history), one.action
        when.setdefault(key, {}).update(dict.fromkeys(one.when))
    lines = table(["agent", "type", "period", "buys", "when she is"])
    endless = menu.mechanism.periods - 1 if menu.mechanism.stationary else None
    for (agent, own, t, action), types in list(when.items())[:LINES]:
        lines.add_row(agent, own, f"{t} on" if t == endless else str(t), action, _listed([*types]))
    if (left := len(when) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * 4)
    return lines if when else Text("nobody buys anything")


def notes(menu: Menu) -> Iterator[tuple[str, str]]:
    """Headings and sentences."""
    yield from menu.notes
    for stray in menu.strays[:LINES]:
        yield "Choice", _stray(stray)
    if (left := len(menu.strays) - LINES) > 0:
        yield "Choice", f"So do {left:,} more."
    for kind, why in menu.other_kinds.items():
        yield "Another kind", f"{KINDS[kind]} ({kind}): {why or 'what it needs holds here too'}."


def _stray(one: Stray) -> str:
    meant, takes = (
        "no contract" if place is None else f"contract {place + 1}" for place in (one.meant, one.takes)
    )
    gain = (
        f"has {money(one.gain)} more from it" if one.gain else "likes both as much, and the seller does not"
    )
    return f"{one.agent} {one.type}{_given(one.others)} takes {takes} in place of {meant}: she {gain}."


def _given(others: Mapping[str, str] | None) -> str:
    told = ", ".join(f"{name} {label}" for name, label in (others or {}).items())
    return f" ({told})" if told else ""


def _listed(names: Sequence[str]) -> str:
    left = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {left:,} more" if left > 0 else "")


def menu_columns(menu: Menu) -> Columns:
    """A row a contract: agent, what the others report, who takes it, fee, premium, prices."""
    return of_rows(_rows(menu))


def _rows(menu: Menu) -> Iterator[dict[str, Any]]:
    things = priced(menu)
    for place, one, k, contract in numbered(menu):
        yield {
            "agent": one.agent,
            **{f"{name} reports": label for name, label in (one.others or {}).items()},
            "contract": k + 1,
            "types": ", ".join(contract.types),
            "fee": contract.fee,
            "premium": contract.premium,
            **{thing.name: thing.row[place] for thing in things},
        }
