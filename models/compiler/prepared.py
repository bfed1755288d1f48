"""A plan counted on classes of histories: nothing is laid out before it is known to fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.memory import Size, refuse_large
from ..histories.classes import Level, build_levels
from ..histories.views import View, build_view
from .compiled import Compiled
from .layout import Layout
from .plan import Plan
from .sizes import program_size


@dataclass(frozen=True, eq=False, repr=False)
class Prepared(Short):
    """The classes of every period, and what agents know there: `views[t][i]`."""

    env: Environment
    plan: Plan
    levels: list[Level]
    views: Sequence[Mapping[int, View]]

    def _facts(self) -> Mapping[str, object]:
        return {"environment": self.env.name, "formulation": self.plan.formulation}

    @classmethod
    def of(cls, env: Environment, plan: Plan, limit: float) -> Self:
        """Count; where nobody's lies have a future only period 0 has views.

        Raises `TooLarge` where the classes alone, or the states of one view, take more than `limit` bytes.
        """
        levels = build_levels(env, plan.all_messages, limit)
        notion, lies = plan.incentives, plan.any_lies
        chain = not plan.utilities and plan.values_first
        last = 0 if plan.aggregated or not (lies or notion.myopic or chain) else len(levels)
        views = [
            {
                i: build_view(env, level, i, notion.information, notion.everywhere, not lies, limit)
                for i in env.private
                if level.t <= last
            }
            for level in levels
        ]
        return cls(env, plan, levels, views)

    @cached_property
    def size(self) -> Size:
        """Of the plan's program."""
        return program_size(self.env, self.plan, self.levels, self.views)

    @property
    def plays(self) -> int:
        """Number of columns of the allocation, which are whole numbers where no lots are drawn."""
        return sum(level.times(level.plays) for level in self.levels)

    def layout(self) -> Layout:
        """Lay out every history."""
        return Layout.of(self.env, self.plan, self.levels, self.views)

    def compiled(self) -> Compiled:
        """Lay out and compile the plan's program."""
        return Compiled.of(self.layout())

    def refuse_large(self, limit: float) -> Self:
        """Itself; raises `TooLarge` where the program takes more than `limit` bytes."""
        refuse_large(self.env, self.size, limit)
        return self
