"""Proofs for every outcome: optimal, infeasible, unbounded, and what can be said where none is completed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from ..certificate import Certificate
from ..numbers import Array
from ..options import Basis
from ..phases import linear_program, phase_one, ray_program
from .bounds import dual_value, refutes
from .examine import add, dot, examine, hessian_times, objective, primal_faults
from .integers import IntegerProgram, Rationals, clear, common, objects, zeros
from .prove import Attempt, Clock, OutOfTime, attempts, fresh_attempts, fresh_basis
from .quadratic import quadratic_attempts, semidefinite
from .vertex import Vertex

Claim: TypeAlias = Literal["optimal", "infeasible", "unbounded"]


@dataclass(frozen=True, eq=False)
class Proposal:
    """What a float solver offers as an optimum, in the units of ``IntegerProgram.scaled``."""

    basis: Basis | None
    primal: Array | None
    dual: Array | None


@dataclass(frozen=True, eq=False)
class Decision:
    """A certificate, with the optimal attempt where it is one of optimality; or what stands in its way."""

    certificate: Certificate | None
    attempt: Attempt | None = None
    obstacle: str = ""


def decide(program: IntegerProgram, claim: Claim, found: Proposal, clock: Clock) -> Decision:
    """Prove the claim of the float solver or, where that is wrong, what is true instead."""
    if not semidefinite(program):
        words = "the quadratic objective is semidefinite only up to rounding; give its numbers as rationals"
        return Decision(None, obstacle=words)
    best = _Best(program)
    linear = program.source.quadratic is None
    asked = claim == "infeasible"
    try:
        if claim == "optimal" and (won := best.first_optimal(_claimed(program, found, clock))) is not None:
            return won
        if claim == "unbounded" and (proof := _unbounded(program, clock)) is not None:
            return Decision(proof)
        asked = asked or best.primal_broken or not (linear or best.point)
        if asked and (proof := _infeasible(program, best, clock)) is not None:
            return Decision(proof)
        again = fresh_attempts(program, clock) if linear else _by_linear(program, best.point, clock)
        if (won := best.first_optimal(again)) is not None:
            return won
        if not (asked or best.point) and (proof := _infeasible(program, best, clock)) is not None:
            return Decision(proof)
        if claim != "unbounded" and (proof := _unbounded(program, clock)) is not None:
            return Decision(proof)
    except OutOfTime:
        pass
    return Decision(best.interval())


def _claimed(program: IntegerProgram, found: Proposal, clock: Clock) -> Iterator[Attempt]:
    if program.source.quadratic is None:
        basis = found.basis if found.basis is not None else fresh_basis(program, {}, clock)
        return attempts(program, basis, clock)
    if found.primal is None or found.dual is None:
        return iter(())
    return quadratic_attempts(program, found.primal, found.dual, clock)


def _by_linear(
    program: IntegerProgram, point: tuple[Fraction, Rationals] | None, clock: Clock
) -> Iterator[Attempt]:
    """The best feasible point of a quadratic program, with the multipliers of the linear program there.

    They prove it optimal if it is, however degenerate, and otherwise how far from optimal it is at most.
    """
    if point is None:
        return
    x = point[1]
    gradient = add(common(program.objective), hessian_times(program, x)).fractions()
    linear = clear(linear_program(program.source, gradient))
    for attempt in attempts(linear, fresh_basis(linear, {}, clock), clock):
        y = integer_duals(program, program_duals(linear, attempt.vertex.y))
        yield Attempt(None, Vertex(x, y), examine(program, x, y))


def feasibility(program: IntegerProgram, clock: Clock) -> tuple[Rationals | None, Rationals | None]:
    """(a feasible point, None), (None, a Farkas vector of the integer rows), or (None, None)."""
    first = clear(phase_one(program.source))
    for tries in (attempts(first, fresh_basis(first, {}, clock), clock), fresh_attempts(first, clock)):
        for attempt in tries:
            x = Rationals(attempt.vertex.x.numerators[: program.num_columns], attempt.vertex.x.denominator)
            if not primal_faults(program, x):
                return x, None
            y = integer_duals(program, program_duals(first, attempt.vertex.y))
            if refutes(program, y):
                return None, y
    return None, None


def _infeasible(program: IntegerProgram, best: _Best, clock: Clock) -> Certificate | None:
    """A proof that there is no feasible point; where there is one, it is offered to `best`."""
    point, farkas = feasibility(program, clock)
    best.offer(point)
    if farkas is None:
        return None
    return Certificate("infeasible", program.source, dual=program_duals(program, farkas))


def _unbounded(program: IntegerProgram, clock: Clock) -> Certificate | None:
    direction = clear(ray_program(program.source))
    sign = 1 if program.source.sense == "min" else -1
    for attempt in attempts(direction, fresh_basis(direction, {}, clock), clock):
        ray = attempt.vertex.x
        if attempt.found.primal or sign * dot(common(program.objective), ray) >= 0:
            continue
        point, _ = feasibility(program, clock)
        if point is None:
            return None
        return Certificate("unbounded", program.source, primal=point.fractions(), ray=ray.fractions())
    return None


class _Best:
    """The best feasible point and the best bound seen on the way."""

    def __init__(self, program: IntegerProgram) -> None:
        self.program = program
        self.sign = 1 if program.source.sense == "min" else -1
        self.point: tuple[Fraction, Rationals] | None = None
        self.bound: tuple[Fraction, Rationals, Rationals] | None = None
        self.primal_broken = False

    def first_optimal(self, tries: Iterator[Attempt]) -> Decision | None:
        for attempt in tries:
            x, y = attempt.vertex.x, attempt.vertex.y
            if attempt.found.optimal:
                dual = program_duals(self.program, y)
                proof = Certificate("optimal", self.program.source, attempt.found.value, x.fractions(), dual)
                return Decision(proof, attempt)
            self.primal_broken = bool(attempt.found.primal)
            if not self.primal_broken:
                self.offer(x)
            value = dual_value(self.program, y, x)
            if value is not None and (self.bound is None or self.sign * value > self.sign * self.bound[0]):
                self.bound = value, y, x
        return None

    def offer(self, x: Rationals | None) -> None:
        if x is None:
            return
        value = objective(self.program, x)
        if self.point is None or self.sign * value < self.sign * self.point[0]:
            self.point = value, x

    def interval(self) -> Certificate | None:
        zero = zeros(self.program.num_rows)
        trivial = dual_value(self.program, zero)
        if self.bound is None and trivial is not None:
            self.bound = trivial, zero, zeros(self.program.num_columns)
        if self.point is None and self.bound is None:
            return None
        reached = None if self.point is None else self.point[0]
        proved = None if self.bound is None else self.bound[0]
        least, most = (proved, reached) if self.sign > 0 else (reached, proved)
        return Certificate(
            "interval", self.program.source, None,
            None if self.point is None else self.point[1].fractions(),
            None if self.bound is None else program_duals(self.program, self.bound[1]),
            tangent=None if self.bound is None else self.bound[2].fractions(), least=least, most=most,
        )  # fmt: skip


def program_duals(program: IntegerProgram, y: Rationals) -> Array:
    """Duals of the rows of the program, from those of the integer rows."""
    out = objects([Fraction(0)] * program.num_rows)
    for k in np.flatnonzero(y.numerators != 0).tolist():
        out[k] = Fraction(int(y.numerators[k]), y.denominator) * program.multiplier(k)
    return out


def integer_duals(program: IntegerProgram, duals: Array) -> Rationals:
    """Duals of the integer rows, from those of the rows of the program."""
    out = objects([Fraction(0)] * program.num_rows)
    for k in np.flatnonzero(duals != 0).tolist():
        out[k] = duals[k] / program.multiplier(k)
    return common(out)
