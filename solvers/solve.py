"""The one way in: a program, the name of an engine, a solution."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from .audit import audited
from .engines.cvxpy_engine import solve_cvxpy
from .engines.highs import solve_highs
from .engines.pyomo_engine import solve_pyomo
from .errors import InvalidInput
from .exact.solve import certify, solve_exactly
from .mixed.solve import solve_mixed
from .options import Basis, Options, Progress, Tolerances
from .program import Program
from .roster import by_any_name, require, require_integer
from .scaling import in_units
from .solution import Solution
from .trivial import decided

Engine: TypeAlias = Callable[[Program, str, Options], Solution]
"""Takes a program that is not `decided` already, the solver name asked for (a name may carry words after a
colon), and options."""

ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "highs": solve_highs,
        "highs-ipm": solve_highs,
        "highs-pdlp": solve_highs,
        "cvxpy:": solve_cvxpy,
        "pyomo:": solve_pyomo,
    }
)
"""Engines by the name, or the part of the name up to its colon."""


def engine(solver: str) -> Engine:
    """The engine that answers to a solver name.

    Raises ``InvalidInput`` listing the known names, and ``NotInstalled`` saying how to install a known one.
    """
    family, colon, _ = solver.partition(":")
    if family + colon not in ENGINES:
        names = ", ".join(f"{name}NAME" if name.endswith(":") else name for name in ENGINES)
        others = " or ".join(by_any_name(solver))
        hint = f"; did you mean {others}?" if others else ""
        raise InvalidInput(f"no solver is called {solver!r}; known are {names}{hint}")
    require(solver)
    return ENGINES[family + colon]


def solve(
    program: Program,
    solver: str = "highs",
    *,
    exact: bool = False,
    time_limit: float | None = None,
    iteration_limit: int | None = None,
    tolerances: Tolerances | None = None,
    warm_start: Basis | Solution | None = None,
    progress: Progress | None = None,
    quiet: bool = True,
    rays: bool = False,
) -> Solution:
    """Solve a program, in floating point or, with `exact`, over the rationals of its data with a proof.

    `solver` is highs, highs-ipm, highs-pdlp, ``cvxpy:NAME`` for one of CVXPY's, ``pyomo:NAME`` for one that
    Pyomo reaches; ``dynamech.solvers.catalogue`` lists them. `time_limit` is in seconds, hand-over
    included. `warm_start` is a basis, or a solution that has one, of a program with as many rows and columns;
    solvers behind CVXPY and Pyomo leave it unused, and so is it where columns are whole numbers.
    `progress(seconds, iterations)` is called about twice a second, by HiGHS. With `rays`, infeasible and
    unbounded answers carry a Farkas vector or a ray where the engine has one.

    A float answer is borne out at the data that the program was rounded from, where it knows them: what
    ``to_float`` makes does. An exact solution takes a float program at its exact binary values. Its value and
    vectors are ``Fraction``, its ``certificate`` proves them; where no proof can be completed the status is
    "limit", with an interval as certificate if there is one. The proof of a linear program starts from the
    basis of the engine's answer. An engine that keeps none (see the catalogue) says only what to prove: the
    basis then comes from HiGHS, which solves the program again.

    A program with integer columns is solved by a solver that takes them (see the catalogue); ``mixed`` has
    what is proved of it.

    Every outcome is a ``Solution``; look at its status and message. Raises ``InvalidInput`` for an unknown
    solver, a warm start that does not fit, a limit or numbers that the engine cannot take, ``NotInstalled``
    for a solver that is missing.

    >>> from .program import Builder
    >>> builder = Builder(sense="max")
    >>> x = builder.columns("x", 2, upper=1, objective=[3, 2])
    >>> budget = builder.rows("budget", 1, upper=1.5)
    >>> builder.entries(budget.index, x.index, 1)
    >>> solution = solve(builder.build())
    >>> solution.status, solution.value, solution["x"].tolist(), solution.duals["budget"].tolist()
    ('optimal', 4.0, [1.0, 0.5], [2.0])
    >>> solve(builder.build(), exact=True).message
    'optimal: value 4 (proved)'
    """
    answer = engine(solver)
    if isinstance(warm_start, Solution):
        if warm_start.basis is None:
            raise InvalidInput(f"warm start: the solution by {warm_start.solver} carries no basis")
        warm_start = warm_start.basis
    options = Options(
        time_limit=time_limit,
        iteration_limit=iteration_limit,
        tolerances=tolerances or Tolerances(),
        warm_start=warm_start,
        progress=progress,
        quiet=quiet,
        rays=rays,
    )
    if program.integers.size:
        require_integer(solver)
        return solve_mixed(program, answer, solver, options, exact, _linear)
    if exact:
        return solve_exactly(program, answer, solver, options)
    return _in_doubles(program, answer, solver, options)


def _linear(program: Program, options: Options, exact: bool) -> Solution:
    """What a linear program that comes of one with integer columns is worth, by HiGHS."""
    if exact:
        return solve_exactly(program, solve_highs, "highs", options)
    return _in_doubles(program, solve_highs, "highs", options)


def _in_doubles(program: Program, answer: Engine, solver: str, options: Options) -> Solution:
    began = time.perf_counter()
    solution = decided(program, solver, options)
    if solution is None:
        seen, lift = in_units(program)
        solution = lift.solution(answer(seen, solver, options))
    solution = replace(solution, prover=partial(certify, options=replace(options, progress=None)))
    return audited(solution, options, time.perf_counter() - began)
