"""What any payments could earn with the virtual plan: other payments, and other doings off the path of truth.

A rule for money (A, B, C) is one way to pay for the plan. Asked of all at once it is a program: the `ex-post`
rung of the ladder, where whatever happens with positive probability when everybody tells the truth is what
the plan does, and payments, and all that is done after a report that truth would not have made, are free. It
is infeasible where no payments make the plan truthful; otherwise its value is the bound (Corollary 4.1) or
less, as the plan leaves the lowest types what they must have. (`implement` takes what is done off the path as
given too, and so asks less than can be had.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...solvers.effort import FLOATS, Effort
from ...solvers.errors import AssumptionViolated, TooLarge
from ...solvers.numbers import Number
from ...solvers.short import Short
from ...solvers.solve import solve
from ..compiler.given import sequence_form
from ..design.compiling import compile_question
from ..design.design import Design, design
from ..design.question import Question
from ..environment.environment import Environment
from ..ladder.ladder import Rung
from ..mechanism.mechanism import Mechanism

RUNGS = ("virtual", "relaxed", "bayesian", "ex-post")
"""What revenue is compared with."""


@dataclass(frozen=True, repr=False)
class SamePlan(Short):
    """status: `optimal`, `infeasible` or `limit`, or `not-applicable` where it is too large; `message` says
    it in words. value: the most that any payments earn, None where there is none."""

    status: str
    value: Number | None
    message: str = ""


def rungs(env: Environment, effort: Effort = FLOATS) -> Mapping[str, Rung]:
    """Revenue by notion, by name. One that is too large is `not-applicable`."""
    answers = {}
    for name in RUNGS:
        effort.tell("rung", name, rung=name)
        question = Question.of(env, "revenue", name, "interim")
        try:
            answer = design(env, question, effort)
        except TooLarge as error:
            answer = Design(question, "not-applicable", str(error), None, {}, instance=env.name)
        answers[name] = Rung(name, answer)
    return answers


def same_plan(env: Environment, mechanism: Mechanism, effort: Effort = FLOATS) -> SamePlan:
    """The program for what a mechanism does on the path of truth; its payments do not count.

    Over the rationals where the effort is, and the mechanism's numbers then are rational. effort: of which
    the limits count.
    """
    question = Question.of(env, "revenue", "ex-post", "interim", formulation="utilities")
    try:
        compiled = compile_question(env, question, effort)[0]
    except (AssumptionViolated, TooLarge) as error:
        return SamePlan("not-applicable", None, str(error))
    layout, program = compiled.layout, compiled.program
    x = sequence_form(layout, mechanism)
    lower, upper = program.lower.copy(), program.upper.copy()
    for t, layer in enumerate(layout.tree.layers):
        reached = layer.point_nature[layer.play_point] != 0
        columns = layout.allocation(t).index[reached]
        lower[columns] = upper[columns] = x[columns]
    solution = solve(
        replace(program, lower=lower, upper=upper), effort.solver, exact=effort.exact, time_limit=effort.left
    )
    return SamePlan(solution.status, solution.value, solution.message)
