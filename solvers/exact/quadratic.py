"""Exact optima of convex quadratic programs, from the active set of a float solution.

Once it is known which columns sit at a bound and which rows bind, optimality is a linear system: with F
the free columns, N the others and W the binding rows,

    Q_FF x_F − A_WF' y_W = −c_F − Q_FN x_N,      A_WF x_F = b_W − A_WN x_N.

The system is solved over the rationals and examined; conditions that it breaks change the active set, a few
times at most. Where optima or duals are not unique the system is singular: unknowns that depend on others are
then set to their float values (columns) or to 0 (rows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ..arithmetic import RATIONAL
from ..clock import Clock
from ..numbers import Array, Floats, Ints, objects, to_exact
from ..options import AT_LOWER, AT_UPPER, BASIC, Basis
from ..sparse import compress, rows_of, sparse_lu
from .dense import Singular, solve_system
from .examine import examine, hessian_times
from .integers import IntegerProgram
from .prove import Attempt
from .rationals import Rationals, common, doubles, narrow
from .sparse_integers import SparseIntegers
from .vertex import Vertex

_INSIDE = BASIC  # neither at its lower nor at its upper bound
_ROUNDS = 30
_DENSE = 2_000  # a singular system is thinned out by a dense factorisation up to this size
_RANK = 1e-11  # a pivot this small beside the largest is taken for zero
_GUESSES = (1e-6, 1e-4, 1e-8)


class _Active(Basis):
    """Where each column and row is taken to be: at a bound or, however many they are, `_INSIDE`."""


def semidefinite(program: IntegerProgram, check: Callable[[], None] = lambda: None) -> bool:
    """Whether Q curves the right way, decided over the rationals by symmetric elimination.

    `check` is called now and then and may raise.
    """
    quadratic = program.source.quadratic
    if quadratic is None:
        return True
    left: dict[int, dict[int, Fraction]] = {}
    for i, j, value in zip(*(part.tolist() for part in quadratic), strict=True):
        left.setdefault(i, {})[j] = program.sign * Fraction(value)
    for i in sorted(left, key=lambda k: len(left[k])):  # sparse rows first keep fill-in away
        row = left.pop(i)
        pivot = row.pop(i, Fraction(0))
        for j in row:
            del left[j][i]
        others = {j: value for j, value in row.items() if value}
        if pivot < 0 or (pivot == 0 and others):
            return False
        for j, value in others.items():
            check()
            for k, other in others.items():
                left[j][k] = left[j].get(k, Fraction(0)) - value * other / pivot
    return True


def quadratic_attempts(
    program: IntegerProgram, primal: Floats, dual: Floats, clock: Clock
) -> Iterator[Attempt]:
    """Exact solutions for the active set of a float solution of the scaled program, and for its neighbours.

    Ends with the first that is optimal.
    """
    for guess in _GUESSES:
        active: _Active | None = _guess(program, primal, dual, guess)
        seen: set[bytes] = set()
        while active is not None and len(seen) < _ROUNDS:
            clock.check()
            if active.key in seen:
                break
            seen.add(active.key)
            try:
                at = _solve(program, active, primal, clock.check)
            except Singular:
                break
            attempt = Attempt(None, at, examine(program, at.x, at.y))
            yield attempt
            if attempt.seen.optimal:
                return
            active = _next(program, active, attempt)


def _guess(program: IntegerProgram, primal: Floats, dual: Floats, near: float) -> _Active:
    p = program.scaled.program
    activity = p.matrix @ primal
    columns = _sides(primal, p.lower, p.upper, near)
    rows = _sides(activity, p.row_lower, p.row_upper, near)
    # a row without a price is taken in only when it turns out to be broken: it may depend on others
    idle = (np.abs(dual) <= near * _money(program)) & (p.row_lower != p.row_upper)
    return _Active(columns, np.where(idle, _INSIDE, rows).astype(np.int8))


def _money(program: IntegerProgram) -> float:
    """Of what size the objective is, and so the prices, in the units of the scaled program; 0 of none."""
    p = program.scaled.program
    costs = p.objective if p.quadratic is None else np.concatenate([p.objective, p.quadratic[2]])
    return float(np.abs(costs).max(initial=0))


def _sides(values: Floats, lower: Floats, upper: Floats, near: float) -> NDArray[np.int8]:
    size = min(float(np.abs(values).max(initial=0)), 1.0)  # of what is small beside them
    low = values - lower <= near * (size + np.abs(np.where(np.isfinite(lower), lower, 0)))
    high = upper - values <= near * (size + np.abs(np.where(np.isfinite(upper), upper, 0)))
    return np.where(low, AT_LOWER, np.where(high, AT_UPPER, _INSIDE)).astype(np.int8)


def _next(program: IntegerProgram, active: _Active, attempt: Attempt) -> _Active:
    """Hold what ran over a bound, let go what is held the wrong way."""
    columns, rows = active.columns.copy(), active.rows.copy()
    columns[attempt.seen.dual.columns] = _INSIDE
    rows[attempt.seen.dual.rows] = _INSIDE
    p, x = program.source.to_float(), attempt.vertex.x
    values, broken = doubles(x), attempt.seen.primal
    for status, at, k, lower, upper in (
        (columns, values, broken.columns, p.lower, p.upper),
        (rows, p.matrix @ values, broken.rows, p.row_lower, p.row_upper),
    ):
        nearer = np.abs(at[k] - lower[k]) < np.abs(at[k] - upper[k])
        status[k] = np.where(nearer, AT_LOWER, AT_UPPER)
    return _Active(columns, rows)


def _solve(program: IntegerProgram, active: _Active, primal: Floats, check: Callable[[], None]) -> Vertex:
    """The solution of the optimality conditions for this active set. Raises ``Singular``."""
    n = program.num_columns
    free, binding = np.flatnonzero(active.columns == _INSIDE), np.flatnonzero(active.rows != _INSIDE)
    held = RATIONAL.zeros(n)
    for side, bounds in ((AT_LOWER, program.lower), (AT_UPPER, program.upper)):
        held[active.columns == side] = bounds[active.columns == side]
    system, scale = _system(program, free, binding)
    right = _right_side(program, active, common(held), free, binding, scale)
    keep_rows, keep_columns, fixed = _independent(program, system, scale, free, binding, primal)
    if fixed is not None:
        right = right - _times(system, fixed)
        system = system.cut(keep_rows, keep_columns)
    wanted = common(right[keep_rows])
    solution = solve_system(system, wanted.numerators, check).fractions() / wanted.denominator
    unknown = RATIONAL.zeros(free.size + binding.size) if fixed is None else fixed
    unknown[keep_columns] = solution
    held[free] = unknown[: free.size]
    y = RATIONAL.zeros(program.num_rows)
    y[binding] = unknown[free.size :] / scale
    return Vertex(common(held), common(y))


def _system(program: IntegerProgram, free: Ints, binding: Ints) -> tuple[SparseIntegers, int]:
    """The matrix over the integers, for unknowns x_F and scale · y_W; and the scale, which clears Q."""
    quadratic = program.source.quadratic
    part = program.matrix.cut(binding, free)
    row = rows_of(part.indptr)
    entries = part.entries.astype(object)
    size = free.size + binding.size
    blocks = [(free.size + row, part.indices, entries), (part.indices, free.size + row, -entries)]
    scale = 1
    if quadratic is not None:
        i, j, given = quadratic
        place = np.full(program.num_columns, -1)
        place[free] = np.arange(free.size)
        inside = (place[i] >= 0) & (place[j] >= 0)
        whole = common(to_exact(given[inside]))
        scale = whole.denominator
        blocks.append((place[i[inside]], place[j[inside]], whole.numerators))
    rows, columns, values = map(np.concatenate, zip(*blocks, strict=True))
    indptr, indices, data = compress(rows, columns, values, (size, size))
    return SparseIntegers(indptr, indices, narrow(data), (size, size)), scale


def _right_side(
    program: IntegerProgram, active: _Active, held: Rationals, free: Ints, binding: Ints, scale: int
) -> Array:
    gradient = hessian_times(program, held).fractions() + program.objective
    values = RATIONAL.zeros(binding.size)
    taken = program.matrix.cut(binding).times(held.numerators).tolist()
    for k, (i, used) in enumerate(zip(binding.tolist(), taken, strict=True)):
        bound = (program.row_lower if active.rows[i] == AT_LOWER else program.row_upper)[i]
        values[k] = bound * program.multiplier(i) - Fraction(used, held.denominator)
    return np.concatenate([-gradient[free] * scale, values])


def _independent(
    program: IntegerProgram, system: SparseIntegers, scale: int, free: Ints, binding: Ints, primal: Floats
) -> tuple[Ints, Ints, Array | None]:
    """(rows, columns, rest): independent equations and unknowns, and values for all the unknowns left out."""
    size = system.shape[0]
    every = np.arange(size)
    balanced = _balanced(program, system, scale, free, binding)
    if _regular(balanced):
        return every, every, None
    if size > _DENSE:
        raise Singular(f"the optimality conditions, {size} equations, are singular")
    dense = balanced.toarray()
    _, upper, order = scipy.linalg.qr(dense, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(upper))
    rank = int((diagonal > _RANK * diagonal[0]).sum()) if diagonal[0] > 0 else 0
    keep_columns = np.sort(order[:rank])
    _, _, order = scipy.linalg.qr(dense[:, keep_columns].T, mode="economic", pivoting=True)
    keep_rows = np.sort(order[:rank])
    rest = RATIONAL.zeros(size)
    values = primal * program.scaled.columns
    left_out = np.setdiff1d(np.arange(free.size), keep_columns)
    rest[left_out] = objects(Fraction(v).limit_denominator(10**6) for v in values[free[left_out]].tolist())
    return keep_rows, keep_columns, rest


def _balanced(
    program: IntegerProgram, system: SparseIntegers, scale: int, free: Ints, binding: Ints
) -> sp.csr_array:
    """The system in doubles and in the units of the scaled program, and of its money, where sizes can be
    compared."""
    rows, columns = program.scaled.rows[binding], program.scaled.columns[free]
    worth = scale * (_money(program) or 1.0)
    above, across = np.concatenate([columns / worth, rows]), np.concatenate([columns, rows * worth])
    where = rows_of(system.indptr)
    values = system.entries.astype(np.float64) * above[where] * across[system.indices]
    return sp.csr_array((values, system.indices, system.indptr), shape=system.shape)


def _regular(system: sp.csr_array) -> bool:
    """Whether a float LU finds nothing wrong with the system."""
    if not system.shape[0]:
        return True
    try:
        pivots = np.abs(sparse_lu(system).U.diagonal())
    except RuntimeError:
        return False
    return bool(pivots.min() > _RANK * pivots.max())


def _times(system: SparseIntegers, x: Array) -> Array:
    whole = common(x)
    return Rationals(system.times(narrow(whole.numerators)), whole.denominator).fractions()
