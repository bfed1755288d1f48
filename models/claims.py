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

from ..solvers.lift import Lift
from ..solvers.numbers import Array, Ints, zeros
from ..solvers.program import Program
from .compiler.compile import compile_program
from .compiler.compiled import Compiled, make_views
from .compiler.incentive_rows import truthful_state
from .compiler.lay_out import RowIndex
from .compiler.plan import Plan, plan
from .compiler.sizes import program_size, refuse_large
from .compiler.sums import activity, entries_of, transposed
from .histories.classes import build_levels
from .histories.ragged import group_sums
from .participation import Promise


def textbook(found: Compiled, memory_limit: float) -> Lift:
    """The way from ``found.program`` to the textbook program of the question that it answers.

    Raises `TooLarge` where that does not fit in `memory_limit` bytes.
    """
    if found.plan.aggregated and found.plan.any_lies:
        wide = _rewritten(found, "utilities", memory_limit)
        return LaterUtilities(wide.program, found, wide).then(textbook(wide, memory_limit))
    book = _rewritten(found, textbook_form(found.plan), memory_limit)
    return (Payments if found.plan.utilities else Reports)(book.program, found, book)


@dataclass(frozen=True, eq=False)
class Reports(Lift):
    """From the program of `found` to that of `wide`, which has more reports and otherwise the same columns.

    An optimum comes home where no such report gains; a vertex may have other columns to be basic.
    """

    home: Program
    found: Compiled
    wide: Compiled

    def primal(self, values: Array) -> Array:
        """Columns by name."""
        x = zeros(self.home.num_columns, values.dtype == object)
        theirs = self.found.program.column_blocks
        for name, block in self.home.column_blocks.items():
            if name in theirs:
                x[block.slice] = values[theirs[name].slice]
        return x

    def dual(self, values: Array) -> Array:
        """Rows by name, incentive rows by state and report; what is new has 0."""
        found, wide = self.found, self.wide
        y = zeros(self.home.num_rows, values.dtype == object)
        for name, block in self.home.row_blocks.items():
            if name in found.program.row_blocks and not name.startswith("incentive."):
                y[block.slice] = values[found.program.row_blocks[name].slice]
        for key, (rows, state, report) in found.incentive_rows.items():
            name = f"incentive.{key[0]}.{found.env.agents[key[1]].name}"
            given = values[found.program.row_blocks[name].slice]
            all_rows, all_state, all_report = wide.incentive_rows[key]
            reports = len(wide.views[key[0]][key[1]].report_info)
            at = np.searchsorted(all_state * reports + all_report, state * reports + report)
            memory, row = rows.all
            cls = rows.layer.cls[memory]
            start = self.home.row_blocks[name].start + all_rows.off[memory] - all_rows.start[cls]
            y[start + at[row]] = given
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
        x, wide = super().primal(values), self.wide
        for t in range(wide.horizon - 1, 0, -1):
            for i in wide.views[t]:
                block = self.home.row_blocks[f"incentive.{t}.{wide.env.agents[i].name}"]
                x[_liars(wide, t, i)] = -activity(self.home, block, x)
        return x

    def dual(self, values: Array) -> Array:
        """What the utility of who lied asks for, period after period."""
        y, wide = super().dual(values), self.wide
        for t in range(1, wide.horizon):
            left = self.home.objective - transposed(self.home, y)
            for i in wide.views[t]:
                block = self.home.row_blocks[f"incentive.{t}.{wide.env.agents[i].name}"]
                y[block.slice] = left[_liars(wide, t, i)]
        return y


def textbook_form(asked: Plan) -> str:
    """What the textbook program of a plan is called: payments in every period stay where they are."""
    return "per-period" if asked.pays_every_period else "textbook"


