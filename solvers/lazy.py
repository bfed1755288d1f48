"""Rows only once they are violated.

A program with very many rows is solved with a few of them; every row is then tested at the optimum found,
violated ones are added, and the solver goes on from where it stands, until none is violated. The answer is
one of the whole program: rows that never entered have dual 0, and the exact proof checks every one of them.

There may be two cores: the smaller is a guess, right or wrong as a whole. Where it is wrong the larger one is
solved afresh, because presolve makes more of many rows at once than simplex does of a basis that lacks them.
"""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from .audit import audited
from .certificate import Certificate
from .clock import Clock
from .engines.highs import decide, read
from .engines.highs_session import Session
from .exact.examine import examine
from .exact.integers import clear
from .exact.interval import integer_duals
from .exact.rationals import common
from .exact.solve import bound_text, certify, interval_of_all
from .numbers import Array, Bools, Ints
from .options import Options, Progress, Tolerances
from .program import Program
from .scaling import in_units
from .selection import select_rows, widen
from .slacks import Slacks
from .solution import Solution
from .solve import solve

ROUNDS = 200
FLOATS = 0.5
"""Of a time limit, the share that finding rows in doubles may take where what they give is to be proved."""


def solve_lazily(
    program: Program,
    core: Bools,
    solver: str = "highs",
    *,
    wider: Bools | None = None,
    groups: Ints | None = None,
    exact: bool = False,
    time_limit: float | None = None,
    tolerances: Tolerances | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Solve `program`, beginning with the rows of `core` (rows,) and adding violated ones.

    wider (rows,): rows to take all at once, beside those of `core`, when any row is violated at its optimum.
    groups (rows,): of rows with one number only the most violated enters at a time; without it all do.
    Everything else is as in ``solve``, and so is the answer. Where the core alone is unbounded, and after
    ROUNDS rounds, all rows are taken at once.
    """
    began = time.perf_counter()
    options = Options(time_limit=time_limit, tolerances=tolerances or Tolerances(), progress=progress)
    clock = Clock(options)
    first = clock.part(FLOATS) if exact else clock
    whole, units = in_units(program)
    rows = np.flatnonzero(core)
    larger = rows if wider is None else np.flatnonzero(core | wider)
    simple = program.quadratic is None and solver == "highs"
    slacks = Slacks.of(whole, core) if simple else None
    session: Session | None = None
    solving, iterations = 0.0, 0
    for _ in range(ROUNDS):
        left = first.left()
        part, lift = select_rows(whole, rows)
        if slacks is None:
            answer = solve(part, solver, time_limit=left, tolerances=tolerances, progress=progress)
        else:
            inner, going_on = slacks.within(part, rows), session is not None
            part = inner.program()
            if session is None:
                session = Session(part, solver, replace(options, time_limit=left))
            else:
                session.add_rows(part)
            answer = inner.solution(read(part, session, solver, decide(session, going_on=going_on)))
        solving, iterations = solving + answer.seconds["solve"], iterations + answer.iterations
        if answer.status == "optimal" and answer.primal is not None:
            new = _violated(whole, answer.primal, rows, options.tolerances.primal, groups)
        elif answer.status == "unbounded":
            new = np.setdiff1d(np.arange(program.num_rows), rows)
        else:
            break
        if not len(new):
            break
        if len(rows) < len(larger):
            rows, session = larger, None
        else:
            rows = np.concatenate([rows, new])
            session = session if answer.status == "optimal" else None
    else:
        return solve(
            program, solver, exact=exact, time_limit=clock.left(), tolerances=tolerances, progress=progress,
        )  # fmt: skip
    # finding slacks and violated rows is the price of being lazy, and counts as hand-over
    seconds = {"handover": time.perf_counter() - began - solving, "solve": solving}
    words = f"{answer.message} ({_needed(rows, program)})"
    answer = replace(answer, iterations=iterations, seconds=seconds)
    if exact:
        return _prove(program, rows, answer, solver, options, clock)
    answer = replace(lift.then(units).solution(answer), message=words, used=rows)
    checked = audited(answer, options, time.perf_counter() - began)
    return replace(checked, prover=partial(certify, options=replace(options, progress=None)))


def _violated(program: Program, primal: Array, rows: Ints, tolerance: float, groups: Ints | None) -> Ints:
    """Rows that are not in yet and are violated: of every group the worst."""
    activity = program.matrix @ primal
    amount = np.maximum(program.row_lower - activity, activity - program.row_upper)
    amount[rows] = 0.0
    bad = np.flatnonzero(amount > tolerance)
    if groups is None:
        return bad
    bad = bad[np.lexsort((-amount[bad], groups[bad]))]
    return bad[np.unique(groups[bad], return_index=True)[1]]


def _needed(rows: Ints, program: Program) -> str:
    return f"{len(rows):,} of {program.num_rows:,} rows were needed"


def _prove(
    program: Program, rows: Ints, start: Solution, solver: str, options: Options, clock: Clock
) -> Solution:
    """The exact optimum of the rows that were needed, checked against all; more are added if it fails."""
    totals = {**start.seconds, "prove": 0.0}
    cleared = clear(program)
    for _ in range(ROUNDS):
        part, lift = select_rows(program, rows)
        answer = solve(
            part, solver, exact=True, time_limit=clock.left(), tolerances=options.tolerances,
            warm_start=start.basis if start.status == "optimal" else None,
        )  # fmt: skip
        totals = {key: totals[key] + answer.seconds.get(key, 0.0) for key in totals}
        answer = replace(answer, iterations=start.iterations, seconds=totals)
        if answer.status == "unbounded":  # a ray of some rows is none of all
            return solve(program, solver, exact=True, time_limit=clock.left(), tolerances=options.tolerances)
        needed = _needed(rows, program)
        widened = replace(lift.solution(answer), message=f"{answer.message} ({needed})", used=rows)
        if answer.status == "infeasible":
            return replace(widened, certificate=Certificate("infeasible", program, dual=widened.farkas))
        if answer.status == "limit":
            return replace(interval_of_all(answer, program, rows), used=rows)
        if not isinstance(answer.value, Fraction) or answer.primal is None or widened.dual is None:
            return widened
        seen = examine(cleared, common(answer.primal), integer_duals(cleared, widened.dual))
        if seen.optimal:
            proof = Certificate("optimal", program, answer.value, answer.primal, widened.dual)
            words = f"optimal: value {bound_text(answer.value)} (proved; {needed})"
            return replace(widened, certificate=proof, message=words)
        held, rows = len(rows), np.concatenate([rows, np.setdiff1d(seen.primal.rows, rows)])
        basis = None if answer.basis is None else widen(answer.basis, np.arange(held), len(rows))
        start = replace(answer, held_basis=basis)
    return solve(program, solver, exact=True, time_limit=clock.left(), tolerances=options.tolerances)
