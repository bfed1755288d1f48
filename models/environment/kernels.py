"""How types move: one agent's Markov kernel, and joint processes of all agents together.

A kernel is held as an array over (action, next types of the agents it is given, own type, next own type).
Any axis but the last may have length 1, which means that the kernel does not depend on it; a kernel that
moves types deterministically holds the index of the next type instead of a row of probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...solvers.numbers import Array
from ...solvers.short import Short

Change: TypeAlias = Callable[[Array, str], Array]
"""From a table, and what it is, to another of the same shape."""


@dataclass(frozen=True, eq=False, repr=False)
class Kernel(Short):
    """``Pr(next type | action, next types of the given observed agents, type)`` of one agent.

    table: (A or 1, *G, K or 1, K') probabilities, or, when `deterministic`, (A or 1, *G, K) with the index of
        the next type. given: indices of those observed agents, in the order of the axes *G.
    moves_to: of a deterministic kernel the number of next types K', else None.
    """

    table: Array
    given: tuple[int, ...] = ()
    moves_to: int | None = None

    @property
    def deterministic(self) -> bool:
        """Whether the table holds next types in place of probabilities."""
        return self.moves_to is not None

    @property
    def size(self) -> int:
        """Number of next types K'."""
        return int(self.table.shape[-1]) if self.moves_to is None else self.moves_to

    @property
    def controlled(self) -> bool:
        """Whether the action matters."""
        return int(self.table.shape[0]) > 1

    def mapped(self, change: Change, what: str) -> Kernel:
        """The kernel with its probabilities, called `what`, changed; one that is deterministic has none."""
        return self if self.deterministic else replace(self, table=change(self.table, what))

    @property
    def by_type(self) -> bool:
        """Whether her own type matters."""
        return int(self.table.shape[1 + len(self.given)]) > 1

    def rows(self) -> Array:
        """The table as a matrix of rows (R, K'), one row for each index that `row_index` can give."""
        if not self.deterministic:
            return self.table.reshape(-1, self.size)
        raise TypeError("a deterministic kernel has no rows of probabilities")

    def row_index(self, action: Array, given: list[Array], own: Array) -> Array:
        """Index into the flattened table of the row for these actions, given types and own types."""
        index = np.zeros(np.broadcast(action, own, *given).shape, dtype=np.int64)
        for length, position in zip(self.table.shape, [action, *given, own], strict=False):
            index = index * length + (position if length > 1 else 0)
        return index

    def probability(self, action: Array, given: list[Array], own: Array, after: Array) -> Array:
        """``Pr(after | ...)`` entry by entry, for arrays of indices that broadcast together.

        A deterministic kernel answers with integers 0 and 1, which mix with floats and rationals alike.
        """
        at = self.row_index(action, given, own)
        if self.deterministic:
            result: Array = (self.table.reshape(-1)[at] == after).astype(np.int64)
            return result
        chance: Array = self.rows()[at, after]
        return chance


def collapse_actions(table: Array) -> Array:
    """Keep one entry for all actions where the action does not matter."""
    if table.shape[0] > 1 and bool((table[1:] == table[:1]).all()):
        return table[:1]
    return table


@dataclass(frozen=True, eq=False, repr=False)
class Process(Short):
    """A joint process: `prior` over (K_0, ..., K_{N-1}); `transitions[t]` over (A or 1, K..., K'...)."""

    prior: Array
    transitions: tuple[Array, ...]

    def mapped(self, prior: Callable[[Array], Array], moves: Callable[[int, Array], Array]) -> Process:
        """The process with its prior changed, and the table of each period t by ``moves(t, table)``."""
        return Process(prior(self.prior), tuple(moves(t, table) for t, table in enumerate(self.transitions)))

    def rows(self, t: int) -> Array:
        """Rows over the profiles of period t: the prior (1, S'), then (A or 1 · S, S')."""
        if t == 0:
            return self.prior.reshape(1, -1)
        table = self.transitions[t - 1]
        return table.reshape(-1, math.prod(table.shape[1 + self.prior.ndim :]))

    def row_index(self, t: int, action: Array, last: Array) -> Array:
        """Row of `rows(t)` for last actions (n,) and last profiles (n, N); 0 at the prior."""
        if t == 0:
            return np.zeros(len(action), dtype=np.int64)
        sizes = self.transitions[t - 1].shape[: 1 + self.prior.ndim]
        index = action if sizes[0] > 1 else np.zeros(len(action), dtype=np.int64)
        for j, size in enumerate(sizes[1:]):
            index = index * size + last[:, j]
        return index
