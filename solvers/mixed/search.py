"""Branch and bound: the cases into which whole numbers fall, in doubles first, then over the rationals.

A case is the linear program within further bounds of the integer columns. It is closed where its optimum is
no better than the best point known, or where it has none; else some column is between two whole numbers k and
k + 1 there, and the case is divided into x_j ≤ k and x_j ≥ k + 1. Depth first, with the best point of another
solver to begin with. In doubles one session of HiGHS goes from case to case by the simplex method, and says
how many there would be: only a tree that can be kept is proved, leaf by leaf. What doubles closed and the
rationals do not is divided further, so the proof needs nothing of what doubles said.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from ..certificate import Certificate
from ..clock import Clock
from ..engines.highs_session import Session
from ..form import objective_value
from ..numbers import Array, Floats, Ints, to_float
from ..options import Options
from ..program import Program
from ..scaling import in_units
from ..short import Short
from ..solution import Solution
from ..tree import Fork, Leaf, Tree

LEAVES, ENTRIES = 1_000, 2_000_000
"""Most leaves of a tree that is kept, and most entries of the programs of all its leaves together."""
_LAZY = 1e-7
"""Share of a value by which a case has to be better, in doubles, to be divided."""
_WHOLE = 1e-6
"""What is between two whole numbers, in doubles."""

Linear: TypeAlias = Callable[[Program, Options, bool], Solution]
"""Solves a program without integer columns, over the rationals where the last argument says so."""


class Overgrown(Exception):
    """The tree has more leaves than are kept, or a case cannot be decided."""


@dataclass(frozen=True, eq=False, repr=False)
class Box(Short):
    """Bounds of the integer columns (integers,)."""

    lower: Ints
    upper: Ints

    @classmethod
    def whole(cls, program: Program) -> Box:
        """All whole numbers within the bounds of the program."""
        lower, upper = (to_float(side[program.integers]) for side in (program.lower, program.upper))
        return cls(np.ceil(lower).astype(np.int64), np.floor(upper).astype(np.int64))

    def divided(self, place: int, at: int) -> tuple[Box, Box]:
        """(x ≤ at, x ≥ at + 1) of the integer column in this place."""
        upper, lower = self.upper.copy(), self.lower.copy()
        upper[place], lower[place] = at, at + 1
        return replace(self, upper=upper), replace(self, lower=lower)


@dataclass
class Best:
    """The best point with whole numbers so far, if there is one."""

    value: Fraction | None = None
    primal: Array | None = None

    @classmethod
    def of(cls, answer: Solution | None) -> Best:
        """What an exact answer with given whole numbers has."""
        if answer is None or not isinstance(answer.value, Fraction):
            return cls()
        return cls(answer.value, answer.primal)


def guess(program: Program, best: Best, clock: Clock, options: Options) -> list[Fork | Box]:
    """The tree in doubles, cases where leaves will be. Raises ``Overgrown`` where there are too many."""
    seen, _ = in_units(program.relaxed())
    session = Session(seen, "highs", options)
    session.set(presolve="off")
    at, slack = program.integers, _LAZY * float(np.abs(seen.objective).max(initial=0.0))
    tree: list[Fork | Box] = []
    open_cases, leaves = [Box.whole(program)], 0
    while open_cases:
        clock.check()
        case = open_cases.pop()
        session.replace_bounds(at, case.lower, case.upper)
        status, reached = session.run(watched=False), session.vectors()
        place = None
        if status == "kOptimal" and reached is not None:
            value = objective_value(seen, reached.primal)
            if best.value is None or program.sign * (float(best.value) - value) > slack:
                place = between(reached.primal[at])
        elif status != "kInfeasible":
            raise Overgrown
        if place is None or reached is None:
            tree.append(case)
            leaves += 1
        else:
            k = int(np.floor(reached.primal[at[place]]))
            tree.append(Fork(int(at[place]), k))
            open_cases += reversed(case.divided(place, k))
        _keep(program, leaves + len(open_cases))
    return tree


def _keep(program: Program, leaves: int) -> None:
    if leaves > LEAVES or leaves * program.num_nonzeros > max(ENTRIES, program.num_nonzeros):
        raise Overgrown


def between(values: Floats) -> int | None:
    """The place of the value that is furthest from whole numbers, None where all are whole."""
    off = np.abs(values - np.rint(values))
    place = int(off.argmax())
    return place if off[place] > _WHOLE else None


def proved_tree(
    program: Program, best: Best, linear: Linear, clock: Clock, options: Options
) -> tuple[Tree, Best]:
    """The tree with its proofs, and the best point, which may be better than the one it began with.

    Raises ``Overgrown`` where the tree is too large, ``OutOfTime``.
    """
    tree: list[Fork | Leaf] = []
    leaves, at = 0, program.integers
    for node in guess(program, best, clock, options):
        if isinstance(node, Fork):
            tree.append(node)
            continue
        open_cases = [node]
        while open_cases:
            case = open_cases.pop()
            proof, dual = _proof(program, case, linear, clock)
            if proof.value is not None and proof.primal is not None and _better(program, proof.value, best):
                values: list[Fraction] = proof.primal[at].tolist()
                place = next((k for k, value in enumerate(values) if value.denominator != 1), None)
                if place is not None:
                    tree.append(Fork(int(at[place]), math.floor(values[place])))
                    open_cases += reversed(case.divided(place, math.floor(values[place])))
                    continue
                best = Best(proof.value, proof.primal)
            tree.append(Leaf("bound" if proof.kind == "optimal" else "infeasible", dual))
            leaves += 1
            _keep(program, leaves + len(open_cases))
    return tuple(tree), best


def _proof(program: Program, case: Box, linear: Linear, clock: Clock) -> tuple[Certificate, Array]:
    """(what is proved of a case, its duals)."""
    part = program.within(program.integers, case.lower, case.upper).relaxed()
    proof = linear(part, clock.options(), True).certificate
    if proof is None or proof.kind not in ("optimal", "infeasible") or proof.dual is None:
        clock.check()
        raise Overgrown
    return proof, proof.dual


def _better(program: Program, value: Fraction, best: Best) -> bool:
    return best.value is None or program.sign * (value - best.value) < 0
