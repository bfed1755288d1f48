"""What buyers who arrive over time pay, and what becomes of them, under a plan of optimal stopping.

A buyer who arrives in period t after n others, with k goods left and x waiting, is served with discounted
probability X(θ) = E[δ^{τ−t}; served | t, n, k, x, θ], seen from her arrival. Where arrivals are observed, a
plan is implemented if X increases in θ at every such history (the envelope dU/dθ = X; with finitely many
types each type may not gain by taking the type below for herself). The largest payments that leave the lowest
type nothing, and nobody less, are, in money of her arrival,

    U(θ_l) = Σ_{l' < l} (θ_{l'+1} − θ_{l'}) X(θ_{l'}),        P(θ_l) = θ_l X(θ_l) − U(θ_l),

and what they bring in is E[Σ δ^τ φ(θ)] with the virtual values φ. For the efficient plan the dynamic pivot
mechanism leaves her what she adds, M(θ) = V_t(n + 1, k, x joined by θ) − V_t(n + 1, k, x): that she came is
seen by everybody, with her or without her. Where arrivals are what buyers report, without her report nobody
would know, and the pivot mechanism also pays her what the news is worth,

    V_t(n + 1, k, x) − V_t(n, k, x),

a subsidy to whoever comes, served or not (0 where the chance of arrivals is known). Somebody who has no value
at all can then live on the news: a fake arrival with value θ brings her the subsidy less θ X(θ) − M(θ).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, arithmetic, arithmetic_of
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from .arrivals import Stopping
from .satisfied import shortfall
from .waiting_rooms import GONE, Room

ByHistory = tuple[tuple[Array, ...], ...]
"""Arrays by period t and goods left k."""


@dataclass(frozen=True, eq=False, repr=False)
class ArrivalPayments(Short):
    """Payments of arrivals in the discounted money of their period, by period t and goods left k.

    service, payments, rents: (n, X, m) X, P and U for each type, n = 0..t others before her and the room
    before she came. marginal: (n, X, m) M, and news: (n, X) what the news of an arrival is worth; both None
    unless the scores are the values.
    """

    plan: Stopping
    service: ByHistory
    rents: ByHistory
    payments: ByHistory
    marginal: ByHistory | None
    news: ByHistory | None

    @property
    def monotone(self) -> bool:
        """Whether a higher value is never served later or less: the plan can be implemented."""
        near = self.plan.arrivals.arithmetic.slack(1, COMPUTED)
        return all(
            bool((np.diff(at, axis=-1) >= -near).all()) for period in self.service for at in period if at.size
        )

    @property
    def pivot(self) -> ByHistory | None:
        """(n, X, m) θ X(θ) − M(θ): what the pivot mechanism asks where arrivals are observed."""
        if self.marginal is None:
            return None
        values = self.plan.arrivals.values
        return tuple(
            tuple(values * served - gain for served, gain in zip(*at, strict=True))
            for at in zip(self.service, self.marginal, strict=True)
        )

    @property
    def fake(self) -> ByHistory | None:
        """(n, X) the most that a fake arrival brings, to somebody who has no value, under the pivot mechanism
        for arrivals that are reported; 0 where every report costs her something."""
        pivot = self.pivot
        if pivot is None or self.news is None:
            return None
        return tuple(
            tuple(shortfall(asked.min(axis=-1) - told) for asked, told in zip(*at, strict=True))
            for at in zip(pivot, self.news, strict=True)
        )


@dataclass(frozen=True, eq=False, repr=False)
class ArrivalOutcome(Short):
    """What happens under a plan. sold: (T,) goods expected to be sold in each period.

    earlier: (T,) those sold to buyers who came in an earlier period. arrived: (T,) arrivals. collected: the
    discounted expectation of the largest payments. pivot, news: of the pivot payments where arrivals are
    observed, and of the subsidies where they are not; None unless the plan is the efficient one.
    """

    sold: Array
    earlier: Array
    arrived: Array
    collected: Number
    pivot: Number | None
    news: Number | None


def arrival_payments(plan: Stopping) -> ArrivalPayments:
    """Probabilities of service and payments of every arrival at every history of `plan`."""
    data = plan.arrivals
    kind = data.arithmetic
    T, efficient = data.periods, np.array_equal(plan.scores, data.values)
    step = np.append(np.diff(data.values), kind.array(np.zeros(1)))
    later = [arithmetic(kind.exact).zeros((T + 1, *room.levels.shape)) for room in plan.rooms]
    service: list[tuple[Array, ...]] = []
    for t in reversed(range(T)):
        after_sale = [
            _served(room, k, plan.choice[t][k], later, data.discount) for k, room in enumerate(plan.rooms)
        ]
        pairs = list(zip(plan.rooms, after_sale, strict=True))
        service.insert(0, tuple(_newcomer(room, served, plan.level) for room, served in pairs))
        later = [_unseated(room, served, plan, data.chance[t, : t + 1]) for room, served in pairs]
    rents, payments = [], []
    for period in service:
        owed = [np.cumsum(served * step, axis=-1) - served * step for served in period]
        rents.append(tuple(owed))
        payments.append(tuple(data.values * s - u for s, u in zip(period, owed, strict=True)))
    marginal = news = None
    if efficient:
        joined = [room.joined[:, plan.level] for room in plan.rooms]
        waits = [room.joined[:, 0] for room in plan.rooms]
        marginal = tuple(
            tuple(v[1:][:, j] - v[1:][:, w][..., None] for v, j, w in zip(at, joined, waits, strict=True))
            for at in plan.now
        )
        news = tuple(
            tuple(v[1:][:, w] - v[:-1][:, w] for v, w in zip(at, waits, strict=True)) for at in plan.now
        )
    return ArrivalPayments(plan, tuple(service), tuple(rents), tuple(payments), marginal, news)


def arrival_outcome(plan: Stopping, payments: ArrivalPayments | None = None) -> ArrivalOutcome:
    """What is sold when and for how much, by walking the plan forwards from the start."""
    paid = payments if payments is not None else arrival_payments(plan)
    data, kind = plan.arrivals, plan.arrivals.arithmetic
    T = data.periods
    sold, earlier, arrived = (arithmetic(kind.exact).zeros(T) for _ in range(3))
    money = arithmetic(kind.exact).zeros(3)
    pivot = paid.pivot
    for t, k, mass in _walk(plan):  # mass (n, X, m + 1) before the arrival, nobody first
        room, choice = plan.rooms[k], plan.choice[t][k]
        came = mass[:, :, 1:]
        arrived[t] += came.sum()
        money[0] += data.discount**t * (came * paid.payments[t][k]).sum()
        if pivot is not None and paid.news is not None:
            money[1] += data.discount**t * (came * pivot[t][k]).sum()
            money[2] += data.discount**t * (came * paid.news[t][k][..., None]).sum()
        level = np.append(0, plan.level)
        states = room.joined[:, level]
        n = np.arange(mass.shape[0])[:, None, None] + (level > 0)
        chosen = choice[n, states]
        at = room.joined_at[:, level]
        for index, sale in enumerate(room.sales):
            here = np.where(chosen == index, mass, 0 * mass)
            own = (at >= 0) & np.append(sale.serves, False)[at]
            sold[t] += sale.sold * here.sum()
            earlier[t] += (here * (sale.sold - own)).sum()
    efficient = pivot is not None
    return ArrivalOutcome(
        sold, earlier, arrived, money[0], money[1] if efficient else None, money[2] if efficient else None
    )


def _served(room: Room, k: int, choice: Ints, later: list[Array], discount: Number) -> Array:
    """(n, X, P) discounted probability of being served for whoever has each place before the sale."""
    zero: Any = 0 * discount
    served = arithmetic_of(later[0]).zeros((*choice.shape, room.levels.shape[1]))
    for index, sale in enumerate(room.sales):
        ahead = discount * _at_place(later[k - sale.sold][: len(choice)][:, sale.left], sale.place)
        value = np.where(sale.serves, 1 + zero, ahead)
        served = np.where((choice == index)[..., None], value, served)
    return served


def _at_place(table: Array, place: Ints) -> Array:
    """Entries (..., P') of a table at places (..., P); 0 for those who are gone."""
    nobody = arithmetic_of(table).zeros((*table.shape[:-1], 1))
    shape = (*table.shape[:-1], place.shape[-1])
    where = np.broadcast_to(np.where(place == GONE, table.shape[-1], place), shape)
    return np.take_along_axis(np.concatenate([table, nobody], axis=-1), where, axis=-1)


def _newcomer(room: Room, served: Array, level: Ints) -> Array:
    """(n, X, m) the discounted probability of service of an arrival of each type, n before her."""
    states, at = room.joined[:, level], room.joined_at[:, level]
    return _at_place(served[1:][:, states], at[None, :, :, None])[..., 0]


def _unseated(room: Room, served: Array, plan: Stopping, chance: Array) -> Array:
    """(n, X, P) the same before an arrival, for those who wait already."""
    data = plan.arrivals
    arrived = _at_place(served[1:][:, room.joined[:, plan.level]], room.moved[None, :, plan.level])
    nobody = _at_place(served[:-1][:, room.joined[:, 0]], room.moved[None, :, 0])
    odds = chance[:, None, None]
    result: Array = odds * (arrived * data.pmf[:, None]).sum(axis=2) + (1 - odds) * nobody
    return result


def _walk(plan: Stopping) -> Iterator[tuple[int, int, Array]]:
    """Period, goods left, and the probability (n, X, m + 1) of each history with what arrives then."""
    data, kind = plan.arrivals, plan.arrivals.arithmetic
    level = np.append(0, plan.level)
    now = [arithmetic(kind.exact).zeros((1, room.size)) for room in plan.rooms]
    now[-1][0, plan.empty(data.goods)] += 1
    for t in range(data.periods):
        chance = data.chance[t, : t + 1][:, None, None]
        after = [arithmetic(kind.exact).zeros((t + 2, room.size)) for room in plan.rooms]
        for k, room in enumerate(plan.rooms):
            share = np.concatenate([1 - chance, chance * data.pmf], axis=-1)
            mass = now[k][:, :, None] * share
            yield t, k, mass
            n = np.arange(t + 1)[:, None, None] + (level > 0)
            states = np.broadcast_to(room.joined[:, level], mass.shape)
            chosen = plan.choice[t][k][n, states]
            for index, sale in enumerate(room.sales):
                here = (chosen == index) & (mass != 0)
                to = sale.left[states[here]]
                np.add.at(after[k - sale.sold], (np.broadcast_to(n, mass.shape)[here], to), mass[here])
        now = after
