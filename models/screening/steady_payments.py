"""What rule (C) does and charges from period 1 on, on the path of truth and beside it.

On the path the virtual plan is followed and an agent pays the pivot payment at her charge
(`steady_weights.py`), under which the plan is best for her too. If she alone reports another first signal x,
she gets the best plan at her charge for x and pays its pivot payment. Charges are numbered by the others'
states of period 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from .affine_pivot import payments
from .separable import own_values
from .setting import Profile, Setting
from .steady_weights import Charge, charges, others_index


@dataclass(frozen=True, eq=False, repr=False)
class Beside(Short):
    """What one agent gets who re-reports. Per period: actions and payments (charges, K, S); whether there is
    a price for her at all (charges,)."""

    actions: list[Ints]
    paid: list[Array]
    priced: Bools


@dataclass(frozen=True, eq=False, repr=False)
class Steady(Short):
    """Actions and payments of an environment of at least two periods."""

    setting: Setting

    @cached_property
    def charges(self) -> dict[tuple[int, Profile], list[Charge | None]]:
        """By agent and first reports: by the others' states of period 1."""
        setting = self.setting
        return {
            (i, profile): charges(setting, i, profile)
            for profile in setting.profiles
            for i in range(len(profile))
        }

    @cached_property
    def rows(self) -> list[Ints]:
        """By agent (S_1,): the number of the others' states of period 1."""
        sizes = self.setting.affine.sizes[1]
        return [others_index(sizes, i) for i in range(len(sizes))]

    def on_path(self, profile: Profile, i: int) -> list[Array]:
        """Per period: payments (charges, S) under the virtual plan."""
        setting = self.setting
        course = setting.courses[profile]
        worth = setting.affine.without(setting.weights(profile, profile), i).worth
        zeros = arithmetic(setting.environment.exact).zeros
        paid = [
            [zeros(len(action)) for action in course.policy]
            if one is None
            else payments(setting, i, course.policy, worth, one.scale, one.shift)
            for one in self.charges[i, profile]
        ]
        return [np.stack([row[t] for row in paid]) for t in range(len(course.policy))]

    def beside(self, profile: Profile, j: int) -> Beside:
        """Of agent j at first reports."""
        setting, affine = self.setting, self.setting.affine
        charged, levels = self.charges[j, profile], setting.levels[j]
        sizes = [int(np.prod(size)) for size in affine.sizes]
        shape = (len(charged), len(levels.level))
        zeros = arithmetic(setting.environment.exact).zeros
        actions = [np.full((*shape, size), self.nothing[t], np.int64) for t, size in enumerate(sizes)]
        paid = [zeros((*shape, size)) for size in sizes]
        weights = setting.weights(profile, profile)
        for y, one in enumerate(charged):
            if one is None:
                continue
            for x, level in enumerate(levels.level):
                at = (*weights[:j], one.scale * level + one.shift, *weights[j + 1 :])
                policy = affine.policy(at)
                flows = payments(setting, j, policy, affine.without(at, j).worth, one.scale, one.shift)
                for t, action in enumerate(policy):
                    actions[t][y, x], paid[t][y, x] = action, flows[t]
        return Beside(actions, paid, np.array([one is not None for one in charged]))

    def expected(self, profile: Profile, i: int, paid: list[Array]) -> Array:
        """(S,) what is paid from period 1 on, on the path of truth, by its state."""
        setting, policy = self.setting, self.setting.courses[profile].policy
        nothing = 0 * setting.affine.costs[0][0]
        worth = np.stack(
            [
                setting.affine.follow(policy, [nothing, *(part[y] for part in paid[1:])])[1]
                for y in range(len(paid[1]))
            ]
        )
        return worth[self.rows[i], np.arange(worth.shape[1])]

    # Free disposal -----------------------------------------------------------------------------------------

    @cached_property
    def nothing(self) -> list[int]:
        """Per period the action that does something for the fewest, then the least, then at least cost."""
        setting, chosen = self.setting, []
        for t, (cost, idle) in enumerate(zip(setting.environment.costs, setting.affine.idle, strict=True)):
            most = sum(abs(own[t]).max(axis=(1, 2)) for own in self.worth)
            served = np.sum(~np.array(idle), axis=0)
            chosen.append(
                min(np.flatnonzero(self.feasible[t]).tolist(), key=lambda a: (served[a], most[a], cost[a]))
            )
        return chosen

    @cached_property
    def worth(self) -> list[list[Array]]:
        """By agent and period (A, K, Y): values as they are given, which no fit has rounded."""
        return [own_values(self.setting.environment, i, pair) for i, pair in enumerate(self.setting.pairs)]

    @cached_property
    def feasible(self) -> list[Bools]:
        """Per period (A,)."""
        allowed = self.setting.affine.costs_alone.allowed
        feasible: list[Bools] = []
        for cost, flags in zip(self.setting.environment.costs, allowed, strict=True):
            every = np.ones((len(cost), 1), dtype=bool)
            feasible.append(np.all(every if flags is None else flags, axis=1))
        return feasible

    @cached_property
    def alone(self) -> list[list[Ints]]:
        """By period and agent (A,): the action that does the same for her, and moves her the same, and does
        nothing for the others; the action itself if there is none."""
        env, actions = self.setting.environment, []
        for t, idle in enumerate(self.setting.affine.idle):
            row = []
            count = env.num_actions(t)
            for j, own in enumerate(self.worth):
                spared = self.feasible[t].copy()
                for i, free in enumerate(idle):
                    spared &= free | (i == j)
                tables = [own[t].reshape(count, -1)]
                if t in env.steps:
                    moves = self.setting.pairs[j].moves[t]
                    tables.append(np.broadcast_to(moves, (count, *moves.shape[1:])).reshape(count, -1))
                fits = spared & np.logical_and.reduce(
                    [(table[:, None] == table).all(axis=2) for table in tables]
                )
                row.append(np.where(spared | ~fits.any(axis=1), np.arange(count), fits.argmax(axis=1)))
            actions.append(row)
        return actions
