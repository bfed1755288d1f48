"""What a report earns: the coefficients of one deviation, computed once per class of histories.

For a state (information set, true type θ) and a report r, with w the belief about the others,

    Σ w { Σ_a v(a, θ) x[r, a] − z[r] + δ Σ_a Σ_θ' μ(θ' | a, θ) V'[n ⊕ (r, a), θ'] }.

In the difference form the same with v(a, θ) − v(a, r) and μ(· | θ) − μ(· | r): payments have been replaced by
the utilities that truth earns. What was computed for a class is repeated over its histories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..histories.classes import Level, value_at
from ..histories.ragged import starts_of, within
from ..histories.tree import Repeated
from ..histories.views import View, joint_belief, successor_prob


@dataclass(frozen=True, eq=False, repr=False)
class Entries(Short):
    """Coefficients, sorted by row: of rows and columns that classes have, or of those of all histories."""

    row: Ints
    column: Ints
    value: Array

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, eq=False, repr=False)
class Terms(Short):
    """What the rows of classes earn, each a (state, report) pair.

    plays: value by play of the level. points: weight of the payment, by point. later: discounted chance by
    state of the next view; link: the play or point that each of these follows.
    """

    plays: Entries
    points: Entries
    later: Entries
    link: Ints


def deviation_terms(
    env: Environment,
    level: Level,
    view: View,
    after: View | None,
    state: Ints,
    report: Ints,
    difference: bool = False,
) -> Terms:
    """The terms of every (state, report) pair; after: her next view, None where no continuation counts."""
    i, t, true = view.agent, level.t, view.state_type[state]
    row, member = within(view.point_start, report)
    point = view.members[member]
    if isinstance(view.belief, Process):
        weight = joint_belief(env, view.belief, level, view, state[row], point)
    else:
        weight = view.belief[member]
    possible = weight != 0
    if not possible.all():
        row, point, weight = row[possible], point[possible], weight[possible]
    # Multiplying rationals by 1 takes as long as by anything else, and one agent's beliefs are all 1.
    certain = bool((weight == 1).all())

    entry, play = within(level.point_plays, point)
    action, reported = level.play_action[play], level.digits[point[entry]]
    own = reported.copy()
    own[:, i] = true[row[entry]]
    value = value_at(env, i, t, action, own)
    if difference:
        value = value - value_at(env, i, t, action, reported)
    used = np.flatnonzero(value)
    value = value[used] if certain else weight[entry[used]] * value[used]
    plays, points = Entries(row[entry[used]], play[used], value), Entries(row, point, weight)
    if after is None or env.discount == 0:
        none = np.zeros(0, dtype=np.int64)
        return Terms(plays, points, Entries(none, none, weight[:0]), none)

    link = point
    if level.remembers:
        row, point, weight, link = row[entry], point[entry], weight[entry], play
    which, state_after = within(after.class_state_start, level.next_class[link])
    row, link, profile = row[which], link[which], level.digits[point[which]]
    action = level.play_action[link] if level.remembers else np.zeros(len(link), dtype=np.int64)
    chance = successor_prob(env, after, true[row], state_after, profile, action)
    if difference:
        chance = chance - successor_prob(env, after, profile[:, i], state_after, profile, action)
    used = np.flatnonzero(chance)
    chance = chance[used] if env.discount == 1 else env.discount * chance[used]
    if not certain:
        chance = weight[which[used]] * chance
    return Terms(plays, points, Entries(row[used], state_after[used], chance), link[used])


def _repeated(rows: Repeated, row: Ints) -> tuple[Ints, Ints, Ints]:
    """(memory, row, entry of the class) for entries whose rows are `row` (sorted)."""
    number, entry = within(starts_of(row, int(rows.start[-1])), rows.of_class)
    return rows.memory[number], number, entry


def lay_out(rows: Repeated, entries: Entries, columns: Repeated) -> Entries:
    """Coefficients of classes (rows, plays or points) over all histories."""
    memory, number, entry = _repeated(rows, entries.row)
    return Entries(number, columns.at(memory, entries.column[entry]), entries.value[entry])


def lay_out_later(rows: Repeated, terms: Terms, links: Repeated, states: Repeated) -> Entries:
    """What the rows earn later, by `states` of the next period."""
    memory, number, entry = _repeated(rows, terms.later.row)
    following = links.at(memory, terms.link[entry])
    return Entries(number, states.at(following, terms.later.column[entry]), terms.later.value[entry])
