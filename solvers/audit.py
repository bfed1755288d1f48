"""What an engine says is a claim, and this is where claims are looked into, whoever made them.

- "optimal" stands where the vectors, measured here, miss nothing but what rounding explains. Ints they miss
  more, a small program is proved over the rationals: a status that is confirmed stands, with the vectors of
  the proof (a row missed by 1e-8 is no small thing where all of it is weighted with 1e-7), any other gives
  way to what was proved. A large program is not proved unasked: its answer stands where it is within the
  tolerances asked for.
- "infeasible" and "unbounded" stand with a Farkas vector, or a ray and a feasible point, over the rationals.
- Ints nothing of this can be had, the status is "limit".

A program may have been rounded from one over the rationals, and rounding can make a ray, or take one away.
Whoever knows that other program hands over how to make it, and what is proved is then proved of it.

The error of a value is bounded by such a proof too: it is what the value differs from the proved one, or from
the farther end of a proved interval. (Directed rounding is no help on its own: it bounds one side only, and
needs bounds on every column. A point that breaks a row by a hair is worth nothing, for the nearest feasible
one may be far away. The exact solution of the basis is no dearer than the solve that found it.)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from .accuracy import ROUNDING, known, with_error
from .certificate import Certificate
from .duality import objective_value
from .engines.highs import solve_highs
from .errors import DynamechError, OutOfTime
from .exact.solve import proved, solve_exactly
from .numbers import Array, nearest, to_float, vector
from .options import Options
from .program import Program
from .solution import Solution

SMALL = 20_000
"""Entries up to which a program is proved where its float answer leaves doubts."""
ROUNDED = 5_000
"""Entries up to which a program over the rationals is made rather than the rounded one proved."""
PROVED = 200_000
"""Entries up to which the error of a value is looked into at all."""
PATIENCE, QUICK = 5.0, 0.5
"""Seconds that a proof may take, or twice what solving took where that is more. Most take a hundredth of it:
sizes decide what is proved, so that a busy machine says the same as a quiet one. And seconds, or as long as
solving took, after which a proof of the rounded program gives way to one of the data."""
VAGUE = 0.01
"""An interval that leaves more than this of a value open is not told as its error."""
_UNIT = 2.0**-53
_VALUE = re.compile(r"optimal: value \S+( \((to about|its error)[^)]*\))*")


def audited(
    found: Solution, options: Options, spent: float, rational: Callable[[], Program] | None = None
) -> Solution:
    """The solution as far as it is borne out; see the module.

    `options` are those of the solve, of whose time limit `spent` seconds are gone. `rational` makes the
    program that ``found.program`` was rounded from, column by column and row by row the same.
    """
    found = _sound(replace(found, rational=rational, bounder=error_of))
    if found.status == "optimal":
        return _optimum(found, options, spent)
    if found.status == "limit" and (_limited(options) or found.solver not in ("highs", "highs-ipm")):
        return found
    return _settled(found, _tried(found, options, spent, None), options)


def error_of(solution: Solution) -> float:
    """No less than |value − optimum of the program at its data|; infinite where no bound is known.

    The data are those that a float program was rounded from, where they are known: up to ``ROUNDED`` entries
    by a proof about them. Beyond that the proof is about the rounded program, with what rounding its numbers
    does to the value to first order, unless that proof is not to be had and the other is.
    """
    value = solution.value
    if value is None:
        return math.inf
    if isinstance(value, Fraction):
        return 0.0
    program, source, proof = solution.program, solution.rational, solution.known
    if proof is not None and (source is None or proof.program.exact):
        return _off(value, proof)
    size, patience = _size(program), _patience(solution)
    if size > PROVED:
        return math.inf

    def of_rounded(seconds: float) -> float:
        error = _proved_error(solution, program, seconds)
        return error if source is None else error + _rounding(solution)

    def of_data() -> float:
        made = None if source is None else _made(source)
        return math.inf if made is None else _proved_error(solution, made, patience)

    if source is None:
        return of_rounded(patience)
    if size > ROUNDED:
        error = of_rounded(max(QUICK, sum(solution.seconds.values())))
        return error if math.isfinite(error) else of_data()
    error = of_data()
    return error if math.isfinite(error) else of_rounded(patience)


def _proved_error(solution: Solution, program: Program, seconds: float) -> float:
    """How far the value is from the optimum of `program`, which may have another shape."""
    asked = Options(time_limit=seconds)
    proof = solution.known
    assert isinstance(solution.value, float)
    if proof is None or proof.program is not program:
        try:
            if _alike(program, solution.program):
                proof = proved(program, solution, asked).certificate
            else:
                proof = solve_exactly(program, solve_highs, "highs", asked).certificate
        except (DynamechError, OutOfTime):
            return math.inf
    return math.inf if proof is None else _off(solution.value, proof)


def _patience(solution: Solution) -> float:
    return max(PATIENCE, 2 * sum(solution.seconds.values()))


def _sound(found: Solution) -> Solution:
    """The solution without vectors of the wrong length or with numbers that are none."""
    n, m = found.program.num_columns, found.program.num_rows
    given = found.primal, found.dual, found.reduced_costs
    kept = [vector(values, size) for values, size in zip(given, (n, m, n), strict=True)]
    if all((a is None) == (b is None) for a, b in zip(kept, given, strict=True)):
        return found
    return replace(found, primal=kept[0], dual=kept[1], reduced_costs=kept[2], held_basis=None)


def _optimum(found: Solution, options: Options, spent: float) -> Solution:
    seen = found.measured
    if seen is not None and seen.rounding:
        return _stands(found, None)
    stands = seen is not None and seen.within(options.tolerances)
    if stands and _size(found.program) > SMALL:
        return _stands(found, None)
    truth = _tried(found, options, spent, _patience(found) if stands else None)
    if stands and (truth is None or truth.status == "limit"):
        return _stands(found, None if truth is None else truth.certificate)
    if stands and truth is not None and truth.status != "optimal" and not truth.program.exact:
        # numbers that were rounded seldom satisfy equations that follow from one another
        return _stands(found, None)
    if stands and truth is not None and truth.status == "optimal" and truth.certificate is not None:
        assert seen is not None
        assert truth.value is not None
        size = options.tolerances.largest * abs(nearest(truth.value) - nearest(found.program.offset))
        if _off(_value(found), truth.certificate) <= max(size, ROUNDING * seen.scale):
            return _stands(_with_vectors(found, truth), truth.certificate)
    return _settled(found, truth, options)


def _with_vectors(found: Solution, truth: Solution) -> Solution:
    """The solution with the proved vectors, rounded once, in place of those that miss more."""
    return replace(
        found, primal=_doubles(truth.primal), dual=_doubles(truth.dual),
        reduced_costs=_doubles(truth.reduced_costs), held_basis=lambda: truth.basis,
    )  # fmt: skip


def _stands(found: Solution, proof: Certificate | None) -> Solution:
    """The optimal solution with its value as measured and, where there is a proof, what it is off by."""
    value, seen = _value(found), found.measured
    assert seen is not None
    rest = _VALUE.sub("", found.message, count=1)
    error = math.inf if proof is None else _off(value, proof)
    if proof is not None and not proof.program.exact and found.rational is not None:
        error += _rounding(found)
    if math.isfinite(error):
        words = with_error(value, error)
    elif seen.rounding:
        words = f"{value:.10g}"
    else:
        words = with_error(known(value, seen.estimate), math.inf)
    return replace(
        found, value=value, bound=value, message=f"optimal: value {words}{rest}", known=proof
    )


def _tried(found: Solution, options: Options, spent: float, budget: float | None) -> Solution | None:
    """The same question over the rationals; None where there is no time for it or it cannot be asked."""
    left = math.inf if options.time_limit is None else options.time_limit - spent
    left = left if budget is None else min(left, budget)
    if left <= 0:
        return None
    limit = None if math.isinf(left) else left
    asked = Options(time_limit=limit, tolerances=options.tolerances, progress=options.progress)
    program = _source(found)
    begun = found.basis is not None or (program.quadratic is not None and found.dual is not None)
    try:
        if found.status == "unbounded" or (found.status == "optimal" and begun):
            return proved(program, found, asked)
        return solve_exactly(program, solve_highs, "highs", asked)
    except (DynamechError, OutOfTime):
        return None


def _settled(found: Solution, truth: Solution | None, options: Options) -> Solution:
    """What was proved, in doubles and in place of what was said; or a limit."""
    said = f"{found.solver} says {found.status}"
    if found.status == "limit":
        said = found.message.removeprefix("limit: ").partition(";")[0]
    spent = {"prove": 0.0 if truth is None else sum(truth.seconds.values())}
    seconds = {**found.seconds, "solve": found.seconds["solve"] + spent["prove"]}
    bare = replace(
        found, status="limit", value=None, bound=None, primal=None, dual=None, reduced_costs=None,
        held_basis=None, ray=None, farkas=None, seconds=seconds, known=None,
    )  # fmt: skip
    proof = None if truth is None else truth.certificate
    if truth is None or proof is None or truth.status == "limit":
        within = "" if options.time_limit is None else " within the time limit"
        words = f"limit: {said}, which no proof bears out{within}"
        bound = None
        if proof is not None and proof.kind == "interval":
            end = proof.most if proof.program.sense == "max" else proof.least
            bound = None if end is None else nearest(end)
            words += "" if bound is None else f"; no value beats {bound:.10g}"
        return replace(bare, message=words, bound=bound)
    other = "" if found.status == truth.status else f" (proved over the rationals; {said})"
    if truth.status == "optimal":
        assert truth.value is not None
        value = nearest(truth.value)
        if found.status == "optimal":
            other = f" (proved over the rationals; {found.solver} does not reach it)"
        return replace(
            bare, status="optimal", message=f"optimal: value {value:.10g}{other}", value=value, bound=value,
            primal=lambda: _doubles(truth.primal), dual=lambda: _doubles(truth.dual),
            reduced_costs=lambda: _doubles(truth.reduced_costs), held_basis=lambda: truth.basis, known=proof,
        )  # fmt: skip
    if truth.status == found.status:
        words = found.message
    elif truth.status == "infeasible":
        words = f"infeasible: no point satisfies all rows and bounds{other}"
    else:
        words = f"unbounded: the objective improves without end{other}"
    ray, farkas = found.ray, found.farkas
    if options.rays:
        ray, farkas = _doubles(proof.ray), _doubles(proof.dual if truth.status == "infeasible" else None)
    return replace(bare, status=truth.status, message=words, ray=ray, farkas=farkas, known=proof)


def _source(solution: Solution) -> Program:
    """The program that a proof is about: over the rationals of its data where they are known."""
    p = solution.program
    if solution.rational is None or p.exact:
        return p
    source = _made(solution.rational)
    return source if source is not None and _alike(source, p) else p


def _made(source: Callable[[], Program]) -> Program | None:
    """The program over the rationals; None where it is too large, or its data do not add up exactly."""
    try:
        return source()
    except DynamechError:
        return None


def _alike(one: Program, other: Program) -> bool:
    return (one.num_rows, one.num_columns) == (other.num_rows, other.num_columns)


def _value(found: Solution) -> float:
    assert found.primal is not None
    return objective_value(found.program, found.primal)


def _off(value: float, proof: Certificate) -> float:
    """How far `value` is at most from what was proved, rounded up; infinite where that is vague."""
    ends = (proof.value, proof.value) if proof.kind == "optimal" else (proof.least, proof.most)
    if proof.kind not in ("optimal", "interval") or ends[0] is None or ends[1] is None:
        return math.inf
    off = max(abs(Fraction(value) - end) for end in ends if end is not None)
    try:
        near = float(off)
    except OverflowError:
        return math.inf
    if proof.kind == "interval" and near > VAGUE * abs(value):
        return math.inf
    return near if Fraction(near) >= off else math.nextafter(near, math.inf)


def _rounding(solution: Solution) -> float:
    """What rounding every number of the program once moves its optimum by, to first order."""
    p, x, y = solution.program, solution.primal, solution.dual
    assert x is not None
    assert y is not None
    held = np.abs(y) @ (abs(p.matrix) @ np.abs(x)) + np.abs(p.objective) @ np.abs(x)
    curved = 0.0 if p.quadratic is None else np.abs(x) @ (abs(p.hessian) @ np.abs(x))
    return float(4 * _UNIT * (2 * held + curved + abs(p.offset)))


def _size(program: Program) -> int:
    """Entries; a proof has fifty times as much to do with one of the quadratic objective."""
    return program.num_nonzeros + (0 if program.quadratic is None else 50 * program.quadratic[2].size)


def _limited(options: Options) -> bool:
    return options.time_limit is not None or options.iteration_limit is not None


def _doubles(values: Array | None) -> Array | None:
    return None if values is None else to_float(values)
