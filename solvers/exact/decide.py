"""Proofs for every outcome: optimal, infeasible, unbounded, and what can be said where none is completed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from ..arithmetic import RATIONAL
from ..certificate import Certificate
from ..clock import Clock
from ..errors import OutOfTime
from ..phases import linear_program, phase_one, ray_program
from ..solution import Solution
from .bounds import refutes
from .examine import add, dot, examine, hessian_times, primal_faults
from .integers import IntegerProgram, clear
from .interval import Interval, integer_duals, narrowed, program_duals
from .last_resort import settled
from .prove import Attempt, Decision, attempts, fresh_attempts, fresh_basis
from .quadratic import quadratic_attempts, semidefinite
from .rationals import Rationals
from .vertex import Vertex

_PROOF = 0.6  # of the time that is left for a proof; the rest is for an interval where there is none
_CURVED = "the quadratic objective is semidefinite only up to rounding; give its numbers as rationals"
_LATE = "time ran out before the quadratic objective was seen to be semidefinite"


def decide(program: IntegerProgram, proposed: Solution, clock: Clock) -> Decision:
    """Prove what a float solver says or, where that is wrong, what is true instead.

    Its solution is of ``program.scaled``; of one that gave up over the numbers an optimum is tried first.
    """
    if (bent := _bent(program, clock)) is not None:
        return bent
    claim = "optimal" if proposed.status == "limit" else proposed.status
    best, whole, obstacle = Interval(program), clock, ""
    clock = whole.part(_PROOF)
    linear = program.source.quadratic is None
    asked = claim == "infeasible"
    try:
        tries = _claimed(program, proposed, clock) if claim == "optimal" else iter(())
        if (won := _first_optimal(best, tries)) is not None:
            return won
        if claim == "unbounded" and (proof := _unbounded(program, clock)) is not None:
            return Decision(proof)
        asked = asked or best.primal_broken or not (linear or best.point)
        if asked and (proof := _infeasible(program, best, clock)) is not None:
            return Decision(proof)
        again = fresh_attempts(program, clock) if linear else _by_linear(program, best.point, clock)
        if (won := _first_optimal(best, again)) is not None:
            return won
        if not (asked or best.point) and (proof := _infeasible(program, best, clock)) is not None:
            return Decision(proof)
        if claim != "unbounded" and (proof := _unbounded(program, clock)) is not None:
            return Decision(proof)
        if linear and (end := settled(program, best.basis or proposed.basis, clock)) is not None:
            return end
    except OutOfTime:
        obstacle = "the time limit was reached"
    return Decision(narrowed(best, proposed.basis, proposed.primal, whole), obstacle=obstacle)


def enclose(program: IntegerProgram, proposed: Solution, clock: Clock) -> Decision:
    """What can be said where the solver gave up for want of time: an interval."""
    if (bent := _bent(program, clock)) is not None:
        return bent
    return Decision(narrowed(Interval(program), None, proposed.primal, clock))


def _bent(program: IntegerProgram, clock: Clock) -> Decision | None:
    """What keeps a quadratic objective from being worked with; None where it curves the right way."""
    try:
        return None if semidefinite(program, clock.check) else Decision(None, obstacle=_CURVED)
    except OutOfTime:
        return Decision(None, obstacle=_LATE)


def _first_optimal(best: Interval, tries: Iterator[Attempt]) -> Decision | None:
    """The first attempt that is a proof; what the others are good for is offered to `best`."""
    program = best.program
    for attempt in tries:
        x, y = attempt.vertex.x, attempt.vertex.y
        if attempt.seen.optimal:
            duals = partial(program_duals, program, y)
            proof = Certificate("optimal", program.source, attempt.seen.value, x.fractions, duals)
            return Decision(proof, attempt)
        best.primal_broken = bool(attempt.seen.primal)
        best.basis = best.basis or attempt.basis
        if not best.primal_broken:
            best.offer(x)
        best.offer_duals(y, x)
    return None


def _claimed(program: IntegerProgram, proposed: Solution, clock: Clock) -> Iterator[Attempt]:
    if program.source.quadratic is None:
        basis = proposed.basis if proposed.basis is not None else fresh_basis(program, {}, clock)
        return attempts(program, basis, clock)
    if proposed.primal is None or proposed.dual is None:
        return iter(())
    return quadratic_attempts(program, proposed.primal, proposed.dual, clock)


def _by_linear(
    program: IntegerProgram, point: tuple[Fraction, Rationals] | None, clock: Clock
) -> Iterator[Attempt]:
    """The best feasible point of a quadratic program, with the multipliers of the linear program there.

    They prove it optimal if it is, however degenerate, and otherwise how far from optimal it is at most.
    """
    if point is None:
        return
    x = point[1]
    gradient = add(program.cost, hessian_times(program, x)).fractions()
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


def _infeasible(program: IntegerProgram, best: Interval, clock: Clock) -> Certificate | None:
    """A proof that there is no feasible point; where there is one, it is offered to `best`."""
    point, farkas = feasibility(program, clock)
    best.offer(point)
    if farkas is None:
        return None
    return Certificate("infeasible", program.source, dual=program_duals(program, farkas))


def _some_point(program: IntegerProgram, clock: Clock) -> Rationals | None:
    """A feasible point where HiGHS finds one, which is quicker than phase one."""
    flat = clear(linear_program(program.source, RATIONAL.zeros(program.num_columns)))
    for attempt in attempts(flat, fresh_basis(flat, {}, clock), clock):
        if not attempt.seen.primal:
            return attempt.vertex.x
    return None


def _unbounded(program: IntegerProgram, clock: Clock) -> Certificate | None:
    direction = clear(ray_program(program.source))
    for attempt in attempts(direction, fresh_basis(direction, {}, clock), clock):
        ray = attempt.vertex.x
        if attempt.seen.primal or program.sign * dot(program.cost, ray) >= 0:
            continue
        point = _some_point(program, clock) or feasibility(program, clock)[0]
        if point is None:
            return None
        return Certificate("unbounded", program.source, primal=point.fractions(), ray=ray.fractions())
    return None
