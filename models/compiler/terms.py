"""What a report earns: the coefficients of one deviation, computed once per class of histories.

For a state (information set, true type θ) and a report r, with w the belief about the others,

    Σ w { Σ_a v(a, θ) x[r, a] − z[r] + δ Σ_a Σ_θ' μ(θ' | a, θ) V'[n ⊕ (r, a), θ'] }.

In the difference form the same with v(a, θ) − v(a, r) and μ(· | θ) − μ(· | r): payments have been replaced by
the utilities that truth earns. What was computed for a class is repeated over its histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul, sub

import numpy as np

from ...solvers.numbers import Array, Ints, paired, scaled, there
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..histories.classes import Level, value_at
from ..histories.ragged import group_sums, within
from ..histories.tree import Repeated
from ..histories.views import View, joint_belief, successor_prob


@dataclass(frozen=True, eq=False, repr=False)
class Entries(Short):
    """Coefficients, sorted by row, none of them 0: of rows and columns of classes, or of all histories."""

    row: Ints
    column: Ints
    value: Array

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, eq=False, repr=False)
class Terms(Short):
    """What the rows of classes earn, each a (state, report) pair.

    plays: value by play of the level. points: weight of the payment, by point. later: discounted chance by
    state of the next view; link: the play or point that each of these follows. Values and chances, but not
    weights, are multiplied by `sign`.
    """

    plays: Entries
    points: Entries
    later: Entries
    link: Ints
    sign: int = 1


def deviation_terms(
    env: Environment,
    level: Level,
    view: View,
    after: View | None,
    state: Ints,
    report: Ints,
    difference: bool = False,
    sign: int = 1,
) -> Terms:
    """The terms of every (state, report) pair; after: her next view, None where no continuation counts.

    sign: ±1 by which a row has them.
    """
    i, t, true = view.agent, level.t, view.state_type[state]
    row, member = within(view.point_start, report)
    point = view.members[member]
    if isinstance(view.belief, Process):
        belief, member = joint_belief(env, view.belief, level, view, state[row], point), np.arange(len(row))
    else:
        belief = view.belief
    possible = np.asarray(belief != 0, dtype=bool)[member]
    if not possible.all():
        row, point, member = row[possible], point[possible], member[possible]
    weight = belief[member]
    # Multiplying rationals by 1 takes as long as by anything else, and one agent's beliefs are all 1.
    certain = bool(np.asarray(belief == 1, dtype=bool)[member].all())

    entry, play = within(level.point_plays, point)
    action, reported = level.play_action[play], level.digits[point[entry]]
    own = reported.copy()
    own[:, i] = true[row[entry]]
    value = value_at(env, i, t, action, own)
    if difference:
        value = _apart(value, value_at(env, i, t, action, reported), sign)
    elif sign != 1:
        value = scaled(sign, value)
    used = np.flatnonzero(there(value))
    value = value[used] if certain else paired(mul, weight[entry[used]], value[used])
    plays, points = Entries(row[entry[used]], play[used], value), Entries(row, point, weight)
    if after is None or env.discount == 0:
        none = np.zeros(0, dtype=np.int64)
        return Terms(plays, points, Entries(none, none, weight[:0]), none, sign)

    link = point
    if level.remembers:
        row, point, weight, link = row[entry], point[entry], weight[entry], play
    which, state_after = within(after.class_state_start, level.next_class[link])
    row, link, profile = row[which], link[which], level.digits[point[which]]
    action = level.play_action[link] if level.remembers else np.zeros(len(link), dtype=np.int64)
    chance = successor_prob(env, after, true[row], state_after, profile, action)
    rate = env.discount
    if difference:
        reported_chance = successor_prob(env, after, profile[:, i], state_after, profile, action)
        chance = _apart(chance, reported_chance, sign)
    else:
        rate = sign * rate
    used = np.flatnonzero(there(chance))
    chance = chance[used]
    if rate != 1:
        chance = scaled(rate, chance)
    if not certain:
        chance = paired(mul, weight[which[used]], chance)
    return Terms(plays, points, Entries(row[used], state_after[used], chance), link[used], sign)


def _apart(true: Array, reported: Array, sign: int) -> Array:
    """±1 times what is true less what is reported."""
    return paired(sub, true, reported) if sign > 0 else paired(sub, reported, true)


def lay_out(rows: Repeated, entries: Entries, columns: Repeated) -> Entries:
    """Coefficients of classes (rows, plays or points) over all histories."""
    memory, number, entry, weight = rows.of_rows(entries.row)
    column, value = columns.at(memory, entries.column[entry]), entries.value[entry]
    return Entries(number, column, value) if weight is None else _pooled(number, column, weight * value)


def lay_out_later(rows: Repeated, terms: Terms, links: Repeated, states: Repeated) -> Entries:
    """What the rows earn later, by `states` of the next period."""
    memory, number, entry, weight = rows.of_rows(terms.later.row)
    following = links.at(memory, terms.link[entry])
    column, value = states.at(following, terms.later.column[entry]), terms.later.value[entry]
    return Entries(number, column, value) if weight is None else _pooled(number, column, weight * value)


def _pooled(row: Ints, column: Ints, value: Array) -> Entries:
    """Entries sorted by row, those of one place added up and zeros left out: where histories share rows."""
    width = int(column.max(initial=0)) + 1
    place, which = np.unique(row * width + column, return_inverse=True)
    total = group_sums(value, which.reshape(-1), len(place))
    used = np.flatnonzero(total != 0)
    return Entries(place[used] // width, place[used] % width, total[used])
