"""Engines for many small systems: linear programs, least norms, ranks, square systems."""

from __future__ import annotations

from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers.algorithms import small_programs
from dynamech.solvers.algorithms.least_norm import dual_active_set, least_norm
from dynamech.solvers.algorithms.small_programs import SmallPrograms, solve_small
from dynamech.solvers.arithmetic import DOUBLE, RATIONAL
from dynamech.solvers.clock import Clock
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.exact.integers import clear
from dynamech.solvers.exact.interval import program_duals
from dynamech.solvers.exact.prove import attempts
from dynamech.solvers.linear import null_vector, rank, solve_square
from dynamech.solvers.numbers import to_exact, to_float
from dynamech.solvers.options import AT_UPPER, Basis, Options
from dynamech.solvers.solve import solve

SEEDS = st.integers(0, 10**6)


def fractions(rng: np.random.Generator, *shape: int, top: int = 9) -> Any:
    out = np.empty(int(np.prod(shape)), dtype=object)
    out[:] = [F(int(v), 4) for v in rng.integers(-top, top + 1, size=out.size)]
    return out.reshape(shape)


def boxed(rng: np.random.Generator, n: int, rows: int, columns: int, exact: bool) -> SmallPrograms:
    """Programs that 0 satisfies, in boxes: feasible and bounded."""
    change = to_exact if exact else to_float
    upper = change(abs(fractions(rng, n, rows)))
    upper[:, 0] = np.inf
    return SmallPrograms.of(
        change(fractions(rng, n, rows, columns)),
        change(fractions(rng, n, columns)),
        -change(abs(fractions(rng, n, rows))),
        upper,
        change(np.array([F(-1)] * columns, dtype=object)),
        change(np.array([F(2)] * columns, dtype=object)),
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=SEEDS, exact=st.booleans())
def test_small_programs_have_the_values_and_duals_of_each_by_itself(seed: int, exact: bool) -> None:
    programs = boxed(np.random.default_rng(seed), 5, 3, 6, exact)
    found = solve_small(programs)
    for k in range(len(programs)):
        alone = solve(programs.program(k), exact=exact)
        if exact:
            assert found.value[k] == alone.value
        else:
            assert alone.value is not None
            assert found.value[k] == pytest.approx(float(alone.value), abs=1e-9)
        reduced = programs.objective[k] - found.dual[k] @ programs.matrix[k]
        # Weak duality closes: the box's part of the bound plus the rows'.
        box = np.where(reduced > 0, reduced * programs.upper[k], reduced * programs.lower[k]).sum()
        price, slack = found.dual[k], 1e-12
        rows = sum(
            p * (programs.row_upper[k][r] if p > 0 else programs.row_lower[k][r])
            for r, p in enumerate(price)
            if abs(p) > slack
        )
        assert float(box + rows) == pytest.approx(float(found.value[k]), abs=1e-9)


def test_a_basis_is_judged_as_the_sparse_prover_judges_it() -> None:
    """Random statuses, and those that the solver ends with: optimal or not, and then the same vectors."""
    rng, judged = np.random.default_rng(4), {True: 0, False: 0}
    for size in (1, 2, 3):
        programs = boxed(rng, 8, size, 3, True)
        quick, clock = programs.each(small_programs._in_flint), Clock(Options())
        _, columns, rows = small_programs._in_doubles(programs, clock)
        for k in range(len(programs)):
            drawn = [
                (rng.integers(0, 3, 3).astype(np.int8), rng.integers(0, 3, size).astype(np.int8))
                for _ in range(20)
            ]
            for basis in (Basis(columns[k], rows[k]), *(Basis(*pair) for pair in drawn)):
                bound = np.isposinf(to_float(programs.row_upper[k])) & (basis.rows == AT_UPPER)
                if bound.any():  # no such bound
                    assert small_programs._at_basis(quick, k, basis.columns, basis.rows) is None
                    continue
                whole = clear(programs.program(k))
                first = next(attempts(whole, basis, clock), None)
                told = small_programs._at_basis(quick, k, basis.columns, basis.rows)
                best = first is not None and first.seen.optimal
                assert (told is not None) == best
                judged[best] += 1
                if told is not None and first is not None:
                    value, primal, dual = told
                    assert value == first.seen.value
                    assert (primal == first.vertex.x.fractions()).all()
                    assert (dual == program_duals(whole, first.vertex.y)).all()
    assert min(judged.values()) > 20


