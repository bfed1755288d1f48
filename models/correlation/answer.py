"""Is correlation across time rich enough, and with which transfers does it implement the efficient policy?

Everything LIU's Theorems 3.1 and 3.2 are about, for every reporting agent and every block: verdicts on the
process, feasibility of either theorem's system for these values, the smallest transfers, and a mechanism.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import OutOfTime
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..answers.answer import Answer
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .blocks import BeliefBlocks, blocks
from .bounded import Bounded, Given, bounded, read_bounds
from .continuous import Approximation, approximate
from .converse import Unalignable, unalignable
from .convex_independence import ConvexIndependence, convex_independence
from .course import Course, Place
from .future_signals import FutureSignals, future_signals
from .outcome import FollowsPolicy
from .settle import Lotteries, Settlement, missing, systems_used
from .spanning import Spanning, spanning
from .static import Static, static_correlation
from .systems import Systems
from .targets import claimed_money, residual_claims
from .theorems import THEOREMS, check_theorem, systems_of
from .transfers import check_norm, largest, smallest

ACCURATE = 1e-8
"""Transfers that miss a wanted expectation by more than this, beside the money in it, are inaccurate."""


@dataclass(frozen=True, eq=False, repr=False)
class TheoremAnswer(Short):
    """One theorem's systems of an agent and period.

    block: (n, 2) action and others' profile of every system; report: (n,) the report it is for, -1 for all.
    feasible: (n,), without any bounds. largest: (n,) smallest largest absolute transfer (inf if infeasible);
    squares: (n,) least sum of squares. transfers: (n, Y), smallest by the norm asked for. proof: (n, K)
    multipliers that prove `largest` or infeasibility. residual: (n,) of `transfers`.
    """

    theorem: str
    systems: Systems
    block: Ints
    report: Ints
    feasible: Bools
    largest: Array
    squares: Array
    transfers: Array
    proof: Array
    residual: Array

    def accurate(self, tolerance: float) -> bool:
        """Whether all transfers meet their expectations, up to this much of the money in them."""
        most = tolerance * self.systems.amounts.max(axis=1)
        return bool((self.residual <= most)[self.feasible].all())

    def summary(self) -> tuple[bool, Number | None, Number | None]:
        """(feasible everywhere, smallest largest transfer, least sum of squares); numbers None if not."""
        if not self.feasible.all():
            return False, None, None
        return True, self.largest.max(), self.squares.sum()


@dataclass(frozen=True, eq=False, repr=False)
class PeriodAnswer(Short):
    """One agent and period: verdicts on each distinct matrix, wanted expectations (A, X, K), theorems."""

    blocks: BeliefBlocks
    convex: ConvexIndependence
    spanning: Spanning
    target: Array
    theorems: Mapping[str, TheoremAnswer]

    @property
    def _judged(self) -> Ints:
        """The matrices of feasible blocks."""
        return np.unique(self.blocks.matrix_of[self.blocks.feasible])

    @property
    def convex_independence(self) -> bool:
        """Whether every feasible block is convexly independent."""
        return bool(self.convex.holds[self._judged].all())

    @property
    def spans(self) -> bool:
        """Whether every feasible block spans."""
        return bool(self.spanning.holds[self._judged].all())


@dataclass(frozen=True, eq=False, repr=False)
class AgentAnswer(Short):
    """One reporting agent, over all periods but the last: without a later period every answer is None."""

    index: int
    name: str
    periods: tuple[PeriodAnswer, ...]

    @property
    def convex_independence(self) -> bool | None:
        """Assumption 2 for this agent, all actions and all others' profiles."""
        return all(period.convex_independence for period in self.periods) if self.periods else None

    @property
    def spanning(self) -> bool | None:
        """Assumption 3 for this agent, all actions and all others' profiles."""
        return all(period.spans for period in self.periods) if self.periods else None

    def theorem(self, name: str) -> tuple[bool | None, Number | None, Number | None]:
        """`TheoremAnswer.summary` over all periods: feasible, largest transfer, sum of squares."""
        if not self.periods:
            return None, None, None
        parts = [period.theorems[name].summary() for period in self.periods]
        if not all(feasible for feasible, _, _ in parts):
            return False, None, None
        tops = [top for _, top, _ in parts if top is not None]
        squares = [total for _, _, total in parts if total is not None]
        return True, max(tops, default=0), sum(squares, 0)


