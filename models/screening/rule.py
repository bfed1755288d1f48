"""A rule for money: what it promises, what it earns, and whether it survives the judge.

A rule leaves the virtual plan as it is wherever everybody has been truthful. It says what each agent is left
with at every profile k of first signals, U_i(k), and what is paid later; the *entry payment* of period 0
makes up the difference (KLN (25)):

    p_i0(k) = V_i(k) − U_i(k) − E[Σ_{t≥1} δ^t p_it | k],     profit = E Σ_i (V_i − U_i) − E Σ_t δ^t c_t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...solvers.algorithms.mdp import take
from ...solvers.arithmetic import arithmetic
from ...solvers.errors import TooLarge
from ...solvers.numbers import Array, Ints, Number
from ...solvers.short import Short
from ..mechanism.mechanism import Mechanism, Stage
from ..notions.incentives import Information, read_incentive
from ..notions.participation import read_participation
from ..verification.stationary import verify_stationary
from ..verification.verdict import Verdict, Witness
from ..verification.verify import incentive_verdict, participation_verdict
from .setting import Profile, Setting, VirtualPlan, swapped

Later = Mapping[Profile, Sequence[Array]]
"""By profile of first signals and agent: (S,) what is paid from period 1 on, by its state, under truth; there
is nothing where there is no period 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Rule(Short):
    """promises, entry: by profile of first signals (N,). mechanism: what everybody's reports lead to. known:
    what the construction alone says of incentives; None where it says nothing."""

    setting: Setting
    name: str
    promises: Mapping[Profile, Array]
    entry: Mapping[Profile, Array]
    mechanism: Mechanism
    known: Callable[[], Verdict] | None = None

    def _facts(self) -> dict[str, object]:
        return {"rule": self.name, "profit": self.profit, "truthful": self.truthful}

    @cached_property
    def profit(self) -> Number:
        """Expected discounted payments less costs when everybody is truthful."""
        courses = self.setting.courses
        return self.setting.expected(
            {p: (taken(self.setting, p) - self.promises[p]).sum() - courses[p].cost for p in courses}
        )

    @cached_property
    def incentives(self) -> Verdict:
        """Whether truth is best at every profile, after every history, `ex-post`: the judge's verdict, or
        what is `known` where the rule is too large for the judge. Raises `TooLarge` where nothing is."""
        if isinstance(self._judged, Verdict):
            return self._judged
        if self.known is None:
            raise self._judged
        return self.known()

    @property
    def unjudged(self) -> str | None:
        """Why the judge has said nothing of incentives; None where it has."""
        return None if isinstance(self._judged, Verdict) else str(self._judged)

    @cached_property
    def _judged(self) -> Verdict | TooLarge:
        try:
            return self._judge()
        except TooLarge as error:
            return error

    def _judge(self) -> Verdict:
        notion, effort = read_incentive("ex-post"), self.setting.affine.effort
        env = self.setting.played
        if env.stationary:
            (verdict,) = verify_stationary(
                env, self.mechanism, [notion], [], notion.information, effort=effort
            )
            return verdict
        return incentive_verdict(env, self.mechanism, notion, effort=effort)

    @cached_property
    def participation(self) -> Verdict:
        """The judge's, `periodic` at every profile: whether every continuation is worth at least 0."""
        promise, env = read_participation("periodic"), self.setting.played
        if env.stationary:
            (verdict,) = verify_stationary(env, self.mechanism, [], [promise], Information.PROFILE)
            return verdict
        return participation_verdict(env, self.mechanism, promise, Information.PROFILE)

    @property
    def truthful(self) -> bool:
        """The same in a word."""
        return self.incentives.holds

    @property
    def lie(self) -> Witness | None:
        """The largest gain from a lie, None where there is none."""
        return self.incentives.witness


def taken(setting: Setting, profile: Profile, courses: Mapping[Profile, VirtualPlan] | None = None) -> Array:
    """V (N,): each agent's expected discounted values under the virtual plan, 0 for those left out.

    courses: the setting's own where None.
    """
    course = (courses or setting.courses)[profile]
    values = np.array(setting.own(profile)) * course.slope + course.rest
    return np.where(course.out, 0 * values, values)


def entry_payments(setting: Setting, promises: Mapping[Profile, Array], later: Later) -> dict[Profile, Array]:
    """By profile of first signals (N,), from what is paid from period 1 on."""
    payments, problem = {}, setting.affine.costs_alone
    for profile, course in setting.courses.items():
        payments[profile] = taken(setting, profile) - promises[profile]
        if problem.moves:
            means = [take(problem.moves[0].expected(worth), course.policy[0])[0] for worth in later[profile]]
            payments[profile] = payments[profile] - problem.discount * np.array(means)
    return payments


