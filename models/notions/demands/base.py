"""What a designer may demand beside incentives and participation: sums of money that stay within bounds.

A demand is one `Demand`, read from the keys of a question by one file of this folder. The compiler turns it
into rows, the checker of mechanisms into a violation; both read only what is stated here. A new word needs an
entry in the table of each face (CONTRIBUTING.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from ....solvers.numbers import Number
from ....solvers.short import Short

Bounds: TypeAlias = tuple[Number | None, Number | None]
"""(least, most), None where there is none."""


class Demanded(Enum):
    """Which sums of money are bounded, at whatever is reported unless they are expected.

    Payments are expected over the lottery of their period, given the memory and all reports.
    """

    PAID_PERIOD = "payments"
    """What an agent pays in each period."""
    PAID_PATH = "payments-on-path"
    """What an agent pays along each path, discounted."""
    COVERED = "budget-ex-ante"
    """Payments of all less costs, expected under truth and discounted."""
    COVERED_PERIODS = "budget-per-period"
    """The same of each period, in its money."""
    COVERED_PATH = "budget-ex-post"
    """Payments of all less costs along each path, discounted."""
    COVERED_PERIOD = "budget-every-period"
    """Payments of all less costs in each period, costs expected over its lottery."""


@dataclass(frozen=True, repr=False)
class Demand(Short):
    """One demand.

    name: as verdicts and rows have it. bounds: by agent, "" for every agent, and for the surplus.
    keys: how a question says it.
    """

    name: str
    demanded: Demanded
    bounds: Mapping[str, Bounds]
    keys: Mapping[str, Any]

    @property
    def needs_every_period(self) -> bool:
        """Whether payments of single periods count."""
        return self.demanded in (Demanded.PAID_PERIOD, Demanded.COVERED_PERIODS, Demanded.COVERED_PERIOD)

    @property
    def by_path(self) -> bool:
        """Whether totals along single paths count."""
        return self.demanded in (Demanded.PAID_PATH, Demanded.COVERED_PATH)

    @property
    def expected(self) -> bool:
        """Whether only what is expected under truth counts."""
        return self.demanded in (Demanded.COVERED, Demanded.COVERED_PERIODS)

    @property
    def of_costs(self) -> bool:
        """Whether costs count, and payments of all agents together."""
        return self.demanded not in (Demanded.PAID_PERIOD, Demanded.PAID_PATH)

    def bounds_of(self, agent: str) -> Bounds:
        """Of what this agent pays."""
        return self.bounds.get(agent, self.bounds.get("", (None, None)))


Demands: TypeAlias = tuple[Demand, ...]
"""What is demanded, in the order of the keys."""
