"""The cells of the quantile coupling, counted over one denominator of whatever length."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dynamech.models.relaxations.coupling import couple
from dynamech.solvers.numbers import Array, objects


def _rows(unit: int) -> Array:
    """Two distributions on three types with breakpoints at 1/3, 1/2, 3/4, each moved by 1/unit."""
    off = Fraction(1, unit)
    first, second, third = Fraction(1, 3) + off, Fraction(1, 2) + off, Fraction(3, 4) + off
    rows = [first, second - first, 1 - second, Fraction(0), third, 1 - third]
    return objects(rows).reshape(2, 3)


@pytest.mark.parametrize("unit", [100, 10**18, 10**40])
def test_breakpoints_are_exact_whatever_the_denominator(unit: int) -> None:
    off = Fraction(1, unit)
    lengths, moves = couple(_rows(unit), np.arange(2), "quantile", "agent")
    assert lengths.tolist() == [
        Fraction(1, 3) + off, Fraction(1, 6), Fraction(1, 4), Fraction(1, 4) - off
    ]  # fmt: skip
    assert {type(length) for length in lengths.tolist()} == {Fraction}
    assert moves.tolist() == [[0, 1, 2, 2], [1, 1, 1, 2]]
    for row, told in zip(_rows(unit), moves, strict=True):
        assert [sum(lengths[told == k], Fraction(0)) for k in range(3)] == row.tolist()


def test_doubles_have_the_same_cells() -> None:
    lengths, moves = couple(_rows(100).astype(np.float64), np.arange(2), "quantile", "agent")
    exact, same = couple(_rows(100), np.arange(2), "quantile", "agent")
    assert np.allclose(lengths, exact.astype(np.float64), rtol=0, atol=1e-12)
    assert (moves == same).all()
