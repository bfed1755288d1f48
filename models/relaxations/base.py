"""A relaxation is a rewriting of the environment, with the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Agent, Environment
from ..environment.reports import held
from ..mechanism.mechanism import Mechanism, Stage

Widen: TypeAlias = Callable[[int, Array, int], Array]
"""(period, a table of the original environment, position of agent 0's axis) to that of the rewritten one."""


@dataclass(frozen=True, eq=False, repr=False)
class Rewriting(Short):
    """An environment and what it was rewritten to.

    lift: turns a mechanism of the original environment into one of the rewritten one that does the same; a
        function of a module or a partial of one, so that answers can be pickled.
    coupling: the coupling of shocks that was used, or None.
    """

    original: Environment
    environment: Environment
    lift: Callable[[Mechanism], Mechanism]
    coupling: str | None = None


    @cached_property
    def behind(self) -> tuple[Ints, ...]:
        """By period the profile of the original environment that is behind each profile of the rewritten one.

        What a mechanism does at reports says where they have gone: here it does their number.
        """
        env, stages = self.original, []
        for t in range(env.periods):
            types = env.types(t)
            numbers = np.arange(math.prod(types)).reshape(1, *types, 1)
            following = None if t + 1 == env.periods else numbers * 0
            stages.append(Stage(numbers, np.zeros((env.num_agents, 1, *types)), following))
        carried = self.lift(Mechanism(env.name, tuple(stages)))
        return tuple(stage.allocation.reshape(-1) for stage in carried.stages)


def unchanged(mechanism: Mechanism) -> Mechanism:
    """The way back where nothing was rewritten."""
    return mechanism


def lifted(name: str, extra: int, widen: Widen, mechanism: Mechanism) -> Mechanism:
    """The same decisions in the rewritten environment `name`, which has so many more observed agents."""

    def stage(t: int, home: Stage) -> Stage:
        nobody = np.repeat(home.transfers[:1] * 0, extra, axis=0)
        return replace(
            home,
            allocation=widen(t, home.allocation, 1),
            transfers=widen(t, np.concatenate([home.transfers, nobody]), 2),
            next=None if home.next is None else widen(t, home.next, 1),
        )

    stages = tuple(stage(t, home) for t, home in enumerate(mechanism.stages))
    return replace(mechanism, instance=name, stages=stages)


def first_reports(agent: Agent, periods: int) -> tuple[Bools | None, ...] | None:
    """What she may report where only her first type is private: later there is one report for all."""
    return held([agent.may_report(0), *[None] * (periods - 1)])


def shown_agent(env: Environment, name: str, types: tuple[tuple[str, ...], ...], **law: Any) -> Agent:
    """An observed agent, with one type in period 0 and then these, who shows something of a private one.

    Every private agent of `env` gets one. law: her prior and kernels, where the process is independent.
    """
    others = (1,) * (env.num_agents + len(env.private))
    values = tuple(arithmetic(env.exact).zeros((env.num_actions(t), *others)) for t in range(env.periods))
    return Agent(name, (("-",), *types), values=values, observed=True, **law)


def widened_feasible(env: Environment, t: int, extra: tuple[int, ...]) -> Bools | None:
    """Feasibility over more observed agents, none of whom matters."""
    table = env.feasible[t]
    if table is None:
        return None
    return np.broadcast_to(table.reshape(table.shape + (1,) * len(extra)), table.shape + extra)
