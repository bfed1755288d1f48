"""The participation notions by name, from the weakest promise to the strongest."""

from __future__ import annotations

from ....solvers.errors import InvalidInput
from .base import Participation, Promise
from .continuation import continuation
from .ex_post import ex_post
from .expected_continuation import expected_continuation
from .expected_period import expected_period
from .interim import interim
from .none import none
from .outside_efficient import outside_efficient
from .per_period import per_period
from .periodic import periodic
from .prefix import prefix

PARTICIPATIONS: dict[str, Participation] = {
    notion.name: notion
    for notion in (none, interim, periodic, outside_efficient, ex_post, prefix, per_period)
}

CHECKED_PARTICIPATIONS: dict[str, Participation] = {
    notion.name: notion for notion in (expected_period, expected_continuation, continuation)
}
"""Promises that mechanisms are checked for, and no program is compiled for."""


def read_participation(word: str | Participation) -> Participation:
    """The notion given or of that name; raises `InvalidInput` listing the words."""
    if isinstance(word, Participation):
        return word
    known = PARTICIPATIONS | CHECKED_PARTICIPATIONS
    if not isinstance(word, str) or word not in known:
        checked = f"by verify alone also {', '.join(CHECKED_PARTICIPATIONS)}"
        raise InvalidInput(f"participation: {word!r} is not one of {', '.join(PARTICIPATIONS)}; {checked}")
    return known[word]


__all__ = ["CHECKED_PARTICIPATIONS", "PARTICIPATIONS", "Participation", "Promise", "read_participation"]
