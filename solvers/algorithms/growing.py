"""A small linear program that grows by columns, inside one HiGHS that goes on from where it stood.

    minimise c · x   subject to   row_lower ≤ A x ≤ row_upper,   lower ≤ x ≤ upper

Cutting planes and inner approximations ask the same program thousands of times, each time with other costs
or row bounds and a few columns more; then starting costs more than solving. Rows stay few, so that pivots are
cheap however many columns there are. Answers are what the solver says: who bounds something by them computes
the bound from the vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from ..conversions.highs_model import SMALL
from ..conversions.highs_object import new_highs
from ..numbers import Floats, Ints
from ..options import TIGHT
from ..short import Short

ENDLESS = 100_000
"""Iterations after which the simplex method goes in circles."""
PRIMAL_SIMPLEX = 4
_ENGINE = {
    "presolve": "off",
    "solver": "simplex",
    "simplex_iteration_limit": ENDLESS,
    "small_matrix_value": SMALL,
    **TIGHT,
}


@dataclass(frozen=True, eq=False, repr=False)
class SimplexPoint(Short):
    """An optimum at which a program stands: x (columns,) and multipliers of the rows (rows,)."""

    primal: Floats
    dual: Floats


class Growing:
    """A program, dense at first: matrix (R, C), costs and bounds of columns (C,), bounds of rows (R,)."""

    def __init__(
        self,
        matrix: Floats,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        row_lower: Floats,
        row_upper: Floats,
        *,
        costs_change: bool = False,
    ) -> None:
        """costs_change: costs will change rather than bounds of rows, so that points stay feasible."""
        strategy = {"simplex_strategy": PRIMAL_SIMPLEX} if costs_change else {}
        self._highs = new_highs(**_ENGINE, **strategy)
        empty = np.zeros(0, np.int32)
        self._highs.addRows(
            len(row_lower), row_lower, row_upper, 0, np.zeros(len(row_lower), np.int32), empty, []
        )
        self._rows = len(row_lower)
        self._add(cost, lower, upper, np.broadcast_to(np.arange(self._rows), matrix.T.shape), matrix.T)

    def add(self, cost: Floats, rows: Ints, entries: Floats) -> None:
        """Columns x ≥ 0 with these costs (n,), each with as many entries (n, k) in these rows (n, k)."""
        n = len(cost)
        self._add(cost, np.zeros(n), np.full(n, np.inf), rows, entries)

    def _add(self, cost: Floats, lower: Floats, upper: Floats, rows: Ints, entries: Floats) -> None:
        there = entries != 0
        starts = np.concatenate([[0], np.cumsum(there.sum(axis=1))[:-1]]).astype(np.int32)
        self._highs.addCols(
            len(cost),
            cost,
            lower,
            upper,
            int(there.sum()),
            starts,
            rows[there].astype(np.int32),
            entries[there],
        )

    def drop(self, columns: Ints) -> Ints:
        """Take away those of these columns that are not in the basis; which they were."""
        basis = self._highs.getBasis()
        status = np.array(basis.col_status, dtype=object)
        if basis.valid:
            columns = columns[status[columns] != highspy.HighsBasisStatus.kBasic]
        self._highs.deleteCols(len(columns), columns.astype(np.int32))
        if basis.valid:
            basis.col_status = np.delete(status, columns).tolist()
            self._highs.setBasis(basis)
        return columns

    def set_costs(self, columns: Ints, cost: Floats) -> None:
        """Other costs of these columns."""
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), cost)

    def set_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Other bounds of these columns."""
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def set_rows(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Other bounds of these rows."""
        self._highs.changeRowsBounds(len(rows), rows.astype(np.int32), lower, upper)

    def solve(self) -> SimplexPoint | None:
        """The optimum from where the last one left off, or else from nothing; None where neither ends."""
        for _ in range(2):
            self._highs.run()
            if self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                held = self._highs.getSolution()
                return SimplexPoint(np.array(held.col_value), np.array(held.row_dual))
            self._highs.clearSolver()
        return None
