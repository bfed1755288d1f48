"""The two programs that decide feasibility and boundedness, both feasible and bounded themselves.

- *Phase one* lets every row miss its bounds at a price and asks for the cheapest miss. Its optimum is 0 if
  and only if the program is feasible; if it is positive, its duals are a Farkas vector.
- The *ray* program asks for the direction in the box [−1, 1] that keeps to all bounds for ever and improves
  the objective most.
"""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from ..blocks import Block
from ..numbers import Array
from ..program import Program
from ..sparse import compress
from .integers import IntegerProgram, objects, segments


def _row_sizes(p: Program) -> Array:
    """The largest |entry| of each row, 1 for an empty one: what a unit of missing is measured by."""
    out: Array = objects([Fraction(1)] * p.num_rows) if p.exact else np.ones(p.num_rows)
    starts, full = segments(p.indptr)
    if full.size:
        out[full] = np.maximum.reduceat(np.abs(p.data), starts)
    return out


def phase_one(program: IntegerProgram) -> Program:
    """Columns: those of the program, then one for each finite row bound that may be missed."""
    p = program.source
    below, above = (np.flatnonzero(side) for side in program.has_row)
    n, m, k = p.num_columns, p.num_rows, below.size + above.size
    size = _row_sizes(p)
    extra_rows = np.concatenate([below, above])
    extra = np.concatenate([size[below], -size[above]])
    own = np.repeat(np.arange(m), np.diff(p.indptr))
    columns = np.concatenate([p.indices, n + np.arange(k)])
    indptr, indices, data = compress(
        np.concatenate([own, extra_rows]), columns, np.concatenate([p.data, extra]), (m, n + k)
    )
    blocks = MappingProxyType({"x": Block("x", 0, n, (n,)), "miss": Block("miss", n, k, (k,))})
    zero, one, far = _constants(p.exact)
    return Program(
        "min", p.exact, f"{p.name} phase one", blocks, p.row_blocks,
        np.concatenate([_fill(zero, n, p.exact), _fill(one, k, p.exact)]), zero,
        np.concatenate([p.lower, _fill(zero, k, p.exact)]), np.concatenate([p.upper, _fill(far, k, p.exact)]),
        p.row_lower.copy(), p.row_upper.copy(), indptr, indices, data,
    )  # fmt: skip


def ray_program(program: IntegerProgram) -> Program:
    """The columns of the program, as a direction; a quadratic part adds the rows Q d = 0."""
    p = program.source
    zero, one, far = _constants(p.exact)

    def cone(has: Any, bound: Any) -> Array:
        out = _fill(bound, has.size, p.exact)
        out[has] = zero
        return out

    row_lower, row_upper = cone(program.has_row[0], -far), cone(program.has_row[1], far)
    lower, upper = cone(program.has_column[0], -one), cone(program.has_column[1], one)
    indptr, indices, data = p.indptr, p.indices, p.data
    blocks = dict(p.row_blocks)
    if p.quadratic is not None:
        i, j, values = p.quadratic
        n = p.num_columns
        own = np.repeat(np.arange(p.num_rows), np.diff(p.indptr))
        indptr, indices, data = compress(
            np.concatenate([own, p.num_rows + i]), np.concatenate([indices, j]),
            np.concatenate([data, values]), (p.num_rows + n, n),
        )  # fmt: skip
        nothing = _fill(zero, n, p.exact)
        row_lower, row_upper = np.concatenate([row_lower, nothing]), np.concatenate([row_upper, nothing])
        blocks["curvature"] = Block("curvature", p.num_rows, n, (n,))
    return Program(
        p.sense, p.exact, f"{p.name} ray", p.column_blocks, MappingProxyType(blocks), p.objective.copy(),
        zero, lower, upper, row_lower, row_upper, indptr, indices, data,
    )  # fmt: skip


def _constants(exact: bool) -> tuple[Any, Any, float]:
    return (Fraction(0), Fraction(1), np.inf) if exact else (0.0, 1.0, np.inf)


def _fill(value: Any, size: int, exact: bool) -> Array:
    out = np.empty(size, dtype=object if exact else np.float64)
    out[:] = value
    return out
