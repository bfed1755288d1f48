"""The best auction for any weights on what each type gets, over all bayesian incentive compatible auctions.

Weights x_j on the probability X_j that type j of a buyer wins and u_j on her utility U_j, for every buyer.
Truth leaves the increments of utility between neighbours free within

    (θ_{j+1} − θ_j) X_j  ≤  U_{j+1} − U_j  ≤  (θ_{j+1} − θ_j) X_{j+1},   X nondecreasing,

so an increment is as small as may be where the types above it have weight C_j = Σ_{l>j} u_l ≤ 0 together, and
as large as may be elsewhere. What is left is linear in X: serving type j adds f_j φ_j,

    f_j φ_j = x_j + (θ_{j+1} − θ_j) min(C_j, 0) + (θ_j − θ_{j−1}) max(C_{j−1}, 0),

which is Myerson's virtual value where revenue has the weights. Ironed, the highest positive one wins. The
payment that goes with it makes truth best whatever the others say: a winner pays the value of the least type
with which she would still win, or of the one below it where that increment is the largest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from .highest_score import HighestScore
from .ironing import hull
from .market import Market


@dataclass(frozen=True, eq=False, repr=False)
class ScoreAuction(Short):
    """One auction of a mixture, by order alone, so that it is the same over the rationals and in doubles.

    keys: by buyer (K_i,) whole numbers, nondecreasing and different between buyers; the highest wins, -1
    never does. large: by buyer (K_i − 1,), the increments of utility that are as large as may be.
    """

    keys: tuple[Ints, ...]
    large: tuple[Bools, ...]

    @property
    def name(self) -> bytes:
        """The same for auctions that are the same."""
        _, ranks = np.unique(np.concatenate([np.full(1, -1), *self.keys]), return_inverse=True)
        steps = np.concatenate([self.gains(i) for i in range(len(self.keys))])
        return bytes(ranks.reshape(-1).astype(np.int32).tobytes() + steps.tobytes())

    def gains(self, i: int) -> Bools:
        """Of buyer i, the large increments that say something: where the next type wins more often."""
        keys = self.keys[i]
        return np.asarray(self.large[i] & (keys[1:] > keys[:-1]), dtype=np.bool_)

    @property
    def scores(self) -> tuple[Array, ...]:
        """By buyer (K_i,) the places of her types from the last that is served, 1, upwards; 0: never."""
        _, ranks = np.unique(np.concatenate([np.full(1, -1), *self.keys]), return_inverse=True)
        flat = ranks.reshape(-1)[1:]
        return tuple(np.split(flat, np.cumsum([own.size for own in self.keys])[:-1]))

    def interim(self, market: Market) -> tuple[Array, Array]:
        """(X, U), each (M,) over all types in one line, in the numbers of the market; lowest types keep 0."""
        at = np.concatenate(self.keys)
        owner = np.repeat(np.arange(len(self.keys)), [own.size for own in self.keys])
        chances = market.behind.wins(self.keys, at, owner)
        x = np.where(at >= 0, chances, chances * 0)
        kept = []
        for i, (buyer, own) in enumerate(
            zip(market.buyers, np.split(x, np.cumsum([k.size for k in self.keys])[:-1]), strict=True)
        ):
            steps = np.diff(buyer.values) * np.where(self.large[i], own[1:], own[:-1])
            kept.append(np.concatenate([arithmetic(market.exact).zeros(1), np.cumsum(steps)]))
        return x, np.concatenate(kept)

    def winner(self, profiles: Ints) -> Ints:
        """Who wins at profiles (..., N) of type indices, of which -1 stays out: (...), -1 where nobody."""
        bids = self._bids(profiles)
        return np.where(bids.max(axis=-1) >= 0, bids.argmax(axis=-1), -1)

    def prices(self, market: Market, profiles: Ints) -> Array:
        """What the winner pays at these profiles: (...), 0 where nobody wins."""
        bids = self._bids(profiles)
        winner = self.winner(profiles)
        paid = arithmetic(market.exact).zeros(winner.shape)
        for i, (buyer, own) in enumerate(zip(market.buyers, self.keys, strict=True)):
            rivals = np.delete(bids, i, axis=-1).max(axis=-1, initial=-1)
            least = np.searchsorted(own, rivals, side="right")
            below = np.concatenate([np.zeros(1, dtype=np.bool_), self.large[i]])
            table = np.where(below, np.concatenate([buyer.values[:1], buyer.values[:-1]]), buyer.values)
            mine = winner == i
            paid[mine] = table[least[mine]]
        return paid

    def _bids(self, profiles: Ints) -> Ints:
        return np.stack(
            [np.where(profiles[..., i] < 0, -1, own[profiles[..., i]]) for i, own in enumerate(self.keys)],
            axis=-1,
        )


@dataclass(frozen=True, eq=False, repr=False)
class BestAuction(Short):
    """The best auction for some weights: by buyer (K_i,) virtual values φ, plain and ironed.

    value: of the weights, without lump sums; x, u (M,): what types get.
    """

    auction: ScoreAuction
    virtual: tuple[Array, ...]
    ironed: tuple[Array, ...]
    market: Market
    weights: tuple[Array, Array]

    @cached_property
    def point(self) -> tuple[Array, Array]:
        """What types get: (X, U), each (M,)."""
        return self.auction.interim(self.market)

    @cached_property
    def value(self) -> Number:
        """Of these weights."""
        x, u = self.point
        value: Number = self.weights[0] @ x + self.weights[1] @ u
        return value


def best_auction(market: Market, x: Array, u: Array) -> BestAuction:
    """The best auction for weights x and u (M,) where each buyer's weights on utility sum to 0 or less.

    Where they do not, a lump sum to her is worth something without end, and that is left out here. Ties go
    to the buyer who is listed first.

    >>> from ...solvers.numbers import array
    >>> from .market import distribution
    >>> bidder = distribution(array([1, 2, 3]), array(["1/3"] * 3))
    >>> market = Market("two bidders", 0, (bidder, bidder), keep=0)
    >>> weights = np.concatenate([b.probabilities for b in market.buyers])
    >>> best = best_auction(market, weights * np.concatenate([b.values for b in market.buyers]), -weights)
    >>> str(best.value), [str(v) for v in best.ironed[0]]
    ('2', ['-1', '1', '3'])
    """
    cuts = np.cumsum([buyer.size for buyer in market.buyers])[:-1]
    virtual, ironed, large = [], [], []
    for buyer, on_x, on_u in zip(market.buyers, np.split(x, cuts), np.split(u, cuts), strict=True):
        above = np.cumsum(on_u[::-1])[::-1][1:]
        steps = np.diff(buyer.values) * above
        nothing = arithmetic(market.exact).zeros(1)
        raised = np.asarray(above > 0, dtype=np.bool_)
        each = on_x + np.append(np.where(raised, steps * 0, steps), nothing)
        each = each + np.append(nothing, np.where(raised, steps, steps * 0))
        virtual.append(each / buyer.probabilities)
        slopes = hull(virtual[-1], buyer.probabilities).slopes
        ironed.append(slopes if market.exact else np.maximum.accumulate(slopes))
        large.append(raised)
    served = tuple(
        np.asarray((own > 0) & (buyer.action is not None), dtype=np.bool_)
        for buyer, own in zip(market.buyers, ironed, strict=True)
    )
    ranked = HighestScore(market, tuple(ironed), served)
    auction = ScoreAuction(ranked.keys, tuple(large))
    return BestAuction(auction, tuple(virtual), tuple(ironed), market, (x, u))
