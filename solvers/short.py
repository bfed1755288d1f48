"""A ``repr`` of one line: what is small by its value, arrays by their shape, everything else left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np

from .numbers import show
from .numerals import one_line

LONGEST = 180
"""Most characters between the brackets."""
WORDS = 60
"""Most characters of a text."""


class Short:
    """A class whose ``repr`` is short however much it holds.

    A dataclass asks for it with ``repr=False``; `_facts` says which facts are shown, if not its fields.

    >>> from dataclasses import dataclass
    >>> @dataclass(repr=False)
    ... class Auction(Short):
    ...     name: str
    ...     value: Fraction
    ...     weights: np.ndarray
    ...     parts: tuple[object, ...]
    >>> Auction("mine", Fraction(7, 12), np.zeros((3, 2)), (object(),) * 1000)
    Auction(name='mine', value=7/12, weights=[3 × 2])
    """

    __slots__ = ()

    def _facts(self) -> Mapping[str, object]:
        """What the ``repr`` shows, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def __repr__(self) -> str:
        said = [(name, brief(value)) for name, value in self._facts().items()]
        text = ", ".join(f"{name}={value}" for name, value in said if value is not None)
        return f"{type(self).__name__}({cut(text)})"


def cut(text: str, most: int = LONGEST) -> str:
    """The text in one line, and no more than so many characters of it."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 3]}..."


def brief(value: Any) -> str | None:
    """A fact in a few characters; None for what is too large to be one."""
    if value is None or isinstance(value, bool | int | np.integer):
        return str(value)
    if isinstance(value, str):
        return f"'{cut(value, WORDS)}'"
    if isinstance(value, Fraction):
        text = show(value)
        return text if len(text) <= WORDS else f"about {float(value):.6g}"
    if isinstance(value, float | np.floating):
        return f"{value:.10g}"
    if isinstance(value, np.ndarray):
        return f"[{' × '.join(map(str, value.shape))}]"
    return None
