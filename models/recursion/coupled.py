"""Plans where shocks are public: one decision problem for each first type that may be reported.

After the report l everything depends on the public shocks, and what those do is move a whole vector of types:
that of l, and of every k who may have lied, all by the same cells (`relaxations/coupling.py`). With
multipliers λ_kl on the lies about l, the best plan of l maximises

    E Σ_t δ^t [π_l g(a, θ^l) − Σ_k λ_kl (v(a, θ^k) − v(a, θ^l))],

a dynamic program over the vectors that cells can lead to. There are few: equal types stay equal, and the
quantile coupling of an ordered process keeps the order. They are counted before the tables are made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Ints, as_doubles
from ..environment.environment import Environment
from ..environment.memory import show_count
from ..relaxations.shocks import Shock
from .first_types import Beginnings
from .plans import BestPlan, FirstPlan

MOVES = 20_000_000
"""Moves of vectors in one period beyond which rounds would take minutes."""
ROUNDED = 4 * float(np.finfo(np.float64).eps)


class JointPaths:
    """The vectors of J types that shocks lead to from one vector of first types.

    states[t]: (N, J). next[t]: (A or 1, N, C), numbers of vectors of the next period.
    """

    def __init__(self, env: Environment, first: Beginnings, shocks: Sequence[Shock], start: Ints) -> None:
        """Raises `TooLarge` with the figure."""
        self.states, self.next = [start[None]], []
        for t, shock in enumerate(shocks):
            moves = shock.moves if len(shock.moves) == 1 else shock.moves[first.open[t]]
            here = self.states[-1]
            count = len(moves) * len(here) * len(shock.lengths)
            if count * here.shape[1] > MOVES:
                raise TooLarge(
                    f"environment '{env.name}', period {t}: {show_count(len(here))} vectors of "
                    f"{here.shape[1]} types have {show_count(count)} moves by public shocks, more than are "
                    "followed; coarsen the types or choose another coupling"
                )
            vectors = np.moveaxis(moves[:, here], 2, -1).reshape(-1, here.shape[1])
            after, inverse = np.unique(vectors, axis=0, return_inverse=True)
            self.states.append(after)
            self.next.append(inverse.reshape(len(moves), len(here), len(shock.lengths)))


class PublicShocks:
    """The plans of all first types of a question, each about herself and those whose lies about her count."""

    def __init__(self, env: Environment, first: Beginnings, shocks: Sequence[Shock]) -> None:
        """Raises `TooLarge`."""
        self.first = first
        self._numbers = arithmetic(env.exact)
        self._lengths = [shock.lengths for shock in shocks]
        walks: dict[tuple[int, ...], JointPaths] = {}
        self._walks: list[JointPaths] = []
        self._who: list[Ints] = []
        self._rewards: list[list[Array]] = []
        for own in range(len(first.types)):
            who = np.flatnonzero(first.lies[:, own] | (np.arange(len(first.types)) == own))
            key = tuple(who.tolist())
            if key not in walks:
                walks[key] = JointPaths(env, first, shocks, first.types[who])
            walk = walks[key]
            at = int(np.searchsorted(who, own))
            self._who.append(who)
            self._walks.append(walk)
            self._rewards.append([
                np.concatenate([gains[:, states[:, at], None], values[:, states]], axis=2)
                for gains, values, states in zip(first.gains, first.values, walk.states, strict=True)
            ])  # fmt: skip
        terms = sum(len(lengths) + 8 for lengths in self._lengths) + 8
        self._lost = ROUNDED * terms * first.size

    def priced(self, multipliers: Array, share: int = 1) -> list[BestPlan]:
        """The best plan of every first type; multipliers: (L, L), by k and l. share: 0 leaves the designer's
        gains out."""
        return [self._best(own, multipliers[:, own], share) for own in range(len(self.first.types))]

    def start(self) -> list[FirstPlan]:
        """Of every first type: take the first open action, from which no way round of lies gains."""
        return [one.plan for one in self.priced(self._numbers.zeros((len(self.first.types),) * 2), 0)]

    def refine(self) -> bool:
        """Plans are the best there are."""
        return False

    def _best(self, own: int, multipliers: Array, share: int) -> BestPlan:
        first, walk, who = self.first, self._walks[own], self._who[own]
        paid = multipliers[who]
        weights = np.concatenate([share * first.chance[own : own + 1], -paid])
        weights[1 + int(np.searchsorted(who, own))] += paid.sum()
        after: Array | None = None
        for t in range(len(walk.states) - 1, -1, -1):
            worth = self._rewards[own][t]
            if after is not None:
                worth = worth + first.discount * (self._lengths[t] @ after[walk.next[t]])
            best = np.argmax(worth @ weights, axis=0)
            after = worth[best, np.arange(worth.shape[1])]
        assert after is not None
        leaves = self._numbers.zeros(len(first.types))
        leaves[who] = after[0, 1:] - after[0, 1 + int(np.searchsorted(who, own))]
        bound = after[0] @ weights
        lost = 0 if self._numbers.exact else self._lost * float(abs(as_doubles(weights, "")).sum())
        return BestPlan(FirstPlan(after[0, 0], leaves), bound + lost)