@dataclass(frozen=True, eq=False, repr=False)
class Correlation(FollowsPolicy, Answer):
    """The whole answer.

    agents: those that report; where the time limit was reached, those that were finished. mechanism:
    efficient (in the last period where that can be) with transfers of `theorem`, smallest by `norm`; within
    bounds that of `bounded`; None where they do not exist, and `reason` says where. cap, liability: the
    bounds asked for. bounded: what they leave, None without any. static: the conditions within period 0, None
    where fewer than two agents report. message: that the time limit was reached, empty where all is answered.
    """

    agents: tuple[AgentAnswer, ...]
    norm: str
    cap: Given
    liability: Given
    bounded: Bounded | None
    mechanism: Mechanism | None
    reason: str
    static: Static | None
    message: str = ""

    @property
    def status(self) -> Literal["optimal", "limit"]:
        """``limit`` where the time limit was reached first."""
        return "limit" if self.message else "optimal"

    @property
    def exact(self) -> bool:
        """Whether the answer is over the rationals."""
        return self.course.effort.exact

    def _facts(self) -> dict[str, object]:
        return {
            "instance": self.environment.name,
            "status": self.status if self.message else None,
            "theorem": self.theorem,
            "norm": self.norm,
            "exact": self.exact,
            "implementable": self.mechanism is not None,
        }

    def ahead(self, periods: int | None = None) -> FutureSignals:
        """The same by the others' types in so many later periods, by default all that are left (Remark 3.4).

        For what shows two periods from now and not before; raises as `future_signals`.
        """
        words = {"theorem": self.theorem, "norm": self.norm}
        return future_signals(self.environment, periods, **words, effort=self.course.effort.rested)

    def on_cells(self, number: int | None = None) -> Approximation:
        """Transfers that are constant on so many cells of each other agent's types, and what one lie gains.

        The types are a grid of continuous signals, in their order (section 5); raises as `approximate`.
        """
        effort = self.course.effort.rested
        return approximate(self.environment, number, theorem=self.theorem, effort=effort)

    def unalignable(self) -> Unalignable:
        """Values that no transfers align, on this process: the converse of Lemma 7.1.

        Raises `AssumptionViolated` where convex independence holds everywhere.
        """
        return unalignable(self.environment)

    @property
    def _answers(self) -> list[TheoremAnswer]:
        return [
            answer
            for agent in self.agents
            for period in agent.periods
            for answer in period.theorems.values()
        ]

    @cached_property
    def residual(self) -> Number:
        """The largest amount by which any transfers of the answer miss a wanted expectation."""
        missed = [one.residual[one.feasible].max() for one in self._answers if one.feasible.any()]
        return max(missed, default=0)

    @property
    def accurate(self) -> bool:
        """Whether all transfers meet their expectations, up to `ACCURATE` of the money in them (exactly where
        exact). Their sizes, largest and squared, are right to as much in any case (`precision.py`)."""
        return all(answer.accurate(0 if self.exact else ACCURATE) for answer in self._answers)


