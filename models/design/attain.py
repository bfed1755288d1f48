"""Suprema that no mechanism attains, and the mechanisms that come close.

Where the mechanism's own weight on a history is 0, the program may still promise continuations there, at no
probability. If the promise is the same for every true type it is a payment, and nothing is lost. If it is
not (joint processes: bets on the others' reports; first-order incentives: lies that do not count) the value
may be a supremum: a costly test taken with probability ε, with payments that grow like 1/ε.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic_of
from ...solvers.lift import Lift
from ...solvers.numbers import Array, Ints
from ...solvers.program import Builder, Program
from ...solvers.selection import Addition
from ...solvers.solution import Solution
from ..compiler.compiled import Compiled
from ..histories.ragged import spread
from ..notions.incentives import Lies

EXPLORE = Fraction(1, 1000)
"""Share of every lottery that is spread evenly over feasible actions when a supremum is not attained."""
ROUNDS = 4
Edit = Callable[[Compiled], tuple[Program, Lift]]
"""Adds rows to the program of a compilation."""
Solve = Callable[[Program, Edit], Solution]
"""Solves a program; the edit makes the same of a compilation over the rationals, should proofs ask for it."""


def may_fail(made: Compiled) -> bool:
    """Whether promises at unreached histories can differ by true type at all."""
    notion = made.layout.plan.incentives
    loose = made.layout.env.joint or (notion.later is not Lies.ALL and made.layout.plan.any_lies)
    return any(made.layout.env.controlled) and loose and bool(made.layout.views[-1])


def attained(made: Compiled, solution: Solution, solve: Solve) -> tuple[Solution, bool]:
    """A solution that can be decoded, and whether it attains the optimal value.

    First another optimum is looked for whose promises at unreached histories are constant; failing that, the
    best mechanism that takes every feasible action with some probability is returned.
    """
    if solution.primal is None or solution.value is None or not may_fail(made):
        return solution, True
    value, current, primal = solution.value, solution, solution.primal
    slack: Any = arithmetic_of(value).slack(value, solution.tolerances.gap)
    held: list[tuple[Ints, Ints]] = []
    for _ in range(ROUNDS):
        bets = _side_bets(made, primal)
        if not bets:
            return current, True
        held += bets
        again = _edited(made, partial(_with_constants, held=tuple(held)), solve)
        if again.primal is None or again.value is None or again.value < value - slack:
            break
        current, primal = again, again.primal
    return _edited(made, _exploring, solve), False


def _edited(made: Compiled, edit: Edit, solve: Solve) -> Solution:
    """The optimum of an edited program at home: a mechanism, and no claim that nothing is better."""
    program, lift = edit(made)
    return replace(lift.solution(solve(program, edit)), dual=None, reduced_costs=None)


def _with_constants(made: Compiled, held: Sequence[tuple[Ints, Ints]]) -> tuple[Program, Lift]:
    """The program in which these pairs of columns are equal."""
    build = Builder.of(made.program)
    for k, (a, b) in enumerate(held):
        rows = build.rows(f"constant.{k}", len(a), lower=0, upper=0)
        build.entries(rows.index, a, 1)
        build.entries(rows.index, b, -1)
    return build.build(), Addition(made.program)


def _side_bets(made: Compiled, primal: Array) -> list[tuple[Ints, Ints]]:
    """Pairs of utility columns of the same unreached history that should be equal and are not."""
    layout, numbers = made.layout, arithmetic_of(primal)
    found = []
    for t in range(1, layout.horizon):
        before = layout.tree.layers[t - 1]
        if not before.level.remembers:
            continue
        dead = np.flatnonzero(numbers.negligible(layout.weight(t, primal), 1, SOLVED))
        for i, index in layout.states[t].items():
            counts = np.diff(index.off)[dead]
            starts = index.off[:-1][dead]
            owner, state = spread(starts, counts)
            column = layout.utility(t, i).start
            first, other = column + starts[owner], column + state
            units = made.program.units
            money = 1 if units is None else units[other]
            differ = ~numbers.negligible(primal[first] - primal[other], money, SOLVED)
            bad = np.unique(owner[differ])
            if len(bad):
                owner, state = spread(starts[bad], counts[bad])
                first = column + starts[bad][owner]
                used = first != column + state
                found.append((first[used], (column + state)[used]))
    return found


def _exploring(made: Compiled) -> tuple[Program, Lift]:
    """The program of mechanisms that give every feasible action an even share of `EXPLORE`."""
    share: Any = EXPLORE if made.layout.env.exact else float(EXPLORE)
    build = Builder.of(made.program)
    for t, layer in enumerate(made.layout.tree.layers):
        block = made.layout.allocation(t)
        counts = np.bincount(layer.play_point)
        several = np.flatnonzero(counts[layer.play_point] > 1)
        rows = build.rows(f"explore.{t}", len(several), lower=0)
        starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
        point = layer.play_point[several]
        row, play = spread(starts[point], counts[point])
        build.entries(rows.index, block.start + several, 1)
        build.entries(rows.start + row, block.start + play, -share / counts[point][row])
    return build.build(), Addition(made.program)
