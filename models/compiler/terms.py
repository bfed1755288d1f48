"""What a report earns: the coefficients of one deviation, computed once per class of histories.

For a state (information set, true type θ) and a report r, with w the belief about the others,

    Σ w { Σ_a v(a, θ) x[r, a] − z[r] + δ Σ_a Σ_θ' μ(θ' | a, θ) V'[n ⊕ (r, a), θ'] }.

In the difference form the same with v(a, θ) − v(a, r) and μ(· | θ) − μ(· | r): payments have been replaced by
the utilities that truth earns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.numbers import Array, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..histories.classes import Level, value_at
from ..histories.ragged import offsets, spread
from ..histories.views import View, joint_belief, successor_prob


@dataclass(eq=False, repr=False)
class Terms(Short):
    """Coefficients of rows 0..R-1, each a (state, report) pair of one class.

    Allocation: (row, play of the level, coefficient). Payment: (row, point, weight). Continuation:
    (row, link, state of the next view, coefficient), where a link is a play if actions are remembered,
    else a point.
    """

    play_row: Ints
    play: Ints
    play_value: Array
    pay_row: Ints
    pay_point: Ints
    pay_value: Array
    next_row: Ints
    next_link: Ints
    next_state: Ints
    next_value: Array


def deviation_terms(
    env: Environment,
    level: Level,
    view: View,
    after: Level | None,
    view_after: View | None,
    state: Ints,
    report: Ints,
    difference: bool = False,
) -> Terms:
    """The terms of every (state, report) pair; `after` is None where continuation does not count."""
    i, t = view.agent, level.t
    row, member = spread(view.point_start[report], np.diff(view.point_start)[report])
    point = view.members[member]
    if isinstance(view.belief, Process):
        weight = joint_belief(env, view.belief, level, view, state[row], point)
    else:
        weight = view.belief[member]
    keep = weight != 0
    if not keep.all():
        row, point, weight = row[keep], point[keep], weight[keep]
    true = view.state_type[state]

    plays = offsets(np.bincount(level.play_point, minlength=len(level.digits)))
    entry, play = spread(plays[point], np.diff(plays)[point])
    play_row = row[entry]
    action = level.play_action[play]
    reported = level.digits[point[entry]]
    own = reported.copy()
    own[:, i] = true[play_row]
    value = value_at(env, i, t, action, own)
    if difference:
        value = value - value_at(env, i, t, action, reported)
    # Multiplying rationals by 1 takes as long as by anything else, and one agent's beliefs are all 1.
    certain = bool((weight == 1).all())
    used = np.flatnonzero(value)
    play_row, play_kept, play_value = play_row[used], play[used], value[used]
    if not certain:
        play_value = weight[entry[used]] * play_value

    empty = np.zeros(0, dtype=np.int64)
    next_row, next_link, next_state, next_value = empty, empty, empty, weight[:0]
    if after is not None and view_after is not None and env.discount != 0:
        if level.remembers:
            link_entry, link = entry, play
        else:
            link_entry, link = np.arange(len(point)), point
        cls = level.next_class[link]
        starts = view_after.class_state_start
        which, state_after = spread(starts[cls], np.diff(starts)[cls])
        next_row, next_link = row[link_entry][which], link[which]
        moved = level.play_action[next_link] if level.remembers else np.zeros(len(which), dtype=np.int64)
        profile = level.digits[point[link_entry][which]]
        chance = successor_prob(
            env, level, after, view_after, i, true[next_row], cls[which], state_after, profile, moved
        )
        if difference:
            chance = chance - successor_prob(
                env, level, after, view_after, i, profile[:, i], cls[which], state_after, profile, moved
            )
        used = np.flatnonzero(chance)
        next_row, next_link, next_state = next_row[used], next_link[used], state_after[used]
        next_value = chance[used] if env.discount == 1 else env.discount * chance[used]
        if not certain:
            next_value = weight[link_entry[which[used]]] * next_value
    return Terms(
        play_row, play_kept, play_value, row, point, weight, next_row, next_link, next_state, next_value
    )
