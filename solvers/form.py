"""The plain data of a linear, mixed-integer or convex quadratic program, which every other file reads.

The canonical form, for ``sense`` max or min, is

    optimise   offset + c'x + ½ x'Qx
    subject to row_lower ≤ A x ≤ row_upper,   lower ≤ x ≤ upper,   some x_j whole numbers,

with A stored by compressed rows. Everything is ``float64``, or everything is ``Fraction`` (dtype object);
an infinite bound is the float ``±inf`` in both, the only floats an exact array ever holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal, Self, TypeAlias, TypeVar

import numpy as np
import scipy.sparse as sp

from .blocks import Block, label_of
from .numbers import Array, Bools, Floats, Ints, Number, to_exact, to_float
from .origin import Origin
from .short import brief
from .sparse import Index, coefficients

Sense: TypeAlias = Literal["max", "min"]


Given = TypeVar("Given")


@dataclass(frozen=True, eq=False)
class Form:
    """The numbers of a program and the names of its blocks, immutable; see the module for what they mean.

    `indptr` (rows + 1,), `indices`, `data` (nonzeros,) are the compressed rows; `quadratic` is the triplets
    (i, j, value) of Q, both triangles, or None where the objective is linear. `units` (columns,) is the size
    of the numbers to expect in each column, NaN where nobody knows, or None where nobody knows anywhere.
    `integer` (columns,) says which columns are whole numbers, None where none is.
    `origin` is what a float program was rounded from, None where its doubles are the data; what is made of
    the program has another, and so ``replace`` leaves it out.
    """

    sense: Sense
    exact: bool
    name: str
    column_blocks: Mapping[str, Block]
    row_blocks: Mapping[str, Block]
    objective: Array
    offset: Number
    lower: Array
    upper: Array
    row_lower: Array
    row_upper: Array
    indptr: Index
    indices: Index
    data: Array
    quadratic: tuple[Index, Index, Array] | None = None
    units: Floats | None = None
    integer: Bools | None = None
    origin: Origin[Self] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        for held in (*vars(self).values(), *(self.quadratic or ())):
            if isinstance(held, np.ndarray):
                held.flags.writeable = False

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return int(self.row_lower.size)

    @property
    def num_columns(self) -> int:
        """How many columns."""
        return int(self.lower.size)

    @property
    def num_nonzeros(self) -> int:
        """How many nonzero entries of A."""
        return int(self.data.size)

    @property
    def sign(self) -> int:
        """1 of a minimisation, −1 of a maximisation: times the objective it is what is to be small."""
        return 1 if self.sense == "min" else -1

    @property
    def kind(self) -> Literal["LP", "QP", "MILP"]:
        """Linear, with a quadratic objective, or linear with integer columns."""
        return "MILP" if self.integers.size else "LP" if self.quadratic is None else "QP"

    @cached_property
    def integers(self) -> Ints:
        """The integer columns, in order."""
        none: Ints = np.zeros(0, dtype=np.int64)
        return none if self.integer is None else np.flatnonzero(self.integer)

    def relaxed(self) -> Self:
        """The same without asking for whole numbers; itself where nothing does."""
        return self if self.integer is None else replace(self, integer=None)

    def fixed_at(self, point: Array) -> Self:
        """The linear program in which integer columns are as in `point` (columns,), rounded and within their
        bounds; itself where there are none."""
        if not self.integers.size:
            return self
        at = self.integers
        least, most = np.ceil(to_float(self.lower[at])), np.floor(to_float(self.upper[at]))
        whole = np.clip(np.rint(to_float(point[at])), least, most).astype(np.int64)
        return self.within(at, whole, whole).relaxed()

    def within(self, columns: Ints, lower: Ints, upper: Ints) -> Self:
        """The same with other bounds, whole numbers, of these columns."""
        ends = self.lower.copy(), self.upper.copy()
        for held, given in zip(ends, (lower, upper), strict=True):
            held[columns] = to_exact(given) if self.exact else given
        return replace(self, lower=ends[0], upper=ends[1])

    @cached_property
    def mark(self) -> str:
        """What tells the program from others: a digest of its blocks and of its numbers in doubles."""
        p, digest = self.to_float(), hashlib.sha256()
        for blocks in (p.column_blocks, p.row_blocks):
            digest.update(repr([(block.name, block.shape) for block in blocks.values()]).encode())
        numbers = (p.objective, p.lower, p.upper, p.row_lower, p.row_upper, p.indptr, p.indices, p.data)
        for values in (*numbers, *(p.quadratic or ()), *(() if p.integer is None else (p.integer,))):
            digest.update(values.tobytes())
        digest.update(repr((p.sense, p.offset)).encode())
        return digest.hexdigest()

    def row_label(self, k: int) -> str:
        """The label of row `k`, for a person."""
        return label_of(self.row_blocks, k, self.num_rows, "row")

    def column_label(self, k: int) -> str:
        """The label of column `k`, for a person."""
        return label_of(self.column_blocks, k, self.num_columns, "column")

    @cached_property
    def _float(self) -> Self:
        def double(values: Array, where: str) -> Array:
            return coefficients(values, values.shape, False, where, infinite=True)

        q = self.quadratic
        rounded = replace(
            self,
            exact=False,
            objective=double(self.objective, "objective"),
            offset=float(self.offset),
            lower=double(self.lower, "column bounds"),
            upper=double(self.upper, "column bounds"),
            row_lower=double(self.row_lower, "row bounds"),
            row_upper=double(self.row_upper, "row bounds"),
            data=double(self.data, "entries"),
            quadratic=None if q is None else (q[0], q[1], double(q[2], "quadratic objective")),
        )
        return rounded.rounded_from(Origin(partial(_itself, self)))

    def rounded_from(self, origin: Origin[Self] | None) -> Self:
        """The same program, of whose numbers it is known what they were rounded from."""
        same = object.__new__(type(self))
        vars(same).update(vars(self), origin=origin)
        return same

    def changed(self, change: Callable[[Self], Self]) -> Self:
        """What a change makes of the program, and of what it was rounded from."""
        after, origin = change(self), self.origin
        if after is self or origin is None:
            return after
        return after.rounded_from(Origin(partial(_after, origin.make, change), origin.given))

    def to_float(self) -> Self:
        """The nearest program in doubles (itself where it is one already); made once."""
        return self._float if self.exact else self

    @cached_property
    def matrix(self) -> sp.csr_array:
        """A in doubles, (rows, columns), compressed rows; do not write to it."""
        p = self.to_float()
        return sp.csr_array((p.data, p.indices, p.indptr), shape=(self.num_rows, self.num_columns))

    @cached_property
    def hessian(self) -> sp.csr_array:
        """Q in doubles, (columns, columns), both triangles; do not write to it."""
        n = self.num_columns
        q = self.to_float().quadratic
        if q is None:
            return sp.csr_array((n, n), dtype=np.float64)
        return sp.csr_array((q[2], (q[0], q[1])), shape=(n, n))

    def __repr__(self) -> str:
        size = f"{self.num_rows} rows, {self.num_columns} columns, {self.num_nonzeros} nonzeros"
        what = type(self).__name__
        numbers = "exact" if self.exact else "float"
        return f"{what}({brief(self.name)}, {self.sense}, {self.kind}, {size}, {numbers})"


def objective_value(program: Form, primal: Floats) -> float:
    """offset + c'x + ½ x'Qx in doubles."""
    p = program.to_float()
    value = float(p.offset) + float(p.objective @ primal)
    return value if p.quadratic is None else value + float(primal @ (p.hessian @ primal)) / 2


def _itself(program: Given) -> Given:
    return program


def _after(make: Callable[[], Given], change: Callable[[Given], Given]) -> Given:
    return change(make())
