"""The certificate that rational pivots end with, looked at once more before anybody relies on it."""

from __future__ import annotations

from functools import partial

from ..certificate import Certificate
from ..options import Basis
from ..phases import ray_program
from .bounds import refutes
from .clock import Clock
from .examine import dot, examine, primal_faults
from .integers import IntegerProgram, clear
from .interval import program_duals
from .prove import Attempt
from .rationals import Rationals, magnitude
from .simplex import finish


def settled(
    program: IntegerProgram, start: Basis | None, clock: Clock
) -> tuple[Certificate, Attempt | None] | None:
    """What is true of a linear program, with the optimal attempt where it has an optimum.

    Begins at the basis `start`; None where it takes too long. Raises ``OutOfTime``.
    """
    end = finish(program, start, clock)
    if end is None:
        return None
    source, x, y = program.source, end.vertex.x, end.vertex.y
    duals = partial(program_duals, program, y)
    if end.kind == "optimal":
        found = examine(program, x, y)
        proof = Certificate("optimal", source, found.value, x.fractions, duals)
        return (proof, Attempt(end.basis, end.vertex, found)) if found.optimal else None
    if end.kind == "infeasible":
        return (Certificate("infeasible", source, dual=duals), None) if refutes(program, y) else None
    if end.ray is None or primal_faults(program, x) or not _improves(program, end.ray):
        return None
    return Certificate("unbounded", source, primal=x.fractions, ray=end.ray.fractions()), None


def _improves(program: IntegerProgram, ray: Rationals) -> bool:
    """Whether no bound ends the ray, and the objective improves along it."""
    within = Rationals(ray.numerators, max(magnitude(ray.numerators), 1))
    endless = not primal_faults(clear(ray_program(program.source)), within)
    return endless and program.sign * dot(program.cost, ray) < 0
