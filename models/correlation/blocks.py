"""What an agent's type foretells of the others: stacked rows μ(θ'^{-i} | a, θ^i, θ^{-i}) (LIU section 3.2).

A *block* is an agent, a period with a next one, an action and the others' current types; its matrix has one
row for each own type, over the others' next types. Observed agents are among the others. All blocks of an
agent and period are one array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..efficient.efficient import Efficient
from ..environment.environment import Environment, labels_of_others
from ..environment.independence import joint_table
from ..society.problem import feasible_actions

MAX_ENTRIES = 40_000_000
"""Most entries of one period's table of transitions between profiles."""


@dataclass(frozen=True, eq=False, repr=False)
class BeliefBlocks(Short):
    """All blocks of agent `agent` in period `period`: A actions, X profiles of the others, K own types.

    rows: (A, or 1 where actions do not matter, X, K, Y) probabilities of the Y next profiles of the others.
    feasible: (A, X) whether the action can be taken. profile: (X, K) index among all profiles of the period;
    next_others: (S',) which of the Y profiles of the others each next profile has.
    """

    environment: Environment
    agent: int
    period: int
    rows: Array
    feasible: Bools
    profile: Ints
    next_others: Ints

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(A, X, K, Y)."""
        return (*self.feasible.shape, *self.rows.shape[2:])

    @property
    def matrices(self) -> Array:
        """The distinct matrices: (n, K, Y)."""
        return self.rows.reshape(-1, *self.rows.shape[2:])

    @property
    def matrix_of(self) -> Ints:
        """(A, X): which of `matrices` each block has."""
        actions, others = self.feasible.shape
        index = np.arange(len(self.matrices)).reshape(self.rows.shape[:2])
        return np.broadcast_to(index, (actions, others))

    @property
    def place_of(self) -> Ints:
        """(A, X): the position of each feasible block in the order of `each`, -1 elsewhere."""
        place = np.full(self.feasible.shape, -1, dtype=np.int64)
        place[self.feasible] = np.arange(int(self.feasible.sum()))
        return place

    def each(self) -> Iterator[tuple[int, int]]:
        """(action, others' profile) of every feasible block, in order."""
        yield from ((a, x) for a, x in np.argwhere(self.feasible).tolist())

    def place(self, plan: Efficient, profile: int) -> str:
        """Where a report under the efficient policy is made: agent, report, period, action, others."""
        env, t = self.environment, self.period
        x, k = (int(v) for v in np.argwhere(self.profile == profile)[0])
        agent, action = env.agents[self.agent], env.actions[t][int(plan.policy[t][profile])]
        labels = ", ".join(f"{name} '{label}'" for name, label in self.others_labels(x).items())
        return (
            f"for agent '{agent.name}' after report '{agent.types[t][k]}' in period {t}, action '{action}', "
            f"given {labels or 'nobody else'}"
        )

    def others_labels(self, x: int) -> dict[str, str]:
        """Names and current types of the others."""
        return labels_of_others(self.environment, self.agent, self.period, int(self.profile[x, 0]))


def blocks(env: Environment, i: int, t: int) -> BeliefBlocks:
    """The blocks of agent i in period t.

    Raises `TooLarge` as `transition_table` does.
    """
    table = transition_table(env, t)
    n = env.num_agents
    types, after = env.types(t), env.types(env.after(t))
    others = [j for j in range(n) if j != i]
    axes = [0, *(1 + j for j in others), 1 + i, *(1 + n + j for j in others), 1 + n + i]
    ordered = table.reshape(len(table), *types, *after).transpose(axes)
    count = int(np.prod([types[j] for j in others], dtype=np.int64))
    rows = ordered.reshape(len(table), count, types[i], -1, after[i]).sum(axis=-1)
    index = np.arange(int(np.prod(types))).reshape(types)
    profile = np.moveaxis(index, i, -1).reshape(count, types[i])
    allowed = feasible_actions(env, t)
    actions = env.num_actions(t)
    every = np.ones((actions, count), dtype=bool)
    feasible = every if allowed is None else allowed[:, profile[:, 0]]
    return BeliefBlocks(env, i, t, rows, feasible, profile, others_of(i, after))


def transition_table(env: Environment, t: int) -> Array:
    """``Pr(next profile | action, profile)`` of period t: (A, or 1 where actions do not matter, S, S').

    Raises `TooLarge` with the number of entries.
    """
    here, there = (int(np.prod(env.types(u))) for u in (t, env.after(t)))
    width = env.num_actions(t) if env.controlled[t] else 1
    if width * here * there > MAX_ENTRIES:
        raise TooLarge(
            f"correlation: {here} profiles and {width} actions in period {t} make a table of "
            f"{width * here * there:,} transition probabilities, more than {MAX_ENTRIES:,}"
        )
    table: Array = joint_table(env, t)
    return table.reshape(len(table), here, there)


def window(near: BeliefBlocks, periods: int) -> BeliefBlocks:
    """Blocks whose columns are the others' types in so many next periods, in product order.

    Where that is more than one, actions must not move types.
    """
    if periods == 1:
        return near
    env, i, t = near.environment, near.agent, near.period
    after = [0 if env.stationary else u for u in range(t + 1, t + 1 + periods)]
    others = [others_of(i, env.types(u)) for u in after]
    chance = arithmetic(env.exact).ones((len(others[-1]), 1))
    code = np.zeros(1, dtype=np.int64)
    for u, mine in zip(reversed([t, *after[:-1]]), reversed(others), strict=True):
        width, columns = int(mine.max()) + 1, chance.shape[1]
        move = transition_table(env, u)[0]
        split = arithmetic(env.exact).zeros((len(mine), width, columns))
        split[np.arange(len(mine)), mine] = chance
        chance = (move @ split.reshape(len(mine), -1)).reshape(len(move), -1)
        code = (mine[:, None] * columns + code).reshape(-1)
    rows = chance[near.profile][None]
    return BeliefBlocks(env, i, t, rows, near.feasible, near.profile, code)


def others_of(i: int, types: tuple[int, ...]) -> Ints:
    """(S,): the others' profile of every profile of these numbers of types."""
    index = np.moveaxis(np.arange(int(np.prod(types))).reshape(types), i, -1).reshape(-1, types[i])
    out = np.empty(index.size, dtype=np.int64)
    out[index] = np.arange(len(index))[:, None]
    return out
