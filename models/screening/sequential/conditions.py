"""What the theorems of sequential screening assume: each a named check, with where and by how much.

- "full support": every first type may have every value (lecture notes, preliminaries; by: the most that
  another first type gives to a value that this one never has);
- "first-order dominance": F_{k+1} ≤ F_k at every value; without it ψ is no bound;
- "monotone hazard": the hazard rate g / (1 − G) of first types rises (strictly);
- "hazard rate order": f_k / (1 − F_k) falls in the first type (word of caution, Li and Shi): the ratio of
  Pr(v or more | k + 1) to Pr(v or more | k) rises in v. It implies first-order dominance;
- "ψ rises in the value", "ψ rises in the first type": Theorem 3, at values of positive probability; by: the
  largest fall, in money of period 1.

ψ that rises in both makes strikes fall, which is what is needed (`options.py`): neither is necessary.
"""

from __future__ import annotations

import numpy as np

from ....solvers.numbers import Array, Bools, Ints, Number, show
from ...society.assumptions import Assumption
from ..virtual_levels import monotone_hazard
from .buyer import SequentialBuyer
from .virtual_value import VirtualValue


def conditions(virtual: VirtualValue) -> dict[str, Assumption]:
    """All of them, by name."""
    buyer = virtual.buyer
    return {
        "full support": full_support(buyer),
        "first-order dominance": dominance(buyer),
        "monotone hazard": monotone_hazard(buyer.environment.agents[0]),
        "hazard rate order": hazard_rate_order(buyer),
        "ψ rises in the value": rises_in_value(buyer, virtual.psi, "ψ", buyer.nothing(virtual.psi)),
        "ψ rises in the first type": rises_in_first_type(buyer, virtual.psi, "ψ", buyer.nothing(virtual.psi)),
    }


def full_support(buyer: SequentialBuyer) -> Assumption:
    """Whether every first type may have every value."""
    missing = np.where(buyer.support, buyer.numbers.zeros(1), buyer.chances.max(axis=0))
    return worst(buyer, missing, "others may have it, she never has", buyer.numbers.zero)


def dominance(buyer: SequentialBuyer) -> Assumption:
    """Whether each first type's values are distributed above those of the one before."""
    rises = buyer.tail[:-1, 1:-1] - buyer.tail[1:, 1:-1]
    return worst(
        buyer, rises, "the probability of no more is above that of the first type before", _rounding(buyer), 1
    )


def hazard_rate_order(buyer: SequentialBuyer) -> Assumption:
    """Whether ratios of tails rise from value to value, cross-multiplied: by is a probability."""
    tail = buyer.tail[:, :-1]
    falls = tail[1:, :-1] * tail[:-1, 1:] - tail[:-1, :-1] * tail[1:, 1:]
    return worst(buyer, falls, "the hazard rate is above that of the first type before", _rounding(buyer), 1)


def rises_in_value(buyer: SequentialBuyer, table: Array, what: str, nothing: Number) -> Assumption:
    """Whether a table (K, V) rises weakly along the values that each first type may have."""
    before, there = value_before(buyer)
    earlier = table[np.arange(len(table))[:, None], before]
    falls = np.where(there, earlier - table, -np.inf)
    return worst(buyer, falls, f"{what} is below that at the value before", nothing)


def rises_in_first_type(buyer: SequentialBuyer, table: Array, what: str, nothing: Number) -> Assumption:
    """Whether a table (K, V) rises weakly from each first type to the next that may have the same value."""
    before = _before(buyer.support.T).T
    earlier = table[before, np.arange(table.shape[1])]
    falls = np.where(buyer.support & (before >= 0), earlier - table, -np.inf)
    return worst(buyer, falls, f"{what} is below that of the first type before", nothing)


def value_before(buyer: SequentialBuyer) -> tuple[Ints, Bools]:
    """(K, V) index of the value before that each first type may have, and where there is one."""
    before = _before(buyer.support)
    return before, buyer.support & (before >= 0)


def worst(buyer: SequentialBuyer, amounts: Array, what: str, nothing: Number, first: int = 0) -> Assumption:
    """Whether no amount is positive; where the largest is. amounts: first types from `first` on, by value."""
    if not amounts.size or not (by := amounts.max()) > nothing:
        return Assumption(True)
    k, m = (int(index) for index in np.argwhere(amounts == by)[0])
    place = f"first type '{buyer.types[first + k]}', value {show(buyer.values[m])}"
    return Assumption(False, f"agent '{buyer.name}', {place}: {what}", buyer.numbers.number(by))


def _rounding(buyer: SequentialBuyer) -> Number:
    return buyer.numbers.slack(1)


def _before(flags: Bools) -> Ints:
    """Index of the last true entry before each entry of a row, -1 where there is none."""
    count = flags.shape[1]
    seen = np.maximum.accumulate(np.where(flags, np.arange(count), -1), axis=1)
    return np.concatenate([np.full((len(flags), 1), -1), seen[:, :-1]], axis=1)
