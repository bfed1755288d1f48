"""Which rows the notions of a plan ask for, said before anything is laid out.

One table for each kind of notion, over the words it is made of. What is said here is written as rows by
`incentive_rows.py` and `participation_rows.py`, and counted by `sizes.py`.

With payments at the end, or replaced by utilities, a promise about every continuation is the promise about
the initial types, whatever it is measured from, and promises about prefixes or periods are the promise about
whole paths: payments can be re-timed afterwards (`models/design/timing.py`) without anybody's incentives
noticing. With a payment in every period each promise is written down as it stands, in money of the period
where it begins. With discount 0 a path ends for whoever adds it up with period 0, the last that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ...solvers.short import Short
from ..environment.environment import Environment
from ..histories.views import View
from ..notions.incentives import Compares
from ..notions.participation import Promise
from .lies import Told, lies_told
from .plan import Plan


@dataclass(frozen=True, eq=False)
class Truth:
    """Utility is what truth earns: a row for every probable state."""


@dataclass(frozen=True, eq=False, repr=False)
class Lying(Short):
    """A row for each of these lies: what it earns, and continues with, is no more than her utility."""

    told: Told


@dataclass(frozen=True, eq=False, repr=False)
class LyingNow(Short):
    """A row for each of these lies: in the current period alone it earns no more than the truth."""

    told: Told


@dataclass(frozen=True)
class FirstTypes:
    """A row for each initial type that occurs: her utility from period 0 on, whatever the others' types."""


@dataclass(frozen=True)
class States:
    """A row for each state of period t that truth reaches: utility from then on, less what is had outside
    where the promise is about that."""

    t: int


@dataclass(frozen=True)
class Paths:
    """A row for each path that truth reaches up to period `end`: its utility over periods first..end."""

    end: int
    first: int = 0


Incentives: TypeAlias = list[Truth | Lying | LyingNow]
Promised: TypeAlias = list[FirstTypes | States | Paths]


def _replies(plan: Plan, view: View) -> Incentives:
    truth: Incentives = [] if plan.utilities else [Truth()]
    return truth + ([Lying(lies_told(plan, view))] if plan.any_lies else [])


def _now(plan: Plan, view: View) -> Incentives:
    truth: Incentives = [Truth()] if plan.values_first else []
    return [LyingNow(Told(view.probable)), *truth]


INCENTIVES: dict[Compares, Callable[[Plan, View], Incentives]] = {
    Compares.REPLIES: _replies,
    Compares.NOW: _now,
}
"""By what truth is compared by."""


def _states(periods: int, literal: bool) -> Promised:
    return [States(t) for t in range(periods if literal else 1)]


PROMISES: dict[Promise, Callable[[int, int, bool], Promised]] = {
    Promise.NOTHING: lambda *_: [],
    Promise.INITIAL: lambda *_: [FirstTypes()],
    Promise.CONTINUATION: lambda periods, _, literal: _states(periods, literal),
    Promise.OUTSIDE: lambda periods, _, literal: _states(periods, literal),
    Promise.PATH: lambda _, last, __: [Paths(last)],
    Promise.PREFIX: lambda _, last, literal: [Paths(t) for t in range(0 if literal else last, last + 1)],
    Promise.PERIOD: lambda periods, last, literal: (
        [Paths(t, first=t) for t in range(periods)] if literal else [Paths(last)]
    ),
}
"""By the promise, from (periods, last one that counts, whether there are payments in every period)."""


def incentives(plan: Plan, view: View) -> Incentives:
    """The rows of the plan's incentive notion at one view, in the order in which they are written."""
    return INCENTIVES[plan.incentives.compares](plan, view)


def promised(env: Environment, plan: Plan) -> Promised:
    """The rows of the plan's participation notion, for every agent who reports."""
    last = 0 if env.discount == 0 else env.periods - 1
    return PROMISES[plan.participation.promise](env.periods, last, plan.pays_every_period)
