"""Which lies hold the optimum back, and how much: the multipliers of the rows of incentives.

The row of a lie says that truth is worth at least what the lie earns, u(θ) − u(θ → θ') ≥ 0. With y its
multiplier, allowing this one lie to gain a unit moves the optimal value by |y|; rows with y ≠ 0 bind, and
their arrows θ → θ' are who would imitate whom. Where several multipliers are optimal, these are those of the
optimum at hand.

What counts as nothing in doubles is a share of the largest multiplier of the program in its own units
(``scaling``), in which all rows are about money of one size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import SOLVED, arithmetic_of
from ...solvers.numbers import Array, Number
from ...solvers.program import Program
from ...solvers.scaling import in_units
from ...solvers.short import Short
from ..compiler.compiled import Compiled
from ..verification.verdict import History


@dataclass(frozen=True)
class BindingLie(Short):
    """A lie whose row binds.

    agent, period, history, type, report: as of a `Witness`. multiplier: above 0; what it would be worth, in
    money of period 0, to let this lie gain a unit of money of its period.
    """

    agent: str
    period: int
    history: History
    type: str
    report: str
    multiplier: Number


def counting_duals(program: Program, dual: Array) -> Array:
    """The multipliers of a program's rows with 0 for those that count as nothing."""
    numbers = arithmetic_of(dual)
    own = dual / numbers.array(in_units(program)[1].rows)
    nothing = numbers.negligible(own, np.abs(own).max(initial=0), SOLVED)
    return np.where(nothing, numbers.zeros(len(dual)), dual)


def binding_lies(compiled: Compiled, dual: Array) -> tuple[BindingLie, ...]:
    """The lies that bind, by period and agent; dual: of `compiled.program`.

    Rows in which she tells the truth, after an earlier lie, are no lies.
    """
    dual = counting_duals(compiled.program, dual)
    lies = []
    for (t, i), rows in sorted(compiled.lies.items()):
        weights = abs(dual[rows.block.slice])
        for k in np.flatnonzero((weights != 0) & rows.lies).tolist():
            history, true, report = rows.told(k)
            lies.append(BindingLie(compiled.layout.env.agents[i].name, t, history, true, report, weights[k]))
    return tuple(lies)
