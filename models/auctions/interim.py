"""What is asked of an auction, in the reduced form: linear in what each type gets.

With X_i(θ) the probability that type θ of buyer i wins, U_i(θ) what she expects to keep, P_i = θ X_i − U_i
what she expects to pay, f_i(θ) her probability, c_i the cost of selling to her and c_0 that of keeping,

    revenue = Σ f_i (P_i − c_i X_i) − c_0,   welfare = Σ f_i (θ − c_i) X_i − c_0,   E U_i = Σ f_i U_i.

The question's objective weighs these (`notions/objective.py`); bayesian incentives and interim participation
bound nothing else than X and U. Of the demands these can be said so: bounds on payments, because P_i(θ)
may be taken whatever the others report; a budget in expectation; rows of one's own whose coefficients weigh
what a type can expect; agents who are alike treated alike, because the mean over exchanges of them is as
good an auction. A budget at every profile, and rules without lotteries, are about more than X and U.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...solvers.arithmetic import Arithmetic, arithmetic
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Number, show, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..notions.demands import Anonymous, Demand, Demanded, Demands, MoneyDemand, OwnRow
from ..notions.objective import Objective
from .arranged import Arranged
from .interim_rows import InterimRow

EVERYBODY = -1
"""Of a row that is not one of those that bound each type of a buyer."""
LEAST = 2
"""Columns for the least utilities, before and after types are known."""


@dataclass(frozen=True, eq=False, repr=False)
class Functional(Short):
    """Σ x X + Σ u U + Σ least · m + constant, to be between `lower` and `upper`.

    x, u (M,): over all types of the market in one line; least (2,): of the least utilities m, which rows
    keep below what they are the least of. buyer: whose types, one by one, a run of such rows bounds.
    """

    name: str
    x: Array
    u: Array
    least: Array
    constant: Number
    lower: Number | None = None
    upper: Number | None = None
    buyer: int = EVERYBODY

    def of(self, x: Array, u: Array, least: Array) -> Number:
        """Its value."""
        value: Number = self.x @ x + self.u @ u + self.least @ least + self.constant
        return value

    def to_float(self) -> Functional:
        """The same in doubles."""

        def near(bound: Number | None) -> float | None:
            return None if bound is None else float(bound)

        return Functional(
            self.name, to_float(self.x), to_float(self.u), to_float(self.least), float(self.constant),
            near(self.lower), near(self.upper), self.buyer,
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class InterimQuestion(Short):
    """What is maximised over auctions of a sale, and what is demanded of them.

    bounded: by agent the bounds on her payments, the same for all treated alike. alike: groups of agents, by
    index, who are.
    """

    sale: Arranged
    aim: Functional
    rows: tuple[Functional, ...]
    bounded: tuple[tuple[Number | None, Number | None], ...]
    alike: tuple[tuple[int, ...], ...]

    def to_float(self) -> InterimQuestion:
        """The same in doubles."""
        sale = self.sale
        sale = replace(
            sale, market=sale.market.converted(False), costs=to_float(sale.costs), kept=float(sale.kept)
        )
        return replace(self, sale=sale, aim=self.aim.to_float(), rows=tuple(r.to_float() for r in self.rows))

    def shared(self, numbers: Array) -> Array:
        """Numbers by buyer (N, ...) with the mean for all who are treated alike."""
        numbers = numbers.copy()
        for group in map(list, self.alike):
            numbers[group] = numbers[group].sum(axis=0) / len(group)
        return numbers

    def mean(self, numbers: Array) -> Array:
        """Numbers of all types in one line (M,) with the mean for those of buyers who are treated alike."""
        parts = np.split(numbers, self.sale.cuts)
        for group in self.alike:
            whole = sum((parts[i] for i in group[1:]), parts[group[0]]) / len(group)
            for i in group:
                parts[i] = whole
        return np.concatenate(parts)


def asked(env: Environment, sale: Arranged, objective: Objective, demands: Demands) -> InterimQuestion:
    """The question over this sale.

    Raises `AssumptionViolated` for a demand that says more than interim numbers can, naming it, and
    `InvalidInput` as reading the question does.
    """
    return _Reader(env, sale).read(objective, demands)


class _Reader:
    def __init__(self, env: Environment, sale: Arranged) -> None:
        self.env, self.sale = env, sale
        self.kind: Arithmetic = arithmetic(sale.market.exact)
        self.sizes = [buyer.size for buyer in sale.market.buyers]
        self.starts = np.cumsum([0, *self.sizes])
        self.chance = np.concatenate([buyer.probabilities for buyer in sale.market.buyers])
        self.values = np.concatenate([buyer.values for buyer in sale.market.buyers])
        self.costs = np.repeat(sale.costs, self.sizes)

    def read(self, objective: Objective, demands: Demands) -> InterimQuestion:
        exact = self.kind.exact
        objective = objective.over(exact)
        names = [buyer.name for buyer in self.sale.market.buyers]
        paid = self._spread([objective.paid(name) for name in names])
        goods: Any = objective.goods
        least = self._zeros(LEAST)
        least[:] = [objective.min_utility, objective.min_type_utility]
        aim = Functional(
            "objective", goods * self.chance * (self.values - self.costs), -paid * self.chance, least,
            -goods * self.sale.kept,
        )  # fmt: skip
        rows = [*self._least(least)]
        bounded = [(None, None)] * len(names)
        alike: list[tuple[int, ...]] = []
        for demand in demands:
            demand.check(self.env)
            demand.assume(self.env)
            if demand.demanded in (Demanded.PAID_PERIOD, Demanded.PAID_PATH) and isinstance(
                demand, MoneyDemand
            ):
                bounded = [self._bounds(demand, name) for name in names]
                for i, bounds in enumerate(bounded):
                    rows += self._payments(names[i], i, bounds)
            elif demand.demanded in READ:
                rows += READ[demand.demanded](self, demand)
            elif isinstance(demand, Anonymous):
                demand.swaps(self.env, neighbours=True)
                alike += [tuple(names.index(name) for name in group) for group in demand.groups]
            else:
                raise AssumptionViolated(
                    f"demand '{demand.name}' is about more than what each type expects; ask it of `design`"
                )
        for group in alike:
            low, high = zip(*(bounded[i] for i in group), strict=True)
            tightest = (
                max((b for b in low if b is not None), default=None),
                min((b for b in high if b is not None), default=None),
            )
            for i in group:
                bounded[i] = tightest
        return InterimQuestion(self.sale, aim, tuple(rows), tuple(bounded), tuple(alike))

    def _zeros(self, size: int) -> Array:
        return self.kind.zeros(size)

    def _spread(self, numbers: list[Any]) -> Array:
        one = self._zeros(len(numbers))
        one[:] = numbers
        return np.repeat(one, self.sizes)

    def _own(self, i: int) -> slice:
        return slice(int(self.starts[i]), int(self.starts[i + 1]))

    def _row(self, name: str, x: Array, u: Array, constant: Number, bounds: Any) -> Functional:
        return Functional(name, x, u, self._zeros(LEAST), constant, *bounds)

    def _least(self, weights: Array) -> Iterator[Functional]:
        """What the least utilities are the least of: a type with a higher value never keeps less."""
        for k, word in enumerate(("min-utility", "min-type-utility")):
            for i in range(len(self.sizes)) if weights[k] != 0 else ():
                u, least = self._zeros(self.values.size), self._zeros(LEAST)
                own = self._own(i) if k == 0 else slice(int(self.starts[i]), int(self.starts[i]) + 1)
                u[own] = self.chance[own] if k == 0 else self.kind.one
                least[k] = -self.kind.one
                yield Functional(
                    f"{word} of '{self.sale.market.buyers[i].name}'", self._zeros(u.size), u, least,
                    self.kind.zero, self.kind.zero,
                )  # fmt: skip

    def _bounds(self, demand: MoneyDemand, name: str) -> tuple[Any, Any]:
        low, high = (None if b is None else self.kind.number(b) for b in demand.bounds_of(name))
        return low, high

    def _payments(self, name: str, i: int, bounds: tuple[Any, Any]) -> Iterator[Functional]:
        if bounds == (None, None):
            return
        for k in range(int(self.starts[i]), int(self.starts[i + 1])):
            x, u = self._zeros(self.values.size), self._zeros(self.values.size)
            x[k], u[k] = self.values[k], -self.kind.one
            where = f"payment of '{name}' at value {show(self.values[k])}"
            yield replace(self._row(where, x, u, self.kind.zero, bounds), buyer=i)

    def budget(self, demand: Demand) -> Iterator[Functional]:
        """Payments cover costs, in expectation."""
        bounds = demand.bounds[""] if isinstance(demand, MoneyDemand) else (None, None)
        yield self._row(
            demand.name, self.chance * (self.values - self.costs), -self.chance, -self.sale.kept,
            [None if b is None else self.kind.number(b) for b in bounds],
        )  # fmt: skip

    def own(self, demand: Demand) -> Iterator[Functional]:
        """A row of one's own, where its coefficients weigh what types expect."""
        if isinstance(demand, OwnRow):
            x, u, constant = InterimRow(self.env, self.sale, demand).read()
            bounds = [None if b is None else self.kind.number(b) for b in demand.bounds]
            yield self._row(demand.name, x, u, constant, bounds)


READ: dict[Demanded, Callable[[_Reader, Demand], Iterator[Functional]]] = {
    Demanded.COVERED: _Reader.budget,
    Demanded.COVERED_PERIODS: _Reader.budget,
    Demanded.ROW: _Reader.own,
}
"""Demands that are rows over interim numbers, beside bounds on payments."""
