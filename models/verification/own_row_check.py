"""What a row of one's own comes to for a mechanism: forwards over its public states.

Where all histories are alike, a public state carries the sum over the histories that lead to it of the
probability that their actions are taken (times, where coefficients are expected, the probability of their
reports). Where histories are named, each goes its own way through the states; actions that histories leave
out lead it on to several states, if the mechanism's memory tells them apart.

What counts as nothing in doubles is a share of the sum of all terms' sizes, payments counted as what is at
stake, and of the bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, Number, nearest
from ..notions.demands import OwnRow
from ..notions.demands.row_tables import Table
from .agent_view import view
from .finding import UnmetRow
from .judging import limits, nothing_of
from .public_states import Play
from .report_utilities import truth_utilities, truth_values


@dataclass(frozen=True)
class Sum:
    """A sum, and what of it counts as nothing."""

    value: Number
    nothing: float

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.value + other.value, self.nothing + other.nothing)


@dataclass(frozen=True, eq=False)
class Reached:
    """Histories at a period's public states: which of the table's (n,), the state (n,), their weight (n,)."""

    history: Ints
    state: Ints
    weight: Array

    def kept(self, which: Array) -> Reached:
        """Some of them."""
        return Reached(self.history[which], self.state[which], self.weight[which])


def row_unmet(play: Play, demand: OwnRow) -> Iterator[UnmetRow]:
    """By how much the row is beyond each of its bounds."""
    demand.known()
    total = Sum(0 * play.env.discount, 0.0)
    for key in ("allocation", "payment"):
        for table in getattr(demand, key):
            total += _of_table(play, demand, table, key)
    for i in demand.utility:
        total += _of_first_types(play, i, demand.utility_over(i, play.exact), demand.row.expected)
    for sign, bound in ((1, demand.row.lower), (-1, demand.row.upper)):
        if bound is None:
            continue
        bound = bound if play.exact else nearest(bound)
        violation = sign * (bound - total.value)
        nothing = 0 if play.exact else total.nothing + play.tolerances.violation * abs(bound)
        yield UnmetRow(
            agent=-1, period=play.env.periods - 1, state=0, violation=violation, nothing=nothing,
            counts=bool(violation > nothing), name=demand.row.name, amount=total.value, bound=bound,
            above=sign < 0,
        )  # fmt: skip


def _of_table(play: Play, demand: OwnRow, table: Table, key: str) -> Sum:
    """Over all histories and reports, expected or once each."""
    states, total, expected = play.states[table.t], Sum(0 * play.env.discount, 0.0), demand.row.expected
    values = table.over(play.exact, demand.row.where)
    if demand.behind is not None and values.shape[1] > 1:
        values = values[:, demand.behind[table.t]]
    reached = _everywhere(play, table.t, expected) if table.histories is None else _along(play, demand, table)
    size = int(np.prod(play.env.types(table.t))) * play.env.num_actions(table.t)
    for some in play.pieces(table.t, size, np.arange(len(reached.state))):
        here = reached.kept(some)
        memory, news = states.memory[here.state], states.news[here.state]
        told = states.chance[news] if expected else states.open[news]
        weight = (here.weight[:, None] * told)[..., None] * values[here.history]
        if key == "allocation":
            terms = weight * play.allocation(table.t)[memory]
            size_of = play.tolerances.violation * float(abs(terms).sum()) if not play.exact else 0.0
            total += Sum(terms.sum(), size_of)
            continue
        for i in play.env.private:
            paid, owed = play.transfers(table.t, i)[memory], weight[..., i]
            size_of = 0.0
            if not play.exact:
                stake = float(abs(play.env.agents[i].values[table.t]).max())
                each = nothing_of(play, stake, float(abs(paid).max(initial=0.0)))
                size_of = float(abs(owed).sum()) * each
            total += Sum((owed * paid).sum(), size_of)
    return total


def _everywhere(play: Play, t: int, expected: bool) -> Reached:
    """The public states of period t, with the weights of all histories that lead there."""
    numbers = arithmetic(play.exact)
    weight = numbers.ones(1)
    for s in range(t):
        states = play.states[s]
        after = numbers.zeros(play.states[s + 1].size)
        size = int(np.prod(play.env.types(s))) * play.env.num_actions(s)
        for rows in play.chunks(s, size):
            news = states.news[rows]
            joint = weight[rows][:, None] * (states.chance[news] if expected else states.open[news])
            moved = joint[..., None]
            if play.by_action(s):
                moved = moved * play.allocation(s)[states.memory[rows]]
            follow = states.onward[rows]
            np.add.at(after, follow[follow >= 0], moved[follow >= 0])
        weight = after
    return Reached(np.zeros(len(weight), dtype=np.int64), np.arange(len(weight)), weight)


def _along(play: Play, demand: OwnRow, table: Table) -> Reached:
    """The table's histories, one by one; behind one there may be several of a rewriting."""
    if table.histories is None:
        raise AssertionError("all histories are alike")
    count = len(table.histories)
    at = Reached(np.arange(count), np.zeros(count, dtype=np.int64), arithmetic(play.exact).ones(count))
    for s in range(table.t):
        states = play.states[s]
        profile = table.histories[at.history, s, 0]
        if demand.behind is not None:
            which, profile = np.nonzero(profile[:, None] == demand.behind[s])
            at = at.kept(which)
        action = table.histories[at.history, s, 1]
        lottery = play.allocation(s)[states.memory[at.state], profile]
        if demand.row.expected:
            at = Reached(at.history, at.state, at.weight * states.chance[states.news[at.state], profile])
        follow = states.onward[at.state, profile]
        if play.env.remembers_action(s):
            each = np.arange(len(action))
            branch = action if play.by_action(s) else 0 * action
            at = Reached(at.history, follow[each, branch], at.weight * lottery[each, action])
        elif play.by_action(s):
            history = np.repeat(at.history, follow.shape[1])
            at = _merged(Reached(history, follow.ravel(), (at.weight[:, None] * lottery).ravel()))
        else:
            at = Reached(at.history, follow[:, 0], at.weight)
            at = at if demand.behind is None else _merged(at)
        at = at.kept((at.state >= 0) & np.asarray(at.weight != 0, dtype=bool))
    return at


def _merged(at: Reached) -> Reached:
    """The same with one weight for each history and state."""
    there = at.kept(at.state >= 0)
    pairs = np.stack([there.history, there.state], axis=1)
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    weight = there.weight[:1].repeat(len(distinct)) * 0
    np.add.at(weight, which.reshape(-1), there.weight)
    return Reached(distinct[:, 0], distinct[:, 1], weight)


def _of_first_types(play: Play, i: int, share: Array, expected: bool) -> Sum:
    """What each first type of agent i expects under truth, times its coefficient."""
    start, seen = np.zeros(1, dtype=np.int64), view(play, i, 0)
    utilities = truth_utilities(play, seen, start, truth_values(play, i)[1])[0]
    chance = play.states[0].chance[0][seen.order]
    each, by_type = (chance * utilities).sum(axis=(0, 2)), chance.sum(axis=(0, 2))
    if not expected:
        share = share / arithmetic(play.exact).divisor(by_type)
    nothing = 0.0
    if not play.exact:
        within = (chance.sum(axis=-1) * limits(play, i)[0][0]).sum(axis=0)
        nothing = float((abs(share) * within).sum())
    return Sum((share * each).sum(), nothing)
