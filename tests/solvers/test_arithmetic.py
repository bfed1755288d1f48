"""What counts as nothing, in either arithmetic and at any scale."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from dynamech.solvers.arithmetic import (
    COMPUTED,
    DOUBLE,
    RATIONAL,
    ROUNDED,
    SOLVED,
    Arithmetic,
    arithmetic,
    arithmetic_of,
)
from dynamech.solvers.numbers import to_exact

UNITS = (1e-300, 1e-9, 1.0, 1e9, 1e300)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("grade", [ROUNDED, COMPUTED, SOLVED])
def test_nothing_is_small_by_itself(unit: float, grade: float) -> None:
    data = np.array([-4.0, 1.0, 0.0]) * unit
    slack = DOUBLE.slack(data, grade)
    assert slack == pytest.approx(4 * grade * unit, rel=1e-15)
    assert DOUBLE.slack(-4 * unit, grade) == slack
    inside = np.array([slack, -slack, 2 * slack, -2 * slack])
    assert DOUBLE.negligible(inside, 4 * unit, grade).tolist() == [True, True, False, False]


def test_each_value_is_beside_its_own_scale() -> None:
    values = np.array([[1e-5, 1e-5], [1e-25, 0.0]])
    assert DOUBLE.negligible(values, np.array([[1e5], [0.0]])).tolist() == [[True, True], [False, True]]


def test_only_zero_is_nothing_over_the_rationals() -> None:
    assert RATIONAL.slack(10**400) == RATIONAL.slack(np.array([F(1)])) == F(0)
    assert isinstance(RATIONAL.slack(1), F)
    values = np.array([F(0), F(1, 10**400), F(-1, 10**400)])
    assert RATIONAL.negligible(values, 10**9).tolist() == [True, False, False]


def test_slack_of_nothing_and_of_numbers_beyond_doubles() -> None:
    assert DOUBLE.slack(np.zeros(0)) == 0.0
    assert DOUBLE.slack(F(10**400)) == np.inf  # and not an OverflowError
    assert DOUBLE.slack(np.array([F(1, 2), F(-3)]), ROUNDED) == 3 * ROUNDED


def test_shares_sum_to_one_and_divide_by_no_zero() -> None:
    weights = np.array([[1.0, 3.0], [0.0, 0.0]])
    assert DOUBLE.shares(weights).tolist() == [[0.25, 0.75], [0.0, 0.0]]
    exact = RATIONAL.shares(to_exact(weights))
    assert exact.tolist() == [[F(1, 4), F(3, 4)], [F(0), F(0)]]
    thirds = RATIONAL.shares(RATIONAL.ones((2, 3)))
    assert (thirds.sum(axis=1) == 1).all()


@pytest.mark.parametrize("numbers", [RATIONAL, DOUBLE])
def test_arrays_stay_in_their_arithmetic(numbers: Arithmetic) -> None:
    kind = F if numbers.exact else float
    for made in (
        numbers.ones(2),
        numbers.full((2, 1), numbers.zero),
        numbers.array(np.array([0.5])),
        numbers.array(np.array([F(1, 2)])),
        numbers.divisor(numbers.full(2, numbers.zero)),
        numbers.shares(numbers.ones((1, 2))),
    ):
        assert arithmetic_of(made) is numbers
        assert all(type(v) is kind for v in made.ravel().tolist())


def test_divisors_are_what_is_there() -> None:
    values = np.array([2.0, -3.0, 0.0])
    assert DOUBLE.divisor(values).tolist() == [2.0, 1.0, 1.0]
    assert DOUBLE.divisor(values, values != 0).tolist() == [2.0, -3.0, 1.0]


def test_one_double_makes_all_of_it_doubles() -> None:
    exact, floats = np.array([F(1)]), np.array([1.0])
    assert arithmetic_of(exact, F(1), 0) is RATIONAL is arithmetic(True)
    assert arithmetic_of(exact, floats) is DOUBLE is arithmetic(False)
    assert arithmetic_of(F(1), np.float64(1)) is DOUBLE


def test_doubles_turned_rational_keep_their_infinities_and_their_shape() -> None:
    given = np.array([[0.5, -np.inf], [np.inf, 0.5]])
    assert to_exact(given).tolist() == [[F(1, 2), -np.inf], [np.inf, F(1, 2)]]
    assert to_exact(np.array(0.25)).shape == ()
    assert to_exact(np.zeros((0, 3))).shape == (0, 3)
    with pytest.raises(ValueError, match="NaN"):
        to_exact(np.array([np.nan]))
