"""What the seller lets the buyer learn: discriminatory disclosure (lecture notes, word of caution; Li & Shi).

A seller who decides what the buyer sees of her value in period 1 may show less than all of it, and to each
first report something else. A *disclosure* is a partition of the values into cells: the buyer sees her cell.
A cell is worth its expected value, which depends on the first type, and so a second type is a first type, a
disclosure and a cell. *One disclosure* is an environment of two periods again, where everybody is shown the
same; where disclosures are the actions of period 0, which move the second type, the mechanism chooses what is
shown by the first report. Both are solved as any other environment.

    "nothing"       one cell
    "≥ v"           two, cut at a value: a *threshold*
    "{..} | {..}"   two, any others
    "everything"    a cell for each value

Of equally good choices the one that shows least is looked for: showing costs ε times the place in this list,
and the mechanism found counts if it is as good without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ....solvers.arithmetic import SOLVED
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import InvalidInput, TooLarge
from ....solvers.numbers import Array, Number, show
from ....solvers.short import Short
from ...answers.answer import Answer
from ...design.design import Design, Question, design
from ...environment.environment import Agent, Environment
from ...mechanism.mechanism import Mechanism
from .buyer import SequentialBuyer, buyer_of
from .options import largest_fees

SEARCHES = ("auto", "thresholds", "all")
FEW, MOST = 64, 1_024
"""Binary partitions up to which all of them are looked at unasked, and at all."""
SHARE = 2.0**-20
"""Of the largest amount of money: what showing costs at first."""


@dataclass(frozen=True)
class Disclosure:
    """A partition of the values. cells: indices of values, the cell of the lowest first."""

    name: str
    cells: tuple[tuple[int, ...], ...]


def disclosures(buyer: SequentialBuyer, search: str = "auto") -> list[Disclosure]:
    """Nothing, the binary partitions that are searched, everything.

    search: "thresholds", "all" binary partitions, or "auto": all up to `FEW`. Raises `InvalidInput` for
    another word, `TooLarge` for more than `MOST`.
    """
    if search not in SEARCHES:
        raise InvalidInput(f"search: {search!r} is none of {', '.join(SEARCHES)}")
    labels, count = [show(v) for v in buyer.values.tolist()], len(buyer.values)
    everybody = tuple(range(count))
    listed = [Disclosure("nothing", (everybody,))]
    if count > 2:
        listed += [Disclosure(f"≥ {labels[m]}", (everybody[:m], everybody[m:])) for m in range(1, count)]
    partitions = 2 ** (count - 1) - 1
    if search == "all" and partitions > MOST:
        raise TooLarge(
            f"disclosure: {count} values have {partitions:,} binary partitions, more than {MOST:,}; "
            "search='thresholds' looks at those that are cut at a value"
        )
    if search == "all" or (search == "auto" and partitions <= FEW):
        for code in range(1, 2 ** (count - 1)):
            high = tuple(m for m in range(1, count) if code >> (m - 1) & 1)
            low = tuple(m for m in everybody if m not in high)
            if low[-1] > high[0]:  # else it is a threshold
                names = (", ".join(labels[m] for m in cell) for cell in (low, high))
                listed.append(Disclosure(" | ".join(f"{{{name}}}" for name in names), (low, high)))
    if count > 1:
        listed.append(Disclosure("everything", tuple((m,) for m in everybody)))
    return listed


@dataclass(frozen=True, eq=False, repr=False)
class Cells(Short):
    """What a disclosure shows: chances (K, C) of its cells, and means (K, C) of the values in them, 0 where a
    first type is never shown the cell."""

    chances: Array
    means: Array

    @classmethod
    def of(cls, buyer: SequentialBuyer, shown: Disclosure) -> Cells:
        """Of a buyer's first types."""
        member = np.zeros((len(buyer.values), len(shown.cells)), dtype=np.int64)
        for c, cell in enumerate(shown.cells):
            member[list(cell), c] = 1
        chances = buyer.chances @ member
        return cls(chances, (buyer.chances * buyer.values) @ member / buyer.numbers.divisor(chances))


