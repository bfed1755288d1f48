"""A menu that a person could offer: contracts to choose from, who takes which, and what it earns.

A *contract* is a fee now and a price for every action later; a bidder's is a fee for a premium, which is
added to her price when she wins. Whoever takes a contract then does what is best for her at its prices.

- `posted`: one buyer whose values separate: a price for every action at every history (KLN, Fig. 3);
- `option`: one buyer who learns more before she buys: a fee and a strike price (LN; Courty and Li);
- `handicap`: several bidders: a fee and a premium in a second price auction (LN; Esö and Szentes).

Money is of period 0 for fees and profits, of its own period for prices and premiums. KLN is Kakade, Lobel &
Nazerzadeh (2011), LN the lecture notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...solvers.numbers import Number
from ...solvers.short import Short
from ..answers.answer import Answer
from ..answers.plain import plain
from ..mechanism.mechanism import Mechanism

Price = tuple[tuple[str | None, ...], str, Number]
"""What was done in every period before, None for whatever it was; an action; what it costs then."""


@dataclass(frozen=True, eq=False, repr=False)
class Contract(Short):
    """types: first types who take it, by label; of nobody where they prefer others. premium: None where the
    good is sold at a price."""

    types: tuple[str, ...]
    fee: Number
    prices: tuple[Price, ...] = ()
    premium: Number | None = None

    def price(self, t: int, action: str) -> Number | None:
        """What an action costs in period t, None where it has no price, or one that depends on the past."""
        of_period = {price for before, what, price in self.prices if len(before) == t and what == action}
        return of_period.pop() if len(of_period) == 1 else None


@dataclass(frozen=True, eq=False, repr=False)
class AgentMenu(Short):
    """What one agent is offered. others: by agent what they report, None where that does not matter."""

    agent: str
    others: Mapping[str, str] | None
    contracts: tuple[Contract, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Excluded(Short):
    """Who takes no contract: an agent of a first type, at the others' reports."""

    agent: str
    type: str
    others: Mapping[str, str] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Purchase(Short):
    """Who buys what: an agent of a first type buys an action at a history of actions, being of one of the
    types `when` of that period. others: as in `AgentMenu`."""

    agent: str
    type: str
    others: Mapping[str, str] | None
    history: tuple[str | None, ...]
    action: str
    when: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Stray(Short):
    """Who does not take the contract that is meant for her. meant, takes: places in the list of contracts,
    from 0; None for none. gain: what she has more than in the one that is meant, at most."""

    agent: str
    type: str
    others: Mapping[str, str] | None
    meant: int | None
    takes: int | None
    gain: Number


@dataclass(frozen=True, eq=False, repr=False)
class Menu(Answer):
    """The whole answer.

    profit: what the menu earns when everybody takes the contract that is best for her and then does what is
    best for her, ties for the seller. profit_direct: the same by another route. mechanism: the direct
    mechanism of the menu, whose truth is those choices. bound: what no menu earns more than, None where none
    is known. strays: who takes another contract than was meant for her. notes: headings and sentences on what
    a person should know besides. other_kinds: why the other kinds of menu do not apply, None where
    one does.
    """

    kind: str
    instance: str
    menus: tuple[AgentMenu, ...]
    excluded: tuple[Excluded, ...]
    buys: tuple[Purchase, ...]
    profit: Number
    profit_direct: Number
    mechanism: Mechanism
    bound: Number | None = None
    strays: tuple[Stray, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    other_kinds: Mapping[str, str | None] = field(default_factory=dict)

    def _facts(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "instance": self.instance,
            "contracts": sum(len(menu.contracts) for menu in self.menus),
            "profit": self.profit,
        }


def menu_json(menu: Menu) -> dict[str, Any]:
    """The contract of ``menu X --json``."""
    listed = {
        "menus": [
            vars(one) | {"contracts": [_contract_json(contract) for contract in one.contracts]}
            for one in menu.menus
        ],
        "excluded": [vars(one) for one in menu.excluded],
        "buys": [vars(one) for one in menu.buys],
    }
    content: dict[str, Any] = plain(
        {"kind": menu.kind, **listed, "profit": menu.profit, "profit_direct": menu.profit_direct}
    )
    return content


def _contract_json(contract: Contract) -> dict[str, Any]:
    prices = [
        {"history": list(before), "action": action, "price": price}
        for before, action, price in contract.prices
    ]
    return vars(contract) | {"prices": prices}
