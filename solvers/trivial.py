"""Programs that are decided before any engine sees them: crossing bounds, and no columns at all."""

from __future__ import annotations

import numpy as np

from .numbers import Array, Bools, distinct, to_float
from .options import Basis, Options
from .program import Program
from .solution import Solution


def decided(program: Program, solver: str, options: Options) -> Solution | None:
    """The answer to a program that needs no engine; None for any other."""
    if (words := crossing(program)) is not None:
        return Solution(program, "infeasible", f"infeasible: {words}", solver, tolerances=options.tolerances)
    if program.num_columns:
        return None
    # constants: every row is the number 0
    p = program.to_float()
    bad = np.flatnonzero((p.row_lower > 0) | (p.row_upper < 0))
    if bad.size:
        k = int(bad[0])
        side = f"between {p.row_lower[k]:g} and {p.row_upper[k]:g}"
        words = f"infeasible: {program.row_label(k)} has no columns and must lie {side}"
        return Solution(program, "infeasible", words, solver, tolerances=options.tolerances)
    value, none = float(p.offset), np.zeros(0)
    return Solution(
        program, "optimal", f"optimal: value {value:.10g}", solver, value, value, none,
        np.zeros(p.num_rows), none, Basis.of_rows(p.num_rows), tolerances=options.tolerances,
    )  # fmt: skip


def crossing(program: Program) -> str | None:
    """The first row or column whose bounds cross, said in words, or None."""
    for lower, upper, label in (
        (program.lower, program.upper, program.column_label),
        (program.row_lower, program.row_upper, program.row_label),
    ):
        # exact numbers are compared only where their doubles do not already tell
        suspects = np.flatnonzero(to_float(lower) >= to_float(upper))
        bad = suspects[_above(lower[suspects], upper[suspects])]
        if bad.size:
            k = int(bad[0])
            return f"{label(k)} has lower bound {lower[k]} above upper bound {upper[k]}"
    return None


def _above(lower: Array, upper: Array) -> Bools:
    """lower > upper; of rationals each pair is compared once, since most rows have the same few bounds."""
    if lower.dtype != object:
        return np.asarray(lower > upper, dtype=np.bool_)
    (lows, low_place), (highs, high_place) = distinct(lower), distinct(upper)
    pairs, place = np.unique(low_place * max(len(highs), 1) + high_place, return_inverse=True)
    above = [lows[k // len(highs)] > highs[k % len(highs)] for k in pairs.tolist()]
    return np.array(above, dtype=np.bool_)[place]
