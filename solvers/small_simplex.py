"""Primal simplex over the rationals for a small dense program that the point 0 satisfies.

A last resort, slower than a proof of a float basis but deaf to bad scaling: every number is rational, from
the first pivot on. Columns start at 0, between their bounds if need be, rows start basic; Bland's rule takes
the first column that improves and the first row that blocks, so that it ends.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from .exact.rationals import objects
from .numbers import Array
from .rational_matrices import entries, rational_matrix

PIVOTS = 5_000


def rational_simplex(
    matrix: Array, objective: Array, row_bounds: tuple[Array, Array], bounds: tuple[Array, Array]
) -> tuple[Array, Array] | None:
    """(x (C,), duals (R,)) that maximise objective · x; None where 0 is infeasible, or the pivots run out.

    matrix (R, C) rational, bounds pairs of (lower, upper), infinite ones floats; duals in the signs of
    `Solution`.
    """
    height, width = matrix.shape
    # Variables: the columns, then each row's activity s with A x − s = 0.
    whole = np.concatenate([matrix, -_eye(height)], axis=1)
    lower, upper = (np.concatenate([c, r]) for c, r in zip(bounds, row_bounds, strict=True))
    cost = np.concatenate([objective, objects([Fraction(0)] * height)])
    if (lower > 0).any() or (upper < 0).any():
        return None
    value = objects([Fraction(0)] * (width + height))
    basis = list(range(width, width + height))
    for _ in range(PIVOTS):
        inverse = rational_matrix(whole[:, basis]).inv()
        duals = entries(rational_matrix(cost[None, basis]) * inverse)
        reduced = cost - duals @ whole
        reduced[basis] = Fraction(0)
        improving = ((reduced > 0) & (value < upper)) | ((reduced < 0) & (value > lower))
        if not improving.any():
            return value[:width], duals
        enter = int(np.flatnonzero(improving)[0])
        up = 1 if reduced[enter] > 0 else -1
        change = -up * entries(inverse * rational_matrix(whole[:, [enter]]))
        # How far it can go: to its own bound, or until the first basic variable meets one.
        best = upper[enter] - value[enter] if up > 0 else value[enter] - lower[enter]
        leave = -1
        for k in sorted(range(height), key=lambda row: basis[row]):
            if change[k] == 0:
                continue
            at = basis[k]
            limit = upper[at] if change[k] > 0 else lower[at]
            if isinstance(limit, float):
                continue
            room = (limit - value[at]) / change[k]
            if room < best:
                best, leave = room, k
        if isinstance(best, float):
            return None
        value[enter] += up * best
        for k, at in enumerate(basis):
            value[at] += best * change[k]
        if leave >= 0:
            basis[leave] = enter
    return None


def _eye(size: int) -> Array:
    out = np.full((size, size), Fraction(0), dtype=object)
    out[np.arange(size), np.arange(size)] = Fraction(1)
    return out
