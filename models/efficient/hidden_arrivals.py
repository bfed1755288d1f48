"""Named buyers for one good who come at dates of their own, which only they see (lecture notes, Theorem 6).

Buyer i comes in period t with a chance that may depend on who of all the buyers came when before; her value
is then drawn and stays. Her type is "not come", or her value with the date, and she may report her arrival
late but not early. Dates that are correlated across buyers make one joint process, which here says its
chances for *every* list of dates, those of probability zero too: a late report leads to such lists.

The good is an observed agent, left or sold. Buyers are numbered by type as

    0                    not come
    1 + r m_i + l        came at her date number r with her l-th value, both from 0,

so that a type has one number in all periods from its date on. Dates at which she never can come are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number, array, number, show
from ...solvers.short import Short
from ..environment.environment import Agent, Environment
from ..environment.reports import held

MAX_ENTRIES = 2_000_000
"""Most transition probabilities of a period."""
REPORTS: dict[str, Callable[[Ints, Ints], Bools]] = {
    "late": lambda own, said: said >= own,
    "seen": lambda own, said: said == own,
    "any": lambda own, said: np.ones(np.broadcast(own, said).shape, dtype=bool),
}
"""Which date may be reported, by the true one; the last is that of who has not come.

- ``late``: a buyer says nothing, or comes, no sooner than she did; nobody who is not there can come.
- ``seen``: dates are seen by the seller, values are not.
- ``any``: *fake arrivals* too, of those who are not there.
"""
GOOD = "good"
"""The name of the agent that says whether the good is left."""


@dataclass(frozen=True, eq=False, repr=False)
class HiddenArrivals(Short):
    """Buyers with values and chances of coming.

    values, pmf: by buyer, (m_i,) increasing and their probabilities. chances: by buyer (T, D, ..., D) with an
    axis of D = T + 1 a buyer for where each stands before period t: 0 not come, a + 1 came in period a.
    """

    names: tuple[str, ...]
    values: tuple[Array, ...]
    pmf: tuple[Array, ...]
    chances: tuple[Array, ...]
    periods: int
    discount: Number

    @cached_property
    def dates(self) -> tuple[Ints, ...]:
        """By buyer, the periods in which she can come, wherever the others stand."""
        odds = [chance.reshape(self.periods, -1) for chance in self.chances]
        return tuple(np.flatnonzero((chance != 0).any(axis=1)) for chance in odds)

    def types(self, i: int, t: int) -> int:
        """How many types buyer i has in period t."""
        return 1 + int((self.dates[i] <= t).sum()) * len(self.values[i])

    def coming(self, i: int, t: int) -> Ints:
        """The types with which buyer i comes in period t, by value; none where she cannot come then."""
        return np.arange(self.types(i, t - 1), self.types(i, t))

    def served(self, t: int) -> Ints:
        """The buyer whom each action of period t serves: nobody (−1), then those who can have come."""
        buyers = [i for i in range(len(self.names)) if (self.dates[i] <= t).any()]
        return np.array([-1, *buyers])

    def date(self, i: int) -> Ints:
        """When she came, for each type of the last period; T for the one that has not."""
        result: Ints = np.append(self.periods, np.repeat(self.dates[i], len(self.values[i])))
        return result

    def environment(self, reports: str = "late") -> Environment:
        """Buyers who report, and the good. Actions: nobody is served, or a buyer who can have come.

        reports: a word of `REPORTS`, which of them she may make.
        """
        count, T = len(self.names), self.periods
        sizes = [math.prod(self.types(i, t) for i in range(count)) for t in range(T)]
        if (entries := len(self.served(T - 1)) * sizes[-1] * sizes[max(T - 2, 0)] * 4) > MAX_ENTRIES:
            raise TooLarge(f"{entries:,} transition probabilities, more than {MAX_ENTRIES:,}; "
                           "take fewer buyers, values or periods")  # fmt: skip
        agents = [
            Agent(
                name,
                types=[self.labels(i, t) for t in range(T)],
                values=[self._flow(i, t) for t in range(T)],
                reports=self.reports(i, reports),
            )
            for i, name in enumerate(self.names)
        ]
        states = [["left"]] + [["left", "sold"]] * (T - 1)
        whom = ["nobody", *self.names]
        actions = [[f"serve {whom[i + 1]}" for i in self.served(t)] for t in range(T)]
        worth = [[[0] * len(states[t])] * len(actions[t]) for t in range(T)]
        good = Agent(GOOD, types=states, values=worth, observed=True)
        opening = self._joint(-1).reshape(*(self.types(i, 0) for i in range(count)), 1)
        return Environment(
            agents=[*agents, good],
            actions=actions,
            feasible=[
                [[True] * len(states[t])] + [[True, False][: len(states[t])]] * (len(actions[t]) - 1)
                for t in range(T)
            ],
            discount=self.discount,
            horizon=T,
            process={
                "prior": opening,
                "transitions": [self._move(t) for t in range(T - 1)],
            },
        )

    def labels(self, i: int, t: int) -> list[str]:
        """Labels of buyer i's types in period t."""
        values = [show(v) for v in self.values[i].tolist()]
        return ["not come", *(f"{v} since {a}" for a in self.dates[i] if a <= t for v in values)]

    def reports(self, i: int, word: str) -> tuple[Bools | None, ...] | None:
        """Which types buyer i may report by her true type, by a word of `REPORTS`: (K, K) by period."""
        dates = [self.date(i)[: self.types(i, t)] for t in range(self.periods)]
        return held([REPORTS[word](own[:, None], own) for own in dates])

    def _flow(self, i: int, t: int) -> Array:
        """(A, K) her value where she is served."""
        kind = arithmetic_of(*self.values)
        flow = kind.zeros((len(self.served(t)), self.types(i, t)))
        flow[self.served(t) == i, 1:] = np.tile(self.values[i], (flow.shape[1] - 1) // len(self.values[i]))
        return flow

    def _joint(self, t: int) -> Array:
        """(S_1, ..., S_N, S_1', ..., S_N') of buyers' types from period t to t + 1; at t = −1 the prior."""
        count, kind = len(self.names), arithmetic_of(*self.values)
        here = [self.types(i, t) for i in range(count)]
        stand = [np.append(0, 1 + self.date(i)[1:k]) for i, k in enumerate(here)]
        table = kind.ones((1,) * (2 * count))
        for i in range(count):
            chance = self.chances[i][t + 1][np.ix_(*stand)]
            after = self.types(i, t + 1)
            own = kind.zeros((*here, after))
            k = np.arange(1, here[i])
            at = np.moveaxis(own, i, 0)  # her type first: a view
            coming = np.asarray(np.moveaxis(chance, i, 0)[0])  # of one buyer, a number
            at[0, ..., 0] = 1 - coming
            if after > here[i]:
                at[0, ..., here[i] :] = coming[..., None] * self.pmf[i]
            at[k, ..., k] = kind.one
            place = [1] * count
            place[i] = after
            table = table * own.reshape(*here, *place)
        return table

    def _move(self, t: int) -> Array:
        """(A, S_1, ..., S_N, 2, S_1', ..., S_N', 2): the buyers', and the good that is sold or not."""
        count, kind = len(self.names), arithmetic_of(*self.values)
        actions = len(self.served(t))
        goods = kind.zeros((actions, *[1] * count, 2, *[1] * count, 2))
        flat = goods.reshape(actions, 2, 2)
        flat[0, 0, 0] = kind.one
        flat[1:, 0, 1] = kind.one
        flat[:, 1, 1] = kind.one
        table = self._joint(t)
        buyers = np.expand_dims(table, axis=(0, count + 1, 2 * count + 2))
        result: Array = buyers * goods.take(range(1 if t == 0 else 2), axis=count + 1)
        return result


def read_hidden(
    *, names: Sequence[str], values: Any, pmf: Any, chances: Any, periods: int, discount: Any = 1
) -> HiddenArrivals:
    """Data of hidden arrivals; see `HiddenArrivals` for the shapes.

    Raises `InvalidInput` naming the buyer: also where a chance is missing, at dates of probability zero too.
    """
    count = len(names)
    if not count or not len(values) == len(pmf) == len(chances) == count:
        raise InvalidInput(f"{count} names for {len(values)} lists of values, {len(pmf)} of probabilities, "
                           f"{len(chances)} of chances")  # fmt: skip
    if periods < 1:
        raise InvalidInput(f"periods must be at least 1, not {periods}")
    theta = [array(v, f"values of {name}") for name, v in zip(names, values, strict=True)]
    share = [array(p, f"probabilities of {name}") for name, p in zip(names, pmf, strict=True)]
    odds = [array(c, f"chances of {name}") for name, c in zip(names, chances, strict=True)]
    factor = number(discount, "discount")
    kind = arithmetic_of(*theta, *share, *odds, factor)
    shape = (periods, *[periods + 1] * count)
    for name, v, p, c in zip(names, theta, share, odds, strict=True):
        if v.ndim != 1 or not v.size or (np.diff(v) <= 0).any():
            raise InvalidInput(f"values of {name}: a list that increases is expected")
        if p.shape != v.shape or (p <= 0).any() or abs(p.sum() - 1) > kind.slack(1, ROUNDED):
            raise InvalidInput(f"probabilities of {name}: one a value, positive, that sum to 1, are expected")
        if c.shape != shape:
            raise InvalidInput(f"chances of {name}: shape {c.shape}, not {shape} (period, dates of buyers)")
        if (c < 0).any() or (c > 1).any():
            raise InvalidInput(f"chances of {name}: probabilities between 0 and 1 are expected")
    if not 0 <= factor <= 1:
        raise InvalidInput(f"discount must be between 0 and 1, not {factor}")
    tables = [tuple(kind.array(v) for v in vectors) for vectors in (theta, share, odds)]
    return HiddenArrivals(tuple(names), tables[0], tables[1], tables[2], periods, kind.number(factor))
