"""The families of the library, one file each."""

from __future__ import annotations

from ..family import Family
from . import (
    arrivals,
    asymmetric_auction,
    bandit_auction,
    continuous_signals,
    courty_li_uniform,
    give_then_spend,
    handicap_auction,
    interdependent_auction,
    items_over_time,
    kln_correlated,
    kln_nonseparable,
    kln_separable,
    licensing,
    liu_belief_manipulation,
    liu_licence,
    liu_single_licence,
    multi_task,
    myerson,
    progressive_screening,
    random_correlated,
    random_environment,
    random_items,
    scheduling,
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
    asymmetric_auction.FAMILY,
    liu_licence.FAMILY,
    liu_single_licence.FAMILY,
    liu_belief_manipulation.FAMILY,
    interdependent_auction.FAMILY,
    continuous_signals.FAMILY,
    scheduling.FAMILY,
    multi_task.FAMILY,
    licensing.FAMILY,
    bandit_auction.FAMILY,
    arrivals.FAMILY,
    items_over_time.FAMILY,
    give_then_spend.FAMILY,
    random_items.FAMILY,
    random_environment.FAMILY,
    random_correlated.FAMILY,
)
"""All families in the order in which they are listed."""

__all__ = ["FAMILIES"]
