"""What proves that no point with whole numbers does better: a tree of cases, with the proof of each.

A `Fork` on column j at k divides what is left into two cases, x_j ≤ k and x_j ≥ k + 1, and whole numbers
belong to either. A case that is not divided is a `Leaf`: within the bounds that led to it, its duals say that
no point of the linear program beats a value, or that there is none. Everything below the first case is listed
before the second, so that a tree is a plain list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .numbers import Array
from .short import Short


@dataclass(frozen=True, slots=True)
class Fork:
    """The cases x[column] ≤ at and x[column] ≥ at + 1."""

    column: int
    at: int


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Leaf(Short):
    """One case: `dual` (rows,) proves a `bound` there, or combines the rows into an impossible one."""

    kind: Literal["bound", "infeasible"]
    dual: Array


Tree: TypeAlias = tuple[Fork | Leaf, ...]
