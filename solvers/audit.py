"""What an engine says is a claim, and this is where claims are looked into, whoever made them.

- "optimal" stands where the vectors, measured here, miss nothing but what rounding explains. Where they miss
  more, a small program is proved over the rationals: a status that is confirmed stands, with the vectors of
  the proof (a row missed by 1e-8 is no small thing where all of it is weighted with 1e-7), any other gives
  way to what was proved. A large program is not proved unasked: its answer stands where it is within the
  tolerances asked for.
- "infeasible" and "unbounded" stand with a Farkas vector, or a ray and a feasible point, over the rationals.
- Where nothing of this can be had, the status is "limit".

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
from typing import Any

import numpy as np

from .accuracy import ROUNDING, Accuracy, known, with_error
from .certificate import Certificate
from .duality import objective_value
from .engines.highs import solve_highs
from .errors import DynamechError, OutOfTime
from .exact.solve import proved, solve_exactly
from .lift import on
from .numbers import nearest, to_float, vector
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
    answer: Solution, options: Options, spent: float, rational: Callable[[], Program] | None = None
) -> Solution:
    """The solution as far as it is borne out; see the module.

    `options` are those of the solve, of whose time limit `spent` seconds are gone. `rational` makes the
    program that ``answer.program`` was rounded from, column by column and row by row the same.
    """
    answer = _sound(replace(answer, rational=rational, bounder=error_of))
    if answer.status == "optimal":
        return _optimum(answer, options, spent)
    if answer.status == "limit" and (options.limited or answer.solver not in ("highs", "highs-ipm")):
        return answer
    return _settled(answer, _tried(answer, options, spent, math.inf), options)


def error_of(solution: Solution) -> float:
    """No less than |value − optimum of the program at its data|; infinite where no bound is known.

    The data are those that a float program was rounded from, where they are known: up to ``ROUNDED`` entries
    by a proof about them. Beyond that the proof is about the rounded program, with what rounding its numbers
    does to the value to first order, unless that proof is not to be had and the other is.
    """
    value, program, proof = solution.value, solution.program, solution.known
    if value is None or isinstance(value, Fraction):
        return math.inf if value is None else 0.0
    if proof is not None and (solution.rational is None or proof.program.exact):
        return _off(value, proof)
    size, patience = _size(program), _patience(solution)
    if size > PROVED:
        return math.inf

    def of_rounded(seconds: float) -> float:
        error = _off(value, _proof(solution, program, seconds))
        return error if solution.rational is None else error + _rounding(solution)

    def of_data() -> float:
        source = _rational(solution)
        return math.inf if source is None else _off(value, _proof(solution, source, patience))

    if solution.rational is None:
        return of_rounded(patience)
    if size > ROUNDED:
        error = of_rounded(max(QUICK, sum(solution.seconds.values())))
        return error if math.isfinite(error) else of_data()
    error = of_data()
    return error if math.isfinite(error) else of_rounded(patience)


def _proof(solution: Solution, program: Program, seconds: float) -> Certificate | None:
    """What is known or can be proved of `program`, which may have another shape than that of the solution."""
    if solution.known is not None and solution.known.program is program:
        return solution.known
    start = solution if _alike(program, solution.program) else None
    truth = _exactly(program, start, Options(time_limit=seconds))
    return None if truth is None else truth.certificate


def _patience(solution: Solution) -> float:
    return max(PATIENCE, 2 * sum(solution.seconds.values()))


def _sound(answer: Solution) -> Solution:
    """The solution without vectors of the wrong length or with numbers that are none."""
    n, m = answer.program.num_columns, answer.program.num_rows
    given = answer.primal, answer.dual, answer.reduced_costs
    kept = [vector(values, size) for values, size in zip(given, (n, m, n), strict=True)]
    if all((a is None) == (b is None) for a, b in zip(kept, given, strict=True)):
        return answer
    return replace(answer, primal=kept[0], dual=kept[1], reduced_costs=kept[2], held_basis=None)


def _optimum(answer: Solution, options: Options, spent: float) -> Solution:
    seen = answer.measured
    if seen is None or not (seen.rounding or seen.within(options.tolerances)):
        return _settled(answer, _tried(answer, options, spent, math.inf), options)
    if seen.rounding or _size(answer.program) > SMALL:
        return _stands(answer, seen, None)
    truth = _tried(answer, options, spent, _patience(answer))
    proof = None if truth is None else truth.certificate
    if truth is None or truth.status == "limit":
        return _stands(answer, seen, proof)
    if truth.status != "optimal" and not truth.program.exact:
        # numbers that were rounded seldom satisfy equations that follow from one another
        return _stands(answer, seen, None)
    if truth.status == "optimal":
        size = options.tolerances.largest * abs(nearest(truth.optimum) - nearest(answer.program.offset))
        if _off(objective_value(answer.program, answer.point), proof) <= max(size, ROUNDING * seen.scale):
            return _stands(replace(answer, **_vectors(truth)), seen, proof)
    return _settled(answer, truth, options)


def _stands(answer: Solution, seen: Accuracy, proof: Certificate | None) -> Solution:
    """The optimal solution with its value as measured and, where there is a proof, what it is off by."""
    value = objective_value(answer.program, answer.point)
    rest = _VALUE.sub("", answer.message, count=1)
    error = _off(value, proof)
    if proof is not None and not proof.program.exact and answer.rational is not None:
        error += _rounding(answer)
    if math.isfinite(error):
        words = with_error(value, error)
    elif seen.rounding:
        words = f"{value:.10g}"
    else:
        words = with_error(known(value, seen.estimate), math.inf)
    return replace(answer, value=value, bound=value, message=f"optimal: value {words}{rest}", known=proof)


def _tried(answer: Solution, options: Options, spent: float, budget: float) -> Solution | None:
    """The same question over the rationals; None where there is no time for it or it cannot be asked."""
    left = min(budget, math.inf if options.time_limit is None else options.time_limit - spent)
    if left <= 0:
        return None
    limit = None if math.isinf(left) else left
    asked = Options(time_limit=limit, tolerances=options.tolerances, progress=options.progress)
    program = answer.program
    if not program.exact and (source := _rational(answer)) is not None and _alike(source, program):
        program = source
    begun = answer.basis is not None or (program.quadratic is not None and answer.dual is not None)
    starts = answer.status == "unbounded" or (answer.status == "optimal" and begun)
    return _exactly(program, answer if starts else None, asked)


def _exactly(program: Program, start: Solution | None, asked: Options) -> Solution | None:
    """What is true of `program`, from what `start` says of it or from nothing; None where nobody can tell."""
    try:
        if start is not None:
            return proved(program, start, asked)
        return solve_exactly(program, solve_highs, "highs", asked)
    except (DynamechError, OutOfTime):
        return None


def _settled(answer: Solution, truth: Solution | None, options: Options) -> Solution:
    """What was proved, in doubles and in place of what was said; or a limit."""
    said = f"{answer.solver} says {answer.status}"
    if answer.status == "limit":
        said = answer.message.removeprefix("limit: ").partition(";")[0]
    spent = 0.0 if truth is None else sum(truth.seconds.values())
    bare = replace(
        answer, status="limit", value=None, bound=None, primal=None, dual=None, reduced_costs=None,
        held_basis=None, ray=None, farkas=None, known=None,
        seconds={**answer.seconds, "solve": answer.seconds["solve"] + spent, "prove": spent},
    )  # fmt: skip
    proof = None if truth is None else truth.certificate
    if truth is None or proof is None or truth.status == "limit":
        words = f"limit: {said}, which no proof bears out"
        words += "" if options.time_limit is None else " within the time limit"
        end = None
        if proof is not None and proof.kind == "interval":
            end = proof.most if proof.program.sense == "max" else proof.least
        bound = on(nearest, end)
        words += "" if bound is None else f"; no value beats {bound:.10g}"
        return replace(bare, message=words, bound=bound)
    other = "" if answer.status == truth.status else f" (proved over the rationals; {said})"
    if truth.status == "optimal":
        value = nearest(truth.optimum)
        if answer.status == "optimal":
            other = f" (proved over the rationals; {answer.solver} does not reach it)"
        words = f"optimal: value {value:.10g}{other}"
        return replace(
            bare, status="optimal", message=words, value=value, bound=value, known=proof, **_vectors(truth)
        )
    if truth.status == answer.status:
        words = answer.message
    elif truth.status == "infeasible":
        words = f"infeasible: no point satisfies all rows and bounds{other}"
    else:
        words = f"unbounded: the objective improves without end{other}"
    ray, farkas = answer.ray, answer.farkas
    if options.rays:
        ray = on(to_float, proof.ray)
        farkas = on(to_float, proof.dual) if truth.status == "infeasible" else None
    return replace(bare, status=truth.status, message=words, ray=ray, farkas=farkas, known=proof)


def _vectors(truth: Solution) -> dict[str, Any]:
    """The proved vectors, rounded once, and the basis, each for who looks at it."""
    return {
        "primal": lambda: on(to_float, truth.primal),
        "dual": lambda: on(to_float, truth.dual),
        "reduced_costs": lambda: on(to_float, truth.reduced_costs),
        "held_basis": lambda: truth.basis,
    }


def _rational(solution: Solution) -> Program | None:
    """The program over the rationals; None where it is unknown or too large, or does not add up exactly."""
    try:
        return None if solution.rational is None else solution.rational()
    except DynamechError:
        return None


def _alike(one: Program, other: Program) -> bool:
    return (one.num_rows, one.num_columns) == (other.num_rows, other.num_columns)


def _off(value: float, proof: Certificate | None) -> float:
    """How far `value` is at most from what was proved, rounded up; infinite where that is vague."""
    if proof is None or proof.kind not in ("optimal", "interval"):
        return math.inf
    least, most = (proof.value, proof.value) if proof.kind == "optimal" else (proof.least, proof.most)
    if least is None or most is None:
        return math.inf
    off = max(abs(Fraction(value) - least), abs(Fraction(value) - most))
    near = nearest(off)
    if math.isinf(near) or (proof.kind == "interval" and near > VAGUE * abs(value)):
        return math.inf
    return near if Fraction(near) >= off else math.nextafter(near, math.inf)


def _rounding(solution: Solution) -> float:
    """What rounding every number of the program once moves its optimum by, to first order."""
    p, x, y = solution.program, np.abs(solution.point), np.abs(solution.multipliers)
    held = y @ (abs(p.matrix) @ x) + np.abs(p.objective) @ x
    curved = 0.0 if p.quadratic is None else x @ (abs(p.hessian) @ x)
    return float(4 * _UNIT * (2 * held + curved + abs(p.offset)))


def _size(program: Program) -> int:
    """Entries; a proof has fifty times as much to do with one of the quadratic objective."""
    return program.num_nonzeros + (0 if program.quadratic is None else 50 * program.quadratic[2].size)
