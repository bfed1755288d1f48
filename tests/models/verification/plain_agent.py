"""One agent of a mechanism along histories, in plain Python and rationals: laws, lotteries, utilities."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from dynamech.models.environment.environment import Environment
from dynamech.models.mechanism.mechanism import Mechanism

Profile = tuple[int, ...]
History = tuple[tuple[Profile, int | None], ...]
ZERO = Fraction(0)


def entry(values: np.ndarray[Any, Any], at: tuple[int, ...]) -> Fraction:
    return Fraction(values.item(*at))


@dataclass(frozen=True)
class PlainAgent:
    """Agent i of a mechanism; histories are (profile reported, action) of each period.

    beyond: whether utilities are counted from what she has elsewhere, as promises are.
    """

    env: Environment
    mechanism: Mechanism
    i: int
    beyond: bool = False

    @cached_property
    def others(self) -> list[int]:
        return [j for j in self.env.private if j != self.i]

    def profiles(self, t: int) -> list[Profile]:
        return list(itertools.product(*(range(k) for k in self.env.types(t))))

    def chance(self, t: int, last: Profile, action: int | None, now: Profile) -> Fraction:
        """Nature's law: Pr(now | true last profile, action)."""
        if self.env.process is not None:
            if t == 0:
                return entry(self.env.process.prior, now)
            moves = self.env.process.transitions[t - 1]
            return entry(moves, (action or 0 if len(moves) > 1 else 0, *last, *now))
        result = Fraction(1)
        for j in range(self.env.num_agents):
            result *= self.chance_of(t, j, last, action, now)
        return result

    def chance_of(self, t: int, j: int, last: Profile, action: int | None, now: Profile) -> Fraction:
        agent = self.env.agents[j]
        if t == 0:
            return entry(agent.prior, (now[j],))
        kernel = agent.kernels[t - 1]
        head = action or 0 if kernel.controlled else 0
        return entry(kernel.table, (head, *(now[g] for g in kernel.given), last[j], now[j]))

    def memory(self, history: History) -> int:
        m = self.mechanism.start
        for t, (reports, action) in enumerate(history):
            following = self.mechanism.stages[t].next
            assert following is not None
            m = int(following[(m, *reports, action or 0)])
        return m

    def lottery(self, history: History, reports: Profile) -> list[Fraction]:
        return list(self.mechanism.stages[len(history)].allocation[(self.memory(history), *reports)])

    def flow(self, history: History, truth: Profile, reports: Profile, action: int | None = None) -> Fraction:
        """Current utility; of one action, or expected over the lottery."""
        t = len(history)
        values = self.env.agents[self.i].values[t]
        at = tuple(s if n > 1 else 0 for s, n in zip(truth, values.shape[1:], strict=True))
        paid = Fraction(self.mechanism.stages[t].transfers[(self.i, self.memory(history), *reports)])
        elsewhere = self.env.agents[self.i].outside
        if self.beyond and elsewhere is not None:
            table = elsewhere[t][0]
            paid += entry(table, tuple(k if n > 1 else 0 for k, n in zip(truth, table.shape, strict=True)))
        lottery = self.lottery(history, reports)
        if action is not None:
            return Fraction(values[(action, *at)]) - paid
        return sum((q * values[(a, *at)] for a, q in enumerate(lottery)), ZERO) - paid

    def said(self, truth: Profile, report: int) -> Profile:
        return (*truth[: self.i], report, *truth[self.i + 1 :])

    def last(self, history: History) -> tuple[Profile, int | None]:
        return history[-1] if history else ((), None)

    def public(self, profile: Profile) -> Profile:
        return tuple(profile[j] for j in self.env.observed)

    def probable(self, history: History, shown: Profile, own: int) -> bool:
        """Whether her type can occur given the last reports."""
        last, action = self.last(history)
        t = len(history)
        if not self.env.joint:
            now = [0] * self.env.num_agents
            for j, k in zip(self.env.observed, shown, strict=True):
                now[j] = k
            now[self.i] = own
            return self.chance_of(t, self.i, last, action, tuple(now)) > 0
        return any(
            self.chance(t, last, action, s) > 0
            for s in self.profiles(t)
            if s[self.i] == own and self.public(s) == shown
        )

    def reports(self, history: History, shown: Profile, own: int, messages: str) -> list[int]:
        """What she may report; where nothing that is possible is left of it, all of it."""
        table, count = self.env.agents[self.i].may_report(len(history)), self.env.types(len(history))[self.i]
        allowed = [r for r in range(count) if table is None or table[own][r]]
        if messages == "all":
            return allowed
        return [r for r in allowed if self.probable(history, shown, r)] or allowed
