"""The smallest largest gain from a lie that any optimum of a relaxation leaves, when shocks are private.

Columns: the allocation x, payments as T, what truth earns at the initial types and at every later private
state (as payments too, where paths are promised something), B, the best reply there, and the gain g. With w
the belief about the others, and W[n] the mechanism's own probability of history n,

    B[n, θ] ≥ T[n, r] + Σ w { Σ_a (v(a, θ) − v(a, r)) x + δ (Σ μ(·|θ) B' − Σ μ(·|r) T') }  for every r,
    T[n, θ] + g W[n] ≥ B[n, θ]                                               at states that truth reaches,

beside the rows of the relaxed question, its optimal value among them, what participation promises and what is
demanded. Types
that value everything alike and expect the same future share one B. Where histories do not hold actions W is 1
and this is one linear program; elsewhere it is one for a given allocation, or for a given g. The multipliers
are a mixed deviation strategy: how often each state lies, and how.

`implement.py` asks whether a given allocation can be paid for, which is whether g is 0 there; but its gap is
in the rows of single lies, after which truth is told: 1/27 where whole strategies gain 1/20 (a test). B and T
are then one column, so that any notion's compiled rows will do. With g fixed at 0 instead the multipliers of
an infeasible program are any Farkas vector, scaled at will; with g minimised, gain and mixture are others,
and only of `bayesian` incentives. So there are two programs; what they share is in `compiler/given.py` and
`deviation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.blocks import Block
from ...solvers.numbers import Array, Ints, Number
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ..compiler.columns import begin
from ..compiler.demand_rows import add_demands, demand_size
from ..compiler.given import with_allocation
from ..compiler.incentive_rows import truth_rows
from ..compiler.layout import Layout
from ..compiler.participation_rows import add_participation
from ..compiler.prepared import Prepared
from ..compiler.state_rows import StateRows
from ..compiler.terms import lay_out, lay_out_later
from ..environment.environment import Environment
from ..environment.memory import Size, refuse_large
from ..histories.classes import Level
from ..histories.ragged import group_sums, starts_of
from ..histories.tree import Repeated
from ..histories.views import View
from .deviation import mixture
from .relaxed_optima import Fixed, RelaxedOptima


@dataclass(frozen=True, eq=False, repr=False)
class Alike(Short):
    """The states of a view in groups that share a best reply: same information, same worth, same future.

    rank (V,): number of each state's group; first (R,): a state of each group, sorted by class.
    """

    view: View
    rank: Ints
    first: Ints

    @classmethod
    def of(cls, view: View, behind: Ints) -> Alike:
        """`behind` (K,): the original type that decides what each type is worth."""
        key = view.state_info * (int(behind.max(initial=0)) + 1) + behind[view.state_type]
        _, first, rank = np.unique(key, return_index=True, return_inverse=True)
        return cls(view, rank.reshape(-1), first)

    @cached_property
    def row_class(self) -> Ints:
        """Class of each group."""
        return self.view.state_class[self.first]


@dataclass(frozen=True, eq=False, repr=False)
class Replies(Repeated, Short):
    """Numbers the best replies of one agent in one layer: states that are alike have one number."""

    alike: Alike

    @cached_property
    def rows(self) -> Repeated:
        """The best replies of every history."""
        return Repeated(starts_of(self.alike.row_class, len(self.start) - 1), self.cls)

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, memory: Ints, state: Ints) -> Ints:
        """Number of the best reply of `state` in `memory`."""
        return self.rows.at(memory, self.alike.rank[state])

    def places(self, states: Repeated) -> Ints:
        """For each best reply the number of a state that has it."""
        return states.along(self.rows, self.alike.first)


@dataclass(frozen=True, eq=False, repr=False)
class GainQuestion(Short):
    """What the programs of the module are made of: nothing is laid out yet.

    ready: the environment where shocks are private, and the participation promised in it.
    behind[i][t]: for each type of agent i in period t the original type that decides what it is worth.
    """

    ready: Prepared
    behind: dict[int, list[Ints]]
    optima: RelaxedOptima

    @property
    def env(self) -> Environment:
        """Where shocks are private."""
        return self.ready.env

    @cached_property
    def alike(self) -> dict[tuple[int, int], Alike]:
        """By (period, agent)."""
        return {
            (t, i): Alike.of(view, self.behind[i][t])
            for t, row in enumerate(self.ready.views)
            for i, view in row.items()
        }

    @property
    def by_action(self) -> bool:
        """Whether histories hold actions, so that the gain multiplies columns."""
        return any(level.remembers for level in self.ready.levels)

    def refuse_large(self, limit: float) -> None:
        """Raise `TooLarge` where the programs would not fit in so many bytes."""
        rows = columns = nonzeros = 0
        for (t, i), alike in self.alike.items():
            level, view = self.ready.levels[t], alike.view
            heavy = np.bincount(level.play_point, minlength=len(level.digits))
            if t + 1 < len(self.ready.levels):
                after, classes = self.alike[t + 1, i], self.ready.levels[t + 1].count
                links = after.view.states_per_class + np.bincount(after.row_class, minlength=classes)
                links = links[level.next_class]
                if level.remembers:
                    links = np.bincount(level.play_point, weights=links, minlength=len(level.digits))
                heavy = heavy + links.astype(np.int64)
            entries = group_sums(heavy[view.members], view.member_report, len(view.report_info)) + 2
            by_info = group_sums(entries, view.report_info, len(view.info_class))
            info = view.state_info[alike.first]

            def total(per_group: Array, alike: Alike = alike, level: Level = level) -> int:
                summed = np.bincount(alike.row_class, weights=per_group, minlength=level.count)
                return level.times(summed.astype(np.int64))

            states = level.times(view.states_per_class)
            told = view.over_reports(np.ones(len(view.report_info), dtype=np.int64))
            rows += total(told[alike.first]) + states
            columns += states + total(np.ones(len(info)))
            nonzeros += total(by_info[info]) + 3 * states
        theirs = self.optima.size
        demanded = demand_size(self.env, self.ready.plan, self.ready.levels)
        rows, columns = rows + theirs.rows + demanded[0], columns + theirs.columns
        nonzeros = nonzeros + theirs.nonzeros + demanded[1]
        refuse_large(self.env, Size.of(rows, columns, nonzeros, self.env.exact), limit)

    @cached_property
    def layout(self) -> Layout:
        """The columns that all programs of the question begin with."""
        return self.ready.layout()

    @cached_property
    def replies(self) -> dict[tuple[int, int], Replies]:
        """Numbers of the best replies, by (period, agent)."""
        return {
            (t, i): Replies(index.start, index.cls, self.alike[t, i])
            for t, row in enumerate(self.layout.states)
            for i, index in row.items()
        }

    def relaxed(self, loose: float = 0.0) -> tuple[Builder, list[Fixed]]:
        """Columns and rows of the relaxed optima alone; see `RelaxedOptima.add_rows`."""
        build = begin(self.layout, sense="min")
        fixed = self.optima.add_rows(self.layout, build, loose)
        add_participation(self.layout, build)
        add_demands(self.layout, build)
        for t, row in enumerate(self.layout.views):
            for i in row if not self.layout.plan.utilities else ():
                truth_rows(self.layout, build, t, i)
        return build, fixed

    def program(
        self, loose: float = 0.0, *, gain: Number | None = None, allocation: Array | None = None
    ) -> SmallestGain:
        """The program of the module.

        gain: instead of minimising g, ask how much all gains together are short of this one at least: 0
        where some optimum leaves no more. allocation: the one to take, in the columns of `optima.compiled`.
        loose: see `RelaxedOptima.add_rows`.
        """
        build, fixed = self.relaxed(loose)
        layout, stakes = self.layout, self.layout.stakes
        unit = None if stakes is None else stakes.most
        worst = build.columns("gain" if gain is None else "short", 1, lower=0, objective=1, unit=unit)
        reply = {}
        for (t, i), index in self.replies.items():
            sizes = None if stakes is None else stakes.utilities(t, i)[index.places(layout.states[t][i])]
            name = f"reply.{t}.{layout.env.agents[i].name}"
            reply[t, i] = build.columns(name, len(index), lower=None, unit=sizes)
        given = arithmetic(self.env.exact).zeros(build.num_columns)
        if allocation is not None:
            given[self.optima.home(layout)] = allocation
        reply_rows, gain_rows = {}, {}
        for t, i in self.replies:
            reply_rows[t, i] = self._reply_rows(build, reply, t, i)
            gain_rows[t, i] = self._gain_rows(build, reply[t, i], worst, gain, given, t, i)
        program = build.build()
        if allocation is not None:
            program = with_allocation(program, layout, given)
        return SmallestGain(layout, program, fixed, reply, self.replies, reply_rows, gain_rows, given)

    def _reply_rows(self, build: Builder, reply: dict[tuple[int, int], Block], t: int, i: int) -> StateRows:
        """The best reply is at least what every report earns."""
        layout, index = self.layout, self.replies[t, i]
        layer, view = layout.tree.layers[t], layout.views[t][i]
        state, report = view.pairs(index.alike.first)
        told = view.truthful_state[report]
        rows = StateRows.add(build, layout, "reply", t, i, state, report)
        block = rows.block
        build.entries(block.index, reply[t, i].start + index.along(rows.index, state), 1)
        truth = layout.utility(t, i).start
        build.entries(block.index, truth + layout.states[t][i].along(rows.index, told), -1)
        # What she earns otherwise than the type she reports: today by worth, later by where she moves.
        apart = lay_out(rows.index, layout.terms(t, i, state, report, True).plays, layer.plays)
        plays = layout.allocation(t).start
        build.entries(block.start + apart.row, plays + apart.column, -apart.value)
        liar, honest = (layout.terms(t, i, who, report, False) for who in (state, told))
        if len(liar.later):
            later = lay_out_later(rows.index, liar, layer.links, self.replies[t + 1, i])
            build.entries(block.start + later.row, reply[t + 1, i].start + later.column, -later.value)
        if len(honest.later):
            later = lay_out_later(rows.index, honest, layer.links, layout.states[t + 1][i])
            after = layout.utility(t + 1, i).start
            build.entries(block.start + later.row, after + later.column, later.value)
        return rows

    def _gain_rows(
        self, build: Builder, reply: Block, worst: Block, gain: Number | None, given: Array, t: int, i: int
    ) -> StateRows:
        """Truth falls short of the best reply by at most g times the weight of the history."""
        layout, view = self.layout, self.layout.views[t][i]
        state = np.flatnonzero(view.probable)
        memory = layout.tree.layers[t].repeated(view.state_class[state]).memory
        column = layout.weight_columns[t][memory]
        certain = column < 0
        one = arithmetic(layout.env.exact).ones(1)
        lower = 0 if gain is None else np.where(certain, -gain * one, 0 * one)
        rows = StateRows.add(build, layout, "gain", t, i, state, view.truth[state], lower=lower, labels=None)
        block = rows.block
        build.entries(block.index, worst.start, layout.weight(t, given)[memory] if gain is None else 1)
        if gain is not None:
            build.entries(block.start + np.flatnonzero(~certain), column[~certain], gain)
        build.entries(block.index, rows.utility, 1)
        replies = self.replies[t, i].along(rows.index, state)
        build.entries(block.index, reply.start + replies, -1)
        return rows


@dataclass(frozen=True, eq=False, repr=False)
class SmallestGain(Short):
    """The program with the way back: a primal vector of it begins with the columns of `layout`.

    fixed: the rows that fix the relaxed value. reply[t, i]: the columns B, as `numbered` has them.
    reply_rows[t, i]: rows "B is at least what this report earns". gain_rows[t, i]: rows "truth falls short by
    at most g". given: the allocation, if it is given, in the columns of `layout`'s programs; zeros where it
    is not.
    """

    layout: Layout
    program: Program
    fixed: list[Fixed]
    reply: Mapping[tuple[int, int], Block]
    numbered: Mapping[tuple[int, int], Replies]
    reply_rows: Mapping[tuple[int, int], StateRows]
    gain_rows: Mapping[tuple[int, int], StateRows]
    given: Array

    def worth(self, primal: Array) -> dict[tuple[int, int], Array]:
        """What agents can get at every state, by lies too: (states of the layout,)."""
        states = self.layout.states
        return {
            (t, i): primal[block.start + self.numbered[t, i].at(*states[t][i].all)]
            for (t, i), block in self.reply.items()
        }

    def strategy(self, dual: Array) -> tuple[tuple[str, Number], ...]:
        """The lies that the multipliers mix, as (description, multiplier), largest first."""
        lies = [(lie.text, lie.weight) for lie in mixture(self.reply_rows, dual, self.weight)]
        return tuple(sorted(lies, key=lambda lie: -float(lie[1])))

    def weight(self, t: int) -> Array:
        """The mechanism's own probability of every history of period t.

        Where histories hold actions only a given allocation tells.
        """
        return self.layout.weight(t, self.given)

    def first_types(self, dual: Array) -> Ints:
        """Initial types, true and reported, of the lie with the largest multiplier (one agent).

        A gain at a history of weight 0 is nobody's, whatever its multiplier.
        """
        shares = {
            (t, i): abs(dual[rows.block.slice]) * self.weight(t)[rows.memory]
            for (t, i), rows in self.gain_rows.items()
        }
        t, i = max(shares, key=lambda key: shares[key].max())
        k = int(np.argmax(shares[t, i]))
        rows = self.gain_rows[t, i]
        if t > 0:
            return np.array([self.layout.tree.history(t, int(rows.memory[k]))[0][0][i]])
        view, true = rows.view, rows.state[rows.of_class[k]]
        replies = self.reply_rows[0, i]
        mine = (replies.state == true) & (replies.report != view.truth[true])
        if not mine.any():  # she may tell no lie
            return view.state_type[[true]]
        told = replies.report[mine][np.argmax(abs(dual[replies.block.slice])[mine])]
        return np.unique([view.state_type[true], view.report_type[told]])
