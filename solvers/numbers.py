"""Numbers as given: rationals stay rational, floats stay floats.

An array here is either ``float64`` or ``object`` holding only ``fractions.Fraction``; the dtype decides
which arithmetic the same code runs in. A Python float counts at its exact binary value when it is turned
into a rational; a string counts at the decimal or the fraction that it shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from numbers import Integral, Rational
from operator import add, mul, neg, sub
from typing import Any, TypeAlias

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from .errors import InvalidInput
from .numerals import SUCH_AS, rational, rational_of

Number: TypeAlias = float | Fraction
"""A scalar as the package stores it."""
Array: TypeAlias = NDArray[Any]
"""``float64``, or ``object`` of ``Fraction``."""
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
_WRITTEN = 14_000
"""Bits of what Python writes as a decimal number."""
_SHORT, _APART = 100, 16
"""Entries that are worked on one by one; and numbers for each entry among which a table looks for them."""
_BITS = 62
"""Of integers that numpy adds up in 64."""


def number(value: Any, where: str = "number") -> Number:
    """Read one scalar: ints, ``Fraction``, ``Decimal`` and strings become ``Fraction``; floats stay floats.

    Raises ``InvalidInput`` naming `where` for anything else, for NaN and infinities, and for texts beyond the
    limits of `numerals`.

    >>> number("3/8"), number("0.25"), number(2), number(0.5)
    (Fraction(3, 8), Fraction(1, 4), Fraction(2, 1), 0.5)
    """
    if isinstance(value, bool | np.bool_):
        raise InvalidInput(f"{where}: {value} is not a number")
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Integral | Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, float | np.floating):
        result = float(value)
        if not math.isfinite(result):
            raise InvalidInput(f"{where}: {result} is not a finite number")
        return result
    if isinstance(value, str | Decimal):
        try:
            return rational(value.strip()) if isinstance(value, str) else rational_of(value)
        except ValueError as error:
            raise InvalidInput(f"{where}: {error}") from None
    raise InvalidInput(f"{where}: {value!r} {SUCH_AS}")


def array(values: Any, where: str = "array") -> Array:
    """Read a nested list or array of scalars; one float anywhere makes the whole array ``float64``.

    Raises ``InvalidInput`` naming `where` and the position of an entry that is not a number, and for
    ragged nesting.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        result = np.array(values, dtype=np.float64)
        if not np.isfinite(result).all():
            at = tuple(int(k) for k in np.argwhere(~np.isfinite(result))[0])
            raise InvalidInput(f"{where}, entry {list(at)}: {result[at]} is not a finite number")
        return result
    try:
        raw = np.array(_nested(values), dtype=object)
    except ValueError:
        raise InvalidInput(f"{where}: nested lists of different lengths do not form an array") from None
    flat: list[Number] = []
    for k, value in enumerate(raw.ravel()):
        if isinstance(value, list | tuple):
            raise InvalidInput(f"{where}: nested lists of different lengths do not form an array")
        if type(value) is Fraction:
            flat.append(value)
            continue
        try:
            flat.append(number(value))
        except InvalidInput as error:
            place = [int(j) for j in np.unravel_index(k, raw.shape)]
            raise InvalidInput(f"{where}, entry {place}: {str(error).removeprefix('number: ')}") from None
    exact = not any(isinstance(value, float) for value in flat)
    return (objects(flat) if exact else np.array(flat, dtype=np.float64)).reshape(raw.shape)


def _nested(values: Any) -> Any:
    """Plain nested lists, so that numpy never guesses a dtype for strings and fractions."""
    if isinstance(values, np.ndarray):
        return values.tolist() if values.dtype != object else values
    if isinstance(values, list | tuple):
        return [_nested(value) for value in values]
    return values


def objects(values: Iterable[Any]) -> Array:
    """A one-dimensional object array, whatever the values are."""
    listed = list(values)
    out = np.empty(len(listed), dtype=object)
    out[:] = listed
    return out


def is_exact(values: Array) -> bool:
    """Whether the array holds rationals."""
    return bool(values.dtype == object)


