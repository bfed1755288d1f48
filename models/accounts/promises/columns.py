"""The columns that both programs of a period have by profile: they enter where needed, and go again."""

from __future__ import annotations

import numpy as np

from ....solvers.algorithms.growing import Growing, SimplexPoint
from ....solvers.numbers import Bools, Floats, Ints

FEWEST = 200
"""Columns beyond twice those that were left the last time, before any go."""


class Columns:
    """Those after the first `fixed` of a program: column c is cut or point to[c] at profile where[c], its
    slopes or promises dealt out among the buyers as dealt[c] (N,). One a profile, in their order, is to enter
    first, and stays."""

    def __init__(self, program: Growing, fixed: int, profiles: int, buyers: int) -> None:
        self.program, self._fixed, self._profiles = program, fixed, profiles
        self.where, self.to = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self.dealt = np.zeros((0, buyers))
        self._used, self._most = np.zeros(0, dtype=bool), FEWEST

    def new(self, where: Ints, to: Ints, dealt: Floats) -> Bools:
        """Which of these (R,) are not there yet."""
        there = (self.where == where[:, None]) & (self.to == to[:, None])
        new: Bools = ~(there & (self.dealt == dealt[:, None]).all(axis=2)).any(axis=1)
        return new

    def enter(self, where: Ints, to: Ints, dealt: Floats, cost: Floats, rows: Ints, entries: Floats) -> None:
        """Columns (R,), with costs (R,) and as many entries (R, k) in these rows (R, k)."""
        self.program.add(cost, rows, entries)
        self.where, self.to = np.append(self.where, where), np.append(self.to, to)
        self.dealt = np.vstack([self.dealt, dealt])
        self._used = np.append(self._used, np.ones(len(where), dtype=bool))

    def solve(self) -> SimplexPoint | None:
        """The program's optimum, whose columns count as used."""
        if (optimum := self.program.solve()) is not None:
            self._used |= optimum.primal[self._fixed :] > 0
        return optimum

    def shares(self, primal: Floats) -> Floats:
        """(C,): what a program's answer says of the columns, none below 0, summing to 1 at every profile."""
        shares = np.maximum(primal[self._fixed :], 0.0)
        shares[: self._profiles] += np.bincount(self.where, shares, self._profiles) == 0
        scaled: Floats = shares / np.bincount(self.where, shares, self._profiles)[self.where]
        return scaled

    def thin(self) -> None:
        """Where columns have become many, take away those that no optimum has used since the last time: what
        a pivot costs grows with them, and one that is missed enters again."""
        if len(self.where) <= self._most:
            return
        self._used[: self._profiles] = True
        gone = self.program.drop(self._fixed + np.flatnonzero(~self._used)) - self._fixed
        self.where, self.to = np.delete(self.where, gone), np.delete(self.to, gone)
        self.dealt = np.delete(self.dealt, gone, axis=0)
        self._used, self._most = np.zeros(len(self.where), dtype=bool), 2 * len(self.where) + FEWEST
