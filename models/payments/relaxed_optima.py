"""All optima of a relaxation, as rows over an allocation and the utilities of the initial types.

With shocks public only the initial types are private, so the relaxed question is about an allocation x and
initial utilities U alone: its incentive rows, one a pair of initial types, and c'z at its optimal value for
z = (x, U). Of a convex quadratic program, max c'z + ½ z'Qz, the optima are the feasible z with Qz and c'z as
at any one of them. What participation promises is left to whoever adds these rows to a program, because
promises about paths need payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Block
from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Array, Ints, Number, to_float
from ...solvers.program import Builder
from ...solvers.short import Short
from ..compiler.compiled import Compiled
from ..compiler.given import sequence_form
from ..compiler.layout import Layout
from ..compiler.least_rows import add_least
from ..compiler.plan import plan
from ..compiler.prepared import Prepared
from ..compiler.sums import entries_of
from ..design.design import Design
from ..environment.memory import Size
from ..histories.ragged import group_sums
from ..notions.incentives import INCENTIVES
from ..notions.participation import PARTICIPATIONS


@dataclass(frozen=True, eq=False, repr=False)
class Fixed(Short):
    """Rows that fix the relaxed value, in doubles: each gives `spare` away, and the bounds are unknown by a
    vector d with |y'd| ≤ ‖y · off‖ for all multipliers y."""

    rows: Block
    spare: float
    off: Array

    def moves(self, dual: Array) -> float:
        """What the value of a program with these multipliers may be off by."""
        mine = abs(dual[self.rows.slice])
        return float(mine.sum() * self.spare + np.linalg.norm(mine * self.off))


@dataclass(frozen=True, eq=False, repr=False)
class RelaxedOptima(Short):
    """The optima of the relaxed question that `design` answers.

    compiled: that question with later periods summed into the rows of period 0, without participation.
    size: of its program.
    """

    design: Design
    compiled: Compiled
    size: Size

    @cached_property
    def allocation(self) -> Array:
        """The allocation of the optimum that was found, in the columns of `compiled`."""
        return sequence_form(self.compiled.layout, self.design.mechanism)

    def home(self, ours: Layout) -> Ints:
        """For every column of `compiled` the column of `ours`, where the same shocks are private.

        Raises `AssumptionViolated` where the two have other decision points.
        """
        home = np.full(self.compiled.layout.num_columns, -1, dtype=np.int64)
        for key, block in self.compiled.layout.columns.items():
            theirs = ours.columns[key]
            if theirs.size != block.size:
                raise AssumptionViolated(
                    f"period {key[1]}: public and private shocks lead to different decision points"
                )
            home[block.slice] = theirs.index
        return home

    def add_rows(self, ours: Layout, build: Builder, loose: float) -> list[Fixed]:
        """Add the incentive rows, ``value`` and, for a quadratic program, ``slope``, to a program of `ours`;
        before them what the objective's least utilities need.

        loose: what may be missing of value and slope, relative to their size; over the rationals nothing is.
        Returns those two blocks of rows.
        """
        home, program = self.home(ours), self.compiled.program
        home = np.append(home, add_least(ours, build, weigh=False)[0])
        for lies in self.compiled.lies.values():
            block = lies.block
            lower = program.row_lower[block.slice]
            rows = build.rows(f"relaxed.{block.name}", block.size, lower=lower, label=block.label)
            row, column, value = entries_of(program, block)
            build.entries(rows.start + row, home[column], value)
        numbers, fixed = arithmetic(ours.env.exact), []
        least: Number = self.design.solved.solution.optimum
        unknown = self.design.value_margin
        if program.quadratic is not None:
            at, column, value = program.quadratic
            x = self.allocation
            slope = group_sums(value * x[column], at, len(x)) + numbers.full(1, numbers.zero)
            least = least - (x @ slope) / 2
            steep, row = np.unique(at, return_inverse=True)
            slope = slope[steep]
            spare = numbers.slack(slope, loose)
            rows = build.rows("slope", len(steep), lower=slope - spare, upper=slope + spare)
            build.entries(rows.start + row.reshape(-1), home[column], value)
            # ½ d'Qd is at most the value's error e, for the distance d to an optimum. So y'Qd is at most
            # √(2e y'Qy), and y'Qy at most Σ y² Q_jj times the number of goods that Q ties together.
            own = group_sums(np.where(at == column, value, value * 0), row.reshape(-1), len(steep))
            most = int(np.bincount(at).max())
            fixed.append(Fixed(rows, float(spare), np.sqrt(2 * unknown * most * abs(to_float(own)))))
        used = np.flatnonzero(program.objective)
        spare = numbers.number(unknown) + numbers.slack(least, loose)
        rows = build.rows("value", 1, lower=least - spare)
        build.entries(rows.start, home[used], program.objective[used])
        return [*fixed, Fixed(rows, float(spare), np.array([unknown]))]


def relaxed_optima(relaxed: Design) -> RelaxedOptima:
    """The optima of the relaxed question answered by `relaxed`; raises `TooLarge` beyond the memory limit."""
    layout = relaxed.solved.compiled.layout
    env, objective = layout.env, layout.plan.objective
    chosen = plan(env, INCENTIVES["relaxed"], PARTICIPATIONS["none"], objective, "auto")
    ready = Prepared.of(env, chosen, relaxed.effort.room).refuse_large(relaxed.effort.room)
    return RelaxedOptima(relaxed, ready.compiled(), ready.size)
