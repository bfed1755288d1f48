"""Rungs without a program over histories: bounds alone, by the recursion that each notion leaves.

    none, types-public       the first best from period 1 on (`recursion/first_best.py`)
    virtual, relaxed         plans of first types, by columns (`recursion/plans.py`, `recursion/coupled.py`),
                             proved where that is asked (`recursion/exact_plans.py`)
    first-order              the same, of histories that hand on one number (`recursion/impulses.py`)
    ex-post                  for one agent it is `bayesian`
    bayesian                 of several agents: by joint rents (`recursion/joint.py`)

The first two lines go to an infinite horizon too, the second by as many periods as money takes to fade. The
line of `ex-post` holds because a type who is improbable after the last report, and has a message only under
`ex-post`, may be given what her best reply among the probable reports brings, with all its future: that is
no new offer to anybody, and truth is then optimal at every node by induction from the end. It needs that all
reports may be sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

import numpy as np

from ...solvers.arithmetic import DOUBLE, ROUNDED
from ...solvers.effort import Effort
from ...solvers.numbers import Number
from ...solvers.short import Short
from ...solvers.solve import solve
from ..compiler.plan import plan
from ..compiler.prepared import Prepared
from ..environment.environment import Environment
from ..recursion.bounds import Bounds
from ..recursion.coupled import PublicShocks
from ..recursion.exact_plans import proved_plans
from ..recursion.first_best import first_best, shortened
from ..recursion.first_types import beginnings, first_types, lasting, no_plans
from ..recursion.impulses import Impulses, supports
from ..recursion.joint import joint, no_joint
from ..recursion.joint_bounds import joint_bounds
from ..recursion.plans import by_plans
from ..relaxations import check_coupling, rewrite
from ..relaxations.shocks import shocks_of
from .question import Question


@dataclass(frozen=True, eq=False, repr=False)
class Way(Short):
    """How a rung is answered: words of it, why a question is none for it (or nothing), and both bounds.

    inexact: why they are no rational numbers where that is asked for, or nothing.
    """

    words: str
    against: Callable[[Environment, Question], str]
    bounds: Callable[[Environment, Question, Effort], Bounds]
    inexact: Callable[[Environment], str] = lambda env: ""


def _no_plans(env: Environment, question: Question) -> str:
    return no_plans(env, question.participation, question.objective, question.demands)


def _supports(env: Environment, question: Question) -> str:
    if why := _no_plans(env, question):
        return why
    if env.stationary:
        return "the horizon is infinite"
    if env.observed:
        return f"agent '{env.agents[env.observed[0]].name}' is observed"
    if question.participation.by_path:
        return f"participation '{question.participation.name}' is about paths, along which types stay private"
    kept = supports(env)
    return kept if isinstance(kept, str) else ""


def _nothing_private(env: Environment, question: Question, effort: Effort) -> Bounds:
    home = env if effort.exact else env.to_float()
    worth, error = first_best(home, question.objective.over(effort.exact), effort)
    value = reduce(np.multiply.outer, [agent.prior for agent in home.agents]).ravel() @ worth[0]
    return _about(value, float(error + DOUBLE.slack(worth[0], ROUNDED)))


def _first_type_private(env: Environment, question: Question, effort: Effort) -> Bounds:
    objective, exact = question.objective.over(env.exact), env.exact
    short = shortened(env, objective, effort)
    public = rewrite(short, question.incentives, None, effort.room).environment
    asked = plan(public, question.incentives, question.participation, objective, "auto")
    program = Prepared.of(public, asked, effort.room).refuse_large(effort.room).compiled().solved
    solution = solve(program, effort.solver, time_limit=effort.left, exact=exact)
    value, measured = solution.value, solution.accuracy
    if solution.status != "optimal" or value is None:
        return Bounds(-math.inf, math.inf, 0, False)
    error = float(DOUBLE.slack(value, ROUNDED))
    off = error if measured is None else error + measured.margin
    return _about(value if effort.exact else float(value), off)


def _about(value: Number, error: float) -> Bounds:
    if isinstance(value, Fraction):
        return Bounds(value, value, 0, True)
    return Bounds(float(value) - error, float(value) + error, 0, True)


def _public_shocks(env: Environment, question: Question, effort: Effort) -> Bounds:
    home = env.with_horizon(lasting(env)) if env.stationary else env
    home = home if effort.exact else home.to_float()
    asked = beginnings(home, question.incentives, question.objective.over(effort.exact))
    coupling = check_coupling(env, question.coupling)
    shocks = shocks_of(home, home.private[0], coupling, effort.room)
    parts, chances = [], []
    for chance, first in asked:
        pricing = PublicShocks(home, first, shocks)
        parts.append(proved_plans(pricing, effort) if effort.exact else by_plans(pricing, effort))
        chances.append(chance if effort.exact else float(chance))
    lower, upper = (
        sum(chance * end for chance, end in zip(chances, ends, strict=True))
        for ends in zip(*((part.lower, part.upper) for part in parts), strict=True)
    )
    rounds, closed = sum(part.rounds for part in parts), all(part.closed for part in parts)
    both = Bounds(lower, upper, rounds, closed)
    if not env.stationary:
        return both
    # What is left moves G by so much, D by twice that, and rents by that for every other first type.
    first = asked[0][1]
    left = 2 * float(home.discount) ** (home.periods - 1) * first.size * float(first.unit)
    off = left * (1 + 2 * len(first.types))
    return replace(both, lower=both.lower - off, upper=both.upper + off)


def _next_lower(env: Environment, question: Question, effort: Effort) -> Bounds:
    kept = supports(env)
    if isinstance(kept, str):
        raise AssertionError("supports differ")
    first = first_types(env, question.incentives, question.objective.over(env.exact))
    return by_plans(Impulses(env, first, kept), effort)


def _endless(env: Environment) -> str:
    return "over the rationals it is for a finite horizon" if env.stationary else ""


def _in_doubles(env: Environment) -> str:
    return "its bounds are in doubles, not over the rationals"


WAYS = {
    "none": Way("the first best, period by period", _no_plans, _nothing_private),
    "virtual": Way("plans of first types", _no_plans, _public_shocks, _endless),
    "relaxed": Way("plans of first types", _no_plans, _public_shocks, _endless),
    "types-public": Way("the first best from period 1 on", _no_plans, _first_type_private),
    "first-order": Way(
        "plans of first types and the impulses they leave", _supports, _next_lower, _in_doubles
    ),
}
"""By notion; `bayesian` and `ex-post` of one agent are asked of rents."""


def _no_joint(env: Environment, question: Question) -> str:
    return no_joint(env, question.participation, question.objective, question.demands)


def _jointly(env: Environment, question: Question, effort: Effort) -> Bounds:
    return joint_bounds(joint(env, question.objective.over(False)), effort=effort)


JOINT = Way("recursion over the rents of several agents", _no_joint, _jointly, _in_doubles)


def way_of(env: Environment, question: Question) -> Way | None:
    """How bounds come of it that no mechanism comes of; None where it is asked of one agent's rents."""
    if question.incentives.name == "bayesian" and len(env.private) > 1:
        return JOINT
    return WAYS.get(question.incentives.name)