def correlation(
    env: Environment,
    *,
    norm: str = "max",
    theorem: str = "3.1",
    cap: Given = None,
    liability: Given = None,
    distances: bool = True,
    effort: Effort = FLOATS,
) -> Correlation:
    """Diagnose the process and find the transfers of Theorems 3.1 and 3.2.

    norm: "max", "2" or "1", by which the mechanism's transfers are smallest. theorem: whose transfers the
    mechanism has, "3.1" or "3.2". cap: no absolute payment above this; liability: no agent ever pays more
    than this; for everybody, or by name. With either the mechanism is another one, `bounded`: its payments
    are not a residual claimant's, and all of them count. distances: whether L1 distances to failure of
    spanning are computed. effort: exact, over the rationals, floats at their binary values;
    otherwise in doubles, but for verdicts, for which rational data is enough: sizes of transfers and
    distances are then right to 1e-8 (found over the rationals where doubles would not do), and transfers miss
    their expectations by at most `residual`; what is within bounds is found over the rationals wherever the
    data is rational. Its time limit is for all programs together.

    Raises `InvalidInput` for unknown words and as `read_bounds`, `AssumptionViolated` for divisible
    goods and a discount of 0, `TooLarge` beyond the memory limit.
    """
    check_norm(norm)
    check_theorem(theorem)
    bounds = read_bounds(env, cap, liability)
    course = Course.of(env, effort.begun())
    source = env.to_exact() if effort.exact else env
    twin = Course(source, course.effort) if source.exact and not effort.exact else None
    periods: dict[Place, PeriodAnswer] = {}
    mechanism, static, within, reason, message = None, None, None, "", ""
    try:
        for place, beliefs in course.places():
            periods[place] = _period(course, twin, norm, distances, beliefs)
        if bounds is None:
            lotteries = {place: _settling(course, period, theorem) for place, period in periods.items()}
            settlement = Settlement(course, lotteries)
            mechanism, reason = settlement.mechanism, settlement.reason
        else:
            within = bounded(twin or course, theorem, bounds)
            mechanism, reason = within.mechanism, within.reason(theorem)
            if twin is not None and mechanism is not None:
                mechanism = mechanism.to_float()
        static = static_correlation(source, course.effort, distances)
    except OutOfTime:
        message = course.late_message
        reason = reason or ("" if mechanism is not None else message)
    judged = [i for i in env.private if all((i, t) in periods for t in course.followed)]
    agents = tuple(
        AgentAnswer(i, env.agents[i].name, tuple(periods[i, t] for t in course.followed)) for i in judged
    )
    return Correlation(
        env, course, theorem, agents, norm, cap, liability, within, mechanism, reason, static, message
    )


def _period(
    course: Course,
    twin: Course | None,
    norm: str,
    distances: bool,
    beliefs: BeliefBlocks,
) -> PeriodAnswer:
    """twin: the same over the rationals, asked only where doubles leave something open."""
    sure = beliefs if twin is None else blocks(twin.environment, beliefs.agent, beliefs.period)
    target = residual_claims(course, beliefs)
    money = None if course.effort.exact else claimed_money(course, beliefs)
    theorems = {}
    convex = convex_independence(sure.matrices, course.effort)
    spans = spanning(sure.matrices, course.effort, distances)
    for theorem in THEOREMS:
        systems = systems_of(theorem, beliefs, target, money)
        rational = None if twin is None else partial(_rational, twin, theorem, sure)
        theorems[theorem] = _theorem(theorem, beliefs, systems, rational, norm, course.effort)
    return PeriodAnswer(beliefs, convex, spans, target, theorems)


def _rational(twin: Course, theorem: str, sure: BeliefBlocks) -> Systems:
    """The systems of a theorem over the rationals."""
    return systems_of(theorem, sure, residual_claims(twin, sure))


def _theorem(
    theorem: str,
    beliefs: BeliefBlocks,
    systems: Systems,
    rational: Callable[[], Systems] | None,
    norm: str,
    effort: Effort,
) -> TheoremAnswer:
    best = smallest(systems, "max", rational, effort)
    possible = np.flatnonzero(best.feasible)
    asked = systems.only(possible)
    surely = None if rational is None else lambda: rational().only(possible)
    short = smallest(asked, "2", surely, effort)
    squares = np.full(len(systems), np.inf, dtype=best.p.dtype)
    squares[possible] = (short.p**2).sum(axis=1)
    transfers = best.p
    if norm != "max":
        transfers = arithmetic(systems.exact).zeros(best.p.shape)
        transfers[possible] = (short if norm == "2" else smallest(asked, "1", surely, effort)).p
    at = np.argwhere(beliefs.feasible)
    each = len(systems) // max(1, len(at))
    reports = np.arange(each) if theorem == "3.1" else [-1]
    return TheoremAnswer(
        theorem,
        systems,
        np.repeat(at, each, axis=0),
        np.tile(reports, len(at)),
        best.feasible,
        largest(best.p, best.feasible),
        squares,
        transfers,
        best.proof,
        systems.residual(transfers),
    )


def _settling(course: Course, period: PeriodAnswer, theorem: str) -> Lotteries:
    """The transfers that the policy uses, or the first system that it needs and does not have."""
    beliefs, answer = period.blocks, period.theorems[theorem]
    used = systems_used(course, beliefs, theorem)
    where = missing(course, beliefs, answer.feasible[used])
    reason = f"no transfers of Theorem {theorem} exist {where}" if where else ""
    return Lotteries(beliefs, period.target, answer.transfers[used], reason)
