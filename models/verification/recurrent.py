"""The public states of an infinite horizon: of early periods, and all that later periods can ever be in.

What is believed in a period depends on what was said in the one before. So the periods that are described, P
of them (one, or two where period 0 has its own), have public states of their own, and one set serves all from
period P on. It is found by stepping until nothing new turns up; `PublicStates.follow` of that set points into
itself, so that a `Play` of any length can be laid out with the same set in every later period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import TooLarge
from ...solvers.numbers import Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..mechanism.copies import undrawn
from ..mechanism.mechanism import Mechanism
from .public_states import Play, PublicStates, Step, first_states, moves_bytes, next_states, states_of
from .verdict import EXACT, VerdictTolerances

MAX_STATES = 1_000_000
"""Public states beyond which a stationary mechanism is not verified."""


@dataclass(frozen=True, eq=False, repr=False)
class Recurrent(Short):
    """The states of every period, with how soon each can be reached.

    early: those of each of the P periods that are described. later: (M,) of all that follow. depth,
    truth_depth: (M,) the number of the first period, P or more, in which one of these can come about, by any
    reports and by truthful ones (-1 for never).
    """

    env: Environment
    mechanism: Mechanism
    early: tuple[PublicStates, ...]
    later: PublicStates
    depth: Ints
    truth_depth: Ints
    exact: bool
    tolerances: VerdictTolerances

    def play(self, periods: int) -> Play:
        """The first `periods` periods of the game, as a play whose last period goes on."""
        env, held = self.env.with_horizon(periods), _repeated(self.mechanism, periods)
        states = (*self.early, *[self.later] * (periods - len(self.early)))
        return Play(env, held, states[:periods], self.exact, self.tolerances, "all")

    def to_float(self) -> Recurrent:
        """The same states with mechanism, environment and chances in doubles."""
        *early, later = (
            replace(states, chance=to_float(states.chance)) for states in (*self.early, self.later)
        )
        return replace(
            self,
            env=self.env.to_float(),
            mechanism=self.mechanism.to_float(),
            early=tuple(early),
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
        for t in reversed(range(len(self.early), int(depth[state]))):
            steps.append(self._edge(self.later, np.flatnonzero(depth == t), state, truth))
            state = steps[-1][0]
        for states in reversed(self.early):
            steps.append(self._edge(states, np.arange(states.size), state, truth))
            state = steps[-1][0]
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
    each: int = 0,
) -> Recurrent:
    """Find all public states of a mechanism in an environment of infinite horizon.

    each: bytes that will be needed for each of them. Raises `InvalidInput` where they do not fit, `TooLarge`
    for more than `MAX_STATES` states, and where those found so far, with what is needed for them or what
    follows them, exceed the memory limit.
    """
    mechanism.check(env, drawn=True)
    env, mechanism = undrawn(env, mechanism)
    exact = env.exact and mechanism.exact
    if not exact:
        env, mechanism = env.to_float(), mechanism.to_float()
    tolerances = EXACT if exact else tolerances or VerdictTolerances()
    slack = tolerances.probability
    own = env.periods
    short, held = env.with_horizon(own + 2), _repeated(mechanism, own + 2)

    def step(t: int, states: PublicStates) -> tuple[PublicStates, PublicStates]:
        needed = max(moves_bytes(short, held, t, states.size), states.size * each)
        refuse_states(states.size, needed, effort.room)
        return next_states(short, held, t, states, slack, False, exact)

    early, later = [], first_states(short, held, exact)
    for t in range(own):
        here, later = step(t, later)
        early.append(here)
    depth, truth_depth = np.full(later.size, own), np.where(later.truth, own, -1)
    for t in range(own + 1, MAX_STATES):
        here, there = step(own, later)
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
            return Recurrent(env, mechanism, tuple(early), later, depth, truth_depth, exact, tolerances)
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
        later = states_of(short, own, memory, news.reshape(-1), rows[:, :-1], rows[:, -1], truth, exact)
    raise AssertionError("every round but the last adds a state or a truthful one")


def _keys(states: PublicStates) -> list[tuple[int, ...]]:
    table = np.column_stack([states.memory, states.last[states.news], states.action[states.news]])
    return [tuple(row) for row in table.tolist()]


def _repeated(mechanism: Mechanism, periods: int) -> Mechanism:
    stages = mechanism.stages[:periods]
    stages += stages[-1:] * (periods - len(stages))
    return Mechanism(mechanism.instance, stages, mechanism.start)
