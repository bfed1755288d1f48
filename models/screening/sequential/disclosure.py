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
from ...design.design import Design, design
from ...design.question import Question
from ...environment.environment import Agent, Environment
from ...mechanism.mechanism import Mechanism
from .buyer import SequentialBuyer, buyer_of
from .options import largest_fees

SEARCHES = ("auto", "thresholds", "all")
FEW, MOST = 64, 1_024
"""Binary partitions up to which all of them are looked at unasked, and at all."""
SHARES = (2.0**-24, 2.0**-40, 2.0**-60)
"""Of the largest amount of money: what the first disclosure costs, in doubles the first of these alone."""


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
    labels, count = _labels(buyer), len(buyer.values)
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
    texts = _labels(buyer)
    labels, values, moves = [], [], []
    for d, one in enumerate(shown):
        seen = Cells.of(buyer, one)
        first, cell = np.nonzero(seen.chances > 0)
        names = [", ".join(texts[m] for m in inside) for inside in one.cells]
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
    """The whole answer. Money is of period 0 but where it is said.

    searched: the disclosures. one: by name, the same for everybody. by_report: the best choice by the first
    report, by lot where that is better.
    """

    buyer: SequentialBuyer
    searched: tuple[Disclosure, ...]
    one: dict[str, Design]
    by_report: Design
    effort: Effort = FLOATS

    def _facts(self) -> dict[str, object]:
        name, count = self.buyer.environment.name, len(self.searched)
        return {"instance": name, "disclosures": count, "status": self.by_report.status, "value": self.value}

    @property
    def values(self) -> dict[str, Number | None]:
        """What each disclosure earns, shown to everybody."""
        return {name: answer.value for name, answer in self.one.items()}

    @property
    def environment(self) -> Environment:
        """In which what is shown is chosen by the first report."""
        return disclosed(self.buyer, self.searched)

    @property
    def value(self) -> Number | None:
        """What the best choice by the first report earns."""
        return self.by_report.value

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """Of `environment`: one that earns the best value and, of those, shows least; None where the time
        limit was reached before there was a value."""
        value, numbers = self.value, self.buyer.numbers
        if value is None:
            return None
        best = self.by_report.mechanism
        scale = max(abs(self.buyer.values).max(), abs(self.buyer.cost))
        for share in SHARES if numbers.exact else SHARES[:1]:
            costs = [numbers.number(share) * scale * place for place in range(len(self.searched))]
            least = self._costly(costs)
            if least is None:
                break
            spent = self.buyer.prior @ (_shares(least.mechanism) @ np.array(costs, numbers.dtype))
            if (least.value or 0) + spent >= value - numbers.slack(scale, SOLVED):
                return replace(least.mechanism, instance=best.instance)
        return best

    def _costly(self, costs: Sequence[Number]) -> Design | None:
        """The best choice by the first report where showing costs something; None where it was not found."""
        env = disclosed(self.buyer, self.searched, costs)
        answer = design(env, Question.of(env), self.effort)
        return None if answer.value is None else answer

    @property
    def shown(self) -> Array | None:
        """(K, D) probability that a first report is shown each disclosure; None without a mechanism."""
        return None if self.mechanism is None else _shares(self.mechanism)

    @cached_property
    def contracts(self) -> tuple[ShownContract, ...] | None:
        """A contract for each first type, by which she buys where the mechanism sells.

        The highest strikes that fall, with the largest fees; where these earn less, what the mechanism
        charges. None where lots are drawn.
        """
        buyer, numbers, shown = self.buyer, self.buyer.numbers, self.shown
        if self.value is None or self.mechanism is None or shown is None:
            return None
        if not (shown.max(axis=1) >= 1 - numbers.slack(1, SOLVED)).all():
            return None
        charged = [self._offer(self.mechanism, k, d) for k, d in enumerate(shown.argmax(axis=1).tolist())]
        if any(offer is None for offer in charged):
            return None
        own = [offer for offer in charged if offer is not None]
        falling, most = [], max(buyer.values)
        for k, offer in enumerate(own):
            falling.append(offer.at_most(k, most))
            most = most if falling[-1].strike is None else falling[-1].strike
        fees = largest_fees(_worth(buyer, falling), buyer.nothing())
        if fees is not None:
            offers = [replace(offer, fee=fee) for offer, fee in zip(falling, fees.tolist(), strict=True)]
            earned = np.array([offer.earned(buyer, k) for k, offer in enumerate(offers)], numbers.dtype)
            if buyer.prior @ earned >= self.value - numbers.slack(buyer.values, SOLVED):
                own = offers
        rents = np.diagonal(_worth(buyer, own)) - np.array([offer.fee for offer in own], numbers.dtype)
        return tuple(
            ShownContract(
                name=buyer.types[k],
                shown=one.shown.name,
                buys=one.names(buyer),
                fee=numbers.number(one.fee),
                strike=None if one.strike is None else numbers.number(one.strike),
                sold=one.sold(k),
                rent=rent,
            )
            for k, (one, rent) in enumerate(zip(own, rents.tolist(), strict=True))
        )

    def _offer(self, mechanism: Mechanism, k: int, d: int) -> _Offer | None:
        """What the mechanism charges first type k, who is shown disclosure d, as a fee and a strike price:
        None where an item is sold by lot. Who buys in any case pays the least that a cell is ever worth."""
        buyer, seen = self.buyer, Cells.of(self.buyer, self.searched[d])
        before = sum(int((Cells.of(buyer, one).chances > 0).sum()) for one in self.searched[:d])
        there = seen.chances > 0
        place = before + int(there[:k].sum()) + np.arange(there[k].sum())
        first, second = mechanism.stages
        if first.next is None:
            raise AssertionError("there is a second period")
        memory = first.next[mechanism.start, k, d]
        sells, pays = second.allocation[memory, place, buyer.sale], second.transfers[0, memory, place]
        buys = sells > 0.5
        if not buyer.numbers.negligible(np.where(buys, 1 - sells, sells), 1, SOLVED).all():
            return None
        entry, cells = first.transfers[0, mechanism.start, k], np.flatnonzero(there[k])
        idle = buyer.numbers.number(0) if buys.all() else pays[~buys].min()
        strike = None
        if buys.any():
            strike = seen.means[there].min() if buys.all() else pays[buys].min() - idle
        if buys.all():
            idle = pays.min() - strike
        return _Offer(
            self.searched[d], seen, tuple(cells[buys].tolist()), strike, entry + buyer.discount * idle
        )


