"""A row of one's own in the reduced form: coefficients of what each type expects.

A row weighs what the mechanism does and takes at profiles of reports. It is about X_i(θ) and P_i(θ) where the
coefficient of selling to i, or of what she pays, is g(θ_i) times the probability of what the others report:
that of a row about expectations where it depends on her own report alone. Keeping the good is not selling to
anybody, x_keep = 1 − Σ_i x_i. Entries of a file about expectations are read as they stand where each names
one report or none, so that ten bidders need no table over their profiles.
"""

from __future__ import annotations

from functools import reduce
from math import prod
from typing import Any, TypeAlias

import numpy as np

from ...solvers.arithmetic import ROUNDED, Arithmetic, arithmetic
from ...solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ...solvers.numbers import Array, Number, show
from ..environment.environment import Environment
from ..notions.demands import OwnRow
from ..notions.demands.row import Labelled
from ..notions.demands.row_tables import position, told_types
from ..notions.demands.row_utilities import utilities
from .arranged import Arranged
from .highest_score import MAX_ENTRIES

Weights: TypeAlias = tuple[Any, list[Array], list[Array]]
"""A constant, and by agent (K_i,) coefficients of her winning and of her payment."""


class InterimRow:
    """The coefficients of one row over a sale."""

    def __init__(self, env: Environment, sale: Arranged, demand: OwnRow) -> None:
        self.env, self.sale, self.demand = env, sale, demand
        self.row, self.name = demand.row, demand.name
        self.kind: Arithmetic = arithmetic(sale.market.exact)
        self.buyers = sale.market.buyers

    def read(self) -> tuple[Array, Array, Number]:
        """Coefficients on X and U, each (M,) over all types in one line, and a constant.

        Raises `AssumptionViolated` where the row says more than what types expect, `TooLarge` for a table
        over too many profiles, `InvalidInput` as reading it over the environment does.
        """
        asked = (self.row.allocation, self.row.payment)
        fresh = self.demand.env is None and self.row.expected
        labelled = fresh and all(isinstance(table, Labelled | None) for table in asked)
        constant, sold, paid = (self._entries() if labelled else None) or self._tables()
        where = f"{self.row.where}, utility"
        over = None if labelled else self.demand.over(self.env)
        kept = utilities(self.env, self.row.utility, where) if over is None else over.utility
        x, u = [], []
        for i, buyer in enumerate(self.buyers):
            x.append(self._alike(i, sold[i]) + buyer.values * self._alike(i, paid[i]))
            own = self.kind.array(np.asarray(kept[i])) if i in kept else self.kind.zeros(sold[i].size)
            u.append(
                self.sale.merged(
                    i, own * (self.sale.chances[i] if self.row.expected else self.kind.one) - paid[i]
                )
            )
        return np.concatenate(x), np.concatenate(u), constant

    def _nothing(self) -> list[Array]:
        return [self.kind.zeros(place.size) for place in self.sale.places]

    def _entries(self) -> Weights | None:
        """The constant, and by agent what selling to her and what she pays weigh, types as given.

        None where an entry names what others report.
        """
        constant: Any = self.kind.zero
        sold, paid = self._nothing(), self._nothing()
        for key, amounts in (("allocation", sold), ("payment", paid)):
            table = getattr(self.row, key)
            for k, (t, history, reports, what, amount) in enumerate(table.entries if table else ()):
                where = f"{self.row.where}, {key}, entry {k}"
                if t not in (0, None) or history not in ([], (), None):
                    raise InvalidInput(f"{where}: period 0, of which an auction is, has no history")
                told = told_types(self.env, 0, reports, where)
                names = self.env.actions[0] if key == "allocation" else self.sale.market.names
                one = position(names, what, where)
                some = list(range(len(names)))[one] if isinstance(one, slice) else [one]
                kept = self._entry(key, amounts, told, some, self.kind.number(amount))
                if kept is None:
                    return None
                constant += kept
        return constant, sold, paid

    def _entry(
        self, key: str, amounts: list[Array], told: tuple[Any, ...], some: list[int], amount: Any
    ) -> Any:
        """Add one entry about these actions, or agents; returns what it weighs where the good is kept.

        None where it names what others of a buyer whom it is about report.
        """
        keeps = [a in some for a in self.sale.keeps] if key == "allocation" else [False]
        if any(keeps) and not all(keeps):
            self._refuse_keeps()
        kept = amount if all(keeps) else 0 * amount
        named = {i for i, one in enumerate(told) if not isinstance(one, slice)}
        for i, buyer in enumerate(self.buyers):
            there = key == "payment" or buyer.action is not None
            sells = (i if key == "payment" else buyer.action) in some
            weight = (amount if sells else 0 * amount) - kept if there else 0 * amount
            if weight != 0 and named - {i}:
                return None
            amounts[i][told[i]] += weight * self.sale.chances[i][told[i]]
        for i in named:
            kept = kept * self.sale.chances[i][told[i]]
        return kept

    def _refuse_keeps(self) -> None:
        raise AssumptionViolated(
            f"demand '{self.name}' tells one way of keeping the good from another; ask it of `design`"
        )

    def _tables(self) -> Weights:
        """The same from tables over profiles."""
        profiles = prod(map(float, self.env.types(0)))
        if isinstance(self.row.allocation, Labelled) and profiles > MAX_ENTRIES:
            raise TooLarge(
                f"{self.row.where} names what several report, of {profiles:.3g} profiles; more than "
                f"{MAX_ENTRIES:,} are not listed"
            )
        over = self.demand.over(self.env)
        constant: Any = self.kind.zero
        sold, paid = self._nothing(), self._nothing()
        for table in over.allocation:
            kept, gains = self._sold(table.over(self.kind.exact, self.row.where))
            constant += kept
            sold = [one + more for one, more in zip(sold, gains, strict=True)]
        for table in over.payment:
            values = table.over(self.kind.exact, self.row.where)
            paid = [one + self._expected(i, self._weigh(values[0, :, i])) for i, one in enumerate(paid)]
        return constant, sold, paid

    def _weigh(self, numbers: Array) -> Array:
        """Coefficients by profile (K_0, ..., K_{N-1}), or (1, ..., 1) where all are alike."""
        shape = [own.size for own in self.sale.places] if numbers.size > 1 else [1] * len(self.buyers)
        return numbers.reshape(shape)

    def _sold(self, values: Array) -> tuple[Number, list[Array]]:
        """What is there where the good is kept, and by agent what selling to her adds, types as given."""
        keeps = list(self.sale.keeps)
        kept = values[0, :, keeps[0]]
        if (values[0][:, keeps] != kept[:, None]).any():
            self._refuse_keeps()
        base = self._weigh(kept)
        gains = []
        for i, buyer in enumerate(self.buyers):
            if buyer.action is None:
                gains.append(self.kind.zeros(self.sale.places[i].size))
                continue
            gains.append(self._expected(i, self._weigh(values[0, :, buyer.action]) - base))
        return self._everywhere(base), gains

    def _everywhere(self, base: Array) -> Any:
        """The sum of coefficients over all profiles of reports, expected where the row is."""
        weights = [
            chance if self.row.expected else np.full_like(chance, self.kind.one)
            for chance in self.sale.chances
        ]
        left: Any = base
        for own in reversed(weights):
            left = left @ own if left.shape[-1] > 1 else left[..., 0] * own.sum()
        whole: Any = left[()] if isinstance(left, np.ndarray) else left
        return whole

    def _expected(self, i: int, numbers: Array) -> Array:
        """By type of agent i the coefficient of what she expects (K_i,).

        Raises `AssumptionViolated` where coefficients weigh profiles of others unlike their probabilities.
        """
        own = np.moveaxis(numbers, i, 0)
        own = own.reshape(own.shape[0], -1)
        chance = self.sale.chances[i]
        count = chance.size
        if self.row.expected:
            first = own[:, :1]
            self._same(i, own, first)
            return np.broadcast_to(first[:, 0], count) * chance
        if not (own != 0).any():
            return self.kind.zeros(count)
        others = [c for j, c in enumerate(self.sale.chances) if j != i]
        if numbers.size == 1:
            # All profiles alike: others' probabilities are so only where all of theirs are equal.
            share: Any = self.kind.one
            for each in others:
                self._same(i, each[None, :], each[None, :1])
                share = share * each[0]
            return np.broadcast_to(own[0, 0] / share, count) + self.kind.zeros(count)
        weights = reduce(np.multiply.outer, others, np.array(self.kind.one, dtype=self.kind.dtype)).reshape(
            -1
        )
        total: Array = own.sum(axis=1)
        self._same(i, own, total[:, None] * weights[None, :])
        self._never(i, total)
        return total

    def _never(self, i: int, total: Array) -> None:
        for k in np.flatnonzero((self.sale.places[i] < 0) & np.asarray(total != 0, dtype=bool)).tolist():
            name = self.buyers[i].name
            raise AssumptionViolated(
                f"demand '{self.name}' is about type {k} of agent '{name}', which has probability 0: ask "
                "it of `design`"
            )

    def _same(self, i: int, one: Array, other: Array) -> None:
        off = abs(one - other)
        scale = abs(one).max()
        if not self.kind.negligible(off, scale, ROUNDED).all():
            name = self.buyers[i].name
            raise AssumptionViolated(
                f"demand '{self.name}' weighs what the others of '{name}' report unlike its probability, "
                f"by {show(off.max())}; ask it of `design`"
            )

    def _alike(self, i: int, numbers: Array) -> Array:
        """Numbers of agent i's types summed by value (K_i of the market,), each weighed by its probability.

        Raises `AssumptionViolated` where types of one value are told apart.
        """
        merged = self.sale.merged(i, numbers)
        buyer, place = self.buyers[i], self.sale.places[i]
        there = place >= 0
        if buyer.action is None:
            return merged * 0
        share = merged[place[there]] * self.sale.chances[i][there] / buyer.probabilities[place[there]]
        off = abs(numbers[there] - share)
        if not self.kind.negligible(off, abs(numbers).max(), ROUNDED).all():
            raise AssumptionViolated(
                f"demand '{self.name}' tells types of agent '{buyer.name}' apart that have one value; ask "
                "it of `design`"
            )
        return merged
