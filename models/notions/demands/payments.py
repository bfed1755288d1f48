"""Demands on what agents pay: a word, or one for each agent named, in every period or on the path's total.

`free` asks nothing; `none`: no money; `nonnegative`: agents are never paid; `nonpositive`: they never pay;
``LOW..HIGH``: between the two, like ``0..1/2``. ``on: period`` (the default) is about p^i(m, r) of every
period, ``on: path`` about Σ_t δ^t p^i_t, in money of period 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ....solvers.errors import InvalidInput
from ....solvers.numbers import number
from ....solvers.numerals import shown
from .base import Bounds, Demanded
from .money import MoneyDemand

BOUNDS: dict[str, Bounds] = {
    "free": (None, None),
    "none": (Fraction(0), Fraction(0)),
    "nonnegative": (Fraction(0), None),
    "nonpositive": (None, Fraction(0)),
}
"""By word; ``LOW..HIGH`` beside them."""
ON = {"period": Demanded.PAID_PERIOD, "path": Demanded.PAID_PATH}


def payments(payments: Any = "free", on: Any = "period") -> MoneyDemand | None:
    """The demand that these keys of a question make, None where payments are free.

    Raises `InvalidInput` for a word that is none, bounds that exclude each other, and ``on: path`` alone.
    """
    if not isinstance(on, str) or on not in ON:
        raise InvalidInput(f"demands, on: {shown(on)} is not one of {', '.join(ON)}")
    given = payments if isinstance(payments, Mapping) else {"": payments}
    words: dict[str, str] = {}
    for agent, word in given.items():
        if not isinstance(agent, str) or (not agent and given is payments):
            raise InvalidInput(f"demands, payments: {shown(agent)} is no agent's name")
        text, bounds = _read(word, agent)
        if bounds != BOUNDS["free"]:
            words[agent] = text
    if not words:
        if on != "period":
            raise InvalidInput(f"demands, on: {on!r} says where payments are bounded, and they are free")
        return None
    everybody = not isinstance(payments, Mapping)
    said = words[""] if everybody else ", ".join(f"{agent}={word}" for agent, word in words.items())
    keys: dict[str, Any] = {"payments": words[""] if everybody else words}
    if on == "path":
        keys["on"] = on
    name = f"payments {said}{' on path' if on == 'path' else ''}"
    return MoneyDemand(name, ON[on], keys, {agent: _read(word, agent)[1] for agent, word in words.items()})


def _read(word: Any, agent: Any) -> tuple[str, Bounds]:
    """(the word as it is written, its bounds)."""
    where = f"demands, payments of agent '{agent}'" if agent else "demands, payments"
    if isinstance(word, str) and word in BOUNDS:
        return word, BOUNDS[word]
    low, dots, high = word.partition("..") if isinstance(word, str) else ("", "", "")
    if not dots:
        raise InvalidInput(f"{where}: {shown(word)} is not one of {', '.join(BOUNDS)}, LOW..HIGH")
    least, most = number(low, where), number(high, where)
    if least > most:
        raise InvalidInput(f"{where}: nothing is between {least} and {most}")
    return ("none" if least == most == 0 else f"{least}..{most}"), (least, most)
