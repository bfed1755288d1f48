"""A question compiled: rewritten, counted, laid out, and what its doubles were rounded from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...solvers.audit import ROUNDED
from ...solvers.certificate import Certificate
from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import DynamechError, TooLarge
from ...solvers.lift import Identity, Lift
from ...solvers.mixed.solve import refuse_many
from ...solvers.origin import Origin
from ...solvers.program import Program
from ...solvers.short import Short
from ..compiler.columns import program_name
from ..compiler.compiled import Compiled
from ..compiler.formulation import RECURSION
from ..compiler.nearest import more_lies
from ..compiler.plan import Key, Pairs, check_scope, plan, quicker
from ..compiler.prepared import Prepared
from ..environment.environment import Environment
from ..environment.independence import factored
from ..environment.memory import Size
from ..relaxations import Rewriting, rewrite
from ..society.outside import check_outside
from .attain import Edit
from .question import Question
from .rents import no_rents
from .unwritten import Written, all_lies

SMALL = 2_000
"""Rows up to which ``auto`` leaves a program as it is: it is solved before anything else would pay."""


def prepare(
    env: Environment, question: Question, effort: Effort = FLOATS, written: Written = all_lies
) -> tuple[Prepared, Rewriting]:
    """Rewrite and count; who is notified is told the size, also of what is then refused.

    written: which lies get a row where the formulation is `nearest`.
    Raises `AssumptionViolated`, `InvalidInput`, and `TooLarge` beyond the memory limit, or where an exact
    answer is asked for in more whole numbers than are proved to be the best.
    """
    try:
        ready, rewriting = _counted(env, question, effort, written)
    except TooLarge as error:
        long = question.formulation == "auto" and env.horizon != 1
        if long and (why := no_rents(env, question, effort)):
            raise TooLarge(f"{error}; formulation '{RECURSION}' needs no histories, but {why}") from None
        raise
    if effort.exact and ready.plan.pure:
        refuse_many(program_name(ready.env, ready.plan), ready.plays)
    return ready, rewriting


def _counted(
    env: Environment, question: Question, effort: Effort, written: Written
) -> tuple[Prepared, Rewriting]:
    """What `prepare` does, however many whole numbers there are."""
    question = question.check(env)
    check_scope(env)
    if question.participation.outside:
        check_outside(env)
    env = factored(env.to_exact() if effort.exact else env)
    limit = effort.room
    rewriting = rewrite(env, question.incentives, question.coupling, limit)
    env = rewriting.environment if effort.exact else rewriting.environment.to_float()
    objective = question.objective.over(effort.exact)
    demands = question.demands
    if question.incentives.rewriting is not None and any(demand.names_histories for demand in demands):
        demands = tuple(demand.carried(rewriting.behind) for demand in demands)
    asked = question.incentives, question.participation, objective, question.formulation, demands
    chosen = plan(env, *asked)
    ready = Prepared.of(env, chosen, limit)
    if question.formulation == "auto" and ready.size.rows > SMALL:
        ready = replace(ready, plan=quicker(env, chosen))
    if ready.plan.form.nearest:
        ready = replace(ready, plan=replace(ready.plan, written=written(ready)))
    _tell(question, ready.size, effort)
    return ready.refuse_large(limit), rewriting


def compile_question(
    env: Environment,
    question: Question,
    effort: Effort = FLOATS,
    written: Written = all_lies,
    *,
    proved: bool = False,
) -> tuple[Compiled, Rewriting, Size]:
    """Prepare and compile; notifies and raises as `prepare` does.

    In doubles, the program and what is solved have the same question over the rationals as their origin.
    proved: something will be proved of it, so that it is compiled over the rationals first where it is small,
    and rounded; otherwise that waits until somebody asks.
    """
    question = question.check(env)
    if proved and (rounded := _rounded(env, question, effort)) is not None:
        return rounded
    ready, rewriting = prepare(env, question, effort, written)
    compiled = ready.compiled()
    solved = with_origin(compiled.solved, compiled, env, question, effort)
    program = with_origin(compiled.program, compiled, env, question, effort, _at_home)
    return replace(compiled, program=program, solved=solved), rewriting, ready.size


def _rounded(
    env: Environment, question: Question, effort: Effort
) -> tuple[Compiled, Rewriting, Size] | None:
    """A float question about rational data compiled over the rationals and rounded, where its program is so
    small that what is said of it is proved over them anyway (`solvers/audit.py`); None elsewhere, and where
    it cannot be had: then doubles say why.
    """
    weights = question.objective.weights.values()
    rational = env.exact and not any(isinstance(weight, float) for weight in weights)
    counts = ([*env.types(t), env.num_actions(t)] for t in range(env.periods))
    if effort.exact or not rational or sum(map(math.prod, counts)) > SMALL:
        return None
    try:
        ready, rewriting = _counted(env, question, replace(effort.silent, exact=True), all_lies)
        form = ready.plan.form
        if ready.size.nonzeros > ROUNDED or form.thresholds or form.nearest:
            return None
        compiled, size = ready.compiled().in_doubles(), ready.size.over(exact=False)
    except DynamechError:
        return None
    _tell(question, size, effort)
    return compiled, rewriting, size


def _tell(question: Question, size: Size, effort: Effort) -> None:
    name = question.incentives.name
    effort.tell("size", f"{name}: {size.text}", incentives=name, size=size)


def _at_home(compiled: Compiled) -> tuple[Program, Lift]:
    return compiled.program, Identity(compiled.program)


@dataclass(frozen=True, eq=False, repr=False)
class OverRationals(Short):
    """Makes the program over the rationals that a float question's program was rounded from.

    lies: those that have a row, where it is not all. edit: what makes it of the question as it was compiled;
    left out: it is what is solved.
    """

    env: Environment
    question: Question
    effort: Effort
    lies: Mapping[Key, Pairs]
    edit: Edit | None = None

    def compiled(self) -> Compiled:
        """Raises as `prepare` does."""
        # What factors in doubles does so no more over the rationals, where correlation is never too small.
        env = self.env if self.env.exact else factored(self.env).over_rationals()
        return _counted(env, self.question, self.effort, lambda _: self.lies)[0].compiled()

    def __call__(self) -> Program:
        """Raises as `prepare` does."""
        compiled = self.compiled()
        return compiled.solved if self.edit is None else self.edit(compiled)[0]

    def holds(self, proof: Certificate) -> bool:
        """Whether all lies keep to what was proved of a value with the rows that there are."""
        if proof.primal is None or not proof.program.exact:
            return False
        compiled = self.compiled()
        return more_lies(compiled.layout, compiled.lift.primal(proof.primal), 0.0) is None


def over_rationals(
    compiled: Compiled, env: Environment, question: Question, effort: Effort, edit: Edit | None = None
) -> OverRationals:
    """What makes the program of a compiled question over the rationals."""
    same = replace(question, formulation=compiled.layout.plan.formulation)
    return OverRationals(env, same, replace(effort.silent, exact=True), compiled.layout.plan.written, edit)


def with_origin(
    program: Program,
    compiled: Compiled,
    env: Environment,
    question: Question,
    effort: Effort,
    edit: Edit | None = None,
) -> Program:
    """A program of the question, in doubles with the same over the rationals as its origin.

    edit: what makes it of the question as it was compiled; left out: it is what is solved.
    """
    if effort.exact:
        return program
    make = over_rationals(compiled, env, question, effort, edit)
    return program.rounded_from(Origin(make, given=env.exact))
