"""What one agent knows and can do in each class of histories.

A `View` lists her *information sets* (what she sees besides her own type), her *states* (an information set,
her true type, and for joint processes her true previous type), and her *reports* at each information set
with the points that a report may lead to. Beliefs about the others are weights on those points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Array, Bools, Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.kernels import Process
from ..environment.memory import refuse_begun, refuse_table
from ..notions.incentives import Information
from .classes import Level
from .ragged import flat_index, group_sums, offsets, starts_of, within


@dataclass(frozen=True, eq=False, repr=False)
class View(Short):
    """Agent `agent` in one period. H information sets, G reports, V states; all sorted by class.

    info_class (H,), info_start (C + 1,), info_prob (H,): public probability of the information set.
    info_digits (H, N): a profile that carries what she sees (observed types; the others' too under PROFILE).
    report_info (G,), report_type (G,): reports, sorted by information set.
    Points of report g are members[point_start[g]:point_start[g + 1]].
    belief (len(members),): probability of the point given the information set and the report, for processes
        independent across agents and for PROFILE; joint interim beliefs depend on the state, and are read
        from the process (`joint_belief`).
    state_info (V,), state_type (V,), state_before (V,): true type, true previous type (0 unless joint);
        sorted by information set.
    truth (V,): the report equal to the true type, or -1 where it is not a message.
    probable (V,): truth is optimal here under the notion: the type has positive probability given the last
        report (and the true previous type is the reported one), or the notion counts everywhere.
    state_prob (V,): public probability of information set and type, 0 off the path of truth.
    may_report (K, K): which types each true type, by rows, may report; None where all of them.
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
    point_start: Ints
    members: Ints
    belief: Array | Process
    state_info: Ints
    state_type: Ints
    state_before: Ints
    truth: Ints
    probable: Bools
    state_prob: Array
    may_report: Bools | None

    @cached_property
    def report_start(self) -> Ints:
        """First report at each information set: (H + 1,)."""
        return starts_of(self.report_info, len(self.info_class))

    @cached_property
    def class_state_start(self) -> Ints:
        """First state of each class: (C + 1,)."""
        return starts_of(self.state_info, len(self.info_class))[self.info_start]

    @cached_property
    def states_per_class(self) -> Ints:
        """Number of states in each class."""
        return np.diff(self.class_state_start)

    @cached_property
    def state_class(self) -> Ints:
        """Class of each state."""
        return self.info_class[self.state_info]

    @cached_property
    def member_report(self) -> Ints:
        """The report that each of `members` may follow."""
        return np.repeat(np.arange(len(self.report_info)), np.diff(self.point_start))

    @cached_property
    def report_of_point(self) -> Ints:
        """Her report at each point: (P,)."""
        report = np.zeros(len(self.members), dtype=np.int64)
        report[self.members] = self.member_report
        return report

    @cached_property
    def belief_of_point(self) -> Array:
        """`belief` by point, where it does not depend on the state: (P,)."""
        if isinstance(self.belief, Process):
            raise AssertionError("beliefs under joint processes depend on the state")
        belief = arithmetic_of(self.belief).zeros(len(self.members))
        belief[self.members] = self.belief
        return belief

    @cached_property
    def truthful_state(self) -> Ints:
        """For each report the state whose truth it is, or -1 (processes independent across agents): (G,)."""
        state = np.full(len(self.report_info), -1, dtype=np.int64)
        told = np.flatnonzero(self.truth >= 0)
        state[self.truth[told]] = told
        return state

    @property
    def sender(self) -> Ints:
        """The same for each point: (P,)."""
        return self.truthful_state[self.report_of_point]

    def pairs(self, states: Ints) -> tuple[Ints, Ints]:
        """(state, report) for every report that may be sent in these states."""
        return self._where(states, True)

    def forbidden(self, states: Ints) -> tuple[Ints, Ints]:
        """(state, report) for every report at the information sets of these states that may not be sent."""
        return self._where(states, False)

    def _where(self, states: Ints, may: bool) -> tuple[Ints, Ints]:
        which, report = within(self.report_start, self.state_info[states])
        state = states[which]
        if self.may_report is None:
            return (state, report) if may else (state[:0], report[:0])
        kept = self.may_report[self.state_type[state], self.report_type[report]] == may
        return state[kept], report[kept]

    def over_reports(self, figures: Ints) -> Ints:
        """(V,): sum of figures (G,) over the reports that may be sent in each state."""
        if self.may_report is None:
            total = group_sums(figures, self.report_info, len(self.info_class)).astype(np.int64)
            return total[self.state_info]
        table = np.zeros((len(self.info_class), len(self.may_report)), dtype=np.int64)
        table[self.report_info, self.report_type] = figures
        sums: Ints = (table @ self.may_report.T)[self.state_info, self.state_type]
        return sums

    def in_doubles(self, process: Process | None) -> View:
        """The same with its probabilities rounded; process: in doubles, of the environment if it has one."""
        belief = (process or self.belief) if isinstance(self.belief, Process) else to_float(self.belief)
        info, state = to_float(self.info_prob), to_float(self.state_prob)
        return replace(self, info_prob=info, belief=belief, state_prob=state)

    @property
    def silenced(self) -> bool:
        """Whether reports are forbidden, and some that cannot be true are no messages here."""
        may = self.may_report
        return may is not None and len(self.report_info) < len(self.info_class) * len(may)


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
    t, sizes, size = level.t, env.types(level.t), env.types(level.t)[i]
    interim = information is Information.INTERIM
    seen = level.digits.copy()
    seen[:, list(env.private) if interim else i] = 0
    key = level.point_class * int(np.prod(sizes)) + flat_index(seen, sizes)
    distinct, first, info = np.unique(key, return_index=True, return_inverse=True)
    info, count = info.reshape(-1), len(distinct)
    info_class, info_digits = level.point_class[first], seen[first]
    info_prob = group_sums(level.prob, info, count)

    report_key = info * size + level.digits[:, i]
    members = np.argsort(report_key, kind="stable")
    reports, group, counts = np.unique(report_key[members], return_inverse=True, return_counts=True)
    report_info, report_type = np.divmod(reports, size)
    report_of = np.full((count, size), -1, dtype=np.int64)
    report_of[report_info, report_type] = np.arange(len(reports))
    member_prob = level.prob[members]
    report_prob = group_sums(member_prob, group.reshape(-1), len(reports))

    belief: Array | Process
    if interim and env.process is not None:
        state_info, state_before, state_type = _joint_states(
            env, env.process, level, i, info_class, info_digits, limit
        )
        belief = env.process
        honest = state_before == level.last[info_class[state_info], i]
    else:
        conceivable = np.ones((count, size), dtype=bool)
        if interim:
            conceivable = level.possible[i][level.public[first]]
        refuse_begun(env, 0, int(np.count_nonzero(conceivable)), t, limit)
        state_info, state_type = np.nonzero(conceivable)
        state_before = np.zeros(len(state_info), dtype=np.int64)
        belief = (
            _independent_belief(level, i, info, info_prob, sizes)[members]
            if interim
            else arithmetic_of(member_prob).ones(member_prob.shape)
        )
        honest = np.ones(len(state_info), dtype=bool)
    truth = report_of[state_info, state_type]
    reached = (truth >= 0) & honest & (report_prob[truth] != 0)
    kept = reached if only_probable else np.ones(len(reached), dtype=bool)
    return View(
        t=t,
        agent=i,
        information=information,
        info_class=info_class,
        info_start=starts_of(info_class, level.count),
        info_prob=info_prob,
        info_digits=info_digits,
        report_info=report_info,
        report_type=report_type,
        point_start=offsets(counts),
        members=members,
        belief=belief,
        state_info=state_info[kept],
        state_type=state_type[kept],
        state_before=state_before[kept],
        truth=truth[kept],
        probable=(reached | everywhere)[kept],
        state_prob=(report_prob[truth] * reached)[kept],
        may_report=env.agents[i].may_report(t),
    )


def _independent_belief(level: Level, i: int, info: Ints, info_prob: Array, sizes: tuple[int, ...]) -> Array:
    """``Pr(the others' types of the point | information set)``: own reports say nothing about them."""
    others = level.digits.copy()
    others[:, i] = 0
    _, group = np.unique(info * int(np.prod(sizes)) + flat_index(others, sizes), return_inverse=True)
    group = group.reshape(-1)
    return group_sums(level.prob, group, int(group.max(initial=-1)) + 1)[group] / info_prob[info]


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
    t, count, size = level.t, len(info_class), env.types(level.t)[i]
    before = env.types(t - 1)[i] if t > 0 else 1
    refuse_table(
        f"environment '{env.name}', period {t}: the table of what agent '{env.agents[i].name}' may know",
        count * before * size,
        env.exact,
        limit,
    )
    info = np.repeat(np.arange(count), before)
    previous = np.tile(np.arange(before), count)
    row = _joint_row(process, level, i, info_class[info], previous)
    profile = [*info_digits[info].T[:, :, None]]
    profile[i] = np.arange(size)
    at, own = np.nonzero(_joint_chance(env, process, t, row[:, None], profile, _hidden(env, i)) != 0)
    return info[at], previous[at], own


def _hidden(env: Environment, i: int) -> list[int]:
    """The agents whose types agent i does not see."""
    return [j for j in env.private if j != i]


def _joint_row(process: Process, level: Level, i: int, cls: Ints, before: Ints) -> Ints:
    """Row of the joint process that draws the types of these classes, by agent i's true previous type."""
    last = level.last[cls].copy()
    last[:, i] = before
    return process.row_index(level.t, level.action[cls], last)


def _joint_chance(
    env: Environment, process: Process, t: int, row: Ints, profile: list[Ints], hidden: list[int]
) -> Array:
    """Chance of the types in `profile`, one array an agent, in these rows; `hidden` ones are summed out."""
    table = process.rows(t).reshape(-1, *env.types(t))
    if hidden:
        table = table.sum(axis=tuple(1 + j for j in hidden), keepdims=True)
    chance: Array = table[row, *(0 if j in hidden else types for j, types in enumerate(profile))]
    return chance


def joint_belief(
    env: Environment, process: Process, level: Level, view: View, state: Ints, point: Ints
) -> Array:
    """``Pr(the others' types of point | what she knows in state)`` for joint processes, entry by entry."""
    i, t = view.agent, level.t
    row = _joint_row(process, level, i, view.state_class[state], view.state_before[state])
    profile = [*level.digits[point].T]
    profile[i] = view.state_type[state]
    together = _joint_chance(env, process, t, row, profile, [])
    return together / _joint_chance(env, process, t, row, profile, _hidden(env, i))


def successor_prob(env: Environment, view: View, true: Ints, state: Ints, last: Ints, action: Ints) -> Array:
    """Probability that an agent is in `state` of her view, given her true type and the others' before.

    true (n,): her true previous type; last (n, N): the profile with the others' true (reported) previous
    types; action (n,). Independent processes multiply the public probability of the information set with her
    own kernel; joint ones read the joint kernel.
    """
    i, info, own = view.agent, view.state_info[state], view.state_type[state]
    chance: Array
    if env.process is None:
        kernel = env.agents[i].kernels[view.t - 1]
        given = [view.info_digits[info, j] for j in kernel.given]
        chance = kernel.probability(action, given, true, own)
        # As in `deviation_terms`: where nobody else is, all of these are 1.
        return chance if (view.info_prob == 1).all() else view.info_prob[info] * chance
    last = last.copy()
    last[:, i] = true
    row = env.process.row_index(view.t, action, last)
    profile = [*view.info_digits[info].T]
    profile[i] = own
    if view.information is Information.PROFILE:
        return _joint_chance(env, env.process, view.t, row, profile, [])
    chance = _joint_chance(env, env.process, view.t, row, profile, _hidden(env, i))
    # Her next state remembers her true type of today.
    return np.where(view.state_before[state] == true, chance, chance * 0)
