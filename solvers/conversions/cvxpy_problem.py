"""A program as a vectorised CVXPY problem: one variable a column block, sparse constraints a row block.

This module imports CVXPY, which takes a second; ``Program.to_cvxpy`` imports it when called. CVXPY knows no
two-sided rows: the rows of a block become up to three constraints, the equations, those bounded below, those
bounded above. With λ the multiplier of ``A x ≥ l``, μ of ``A x ≤ u`` and ν of ``A x == b``, the duals in the
signs of ``Solution`` are λ − μ − ν for min and the negative for max.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import eq, ge, le
from typing import Any

import cvxpy
import numpy as np
import scipy.sparse as sp

from ..blocks import Block
from ..errors import DynamechError, InvalidInput
from ..form import Form
from ..numbers import Floats, Ints

KIND, MAKER = "CVXPY problem", "to_cvxpy()"
cp: Any = cvxpy  # whose type hints leave its functions out


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Some rows of a block as one constraint: `places` count from the start of the block."""

    places: Ints
    constraint: Any
    sign: int


class BlockProblem(cvxpy.Problem):
    """A ``cvxpy.Problem`` whose variables and duals are found by the names of the program's blocks.

    `columns` has the variable of each column block that is not empty, flat, in the order of the block; `rows`
    the groups of constraints of each row block; rows without bounds are left out. After ``solve`` the
    variables have their values as always, and ``dual(name)`` has the duals of a row block.
    """

    def __init__(self, program: Form) -> None:
        p = program.to_float()
        self.program = p
        self.columns: dict[str, Any] = {
            name: cp.Variable(block.size, name=name, integer=_integer(p, block))
            for name, block in p.column_blocks.items()
            if block.size
        }
        self.rows: dict[str, list[Group]] = {name: [] for name in p.row_blocks}
        for variable in self.columns.values():
            variable.block_problem = self
        constraints = list(self._column_bounds())
        if self.columns:
            matrix = sp.csr_matrix(p.matrix)
            for name, block in p.row_blocks.items():
                lower, upper = p.row_lower[block.slice], p.row_upper[block.slice]
                self.rows[name] = list(self._groups(matrix[block.slice], lower, upper))
                constraints += [group.constraint for group in self.rows[name]]
        sense = cp.Minimize if p.sense == "min" else cp.Maximize
        super().__init__(sense(self._goal()), constraints)

    def dual(self, name: str) -> Floats:
        """The duals of a row block in its shape, in the signs of ``Solution``; needs a solved problem.

        Solved may also be another problem that has the constraints of this one and more.
        """
        if name not in self.rows:
            known = ", ".join(map(repr, self.rows)) or "none"
            raise InvalidInput(f"no row block is called {name!r}; the blocks are {known}")
        block = self.program.row_blocks[name]
        duals: Floats = np.zeros(block.size)
        for group in self.rows[name]:
            multipliers = group.constraint.dual_value
            if multipliers is None:
                raise DynamechError(f"row block {name!r} has no duals: solve the problem first")
            sign = self.program.sign * group.sign
            duals[group.places] += sign * np.asarray(multipliers, dtype=np.float64).ravel()
        return duals.reshape(block.shape)

    def _column_bounds(self) -> Iterator[Any]:
        p = self.program
        for name, variable in self.columns.items():
            block = p.column_blocks[name]
            for places, bounds, holds in _sides(p.lower[block.slice], p.upper[block.slice]):
                yield holds(variable if places.size == block.size else variable[places], bounds)

    def _groups(self, matrix: Any, lower: Floats, upper: Floats) -> Iterator[Group]:
        for places, bounds, holds in _sides(lower, upper):
            body = self._body(matrix if places.size == lower.size else matrix[places])
            yield Group(places, holds(body, bounds), 1 if holds is ge else -1)

    def _body(self, matrix: Any) -> Any:
        """The rows as one expression, of the blocks that occur in them (of the first where none does)."""
        by_column, blocks = sp.csc_matrix(matrix), self.program.column_blocks
        names = self._occurring(by_column) or list(self.columns)[:1]
        terms = [by_column[:, blocks[name].slice] @ self.columns[name] for name in names]
        return sum(terms[1:], terms[0])

    def _occurring(self, by_column: Any) -> list[str]:
        """The column blocks that have entries."""
        counts, blocks = np.diff(by_column.indptr), self.program.column_blocks
        return [name for name in self.columns if counts[blocks[name].slice].any()]

    def _goal(self) -> Any:
        p = self.program
        total: Any = cp.Constant(float(p.offset))
        for name, variable in self.columns.items():
            total = total + p.objective[p.column_blocks[name].slice] @ variable
        return total if p.quadratic is None else total + self._curvature()

    def _curvature(self) -> Any:
        """½ x'Qx over the column blocks that occur in Q."""
        p = self.program
        q = sp.csc_matrix(p.sign * p.hessian)
        names = self._occurring(q)
        places = np.concatenate([p.column_blocks[name].index for name in names])
        x = self.columns[names[0]] if len(names) == 1 else cp.hstack([self.columns[name] for name in names])
        return 0.5 * p.sign * cp.quad_form(x, q[places][:, places], assume_PSD=True)


def _integer(p: Form, block: Block) -> Any:
    """Which of its variables CVXPY is to take for whole numbers: all, none, or these."""
    some = np.zeros(0) if p.integer is None else np.flatnonzero(p.integer[block.slice])
    return some.size == block.size or (some.size > 0 and (some,))


def own(mark: str, problem: Any) -> BlockProblem | None:
    """The problem of the program with this mark that has given `problem`, or is, (some of) its variables."""
    if not isinstance(problem, cvxpy.Problem):
        return None
    if isinstance(problem, BlockProblem) and problem.program.mark == mark:
        return problem
    homes = (getattr(variable, "block_problem", None) for variable in problem.variables())
    return next((home for home in homes if home is not None and home.program.mark == mark), None)


def primal(program: Form, problem: BlockProblem) -> Floats:
    """Values (columns,) of the variables."""
    x = np.full(program.num_columns, np.nan)
    for name, variable in problem.columns.items():
        if variable.value is not None:
            x[program.column_blocks[name].slice] = variable.value
    return x


def dual(program: Form, problem: BlockProblem) -> Floats:
    """Duals (rows,)."""
    return np.concatenate([np.zeros(0), *(problem.dual(name).ravel() for name in program.row_blocks)])


def _sides(lower: Floats, upper: Floats) -> Iterator[tuple[Ints, Floats, Callable[[Any, Any], Any]]]:
    """(places, bounds, what holds) of equations, finite lower and upper bounds, where there are any."""
    equal = lower == upper
    for there, bounds, holds in (
        (equal, lower, eq),
        (~equal & np.isfinite(lower), lower, ge),
        (~equal & np.isfinite(upper), upper, le),
    ):
        places = np.flatnonzero(there)
        if places.size:
            yield places, bounds[places], holds
