"""Rows that are not even written before they are violated.

Where there are far more rows than any program should have, somebody knows how to find the violated ones at a
point without writing them all. A program with a few of them is solved, those that its optimum breaks are
written, and the solver goes on from the same basis, until none is broken. What is proved of the rows that are
written, infeasibility and what no point beats, holds of all; an optimum, and what a feasible point reaches,
only where no row at all is broken, and so over the rationals that is asked over the rationals.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from .audit import audited
from .certificate import Certificate
from .clock import Clock
from .exact.solve import bound_alone, certify
from .lazy import FLOATS, ROUNDS
from .numbers import Array, Ints, show
from .options import Basis, Options, Progress, Tolerances
from .program import Program
from .scaling import in_units
from .selection import widen
from .solution import Solution
from .solve import engine, solve

More: TypeAlias = Callable[[Array], tuple[Program, Ints] | None]
"""From a point (columns,) to the program with more rows, of those that it breaks, and where the present ones
are there; None where it breaks none. Over the rationals nothing is too little to break a row."""


def solve_unwritten(
    program: Program,
    more: More,
    holds: Callable[[], Callable[[Certificate], bool]],
    solver: str = "highs",
    *,
    exact: bool = False,
    time_limit: float | None = None,
    tolerances: Tolerances | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Solve a program with further rows than are written; the solution is of the program that is, by then.

    holds: for the rows written by then, tells whether what a certificate says of them is true of all.
    Everything else is as in ``solve``. "unbounded" is said of the written rows alone.
    """
    options = Options(time_limit=time_limit, tolerances=tolerances or Tolerances(), progress=progress)
    began, clock, propose = time.perf_counter(), Clock(options), engine(solver)
    first = clock.part(FLOATS) if exact else clock
    basis: Basis | None = None
    solving, iterations = 0.0, 0

    def wider(answer: Solution) -> bool:
        """Go on from the answer's basis with rows that its point breaks; whether there are any."""
        nonlocal program, basis
        if answer.status != "optimal" or answer.primal is None:
            return False
        written, basis = more(answer.primal), answer.basis
        if written is not None:
            program, places = written
            basis = None if basis is None else widen(basis, places, program.num_rows)
        return written is not None

    for _ in range(ROUNDS):
        seen, lift = in_units(program)
        asked = replace(options, time_limit=first.left(), warm_start=basis)
        answer = lift.solution(propose(seen, solver, asked))
        solving, iterations = solving + answer.seconds["solve"], iterations + answer.iterations
        if not wider(answer):
            break
    else:
        return _unfinished(answer)
    seconds = {"handover": time.perf_counter() - began - solving, "solve": solving}
    answer = replace(answer, iterations=iterations, seconds=seconds)
    if not exact:
        checked = audited(replace(answer, holds=holds()), options, time.perf_counter() - began)
        return replace(checked, prover=partial(certify, options=replace(options, progress=None)))
    seconds["prove"] = 0.0
    for _ in range(ROUNDS):
        proof = solve(
            program, solver, exact=True, time_limit=clock.left(), tolerances=tolerances, warm_start=basis
        )
        seconds = {key: seconds[key] + proof.seconds.get(key, 0.0) for key in seconds}
        answer = replace(proof, iterations=iterations, seconds=seconds)
        if not wider(answer):
            break
    else:
        return _unfinished(answer)
    left = answer.certificate if answer.status == "limit" else None
    return answer if left is None or holds()(left) else bound_alone(answer)


def _unfinished(answer: Solution) -> Solution:
    """What is left of an optimum that still breaks rows: nothing beats it."""
    words = f"limit: after {ROUNDS} rounds rows are still broken; no value beats {show(answer.optimum)}"
    return replace(answer, status="limit", message=words, value=None, certificate=None)
