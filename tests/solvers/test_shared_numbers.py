"""Work on rationals that is done once for each different object: the same numbers as entry by entry."""

from __future__ import annotations

from fractions import Fraction as F
from operator import mul, sub
from typing import Any

import numpy as np
import pytest

from dynamech.solvers.numbers import objects, paired, scaled, to_float


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
    return few[rng.integers(0, 4, (6, 5))]


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
    [(lambda a: scaled(-1, a), 4), (lambda a: scaled(F(2), a), 4), (lambda a: paired(mul, a, a), 4)],
)
def test_each_object_is_worked_on_once(work: Any, most: int) -> None:
    values = drawn(3, Counted)
    Counted.done = 0
    work(values)
    assert 0 < Counted.done <= most
