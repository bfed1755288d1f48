"""The least and the largest value of many columns of one linear program.

All these programs have the same feasible set, and the next begins at the vertex where the last one ended:
primal simplex steps, few of them where columns have few neighbours. In doubles that is the answer. Over the
rationals every basis is solved and examined exactly, and whatever else HiGHS says is decided there, too
(`solvers/exact`), so that an infinite end is one that has been proved.

Measured on payments at 1,000 states (1,199 columns, 2,090 rows): 3 ms a program in doubles and 8 ms more for
its proof, where a program by itself takes 10 and 30 ms.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..arithmetic import RATIONAL, arithmetic
from ..clock import Clock
from ..effort import FLOATS, Effort
from ..engines.highs_session import Session
from ..errors import Infeasible, NotCertified
from ..exact.decide import decide
from ..exact.integers import clear
from ..numbers import Array, Ints, Number, nearest
from ..options import TIGHT, Basis, Options
from ..program import Program
from ..scaling import in_units
from ..solution import Solution

_CLAIMS = {"kUnbounded": "unbounded", "kInfeasible": "infeasible", "kUnboundedOrInfeasible": "unbounded"}


def extremes(program: Program, columns: Ints, effort: Effort = FLOATS) -> tuple[Array, Array]:
    """(least, largest), both (n,), of some columns (n,) of a linear program, whose objective does not matter.

    Infinite where nothing bounds a column; exact where the program is. Of the effort the time counts.
    Raises `Infeasible` where there is no feasible point, `NotCertified` where one program was neither solved
    nor its outcome proved, `OutOfTime`.
    """
    clock = Clock(Options(time_limit=effort.left))
    search = _Search(replace(program, sense="max", offset=0), clock)
    bounds = arithmetic(program.exact).zeros((2, len(columns)))
    for end, sign in enumerate((-1, 1)):
        for place, column in enumerate(columns.tolist()):
            bounds[end, place] = sign * search.largest(column, sign)
    return bounds[0], bounds[1]


class _Search:
    """One program inside one HiGHS."""

    def __init__(self, program: Program, clock: Clock) -> None:
        self.program, self.clock = program, clock
        self.whole = clear(program)
        if program.exact:
            scaled, self.units = self.whole.scaled.program, self.whole.scaled.columns
        else:
            scaled, lift = in_units(program)
            self.units = lift.columns
        self.session = Session(scaled, "highs", Options(time_limit=clock.left()))
        self.session.set(presolve="off", solver="simplex", simplex_strategy=4, **TIGHT)

    def largest(self, column: int, sign: int) -> Number:
        """The most that `sign` times a column can be."""
        self.clock.check()
        cost = np.zeros(self.program.num_columns)
        cost[column] = sign
        self.session.replace_cost(cost)
        status, at = self.session.run(watched=False), self.session.vectors()
        basis = None
        if status == "kOptimal" and at is not None:
            if not self.program.exact:
                return float(sign * at.primal[column] * self.units[column])
            basis = self.session.basis(at)()
        value = self._proved(column, sign, _CLAIMS.get(status, "optimal"), basis)
        return value if self.program.exact else nearest(value)

    def _proved(self, column: int, sign: int, claim: Any, basis: Basis | None) -> Number:
        objective = RATIONAL.zeros(self.program.num_columns)
        objective[column] += sign
        whole = self.whole.aiming(objective)
        decision = decide(whole, Solution(whole.source, claim, "", "highs", held_basis=basis), self.clock)
        proof = decision.certificate
        if proof is None or proof.kind == "interval":
            self.clock.check()
            name = self.program.column_label(column)
            raise NotCertified(f"program {self.program.name!r}, {name}: no extreme value was proved")
        if proof.kind == "infeasible":
            raise Infeasible(f"program {self.program.name!r} has no feasible point")
        value = proof.value
        return math.inf if value is None else value  # proved to have no bound
