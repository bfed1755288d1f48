"""Correlation with signals further ahead than the next ones (LIU Remark 3.4).

What an agent learns today may show in what the others say two periods from now and not before. Lotteries are
then drawn over the others' types in the next h periods, and paid in the last of them:

    δ^h E[p^i(θ^{-i}_{t+1}, ..., θ^{-i}_{t+h}, r^i; a, θ^{-i}) | θ_t] = δ E[next period's transfer],

in place of a transfer one period later; near the end of a finite horizon h is what is left. The process must
not be moved by actions: a pending lottery would otherwise depend on what the agent reports in the meantime.
The mechanism remembers the last h report profiles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from ...solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ...solvers.numbers import Array, Ints, zeros
from ..efficient import Efficient, efficient, transition_table
from ..environment import Environment
from ..mechanism import Mechanism, Stage
from .assemble import systems_used
from .blocks import Blocks, blocks
from .convex_independence import ConvexIndependence, convex_independence
from .last_period import LastPeriod, last_period
from .settle import THEOREMS, check_theorem
from .spanning import Spanning, spanning
from .targets import residual_claims
from .transfers import check_norm, smallest, smallest_largest

MAX_ENTRIES = 5_000_000
"""Most memory states times profiles of a period."""


@dataclass(frozen=True, eq=False)
class FutureSignals:
    """What signals further ahead make possible.

    ahead: periods looked ahead. blocks, convex, spanning: by agent and period, the last two per distinct
    matrix of `blocks` (columns are the others' types of all those periods). mechanism: efficient, None where
    the theorem's transfers do not exist, and `reason` says where.
    """

    environment: Environment
    plan: Efficient
    last: LastPeriod | None
    ahead: int
    blocks: dict[tuple[int, int], Blocks]
    convex: dict[tuple[int, int], ConvexIndependence]
    spanning: dict[tuple[int, int], Spanning]
    mechanism: Mechanism | None
    reason: str

    @property
    def convex_independence(self) -> bool | None:
        """Whether it holds for every agent, period and others' profile; None where no later period exists."""
        return all(bool(found.holds.all()) for found in self.convex.values()) if self.convex else None

    @property
    def spans(self) -> bool | None:
        """Whether spanning holds for every agent, period and others' profile; None as above."""
        return all(bool(found.holds.all()) for found in self.spanning.values()) if self.spanning else None


def future_signals(
    env: Environment,
    ahead: int | None = None,
    *,
    theorem: str = "3.1",
    norm: str = "max",
    exact: bool = False,
) -> FutureSignals:
    """Diagnosis and an efficient mechanism by the others' types in the next `ahead` periods.

    ahead: at least 1; None is all that are left of a finite horizon. theorem, norm, exact: as `correlation`.
    Raises `InvalidInput` for words and windows that are none, `AssumptionViolated` where actions move types,
    `TooLarge` with the size of the memory.
    """
    check_norm(norm)
    check_theorem(theorem)
    if ahead is None:
        if env.stationary:
            raise InvalidInput("ahead: an infinite horizon needs a number of periods")
        ahead = max(1, env.periods - 1)
    if ahead < 1:
        raise InvalidInput(f"ahead: {ahead} periods; at least 1 is needed")
    work = env.to_exact() if exact else env.to_float()
    if any(work.controlled):
        t = work.controlled.index(True)
        raise AssumptionViolated(
            f"future signals: actions of period {t} move types, so that a pending lottery would depend on "
            "what is reported before it is drawn"
        )
    _check_memory(work, ahead)
    plan = efficient(work)
    last = None if work.stationary else last_period(plan)
    found: dict[tuple[int, int], Blocks] = {}
    paid: dict[tuple[int, int], Array] = {}
    reason = ""
    for t in range(1 if work.stationary else work.periods - 1):
        window = ahead if work.stationary else min(ahead, work.periods - 1 - t)
        for i in work.private:
            near = blocks(work, i, t)
            far = found[i, t] = _window(near, window)
            target = residual_claims(plan, last, near) / work.discount ** (window - 1)
            used = systems_used(plan, far, per_report=theorem == "3.1")
            systems = THEOREMS[theorem](far, target).only(used)
            best = smallest_largest(systems)
            if best.feasible.all():
                p = best.p if norm == "max" else smallest(systems, norm).p
                paid[i, t] = p[:, far.next_others]
            elif not reason:
                where = far.place(plan, int(np.flatnonzero(~best.feasible)[0]))
                reason = f"no transfers of Theorem {theorem} exist {where}"
    return FutureSignals(
        env,
        plan,
        last,
        ahead,
        found,
        {key: convex_independence(block.matrices, work.exact) for key, block in found.items()},
        {key: spanning(block.matrices, work.exact, False) for key, block in found.items()},
        None if reason else _mechanism(plan, last, ahead, paid),
        reason,
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


def _window(near: Blocks, window: int) -> Blocks:
    """Blocks whose columns are the others' types in the next `window` periods, in product order."""
    env, i, t = near.environment, near.agent, near.period
    after = [0 if env.stationary else u for u in range(t + 1, t + 1 + window)]
    others = [_others_of(env, i, u) for u in after]
    chance: Array = zeros((len(others[-1]), 1), env.exact) + 1
    code = np.zeros(1, dtype=np.int64)
    for u, mine in zip(reversed([t, *after[:-1]]), reversed(others), strict=True):
        width, columns = int(mine.max()) + 1, chance.shape[1]
        move = transition_table(env, u)[0]
        split = zeros((len(mine), width, columns), env.exact)
        split[np.arange(len(mine)), mine] = chance
        chance = (move @ split.reshape(len(mine), -1)).reshape(len(move), -1)
        code = (mine[:, None] * columns + code).reshape(-1)
    rows = chance[near.profile][None]
    return Blocks(env, i, t, rows, near.feasible, near.profile, code)


def _others_of(env: Environment, i: int, t: int) -> Ints:
    """(S,): the others' profile of every profile of period t."""
    types = env.types(t)
    index = np.moveaxis(np.arange(int(np.prod(types))).reshape(types), i, -1).reshape(-1, types[i])
    out = np.empty(index.size, dtype=np.int64)
    out[index] = np.arange(len(index))[:, None]
    return out


def _mechanism(
    plan: Efficient, last: LastPeriod | None, ahead: int, paid: dict[tuple[int, int], Array]
) -> Mechanism:
    """The efficient policy; memory is the report profiles of the last `ahead` periods, oldest slowest."""
    env = plan.environment
    if env.stationary:
        size = len(plan.policy[0])
        lengths = [size**k for k in range(ahead + 1)]
        start = np.cumsum([0, *lengths])
        transfers = zeros((env.num_agents, int(start[-1]), size), env.exact)
        for i in env.private:
            transfers[i, start[ahead] :] = paid[i, 0].reshape(lengths[ahead], size)
        grow = [start[k + 1] + np.arange(lengths[k])[:, None] * size + np.arange(size) for k in range(ahead)]
        shift = (np.arange(lengths[ahead])[:, None] % lengths[ahead - 1]) * size + np.arange(size)
        following = np.concatenate([*grow, start[ahead] + shift])
        stage = _stage(env, 0, plan.policy[0], transfers, following, lambda m: str(m))
        return Mechanism(env.name, (stage,), 0, stationary=True)
    profiles = [len(policy) for policy in plan.policy]
    stages = []
    for t, size in enumerate(profiles):
        held = profiles[max(0, t - ahead) : t]
        memory = prod(held)
        final = last is not None and t == env.periods - 1
        transfers = zeros((env.num_agents, memory, size), env.exact)
        for (i, u), lottery in paid.items():
            if min(u + ahead, env.periods - 1) == t:
                # What was reported before period u does not count.
                older = prod(profiles[max(0, t - ahead) : u])
                transfers[i] += np.tile(lottery.reshape(-1, size), (older, 1))
        if last is not None and final:
            transfers = transfers + last.payments[:, None, :]
        policy = last.allocation if last is not None and final else plan.policy[t]
        kept = prod(held[1:] if len(held) == ahead else held)
        step = None if final else (np.arange(memory)[:, None] % kept) * size + np.arange(size)
        stages.append(_stage(env, t, policy, transfers, step, lambda m: str(m)))
    return Mechanism(env.name, tuple(stages))


def _stage(
    env: Environment,
    t: int,
    policy: Ints,
    transfers: Array,
    following: Ints | None,
    label: Callable[[int], str],
) -> Stage:
    types, actions = env.types(t), env.num_actions(t)
    memory, size = transfers.shape[1:]
    allocation = zeros((memory, size, actions), env.exact)
    allocation[:, np.arange(size), policy] += 1
    if following is not None:
        spread = np.broadcast_to(following[:, :, None], (memory, size, actions))
        following = np.ascontiguousarray(spread).reshape(memory, *types, actions)
    return Stage(
        allocation.reshape(memory, *types, actions),
        transfers.reshape(env.num_agents, memory, *types),
        following,
        label,
    )
