"""Any installed CVXPY solver as an engine: ``cvxpy:CLARABEL``, ``cvxpy:OSQP``, ``cvxpy:SCS`` and so on.

What it can be told differs by solver; those of ``_TOLD`` get the limits and tolerances asked for, others run
as they come. Whatever tolerance was passed, the answer is judged in ``foreign``.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from ..errors import DynamechError
from ..options import Options
from ..program import Program
from ..solution import Solution
from .foreign import Outcome, Word, allow, solve_foreign

Settings: TypeAlias = dict[str, Any]
_DECIDED = 1e-8
"""How sure OSQP must be to call a program infeasible or unbounded; by default it does so far too soon."""
_ROUNDS = 1_000_000
"""Iterations of a first-order method where nobody limits them; CVXPY's own defaults stop far too early."""


def solve_cvxpy(program: Program, solver: str, options: Options) -> Solution:
    """Solve by the CVXPY solver whose name follows the colon. See ``solve`` for what is returned."""
    name = solver.partition(":")[2]
    timed = name in _TOLD and name not in _UNTIMED
    allow(program, solver, options, timed=timed, counted=name in _TOLD)
    return solve_foreign(program, solver, options, partial(_run, name))


def _run(name: str, lean: Program, options: Options) -> Outcome:
    import cvxpy as cp

    from ..conversions.cvxpy_problem import BlockProblem

    began, spent = time.perf_counter(), None
    problem = BlockProblem(lean)
    settings = _TOLD[name](options) if name in _TOLD else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # inaccuracy is measured, not warned of
            told: dict[str, Any] = {"verbose": not options.quiet, "solver_opts": settings}
            data, chain, inverse = problem.get_problem_data(name, **told)
            started = time.perf_counter()
            raw = chain.solve_via_data(problem, data, warm_start=False, **told)
            spent = time.perf_counter() - started
            problem.unpack_results(raw, chain, inverse)
    except cp.error.SolverError as error:
        whole, spent = time.perf_counter() - began, spent or 0.0
        return Outcome("limit", str(error).split(".")[0], handover=whole - spent, solve=spent)
    stats, word = problem.solver_stats, _WORDS.get(problem.status, "limit")
    # the rest of its time goes into arranging the arrays
    spent = min(spent, getattr(stats, "solve_time", None) or spent)
    primal = dual = None
    if word in ("optimal", "limit") and (x := problem.columns["x"].value) is not None:
        primal = np.asarray(x, dtype=np.float64)
        with suppress(DynamechError):  # some give no duals
            dual = problem.dual("rows")
    rounds = int(getattr(stats, "num_iters", None) or 0)
    whole = time.perf_counter() - began
    return Outcome(word, str(problem.status), primal, dual, rounds, whole - spent, spent)


_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "optimal": "optimal",
        "infeasible": "infeasible",
        "infeasible_inaccurate": "infeasible",
        "unbounded": "unbounded",
        "unbounded_inaccurate": "unbounded",
        "infeasible_or_unbounded": "either",
    }
)
"""CVXPY's words; others, "optimal_inaccurate" among them, are no answer."""


def _given(**settings: Any) -> Settings:
    return {name: value for name, value in settings.items() if value is not None}


def _clarabel(options: Options) -> Settings:
    t = options.tolerances
    return _given(
        max_iter=options.iteration_limit,
        time_limit=options.time_limit,
        tol_feas=min(t.primal, t.dual) / 10,
        tol_gap_abs=t.gap,
        tol_gap_rel=t.gap,
    )


def _osqp(options: Options) -> Settings:
    least = min(options.tolerances.primal, options.tolerances.dual)
    return _given(
        eps_abs=least,
        eps_rel=least,
        eps_prim_inf=_DECIDED,
        eps_dual_inf=_DECIDED,
        max_iter=_rounds(options),
        time_limit=options.time_limit,
    )


def _scs(options: Options) -> Settings:
    least = min(options.tolerances.primal, options.tolerances.dual)
    return _given(
        eps_abs=least, eps_rel=least, max_iters=_rounds(options), time_limit_secs=options.time_limit
    )


def _rounds(options: Options) -> int:
    return _ROUNDS if options.iteration_limit is None else options.iteration_limit


def _ecos(options: Options) -> Settings:
    t = options.tolerances
    return _given(
        abstol=t.gap, reltol=t.gap, feastol=min(t.primal, t.dual) / 10, max_iters=options.iteration_limit
    )


def _highs(options: Options) -> Settings:
    t = options.tolerances
    return _given(
        primal_feasibility_tolerance=t.primal,
        dual_feasibility_tolerance=t.dual,
        qp_regularization_value=t.dual / 100,  # which moves a quadratic optimum by more than that
        simplex_iteration_limit=options.iteration_limit,
        time_limit=options.time_limit,
        mip_rel_gap=t.gap,
        mip_abs_gap=0.0,
    )


def _scipy(options: Options) -> Settings:
    t = options.tolerances
    given = _given(
        primal_feasibility_tolerance=t.primal,
        dual_feasibility_tolerance=t.dual,
        maxiter=options.iteration_limit,
        time_limit=options.time_limit,
    )
    return {"scipy_options": given}


_TOLD: Mapping[str, Callable[[Options], Settings]] = MappingProxyType(
    {"CLARABEL": _clarabel, "ECOS": _ecos, "OSQP": _osqp, "SCS": _scs, "HIGHS": _highs, "SCIPY": _scipy}
)
"""What a solver is told, by its CVXPY name: limits and tolerances in its own words."""
_UNTIMED = {"ECOS"}
