"""Correlation with signals further ahead than the next ones (LIU Remark 3.4).

What an agent learns today may show in what the others say two periods from now and not before. Lotteries are
then drawn over the others' types in the next h periods, and paid in the last of them:

    δ^h E[p^i(θ^{-i}_{t+1}, ..., θ^{-i}_{t+h}, r^i; a, θ^{-i}) | θ_t] = δ E[next period's transfer],

in place of a transfer one period later; near the end of a finite horizon h is what is left. The process must
not be moved by actions: a pending lottery would otherwise depend on what the agent reports in the meantime.
The mechanism remembers the last h report profiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .blocks import BeliefBlocks
from .convex_independence import ConvexIndependence, convex_independence
from .course import Course, Place
from .settle import settle
from .spanning import Spanning, spanning
from .targets import residual_claims
from .theorems import check_theorem
from .transfers import check_norm

MAX_ENTRIES = 5_000_000
"""Most memory states times profiles of a period."""


@dataclass(frozen=True, eq=False, repr=False)
class FutureSignals(Short):
    """What signals further ahead make possible.

    ahead: periods looked ahead. blocks, convex, spanning: by agent and period, the last two per distinct
    matrix of `blocks` (columns are the others' types of all those periods). mechanism: efficient, None where
    the theorem's transfers do not exist, and `reason` says where.
    """

    environment: Environment
    course: Course
    ahead: int
    blocks: dict[Place, BeliefBlocks]
    convex: dict[Place, ConvexIndependence]
    spanning: dict[Place, Spanning]
    mechanism: Mechanism | None
    reason: str

    @property
    def convex_independence(self) -> bool | None:
        """Whether it holds for every agent, period and others' profile; None where no later period exists."""
        return all(bool(one.holds.all()) for one in self.convex.values()) if self.convex else None

    @property
    def spans(self) -> bool | None:
        """Whether spanning holds for every agent, period and others' profile; None as above."""
        return all(bool(one.holds.all()) for one in self.spanning.values()) if self.spanning else None


def future_signals(
    env: Environment,
    ahead: int | None = None,
    *,
    theorem: str = "3.1",
    norm: str = "max",
    effort: Effort = FLOATS,
) -> FutureSignals:
    """Diagnosis and an efficient mechanism by the others' types in the next `ahead` periods.

    ahead: at least 1; None is all that are left of a finite horizon. theorem, norm, effort: as `correlation`.
    Raises `InvalidInput` for words and windows that are none, `AssumptionViolated` where actions move types,
    `TooLarge` with the size of the memory, `OutOfTime`.
    """
    check_norm(norm)
    check_theorem(theorem)
    if ahead is None:
        if env.stationary:
            raise InvalidInput("ahead: an infinite horizon needs a number of periods")
        ahead = max(1, env.periods - 1)
    if ahead < 1:
        raise InvalidInput(f"ahead: {ahead} periods; at least 1 is needed")
    course = Course.of(env, effort.begun())
    work = course.environment
    if any(work.controlled):
        t = work.controlled.index(True)
        raise AssumptionViolated(
            f"future signals: actions of period {t} move types, so that a pending lottery would depend on "
            "what is reported before it is drawn"
        )
    _check_memory(work, ahead)
    settled = settle(course, residual_claims, theorem, norm, ahead=ahead)
    beliefs = {place: lotteries.blocks for place, lotteries in settled.lotteries.items()}
    return FutureSignals(
        env,
        course,
        ahead,
        beliefs,
        {place: convex_independence(one.matrices, course.effort) for place, one in beliefs.items()},
        {place: spanning(one.matrices, course.effort, False) for place, one in beliefs.items()},
        settled.mechanism,
        settled.reason,
    )


def _check_memory(env: Environment, ahead: int) -> None:
    profiles = [int(np.prod(env.types(t))) for t in range(env.periods)]
    for t, size in enumerate(profiles):
        memory = size**ahead if env.stationary else prod(profiles[max(0, t - ahead) : t])
        if memory * size > MAX_ENTRIES:
            raise TooLarge(
                f"future signals: {ahead} periods of reports make {memory:,} memory states in period {t}, "
                f"times {size} profiles more than {MAX_ENTRIES:,}; look fewer periods ahead"
            )
