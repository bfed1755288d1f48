"""Auctions in which the highest score wins: allocation and payments without enumerating profiles.

Each type of each buyer has a score, nondecreasing in her value; the highest score wins, and among equal ones
the buyer who comes first in a given order. Myerson's auction has the ironed virtual values as scores, the
second-price auction the values, capped money burning scaled virtual values for utility. As buyers are
independent, a type wins with probability

    x_i(θ_j) = Π_{k ≠ i} Pr[buyer k comes behind (score_i(θ_j), i)],

a product of N − 1 numbers, however many profiles there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm, prod
from typing import Literal, TypeAlias

import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED, arithmetic, arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number, is_exact, objects, show, to_float, total
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism, Stage
from .market import Market

PaymentRule: TypeAlias = Literal["largest", "smallest"]
"""Which payments go with an allocation: a winner pays the smallest value with which she would still win, or
the largest with which she would lose (0 where there is none)."""

MAX_ENTRIES = 2_000_000
"""Most numbers of a `Mechanism` that lists all profiles of types."""


@dataclass(frozen=True, eq=False, repr=False)
class HighestScore(Answer):
    """The auction of a market, given the scores of every type.

    scores: per buyer (K_i,), nondecreasing. served: per buyer (K_i,) booleans, types that may win at all,
    an upper set of her types; None: all. order: buyers from first to last in ties; None: as they are listed.
    payments: see `PaymentRule`. Raises `InvalidInput` for scores that decrease and orders that are none.
    """

    market: Market
    scores: tuple[Array, ...]
    served: tuple[Bools, ...] | None = None
    order: tuple[int, ...] | None = None
    payments: PaymentRule = "largest"

    def __post_init__(self) -> None:
        count = len(self.market.buyers)
        if sorted(self.priority) != list(range(count)):
            raise InvalidInput(f"order {list(self.priority)} does not name each of {count} buyers once")
        for name, scores in zip(self.market.names, self.scores, strict=True):
            for k in np.flatnonzero(scores[1:] < scores[:-1]):
                raise InvalidInput(
                    f"'{name}': score {show(scores[k + 1])} of type {k + 1} is below {show(scores[k])} of "
                    f"type {k}; the highest score can win only where scores do not decrease"
                )

    def _facts(self) -> dict[str, object]:
        return {"instance": self.market.instance, "payments": self.payments}

    @property
    def priority(self) -> tuple[int, ...]:
        """The buyers from first to last in ties."""
        return tuple(range(len(self.market.buyers))) if self.order is None else self.order

    @cached_property
    def keys(self) -> tuple[Ints, ...]:
        """Scores and order in one: per buyer (K_i,) integers, the highest key wins; -1 where not served."""
        count = len(self.scores)
        ranks = score_ranks(np.concatenate(self.scores))
        bonus = np.empty(count, dtype=np.int64)
        bonus[list(self.priority)] = np.arange(count)[::-1]
        by_buyer, start = [], 0
        for i, scores in enumerate(self.scores):
            keys = ranks[start : start + scores.size].astype(np.int64) * count + bonus[i]
            start += scores.size
            by_buyer.append(keys if self.served is None else np.where(self.served[i], keys, -1))
        return tuple(by_buyer)

    @cached_property
    def allocation(self) -> tuple[Array, ...]:
        """The probability of winning by type, per buyer (K_i,)."""
        keys = self.keys
        flat = self.market.behind.wins(keys, *self._entries)
        chances = np.split(flat, np.cumsum([own.size for own in keys])[:-1])
        return tuple(np.where(own >= 0, x, x * 0) for own, x in zip(keys, chances, strict=True))

    @property
    def _entries(self) -> tuple[Ints, Ints]:
        """All keys in one line, and whose each is."""
        owner = np.repeat(np.arange(len(self.keys)), [own.size for own in self.keys])
        return np.concatenate(self.keys), owner

    def captured(self, worth: WeightedWorth) -> Array:
        """``E[worth_i(θ_i); buyer i wins]`` per buyer (N,)."""
        keys, owner = self._entries
        counts = self.market.behind.counts(self.keys, keys, owner)
        sums = np.add.reduceat(np.where(keys >= 0, worth.weights * counts, 0), worth.starts)
        return worth.over(sums, self.market.behind.whole)

    @cached_property
    def utilities(self) -> tuple[Array, ...]:
        """Expected utility by type, per buyer (K_i,)."""
        return tuple(
            utilities_by_type(buyer.values, x, self.payments)
            for buyer, x in zip(self.market.buyers, self.allocation, strict=True)
        )

    @cached_property
    def transfers(self) -> tuple[Array, ...]:
        """Expected payment by type, per buyer (K_i,)."""
        return tuple(
            buyer.values * x - u
            for buyer, x, u in zip(self.market.buyers, self.allocation, self.utilities, strict=True)
        )

    @property
    def revenue(self) -> Number:
        """Expected revenue."""
        return total(self._means(self.transfers))

    @property
    def welfare(self) -> Number:
        """Expected value of who gets the good."""
        return total(
            self._means([b.values * x for b, x in zip(self.market.buyers, self.allocation, strict=True)])
        )

    @property
    def expected_utilities(self) -> tuple[Number, ...]:
        """Expected utility before the type is known, per buyer."""
        return tuple(self._means(self.utilities))

    def _means(self, by_type: Sequence[Array]) -> list[Number]:
        means = ((b.probabilities * y).sum() for b, y in zip(self.market.buyers, by_type, strict=True))
        return [mean if isinstance(mean, Fraction) else float(mean) for mean in means]

    def winner(self, profiles: Ints) -> Ints:
        """Who wins at profiles (..., N) of type indices: buyers' indices (...), -1 where nobody."""
        bids = np.stack([own[profiles[..., i]] for i, own in enumerate(self.keys)], axis=-1)
        first: Ints = np.where(bids.max(axis=-1) >= 0, bids.argmax(axis=-1), -1)
        return first

    def prices(self, profiles: Ints) -> Array:
        """What the winner pays at profiles (..., N) of type indices: (...), 0 where nobody wins."""
        bids = np.stack([own[profiles[..., i]] for i, own in enumerate(self.keys)], axis=-1)
        winner = self.winner(profiles)
        paid = arithmetic(self.market.exact).zeros(winner.shape)
        for i, (buyer, own) in enumerate(zip(self.market.buyers, self.keys, strict=True)):
            rivals = np.delete(bids, i, axis=-1).max(axis=-1, initial=-1)
            least = np.searchsorted(own, rivals, side="right")  # the first type whose key is higher
            table = buyer.values
            if self.payments == "smallest":
                table = np.concatenate([arithmetic(buyer.exact).zeros(1), buyer.values[:-1]])
            mine = winner == i
            paid[mine] = table[least[mine]]
        return paid

    def mechanism(self, env: Environment, shares: Sequence[Number] | None = None) -> Mechanism:
        """The auction as a `Mechanism` of the environment that the market was read from.

        shares: per buyer the probability with which she really gets, and pays, what she won; None: 1. Every
        profile of types has an entry, so this is for small markets. Raises `TooLarge`.
        """
        sizes = env.types(self.market.period)
        entries = prod(map(float, sizes)) * (env.num_actions(self.market.period) + len(sizes))
        if entries > MAX_ENTRIES:
            raise TooLarge(
                f"a mechanism for '{env.name}' would have {entries:.3g} entries, more than {MAX_ENTRIES:,}"
            )
        digits = np.stack(np.meshgrid(*[np.arange(k) for k in sizes], indexing="ij"), axis=-1)
        # A buyer to whom no action sells counts as one type.
        capped = np.minimum(digits, np.array([buyer.size - 1 for buyer in self.market.buyers]))
        winner, price = self.winner(capped), self.prices(capped)
        exact = self.market.exact
        allocation = arithmetic(exact).zeros((1, *sizes, env.num_actions(self.market.period)))
        transfers = arithmetic(exact).zeros((len(sizes), 1, *sizes))
        allocation[0, ..., self.market.keep] += 1
        for i, buyer in enumerate(self.market.buyers):
            if buyer.action is None:
                continue
            share = 1 if shares is None else shares[i]
            mine = winner == i
            allocation[0, ..., buyer.action][mine] += share
            allocation[0, ..., self.market.keep][mine] -= share
            transfers[i, 0][mine] = share * price[mine]
        return Mechanism(env.name, (Stage(allocation, transfers),))


