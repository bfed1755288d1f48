"""Exact basic solutions, one after the other, until one is optimal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..engines.highs_session import Session
from ..errors import InvalidInput
from ..options import BASIC, TIGHTEST, Basis
from ..short import Short
from .clock import Clock
from .dense import Singular
from .examine import Examination, examine
from .integers import IntegerProgram
from .refine import refined_basis
from .vertex import Vertex, vertex

_ROUNDS = 12
_MAGNIFICATIONS = (np.inf, 2.0**14, 2.0**10)
_TIGHT: dict[str, object] = {
    "primal_feasibility_tolerance": TIGHTEST,
    "dual_feasibility_tolerance": TIGHTEST,
}
_SETTINGS: tuple[dict[str, object], ...] = (
    _TIGHT,
    {"presolve": "off", "solver": "simplex"},
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 4, **_TIGHT},
    {"solver": "ipm", "run_crossover": "on"},
)


@dataclass(frozen=True, eq=False, repr=False)
class Attempt(Short):
    """An exact solution, the basis it belongs to (None for a quadratic program), and what was found."""

    basis: Basis | None
    vertex: Vertex
    found: Examination


def attempts(program: IntegerProgram, basis: Basis | None, clock: Clock) -> Iterator[Attempt]:
    """The exact solution of `basis` and of its refinements, each meant to be better than the one before.

    Ends with the first that is optimal, or when the solver has no better basis to offer.
    """
    seen: list[Basis] = []
    while basis is not None and len(seen) < _ROUNDS and not any(_same(basis, other) for other in seen):
        seen.append(basis)
        try:
            at = vertex(program, basis, clock.check)
        except Singular:
            return
        attempt = Attempt(basis, at, examine(program, at.x, at.y))
        yield attempt
        if attempt.found.optimal:
            return
        basis = _refine(program, basis, attempt, clock)


def _refine(program: IntegerProgram, basis: Basis, attempt: Attempt, clock: Clock) -> Basis | None:
    for most in _MAGNIFICATIONS:
        found = refined_basis(program, basis, attempt.vertex, attempt.found, clock.options(), most=most)
        if found is not None:
            return found
    return None


def fresh_attempts(program: IntegerProgram, clock: Clock) -> Iterator[Attempt]:
    """Attempts from the bases that other tolerances and methods end with, until one is optimal."""
    for settings in _SETTINGS:
        for attempt in attempts(program, fresh_basis(program, settings, clock), clock):
            yield attempt
            if attempt.found.optimal:
                return


def fresh_basis(program: IntegerProgram, settings: dict[str, object], clock: Clock) -> Basis | None:
    """The basis that HiGHS ends with under these settings, from nothing; None where it finds no optimum."""
    if program.num_columns == 0:
        return Basis(np.zeros(0, dtype=np.int8), np.full(program.num_rows, BASIC, dtype=np.int8))
    try:
        session = Session(program.scaled.program, "highs", clock.options())
    except InvalidInput:
        return None  # numbers that HiGHS takes for infinite
    session.set(**settings)
    status, iterate = session.run(), session.vectors()
    return session.basis(iterate)() if status == "kOptimal" and iterate is not None else None


def _same(a: Basis, b: Basis) -> bool:
    return np.array_equal(a.columns, b.columns) and np.array_equal(a.rows, b.rows)