def test_one_hard_program_does_not_spoil_its_group() -> None:
    """Coefficients that the solver drops as too small leave it without an optimum; exact pivots have one."""
    programs = boxed(np.random.default_rng(1), 4, 2, 3, False)
    matrix, objective = programs.matrix.copy(), programs.objective.copy()
    upper, row_upper = np.array(programs.upper), np.array(programs.row_upper)
    matrix[2] = [[1e-13, 0, 0], [0, 1, 0]]
    objective[2], upper[2, 0], row_upper[2] = [1, 0, 0], np.inf, 1
    hard = SmallPrograms.of(matrix, objective, programs.row_lower, row_upper, programs.lower, upper)
    found = solve_small(hard)
    assert found.value[2] == pytest.approx(1e13)
    others = [0, 1, 3]
    assert found.value[others] == pytest.approx(solve_small(hard.only(others)).value)


def conditions(matrix: Any, bounds: Any, equal: Any, found: Any, k: int) -> None:
    """Optimality of system k, or the Farkas vector, recomputed."""
    y, exact = found.multipliers[k], found.p.dtype == object
    small = 0 if exact else 1e-8
    assert (y[~equal] >= -small).all()
    if found.feasible[k]:
        slack = matrix @ found.p[k] - bounds
        assert (abs(slack[equal]) <= small).all()
        assert (slack[~equal] >= -small).all()
        assert (abs(y * slack) <= small * 10).all()
        assert (abs(y @ matrix - found.p[k]) <= small * 10).all()
    else:
        assert (abs(y @ matrix) <= small).all()
        assert y @ bounds > small


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=SEEDS, rows=st.integers(1, 5), columns=st.integers(1, 6), exact=st.booleans())
def test_least_norms_satisfy_their_optimality_conditions(
    seed: int, rows: int, columns: int, exact: bool
) -> None:
    rng = np.random.default_rng(seed)
    matrix, bounds = fractions(rng, 6, rows, columns, top=3), fractions(rng, 6, rows, top=3)
    matrix[5, -1] = matrix[5, 0]  # rows that agree, which no choice of bounds may trip over
    equal = rng.integers(0, 2, size=(6, rows)).astype(bool)
    if not exact:
        matrix, bounds = to_float(matrix), to_float(bounds)
    found = least_norm(matrix, bounds, equal)
    for k in range(6):
        conditions(matrix[k], bounds[k], equal[k], found, k)
        feasible, y = dual_active_set(matrix[k], bounds[k], equal[k])
        assert feasible == found.feasible[k]
        if feasible:
            assert to_float(y @ matrix[k]) == pytest.approx(to_float(found.p[k]), abs=1e-7)


def test_least_norms_share_matrices() -> None:
    rng = np.random.default_rng(5)
    matrix, bounds = fractions(rng, 2, 3, 5), fractions(rng, 6, 3)
    which, equal = np.array([0, 0, 0, 1, 1, 1]), np.tile(np.eye(3, dtype=bool), (2, 1))
    shared = least_norm(matrix, bounds, equal, which)
    own = least_norm(matrix[which], bounds, equal)
    assert (shared.p == own.p).all()
    for k in range(6):
        conditions(matrix[which[k]], bounds[k], equal[k], shared, k)


def test_ranks_and_null_vectors() -> None:
    matrix = np.array([[F(1), F(2)], [F(1, 3), F(2, 3)], [F(0), F(1)]], dtype=object)
    assert rank(matrix) == 2
    null = null_vector(matrix)
    assert null is not None
    assert (null @ matrix == 0).all()
    assert max(null, key=abs) == 1
    assert null_vector(matrix[[0, 2]]) is None


def test_square_systems_exactly_and_in_doubles() -> None:
    rng = np.random.default_rng(2)
    matrix, wanted = fractions(rng, 5, 5), fractions(rng, 5)
    matrix[np.arange(5), np.arange(5)] += 40
    rows, columns = np.nonzero(matrix)
    x = solve_square(rows, columns, matrix[rows, columns], wanted)
    assert (matrix @ x == wanted).all()
    rounded = solve_square(rows, columns, to_float(matrix[rows, columns]), to_float(wanted))
    assert rounded == pytest.approx(to_float(x))
    for singular in (RATIONAL.zeros(2), DOUBLE.zeros(2)):
        with pytest.raises(InvalidInput, match="2 equations is singular"):
            solve_square(np.array([0, 1]), np.array([0, 1]), singular + np.array([1, 0]), singular)
