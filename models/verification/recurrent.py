"""The public states of an infinite horizon: the first one, and all that later periods can ever be in.

A stationary mechanism and environment have one set of public states for all periods but the first. It is
found by stepping until nothing new turns up; `PublicStates.follow` of that set points into itself, so that a
`Play` of any length can be laid out with the same set in every period but period 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import TooLarge
from ...solvers.numbers import Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from .public_states import Play, PublicStates, Step, first_states, moves_bytes, next_states, states_of
from .verdict import EXACT, VerdictTolerances

MAX_STATES = 1_000_000
"""Public states beyond which a stationary mechanism is not verified."""


@dataclass(frozen=True, eq=False, repr=False)
class Recurrent(Short):
    """The states of every period from 1 on, with how soon each can be reached.

    first: the single state of period 0. later: (M,) the others. depth, truth_depth: (M,) the number of the
    first period in which a state can come about, by any reports and by truthful ones (-1 for never).
    """

    env: Environment
    mechanism: Mechanism
    first: PublicStates
    later: PublicStates
    depth: Ints
    truth_depth: Ints
    exact: bool
    tolerances: VerdictTolerances

    def play(self, periods: int) -> Play:
        """The first `periods` (at least 2) periods of the game, as a play whose last period goes on."""
        env = self.env.with_horizon(periods)
        states = (self.first, *[self.later] * (periods - 1))
        held = _repeated(self.mechanism, periods)
        return Play(env, held, states, self.exact, self.tolerances, "all")

    def to_float(self) -> Recurrent:
        """The same states with mechanism, environment and chances in doubles."""
        first, later = (
            replace(states, chance=to_float(states.chance)) for states in (self.first, self.later)
        )
        return replace(
            self,
            env=self.env.to_float(),
            mechanism=self.mechanism.to_float(),
            first=first,
            later=later,
            exact=False,
        )

    def period_of(self, state: int) -> int:
        """The first period in which a state comes about, by truth where truth reaches it."""
        truth = int(self.truth_depth[state])
        return truth if truth >= 0 else int(self.depth[state])

    def steps_to(self, state: int) -> list[Step]:
        """The steps that lead to a state in the period of `period_of`."""
        truth = bool(self.truth_depth[state] >= 0)
        depth = self.truth_depth if truth else self.depth
        steps: list[Step] = []
        for t in range(int(depth[state]) - 1, 0, -1):
            steps.append(self._edge(self.later, np.flatnonzero(depth == t), state, truth))
            state = steps[-1][0]
        steps.append(self._edge(self.first, np.array([0]), state, truth))
        return steps[::-1]

    def _edge(self, states: PublicStates, among: Ints, target: int, truth: bool) -> Step:
        matches = states.onward[among] == target
        if truth:
            matches &= (states.truth[among, None] & states.probable[states.news[among]])[:, :, None]
        n, profile, branch = (int(k) for k in np.argwhere(matches)[0])
        return int(among[n]), profile, branch if states.onward.shape[-1] > 1 else None


def refuse_states(states: int, needed: int, limit: float) -> None:
    """Raise `TooLarge` with the figure where so many public states do not fit."""
    if needed > limit:
        raise TooLarge(
            f"verification of {states:,} public states needs about {needed / 1e6:.4g} MB, above "
            f"the limit of {limit / 1e6:.4g} MB; give fewer memory states or a higher limit"
        )


def recurrent(
    env: Environment,
    mechanism: Mechanism,
    tolerances: VerdictTolerances | None = None,
    effort: Effort = FLOATS,
) -> Recurrent:
    """Find all public states of a stationary mechanism in a stationary environment.

    Raises `InvalidInput` where they do not fit, `TooLarge` for more than `MAX_STATES` states, and where those
    found so far and what follows them exceed the memory limit.
    """
    mechanism.check(env)
    exact = env.exact and mechanism.exact
    if not exact:
        env, mechanism = env.to_float(), mechanism.to_float()
    tolerances = EXACT if exact else tolerances or VerdictTolerances()
    slack = tolerances.probability
    short, held = env.with_horizon(3), _repeated(mechanism, 3)
    first, there = next_states(short, held, 0, first_states(short, held, exact), slack, False, exact)
    later, depth = there, np.ones(there.size, dtype=np.int64)
    truth_depth = np.where(there.truth, 1, -1)
    for t in range(2, MAX_STATES):
        refuse_states(later.size, moves_bytes(short, held, 1, later.size), effort.room)
        here, there = next_states(short, held, 1, later, slack, False, exact)
        # Where each state of `there` is among the known ones; new ones go to the end.
        known = _keys(later)
        position = {key: k for k, key in enumerate(known)}
        new = [k for k, key in enumerate(_keys(there)) if key not in position]
        place = np.array([position.get(key, -1) for key in _keys(there)], dtype=np.int64)
        place[new] = later.size + np.arange(len(new))
        truth = np.zeros(later.size + len(new), dtype=bool)
        truth[: later.size] = later.truth
        truth[place] |= there.truth
        fresh = truth.copy()
        fresh[: later.size] &= ~later.truth
        if not new and not fresh.any():
            follow = np.where(here.onward < 0, -1, place[np.maximum(here.onward, 0)])
            later = replace(later, follow=follow)
            return Recurrent(env, mechanism, first, later, depth, truth_depth, exact, tolerances)
        if later.size + len(new) > MAX_STATES:
            raise TooLarge(
                f"verification of '{mechanism.instance}': more than {MAX_STATES:,} public states come about"
            )
        depth = np.concatenate([depth, np.full(len(new), t)])
        truth_depth = np.concatenate([truth_depth, np.full(len(new), -1)])
        truth_depth[fresh] = t
        memory = np.concatenate([later.memory, there.memory[new]])
        last = np.concatenate([later.last[later.news], there.last[there.news[new]]])
        action = np.concatenate([later.action[later.news], there.action[there.news[new]]])
        rows, news = np.unique(np.column_stack([last, action]), axis=0, return_inverse=True)
        later = states_of(short, 1, memory, news.reshape(-1), rows[:, :-1], rows[:, -1], truth, exact)
    raise AssertionError("every round but the last adds a state or a truthful one")


def _keys(states: PublicStates) -> list[tuple[int, ...]]:
    table = np.column_stack([states.memory, states.last[states.news], states.action[states.news]])
    return [tuple(row) for row in table.tolist()]


def _repeated(mechanism: Mechanism, periods: int) -> Mechanism:
    return Mechanism(mechanism.instance, mechanism.stages * periods, mechanism.start)
