"""Families with data of their own by name, of which any part may be given instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

from ..parameters import Kind, Parameter

Data = TypeVar("Data")


def numbers(text: str) -> tuple[Fraction, ...]:
    """Rationals from a text.

    >>> numbers("2 3/4") == (Fraction(2), Fraction(3, 4))
    True
    """
    return tuple(map(Fraction, text.split()))


def complete(variant: Data, given: Mapping[str, Any]) -> Data:
    """The variant's data, a dataclass, with what is given (not None) in place of its own."""
    return replace(variant, **{name: value for name, value in given.items() if value is not None})  # type: ignore[type-var]


def varied(name: str, kind: Kind, text: str, **more: Any) -> Parameter:
    """A parameter that the variant chooses where it is left out; more: see `Parameter`."""
    return Parameter(name, kind, None, f"{text}; left out: the variant's", **more)
