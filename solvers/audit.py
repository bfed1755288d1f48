"""What an engine says is a claim, and this is where claims are looked into, whoever made them.

- "optimal" stands where the vectors, measured here, miss nothing but what rounding explains. Where they miss
  more, a small program is proved over the rationals: a status that is confirmed stands, with the vectors of
  the proof (a row missed by 1e-8 is no small thing where all of it is weighted with 1e-7), any other gives
  way to what was proved. A large program is not proved unasked: its answer stands where it is within the
  tolerances asked for.
- "infeasible" and "unbounded" stand with a Farkas vector, or a ray and a feasible point, over the rationals.
- Where nothing of this can be had, the status is "limit".

A program may have been rounded from one over the rationals (its ``origin``), and rounding can make a ray, or
take one away: bets of 1e16 pay for chances of 1e-17. What is proved is then proved of that program. Where it
is not to be had, or is itself one way of many to round the data, a proof speaks for one rounding alone: it is
told as such, "optimal" never gives way to another status by it, and it is not believed where its own vectors
say that another rounding would end elsewhere. An optimum with such bets is looked into however well it was
measured.

The error of a value is bounded by such a proof too: it is what the value differs from the proved one, or from
the farther end of a proved interval. (Directed rounding is no help on its own: it bounds one side only, and
needs bounds on every column. A point that breaks a row by a hair is worth nothing, for the nearest feasible
one may be far away. The exact solution of the basis is no dearer than the solve that found it.)
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from .accuracy import ROUNDING, Accuracy, known, with_error
from .certificate import Certificate
from .engines.highs import solve_highs
from .errors import DynamechError, OutOfTime
from .exact.solve import proved, solve_exactly
from .form import objective_value
from .lift import on
from .numbers import Floats, nearest, to_float, vector
from .options import Options
from .program import Program
from .solution import Solution

SMALL = 20_000
"""Entries up to which a program is proved where its float answer leaves doubts."""
ROUNDED = 5_000
"""Entries up to which a program over the rationals is made rather than the rounded one proved."""
PROVED = 200_000
"""Entries up to which the error of a value is looked into at all."""
OTHERS = 4
"""Times as much that a proof has to do with a program that leaves rows out."""
PATIENCE, QUICK = 5.0, 0.5
"""Seconds that a proof may take, or twice what solving took where that is more. Most take a hundredth of it:
sizes decide what is proved, so that a busy machine says the same as a quiet one. And seconds, or as long as
solving took, after which a proof of the rounded program gives way to one of the data."""
VAGUE = 0.01
"""An interval that leaves more than this of a value open is not told as its error."""
SHAKEN = 1e-4
"""Share of its unit by which rounding the numbers of a row may break it."""
FAR = 1e11
"""Units of its column that a number may be without a doubt about those that multiply it."""
_UNIT = 2.0**-53
_VALUE = re.compile(r"optimal: value [^\s;]+( \((to about|its error)[^)]*\))*")


def audited(answer: Solution, options: Options, spent: float) -> Solution:
    """The solution as far as it is borne out; see the module.

    `options` are those of the solve, of whose time limit `spent` seconds are gone.
    """
    answer = _sound(replace(answer, bounder=error_of))
    if answer.status == "optimal":
        return _optimum(answer, options, spent)
    if answer.status == "limit" and (_used_up(options, spent) or answer.solver not in ("highs", "highs-ipm")):
        return answer
    return _settled(answer, _tried(answer, options, spent, math.inf), options)


def _used_up(options: Options, spent: float) -> bool:
    """Whether it is a limit that an engine may have stopped at, and not the numbers of the program."""
    late = options.time_limit is not None and spent > options.time_limit / 2
    return late or options.iteration_limit is not None


def error_of(solution: Solution) -> float:
    """No less than |value − optimum of the program at its data|; infinite where no bound is known.

    The data are those that a float program was rounded from, where they are known: up to ``ROUNDED`` entries
    by a proof about them. Beyond that the proof is about the rounded program, with what rounding its numbers
    does to the value to first order, unless that proof is not to be had and the other is.
    """
    value, program, proof = solution.value, solution.program, solution.known
    if value is None or isinstance(value, Fraction):
        return math.inf if value is None else 0.0
    if proof is not None and (program.origin is None or proof.program.exact):
        return _off(value, proof)
    size, patience = _work(solution), _patience(solution)
    if size > PROVED:
        return math.inf

    def of_rounded(seconds: float) -> float:
        error = _off(value, _proof(solution, program, seconds))
        if program.origin is not None:
            error += _rounding(program, solution.point, solution.multipliers)
        return error

    def of_data() -> float:
        source = _source(program)
        return math.inf if source is None else _off(value, _proof(solution, source, patience))

    if program.origin is None:
        return of_rounded(patience)
    if solution.holds is not None:  # rows that are left out are rounded in another way
        return of_data()
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
    return None if truth is None else _of_all(solution, truth.certificate)


def _of_all(solution: Solution, proof: Certificate | None) -> Certificate | None:
    """The proof; None where it is about a value, and rows were left out that its point breaks."""
    if proof is None or solution.holds is None or proof.kind not in ("optimal", "interval"):
        return proof
    return proof if solution.holds(proof) else None


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
    sure = seen.rounding and not _far(answer.program, answer.point)
    if sure or _work(answer) > SMALL:
        return _stands(answer, seen, sure, None)
    truth = _tried(answer, options, spent, _patience(answer))
    proof = None if truth is None else _of_all(answer, truth.certificate)
    if truth is None or truth.status == "limit":
        return _stands(answer, seen, sure, proof)
    if not _counts(answer, truth, options) or (truth.status != "optimal" and not truth.program.exact):
        # numbers that were rounded seldom satisfy equations that follow from one another
        return _stands(answer, seen, sure, None)
    if truth.status == "optimal":
        size = options.tolerances.largest * abs(nearest(truth.optimum) - nearest(answer.program.offset))
        if _off(objective_value(answer.program, answer.point), proof) <= max(size, ROUNDING * seen.scale):
            return _stands(replace(answer, **_vectors(truth)), seen, sure, proof)
    return _settled(answer, truth, options)


def _stands(answer: Solution, seen: Accuracy, sure: bool, proof: Certificate | None) -> Solution:
    """The optimal solution with its value as measured and, where there is a proof, what it is off by.

    sure: without a proof too, that is by no more than rounding explains.
    """
    value = objective_value(answer.program, answer.point)
    rest = _VALUE.sub("", answer.message, count=1)
    error = _off(value, proof)
    if proof is not None and not proof.program.exact and answer.program.origin is not None:
        error += _rounding(answer.program, answer.point, answer.multipliers)
    if math.isfinite(error):
        words = with_error(value, error)
    elif sure:
        words = f"{value:.10g}"
    else:
        words = with_error(known(value, seen.estimate), math.inf)
    stands = replace(answer, value=value, bound=value, message=f"optimal: value {words}{rest}", known=proof)
    if stands.primal is answer.primal and seen is answer.measured:  # which takes as long as the programs are
        vars(stands)["measured"] = seen
    return stands


def _settles(answer: Solution, truth: Solution) -> bool:
    """Whether what was proved is about the data, and not about one way of rounding them."""
    origin = answer.program.origin
    return origin is None or (truth.program.exact and origin.given)


def _counts(answer: Solution, truth: Solution, options: Options) -> bool:
    """Whether what was proved is to be believed of the data; see the module."""
    if truth.certificate is not _of_all(answer, truth.certificate):
        return False
    if _settles(answer, truth):
        return True
    if truth.status != "optimal":
        return answer.status != "optimal"
    return not _hinges(answer.program, to_float(truth.point), to_float(truth.multipliers), options)


def _hinges(program: Program, x: Floats, y: Floats, options: Options) -> bool:
    """Whether rounding the data breaks a row at these vectors by much, in the units of the columns, or moves
    their value by more than tolerances allow for."""
    p, x = program.to_float(), np.abs(x)
    units = x if p.units is None else np.where(np.isnan(p.units), x, p.units)
    sizes = abs(p.matrix)
    with np.errstate(over="ignore", invalid="ignore"):
        broken = 4 * _UNIT * (sizes @ x) > SHAKEN * (sizes @ units)
        size = float(np.abs(p.objective) @ units)
        return bool(broken.any()) or _rounding(p, x, y) > options.tolerances.largest * size


def _far(program: Program, x: Floats) -> bool:
    """Whether a column is so many of its units that an entry of 1e-17, which sums leave of 0, would count."""
    return program.units is not None and bool((np.abs(x) > FAR * program.units).any())


def _tried(answer: Solution, options: Options, spent: float, budget: float) -> Solution | None:
    """The same question over the rationals; None where there is no time for it or it cannot be asked."""
    left = min(budget, math.inf if options.time_limit is None else options.time_limit - spent)
    if left <= 0:
        return None
    limit = None if math.isinf(left) else left
    asked = Options(time_limit=limit, tolerances=options.tolerances, progress=options.progress)
    program = answer.program
    if (source := _source(program)) is not None and _alike(source, program):
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
    counts = truth is not None and (truth.status == "limit" or _counts(answer, truth, options))
    bare = replace(
        answer, status="limit", value=None, bound=None, primal=None, dual=None, reduced_costs=None,
        held_basis=None, ray=None, farkas=None, known=None,
        seconds={**answer.seconds, "solve": answer.seconds["solve"] + spent, "prove": spent},
    )  # fmt: skip
    proof = None if truth is None else truth.certificate
    if truth is None or proof is None or truth.status == "limit" or not counts:
        words = f"limit: {said}, which no proof bears out"
        words += "" if truth is None or counts else "; what is true hinges on how its numbers were rounded"
        words += "" if options.time_limit is None else " within the time limit"
        end = None
        if proof is not None and proof.kind == "interval":
            end = proof.most if proof.program.sense == "max" else proof.least
        bound = on(nearest, end)
        words += "" if bound is None else f"; no value beats {bound:.10g}"
        return replace(bare, message=words, bound=bound)
    where = "over the rationals" if _settles(answer, truth) else "for one rounding of its numbers"
    other = "" if answer.status == truth.status else f" (proved {where}; {said})"
    if truth.status == "optimal":
        value = nearest(truth.optimum)
        if answer.status == "optimal":
            other = f" (proved {where}; {answer.solver} does not reach it)"
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


def _source(program: Program) -> Program | None:
    """What it was rounded from; None where that is unknown or too large, or does not add up exactly."""
    try:
        return None if program.origin is None else program.origin.make()
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


def _rounding(program: Program, x: Floats, y: Floats) -> float:
    """What rounding every number of the program once moves its optimum by, to first order."""
    p, x, y = program, np.abs(x), np.abs(y)
    held = y @ (abs(p.matrix) @ x) + np.abs(p.objective) @ x
    curved = 0.0 if p.quadratic is None else x @ (abs(p.hessian) @ x)
    return float(4 * _UNIT * (2 * held + curved + abs(p.offset)))


def _work(solution: Solution) -> int:
    """Entries, as proofs count them; rows that were left out have to be looked at over the rationals, all."""
    return _size(solution.program) * (1 if solution.holds is None else OTHERS)


def _size(program: Program) -> int:
    """Entries; a proof has fifty times as much to do with one of the quadratic objective."""
    return program.num_nonzeros + (0 if program.quadratic is None else 50 * program.quadratic[2].size)
