"""Bidders who learn what an item is worth to them by using it: states, expected values, moves.

A state is what has been observed so far, and its worth the expected value given that. After `n` observations
learning ends and the state stays (a finite model of an infinite horizon; with a finite horizon instead, the
best policy is no index policy). Expected values are martingales, exactly.

- *Beta*: each use succeeds with an unknown probability, Beta(a, b) at the start. State: successes, failures.
- *Gamma*: each use brings a Poisson number with an unknown mean, Gamma with shape a (whole) and rate b at the
  start. State: the sum and the number of observations. A sum of `most` or more is seen as "many" alone, and
  ends learning: conditional expectations given less, so values are bounds from below.
- *Normal*: each use shows the value plus noise. State: the posterior mean, on a grid, and the number of
  observations k; with prior variance v_0 and noise s², means move by Normal(0, v_k − v_{k+1}), v_k = 1 /
  (1/v_0 + k/s²). Moves are a symmetric law on multiples of the step, weights rounded to 1e-9, and never reach
  beyond the mirror image of the nearer end of the grid. `rounding` says which multiple a move counts at: the
  nearest, the next towards 0 ("in") or away from it ("out"). What an optimal policy earns is convex in means,
  so "in" is a bound from below for indices, welfare and prices, and "out" one from above but for what the
  ends cut off.
  """

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from ...models.environment.environment import Agent, Environment
from ...solvers.errors import InvalidInput, TooLarge
from ...solvers.numbers import nearest

F = Fraction
State = TypeVar("State")
ROUNDINGS = ("nearest", "in", "out")
MAX_STATES = 1000
"""Most states of a learner: her moves are a dense table of rationals."""
MAX_ENTRIES = 10_000_000
"""Most entries of the tables of all bidders and actions together."""
_DIGITS = 10**9


@dataclass(frozen=True)
class Learner:
    """states: labels. worth: (K,) expected values. moves: (K, K) when used. start: (K,) probabilities."""

    states: list[str]
    worth: list[Fraction]
    moves: list[list[Fraction]]
    start: list[Fraction]

    def agent(self, name: str, action: int, actions: int) -> Agent:
        """The agent whose arm the action plays: worth nothing, and at rest, under every other."""
        size = len(self.worth)
        rest = [[F(int(j == k)) for j in range(size)] for k in range(size)]
        return Agent(
            name,
            types=[self.states],
            prior=self.start,
            values=[[self.worth if a == action else [F(0)] * size for a in range(actions)]],
            transitions=[[self.moves if a == action else rest for a in range(actions)]],
        )


