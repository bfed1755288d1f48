"""The way back from a reformulation to the program that it was made of.

Whatever rewrites a program returns (program, lift): another program that is easier to solve, and a `Lift`, by
which what is found for it becomes an answer to the program at home. A lift says what an optimal vector is at
home, and what an optimal basis is where a vertex stays a vertex; values are the same but for a factor. Lifts
chain: a rewriting of a rewriting comes home by one after the other, and a program that stays as it is has the
identity.

Optimal pairs come home as optimal pairs. Rewritings that leave conditions out (rows that turn out to hold
anyway) or add some (rows that turn out to cost nothing) say so; theirs do where that is true.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from .numbers import Array
from .options import Basis
from .program import Program
from .solution import Solution


class Lift(ABC):
    """The way back to `home`; vectors and bases that it is given are those of the reformulation.

    None stands for what has no counterpart at home, or none that the lift knows.
    """

    home: Program

    @abstractmethod
    def primal(self, values: Array) -> Array:
        """A point of the reformulation as one of `home`, (columns,): as good, and optimal if that one is."""

    @abstractmethod
    def dual(self, values: Array) -> Array | None:
        """Row duals as ones of `home`, (rows,), in the signs of ``Solution``."""

    def basis(self, found: Basis) -> Basis | None:
        """An optimal basis as one of `home`; None where an optimal vertex may lie inside a face of `home`."""
        return None

    def value(self, value: Any) -> Any:
        """The objective of `home` where the reformulation has `value`."""
        return value

    def costs(self, costs: Array, dual: Array) -> Array | None:
        """Reduced costs, given with the duals that go with them, as ones of `home`, (columns,)."""
        return None

    def ray(self, values: Array) -> Array | None:
        """A direction of endless improvement as one of `home`."""
        return None

    def farkas(self, values: Array) -> Array | None:
        """A combination of rows that nothing satisfies as one of the rows of `home`."""
        return None

    def then(self, further: Lift) -> Lift:
        """From the reformulation home, and from there, as `home` is a reformulation itself, further home."""
        return Chain(further.home, self, further)

    def solution(self, found: Solution) -> Solution:
        """A solution of the reformulation as one of `home`; proofs about the former stay behind."""
        primal, dual, costs = found.primal, found.dual, found.reduced_costs

        def basis() -> Basis | None:
            return None if found.basis is None else self.basis(found.basis)

        return replace(
            found,
            program=self.home,
            value=None if found.value is None else self.value(found.value),
            bound=None if found.bound is None else self.value(found.bound),
            primal=None if primal is None else self.primal(primal),
            dual=None if dual is None else self.dual(dual),
            reduced_costs=None if costs is None or dual is None else self.costs(costs, dual),
            held_basis=basis,
            ray=None if found.ray is None else self.ray(found.ray),
            farkas=None if found.farkas is None else self.farkas(found.farkas),
            certificate=None,
            known=None,
            prover=None,
            bounder=None,
        )


@dataclass(frozen=True, eq=False)
class Identity(Lift):
    """Of a program that stays as it is."""

    home: Program

    def primal(self, values: Array) -> Array:
        """The same."""
        return values

    def dual(self, values: Array) -> Array:
        """The same."""
        return values

    def basis(self, found: Basis) -> Basis:
        """The same."""
        return found

    def costs(self, costs: Array, dual: Array) -> Array:
        """The same."""
        return costs

    def ray(self, values: Array) -> Array:
        """The same."""
        return values

    def farkas(self, values: Array) -> Array:
        """The same."""
        return values


@dataclass(frozen=True, eq=False)
class Chain(Lift):
    """Home by `first`, and on by `second`, whose reformulation is the home of `first`."""

    home: Program
    first: Lift
    second: Lift

    def primal(self, values: Array) -> Array:
        """By one after the other."""
        return self.second.primal(self.first.primal(values))

    def dual(self, values: Array) -> Array | None:
        """By one after the other."""
        there = self.first.dual(values)
        return None if there is None else self.second.dual(there)

    def basis(self, found: Basis) -> Basis | None:
        """By one after the other."""
        there = self.first.basis(found)
        return None if there is None else self.second.basis(there)

    def value(self, value: Any) -> Any:
        """By one after the other."""
        return self.second.value(self.first.value(value))

    def costs(self, costs: Array, dual: Array) -> Array | None:
        """By one after the other."""
        there, duals = self.first.costs(costs, dual), self.first.dual(dual)
        return None if there is None or duals is None else self.second.costs(there, duals)

    def ray(self, values: Array) -> Array | None:
        """By one after the other."""
        there = self.first.ray(values)
        return None if there is None else self.second.ray(there)

    def farkas(self, values: Array) -> Array | None:
        """By one after the other."""
        there = self.first.farkas(values)
        return None if there is None else self.second.farkas(there)
