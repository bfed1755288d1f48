"""Engines get a program in its own units (see ``scaling``), and what they find comes home here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .options import Options
from .program import Program
from .scaling import Scaling, scaling
from .solution import Solution


@dataclass(frozen=True, eq=False, slots=True)
class InUnits:
    """A program in doubles, the same in units of its own, and the way back."""

    given: Program
    scaling: Scaling
    program: Program

    @classmethod
    def of(cls, given: Program) -> InUnits:
        """`given` in its own units."""
        p = given.to_float()
        found = scaling(p)
        return cls(given, found, p if found.trivial else found.program(p))

    def home(self, found: Solution) -> Solution:
        """A solution of `program` as one of `given`: the same statuses, value and basis."""
        rows, columns = self.scaling.rows, self.scaling.columns
        primal, dual, costs = found.primal, found.dual, found.reduced_costs
        return replace(
            found,
            program=self.given,
            primal=None if primal is None else primal * columns,
            dual=None if dual is None else dual * rows,
            reduced_costs=None if costs is None else costs / columns,
            ray=None if found.ray is None else found.ray * columns,
            farkas=None if found.farkas is None else found.farkas * rows,
        )


def solve_in_units(
    engine: Callable[[Program, str, Options], Solution], program: Program, solver: str, options: Options
) -> Solution:
    """What `engine` finds for `program`, having seen it in its own units."""
    seen = InUnits.of(program)
    return seen.home(engine(seen.program, solver, options))
