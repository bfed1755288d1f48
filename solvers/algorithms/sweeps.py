"""Values over an infinite horizon in doubles: sweeps with a bound on the error, and Newton's steps where
mixing is slow.

For any h let T h = max_a r(a) + δ P(a) h and d = T h − h. Then (MacQueen; Puterman 1994, Prop. 6.6.1)

    T h + δ/(1−δ) min d  ≤  V  ≤  T h + δ/(1−δ) max d,

so that the middle of the two is off by at most δ/(1−δ) (max d − min d)/2. That span falls by δ times what
the chain mixes in a period. Constants in h do not matter to it, h is kept near 0, and what rounding can add
is small beside the spread of V rather than beside V.

Where at the speed seen the span would need more than `PATIENCE` further sweeps, policy iteration is quicker:
h + x with (I − δ P_π) x = d for the policy π that is best at h, by elimination where P_π has few entries and
by GMRES otherwise, whose products are sweeps and need no matrix. It is given up for a plain sweep where it
does not lower the span further than that would, so that the whole converges whatever the chain is.

The iteration stops when the span is of the size of rounding and does not halve any more: what is left is
mostly far below the bound. The bound returned includes rounding, that of the data too: every entry of T h is
a sum of Σ K' products of probabilities with h, and a δ that is off by one part in 2^53 moves what is added,
δ/(1−δ) of the middle, by 1/(1−δ) such parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, gmres, splu

from ..effort import FLOATS, Effort
from ..numbers import Array, Ints
from ..short import Short
from .moves import Moves

Doubles = NDArray[np.float64]
PATIENCE = 25
"""Sweeps that are made rather than a Newton step."""
SWEEPS = 100_000
"""Sweeps after which the error is reported as it is."""
RESIDUAL = 1e-5
"""By how much GMRES reduces the residual of a Newton step."""
BASIS = 50
"""Vectors that GMRES keeps."""


@dataclass(frozen=True, eq=False, repr=False)
class FixedPoint(Short):
    """What actions are worth, Q (A, S) (its maximum is the value), and a bound on the error of both."""

    worth: Doubles
    error: float


def fixed_point(
    reward: Array, moves: Moves, discount: float, direct: int, effort: Effort = FLOATS
) -> FixedPoint:
    """The optimal values of a stationary problem.

    reward: (A, S), -inf where an action is not allowed. direct: entries of a policy's matrix up to which it
    is written out. effort: of which the clock counts. Raises `OutOfTime`.
    """
    scale = float(np.abs(reward[np.isfinite(reward)]).max(initial=0.0))
    per_term = (moves.terms + 4) * np.finfo(float).eps

    def sweep(h: Doubles) -> Doubles:
        worth: Doubles = reward + discount * moves.expected(h)
        return worth

    h = np.zeros(reward.shape[1])
    worth = sweep(h)
    before, resting = np.inf, 0
    for count in range(1, SWEEPS + 1):
        top = worth.max(axis=0)
        d = top - h
        middle, span = (float(d.max()) + float(d.min())) / 2, float(np.ptp(d))
        noise = per_term * (scale + float(np.abs(h).max()))
        error = (discount * span / 2 + noise) / (1 - discount)
        if span == 0 or noise * 4 >= span >= before / 2 or count == SWEEPS:
            break
        effort.check()
        resting -= 1
        if resting < 0 and _sweeps_left(span / noise, span / before) > PATIENCE:
            guess = _centred(h + _newton(moves, discount, worth.argmax(axis=0), d - middle, direct))
            tried = sweep(guess)
            if float(np.ptp(tried.max(axis=0) - guess)) < discount * span:
                h, worth, before = guess, tried, np.inf
                continue
            resting = PATIENCE
        h, before = top - middle, span
        worth = sweep(h)
    ahead = discount / (1 - discount) * middle
    total = worth + ahead
    sizes = abs(ahead) * (1 / (1 - discount) + 4) + float(np.abs(total.max(axis=0)).max())
    return FixedPoint(total, float(error + np.finfo(float).eps * sizes))


def chosen_only(flow: Array, policy: Ints, actions: int) -> Array:
    """(A, S): the flow (S,) of the actions that a policy takes, -inf for all others."""
    return np.where(np.arange(actions)[:, None] == policy, flow, -np.inf)


def _sweeps_left(factor: float, rate: float) -> float:
    """How many sweeps reduce the error by a factor at this rate a sweep."""
    return np.log(factor) / -np.log(rate) if 0 < rate < 1 else 0.0 if rate <= 0 else np.inf


def _centred(h: Doubles) -> Doubles:
    return h - (float(h.min()) + float(h.max())) / 2


def _newton(moves: Moves, discount: float, policy: Ints, d: Doubles, direct: int) -> Doubles:
    """x with (I − δ P_π) x = d, more or less."""
    states = np.arange(len(d))
    if moves.nonzeros(policy) <= direct:
        rows, columns, weights = moves.under(policy)
        matrix = sp.csc_array((-discount * weights, (rows, columns)), shape=(len(d), len(d)))
        x: Doubles = splu(sp.csc_array(sp.eye_array(len(d)) + matrix)).solve(d)
        return x
    action = policy if moves.controlled else 0

    def product(x: Doubles) -> Doubles:
        moved: Doubles = x - discount * moves.expected(x)[action, states]
        return moved

    operator = LinearOperator((len(d), len(d)), matvec=product, dtype=np.float64)
    x, _ = gmres(operator, d, rtol=RESIDUAL, atol=0.0, restart=BASIS, maxiter=2)
    return x
