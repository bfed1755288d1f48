"""HiGHS as an engine: run it, make its status honest, and report in the terms of the program."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..accuracy import accuracy, with_error
from ..arithmetic import DOUBLE
from ..convexity import require_convex
from ..duality import dual_bound, reduced_costs
from ..errors import InvalidInput
from ..form import objective_value
from ..numbers import Floats
from ..options import TIGHTEST, Options
from ..phases import ray_program
from ..program import Program
from ..solution import Solution, Status
from .highs_session import LEAST_GAP, Session

_LIMITS = {
    "kTimeLimit": "the time limit was reached",
    "kIterationLimit": "the iteration limit was reached",
    "kMemoryLimit": "the memory limit was reached",
    "kInterrupt": "the solve was interrupted",
    "kInaccurate": "the first-order method met its own criterion, but not the tolerance asked for",
}
_REGULARISED = (0.0, 1e-7, 1e-5)
"""What its quadratic engine adds to the curvature, tried in turn."""
_WHOLE = 1e-9
"""What a whole number may be off by, in its tree."""
_AGREE = 1e-4
"""How far off a quadratic optimum may be, by the figures of ``accuracy``, to be worth looking into."""
_FAILED = ("kUnknown", "kNotset", "kSolveError", "kPresolveError", "kPostsolveError")
_AGAIN: tuple[dict[str, float], ...] = (
    {},
    {"simplex_scale_strategy": 0},
    {"dual_simplex_cost_perturbation_multiplier": 0.0, "primal_simplex_bound_perturbation_multiplier": 0.0},
)
"""The simplex method as it is; without its scaling, as ours is there already; without perturbation."""


def solve_highs(program: Program, solver: str, options: Options) -> Solution:
    """Solve by HiGHS: `solver` is highs, highs-ipm or highs-pdlp. See ``solve`` for what is returned."""
    if program.quadratic is not None and solver != "highs":
        raise InvalidInput(f"solver {solver!r} takes no quadratic objective; use 'highs'")
    require_convex(program)
    session = Session(program, solver, options)
    if program.integers.size:
        return _integer(program, session, solver)
    if options.warm_start is not None:
        session.start_from(options.warm_start)
    status = decide(session)
    return read(program, session, solver, _accurate(session, status) if solver == "highs-pdlp" else status)


def _integer(program: Program, session: Session, solver: str) -> Solution:
    """The best point with whole numbers that its tree comes upon, on its word; without duals."""
    session.set(mip_rel_gap=session.options.tolerances.gap, mip_abs_gap=0.0, mip_feasibility_tolerance=_WHOLE)
    status = session.run()
    at, began = session.vectors(), time.perf_counter()
    none = status in ("kInfeasible", "kUnbounded", "kUnboundedOrInfeasible")
    primal = None if none or at is None else at.primal
    value = None if primal is None or status != "kOptimal" else objective_value(program, primal)
    words: dict[str, Status] = {"kOptimal": "optimal", "kInfeasible": "infeasible", "kUnbounded": "unbounded"}
    why = _LIMITS.get(status, f"HiGHS stopped without an answer ({status.removeprefix('k')})")
    word = words.get(status, "limit")
    seconds = {"handover": session.handover + time.perf_counter() - began, "solve": session.solve}
    return Solution(
        program, word, f"limit: {why}" if word == "limit" else word, solver, value, session.integer_bound,
        primal, iterations=session.iterations, seconds=seconds, tolerances=session.options.tolerances,
    )  # fmt: skip


def decide(session: Session, *, going_on: bool = False) -> str:
    """Run, and run again where the first status leaves the answer open; `going_on` from the last basis."""
    if session.program.quadratic is not None:
        return _decide_quadratic(session)
    options = session.options
    fresh = options.warm_start is None and not going_on
    status = session.run_limited() if options.limited and fresh else session.run()
    # Presolve has been seen to call unbounded programs infeasible, so that word is never taken on trust.
    if status in _FAILED or status in ("kUnboundedOrInfeasible", "kInfeasible"):
        status = _plainly(session)
    if status == "kUnboundedOrInfeasible":
        session.replace_cost(np.zeros(session.program.num_columns))
        status = {"kOptimal": "kUnbounded"}.get(session.run(), "kInfeasible")
    return status


def _plainly(session: Session) -> str:
    """Run the simplex method without presolve, and in other ways where that fails."""
    status = "kNotset"
    for more in _AGAIN:
        session.forget()
        session.set(presolve="off", solver="simplex", **more)
        status = session.run()
        if status not in _FAILED:
            break
    return status


def _accurate(session: Session, status: str) -> str:
    """The first-order method stops by norms of its own: run again, tighter, until the largest miss is small.

    "kInaccurate", a word of our own, where that is not enough.
    """
    tolerances = session.options.tolerances
    asked = tolerances.largest
    for factor in (10, 100, 1000):
        if status != "kOptimal" or _miss(session) <= asked:
            return status
        session.set(
            pdlp_optimality_tolerance=max(tolerances.gap / factor, LEAST_GAP),
            primal_feasibility_tolerance=max(tolerances.primal / factor, TIGHTEST),
            dual_feasibility_tolerance=max(tolerances.dual / factor, TIGHTEST),
        )
        status = session.run()
    return "kInaccurate" if status == "kOptimal" and _miss(session) > asked else status


def _miss(session: Session) -> float:
    """The largest figure of the last iterate, in units of the data; infinite where it lacks something."""
    at = session.vectors()
    if at is None or at.dual is None:
        return np.inf
    return accuracy(session.program, at.primal, at.dual).largest


def _decide_quadratic(session: Session) -> str:
    """The quadratic engine of HiGHS may cycle, takes unbounded programs for bounded ones with its usual
    regularisation, and bounded ones for unbounded without: so first without, within a bounded number of
    iterations, and never unchecked."""
    size = session.program.num_rows + session.program.num_columns
    limit = session.options.iteration_limit
    session.set(qp_iteration_limit=10_000 + 100 * size if limit is None else limit)
    for regularisation in _REGULARISED:
        session.forget()
        session.set(qp_regularization_value=regularisation)
        status = session.run()
        doubtful = status in (*_FAILED, "kUnbounded")
        if not doubtful and (status != "kOptimal" or _miss(session) <= _AGREE):
            return status
        if status == "kUnbounded" and _has_ray(session):
            return status
    return "kUnbounded" if _has_ray(session) else "kUnknown"


def _has_ray(session: Session) -> bool:
    """Whether its program is feasible and improves without end, as two linear programs tell."""
    program, p = session.program, ray_program(session.program)
    options = replace(session.options, time_limit=session.clock.left(), warm_start=None, progress=None)
    direction = Session(p, "highs", options)
    if direction.run() != "kOptimal" or (at := direction.vectors()) is None:
        return False
    gain = -p.sign * float(p.objective @ at.primal)
    if gain <= options.tolerances.dual * float(np.abs(p.objective).max()):
        return False
    linear = replace(program, quadratic=None, objective=np.zeros(program.num_columns))
    return Session(linear, "highs", options).run() == "kOptimal"


def read(program: Program, session: Session, solver: str, status: str) -> Solution:
    """The solution that `session` holds after a run that ended with HiGHS status `status`."""
    began = time.perf_counter()
    options = session.options
    none = status in ("kInfeasible", "kUnbounded")
    ray = farkas = None
    if options.rays and none and program.quadratic is None:
        ray, farkas = _rays(session, status)
    primal = dual = costs = basis = value = None
    if (at := session.vectors()) is not None and not none:
        primal = at.primal
        value = objective_value(program, primal) if status == "kOptimal" else None
        basis = session.basis(at) if program.quadratic is None else None
        if at.dual is not None:
            dual, costs = at.dual, reduced_costs(program, at.dual, primal)
    bound = value
    if value is None and not none:
        given = np.zeros(program.num_rows) if dual is None else dual
        bound = dual_bound(program, given, primal, tolerance=options.tolerances.dual / abs(session.sign))
    seconds = {"handover": session.handover + time.perf_counter() - began, "solve": session.solve}
    solution = Solution(
        program, "limit", "", solver, value, bound, primal, dual, costs, basis, ray, farkas,
        session.iterations, seconds, options.tolerances,
    )  # fmt: skip
    word, message = _say(solution, session, status)
    return replace(solution, status=word, message=message)


def _say(solution: Solution, session: Session, status: str) -> tuple[Status, str]:
    program, value, bound = solution.program, solution.value, solution.bound
    note = f"; {session.ignored} entries too small for HiGHS were left out" if session.ignored else ""
    if isinstance(value, float):
        measured = solution.measured if solution.solver == "highs-pdlp" else None
        error = 0.0 if measured is None else measured.estimate
        return "optimal", f"optimal: value {with_error(value, error)}{note}"
    if status == "kInfeasible":
        farkas = solution.farkas
        where = "" if farkas is None else f"; the conflict is among {_largest(farkas, program.row_label)}"
        return "infeasible", f"infeasible: no point satisfies all rows and bounds{where}{note}"
    if status == "kUnbounded":
        where = "" if solution.ray is None else f" along {_largest(solution.ray, program.column_label)}"
        return "unbounded", f"unbounded: the objective improves without end{where}{note}"
    other = f"HiGHS stopped without an answer ({status.removeprefix('k')}); try another solver"
    known = "no bound known" if bound is None else f"no value beats {bound:.10g}"
    return "limit", f"limit: {_LIMITS.get(status, other)} after {session.solve:.3g} s; {known}{note}"


def _largest(weights: Floats, label: Callable[[int], str]) -> str:
    """The labels of the up to three largest weights, for a person."""
    order = np.argsort(-np.abs(weights), kind="stable")
    there = order[~DOUBLE.negligible(weights[order], np.abs(weights).max(initial=0.0))]
    more = f" and {there.size - 3} more" if there.size > 3 else ""
    return ", ".join(label(int(k)) for k in there[:3]) + more


def _rays(session: Session, status: str) -> tuple[Floats | None, Floats | None]:
    """The ray or Farkas vector, which only the simplex method without presolve leaves behind."""

    proof = session.farkas if status == "kInfeasible" else session.ray
    vector = proof()
    if vector is None:
        session.forget()
        session.set(presolve="off", solver="simplex")
        session.run()
        vector = proof()
    return (None, vector) if status == "kInfeasible" else (vector, None)
