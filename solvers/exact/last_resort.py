"""The certificate that rational pivots end with, looked at once more before anybody relies on it."""

from __future__ import annotations

from functools import partial

from ..certificate import Certificate
from ..clock import Clock
from ..options import Basis
from ..phases import ray_program
from .bounds import refutes
from .examine import dot, examine, primal_faults
from .integers import IntegerProgram, clear
from .interval import program_duals
from .prove import Attempt, Decision
from .rationals import Rationals, magnitude
from .simplex import finish


def settled(program: IntegerProgram, start: Basis | None, clock: Clock) -> Decision | None:
    """What is true of a linear program, with the optimal attempt where it has an optimum.

    Begins at the basis `start`; None where it takes too long. Raises ``OutOfTime``.
    """
    end = finish(program, start, clock)
    if end is None:
        return None
    source, x, y = program.source, end.vertex.x, end.vertex.y
    duals = partial(program_duals, program, y)
    if end.kind == "optimal":
        seen = examine(program, x, y)
        proof = Certificate("optimal", source, seen.value, x.fractions, duals)
        return Decision(proof, Attempt(end.basis, end.vertex, seen)) if seen.optimal else None
    if end.kind == "infeasible":
        return Decision(Certificate("infeasible", source, dual=duals)) if refutes(program, y) else None
    if end.ray is None or primal_faults(program, x):
        return None
    # no bound ends the ray, and the objective improves along it
    within = Rationals(end.ray.numerators, max(magnitude(end.ray.numerators), 1))
    endless = not primal_faults(clear(ray_program(source)), within)
    if not endless or program.sign * dot(program.cost, end.ray) >= 0:
        return None
    return Decision(Certificate("unbounded", source, primal=x.fractions, ray=end.ray.fractions()))
