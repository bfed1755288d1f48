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
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .numbers import Array
from .options import Basis
from .program import Program
from .short import Short
from .solution import Solution

Given = TypeVar("Given")
Found = TypeVar("Found")


def on(way: Callable[[Given], Found | None], given: Given | None) -> Found | None:
    """Further by a way, where there is anything to bring."""
    return None if given is None else way(given)


@dataclass(frozen=True, eq=False, repr=False)
class Lift(Short, ABC):
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

    def basis(self, basis: Basis) -> Basis | None:
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

    def solution(self, answer: Solution) -> Solution:
        """A solution of the reformulation as one of `home`; proofs about the former stay behind."""
        costs, dual = answer.reduced_costs, answer.dual
        return replace(
            answer,
            program=self.home,
            value=on(self.value, answer.value),
            bound=on(self.value, answer.bound),
            primal=on(self.primal, answer.primal),
            dual=on(self.dual, dual),
            reduced_costs=None if costs is None or dual is None else self.costs(costs, dual),
            held_basis=lambda: on(self.basis, answer.basis),
            ray=on(self.ray, answer.ray),
            farkas=on(self.farkas, answer.farkas),
            certificate=None,
            known=None,
            prover=None,
            bounder=None,
        )


class Identity(Lift):
    """Everything stays as it is; a way back that changes only a part begins with this.

    It is linear, and so brings directions home as it does points, and refutations as it does duals.
    """

    def primal(self, values: Array) -> Array:
        """The same."""
        return values

    def dual(self, values: Array) -> Array | None:
        """The same."""
        return values

    def basis(self, basis: Basis) -> Basis | None:
        """The same."""
        return basis

    def costs(self, costs: Array, dual: Array) -> Array | None:
        """The same."""
        return costs

    def ray(self, values: Array) -> Array | None:
        """As a point."""
        return self.primal(values)

    def farkas(self, values: Array) -> Array | None:
        """As duals."""
        return self.dual(values)


@dataclass(frozen=True, eq=False, repr=False)
class Chain(Lift):
    """Home by `first`, and on by `second`, whose reformulation is the home of `first`."""

    first: Lift
    second: Lift

    def primal(self, values: Array) -> Array:
        """By one after the other, as all that follows."""
        return self.second.primal(self.first.primal(values))

    def dual(self, values: Array) -> Array | None:
        """Row duals."""
        return on(self.second.dual, self.first.dual(values))

    def basis(self, basis: Basis) -> Basis | None:
        """A basis."""
        return on(self.second.basis, self.first.basis(basis))

    def value(self, value: Any) -> Any:
        """The objective."""
        return self.second.value(self.first.value(value))

    def costs(self, costs: Array, dual: Array) -> Array | None:
        """Reduced costs."""
        there, duals = self.first.costs(costs, dual), self.first.dual(dual)
        return None if there is None or duals is None else self.second.costs(there, duals)

    def ray(self, values: Array) -> Array | None:
        """A direction."""
        return on(self.second.ray, self.first.ray(values))

    def farkas(self, values: Array) -> Array | None:
        """A refutation."""
        return on(self.second.farkas, self.first.farkas(values))
