"""The optimal auction of one good for many bidders, under any weights and demands on what types get.

Without demands it is one score auction, by ironed virtual values (Myerson 1981), exactly in the numbers of
the data. With them it is a mixture of score auctions (`mixing.py`), in doubles, or over the rationals with a
proof (`proving.py`). The reduced form X_i(θ) follows from products of distribution functions: profiles of
types are enumerated only for a `Mechanism`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations, product
from math import factorial, prod
from typing import Any

import numpy as np

from ...solvers.arithmetic import COMPUTED, Arithmetic, arithmetic
from ...solvers.effort import Effort
from ...solvers.errors import Infeasible, OutOfTime, TooLarge, Unbounded
from ...solvers.numbers import Array, Floats, Ints, Number, array
from ...solvers.short import Short
from ..answers.answer import Answer
from ..answers.plain import plain
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism, Stage
from ..notions.demands import Demands
from ..notions.objective import Objective
from .arranged import Arranged, arrange
from .border import UpperSets, sets_of
from .highest_score import MAX_ENTRIES
from .interim import InterimQuestion, asked
from .mixing import Mixer, Mixture, Pool, size_of, stake_of
from .proving import endless, proved
from .score_auction import BestAuction, ScoreAuction

MAX_EXCHANGES = 5_040
"""Most exchanges of agents who are treated alike, all of which are drawn from."""
MESSAGES = {
    "optimal": "optimal",
    "infeasible": "no auction keeps the demands",
    "unbounded": "a lump sum to a buyer is worth more than it costs, and nothing bounds it",
    "limit": "the bound is not reached: the time is up, or doubles say no more",
}


@dataclass(frozen=True, eq=False, repr=False)
class RuleEntry(Short):
    """One auction of a rule and its probability: the highest positive score wins, ties go to who is listed
    first. scores: by buyer (K_i,) over the types of the market."""

    probability: Number
    auction: ScoreAuction
    scores: tuple[Array, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Auction(Answer):
    """An optimal auction. status: optimal, infeasible, unbounded or limit; without a rule numbers are None.

    value: of the objective; bound: of every auction that keeps the demands. entries: the rule. lumps (N,):
    what every buyer is given in any case. best: virtual values where what demands cost is priced in. prices:
    by demand that binds what the value gains where its bound grows by 1.
    """

    environment: Environment
    asked: InterimQuestion
    objective: Objective
    demands: Demands
    status: str
    value: Number | None = None
    bound: Number | None = None
    entries: tuple[RuleEntry, ...] = ()
    lumps: Array | None = None
    best: BestAuction | None = None
    prices: Mapping[str, Number] | None = None

    def _facts(self) -> dict[str, object]:
        entries = len(self.entries) or None
        return {
            "instance": self.environment.name,
            "status": self.status,
            "value": self.value,
            "rule": entries,
        }

    @property
    def message(self) -> str:
        """The status in words."""
        return f"{MESSAGES[self.status]} (auction of '{self.environment.name}')"

    @property
    def sale(self) -> Arranged:
        """What is sold to whom."""
        return self.asked.sale

    def require(self) -> BestAuction:
        """The virtual values; raises `Infeasible` or `Unbounded` where there is no rule."""
        if self.best is None:
            raise (Unbounded if self.status == "unbounded" else Infeasible)(self.message)
        return self.best

    def border(self, reduced_form: Sequence[Any]) -> UpperSets:
        """Whether any auction among these agents has this reduced form, by Border's condition.

        reduced_form: by agent (K_i,) how often each of her types is to win. The answer has the sets of types
        that could be promised too much, by size: `worst` is by how much a promise exceeds how often one of
        its set is there, 0 where all can be kept. Raises `InvalidInput` for another shape, or no chance.
        """
        priors = [np.asarray(agent.prior) for agent in self.environment.agents]
        return sets_of(priors, [array(own, "reduced form") for own in reduced_form])

    @cached_property
    def interim(self) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """(X, U) by buyer (K_i,) over the types of the market, lump sums included."""
        self.require()
        market = self.sale.market
        points = [entry.auction.interim(market) for entry in self.entries]
        chances = self._numbers([entry.probability for entry in self.entries])
        x, u = (chances @ np.stack(part) for part in zip(*points, strict=True))
        kept = np.split(u, self.sale.cuts)
        lumps = self._numbers([0] * len(kept)) if self.lumps is None else self.lumps
        return tuple(np.split(x, self.sale.cuts)), tuple(u + d for u, d in zip(kept, lumps, strict=True))

    @cached_property
    def chosen(self) -> tuple[Ints, ...]:
        """By agent (K_i,) what each of her types says: a type of the market, -1 where she stays out.

        Only a type of probability 0 has a choice, and takes what she would like best.
        """
        x, u = self.interim
        said = []
        for i, (buyer, place) in enumerate(zip(self.sale.market.buyers, self.sale.places, strict=True)):
            said.append(place.copy())
            low, high = self.asked.bounded[i]
            out = (low is None or low <= 0) and (high is None or high >= 0)
            for k in np.flatnonzero(place < 0).tolist():
                kept = (self.sale.values[i][k] - buyer.values) * x[i] * (buyer.action is not None) + u[i]
                said[-1][k] = -1 if out and kept.max() < 0 else int(kept.argmax())
        return tuple(said)

    def _numbers(self, values: Any) -> Array:
        numbers = arithmetic(self.sale.market.exact).zeros(len(values))
        numbers[:] = values
        return numbers

    def _by_type(self, parts: tuple[Array, ...], out: Number | None) -> list[list[Any]]:
        return [
            [out if k < 0 else part[k] for k in said.tolist()]
            for part, said in zip(parts, self.chosen, strict=True)
        ]

    @property
    def virtual(self) -> list[list[Any]]:
        """By agent and type as given the virtual value, None where she has probability 0."""
        return self._dual(self.require().virtual)

    @property
    def ironed(self) -> list[list[Any]]:
        """The same, ironed: the highest positive one wins."""
        return self._dual(self.require().ironed)

    def _dual(self, parts: tuple[Array, ...]) -> list[list[Any]]:
        kind, stake = arithmetic(self.sale.market.exact), stake_of(self.asked)
        return [
            [
                None if k < 0 else 0 * part[k] if kind.negligible(part[k], stake) else part[k]
                for k in place.tolist()
            ]
            for part, place in zip(parts, self.sale.places, strict=True)
        ]

    @property
    def reduced_form(self) -> list[list[Any]]:
        """By agent and type as given the probability of winning."""
        return self._by_type(self.interim[0], 0 * self.entries[0].probability)

    @property
    def utilities(self) -> list[list[Any]]:
        """By agent and type as given what she expects to keep."""
        kept, nothing = self._by_type(self.interim[1], 0 * self.entries[0].probability), self.reduced_form
        for i, place in enumerate(self.sale.places):
            for k in np.flatnonzero((place < 0) & (self.chosen[i] >= 0)).tolist():
                more = self.sale.values[i][k] - self.sale.market.buyers[i].values[self.chosen[i][k]]
                if self.sale.market.buyers[i].action is not None:
                    kept[i][k] += more * nothing[i][k]
        return kept

    @property
    def payments(self) -> list[list[Any]]:
        """By agent and type as given what she expects to pay."""
        x, u = self.interim
        paid = tuple(
            b.values * own - kept for b, own, kept in zip(self.sale.market.buyers, x, u, strict=True)
        )
        return self._by_type(paid, 0 * self.entries[0].probability)

    @property
    def drawn(self) -> list[RuleEntry]:
        """The entries, one for all that differ in nothing but payments."""
        alike: dict[bytes, RuleEntry] = {}
        for entry in self.entries:
            name = np.concatenate(entry.auction.scores).tobytes()
            held = alike.get(name)
            chance = entry.probability if held is None else held.probability + entry.probability
            alike[name] = replace(entry, probability=chance)
        return list(alike.values())

    @property
    def rule(self) -> list[dict[str, Any]]:
        """Auctions with their probabilities: scores by agent and type as given."""
        return [
            {"probability": entry.probability, "scores": self._by_type(entry.scores, 0 * entry.probability)}
            for entry in self.drawn
        ]

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON: rationals as strings, doubles as they are."""
        there = self.best is not None
        names = ("virtual", "reduced_form", "rule", "ironed", "utilities", "payments")
        figures = {name: plain(getattr(self, name)) if there else None for name in names}
        return {
            "value": plain(self.value), **figures, "status": self.status, "bound": plain(self.bound),
            "tie_rule": "first listed", "multipliers": plain(dict(self.prices or {})),
        }  # fmt: skip

    @cached_property
    def mechanism(self) -> Mechanism:
        """The auction as a `Mechanism`, every profile of types with its entry. Raises `TooLarge`.

        A winner pays so that truth is best whatever the others say; a buyer whose payments are bounded pays
        what she expects to.
        """
        self.require()
        sizes = self.environment.types(0)
        actions = self.environment.num_actions(0)
        entries = prod(map(float, sizes)) * (actions + len(sizes))
        if entries > MAX_ENTRIES:
            raise TooLarge(
                f"a mechanism for '{self.environment.name}' would have {entries:.3g} entries, more than "
                f"{MAX_ENTRIES:,}"
            )
        market, number = self.sale.market, arithmetic(self.sale.market.exact)
        grid = np.indices(sizes)
        profiles = np.stack([said[grid[i]] for i, said in enumerate(self.chosen)], axis=-1)
        allocation = number.zeros((1, *sizes, actions))
        transfers = number.zeros((len(sizes), 1, *sizes))
        allocation[0, ..., market.keep] += number.one
        for entry in self.entries:
            winner, price = entry.auction.winner(profiles), entry.auction.prices(market, profiles)
            for i, buyer in enumerate(market.buyers):
                mine = winner == i
                if buyer.action is not None:
                    allocation[0, ..., buyer.action][mine] += entry.probability
                    allocation[0, ..., market.keep][mine] -= entry.probability
                    transfers[i, 0][mine] += entry.probability * price[mine]
        if not number.exact:  # probabilities of a mixture add up to 1 but for rounding
            allocation = np.maximum(allocation, 0.0)
            allocation /= allocation.sum(axis=-1, keepdims=True)
        lumps = self._numbers([0] * len(sizes)) if self.lumps is None else self.lumps
        for i, paid in enumerate(self.payments):
            if self.asked.bounded[i] != (None, None):
                transfers[i, 0] = self._numbers(paid)[grid[i]]
            else:
                transfers[i, 0][profiles[..., i] >= 0] -= lumps[i]
        return Mechanism(self.environment.name, (Stage(allocation, transfers),))

    def sampled(self, draws: int, seed: int) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """How often types win in auctions drawn, with standard errors: by buyer (K_i,) of the market.

        A profile of types and one of the rule's auctions are drawn for each; types that are never drawn have
        nan.
        """
        self.require()
        draw = np.random.default_rng(seed)
        market = self.sale.market.converted(False)
        profiles = np.column_stack(
            [draw.choice(buyer.size, draws, p=buyer.probabilities) for buyer in market.buyers]
        )
        chances = np.array([float(entry.probability) for entry in self.entries])
        which = draw.choice(len(chances), draws, p=chances / chances.sum())
        winner = np.full(draws, -1)
        for k, entry in enumerate(self.entries):
            winner[which == k] = entry.auction.winner(profiles[which == k])
        means, errors = [], []
        for i, buyer in enumerate(market.buyers):
            seen = np.bincount(profiles[:, i], minlength=buyer.size).astype(float)
            seen[seen == 0] = np.nan
            share = np.bincount(profiles[winner == i, i], minlength=buyer.size) / seen
            means.append(share)
            errors.append(np.sqrt(share * (1 - share) / seen))
        return tuple(means), tuple(errors)


