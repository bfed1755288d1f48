"""Typed parameters of the library's families: a name, a kind, a default, a range, one line of help.

Values come from Python or from the command line (``n=5``), where everything is text: a list of numbers is
``1/2,1/3,1/6`` and a table has its rows separated by semicolons, ``3/4,1/4;1/4,3/4``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral
from typing import Any, Literal, TypeAlias

import numpy as np

from ..solvers.errors import InvalidInput
from ..solvers.numbers import number
from ..solvers.numerals import one_line, shown
from .numerals import read_number

Kind: TypeAlias = Literal["int", "rational", "bool", "choice", "rationals", "table"]
_EXPECTED = {
    "int": "a whole number such as 3",
    "rational": "a number such as 2, 0.25 or '3/8'",
    "bool": "true or false",
    "rationals": "a list of numbers such as '1/2,1/3,1/6'",
    "table": "rows of numbers such as '3/4,1/4;1/4,3/4'",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a family.

    A default of None means that the family chooses, as `help` says. `least` and `most` bound numbers,
    `above` and `below` do so strictly; in lists they bound every entry.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    least: int | Fraction | None = None
    most: int | Fraction | None = None
    above: int | Fraction | None = None
    below: int | Fraction | None = None
    choices: tuple[str, ...] = ()

    def read(self, value: Any, family: str) -> Any:
        """The value in the parameter's kind.

        Whole numbers become int, numbers `Fraction` (a float at its exact binary value), lists tuples.
        Raises `InvalidInput` naming the family, the parameter and the value.
        """
        if value is None and self.default is None:
            return None
        where = f"{family}: {self.name}"
        if self.kind == "choice":
            return self._choice(value, where)
        try:
            parsed = _READERS[self.kind](value)
        except (InvalidInput, ValueError, TypeError):
            raise _problem(f"{where} must be {_EXPECTED[self.kind]}, not {shown(value)}") from None
        for entry in _numbers(parsed):
            self._check_range(entry, where)
        return parsed

    def _choice(self, value: Any, where: str) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        close = difflib.get_close_matches(str(value), self.choices, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise _problem(f"{where} must be one of {', '.join(self.choices)}, not {shown(value)}{hint}")

    def _check_range(self, value: int | Fraction, where: str) -> None:
        if self.least is not None and value < self.least:
            raise _problem(f"{where} must be at least {self.least}, not {shown(value)}")
        if self.most is not None and value > self.most:
            raise _problem(f"{where} must be at most {self.most}, not {shown(value)}")
        if self.above is not None and value <= self.above:
            raise _problem(f"{where} must be above {self.above}, not {shown(value)}")
        if self.below is not None and value >= self.below:
            raise _problem(f"{where} must be below {self.below}, not {shown(value)}")

    @property
    def default_text(self) -> str:
        """The default as the command line would take it; empty where the family chooses."""
        return "" if self.default is None else setting_text(self.default)


def _problem(text: str) -> InvalidInput:
    return InvalidInput(one_line(text))


def _numbers(value: Any) -> list[int | Fraction]:
    if isinstance(value, tuple):
        return [entry for inner in value for entry in _numbers(inner)]
    return [] if isinstance(value, bool) else [value]


def _int(value: Any) -> int:
    if isinstance(value, str):
        value = read_number(value.strip())
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(value)
    return int(value)


def _rational(value: Any) -> Fraction:
    return Fraction(read_number(value.strip()) if isinstance(value, str) else number(value))


def _bool(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    words = {"true": True, "yes": True, "false": False, "no": False}
    word = value.strip().lower() if isinstance(value, str) else None
    if word not in words:
        raise ValueError(value)
    return words[word]


def _rationals(value: Any) -> tuple[Fraction, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, Sequence | np.ndarray) or not len(value):
        raise ValueError(value)
    return tuple(_rational(entry) for entry in value)


def _table(value: Any) -> tuple[tuple[Fraction, ...], ...]:
    if isinstance(value, str):
        value = value.split(";")
    if not isinstance(value, Sequence | np.ndarray) or not len(value):
        raise ValueError(value)
    rows = tuple(_rationals(row) for row in value)
    if len({len(row) for row in rows}) > 1:
        raise ValueError(value)
    return rows


_READERS = {"int": _int, "rational": _rational, "bool": _bool, "rationals": _rationals, "table": _table}


def parse_setting(text: str) -> tuple[str, str]:
    """Name and value of a setting such as ``n=5`` from the command line.

    >>> parse_setting("prior=1/2,1/2")
    ('prior', '1/2,1/2')
    """
    name, sign, value = text.partition("=")
    name = name.strip()
    if not sign or not name.isidentifier():
        raise _problem(f"a setting has the form name=value, such as n=5, not {shown(text)}")
    return name, value.strip()


def setting_text(value: Any) -> str:
    """A parameter's value as the command line takes it.

    >>> setting_text(((Fraction(3, 4), Fraction(1, 4)), (Fraction(1, 4), Fraction(3, 4))))
    '3/4,1/4;1/4,3/4'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        between = ";" if value and isinstance(value[0], tuple) else ","
        return between.join(setting_text(entry) for entry in value)
    return str(value)
