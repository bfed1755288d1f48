"""Lotteries over memory as lotteries over copies of actions: a rewriting of environment and mechanism.

An action that is followed by a draw among B becomes B actions that are alike in values, costs and moves, each
taken as often as the action is and its outcome drawn; what follows is sure. Nobody can tell the two apart, so
that whoever reads mechanisms without lotteries reads the one with them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array
from ..environment.environment import Environment
from ..environment.kernels import Kernel
from ..environment.labels import labels_of
from ..notions.demands import Demands
from .mechanism import Mechanism, Stage


def undrawn(
    env: Environment, mechanism: Mechanism, demands: Demands = ()
) -> tuple[Environment, Mechanism]:
    """Both themselves where nothing is drawn; the mechanism must fit (`Mechanism.check`).

    demands: what will be asked of them. Raises `AssumptionViolated` where those tell actions apart.
    """
    counts = [1 if stage.draws is None else stage.draws.memory.shape[1] for stage in mechanism.stages]
    if all(stage.draws is None for stage in mechanism.stages):
        return env, mechanism
    for demand in demands:
        if demand.names_actions:
            raise AssumptionViolated(
                f"demand '{demand.name}' names actions, and the mechanism's memory moves by lot after them"
            )
    stages = tuple(map(sure, mechanism.stages))
    return copied(env, counts), replace(mechanism, stages=stages)


def copied(env: Environment, counts: list[int]) -> Environment:
    """The environment with so many copies of each action of a period, in place of it."""

    def rows(t: int, table: Array) -> Array:
        return np.repeat(table, counts[t], axis=0) if counts[t] > 1 else table

    def moved(t: int, kernel: Kernel) -> Kernel:
        return replace(kernel, table=rows(t, kernel.table)) if kernel.controlled else kernel

    agents = tuple(
        replace(
            agent,
            values=tuple(rows(t, table) for t, table in enumerate(agent.values)),
            kernels=tuple(moved(t, kernel) for t, kernel in enumerate(agent.kernels)),
        )
        for agent in env.agents
    )
    process = env.process and env.process.mapped(
        lambda prior: prior, lambda t, table: rows(t, table) if len(table) > 1 else table
    )
    actions = tuple(
        names if count == 1 else labels_of(
            [f"{name}, draw {b}" for name in names for b in range(count)], f"actions, period {t}"
        )
        for t, (names, count) in enumerate(zip(env.actions, counts, strict=True))
    )  # fmt: skip
    return env._with(
        agents=agents, process=process, actions=actions,
        costs=tuple(rows(t, table) for t, table in enumerate(env.costs)),
        feasible=tuple(table if table is None else rows(t, table) for t, table in enumerate(env.feasible)),
    )  # fmt: skip


def sure(stage: Stage) -> Stage:
    """The stage with so many copies of each action, one beside the other; itself where nothing is drawn."""
    draws, following = stage.draws, stage.next
    if draws is None or following is None:
        return stage
    shape = (*stage.allocation.shape[:-1], -1)
    return Stage(
        allocation=(stage.allocation[..., None] * draws.chance[following]).reshape(shape),
        transfers=stage.transfers,
        next=draws.memory[following].reshape(shape),
        label=stage.label,
    )