def optimal_mixture(env: Environment, objective: Objective, demands: Demands, effort: Effort) -> Auction:
    """The best auction of an environment of one period; by an exact effort over the rationals, with a proof.

    Raises `AssumptionViolated` where the environment is no such sale, and for a demand that interim numbers
    do not say; `TooLarge` for too many agents treated alike.
    """
    env = env.to_exact() if effort.exact else env
    question = asked(env, arrange(env), objective, demands)
    exchanges = prod(factorial(len(group)) for group in question.alike)
    if exchanges > MAX_EXCHANGES:
        raise TooLarge(
            f"agents treated alike can be exchanged in {exchanges:,} ways, more than {MAX_EXCHANGES:,}: they "
            "are all drawn from"
        )
    if question.rows and not effort.exact:
        question = question.to_float()
    effort = effort.begun()
    begin = Auction(env, question, objective, demands, "limit")
    try:
        return _answered(begin, question, effort)
    except OutOfTime:
        return begin


def _answered(begin: Auction, question: InterimQuestion, effort: Effort) -> Auction:
    """The answer, from one that says nothing yet."""
    if endless(question, effort):
        idle = replace(question.aim, x=0 * question.aim.x, u=0 * question.aim.u, least=0 * question.aim.least)
        open_ended = _mixture(replace(question, aim=idle), effort)
        return replace(begin, status="infeasible" if open_ended.value is None else "unbounded")
    if not question.rows:
        best = Pool(question).best(question.aim.x, question.aim.u)
        one = arithmetic(question.sale.market.exact).one
        entries = [RuleEntry(one, best.auction, best.ironed)]
        value = best.value + question.aim.constant
        return replace(
            begin, status="optimal", value=value, bound=value, best=best, prices={},
            entries=_exchanged(question, entries),
        )  # fmt: skip
    mixture = _mixture(question, effort)
    if mixture.value is None:
        return replace(begin, status="infeasible")
    number = arithmetic(question.sale.market.exact)
    entries = [
        _entry(mixture.weights[k], mixture.pool.auctions[k], number) for k in np.flatnonzero(mixture.weights)
    ]
    x, u = question.aim.x, question.aim.u
    prices = {}
    for k, price in zip(mixture.rows.tolist(), mixture.prices, strict=True):
        row = question.rows[k]
        if abs(price) * size_of(question, row) > number.slack(size_of(question, question.aim), COMPUTED):
            prices[row.name] = price
            x, u = x - price * row.x, u - price * row.u
    gap = mixture.bound - mixture.value
    late = gap > number.slack(size_of(question, question.aim), COMPUTED)
    return replace(
        begin, status="limit" if late else "optimal", value=mixture.value, bound=mixture.bound,
        entries=_exchanged(question, entries), lumps=mixture.lumps, best=mixture.pool.best(x, u),
        prices=prices,
    )  # fmt: skip


