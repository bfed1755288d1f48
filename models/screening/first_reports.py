"""What first reports lead to in any mechanism, when later reports say something else again (KLN 3.2).

The strategy x' → x of one agent: report x' in period 0 and from period 1 on the type (x, y), whatever her
first signal is; the state y is reported as it is, and all others tell the truth. As states move apart from
first signals (Assumption 2.3), what happens does not depend on her true one, z, which only says what it is
worth to her:

    V^{x'→x}(z) = E Σ_t δ^t v_t(a_t, z, y_t),        U^{x'→x}(z) = V^{x'→x}(z) − E Σ_t δ^t p_t.

Both are found backwards over memory, all first signals said again, and states; from the period on that comes
for ever as the solution of a linear system. Nothing is assumed of the mechanism, nor that values separate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from ...solvers.algorithms.lasting import lasting_value
from ...solvers.algorithms.moves import MAX_NONZEROS, Factor, Moves
from ...solvers.arithmetic import COMPUTED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Bools, Ints, Number
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.excludable import subsets, without_carrier
from ..environment.memory import show_bytes
from ..mechanism.mechanism import Mechanism, Stage
from .first_signal import SignalPairs, first_signals
from .separable import own_values

BYTES = {False: 40, True: 400}
"""Bytes at work, about, for each number of the largest table, by whether numbers are rational."""

Served: TypeAlias = tuple[Bools, ...] | None
"""By period whom a memory serves, (M, N); None: everybody."""


@dataclass(frozen=True, eq=False, repr=False)
class FirstReports(Short):
    """Everything by agent; O counts the others' first signals, agent 0 slowest, and K her own.

    value: V, (x', x, z, O) of sizes K, K, K, O. paid: expected discounted payments (x', x, O). chance: (O,)
    of the others' first signals. cost: expected discounted costs of truth, over all first signals. mean:
    whether everything is on average over the others' first signals, and O is 1.
    """

    environment: Environment
    value: tuple[Array, ...]
    paid: tuple[Array, ...]
    chance: tuple[Array, ...]
    cost: Number
    mean: bool = False

    @cached_property
    def utility(self) -> tuple[Array, ...]:
        """U, (x', x, z, O)."""
        return tuple(v - p[:, :, None] for v, p in zip(self.value, self.paid, strict=True))

    @cached_property
    def truth(self) -> tuple[Array, ...]:
        """What truth leaves, (K, O)."""
        return tuple(_diagonal(u) for u in self.utility)

    def steps(self, i: int) -> tuple[Array, Array]:
        """What the first signal z⁺ gets more of the value than z, for who reports x' and then z, and for who
        reports x' and then z⁺: (x', K − 1, O) each."""
        value = self.value[i]
        low = np.arange(value.shape[0] - 1)
        more = value[:, :, 1:] - value[:, :, :-1]
        return more[:, low, low], more[:, low + 1, low]

    def slack(self, i: int) -> Number:
        """What is nothing beside her values and payments; 0 over the rationals."""
        scale = max(abs(self.value[i]).max(), abs(self.paid[i]).max())
        return arithmetic(self.environment.exact).slack(scale, COMPUTED)

    def averaged(self) -> FirstReports:
        """The same on average over the others' first signals."""
        value, paid = (
            tuple((table @ chance)[..., None] for table, chance in zip(tables, self.chance, strict=True))
            for tables in (self.value, self.paid)
        )
        one = arithmetic(self.environment.exact).ones(1)
        return FirstReports(self.environment, value, paid, tuple(one for _ in paid), self.cost, True)


def _diagonal(utility: Array) -> Array:
    own = np.arange(len(utility))
    rows: Array = utility[own, own, own]
    return rows


def first_reports(
    env: Environment, mechanism: Mechanism, purpose: str, effort: Effort = FLOATS
) -> FirstReports:
    """Of a mechanism in an environment whose types are first signals and the rest, over the rationals where
    both are rational.

    purpose: what it is for, in errors. Raises `AssumptionViolated` as `first_signals` does, `InvalidInput`
    where the mechanism does not fit, `TooLarge`.
    """
    mechanism.check(env)
    exact = env.exact and mechanism.exact
    if not exact:
        env, mechanism = env.to_float(), mechanism.to_float()
    env, mechanism, served = remembered(env, mechanism)
    env, pairs = first_signals(env, purpose, endless=True)
    course = _Course(env, mechanism, pairs, purpose, served)
    course.refuse_large(effort.room)
    value, paid, chance = [], [], []
    spent: Number = 0
    for i in range(env.num_agents):
        worth = course.from_the_start(i)
        value.append(np.moveaxis(worth[..., 2:], -1, 2))
        paid.append(worth[..., 0])
        chance.append(_chances(env, [j for j in range(env.num_agents) if j != i]))
        own = np.arange(len(worth))
        spent = env.agents[i].prior @ worth[own, own, :, 1] @ chance[i]
    return FirstReports(env, tuple(value), tuple(paid), tuple(chance), spent)


def remembered(env: Environment, mechanism: Mechanism) -> tuple[Environment, Mechanism, Served]:
    """Where agents can be left out (`environment/excludable.py`), with who is left out in the mechanism's
    memory in place of an observed type, and whom each memory serves, by period (M, N); else as they are."""
    home = env.with_everybody
    if home is None:
        return env, mechanism, None
    out = subsets(len(home.private))
    count, last = len(out), len(mechanism.stages) - 1
    stages, served = [], []
    for t, stage in enumerate(mechanism.stages):
        chosen = np.arange(stage.allocation.shape[-1]) % count if t == 0 else np.arange(count)[:, None]
        after = None if t == last and not env.stationary else stage.next
        if after is not None:
            after = _front(after * count + chosen, -2, 1)
        paid = _front(stage.transfers[:-1], -1, 2)
        stages.append(Stage(_front(stage.allocation, -2, 1), paid, after))
        whom = ~out if t else np.ones_like(out[:1])
        served.append(np.tile(whom, (stage.size, 1)))
    return without_carrier(env, home), replace(mechanism, stages=tuple(stages)), tuple(served)


def _front(table: Array, axis: int, head: int) -> Array:
    """A table whose `axis` is merged into the memory before position `head`."""
    moved = np.moveaxis(table, axis, head)
    return moved.reshape(*moved.shape[: head - 1], -1, *moved.shape[head + 1 :])


def _chances(env: Environment, agents: Sequence[int]) -> Array:
    """Of the profiles of some agents' first signals, the first slowest."""
    chance = arithmetic(env.exact).ones(1)
    for j in agents:
        chance = np.multiply.outer(chance, env.agents[j].prior).reshape(-1)
    return chance


@dataclass(frozen=True, eq=False, repr=False)
class _Course(Short):
    env: Environment
    mechanism: Mechanism
    pairs: tuple[SignalPairs, ...]
    purpose: str
    served: Served

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        return tuple(pair.first for pair in self.pairs)

    def states(self, t: int) -> tuple[int, ...]:
        return tuple(pair.rest[t] for pair in self.pairs)

    def refuse_large(self, room: float) -> None:
        """Raise `TooLarge` where the largest table does not fit."""
        columns = 2 + max(self.firsts)
        for t, stage in enumerate(self.mechanism.stages):
            needed = stage.allocation.size * columns * BYTES[self.env.exact]
            if needed > room:
                raise TooLarge(
                    f"{self.purpose}: a mechanism with {stage.size:,} memory states in period {t} takes "
                    f"about {show_bytes(needed)}, more than the memory limit of {show_bytes(room)}; raise "
                    "memory_limit= or give a mechanism with fewer memory states"
                )

    def table(self, t: int, table: Array, front: int) -> Array:
        """From axes (front..., types of all agents, rest...) to (front..., X, S, rest...): all agents' first
        signals, then their states."""
        n = self.env.num_agents
        pairs = [axis for pair in zip(self.firsts, self.states(t), strict=True) for axis in pair]
        split = table.reshape(*table.shape[:front], *pairs, *table.shape[front + n :])
        order = [
            *range(front), *range(front, front + 2 * n, 2), *range(front + 1, front + 2 * n, 2),
            *range(front + 2 * n, split.ndim),
        ]  # fmt: skip
        shape = (math.prod(self.firsts), math.prod(self.states(t)))
        return split.transpose(order).reshape(*table.shape[:front], *shape, *table.shape[front + n :])

    def moves(self, t: int) -> Array:
        """(A or 1, S, S') of all states together."""
        table = arithmetic(self.env.exact).ones((1, 1, 1))
        for pair in self.pairs:
            own = pair.moves[t]
            count = max(len(table), len(own))
            joint = table[:, :, None, :, None] * own[:, None, :, None, :]
            table = joint.reshape(count, table.shape[1] * own.shape[1], -1)
        return table

    def earned(self, i: int) -> list[Array]:
        """By period (A, S, K): what agent i's own state is worth to every first signal of hers."""
        tables = []
        for t, table in enumerate(own_values(self.env, i, self.pairs[i])):
            sizes = self.states(t)
            digit = np.unravel_index(np.arange(math.prod(sizes)), sizes)[i]
            tables.append(np.swapaxes(table[:, :, digit], 1, 2))
        return tables

    def from_the_start(self, i: int) -> Array:
        """(x', x, O, 2 + K): payments, costs, and values by first signal z, of all strategies."""
        earned, later = self.earned(i), None
        profiles, backwards = np.arange(math.prod(self.firsts)), list(reversed(range(1, self.env.periods)))
        if self.env.stationary:
            later = self._for_ever(backwards[0], i, earned[backwards.pop(0)])
        for t in backwards:
            later = self._period(t, i, earned[t], later, profiles[:, None])[..., 0, :]
        own = self._own(profiles, i)  # (K, O)
        said = np.empty((len(profiles), len(own)), dtype=np.int64)
        said[own] = own.T
        start = self._period(0, i, earned[0], later, said)[self.mechanism.start, :, 0]
        return np.moveaxis(self._own(start, i), 2, 1)

    def _own(self, rows: Array, i: int) -> Array:
        """(X, ...) to (K, O, ...)."""
        turned = np.moveaxis(rows.reshape(*self.firsts, *rows.shape[1:]), i, 0)
        return turned.reshape(self.firsts[i], -1, *rows.shape[1:])

    def _period(self, t: int, i: int, earned: Array, later: Array | None, said: Ints) -> Array:
        """(M, X, S, Q, 2 + K) from that of the next period, (M', X, S', 2 + K).

        said: (X, Q) the first signals that are said from the next period on, by those that are said now.
        """
        stage, lottery, flow = self.mechanism.stages[t], *self._flow(t, i, earned)
        flow = flow[:, :, :, None]
        if later is None or stage.next is None:
            return np.repeat(flow, said.shape[1], axis=3)
        mean = np.tensordot(self.moves(t), later, axes=([2], [2]))  # (A or 1, S, M', X, C)
        after = self.table(t, stage.next, 1)[..., None]
        actions = np.arange(after.shape[3]) if len(mean) > 1 else np.zeros(after.shape[3], dtype=np.int64)
        states = np.arange(after.shape[2])[:, None, None]
        follows = mean[actions[:, None], states, after, said[:, None, None, :]]  # (M, X, S, A, Q, C)
        worth: Array = flow + self.env.discount * (lottery[..., None, None] * follows).sum(axis=3)
        return worth

    def _flow(self, t: int, i: int, earned: Array) -> tuple[Array, Array]:
        """Lotteries (M, X, S, A), and what they lead to in their own period (M, X, S, 2 + K)."""
        stage = self.mechanism.stages[t]
        lottery = self.table(t, stage.allocation, 1)
        paid = self.table(t, stage.transfers[i], 1)[..., None]
        spent = (lottery * self.env.costs[t]).sum(axis=-1)[..., None]
        values = (lottery[..., None] * np.swapaxes(earned, 0, 1)).sum(axis=-2)
        if self.served is not None:
            values = np.where(self.served[t][:, i, None, None, None], values, 0 * values)
        return lottery, np.concatenate([paid, spent, values], axis=-1)

    def _for_ever(self, t: int, i: int, earned: Array) -> Array:
        """(M, X, S, 2 + K) of the period that comes for ever, in which everybody says what she said."""
        stage, lottery, flow = self.mechanism.stages[t], *self._flow(t, i, earned)
        if stage.next is None:
            raise AssertionError("a mechanism that fits goes on for ever")
        factors = [Factor(pair.moves[t], (j,)) for j, pair in enumerate(self.pairs)]
        moves = Moves(self.states(t), self.states(t), tuple(factors))
        _, _, state, action = np.nonzero(lottery)
        if (pairs := moves.nonzeros(action, state)) > MAX_NONZEROS:
            raise TooLarge(
                f"{self.purpose}: a mechanism with {stage.size:,} memory states for ever moves between "
                f"{pairs:,} pairs of memory and types, more than {MAX_NONZEROS:,} to write out; give one "
                "with fewer"
            )
        # What is said again is remembered as well, as it stays what it is.
        said = np.arange(flow.shape[1])[:, None, None]
        following = self.table(t, stage.next, 1) * len(said) + said
        worth = lasting_value(
            flow.reshape(-1, *flow.shape[2:]),
            lottery.reshape(-1, *lottery.shape[2:]),
            following.reshape(-1, *lottery.shape[2:]),
            moves,
            self.env.discount,
        )
        return worth.reshape(flow.shape)
