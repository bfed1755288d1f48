"""Work on rationals that is done once for each different object: the same numbers as entry by entry."""

from __future__ import annotations

from fractions import Fraction as F
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np
import pytest

from dynamech.solvers.numbers import distinct, numbered, objects, paired, scaled, there, to_float


class Counted(F):
    """A rational that counts what is done with it."""

    done = 0

    def __neg__(self) -> F:
        Counted.done += 1
        return F(-self.numerator, self.denominator)

    def __mul__(self, other: Any) -> F:  # type: ignore[override]
        Counted.done += 1
        return F(self) * F(other)

    __rmul__ = __mul__  # type: ignore[assignment]


def drawn(seed: int, kind: type[F] = F) -> Any:
    rng = np.random.default_rng(seed)
    few = objects(kind(int(k), 7) for k in (-3, 0, 2, 5))
    return few[rng.integers(0, 4, (12, 15))]


@pytest.mark.parametrize("factor", [-1, 1, F(2, 3), 0])
def test_scaled(factor: Any) -> None:
    values = drawn(1)
    assert (scaled(factor, values) == factor * values).all()
    assert scaled(factor, values).shape == values.shape
    assert (scaled(float(factor), to_float(values)) == float(factor) * to_float(values)).all()
    assert scaled(factor, values[:0]).size == 0


@pytest.mark.parametrize("operation", [sub, mul])
def test_paired(operation: Any) -> None:
    a, b = drawn(1), drawn(2)
    told = paired(operation, a, b)
    assert (told == operation(a, b)).all()
    assert told.shape == a.shape
    assert (paired(operation, to_float(a), to_float(b)) == operation(to_float(a), to_float(b))).all()
    assert paired(operation, a[:0], b[:0]).size == 0


@pytest.mark.parametrize(
    ("work", "most"),
    [
        (lambda a: scaled(-1, a), 4),
        (lambda a: scaled(F(2), a), 4),
        (lambda a: paired(lambda x, y: x * y, a, a), 4),
    ],
)
def test_each_object_is_worked_on_once(work: Any, most: int) -> None:
    values = drawn(3, Counted)
    Counted.done = 0
    work(values)
    assert 0 < Counted.done <= most


@pytest.mark.parametrize("operation", [add, sub, mul, truediv])
@pytest.mark.parametrize("denominators", [(1, 2, 6), (7, 11, 13), (2**40, 3**30, 5), (2**70, 3, 1)])
def test_over_one_denominator_or_not(operation: Any, denominators: tuple[int, ...]) -> None:
    """The same rationals whether integers of 64 bits hold them over one denominator or not."""
    rng = np.random.default_rng(0)
    tops = [1, -5, 3, 10**15, -(2**61)]
    few = objects(F(top, d) for top in tops for d in denominators)
    a, b = few[rng.integers(0, few.size, (70, 3))], few[rng.integers(0, few.size, (70, 3))]
    told = paired(operation, a, b)
    assert (told == operation(a, b)).all()
    assert {type(value) for value in told.ravel().tolist()} == {F}
    wide = paired(operation, a, b[:, :1])
    assert (wide == operation(a, b[:, :1])).all()


@pytest.mark.parametrize("apart", [1, 10**9])
def test_numbered(apart: int) -> None:
    codes = np.random.default_rng(1).integers(-4, 5, 100) * apart
    few, place = numbered(codes)
    assert (few == np.unique(codes)).all()
    assert (few[place] == codes).all()
    assert [part.size for part in numbered(codes[:0])] == [0, 0]


@pytest.mark.parametrize("size", [0, 5, 500])
def test_distinct_and_there(size: int) -> None:
    values = objects([F(0), F(1, 3), F(-2)])[np.random.default_rng(2).integers(0, 3, size)]
    few, place = distinct(values)
    assert all(few[k] is value for k, value in zip(place.tolist(), values.tolist(), strict=True))
    assert len(few) <= max(3, 100 * (size <= 100))
    assert (there(values) == (values != 0)).all()
    assert (there(to_float(values)) == (values != 0)).all()
