"""The last period as a mixture of posted prices: the extreme points of one agent's binary mechanisms.

In the last period one agent with willingness to pay Δ_1 < … < Δ_K for the second action over the first faces,
after every history, an incentive compatible lottery: the chance x_k of the second action rises in k, and
utility grows by between (Δ_{k+1} − Δ_k) x_k and (Δ_{k+1} − Δ_k) x_{k+1}. Its extreme points are posted prices
(Riley and Zeckhauser; Myerson's threshold), so a weight w_j on each price Δ_j, and one on never,

    x_k = Σ_{j ≤ k} w_j,    U_k = const + Σ_{j ≤ k} w_j (Δ_k − Δ_j),    Σ_j w_j = weight of the history,

replace allocation, utilities and every row of the period: columns instead of rows. A type whose price is just
her own value buys or not as the objective has it; where other rows look at that choice both are columns.

The way back: sums give allocation and utilities; the multipliers of the rows that were left out come from one
pass over the types that carries every gain upwards (`dual`), and they prove the same optimum of the program
with rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.blocks import parts
from ...solvers.duality import reduced_costs
from ...solvers.lift import Lift
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.program import Builder, Program
from ...solvers.short import Short
from ...solvers.sparse import entries_of, rows_of
from ..histories.classes import value_at
from ..histories.ragged import starts_of, within
from ..histories.tree import Repeated
from .layout import Layout, state_label
from .state_rows import StateRows
from .terms import Entries

CANCELLED = 1e-14
"""Of the terms of a sum: what is left of them in doubles where they cancel."""


@dataclass(frozen=True, eq=False, repr=False)
class Chains(Short):
    """The messages of the last period in order of willingness to pay, chain after chain.

    A chain is a memory and what is publicly seen there. P messages, C chains.
    chain, place (P,): chain of each message and its place there; start (C + 1,): first message of each chain.
    first, second, utility (P,): home columns of the two actions and of truthful utility.
    flow (P,): home row of the lottery; weight (C,): home column of the history's weight, -1 where it is 1.
    base, gain (P,): the first action's value relative to the chain's first type; willingness to pay Δ.
    memory, state, report (P,): where the message is, in the numbers of the view.
    """

    chain: Ints
    place: Ints
    start: Ints
    first: Ints
    second: Ints
    utility: Ints
    flow: Ints
    weight: Ints
    base: Array
    gain: Array
    memory: Ints
    state: Ints
    report: Ints

    @classmethod
    def of(cls, layout: Layout) -> Chains:
        """The chains of a program in utilities whose last period has one agent and two actions."""
        env, last = layout.env, layout.horizon - 1
        i = env.private[0]
        layer, view = layout.tree.layers[last], layout.views[last][i]
        level, report_class = layer.level, view.info_class[view.report_info]
        rank = layout.plan.crossings[last, i].rank_of(view.info_digits[view.report_info], view.report_type)
        order = np.lexsort((rank, view.report_info))
        memory, place = layer.repeated(report_class).all
        report = order[place]
        point = view.members[view.point_start[report]]
        infos = Repeated(view.info_start, layer.cls)
        chain = infos.at(memory, view.report_info[report])
        start = starts_of(chain, len(infos))
        play = layout.allocation(last).start + layer.plays.at(memory, level.point_plays[point])
        state = view.truthful_state[report]
        first, second = (value_at(env, i, last, np.full(len(point), a), level.digits[point]) for a in (0, 1))
        return cls(
            chain,
            np.arange(len(chain)) - start[chain],
            start,
            play,
            play + 1,
            layout.utility(last, i).start + layout.states[last][i].at(memory, state),
            layout.flows[last].start + layer.points.at(memory, point),
            layout.weight_columns[last][memory[start[:-1]]],
            first - first[start[chain]],
            second - first,
            memory,
            state,
            report,
        )

    @property
    def count(self) -> int:
        """Number of chains C."""
        return len(self.start) - 1

    @property
    def width(self) -> int:
        """Length of the longest chain."""
        return int(np.diff(self.start).max(initial=0))

    def padded(self, values: Array, more: int = 0) -> Array:
        """Values by message as (C, width + more), 0 beyond the end of a chain."""
        out = arithmetic_of(values).zeros((self.count, self.width + more))
        out[self.chain, self.place] = values
        return out


@dataclass(frozen=True, eq=False, repr=False)
class PostedPrices(Lift, Short):
    """The way back from a program in posted prices to the program with rows.

    kept_columns, kept_rows: home columns and rows that stay, in order; they come first.
    price_chain, price_place, buys (W,): chain, price and tie rule of each column that is new.
    up, down (P - C,): home rows in which a type of a chain reports the next one, and the next one that type.

    A mixture of prices may be optimal at a vertex and lie inside an edge of the program with rows: no basis.
    """

    home: Program
    chains: Chains
    kept_columns: Ints
    kept_rows: Ints
    price_chain: Ints
    price_place: Ints
    buys: Bools
    up: Ints
    down: Ints

    def primal(self, primal: Array) -> Array:
        """Sums of prices: allocation and utilities of the last period."""
        chains, exact = self.chains, primal.dtype == object
        out = arithmetic(exact).zeros(self.home.num_columns)
        kept = len(self.kept_columns)
        out[self.kept_columns] = primal[:kept]
        shape = chains.count, chains.width + 1
        everyone, tied = arithmetic(exact).zeros(shape), arithmetic(exact).zeros(shape)
        for weights, prices in ((everyone, slice(None)), (tied, self.buys)):
            np.add.at(weights, (self.price_chain[prices], self.price_place[prices]), primal[kept:][prices])
        gain = chains.padded(chains.gain, 1)
        sold = _before(everyone) + everyone
        spent = _before(everyone * gain) + everyone * gain
        total = everyone.sum(axis=1)
        at = chains.chain, chains.place
        out[chains.second] = (_before(everyone) + tied)[at]
        out[chains.first] = (_after(everyone) + everyone - tied)[at]
        out[chains.utility] = chains.base * total[chains.chain] + sold[at] * chains.gain - spent[at]
        return out

    def dual(self, dual: Array) -> Array:
        """The multipliers of the rows that were left out, equally good.

        Of what each column of the last period earns at the duals of the kept rows, utilities ask for
        λ_k − μ_k = B_k between the rows of neighbours (λ downwards, μ upwards); beyond that, μ carries gains
        from type k to k + 1, and carrying every positive gain as far up as it goes leaves only one: that of
        the best posted price.
        """
        chains = self.chains
        out = arithmetic_of(dual).zeros(self.home.num_rows)
        out[self.kept_rows] = dual[: len(self.kept_rows)]
        left = reduced_costs(self.home, out, None)
        columns = chains.first, chains.second, chains.utility
        first, second, utility = (chains.padded(left[at]) for at in columns)
        base, gain = chains.padded(chains.base), chains.padded(chains.gain)
        step, rise = np.diff(base, axis=1), np.diff(gain, axis=1)
        inside = np.arange(1, chains.width)[None, :] < np.diff(chains.start)[:, None]
        step, rise = np.where(inside, step, step * 0), np.where(inside, rise, rise * 0)
        asked = np.where(inside, np.cumsum(utility, axis=1)[:, :-1], rise * 0)
        up = np.where(asked < 0, -asked, asked * 0)
        down = asked + up
        earned = second - first
        earned[:, :-1] = earned[:, :-1] - down * rise
        earned[:, 1:] = earned[:, 1:] + up * rise
        carried = arithmetic_of(dual).zeros(chains.count)
        for j in range(chains.width - 1):
            earned[:, j] = earned[:, j] + carried
            moves = inside[:, j] & np.asarray(earned[:, j] > 0, dtype=bool)
            carried = np.where(moves, earned[:, j], carried * 0)
            earned[:, j] = earned[:, j] - carried
            more = np.where(moves, carried / np.where(moves, rise[:, j], 1), carried * 0)
            up[:, j], down[:, j] = up[:, j] + more, down[:, j] + more
        if chains.width:
            earned[:, -1] = earned[:, -1] + carried
        lottery = first + np.where(earned > 0, earned, earned * 0)
        lottery[:, :-1] = lottery[:, :-1] - down * step
        lottery[:, 1:] = lottery[:, 1:] + up * step
        out[chains.flow] = lottery[chains.chain, chains.place]
        out[self.down] = -down[inside]
        out[self.up] = -up[inside]
        return out


def posted_prices(
    layout: Layout, home: Program, lies: Mapping[tuple[int, int], StateRows]
) -> tuple[Program, PostedPrices]:
    """The program of a plan with `thresholds` (with its rows of lies) in posted prices, and the way back."""
    chains = Chains.of(layout)
    columns = np.ones(home.num_columns, dtype=bool)
    columns[np.concatenate([chains.first, chains.second, chains.utility])] = False
    rows = np.ones(home.num_rows, dtype=bool)
    rows[chains.flow] = False
    last = lies[layout.horizon - 1, layout.env.private[0]]
    rows[last.block.slice] = ~last.view.probable[last.state][last.of_class]
    kept_rows = np.flatnonzero(rows)
    indptr, place = entries_of(home.indptr, kept_rows)
    entries = Entries(rows_of(indptr), home.indices[place], home.data[place])

    both = np.zeros(home.num_columns, dtype=bool)
    both[entries.column] = True
    both = both[chains.first] | both[chains.second]
    buys = np.asarray(home.objective[chains.second] >= home.objective[chains.first], dtype=bool)
    place = np.concatenate([np.arange(len(both)), np.flatnonzero(both)])
    lengths = np.diff(chains.start)
    chain = np.concatenate([chains.chain[place], np.arange(chains.count)])
    price = np.concatenate([chains.place[place], lengths])
    rule = np.concatenate([buys, ~buys[both], np.zeros(chains.count, dtype=bool)])
    sort = np.lexsort((rule, price, chain))
    low = np.flatnonzero(chains.place < lengths[chains.chain] - 1)
    lift = PostedPrices(
        home, chains, np.flatnonzero(columns), kept_rows, chain[sort], price[sort], rule[sort],
        _row_of(last, chains, low, low + 1), _row_of(last, chains, low + 1, low),
    )  # fmt: skip
    return _program(layout, lift, entries), lift


def _program(layout: Layout, lift: PostedPrices, entries: Entries) -> Program:
    """The program, given the entries of the home rows that stay: rows numbered anew, columns as at home."""
    home, chains = lift.home, lift.chains
    last, agent = layout.horizon - 1, layout.env.agents[layout.env.private[0]].name
    build = Builder(sense=home.sense, exact=home.exact, name=home.name)
    build.offset = home.offset
    for block in parts(home.column_blocks, lift.kept_columns).values():
        at = lift.kept_columns[block.slice]
        build.columns(
            block.name, block.size, lower=home.lower[at], upper=home.upper[at],
            objective=home.objective[at], unit=None if home.units is None else home.units[at],
            label=block.label,
        )  # fmt: skip
    for block in parts(home.row_blocks, lift.kept_rows).values():
        at = lift.kept_rows[block.slice]
        build.rows(
            block.name, block.size, lower=home.row_lower[at], upper=home.row_upper[at],
            label=block.label,
        )  # fmt: skip
    named = partial(_price_label, layout, lift)
    prices = build.columns(f"price.{last}.{agent}", len(lift.buys), unit=1, label=named)
    fixed = chains.weight < 0
    mixture = build.rows(
        f"mixture.{last}.{agent}", chains.count, lower=fixed.astype(np.int64), upper=fixed.astype(np.int64),
        label=partial(_chain_label, layout, chains),
    )  # fmt: skip
    new_column = np.full(home.num_columns, -1, dtype=np.int64)
    new_column[lift.kept_columns] = np.arange(len(lift.kept_columns))
    column = new_column[entries.column]
    mixed = column < 0
    build.entries(entries.row[~mixed], column[~mixed], entries.value[~mixed])
    build.entries(mixture.start + lift.price_chain, prices.index, 1)
    carried = np.flatnonzero(~fixed)
    build.entries(mixture.start + carried, new_column[chains.weight[carried]], -1)
    folded = _fold(lift, Entries(entries.row[mixed], entries.column[mixed], entries.value[mixed]))
    build.entries(folded.row, prices.start + folded.column, folded.value)
    owned = np.concatenate([chains.first, chains.second, chains.utility])
    folded = _fold(lift, Entries(np.zeros(len(owned), dtype=np.int64), owned, home.objective[owned]))
    build.add_objective(prices.start + folded.column, folded.value)
    return build.build()


def _fold(lift: PostedPrices, entries: Entries) -> Entries:
    """Entries in home columns of the last period as entries on prices."""
    chains, home = lift.chains, lift.home
    kind = np.full(home.num_columns, -1, dtype=np.int8)
    message = np.zeros(home.num_columns, dtype=np.int64)
    for k, columns in enumerate((chains.first, chains.second, chains.utility)):
        kind[columns] = k
        message[columns] = np.arange(len(columns))
    at = message[entries.column]
    rows = entries.row.astype(np.int64)  # kept narrow in a program; times the chains they need not fit
    pair, which = np.unique(rows * chains.count + chains.chain[at], return_inverse=True)
    of_row, of_chain = np.divmod(pair, chains.count)
    dense = arithmetic(home.exact).zeros((3, len(pair), chains.width + 1))
    dense[kind[entries.column], which.reshape(-1), chains.place[at]] = entries.value
    first, second, utility = dense
    base, gain = (chains.padded(v, 1)[of_chain] for v in (chains.base, chains.gain))
    paid = _after(utility * gain) + utility * gain - gain * (_after(utility) + utility)
    shift = (utility * base).sum(axis=1)
    common = _before(first) + _after(second) + paid + shift[:, None]
    if not home.exact:
        # What cancels in exact arithmetic is not to be left as a tiny entry.
        size = np.abs(utility).sum(axis=1) * np.abs(gain).max(axis=1, initial=0.0)
        size += np.abs(first).sum(axis=1) + np.abs(second).sum(axis=1)
        common[np.abs(common) <= CANCELLED * size[:, None]] = 0.0
    starts = np.searchsorted(lift.price_chain, np.arange(chains.count + 1))
    entry, price = within(starts, of_chain)
    place, buys = lift.price_place[price], lift.buys[price]
    value = common[entry, place] + np.where(buys, second[entry, place], first[entry, place])
    used = np.asarray(value != 0, dtype=bool)
    return Entries(of_row[entry[used]], price[used], value[used])


def _row_of(lies: StateRows, chains: Chains, true: Ints, told: Ints) -> Ints:
    """Home row in which the type of one message reports another of its chain."""
    return lies.at(chains.memory[true], lies.find(chains.state[true], chains.report[told]))


def _chain_label(layout: Layout, chains: Chains, c: int) -> str:
    first, view = int(chains.start[c]), layout.views[-1][layout.env.private[0]]
    label = state_label(layout.tree, view, int(chains.memory[first]), int(chains.state[first]))
    return label.rpartition("|")[0]


def _price_label(layout: Layout, lift: PostedPrices, k: int) -> str:
    chains, view = lift.chains, layout.views[-1][layout.env.private[0]]
    c, place = int(lift.price_chain[k]), int(lift.price_place[k])
    chain = _chain_label(layout, chains, c)
    if place == int(np.diff(chains.start)[c]):
        return f"{chain}|never"
    kind = view.state_type[chains.state[int(chains.start[c]) + place]]
    tie = "" if lift.buys[k] else ", who does not buy"
    return f"{chain}|at {layout.env.agents[view.agent].types[view.t][kind]}{tie}"


def _before(values: Array) -> Array:
    """Sum of everything before each place along the last axis."""
    return np.cumsum(values, axis=1) - values


def _after(values: Array) -> Array:
    """Sum of everything after each place along the last axis."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1] - values