def _entry(probability: Number, auction: ScoreAuction, number: Arithmetic) -> RuleEntry:
    """An auction of a mixture, whose scores are places: no two buyers have the same."""
    scores = tuple(number.array(np.array(own.tolist(), dtype=float)) for own in auction.scores)
    return RuleEntry(probability, auction, scores)


def _mixture(question: InterimQuestion, effort: Effort) -> Mixture:
    near = Mixer(question, effort).run()
    return proved(question, near, effort) if effort.exact else near


def _exchanged(question: InterimQuestion, entries: list[RuleEntry]) -> tuple[RuleEntry, ...]:
    """Every entry under every exchange of agents who are treated alike, which are equally likely."""
    if not question.alike:
        return tuple(entries)
    orders = []
    for exchange in product(*map(permutations, question.alike)):
        order = list(range(len(question.sale.market.buyers)))
        for group, others in zip(question.alike, exchange, strict=True):
            for i, j in zip(group, others, strict=True):
                order[i] = j
        orders.append(order)
    number = arithmetic(question.sale.market.exact)
    exchanged = []
    for entry in entries:
        for order in orders:
            auction = ScoreAuction(
                tuple(entry.auction.keys[j] for j in order), tuple(entry.auction.large[j] for j in order)
            )
            exchanged.append(_entry(entry.probability / len(orders), auction, number))
    return tuple(exchanged)
