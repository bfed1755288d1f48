"""A bound in whatever time there is: a program with some of its rows promises no less than the whole.

A solver stopped half way often knows nothing. The program is therefore solved with few rows, all columns in a
wide box, and the rows that its optimum breaks are added, the worst first; the duals of each such program are
duals of the whole one, with 0 for rows left out, wherever they do not lean on the box.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arithmetic import COMPUTED
from ..clock import Clock
from ..engines.highs_session import Session
from ..errors import OutOfTime
from ..numbers import Ints
from ..options import BASIC, Basis
from ..program import Program
from ..selection import select_rows
from .integers import IntegerProgram, clear
from .margins import safe_duals
from .rationals import Rationals

_BOX = 2.0**20
_BROKEN = _LEANS = COMPUTED


def bound_by_rows(program: IntegerProgram, clock: Clock) -> Rationals | None:
    """Duals of the integer rows of a linear program that prove a bound, as good as the clock allows.

    Raises ``OutOfTime``.
    """
    grown = _grow(program.scaled.program, clock.part(0.6))
    if grown is None:
        return None
    rows, basis = grown
    y = safe_duals(clear(select_rows(program.source, rows)[0]), basis, clock)
    if y is None:
        return None
    out = np.zeros(program.num_rows, dtype=y.numerators.dtype)
    out[rows] = y.numerators
    return Rationals(out, y.denominator)


def _grow(program: Program, clock: Clock) -> tuple[Ints, Basis] | None:
    """The last rows, and their optimal basis, whose duals lean on no box; None where there were none."""
    lower = np.where(np.isinf(program.lower), -_BOX, program.lower)
    upper = np.where(np.isinf(program.upper), _BOX, program.upper)
    boxed = replace(program, lower=lower, upper=upper)
    added = (lower != program.lower) | (upper != program.upper)
    scale = _LEANS * float(np.abs(program.objective).max(initial=0.0))
    rows = np.flatnonzero(program.row_lower == program.row_upper)
    known: tuple[Ints, Basis] | None = None
    basis: Basis | None = None
    while True:
        try:
            session = Session(select_rows(boxed, rows)[0], "highs", clock.options())
        except OutOfTime:
            return known
        if basis is not None:
            fresh = np.full(rows.size - basis.rows.size, BASIC, dtype=np.int8)
            session.start_from(Basis(basis.columns, np.concatenate([basis.rows, fresh])))
        status, at = session.run(), session.vectors()
        if status != "kOptimal" or at is None or at.dual is None:
            return known
        basis = session.basis(at)()
        if basis is None:
            return known
        dual = np.zeros(program.num_rows)
        dual[rows] = at.dual
        leaning = np.abs(program.objective - program.matrix.T @ dual)[added & (np.abs(at.primal) >= _BOX / 2)]
        if (leaning <= scale).all():
            known = rows, basis
        activity = program.matrix @ at.primal
        miss = np.maximum(program.row_lower - activity, activity - program.row_upper)
        miss[rows] = 0.0
        broken = np.flatnonzero(miss > _BROKEN)
        if not broken.size:
            return known
        worst = np.argsort(-miss[broken], kind="stable")[: program.num_columns]
        rows = np.concatenate([rows, broken[worst]])
