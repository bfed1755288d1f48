"""Options for each first type: a fee now, for the right to buy later at a strike price (lecture notes).

Whatever strikes p_k are offered, in period 1 truth is best (Proposition 3), and in period 0 what remains is
the fee: first type j reports k for w(j, k) = δ S_j(p_k) less its fee. Fees t hold everybody to the truth, and
in, if and only if

    t_k ≤ w(k, k),        t_k ≤ t_l + w(k, k) − w(k, l),

so that the largest are shortest paths, and there are some unless a cycle of lies gains whatever is charged
(Rochet; two lies are not always enough). With first-order dominance the path through all first types below,

    t_k = t_{k−1} + w(k, k) − w(k, k − 1),        t_0 = w(0, 0),

is the notes' implied fee (Propositions 4 and 5); it is truthful if and only if sums of δ D along it are no
larger for the strike of a lie than for own strikes, *integral monotonicity*,

    Σ_{m ≤ j < k} (D_j(p_j) − D_j(p_m)) ≥ 0,      Σ_{m ≤ j < k} (D_j(p_k) − D_j(p_j)) ≥ 0      for all m < k.

Falling strikes make every term nonnegative (Proposition 6); nobody stays away if the lowest does not
(Proposition 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Ints, Number, objects, show
from ....solvers.short import Short
from ...mechanism.mechanism import Mechanism, Stage
from ...notions.incentives import read_incentive
from ...notions.participation import read_participation
from ...payments.cycles import negative_ring
from ...society.assumptions import Assumption
from ...verification.verdict import Verdicts
from ...verification.verify import judge
from .buyer import SequentialBuyer


@dataclass(frozen=True, eq=False, repr=False)
class OptionMenu(Short):
    """An option for each first type. strikes (K,): indices of values, V for an option that is never used."""

    buyer: SequentialBuyer
    strikes: Ints

    def _facts(self) -> dict[str, object]:
        return {"instance": self.buyer.environment.name, "profit": self.profit}

    @property
    def prices(self) -> list[Number | None]:
        """Strike prices, in money of period 1; None where nothing is sold."""
        values = self.buyer.values.tolist()
        return [values[m] if m < len(values) else None for m in self.strikes.tolist()]

    @cached_property
    def worth(self) -> Array:
        """(K, K) w(j, k), in money of period 0, as everything below."""
        return self.buyer.discount * self.buyer.worth[:, self.strikes]

    @cached_property
    def implied(self) -> Array:
        """(K,) fees along the path through all first types below."""
        return implied_fees(self.worth)

    @cached_property
    def fees(self) -> Array | None:
        """(K,) the largest fees that hold everybody to the truth and in; None where there are none."""
        return largest_fees(self.worth, self.nothing)

    @cached_property
    def cycle(self) -> Assumption:
        """Whether there are fees; where not, lies that gain together, and how much, of period 0."""
        if self.fees is not None:
            return Assumption(True)
        count, lengths = len(self.worth), np.diagonal(self.worth)[:, None] - self.worth
        beyond = lengths + self.nothing / (2 * count)  # a ring of what rounding leaves is none
        ring = negative_ring(beyond.T, range(count), 0)[:0:-1]
        lowest = ring.index(min(ring))
        ring = [*ring[lowest:], *ring[: lowest + 1]]
        gain = -sum((lengths[a, b] for a, b in pairwise(ring)), self.buyer.numbers.zero)
        names = " → ".join(self.buyer.types[k] for k in ring)
        return self._fails(f"first types {names}: reports of the next", gain)

    @cached_property
    def falling(self) -> Assumption:
        """Proposition 6: whether no first type has a higher strike than the one before; by: the largest rise,
        up to the highest value where nothing is sold."""
        values = self.buyer.values
        rises = np.diff(values[np.minimum(self.strikes, len(values) - 1)])
        worse = np.flatnonzero(np.diff(self.strikes) > 0)
        if not worse.size:
            return Assumption(True)
        k = int(worse[rises[worse].argmax()])
        before, after = ("nothing is sold" if p is None else show(p) for p in self.prices[k : k + 2])
        types = self.buyer.types
        where = f"strikes rise from first type '{types[k]}' to '{types[k + 1]}': {before}, then {after}"
        return self._fails(where, rises[k])

    @cached_property
    def integral_monotonicity(self) -> Assumption:
        """Whether the implied fees are truthful; by: the largest gain from a lie, of period 0."""
        own = np.diagonal(self.worth)
        gains = (self.worth - self.implied) - (own - self.implied)[:, None]
        if not (by := gains.max()) > self.nothing:
            return Assumption(True)
        j, k = (int(index) for index in np.argwhere(gains == by)[0])
        types = self.buyer.types
        return self._fails(f"first type '{types[j]}' reports '{types[k]}'", by)

    def _fails(self, where: str, by: Number) -> Assumption:
        return Assumption(False, f"agent '{self.buyer.name}', {where}", self.buyer.numbers.number(by))

    @property
    def nothing(self) -> Number:
        """The most that is nothing beside what is at stake; 0 over the rationals."""
        return self.buyer.nothing(self.worth)

    @cached_property
    def sold(self) -> Array:
        """(K,) probability that each first type buys."""
        return self.buyer.tail[np.arange(len(self.strikes)), self.strikes]

    @cached_property
    def rents(self) -> Array | None:
        """(K,) what is left to each first type; None without fees."""
        return None if self.fees is None else np.diagonal(self.worth) - self.fees

    @cached_property
    def profit(self) -> Number | None:
        """Of the seller; None without fees."""
        if self.fees is None:
            return None
        buyer = self.buyer
        later = [chance * (price - buyer.cost) for chance, price in self._used]
        return buyer.numbers.number(buyer.prior @ (self.fees + buyer.discount * _array(buyer, later)))

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """Reports in place of options: the first chooses, the second uses it or not; None without fees."""
        if self.fees is None:
            return None
        env, numbers, count = self.buyer.environment, self.buyer.numbers, len(self.strikes)
        buys = self.buyer.value_of >= self.strikes[:, None]  # (K, Y)
        prices = _array(self.buyer, [price for _, price in self._used])
        sells = np.stack([buys == (a == self.buyer.sale) for a in (0, 1)], axis=-1)
        first = Stage(
            numbers.ones((1, count, 1)),
            self.fees[None, None, :],
            np.arange(count, dtype=np.int64)[None, :, None],
        )
        paid = np.where(buys, prices[:, None], numbers.zeros(1))
        second = Stage(numbers.array(sells.astype(np.float64)), paid[None])
        return Mechanism(env.name, (first, second))

    @cached_property
    def verdicts(self) -> Verdicts | None:
        """The judge's, on every lie in both periods, and on who stays away."""
        if self.mechanism is None:
            return None
        words = read_incentive("bayesian"), read_participation("interim")
        return judge(self.buyer.environment, self.mechanism, *words)

    @property
    def _used(self) -> list[tuple[Number, Number]]:
        """Probability and strike price of every option, 0 and 0 where nothing is sold."""
        zero = self.buyer.numbers.zero
        return [
            (zero, zero) if price is None else (chance, price)
            for chance, price in zip(self.sold.tolist(), self.prices, strict=True)
        ]


