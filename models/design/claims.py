"""Certify small, claim large: a proof about a quick formulation, carried over to the textbook program.

Whatever formulation found the optimum, the claim is about the program with every report and every payment
written out (``textbook``). Its columns follow from allocation and utilities: promises move to later periods
until the payments of the last one carry them. Its duals follow row by row: incentive rows keep the multiplier
that the quick formulation gave them, 0 where it left them out; the row that says what truth earns gets what
the column of that utility asks for, period after period. Nothing of this is trusted: the engine checks every
column and every row of the textbook program in rational arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.duality import reduced_costs
from ...solvers.lift import Lift
from ...solvers.numbers import Array, Ints
from ...solvers.program import Program
from ...solvers.short import Short
from ..compiler.compiled import Compiled
from ..compiler.layout import Layout
from ..compiler.outside_rows import outside_of_states
from ..compiler.plan import Plan, plan
from ..compiler.prepared import Prepared
from ..compiler.state_rows import StateRows
from ..compiler.sums import activity, entries_of
from ..histories.ragged import group_sums


def textbook(quick: Compiled, limit: float) -> Lift:
    """The way from ``quick.program`` to the textbook program of the question that it answers.

    Raises `TooLarge` where that does not fit in `limit` bytes.
    """
    chosen = quick.layout.plan
    if chosen.aggregated and chosen.any_lies:
        wide = _rewritten(quick, "utilities", limit)
        return LaterUtilities(wide.program, quick, wide).then(textbook(wide, limit))
    book = _rewritten(quick, textbook_form(chosen), limit)
    return (Payments if chosen.utilities else Reports)(book.program, quick, book)


@dataclass(frozen=True, eq=False, repr=False)
class Reports(Lift, Short):
    """From the program of `quick` to that of `wide`, which has more reports and otherwise the same columns.

    An optimum comes home where no such report gains; a vertex may have other columns to be basic.
    """

    home: Program
    quick: Compiled
    wide: Compiled

    def primal(self, values: Array) -> Array:
        """The columns that both have, those of the objective last."""
        x = arithmetic_of(values).zeros(self.home.num_columns)
        x[self.wide.layout.num_columns :] = values[self.quick.layout.num_columns :]
        theirs = self.quick.layout.columns
        for key, block in self.wide.layout.columns.items():
            if key in theirs:
                x[block.slice] = values[theirs[key].slice]
        return x

    def dual(self, values: Array) -> Array:
        """Rows of lies by state and report, others by what they say; what is new has 0."""
        quick, wide = self.quick, self.wide
        y = arithmetic_of(values).zeros(self.home.num_rows)
        for row, block in wide.rows.items():
            if row in quick.rows:
                y[block.slice] = values[quick.rows[row].slice]
        for key, rows in quick.lies.items():
            at = wide.lies[key].find(rows.state, rows.report)
            y[wide.lies[key].at(rows.memory, at[rows.of_class])] = values[rows.block.slice]
        return y


class Payments(Reports):
    """From a program in utilities to one whose payments, and rows of what truth earns, are written out."""

    def primal(self, values: Array) -> Array:
        """Payments make up what utilities of later periods leave open."""
        x = super().primal(values)
        _pay(self.wide, x)
        return x

    def dual(self, values: Array) -> Array:
        """Truth is priced at what the columns of utilities ask for."""
        y = super().dual(values)
        _price_truth(self.wide, y)
        return y


class LaterUtilities(Reports):
    """From an aggregated program to the one with the utilities and rows of later periods.

    After period 0 every type has one possible report. Truth is worth 0 there, up to payments; a type that
    lied gets what her one report leaves her, and its row carries the weight that leads to her.
    """

    def primal(self, values: Array) -> Array:
        """Of who lied, what her one report leaves her, period before period."""
        x = super().primal(values)
        for t in range(self.wide.layout.horizon - 1, 0, -1):
            for i in self.wide.layout.views[t]:
                lies = self.wide.lies[t, i]
                x[lies.utility] = -activity(self.home, lies.block, x)
        return x

    def dual(self, values: Array) -> Array:
        """What the utility of who lied asks for, period after period."""
        y = super().dual(values)
        for t in range(1, self.wide.layout.horizon):
            left = reduced_costs(self.home, y, None)
            for i in self.wide.layout.views[t]:
                lies = self.wide.lies[t, i]
                y[lies.block.slice] = left[lies.utility]
        return y


def textbook_form(chosen: Plan) -> str:
    """What the textbook program of a plan is called: payments in every period stay where they are."""
    return "per-period" if chosen.pays_every_period else "textbook"


def _rewritten(quick: Compiled, formulation: str, limit: float) -> Compiled:
    """The same question in another formulation."""
    env, chosen = quick.layout.env, quick.layout.plan
    chosen = plan(
        env, chosen.incentives, chosen.participation, chosen.objective, formulation, chosen.demands
    )
    return Prepared.of(env, chosen, limit).refuse_large(limit).compiled()


def _pay(book: Compiled, x: Array) -> None:
    """Choose payments, and shift later utilities, until every truth row holds.

    A shift of all utilities after one report is seen by every type alike, so no incentive row notices.
    """
    program, layout = book.program, book.layout
    if layout.plan.pays_every_period and layout.plan.participation.everywhere:
        _lift_continuations(layout, x)
    for (t, i), truth in book.truths.items():
        missing = -activity(program, truth.block, x)
        row_of_point = _row_of_point(truth)
        if layout.pays(t, i):
            x[layout.payment(t, i).slice] += missing[row_of_point]
            continue
        after = layout.utility(t + 1, i)
        row, column, value = entries_of(program, truth.block)
        led = np.flatnonzero((column >= after.start) & (column < after.start + after.size))
        shift = missing / group_sums(value[led], row[led], truth.block.size)
        memory = layout.states[t + 1][i].memory
        x[after.slice] += shift[row_of_point[layout.tree.layers[t].link_point]][memory]


def _lift_continuations(layout: Layout, x: Array) -> None:
    """Shift later utilities so that none that truth reaches is below 0, or what is had outside: payments
    before will take it back."""
    for t in range(1, layout.horizon):
        for i, index in layout.states[t].items():
            later, reached = layout.utility(t, i).slice, layout.reached(t, i)
            lowest = arithmetic_of(x).zeros(layout.tree.layers[t].count)
            above = x[later] - outside_of_states(layout, t, i).total(x, len(index))
            np.minimum.at(lowest, index.memory[reached], above[reached])
            x[later] -= lowest[index.memory]


def _row_of_point(truth: StateRows) -> Ints:
    """For every decision point the truth row, counted from 0, of the agent's report there."""
    row_of_state = np.zeros(len(truth.view.state_info), dtype=np.int64)
    row_of_state[truth.state] = np.arange(len(truth.state))
    memory, point = truth.layout.tree.layers[truth.t].points.all
    return truth.index.at(memory, row_of_state[truth.view.sender[point]])


def _price_truth(book: Compiled, y: Array) -> None:
    """Duals of the truth rows: what the columns of the utilities still ask for, period after period."""
    program = book.program
    for t in range(book.layout.horizon):
        left = reduced_costs(program, y, None)
        for i in book.layout.views[t]:
            truth = book.truths[t, i]
            y[truth.block.slice] = left[truth.utility]