def distinct(values: Array) -> tuple[list[Any], Ints]:
    """(the different objects of an object array, for each entry which of them it is).

    Arrays of rationals mostly hold a few objects over and over, and work on those few is quick. Of short
    arrays every entry counts as different: to look for those that repeat would take longer.
    """
    flat = np.ascontiguousarray(values).ravel()
    if flat.size <= _SHORT:
        return flat.tolist(), np.arange(flat.size).reshape(values.shape)
    pointers = np.frombuffer(flat, dtype=np.intp)
    if (pointers == pointers[0]).all():
        return [flat[0]], np.zeros(values.shape, dtype=np.int64)
    few, place = numbered(pointers >> 4)  # objects begin 16 bytes apart
    some = np.empty(len(few), dtype=np.int64)
    some[place] = np.arange(flat.size)
    return flat[some].tolist(), place.reshape(values.shape)


def each(change: Callable[[Any], Any], values: Array, kind: Any = object) -> NDArray[Any]:
    """change(value) for every entry of an object array, in an array of this kind; of different objects once.

    Of no axes it is a scalar, as from numpy's own functions.
    """
    if values.size <= _SHORT:
        changed = np.fromiter(map(change, values.ravel().tolist()), kind, values.size)
        return changed.reshape(values.shape)[()]
    few, place = distinct(values)
    return np.fromiter(map(change, few), kind, len(few))[place]


def numbered(codes: Ints) -> tuple[Ints, Ints]:
    """(the different integers of a flat array in order, for each entry which of them it is).

    They are sorted only where they are too far apart for a table of all that are between them.

    >>> [part.tolist() for part in numbered(np.array([7, 3, 7]))]
    [[3, 7], [1, 0, 1]]
    """
    least, most = (int(codes.min()), int(codes.max())) if codes.size else (0, -1)
    span = most - least + 1
    if span > _APART * codes.size:
        few, place = np.unique(codes, return_inverse=True)
        return few, place.reshape(-1)
    codes = codes - least
    there = np.zeros(span, dtype=np.int64)
    there[codes] = 1
    return np.flatnonzero(there) + least, (np.cumsum(there) - 1)[codes]


def scaled(factor: Number, values: Array) -> Array:
    """factor · values; of rationals, which are slow, every different object once."""
    if factor == 1:
        return values
    if not is_exact(values):
        return np.asarray(factor * values)
    return each(neg if factor == -1 else partial(mul, factor), values)


def paired(operation: Callable[[Any, Any], Any], a: Array, b: Array) -> Array:
    """operation(a, b), entry by entry; of rationals every different pair of objects once, and over one
    denominator where integers of 64 bits hold them."""
    if not (is_exact(a) and is_exact(b)):
        return np.asarray(operation(a, b))
    if max(a.size, b.size) <= _SHORT:
        return np.asarray(operation(a, b))
    (left, i), (right, j) = distinct(a), distinct(b)
    pairs, place = numbered((i * max(len(right), 1) + j).ravel())
    first, second = np.divmod(pairs, max(len(right), 1))
    few = _over_one(operation, left, right, first, second)
    if few is None:
        few = objects(
            operation(left[k], right[m]) for k, m in zip(first.tolist(), second.tolist(), strict=True)
        )
    combined: Array = few[place.reshape(np.broadcast_shapes(a.shape, b.shape))]
    return combined


