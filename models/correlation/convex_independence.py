"""Convex independence (LIU Assumption 2): no type's row is a convex combination of the other types' rows.

One linear program a row decides it, measures it and proves it:

    max B_r · y − max_{s≠r} B_s · y  over |y| ≤ 1  =  min ‖B_r − Σ_{s≠r} ξ_s B_s‖₁  over ξ in the simplex.

If the value is positive, y separates row r from the others; if it is 0, the duals ξ are the convex weights.
The program is written in the differences B_r − B_s, scaled to size 1: rows that nearly agree stay well posed.
The value is the distance to failure: the least change of row r, in the sum of absolute changes (L1), after
which it is a combination of the others. With three or fewer own types the condition coincides with spanning.

In doubles either side of the equation is computed from its vector, and bounds the value whatever the program
missed; where they are not as good as equal, the row is decided over the rationals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.small_programs import SmallPrograms, solve_small
from ...solvers.arithmetic import DOUBLE, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.numbers import Array, Bools, Ints, is_exact, to_exact, to_float
from ...solvers.short import Short
from .systems import CERTAIN, rounding

NORM = "L1 change of one row"


@dataclass(frozen=True, eq=False, repr=False)
class ConvexIndependence(Short):
    """Row by row, for n matrices (n, K, Y).

    independent: (n, K). distance: (n, K), infinite where there is only one row. separating: (n, K, Y) the
    vector y where independent. weights: (n, K, K) the convex weights ξ where not, 0 at the row itself;
    rational wherever the data is.
    """

    independent: Bools
    distance: Array
    separating: Array
    weights: Array

    @property
    def holds(self) -> Bools:
        """(n,): whether every row is independent."""
        return np.asarray(self.independent.all(axis=1), dtype=bool)


def convex_independence(matrices: Array, effort: Effort = FLOATS) -> ConvexIndependence:
    """Decide the condition for every row of matrices (n, K, Y).

    Verdicts on rational matrices are exact; by an exact effort distances are too. In doubles a row counts as
    independent where its distance exceeds `systems.CERTAIN`. Raises `OutOfTime`.
    """
    exact, (n, size, width) = effort.exact, matrices.shape
    if size == 1:
        numbers = arithmetic(exact)
        nothing, none = numbers.zeros((n, 1, width)), numbers.zeros((n, 1, 1))
        return ConvexIndependence(np.ones((n, 1), dtype=bool), numbers.full((n, 1), np.inf), nothing, none)
    block, row = (index.ravel() for index in np.indices((n, size)))
    rational = is_exact(matrices)
    start = matrices if exact else to_float(matrices)
    distance, y, weights = _solve(start, block, row, effort)
    if exact:
        independent = np.asarray(distance > 0, dtype=bool)
    else:
        distance = separation(start, block, row, y)
        independent = np.asarray(distance > CERTAIN, dtype=bool)
        most = _spread(start, block, row, weights) + 2 * rounding(size + width)
        known = DOUBLE.negligible(most - distance, distance)
        doubtful = np.flatnonzero(~known & (independent | rational))
        if doubtful.size:
            sure = _solve(to_exact(matrices), block[doubtful], row[doubtful], effort)
            distance[doubtful] = to_float(sure[0])
            if rational:
                independent[doubtful] = sure[0] > 0
                weights, y = weights.astype(object), y.astype(object)
            y[doubtful], weights[doubtful] = sure[1:] if rational else map(to_float, sure[1:])
        distance = np.where(independent, distance, 0.0)
    return ConvexIndependence(
        independent.reshape(n, size),
        distance.reshape(n, size),
        np.where(independent[:, None], y, 0 * y).reshape(n, size, width),
        np.where(independent[:, None], 0 * weights, weights).reshape(n, size, size),
    )


def separation(matrices: Array, block: Ints, row: Ints, y: Array) -> Array:
    """``B_r · y − max_{s≠r} B_s · y`` for each pair (block, row) and its vector y (m, Y)."""
    worth = np.matmul(matrices[block], y[..., None])[..., 0]
    own = np.arange(len(row)), row
    mine = worth[own]
    worth[own] = -np.inf
    apart: Array = mine - worth.max(axis=1)
    return apart


def _spread(matrices: Array, block: Ints, row: Ints, weights: Array) -> Array:
    """``‖B_r − Σ ξ_s B_s‖₁`` for each pair (block, row) and its weights ξ (m, K), made to add up to 1."""
    total = weights.sum(axis=1)
    mixed = np.matmul(DOUBLE.shares(weights)[:, None], matrices[block])[:, 0]
    apart: Array = np.where(total > 0, abs(matrices[block, row] - mixed).sum(axis=1), np.inf)
    return apart


def _solve(matrices: Array, block: Array, row: Array, effort: Effort) -> tuple[Array, Array, Array]:
    """(distance (m,), y (m, Y), ξ (m, K)) of each pair (block, row).

    Columns y in [−1, 1] and a free w, to be made large; rows (B_r − B_s) · y / κ − w ≥ 0 for the other types.
    """
    exact = is_exact(matrices)
    size, width = matrices.shape[1:]
    count = len(block)
    own = np.arange(count)
    apart = matrices[block, row][:, None, :] - matrices[block]
    unit = arithmetic(exact).divisor(abs(apart).max(axis=(1, 2)))
    apart = apart / unit[:, None, None]
    minus = arithmetic(exact).zeros((count, size, 1)) - 1
    minus[own, row] = 0 * minus[0, 0, 0]
    objective = arithmetic(exact).zeros(width + 1)
    objective[-1] += 1
    lower = arithmetic(exact).zeros((count, size))
    lower[own, row] = -np.inf
    infinite = np.array([np.inf], dtype=objective.dtype)
    one = arithmetic(exact).ones(width)
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate([apart, minus], axis=2),
            objective,
            lower,
            infinite,
            np.concatenate([-one, -infinite]),
            np.concatenate([one, infinite]),
        ),
        effort,
    )
    y = solved.primal[:, :width]
    return solved.value * unit, y if exact else np.clip(y, -1.0, 1.0), np.maximum(-solved.dual, 0 * unit[:1])
