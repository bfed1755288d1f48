"""Optimal bases held along a parameter, of programs whose value on an interval has a closed form."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from dynamech.solvers.algorithms.along import Held, above, equal, held, nodes
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

F = Fraction


def one(rows: Any, right: Any, objective: Any) -> Program:
    """max objective · x, rows x ≤ right, x ≥ 0."""
    build = Builder(sense="max", exact=True)
    build.columns("x", len(objective), lower=0)
    build.rows("r", len(right), upper=[F(v) for v in right])
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            if entry:
                build.entries(np.array([i]), np.array([j]), F(entry))
    build.add_objective(np.arange(len(objective)), [F(v) for v in objective])
    return build.build()


def steep(t: Fraction) -> Program:
    """max x, t x ≤ 1: 1 / t, a rational function."""
    return one([[t]], [1], [1])


def bent(t: Fraction) -> Program:
    """max t x + y, x + y ≤ 1: the larger of t and 1, whose basis changes at 1."""
    return one([[1, 1]], [1], [t, 1])


def jumping(t: Fraction) -> Program:
    """max x, x ≤ 1 below 3/4 and 2 from there on: no polynomial."""
    return one([[1]], [1 if t < F(3, 4) else 2], [1])


def along(
    family: Callable[[Fraction], Program], low: Any, high: Any, degree: int = 2
) -> tuple[Held | None, Held | None]:
    low, high = F(low), F(high)
    basis = solve(family((low + high) / 2), exact=True).basis
    assert basis is not None
    programs = [family(low + share * (high - low)) for share in nodes(degree)]
    return held(programs, basis, degree, "primal"), held(programs, basis, degree, "dual")


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_a_basis_that_stays_optimal_proves_the_value_from_both_sides(degree: int) -> None:
    below, most = along(bent, 2, 3, degree)
    assert below is not None
    assert most is not None
    assert equal(below, most)
    assert below.value.tolist() == [2 + share for share in nodes(degree)]
    assert not above(below, most, degree)


def test_a_vector_with_a_denominator_is_followed() -> None:
    below, most = along(steep, 1, 2)
    assert below is not None
    assert most is not None
    assert equal(below, most)
    assert below.value.tolist() == [1 / (1 + share) for share in nodes(2)]
    assert along(steep, 1, 2, degree=1) == (None, None)  # q is of degree 1 there


def test_a_basis_that_changes_inside_proves_one_side_alone() -> None:
    """y = 1 is feasible all the way, and optimal up to t = 1 only: with the reduced cost t − 1 no bound."""
    below, most = along(bent, 0, "7/4")
    assert below is not None
    assert below.value.tolist() == [1] * 8
    assert most is None
    assert along(bent, 0, 1)[1] is not None


def test_one_value_above_another_but_for_an_end() -> None:
    (attained, _), (_, bound) = along(bent, 1, 2), along(lambda t: one([[1]], [1], [1]), 1, 2)
    assert attained is not None
    assert bound is not None
    assert above(attained, bound, 2)  # t > 1 inside, and t = 1 at the end
    assert not above(bound, attained, 2)
    assert not above(bound, bound, 2)


def test_numbers_that_are_no_polynomials_are_refuted() -> None:
    assert along(jumping, 0, "1/2")[0] is not None
    assert along(jumping, 0, 1)[0] is None
