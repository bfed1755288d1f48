"""Markov decision problems: backward induction, policy iteration, and the value of a given policy.

With rewards r (A, S), transitions P and discount δ,

    Q(a, s) = r(a, s) + δ Σ_{s'} P(s' | a, s) V(s'),      V(s) = max over allowed a of Q(a, s).

Transitions are products of factors (`moves.py`), contracted one by one. Everything is doubles, or everything
is rational, and then so are values and comparisons. Over finitely many periods V is found backwards. Over
infinitely many it is found in doubles with a bound on its error (`sweeps.py`), and in rationals by policy
iteration from the policy that doubles find: its matrix is written out, solved exactly, and the policy
improved until no exact comparison disagrees. Ties go to the first action; in doubles actions tie within `TIE`
of the largest of the numbers that Q is made from, which may be nothing itself: rewards, what those are sums
of, and δ V. Values are those of the best action, whichever is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..arithmetic import arithmetic_of
from ..effort import FLOATS, Effort
from ..errors import InvalidInput
from ..linear import solve_square
from ..numbers import Array, Bools, Ints, Number, is_exact, nearest, to_float
from ..short import Short
from .moves import Moves
from .sweeps import chosen_only, fixed_point

TIE = 1e-10
"""In doubles, how much less than the best action an earlier one may earn, relative to what Q is made from."""
ROUNDS = 1000
"""Policy iterations after which a problem is given up; a dozen is usual."""
DIRECT = 100_000
"""Entries of a policy's matrix up to which its value is found by elimination, also in doubles."""


@dataclass(frozen=True, eq=False, repr=False)
class OptimalPolicy(Short):
    """Per period (as many as the problem has rewards): values (S,), the best allowed action (S,), and what
    every action is worth, Q (A, S), -inf where it is not allowed.

    sizes: per period the largest number that Q is made from.
    error: no value is further than this from the right one, rounding included; 0 over the rationals.
    """

    values: tuple[Array, ...]
    policy: tuple[Ints, ...]
    worth: tuple[Array, ...]
    sizes: tuple[float, ...]
    error: float = 0.0

    @cached_property
    def tied(self) -> tuple[Bools, ...]:
        """Per period (A, S): which actions are best, all of them."""
        return tuple(best_actions(worth, size) for worth, size in zip(self.worth, self.sizes, strict=True))

    @cached_property
    def slack(self) -> tuple[Number, ...]:
        """Per period how much less than the best action one may earn that counts as good: 0 over the
        rationals."""
        return tuple(tie_slack(worth, size) for worth, size in zip(self.worth, self.sizes, strict=True))


@dataclass(frozen=True, eq=False, repr=False)
class DecisionProblem(Short):
    """Rewards (A_t, S_t) and allowed actions (A_t, S_t) or None per period, moves per transition.

    endless: the last period comes again for ever, and its moves lead from it into itself. effort: of
    which the clock counts; `best`, and each `follow`, has its whole time limit where that has not begun.
    size: what the numbers add up to, at most, that a reward is a sum of, which may itself be small.
    """

    rewards: tuple[Array, ...]
    moves: tuple[Moves, ...]
    discount: Number
    allowed: tuple[Bools | None, ...]
    endless: bool = False
    effort: Effort = FLOATS
    size: float = 0.0

    @cached_property
    def best(self) -> OptimalPolicy:
        """The best plan. Raises `InvalidInput` where a state allows no action, or an endless problem's
        discount is not below 1; `TooLarge` as `Moves.under` does; `OutOfTime`."""
        effort, rest = self.effort.begun(), None
        early = len(self.rewards) - self.endless
        if self.endless:
            last = self.rewards[-1], self.moves[-1], self.discount, self.allowed[-1]
            rest = policy_iteration(*last, effort, self.size)
        plan = backward_induction(
            self.rewards[:early], self.moves, self.discount, self.allowed, effort, rest, self.size
        )
        if not self.size or is_exact(self.rewards[-1]):
            return plan
        rate = float(self.discount)
        lasting = 1 / (1 - rate) if self.endless else sum(rate**t for t in range(len(self.rewards)))
        return replace(plan, error=plan.error + np.finfo(float).eps * self.size * lasting)

    def follow(self, policy: Sequence[Ints], flows: Sequence[Array]) -> tuple[tuple[Array, ...], float]:
        """What flows (S_t,) add up to under a policy (S_t,): values (S_t,) per period, and their error.

        Raises `TooLarge` as `Moves.under` does, `OutOfTime`."""
        effort, error = self.effort.begun(), 0.0
        values = [flows[-1]]
        if self.endless:
            last, error = policy_value(flows[-1], self.moves[-1], self.discount, policy[-1], effort)
            values = [last]
        for t in reversed(range(len(flows) - 1)):
            effort.check()
            later = take(self.moves[t].expected(values[0]), policy[t])
            values.insert(0, flows[t] + self.discount * later)
        return tuple(values), error + rounding(values[: len(values) - self.endless], self.moves)

    def worth(self, t: int, flow: Array, later: Array | None) -> Array:
        """``flow + δ E[later]``: (A, S) in period t from (A, S) and (S',), None after the last period."""
        if later is None:
            return flow
        return flow + self.discount * self.moves[t].expected(later)