def disclosed(
    buyer: SequentialBuyer, shown: Sequence[Disclosure], costs: Sequence[Number] | None = None
) -> Environment:
    """The environment in which period 0 chooses what is shown; costs: of showing it, nothing where None.

    Types of period 1 are ``first type: disclosure: values of the cell``, those that are possible.
    """
    env, count = buyer.environment, len(buyer.types)
    labels, values, moves = [], [], []
    for d, one in enumerate(shown):
        seen = Cells.of(buyer, one)
        first, cell = np.nonzero(seen.chances > 0)
        names = [", ".join(map(show, buyer.values[list(inside)].tolist())) for inside in one.cells]
        labels += [f"{buyer.types[k]}: {one.name}: {names[c]}" for k, c in zip(first, cell, strict=True)]
        values.append(seen.means[first, cell])
        own = buyer.numbers.zeros((len(shown), count, len(first)))
        own[d, first, np.arange(len(first))] = seen.chances[first, cell]
        moves.append(own)
    moved = np.concatenate(moves, axis=2)
    worth = np.concatenate(values)
    nothing = buyer.numbers.zeros(len(worth))
    agent = Agent(
        buyer.name,
        types=[list(buyer.types), labels],
        prior=buyer.prior,
        values=[buyer.numbers.zeros((len(shown), count)),
                np.stack([worth if a == buyer.sale else nothing for a in (0, 1)])],
        transitions=[moved],
    )  # fmt: skip
    return Environment(
        name=f"{env.name}, {shown[0].name} shown" if len(shown) == 1 else f"{env.name}, disclosed",
        agents=[agent],
        actions=[[one.name for one in shown], list(env.actions[1])],
        costs=[buyer.numbers.zeros(len(shown)) if costs is None else costs, env.costs[1]],
        discount=env.discount,
        horizon=2,
    )


@dataclass(frozen=True)
class ShownContract:
    """What a first type is offered: what is shown to her, the cells in which she buys, by their values; fee
    in money of period 0, strike in money of period 1 (None where nothing is sold), the probability of a sale,
    and the rent, of period 0."""

    name: str
    shown: str
    buys: tuple[str, ...]
    fee: Number
    strike: Number | None
    sold: Number
    rent: Number


