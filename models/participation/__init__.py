"""The participation notions by name, from the weakest promise to the strongest."""

from __future__ import annotations

from ...solvers.errors import InvalidInput
from .base import Participation, Promise
from .ex_post import ex_post
from .interim import interim
from .none import none
from .per_period import per_period
from .periodic import periodic
from .prefix import prefix

PARTICIPATIONS: dict[str, Participation] = {
    notion.name: notion for notion in (none, interim, periodic, ex_post, prefix, per_period)
}


def participation(word: str) -> Participation:
    """The notion of that name; raises `InvalidInput` listing the words."""
    if word not in PARTICIPATIONS:
        raise InvalidInput(f"participation: {word!r} is not one of {', '.join(PARTICIPATIONS)}")
    return PARTICIPATIONS[word]


__all__ = ["PARTICIPATIONS", "Participation", "Promise", "participation"]
