"""An interval that holds the optimal value for certain: a feasible point on one side, duals on the other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ..arithmetic import RATIONAL
from ..certificate import Certificate
from ..clock import Clock
from ..errors import OutOfTime
from ..numbers import Array, Floats, to_exact
from ..options import Basis
from ..phases import linear_program
from .anytime import bound_by_rows
from .bounds import dual_value
from .examine import add, hessian_times, objective
from .integers import IntegerProgram, clear
from .margins import PRIMAL, mended, safe_duals, safe_point
from .rationals import Rationals, common, magnitude, quotients


class Interval:
    """The best feasible point and the best bound seen on the way."""

    def __init__(self, program: IntegerProgram) -> None:
        self.program = program
        self.point: tuple[Fraction, Rationals] | None = None
        self.bound: tuple[Fraction, Rationals, Rationals] | None = None
        self.primal_broken = False
        self.basis: Basis | None = None

    def offer(self, x: Rationals | None) -> None:
        """A feasible point."""
        if x is None:
            return
        value = objective(self.program, x)
        if self.point is None or self.program.sign * value < self.program.sign * self.point[0]:
            self.point = value, x

    def offer_duals(self, y: Rationals | None, tangent: Rationals | None = None) -> None:
        """Any duals of the integer rows, and where a quadratic objective is made linear (0 where None)."""
        value = None if y is None else dual_value(self.program, y, tangent)
        if y is None or value is None:
            return
        tangent = Rationals.zeros(self.program.num_columns) if tangent is None else tangent
        if self.bound is None or self.program.sign * value > self.program.sign * self.bound[0]:
            self.bound = value, y, tangent

    def certificate(self) -> Certificate | None:
        """The interval, None where neither end is known."""
        self.offer_duals(Rationals.zeros(self.program.num_rows))
        if self.point is None and self.bound is None:
            return None
        reached, x = self.point or (None, None)
        proved, y, tangent = self.bound or (None, None, None)
        least, most = (proved, reached) if self.program.sign > 0 else (reached, proved)
        return Certificate(
            "interval",
            self.program.source,
            primal=None if x is None else x.fractions(),
            dual=None if y is None else program_duals(self.program, y),
            tangent=None if tangent is None else tangent.fractions(),
            least=least,
            most=most,
        )


def narrowed(best: Interval, basis: Basis | None, primal: Floats | None, clock: Clock) -> Certificate | None:
    """The interval after everything was tried that the clock leaves time for.

    `basis` is near an optimum, where there is one. `primal` is the solver's point, in the units of the scaled
    program, at which a quadratic objective is made linear.
    """
    program = best.program
    basis = best.basis or basis
    if program.num_columns and program.source.quadratic is not None:
        _around(best, primal, clock)
    elif program.num_columns and basis is not None:
        _near(best, basis, clock)
    elif program.num_columns:
        _from_nothing(best, clock)
    return best.certificate()


def _near(best: Interval, basis: Basis, clock: Clock) -> None:
    program = best.program
    with suppress(OutOfTime):
        best.offer_duals(safe_duals(program, basis, clock.part(0.5)))
    with suppress(OutOfTime):
        _offer_near(best, program, basis, clock.part(0.5))
    if best.point is None:
        _any_point(best, program, clock)


def _from_nothing(best: Interval, clock: Clock) -> None:
    """A bound, then any point at all, then as good a point as there is time for."""
    program = best.program
    with suppress(OutOfTime):
        best.offer_duals(bound_by_rows(program, clock.part(0.4)))
    basis = _any_point(best, program, clock.part(0.7))
    if basis is not None:
        with suppress(OutOfTime):
            _offer_near(best, program, mended(program, basis, PRIMAL, clock.part(0.6)), clock)


def _any_point(best: Interval, program: IntegerProgram, clock: Clock) -> Basis | None:
    """Offer some feasible point of a program with the same rows; its basis."""
    costless = replace(program, objective=RATIONAL.zeros(program.num_columns))
    with suppress(OutOfTime):
        return _offer_near(best, costless, None, clock)
    return None


def _offer_near(best: Interval, program: IntegerProgram, basis: Basis | None, clock: Clock) -> Basis | None:
    """Offer a feasible point near that of the basis; its own basis. Raises ``OutOfTime``."""
    x, own = safe_point(program, basis, clock) or (None, None)
    best.offer(x)
    return own


def _around(best: Interval, primal: Floats | None, clock: Clock) -> None:
    """The same for a quadratic program: its bound is that of the program made linear at some point."""
    program = best.program
    if best.point is None:
        flat = linear_program(program.source, RATIONAL.zeros(program.num_columns))
        _any_point(best, clear(flat), clock.part(0.5))
    tangent = None if best.point is None else best.point[1]
    if primal is not None:
        tangent = common(to_exact(primal * program.scaled.columns))
    if tangent is None:
        return
    gradient = add(program.cost, hessian_times(program, tangent)).fractions()
    linear = clear(linear_program(program.source, gradient))
    with suppress(OutOfTime):
        y = bound_by_rows(linear, clock)
        if y is not None:
            best.offer_duals(integer_duals(program, program_duals(linear, y)), tangent)


def program_duals(program: IntegerProgram, y: Rationals) -> Array:
    """Duals of the rows of the program, from those of the integer rows."""
    if magnitude(program.multiplier_under) == 1:
        return quotients(y.numerators, y.denominator, program.multiplier_over)
    out = RATIONAL.zeros(program.num_rows)
    for k in np.flatnonzero(y.numerators != 0).tolist():
        out[k] = Fraction(int(y.numerators[k]), y.denominator) * program.multiplier(k)
    return out


def integer_duals(program: IntegerProgram, duals: Array) -> Rationals:
    """Duals of the integer rows, from those of the rows of the program."""
    out = RATIONAL.zeros(program.num_rows)
    for k in np.flatnonzero(duals != 0).tolist():
        out[k] = duals[k] / program.multiplier(k)
    return common(out)
