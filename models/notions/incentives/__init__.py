"""The incentive notions by name, from the loosest to the strictest, and one diagnostic."""

from __future__ import annotations

from ....solvers.errors import InvalidInput
from .base import Compares, Incentive, Information, Lies
from .bayesian import bayesian
from .every_future import every_future
from .ex_post import ex_post
from .first_order import first_order
from .none import none
from .per_period import per_period
from .relaxed import relaxed
from .report_independent import report_independent
from .types_public import types_public
from .virtual import virtual

INCENTIVES: dict[str, Incentive] = {
    notion.name: notion
    for notion in (none, virtual, relaxed, types_public, first_order, bayesian, ex_post, per_period)
}
CHECKED_INCENTIVES: dict[str, Incentive] = {
    notion.name: notion for notion in (report_independent, every_future)
}
"""Notions that mechanisms are checked for, and no program is compiled for."""
RUNGS = ("none", "virtual", "relaxed", "types-public", "first-order", "bayesian", "ex-post")
"""The ladder, in the order in which it is printed."""


def read_incentive(word: str | Incentive) -> Incentive:
    """The notion given or of that name; raises `InvalidInput` listing the words."""
    if isinstance(word, Incentive):
        return word
    known = INCENTIVES | CHECKED_INCENTIVES
    if not isinstance(word, str) or word not in known:
        checked = f"by verify alone also {', '.join(CHECKED_INCENTIVES)}"
        raise InvalidInput(f"incentives: {word!r} is not one of {', '.join(INCENTIVES)}; {checked}")
    return known[word]


__all__ = [
    "CHECKED_INCENTIVES",
    "INCENTIVES",
    "RUNGS",
    "Compares",
    "Incentive",
    "Information",
    "Lies",
    "read_incentive",
]
