"""The course of things under the efficient policy, and the places where reports are settled a period later.

Whatever transfers are to be worth, they settle the same reports: those of every reporting agent in every
period that another one follows. In the last period of a finite horizon nothing can be settled any more;
`last_period.py` says what happens there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, OutOfTime, TooLarge
from ...solvers.numbers import Ints
from ...solvers.short import Short
from ..efficient.efficient import Efficient, efficient
from ..environment.environment import Environment
from ..environment.memory import TABLE_BYTES, WAY_OUT, show_bytes
from ..environment.outside import refuse_outside
from ..environment.reports import refuse_restricted
from .blocks import BeliefBlocks, blocks
from .last_period import LastPeriod, last_period

Place = tuple[int, int]
"""An agent and a period."""


@dataclass(frozen=True, eq=False, repr=False)
class Course(Short):
    """The efficient policy of an environment whose numbers are all rational or all doubles, and its end."""

    environment: Environment
    effort: Effort = FLOATS

    @classmethod
    def of(cls, env: Environment, effort: Effort = FLOATS) -> Course:
        """Over the rationals or in doubles, as the effort is.

        Raises `AssumptionViolated` where some report is forbidden to some type, and where an infinite horizon
        has a period 0 of its own, and `TooLarge`.
        """
        refuse_restricted(env, "correlation")
        refuse_outside(env, "correlation")
        if env.stationary and not env.unchanging:
            raise AssumptionViolated(
                f"correlation: environment '{env.name}' has a period 0 unlike the rest of an infinite "
                "horizon, whose transfers are one table; give one entry for every period, or a last period"
            )
        _check_memory(env, cls(env).followed, effort)
        return cls(env.to_exact() if effort.exact else env.to_float(), effort)

    @cached_property
    def plan(self) -> Efficient:
        """The efficient policy. Raises as `efficient`."""
        return efficient(self.environment, effort=self.effort)

    @cached_property
    def found(self) -> Efficient | None:
        """The efficient policy, None where the time limit ended before it was found."""
        try:
            return self.plan
        except OutOfTime:
            return None

    @cached_property
    def last(self) -> LastPeriod | None:
        """What happens in the last period, None where there is none."""
        return None if self.environment.stationary else last_period(self.plan)

    @property
    def followed(self) -> range:
        """The periods after which another one comes."""
        return self.environment.steps

    def window(self, t: int, ahead: int) -> int:
        """How many periods after t there are to look at, `ahead` at most."""
        return ahead if self.environment.stationary else min(ahead, self.environment.periods - 1 - t)

    def moves(self, t: int) -> tuple[int, int]:
        """(S, S'): how many profiles there are in period t and in the next."""
        policy = self.plan.policy
        return len(policy[t]), len(policy[self.environment.after(t)])

    def policy(self, t: int) -> Ints:
        """(S,): the action after every profile of period t, the last included."""
        ends = self.last is not None and t == self.environment.periods - 1
        return self.last.allocation if self.last is not None and ends else self.plan.policy[t]

    def left(self, t: int) -> LastPeriod | None:
        """What happens after period t where that is the last that happens, else None."""
        return self.last if t == self.environment.periods - 2 else None

    @property
    def late_message(self) -> str:
        """What an answer says that the time limit ended."""
        return f"the time limit of {self.effort.time_limit:g} seconds was reached"

    def places(self) -> Iterator[tuple[Place, BeliefBlocks]]:
        """Every reporting agent and period that another one follows, with its blocks.

        Raises `OutOfTime` before one for which no time is left.
        """
        for place in product(self.environment.private, self.followed):
            self.effort.check()
            yield place, blocks(self.environment, *place)


def _check_memory(env: Environment, followed: range, effort: Effort) -> None:
    """Raise `TooLarge` where the moves of a period, or all programs of an agent's blocks, would not fit."""
    first, exact = env.types(0), effort.exact
    needs = [
        (0, f"the programs of agent '{env.agents[i].name}'", prod(first) * first[i] * TABLE_BYTES[exact])
        for i in env.private
    ]
    for t in followed:
        here, after = env.types(t), env.types(env.after(t))
        moves = env.num_actions(t) * prod(here) * prod(after)
        needs.append((t, "moves", moves * TABLE_BYTES[env.exact or exact]))
        for i in env.private:
            programs = moves // after[i] * here[i] * TABLE_BYTES[exact]
            needs.append((t, f"the programs of agent '{env.agents[i].name}'", programs))
    t, what, needed = max(needs, key=lambda need: need[2], default=(0, "", 0))
    if needed > effort.room:
        raise TooLarge(
            f"correlation of '{env.name}', period {t}: {what} take about {show_bytes(needed)}, more than the "
            f"memory limit of {show_bytes(effort.room)}; {WAY_OUT}"
        )


def check_discount(env: Environment, purpose: str) -> None:
    """Raise `AssumptionViolated` where nothing that is paid later matters; `purpose` begins the sentence."""
    if env.discount == 0:
        raise AssumptionViolated(f"{purpose}: the discount is 0, so that no later transfer matters")


def check_later(env: Environment, purpose: str) -> None:
    """Raise `AssumptionViolated` where nothing can be paid later; `purpose` begins the sentence."""
    if not env.stationary and env.periods == 1:
        raise AssumptionViolated(f"{purpose}: there is one period, and nothing is paid after it")