def utilities_by_type(values: Array, allocation: Array, payments: PaymentRule) -> Array:
    """Utility by type (K,) of a nondecreasing interim allocation (K,) under the payments named.

    Largest payments: type j is left Σ_{k<j} (θ_{k+1} − θ_k) x_k. Smallest payments that are not negative:
    Σ_{k≤j} (θ_k − θ_{k−1}) x_k with θ_0 = 0.
    """
    start = arithmetic_of(values).zeros(1)
    if payments == "smallest":
        kept: Array = np.cumsum(np.diff(values, prepend=start) * allocation)
        return kept
    return np.concatenate([start, np.cumsum(np.diff(values) * allocation[:-1])])


class WeightedWorth:
    """What winning is worth to each type times her probability: floats, or integers over a common one."""

    def __init__(self, market: Market, worth: Sequence[Array]) -> None:
        """Take `worth`, per buyer (K_i,), in the arithmetic of the market."""
        sizes = [buyer.size for buyer in market.buyers]
        self.exact = market.exact
        self.starts: Ints = np.cumsum([0, *sizes[:-1]])
        self._wholes: list[int] = []
        parts = []
        for buyer, each in zip(market.buyers, worth, strict=True):
            weights = buyer.probabilities * each
            if self.exact:
                whole = lcm(*(w.denominator for w in weights))
                self._wholes.append(whole)
                weights = np.array([int(w * whole) for w in weights], dtype=object)
            parts.append(weights)
        self.weights: Array = np.concatenate(parts)

    def over(self, sums: Array, whole: int) -> Array:
        """Sums (N,) of these weights times counts, divided by the denominators of both."""
        if not self.exact:
            return sums
        return objects(Fraction(int(n), own * whole) for n, own in zip(sums, self._wholes, strict=True))


def score_ranks(scores: Array, exactly: Callable[[Ints], Array] | None = None) -> Ints:
    """Positions (M,) of scores among the different ones; floats that differ by rounding count as one.

    Rationals are sorted by their nearest floats, and compared as they are only where those are close; so are
    floats for which `exactly` gives the rationals, by indices, that they stand for.
    """
    if is_exact(scores):
        return score_ranks(to_float(scores), lambda at: scores[at])
    order = np.argsort(scores, kind="stable")
    steps = np.diff(scores[order], prepend=scores[order[:1]])
    apart = ~DOUBLE.negligible(steps, np.abs(scores).max(), ROUNDED)
    if exactly is not None:
        starts = np.flatnonzero(apart | (np.arange(order.size) == 0))
        for start, stop in zip(starts, [*starts[1:], order.size], strict=True):
            if stop - start == 1 or not scores[order[start:stop]].any():
                continue
            run = exactly(order[start:stop])
            inside = np.argsort(run, kind="stable")
            order[start:stop] = order[start:stop][inside]
            apart[start + 1 : stop] = run[inside][1:] != run[inside][:-1]
    ranks = np.empty(order.size, dtype=np.int64)
    ranks[order] = np.cumsum(apart)
    return ranks
