"""What may be demanded, by the keys of a question that say it.

| keys | said in | rows | check |
|---|---|---|---|
| payments, on | `payments.py` | `compiler/money_rows.py` | `verification/money_check.py` |
| budget, balanced | `budget.py` | `compiler/money_rows.py` | `verification/money_check.py` |
| anonymous | `anonymous.py` | `compiler/anonymous_rows.py` | `verification/anonymous_check.py` |
| deterministic | `deterministic.py` | none, `compiler/columns.py` | `verification/deterministic_check.py` |
| rows | `row.py`, `own_row.py` | `compiler/own_rows.py` | `verification/own_row_check.py` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numerals import shown
from .anonymous import Anonymous, anonymous
from .base import Bounds, Demand, Demanded, Demands, demands_over
from .budget import BUDGETS, budget
from .deterministic import Deterministic, deterministic
from .money import MoneyDemand
from .own_row import OwnRow, rows
from .payments import ON, payments
from .row import Row

READ: dict[tuple[str, ...], Callable[..., Demand | Demands | None]] = {
    ("payments", "on"): payments,
    ("budget", "balanced"): budget,
    ("anonymous",): anonymous,
    ("rows",): rows,
    ("deterministic",): deterministic,
}
"""By the keys that a demand, or several of a kind, are said with."""


def read_demands(demands: Mapping[str, Any] | Demands | None) -> Demands:
    """The demands given, or those of the keys of a question.

    Raises `InvalidInput` for an unknown key, and for a value that is none.

    >>> read_demands({"payments": "nonnegative", "budget": "ex-post", "balanced": True})
    (MoneyDemand(name='payments nonnegative'), MoneyDemand(name='budget ex-post balanced'))
    """
    if demands is None:
        return ()
    if isinstance(demands, tuple) and all(isinstance(demand, Demand) for demand in demands):
        return demands
    if not isinstance(demands, Mapping):
        raise InvalidInput(f"demands: {shown(demands)} is no mapping of {', '.join(_known())} to words")
    for key in demands:
        if key not in _known():
            raise InvalidInput(f"demands: {shown(key)} is not one of {', '.join(_known())}")
    given: list[Demand] = []
    for keys, read in READ.items():
        more = read(**{k: demands[k] for k in keys if k in demands})
        given += more if isinstance(more, tuple) else () if more is None else (more,)
    return tuple(given)


def keys_of(demands: Demands) -> dict[str, Any]:
    """How a question says them, the words in one way."""
    keys: dict[str, Any] = {}
    for demand in demands:
        for key, word in demand.said.items():
            keys[key] = [*keys.get(key, ()), *word] if isinstance(word, list) else word
    return keys


def _known() -> list[str]:
    return [key for keys in READ for key in keys]


__all__ = [
    "BUDGETS",
    "ON",
    "READ",
    "Anonymous",
    "Bounds",
    "Demand",
    "Demanded",
    "Demands",
    "Deterministic",
    "MoneyDemand",
    "OwnRow",
    "Row",
    "demands_over",
    "keys_of",
    "read_demands",
]
