"""The shortest vector that satisfies a few linear conditions, for many small systems at once.

    minimise ‖p‖² subject to  B_s · p = b_s where `equal`,  B_s · p ≥ b_s elsewhere.

The optimum is p = Σ λ_s B_s with λ free at equations, λ ≥ 0 and zero where slack elsewhere; with the Gram
matrix G = B B' everything happens among the K multipliers: G λ ≥ b, complementary. Two methods:

- *Block pivoting* (Portugal, Júdice, Vicente 1994), vectorised over all systems with independent rows: guess
  which conditions bind, solve for λ, exchange all that are wrong, one at a time where that does not help.
- The *dual active-set* method (Goldfarb, Idnani 1983), one system at a time: needs no independence, ends with
  a Farkas vector where there is no solution, and runs over the rationals as it is.

Rational systems are guessed in doubles and decided exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import flint
import numpy as np

from ..arithmetic import DEPENDENT, RATIONAL, ROUNDED, arithmetic
from ..effort import FLOATS, Effort
from ..numbers import Array, Bools, Ints, is_exact, to_float
from ..rational import entries, rational_matrix
from ..short import Short

_SLACK = 1e-11
_MISSED = 1e-10
_ROUNDS = 60
_PATIENCE = 4
_REFINE = 2


@dataclass(frozen=True, eq=False, repr=False)
class LeastNorm(Short):
    """feasible (n,); p (n, Y); multipliers (n, K): λ or, where infeasible, a Farkas vector y with
    Σ y_s B_s = 0 and Σ y_s b_s > 0, y_s ≥ 0 except at equations. p is 0 where infeasible."""

    feasible: Bools
    p: Array
    multipliers: Array


def least_norm(
    matrix: Array, bounds: Array, equal: Bools, which: Ints | None = None, effort: Effort = FLOATS
) -> LeastNorm:
    """Solve every system: matrix (m, K, Y), bounds (n, K), equal (n, K), and `which` (n,) of the matrices
    each system has (its own where None).

    Rational data give rational answers. In doubles p satisfies the conditions up to rounding times the
    condition number of the binding rows; whoever calls should look at the residual. Of the effort only the
    time that is left counts; raises `OutOfTime`.
    """
    n, size = bounds.shape
    which = np.arange(n) if which is None else which
    exact = is_exact(matrix)
    floats, wanted = to_float(matrix), to_float(bounds)
    gram = np.matmul(floats, floats.transpose(0, 2, 1))
    curvature = np.linalg.eigvalsh(gram)
    independent = (curvature[:, 0] > DEPENDENT**2 * curvature[:, -1])[which]
    guess, ended = _block_pivoting(gram, wanted, equal, which, np.flatnonzero(independent))
    feasible = np.ones(n, dtype=bool)
    p, duals = arithmetic(exact).zeros((n, matrix.shape[2])), arithmetic(exact).zeros((n, size))
    left = ~ended
    if exact:
        for k in np.flatnonzero(ended).tolist():
            effort.check()
            pair = _on_active(matrix[which[k]], bounds[k], equal[k], (guess[k] != 0) | equal[k])
            if pair is None:
                left[k] = True
            else:
                duals[k], p[k] = pair
    else:
        duals[ended] = guess[ended]
    for k in np.flatnonzero(left).tolist():
        effort.check()
        feasible[k], duals[k] = dual_active_set(matrix[which[k]], bounds[k], equal[k])
    if exact:
        for k in np.flatnonzero(feasible & left).tolist():
            p[k] = duals[k] @ matrix[which[k]]
    else:
        p = _refined(floats, gram, wanted, equal, which, np.where(feasible[:, None], duals, 0.0))
    return LeastNorm(feasible, p, duals)


def _refined(matrix: Array, gram: Array, bounds: Array, equal: Bools, which: Ints, duals: Array) -> Array:
    """p from the multipliers, the binding conditions met once more from their residuals."""
    p: Array = np.matmul(duals[:, None, :], matrix[which])[:, 0]
    active = duals != 0
    for _ in range(_REFINE):
        missing = bounds - np.matmul(matrix[which], p[..., None])[..., 0]
        step = _solve_active(gram[which], missing, active)
        p = p + np.matmul(step[:, None, :], matrix[which])[:, 0]
    return p


def _solve_active(gram: Array, right: Array, active: Bools) -> Array:
    """λ with G λ = right on the active conditions and 0 elsewhere; zero steps where that is singular."""
    both = active[:, :, None] & active[:, None, :]
    system = np.where(both, gram, np.eye(gram.shape[1]))
    wanted = np.where(active, right, 0.0)[..., None]
    try:
        multipliers: Array = np.linalg.solve(system, wanted)[..., 0]
    except np.linalg.LinAlgError:
        multipliers = np.matmul(np.linalg.pinv(system, rcond=ROUNDED), wanted)[..., 0]
    return np.where(active, multipliers, 0.0)


def _block_pivoting(gram: Array, bounds: Array, equal: Bools, which: Ints, live: Ints) -> tuple[Array, Bools]:
    """λ (n, K) of the systems `live`, whose rows are independent, and where the method ended (n,)."""
    n, size = bounds.shape
    basic = equal.copy()
    out = np.zeros((n, size))
    ended = np.zeros(n, dtype=bool)
    fewest = np.full(n, size + 1)
    patience = np.full(n, _PATIENCE)
    scale = np.abs(bounds).max(axis=1, initial=0.0)
    for _ in range(_ROUNDS):
        if not live.size:
            break
        inside, table = basic[live], gram[which[live]]
        guess = _solve_active(table, bounds[live], inside)
        slack = np.matmul(table, guess[..., None])[..., 0] - bounds[live]
        wrong = np.where(inside, guess, slack) < -_SLACK * scale[live, None]
        wrong &= ~equal[live]
        count = wrong.sum(axis=1)
        finished = count == 0
        out[live[finished]], ended[live[finished]] = guess[finished], True
        live, wrong, count = live[~finished], wrong[~finished], count[~finished]
        better = count < fewest[live]
        fewest[live] = np.where(better, count, fewest[live])
        patience[live] = np.where(better, _PATIENCE, patience[live] - 1)
        # Out of patience only the last wrong one is exchanged, which ends for sure (Murty 1974).
        last = size - 1 - wrong[:, ::-1].argmax(axis=1)
        single = np.arange(size) == last[:, None]
        basic[live] ^= np.where((patience[live] > 0)[:, None], wrong, single)
    return out, ended


def _on_active(matrix: Array, bounds: Array, equal: Bools, active: Bools) -> tuple[Array, Array] | None:
    """Exact (λ (K,), p (Y,)) if these are the binding conditions, else None."""
    rows = rational_matrix(matrix)
    binding = np.flatnonzero(active).tolist()
    width = matrix.shape[1]
    held = flint.fmpq_mat(len(binding), width, [rows[k, j] for k in binding for j in range(width)])
    try:
        solved = (held * held.transpose()).solve(rational_matrix(bounds[binding][:, None]))
    except ZeroDivisionError:
        return None
    p = held.transpose() * solved
    out = RATIONAL.zeros(len(bounds))
    out[binding] = entries(solved)
    slack = entries(rows * p) - bounds
    if (out[~equal] < 0).any() or (slack[~equal] < 0).any():
        return None
    return out, entries(p)


def dual_active_set(matrix: Array, bounds: Array, equal: Bools) -> tuple[bool, Array]:
    """Whether one system (K, Y) has a solution, and λ or a Farkas vector (K,); exact where the data is."""
    exact = is_exact(matrix)
    gram = matrix @ matrix.T
    size = len(bounds)
    scale = 1 if exact else float(np.abs(bounds).max(initial=0.0))
    small = arithmetic(exact).slack(1, _MISSED)
    dual = arithmetic(exact).zeros(size)
    held: list[int] = []
    for _ in range(20 * size * size + 20):
        gap = bounds - gram @ dual
        size_of = np.where(equal, abs(gap), gap)
        size_of[held] = 0 * size_of[held]
        q = int(np.argmax(np.where(equal & (size_of > small * scale), size_of + 10**6 * scale, size_of)))
        if not size_of[q] > small * scale:
            return True, dual
        sign = -1 if gap[q] < 0 else 1
        pushed = arithmetic(exact).zeros(1)[0]
        while True:
            coefficient = _combination(gram, held, q, exact) * sign
            rest = gram[q, q] - (gram[q, held] @ coefficient) * sign if held else gram[q, q]
            free = rest > small * gram[q, q]
            droppable = [k for k, at in enumerate(held) if not equal[at] and coefficient[k] > small]
            ratio = [dual[held[k]] / coefficient[k] for k in droppable]
            step = min(ratio) if ratio else None
            remaining = sign * (bounds[q] - gram[q] @ dual)
            full = remaining / rest if free else None
            if full is not None and (step is None or full <= step):
                move = full
            elif step is not None:
                move = step
            else:
                farkas = arithmetic(exact).zeros(size)
                farkas[q] = farkas[q] + sign
                for k, at in enumerate(held):
                    farkas[at] = farkas[at] - coefficient[k]
                return False, farkas
            for k, at in enumerate(held):
                dual[at] = dual[at] - move * coefficient[k]
            pushed = pushed + move
            dual[q] = dual[q] + sign * move
            if full is not None and move == full:
                held.append(q)
                break
            gone = droppable[ratio.index(step)]
            dual[held[gone]] = arithmetic(exact).zeros(1)[0]
            held.pop(gone)
    raise ArithmeticError("the dual active-set method did not end")


def _combination(gram: Array, held: list[int], q: int, exact: bool) -> Array:
    """Coefficients of row q's projection on the held rows, which are independent."""
    if not held:
        return arithmetic(exact).zeros(0)
    system, right = gram[np.ix_(held, held)], gram[held, q]
    if not exact:
        return np.asarray(np.linalg.solve(system, right))
    return entries(rational_matrix(system).solve(rational_matrix(right[:, None])))
