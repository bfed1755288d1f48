"""Lump sums: which questions have no end, and what would give them one.

A lump sum d, paid by the agents whatever they report (d_i < 0: paid to them), changes no incentives and is
worth κ·d − m max d, with κ_i the weight on what agent i pays and m that on the least utility
(``objective.py``). Where participation promises something, d ≤ 0; a least payment asks d_i ≥ 0, a largest one
d_i ≤ 0; payments that cover costs ask Σ d ≥ 0, and `balanced` ones Σ d = 0. In expectation all payments are
lump sums, least utilities are only lower with others, and quantities of goods are another matter
(``compiler/plan.py``): where something keeps what is asked, the question has no end if and only if such a d
is worth more than 0. By homogeneity the greatest of d is -1, 0 or 1, so that this is the case if and only if

- the budget is free, and κ_i < 0 for somebody who may be paid (pay all of them), or everybody may be paid
  and Σ κ < m (pay everybody), or Σ κ_i⁺ > m over those who may be charged (charge them);
- payments cover costs, and Σ (κ_i + λ)⁺ > m over those who may be charged, where a unit that is handed on is
  worth λ = max −κ_j over those who may be paid, or 0 where that is more and money may be kept: charge them,
  and pay those j what they pay.

Agents who are treated alike have the same d, and count as one: κ is then summed, λ an average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from ...solvers.numbers import Number, show
from .objective import Objective, cleared_sum


@dataclass(frozen=True)
class LumpSum:
    """Money without end: these agents are paid more and more, those are charged, and a unit from each of
    those (or to each of these, where nobody is charged) is worth `gain`."""

    paid: tuple[str, ...]
    charged: tuple[str, ...]
    gain: Number
    everybody: bool
    stops: tuple[str, ...]
    """Words of what would end it, each by itself."""

    @property
    def sentence(self) -> str:
        """Which ray it is, and what would stop it."""
        moved = self.charged or self.paid
        who = "everybody" if self.everybody else _names(moved)
        does = f"charge {who} more and more" if self.charged else f"pay {who} more and more"
        if self.charged and self.paid:
            does += f" and pay it to {_names(self.paid)}"
        each = "" if len(moved) == 1 else " from each" if self.charged else " to each"
        stop = " or ".join(self.stops)
        return f"{does}: a unit of money{each} is worth {show(self.gain)}; {stop} would stop it"


@dataclass(frozen=True)
class LumpSums:
    """The lump sums that keep what is promised and demanded.

    payable, chargeable: who may be paid, and charged, without end. covered: Σ d ≥ 0; balanced: Σ d = 0.
    promised: whether participation promises anything. bounded: whether payments are to be within bounds.
    alike: groups of agents who are treated alike. constant: whether it is known that a constant allocation,
    with constant payments within the bounds, keeps all else that is demanded.
    """

    agents: tuple[str, ...]
    payable: frozenset[str]
    chargeable: frozenset[str]
    promised: bool
    bounded: bool = False
    covered: bool = False
    balanced: bool = False
    alike: tuple[frozenset[str], ...] = ()
    constant: bool = True

    @classmethod
    def of(cls, agents: Sequence[str], promised: bool) -> Self:
        """Nothing demanded of these agents, who report."""
        everybody = frozenset(agents)
        return cls(tuple(agents), everybody, frozenset() if promised else everybody, promised)

    def without_end(self, objective: Objective) -> LumpSum | None:
        """The lump sum that makes the question endless; None where none does."""
        ray = self._ray(objective)
        if ray is None:
            return None
        paid, charged, gain = ray
        stops = tuple(words for words, less in self._stricter() if less._ray(objective) is None)
        listed = [tuple(name for name in self.agents if name in who) for who in (paid, charged)]
        everybody = len(listed[1] or listed[0]) == len(self.agents)
        return LumpSum(listed[0], listed[1], gain, everybody, stops or ("payments LOW..HIGH",))

    @property
    def always(self) -> bool:
        """Whether a constant allocation with constant payments keeps everything, whatever is at stake."""
        if not self.constant:
            return False
        if self.promised:
            return not self.covered and self.payable == set(self.agents)
        both = self.payable & self.chargeable
        return not self.covered or bool(both if self.balanced else self.chargeable)

    def _ray(self, objective: Objective) -> tuple[frozenset[str], frozenset[str], Number] | None:
        """(who is paid, who is charged, what a unit is worth)."""
        least = objective.least
        worth = {one: cleared_sum(*(objective.paid(name) for name in one)) for one in self._groups()}
        payable = [one for one in worth if one <= self.payable]
        chargeable = [one for one in worth if one <= self.chargeable]
        if self.covered:
            share = {one: -worth[one] / len(one) for one in payable}
            handed: Number = max(share.values(), default=0)
            if self.balanced and not payable:
                return None
            if handed < 0 and not self.balanced:
                handed = 0
            each = {one: cleared_sum(worth[one], handed * len(one)) for one in chargeable}
            charged = [one for one in chargeable if each[one] > 0]
            gain = cleared_sum(*(each[one] for one in charged), -least)
            takers = [one for one in payable if share[one] == handed] if self.balanced or handed else []
            return (_union(takers), _union(charged), gain) if gain > 0 else None
        losing = [one for one in payable if worth[one] < 0]
        if losing:
            all_of_them = len(losing) == len(worth)
            gain = cleared_sum(*(-worth[one] for one in losing), least if all_of_them else 0)
            return _union(losing), frozenset(), gain
        gain = cleared_sum(least, *(-kappa for kappa in worth.values()))
        if worth and gain > 0 and len(payable) == len(worth):
            return _union(payable), frozenset(), gain
        earning = [one for one in chargeable if worth[one] > 0]
        gain = cleared_sum(*(worth[one] for one in earning), -least)
        return (frozenset(), _union(earning), gain) if gain > 0 else None

    def _groups(self) -> list[frozenset[str]]:
        grouped = _union(self.alike)
        return [*self.alike, *(frozenset([name]) for name in self.agents if name not in grouped)]

    def _stricter(self) -> list[tuple[str, LumpSums]]:
        """What could be asked beside, in words, with the lump sums that it would leave."""
        nobody = frozenset[str]()
        asked = []
        if not self.promised:
            asked.append(("participation 'interim'", replace(self, chargeable=nobody)))
        if not self.bounded:
            asked.append(("payments 'nonnegative'", replace(self, payable=nobody)))
            asked.append(("payments 'nonpositive'", replace(self, chargeable=nobody)))
        if not self.covered:
            asked.append(("budget 'ex-ante'", replace(self, covered=True)))
        return asked


def _union(groups: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*groups)


def _names(agents: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in agents)
