"""What first types are worth to the seller: the virtual value ψ of the lecture notes, and strike prices.

By first-order dominance a higher first type values every option more, D_k ≥ 0, and all that binds is that
she must not gain by the report just below. Whoever offers first type k the strike p then leaves D_k(p) to
everybody above, and earns

    R_k(p) = E[(v − c) 1{v ≥ p} | k] − (1 − G_k) / g_k · D_k(p)

from her. That is a sum of ψ_k(v) − c over the values served, with v⁺ the next value that type k may have,

    ψ_k(v) = v − (1 − G_k) / (g_k f_k(v)) · (D_k(v) − D_k(v⁺))
           = v − (1 − G_k) / (g_k f_k(v)) · ∫ (F_k − F_{k+1}) dv from v to v⁺,

the notes' θ_1 + (1 − G)/g · (∂F/∂θ_0)/f where every value has positive probability. A lie leads to values
that k never has; there the liar is served as the next value below that k may have.

- *Strike rule*: for each first type the strike of the largest R_k, with rising ψ_k a lowest value that has
  ψ_k ≥ c (Theorem 3). Their mean Σ g_k R_k is a bound on every mechanism's profit.
- *Falling strikes*: the best strikes that fall (weakly) in the first type, which can always be paid for
  (Proposition 6). Where the strike rule's fall, they are these.

Of strikes that are equally good the highest that falls is taken: the fewest sales, and least for those above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....solvers.numbers import Array, Bools, Ints, Number
from ....solvers.short import Short
from .buyer import SequentialBuyer


@dataclass(frozen=True, eq=False, repr=False)
class VirtualValue(Short):
    """ψ and R of a buyer. A strike is the index of a value, V where nothing is sold."""

    buyer: SequentialBuyer

    @cached_property
    def profits(self) -> Array:
        """(K, V + 1) R_k, in money of period 1."""
        buyer = self.buyer
        rents = buyer.inverse_hazard[:, None] * buyer.advantage
        profits: Array = buyer.surplus - rents
        return profits

    @cached_property
    def psi(self) -> Array:
        """(K, V) ψ_k, 0 at values that type k never has (`SequentialBuyer.support`)."""
        buyer, support = self.buyer, self.buyer.support
        rows = np.arange(len(support))[:, None]
        left = buyer.advantage[:, :-1] - buyer.advantage[rows, _next(support)]
        share = buyer.inverse_hazard[:, None] / buyer.numbers.divisor(buyer.chances)
        psi: Array = np.where(support, buyer.values - share * left, buyer.numbers.zeros(1))
        return psi

    @cached_property
    def virtual_surplus(self) -> Number:
        """Σ g f max(ψ − c, 0), of period 0: sales wherever they earn, whether or not they can be had."""
        buyer = self.buyer
        earned = buyer.chances * np.maximum(self.psi - buyer.cost, buyer.numbers.zeros(1))
        return buyer.money(buyer.prior @ earned.sum(axis=1))

    @cached_property
    def bound(self) -> Number:
        """Σ g_k max R_k, of period 0: an upper bound wherever first-order dominance holds."""
        return self.buyer.money(self.buyer.prior @ self.profits.max(axis=1))

    @cached_property
    def rule(self) -> Ints:
        """(K,) the strike rule."""
        best, falling = self.profits.max(axis=1), self.falling
        if (best - self.profits[np.arange(len(best)), falling] <= self._nothing).all():
            return falling
        return _last(self.profits >= best[:, None] - self._nothing)

    @cached_property
    def falling(self) -> Ints:
        """(K,) the falling strikes: backwards, what this type and all above earn by strikes up to each."""
        earned = self.buyer.prior[:, None] * self.profits
        later, chosen = self.buyer.numbers.zeros(earned.shape[1]), []
        for row in earned[::-1]:
            total = row + later
            later = np.maximum.accumulate(total)
            best = np.where(total >= later - self._nothing, np.arange(len(total)), 0)
            chosen.append(np.maximum.accumulate(best))
        strikes, most = [], len(later) - 1
        for best in chosen[::-1]:
            most = int(best[most])
            strikes.append(most)
        return np.array(strikes, dtype=np.int64)

    @cached_property
    def _nothing(self) -> Number:
        return self.buyer.nothing(self.profits)


def _next(support: Bools) -> Ints:
    """(K, V) index of the next value that each type may have, V where there is none."""
    count = support.shape[1]
    own = np.where(support, np.arange(count), count)
    ahead = np.minimum.accumulate(own[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([ahead[:, 1:], np.full((len(support), 1), count)], axis=1)


def _last(flags: Bools) -> Ints:
    """(K,) the last true entry of each row, of which there is one."""
    last: Ints = flags.shape[1] - 1 - np.argmax(flags[:, ::-1], axis=1)
    return last
