"""A question answered by the rent recursion: two bounds in place of a program over histories.

`auto` takes it where the history program would have more than `EACH` rows for every pair of a true and a
reported type, over all periods and public states, which is what rents take time for; or more than fit in the
memory. Where bounds are all that comes of it (`rungs.py`) it waits for more than `LARGE` rows.
What it gives is a value between two bounds, and the mechanism that attains the lower one. Over the rationals
both are proved, and are the optimum where they are equal.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ...solvers.effort import Effort
from ...solvers.errors import InvalidInput, NotCertified, TooLarge
from ...solvers.numbers import Number, show
from ...solvers.short import Short
from ..compiler.formulation import RECURSION
from ..compiler.plan import plan
from ..compiler.prepared import Prepared
from ..environment.environment import Environment
from ..environment.independence import factored
from ..environment.memory import refuse_table
from ..mechanism.mechanism import Mechanism
from ..notions.incentives import INCENTIVES
from ..recursion.bounds import GAP, Bounds, bounds
from ..recursion.exact import alike, proved
from ..recursion.mechanism import mechanism_of
from ..recursion.points import Points
from ..recursion.pool import RentPool
from ..recursion.stages import Recursion, obstacle, recursion
from ..relaxations import check_coupling, rewrite
from .question import Question
from .rungs import way_of

EACH: float | Fraction = 500
"""Rows of a history program for every pair of types, from which on rents are as quick in nearly all of
`benchmarks/recursion.py --threshold`."""
LARGE = 1_000_000
"""Rows of a history program from which on `auto` gives up its mechanism for bounds."""


def bounds_alone(env: Environment, question: Question) -> bool:
    """Whether what is asked in place of histories has no mechanism."""
    return way_of(factored(env), question) is not None


def _inexact(env: Environment, question: Question) -> str:
    """Why bounds are proved in doubles alone; empty where they are over the rationals."""
    if (way := way_of(env, question)) is not None:
        return way.inexact(env)
    if env.stationary:
        return "over the rationals it is for a finite horizon"
    name = env.agents[env.private[0]].name
    low = next((demand for demand in question.demands if demand.paid(name)[0] is not None), None)
    why = "over the rationals demand '{}' may bound payments from above alone"
    return "" if low is None else why.format(low.name)


def of_rents(question: Question) -> Question:
    """What is asked of one agent's rents: `ex-post` is `bayesian` there (`rungs.py`)."""
    if question.incentives.name != "ex-post":
        return question
    return replace(question, incentives=INCENTIVES["bayesian"])


def no_rents(env: Environment, question: Question, effort: Effort) -> str:
    """Why this question is none about rents in place of histories; empty where it is one."""
    home = factored(env)
    if (way := way_of(home, question)) is not None:
        why = way.against(home, question)
    else:
        asked = of_rents(question)
        why = obstacle(home, asked.incentives, asked.participation, asked.objective, asked.demands)
    why = why or (_inexact(home, question) if effort.exact else "")
    return why or (f"solver '{effort.solver}' is not 'highs'" if effort.solver != "highs" else "")


def in_rents(env: Environment, question: Question, effort: Effort) -> str:
    """What is asked of rents in place of histories, for a person; empty where histories are asked.

    Raises `InvalidInput` where rents are asked for by name and cannot answer.
    """
    named = question.formulation == RECURSION
    if not named and (question.formulation != "auto" or effort.solver != "highs"):
        return ""
    home = factored(env)
    way = way_of(home, question)
    how = "bounds by recursion over rents" if way is None else f"bounds by {way.words}"
    why = no_rents(env, question, effort)
    if named:
        if why:
            raise InvalidInput(f"formulation '{RECURSION}': {why}")
        return how
    if why or env.horizon == 1:
        return ""
    if home.stationary:
        return f"{how}, as histories never end"
    enough = LARGE if way is not None else EACH * _pairs(home)
    if _most(home, question) <= enough:
        return ""
    objective = question.objective.over(effort.exact)
    asked = question.incentives, question.participation, objective, question.formulation
    home = home.to_exact() if effort.exact else home
    try:
        there = rewrite(home, question.incentives, question.coupling, effort.room).environment
        there = there if effort.exact else there.to_float()
        chosen = plan(there, *asked, question.demands)
        size = Prepared.of(there, chosen, effort.room).refuse_large(effort.room).size
    except TooLarge:
        return f"{how}, as a program over histories is beyond the memory limit"
    if size.rows <= enough:
        return ""
    return f"{how}, in place of a program over histories of {size.rows:,} rows"


