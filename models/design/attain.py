"""Suprema that no mechanism attains, and the mechanisms that come close.

Where the mechanism's own weight on a history is 0, the program may still promise continuations there, at no
probability. If the promise is the same for every true type it is a payment, and nothing is lost. If it is
not (joint processes: bets on the others' reports; first-order incentives: lies that do not count; types
that may not be reported by others, who cannot follow them to a better promise) the value may be a supremum: a
costly test taken with probability ε, with payments that grow like 1/ε. So it may where a row of one's own
counts a payment at such a history, which is none at all in a mechanism. And where demands keep all mechanisms
from a history, what the program promises there comes near nothing, and is left out. A rule that draws no lots
cannot come close: then the value is a bound, and nothing is known to attain it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic, arithmetic_of
from ...solvers.certificate import Certificate
from ...solvers.lift import Lift
from ...solvers.numbers import Array, Ints, show
from ...solvers.program import Builder, Program
from ...solvers.selection import Addition
from ...solvers.solution import Solution
from ..compiler.compiled import Compiled
from ..histories.ragged import within
from ..notions.incentives import Lies

EXPLORE = Fraction(1, 1000)
"""Share of every lottery that is spread evenly over feasible actions when a supremum is not attained."""
ROUNDS = 4
_NONE: Ints = np.zeros(0, dtype=np.int64)
Edit = Callable[[Compiled], tuple[Program, Lift]]
"""Adds rows to the program of a compilation."""
Solve = Callable[[Program, Edit], Solution]
"""Solves a program; the edit makes the same of a compilation over the rationals, should proofs ask for it."""


def _may_differ(compiled: Compiled) -> bool:
    """Whether promises at unreached histories can differ by true type at all."""
    env, chosen = compiled.layout.env, compiled.layout.plan
    later = range(1, env.periods)
    forbidden = any(agent.may_report(t) is not None for agent in env.agents for t in later)
    loose = env.joint or (chosen.any_lies and (forbidden or chosen.incentives.later is not Lies.ALL))
    return any(env.controlled) and loose and bool(compiled.layout.views[-1])


def attained(compiled: Compiled, solution: Solution, solve: Solve) -> tuple[Solution, Solution, bool]:
    """(what is true of the question, a solution that can be decoded, whether it attains the optimal value).

    First another optimum is looked for whose promises at unreached histories are constant (and whose payments
    there are nothing, where a row counts them); failing that, the best mechanism that takes every feasible
    action with some probability is decoded. Demands may allow none: plays that no point of the program takes
    are then found, and nothing is promised where only they lead. The value of that program, which has the
    same mechanisms, is approached by points that take all other plays. Where no lots are drawn the value is a
    bound only, and the best rule that promises no bets is decoded, if one is found.
    """
    if solution.primal is None or solution.value is None:
        return solution, solution, True
    constant = _constant(compiled, solution, solve, _NONE)
    if constant is not None:
        return solution, constant, True
    if compiled.layout.plan.pure:
        rule = _constant(compiled, solution, solve, _NONE, worse=True)
        return _only_a_bound(solution, rule), replace(solution, primal=None) if rule is None else rule, True
    explored = _edited(compiled, _exploring, solve)
    if explored.status != "infeasible":
        return solution, explored, False
    never, often = _never(compiled, solve)
    edit = partial(_changed, never=never)
    best = solve(edit(compiled)[0], edit)
    if best.primal is None or best.value is None:
        return best, best, True
    constant = _constant(compiled, best, solve, never)
    if constant is not None:
        return best, constant, True
    share: Any = EXPLORE if compiled.layout.env.exact else float(EXPLORE)
    close = best.primal * (1 - share) + often * share
    return best, replace(best, primal=close, dual=None, reduced_costs=None), False


def _only_a_bound(solution: Solution, rule: Solution | None) -> Solution:
    """What is left of an optimum whose bets nothing without lotteries comes close to; rule: without bets."""
    words = (
        f"limit: no value beats {show(solution.optimum)}, which promises bets where the rule never gets, and "
        "without lotteries nothing comes close to it"
    )
    if rule is not None:
        words += f"; the best rule known has value {show(rule.optimum)}"
    proof = solution.certificate
    if proof is not None:
        most = proof.most if proof.value is None else proof.value
        proof = Certificate("interval", proof.program, most=most, tree=proof.tree)
    return replace(solution, status="limit", message=words, value=None, certificate=proof)


def _constant(
    compiled: Compiled, solution: Solution, solve: Solve, never: Ints, worse: bool = False
) -> Solution | None:
    """An optimum without bets, None where none is as good, if it may not be `worse`; `never`: as in
    `_changed`."""
    current, primal, value = solution, solution.point, solution.optimum
    slack: Any = arithmetic_of(value).slack(value, solution.tolerances.gap)
    pairs: list[tuple[Ints, Ints]] = []
    nothing: list[Ints] = []
    for _ in range(ROUNDS):
        bets, lost = side_bets(compiled, primal), unpaid(compiled, primal)
        if not bets and not lost:
            return current
        pairs, nothing = pairs + bets, nothing + lost
        edit = partial(_changed, pairs=tuple(pairs), nothing=tuple(nothing), never=never)
        again = _edited(compiled, edit, solve)
        if again.primal is None or again.value is None or (not worse and again.value < value - slack):
            return None
        current, primal = again, again.primal
    return None


def _never(compiled: Compiled, solve: Solve) -> tuple[Ints, Array]:
    """(columns of what is promised and paid at histories that no point reaches, a point that takes every play
    that any does), where those columns are 0."""
    layout, never = compiled.layout, _NONE
    plays = np.concatenate([layout.allocation(t).index for t in range(layout.horizon)])
    while True:
        left, points = plays, list[Array]()
        while left.size:
            more = _edited(compiled, partial(_changed, never=never, taking=left), solve).point
            taken = ~arithmetic_of(more).negligible(more[left], 1, SOLVED)
            if not taken.any():
                break
            points.append(more)
            left = left[~taken]
        often = sum(points[1:], points[0]) / len(points)
        lost = _unreached(compiled, often)
        if lost.size == never.size:
            return never, often
        never = lost


def _unreached(compiled: Compiled, primal: Array) -> Ints:
    """Columns of utilities and payments at histories that the mechanism never reaches."""
    layout, numbers, lost = compiled.layout, arithmetic_of(primal), [_NONE]
    for t in range(1, layout.horizon):
        weight = layout.weight(t, primal)
        dead = numbers.negligible(weight, 1, SOLVED)[layout.tree.layers[t].points.memory]
        for i, index in layout.states[t].items():
            here = numbers.negligible(layout.known(t, i, weight), 1, SOLVED)
            lost.append(layout.utility(t, i).index[here[index.memory]])
        for i in layout.env.private:
            if layout.pays(t, i):
                lost.append(layout.payment(t, i).index[dead])
    return np.concatenate(lost)


def _edited(compiled: Compiled, edit: Edit, solve: Solve) -> Solution:
    """The optimum of an edited program at home: a mechanism, and no claim that nothing is better."""
    program, lift = edit(compiled)
    return replace(lift.solution(solve(program, edit)), dual=None, reduced_costs=None)


def _changed(
    compiled: Compiled,
    pairs: Sequence[tuple[Ints, Ints]] = (),
    nothing: Sequence[Ints] = (),
    never: Ints = _NONE,
    taking: Ints | None = None,
) -> tuple[Program, Lift]:
    """The program in which these pairs of columns are equal, and others, by rows and by bounds, 0; taking:
    plays that are to be taken as much as possible, whatever that is worth."""
    home = compiled.program
    lower, upper = home.lower.copy(), home.upper.copy()
    lower[never] = upper[never] = arithmetic(home.exact).zero
    program = replace(home, lower=lower, upper=upper)
    if taking is not None:
        objective = arithmetic(home.exact).zeros(home.num_columns)
        objective[taking] = arithmetic(home.exact).one
        program = replace(program, objective=objective, quadratic=None)
    build = Builder.of(program)
    for k, (a, b) in enumerate(pairs):
        rows = build.rows(f"constant.{k}", len(a), lower=0, upper=0)
        build.entries(rows.index, a, 1)
        build.entries(rows.index, b, -1)
    for k, columns in enumerate(nothing):
        rows = build.rows(f"unpaid.{k}", len(columns), lower=0, upper=0)
        build.entries(rows.index, columns, 1)
    return build.build(), Addition(home)


def unpaid(compiled: Compiled, primal: Array) -> list[Ints]:
    """Columns of payments at histories that the mechanism never reaches, which are not 0 and count there."""
    layout, numbers, lost = compiled.layout, arithmetic_of(primal), list[Ints]()
    counted = any(demand.names_histories and demand.single_payments for demand in layout.plan.demands)
    if not (counted and any(layout.env.controlled)):
        return lost
    for t in range(1, layout.horizon):
        dead = numbers.negligible(layout.weight(t, primal), 1, SOLVED)[layout.tree.layers[t].points.memory]
        for i in layout.env.private:
            columns = layout.payment(t, i).start + np.flatnonzero(dead)
            money = 1 if compiled.program.units is None else compiled.program.units[columns]
            if len(columns := columns[~numbers.negligible(primal[columns], money, SOLVED)]):
                lost.append(columns)
    return lost


def side_bets(compiled: Compiled, primal: Array) -> list[tuple[Ints, Ints]]:
    """Pairs of utility columns of the same unreached history that should be equal and are not."""
    layout, numbers, bets = compiled.layout, arithmetic_of(primal), list[tuple[Ints, Ints]]()
    if not _may_differ(compiled):
        return bets
    for t in range(1, layout.horizon):
        if not layout.levels[t - 1].remembers:
            continue
        weight = layout.weight(t, primal)
        for i, index in layout.states[t].items():
            here = layout.known(t, i, weight)[index.holders]
            dead = np.flatnonzero(numbers.negligible(here, 1, SOLVED))
            start = layout.utility(t, i).start + index.off
            owner, other = within(start, dead)
            first = start[dead][owner]
            money = 1 if compiled.program.units is None else compiled.program.units[other]
            differ = ~numbers.negligible(primal[first] - primal[other], money, SOLVED)
            used = np.isin(owner, owner[differ]) & (first != other)
            if used.any():
                bets.append((first[used], other[used]))
    return bets


def _exploring(compiled: Compiled) -> tuple[Program, Lift]:
    """The program of mechanisms that give every feasible action an even share of `EXPLORE`."""
    share: Any = EXPLORE if compiled.layout.env.exact else float(EXPLORE)
    build = Builder.of(compiled.program)
    for t, layer in enumerate(compiled.layout.tree.layers):
        block = compiled.layout.allocation(t)
        counts = np.diff(layer.point_plays)
        several = np.flatnonzero(counts[layer.play_point] > 1)
        rows = build.rows(f"explore.{t}", len(several), lower=0)
        point = layer.play_point[several]
        row, play = within(layer.point_plays, point)
        build.entries(rows.index, block.start + several, 1)
        build.entries(rows.start + row, block.start + play, -share / counts[point][row])
    return build.build(), Addition(compiled.program)