def backward_induction(
    rewards: Sequence[Array],
    moves: Sequence[Moves],
    discount: Number,
    allowed: Sequence[Bools | None] | None = None,
    effort: Effort = FLOATS,
    rest: OptimalPolicy | None = None,
    size: float = 0.0,
) -> OptimalPolicy:
    """The best plan over finitely many periods, and then the `rest`, of one period that comes for ever.

    rewards[t]: (A_t, S_t). moves[t]: from S_t to S_{t+1}, one fewer where nothing follows. allowed[t]: (A_t,
    S_t) or None where every action is. size: as in `DecisionProblem`. Raises `InvalidInput`
    where a state allows no action, `OutOfTime`.
    """
    values: list[Array] = [] if rest is None else [*rest.values]
    policy: list[Ints] = [] if rest is None else [*rest.policy]
    worths: list[Array] = [] if rest is None else [*rest.worth]
    sizes: list[float] = [] if rest is None else [*rest.sizes]
    for t in reversed(range(len(rewards))):
        effort.check()
        worth = rewards[t]
        if values:
            worth = worth + discount * moves[t].expected(values[0])
        worth = restricted(worth, None if allowed is None else allowed[t])
        sizes.insert(0, made_of(rewards[t], discount, values[0] if values else None, size))
        policy.insert(0, first_best(worth, sizes[0]))
        values.insert(0, worth.max(axis=0))
        worths.insert(0, worth)
    error = rounding(values[: len(rewards)], moves) + (0.0 if rest is None else rest.error)
    return OptimalPolicy(tuple(values), tuple(policy), tuple(worths), tuple(sizes), error)


def policy_iteration(
    reward: Array,
    moves: Moves,
    discount: Number,
    allowed: Bools | None = None,
    effort: Effort = FLOATS,
    size: float = 0.0,
) -> OptimalPolicy:
    """The best stationary plan over infinitely many periods, discount below 1.

    reward: (A, S). allowed: (A, S) or None. size: as in `DecisionProblem`. Raises `InvalidInput`
    for a discount that is not below 1 and where a state allows no action, `TooLarge` for rationals where a
    policy's matrix has too many entries, `OutOfTime`.
    """
    check_discount(discount)
    if not is_exact(reward):
        fixed = fixed_point(restricted(reward, allowed), moves.floats, float(discount), DIRECT, effort)
        values = fixed.worth.max(axis=0)
        size = made_of(reward, discount, values, size)
        policy = first_best(fixed.worth, size)
        return OptimalPolicy((values,), (policy,), (fixed.worth,), (size,), fixed.error)
    policy = policy_iteration(to_float(reward), moves.floats, float(discount), allowed, effort).policy[0]
    for _ in range(ROUNDS):
        effort.check()
        values, _ = policy_value(take(reward, policy), moves, discount, policy, effort)
        worth = restricted(reward + discount * moves.expected(values), allowed)
        better = first_best(worth)
        gains = take(worth, better) > values
        if not gains.any():
            return OptimalPolicy((values,), (better,), (worth,), (0.0,))
        policy = np.where(gains, better, policy)
    raise InvalidInput(f"policy iteration did not end within {ROUNDS} rounds")


