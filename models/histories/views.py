"""What one agent knows and can do in each class of histories.

A `View` lists her *information sets* (what she sees besides her own type), her *states* (an information set,
her true type, and for joint processes her true previous type), and her *reports* at each information set
with the points that a report may lead to. Beliefs about the others are weights on those points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Bools, Ints
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..environment.memory import refuse_begun, refuse_table
from ..notions.incentives import Information
from .classes import Level
from .ragged import flat_index, group_sums, offsets, spread


@dataclass(frozen=True, eq=False, repr=False)
class View(Short):
    """Agent `agent` in one period. H information sets, G reports, V states; all sorted by class.

    info_class (H,), info_start (C + 1,), info_prob (H,): public probability of the information set.
    info_digits (H, N): a profile that carries what she sees (observed types; the others' too under PROFILE).
    report_info (G,), report_type (G,), report_start (H + 1,): reports at each information set.
    report_points: points of report g are members[point_start[g]:point_start[g + 1]].
    belief (len(members),): probability of the point given the information set and the report, for processes
        independent across agents and for PROFILE; joint interim beliefs depend on the state, and are read
        from the process (`joint_belief`).
    state_info (V,), state_type (V,), state_before (V,): true type, true previous type (0 unless joint).
    state_start (H + 1,): states at each information set.
    truth (V,): the report equal to the true type, or -1 where it is not a message.
    probable (V,): truth is optimal here under the notion: the type has positive probability given the last
        report (and the true previous type is the reported one), or the notion counts everywhere.
    state_prob (V,): public probability of information set and type, 0 off the path of truth.
    """

    t: int
    agent: int
    information: Information
    info_class: Ints
    info_start: Ints
    info_prob: Array
    info_digits: Ints
    report_info: Ints
    report_type: Ints
    report_start: Ints
    point_start: Ints
    members: Ints
    belief: Array | Process
    state_info: Ints
    state_type: Ints
    state_before: Ints
    state_start: Ints
    truth: Ints
    probable: Bools
    state_prob: Array

    @property
    def states_per_class(self) -> Ints:
        """Number of states in each class."""
        return self.state_start[self.info_start[1:]] - self.state_start[self.info_start[:-1]]

    @property
    def class_state_start(self) -> Ints:
        """First state of each class: (C + 1,)."""
        return self.state_start[self.info_start]

    @property
    def state_class(self) -> Ints:
        """Class of each state."""
        return self.info_class[self.state_info]


def build_view(
    env: Environment,
    level: Level,
    i: int,
    information: Information,
    everywhere: bool,
    only_probable: bool,
    limit: float,
) -> View:
    """Agent i's view of a level.

    only_probable: leave out states that truth cannot reach (no lies count, so no best replies are needed).
    limit: bytes that the program may take, in which every state is a column. Raises `TooLarge`.
    """
    t, sizes = level.t, env.types(level.t)
    seen = level.digits.copy()
    if information is Information.INTERIM:
        seen[:, list(env.private)] = 0
    else:
        seen[:, i] = 0
    key = level.point_class * int(np.prod(sizes)) + flat_index(seen, sizes)
    distinct, first, info = np.unique(key, return_index=True, return_inverse=True)
    info = info.reshape(-1)
    info_class, info_digits = level.point_class[first], seen[first]
    info_start = offsets(np.bincount(info_class, minlength=level.count))
    info_prob = group_sums(level.prob, info, len(distinct))

    size = sizes[i]
    report_key = info * size + level.digits[:, i]
    members = np.argsort(report_key, kind="stable")
    reports, counts = np.unique(report_key[members], return_counts=True)
    report_info, report_type = np.divmod(reports, size)
    report_start = offsets(np.bincount(report_info, minlength=len(distinct)))
    point_start = offsets(counts)
    report_of = np.full((len(distinct), size), -1, dtype=np.int64)
    report_of[report_info, report_type] = np.arange(len(reports))
    group = np.repeat(np.arange(len(reports)), counts)
    prob_members = level.prob[members]
    report_prob = group_sums(prob_members, group, len(reports))

    process = env.process if information is Information.INTERIM else None
    belief: Array | Process
    if process is not None:
        state_info, state_before, state_type = _joint_states(
            env, process, level, i, info_class, info_digits, limit
        )
        belief = process
        reported = level.last[info_class[state_info], i] if t > 0 else 0
        own = (state_before == reported) if t > 0 else np.ones(len(state_info), dtype=bool)
    else:
        if information is Information.PROFILE:
            conceivable = np.ones((len(distinct), size), dtype=bool)
        else:
            conceivable = level.possible[i][level.public[first]]
        refuse_begun(env, 0, int(np.count_nonzero(conceivable)), t, limit)
        state_info, state_type = np.nonzero(conceivable)
        state_before = np.zeros(len(state_info), dtype=np.int64)
        own = np.ones(len(state_info), dtype=bool)
        if information is Information.PROFILE:
            belief = arithmetic_of(prob_members).ones(prob_members.shape)
        else:
            belief = _independent_belief(level, i, info, info_prob, members, sizes)
    truth = report_of[state_info, state_type]
    prob_of_truth = report_prob[truth]
    reached = (truth >= 0) & own & (prob_of_truth != 0)
    state_prob = prob_of_truth * reached
    probable = reached if not everywhere else np.ones(len(state_info), dtype=bool)
    if only_probable:
        keep = reached
        state_info, state_type, state_before = state_info[keep], state_type[keep], state_before[keep]
        truth, probable, state_prob = truth[keep], probable[keep], state_prob[keep]
    return View(
        t=t,
        agent=i,
        information=information,
        info_class=info_class,
        info_start=info_start,
        info_prob=info_prob,
        info_digits=info_digits,
        report_info=report_info,
        report_type=report_type,
        report_start=report_start,
        point_start=point_start,
        members=members,
        belief=belief,
        state_info=state_info,
        state_type=state_type,
        state_before=state_before,
        state_start=offsets(np.bincount(state_info, minlength=len(distinct))),
        truth=truth,
        probable=probable,
        state_prob=state_prob,
    )


def _independent_belief(
    level: Level, i: int, info: Ints, info_prob: Array, members: Ints, sizes: tuple[int, ...]
) -> Array:
    """``Pr(the others' types of the point | information set)``: own reports say nothing about them."""
    others = level.digits.copy()
    others[:, i] = 0
    _, group = np.unique(info * int(np.prod(sizes)) + flat_index(others, sizes), return_inverse=True)
    group = group.reshape(-1)
    mass = group_sums(level.prob, group, int(group.max(initial=-1)) + 1)
    belief: Array = mass[group] / info_prob[info]
    return belief[members]


def _joint_states(
    env: Environment,
    process: Process,
    level: Level,
    i: int,
    info_class: Ints,
    info_digits: Ints,
    limit: float,
) -> tuple[Ints, Ints, Ints]:
    """(information set, true previous type, true type) of positive probability, whatever was reported."""
    t = level.t
    before = env.types(t - 1)[i] if t > 0 else 1
    size = env.types(t)[i]
    count = len(info_class)
    refuse_table(
        f"environment '{env.name}', period {t}: the table of what agent '{env.agents[i].name}' may know",
        count * before * size,
        env.exact,
        limit,
    )
    info = np.repeat(np.arange(count), before)
    previous = np.tile(np.arange(before), count)
    mass = joint_marginal(env, process, level, i, info_class[info], previous, info_digits[info])
    at, kind = np.nonzero(mass.reshape(count * before, size) != 0)
    return info[at], previous[at], kind


def joint_marginal(
    env: Environment, process: Process, level: Level, i: int, cls: Ints, previous: Ints, seen: Ints
) -> Array:
    """``Pr(observed types in `seen`, own type = each | last action, own true previous type)``: (n, K_i)."""
    t, sizes = level.t, env.types(level.t)
    rows = process.rows(t)
    last = level.last[cls].copy()
    if t > 0:
        last[:, i] = previous
    row = process.row_index(t, level.action[cls], last)
    axes = [j for j in range(env.num_agents) if j != i and j in env.private]
    summed = rows.reshape(len(rows), *sizes).sum(axis=tuple(1 + j for j in axes), keepdims=True)
    index: list[Ints] = [row[:, None]]
    for j in range(env.num_agents):
        if j == i:
            index.append(np.arange(sizes[i])[None, :])
        elif j in env.private:
            index.append(np.zeros((1, 1), dtype=np.int64))
        else:
            index.append(seen[:, j][:, None])
    found: Array = summed[tuple(index)]
    return found


def joint_belief(
    env: Environment, process: Process, level: Level, view: View, state: Ints, point: Ints
) -> Array:
    """``Pr(the others' types of point | what she knows in state)`` for joint processes, entry by entry."""
    i, t = view.agent, level.t
    cls = view.state_class[state]
    last = level.last[cls].copy()
    if t > 0:
        last[:, i] = view.state_before[state]
    digits = level.digits[point].copy()
    digits[:, i] = view.state_type[state]
    rows = process.rows(t)
    row = process.row_index(t, level.action[cls], last)
    mass = rows[row, flat_index(digits, env.types(t))]
    states, back = np.unique(state, return_inverse=True)
    info = view.state_info[states]
    margin = joint_marginal(
        env, process, level, i, view.info_class[info], view.state_before[states], view.info_digits[info]
    )[np.arange(len(states)), view.state_type[states]]
    result: Array = mass / margin[back.reshape(-1)]
    return result


def successor_prob(
    env: Environment,
    level: Level,
    after: Level,
    view_after: View,
    i: int,
    true: Ints,
    cls_after: Ints,
    state_after: Ints,
    others_last: Ints,
    action: Ints,
) -> Array:
    """Probability that agent i is in `state_after` next period, given her true type and the others'.

    true (n,): her true type now; others_last (n, N): the profile with the others' true (reported) types;
    cls_after (n,): class of the history that follows; action (n,). Independent processes multiply the public
    probability of the information set with her own kernel; joint ones read the joint kernel.
    """
    info = view_after.state_info[state_after]
    own_next = view_after.state_type[state_after]
    process = env.process
    if process is None:
        kernel = env.agents[i].kernels[level.t]
        given = [view_after.info_digits[info, j] for j in kernel.given]
        own: Array = kernel.probability(action, given, true, own_next)
        result: Array = view_after.info_prob[info] * own
        return result
    profile = others_last.copy()
    profile[:, i] = true
    rows, row = process.rows(after.t), process.row_index(after.t, action, profile)
    if view_after.information is Information.INTERIM:
        sizes = env.types(after.t)
        axes = tuple(1 + j for j in env.private if j != i)
        summed = rows.reshape(len(rows), *sizes).sum(axis=axes, keepdims=True)
        index: list[Ints] = [row]
        for j in range(env.num_agents):
            if j == i:
                index.append(own_next)
            elif j in env.private:
                index.append(np.zeros(len(row), dtype=np.int64))
            else:
                index.append(view_after.info_digits[info, j])
        found: Array = summed[tuple(index)]
        # Her next state remembers her true type of today.
        return np.where(view_after.state_before[state_after] == true, found, found * 0)
    digits = view_after.info_digits[info].copy()
    digits[:, i] = own_next
    exact: Array = rows[row, flat_index(digits, env.types(after.t))]
    return exact


def adjacent_below(view: View) -> Ints:
    """For each state the report just below its truth among the messages there, or -1."""
    below = view.truth - 1
    ok = (view.truth > 0) & (view.truth > view.report_start[view.state_info])
    return np.where(ok, below, -1)


def pairs(view: View, states: Ints) -> tuple[Ints, Ints]:
    """Every (state, report) of the same information set: index arrays."""
    info = view.state_info[states]
    which, report = spread(view.report_start[info], np.diff(view.report_start)[info])
    return states[which], report


__all__ = ["View", "adjacent_below", "build_view", "joint_belief", "pairs", "successor_prob"]
