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
from ..recursion.bounds import Bounds, bounds
from ..recursion.stages import obstacle, recursion
from .question import Question

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
    why = obstacle(home, question.incentives, question.participation, question.objective, question.demands)
    if named:
        why = why or ("its bounds are in doubles, not over the rationals" if effort.exact else "")
        why = why or (f"solver '{effort.solver}' is not 'highs'" if effort.solver != "highs" else "")
        if why:
            raise InvalidInput(f"formulation '{RECURSION}': {why}")
        return "bounds by recursion over rents"
    if why or env.periods == 1:
        return ""
    if home.stationary:
        return "bounds by recursion over rents, as histories never end"
    counts = [
        math.prod(home.types(t)) * (home.num_actions(t) if home.remembers_action(t) else 1)
        for t in range(home.periods)
    ]
    if 2 * home.periods * math.prod(counts) * max(counts) <= LARGE:  # rows of all histories are no more
        return ""
    asked = question.incentives, question.participation, question.objective.over(False), question.formulation
    try:
        size = (
            Prepared.of(home.to_float(), plan(home.to_float(), *asked, question.demands), effort.room)
            .refuse_large(effort.room)
            .size
        )
    except TooLarge:
        return "bounds by recursion over rents, as a program over histories is beyond the memory limit"
    if size.rows <= LARGE:
        return ""
    return f"bounds by recursion over rents, in place of a program over histories of {size.rows:,} rows"


def by_rents(env: Environment, question: Question, effort: Effort) -> tuple[Bounds, str, float]:
    """The bounds, what is said of them, and the seconds that they took."""
    began = time.perf_counter()
    asked = question.objective.over(False), question.participation, question.demands
    both = bounds(recursion(factored(env).to_float(), *asked), effort=effort)
    said = f"the optimum is between {both.lower:.9g} and {both.upper:.9g}"
    if not both.closed:
        why = "the time limit was reached" if effort.time_limit is not None else "bounds came no closer"
        said = f"limit: {why} after {both.rounds} rounds; {said}"
    return both, said, time.perf_counter() - began
