"""A question answered by the rent recursion: two bounds in place of a program over histories.

`auto` takes it where the history program would have more than `LARGE` rows, or more than fit in the memory.
What it gives is a value between two bounds and, so far, no mechanism.
"""

from __future__ import annotations

import math
import time

from ...solvers.effort import Effort
from ...solvers.errors import InvalidInput, TooLarge
from ..compiler.formulation import RECURSION
from ..compiler.plan import plan
from ..compiler.prepared import Prepared
from ..environment.environment import Environment
from ..environment.independence import factored
from ..notions.incentives import INCENTIVES
from ..recursion.bounds import Bounds, bounds
from ..recursion.stages import obstacle, recursion
from ..relaxations import check_coupling, rewrite
from .question import Question
from .rungs import WAYS

LARGE = 1_000_000
"""Rows of a history program from which on `auto` looks at rents instead."""


def in_rents(env: Environment, question: Question, effort: Effort) -> str:
    """What is asked of rents in place of histories, for a person; empty where histories are asked.

    Raises `InvalidInput` where rents are asked for by name and cannot answer.
    """
    named = question.formulation == RECURSION
    if not named and (question.formulation != "auto" or effort.exact or effort.solver != "highs"):
        return ""
    home = factored(env)
    way, why = WAYS.get(question.incentives.name), ""
    if way is not None:
        why = way.against(home, question)
    else:
        notion = INCENTIVES["bayesian"] if question.incentives.name == "ex-post" else question.incentives
        why = obstacle(home, notion, question.participation, question.objective, question.demands)
    how = "bounds by recursion over rents" if way is None else f"bounds by {way.words}"
    if named:
        why = why or ("its bounds are in doubles, not over the rationals" if effort.exact else "")
        why = why or (f"solver '{effort.solver}' is not 'highs'" if effort.solver != "highs" else "")
        if why:
            raise InvalidInput(f"formulation '{RECURSION}': {why}")
        return how
    if why or env.horizon == 1:
        return ""
    if home.stationary:
        return f"{how}, as histories never end"
    if _most(home, question) <= LARGE:
        return ""
    asked = question.incentives, question.participation, question.objective.over(False), question.formulation
    try:
        there = rewrite(home, question.incentives, question.coupling, effort.room).environment.to_float()
        chosen = plan(there, *asked, question.demands)
        size = Prepared.of(there, chosen, effort.room).refuse_large(effort.room).size
    except TooLarge:
        return f"{how}, as a program over histories is beyond the memory limit"
    if size.rows <= LARGE:
        return ""
    return f"{how}, in place of a program over histories of {size.rows:,} rows"


def _most(env: Environment, question: Question) -> int:
    """No fewer than the rows of all histories, without counting them."""
    seen = [math.prod(env.types(t)) for t in range(env.periods)]
    if question.incentives.rewriting == "shocks":
        for t, kernel in enumerate(env.agents[0].kernels):
            rows, after = len(kernel.table) * seen[t], seen[t + 1]
            cells = after**rows if question.coupling == "independent" else rows * (after - 1) + 1
            seen[t + 1] = max(after, cells)  # signals are no more than types
    actions = [env.num_actions(t) if env.remembers_action(t) else 1 for t in range(env.periods)]
    types = max(math.prod(env.types(t)) for t in range(env.periods))
    return 2 * env.periods * math.prod(seen) * types * max(actions) * math.prod(actions)


def coupling_of(env: Environment, question: Question) -> str | None:
    """By which shocks are public; None where the notion knows none."""
    shocks = question.incentives.rewriting == "shocks"
    return check_coupling(factored(env), question.coupling) if shocks else None


def by_rents(env: Environment, question: Question, effort: Effort) -> tuple[Bounds, str, float]:
    """The bounds, what is said of them, and the seconds that they took."""
    began = time.perf_counter()
    home, way = factored(env), WAYS.get(question.incentives.name)
    if way is not None:
        both = way.bounds(home, question, effort.begun())
    else:
        asked = question.objective.over(False), question.participation, question.demands
        both = bounds(recursion(home.to_float(), *asked), effort=effort)
    said = f"the optimum is between {both.lower:.9g} and {both.upper:.9g}"
    if not both.closed:
        why = "the time limit was reached" if effort.time_limit is not None else "bounds came no closer"
        said = f"limit: {why} after {both.rounds} rounds; {said}"
    return both, said, time.perf_counter() - began
