"""The families of the library, one file each."""

from __future__ import annotations

from ..family import Family
from . import (
    courty_li_uniform,
    handicap_auction,
    kln_correlated,
    kln_nonseparable,
    kln_separable,
    myerson,
    progressive_screening,
    random_environment,
    sequential_screening,
    sponsored_search,
    supply_chain,
    two_period_screening,
    two_type_markov,
)

FAMILIES: tuple[Family, ...] = (
    kln_nonseparable.FAMILY,
    kln_correlated.FAMILY,
    kln_separable.FAMILY,
    sponsored_search.FAMILY,
    supply_chain.FAMILY,
    sequential_screening.FAMILY,
    courty_li_uniform.FAMILY,
    two_period_screening.FAMILY,
    handicap_auction.FAMILY,
    two_type_markov.FAMILY,
    progressive_screening.FAMILY,
    myerson.FAMILY,
    random_environment.FAMILY,
)
"""All families in the order in which they are listed."""

__all__ = ["FAMILIES"]
