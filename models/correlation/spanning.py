"""Spanning (LIU Assumption 3): the rows of a block are linearly independent.

Decided by rank, over the rationals where the data is rational; where it fails the null vector η,
Σ η_r B_r = 0 with largest |η_r| = 1, is the certificate. Two distances to failure, each named:

- the smallest singular value: the least change of the matrix in the Euclidean (spectral or Frobenius) norm;
- min over r, η with η_r = 1, |η_s| ≤ 1, of ‖Σ η_s B_s‖₁: the least L1 change of a single row, one linear
  program a row. Its dual is max B_r · y − Σ_{s≠r} |B_s · y| over |y| ≤ 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.algorithms.small_programs import SmallPrograms, solve_small
from ...solvers.arithmetic import DEPENDENT, DOUBLE, ROUNDED, arithmetic
from ...solvers.effort import FLOATS, Effort
from ...solvers.linear import null_vector
from ...solvers.numbers import Array, Bools, is_exact, to_exact, to_float
from ...solvers.rational import entries, rational_matrix
from ...solvers.short import Short
from .systems import rounding

NORM = "L1 change of one row"


@dataclass(frozen=True, eq=False, repr=False)
class Spanning(Short):
    """For n matrices (n, K, Y).

    holds: (n,). null: (n, K) the null vector where it fails, else 0. singular: (n, min(K, Y)) singular
    values, largest first. size: K. distance: (n,) in `NORM`, None where not asked for.
    """

    holds: Bools
    null: Array
    singular: Array
    size: int
    distance: Array | None = None

    @property
    def smallest(self) -> Array:
        """(n,): the K-th singular value, 0 where the rows are dependent."""
        if self.singular.shape[1] < self.size:
            return np.zeros(len(self.holds))
        return np.where(self.holds, self.singular[:, -1], 0.0)

    @property
    def condition(self) -> Array:
        """(n,): largest over smallest singular value, infinite where the rows are dependent."""
        smallest = self.smallest
        safe = np.where(smallest > 0, smallest, 1.0)
        return np.where(smallest > 0, self.singular[:, 0] / safe, np.inf)


def spanning(matrices: Array, effort: Effort = FLOATS, distances: bool = True) -> Spanning:
    """Decide the condition for matrices (n, K, Y).

    Verdicts on rational matrices are exact; by an exact effort so are the distances, which only `distances`
    asks for. Raises `OutOfTime`.
    """
    exact, (n, size, width) = effort.exact, matrices.shape
    floats = to_float(matrices)
    left, singular, _ = np.linalg.svd(floats, full_matrices=True)
    relative = singular[:, -1] / singular[:, 0] if size <= width else np.zeros(n)
    null: Array = arithmetic(exact).zeros((n, size))
    rational = is_exact(matrices)
    if rational:
        holds = relative > DEPENDENT  # for sure
        null = null.astype(object)
        for k in np.flatnonzero(~holds).tolist():
            effort.check()
            vector = null_vector(matrices[k])
            if vector is None:
                holds[k] = True
            else:
                null[k] = vector
    else:
        holds = relative > ROUNDED
        last = left[:, :, -1]
        largest = np.take_along_axis(last, np.abs(last).argmax(axis=1)[:, None], axis=1)
        null = np.where(holds[:, None], 0.0, last / largest)
    for k in np.flatnonzero(holds & (relative <= DEPENDENT)).tolist():
        effort.check()
        singular[k, -1] = _smallest_singular(to_exact(matrices[k]))
    distance = None
    if distances:
        distance = arithmetic(exact).zeros(n)
        kept = np.flatnonzero(holds)
        if kept.size:
            distance[kept], most = _row_distances(matrices[kept] if exact else floats[kept], effort)
            if not exact:
                most = most + 2 * size * rounding(size + width)
                near = kept[~DOUBLE.negligible(most - distance[kept], distance[kept])]
                if near.size:
                    distance[near] = to_float(_row_distances(to_exact(matrices[near]), effort)[0])
    return Spanning(holds, null, singular, size, distance)


def _smallest_singular(matrix: Array) -> float:
    """The smallest singular value of independent rational rows (K, Y), by the inverse of their Gram matrix.

    The inverse's largest eigenvalue is its reciprocal squared, and is right to rounding.
    """
    rows = rational_matrix(matrix)
    inverse = to_float(entries((rows * rows.transpose()).inv())).reshape(len(matrix), -1)
    return float(1 / np.sqrt(np.linalg.eigvalsh(inverse)[-1]))


def _row_distances(matrices: Array, effort: Effort) -> tuple[Array, Array]:
    """(n,), (n,): the least over rows r of the distance in `NORM`, bounded from below and from above.

    The bounds are those of the vectors y and η that the programs end with: over the rationals, where both are
    proved, the value of the programs.
    """
    n, size, width = matrices.shape
    exact = is_exact(matrices)
    block, row = (index.ravel() for index in np.indices((n, size)))
    count = n * size
    eye = arithmetic(exact).zeros((size, size)) + np.eye(size, dtype=np.int64)
    both = np.broadcast_to(np.concatenate([-eye, eye], axis=1), (count, size, 2 * size))
    own = np.arange(count)
    free: Array = arithmetic(exact).zeros((count, size))
    free[own, row] = np.inf
    one, none = arithmetic(exact).ones(width), arithmetic(exact).zeros(2 * size)
    minus = np.broadcast_to(none - 1, (count, 2 * size))
    solved = solve_small(
        SmallPrograms.of(
            np.concatenate([matrices[block], both], axis=2),
            np.concatenate([matrices[block, row], minus], axis=1),
            -free,
            free,
            np.concatenate([-one, none]),
            np.concatenate([one, np.full(2 * size, np.inf, dtype=one.dtype)]),
        ),
        effort,
    )
    if exact:
        distance = solved.value.reshape(n, size).min(axis=1)
        return distance, distance
    y = np.minimum(np.maximum(solved.primal[:, :width], -one), one)
    worth = np.matmul(matrices[block], y[..., None])[..., 0]
    least = 2 * worth[own, row] * (worth[own, row] > 0) - abs(worth).sum(axis=1)
    eta = np.minimum(np.maximum(-solved.dual, -one[:1]), one[:1])
    eta[own, row] = one[0]
    most = abs(np.matmul(eta[:, None], matrices[block])[:, 0]).sum(axis=1)
    return least.reshape(n, size).min(axis=1), most.reshape(n, size).min(axis=1)
