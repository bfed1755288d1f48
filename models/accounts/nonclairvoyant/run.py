"""A non-clairvoyant mechanism run on a sequence of items: its revenue, exactly or by simulation.

Balances are followed forwards with their probabilities, equal ones merged, as long as there are not too many
of them; beyond that paths are drawn at random and means come with 95% confidence intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ....solvers.arithmetic import ROUNDED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.numbers import Array, Number, to_exact, to_float, total
from ....solvers.short import Short
from ...auctions.money_burning.burning import Burning
from ..bank_account import Balances, BankAccount, open_account
from ..items import Items
from .burnt_range import burnt_range
from .parts import Burnt, Kind, Period, Split, Tie, split_of

MOST_STATES = 5_000
"""Most balances in a period that are followed exactly."""
MOST_PROFILES = 64
"""Largest number of profiles for which the range of burnt payments is worked out."""
PATHS = 400
"""Paths of a simulation."""


@dataclass(frozen=True)
class Parts:
    """Expected revenue by part, summed over periods. burnt: what the spending part collects beside the spend:
    the posted price of one buyer; payments that are burnt, in the mechanism that was found, of several.
    """

    myerson: Number
    second_price: Number
    spend: Number
    burnt: Number


@dataclass(frozen=True, eq=False, repr=False)
class Run(Short):
    """A mechanism and what it earns.

    revenue: with one buyer all payments, under the rule for ties; with several without the payments of the
    money-burning part. range: with one buyer over both rules for ties, with several with the least and the
    most those payments can be, at the balances of this run (None where that is too much work). interval:
    half the width of a 95% confidence interval where paths were simulated, else None. by_period[t]: parts
    of period t. final: expected balances at the end.
    """

    items: Items
    kind: Kind
    split: Split
    tie: Tie
    by_period: tuple[Parts, ...]
    range: tuple[Number, Number | None]
    final: tuple[Number, ...]
    interval: float | None = None
    states: tuple[dict[Balances, Number], ...] = field(default=(), repr=False)

    @cached_property
    def parts(self) -> Parts:
        """Revenue by part over all periods."""
        names = ("myerson", "second_price", "spend", "burnt")
        return Parts(*(total(getattr(p, name) for p in self.by_period) for name in names))

    @property
    def revenue(self) -> Number:
        """See the class."""
        sure = self.parts.myerson + self.parts.second_price + self.parts.spend
        return sure + self.parts.burnt if self.items.buyers == 1 else sure

    def account(self) -> BankAccount:
        """The mechanism as a bank account, over the balances that it reaches; raises `TooLarge`."""
        return _account(self.items, self.split, self.tie)


@dataclass(eq=False, repr=False)
class Engine(Short):
    """What a period does at a balance, remembered by caps."""

    items: Items
    split: Split
    tie: Tie
    burnt: dict[tuple[int, Balances], Burnt] = field(default_factory=dict)
    ranges: dict[tuple[int, Balances], tuple[Number, Number] | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.periods = [Period(self.items, t) for t in range(self.items.periods)]
        self.deposits = [self._deposits(t) for t in range(self.items.periods)]

    def _deposits(self, t: int) -> Array:
        """(N, S): what the second-price auction puts into the accounts."""
        won, paid = self.periods[t].second_price
        share = self.split.shares(t).second_price
        deposits: Array = share * (won * self.items.top_values[t] - paid)
        return deposits

    def caps(self, t: int, balances: Balances) -> Balances:
        """Caps of the spending part, no more than buyers can expect at all."""
        cap, weights, values = self.split.shares(t).cap, self.items.weights[t], self.items.top_values[t]
        return tuple(min(cap * b, (weights * v).sum()) for b, v in zip(balances, values, strict=True))

    def spending(self, t: int, balances: Balances) -> Burnt | None:
        """The spending part at these balances, None where it has no share."""
        if not self.split.shares(t).burning:
            return None
        caps = self.caps(t, balances)
        key = (t, caps)
        if key not in self.burnt:
            self.burnt[key] = self.periods[t].burn(caps, self.tie)
        return self.burnt[key]

    def range(self, t: int, balances: Balances) -> tuple[Number, Number] | None:
        """Least and most that the spending part can collect beside the spend, at full weight."""
        spent = self.spending(t, balances)
        if spent is None:
            return (0, 0)
        key = (t, self.caps(t, balances))
        if key not in self.ranges:
            weights = self.items.weights[t]
            if not isinstance(spent.by, Burning):
                both = [self.periods[t].burn(key[1], rule) for rule in ("keep", "sale")]
                low, high = ((b.payments * weights).sum() for b in both)
                self.ranges[key] = (low, high)
            elif len(weights) > MOST_PROFILES:
                self.ranges[key] = None
            else:
                self.ranges[key] = burnt_range(spent.by)
        return self.ranges[key]

    def after(self, t: int, balances: Balances) -> tuple[tuple[Number, ...], Array]:
        """Spend (N,) weighted by its share, and the balances (N, S) after each profile."""
        spent, share = self.spending(t, balances), self.split.shares(t).burning
        zero = self.items.weights[t][0] * 0
        spend = tuple(zero if spent is None else share * s for s in (spent.spend if spent else balances))
        kept = arithmetic(self.items.exact).zeros((len(balances), 1))
        kept[:, 0] = [b - s for b, s in zip(balances, spend, strict=True)]
        return spend, kept + self.deposits[t]

    def sure(self, t: int) -> tuple[Number, Number]:
        """Revenue of the optimal auction's and the second-price auction's shares."""
        shares, weights = self.split.shares(t), self.items.weights[t]
        second = (self.periods[t].second_price[1] * weights).sum() if shares.second_price else 0
        return shares.myerson * self.items.myerson[t], shares.second_price * second


def run(
    items: Items,
    kind: Kind = "general",
    tie: Tie = "sale",
    *,
    most_states: int = MOST_STATES,
    paths: int = PATHS,
    seed: int = 0,
    effort: Effort = FLOATS,
) -> Run:
    """Run the mechanism on the items; see `Run`.

    tie: whether one buyer buys at a posted price that is her value. Raises `InvalidInput`,
    `AssumptionViolated`.
    """
    engine = Engine(items, split_of(items, kind), tie)
    zero = arithmetic(items.exact).zero
    here: dict[Balances, Number] = {(zero,) * items.buyers: zero + 1}
    seen = []
    parts: list[Parts] = []
    low: Number = zero
    high: Number | None = zero
    for t in range(items.periods):
        seen.append(here)
        spend, burnt = zero, zero
        there: dict[Balances, Number] = {}
        share, weights = engine.split.shares(t).burning, items.weights[t]
        for balances, chance in here.items():
            charged, after = engine.after(t, balances)
            spend = spend + chance * total(charged)
            spent = engine.spending(t, balances)
            if spent is not None:
                burnt = burnt + chance * share * (spent.payments * weights).sum()
            least_most = engine.range(t, balances)
            if least_most is None:
                high = None
            else:
                low = low + chance * share * least_most[0]
                high = None if high is None else high + chance * share * least_most[1]
            keys = map(tuple, items.told_apart(after, ROUNDED).T.tolist())
            for key, weight in zip(keys, weights.tolist(), strict=True):
                there[key] = there.get(key, zero) + chance * weight
        parts.append(Parts(*engine.sure(t), spend, burnt))
        if len(there) > most_states and t + 1 < items.periods:
            text = f"more than {most_states} balances after period {t}: simulating {paths} paths"
            effort.tell("simulation", text, period=t, paths=paths)
            return _simulated(engine, kind, paths, seed, effort)
        effort.tell("period", f"period {t}: {len(here)} balances", period=t, balances=len(here))
        here = there
    final = tuple(total(b[i] * c for b, c in here.items()) for i in range(items.buyers))
    sure = total(p.myerson + p.second_price + p.spend for p in parts)
    ends = (sure + low, None if high is None else sure + high)
    return Run(items, kind, engine.split, tie, tuple(parts), ends, final, None, tuple(seen))


def _simulated(engine: Engine, kind: Kind, paths: int, seed: int, effort: Effort) -> Run:
    """Means over random paths. Balances are in doubles; equal ones still share their work."""
    items = engine.items
    rng = np.random.default_rng(seed)
    earned = np.zeros((items.periods, paths, 2))
    balances = np.zeros((paths, items.buyers))
    doubles = Engine(items.to_float(), engine.split, engine.tie)
    for t in range(items.periods):
        weights = to_float(items.weights[t])
        drawn = rng.choice(len(weights), size=paths, p=weights / weights.sum())
        share = float(engine.split.shares(t).burning)
        known: dict[Balances, list[int]] = {}
        for k, row in enumerate(items.told_apart(balances, ROUNDED).tolist()):
            known.setdefault(tuple(row), []).append(k)
        for row, members in known.items():
            charged, after = doubles.after(t, row)
            spent = doubles.spending(t, row)
            burnt = 0.0 if spent is None else share * float((spent.payments * weights).sum())
            earned[t, members] = (float(total(charged)), burnt)
            balances[members] = after[:, drawn[members]].T
        if t % 10 == 0:
            text = f"period {t}: {paths} paths, {len(known)} different balances"
            effort.tell("period", text, period=t, balances=len(known))
    means = earned.mean(axis=1)
    parts = [Parts(*(float(v) for v in doubles.sure(t)), *map(float, means[t])) for t in range(items.periods)]
    counted = earned.sum(axis=(0, 2)) if items.buyers == 1 else earned[..., 0].sum(axis=0)
    half = 1.96 * float(counted.std(ddof=1)) / np.sqrt(paths)
    final = tuple(balances.mean(axis=0).tolist())
    sure = float(total(p.myerson + p.second_price + p.spend for p in parts))
    burnt = float(total(p.burnt for p in parts))
    ends = (sure, sure + burnt) if items.buyers == 1 else (sure, None)
    return Run(items, kind, engine.split, engine.tie, tuple(parts), ends, final, float(half))


def _account(items: Items, split: Split, tie: Tie) -> BankAccount:
    engine = Engine(items, split, tie)

    def rule(t: int, balances: Balances) -> tuple[Array, Array, Array]:
        shares, period = split.shares(t), engine.periods[t]
        spend, after = engine.after(t, balances)
        charged = arithmetic(items.exact).zeros((items.buyers, 1))
        charged[:, 0] = spend
        sold = shares.myerson * period.optimal[0] + shares.second_price * period.second_price[0]
        paid = charged + shares.myerson * period.optimal[1] + shares.second_price * period.second_price[1]
        spent = engine.spending(t, balances)
        if spent is not None:
            sold = sold + shares.burning * spent.allocation
            paid = paid + shares.burning * spent.payments
        exact = to_exact if items.exact else to_float
        return items.lottery(t, exact(sold)), paid, after

    return open_account(items, rule)