def _rewritten(found: Compiled, formulation: str, memory_limit: float) -> Compiled:
    """The same question in another formulation."""
    asked = found.plan
    made: Plan = plan(found.env, asked.incentives, asked.participation, asked.objective, formulation)
    levels = build_levels(found.env, made.all_messages, memory_limit)
    views = make_views(found.env, made, levels, memory_limit)
    refuse_large(found.env, program_size(found.env, made, levels, views), memory_limit)
    return compile_program(found.env, made, levels, views)


def _truth_rows(made: Compiled, t: int, i: int) -> tuple[RowIndex, Ints, Ints]:
    """(numbering of the truth rows, their states by row of the class, their utility columns)."""
    view = made.views[t][i]
    state = np.flatnonzero(view.probable)
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    memory, row = rows.all
    column = made.states[t][i].at(memory, state[row], rows.layer.cls[memory])
    return rows, state, made.columns["utility", t, i].start + column


def _pay(book: Compiled, x: Array) -> None:
    """Choose payments, and shift later utilities, until every truth row holds.

    A shift of all utilities after one report is seen by every type alike, so no incentive row notices.
    """
    program = book.program
    if book.plan.pays_every_period and book.plan.participation.promise is Promise.CONTINUATION:
        _lift_continuations(book, x)
    for t in range(book.horizon):
        for i in book.views[t]:
            block = program.row_blocks[f"truth.{t}.{book.env.agents[i].name}"]
            missing = -activity(program, block, x)
            rows, state, _ = _truth_rows(book, t, i)
            row_of_point = _row_of_point(book, t, i, rows, state)
            if ("payment", t, i) in book.columns:
                x[book.columns["payment", t, i].slice] += missing[row_of_point]
                continue
            after = book.columns["utility", t + 1, i]
            row, column, value = entries_of(program, block)
            led = np.flatnonzero((column >= after.start) & (column < after.start + after.size))
            shift = missing / group_sums(value[led], row[led], block.size)
            memory, _ = book.states[t + 1][i].all
            x[after.slice] += shift[row_of_point[book.tree.point_of_memory(t + 1)]][memory]


def _lift_continuations(book: Compiled, x: Array) -> None:
    """Shift later utilities so that none that truth reaches is below 0: payments before will take it back."""
    for t in range(1, book.horizon):
        layer = book.tree.layers[t]
        for i, index in book.states[t].items():
            block = book.columns["utility", t, i]
            memory, state = index.all
            reached = (index.view.state_prob[state] != 0) & (layer.nature[memory] != 0)
            lowest = zeros(layer.count, x.dtype == object)
            np.minimum.at(lowest, memory[reached], x[block.slice][reached])
            x[block.slice] -= lowest[memory]


def _row_of_point(book: Compiled, t: int, i: int, rows: RowIndex, state: Ints) -> Ints:
    """For every decision point the truth row of agent i's report there."""
    layer, view = book.tree.layers[t], book.views[t][i]
    report = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
    report_of = np.zeros(len(view.members), dtype=np.int64)
    report_of[view.members] = report
    row_of_state = np.zeros(len(view.state_info), dtype=np.int64)
    row_of_state[state] = np.arange(len(state))
    memory, point = layer.points
    local = row_of_state[truthful_state(view)[report_of[point]]]
    result: Ints = rows.off[memory] + local - rows.start[layer.cls[memory]]
    return result


def _price_truth(book: Compiled, y: Array) -> None:
    """Duals of the truth rows: what the columns of the utilities still ask for, period after period."""
    program = book.program
    for t in range(book.horizon):
        left = program.objective - transposed(program, y)
        for i in book.views[t]:
            block = program.row_blocks[f"truth.{t}.{book.env.agents[i].name}"]
            y[block.slice] = left[_truth_rows(book, t, i)[2]]


def _liars(wide: Compiled, t: int, i: int) -> Ints:
    """For every incentive row of a later period the column of the utility of who lied."""
    rows, state, _ = wide.incentive_rows[t, i]
    memory, row = rows.all
    column = wide.states[t][i].at(memory, state[row], rows.layer.cls[memory])
    return wide.columns["utility", t, i].start + column
