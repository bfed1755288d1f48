"""A non-clairvoyant mechanism run on a sequence of items: its revenue, exactly or by simulation.

Balances are followed forwards with their probabilities, equal ones merged, as long as there are not too many
of them, and no period has too many profiles; beyond that paths are drawn at random (`drawn`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from ....solvers.arithmetic import ROUNDED, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.numbers import Array, Number, to_exact, to_float, total
from ....solvers.short import Short
from ...auctions.money_burning.burning import Burning
from ...auctions.second_price import second_price
from ..bank_account import Balances, BankAccount, open_account
from ..items import Items
from .burnt_range import burnt_range
from .drawn import draw_paths
from .parts import Burnt, Kind, Period, Split, Tie, split_of

MOST_STATES = 5_000
"""Most balances in a period that are followed exactly."""
MOST_LISTED = 2_000
"""Most profiles of a period that are listed."""
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

    @cached_property
    def deposits(self) -> list[Array]:
        """Per period (N, S): what the second-price auction puts into the accounts."""
        deposits = []
        for t, period in enumerate(self.periods):
            won, paid = period.second_price
            deposits.append(self.split.shares(t).second_price * (won * self.items.top_values[t] - paid))
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
        return sure_revenue(self.items, self.split, t)


def sure_revenue(items: Items, split: Split, t: int) -> tuple[Number, Number]:
    """Revenue of the optimal auction's and the second-price auction's shares, without listing profiles."""
    shares = split.shares(t)
    second = second_price(items.markets[t]).revenue if shares.second_price else 0
    return shares.myerson * items.myerson[t], shares.second_price * second


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
    split = split_of(items, kind)
    listed = max(math.prod(items.env.types(t)) for t in range(items.periods))
    if listed > MOST_LISTED:
        text = f"{listed:,} profiles in a period, more than {MOST_LISTED:,}: simulating {paths} paths"
        effort.tell("simulation", text, period=0, paths=paths)
        return _simulated(items, kind, split, tie, paths, seed, effort)
    engine = Engine(items, split, tie)
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
            return _simulated(items, kind, split, tie, paths, seed, effort)
        effort.tell("period", f"period {t}: {len(here)} balances", period=t, balances=len(here))
        here = there
    final = tuple(total(b[i] * c for b, c in here.items()) for i in range(items.buyers))
    sure = total(p.myerson + p.second_price + p.spend for p in parts)
    ends = (sure + low, None if high is None else sure + high)
    return Run(items, kind, split, tie, tuple(parts), ends, final, None, tuple(seen))


def _simulated(
    items: Items, kind: Kind, split: Split, tie: Tie, paths: int, seed: int, effort: Effort
) -> Run:
    earned, final = draw_paths(items, split, tie, paths, seed, effort)
    means = earned.mean(axis=1)
    sure = [sure_revenue(items, split, t) for t in range(items.periods)]
    parts = tuple(Parts(*map(float, one), *map(float, mean)) for one, mean in zip(sure, means, strict=True))
    counted = earned.sum(axis=(0, 2)) if items.buyers == 1 else earned[..., 0].sum(axis=0)
    half = 1.96 * float(counted.std(ddof=1)) / math.sqrt(paths)
    least = float(total(p.myerson + p.second_price + p.spend for p in parts))
    burnt = float(total(p.burnt for p in parts))
    ends = (least, least + burnt if items.buyers == 1 else None)
    return Run(items, kind, split, tie, parts, ends, tuple(final.tolist()), half)


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
