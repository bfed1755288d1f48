"""How far a mechanism's payments are beyond what is demanded: in expectation, period by period, path by path.

Of every public state that any reports and actions of positive probability lead to, and whatever is reported
there: with f_t(m, s, a) what an agent pays, or the payments of all less the cost of a, and f̄ its expectation
over the lottery, single periods are f̄_t(m, s), and the least total of a path is

    L_t(m, s) = min over a of  f_t(a) + δ min over s' of L_{t+1}(m', s'),

at taken actions where histories hold them (`Environment.remembers_action`), else with f̄ and the worst next
memory; in the last period with f̄. The greatest is minus the least of −f. Expectations are over truth.

What counts as nothing in doubles is a share of the largest values, costs and bounds of the periods that a sum
is over, and the rounding of its payments (``judging``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ...solvers.arithmetic import arithmetic
from ...solvers.numbers import Array, Ints, Number
from ..notions.demands import Bounds, Demand, Demanded, MoneyDemand
from .alike_check import most_unlike
from .finding import Unmet, UnmetSum, worst
from .judging import ROUNDING
from .participation_check import branches_taken
from .public_states import Play, Step
from .row_check import row_unmet


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
        env, tolerances = play.env, play.tolerances
        stake = sum(float(abs(env.agents[i].values[t]).max()) for i in self.agents)
        stake += float(abs(env.costs[t]).max(initial=0)) if self.costs else 0.0
        paid = max((float(abs(play.transfers(t, i)).max()) for i in self.agents), default=0.0)
        return tolerances.violation * stake + ROUNDING * max(stake, paid)

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


def _every_period(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    for flow, bound, share in _sides(play, demand):
        for t in range(play.env.periods):
            states = play.states[t]
            for rows in play.chunks(t, flow.entries(t)):
                _, _, mean = flow.at(t, rows)
                masked = np.where(states.open[states.news[rows]], mean, math.inf)
                n, s = np.unravel_index(int(masked.argmin()), masked.shape)
                yield _unmet(
                    flow, masked[n, s], bound, share + flow.nothing(t),
                    period=t, first=t, state=int(rows[n]), profile=int(s),
                )  # fmt: skip


def _every_path(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """L by backward induction, then the worst path forwards."""
    for flow, bound, share in _sides(play, demand):
        least: list[Array] = [np.zeros(0)] * (play.env.periods + 1)
        nothing: Number = share
        for t in reversed(range(play.env.periods)):
            states = play.states[t]
            least[t] = arithmetic(play.exact).full(states.size, math.inf)
            for rows in play.chunks(t, flow.entries(t)):
                value = _branches(flow, t, rows, least[t + 1]).min(axis=-1)
                least[t][rows] = np.where(states.open[states.news[rows]], value, math.inf).min(axis=-1)
            nothing = nothing + flow.nothing(t) * float(play.env.discount) ** t if not play.exact else 0
        yield _worst_path(flow, least, bound, nothing)


def _branches(flow: Flow, t: int, rows: Ints, after: Array) -> Array:
    """What L is the least of (n, S, branches)."""
    lottery, flows, mean = flow.at(t, rows)
    return branches_taken(flow.play, t, rows, (lottery, flows, mean), after)


def _worst_path(flow: Flow, least: list[Array], bound: Number, nothing: Number) -> UnmetSum:
    play, path, state = flow.play, list[Step](), 0
    for t in range(play.env.periods):
        states, row = play.states[t], np.array([state])
        branches = _branches(flow, t, row, least[t + 1])
        masked = np.where(states.open[states.news[row]][..., None], branches, math.inf)
        _, s, branch = (int(k) for k in np.unravel_index(int(masked.argmin()), masked.shape))
        if states.follow is None or play.env.discount == 0:
            return _unmet(
                flow, least[0][0], bound, nothing, period=t, first=0, state=state, profile=s, path=tuple(path)
            )
        by_action = play.by_action(t)
        path.append((state, s, branch if branches.shape[-1] > 1 else None))
        state = int(states.follow[state, s, branch if by_action else 0])
    raise AssertionError("a path ends with the last period")


def _means(flow: Flow) -> list[Number]:
    """What is expected of the flow in each period, everybody truthful."""
    play, numbers = flow.play, arithmetic(flow.play.exact)
    chance, means = numbers.ones(1), []
    for t in range(play.env.periods):
        states = play.states[t]
        total = numbers.zero
        after = None if states.follow is None else numbers.zeros(play.states[t + 1].size)
        for rows in play.chunks(t, flow.entries(t)):
            lottery, _, mean = flow.at(t, rows)
            joint = chance[rows][:, None] * states.chance[states.news[rows]]
            total = total + (joint * mean).sum()
            if after is not None:
                moved = joint[..., None] * lottery if play.by_action(t) else joint[..., None]
                follow = states.onward[rows]
                np.add.at(after, follow[follow >= 0], moved[follow >= 0])
        means.append(total)
        if after is not None:
            chance = after
    return means


def _expected(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    """Of all periods, discounted."""
    for flow, bound, share in _sides(play, demand):
        total, nothing, rate = 0 * play.env.discount, share, play.env.discount**0
        for t, mean in enumerate(_means(flow)):
            total, nothing = total + rate * mean, nothing + float(rate) * flow.nothing(t)
            rate = rate * play.env.discount
        yield _unmet(flow, total, bound, nothing, period=play.env.periods - 1, first=0, state=0)


def _expected_periods(play: Play, demand: MoneyDemand) -> Iterator[UnmetSum]:
    for flow, bound, share in _sides(play, demand):
        for t, mean in enumerate(_means(flow)):
            yield _unmet(flow, mean, bound, share + flow.nothing(t), period=t, first=t, state=0)


Violated: TypeAlias = Callable[[Play, Any], Iterator[Unmet]]
"""The sums that are furthest beyond their bounds."""

DEMANDED: dict[Demanded, Violated] = {
    Demanded.PAID_PERIOD: _every_period,
    Demanded.PAID_PATH: _every_path,
    Demanded.COVERED: _expected,
    Demanded.COVERED_PERIODS: _expected_periods,
    Demanded.COVERED_PATH: _every_path,
    Demanded.COVERED_PERIOD: _every_period,
    Demanded.ALIKE: lambda play, demand: most_unlike(play, demand.swaps(play.env, neighbours=False)),
    Demanded.ROW: row_unmet,
}
"""What finds them, by what is demanded."""


def furthest(play: Play, demand: Demand) -> Unmet | None:
    """Where the mechanism is furthest from what is demanded; None where the demand bounds nothing."""
    return worst(DEMANDED[demand.demanded](play, demand))
