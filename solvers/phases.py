"""Linear programs that decide something about another program.

- *Phase one* lets every row miss its bounds at a price and asks for the cheapest miss. Its optimum is 0 if
  and only if the program is feasible; if it is positive, its duals are a Farkas vector.
- The *ray* program asks for the direction in the box [−1, 1] that keeps to all bounds for ever and improves
  the objective most. Like phase one it is feasible and bounded itself.
- The *linear* program at a point of a quadratic one has the gradient there as objective. The point is optimal
  for both or for neither, and the duals of the linear one are multipliers for the quadratic one.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from .arithmetic import arithmetic
from .blocks import Block, Blocks
from .numbers import Array, Number, to_exact
from .program import Program
from .sparse import by_rows, compress, infinities, rows_of


def phase_one(p: Program) -> Program:
    """Columns: those of the program, then one for each finite row bound that may be missed."""
    below, above = np.flatnonzero(~infinities(p.row_lower)), np.flatnonzero(~infinities(p.row_upper))
    n, m, k = p.num_columns, p.num_rows, below.size + above.size
    numbers = arithmetic(p.exact)
    # a unit of missing is measured by the largest |entry| of the row
    size = by_rows(np.maximum, np.abs(p.data), p.indptr, numbers.ones(m))
    extra_rows = np.concatenate([below, above])
    extra = np.concatenate([size[below], -size[above]])
    own = rows_of(p.indptr)
    columns = np.concatenate([p.indices, n + np.arange(k)])
    indptr, indices, data = compress(
        np.concatenate([own, extra_rows]), columns, np.concatenate([p.data, extra]), (m, n + k)
    )
    blocks = Blocks.of(x=n, miss=k)
    nothing = numbers.zeros(k)
    return Program(
        "min", p.exact, f"{p.name} phase one", blocks, p.row_blocks,
        np.concatenate([numbers.zeros(n), numbers.ones(k)]), numbers.zero,
        np.concatenate([p.lower, nothing]), np.concatenate([p.upper, numbers.full(k, np.inf)]),
        p.row_lower.copy(), p.row_upper.copy(), indptr, indices, data,
    )  # fmt: skip


def ray_program(p: Program) -> Program:
    """The columns of the program, as a direction; a quadratic part adds the rows Q d = 0."""
    numbers = arithmetic(p.exact)
    zero, one = numbers.zero, numbers.one

    def cone(bounds: Array, otherwise: Number) -> Array:
        out = numbers.full(bounds.size, otherwise)
        out[~infinities(bounds)] = zero
        return out

    row_lower, row_upper = cone(p.row_lower, -np.inf), cone(p.row_upper, np.inf)
    lower, upper = cone(p.lower, -one), cone(p.upper, one)
    indptr, indices, data = p.indptr, p.indices, p.data
    blocks = dict(p.row_blocks)
    if p.quadratic is not None:
        i, j, values = p.quadratic
        n = p.num_columns
        own = rows_of(p.indptr)
        indptr, indices, data = compress(
            np.concatenate([own, p.num_rows + i]), np.concatenate([indices, j]),
            np.concatenate([data, values]), (p.num_rows + n, n),
        )  # fmt: skip
        nothing = numbers.zeros(n)
        row_lower, row_upper = np.concatenate([row_lower, nothing]), np.concatenate([row_upper, nothing])
        blocks["curvature"] = Block("curvature", p.num_rows, n, (n,))
    return Program(
        p.sense, p.exact, f"{p.name} ray", p.column_blocks, Blocks(blocks), p.objective.copy(),
        zero, lower, upper, row_lower, row_upper, indptr, indices, data,
    )  # fmt: skip


def linear_program(p: Program, gradient: Array) -> Program:
    """The program with the exact `gradient` (columns,) as objective, and no constant."""
    return Program(
        p.sense, True, f"{p.name} linear", p.column_blocks, p.row_blocks, gradient, Fraction(0),
        to_exact(p.lower), to_exact(p.upper), to_exact(p.row_lower), to_exact(p.row_upper),
        p.indptr, p.indices, to_exact(p.data),
    )  # fmt: skip
