"""Any solver that Pyomo reaches as an engine: ``pyomo:appsi_highs``, ``pyomo:highs``, ``pyomo:glpk``, ...

The model is built as ``Program.to_pyomo`` builds it, one Python object a term, which takes far longer than
handing arrays over; that time is counted as hand-over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from ..options import Options
from ..program import Program
from ..roster import silent_pyomo
from ..solution import Solution
from .foreign import Outcome, Word, allow, solve_foreign

Settings: TypeAlias = dict[str, Any]


def solve_pyomo(program: Program, solver: str, options: Options) -> Solution:
    """Solve by the Pyomo solver whose name follows the colon. See ``solve`` for what is returned."""
    name = solver.partition(":")[2]
    allow(program, solver, options, timed=True, counted=name in _TOLD)
    return solve_foreign(program, solver, options, partial(_run, name))


def _run(name: str, lean: Program, options: Options) -> Outcome:
    import pyomo.environ as pyo

    began = time.perf_counter()
    with silent_pyomo() if options.quiet else nullcontext():
        model = lean.to_pyomo()
        if not lean.integers.size:
            model.dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        engine = pyo.SolverFactory(name)
        for key, value in (_TOLD[name](options) if name in _TOLD else {}).items():
            engine.options[key] = value
        limit: Settings = {} if options.time_limit is None else {"timelimit": options.time_limit}
        if limit and name in _WHOLE_SECONDS:
            limit["timelimit"] = math.ceil(limit["timelimit"])
        started = time.perf_counter()
        try:
            results = engine.solve(model, tee=not options.quiet, load_solutions=False, **limit)
        except Exception as error:  # each of its interfaces fails in a way of its own
            whole = time.perf_counter() - began
            return Outcome("limit", f"{type(error).__name__}: {' '.join(str(error).split())}", handover=whole)
        spent = _seconds(results.solver, time.perf_counter() - started)
        detail = str(results.solver.termination_condition)
        word = _WORDS.get(detail, "limit")
        primal = dual = None
        if word in ("optimal", "limit") and len(results.solution):
            model.solutions.load_from(results)
            primal, dual = _vectors(model)
    whole = time.perf_counter() - began
    return Outcome(word, detail, primal, dual, 0, max(whole - spent, 0.0), spent)


def _vectors(model: Any) -> tuple[Any, Any]:
    """Columns and duals, None where the solver gives none."""
    asked = model.component("dual") is not None
    values = [x.value for x in model.x.values()]
    prices = [model.dual.get(y) if asked else None for y in model.rows.values()]
    primal, dual = (None if None in part else np.array(part, dtype=np.float64) for part in (values, prices))
    return primal, dual


def _seconds(solver: Any, measured: float) -> float:
    """The seconds that the solver says it took, where it does; else those measured around it."""
    for word in ("wallclock_time", "time", "user_time"):
        try:
            said = float(getattr(solver, word))
        except (AttributeError, TypeError, ValueError):
            continue
        if 0 < said <= measured:
            return said
    return measured


_WORDS: Mapping[str, Word] = MappingProxyType(
    {
        "optimal": "optimal",
        "globallyOptimal": "optimal",
        "locallyOptimal": "optimal",  # of a convex program
        "infeasible": "infeasible",
        "locallyInfeasible": "infeasible",
        "unbounded": "unbounded",
        "infeasibleOrUnbounded": "either",
        "other": "either",  # what GLPK's presolve ends with where there is no optimum; looked into, as all
    }
)
"""Pyomo's termination conditions; others are no answer."""


def _highs(options: Options) -> Settings:
    t = options.tolerances
    told: Settings = {
        "primal_feasibility_tolerance": t.primal,
        "dual_feasibility_tolerance": t.dual,
        "qp_regularization_value": t.dual / 100,  # which moves a quadratic optimum by more than that
        "mip_rel_gap": t.gap,
        "mip_abs_gap": 0.0,
    }
    if options.iteration_limit is not None:
        told |= dict.fromkeys(("simplex_iteration_limit", "qp_iteration_limit"), options.iteration_limit)
    return told


def _ipopt(options: Options) -> Settings:
    limit = {} if options.iteration_limit is None else {"max_iter": options.iteration_limit}
    return {"tol": options.tolerances.gap, **limit}


_TOLD: Mapping[str, Callable[[Options], Settings]] = MappingProxyType(
    {"appsi_highs": _highs, "highs": _highs, "ipopt": _ipopt}
)
"""What a solver is told beside a time limit, by its Pyomo name, in its own words."""
_WHOLE_SECONDS = {"glpk"}
"""Who takes no other time limits, by its Pyomo name."""
