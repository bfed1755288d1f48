"""What a designer may demand beside incentives and participation.

A demand is one `Demand`, read from the keys of a question by one file of this folder. The compiler turns it
into rows, the checker of mechanisms into a violation; both read only what is stated here. A new word needs an
entry in the table of each face (CONTRIBUTING.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from ....solvers.numbers import Ints, Number
from ....solvers.short import Short
from ...environment.environment import Environment
from ..lump_sums import LumpSums

Bounds: TypeAlias = tuple[Number | None, Number | None]
"""(least, most), None where there is none."""


class Demanded(Enum):
    """What a demand is about: which rows and which violations.

    Sums of money are bounded at whatever is reported unless they are expected; payments are expected over the
    lottery of their period, given the memory and all reports.
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
    ALIKE = "anonymous"
    """How agents who are alike are treated."""
    ROW = "row"
    """A row of one's own."""
    PURE = "deterministic"
    """Lotteries give one action everything, at whatever is reported."""


@dataclass(frozen=True, repr=False)
class Demand(Short):
    """One demand; what the compiler asks of it is answered as for one that is about no payments.

    name: as verdicts and rows have it. keys: how a question says it, where it says it in words.
    """

    name: str
    demanded: Demanded
    keys: Mapping[str, Any]

    @property
    def needs_every_period(self) -> bool:
        """Whether payments of single periods count."""
        return False

    @property
    def by_path(self) -> bool:
        """Whether totals along single paths count."""
        return False

    @property
    def single_payments(self) -> bool:
        """Whether payments count one by one, where utilities know only what is expected of them."""
        return False

    @property
    def fines_count(self) -> bool:
        """Whether payments after reports of probability zero count too."""
        return False

    @property
    def of_costs(self) -> bool:
        """Whether costs count, and payments of all agents together."""
        return False

    @property
    def gives_way(self) -> bool:
        """Whether it bounds amounts, so that more or less may be asked; each side is then asked apart."""
        return False

    def part(self, agent: str, most: bool) -> str:
        """One side of it in words, the upper one where `most`; agent: "" for all."""
        return f"{self.name} {'at most' if most else 'at least'}"

    @property
    def mixes(self) -> bool:
        """Whether what draws among mechanisms that keep the demand keeps it too."""
        return not self.pure

    @property
    def pure(self) -> bool:
        """Whether allocations are whole numbers."""
        return False

    def paid(self, agent: str) -> Bounds:
        """Of what this agent pays in each period."""
        return None, None

    def lump_sums(self, allowed: LumpSums) -> LumpSums | None:
        """Which of these the demand allows, None where that is not known."""
        return allowed

    @property
    def first_utilities(self) -> bool:
        """Whether what first types expect counts, payments and all."""
        return False

    @property
    def names_histories(self) -> bool:
        """Whether single histories or reports count."""
        return False

    @property
    def names_actions(self) -> bool:
        """Whether single actions are told apart by their places in the list."""
        return False

    @property
    def by_report(self) -> bool:
        """Whether they count whatever their probability: in rewritings of the environment, where agents show
        more and report less, they have none of their own."""
        return False

    @property
    def said(self) -> Mapping[str, Any]:
        """How a question says it, by key."""
        return self.keys

    def needs_full_reports(self, env: Environment) -> bool:
        """Whether reports of probability zero have to be in the program; fines for them (`design/fines.py`)
        may be beyond bounds."""
        payers = [env.agents[i] for i in env.private]
        return self.fines_count and any(
            agent.may_report(t) is not None for agent in payers for t in range(env.periods)
        )

    def check(self, env: Environment) -> None:
        """Raise `InvalidInput` where the demand names something that the environment does not have."""

    def assume(self, env: Environment) -> None:
        """Raise `AssumptionViolated` where the demand has no meaning in the environment."""

    def told(self, env: Environment) -> str:
        """The name, with what it comes to in this environment where that is not said by it."""
        return self.name

    def over(self, env: Environment) -> Demand:
        """The demand of this environment, checked."""
        self.check(env)
        return self

    def carried(self, behind: Sequence[Ints]) -> Demand:
        """The same in a rewriting; behind: by period the profile that is behind each of its profiles."""
        return self


Demands: TypeAlias = tuple[Demand, ...]
"""What is demanded, in the order of the keys."""


def demands_over(env: Environment, demands: Demands) -> Demands:
    """The demands of this environment. Raises `InvalidInput` where one names what it does not have."""
    return tuple(demand.over(env) for demand in demands)
