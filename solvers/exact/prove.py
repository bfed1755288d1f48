"""From a float basis to a proven optimum, and what to do where the first basis is not it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..highs_session import Session
from ..options import Basis, Options
from .dense import Singular
from .examine import Examination, examine
from .integers import IntegerProgram
from .refine import refined_basis
from .vertex import Vertex, vertex

_ROUNDS = 12
_MAGNIFICATIONS = (np.inf, 2.0**14, 2.0**10)


@dataclass(frozen=True, eq=False)
class Attempt:
    """A basis with its exact solution and what the examination found."""

    basis: Basis
    vertex: Vertex
    found: Examination


def attempts(program: IntegerProgram, basis: Basis | None, options: Options) -> Iterator[Attempt]:
    """Exact basic solutions, each meant to be better than the one before, until one is optimal.

    The float basis first; refinement from there; then from the bases of other ways to solve the program.
    """
    for start in _bases(program, basis, options):
        current: Basis | None = start
        seen: list[Basis] = []
        for _ in range(_ROUNDS):
            if current is None or any(_same(current, other) for other in seen):
                break
            seen.append(current)
            try:
                at = vertex(program, current)
            except Singular:
                break
            attempt = Attempt(current, at, examine(program, at.x, at.y))
            yield attempt
            if attempt.found.optimal:
                return
            current = _refine(program, attempt, options)


def _refine(program: IntegerProgram, attempt: Attempt, options: Options) -> Basis | None:
    for most in _MAGNIFICATIONS:
        found = refined_basis(program, attempt.basis, attempt.vertex, attempt.found, options, most=most)
        if found is not None:
            return found
    return None


def _bases(program: IntegerProgram, basis: Basis | None, options: Options) -> Iterator[Basis]:
    if basis is not None:
        yield basis
    scaled = program.scaled.program
    for settings in _SETTINGS:
        session = Session(scaled, "highs", options, balanced=True)
        session.set(**settings)
        if session.run() == "kOptimal" and (iterate := session.vectors()) is not None:
            found = session.basis(iterate)()
            if found is not None:
                yield found


_TIGHT: dict[str, object] = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
_SETTINGS: tuple[dict[str, object], ...] = (
    _TIGHT,
    {"presolve": "off", "solver": "simplex"},
    {"presolve": "off", "solver": "simplex", "simplex_strategy": 4, **_TIGHT},
    {"solver": "ipm", "run_crossover": "on"},
)


def _same(a: Basis, b: Basis) -> bool:
    return np.array_equal(a.columns, b.columns) and np.array_equal(a.rows, b.rows)
