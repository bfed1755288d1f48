"""The virtual pivot mechanism as printed (KLN, Fig. 2), with either of two envelopes for the entry payment.

Everybody first reports s, which fixes her weight, and then her whole type (s, y) again in every period: the
mechanism remembers the first reports alone. At first reports k and reports (x, y) it takes the plan that is
best for affine welfare with weights α(k) on values and β(k) on actions, and agent i pays

    p_i = v_i − m_i / α_i = [W_{-i}(y) − Σ_{j≠i} (α_j v_j + β_j) + c − δ E[W_{-i}(y') | a*] − β_i(a*)] / α_i,

by (21), (22) with W_{-i} following the action that is taken, a*: printed (20), (21) follow a*_{-i} and are
wrong wherever actions move types (errata). Truth is then best from period 1 on, at every profile and after
any first report: who is of first signal z and has reported l expects [W(α_l; z) − W_{-i}] / α_l.

Whoever does not count (α ≤ 0) is left out: she pays nothing and weighs nothing. KLN leave out everybody with
p* ≤ 0, which adds those for whom nothing is done; kept in, they stay the others' rivals, and may be served
where they re-report. `Setting.exclude` leaves them out too, which takes from types above them a lie (in their
place they would get nothing), and lets (B) begin its sums later.

Two envelopes replace the integral of (24) for finitely many first signals:

- A: lower sums (`rule.lower_sums`), which earn the bound; truthful in period 0 only where the plan for a
  fixed weight does not change while the true first signal moves to its neighbour;
- B: increments [W(α_l; z = l⁺) − W(α_l; z = l)] / α_l, what type l⁺ can have in l's place: truthful wherever
  weights do not fall, and possibly below the bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

import numpy as np

from ...solvers.algorithms.mdp import take
from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, Number
from ..mechanism.mechanism import Stage
from .first_lie import beyond, first_lie
from .rule import Later, Rule, entry_payments, first_stage, lower_sums, played, stage, types_of
from .setting import Profile, Setting, swapped


def rules_a_and_b(setting: Setting) -> tuple[Rule, Rule]:
    """Both, with the same later payments."""
    later = LaterPayments(setting)
    return later.rule("A", lower_sums(setting)), later.rule("B", increments(setting))


class LaterPayments:
    """Actions and payments from period 1 on, by first reports k, and reports x again and y."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        env = setting.environment
        count = len(setting.profiles)
        self.actions: list[Ints] = []
        self.paid: list[Array] = []
        states = sum(int(np.prod(sizes)) for sizes in setting.affine.sizes)
        setting.refuse_large(count**2 * states * (env.num_agents + 1), "payments")
        zeros = arithmetic(env.exact).zeros
        for sizes in setting.affine.sizes:
            self.actions.append(np.zeros((count, count, int(np.prod(sizes))), dtype=np.int64))
            self.paid.append(zeros((env.num_agents, count, count, int(np.prod(sizes)))))
        for m, reports in enumerate(setting.profiles):
            out = setting.courses[reports].out
            for x, again in enumerate(setting.profiles):
                policy, paid = pivot_payments(setting, reports, again, out)
                for t, action in enumerate(policy):
                    self.actions[t][m, x] = action
                    for i, flows in paid.items():
                        self.paid[t][i, m, x] = flows[t]

    def rule(self, name: str, promises: Mapping[Profile, Array]) -> Rule:
        """The mechanism that keeps these promises."""
        setting = self.setting
        entry = entry_payments(setting, promises, self._expected)
        stages = [
            first_stage(setting, entry),
            *(self._stage(t) for t in range(1, setting.environment.periods)),
        ]
        known = partial(first_lie, setting, promises)
        return Rule(setting, name, promises, entry, played(setting, stages), known)

    @cached_property
    def _expected(self) -> Later:
        setting, later = self.setting, {}
        for m, profile in enumerate(setting.profiles if setting.environment.periods > 1 else ()):
            policy = setting.courses[profile].policy
            flows = [[paid[i, m, m] for paid in self.paid] for i in range(len(setting.levels))]
            later[profile] = [setting.affine.follow(policy, own)[1] for own in flows]
        return later

    def _stage(self, t: int) -> Stage:
        setting = self.setting
        sizes, count, firsts = setting.affine.sizes[t], len(setting.profiles), setting.environment.types(0)
        actions = self.actions[t].reshape(count, *firsts, *sizes)
        paid = self.paid[t].reshape(len(sizes), count, *firsts, *sizes)
        return stage(
            setting,
            t,
            types_of(setting, t, actions, 1),
            types_of(setting, t, paid, 2),
            np.arange(count)[:, None] if t in setting.environment.steps else None,
        )


def pivot_payments(
    setting: Setting, reports: Profile, again: Profile, out: Sequence[bool]
) -> tuple[tuple[Ints, ...], dict[int, list[Array]]]:
    """The policy, and per agent who is not left out what she pays per period, (S,)."""
    affine = setting.affine
    weights = setting.weights(reports, again, tuple(out))
    policy = affine.policy(weights)
    paid = {}
    for i, (levels, k) in enumerate(zip(setting.levels, reports, strict=True)):
        if weights[i] is not None:
            paid[i] = payments(
                setting, i, policy, affine.without(weights, i).worth, levels.alpha[k], levels.shift[k]
            )
    return policy, paid


def payments(
    setting: Setting,
    i: int,
    policy: Sequence[Ints],
    worth: Sequence[Array],
    scale: Number | None,
    shift: Number,
) -> list[Array]:
    """(S,) per period: what the others lose by the action, less β, by the scale of her values.

    worth: (A, S) of every action to the others.
    """
    paid = []
    for t, action in enumerate(policy):
        lost = worth[t].max(axis=0) - take(worth[t], action)
        paid.append((lost - shift * take(setting.affine.slopes[i][t], action)) / scale)
    return paid


def increments(setting: Setting) -> dict[Profile, Array]:
    """Promises (B)."""
    promises = {}
    for profile in setting.profiles:
        sums = []
        for i, levels in enumerate(setting.levels):
            total = 0 * levels.level[0]
            for low in range(profile[i]):
                reports = swapped(profile, i, low)
                if not setting.courses[reports].out[i]:
                    total = total + beyond(setting, reports, i, low + 1)
            sums.append(total)
        promises[profile] = np.array(sums)
    return promises
