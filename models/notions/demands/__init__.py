"""What may be demanded, by the keys of a question that say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numerals import shown
from .anonymous import Anonymous, anonymous
from .base import Bounds, Demand, Demanded, Demands, MoneyDemand, check_demands
from .budget import BUDGETS, budget
from .payments import ON, payments

READ: dict[tuple[str, ...], Callable[..., Demand | None]] = {
    ("payments", "on"): payments,
    ("budget", "balanced"): budget,
    ("anonymous",): anonymous,
}
"""By the keys that a demand is said with."""


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
    given = [read(**{k: demands[k] for k in keys if k in demands}) for keys, read in READ.items()]
    return tuple(demand for demand in given if demand is not None)


def keys_of(demands: Demands) -> dict[str, Any]:
    """How a question says them, the words in one way."""
    return {key: word for demand in demands for key, word in demand.keys.items()}


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
    "MoneyDemand",
    "check_demands",
    "keys_of",
    "read_demands",
]
