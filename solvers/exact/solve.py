"""Solve a program over the rationals of its data: a float solver proposes, exact arithmetic decides."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from ..certificate import Certificate
from ..clock import Clock
from ..errors import InvalidInput, NotCertified, OutOfTime
from ..lift import Lift, on
from ..numbers import Array, Ints, nearest, to_exact, written
from ..options import Basis, Options
from ..program import Program
from ..selection import Selection
from ..solution import Solution
from ..trivial import crossing
from .decide import decide, enclose
from .examine import examine, primal_faults
from .integers import IntegerProgram, clear
from .interval import Interval, integer_duals
from .prove import Decision
from .rationals import common

_SOLVER = 0.5  # of the time limit

Engine: TypeAlias = Callable[[Program, str, Options], Solution]


def solve_exactly(program: Program, engine: Engine, solver: str, options: Options) -> Solution:
    """The solution over the rationals, with its certificate; `engine` and `solver` propose the basis.

    A float program is taken at its exact binary values. Where no proof can be completed the status is
    "limit", and the certificate, if there is one, an interval. Of a time limit, the engine gets half; the
    rest is for the proof, and for the interval where there is none.
    """
    clock, began = Clock(options), time.perf_counter()
    first = clock.part(_SOLVER)
    whole = clear(program)
    if whole.crosses:
        proof = Certificate("infeasible", program)
        return Solution(program, "infeasible", f"infeasible: {crossing(program)}", solver, certificate=proof)
    prepared, began = time.perf_counter() - began, time.perf_counter()
    scaled = whole.scaled.program
    rounded = time.perf_counter() - began
    if program.num_columns:
        try:
            proposed = engine(scaled, solver, first.options())
        except OutOfTime:
            late = "limit: the time limit was reached before a solver ran"
            proposed = Solution(program, "limit", late, solver)
        except InvalidInput as error:  # numbers that the engine takes for infinite: nothing is proposed
            proposed = Solution(program, "limit", f"limit: {error}", solver)
    else:
        proposed = Solution(program, "optimal", "", solver, held_basis=Basis.of_rows(program.num_rows))
    again = time.perf_counter()
    if proposed.status == "limit" and (options.iteration_limit is not None or first.over()):
        decision = enclose(whole, proposed, clock)
        if decision.certificate is None:
            told = whole.scaled.lift.solution(proposed)
            return replace(told, seconds={**proposed.seconds, "prove": 0.0})
    else:
        decision = decide(whole, proposed, clock)
    # rounding to doubles belongs to the hand-over, as it does for who wants no proof
    handover = proposed.seconds["handover"] + rounded
    seconds = {**proposed.seconds, "handover": handover, "prove": prepared + time.perf_counter() - again}
    return _answer(program, proposed, decision, seconds)


def certify(solution: Solution, options: Options) -> Certificate:
    """Prove a float solution, or what is true in its stead. Raises ``NotCertified`` if nothing is proved.

    For a solution that ended with a limit, what is true is an interval.
    """
    program = solution.program
    if crossing(program) is not None:
        return Certificate("infeasible", program)
    decision = _decision(clear(program), solution, options)
    if decision.certificate is None:
        why = decision.obstacle or f"in floating point it is {solution.message}"
        raise NotCertified(f"no proof was completed for program {program.name!r}: {why}")
    return decision.certificate


def proved(program: Program, solution: Solution, options: Options) -> Solution:
    """What is true of `program`, over the rationals, beginning with what a float solution says.

    The solution is of `program`, or of the same program rounded.
    """
    began = time.perf_counter()
    whole = clear(program)
    decision = _decision(whole, solution, options)
    return _answer(program, solution, decision, {"prove": time.perf_counter() - began})


def _decision(whole: IntegerProgram, solution: Solution, options: Options) -> Decision:
    clock = Clock(options)
    proposed = replace(  # in units that mostly nobody asks for, as a basis has none
        solution,
        primal=lambda: on(lambda x: x / whole.scaled.lift.columns, solution.primal),
        dual=lambda: on(lambda y: y / whole.scaled.lift.rows, solution.dual),
    )
    way = enclose if solution.status == "limit" and options.limited else decide
    return way(whole, proposed, clock)


def certify_vectors(program: Program, primal: Array, dual: Array) -> Certificate:
    """The certificate that exact vectors make: a small program's optimum carried over to a larger one, say.

    `primal` (columns,) and `dual` (rows,), in the signs of ``Solution``, are taken at their exact values.
    Raises ``NotCertified`` naming the worst row or column where they do not prove each other optimal.
    """
    whole = clear(program)
    x = common(to_exact(primal))
    y = integer_duals(whole, to_exact(dual))
    seen = examine(whole, x, y)
    if seen.optimal:
        return Certificate("optimal", program, seen.value, to_exact(primal), to_exact(dual))
    what = "breaks a bound" if seen.primal else "has a dual it cannot have"
    faults = seen.primal or seen.dual
    if faults.rows.size:
        place = program.row_label(int(faults.rows[0]))
    else:
        place = program.column_label(int(faults.columns[0]))
    many = faults.rows.size + faults.columns.size
    others = f" (and {many - 1} more)" if many > 1 else ""
    raise NotCertified(f"{place}{others} {what}, by up to {faults.worst:.3g}: not an optimal pair")


def certify_home(lift: Lift, primal: Array, dual: Array) -> Certificate:
    """The certificate that exact optimal vectors of a reformulation make of the program at home.

    Raises ``NotCertified`` as ``certify_vectors`` does, and where the duals have no counterpart at home.
    """
    duals = lift.dual(dual)
    if duals is None:
        raise NotCertified(f"program {lift.home.name!r}: the duals that were found are not its own")
    return certify_vectors(lift.home, lift.primal(primal), duals)


def _answer(
    program: Program, proposed: Solution, decision: Decision, seconds: Mapping[str, float]
) -> Solution:
    proof, attempt = decision.certificate, decision.attempt
    why = f": {decision.obstacle}" if decision.obstacle else ""
    words = f"limit: {proposed.solver} says {proposed.status}, but no proof was completed{why}"
    if proposed.status == "limit":
        head = proposed.message.partition(";")[0]
        words = head if decision.obstacle in head else head + why
    base = Solution(
        program, "limit", words, proposed.solver, iterations=proposed.iterations, seconds=seconds,
        tolerances=proposed.tolerances, certificate=proof,
    )  # fmt: skip
    if proof is None:
        return base
    if proof.kind == "interval":
        return _within(base, proof)
    agreed = proposed.status == proof.kind
    other = "" if agreed else f"; in floating point {proposed.solver} says {proposed.status}"
    if proof.kind == "infeasible":
        words = f"infeasible: no point satisfies all rows and bounds (proved){other}"
        return replace(base, status="infeasible", message=words, farkas=proof.dual)
    if proof.kind == "unbounded":
        words = f"unbounded: the objective improves without end (proved){other}"
        return replace(base, status="unbounded", message=words, ray=proof.ray)
    costs = basis = None
    if attempt is not None:
        costs, basis = attempt.seen.reduced_costs.fractions, attempt.basis
    return replace(
        base, status="optimal", message=f"optimal: value {bound_text(proof.value)} (proved){other}",
        value=proof.value, bound=proof.value, primal=lambda: proof.primal, dual=lambda: proof.dual,
        reduced_costs=costs, held_basis=basis,
    )  # fmt: skip


def _within(solution: Solution, proof: Certificate | None) -> Solution:
    """A solution that ended with a limit, with the interval that is proved of it."""
    head = solution.message.partition("; the value is between ")[0]
    if proof is None:
        return replace(solution, message=head, certificate=None, bound=None, primal=None, dual=None)
    words = f"{head}; the value is between {bound_text(proof.least)} and {bound_text(proof.most)} (proved)"
    bound = proof.most if proof.program.sense == "max" else proof.least
    return replace(
        solution, message=words, certificate=proof, bound=bound, primal=proof.primal, dual=proof.dual
    )


def bound_alone(solution: Solution) -> Solution:
    """What a limit left of a program with some of the rows, where its point may break the others."""
    part = solution.certificate
    if part is None or part.dual is None:
        return _within(solution, None)
    rest = replace(part, primal=None)
    alone = replace(rest, least=None) if part.program.sense == "max" else replace(rest, most=None)
    return _within(solution, alone)


def interval_of_all(solution: Solution, program: Program, rows: Ints) -> Solution:
    """What a limit left of a program with some of the rows, said of all rows of `program`.

    The bound holds for it as well; the point only if it keeps to the rows left out.
    """
    part = solution.certificate
    if part is None or part.kind != "interval":
        return _within(replace(solution, program=program), None)
    whole = clear(program)
    best = Interval(whole)
    if part.dual is not None:
        duals = integer_duals(whole, Selection(program, rows).dual(part.dual))
        best.offer_duals(duals, None if part.tangent is None else common(part.tangent))
    if part.primal is not None and not primal_faults(whole, x := common(part.primal)):
        best.offer(x)
    return _within(replace(solution, program=program), best.certificate())


def bound_text(value: Fraction | None) -> str:
    """A rational for a message: as it is where that is short, else its first digits."""
    if value is None:
        return "no bound"
    exact, near = written(value), nearest(value)
    if len(exact) <= 40:
        return exact
    return "a number beyond 1e308" if math.isinf(near) else f"about {near:.10g}"
