"""Propositions 3 to 7 of the lecture notes as checks of any mechanism, in their forms for finite types.

x(k, v) is the probability of a sale and t(k, v) the payment after first report k and second report v,
U_k what truth leaves, Û(l | k) what first type k gets by reporting l and then what is best. Derivatives are
intervals between neighbours, sums in money of period 0 but where it is said:

- "Proposition 3, monotone": x(k, ·) rises in the value;
- "Proposition 3, transfers": from one value to the next that k may have, t(k, ·) rises by between the lower
  and the higher value times the rise of x (money of period 1);
- "Proposition 4": U_{k+1} − U_k lies between Û(k | k+1) − U_k and U_{k+1} − Û(k+1 | k): neighbours do not
  gain by reporting one another;
- "Proposition 6": x(·, v) rises in the first type: enough for payments to exist, with dominance, not needed;
- "Proposition 7": the lowest first type is left with nothing less than 0; with dominance nobody else is.

Proposition 5 is 3 and 4 together. Only values count that the type reported may have, as truth leads nowhere
else. With 3, and where no pair of first types gains ("incentives in period 0"), a mechanism is incentive
compatible (Proposition 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Bools
from ....solvers.short import Short
from ...mechanism.mechanism import Mechanism
from ...society.assumptions import Assumption
from .buyer import SequentialBuyer
from .conditions import rises_in_first_type, rises_in_value, value_before, worst


@dataclass(frozen=True, eq=False, repr=False)
class Sold(Short):
    """What a mechanism does with one buyer: sells (K, Y) x and pays (K, Y) in period 1, entry (K,) in period
    0, each in money of its period."""

    buyer: SequentialBuyer
    sells: Array
    entry: Array
    pays: Array

    @cached_property
    def reached(self) -> Bools:
        """(K, Y) second types that the first report makes possible."""
        return np.asarray(self.buyer.moves > 0, dtype=np.bool_)

    def ends(self, table: Array) -> tuple[Array, Array]:
        """(K, V) the least and most of a table (K, Y) among reached second types of each value, 0 of none."""
        buyer = self.buyer
        ends = []
        for extreme, least in ((np.minimum, np.inf), (np.maximum, -np.inf)):
            kept = np.full((len(buyer.values), len(table)), least, table.dtype)
            extreme.at(kept, buyer.value_of, np.where(self.reached, table, least).T)
            ends.append(np.where(buyer.support, kept.T, buyer.numbers.zeros(1)))
        return ends[0], ends[1]

    @cached_property
    def later(self) -> Array:
        """(K, Y) what truth leaves in period 1."""
        return self.sells * self.buyer.values[self.buyer.value_of] - self.pays

    @cached_property
    def reports(self) -> Array:
        """(K, K) Û(l | k), at [k, l]: what first type k gets by reporting l."""
        buyer = self.buyer
        offers = buyer.values[:, None] * self.sells[:, None, :] - self.pays[:, None, :]  # (K, V, Y)
        best = np.where(self.reached[:, None, :], offers, -np.inf).max(axis=2)
        reports: Array = buyer.discount * (buyer.chances @ best.T) - self.entry
        return reports

    @cached_property
    def gains(self) -> Array:
        """(K, K) by how much more than truth each report leaves to each first type."""
        return self.reports - self.truth[:, None]

    @cached_property
    def truth(self) -> Array:
        """(K,) U."""
        truth: Array = self.buyer.discount * (self.buyer.moves * self.later).sum(axis=1) - self.entry
        return truth


def sold(buyer: SequentialBuyer, mechanism: Mechanism) -> Sold:
    """Read a mechanism of the buyer's environment. Raises `InvalidInput` where it does not fit."""
    mechanism.check(buyer.environment)
    same = mechanism.to_exact() if buyer.numbers.exact else mechanism.to_float()
    first, second = same.stages
    if first.next is None:
        raise InvalidInput("mechanism, period 0: 'next' is missing")
    memory = first.next[same.start, :, 0]
    sells, pays = second.allocation[memory, :, buyer.sale], second.transfers[0, memory]
    return Sold(buyer, sells, first.transfers[0, same.start], pays)


def propositions(buyer: SequentialBuyer, mechanism: Mechanism) -> dict[str, Assumption]:
    """Every check by name. Raises `InvalidInput` where the mechanism does not fit."""
    given = sold(buyer, mechanism)
    return {
        "Proposition 3, monotone": monotone_in_value(given),
        "Proposition 3, transfers": implied_transfers(given),
        "Proposition 4": neighbours(given),
        "Proposition 6": monotone_in_first_type(given),
        "Proposition 7": lowest(given),
        "incentives in period 0": every_report(given),
    }


def monotone_in_value(given: Sold) -> Assumption:
    """Proposition 3: whether x rises in the value."""
    least = given.ends(given.sells)[0]
    return rises_in_value(given.buyer, least, "the probability of a sale", given.buyer.numbers.slack(1))


def implied_transfers(given: Sold) -> Assumption:
    """Proposition 3: whether what truth leaves rises from value to value by no less than x at the lower one
    times the step and no more than x at the higher one times it; and is one number at one value."""
    buyer, rows = given.buyer, np.arange(len(given.sells))[:, None]
    least, most = given.ends(given.sells)
    low, high = given.ends(given.later)
    before, there = value_before(buyer)
    steps = buyer.values - buyer.values[before]
    short = most[rows, before] * steps - (low - high[rows, before])
    over = high - low[rows, before] - least * steps
    wrong = np.maximum(np.where(there, np.maximum(short, over), -np.inf), high - low)
    return worst(buyer, wrong, "the payment is not between what neighbours imply", buyer.nothing(given.pays))


def neighbours(given: Sold) -> Assumption:
    """Proposition 4: whether neighbouring first types gain by reporting one another."""
    own = np.arange(len(given.truth))
    far = abs(own[:, None] - own) != 1
    return _lie(given, np.where(far, -np.inf, given.gains))


def every_report(given: Sold) -> Assumption:
    """Whether any first type gains by reporting another."""
    own = np.arange(len(given.truth))
    return _lie(given, np.where(own[:, None] == own, -np.inf, given.gains))


def monotone_in_first_type(given: Sold) -> Assumption:
    """Proposition 6: whether x rises in the first type."""
    least = given.ends(given.sells)[0]
    return rises_in_first_type(given.buyer, least, "the probability of a sale", given.buyer.numbers.slack(1))


def lowest(given: Sold) -> Assumption:
    """Proposition 7: whether the lowest first type is left with nothing less than 0."""
    buyer, left = given.buyer, given.truth[0]
    if left >= -buyer.nothing(given.pays, given.entry):
        return Assumption(True)
    return Assumption(False, f"agent '{buyer.name}', first type '{buyer.types[0]}'", -left)


def _lie(given: Sold, gains: Array) -> Assumption:
    """Whether no first type gains by one of these reports (K, K)."""
    buyer, by = given.buyer, gains.max()
    if not by > buyer.nothing(given.pays, given.entry):
        return Assumption(True)
    k, lie = (int(index) for index in np.argwhere(gains == by)[0])
    where = f"agent '{buyer.name}', first type '{buyer.types[k]}' reports '{buyer.types[lie]}'"
    return Assumption(False, where, buyer.numbers.number(by))
