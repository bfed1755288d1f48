"""From an environment and its words to a solved, decoded mechanism: one question, one answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..solvers.errors import AssumptionViolated, Infeasible, NotCertified
from ..solvers.numbers import Number
from ..solvers.program import Program
from ..solvers.solution import Solution
from ..solvers.solve import solve
from .attain import attained
from .compiler.compile import compile_program
from .compiler.compiled import Compiled, make_views
from .compiler.plan import Objective, Plan, check_scope, objective, plan
from .compiler.sizes import Size, program_size, refuse_large
from .decode import decode
from .environment import Environment
from .histories.classes import Level, build_levels
from .histories.views import View
from .incentives import Incentive, incentive
from .mechanism import Mechanism
from .participation import Participation, participation
from .rewritings import Rewriting, check_coupling, rewrite
from .rewritings.independence import factored

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """Everything that a design is asked for, checked."""

    objective: Objective
    incentives: Incentive
    participation: Participation
    coupling: str | None
    formulation: str
    exact: bool = False
    memory_limit: float | None = None

    @classmethod
    def of(
        cls,
        env: Environment,
        goal: Any = "revenue",
        incentives: str | Incentive = "bayesian",
        participates: str | Participation = "interim",
        coupling: str | None = None,
        formulation: str = "auto",
        exact: bool = False,
        memory_limit: float | None = None,
    ) -> Question:
        """Read the words; raises `InvalidInput` for one that is unknown or cannot be had."""
        notion = incentives if isinstance(incentives, Incentive) else incentive(incentives)
        promise = participates if isinstance(participates, Participation) else participation(participates)
        if coupling is not None:
            check_coupling(env, coupling)
        return cls(objective(goal), notion, promise, coupling, formulation, exact, memory_limit)


def default_memory_limit() -> float:
    """Half of the machine's memory, in bytes."""
    return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True, eq=False)
class Prepared:
    """A question rewritten and counted on classes of histories; nothing is laid out yet."""

    rewriting: Rewriting
    environment: Environment
    plan: Plan
    levels: list[Level]
    views: list[dict[int, View]]
    size: Size


def prepare(env: Environment, question: Question, notify: Notify | None = None) -> Prepared:
    """Rewrite and count; `notify` is told the size, also of what is then refused.

    Raises `AssumptionViolated`, `InvalidInput`, and `TooLarge` beyond the memory limit.
    """
    check_scope(env)
    env = factored(env.to_exact() if question.exact else env)
    rewriting = rewrite(env, question.incentives, question.coupling)
    ready = rewriting.environment if question.exact else rewriting.environment.to_float()
    goal = question.objective
    if not question.exact:
        goal = Objective(float(goal.revenue), float(goal.welfare))
    made = plan(ready, question.incentives, question.participation, goal, question.formulation)
    levels = build_levels(ready, question.incentives.everywhere)
    views = make_views(ready, made, levels)
    size = program_size(ready, made, levels, views)
    if notify is not None:
        notify(f"{question.incentives.name}: {size.text}")
    limit = default_memory_limit() if question.memory_limit is None else question.memory_limit
    refuse_large(ready, size, limit)
    return Prepared(rewriting, ready, made, levels, views, size)


def compile_question(
    env: Environment, question: Question, notify: Notify | None = None
) -> tuple[Compiled, Rewriting, Size]:
    """Prepare and compile; notifies and raises as `prepare` does."""
    ready = prepare(env, question, notify)
    compiled = compile_program(ready.environment, ready.plan, ready.levels, ready.views)
    return compiled, ready.rewriting, ready.size


@dataclass(eq=False)
class Design:
    """The answer to one question.

    value: optimal objective (`Fraction` when exact), None where there is none. status: `optimal`,
    `infeasible`, `unbounded`, `limit` or `not-applicable`; `message` says it in words. attained: False where
    the value is a supremum that only mechanisms with ever smaller probabilities approach.
    environment: the environment that the mechanism is for (a rewriting, for relaxations).
    """

    question: Question
    status: str
    message: str
    value: Number | None
    seconds: dict[str, float]
    rewriting: Rewriting | None = None
    compiled: Compiled | None = None
    solution: Solution | None = None
    attained: bool = True
    formulation: str = ""
    coupling: str | None = None
    decodable: Solution | None = None
    """The solution that the mechanism comes from: `solution`, or where its value is not attained the best
    mechanism that takes every feasible action with a little probability."""

    @property
    def program(self) -> Program | None:
        """The program that was solved."""
        return None if self.compiled is None else self.compiled.program

    @property
    def plan(self) -> Plan | None:
        """Notions, objective and formulation."""
        return None if self.compiled is None else self.compiled.plan

    @property
    def environment(self) -> Environment | None:
        """The environment of the mechanism, in the arithmetic of the answer."""
        return None if self.compiled is None else self.compiled.env

    @property
    def memory_limit(self) -> float:
        """Bytes that may be used."""
        limit = self.question.memory_limit
        return default_memory_limit() if limit is None else limit

    @property
    def certificate(self) -> Any:
        """The exact proof of the value, where one was asked for."""
        return None if self.solution is None else getattr(self.solution, "certificate", None)

    @cached_property
    def mechanism(self) -> Mechanism:
        """The optimal mechanism; raises `Infeasible` with the status where there is none."""
        if self.compiled is None or self.decodable is None or self.decodable.primal is None:
            raise Infeasible(f"no mechanism: the status is {self.status} ({self.message})")
        return decode(self.compiled, self.decodable.primal, self.memory_limit)


def design(
    env: Environment,
    question: Question,
    *,
    solver: str = "highs",
    time_limit: float | None = None,
    notify: Notify | None = None,
) -> Design:
    """Compile, solve and keep the way back.

    Raises `InvalidInput` for contradictory words and `TooLarge`; everything else is a status.
    """
    started = time.perf_counter()
    try:
        compiled, rewriting, _ = compile_question(env, question, notify)
    except AssumptionViolated as error:
        return Design(
            question, "not-applicable", str(error), None, {"compile": time.perf_counter() - started}
        )
    seconds = {"compile": time.perf_counter() - started}

    def run(program: Program) -> Solution:
        return solve(program, solver, time_limit=time_limit, exact=question.exact)

    solution = run(compiled.program)
    seconds |= solution.seconds
    decodable, reached = attained(compiled, solution, run)
    made = Design(
        question,
        solution.status,
        solution.message,
        solution.value,
        seconds,
        rewriting,
        compiled,
        solution,
        formulation=compiled.plan.formulation,
        coupling=rewriting.coupling,
        attained=reached,
        decodable=decodable,
    )
    if question.exact and solution.status == "optimal" and isinstance(solution.value, float):
        raise NotCertified(f"incentives '{question.incentives.name}': no exact optimum could be proven")
    return made


__all__ = ["Design", "Question", "compile_question", "default_memory_limit", "design"]
