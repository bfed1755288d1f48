"""The product of a mechanism's memory with the public news that beliefs depend on.

What the mechanism does next depends on its memory m alone; what agents believe depends on the last reported
profile and the last action, which a short memory forgets. A *public state* of period t is therefore a pair
(m, news), where news keeps of the last profile and action only what some kernel depends on. States are found
level by level from the start: all that *any* reports and actions of positive probability can reach. Types of
observed agents are true, so with independent kernels they move only with positive probability.

Notation for shapes: M public states and C distinct news in a period, S profiles of all agents (agent 0
slowest), N agents, A actions, B branches of the memory (A, or 1 where the action does not matter).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, InvalidInput, TooLarge
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.copies import undrawn
from ..mechanism.mechanism import Mechanism, once
from .verdict import EXACT, VerdictTolerances

MESSAGES = ("all", "possible")
"""Which reports can be sent: every type, or those of positive probability given the last report."""
Step: TypeAlias = tuple[int, int, int | None]
"""One period of a history: public state, profile (index into S), action (None where it does not matter)."""
CHUNK = {False: 1 << 21, True: 1 << 18}
"""Entries of the largest temporary array, for doubles and for rationals."""
BYTES = {False: 8, True: 140}
"""Of one number: a double, and (measured) a pointer with a `Fraction` of small integers."""
MOVE_BYTES = 32
"""Of one (state, profile, branch) while the next period's states are laid out."""


@dataclass(frozen=True, eq=False, repr=False)
class PublicStates(Short):
    """The public states of one period.

    memory: (M,) state of the mechanism; news: (M,) row of the next three.
    last: (C, N) last reported types, 0 where no kernel depends on them; action: (C,) last action, likewise.
    chance: (C, S) probability of each profile if everybody told the truth in the last period.
    open: (C, S) whether the observed agents' part of a profile can occur.
    truth: (M,) whether truth reaches the state with positive probability.
    follow: (M, S, B) state of the next period, -1 where that is never reached; None in the last period.
    """

    memory: Ints
    news: Ints
    last: Ints
    action: Ints
    chance: Array
    open: Bools
    truth: Bools
    follow: Ints | None = None

    @property
    def size(self) -> int:
        """Number of public states M."""
        return len(self.memory)

    @property
    def onward(self) -> Ints:
        """`follow` of any period but the last."""
        if self.follow is None:
            raise AssertionError("only the last period has no next one")
        return self.follow

    @cached_property
    def like(self) -> Ints:
        """(M,): the first state of the same memory, where whatever is said leads to the same, else the state.

        What a report is worth is the same at both: news changes beliefs alone.
        """
        _, first, back = np.unique(self.memory, return_index=True, return_inverse=True)
        head: Ints = first[back]
        if self.follow is None:
            return head
        same = (self.follow == self.follow[head]).all(axis=(1, 2))
        return np.where(same, head, np.arange(self.size))

    @cached_property
    def probable(self) -> Bools:
        """(C, S): whether a profile has positive probability after truth."""
        return np.asarray(self.chance > 0, dtype=bool)


