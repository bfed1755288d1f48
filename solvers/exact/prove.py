"""Exact basic solutions, one after the other, until one is optimal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..certificate import Certificate
from ..clock import Clock
from ..engines.highs_session import last_basis
from ..options import TIGHT, Basis
from ..short import Short
from .dense import Singular
from .examine import Examination, examine
from .integers import IntegerProgram
from .refine import refined_basis
from .vertex import Vertex, vertex

_ROUNDS = 12
_MAGNIFICATIONS = (np.inf, 2.0**14, 2.0**10)
_SETTINGS: tuple[dict[str, Any], ...] = (
    TIGHT,
    {"presolve": "off", "solver": "simplex"},
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 4, **TIGHT},
    {"solver": "ipm", "run_crossover": "on"},
)


@dataclass(frozen=True, eq=False, repr=False)
class Attempt(Short):
    """An exact solution, the basis it belongs to (None for a quadratic program), and what was seen of it."""

    basis: Basis | None
    vertex: Vertex
    seen: Examination


@dataclass(frozen=True, eq=False, repr=False)
class Decision(Short):
    """A certificate, with the optimal attempt where it is one of optimality; or what stands in its way."""

    certificate: Certificate | None
    attempt: Attempt | None = None
    obstacle: str = ""


def attempts(program: IntegerProgram, basis: Basis | None, clock: Clock) -> Iterator[Attempt]:
    """The exact solution of `basis` and of its refinements, each meant to be better than the one before.

    Ends with the first that is optimal, or when the solver has no better basis to offer.
    """
    tried: set[bytes] = set()
    while basis is not None and len(tried) < _ROUNDS and basis.key not in tried:
        tried.add(basis.key)
        try:
            at = vertex(program, basis, clock.check)
        except Singular:
            return
        attempt = Attempt(basis, at, examine(program, at.x, at.y))
        yield attempt
        if attempt.seen.optimal:
            return
        better = (
            refined_basis(program, basis, at, attempt.seen, clock.options(), most=most)
            for most in _MAGNIFICATIONS
        )
        basis = next((refined for refined in better if refined is not None), None)


def fresh_attempts(program: IntegerProgram, clock: Clock) -> Iterator[Attempt]:
    """Attempts from the bases that other tolerances and methods end with, until one is optimal."""
    for settings in _SETTINGS:
        for attempt in attempts(program, fresh_basis(program, settings, clock), clock):
            yield attempt
            if attempt.seen.optimal:
                return


def fresh_basis(program: IntegerProgram, settings: dict[str, Any], clock: Clock) -> Basis | None:
    """The basis that HiGHS ends with under these settings, from nothing; None where it finds no optimum."""
    if program.num_columns == 0:
        return Basis.of_rows(program.num_rows)
    return last_basis(program.scaled.program, clock.options(), **settings)
