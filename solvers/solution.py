"""What came back from an engine, in the terms of the program that was asked about.

Duals and reduced costs have one meaning for both senses: the dual of a row is the derivative of the optimal
value with respect to the bound of the row that binds, a reduced cost the derivative with respect to the
bound of the column. So, for max and min alike,

    c + Q x = A' dual + reduced_costs,

and at an optimum of a maximisation the dual of a binding upper bound is ≥ 0, of a binding lower bound ≤ 0
(of a minimisation the other way round).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from .accuracy import Accuracy, accuracy
from .blocks import Block
from .certificate import Certificate
from .deferred import Deferred, settled
from .errors import DynamechError, Infeasible, InvalidInput, NotCertified, Unbounded
from .numbers import Array, Ints, Number
from .options import Basis, Tolerances
from .program import Program
from .short import Short

Status: TypeAlias = Literal["optimal", "infeasible", "unbounded", "limit"]


class BlockView(Mapping[str, Array]):
    """A vector over all columns (or rows), read by block name in the shape of the block."""

    def __init__(self, blocks: Mapping[str, Block], values: Array, what: str) -> None:
        self._blocks = blocks
        self._values = values
        self._what = what

    def __getitem__(self, name: str) -> Array:
        if name not in self._blocks:
            known = ", ".join(map(repr, self._blocks)) or "none"
            raise InvalidInput(f"no {self._what} block is called {name!r}; the blocks are {known}")
        block = self._blocks[name]
        return self._values[block.slice].reshape(block.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


@dataclass(frozen=True, eq=False, repr=False)
class Solution(Short):
    """Status, value, primal and dual of a solved program; arrays are None where the engine has none to give.

    - `status`: "optimal", "infeasible", "unbounded" or "limit"; `message` says the same in a sentence.
    - `value`: the optimal value with the offset, None unless optimal. `bound`: what no feasible point can
      beat (the value where optimal; under a limit the best bound known, or None).
    - `primal` (columns,), `dual` (rows,), `reduced_costs` (columns,): see the module for the signs. Under a
      limit they are the last iterate, with no promise.
    - `farkas` (rows,): where infeasible and asked for, a combination of rows that no point within the column
      bounds satisfies. `ray` (columns,): where unbounded and asked for, a direction of endless improvement.
    - `seconds`: "handover" (to and from the engine) and "solve"; "prove" beside them where exact.
    - `used`: numbers of the rows that the engine was given, where they were generated lazily; None where all.
    - `certificate`: the proof, of a solution asked for with ``exact=True``, whose value and vectors are then
      ``Fraction``; ``certify`` makes one for others.
    - `known`: what was proved of `program`, or of what it was rounded from, before a float answer was given.
    - `holds`: of a program that leaves rows out, whether what was proved is true of all of them.
    - `prover`, `bounder`: make the certificate, and the bound on the error of the value, when asked.
    """

    program: Program
    status: Status
    message: str
    solver: str
    value: Number | None = None
    bound: Number | None = None
    primal: Deferred = Deferred()
    dual: Deferred = Deferred()
    reduced_costs: Deferred = Deferred()
    held_basis: Basis | Callable[[], Basis | None] | None = None
    ray: Array | None = None
    farkas: Array | None = None
    iterations: int = 0
    seconds: Mapping[str, float] = field(default_factory=lambda: {"handover": 0.0, "solve": 0.0})
    tolerances: Tolerances = field(default_factory=Tolerances)
    certificate: Certificate | None = None
    used: Ints | None = None
    known: Certificate | None = None
    holds: Callable[[Certificate], bool] | None = None
    prover: Callable[[Solution], Certificate] | None = None
    bounder: Callable[[Solution], float] | None = None

    def _facts(self) -> dict[str, object]:
        return {
            "solver": self.solver,
            "status": self.status,
            "value": self.value,
            "rows": self.program.num_rows,
            "columns": self.program.num_columns,
        }

    def __getstate__(self) -> dict[str, Any]:
        return settled(self) | {"held_basis": self.basis}

    @cached_property
    def basis(self) -> Basis | None:
        """The optimal basis, normalised, where the engine keeps one; fetched when first asked for."""
        return self.held_basis() if callable(self.held_basis) else self.held_basis

    @cached_property
    def measured(self) -> Accuracy | None:
        """How far off a float answer is, measured from its vectors; `tolerances` is what was asked for.

        None where it lacks primal or dual values, and of an exact solution. `value_error` is not looked into.
        """
        if self.primal is None or self.dual is None or self.primal.dtype == object:
            return None
        return accuracy(self.program.fixed_at(self.primal), self.primal, self.dual)

    @property
    def optimality(self) -> Literal["proved", "solver"] | None:
        """Whether it is proved that no other whole numbers do better, or is the solver's word.

        None under a limit, and of a program without integer columns.
        """
        if not self.program.integers.size or self.status == "limit":
            return None
        proof = self.certificate
        return "proved" if proof is not None and proof.kind == self.status else "solver"

    @cached_property
    def accuracy(self) -> Accuracy | None:
        """`measured`, with a bound on the error of the value, which takes about as long as solving."""
        if self.measured is None or self.value is None:
            return self.measured
        error = math.inf if self.bounder is None else self.bounder(self)
        return replace(self.measured, value_error=error)

    def __getitem__(self, name: str) -> Array:
        """The primal values of a column block, in its shape."""
        return BlockView(self.program.column_blocks, self._present(self.primal), "column")[name]

    @property
    def optimum(self) -> Number:
        """The optimal value; raises as `require_optimal` where there is none."""
        if self.value is None:
            self.require_optimal()
            raise DynamechError(f"{self.solver} gave no value: {self.message}")
        return self.value

    @property
    def point(self) -> Array:
        """The primal values of all columns (columns,); raises where there are none."""
        return self._present(self.primal)

    @property
    def multipliers(self) -> Array:
        """The duals of all rows (rows,); raises where there are none."""
        return self._present(self.dual)

    @property
    def costs(self) -> Array:
        """The reduced costs of all columns (columns,); raises where there are none."""
        return self._present(self.reduced_costs)

    @property
    def duals(self) -> BlockView:
        """The row duals by block name."""
        return BlockView(self.program.row_blocks, self._present(self.dual), "row")

    def require_optimal(self) -> Solution:
        """This solution where it is optimal; else ``Infeasible``, ``Unbounded`` or ``DynamechError``."""
        if self.status == "optimal":
            return self
        kinds = {"infeasible": Infeasible, "unbounded": Unbounded}
        raise kinds.get(self.status, DynamechError)(self.message)

    def certify(self) -> Certificate:
        """A proof over the rationals of what this solution says or, where it is wrong, of what is true.

        Of a float program the data count at their exact binary values. Look at the certificate's kind: it is
        "interval" where only bounds were proved. Raises ``NotCertified`` where nothing was.
        """
        if self.certificate is not None:
            return self.certificate
        if self.known is not None and self.known.program is self.program and self.known.kind != "interval":
            return self.known
        if self.prover is None:
            raise NotCertified(f"a solution by {self.solver} cannot be certified; use solve(..., exact=True)")
        return self.prover(self)

    def _present(self, values: Array | None) -> Array:
        if values is None:
            self.require_optimal()
            raise DynamechError(f"{self.solver} gave no such values: {self.message}")
        return values
