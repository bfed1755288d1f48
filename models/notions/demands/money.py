"""Demands on sums of money: what one agent pays, or all of them less costs, within bounds.

Which sums, over which periods, and whether they are expected, is the word (`Demanded`); `payments.py` and
`budget.py` read it from the keys of a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ....solvers.errors import InvalidInput
from ....solvers.numbers import show
from ....solvers.numerals import shown
from ...environment.environment import Environment
from ..lump_sums import LumpSums
from .base import Bounds, Demand, Demanded


@dataclass(frozen=True, repr=False)
class MoneyDemand(Demand):
    """Sums of money within bounds. bounds: by agent, "" for every agent, and for payments less costs."""

    bounds: Mapping[str, Bounds]

    @property
    def needs_every_period(self) -> bool:
        """Sums of single periods do, expected or not."""
        return self.demanded in (Demanded.PAID_PERIOD, Demanded.COVERED_PERIODS, Demanded.COVERED_PERIOD)

    @property
    def by_path(self) -> bool:
        """Totals that are not expected do."""
        return self.demanded in (Demanded.PAID_PATH, Demanded.COVERED_PATH)

    @property
    def single_payments(self) -> bool:
        """All but the expected total do."""
        return self.demanded is not Demanded.COVERED

    @property
    def fines_count(self) -> bool:
        """All that are not expected do."""
        return self.demanded not in (Demanded.COVERED, Demanded.COVERED_PERIODS)

    @property
    def of_costs(self) -> bool:
        """The budget does."""
        return self.demanded not in (Demanded.PAID_PERIOD, Demanded.PAID_PATH)

    @property
    def gives_way(self) -> bool:
        """Money does."""
        return True

    def bounds_of(self, agent: str) -> Bounds:
        """Of what this agent pays."""
        return self.bounds.get(agent, self.bounds.get("", (None, None)))

    def paid(self, agent: str) -> Bounds:
        """Those bounds, where they are of each period."""
        return self.bounds_of(agent) if self.demanded is Demanded.PAID_PERIOD else (None, None)

    def part(self, agent: str, most: bool) -> str:
        """What is bounded, and by what."""
        if self.of_costs:
            return f"{self.name}: payments {'are no more than' if most else 'cover'} costs"
        bound, path = self.bounds_of(agent)[most], " on path" if self.by_path else ""
        shown_bound = "" if bound is None else f" {show(bound)}"
        return f"payments of '{agent}'{path} {'at most' if most else 'at least'}{shown_bound}"

    def lump_sums(self, allowed: LumpSums) -> LumpSums | None:
        """Bounds let nobody be paid, or charged, without end; a budget asks something of the sum."""
        if self.of_costs:
            balanced = allowed.balanced or self.bounds[""][1] is not None
            return replace(allowed, covered=True, balanced=balanced)
        bounds = {name: self.bounds_of(name) for name in allowed.agents}
        return replace(
            allowed,
            payable=allowed.payable - {name for name, (low, _) in bounds.items() if low is not None},
            chargeable=allowed.chargeable - {name for name, (_, high) in bounds.items() if high is not None},
            bounded=True,
        )

    def check(self, env: Environment) -> None:
        """Raise `InvalidInput` where somebody is named who pays nothing."""
        payers = [env.agents[i].name for i in env.private]
        for agent in self.bounds:
            if agent and agent not in payers:
                raise InvalidInput(
                    f"demands, payments: {shown(agent)} is none of the agents who pay ({', '.join(payers)})"
                )
