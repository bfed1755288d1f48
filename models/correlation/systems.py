"""Linear systems for transfers p over the others' next types.

A *system* has one row a type and asks for B_s · p = c_s where `equal`, B_s · p ≥ c_s elsewhere; Theorems 3.1
and 3.2 of LIU are two such systems a block (`theorems.py`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Bools, Ints, is_exact, to_exact, to_float
from ...solvers.rational import entries, rational_matrix
from ...solvers.short import Short

CERTAIN = 1e-11
"""A separation computed in doubles is certain above this; doubles as data are not known better either."""


def rounding(terms: int) -> float:
    """Relative error, in doubles, of a sum of so many rounded terms."""
    return (terms + 4) * sys.float_info.epsilon


@dataclass(frozen=True, eq=False, repr=False)
class Systems(Short):
    """n systems over shared matrices: matrices (m, K, Y), which (n,), target c (n, K), equal (n, K).

    money (n, K), doubles: the sum of the amounts that c is made from, by which its rounding is measured;
    |c| where None.
    """

    matrices: Array
    which: Ints
    target: Array
    equal: Bools
    money: Array | None = None

    @property
    def exact(self) -> bool:
        """Whether the systems are rational."""
        return is_exact(self.target)

    def __len__(self) -> int:
        return len(self.target)

    def only(self, index: Any) -> Systems:
        """Some of the systems."""
        money = None if self.money is None else self.money[index]
        return Systems(self.matrices, self.which[index], self.target[index], self.equal[index], money)

    def to_exact(self) -> Systems:
        """The same over the rationals, doubles at their exact binary value."""
        return Systems(to_exact(self.matrices), self.which, to_exact(self.target), self.equal, self.money)

    @property
    def amounts(self) -> Array:
        """(n, K), doubles: the largest of |c| and the amounts that c is made from."""
        amounts: Array = abs(to_float(self.target))
        return amounts if self.money is None else np.maximum(amounts, self.money)

    @property
    def scale(self) -> Array:
        """(n,): the largest |c|, 1 where all are 0."""
        largest = abs(self.target).max(axis=1)
        return arithmetic_of(largest).divisor(largest)

    @property
    def grain(self) -> float:
        """Relative error of a sum over a row in doubles: rounding of its terms, and of adding them up."""
        size, width = self.matrices.shape[1:]
        return rounding(size + width)

    def _worth(self, p: Array) -> Array:
        """(n, K): B · p over the rationals, a product of FLINT's for each matrix."""
        worth: Array = np.empty(self.target.shape, dtype=object)
        for m in np.unique(self.which).tolist():
            own = np.flatnonzero(self.which == m)
            due = entries(rational_matrix(self.matrices[m]) * rational_matrix(p[own].T))
            worth[own] = due.reshape(-1, own.size).T
        return worth

    def hidden(self, p: Array) -> Array:
        """(n, K): how much of B · p − c rounding may hide, for systems and transfers p (n, Y) in doubles."""
        terms = np.matmul(abs(self.matrices[self.which]), abs(p)[..., None])[..., 0]
        hidden: Array = self.grain * (terms + self.amounts)
        return hidden

    def residual(self, p: Array) -> Array:
        """(n,): by how much transfers p (n, Y) miss the worst row of their system, at most.

        In doubles, what rounding may hide counts as missed.
        """
        if self.exact:
            short: Array = self.target - self._worth(p)
            missed: Array = np.where(self.equal, abs(short), np.where(short > 0, short, 0 * short))
            return np.asarray(missed.max(axis=1))
        gap = np.matmul(self.matrices[self.which], p[..., None])[..., 0] - self.target
        missing: Array = np.where(self.equal, abs(gap), np.maximum(-gap, 0)) + self.hidden(p)
        worst: Array = missing.max(axis=1)
        return worst
