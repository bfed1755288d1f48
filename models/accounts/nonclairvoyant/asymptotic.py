"""Nearly the full surplus in the long run, without knowing the future (MPTZ Theorem 5.4 and App. F).

Every item goes by a second-price auction (SP), or by a throttled one (ST), in which buyer i takes part only
if her balance is at least μ_i, what SP would leave her in expectation, and then pays μ_i whether she wins
or not, and the second price if she does. With one buyer SP gives the item away. Balances grow by what a
buyer keeps. Weights are deterministic: buyer i is in SP in period t as long as the μ of her SP periods so
far add up to no more than W_t times a threshold, W_t the expected highest value:

    q_t = 1{ Σ_{τ<t} q_τ μ_τ ≤ W_t √t ln t }          (t counted from 1)

The text's words, √(t ln t) and paying only where she wins, do not give the theorem; the first is kept for
comparison. As weights and auctions do not depend on balances, each buyer's balance is a random walk of its
own on a lattice, and the revenue is computed exactly in the number of lattice points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from ....solvers.arithmetic import Arithmetic, arithmetic
from ....solvers.effort import FLOATS, Effort
from ....solvers.errors import InvalidInput
from ....solvers.numbers import Array, Number, to_exact
from ....solvers.short import Short
from ...answers.answer import Answer
from ...answers.plain import plain
from ...mechanism.mechanism import Mechanism
from ..bank_account import Balances, BankAccount, open_account
from ..items import Items
from .parts import Period

Threshold: TypeAlias = Literal["corrected", "printed"]
THRESHOLDS = {
    "corrected": lambda t: math.sqrt(t) * math.log(t),
    "printed": lambda t: math.sqrt(t * math.log(t)),
}


@dataclass(frozen=True, eq=False, repr=False)
class Asymptotic(Answer):
    """The mechanism on a sequence of items.

    revenue[t], surplus[t]: expected in period t. in_second_price (T, N): q. mean_balance (T + 1, N).
    """

    items: Items
    revenue: tuple[Number, ...]
    surplus: tuple[Number, ...]
    in_second_price: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    mean_balance: tuple[tuple[Number, ...], ...]

    def _facts(self) -> dict[str, object]:
        return {"instance": self.items.env.name, "periods": self.items.periods, "ratio": self.ratio()}

    @cached_property
    def mechanism(self) -> Mechanism:
        """It as a bank account; raises `TooLarge` where balances are too many to lay out."""
        return asymptotic_account(self.items, self.in_second_price.tolist()).mechanism

    def to_json(self) -> dict[str, Any]:
        """The object of the command's JSON."""
        return {
            "instance": self.items.env.name,
            "revenue": plain(self.revenue),
            "surplus": plain(self.surplus),
            "in_second_price": self.in_second_price.tolist(),
            "mean_balance": plain(self.mean_balance),
            "ratio": self.ratio(),
        }

    def ratio(self, periods: int | None = None) -> float:
        """Revenue over full surplus of the first periods, all of them by default."""
        earned, there = (sum(map(float, part[:periods])) for part in (self.revenue, self.surplus))
        return earned / there if there else 1.0


def asymptotic(items: Items, threshold: Threshold = "corrected", *, effort: Effort = FLOATS) -> Asymptotic:
    """ASYMPOPTIMALMULTI on these items.

    effort: exact, probabilities of balances as rationals (slow beyond some 20 periods), or doubles; balances
    themselves are always exact. Raises `InvalidInput` for an unknown threshold.
    """
    if threshold not in THRESHOLDS:
        raise InvalidInput(f"threshold: {threshold!r} is not one of {', '.join(THRESHOLDS)}")
    periods = [_Kept.of(Period(items, t)) for t in range(items.periods)]
    surplus = [(w * v.max(axis=0)).sum() for w, v in zip(items.weights, items.top_values, strict=True)]
    numbers = arithmetic(effort.exact)
    walks = [_walk(periods, i, threshold, surplus, numbers) for i in range(items.buyers)]
    revenue = tuple(sum((walk.revenue[t] for walk in walks), Fraction(0)) for t in range(items.periods))
    weights = np.array([walk.free for walk in walks], dtype=bool).T
    means = tuple(tuple(walk.means[t] for walk in walks) for t in range(items.periods + 1))
    return Asymptotic(items, revenue, tuple(surplus), weights, means)


