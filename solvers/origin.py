"""Where the numbers of a program in doubles come from, for whoever proves something about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, eq=False)
class Origin(Generic[P]):
    """The program over the rationals that a program in doubles was rounded from.

    make: makes it, column by column and row by row the same; raises a ``DynamechError`` where that cannot be.
    given: whether its numbers are those of the question. False where the question itself is in doubles, which
        were mended to fit one another: then its program is one of many that differ by rounding, and nothing
        that is true of it alone answers the question.
    """

    make: Callable[[], P]
    given: bool = True