def check_discount(discount: Number) -> None:
    """Raise `InvalidInput` where what happens for ever has no present value."""
    if not 0 <= discount < 1:
        raise InvalidInput(f"discount {discount}: an infinite horizon needs one of at least 0 and below 1")


def policy_value(
    flow: Array, moves: Moves, discount: Number, policy: Ints, effort: Effort = FLOATS
) -> tuple[Array, float]:
    """What a flow (S,) adds up to when a stationary policy (S,) is followed for ever, and its error.

    (I − δ P) V = flow, exact where rational; in doubles by elimination where the matrix is small, else by
    sweeps. Raises `TooLarge` as `Moves.under` does, `OutOfTime`.
    """
    if is_exact(flow):
        return discounted_value(flow, *moves.under(policy), discount, effort.check), 0.0
    reward = chosen_only(flow, policy, moves.actions) if moves.controlled else flow[None]
    fixed = fixed_point(reward, moves.floats, float(discount), DIRECT, effort)
    return fixed.worth.max(axis=0), fixed.error


def discounted_value(
    flow: Array,
    rows: Ints,
    columns: Ints,
    weights: Array,
    discount: Number,
    check: Callable[[], None] = lambda: None,
) -> Array:
    """V (S,) with V = flow + δ P V, P given by triplets (row, column, weight) whose repeats are summed.

    check: as in `solve_square`.
    """
    size = len(flow)
    own = np.arange(size)
    one = arithmetic_of(flow).ones(size)
    return solve_square(
        np.concatenate([own, rows]),
        np.concatenate([own, columns]),
        np.concatenate([one, -discount * weights]),
        flow,
        check,
    )


def restricted(worth: Array, allowed: Bools | None) -> Array:
    """The same, -inf for actions that are not allowed. Raises `InvalidInput` where a state allows none."""
    if allowed is None:
        return worth
    if not allowed.any(axis=0).all():
        state = int(np.flatnonzero(~allowed.any(axis=0))[0])
        raise InvalidInput(f"state {state} allows no action")
    return np.where(allowed, worth, -np.inf)


def made_of(reward: Array, discount: Number, later: Array | None, size: float) -> float:
    """The largest number that ``reward + discount * later`` is made from."""
    finite = to_float(reward)
    ahead = 0.0 if later is None else float(discount) * nearest(abs(later).max(initial=0))
    return max(size, float(abs(finite[np.isfinite(finite)]).max(initial=0.0)), ahead)


def best_actions(worth: Array, size: float = 0.0) -> Bools:
    """Which actions are best in every state, ties by `tie_slack`: (A, S)."""
    slack: Any = tie_slack(worth, size)
    return np.asarray(worth + slack >= worth.max(axis=0), dtype=np.bool_)


def tie_slack(worth: Array, size: float = 0.0) -> Number:
    """How much less than the best action one may earn that counts as good: `TIE` of the largest |Q|, or of a
    larger number that it is made from; 0 over the rationals."""
    if is_exact(worth):
        return arithmetic_of(worth).zero
    numbers = arithmetic_of(worth)
    return max(numbers.slack(worth[np.isfinite(worth)], TIE), numbers.slack(size, TIE))


def first_best(worth: Array, size: float = 0.0) -> Ints:
    """The first best action of every state: (A, S) to (S,)."""
    result: Ints = best_actions(worth, size).argmax(axis=0)
    return result


def take(table: Array, policy: Ints) -> Array:
    """Entry of the chosen action in every state: (A or 1, ..., S) and (S,) to (..., S)."""
    result: Array = np.moveaxis(table, 0, -1)[
        ..., np.arange(len(policy)), policy if len(table) > 1 else 0
    ]
    return result


def rounding(values: Sequence[Array], moves: Sequence[Moves]) -> float:
    """What rounding leaves in values found backwards, at most: every period adds the largest |value| times
    the number of terms in its expectations."""
    total = 0.0
    for t, value in enumerate(values):
        if is_exact(value):
            return 0.0
        terms = moves[t].terms if t < len(moves) else 1
        total += (terms + 4) * np.finfo(float).eps * nearest(abs(value).max())
    return total
