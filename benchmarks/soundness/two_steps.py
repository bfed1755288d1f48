"""Sequential screening and disclosure, first type by first type and value by value.

ψ by its sum, options by what everybody has from every one of them, fees by paths through all first types,
static prices one by one, and the best option menu over every choice of strikes. Where values are ordered, no
mechanism of the package's programs may earn more than the bound, none of these menus more than the programs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .decisions import ZERO
from .draw import Draw
from .tally import Tally

F = Fraction
Row = list[Fraction]


def check(seed: int) -> tuple[Tally, Any]:
    """One buyer, her menu and, of few values, what may be shown to her."""
    tally, d = Tally(), Draw(seed)
    env, right = _draw(d)
    with tally.guarded("screening"):
        _screening(env, right, tally)
    if len(right.values) < 4 and len(right.prior) < 4:
        with tally.guarded("disclosure"):
            _disclosure(env, right, tally)
    return tally, env


def _draw(d: Draw) -> tuple[Any, _Buyer]:
    from dynamech.instances.families.two_period_screening import two_period_screening

    pick = d.random.choice
    count, many = pick([1, 2, 3, 3, 4]), pick([1, 2, 3, 4])
    rows = [list(row) for row in d.rows(count, many, kind=pick(["full", "zeros", "thin"]))]
    if pick([False, True, True]):  # ordered by dominance
        tails = [[sum(row[m:], ZERO) for m in range(many)] + [ZERO] for row in rows]
        tails = [[max(one) for one in zip(*tails[: k + 1], strict=True)] for k in range(count)]
        rows = [[a - b for a, b in itertools.pairwise(row)] for row in tails]
    scale = F(10) ** pick([0, 0, 0, 9, -9])
    values = [scale * v for v in d.random.sample(range(-2, 12), many)]
    prior, cost = list(d.rows(1, count, kind="full")[0]), scale * pick([0, 0, 1, 3])
    discount = pick([F(1), F(1), F(9, 10), F(0)])
    env = two_period_screening(prior, rows, [values], cost)._with(discount=discount, name=f"buyer {count}")
    order = sorted(range(many), key=lambda m: values[m])
    rows = [[row[m] for m in order] for row in rows]
    return env, _Buyer(prior, rows, sorted(values), cost, discount)


@dataclass(frozen=True)
class _Buyer:
    """Probabilities of first types, of values by first type, values that rise, a cost, a discount."""

    prior: Row
    rows: list[Row]
    values: Row
    cost: Fraction
    rate: Fraction

    def above(self, k: int, price: Fraction) -> Fraction:
        """How likely first type k values the item at a price or more."""
        return sum((f for f, v in zip(self.rows[k], self.values, strict=True) if v >= price), ZERO)

    def mean(self, k: int) -> Fraction:
        """Her expected value."""
        return sum((f * v for f, v in zip(self.rows[k], self.values, strict=True)), ZERO)

    def below(self, k: int, m: int) -> Fraction:
        """How likely she has one of the first m + 1 values."""
        return sum(self.rows[k][: m + 1], ZERO)

    @property
    def ordered(self) -> bool:
        """First-order dominance."""
        pairs = itertools.product(range(len(self.prior) - 1), range(len(self.values)))
        return all(self.below(k, m) >= self.below(k + 1, m) for k, m in pairs)

    def psi(self, k: int, m: int) -> Fraction:
        """Of the m-th value, every value being possible."""
        above = min(k + 1, len(self.prior) - 1)
        step = self.values[m + 1] - self.values[m] if m + 1 < len(self.values) else ZERO
        moved = self.below(k, m) - self.below(above, m)
        ratio = sum(self.prior[k + 1 :], ZERO) / self.prior[k]
        return self.values[m] - ratio * step * moved / self.rows[k][m]

    def option(self, k: int, strike: Fraction | None) -> Fraction:
        """What an option is worth to her."""
        if strike is None:
            return ZERO
        pairs = zip(self.rows[k], self.values, strict=True)
        return self.rate * sum((f * max(v - strike, ZERO) for f, v in pairs), ZERO)

    def earned(self, k: int, strike: Fraction | None) -> Fraction:
        """What is earned by her using it."""
        return ZERO if strike is None else self.rate * self.above(k, strike) * (strike - self.cost)

    def posted(self, prices: Row, sold: Callable[[Fraction], Fraction]) -> Fraction:
        """The best of these prices, or none."""
        return max([ZERO, *(self.rate * (p - self.cost) * sold(p) for p in prices)])

    def profit(self, strikes: Sequence[Fraction | None]) -> Fraction | None:
        """The most that these strikes earn, None where no fees hold everybody to the truth."""
        count = range(len(self.prior))
        paths = [[self.option(k, strikes[k]) - self.option(k, strikes[j]) for j in count] for k in count]
        for via, k, j in itertools.product(count, repeat=3):
            paths[k][j] = min(paths[k][j], paths[k][via] + paths[via][j])
        if any(paths[k][k] < 0 for k in count):
            return None
        fees = [min(paths[k][j] + self.option(j, strikes[j]) for j in count) for k in count]
        return sum((self.prior[k] * (fees[k] + self.earned(k, strikes[k])) for k in count), ZERO)


def _screening(env: Any, right: _Buyer, tally: Tally) -> None:
    """Conditions, ψ, static prices, menus, bounds."""
    import dynamech as dm

    sold: Any = dm.sequential_screening(env, exact=True)
    rounded: Any = dm.sequential_screening(env)
    first = range(len(right.prior))
    tally.check(sold.conditions["first-order dominance"].holds == right.ordered, "first-order dominance")
    if all(f > 0 for row in right.rows for f in row):
        for k, m in itertools.product(first, range(len(right.values))):
            ours, plain = sold.virtual.psi[k, m], right.psi(k, m)
            tally.check(ours == plain, f"ψ of {k} at {right.values[m]}: {ours}, not {plain}")
    weights = right.prior
    seen = right.posted(right.values, lambda p: sum((weights[k] * right.above(k, p) for k in first), ZERO))
    means = [right.mean(k) for k in first]
    unseen = right.posted(means, lambda p: sum((weights[k] for k in first if means[k] >= p), ZERO))
    for word, plain in (("t1", seen), ("t0", unseen)):
        ours = sold.posted[word].profit
        tally.check(ours == plain, f"static {word}: {ours}, not {plain}")
    choices = itertools.product([*right.values, None], repeat=len(right.prior))
    most = max(profit for strikes in choices if (profit := right.profit(strikes)) is not None)
    top = sold.rungs["bayesian"]
    tally.check(top >= most, f"options earn {most}, and bayesian is {top}")
    if right.ordered:
        tally.check(sold.bound >= top, f"bound {sold.bound} below bayesian {top}")
        tally.check(sold.profit is not None, "no menu although values are ordered")
    if sold.profit is not None:
        prices = sold.menu.prices
        tally.check(sold.profit == right.profit(prices), f"menu: {sold.profit} by {prices}")
        tally.check(sold.profit <= most, f"menu: {sold.profit}, and no options earn more than {most}")
        tally.check(bool(sold.verdicts), f"menu: {sold.verdicts!r}")
        slack = 1e-9 * float(max(map(abs, [*right.values, right.cost])))
        near = rounded.profit is not None and abs(rounded.profit - float(sold.profit)) <= slack
        tally.check(near, f"menu in doubles: {rounded.profit}, not {sold.profit}")


def _disclosure(env: Any, right: _Buyer, tally: Tally) -> None:
    """Nothing and everything shown, what cells are worth, and the choice by report."""
    import dynamech as dm

    search: Any = dm.disclosure(env, exact=True)
    sold: Any = dm.sequential_screening(env, exact=True)
    earned, whole = search.values, search.searched[-1].name
    tally.check(earned["nothing"] == sold.posted["t0"].profit, f"nothing shown: {earned['nothing']}")
    if whole == "everything":
        tally.check(earned[whole] == sold.rungs["bayesian"], f"everything shown: {earned[whole]}")
    tally.check(search.value >= max(earned.values()), f"by report {search.value}, one {earned}")
    verdicts = dm.verify(search.environment, search.mechanism, "bayesian", "interim")
    tally.check(bool(verdicts), f"by report: {verdicts!r}")
    agent = search.environment.agents[0]
    for one in search.searched:
        for cell, (k, row) in itertools.product(one.cells, enumerate(right.rows)):
            chance = sum((row[m] for m in cell), ZERO)
            if chance:
                label = f"{k}: {one.name}: {', '.join(str(right.values[m]) for m in cell)}"
                mean = sum((row[m] * right.values[m] for m in cell), ZERO) / chance
                worth = agent.values[1][1][agent.types[1].index(label)]
                tally.check(worth == mean, f"{label}: worth {worth}, not {mean}")