def _pairs(env: Environment) -> int:
    """True and reported types of the one private agent, over all periods and public states."""
    types = (env.types(t) for t in range(env.periods))
    return sum(math.prod(counts) * counts[env.private[0]] for counts in types)


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


@dataclass(frozen=True, eq=False, repr=False)
class InRents(Short):
    """A question answered by rents.

    env: the environment of the mechanism. recursion: in its arithmetic; both None where something else was
    asked (`rungs.py`). points: of every stage; root: the number of the one of stage 0 that is the mechanism,
    None where none was seen. said: the answer in words.
    """

    env: Environment | None
    recursion: Recursion | None
    bounds: Bounds
    points: tuple[Points, ...]
    root: int | None
    said: str
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether the bounds are one rational number, the optimum."""
        return not isinstance(self.bounds.lower, float) and self.bounds.lower == self.bounds.upper

    @property
    def value(self) -> Number | None:
        """What the mechanism earns, a rational number where that is proved to be the optimum; None where
        bounds are further apart than was asked for."""
        if not self.bounds.closed:
            return None
        return self.bounds.lower if self.proved else float(self.bounds.lower)

    def mechanism(self) -> Mechanism | None:
        """The one that attains the lower bound."""
        if self.root is None or self.recursion is None or self.env is None:
            return None
        return mechanism_of(self.env, self.recursion.stages, self.points, self.root, self.recursion.stake)


def by_rents(
    env: Environment, question: Question, effort: Effort, pool: RentPool | None = None
) -> InRents:
    """The bounds and what comes of them; where the effort is exact over the rationals, once doubles have
    brought them as close as they can tell.

    pool: cuts and points to go on from.

    Raises `NotCertified` where doubles do not tell moves apart that rationals do, and `TooLarge` where its
    programs do not fit.
    """
    began = time.perf_counter()

    home = factored(env.to_exact()) if effort.exact else factored(env)
    if (way := way_of(home, question)) is not None:
        both = way.bounds(home, question, effort.begun())
        answer = InRents(None, None, both, (), None, "", time.perf_counter() - began)
        return replace(answer, said=_said(answer, effort))

    def stages(home: Environment) -> Recursion:
        asked = question.objective.over(home.exact), question.participation, question.demands
        return recursion(home, *asked)

    home = home if effort.exact else home.to_float()
    ours = stages(home.to_float())
    entries = sum(stage.entries for stage in ours.stages)
    refuse_table(f"recursion over rents for '{env.name}'", entries, False, effort.room)
    both = bounds(ours, 0.0 if effort.exact else GAP, effort, pool)
    worth = both.points[0].worth
    root, points = int(np.argmax(worth)) if len(worth) else None, both.points
    if effort.exact:
        theirs = stages(home)
        if not alike(ours, theirs):
            words = "doubles do not tell moves apart that rationals do"
            raise NotCertified(f"formulation '{RECURSION}': {words}")
        ours, near = theirs, proved(theirs, both.cuts, both.points)
        if near is not None:
            root, points, unit = near.root, near.points, theirs.unit
            both = replace(both, lower=unit * near.lower, upper=unit * near.upper)
    answer = InRents(home, ours, both, points, root, "", time.perf_counter() - began)
    return replace(answer, said=_said(answer, effort))


def _said(answer: InRents, effort: Effort) -> str:
    both, kind = answer.bounds, ", proved over the rationals" if effort.exact else ""
    if both.infeasible:
        return "infeasible: no rents can be promised that keep to participation and demands"
    if answer.proved:
        return f"the optimum is {show(both.lower)}, as both bounds are{kind}"
    said = f"the optimum is between {float(both.lower):.9g} and {float(both.upper):.9g}{kind}"
    if both.closed:
        return said
    why = "the time limit was reached" if effort.time_limit is not None else "bounds came no closer"
    return f"limit: {why} after {both.rounds} rounds; {said}"
