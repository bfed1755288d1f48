"""The course of things under the efficient policy, and the places where reports are settled a period later.

Whatever transfers are to be worth, they settle the same reports: those of every reporting agent in every
period that another one follows. In the last period of a finite horizon nothing can be settled any more;
`last_period.py` says what happens there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Ints
from ...solvers.short import Short
from ..efficient.efficient import Efficient, efficient
from ..environment.environment import Environment
from .blocks import BeliefBlocks, blocks
from .last_period import LastPeriod, last_period

Place = tuple[int, int]
"""An agent and a period."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False, repr=False)
class Course(Short):
    """The efficient policy of an environment whose numbers are all rational or all doubles, and its end."""

    environment: Environment

    @classmethod
    def of(cls, env: Environment, exact: bool) -> Course:
        """Over the rationals, or in doubles."""
        return cls(env.to_exact() if exact else env.to_float())

    @cached_property
    def plan(self) -> Efficient:
        """The efficient policy. Raises as `efficient`."""
        return efficient(self.environment)

    @cached_property
    def last(self) -> LastPeriod | None:
        """What happens in the last period, None where there is none."""
        return None if self.environment.stationary else last_period(self.plan)

    @property
    def followed(self) -> range:
        """The periods after which another one comes."""
        return range(1 if self.environment.stationary else self.environment.periods - 1)

    def window(self, t: int, ahead: int) -> int:
        """How many periods after t there are to look at, `ahead` at most."""
        return ahead if self.environment.stationary else min(ahead, self.environment.periods - 1 - t)

    def moves(self, t: int) -> tuple[int, int]:
        """(S, S'): how many profiles there are in period t and in the next."""
        policy = self.plan.policy
        return len(policy[t]), len(policy[0 if self.environment.stationary else t + 1])

    def policy(self, t: int) -> Ints:
        """(S,): the action after every profile of period t, the last included."""
        ends = self.last is not None and t == self.environment.periods - 1
        return self.last.allocation if self.last is not None and ends else self.plan.policy[t]

    def left(self, t: int) -> LastPeriod | None:
        """What happens after period t where that is the last that happens, else None."""
        return self.last if t == self.environment.periods - 2 else None

    def each(self, answer: Callable[[BeliefBlocks], T]) -> dict[Place, T]:
        """An answer for the blocks of every reporting agent and period that another one follows."""
        env = self.environment
        return {(i, t): answer(blocks(env, i, t)) for i in env.private for t in self.followed}


def check_discount(env: Environment, purpose: str) -> None:
    """Raise `AssumptionViolated` where nothing that is paid later matters; `purpose` begins the sentence."""
    if env.discount == 0:
        raise AssumptionViolated(f"{purpose}: the discount is 0, so that no later transfer matters")


def check_later(env: Environment, purpose: str) -> None:
    """Raise `AssumptionViolated` where nothing can be paid later; `purpose` begins the sentence."""
    if not env.stationary and env.periods == 1:
        raise AssumptionViolated(f"{purpose}: there is one period, and nothing is paid after it")
