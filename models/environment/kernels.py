"""How types move: one agent's Markov kernel, and joint processes of all agents together.

A kernel is held as an array over (action, next types of the agents it is given, own type, next own type).
Any axis but the last may have length 1, which means that the kernel does not depend on it; a kernel that
moves types deterministically holds the index of the next type instead of a row of probabilities.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array
from ...solvers.short import Short


@dataclass(frozen=True, eq=False, repr=False)
class Kernel(Short):
    """``Pr(next type | action, next types of the given observed agents, type)`` of one agent.

    `table` has shape (A or 1, *G, K or 1, K') with probabilities, or, when `deterministic`,
    (A or 1, *G, K) with the index of the next type. `given` holds the indices of those observed agents,
    in the order of the axes *G.
    """

    table: Array
    given: tuple[int, ...] = ()
    deterministic: bool = False
    size: int = 0
    """Number of next types K'."""

    @property
    def controlled(self) -> bool:
        """Whether the action matters."""
        return int(self.table.shape[0]) > 1

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
        found: Array = self.rows()[at, after]
        return found


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