@dataclass(frozen=True, eq=False, repr=False)
class _Offer(Short):
    """A fee and a strike after a disclosure. cells: at which her own first type buys."""

    shown: Disclosure
    seen: Cells
    cells: tuple[int, ...]
    strike: Number | None
    fee: Number

    def at_most(self, k: int, most: Number) -> _Offer:
        """The same for first type k at the highest strike up to `most`, but no less than cells are worth at
        which she does not buy."""
        there = self.seen.chances[k] > 0
        idle = there.copy()
        idle[list(self.cells)] = False
        if self.strike is None or not idle.any():
            return self
        least = min(self.seen.means[k, list(self.cells)].min(), most)
        return replace(self, strike=max(least, self.seen.means[k, idle].max()))

    def worth(self, buyer: SequentialBuyer) -> Array:
        """(K,) to every first type, before the fee, of period 0."""
        if self.strike is None:
            return buyer.numbers.zeros(len(buyer.types))
        gains = np.maximum(self.seen.means - self.strike, buyer.numbers.zeros(1))
        worth: Array = buyer.discount * (self.seen.chances * gains).sum(axis=1)
        return worth

    def sold(self, k: int) -> Number:
        """Probability that first type k, who buys at these cells, buys."""
        return sum(self.seen.chances[k, list(self.cells)].tolist(), 0 * self.fee)

    def earned(self, buyer: SequentialBuyer, k: int) -> Number:
        """By the seller from first type k."""
        later = 0 if self.strike is None else self.sold(k) * (self.strike - buyer.cost)
        return self.fee + buyer.money(later)

    def names(self, buyer: SequentialBuyer) -> tuple[str, ...]:
        """The cells at which she buys, by their values."""
        texts = _labels(buyer)
        return tuple(", ".join(texts[m] for m in self.shown.cells[c]) for c in self.cells)


def _labels(buyer: SequentialBuyer) -> list[str]:
    """Values as texts, no two of which are the same."""
    values = buyer.values.tolist()
    texts = [show(value) for value in values]
    return texts if len(set(texts)) == len(texts) else [str(value) for value in values]


def _worth(buyer: SequentialBuyer, offers: Sequence[_Offer]) -> Array:
    """(K, K) what each first type has from each offer, before its fee."""
    return np.stack([offer.worth(buyer) for offer in offers], axis=1)


def _shares(mechanism: Mechanism) -> Array:
    """(K, D) probabilities of what is shown by first report."""
    shares: Array = mechanism.stages[0].allocation[mechanism.start]
    return shares


def disclosure_search(env: Environment, search: str = "auto", effort: Effort = FLOATS) -> DisclosureSearch:
    """What every disclosure earns, shown to everybody, and the best choice by the first report.

    search: as in `disclosures`. Raises as `buyer_of` and `disclosures` do, and `TooLarge` as any design.
    """
    buyer = buyer_of(env, exact=effort.exact)
    question, searched = Question.of(buyer.environment), tuple(disclosures(buyer, search))
    effort.tell("step", "chosen by report")
    by_report = design(disclosed(buyer, searched), question, effort)
    one = {}
    for shown in searched:
        effort.tell("step", shown.name)
        one[shown.name] = design(disclosed(buyer, [shown]), question, effort)
    return DisclosureSearch(buyer, searched, one, by_report, effort.rested)