def asymptotic_account(
    items: Items,
    in_second_price: Sequence[Sequence[bool]],
    fee: Literal["always", "winner"] = "always",
) -> BankAccount:
    """The mechanism with these weights q (T, N) as a bank account; raises `TooLarge`.

    fee: who pays μ_i in ST, every buyer with the balance for it, or (the text's words, which are not
    incentive compatible) the winner alone.
    """
    periods = [Period(items, t) for t in range(items.periods)]
    kinds = [[bool(free) for free in row] for row in in_second_price]

    def rule(t: int, balances: Balances) -> tuple[Array, Array, Array]:
        won, paid = periods[t].second_price
        kept = won * items.top_values[t] - paid
        mean = (kept * items.weights[t]).sum(axis=1)
        sold, cost = won * 1, paid * 1
        for i, free in enumerate(kinds[t]):
            if not free:
                able = balances[i] >= mean[i]
                sold[i] = won[i] * able
                cost[i] = (paid[i] + (mean[i] if fee == "always" else mean[i] * won[i])) * able
        after = sold * items.top_values[t] - cost
        held = arithmetic(items.exact).zeros((items.buyers, 1))
        held[:, 0] = balances
        return items.lottery(t, sold), cost, held + after

    return open_account(items, rule)


@dataclass(frozen=True, eq=False, repr=False)
class _Kept(Short):
    """SP of one period: utilities (N, S) and payments (N, S), over the rationals; probabilities (S,)."""

    utility: Array
    payment: Array
    weights: Array

    @classmethod
    def of(cls, period: Period) -> _Kept:
        won, paid = period.second_price
        items, t = period.items, period.t
        utility = won * items.top_values[t] - paid
        return cls(to_exact(utility), to_exact(paid), to_exact(items.weights[t]))


@dataclass(frozen=True, eq=False)
class _Walk:
    revenue: list[Number]
    free: list[bool]
    means: list[Number]


def _walk(
    periods: list[_Kept], i: int, threshold: Threshold, surplus: list[Number], numbers: Arithmetic
) -> _Walk:
    mean = [(kept.weights * kept.utility[i]).sum() for kept in periods]
    step = _lattice([*(u for kept in periods for u in kept.utility[i].tolist()), *mean])
    chance = numbers.ones(1)
    spent = Fraction(0)
    walk = _Walk([], [], [])
    for t, kept in enumerate(periods):
        walk.means.append(_mean(chance, step))
        free = float(spent) <= float(surplus[t]) * THRESHOLDS[threshold](t + 1)
        walk.free.append(free)
        ups = _grouped(kept.utility[i] / step, kept.weights, numbers)
        paid = (kept.weights * kept.payment[i]).sum()
        if free:
            spent += mean[t]
            walk.revenue.append(numbers.number(paid))
            chance = _moved(chance, ups)
            continue
        fee = int(mean[t] / step)
        able = chance[fee:].sum() if len(chance) > fee else 0 * chance[0]
        walk.revenue.append(able * numbers.number(paid + mean[t]))
        onward = _moved(chance[fee:], ups) if len(chance) > fee else chance[:0]
        size = max(len(onward), min(fee, len(chance)))
        there: Array = np.zeros(size, dtype=chance.dtype) + 0 * chance[0]
        there[: len(onward)] += onward
        there[: min(fee, len(chance))] += chance[:fee]
        chance = there
    walk.means.append(_mean(chance, step))
    return walk


def _lattice(values: list[Fraction]) -> Fraction:
    """The largest step of which all values are multiples."""
    under = math.lcm(*(v.denominator for v in values))
    over = math.gcd(*(int(v * under) for v in values))
    return Fraction(over or 1, under)


def _grouped(steps: Array, weights: Array, numbers: Arithmetic) -> list[tuple[int, Number]]:
    masses: dict[int, Number] = {}
    for k, w in zip(steps.tolist(), weights.tolist(), strict=True):
        masses[int(k)] = masses.get(int(k), Fraction(0)) + w
    return [(k, numbers.number(w)) for k, w in sorted(masses.items())]


def _moved(chance: Array, ups: list[tuple[int, Number]]) -> Array:
    there: Array = np.zeros(len(chance) + ups[-1][0], dtype=chance.dtype) + 0 * chance[:1].sum()
    for k, w in ups:
        there[k : k + len(chance)] += w * chance
    return there


def _mean(chance: Array, step: Fraction) -> Number:
    mean: Number = (chance * np.arange(len(chance))).sum()
    return mean * (step if isinstance(mean, Fraction) else float(step))
