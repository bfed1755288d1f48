"""From an environment and its words to a solved, decoded mechanism: one question, one answer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ...solvers.certificate import Certificate
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, Infeasible, InvalidInput, NotCertified, TooLarge
from ...solvers.exact.solve import certify_home
from ...solvers.lazy import solve_lazily
from ...solvers.numbers import Array, Number
from ...solvers.program import Program
from ...solvers.short import Short
from ...solvers.solution import Solution
from ...solvers.solve import solve
from ..answers.answer import Answer
from ..compiler.compiled import Compiled
from ..compiler.formulation import RECURSION
from ..compiler.lazy_rows import lazy_rows
from ..compiler.plan import Plan
from ..environment.environment import Environment
from ..mechanism.mechanism import Mechanism
from ..notions.lump_sums import LumpSum
from ..recursion.bounds import Bounds
from ..recursion.pool import RentPool
from ..relaxations import Rewriting
from .attain import Edit, attained
from .binding import BindingLie, binding_lies
from .claims import textbook, textbook_form
from .compiling import compile_question, over_rationals, with_origin
from .conflict import Conflict, conflict_of
from .decode import decode
from .ends import ends_of
from .question import Question
from .rents import InRents, bounds_alone, by_rents, coupling_of, in_rents
from .unwritten import nearest_lies, solve_nearest


@dataclass(frozen=True, eq=False, repr=False)
class Solved(Short):
    """A question that was compiled and given to an engine, whatever came of it.

    rewriting: of the environment, for relaxations. solution: of ``compiled.solved``, in its blocks, or of the
        same without promises at histories that demands keep mechanisms from (`attained`).
    decodable: the solution that the mechanism comes from: `solution`, or where its value is not attained the
        best mechanism that takes every feasible action with a little probability.
    """

    rewriting: Rewriting
    compiled: Compiled
    solution: Solution
    decodable: Solution


@dataclass(frozen=True, eq=False, repr=False)
class Design(Answer):
    """The answer to one question.

    value: optimal objective (`Fraction` when exact), None where there is none. status: `optimal`,
    `infeasible`, `unbounded`, `limit` or `not-applicable`; `message` says it in words, `reason` without what
    demands contradict.
    attained: False where the value is a supremum that only mechanisms with ever smaller probabilities
        approach. formulation, coupling: that were used, if it came to that.
    outcome: what was solved, None where it did not come to that; `solved` is the same or an error.
    """

    question: Question
    status: str
    reason: str
    value: Number | None
    seconds: dict[str, float]
    outcome: Solved | None = None
    formulation: str = ""
    coupling: str | None = None
    attained: bool = True
    instance: str = ""
    """Name of the environment that was asked about."""
    effort: Effort = FLOATS
    """By which it was answered; the limits hold for what is made when asked for."""
    rents: InRents | None = None
    """Of formulation `recursion`, whose value is the lower of two bounds; None of all others."""

    @property
    def bounds(self) -> Bounds | None:
        """Of formulation `recursion`; None of others, and where nothing is feasible."""
        return None if self.rents is None or self.rents.bounds.infeasible else self.rents.bounds

    @cached_property
    def conflict(self) -> Conflict | None:
        """Where demands are contradictory, a smallest set of them; None elsewhere and where it is not found
        out. Found when first looked at, by dozens of programs as large as `program`."""
        if self.outcome is None or self.status != "infeasible" or not self.question.demands:
            return None
        return conflict_of(self.outcome.compiled, self.effort)

    @cached_property
    def message(self) -> str:
        """The status in words; of contradictory demands, a smallest set and what proves it."""
        return self.reason if self.conflict is None else f"{self.reason}; {self.conflict.sentence}"

    def lacks(self, what: str) -> Infeasible:
        """The error that says why the answer does not have something."""
        if self.bounds is not None:
            words = f"formulation '{RECURSION}' bounds the value, and {self.message}"
            return Infeasible(f"no {what}: {words}; a program over histories has one")
        return Infeasible(f"no {what}: the status is {self.status} ({self.message})")

    @property
    def solved(self) -> Solved:
        """The program, its solution and the way back; raises `Infeasible` where none was solved."""
        if self.outcome is None:
            raise self.lacks("program")
        return self.outcome

    @property
    def solution(self) -> Solution | None:
        """The solution of `program`, in its blocks."""
        return None if self.outcome is None else self.outcome.solution

    @property
    def program(self) -> Program | None:
        """The program that was solved."""
        return None if self.outcome is None else self.outcome.compiled.solved

    @property
    def plan(self) -> Plan | None:
        """Notions, objective and formulation."""
        return None if self.outcome is None else self.outcome.compiled.layout.plan

    @property
    def environment(self) -> Environment | None:
        """The environment of the mechanism (a rewriting, for relaxations), in the answer's arithmetic."""
        if self.rents is not None:
            return self.rents.env
        return None if self.outcome is None else self.outcome.compiled.layout.env

    @cached_property
    def certificate(self) -> Certificate | None:
        """The exact proof, where an exact answer was asked for; made when first looked at.

        An optimum is proved for the textbook program of the question, whatever formulation found it. Where
        that program does not fit in the memory limit, and for other statuses, the proof is about `program`
        (of `nearest` with the lies that have a row; that all others hold was looked at when it was solved).
        """
        if self.outcome is None:
            return None
        own, compiled = self.outcome.solution.certificate, self.outcome.compiled
        if own is None or own.kind != "optimal" or own.primal is None or own.dual is None:
            return own
        if compiled.layout.plan.form.full_reports:  # has more reports than the textbook program
            return own
        if self.outcome.solution.program is not compiled.solved:
            return own
        try:
            lift = compiled.lift.then(textbook(compiled, self.effort.room))
        except TooLarge:
            return own
        return certify_home(lift, own.primal, own.dual)

    @property
    def certified(self) -> str:
        """Formulation of the program that `certificate` is about; empty where there is none, and where
        words do not say which: demands keep mechanisms from histories (`attained`), some lies have no row."""
        if self.outcome is None or self.certificate is None:
            return ""
        solved, proved = self.outcome.solution.program, self.certificate.program
        if proved is self.program:
            return "" if self.outcome.compiled.layout.plan.written else self.formulation
        return "" if proved is solved else textbook_form(self.outcome.compiled.layout.plan)

    @property
    def optimality(self) -> Literal["proved", "solver"] | None:
        """Of a question in whole numbers with an answer: whether that is proved to be the best, or is so on
        the solver's word."""
        return None if self.solution is None else self.solution.optimality

    @property
    def value_error(self) -> float:
        """No less than what a float value is off by, infinite where no bound is known; 0 for an exact one.

        Made when first looked at, by a proof that takes about as long as solving.
        """
        if self.bounds is not None:
            return float(self.bounds.upper - self.bounds.lower)
        if self.solution is None or not isinstance(self.value, float):
            return 0.0
        measured = self.solution.accuracy
        return math.inf if measured is None else measured.value_error

    @property
    def value_margin(self) -> float:
        """`value_error` or, where that is infinite, what the measured violations may move the value by."""
        if self.solution is None or self.solution.accuracy is None or not isinstance(self.value, float):
            return self.value_error
        return self.solution.accuracy.margin

    @cached_property
    def primal(self) -> Array | None:
        """Allocation and utilities (or payments) of every period, in the columns of the layout."""
        if self.outcome is None or self.outcome.decodable.primal is None:
            return None
        return self.outcome.compiled.lift.primal(self.outcome.decodable.primal)

    @property
    def pure(self) -> bool:
        """Whether lotteries were excluded from the program that was solved."""
        return self.plan is not None and self.plan.pure

    @property
    def promising(self) -> bool:
        """Whether `mechanism` is worth something: the optimal one or, without lotteries, the best that was
        found within the limits; with bounds, the one that attains the lower of them."""
        if self.rents is not None:
            return self.rents.root is not None
        return self.status == "optimal" or (self.status == "limit" and self.pure and self.primal is not None)

    @cached_property
    def mechanism(self) -> Mechanism:
        """The optimal mechanism; raises `Infeasible` with the status where there is none. With bounds, one
        that attains the lower of them."""
        near = None if self.rents is None else self.rents.mechanism()
        if near is not None:
            return near
        if self.outcome is None or self.primal is None:
            raise self.lacks("mechanism")
        return decode(self.outcome.compiled.layout, self.primal, self.effort.room)

    @cached_property
    def binding(self) -> tuple[BindingLie, ...]:
        """The lies whose rows bind, with their multipliers, by period and agent. Raises `Infeasible` where
        there are no multipliers: without an optimum, and of formulation `recursion`."""
        dual = None if self.outcome is None else self.outcome.solution.dual
        if self.outcome is None or self.status != "optimal" or dual is None:
            raise self.lacks("multipliers") if self.status != "optimal" or self.rents else Infeasible(
                "no multipliers: the solution has none (lotteries are excluded, or the value is a supremum)"
            )
        home = self.outcome.compiled.lift.dual(dual)
        if home is None:
            raise Infeasible(f"no multipliers: formulation '{self.formulation}' does not give them")
        return binding_lies(self.outcome.compiled, home)

    def _facts(self) -> dict[str, object]:
        question = self.question
        words = {"incentives": question.incentives.name, "participation": question.participation.name}
        facts = {"status": self.status, "value": self.value, "formulation": self.formulation}
        return {"instance": self.instance, **words, **facts}


