"""What is at stake: the size of the money to expect in each column, by which solvers are to measure.

A tolerance of 1e-7 in a utility means nothing until one knows whether the agent trades for cents or for
billions. Of agent i at decision point d of period t, in money of that period,

    ahead(d) = max_a |v_t(a, d)| + δ · max over what follows of E[ahead(d')]

is what she can have from then on at most, expected as everybody tells the truth; a utility is about as large
at the types it is of, and so is a payment. Where payments wait for the last period they carry what was at
stake before, with interest: carried(d) = max_a |v_t(a, d)| + carried(d⁻) / δ; the unit is then halfway
between the two, so that neither what is carried nor what is decided there is lost. Only orders of magnitude
matter, so all of it is in doubles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...solvers.errors import InvalidInput
from ...solvers.numbers import Ints, to_float
from ...solvers.short import Short
from ..environment.environment import Environment
from ..environment.outside import at_stake
from ..histories.classes import Level
from ..histories.ragged import group_sums
from ..histories.tree import Repeated, Tree
from ..histories.views import View
from .plan import Plan

Floats = NDArray[np.float64]
_LEAST = 2.0**-10
"""Nothing counts as smaller than this, relative to what is expected in its class of histories."""


@dataclass(frozen=True, eq=False, repr=False)
class Stakes(Short):
    """Sizes by period and agent. ahead (P,): at each point of the level; expected (C,): in each class.

    money: of the environment.
    carried[t, i] (D,): at each decision point of the tree, where payments are made at the end.
    """

    tree: Tree
    views: Sequence[Mapping[int, View]]
    states: Sequence[Mapping[int, Repeated]]
    money: float
    ahead: Mapping[tuple[int, int], Floats]
    expected: Mapping[tuple[int, int], Floats]
    carried: Mapping[tuple[int, int], Floats]

    @classmethod
    def of(
        cls,
        env: Environment,
        plan: Plan,
        tree: Tree,
        views: Sequence[Mapping[int, View]],
        states: Sequence[Mapping[int, Repeated]],
    ) -> Stakes | None:
        """Of all private agents; None where values are beyond what doubles hold."""
        try:
            env = env.to_float()
        except InvalidInput:
            return None
        if not plan.participation.nothing:
            env = at_stake(env)
        money = max((float(np.abs(v).max()) for agent in env.agents for v in agent.values), default=0.0)
        rate = float(env.discount)
        ahead: dict[tuple[int, int], Floats] = {}
        expected: dict[tuple[int, int], Floats] = {}
        carried: dict[tuple[int, int], Floats] = {}
        for i in env.private:
            now: list[Floats] = []
            for level in reversed([layer.level for layer in tree.layers]):
                t = level.t
                now.append(_highest(np.abs(level.values(env, i)), level.play_point, len(level.digits)))
                ahead[t, i] = now[-1]
                if t + 1 < len(tree.layers):
                    after = expected[t + 1, i][level.next_class]
                    if level.remembers:
                        after = _highest(after, level.play_point, len(level.digits))
                    ahead[t, i] = now[-1] + rate * after
                chance = to_float(level.prob)
                expected[t, i] = group_sums(chance * ahead[t, i], level.point_class, level.count)
            if not (plan.utilities or plan.pays_every_period):
                carried |= {(t, i): due for t, due in enumerate(_carried(tree, now[::-1], rate))}
        return cls(tree, views, states, money if money > 0 else 1.0, ahead, expected, carried)

    @property
    def most(self) -> float:
        """What the agent who has most at stake expects of the whole game."""
        most = max((float(self.expected[0, i][0]) for i in self.tree.env.private), default=0.0)
        return most if most > 0 else self.money

    def utilities(self, t: int, i: int) -> Floats:
        """By column of the utilities of agent i in period t."""
        memory, state = self.states[t][i].all
        size = self._states(self.views[t][i], self.tree.layers[t].level)[state]
        if (t - 1, i) in self.carried:
            paid = self.carried[t - 1, i][self.tree.layers[t - 1].link_point] / float(self.tree.env.discount)
            size = np.sqrt(size * np.maximum(size, paid[memory]))
        return size

    def payments(self, t: int, i: int) -> Floats:
        """By decision point of period t."""
        level, point = self.tree.layers[t].level, self.tree.layers[t].points.of_class
        size = self.ahead[t, i][point]
        if (t, i) in self.carried:
            size = np.sqrt(size * np.maximum(size, self.carried[t, i]))
        return self._at_least(size, t, i, level.point_class[point])

    def _states(self, view: View, level: Level) -> Floats:
        """By state of the view: what is ahead on average over the points that its truth may lead to, or that
        any report may where truth is no message."""
        ahead, count = self.ahead[view.t, view.agent], len(view.report_info)
        chance = to_float(level.prob[view.members])
        total = group_sums(chance, view.member_report, count)
        chance = np.where(total[view.member_report] > 0, chance, 1.0)
        total = group_sums(chance, view.member_report, count)
        by_report = group_sums(chance * ahead[view.members], view.member_report, count) / total
        by_info = _highest(by_report, view.report_info, len(view.info_class))
        size = np.where(view.truth >= 0, by_report[view.truth], by_info[view.state_info])
        return self._at_least(size, view.t, view.agent, view.state_class)

    def _at_least(self, size: Floats, t: int, i: int, cls: Ints) -> Floats:
        least = _LEAST * self.expected[t, i][cls]
        size = np.maximum(size, np.where(least > 0, least, 0.0))
        return np.where(size > 0, size, self.money)


def _carried(tree: Tree, now: list[Floats], rate: float) -> list[Floats]:
    """What was at stake up to each decision point, with interest, period by period; now[t] (P,)."""
    due: list[Floats] = []
    for t, layer in enumerate(tree.layers):
        memory, point = layer.points.all
        carried = now[t][point]
        if t > 0:
            carried = carried + (due[-1][tree.layers[t - 1].link_point] / rate)[memory]
        due.append(carried)
    return due


def _highest(values: Floats, place: Ints, size: int) -> Floats:
    out = np.zeros(size)
    np.maximum.at(out, place, values)
    return out