def _over_one(
    operation: Callable[[Any, Any], Any], left: list[Any], right: list[Any], first: Ints, second: Ints
) -> Array | None:
    """Sums, differences or products of these pairs of rationals, from integers over one denominator; None
    where other things are asked, or integers are too long."""
    if operation not in (add, sub, mul):
        return None
    bottoms = [math.lcm(*{value.denominator for value in values}) for values in (left, right)]
    bottom = math.prod(bottoms) if operation is mul else math.lcm(*bottoms)
    if operation is not mul:
        bottoms = [bottom, bottom]
    if max(bottoms).bit_length() > _BITS:
        return None
    tops = [
        [value.numerator * (below // value.denominator) for value in values]
        for values, below in zip((left, right), bottoms, strict=True)
    ]
    longest = [max(map(int.bit_length, numerators), default=0) for numerators in tops]
    if (sum(longest) if operation is mul else max(longest) + 1) > _BITS:
        return None
    combined = operation(np.array(tops[0])[first], np.array(tops[1])[second])
    few, place = numbered(combined)
    return objects(Fraction(top, bottom) for top in few.tolist())[place]


def add_to(sums: Array, places: Ints, values: Array) -> None:
    """``sums[places] += values``, with places that repeat; no rational is added to 0, which is slow too."""
    if not is_exact(sums):
        np.add.at(sums, places, values)
        return
    held = sums.tolist()  # objects are added one by one in any case
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        held[place] = held[place] + value if held[place] else value
    sums[:] = held


def there(values: Array) -> Bools:
    """Which numbers of an array are not 0."""
    if not is_exact(values):
        return np.asarray(values != 0)
    return each(bool, values, np.bool_)


def to_float(values: Array) -> Floats:
    """The nearest doubles, infinite beyond their range."""
    if not is_exact(values):
        return values.astype(np.float64)
    return each(nearest, values, np.float64)


def nearest(value: Number) -> float:
    """The nearest double, infinite beyond the range of doubles.

    >>> nearest(Fraction(1, 4)), nearest(Fraction(-(10**400)))
    (0.25, -inf)
    """
    return float(value) if isinstance(value, float) else ratio(value.numerator, value.denominator)


def ratio(top: int, bottom: int) -> float:
    """The nearest double of a quotient, infinite beyond their range; `bottom` > 0."""
    try:
        return top / bottom
    except OverflowError:
        return math.inf if top > 0 else -math.inf


def finite(value: Number | None) -> float | None:
    """A number for JSON, which has no infinity: None where it is beyond the range of doubles.

    >>> finite(Fraction(1, 4)), finite(Fraction(10**400)), finite(None)
    (0.25, None, None)
    """
    if value is None:
        return None
    near = nearest(value)
    return near if math.isfinite(near) else None


def written(value: Fraction) -> str:
    """A rational as text, every digit of it: Python itself writes integers of 4300 digits at most.

    >>> written(Fraction(-7, 12)), len(written(Fraction(10**5000)))
    ('-7/12', 5001)
    """
    if max(value.numerator.bit_length(), value.denominator.bit_length()) < _WRITTEN:
        return str(value)
    top, bottom = str(fmpz(value.numerator)), str(fmpz(value.denominator))
    return top if bottom == "1" else f"{top}/{bottom}"


def as_doubles(values: Array, where: str) -> Floats:
    """The nearest doubles of data.

    Raises ``InvalidInput``, naming `where` and the entry, for numbers that doubles do not hold: those beyond
    their range, and those that would become 0.
    """
    doubles = to_float(values)
    lost = ~np.isfinite(doubles) | (doubles == 0)
    if lost.any():
        lost &= there(values)
    if lost.any():
        at = tuple(int(k) for k in np.argwhere(lost)[0])
        side = "closer to 0 than 10^-323" if doubles[at] == 0 else "beyond 10^308"
        place = f", entry {list(at)}" if at else ""
        raise InvalidInput(
            f"{where}{place}: {show(values[at])} is {side}, where doubles end; ask for an exact answer, or "
            "count in other units"
        )
    return doubles


def to_exact(values: Array) -> Array:
    """Rationals; a float counts at its exact binary value, an infinite one stays what it is."""
    if is_exact(values):
        return values
    few, place = np.unique(values, return_inverse=True)
    rationals = objects(v if math.isinf(v) else Fraction(v) for v in few.tolist())
    return rationals[place.reshape(-1)].reshape(values.shape)  # an array of no axes too


def vector(values: Any, size: int) -> Floats | None:
    """A vector of doubles as an engine gave it; None where its length is another or a number is none.

    >>> vector([1, 2], 2), vector([1, 2], 3), vector([1, math.nan], 2), vector(None, 2)
    (array([1., 2.]), None, None, None)
    """
    if values is None:
        return None
    doubles = np.asarray(values, dtype=np.float64)
    return doubles if doubles.shape == (size,) and np.isfinite(doubles).all() else None


def total(values: Iterable[Number]) -> Number:
    """Sum that stays rational where every term is."""
    return sum(values, Fraction(0))


def show(value: Number) -> str:
    """A number as a person writes it: ``7/12`` for rationals, up to ten digits for floats.

    >>> show(Fraction(7, 12)), show(0.1 + 0.2)
    ('7/12', '0.3')
    """
    if not isinstance(value, Fraction):
        return f"{value:.10g}"
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= 256:
        return str(value)
    # Longer fractions help nobody in a message, and Python refuses to print very long ones.
    rounded = nearest(value)
    if math.isfinite(rounded) and rounded != 0:
        return f"about {rounded:.10g}"
    power = abs(value.numerator).bit_length() - value.denominator.bit_length()
    return f"about {'-' * (value < 0)}2^{power}"
