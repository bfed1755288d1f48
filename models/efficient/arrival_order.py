"""Whether a plan for buyers who arrive over time is monotone in arrivals (lecture notes, Theorem 6).

A buyer whose arrival is not seen can report it late. That does not help her where

    τ_i((a_i, a_{-i}), v) ≤ τ_i((â_i, a_{-i}), v)        for all i, a_i ≤ â_i, a_{-i} and v,

τ_i the period in which she is served (never: after all), and where payments implement the plan when arrivals
are seen and leave the lowest types nothing; it is enough for truth, not needed. (The lecture notes leave out
that a_i ≤ â_i.) The test runs the plan on every sequence of arrivals. At most one buyer comes in a period, so
late reports are those in periods in which nobody else comes; with another the process says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Ints, show
from ...solvers.short import Short
from .arrivals import Stopping
from .waiting_rooms import GONE

MAX_SEQUENCES = 1_000_000
"""Most sequences of arrivals."""


@dataclass(frozen=True, eq=False, repr=False)
class LateReport(Short):
    """A buyer who is served earlier because she says later that she came.

    who: her name or type. others: what else comes, and when. arrives, reports: the periods. served,
    served_late: when she is served after the truth and after the late report; None never.
    """

    who: str
    others: tuple[str, ...]
    arrives: int
    reports: int
    served: int | None
    served_late: int

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        truth = "never served" if self.served is None else f"served in period {self.served}"
        rest = ", ".join(self.others) or "nobody"
        return (
            f"{self.who} who comes in period {self.arrives} is {truth}, but in period {self.served_late} "
            f"where she reports in period {self.reports} that she came; others: {rest}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class ArrivalOrder(Short):
    """Whether a plan is monotone in arrivals; where not, the late report that saves most periods.

    checked, violations: late reports compared with the truth, and those with which she is served earlier.
    """

    checked: int
    violations: int
    witness: LateReport | None

    def __bool__(self) -> bool:
        return self.violations == 0


def monotone_in_arrivals(plan: Stopping) -> ArrivalOrder:
    """Compare every arrival with every later report of it, the others' arrivals and all values as they are.

    Raises `TooLarge` for more than `MAX_SEQUENCES` sequences of arrivals, and `AssumptionViolated` where a
    sequence has probability zero, after which the chance of the next arrival is not said.
    """
    data = plan.arrivals
    T, base = data.periods, int(plan.level.max()) + 1
    if base**T > MAX_SEQUENCES:
        raise TooLarge(f"{base}^{T} sequences of arrivals, more than {MAX_SEQUENCES:,}; take fewer periods")
    t, n = np.nonzero(~data.possible)
    if (n <= t).any():
        first = int(np.argmax(n <= t))
        raise AssumptionViolated(
            f"after {n[first]} arrivals in {t[first]} periods, which have probability zero, the process says "
            "no chance of the next; late reports can lead there"
        )
    digits = base ** np.arange(T - 1, -1, -1)
    arrivals = np.arange(base**T)[:, None] // digits % base
    served = served_at(plan, arrivals)
    checked = violations = saved = 0
    witness: LateReport | None = None
    for a in range(T):
        for later in range(a + 1, T):
            rows = np.flatnonzero((arrivals[:, a] > 0) & (arrivals[:, later] == 0))
            late = rows + arrivals[rows, a] * (digits[later] - digits[a])
            gain = served[rows, a] - served[late, later]
            checked += len(rows)
            violations += int((gain > 0).sum())
            if gain.size and (most := int(gain.max())) > saved:
                saved, row = most, int(np.argmax(gain))
                here, when = arrivals[rows[row]], int(served[rows[row], a])
                others = [f"{_worth(plan, here[u])} in period {u}" for u in np.flatnonzero(here) if u != a]
                witness = LateReport(
                    who=f"a buyer with {_worth(plan, here[a])}",
                    others=tuple(others),
                    arrives=a,
                    reports=later,
                    served=None if when == T else when,
                    served_late=int(served[late[row], later]),
                )
    return ArrivalOrder(checked, violations, witness)


def _worth(plan: Stopping, level: int) -> str:
    """The first value of a level."""
    return f"value {show(plan.arrivals.values[int(np.argmax(plan.level == level))])}"


def served_at(plan: Stopping, arrivals: Ints) -> Ints:
    """(S, T) when the arrival of each period is served, T if never, for sequences (S, T) of levels."""
    count, T = arrivals.shape
    served = np.full((count, T), T)
    place = np.full((count, T), GONE)
    goods, state = np.full(count, plan.arrivals.goods), np.full(count, plan.empty(plan.arrivals.goods))
    number = np.cumsum(arrivals > 0, axis=1)
    for t in range(T):
        left, after, moved = goods.copy(), state.copy(), place.copy()
        for k, room in enumerate(plan.rooms):
            rows = np.flatnonzero(goods == k)
            level = arrivals[rows, t]
            at = _follow(room.moved[state[rows], level], place[rows])
            at[:, t] = room.joined_at[state[rows], level]
            joined = room.joined[state[rows], level]
            choice = plan.choice[t][k][number[rows, t], joined]
            for index, sale in enumerate(room.sales):
                these = choice == index
                to, mine = rows[these], at[these]
                won = (mine != GONE) & np.append(sale.serves, False)[mine]
                served[to] = np.where(won, t, served[to])
                left[to] = k - sale.sold
                after[to] = sale.left[joined[these]]
                moved[to] = _follow(np.broadcast_to(sale.place, (len(to), len(sale.place))), mine)
        goods, state, place = left, after, moved
    return served


def _follow(moves: Ints, place: Ints) -> Ints:
    """Where places (R, T) are after moves (R, P); those who are gone stay so."""
    wider = np.concatenate([moves, np.full((len(moves), 1), GONE)], axis=1)
    result: Ints = np.take_along_axis(wider, np.where(place == GONE, moves.shape[1], place), axis=1)
    return result
