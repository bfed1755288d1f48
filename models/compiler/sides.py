"""The sides of the bounds that are demanded, each a run of rows, and what runs are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from ...solvers.blocks import Block
from ...solvers.numbers import Number
from ..notions.demands import Bounds

Key: TypeAlias = tuple[str, int, int]
"""What a run of rows says (with its side), its last period, its agent (-1 for all)."""
Rows: TypeAlias = Iterator[tuple[Key, Block]]
"""The runs of a demand."""


def sides(bounds: Bounds) -> list[tuple[str, Number]]:
    """(kind, bound) of the rows that bounds need."""
    low, high = bounds
    if low is not None and low == high:
        return [("equal", low)]
    return [(side, bound) for side, bound in (("least", low), ("most", high)) if bound is not None]
