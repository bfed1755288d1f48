"""Plans where shocks are public: one decision problem for each first type that may be reported.

After the report l everything depends on the public shocks, and what those do is move a whole vector of types:
that of l, and of every k who may have lied, all by the same cells (`relaxations/coupling.py`). With
multipliers λ_kl on the lies about l, the best plan of l maximises

    E Σ_t δ^t [π_l g(a, θ^l) − Σ_k λ_kl (v(a, θ^k) − v(a, θ^l))],

a dynamic program over the vectors that cells can lead to. There are few: equal types stay equal, and the
quantile coupling of an ordered process keeps the order. They are counted before the tables are made. What
observed agents become is drawn beside the cells, and part of every type's number.

Over the rationals numbers are whole: what is left from period t on, times a number S_t that all denominators
of it divide, S_t a multiple of those of v and g and of those of δ and the cells times S_{t+1}.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.errors import TooLarge
from ...solvers.exact.rationals import common
from ...solvers.numbers import Array, Ints, Number, as_doubles, is_exact
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.memory import show_count
from ..relaxations.shocks import Shock
from .first_types import Beginnings
from .plans import BestPlan, FirstPlan

MOVES = 20_000_000
"""Moves of vectors in one period beyond which rounds would take minutes."""
WHOLE = 200_000_000
"""The same, of all periods and first types, where numbers are whole."""
ROUNDED = 4 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False, repr=False)
class Drawn(Short):
    """What is drawn in public after one period, C things: chance: (A or 1, O, C) by action and public state;
    moves: (A or 1, O K, C), to numbers of the next period."""

    chance: Array
    moves: Ints


def drawn_in_public(env: Environment, shocks: Sequence[Shock]) -> list[Drawn]:
    """What observed agents become, and the cells of the shock of the one who is not."""
    place = {j: n for n, j in enumerate(env.observed)}
    agent, draws = env.agents[env.private[0]], []
    for t, shock in enumerate(shocks):
        here, there = (
            np.indices([len(env.agents[j].types[s]) for j in env.observed]).reshape(len(place), -1).T
            if place else np.zeros((1, 0), dtype=np.int64)
            for s in (t, t + 1)
        )  # fmt: skip
        kernels = [env.agents[j].kernels[t] for j in env.observed]
        actions = np.arange(env.num_actions(t) if any(kernel.controlled for kernel in kernels) else 1)
        chance = arithmetic(env.exact).ones((len(actions), len(here), len(there)))
        for n, kernel in enumerate(kernels):
            given = [there[:, place[g]] for g in kernel.given]
            step = kernel.probability(actions[:, None, None], given, here[:, n, None], there[:, n])
            chance = chance * np.asarray(step, dtype=chance.dtype)
        shape = shock.moves.shape[1:-2]
        axes = zip(agent.kernels[t].given, shape, strict=True)
        given = [there[:, place[g]] if length > 1 else 0 * there[:, place[g]] for g, length in axes]
        at: list[Any] = [slice(None), *(given if given else [None])]
        moved = shock.moves[tuple(at)]  # (A, O' or 1, K, C)
        numbers = np.moveaxis(moved, 1, 2) + len(agent.types[t + 1]) * np.arange(len(there))[:, None]
        a, k, after, cells = numbers.shape
        numbers = np.broadcast_to(numbers[:, None], (a, len(here), k, after, cells))
        draws.append(
            Drawn(
                (chance[..., None] * shock.lengths).reshape(*chance.shape[:2], -1),
                numbers.reshape(a, len(here) * k, -1),
            )
        )
    return draws


class JointPaths:
    """The vectors of J types that public draws lead to from one vector of first types.

    states[t]: (N, J). next[t]: (A or 1, N, C), numbers of vectors of the next period.
    """

    def __init__(self, env: Environment, first: Beginnings, draws: Sequence[Drawn], start: Ints) -> None:
        """Raises `TooLarge` with the figure."""
        self.states, self.next = [start[None]], []
        for t, draw in enumerate(draws):
            moves = draw.moves if len(draw.moves) == 1 else draw.moves[first.open[t]]
            here, cells = self.states[-1], draw.moves.shape[-1]
            count = len(moves) * len(here) * cells
            if count * here.shape[1] > MOVES:
                raise TooLarge(
                    f"environment '{env.name}', period {t}: {show_count(len(here))} vectors of "
                    f"{here.shape[1]} types have {show_count(count)} moves by public shocks, more than are "
                    "followed; coarsen the types or choose another coupling"
                )
            vectors = np.moveaxis(moves[:, here], 2, -1).reshape(-1, here.shape[1])
            after, inverse = np.unique(vectors, axis=0, return_inverse=True)
            self.states.append(after)
            self.next.append(inverse.reshape(len(moves), len(here), cells))


class PublicShocks:
    """The plans of all first types of a question, each about herself and those whose lies about her count."""

    def __init__(self, env: Environment, first: Beginnings, shocks: Sequence[Shock]) -> None:
        """Raises `TooLarge`."""
        draws = drawn_in_public(env, shocks)
        walks: dict[tuple[int, ...], JointPaths] = {}
        self._walks: list[JointPaths] = []
        self._who: list[Ints] = []
        for own in range(len(first.types)):
            who = np.flatnonzero(first.lies[:, own] | (np.arange(len(first.types)) == own))
            key = tuple(who.tolist())
            if key not in walks:
                walks[key] = JointPaths(env, first, draws, first.types[who])
            self._who.append(who)
            self._walks.append(walks[key])
        if env.exact:
            self._refuse_many(env)
        chances = [draw.chance for draw in draws]
        self._measure(first, [
            chance if len(chance) == 1 else chance[kept]
            for chance, kept in zip(chances, first.open[: len(chances)], strict=True)
        ])  # fmt: skip

    def _refuse_many(self, env: Environment) -> None:
        parts = (part.size * (1 + walk.states[0].shape[1]) for walk in self._walks for part in walk.next)
        if (count := sum(parts)) > WHOLE:
            raise TooLarge(
                f"environment '{env.name}': the moves of vectors of types by public shocks are "
                f"{show_count(count)} whole numbers in all, more than are followed over the rationals; "
                "ask in doubles, coarsen the types or choose another coupling"
            )

    def _measure(self, first: Beginnings, lengths: list[Array]) -> None:
        """Take these numbers along the walks."""
        self.first, self._lengths, self._numbers = first, lengths, arithmetic(is_exact(first.chance))
        self._gains, self._values, self._ahead, self._over = _whole(first, lengths)
        terms = sum(each.shape[-1] + 8 for each in lengths) + 8
        self.lost = 0.0 if self._numbers.exact else ROUNDED * terms * first.size

    def in_doubles(self) -> PublicShocks:
        """The same plans, of the nearest doubles."""
        rough = copy(self)
        rough._measure(self.first.in_doubles(), [as_doubles(each, "shocks") for each in self._lengths])
        return rough

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

    def valued(self, own: int, actions: Sequence[Ints]) -> FirstPlan:
        """The plan of this first type that takes these actions: by period, at every vector (N,)."""
        return self._plan(own, lambda t, worth: actions[t])[0]

    def _best(self, own: int, multipliers: Array, share: int) -> BestPlan:
        first, who = self.first, self._who[own]
        paid = multipliers[who]
        weights, over = np.concatenate([share * first.chance[own : own + 1], -paid]), self._over
        weights[1 + int(np.searchsorted(who, own))] += paid.sum()
        lost: Any = 0
        if not self._numbers.exact:
            lost = self.lost * float(abs(weights).sum())
        else:
            shared = common(weights)
            weights, over = shared.numerators.astype(object), over * shared.denominator

        def best(t: int, worth: Array) -> Ints:
            closed = first.closed[t][:, self._public(own, t)]
            scores = worth @ weights
            chosen: Ints = np.argmax(np.where(closed, -np.inf, scores) if closed.any() else scores, axis=0)
            return chosen

        plan, after = self._plan(own, best)
        return BestPlan(plan, self._ratio(after @ weights, over) + lost)

    def _public(self, own: int, t: int) -> Ints:
        """The public states (N,) of the vectors."""
        closed, table = self.first.closed[t], self._values[t]
        states: Ints = self._walks[own].states[t][:, 0] // (table.shape[1] // closed.shape[1])
        return states

    def _plan(self, own: int, choose: Callable[[int, Array], Ints]) -> tuple[FirstPlan, Array]:
        """What is chosen, by the period and what actions are worth (A, N, 1 + J), from the end; and what that
        is worth at the beginning, to the designer and to who may be there (1 + J,), times the common number.
        """
        walk, who = self._walks[own], self._who[own]
        at = int(np.searchsorted(who, own))
        actions: list[Ints] = []
        last = len(walk.states) - 1
        after: Array = np.zeros((0, 1 + len(who)))
        for t in range(last, -1, -1):
            states = walk.states[t]
            worth = np.concatenate(
                [self._gains[t][:, states[:, at], None], self._values[t][:, states]], axis=2
            )
            if t < last:
                chance = self._ahead[t][:, self._public(own, t), None]
                worth = worth + (chance @ after[walk.next[t]])[:, :, 0]
            taken = choose(t, worth)
            actions.append(taken.astype(np.min_scalar_type(len(worth))))
            after = worth[taken, np.arange(worth.shape[1])]
        leaves = self._numbers.zeros(len(self.first.types))
        leaves[who] = [self._ratio(more, self._over) for more in after[0, 1:] - after[0, 1 + at]]
        plan = FirstPlan(self._ratio(after[0, 0], self._over), leaves, tuple(reversed(actions)))
        return plan, after[0]

    def _ratio(self, top: Any, bottom: int) -> Number:
        return Fraction(top, bottom) if self._numbers.exact else top


def _whole(
    first: Beginnings, lengths: Sequence[Array]
) -> tuple[Sequence[Array], Sequence[Array], Sequence[Array], int]:
    """By period g, v and, but in the last, δ times lengths, all in what makes them whole; and that number in
    period 0. Doubles are what they are."""
    ahead = [first.discount * each for each in lengths]
    if not is_exact(first.chance):
        return first.gains, first.values, ahead, 1
    gains: list[Array] = []
    values: list[Array] = []
    over = 1
    for t in range(len(first.values) - 1, -1, -1):
        table = common(np.stack([first.gains[t], first.values[t]]))
        total = table.denominator
        if t < len(ahead):
            step = common(ahead[t])
            total = math.lcm(total, step.denominator * over)
            ahead[t] = step.numerators.astype(object) * (total // (step.denominator * over))
        whole = table.numerators.astype(object) * (total // table.denominator)
        gains.append(whole[0])
        values.append(whole[1])
        over = total
    return gains[::-1], values[::-1], ahead, over