@dataclass(frozen=True, eq=False, repr=False)
class Play(Short):
    """A mechanism played in an environment, both in one arithmetic, with the public states of each period.

    exact: whether numbers are rational; tolerances: how doubles are read.
    room: bytes that it may take.
    since: the first period of which lies are looked at.
    stakes: where values are measured from what is had outside (`participation_check.promised`), the
        environment of what is at stake; None where that is `env`.
    limits, truth, outside, recalled: by agent, what `judging.limits`, `report_utilities.truth_values`,
        `participation_check.outside` and `recalled.recalled` have made so far.
    """

    env: Environment
    mechanism: Mechanism
    states: tuple[PublicStates, ...]
    exact: bool
    tolerances: VerdictTolerances
    messages: str
    room: float = math.inf
    since: int = 0
    stakes: Environment | None = None
    limits: dict[int, tuple[Array, ...]] = field(default_factory=dict)
    truth: dict[int, tuple[Array | None, ...]] = field(default_factory=dict)
    outside: dict[int, tuple[tuple[Array, ...], float]] = field(default_factory=dict)
    recalled: dict[int, Play] = field(default_factory=dict)

    @property
    def endless(self) -> bool:
        """Whether the last public states lead to themselves, and the game has no end (`recurrent.py`)."""
        return self.states[-1].follow is not None

    def allocation(self, t: int) -> Array:
        """(memory, S, A)."""
        stage = self.mechanism.stages[t]
        return stage.allocation.reshape(stage.size, -1, stage.allocation.shape[-1])

    def transfers(self, t: int, i: int) -> Array:
        """(memory, S) of agent i."""
        stage = self.mechanism.stages[t]
        paid: Array = stage.transfers[i].reshape(stage.size, -1)
        return paid

    def flows(self, t: int, i: int, rows: Ints) -> tuple[Array, Array, Array]:
        """At public states `rows` (n,): lotteries (n, S, A), what each action is worth to agent i once paid
        for (n, S, A), and what she expects of them (n, S)."""
        memory = self.states[t].memory[rows]
        values, payment = worth(self.env, t, i).T, self.transfers(t, i)[memory]
        lottery = self.allocation(t)[memory]
        return lottery, values - payment[..., None], (lottery * values).sum(axis=-1) - payment

    def by_action(self, t: int) -> bool:
        """Whether the axis B of `follow` is the action (rather than a single branch)."""
        follow = self.states[t].follow
        return follow is not None and follow.shape[-1] > 1

    def whole(self, t: int, rows: Ints) -> tuple[Ints, Ints | slice]:
        """The states that nobody can tell from these (n,), and where these are among them."""
        return rows, slice(None)

    def pool(self, t: int, rows: Ints, values: Array) -> Array:
        """Figures (n, ...) of the states `rows` (`whole`), as who cannot tell them apart expects them."""
        return values

    def visible(self, t: int, step: Step) -> tuple[tuple[int, ...], tuple[int, ...], int | None]:
        """The agents whose reports of period t are seen, what they said, and the action if it is."""
        _, profile, action = step
        digits = profile_digits(self.env, t)[:, profile]
        return tuple(range(self.env.num_agents)), tuple(digits.tolist()), action

    def chunks(self, t: int, entries: int) -> list[Ints]:
        """The public states of period t in pieces, each of about `CHUNK` entries at `entries` a state."""
        return self.pieces(t, entries, np.arange(self.states[t].size))

    def pieces(self, t: int, entries: int, rows: Ints) -> list[Ints]:
        """Some public states of period t in such pieces, whoever can tell them apart."""
        step = max(1, CHUNK[self.exact] // max(1, entries))
        return [rows[start : start + step] for start in range(0, len(rows), step)]


def numbered(*columns: Ints) -> tuple[Ints, Ints]:
    """(the first of each kind of rows, in order; which of them each row is like (n,)), of columns (n,)."""
    _, first, which = np.unique(np.column_stack(columns), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return first[order], np.argsort(order)[which.reshape(-1)]


def play(
    env: Environment,
    mechanism: Mechanism,
    *,
    messages: str = "all",
    everywhere: bool = True,
    since: int = 0,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Play:
    """Lay out all public states of `mechanism` in `env`.

    messages: `MESSAGES`; with "possible", independent kernels and not `everywhere`, reports of probability
        zero are never sent, so that what only they reach is left out.
    since: the first period of which lies are looked at, after all reports before it, true or not.
    Raises `AssumptionViolated` for an infinite horizon, `InvalidInput` where the mechanism does not fit,
    `TooLarge` where `verification_bytes` exceeds the memory limit.
    """
    if messages not in MESSAGES:
        raise InvalidInput(f"messages: {messages!r} is not one of {', '.join(MESSAGES)}")
    if env.stationary:
        raise AssumptionViolated(
            f"infinite horizon: environment '{env.name}' has no last period to verify backwards from"
        )
    mechanism.check(env, drawn=True)
    env, mechanism = undrawn(env, mechanism)
    needed = verification_bytes(env, mechanism)
    if needed > effort.room:
        raise TooLarge(
            f"verification of a mechanism with {max(s.size for s in mechanism.stages)} memory states a "
            f"period needs about {needed / 1e6:.4g} MB, above the limit of {effort.room / 1e6:.4g} MB; "
            "give a mechanism with fewer memory states, doubles instead of rationals, or a higher limit"
        )
    exact = env.exact and mechanism.exact
    if not exact:
        env, mechanism = env.to_float(), mechanism.to_float()
    tolerances = EXACT if exact else tolerances or VerdictTolerances()
    only_possible = messages == "possible" and not everywhere and not env.joint
    states = [first_states(env, mechanism, exact)]
    for t in range(env.periods - 1):
        here, there = next_states(env, mechanism, t, states[-1], tolerances.probability, only_possible, exact)
        states[-1] = here
        states.append(there)
    return Play(env, mechanism, tuple(states), exact, tolerances, messages, effort.room, since)


def worth(env: Environment, t: int, i: int) -> Array:
    """(A, S): agent i's value of each action of period t at each profile."""
    table = env.agents[i].values[t]
    return np.broadcast_to(table, (len(table), *env.types(t))).reshape(len(table), -1)


def profile_digits(env: Environment, t: int) -> Ints:
    """(N, S): type of each agent in each profile of period t."""
    types = env.types(t)
    return np.indices(types).reshape(len(types), -1)


def profile_chance(env: Environment, t: int, last: Ints, action: Ints, exact: bool) -> Array:
    """(C, S): ``Pr(profile of period t | last profile, last action)`` for rows `last` (C, N), `action` (C,).

    At t = 0 the prior, whatever the rows hold.
    """
    digits = profile_digits(env, t)
    if env.process is not None:
        rows: Array = env.process.rows(t)[env.process.row_index(t, action, last)]
        return rows
    result = arithmetic(exact).ones((len(last), digits.shape[1]))
    for j in range(env.num_agents):
        result = result * type_chance(env, t, j, last[:, j, None], action[:, None], digits[:, None, :])
    return result


def type_chance(env: Environment, t: int, j: int, own: Array, action: Array, digits: Ints) -> Array:
    """Probability of agent j's type in period t under independent kernels, entry by entry.

    own, action: her last type and the last action; digits: (N, ...) current types of all agents, of which
    hers and those her kernel is given are read. All broadcast together.
    """
    law = env.agents[j].law(t)
    return law.probability(action, [digits[g] for g in law.given], own, digits[j])


def keeps(env: Environment, t: int, j: int) -> bool:
    """Whether beliefs about period t + 1 depend on agent j's type of period t."""
    if env.process is not None:
        return _varies(env.process.transitions[t], 1 + j)
    kernel = env.agents[j].kernels[t]
    return _varies(kernel.table, kernel.table.ndim - (1 if kernel.deterministic else 2))


def _varies(table: Array, axis: int) -> bool:
    first = np.take(table, [0], axis=axis)
    return table.shape[axis] > 1 and not bool((table == first).all())


def first_states(env: Environment, mechanism: Mechanism, exact: bool) -> PublicStates:
    """The one public state of period 0."""
    last = np.zeros((1, env.num_agents), dtype=np.int64)
    action = np.zeros(1, dtype=np.int64)
    start = np.array([mechanism.start], dtype=np.int64)
    return states_of(env, 0, start, action, last, action, np.ones(1, dtype=bool), exact)


def states_of(
    env: Environment, t: int, memory: Ints, news: Ints, last: Ints, action: Ints, truth: Bools, exact: bool
) -> PublicStates:
    """Public states of period t with what is believed there; arguments as in `PublicStates`."""
    chance = profile_chance(env, t, last, action, exact)
    if env.joint:
        # A liar's own past decides which observed types can occur; none is ruled out for everybody.
        possible = np.ones(chance.shape, dtype=bool)
    else:
        everyone = np.asarray(chance > 0, dtype=bool).reshape(len(last), *env.types(t))
        private = tuple(1 + i for i in env.private)
        shown = everyone.any(axis=private, keepdims=True)
        possible = np.broadcast_to(shown, everyone.shape).reshape(chance.shape)
    return PublicStates(memory, news, last, action, chance, possible, truth)


def next_states(
    env: Environment,
    mechanism: Mechanism,
    t: int,
    here: PublicStates,
    slack: float,
    only_possible: bool,
    exact: bool,
) -> tuple[PublicStates, PublicStates]:
    """The states of period t with `follow`, and the states of period t + 1.

    A next state is coded as one integer, next memory * (number of news) + news, and numbered by `np.unique`.
    """
    stage = mechanism.stages[t]
    following = _branches(env, t, stage.next)
    profiles, branches = following.shape[1:]
    digits = profile_digits(env, t)
    kept = [j for j in range(env.num_agents) if keeps(env, t, j)]
    lengths = [*(env.types(t)[j] for j in kept), branches if env.controlled[t] else 1]
    count = int(np.prod(lengths))
    news = np.zeros((profiles, branches), dtype=np.int64)
    for j in kept:
        news = news * env.types(t)[j] + digits[j][:, None]
    if env.controlled[t]:
        news = news * branches + np.arange(branches)

    live = np.broadcast_to(here.open[here.news][:, :, None], (here.size, profiles, branches)).copy()
    if only_possible:
        live &= here.probable[here.news][:, :, None]
    if branches > 1:
        live &= (stage.allocation.reshape(stage.size, profiles, -1) > slack)[here.memory].astype(bool)
    codes = following[here.memory] * count + news
    reached, inverse = np.unique(codes[live], return_inverse=True)
    follow = np.full(codes.shape, -1, dtype=np.int64)
    follow[live] = inverse

    sure = here.truth[:, None] & here.probable[here.news]
    truth = np.zeros(len(reached), dtype=bool)
    truth[follow[live & sure[:, :, None]]] = True

    distinct, index = np.unique(reached % count, return_inverse=True)
    *types, action = np.unravel_index(distinct, lengths)
    last = np.zeros((len(distinct), env.num_agents), dtype=np.int64)
    for j, column in zip(kept, types, strict=True):
        last[:, j] = column
    there = states_of(env, t + 1, reached // count, index, last, np.asarray(action), truth, exact)
    return replace(here, follow=follow), there


def moves_bytes(env: Environment, mechanism: Mechanism, t: int, states: int) -> int:
    """About what laying out where so many states of period t lead takes: (states, S, B), in bytes."""
    _, profiles, branches = _branches(env, t, mechanism.stages[t].next).shape
    return states * int(profiles * branches) * MOVE_BYTES


def _branches(env: Environment, t: int, following: Ints | None) -> Ints:
    """(memory, S, B): next memory; one branch where neither memory nor types depend on the action."""
    if following is None:  # `Mechanism.check` has let only the last period pass without
        raise InvalidInput(f"mechanism, period {t}: 'next' is missing")
    flat = following.reshape(following.shape[0], -1, following.shape[-1])
    single = flat[..., :1]
    alike = env.goods[t] is not None or (not env.controlled[t] and bool((flat == single).all()))
    return single if alike else flat


def verification_bytes(env: Environment, mechanism: Mechanism) -> int:
    """About how much memory `verify` takes, in bytes, beside the mechanism itself.

    An upper bound on the public states, M_{t+1} ≤ min(memory states × news, M_t × S × B), times 8 bytes a
    branch (32 while the next period is laid out), plus a liar's values by state and type, plus what she
    believes of her next type at every true and every observed one, plus the chunks.
    """
    exact = env.exact and mechanism.exact
    number = BYTES[exact]
    states, kept, most, chunk, beliefs = 1, 0, 0, 0, 0
    for t in range(env.periods):
        stage = mechanism.stages[t]
        profiles = math.prod(env.types(t))
        branches = 1 if env.goods[t] is not None else env.num_actions(t)
        kept += states * 8 + states * env.num_agents * max(env.types(max(t - 1, 0))) * number
        chunk = max(chunk, min(CHUNK[exact], states * profiles * max(env.types(t)) ** 2))
        if t > 0:
            seen = math.prod(env.types(t)[j] for j in env.observed)
            moves = max((env.types(t - 1)[i] * env.types(t)[i] for i in env.private), default=0)
            beliefs = max(beliefs, states * seen * moves * (8 + 2 * number))
        if t == env.periods - 1:
            break
        if stage.next is not None and not env.controlled[t]:
            following = once(stage.next)
            branches = branches if (following != following[..., :1]).any() else 1
        moves = states * profiles * branches
        kept += moves * 8
        most = max(most, moves * MOVE_BYTES)
        news = branches if env.controlled[t] else 1
        for j in range(env.num_agents):
            news *= env.types(t)[j] if keeps(env, t, j) else 1
        states = min(moves, mechanism.stages[t + 1].size * news)
    return kept + most + beliefs + 8 * chunk * number