def _without_end(solution: Solution, ray: LumpSum) -> Solution:
    """A solution of a question that this lump sum improves for ever, whatever doubles saw of a small one.

    Raises `NotCertified` where an exact answer says anything else, having run its course.
    """
    if solution.certificate is not None and solution.certificate.kind == "optimal":
        raise NotCertified(f"an optimum was proved of a question that has none: {ray.sentence}")
    proved = " (proved)" if solution.certificate is not None and solution.status == "unbounded" else ""
    return replace(
        solution, status="unbounded", message=f"unbounded{proved}: {ray.sentence}", value=None, bound=None,
        primal=None, dual=None, reduced_costs=None, held_basis=None, farkas=None,
    )  # fmt: skip


def design(
    env: Environment,
    question: Question,
    effort: Effort = FLOATS,
    pool: RentPool | None = None,
    *,
    proved: bool = False,
) -> Design:
    """Compile, solve and keep the way back; proved: a bound on the error of the value will be asked for.

    pool: cuts and points of formulation `recursion` to go on from, and where those that are found are put.
    Raises `InvalidInput` for contradictory words and `TooLarge`; everything else is a status.
    """
    started, kept, question = time.perf_counter(), effort.silent, question.check(env)
    words = in_rents(env, question, effort)
    if pool is not None and (not words or bounds_alone(env, question)):
        words = f"cuts and points are those of formulation '{RECURSION}', which is not asked"
        raise InvalidInput(f"pool: {words}")
    if words:
        name = question.incentives.name
        effort.tell("size", f"{name}: {words}", incentives=name, size=None)
        near = by_rents(env, question, effort, pool)
        status = "infeasible" if near.bounds.infeasible else "optimal" if near.bounds.closed else "limit"
        return Design(
            question, status, near.said, near.value, {"solve": near.seconds}, formulation=RECURSION,
            coupling=coupling_of(env, question), instance=env.name, effort=kept, rents=near,
        )  # fmt: skip
    try:
        compiled, rewriting, _ = compile_question(env, question, effort, nearest_lies, proved=proved)
    except AssumptionViolated as error:
        spent = {"compile": time.perf_counter() - started}
        return Design(question, "not-applicable", str(error), None, spent, instance=env.name, effort=kept)
    seconds = {"compile": time.perf_counter() - started}

    def run(program: Program, edit: Edit | None = None) -> Solution:
        if edit is not None:
            program = with_origin(program, compiled, env, question, effort, edit)
        if edit is None and compiled.layout.plan.form.lazy:
            core, wider, groups = lazy_rows(compiled)
            return solve_lazily(
                program, core, effort.solver, wider=wider, groups=groups, time_limit=effort.left,
                exact=effort.exact,
            )  # fmt: skip
        return solve(program, effort.solver, time_limit=effort.left, exact=effort.exact)

    if compiled.layout.plan.written:
        compiled, solution = solve_nearest(
            compiled,
            lambda some: with_origin(some.solved, some, env, question, effort),
            lambda some: over_rationals(some, env, question, effort).holds,
            effort,
        )
    else:
        solution = run(compiled.solved)
    ends = ends_of(env, question.participation, question.demands, question.objective.over(effort.exact))
    if solution.status == "unbounded" and compiled.layout.plan.written and ends.ray is None:
        compiled = compile_question(env, question, effort)[0]  # other lies may end what these leave open
        solution = run(compiled.solved)
    if ends.ray is not None and (ends.feasible or solution.status in ("optimal", "unbounded")):
        solution = _without_end(solution, ends.ray)
    elif why := ends.contradiction(solution.status):
        words = f"limit: {solution.solver} says {solution.status}, but {why}"
        solution = replace(solution, status="limit", message=words, ray=None, farkas=None)
    if effort.exact and solution.status == "optimal" and isinstance(solution.value, float):
        raise NotCertified(f"incentives '{question.incentives.name}': no exact optimum could be proven")
    solution, decodable, reached = attained(compiled, solution, run)
    return Design(
        question,
        solution.status,
        solution.message,
        solution.value,
        {**seconds, **solution.seconds},
        Solved(rewriting, compiled, solution, decodable),
        compiled.layout.plan.formulation,
        rewriting.coupling,
        reached,
        env.name,
        kept,
    )
