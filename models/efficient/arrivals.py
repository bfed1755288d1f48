"""Buyers who arrive over time and are seen when they do: whom to serve, and when.

(Lecture notes, stochastic arrivals.) In each of T periods at most one buyer comes, with a chance that may be
unknown at the start: of chances c_h with weights w_h, after n arrivals in t periods (t, n) is all there is to
know (Gershkov, Moldovanu & Strack),

    q(t, n) = Σ_h w_h c_h^n (1 − c_h)^{t−n} c_h / Σ_h w_h c_h^n (1 − c_h)^{t−n}.

Her value θ is drawn from values θ_1 < ... < θ_m with probabilities f, whatever has happened; served τ periods
after the start she has δ^τ θ. K goods are sold, as many in a period as one likes, to whoever waits.

With a score s(θ) a type, the best plan for E[Σ δ^τ s(θ)] is a problem of optimal stopping over the states
(t, n, k goods left, those who wait x), solved backwards:

    V_t(n, k, x) = max over sales j of  Σ scores + δ W_{t+1}(n, k − |j|, x less j),
    W_t(n, k, x) = q Σ_l f_l V_t(n + 1, k, x joined by l) + (1 − q) V_t(n, k, x).

Scores θ are efficient; the virtual values θ_l − (θ_{l+1} − θ_l)(1 − F_l)/f_l, ironed, maximise revenue. Ties
sell rather than wait, and among equal scores to who came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import first_best, restricted, take
from ...solvers.arithmetic import ROUNDED, Arithmetic, arithmetic, arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number, array, number
from ...solvers.short import Short
from .waiting_rooms import Room, rooms

MAX_ENTRIES = 20_000_000
"""Most states of all periods, times the places in them."""


@dataclass(frozen=True, eq=False, repr=False)
class Arrivals(Short):
    """One arrival a period at most; see the module.

    values: (m,) increasing. pmf: (m,) positive. chances, weights: (H,) possible chances of an arrival, and
    beliefs in them at the start. timeout: periods in which a buyer can be served, None for ever.
    """

    periods: int
    goods: int
    discount: Number
    values: Array
    pmf: Array
    chances: Array
    weights: Array
    timeout: int | None

    @property
    def arithmetic(self) -> Arithmetic:
        """Rational where all numbers are."""
        return arithmetic_of(self.values)

    @cached_property
    def chance(self) -> Array:
        """q: (T, T + 1) the chance of an arrival in period t after n of them; 0 where (t, n) cannot be."""
        t, n = np.arange(self.periods)[:, None], np.arange(self.periods + 1)
        weight = self._likelihood(t, n)
        there = weight.sum(axis=-1)
        chance: Array = (weight * self.chances).sum(axis=-1) / self.arithmetic.divisor(there)
        return chance

    @cached_property
    def possible(self) -> Bools:
        """(T, T + 1) whether there can be n arrivals before period t."""
        t, n = np.arange(self.periods)[:, None], np.arange(self.periods + 1)
        result: Bools = (self._likelihood(t, n).sum(axis=-1) > 0).astype(bool)
        return result

    def _likelihood(self, t: Ints, n: Ints) -> Array:
        """(T, T + 1, H) w_h c_h^n (1 − c_h)^{t−n}, 0 where n > t."""
        missed = np.maximum(t - n, 0)[..., None]
        here: Array = self.weights * self.chances ** (n + 0 * t)[..., None] * (1 - self.chances) ** missed
        zero: Any = self.arithmetic.zero
        return np.where((n <= t)[..., None], here, zero)


def read_arrivals(
    *,
    periods: int,
    values: Any,
    pmf: Any = None,
    chances: Any,
    weights: Any = None,
    goods: int = 1,
    discount: Any = 1,
    timeout: int | None = None,
) -> Arrivals:
    """Data of arrivals; distributions left out are uniform.

    chances: one number where the chance is known, else a list. Raises `InvalidInput` naming what is wrong.
    """
    theta = array(values, "values")
    if theta.ndim != 1 or theta.size == 0:
        raise InvalidInput("values: a list of numbers is expected, at least one")
    odds = array(chances if isinstance(chances, list | tuple | np.ndarray) else [chances], "chances")
    share = _distribution(pmf, theta, "pmf", "values")
    belief = _distribution(weights, odds, "weights", "chances")
    factor = number(discount, "discount")
    if (np.diff(theta) <= 0).any():
        raise InvalidInput("values have to increase")
    if (share <= 0).any():
        raise InvalidInput("pmf: every value needs a positive probability")
    if (odds < 0).any() or (odds > 1).any():
        raise InvalidInput("chances: probabilities between 0 and 1 are expected")
    for name, count in (("periods", periods), ("goods", goods), ("timeout", timeout)):
        if count is not None and count < 1:
            raise InvalidInput(f"{name} must be at least 1, not {count}")
    if not 0 <= factor <= 1:
        raise InvalidInput(f"discount must be between 0 and 1, not {factor}")
    kind = arithmetic_of(theta, share, odds, belief, factor)
    theta, share, odds, belief = (kind.array(v) for v in (theta, share, odds, belief))
    return Arrivals(periods, goods, kind.number(factor), theta, share, odds, belief, timeout)


def _distribution(weights: Any, points: Array, name: str, of: str) -> Array:
    if points.ndim != 1:
        raise InvalidInput(f"{of}: a list of numbers is expected")
    kind = arithmetic_of(points)
    pmf = kind.ones(points.shape) / max(len(points), 1) if weights is None else array(weights, name)
    if pmf.shape != points.shape:
        raise InvalidInput(f"{name}: {pmf.size} numbers for the {points.size} {of}")
    if (pmf < 0).any() or abs(pmf.sum() - 1) > arithmetic_of(pmf).slack(1, ROUNDED):
        raise InvalidInput(f"{name}: probabilities that sum to 1 are expected; the sum is {pmf.sum()}")
    return pmf


@dataclass(frozen=True, eq=False, repr=False)
class Stopping(Short):
    """The best plan. Lists by period t hold lists by goods left k of arrays (n, X): arrivals so far and room.

    scores: (m,) of the types. level: (m,) their place 1..L among the different scores. rooms: by goods left.
    now: V_t, after the arrival of period t and before the sale, n from 0 to t + 1. before: W_t, n from 0 to
    t; one more period than there are, of zeros. choice: the sale of `rooms[k].sales`.
    """

    arrivals: Arrivals
    scores: Array
    level: Ints
    rooms: tuple[Room, ...]
    now: tuple[tuple[Array, ...], ...]
    before: tuple[tuple[Array, ...], ...]
    choice: tuple[tuple[Ints, ...], ...]

    @property
    def value(self) -> Number:
        """E[Σ δ^τ s(θ)] at the start, nobody waiting."""
        k = self.arrivals.goods
        result: Number = self.before[0][k][0, self.empty(k)]
        return result

    def empty(self, k: int) -> int:
        """The state of the room for k goods in which nobody waits: the last one."""
        return self.rooms[k].size - 1


def optimal_stopping(arrivals: Arrivals, scores: Any = None) -> Stopping:
    """The plan that maximises the discounted scores of those served.

    scores: (m,) one a type, the values themselves (the efficient plan) where None. Raises `InvalidInput` for
    another number of them, `TooLarge` where the states are too many.

    >>> iid = read_arrivals(periods=3, values=[1, 2, 3], chances="1/2", discount="9/10")
    >>> optimal_stopping(iid).value
    Fraction(4253, 2400)
    """
    given = arrivals.values if scores is None else array(scores, "scores")
    if given.shape != arrivals.values.shape:
        raise InvalidInput(f"scores: {given.size} numbers for {arrivals.values.size} types")
    kind = arrivals.arithmetic
    given = kind.array(given)
    distinct, level = np.unique(given, return_inverse=True)
    goods, T = arrivals.goods, arrivals.periods
    waiting = rooms(len(distinct), goods, arrivals.timeout)
    if (entries := T * T * sum(room.levels.size for room in waiting)) > MAX_ENTRIES:
        raise TooLarge(f"{entries:,} states of those who wait, more than {MAX_ENTRIES:,}; "
                       "take fewer periods, values or goods")  # fmt: skip
    worth = np.concatenate([arithmetic(kind.exact).zeros(1), distinct])
    share = arithmetic(kind.exact).zeros(len(distinct))
    np.add.at(share, level, arrivals.pmf)
    after: list[Array] = [arithmetic(kind.exact).zeros((T + 1, room.size)) for room in waiting]
    now: list[tuple[Array, ...]] = []
    before: list[tuple[Array, ...]] = [tuple(after)]
    choice: list[tuple[Ints, ...]] = []
    for t in reversed(range(T)):
        here, chosen = [], []
        for k, room in enumerate(waiting):
            value, sale = _sell(room, k, [w[: t + 2] for w in after], worth, arrivals.discount)
            here.append(value)
            chosen.append(sale)
        after = [_expect(room, here[k], share, arrivals.chance[t, : t + 1]) for k, room in enumerate(waiting)]
        now.insert(0, tuple(here))
        choice.insert(0, tuple(chosen))
        before.insert(0, tuple(after))
    return Stopping(arrivals, given, level + 1, tuple(waiting), tuple(now), tuple(before), tuple(choice))


def _sell(room: Room, k: int, later: list[Array], worth: Array, discount: Number) -> tuple[Array, Ints]:
    """V and the sale, (n, X) each."""
    at = worth[room.levels]
    options = np.stack(
        [at[:, j.serves].sum(axis=1) + discount * later[k - j.sold][:, j.left] for j in room.sales]
    )
    allowed = np.broadcast_to(np.stack([j.allowed for j in room.sales])[:, None, :], options.shape)
    flat = options.reshape(len(options), -1)
    sale = first_best(restricted(flat, allowed.reshape(flat.shape)))
    return take(flat, sale).reshape(options.shape[1:]), sale.reshape(options.shape[1:])


def _expect(room: Room, value: Array, share: Array, chance: Array) -> Array:
    """W (n, X) from V (n + 1, X): an arrival of each level with its share of the chance, or none."""
    arrived = (value[1:][:, room.joined[:, 1:]] * share).sum(axis=-1)
    nobody = value[:-1][:, room.joined[:, 0]]
    result: Array = chance[:, None] * arrived + (1 - chance[:, None]) * nobody
    return result
