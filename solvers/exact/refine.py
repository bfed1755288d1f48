"""From a basis that is optimal to within tolerances to one that is optimal: iterative refinement.

Around an exact basic solution (x*, y*), which breaks some condition by 10⁻⁹ or 10⁻¹⁹, the program is written
anew in x̂ = Δp (x − x*), with objective Δd (z*'x̂ + y*'ŝ), ŝ = A x̂, which differs from Δp Δd c'x by a constant.
The factors make the broken conditions of size 1, so that the solver sees them plainly; only the basis of its
answer is kept. (Gleixner, Steffy, Wolter 2016. Rows whose dual is not zero need ŝ_i as a column of its own:
otherwise z* and y* would have to be added up to c again, and the digits that matter would be lost.)
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from ..blocks import Blocks
from ..engines.highs_session import last_basis
from ..numbers import Floats, Ints, ratio
from ..options import AT_LOWER, BASIC, Basis, Options
from ..program import Program
from .examine import Examination, against
from .integers import IntegerProgram, Side
from .rationals import Integers, Rationals, doubles
from .vertex import Vertex

_FAR = 1e12  # a price this many times the largest fault decides nothing more
_TINY = 1e-12
_NEAR = 1e-4  # of the terms of a row: farther from its bound a gap may be a difference of doubles


def refined_basis(
    program: IntegerProgram,
    basis: Basis,
    at: Vertex,
    seen: Examination,
    options: Options,
    *,
    most: float = np.inf,
) -> Basis | None:
    """The basis that is optimal for the program seen from `at`, magnified; None if the solver finds none.

    `most` bounds the magnification of faults that are not yet tiny: a badly scaled program may be too much
    for the solver when all of its digits are asked for at once.
    """
    powers, units, scaled = program.scaled.rows, program.scaled.columns, program.scaled.program
    toward_primal, toward_dual = _magnify(seen.primal.worst, most), _magnify(seen.dual.worst, most)
    own = np.flatnonzero(
        np.asarray(at.y.numerators != 0, dtype=np.bool_) & (scaled.row_lower != scaled.row_upper)
    )
    n, m, k = program.num_columns, program.num_rows, own.size
    with np.errstate(over="ignore", invalid="ignore"):  # what doubles do not hold HiGHS refuses below
        lower, upper = _gaps(program.column_sides, at.x, toward_primal / units)
        row_lower, row_upper = _row_gaps(program, at.x, powers, toward_primal)
        cost = np.clip(doubles(seen.reduced_costs) * units * toward_dual, -_FAR, _FAR)
        price = np.clip(doubles(at.y)[own] / powers[own] * toward_dual, -_FAR, _FAR)
    slack = sp.csr_array((-np.ones(k), (own, np.arange(k))), shape=(m, k))
    matrix = sp.hstack([scaled.matrix, slack], format="csr")
    bounds = row_lower.copy(), row_upper.copy()
    for side in bounds:
        side[own] = 0.0
    magnified = Program(
        program.source.sense, False, "refinement", Blocks.of(x=n, s=k), Blocks.of(row=m),
        np.concatenate([cost, price]), 0.0,
        np.concatenate([lower, row_lower[own]]), np.concatenate([upper, row_upper[own]]), *bounds,
        matrix.indptr, matrix.indices, matrix.data,
    )  # fmt: skip
    start = basis.rows.copy()
    start[own] = AT_LOWER
    answer = last_basis(
        magnified,
        options,
        Basis(np.concatenate([basis.columns, basis.rows[own]]), start),
        simplex_strategy=1 if seen.primal else 4,  # a feasible point is to be kept: primal simplex
    )
    if answer is None:
        return None
    result = answer.rows.copy()
    # a row with a column of its own is basic if either is (both would be dependent)
    result[own] = np.where(answer.rows[own] == BASIC, BASIC, answer.columns[n:])
    return Basis(answer.columns[:n].copy(), result)


def _magnify(worst: float, most: float) -> float:
    """A power of two that makes the worst fault about 1; 1 where there is none, or none that doubles hold."""
    if worst == 0 or not np.isfinite(worst):
        return 1.0
    factor = float(np.exp2(min(-np.floor(np.log2(worst)), 1000.0)))
    return min(factor, most) if worst > _TINY else factor


def _gaps(sides: tuple[Side, Side], x: Rationals, magnify: Floats) -> tuple[Floats, Floats]:
    """Bounds of the columns seen from x: exact differences, rounded once."""
    low, high = np.full(x.size, -np.inf), np.full(x.size, np.inf)
    for out, side in zip((low, high), sides, strict=True):
        there = np.flatnonzero(side.there)
        out[there] = -_differences(x.numerators[there], x.denominator, side, there)
    return low * magnify, high * magnify


def _row_gaps(program: IntegerProgram, x: Rationals, powers: Floats, magnify: float) -> tuple[Floats, Floats]:
    """Bounds of the scaled rows seen from x. Only rows near a bound are worth exact differences."""
    scaled = program.scaled.program
    inside = doubles(x) / program.scaled.columns
    activity = scaled.matrix @ inside
    size = abs(scaled.matrix) @ np.abs(inside) + 1.0
    gaps = []
    for side, rounded in zip(program.row_sides, (scaled.row_lower, scaled.row_upper), strict=True):
        with np.errstate(invalid="ignore"):
            out = rounded - activity
            near = np.flatnonzero(np.isfinite(rounded) & (np.abs(out) < _NEAR * size))
        exact = program.matrix.cut(near).times(x.numerators)
        out[near] = -_differences(exact, x.denominator, side, near) * powers[near]
        gaps.append(out * magnify)
    return gaps[0], gaps[1]


def _differences(numerators: Integers, denominator: int, side: Side, at: Ints) -> Floats:
    """numerators / denominator − the bounds at these places in doubles, subtracted before rounding."""
    top = against(numerators, denominator, side, at)
    bottom = np.where(side.top[at] != 0, side.bottom[at], 1)
    return np.fromiter(
        (ratio(n, denominator * d) for n, d in zip(top.tolist(), bottom.tolist(), strict=True)),
        np.float64,
        at.size,
    )