@dataclass(frozen=True, eq=False, repr=False)
class DisclosureSearch(Answer):
    """The whole answer. searched: the disclosures. Money is of period 0 but where it is said."""

    buyer: SequentialBuyer
    searched: tuple[Disclosure, ...]
    effort: Effort = FLOATS

    def _facts(self) -> dict[str, object]:
        full = self.searched[-1].name
        return {"instance": self.buyer.environment.name, full: self.values[full], "best": self.value}

    @cached_property
    def one(self) -> dict[str, Design]:
        """By name: the same disclosure for everybody."""
        question = Question.of(self.buyer.environment)
        return {d.name: design(disclosed(self.buyer, [d]), question, self.effort) for d in self.searched}

    @property
    def values(self) -> dict[str, Number | None]:
        """What each of these earns."""
        return {name: answer.value for name, answer in self.one.items()}

    @property
    def environment(self) -> Environment:
        """In which what is shown is chosen by the first report."""
        return disclosed(self.buyer, self.searched)

    @cached_property
    def by_report(self) -> Design:
        """The best choice by the first report, by lot where that is better."""
        return design(self.environment, Question.of(self.buyer.environment), self.effort)

    @property
    def value(self) -> Number | None:
        """What it earns."""
        return self.by_report.value

    @cached_property
    def mechanism(self) -> Mechanism:
        """Of `environment`: one that earns the best value and, of those, shows least."""
        value, best = self.by_report.value, self.by_report.mechanism
        scale = max(abs(self.buyer.values).max(), abs(self.buyer.cost))
        if value is None or scale == 0:
            return best
        share = self.buyer.numbers.number(SHARE) * scale / len(self.searched)
        costs = [share * place for place in range(len(self.searched))]
        answer = design(
            disclosed(self.buyer, self.searched, costs), Question.of(self.buyer.environment), self.effort
        )
        if answer.value is None:
            return best
        spent = self.buyer.prior @ (_shares(answer.mechanism) @ np.array(costs, self.buyer.numbers.dtype))
        kept = answer.value + spent >= value - self.buyer.numbers.slack(scale, SOLVED)
        return replace(answer.mechanism, instance=best.instance) if kept else best

    @property
    def shown(self) -> Array:
        """(K, D) probability that a first report is shown each disclosure."""
        return _shares(self.mechanism)

    @cached_property
    def contracts(self) -> tuple[ShownContract, ...] | None:
        """A contract for each first type: as high a strike as those who buy at some cells only can bear, and
        the largest fees. None where lots are drawn, or where no fees and strikes earn as much."""
        buyer, chosen = self.buyer, self.shown
        if self.value is None or not (chosen.max(axis=1) >= 1 - buyer.numbers.slack(1, SOLVED)).all():
            return None
        offers = [self._offer(k, d) for k, d in enumerate(chosen.argmax(axis=1).tolist())]
        worth = np.stack([offer.worth(buyer) for offer in offers], axis=1)
        fees = largest_fees(worth, buyer.nothing())
        if fees is None:
            return None
        rents = np.diagonal(worth) - fees
        contracts = tuple(
            ShownContract(
                buyer.types[k], offer.shown.name, offer.names(buyer), fee, offer.strike, offer.sold(k), rent
            )
            for k, (offer, fee, rent) in enumerate(zip(offers, fees.tolist(), rents.tolist(), strict=True))
        )
        earned = [
            one.fee + buyer.money(one.sold * (one.strike - buyer.cost) if one.strike is not None else 0)
            for one in contracts
        ]
        profit = buyer.prior @ np.array(earned, buyer.numbers.dtype)
        return contracts if profit >= self.value - buyer.numbers.slack(buyer.values, SOLVED) else None

    def _offer(self, k: int, d: int) -> _Offer:
        """The strike by which first type k, who is shown disclosure d, buys where the mechanism sells."""
        buyer, seen = self.buyer, Cells.of(self.buyer, self.searched[d])
        before = sum(int((Cells.of(buyer, one).chances > 0).sum()) for one in self.searched[:d])
        there = seen.chances > 0
        first = before + int(there[:k].sum())
        first_stage, second = self.mechanism.stages
        assert first_stage.next is not None
        memory = first_stage.next[self.mechanism.start, k, d]
        buys = np.zeros(there.shape[1], dtype=np.bool_)
        buys[there[k]] = second.allocation[memory, first : first + int(there[k].sum()), buyer.sale] > 0.5
        strike = None
        if buys.any():
            everywhere = buys[there[k]].all()
            strike = seen.means[there].min() if everywhere else seen.means[k, buys].min()
        return _Offer(self.searched[d], seen, tuple(np.flatnonzero(buys).tolist()), strike)


@dataclass(frozen=True, eq=False, repr=False)
class _Offer(Short):
    """A strike after a disclosure. cells: at which her own first type buys."""

    shown: Disclosure
    seen: Cells
    cells: tuple[int, ...]
    strike: Number | None

    def worth(self, buyer: SequentialBuyer) -> Array:
        """(K,) to every first type, of period 0."""
        if self.strike is None:
            return buyer.numbers.zeros(len(buyer.types))
        gains = np.maximum(self.seen.means - self.strike, buyer.numbers.zeros(1))
        worth: Array = buyer.discount * (self.seen.chances * gains).sum(axis=1)
        return worth

    def sold(self, k: int) -> Number:
        """Probability that first type k, who buys at these cells, buys."""
        chance: Number = sum(self.seen.chances[k, list(self.cells)].tolist(), 0)
        return chance

    def names(self, buyer: SequentialBuyer) -> tuple[str, ...]:
        """The cells at which she buys, by their values."""
        return tuple(
            ", ".join(map(show, buyer.values[list(self.shown.cells[c])].tolist())) for c in self.cells
        )


def _shares(mechanism: Mechanism) -> Array:
    """(K, D) probabilities of what is shown by first report."""
    shares: Array = mechanism.stages[0].allocation[mechanism.start]
    return shares


def disclosure_search(env: Environment, search: str = "auto", effort: Effort = FLOATS) -> DisclosureSearch:
    """What every disclosure earns, shown to everybody, and the best choice by the first report.

    search: as in `disclosures`. Raises as `buyer_of` and `disclosures` do, and `TooLarge` as any design.
    """
    buyer = buyer_of(env, exact=effort.exact)
    return DisclosureSearch(buyer, tuple(disclosures(buyer, search)), effort.rested)
