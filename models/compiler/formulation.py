"""The ways to write one question down as a program, by name.

A formulation is one word for what becomes of payments, and further words for its rows and messages, joined
by ``+``: ``textbook``, ``utilities+local``, ``utilities+thresholds+lazy``. They change what the program looks
like and how long it takes, never its value.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...solvers.errors import InvalidInput

RECURSION = "recursion"
"""Stands alone: no program over histories, but bounds by recursion over rents (`models/recursion`)."""
FORMULATIONS = {
    "auto": "the fastest whose conditions hold, named in the answer",
    "utilities": "payments replaced by the utilities that truth earns",
    "aggregated": "nothing private is learnt after period 0: one row a pair of first types",
    "textbook": "payments in the last period",
    "per-period": "a payment in every period",
    "local": "only neighbouring reports wherever single crossing holds, else all pairs",
    "thresholds": "one agent's last binary decision as a mixture of posted prices",
    "lazy": "rows only once they are violated",
    "nearest": "one period: reports of types near in value, further rows only once they are violated",
    "full-reports": "reports of probability zero too",
    RECURSION: "one agent's rents, on other rungs her plans, in place of histories: two bounds",
}
PAYMENTS = ("utilities", "aggregated", "textbook", "per-period")
MODIFIERS = ("local", "thresholds", "lazy", "nearest", "full-reports")


@dataclass(frozen=True)
class Formulation:
    """payments: `utilities`, `aggregated`, `textbook` or `per-period`; the rest are the further words."""

    payments: str
    local: bool = False
    thresholds: bool = False
    lazy: bool = False
    nearest: bool = False
    full_reports: bool = False

    @property
    def name(self) -> str:
        """The words joined by ``+``, as they can be asked for again."""
        further = (word for word in MODIFIERS if getattr(self, word.replace("-", "_")))
        return "+".join([self.payments, *further])


def read_formulation(word: str) -> tuple[str | None, frozenset[str]]:
    """(word for payments or None, further words); ``auto`` is (None, none).

    Raises `InvalidInput` for unknown words and for words that exclude each other.

    >>> read_formulation("textbook+lazy")
    ('textbook', frozenset({'lazy'}))
    """
    if word == "auto":
        return None, frozenset()
    words = word.split("+") if isinstance(word, str) else [word]
    for part in words:
        if part not in FORMULATIONS:
            raise InvalidInput(f"formulation: {part!r} is not one of {', '.join(FORMULATIONS)}")
    if word == RECURSION:
        return RECURSION, frozenset()
    alone = next((part for part in ("auto", RECURSION) if part in words), None)
    if alone is not None:
        raise InvalidInput(f"formulation {word!r}: '{alone}' stands alone")
    twice = next((part for part in words if words.count(part) > 1), None)
    if twice is not None:
        raise InvalidInput(f"formulation {word!r}: {twice!r} is said twice")
    payments = [part for part in words if part in PAYMENTS]
    if len(payments) > 1:
        raise InvalidInput(f"formulation {word!r}: {payments[0]!r} and {payments[1]!r} exclude each other")
    if {"lazy", "nearest"} <= set(words):
        raise InvalidInput(f"formulation {word!r}: 'lazy' and 'nearest' exclude each other")
    return (payments[0] if payments else None), frozenset(words) - set(payments)
