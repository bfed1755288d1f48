"""Any settlement one period later: transfers with given expectations, and the mechanism that they make.

The efficient policy with transfers whose expectation in every block is what the caller wants: claims on the
residual (`targets.py`), shares of the surplus, lotteries that leave nothing. `settle` walks through all
agents and periods; whoever finds transfers in another way puts them into a `Settlement` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..mechanism.mechanism import Mechanism
from .assemble import assemble
from .blocks import BeliefBlocks, window
from .course import Course, Place
from .targets import Target
from .theorems import check_theorem, systems_of
from .transfers import check_norm, smallest


@dataclass(frozen=True, eq=False, repr=False)
class Lotteries(Short):
    """What settles an agent's reports of one period.

    target: (A, X, K) the expectations wanted. transfers: (S, Y) after every report profile under the policy.
    reason: where they do not exist, else empty.
    """

    blocks: BeliefBlocks
    target: Array
    transfers: Array
    reason: str = ""

    def actions(self, course: Course) -> Ints:
        """(X, K): the action after every report."""
        return course.plan.policy[self.blocks.period][self.blocks.profile]

    def expected(self, course: Course) -> Array:
        """(X, K, K): what the lottery after a report (last axis) costs a type (axis before) on average."""
        action, table = self.actions(course), self.blocks.rows
        rows = table[action if len(table) > 1 else 0 * action, np.arange(len(action))[:, None]]
        due: Array = np.matmul(rows, self.transfers[self.blocks.profile][..., None])[..., 0].swapaxes(1, 2)
        return due

    @property
    def paid(self) -> Array:
        """(S, S'): by the profiles of both periods (of all in the window, where there is one)."""
        paid: Array = self.transfers[:, self.blocks.next_others]
        return paid


@dataclass(frozen=True, eq=False, repr=False)
class Settlement(Short):
    """What settles everybody's reports, `ahead` periods after them."""

    course: Course
    lotteries: Mapping[Place, Lotteries]
    ahead: int = 1

    @property
    def reason(self) -> str:
        """Where the first transfers are missing; empty where none are."""
        return next((one.reason for one in self.lotteries.values() if one.reason), "")

    @cached_property
    def mechanism(self) -> Mechanism | None:
        """The efficient policy with the transfers; None where some are missing."""
        if self.reason:
            return None
        return assemble(self.course, {place: one.paid for place, one in self.lotteries.items()}, self.ahead)

    def require(self) -> Mechanism:
        """The mechanism; raises `AssumptionViolated` where there is none, with the place."""
        if self.mechanism is None:
            raise AssumptionViolated(f"correlation: {self.reason}")
        return self.mechanism


def settle(
    course: Course,
    target: Target,
    theorem: str = "3.1",
    norm: str = "max",
    strict: Number = 0,
    ahead: int = 1,
) -> Settlement:
    """The smallest transfers, by `norm`, of these expectations.

    Only the systems that the policy uses are solved. strict: by how much every lie must be dearer than
    wanted, in undiscounted money of the next period; lotteries of Theorem 3.1 alone can be. ahead: how many
    periods later reports are settled, by all that the others say until then. Raises `InvalidInput` for
    unknown words, `OutOfTime`.
    """
    check_theorem(theorem)
    check_norm(norm)

    def one(near: BeliefBlocks) -> Lotteries:
        length = course.window(near.period, ahead)
        beliefs = window(near, length)
        wanted = target(course, near) / course.environment.discount ** (length - 1)
        systems = systems_of(theorem, beliefs, wanted).only(systems_used(course, beliefs, theorem))
        dearer = np.where(systems.equal, systems.target, systems.target + strict)
        systems = replace(systems, target=dearer)
        best = smallest(systems, effort=course.effort)
        where = missing(course, beliefs, best.feasible)
        reason = f"no transfers of Theorem {theorem} exist {where}" if where else ""
        p = best.p if norm == "max" or reason else smallest(systems, norm, effort=course.effort).p
        return Lotteries(beliefs, wanted, p, reason)

    return Settlement(course, {place: one(near) for place, near in course.places()}, ahead)


def systems_used(course: Course, beliefs: BeliefBlocks, theorem: str) -> Ints:
    """(S,): which of a theorem's systems settles each report profile under the efficient policy.

    Systems come in the order of `BeliefBlocks.each`, one a block or, by Theorem 3.1, one a block and report.
    """
    block, size = blocks_used(course, beliefs), beliefs.shape[2]
    used = np.empty(beliefs.profile.size, dtype=np.int64)
    used[beliefs.profile] = block * size + np.arange(size) if theorem == "3.1" else block
    return used


def blocks_used(course: Course, beliefs: BeliefBlocks) -> Ints:
    """(X, K): in which block each report ends under the policy, in the order of `BeliefBlocks.each`."""
    policy = course.plan.policy[beliefs.period]
    return beliefs.place_of[policy[beliefs.profile], np.arange(len(beliefs.profile))[:, None]]


def missing(course: Course, beliefs: BeliefBlocks, exist: Bools) -> str:
    """The place of the first report profile for which no transfers exist (S,); empty where all do."""
    return "" if exist.all() else beliefs.place(course.plan, int(np.flatnonzero(~exist)[0]))
