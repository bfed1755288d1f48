"""The incentive notions by name, from the loosest to the strictest, and one diagnostic."""

from __future__ import annotations

from ...solvers.errors import InvalidInput
from .base import Incentive, Information, Lies
from .bayesian import bayesian
from .ex_post import ex_post
from .first_order import first_order
from .none import none
from .per_period import per_period
from .relaxed import relaxed
from .types_public import types_public
from .virtual import virtual

INCENTIVES: dict[str, Incentive] = {
    notion.name: notion
    for notion in (none, virtual, relaxed, types_public, first_order, bayesian, ex_post, per_period)
}
RUNGS = ("none", "virtual", "relaxed", "types-public", "first-order", "bayesian", "ex-post")
"""The ladder, in the order in which it is printed."""


def incentive(word: str) -> Incentive:
    """The notion of that name; raises `InvalidInput` listing the words."""
    if word not in INCENTIVES:
        raise InvalidInput(f"incentives: {word!r} is not one of {', '.join(INCENTIVES)}")
    return INCENTIVES[word]


__all__ = ["INCENTIVES", "RUNGS", "Incentive", "Information", "Lies", "incentive"]
