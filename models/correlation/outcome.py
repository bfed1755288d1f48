"""An efficient mechanism and what truth leads to in it, or the time limit that was reached first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...solvers.errors import Infeasible
from ...solvers.numbers import Array, Number
from ...solvers.short import Short
from ..efficient.efficient import Efficient
from ..environment.environment import Environment
from ..environment.independence import joint_prior
from ..mechanism.mechanism import Mechanism
from .course import Course
from .last_period import LastPeriod
from .on_path import OnPath


@dataclass(frozen=True, eq=False, repr=False)
class Settled(Short):
    """A mechanism, and what truth leads to in it."""

    mechanism: Mechanism
    path: OnPath


@dataclass(frozen=True, eq=False, repr=False)
class FollowsPolicy(Short):
    """environment: that was asked about; course: the efficient policy, as it is followed; theorem: of LIU."""

    environment: Environment
    course: Course
    theorem: str

    @property
    def plan(self) -> Efficient:
        """The efficient policy. Raises `Infeasible` where the time limit ended before it was found."""
        if self.course.found is None:
            raise Infeasible(f"no efficient policy: {self.course.late_message}")
        return self.course.found

    @property
    def last(self) -> LastPeriod | None:
        """How a finite horizon ends; None for an infinite one, and without the efficient policy."""
        return None if self.course.found is None else self.course.last


@dataclass(frozen=True, eq=False, repr=False)
class EfficientOutcome(FollowsPolicy):
    """What `budget` and `extraction` answer.

    settled: None where the time limit was reached; what depends on it then raises `Infeasible` with the
    message.
    """

    settled: Settled | None

    @property
    def status(self) -> Literal["optimal", "limit"]:
        """``limit`` where the time limit was reached first."""
        return "limit" if self.settled is None else "optimal"

    @property
    def message(self) -> str:
        """Why there is no mechanism; empty where there is one."""
        return self.course.late_message if self.settled is None else ""

    @property
    def mechanism(self) -> Mechanism:
        """The mechanism: efficient and periodic ex-post incentive compatible."""
        return self._settled.mechanism

    @property
    def path(self) -> OnPath:
        """What truth leads to."""
        return self._settled.path

    @property
    def _settled(self) -> Settled:
        if self.settled is None:
            raise Infeasible(f"no mechanism: the status is {self.status} ({self.message})")
        return self.settled

    @property
    def prior(self) -> Array:
        """(S,)."""
        return joint_prior(self.course.environment).reshape(-1)

    @property
    def payoffs(self) -> Array:
        """(N, S): what everybody is left with at every first profile."""
        left: Array = self.path.payoffs[0] - self.path.first
        return left

    @property
    def revenue_by_profile(self) -> Array:
        """(S,): what the designer expects from every first profile, net of costs."""
        net: Array = self.path.payments.sum(axis=0) - self.path.costs[0]
        return net

    def expected(self, values: Array) -> Number:
        """The average of values (S,) over first profiles."""
        average: Number = (self.prior * values).sum()
        return average