def implied_fees(worth: Array) -> Array:
    """(K,) fees that leave nothing to the lowest, and everybody indifferent to the report just below."""
    own = np.arange(len(worth))
    steps = np.diagonal(worth).copy()
    steps[1:] -= worth[own[1:], own[:-1]]
    return np.cumsum(steps)


def largest_fees(worth: Array, nothing: Number) -> Array | None:
    """(K,) shortest paths of w(j, k), worth (K, K); None where a cycle is negative."""
    own = np.diagonal(worth)
    fees: Array = np.minimum(implied_fees(worth), own)
    for _ in range(len(fees) + 1):
        least = (fees - worth).min(axis=1) + own
        lower = least < fees - nothing
        if not lower.any():
            return fees
        fees = np.where(lower, least, fees)
    return None


def options(buyer: SequentialBuyer, prices: Sequence[Number | None]) -> OptionMenu:
    """Options at strike prices that are given, one a first type, None where nothing is sold.

    A price between two values is raised to the next, which sells to the same types and leaves least to the
    others. Raises `InvalidInput` where they are not one for each first type.
    """
    count = len(buyer.types)
    if len(prices) != count:
        raise InvalidInput(f"strike prices: {len(prices)} for the {count} first types of '{buyer.name}'")
    below = [len(buyer.values) if p is None else int((buyer.values < p).sum()) for p in prices]
    return OptionMenu(buyer, np.array(below, dtype=np.int64))


def _array(buyer: SequentialBuyer, numbers: Sequence[Number]) -> Array:
    return objects(numbers) if buyer.numbers.exact else np.array(numbers, dtype=np.float64)