def lower_sums(
    setting: Setting, courses: Mapping[Profile, VirtualPlan] | None = None
) -> dict[Profile, Array]:
    """Promises (A): U_i(k) = Σ_{l < k_i} (A(l⁺) − A(l)) Q_i(l, k_{-i}), Q the slopes that truth leads to.

    They always earn the bound where everybody's α is positive or her values are 0 (KLN (24), with a step for
    the integral). courses: the setting's own where None.
    """
    promises, plans = {}, courses or setting.courses
    for profile in setting.profiles:
        sums = []
        for i, levels in enumerate(setting.levels):
            steps = np.diff(levels.level)
            total = 0 * levels.level[0]
            for low in range(profile[i]):
                course = plans[swapped(profile, i, low)]
                if not course.out[i]:
                    total = total + steps[low] * course.slope[i]
            sums.append(total)
        promises[profile] = np.array(sums)
    return promises


def first_stage(setting: Setting, entry: Mapping[Profile, Array]) -> Stage:
    """Period 0: first reports are remembered, and entry payments made."""
    env = setting.environment
    firsts = env.types(0)
    actions = np.array([int(setting.courses[p].policy[0][0]) for p in setting.profiles])
    paid = np.array([entry[p] for p in setting.profiles]).T
    after = np.arange(len(setting.profiles)) if env.periods > 1 else None
    return stage(setting, 0, actions.reshape(1, *firsts), paid.reshape(-1, 1, *firsts), after)


def stage(setting: Setting, t: int, actions: Ints, paid: Array, after: Ints | None) -> Stage:
    """A stage from actions (M, types...), payments (N, M, types...) and the next memory, None at the end.

    after: broadcast against (M, profiles): by memory, by profile, or both.
    """
    env = setting.environment
    count = env.num_actions(t)
    allocation = arithmetic(env.exact).zeros((*actions.shape, count))
    np.put_along_axis(allocation, actions[..., None], 1 + 0 * paid[0][..., None], axis=-1)
    following = None
    if after is not None:
        flat = np.broadcast_to(after, (len(actions), int(np.prod(actions.shape[1:]))))
        following = np.repeat(flat[..., None], count, axis=-1).reshape(*actions.shape, count)
    return Stage(allocation, paid, following)


def played(setting: Setting, stages: Sequence[Stage]) -> Mechanism:
    """The mechanism of these stages; where agents can be left out, of the environment rewritten so, in which
    first reports lead to the action of period 0 without those whom the plan leaves out."""
    env = setting.environment
    if setting.excludable is None:
        return Mechanism(env.name, tuple(stages), stationary=env.stationary)
    count, n = 2**env.num_agents, env.num_agents
    widened = []
    for t, home in enumerate(stages):
        size = 1 if t == 0 else count
        tables = [home.allocation, *([] if home.next is None else [home.next])]
        allocation, *following = (
            np.broadcast_to(table[..., None, :], (*table.shape[:-1], size, table.shape[-1]))
            for table in tables
        )
        if t == 0:
            out = np.array([setting.courses[profile].out for profile in setting.profiles])
            chosen = (out @ (1 << np.arange(n)[::-1])).reshape(1, *env.types(0), 1, 1, 1)
            without = chosen == np.arange(count)
            allocation = np.where(without, allocation[..., None], 0 * allocation[..., None])
            allocation = allocation.reshape(*allocation.shape[:-2], -1)
            following = [np.repeat(table, count, axis=-1) for table in following]
        transfers = np.broadcast_to(home.transfers[..., None], (*home.transfers.shape, size))
        transfers = np.concatenate([transfers, 0 * transfers[:1]])
        widened.append(Stage(allocation, transfers, following[0] if following else None))
    return Mechanism(env.name, tuple(widened), stationary=env.stationary)


def types_of(setting: Setting, t: int, table: Array, front: int) -> Array:
    """From axes (front..., x_0..x_{N-1}, y_0..y_{N-1}) to (front..., types of all agents)."""
    n = setting.environment.num_agents
    order = [*range(front), *(front + axis for i in range(n) for axis in (i, n + i))]
    moved = table.transpose(order)
    return moved.reshape(*table.shape[:front], *setting.environment.types(t))