def beta_learner(a: Fraction, b: Fraction, n: int, seen: int = 0) -> Learner:
    """Success or failure up to n times; `seen` observations were made before period 0.

    >>> beta_learner(F(1), F(1), 1).states, [str(mean) for mean in beta_learner(F(1), F(1), 1).worth]
    (['0+ 0-', '1+ 0-', '0+ 1-'], ['1/2', '2/3', '1/3'])
    """
    _check_states((n + 1) * (n + 2) // 2, "a Beta learner", "n")
    states = [(s, k - s) for k in range(n + 1) for s in range(k, -1, -1)]
    mean = {(s, f): (a + s) / (a + b + s + f) for s, f in states}

    def after(state: tuple[int, int]) -> dict[tuple[int, int], Fraction]:
        s, f = state
        return {state: F(1)} if s + f == n else {(s + 1, f): mean[state], (s, f + 1): 1 - mean[state]}

    return _learner(states, lambda x: f"{x[0]}+ {x[1]}-", mean, after, (0, 0), min(seen, n))


def gamma_learner(a: int, b: Fraction, n: int, most: int, seen: int = 0) -> Learner:
    """Counts with an unknown mean, observed up to n times while their sum is below `most`."""
    _check_states(1 + (2 * n - 1) * most + 1, "a Gamma learner", "n or most")
    sums = [(s, k, 0) for k in range(n + 1) for s in range(most if k else 1)]
    many = [(s, k, 1) for s, k, _ in sums if k < n]  # "many" after sum s: each has its own mean
    mean = {(s, k, c): (a + s) / (b + k) for s, k, c in sums}
    moves: dict[tuple[int, int, int], dict[tuple[int, int, int], Fraction]] = {}
    for s, k, _ in sums:
        if k == n:
            continue
        again = 1 / (b + k + 1)
        law: dict[tuple[int, int, int], Fraction] = {
            (s + y, k + 1, 0): math.comb(a + s + y - 1, y) * (1 - again) ** (a + s) * again**y
            for y in range(most - s)
        }
        tail = 1 - sum(law.values(), F(0))
        mean[s, k, 1] = (mean[s, k, 0] - sum((p * mean[x] for x, p in law.items()), F(0))) / tail
        moves[s, k, 0] = law | {(s, k, 1): tail}

    def label(x: tuple[int, int, int]) -> str:
        return f"{x[0]} in {x[1]}" + (", then many" if x[2] else "")

    return _learner(sums + many, label, mean, lambda x: moves.get(x, {x: F(1)}), (0, 0, 0), min(seen, n))


def normal_learner(
    mean: Fraction, sd: Fraction, noise: Fraction, n: int, points: int, reach: Fraction,
    rounding: str = "nearest", seen: int = 0,
) -> Learner:  # fmt: skip
    """Posterior means on `points` points, an odd number, within `reach` prior deviations of the mean."""
    if points % 2 == 0:
        raise InvalidInput(f"points must be odd, so that the prior mean is one, not {points}")
    _check_states(1 + n * points, "a Normal learner", "n or points")
    half = points // 2
    step = reach * sd / half
    states = [(0, 0)] + [(k, j) for k in range(1, n + 1) for j in range(-half, half + 1)]
    worth = {(k, j): mean + j * step for k, j in states}
    variance = [1 / (1 / sd**2 + k / noise**2) for k in range(n + 1)]
    squares = [(now - later) / step**2 for now, later in itertools.pairwise(variance)]
    laws = [_steps(math.sqrt(nearest(square)), half, rounding) for square in squares]

    def after(state: tuple[int, int]) -> dict[tuple[int, int], Fraction]:
        k, j = state
        if k == n:
            return {state: F(1)}
        room = half - abs(j)
        out: dict[tuple[int, int], Fraction] = {}
        for d, p in enumerate(laws[k]):
            for sign in (1, -1) if d else (1,):
                to = (k + 1, j + sign * min(d, room))
                out[to] = out.get(to, F(0)) + p
        return out

    return _learner(
        states, lambda x: f"{worth[x]} after {x[0]}", worth, after, (0, 0), min(seen, n)
    )


def _steps(deviation: float, half: int, rounding: str) -> list[Fraction]:
    """Chances of 0 steps, and of d = 1..2·half steps upwards (as many downwards), of a Normal move."""
    shift = {"nearest": 0.5, "in": 0.0, "out": 1.0}[rounding]

    def above(x: float) -> float:
        return 0.5 * math.erfc(x / deviation / math.sqrt(2)) if deviation else 0.5 * (x <= 0)

    ends = [F(round(above(d - shift) * _DIGITS), _DIGITS) for d in range(1, 2 * half + 1)]
    ends.append(F(0))  # what is left lies beyond the grid, from anywhere on it
    ups = [upper - lower for upper, lower in itertools.pairwise(ends)]
    return [1 - 2 * sum(ups, F(0)), *ups]


def _check_states(count: int, who: str, way_out: str) -> None:
    if count > MAX_STATES:
        raise TooLarge(f"{count:,} states of {who}, more than {MAX_STATES:,}; choose a smaller {way_out}")


def _learner(
    states: Sequence[State],
    label: Callable[[State], str],
    worth: dict[State, Fraction],
    after: Callable[[State], dict[State, Fraction]],
    first: State,
    seen: int,
) -> Learner:
    start = {first: F(1)}
    for _ in range(seen):
        later: dict[State, Fraction] = {}
        for state, p in start.items():
            for to, q in after(state).items():
                later[to] = later.get(to, F(0)) + p * q
        start = later
    reached = _reached(list(start), lambda state: [to for to, p in after(state).items() if p])
    kept = [state for state in states if state in reached]
    place = {state: k for k, state in enumerate(kept)}
    moves = [[F(0)] * len(kept) for _ in kept]
    for state, k in place.items():
        for to, p in after(state).items():
            if p:
                moves[k][place[to]] = p
    return Learner(
        [label(state) for state in kept],
        [worth[state] for state in kept],
        moves,
        [start.get(state, F(0)) for state in kept],
    )


def _reached(start: Iterable[State], after: Callable[[State], Iterable[State]]) -> set[State]:
    left = list(start)
    reached = set(left)
    while left:
        fresh = set(after(left.pop())) - reached
        reached |= fresh
        left += fresh
    return reached


def virtual(one: Learner) -> Learner:
    """A learner who remembers her first estimate, each use worth what a seller can get of it.

    That is θ_t − (θ_0⁺ − θ_0) (1 − F(θ_0)) / f(θ_0), θ_0⁺ the next higher first estimate: LN's and PST's
    virtual value on a grid, where what is learnt adds to any first estimate alike (Normal learning away from
    the ends). States are first estimate and state now; an index is the learner's own less the same rent.
    """
    first = sorted((k for k, p in enumerate(one.start) if p), key=lambda k: one.worth[k])
    higher, rent = F(1), {}
    for k, above in itertools.zip_longest(first, first[1:]):
        higher -= one.start[k]
        rent[k] = F(0) if above is None else (one.worth[above] - one.worth[k]) * higher / one.start[k]
    later = [[y for y, p in enumerate(row) if p] for row in one.moves]
    pairs = [(k, x) for k in first for x in sorted(_reached([k], later.__getitem__))]
    _check_states(len(pairs), "a learner who remembers her first estimate", "n or points")
    place = {pair: number for number, pair in enumerate(pairs)}
    moves = [[F(0)] * len(pairs) for _ in pairs]
    for (k, x), number in place.items():
        for y in later[x]:
            moves[number][place[k, y]] = one.moves[x][y]
    return Learner(
        [f"{one.states[x]}, first {one.states[k]}" for k, x in pairs],
        [one.worth[x] - rent[k] for k, x in pairs],
        moves,
        [one.start[k] if k == x else F(0) for k, x in pairs],
    )


def bandit(learners: Sequence[Learner], discount: Fraction, keep: Fraction | None = None) -> Environment:
    """For ever, one bidder a period uses the item; or nobody, which is worth `keep` to the seller."""
    kept = 0 if keep is None else 1
    actions = ["keep"] * kept + [f"to bidder {i + 1}" for i in range(len(learners))]
    entries = len(actions) * sum(len(one.states) ** 2 for one in learners)
    if entries > MAX_ENTRIES:
        raise TooLarge(
            f"{len(learners)} bidders' moves under {len(actions)} actions have {entries:,} entries, more "
            f"than {MAX_ENTRIES:,}; choose fewer bidders, or a smaller n or points"
        )
    return Environment(
        agents=[
            one.agent(f"bidder {i + 1}", i + kept, len(actions)) for i, one in enumerate(learners)
        ],
        actions=[actions],
        costs=None if keep is None else [[-keep] + [F(0)] * len(learners)],
        discount=discount,
        horizon=None,
    )
