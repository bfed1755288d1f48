"""How far a mechanism's payments are beyond what is demanded: in expectation, period by period, path by path.

Of every public state that any reports and actions of positive probability lead to, and whatever is reported
there: with f_t(m, s, a) what an agent pays, or the payments of all less the cost of a, and f̄ its expectation
over the lottery, single periods are f̄_t(m, s), and the least total of a path is

    L_t(m, s) = min over a of  f_t(a) + δ min over s' of L_{t+1}(m', s'),

at taken actions where histories hold them (`Environment.remembers_action`), else with f̄ and the worst next
memory; in the last period with f̄. The greatest is minus the least of −f. Expectations are over truth.

Where there is no end (`Play.endless`) the last period comes again for ever: L is then a fixed point
(`solvers/algorithms/walks.py`), the discounted expectation a linear system, and what single periods are
expected to bring is followed until they have settled, and in the long run
(`solvers/algorithms/settling.py`).

What counts as nothing in doubles is a share of the largest values, costs and bounds of the periods that a sum
is over, and the rounding of its payments (``judging``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from ...solvers.algorithms.mdp import discounted_value
from ...solvers.algorithms.settling import Walk, least_expectations
from ...solvers.algorithms.walks import least_total
from ...solvers.arithmetic import arithmetic, arithmetic_of
from ...solvers.numbers import Array, Ints, Number
from ..notions.demands import Bounds, MoneyDemand
from .finding import UnmetSum
from .judging import nothing_of
from .participation_check import branches_taken
from .public_states import Play, Step


@dataclass(frozen=True, eq=False)
class Flow:
    """A flow of money that a demand bounds. agents: whose payments; costs: whether costs are taken off;
    sign: -1 for minus the flow, whose least is sought.
    """

    play: Play
    agents: tuple[int, ...]
    costs: bool
    sign: int = 1

    @property
    def agent(self) -> int:
        """Whom findings name, -1 for everybody."""
        return -1 if self.costs else self.agents[0]

    def at(self, t: int, rows: Ints) -> tuple[Array, Array, Array]:
        """At public states `rows` (n,): lotteries (n, S, A), the flow of each action (n, S, A or 1), and what
        is expected of it (n, S)."""
        play = self.play
        memory = play.states[t].memory[rows]
        lottery = play.allocation(t)[memory]
        mean = arithmetic(play.exact).zeros(lottery.shape[:2])
        for i in self.agents:
            mean = mean + play.transfers(t, i)[memory]
        flow = mean[..., None]
        if self.costs:
            goods, costs = play.env.goods[t], play.env.costs[t]
            flow, mean = flow - costs, mean - (lottery * costs).sum(axis=-1)
            if goods is not None:
                half = (lottery[..., None, :] * goods.quadratic).sum(axis=-1) / 2
                mean = mean - (lottery * half).sum(axis=-1)
        return lottery, self.sign * flow, self.sign * mean

    def nothing(self, t: int) -> float:
        """What counts as nothing in this period, but for the bound; 0 over the rationals."""
        play = self.play
        if play.exact:
            return 0
        env = play.env
        stake = sum(float(abs(env.agents[i].values[t]).max()) for i in self.agents)
        stake += float(abs(env.costs[t]).max(initial=0)) if self.costs else 0.0
        paid = max((float(abs(play.transfers(t, i)).max()) for i in self.agents), default=0.0)
        return nothing_of(play, stake, paid)

    def entries(self, t: int) -> int:
        """Numbers that one public state takes."""
        return int(np.prod(self.play.env.types(t))) * self.play.env.num_actions(t)


def _flows(play: Play, demand: MoneyDemand) -> Iterator[tuple[Flow, Bounds]]:
    """What the demand bounds, and by what."""
    if demand.of_costs:
        yield Flow(play, play.env.private, True), demand.bounds[""]
        return
    for i in play.env.private:
        yield Flow(play, (i,), False), demand.bounds_of(play.env.agents[i].name)


def _sides(play: Play, demand: MoneyDemand) -> Iterator[tuple[Flow, Number, Number]]:
    """(flow, bound of its least, what of the bound counts as nothing), a side at a time: minus the flow for
    upper bounds."""
    for flow, (low, high) in _flows(play, demand):
        for sign, bound in ((1, low), (-1, high)):
            if bound is None:
                continue
            least = sign * (bound if play.exact else float(bound))
            nothing = 0 if play.exact else play.tolerances.violation * abs(float(bound))
            yield Flow(play, flow.agents, flow.costs, sign), least, nothing


def _unmet(flow: Flow, least: Any, bound: Number, nothing: Number, **where: Any) -> UnmetSum:
    amount: Number = least if flow.play.exact else float(least)
    return UnmetSum(
        agent=flow.agent, violation=bound - amount, nothing=nothing, counts=bool(bound - amount > nothing),
        amount=flow.sign * amount, bound=flow.sign * bound, above=flow.sign < 0, **where,
    )  # fmt: skip


def every_period(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """Of single periods, wherever and whatever is reported."""
    for flow, bound, share in _sides(play, demand):
        for t in range(len(play.states)):
            states = play.states[t]
            for rows in play.chunks(t, flow.entries(t)):
                _, _, mean = flow.at(t, rows)
                masked = np.where(states.open[states.news[rows]], mean, math.inf)
                n, s = np.unravel_index(int(masked.argmin()), masked.shape)
                yield _unmet(
                    flow, masked[n, s], bound, share + flow.nothing(t),
                    period=t, first=t, state=int(rows[n]), profile=int(s),
                )  # fmt: skip


def every_path(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """Of totals along paths: L by backward induction, from what it is for ever or from the end, and then the
    worst path forwards."""
    last = len(play.states) - 1
    for flow, bound, share in _sides(play, demand):
        least: list[Array] = [np.zeros(0)] * (last + 2)
        for t in reversed(range(last + 1)):
            endless = play.endless and t == last
            least[t] = _for_ever(flow, t) if endless else _before(flow, t, least[t + 1])
        yield _worst_path(flow, least, bound, share + _nothing(flow))


def _nothing(flow: Flow) -> Number:
    """What counts as nothing of a total, in money of period 0; 0 over the rationals."""
    play, rate, last = flow.play, float(flow.play.env.discount), len(flow.play.states) - 1
    if play.exact:
        return 0
    # Where there is no end the last period comes again for ever.
    lasting = 1 / (1 - rate) if play.endless else 1.0
    return sum(flow.nothing(t) * rate**t * (lasting if t == last else 1.0) for t in range(last + 1))


def _before(flow: Flow, t: int, after: Array) -> Array:
    """L (M,) in period t, from that of the next."""
    play, states = flow.play, flow.play.states[t]
    least = arithmetic(play.exact).full(states.size, math.inf)
    for rows in play.chunks(t, flow.entries(t)):
        least[rows] = _open_branches(flow, t, rows, after).reshape(len(rows), -1).min(axis=-1)
    return least


def _for_ever(flow: Flow, t: int) -> Array:
    """L (M,) where period t comes again for ever."""
    play, states = flow.play, flow.play.states[t]
    nothing = arithmetic(play.exact).zeros(states.size)
    costs = [_open_branches(flow, t, rows, nothing) for rows in play.chunks(t, flow.entries(t))]
    cost = np.concatenate(costs).reshape(states.size, -1)
    following = np.broadcast_to(np.maximum(states.onward, 0), np.concatenate(costs).shape)
    return least_total(cost, following.reshape(cost.shape), play.env.discount)[0]


def _open_branches(flow: Flow, t: int, rows: Ints, after: Array) -> Array:
    """What L is the least of (n, S, branches), infinite where it cannot come about."""
    states = flow.play.states[t]
    branches = branches_taken(flow.play, t, rows, flow.at(t, rows), after)
    return np.where(states.open[states.news[rows]][..., None], branches, math.inf)


def _worst_path(flow: Flow, least: list[Array], bound: Number, nothing: Number) -> UnmetSum:
    """Along the worst path, to its end or until it comes to public states where it has been."""
    play, path, state, been = flow.play, list[Step](), 0, set[int]()
    for period in count():
        t = min(period, len(play.states) - 1)
        after = least[min(t + 1, len(play.states) - play.endless)]
        branches = _open_branches(flow, t, np.array([state]), after)
        _, s, branch = (int(k) for k in np.unravel_index(int(branches.argmin()), branches.shape))
        follow = play.states[t].follow
        if follow is None or play.env.discount == 0 or state in been:
            span = "in total for ever, in money of period 0" if play.endless else ""
            return _unmet(
                flow, least[0][0], bound, nothing,
                period=period, first=0, state=state, profile=s, path=tuple(path), span=span,
            )  # fmt: skip
        if t == len(play.states) - 1:
            been.add(state)
        by_action = play.by_action(t)
        path.append((state, s, branch if branches.shape[-1] > 1 else None))
        state = int(follow[state, s, branch if by_action else 0])
    raise AssertionError("a path ends, or comes back to where it has been")


@dataclass(frozen=True, eq=False)
class _UnderTruth:
    """Period t under truth: what is expected of a flow at each public state (M,), and where truth leads: from
    which state to which, with what chance; nowhere after the last period."""

    flow: Array
    here: Ints
    there: Ints
    chance: Array

    @classmethod
    def of(cls, flow: Flow, t: int) -> _UnderTruth:
        """Of a flow in period t of its play."""
        play, states = flow.play, flow.play.states[t]
        means, moves = [], [(np.zeros(0, np.int64), np.zeros(0, np.int64), arithmetic(play.exact).zeros(0))]
        for rows in play.chunks(t, flow.entries(t)):
            lottery, _, mean = flow.at(t, rows)
            chance = states.chance[states.news[rows]]
            means.append((chance * mean).sum(axis=-1))
            if states.follow is not None:
                moved = chance[..., None] * lottery if play.by_action(t) else chance[..., None]
                follow = states.follow[rows]
                at = np.nonzero((follow >= 0) & (moved > 0))
                moves.append((rows[at[0]], follow[at], moved[at]))
        here, there, weight = (np.concatenate(column) for column in zip(*moves, strict=True))
        return cls(np.concatenate(means), here, there, weight)

    def onward(self, chance: Array, states: int) -> Array:
        """The chance of each of so many public states of the next period, from those of this one."""
        after = arithmetic_of(chance).zeros(states)
        np.add.at(after, self.there, self.chance * chance[self.here])
        return after


def _courses(flow: Flow) -> tuple[list[Number], _UnderTruth, Array]:
    """(what is expected of the flow in each period but the last, the last, the chances of its states)."""
    play = flow.play
    chance, means = arithmetic(play.exact).ones(1), list[Number]()
    for t in range(len(play.states) - 1):
        course = _UnderTruth.of(flow, t)
        means.append((chance * course.flow).sum())
        chance = course.onward(chance, play.states[t + 1].size)
    return means, _UnderTruth.of(flow, len(play.states) - 1), chance


def expected(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """Of all periods, discounted, expected under truth."""
    last, rate = len(play.states) - 1, play.env.discount
    for flow, bound, share in _sides(play, demand):
        means, course, chance = _courses(flow)
        worth, span = course.flow, ""
        if play.endless:
            worth = discounted_value(course.flow, course.here, course.there, course.chance, rate)
            span = "in total for ever, in money of period 0"
        total, power = 0 * rate, rate**0
        for mean in [*means, (chance * worth).sum()]:
            total, power = total + power * mean, power * rate
        nothing = share + _nothing(flow)
        yield _unmet(flow, total, bound, nothing, period=last, first=0, state=0, span=span)


def expected_periods(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """Of single periods, expected under truth."""
    last = len(play.states) - 1
    for flow, bound, share in _sides(play, demand):
        means, course, chance = _courses(flow)
        for t, mean in enumerate([*means, (chance * course.flow).sum()]):
            yield _unmet(flow, mean, bound, share + flow.nothing(t), period=t, first=t, state=0)
        if play.endless:
            chain = Walk(course.here, course.there, course.chance, chance)
            for mean, after in least_expectations(chain, course.flow):
                span, t = ("in the long run", last) if after is None else ("", last + after)
                nothing = share + flow.nothing(last)
                yield _unmet(flow, mean, bound, nothing, period=t, first=t, state=0, span=span)
