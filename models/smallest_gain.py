"""The payments that make the largest gain from a lie smallest, for a given allocation.

With T what truth earns and B the best reply, both given payments that leave truth T, and g the gain,

    B[n, θ] ≥ T[n, r] + Σ w { Σ_a (v(a, θ) − v(a, r)) x̂ + δ (Σ μ(·|θ) B' − Σ μ(·|r) T') }  for every r,
    T[n, θ] + g ≥ B[n, θ]                                                                at reached states.

Types that value everything alike and expect the same future share one B. The multipliers of the rows are a
mixed deviation strategy: how often each state lies, and how.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..solvers.blocks import Block
from ..solvers.numbers import Array, Ints, Number, is_exact, zeros
from ..solvers.program import Builder, Program
from .compiler.compiled import Compiled
from .compiler.incentive_rows import lie_label, truthful_state
from .compiler.lay_out import RowIndex, StateIndex, lay_out_next, lay_out_plays, lay_out_states
from .compiler.sizes import Size, refuse_large
from .histories.ragged import group_sums
from .histories.views import View, pairs


@dataclass(eq=False)
class Replies(StateIndex):
    """Numbers the best replies of one agent in one layer: states that are alike share the first one's number.

    alike (V,): rank of each state's representative; first (R,): the representatives, sorted by class.
    """

    alike: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    first: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    rows: RowIndex = field(init=False)

    def __post_init__(self) -> None:
        self.rows = RowIndex.of(self.layer, self.view.state_class[self.first])

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, memory: Ints, state: Ints, cls: Ints) -> Ints:
        """Number of the best reply of `state` in `memory`, whose class is `cls`."""
        result: Ints = self.rows.off[memory] + self.alike[state] - self.rows.start[cls]
        return result


def replies(states: StateIndex, behind: Ints) -> Replies:
    """Group the states of a view by information set and the original type behind each type."""
    view: View = states.view
    key = view.state_info * (int(behind.max(initial=0)) + 1) + behind[view.state_type]
    _, first, alike = np.unique(key, return_index=True, return_inverse=True)
    return Replies(states.layer, view, states.off, alike.reshape(-1), first)


@dataclass(eq=False)
class SmallestGain:
    """The program with the way back.

    truth[t, i]: columns T. reply_rows[t, i]: rows "B is at least what this report earns", with their
    numbering and, by row of the class, state and report. gain_rows[t, i]: rows "truth falls short by at most
    g", with their numbering and the states.
    """

    made: Compiled
    program: Program
    truth: dict[tuple[int, int], Block]
    reply_rows: dict[tuple[int, int], tuple[Block, RowIndex, Ints, Ints]]
    gain_rows: dict[tuple[int, int], tuple[Block, RowIndex, Ints]]

    def strategy(self, dual: Array) -> tuple[tuple[str, Number], ...]:
        """The lies that the multipliers mix, as (description, multiplier), largest first."""
        chosen: list[tuple[str, Number]] = []
        for (t, i), (block, rows, state, report) in self.reply_rows.items():
            weights = abs(dual[block.slice])
            _, row = rows.all
            lie = report != self.made.views[t][i].truth[state]
            who = self.made.env.agents[i].name
            for k in np.flatnonzero((weights > (0 if is_exact(dual) else 1e-9)) & lie[row]).tolist():
                label = lie_label(self.made, t, i, rows, state, report, k)
                chosen.append((f"agent '{who}', period {t}: {label}", weights[k]))
        return tuple(sorted(chosen, key=lambda item: -float(item[1])))

    def first_types(self, dual: Array) -> Ints:
        """Initial types, true and reported, of the lie with the largest multiplier (one agent)."""
        made = self.made
        (t, i), k = max(
            ((key, int(np.argmax(abs(dual[block.slice])))) for key, (block, _, _) in self.gain_rows.items()),
            key=lambda item: abs(dual[self.gain_rows[item[0]][0].start + item[1]]),
        )
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


def smallest_gain(
    made: Compiled,
    primal: Array,
    initial: dict[int, Array],
    behind: dict[int, list[Ints]],
    memory_limit: float,
) -> SmallestGain:
    """The program for the allocation in `primal` and these utilities of the initial types.

    behind[i][t]: for each type of agent i in period t the original type that decides what it is worth.
    Raises `TooLarge` beyond the memory limit (bytes).
    """
    exact = made.env.exact
    reply_of = {
        (t, i): replies(index, behind[i][t])
        for t in range(made.horizon)
        for i, index in made.states[t].items()
    }
    _refuse(made, reply_of, memory_limit)
    build = Builder(sense="min", exact=exact, name=f"{made.env.name}.smallest-gain")
    gain = build.columns("gain", 1, lower=0, objective=1)
    truth: dict[tuple[int, int], Block] = {}
    reply: dict[tuple[int, int], Block] = {}
    for (t, i), index in reply_of.items():
        name = made.env.agents[i].name
        fixed = initial[i] if t == 0 else None
        count = len(made.states[t][i])
        truth[t, i] = build.columns(f"truth.{t}.{name}", count, lower=fixed, upper=fixed)
        reply[t, i] = build.columns(f"reply.{t}.{name}", len(index), lower=None)
    found = SmallestGain(made, None, truth, {}, {})  # type: ignore[arg-type]
    for t, i in reply_of:
        _reply_rows(found, build, primal, reply_of, reply, t, i)
        _gain_rows(found, build, primal, reply_of[t, i], reply[t, i], gain, t, i)
    found.program = build.build()
    return found


def _refuse(made: Compiled, reply_of: dict[tuple[int, int], Replies], limit: float) -> None:
    rows = nonzeros = 0
    for (t, i), index in reply_of.items():
        view, level = made.views[t][i], made.levels[t]
        reports = np.diff(view.report_start)[view.state_info[index.first]]
        per_class = np.bincount(view.state_class[index.first], weights=reports, minlength=level.count)
        count = level.times(per_class.astype(np.int64))
        rows += count + len(made.states[t][i])
        later = 0 if t + 1 == made.horizon else int(made.views[t + 1][i].states_per_class.max(initial=0))
        nonzeros += count * (2 + made.env.num_actions(t) + 2 * later)
    refuse_large(made.env, Size(rows, rows, nonzeros, (260 if made.env.exact else 64) * nonzeros), limit)


def _reply_rows(
    found: SmallestGain,
    build: Builder,
    primal: Array,
    reply_of: dict[tuple[int, int], Replies],
    reply: dict[tuple[int, int], Block],
    t: int,
    i: int,
) -> None:
    """The best reply is at least what every report earns."""
    made, index = found.made, reply_of[t, i]
    view = made.views[t][i]
    state, report = pairs(view, index.first)
    told = truthful_state(view)[report]
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    liar = made.terms(t, i, state, report, False)
    honest = made.terms(t, i, told, report, False)
    x = primal[made.columns["allocation", t, 0].slice]
    lower = zeros(len(rows), made.env.exact)
    for terms, sign in ((liar, 1), (honest, -1)):
        entries = lay_out_plays(rows, terms)
        lower = lower + sign * group_sums(entries.value * x[entries.column], entries.row, len(rows))
    label = partial(lie_label, made, t, i, rows, state, report)
    block = build.rows(f"reply.{t}.{made.env.agents[i].name}", len(rows), lower=lower, label=label)
    build.entries(block.index, reply[t, i].start + lay_out_states(rows, index, state), 1)
    build.entries(block.index, found.truth[t, i].start + lay_out_states(rows, made.states[t][i], told), -1)
    if len(liar.next_row):
        entries = lay_out_next(rows, liar, reply_of[t + 1, i])
        build.entries(block.start + entries.row, reply[t + 1, i].start + entries.column, -entries.value)
    if len(honest.next_row):
        entries = lay_out_next(rows, honest, made.states[t + 1][i])
        build.entries(block.start + entries.row, found.truth[t + 1, i].start + entries.column, entries.value)
    found.reply_rows[t, i] = (block, rows, state, report)


def _gain_rows(
    found: SmallestGain,
    build: Builder,
    primal: Array,
    index: Replies,
    reply: Block,
    gain: Block,
    t: int,
    i: int,
) -> None:
    """Truth falls short of the best reply by at most g times the weight of the history."""
    made = found.made
    view = made.views[t][i]
    state = np.flatnonzero(view.probable)
    rows = RowIndex.of(made.tree.layers[t], view.state_class[state])
    block = build.rows(f"gain.{t}.{made.env.agents[i].name}", len(rows), lower=0)
    memory, _ = rows.all
    column = made.weight_column[t][memory]
    weight = np.where(column < 0, primal[:1] * 0 + 1, primal[np.maximum(column, 0)])
    build.entries(block.index, gain.start, weight)
    build.entries(block.index, found.truth[t, i].start + lay_out_states(rows, made.states[t][i], state), 1)
    build.entries(block.index, reply.start + lay_out_states(rows, index, state), -1)
    found.gain_rows[t, i] = (block, rows, state)
