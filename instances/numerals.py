"""Numbers and tables of numbers as files hold them.

An integer, a decimal and a string such as ``"3/8"`` are the rational that they show: ``0.1`` is 1/10, not
the double next to it. A file that says ``"decimals": "double"`` was written from floating point: there a
JSON number with a point or an exponent is the nearest double and stays one, while integers and strings stay
exact. So rationals and doubles both come back as they were, to the last bit and with the same dtype.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ..solvers.errors import InvalidInput
from ..solvers.numbers import Array, Bools, Ints, Number
from ..solvers.numerals import SUCH_AS, in_range, rational, rational_of, shown

MAX_DEPTH = 24
"""Deepest nesting of a table: an array cannot have more axes than numpy allows (32)."""


class TableError(ValueError):
    """Something is wrong in a table, at `index`; the message does not repeat the index."""

    def __init__(self, index: tuple[int, ...], message: str):
        super().__init__(message)
        self.index = index


def read_number(value: Any, doubles: bool = False) -> Number:
    """One number of a file; with `doubles`, decimals that are not strings stay doubles.

    Raises ``ValueError`` saying what is wrong with it.

    >>> from decimal import Decimal
    >>> read_number(Decimal("0.1")), read_number("3/8"), read_number(Decimal("0.1"), doubles=True)
    (Fraction(1, 10), Fraction(3, 8), 0.1)
    """
    if doubles and isinstance(value, float | Decimal):
        number: Number = float(value)
    elif type(value) is int:
        number = Fraction(value)
    elif isinstance(value, bool):
        raise ValueError(f"{shown(value)} {SUCH_AS}")
    elif isinstance(value, float):
        # Only objects made in Python hold floats; the decimal that Python shows is the one a file would.
        number = Fraction(repr(value)) if math.isfinite(value) else value
    elif isinstance(value, Decimal):
        number = rational_of(value)
    elif isinstance(value, str):
        number = rational(value)
    elif isinstance(value, int | Fraction):
        number = Fraction(value)
    else:
        raise ValueError(f"{shown(value)} {SUCH_AS}")
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{shown(value)} is not a finite number")
    return number if isinstance(number, float) else in_range(number, value)


def write_number(value: Number) -> int | float | str:
    """A number as a file holds it: an integer, ``"p/q"``, or a float for a double.

    >>> write_number(Fraction(3, 8)), write_number(Fraction(2)), write_number(0.1)
    ('3/8', 2, 0.1)
    """
    if isinstance(value, Fraction):
        try:
            # Integers beyond 2^53 go into strings: most other readers of JSON would round them.
            exact_elsewhere = value.denominator == 1 and abs(value.numerator) <= 2**53
            return value.numerator if exact_elsewhere else str(value)
        except ValueError:
            bits = max(value.numerator.bit_length(), value.denominator.bit_length())
            raise InvalidInput(f"a number of {bits} bits is too long to be written to a file") from None
    return float(value)


def write_table(values: Array) -> Any:
    """Nested lists of numbers as a file holds them."""
    if values.dtype == object:
        flat = np.empty(values.size, dtype=object)
        flat[:] = [write_number(value) for value in values.ravel().tolist()]
        return flat.reshape(values.shape).tolist()
    if not np.isfinite(values).all():
        raise InvalidInput("a number that is not finite cannot be written to a file")
    return values.tolist()


def read_table(value: Any, doubles: bool = False) -> Array:
    """Nested lists of numbers as an array: rationals, or ``float64`` where one entry is a double.

    Raises `TableError` naming the entry that is not a number or makes the nesting ragged.
    """
    leaves, shape = _leaves(value)
    flat: list[Number] = []
    floats = False
    for k, leaf in enumerate(leaves):
        try:
            entry = read_number(leaf, doubles)
        except ValueError as error:
            raise TableError(_index(k, shape), str(error)) from None
        floats = floats or type(entry) is float
        flat.append(entry)
    out = np.empty(len(flat), dtype=np.float64 if floats else object)
    out[:] = flat
    return out.reshape(shape)


def read_flags(value: Any) -> Bools:
    """Nested lists of true and false. Raises `TableError`."""
    leaves, shape = _leaves(value)
    for k, leaf in enumerate(leaves):
        if not isinstance(leaf, bool):
            raise TableError(_index(k, shape), f"{shown(leaf)} is neither true nor false")
    return np.array(leaves, dtype=np.bool_).reshape(shape)


def read_indices(value: Any) -> Ints:
    """Nested lists of whole numbers from 0. Raises `TableError`."""
    leaves, shape = _leaves(value)
    for k, leaf in enumerate(leaves):
        if type(leaf) is not int or not 0 <= leaf < 2**62:
            raise TableError(_index(k, shape), f"{shown(leaf)} is not an index 0, 1, 2, ...")
    return np.array(leaves, dtype=np.int64).reshape(shape)


def _index(k: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(j) for j in np.unravel_index(k, shape)) if shape else ()


def _leaves(value: Any) -> tuple[list[Any], tuple[int, ...]]:
    """Entries of nested lists of one shape, in order, and that shape."""
    if not isinstance(value, list | tuple):
        raise TableError((), f"a list is expected, not {shown(value)}")
    level: list[Any] = list(value)
    shape = [len(level)]
    while True:
        if not level:
            raise TableError((0,) * (len(shape) - 1), "the list is empty")
        nested = isinstance(level[0], list | tuple)
        size = len(level[0]) if nested else 0
        for k, entry in enumerate(level):
            if isinstance(entry, list | tuple) != nested:
                expected = "a list" if nested else "a number, not a list,"
                raise TableError(_index(k, tuple(shape)), f"{expected} is expected here, as in entry 0")
            if nested and len(entry) != size:
                count = f"{len(entry)} entr{'y' if len(entry) == 1 else 'ies'}"
                raise TableError(_index(k, tuple(shape)), f"{count} where the first list has {size}")
        if not nested:
            return level, tuple(shape)
        if len(shape) >= MAX_DEPTH:
            raise TableError((0,) * len(shape), f"lists are nested more than {MAX_DEPTH} deep")
        level = [leaf for entry in level for leaf in entry]
        shape.append(size)
