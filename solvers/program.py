"""A linear, mixed-integer or convex quadratic program: named blocks of columns and rows, sparse triplets.

What its numbers mean is in ``form``. A program knows nothing of where it came from but the names of its
blocks and the labels of its rows and columns, and labels are made only when somebody asks for one.

>>> builder = Builder(sense="max", exact=True)
>>> x = builder.columns("x", 2, upper=1, objective=[3, 2])
>>> row = builder.rows("budget", 1, upper=Fraction(3, 2))
>>> builder.entries(row.index, x.index, 1)
>>> program = builder.build()
>>> program.num_rows, program.num_columns, program.num_nonzeros, program.row_label(0)
(1, 2, 2, 'budget[0]')
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from .arithmetic import arithmetic
from .blocks import Block as Block
from .blocks import Blocks, Label, distinct, label_of
from .conversions.reading import multipliers, point
from .conversions.writing import write
from .errors import InvalidInput
from .form import Form, objective_value
from .form import Sense as Sense
from .numbers import Array, Bools, Floats, Number, add_to, is_exact, there, to_float
from .sparse import Index, coefficients, compress, infinities, rows_of

if TYPE_CHECKING:
    from .conversions.cvxpy_problem import BlockProblem


@dataclass(frozen=True, eq=False, repr=False)
class Program(Form):
    """A program that can be written, and handed over as it is. Made by ``Builder.build``."""

    def write(self, path: str | PathLike[str]) -> None:
        """Write free-format MPS (``.mps``) or CPLEX-LP (``.lp``) text, in doubles that round-trip.

        MPS is a minimisation; where the program maximises, its objective is negated. ``PATH.names.json`` says
        which label each name stands for; see ``writing``. Raises ``InvalidInput`` for another suffix, and
        where a file cannot be written or would replace something else.
        """
        write(self, path)

    def to_highs(self) -> Any:
        """A loaded ``highspy.Highs``; see ``highs_model``."""
        from .conversions.highs_model import highs_model

        return highs_model(self)

    def to_pyomo(self) -> Any:
        """A readable ``pyomo.environ.ConcreteModel``; see ``pyomo_model``."""
        from .conversions.pyomo_model import pyomo_model

        return pyomo_model(self)

    def to_cvxpy(self) -> BlockProblem:
        """A vectorised ``cvxpy.Problem`` with variables and duals by block; see ``BlockProblem``."""
        from .conversions.cvxpy_problem import BlockProblem

        return BlockProblem(self)

    def value(self, values: Any) -> Number:
        """The objective at a point: a vector (columns,), or a Pyomo model, CVXPY problem or HiGHS object.

        Such an object has to be one of this program, solved, and may have columns and rows of one's own.
        Rational where program and vector are, else in doubles. Raises ``InvalidInput``, see ``point``.
        """
        x = point(self, values)
        if not (self.exact and is_exact(x)):
            return objective_value(self, to_float(x))
        value = sum((self.objective * x).tolist(), self.offset)
        if self.quadratic is not None:
            i, j, entries = self.quadratic
            value += sum((entries * x[i] * x[j]).tolist()) / 2
        return value

    def duals(self, values: Any) -> dict[str, float]:
        """The duals of the program's rows by label, in the signs of ``Solution``, of a solved object.

        A label met twice gets its place as well, ``label#2``. Duals of rows of one's own stay in the object.
        Raises ``InvalidInput``, see ``point``, and where the object's solver gave no duals.
        """
        labels = (block.label_of(k) for block in self.row_blocks.values() for k in range(block.size))
        return dict(zip(distinct(labels), multipliers(self, values).tolist(), strict=True))


class Builder:
    """Collects blocks of columns and rows and their entries, whole arrays at a time; ``build`` compiles them.

    In an exact builder floats count at their exact binary value; in a float builder rationals are rounded.
    """

    def __init__(self, *, sense: Sense = "max", exact: bool = False, name: str = "") -> None:
        if sense not in ("max", "min"):
            raise InvalidInput(f"sense {sense!r} is neither 'max' nor 'min'")
        self.sense: Sense = sense
        self.exact = exact
        self.name = name
        self.offset: Number = Fraction(0) if exact else 0.0
        self._columns: dict[str, Block] = {}
        self._rows: dict[str, Block] = {}
        self._column_data: list[tuple[Array, Array, Array]] = []
        self._units: list[Floats] = []
        self._integer: list[Bools] = []
        self._row_data: list[tuple[Array, Array]] = []
        self._entries: list[tuple[Index, Index, Array]] = []
        self._zeros = False
        self._quadratic: list[tuple[Index, Index, Array]] = []
        self._objective: list[tuple[Index, Array]] = []
        self.num_columns = 0
        self.num_rows = 0

    @classmethod
    def of(cls, program: Form) -> Builder:
        """A builder that holds a program already, to which columns and rows are added."""
        p, builder = program, cls(sense=program.sense, exact=program.exact, name=program.name)
        builder.offset = p.offset
        builder._columns, builder._rows = dict(p.column_blocks), dict(p.row_blocks)
        builder.num_columns, builder.num_rows = p.num_columns, p.num_rows
        builder._column_data.append((p.lower, p.upper, p.objective))
        builder._units.append(np.full(p.num_columns, np.nan) if p.units is None else p.units)
        builder._integer.append(np.zeros(p.num_columns, dtype=np.bool_) if p.integer is None else p.integer)
        builder._row_data.append((p.row_lower, p.row_upper))
        row = rows_of(p.indptr)
        builder._entries.append((row, p.indices, p.data))
        if p.quadratic is not None:
            builder._quadratic.append(p.quadratic)
        return builder

    def columns(
        self,
        name: str,
        size: int | tuple[int, ...],
        *,
        lower: Any = 0,
        upper: Any = None,
        objective: Any = 0,
        unit: Any = None,
        integer: bool = False,
        label: Label | None = None,
    ) -> Block:
        """Add a block of columns; `size` is a count or a shape.

        Bounds and objective are scalars or arrays that broadcast to the shape; `lower` None is minus
        infinity, `upper` None plus infinity. `unit`, a scalar or an array too, is the size of the numbers to
        expect, by which solvers are to measure (see ``scaling``); None where it is not known. Those of an
        `integer` block are whole numbers within finite bounds, and have unit 1. `label(k)` names the k-th
        column of the block, from 0. Raises ``InvalidInput`` for a name already used, a number that is none,
        a shape that does not fit, and whole numbers without bounds.
        """
        block = self._block(name, size, self._columns, self.num_columns, "column", label)
        data = (
            self._bound(lower, -np.inf, block, "lower bound"),
            self._bound(upper, np.inf, block, "upper bound"),
            coefficients(objective, block.shape, self.exact, f"objective of columns {name!r}"),
        )
        if integer and any(infinities(side).any() for side in data[:2]):
            raise InvalidInput(f"columns {name!r}: whole numbers need a lower and an upper bound")
        self._columns[name] = block
        self._column_data.append(data)
        self._integer.append(np.full(block.size, integer))
        expected = np.asarray(1 if integer else np.nan if unit is None else unit, dtype=np.float64)
        self._units.append(np.array(np.broadcast_to(expected, block.shape)).ravel())
        self.num_columns += block.size
        return block

    def rows(
        self,
        name: str,
        size: int | tuple[int, ...],
        *,
        lower: Any = None,
        upper: Any = None,
        label: Label | None = None,
    ) -> Block:
        """Add a block of rows between `lower` and `upper` (None: no bound); equal bounds make an equation.

        Errors as for ``columns``.
        """
        block = self._block(name, size, self._rows, self.num_rows, "row", label)
        data = (
            self._bound(lower, -np.inf, block, "lower bound"),
            self._bound(upper, np.inf, block, "upper bound"),
        )
        self._rows[name] = block
        self._row_data.append(data)
        self.num_rows += block.size
        return block

    def entries(self, rows: Any, cols: Any, values: Any, *, nonzero: bool = False) -> None:
        """Add A[rows, cols] += values: global integer indices and numbers, arrays that broadcast together.

        Positions may repeat, within a call or between calls: they are summed. nonzero: none of the values is
        0, which over the rationals takes long to see.
        """
        triplets = self._triplets(rows, cols, values, self.num_rows, self.num_columns, "entries")
        self._zeros = self._zeros or not ((self.exact and nonzero) or there(triplets[2]).all())
        self._entries.append(triplets)

    def quadratic(self, i: Any, j: Any, values: Any) -> None:
        """Add ½ x'Qx with Q[i, j] += values to the objective; give both triangles.

        Q must be negative semidefinite for sense max, positive semidefinite for min.
        """
        self._quadratic.append(self._triplets(i, j, values, self.num_columns, self.num_columns, "quadratic"))

    def add_objective(self, cols: Any, values: Any) -> None:
        """Add values to the objective coefficients of the columns (global indices; repeats are summed)."""
        _, columns, numbers = self._triplets(0, cols, values, 1, self.num_columns, "objective")
        self._objective.append((columns, numbers))

    def build(self) -> Program:
        """The program; the builder may go on growing afterwards and be built again."""
        exact = self.exact
        lower, upper, objective = (_join([block[k] for block in self._column_data], exact) for k in range(3))
        row_lower, row_upper = (_join([block[k] for block in self._row_data], exact) for k in range(2))
        for columns, values in self._objective:
            add_to(objective, columns, values)
        _check(lower, upper, self._columns, "column")
        _check(row_lower, row_upper, self._rows, "row")
        indptr, indices, data = compress(
            *_stack(self._entries, exact), (self.num_rows, self.num_columns), self._zeros
        )
        offset = coefficients(self.offset, (1,), exact, "offset")[0]
        units = np.concatenate(self._units) if self._units else np.zeros(0)
        integer = np.concatenate(self._integer) if self._integer else np.zeros(0, dtype=np.bool_)
        quadratic = self._hessian()
        if quadratic is not None and integer.any():
            raise InvalidInput(f"program {self.name!r}: a quadratic objective takes no integer columns")
        return Program(
            self.sense,
            exact,
            self.name,
            Blocks(self._columns),
            Blocks(self._rows),
            objective,
            offset if exact else float(offset),
            lower,
            upper,
            row_lower,
            row_upper,
            indptr,
            indices,
            data,
            quadratic,
            None if np.isnan(units).all() else units,
            integer if integer.any() else None,
        )

    def _hessian(self) -> tuple[Index, Index, Array] | None:
        if not self._quadratic:
            return None
        n = self.num_columns
        i, j, values = _stack(self._quadratic, self.exact)
        indptr, indices, data = compress(i, j, values, (n, n))
        if not data.size:
            return None
        other = compress(j, i, values, (n, n))
        if not (
            np.array_equal(indptr, other[0])
            and np.array_equal(indices, other[1])
            and (data == other[2]).all()
        ):
            raise InvalidInput("quadratic: Q is not symmetric; give both triangles, Q[i, j] and Q[j, i]")
        return rows_of(indptr), indices, data

    def _block(
        self,
        name: str,
        size: int | tuple[int, ...],
        known: dict[str, Block],
        start: int,
        what: str,
        label: Label | None,
    ) -> Block:
        if name in known:
            raise InvalidInput(f"{what}s {name!r} are already in the program; block names are unique")
        shape = tuple(int(k) for k in size) if isinstance(size, tuple) else (int(size),)
        if any(k < 0 for k in shape):
            raise InvalidInput(f"{what}s {name!r}: shape {shape} has a negative length")
        return Block(name, start, int(np.prod(shape, dtype=np.int64)), shape, label)

    def _bound(self, value: Any, default: float, block: Block, what: str) -> Array:
        return coefficients(
            default if value is None else value,
            block.shape,
            self.exact,
            f"{what} of {block.name!r}",
            infinite=True,
        )

    def _triplets(
        self, rows: Any, cols: Any, values: Any, num_rows: int, num_cols: int, what: str
    ) -> tuple[Index, Index, Array]:
        i, j = np.asarray(rows), np.asarray(cols)
        for index, limit in ((i, num_rows), (j, num_cols)):
            if index.size and index.dtype.kind not in "iu":
                raise InvalidInput(f"{what}: indices of type {index.dtype} are not integers")
            if index.size and not (index.min() >= 0 and index.max() < limit):
                bad = index.min() if index.min() < 0 else index.max()
                raise InvalidInput(f"{what}: index {bad} is outside 0..{limit - 1}; add the block first")
        try:
            shape = np.broadcast_shapes(i.shape, j.shape, np.shape(values))
        except ValueError:
            raise InvalidInput(
                f"{what}: shapes {i.shape}, {j.shape}, {np.shape(values)} do not broadcast"
            ) from None
        at_rows, at_cols = _spread(i, shape, num_rows), _spread(j, shape, num_cols)
        return at_rows, at_cols, coefficients(values, shape, self.exact, what)


def _spread(index: Index, shape: tuple[int, ...], limit: int) -> Index:
    """A flat copy, so that arrays written to later do no harm, of an index below `limit` in this shape."""
    spread: Index = index if index.shape == shape else np.broadcast_to(index, shape)
    width: np.dtype[Any] = np.dtype(np.int32 if limit < 2**31 else np.int64)
    return spread.astype(width).ravel()


def _join(parts: list[Array], exact: bool) -> Array:
    return np.concatenate(parts) if parts else arithmetic(exact).zeros(0)


def _stack(parts: list[tuple[Index, Index, Array]], exact: bool) -> tuple[Index, Index, Array]:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return none, none, arithmetic(exact).zeros(0)
    rows: Index = np.concatenate([part[0] for part in parts])
    cols: Index = np.concatenate([part[1] for part in parts])
    return rows, cols, np.concatenate([part[2] for part in parts])


def _check(lower: Array, upper: Array, blocks: dict[str, Block], what: str) -> None:
    """Crossing bounds make an infeasible program, which is an answer; the wrong infinity is a mistake."""
    for bounds, infinity in ((lower, np.inf), (upper, -np.inf)):
        beyond = np.flatnonzero(infinities(bounds))
        wrong = beyond[bounds[beyond] == infinity]
        if not wrong.size:
            continue
        k = int(wrong[0])
        raise InvalidInput(
            f"{label_of(blocks, k, lower.size, what)}: no number lies between {lower[k]} and {upper[k]}"
        )


def estimate_bytes(rows: int, columns: int, nonzeros: int, exact: bool) -> int:
    """About how many bytes building and compiling a program of this size takes at its peak (solving not).

    Measured: 40 bytes a nonzero in doubles, 80 to 125 in rationals, as fewer or more ``Fraction`` objects are
    shared; rows and columns add their bounds.
    """
    return (
        nonzeros * (125 if exact else 40) + rows * (250 if exact else 20) + columns * (400 if exact else 24)
    )
