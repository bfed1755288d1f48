"""Bank account mechanisms: the memory of a mechanism is a balance for each buyer (MPTZ Section 3, App. D.2).

In period t, at balances b, the item is sold by a static mechanism x(θ, b), p(θ, b), and the balances become
b'(θ, b). With u_i = θ_i x_i − p_i the conditions are

    (IC)  truth is optimal in each period by itself, on average over the other buyers;
    (BI)  E[u_i] in period t is a constant that is at least 0 and does not depend on b;
    (BU)  0 ≤ b'_i ≤ b_i + u_i, with b = 0 at the start.

They make the mechanism dynamically incentive compatible and leave no path below 0 (Lemma 3.2). What a buyer
is charged in all events is her spend s_i(b) = max(0, −min_θ E[u_i]); her deposit is d_i = b'_i − b_i + s_i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ...solvers.arithmetic import Arithmetic, arithmetic
from ...solvers.blocks import Label
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Ints, Number, show, total
from ...solvers.short import Short
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import INCENTIVES
from ..verification.agent_view import order_of
from ..verification.verify import incentive_verdict
from .items import Items

Balances = tuple[Number, ...]
Rule = Callable[[int, Balances], tuple[Array, Array, Array]]
"""From a period and balances to (S, A) lotteries, (N, S) payments and (N, S) balances after."""
MOST_STATES = 20_000
"""Most balances that a period of an account that is laid out may have."""


@dataclass(frozen=True)
class Condition:
    """One of (IC), (BI), (BU): the largest violation in money, and where it is. True where it holds."""

    name: str
    holds: bool
    violation: Number
    sentence: str = ""

    def __bool__(self) -> bool:
        return bool(self.holds)


@dataclass(frozen=True, eq=False, repr=False)
class BankAccount(Short):
    """A bank account mechanism for `items`, over the balances that can be reached.

    mechanism: with one memory state for each of `balances[t]` (M, N); after[t] (M, N, S): balances after
    period t.
    """

    items: Items
    mechanism: Mechanism
    balances: tuple[Array, ...]
    after: tuple[Array, ...]

    @cached_property
    def utilities(self) -> tuple[Array, ...]:
        """Per period (M, N, S): what each truthful buyer keeps of the period."""
        kept_by_period = []
        for t, stage in enumerate(self.mechanism.stages):
            lottery = stage.allocation.reshape(stage.size, -1, stage.allocation.shape[-1])
            paid = stage.transfers.reshape(self.items.buyers, stage.size, -1)
            worth = self.items.worth[t]
            kept = np.stack([(lottery * worth[i].T).sum(axis=-1) for i in range(self.items.buyers)], axis=1)
            kept_by_period.append(kept - np.swapaxes(paid, 0, 1))
        return tuple(kept_by_period)

    @cached_property
    def probabilities(self) -> tuple[Array, ...]:
        """Per period (M,): how likely each balance is under truth."""
        first = arithmetic(self.items.exact).zeros(len(self.balances[0]))
        first[self.mechanism.start] += 1
        chances = [first]
        for t, stage in enumerate(self.mechanism.stages):
            if stage.next is None:  # the last
                break
            to = stage.next.reshape(stage.size, -1, stage.next.shape[-1])[..., 0]
            now = arithmetic(self.items.exact).zeros(len(self.balances[t + 1]))
            np.add.at(now, to, chances[-1][:, None] * self.items.weights[t])
            chances.append(now)
        return tuple(chances)

    @property
    def table(self) -> list[tuple[Array, Array, Array, Array]]:
        """Per period: balances (M, N), their probabilities (M,), spend and expected deposit (M, N)."""
        deposits = [(d * w).sum(axis=-1) for d, w in zip(self.deposit, self.items.weights, strict=True)]
        return list(zip(self.balances, self.probabilities, self.spend, deposits, strict=True))

    @property
    def revenue(self) -> Number:
        """Expected payments of all buyers."""
        paid = (
            (m[:, None] * w * stage.transfers.sum(axis=0).reshape(stage.size, -1)).sum()
            for m, w, stage in zip(self.probabilities, self.items.weights, self.mechanism.stages, strict=True)
        )
        return total(paid)

    @cached_property
    def promised(self) -> tuple[Array, ...]:
        """Per period (M, N): E[u_i], the same at every balance where (BI) holds."""
        return tuple((u * w).sum(axis=-1) for u, w in zip(self.utilities, self.items.weights, strict=True))

    @cached_property
    def spend(self) -> tuple[Array, ...]:
        """Per period (M, N): what each buyer is charged whatever her type."""
        spends = []
        for t, kept in enumerate(self.utilities):
            columns = []
            for i in range(self.items.buyers):
                order = order_of(self.items.env, t, i)[0]  # (K, X)
                weights = self.items.weights[t][order]
                shares = weights / weights.sum(axis=1, keepdims=True)
                least = (kept[:, i][:, order] * shares).sum(axis=-1).min(axis=-1)
                columns.append(np.maximum(-least, 0 * least))
            spends.append(np.stack(columns, axis=1))
        return tuple(spends)

    @cached_property
    def deposit(self) -> tuple[Array, ...]:
        """Per period (M, N, S): what comes into the account beside the spend that leaves it.

        A balance that lapses with the last period is no deposit: there it is at least 0.
        """
        deposits = [
            after - b[:, :, None] + s[:, :, None]
            for after, b, s in zip(self.after, self.balances, self.spend, strict=True)
        ]
        return (*deposits[:-1], np.maximum(deposits[-1], 0 * deposits[-1]))

    def conditions(self) -> tuple[Condition, Condition, Condition]:
        """(IC), (BI) and (BU) at every balance that can be reached."""
        return self._incentives(), self._independence(), self._updates()

    @property
    def scale(self) -> Number:
        """Up to which violations are nothing: 0 over the rationals, else beside the largest value."""
        return self._numbers.slack(self.items.largest)

    @property
    def _numbers(self) -> Arithmetic:
        return arithmetic(self.items.exact and self.mechanism.exact)

    def _incentives(self) -> Condition:
        verdict = incentive_verdict(self.items.env, self.mechanism, INCENTIVES["per-period"])
        sentence = "" if verdict.witness is None else verdict.witness.sentence
        return Condition("IC", verdict.holds, verdict.violation, sentence)

    def _independence(self) -> Condition:
        worst: tuple[Number, str] = (self._numbers.zero, "")
        for t, mean in enumerate(self.promised):
            for i, name in enumerate(agent.name for agent in self.items.env.agents):
                low, high = mean[:, i].min(), mean[:, i].max()
                for size, what in ((high - low, f"moves by {show(high - low)}"), (-low, f"is {show(low)}")):
                    if size > worst[0]:
                        worst = (size, f"Buyer '{name}', period {t}: the expected utility {what}.")
        return self._condition("BI", worst)

    def _updates(self) -> Condition:
        worst: tuple[Number, str] = (self._numbers.zero, "")
        for t, after in enumerate(self.after):
            room = self.balances[t][:, :, None] + self.utilities[t] - after
            for gap, what in ((-room, "more than balance and utility"), (-after, "below 0")):
                m, i, s = np.unravel_index(int(gap.argmax()), gap.shape)
                if gap[m, i, s] > worst[0]:
                    name = self.items.env.agents[int(i)].name
                    text = f"the balance after {self._label(t, int(m))} is {show(after[m, i, s])}, {what}"
                    worst = (gap[m, i, s], f"Buyer '{name}', period {t}: {text}.")
        return self._condition("BU", worst)

    def _condition(self, name: str, worst: tuple[Number, str]) -> Condition:
        holds = bool(worst[0] <= self.scale)
        size = worst[0] if isinstance(worst[0], Fraction) else float(worst[0])
        return Condition(name, holds, size, "" if holds else worst[1])

    def _label(self, t: int, m: int) -> str:
        return self.mechanism.stages[t].label_of(m)

    def without_debt(self) -> Mechanism:
        """The same account with its balance paid out at once: each buyer keeps u_i + b_i − b'_i of a period.

        Every period then leaves at least 0 (MPTZ App. B.1), by (BU). In the last period the balance after it
        is paid out too, so that the mechanism has to be told that it is the last: quasi-non-clairvoyant.
        """
        stages = []
        for t, stage in enumerate(self.mechanism.stages):
            change = -np.repeat(self.balances[t][:, :, None], self.after[t].shape[-1], axis=2)
            if t + 1 < self.items.periods:
                change = change + self.after[t]
            paid = stage.transfers + np.swapaxes(change, 0, 1).reshape(stage.transfers.shape)
            stages.append(replace(stage, transfers=paid))
        return replace(self.mechanism, stages=tuple(stages))


def listed(table: Sequence[tuple[Array, Array, Array, Array]]) -> list[list[dict[str, Any]]]:
    """What `BankAccount.table` has, in words: by period and balance, each but the probability by buyer."""
    return [
        [
            {"balance": list(b), "probability": p, "spend": list(s), "deposit": list(d)}
            for b, p, s, d in zip(*(part.tolist() for part in parts), strict=True)
        ]
        for parts in table
    ]


def open_account(items: Items, rule: Rule, most_states: int = MOST_STATES) -> BankAccount:
    """The account that `rule` describes, over the balances that it reaches from 0.

    Raises `TooLarge` where a period has more than `most_states` of them.
    """
    zero = arithmetic(items.exact).zero
    here: list[Balances] = [(zero,) * items.buyers]
    stages, balances, afters = [], [], []
    for t in range(items.periods):
        lotteries, payments, nexts = zip(*(rule(t, b) for b in here), strict=True)
        after = np.stack(nexts)
        following, there = (None, []) if t + 1 == items.periods else _number(items, after)
        if len(there) > most_states:
            raise TooLarge(f"bank account: more than {most_states} balances after period {t}")
        balances.append(_table(here, items))
        afters.append(after)
        paid = np.stack(payments, axis=1)
        stages.append(items.stage(t, np.stack(lotteries), paid, following, _labels(here)))
        here = there
    mechanism = Mechanism(items.env.name, tuple(stages))
    return BankAccount(items, mechanism, tuple(balances), tuple(afters))


def _number(items: Items, after: Array) -> tuple[Ints, list[Balances]]:
    """(M, S): index of the balances after each profile, numbered as they come; the first of each number."""
    rows = np.swapaxes(after, 1, 2).reshape(-1, items.buyers)
    number, first = items.classes(rows)
    return number.reshape(len(after), -1), [tuple(b) for b in rows[first].tolist()]


def _table(rows: Sequence[Balances], items: Items) -> Array:
    table = arithmetic(items.exact).zeros((len(rows), items.buyers))
    for m, row in enumerate(rows):
        table[m] = row
    return table


def _labels(balances: Sequence[Balances]) -> Label:
    return lambda m: ", ".join(show(b) for b in balances[m])
