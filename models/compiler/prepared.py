"""A plan counted on classes of histories: nothing is laid out before it is known to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.memory import Size, refuse_large
from ..histories.classes import Level, build_levels
from ..histories.views import View
from .compiled import Compiled
from .layout import Layout, make_views
from .plan import Plan
from .sizes import program_size


@dataclass(frozen=True, eq=False, repr=False)
class Prepared(Short):
    """The classes of every period, and what agents know there: `views[t][i]`."""

    env: Environment
    plan: Plan
    levels: list[Level]
    views: list[dict[int, View]]

    def _facts(self) -> Mapping[str, object]:
        return {"environment": self.env.name, "formulation": self.plan.formulation}

    @classmethod
    def of(cls, env: Environment, plan: Plan, limit: float) -> Self:
        """Count; raises `TooLarge` where the classes alone take more than `limit` bytes."""
        levels = build_levels(env, plan.all_messages, limit)
        return cls(env, plan, levels, make_views(env, plan, levels, limit))

    @cached_property
    def size(self) -> Size:
        """Of the plan's program."""
        return program_size(self.env, self.plan, self.levels, self.views)

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
