"""The smallest largest gain from a lie that any optimum of a relaxation leaves, when shocks are private.

Columns: the allocation x, payments as T, what truth earns at the initial types and at every later private
state (as payments too, where paths are promised something), B, the best reply there, and the gain g. With w
the belief about the others, and W[n] the mechanism's own probability of history n,

    B[n, θ] ≥ T[n, r] + Σ w { Σ_a (v(a, θ) − v(a, r)) x + δ (Σ μ(·|θ) B' − Σ μ(·|r) T') }  for every r,
    T[n, θ] + g W[n] ≥ B[n, θ]                                               at states that truth reaches,

beside the rows of the relaxed question, its optimal value among them, and what participation promises. Types
that value everything alike and expect the same future share one B. Where histories do not hold actions W is 1
and this is one linear program; elsewhere it is one for a given allocation, or for a given g. The multipliers
are a mixed deviation strategy: how often each state lies, and how.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from ..solvers.blocks import Block
from ..solvers.numbers import Array, Ints, Number, is_exact
from ..solvers.program import Program
from .compiler.compile import lay_out_columns
from .compiler.compiled import Compiled
from .compiler.incentive_rows import lie_label, truth_rows, truthful_state
from .compiler.lay_out import RowIndex, StateIndex, lay_out_next, lay_out_plays, lay_out_states
from .compiler.participation_rows import add_participation
from .compiler.plan import Plan
from .compiler.sizes import Size, refuse_large
from .environment import Environment
from .histories.classes import Level
from .histories.ragged import group_sums
from .histories.views import View, pairs
from .relaxed_optima import Fixed, RelaxedOptima


@dataclass(frozen=True, eq=False)
class Alike:
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


@dataclass(eq=False)
class Replies(StateIndex):
    """Numbers the best replies of one agent in one layer: states that are alike have one number."""

    alike: Alike
    rows: RowIndex = field(init=False)

    def __post_init__(self) -> None:
        self.rows = RowIndex.of(self.layer, self.alike.row_class)

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, memory: Ints, state: Ints, cls: Ints) -> Ints:
        """Number of the best reply of `state` in `memory`, whose class is `cls`."""
        result: Ints = self.rows.off[memory] + self.alike.rank[state] - self.rows.start[cls]
        return result

    def places(self, states: StateIndex) -> Ints:
        """For each best reply the number of a state that has it."""
        memory, row = self.rows.all
        return states.at(memory, self.alike.first[row], self.layer.cls[memory])


@dataclass(frozen=True, eq=False)
class GainQuestion:
    """What the programs of the module are made of: nothing is laid out yet.

    env: the environment where shocks are private; plan: its columns and the participation promised in it.
    behind[i][t]: for each type of agent i in period t the original type that decides what it is worth.
    """

    env: Environment
    plan: Plan
    levels: list[Level]
    views: list[dict[int, View]]
    behind: dict[int, list[Ints]]
    optima: RelaxedOptima

    @cached_property
    def alike(self) -> dict[tuple[int, int], Alike]:
        """By (period, agent)."""
        return {
            (t, i): Alike.of(view, self.behind[i][t])
            for t, row in enumerate(self.views)
            for i, view in row.items()
        }

    @property
    def by_action(self) -> bool:
        """Whether histories hold actions, so that the gain multiplies columns."""
        return any(level.remembers for level in self.levels)

    def refuse_large(self, limit: float) -> None:
        """Raise `TooLarge` where the programs would not fit in so many bytes."""
        rows = columns = nonzeros = 0
        for (t, i), alike in self.alike.items():
            level, view = self.levels[t], alike.view
            heavy = np.bincount(level.play_point, minlength=len(level.digits))
            if t + 1 < len(self.levels):
                after = self.alike[t + 1, i]
                assert level.next_class is not None
                links = after.view.states_per_class + np.bincount(
                    after.row_class, minlength=self.levels[t + 1].count
                )
                links = links[level.next_class]
                if level.remembers:
                    links = np.bincount(level.play_point, weights=links, minlength=len(level.digits))
                heavy = heavy + links.astype(np.int64)
            report = np.repeat(np.arange(len(view.report_info)), np.diff(view.point_start))
            entries = np.bincount(report, weights=heavy[view.members], minlength=len(view.report_info)) + 2
            by_info = group_sums(entries, view.report_info, len(view.info_class))
            info = view.state_info[alike.first]

            def total(per_group: Array, alike: Alike = alike, level: Level = level) -> int:
                summed = np.bincount(alike.row_class, weights=per_group, minlength=level.count)
                return level.times(summed.astype(np.int64))

            states = level.times(view.states_per_class)
            rows += total(np.diff(view.report_start)[info]) + states
            columns += states + total(np.ones(len(info)))
            nonzeros += total(by_info[info]) + 3 * states
        theirs = self.optima.size
        rows, columns, nonzeros = rows + theirs.rows, columns + theirs.columns, nonzeros + theirs.nonzeros
        per_entry, per_line = (260, 400) if self.env.exact else (64, 120)
        size = Size(rows, columns, nonzeros, per_entry * nonzeros + per_line * (rows + columns))
        refuse_large(self.env, size, limit)

    def relaxed(self, loose: float = 0.0) -> tuple[Compiled, list[Fixed]]:
        """Columns and rows of the relaxed optima alone; see `RelaxedOptima.add_rows`."""
        made = lay_out_columns(self.env, self.plan, self.levels, self.views, sense="min")
        fixed = self.optima.add_rows(made, made.builder, loose)
        add_participation(made, made.builder)
        for t, row in enumerate(made.views):
            for i in row if not self.plan.utilities else ():
                truth_rows(made, made.builder, t, i)
        return made, fixed

    def program(
        self, loose: float = 0.0, *, gain: Number | None = None, allocation: Array | None = None
    ) -> SmallestGain:
        """The program of the module.

        gain: instead of minimising g, ask how much all gains together are short of this one at least: 0
        where some optimum leaves no more. allocation: the one to take, in the columns of `optima.made`.
        loose: see `RelaxedOptima.add_rows`.
        """
        made, fixed = self.relaxed(loose)
        build = made.builder
        replies = {
            (t, i): Replies(index.layer, index.view, index.off, self.alike[t, i])
            for t in range(made.horizon)
            for i, index in made.states[t].items()
        }
        stakes = made.stakes
        unit = None if stakes is None else stakes.whole
        worst = build.columns("gain" if gain is None else "short", 1, lower=0, objective=1, unit=unit)
        reply = {}
        for (t, i), index in replies.items():
            sizes = None if stakes is None else stakes.utilities(t, i)[index.places(made.states[t][i])]
            name = f"reply.{t}.{made.env.agents[i].name}"
            reply[t, i] = build.columns(name, len(index), lower=None, unit=sizes)
        given = None
        if allocation is not None:
            given = np.zeros(build.num_columns, dtype=allocation.dtype)
            given[self.optima.home(made)] = allocation
        found = SmallestGain(made, None, fixed, {}, {}, given)  # type: ignore[arg-type]
        for t, i in replies:
            _reply_rows(found, replies, reply, t, i)
            _gain_rows(found, replies[t, i], reply[t, i], worst, gain, t, i)
        found.program = build.build()
        if given is not None:
            found.program = _with_allocation(found.program, made, given)
        return found


def _with_allocation(program: Program, made: Compiled, x: Array) -> Program:
    """The program where the allocation is this one."""
    lower, upper = program.lower.copy(), program.upper.copy()
    for t in range(made.horizon):
        mine = made.columns["allocation", t, 0].slice
        lower[mine] = upper[mine] = x[mine]
    return replace(program, lower=lower, upper=upper)


@dataclass(eq=False)
class SmallestGain:
    """The program with the way back: a primal vector of it is one of `made` too.

    fixed: the rows that fix the relaxed value.
    reply_rows[t, i]: rows "B is at least what this report earns", with their numbering and, by row of the
    class, state and report. gain_rows[t, i]: rows "truth falls short by at most g", with their numbering and
    the states. given: the allocation, where it was, in the columns of `program`.
    """

    made: Compiled
    program: Program
    fixed: list[Fixed]
    reply_rows: dict[tuple[int, int], tuple[Block, RowIndex, Ints, Ints]]
    gain_rows: dict[tuple[int, int], tuple[Block, RowIndex, Ints]]
    given: Array | None = None

    def weight(self, t: int, memory: Ints) -> Array:
        """Weights of these histories of period t, where the allocation is given; 1 elsewhere."""
        column = self.made.weight_column[t][memory]
        one = self.made.env.costs[0][:1] * 0 + 1
        if self.given is None:
            return np.repeat(one, len(column))
        return np.where(column < 0, one, self.given[np.maximum(column, 0)])

    def strategy(self, dual: Array) -> tuple[tuple[str, Number], ...]:
        """The lies that the multipliers mix, as (description, multiplier), largest first.

        None of them at a history of weight 0, which nothing that anybody reports leads to.
        """
        chosen: list[tuple[str, Number]] = []
        for (t, i), (block, rows, state, report) in self.reply_rows.items():
            memory, row = rows.all
            weights = abs(dual[block.slice]) * (self.weight(t, memory) != 0)
            lie = report != self.made.views[t][i].truth[state]
            who = self.made.env.agents[i].name
            for k in np.flatnonzero((weights > (0 if is_exact(dual) else 1e-9)) & lie[row]).tolist():
                label = lie_label(self.made, t, i, rows, state, report, k)
                chosen.append((f"agent '{who}', period {t}: {label}", weights[k]))
        return tuple(sorted(chosen, key=lambda item: -float(item[1])))

    def first_types(self, dual: Array) -> Ints:
        """Initial types, true and reported, of the lie with the largest multiplier (one agent).

        A gain at a history of weight 0 is nobody's, whatever its multiplier.
        """
        made = self.made
        shares = {
            (t, i): abs(dual[block.slice]) * self.weight(t, rows.all[0])
            for (t, i), (block, rows, _) in self.gain_rows.items()
        }
        t, i = max(shares, key=lambda key: shares[key].max())
        k = int(np.argmax(shares[t, i]))
        _, rows, state = self.gain_rows[t, i]
        memory, row = rows.all
        if t > 0:
            return np.array([made.tree.history(t, int(memory[k]))[0][0][i]])
        view = made.views[0][i]
        true = state[row[k]]
        block, _, states, reports = self.reply_rows[0, i]
        mine = (states == true) & (reports != view.truth[true])
        told = reports[mine][np.argmax(abs(dual[block.slice])[mine])]
        return np.unique([view.state_type[true], view.report_type[told]])


def _reply_rows(
    found: SmallestGain,
    replies: dict[tuple[int, int], Replies],
    reply: dict[tuple[int, int], Block],
    t: int,
    i: int,
) -> None:
    """The best reply is at least what every report earns."""
    made, build, index = found.made, found.made.builder, replies[t, i]
    view = made.views[t][i]
    state, report = pairs(view, index.alike.first)
    told = truthful_state(view)[report]
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    label = partial(lie_label, made, t, i, rows, state, report)
    block = build.rows(f"reply.{t}.{made.env.agents[i].name}", len(rows), lower=0, label=label)
    build.entries(block.index, reply[t, i].start + lay_out_states(rows, index, state), 1)
    truth = made.columns["utility", t, i].start
    build.entries(block.index, truth + lay_out_states(rows, made.states[t][i], told), -1)
    # What she earns otherwise than the type she reports: today by worth, later by where she moves.
    apart = lay_out_plays(rows, made.terms(t, i, state, report, True))
    plays = made.columns["allocation", t, 0].start
    build.entries(block.start + apart.row, plays + apart.column, -apart.value)
    liar, honest = (made.terms(t, i, who, report, False) for who in (state, told))
    if len(liar.next_row):
        later = lay_out_next(rows, liar, replies[t + 1, i])
        build.entries(block.start + later.row, reply[t + 1, i].start + later.column, -later.value)
    if len(honest.next_row):
        later = lay_out_next(rows, honest, made.states[t + 1][i])
        after = made.columns["utility", t + 1, i].start
        build.entries(block.start + later.row, after + later.column, later.value)
    found.reply_rows[t, i] = (block, rows, state, report)


def _gain_rows(
    found: SmallestGain,
    index: Replies,
    reply: Block,
    worst: Block,
    gain: Number | None,
    t: int,
    i: int,
) -> None:
    """Truth falls short of the best reply by at most g times the weight of the history."""
    made, build = found.made, found.made.builder
    view = made.views[t][i]
    state = np.flatnonzero(view.probable)
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    memory, _ = rows.all
    column = made.weight_column[t][memory]
    certain = column < 0
    one = made.env.costs[0][:1] * 0 + 1
    lower = 0 if gain is None else np.where(certain, -gain * one, 0 * one)
    block = build.rows(f"gain.{t}.{made.env.agents[i].name}", len(rows), lower=lower)
    build.entries(block.index, worst.start, found.weight(t, memory) if gain is None else 1)
    if gain is not None:
        build.entries(block.start + np.flatnonzero(~certain), column[~certain], gain)
    truth = made.columns["utility", t, i].start
    build.entries(block.index, truth + lay_out_states(rows, made.states[t][i], state), 1)
    build.entries(block.index, reply.start + lay_out_states(rows, index, state), -1)
    found.gain_rows[t, i] = (block, rows, state)
