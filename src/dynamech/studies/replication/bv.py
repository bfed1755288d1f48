"""Bergemann and Välimäki, *The dynamic pivot mechanism* (2008), with rows that the lecture notes share."""

from __future__ import annotations

from fractions import Fraction as F
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...instances.library import load
from ...models.efficient.ascending_auction import auction_equilibrium, runner_up_bids
from ...models.efficient.deferral import bonded, deferred
from ...models.efficient.index_policy import DynamicSecondPrice, dynamic_second_price
from ...models.efficient.multi_task import multi_task
from ...models.efficient.pivot import Pivot, pivot
from ...models.efficient.scheduling import Schedule, schedule
from ...models.efficient.uniqueness import uniqueness
from ...models.efficient.waiting_tasks import waiting_tasks
from ...models.environment.environment import Agent, Environment
from ...models.society.problem import transitions
from ...models.verification.public_states import profile_digits, worth
from ...solvers.algorithms.gittins import gittins_indices
from ...solvers.effort import EXACT
from ...solvers.numbers import Array
from .cases import drawn, serving
from .rows import Claimed, Compute, Misprint, Rows, every

BV = Rows("BV")
row = BV.row
PIVOT, ORDER = "models/efficient/pivot.py", "models/efficient/scheduling.py"
RATE = F(9, 10)
TASKS = ([8, 5, 3], [9, 7, 7, 2], [4], [10, 6, 5, 3, 1], [2, 2, 1])
"""Values of tasks, in descending order."""
ARMS = ("1,1;6,5", "1,1;1,2;2,2", "2,1;1,1;1,3")
PAIRS = [(v1, v2) for v1 in range(2, 9) for v2 in range(1, v1)]


@cache
def _pivots() -> tuple[tuple[str, Pivot], ...]:
    kinds: tuple[dict[str, Any], ...] = ({"stationary": True}, {"periods": 3})
    return tuple(
        (f"{name} of {k}", pivot(env, EXACT))
        for k, kind in enumerate(kinds)
        for name, env in drawn(6, agents=2, actions=3, **kind)
    )


@cache
def _bandits() -> tuple[tuple[str, DynamicSecondPrice], ...]:
    return tuple((arms, dynamic_second_price(load("licensing", arms=arms, n=1), EXACT)) for arms in ARMS)


def schedules(of: Any) -> Compute:
    """The claim that something holds of every list of tasks: (values with 0s after, schedule)."""

    def compute() -> Claimed:
        return every(((v, of([F(x) for x in v] + [F(0)] * 2, schedule(v, RATE))) for v in TASKS), "schedules")

    return compute


def mechanisms(of: Any) -> Compute:
    """The claim that something holds of the pivot mechanism of every random environment, in every period."""

    def compute() -> Claimed:
        return every(
            ((name, all(bool(np.all(of(p, t))) for t in p.periods)) for name, p in _pivots()),
            "random environments",
        )

    return compute


def powers(values: list[F], first: int) -> F:
    """Σ_k δ^k values_{first + k}."""
    return sum((RATE**k * v for k, v in enumerate(values[first:])), F(0))


def drops(v: list[F], first: int) -> F:
    """Σ_{t ≥ first} δ^{t − first} (v_t − v_{t+1})."""
    return powers([a - b for a, b in pairwise(v)], first)


def welfare(v: list[F], plan: Schedule) -> bool:
    """W = Σ δ^{t−1} v_t."""
    return bool(plan.welfare == powers(v, 0))


def without(v: list[F], plan: Schedule) -> bool:
    """W_{-i}: those after i are served a period earlier."""
    return all(plan.without[i] == powers([*v[:i], *v[i + 1 :]], 0) for i in range(len(plan.values)))


def contribution(v: list[F], plan: Schedule) -> bool:
    """M_i(θ_0) = Σ_{t ≥ i} δ^{t−1} (v_t − v_{t+1})."""
    return all(plan.contributions[i] == RATE**i * drops(v, i) for i in range(len(plan.values)))


def at_turn(v: list[F], plan: Schedule) -> bool:
    """M_i(θ_{i−1}) = Σ_{t ≥ i} δ^{t−i} (v_t − v_{t+1})."""
    return all(plan.at_turn[i] == drops(v, i) for i in range(len(plan.values)))


def price(v: list[F], plan: Schedule) -> bool:
    """(5): v_{i+1} − Σ_{t > i} δ^{t−i} (v_t − v_{t+1})."""
    return all(plan.prices[i] == v[i + 1] - RATE * drops(v, i + 1) for i in range(len(plan.values)))


def delay(v: list[F], plan: Schedule) -> bool:
    """(1 − δ) Σ_{t ≥ i} δ^{t−i} v_{t+1}."""
    return all(plan.prices[i] == (1 - RATE) * powers(v, i + 1) for i in range(len(plan.values)))


def below_static(v: list[F], plan: Schedule) -> bool:
    """No more than the next highest value."""
    return all(plan.prices[i] <= v[i + 1] for i in range(len(plan.values)))


def last_bid(v: list[F], plan: Schedule) -> bool:
    """(6): b_I = (1 − δ) v_I."""
    return bool(runner_up_bids(plan.values, RATE)[-1] == (1 - RATE) * plan.values[-1])


def recursive_bids(v: list[F], plan: Schedule) -> bool:
    """(7): b_k = v_k − δ (v_k − b_{k+1})."""
    bids = [*runner_up_bids(plan.values, RATE), F(0)]
    return all(bids[k] == v[k] - RATE * (v[k] - bids[k + 1]) for k in range(len(plan.values) - 1))


def penultimate(v: list[F], plan: Schedule) -> bool:
    """Bidder I − 1 gets v_{I−1} − (1 − δ) v_I in period I − 2."""
    count = len(plan.values)
    return count < 2 or bool(plan.at_turn[count - 2] == v[count - 2] - (1 - RATE) * v[count - 1])


def auction_is_efficient(v: list[F], plan: Schedule) -> bool:
    """Prices of the ascending auction are externalities, and its welfare is W."""
    answer = auction_equilibrium(plan.values, RATE)
    paid = [answer.price[s] for s in answer.path[:-1]]
    return bool(answer.welfare[-1] == plan.welfare) and sorted(paid) == sorted(plan.prices.tolist())


def by_program(v: list[F], plan: Schedule) -> bool:
    """Serving the highest value that waits is what the program over sets of tasks does."""
    return bool(waiting_tasks(plan.values, RATE).welfare[-1] == plan.welfare)


ISSUES: list[tuple[str, str, Any]] = [
    ("section 3: the order", "the highest value that waits is served", by_program),
    ("(3)", "W = Σ δ^{t−1} v_t", welfare),
    ("(4)", "W_{−i} = Σ_{t<i} δ^{t−1} v_t + Σ_{t≥i} δ^{t−1} v_{t+1}", without),
    ("section 3: M_i(θ_0)", "Σ_{t≥i} δ^{t−1} (v_t − v_{t+1})", contribution),
    ("section 3: M_i(θ_{i−1})", "Σ_{t≥i} δ^{t−i} (v_t − v_{t+1})", at_turn),
    ("(5)", "p_i = v_{i+1} − Σ_{t>i} δ^{t−i} (v_t − v_{t+1})", price),
    ("after (5)", "p_i = (1 − δ) Σ_{t≥i} δ^{t−i} v_{t+1}", delay),
    ("after (5): static", "p_i ≤ v_{i+1}", below_static),
]
for _item, _printed, _of in ISSUES:
    row(_item, _printed, ORDER)(schedules(_of))
AUCTION = "models/efficient/ascending_auction.py"
for _item, _printed, _of in [
    ("(6)", "b_I = v_I − δ v_I", last_bid),
    ("section 3: the penultimate auction", "bidder I − 1 gets v_{I−1} − (1 − δ) v_I", penultimate),
    ("(7)", "b_{I−k} = v_{I−k} − δ (v_{I−k} − b_{I−k+1})", recursive_bids),
    ("after (7)", "ascending auctions charge externalities and are efficient", auction_is_efficient),
]:
    row(_item, _printed, AUCTION)(schedules(_of))


@row("(7): when it is paid", "b_{I−k} is the bid of period I − k − 1", AUCTION, erratum="BV-7")
def bid_period() -> Misprint:
    """The period in which b_3 = b_{I−0} of three tasks is the price."""
    answer, bids = auction_equilibrium([8, 5, 3], RATE), runner_up_bids([8, 5, 3], RATE)
    paid = [answer.price[s] for s in answer.path[:-1]]
    return Misprint(3 - 0 - 1, paid.index(bids[-1]), 3 - 0 - 2)


MULTI = "models/efficient/multi_task.py"


def tasks(of: Any) -> Compute:
    """The claim that something holds for pairs of values v1 > v2."""

    def compute() -> Claimed:
        return every(
            (((v1, v2), bool(of(F(v1), F(v2), multi_task([v1], [v2], RATE)))) for v1, v2 in PAIRS), "pairs"
        )

    return compute


row("section 3: M_1 with many tasks", "(v_1 − v_2) + δ v_1/(1 − δ)", MULTI)(
    tasks(lambda v1, v2, f: f.contributions[0, 0, 0] == v1 - v2 + RATE * v1 / (1 - RATE))
)
row("section 3: M_2 with many tasks", "0", MULTI)(lambda: multi_task([10], [4], RATE).contributions[1, 0, 0])


@row("section 3: p_1 with many tasks", "−(1 − δ) v_2", MULTI, erratum="BV-multi-task")
def multi_price() -> Misprint:
    """At (10, 4, 9/10)."""
    return Misprint(-(1 - RATE) * 4, multi_task([10], [4], RATE).payments[0, 0, 0], (1 - RATE) * 4)


row("(8)", "(v_1 − v_2)/(1 − δ) < M_1", MULTI)(
    tasks(
        lambda v1, v2, f: (
            f.always_winning.item() == (v1 - v2) / (1 - RATE) and f.always_winning < f.contributions[0]
        )
    )
)
row("(9)", "δ v_1/(1 − δ) from dropping out", MULTI)(
    tasks(lambda v1, v2, f: f.dropping_out.item() == RATE * v1 / (1 - RATE))
)
row(
    "after (9): threshold", "bidder 1 wins for ever where v_1 ≥ v_2/(1 − δ), efficient where v_1 ≥ v_2", MULTI
)(tasks(lambda v1, v2, f: f.always_holds.item() == (v1 >= v2 / (1 - RATE)) and f.efficient_first.item()))
row(
    "after (9): inefficiency",
    "there v_1 < v_2/(1 − δ) gives the slot to bidder 2, a loss of v_1 − v_2",
    MULTI,
)(tasks(lambda v1, v2, f: not f.inefficient.item() or f.loss.item() == v1 - v2))


def rivals_loss(p: Pivot, t: int) -> Array:
    """(P, S) flows and continuations of all others under a*_{−i} less those under a*, from the environment's
    tables: Σ_{j≠i} v_j − c + δ E W_{−i}' of both actions."""
    env = p.environment
    lost: list[Array] = []
    flows = [worth(env, t, j) for j in range(env.num_agents)]
    for i, alone in zip(env.private, p.without, strict=True):
        total = sum(f for j, f in enumerate(flows) if j != i) - env.costs[t][:, None]
        if t in env.steps:
            later = p.W_without[env.after(t)][len(lost)]
            total = total + env.discount * transitions(env, t).expected(later)
        states = np.arange(total.shape[1])
        rest = [k for k in range(env.num_agents) if k != i]
        place = np.ravel_multi_index(
            tuple(profile_digits(env, t)[rest]), tuple(env.types(t)[k] for k in rest)
        )
        lost.append(total[alone.policy[t][place], states] - total[p.policy[t], states])
    return np.stack(lost)


row("(1)", "M_i = W − W_{−i}", PIVOT)(mechanisms(lambda p, t: p.M[t] == p.W[t] - p.W_without[t]))
row("(10)", "m_i = M_i − δ E[M_i']", PIVOT)(
    mechanisms(
        lambda p, t: (
            p.m[t] == p.M[t] - (0 if p._after(t, p.M) is None else p.environment.discount * p._after(t, p.M))
        )
    )
)
row("(11)", "m_i by flow utilities and continuations is (10)", PIVOT)(
    mechanisms(lambda p, t: p.m[t] == p.values[t] - rivals_loss(p, t))
)
row("(12)", "p_i = v_i − m_i", PIVOT)(mechanisms(lambda p, t: p.transfers[t] == p.values[t] - p.m[t]))
row("(13)", "p_i by the others' flows and continuations is (12)", PIVOT)(
    mechanisms(lambda p, t: p.transfers[t] == rivals_loss(p, t))
)
row("after (13)", "p_i ≥ 0: no deficit", PIVOT)(mechanisms(lambda p, t: p.transfers[t] >= 0))
row("Theorem 1: incentives", "the pivot mechanism is periodic ex-post incentive compatible", PIVOT)(
    mechanisms(lambda p, t: p.satisfies["ex-post"])
)
row("Theorem 1: participation", "nobody has more outside, under a*_{−i}", PIVOT)(
    mechanisms(lambda p, t: p.satisfies["outside-efficient"])
)
row("section 2: M_i ≥ 0", "marginal contributions are not negative, values being so", PIVOT)(
    mechanisms(lambda p, t: p.M[t] >= 0)
)


@row(
    "section 1: M_i ≥ 0",
    "marginal contributions are positive by definition",
    PIVOT,
    erratum="BV-contribution",
)
def hurt() -> Claimed:
    """Who loses 2 where another gains 3."""
    agents = [
        Agent("hurt", types=["a"], prior=[1], values=[[[0], [-2]]]),
        Agent("glad", types=["b"], prior=[1], values=[[[0], [3]]]),
    ]
    answer = pivot(Environment(name="road", horizon=1, actions=["no", "road"], agents=agents), EXACT)
    least, outside = answer.M[0][0, 0], answer.outside[0][0, 0]
    if least < outside:
        raise ArithmeticError(f"M = {least} is below O = {outside}")
    return Claimed(least >= 0, f"M = {least} with a value of −2, and O = {outside}")


@cache
def _exit() -> Pivot:
    return pivot(serving([0, 3, 5, 8], ["1", "2", "3"]), EXACT)


@row("Definition 1", "out where a* ≠ a*_{−i} for all t ≥ τ has probability 0", PIVOT, erratum="BV-exit")
def exit_sets() -> Claimed:
    """Tasks 8, 5, 3: agent 1 pays 77/100 in her turn and never again."""
    answer = _exit()
    now = answer.states().index(("8", "5", "3"))
    alone = answer.without[0].policy[0].reshape(1, -1).repeat(4, axis=0).ravel()
    differs = np.stack([alone != answer.policy[0], *[np.zeros(len(alone), dtype=bool)] * 2])
    out = answer.reaching([~differs])[0][0][now]
    pays = answer.transfers[0][0, now]
    return Claimed(not (out and pays), f"she would be out and pays {pays}; by 'there is a t' she is not")


@row("Definition 1, corrected", "who is out pays 0 from then on", PIVOT)
def exit_pays() -> Claimed:
    """Over all states of three tasks."""
    answer = _exit()
    return every(
        (
            (state, not answer.transfers[0][answer.exit[0][:, s], s].any())
            for s, state in enumerate(answer.states())
        ),
        "states",
    )


@row(
    "Theorem 2", "the pivot payments are the only ones", "models/efficient/uniqueness.py", erratum="BV-unique"
)
def unique() -> Claimed:
    """Types 0, 3, 5, 8 and a rival who waits with 5."""
    answer = pivot(serving([0, 3, 5, 8], ["nobody", "1", "2"]), EXACT)
    bounds, now = uniqueness(answer, EXACT), answer.states().index(("8", "5"))
    low, high, paid = bounds.low[0][0, now], bounds.high[0][0, now], answer.transfers[0][0, now]
    if not low <= paid <= high:
        raise ArithmeticError(f"the pivot payment {paid} is not in [{low}, {high}]")
    return Claimed(low == high, f"all in [{low}, {high}] around {paid}")


@row("after Theorem 2: later payments", "paid later, participation fails", "models/efficient/deferral.py")
def later() -> Claimed:
    """The same present value, a period later."""
    answer = pivot(serving([0, 3, 5], ["1", "2"]), EXACT)
    late = deferred(answer)
    worth = bool((late.budget == answer.budget[0]).all()) and not late.satisfies["periodic"]
    return Claimed(worth, "the same present value, and who owes walks away")


@row("after Theorem 2: a bond", "with a bond, money moves when she is out", "models/efficient/deferral.py")
def bond() -> Claimed:
    """Bonds of 3 and 1/2."""
    answer = pivot(serving([0, 3], ["1", "2"]), EXACT)
    held = bonded(answer, [3, F(1, 2)])
    moved = bool(held.paid_after(answer.exit)[0].any()) and all(held.satisfies.values())
    return Claimed(moved, "all notions are kept, efficient exit is not")


INDEX = "models/efficient/index_policy.py"


@row("section 5: the index", "max E[Σ δ^l v / Σ δ^l]", "solvers/algorithms/gittins.py", erratum="BV-index")
def index() -> Misprint:
    """Beta(1, 1) that is frozen after one observation, δ = 9/10."""
    mean, up, down = F(1, 2), F(2, 3), F(1, 3)
    moves = np.array([[F(0), mean, mean], [F(0), F(1), F(0)], [F(0), F(0), F(1)]])
    answer = gittins_indices(np.array([mean, up, down]), moves, RATE)
    on, weight = RATE / (1 - RATE), 1 / (1 - RATE)
    as_printed = mean * ((mean + on * up) / weight) + (1 - mean) * mean  # on after a success alone
    ratio = (mean + mean * on * up) / (1 + mean * on)
    return Misprint(as_printed, answer.index[0], ratio)


def bandits(of: Any) -> Compute:
    """The claim that something holds of every auction of licences."""

    def compute() -> Claimed:
        return every(((arms, bool(np.all(of(answer)))) for arms, answer in _bandits()), "licence auctions")

    return compute


row(
    "section 5: the index policy", "whoever has the highest index is served: W is that of the program", INDEX
)(bandits(lambda f: f.welfare == pivot(f.indices.environment, EXACT).W[0]))
row("section 5: m_i of the winner", "v_i − (1 − δ) W_{−i}", INDEX)(
    bandits(
        lambda f: (
            f.transfers[f.winner, np.arange(len(f.winner))]
            == (1 - RATE) * f.without[f.winner, np.arange(len(f.winner))]
        )
    )
)
row("Theorem 3: payments", "the winner pays (1 − δ) W_{−j}, others 0: those of (13)", INDEX)(
    bandits(lambda f: f.transfers == pivot(f.indices.environment, EXACT).transfers[0])
)
row("Theorem 3: losers", "0", INDEX)(
    lambda: max(
        abs(value)
        for _, f in _bandits()
        for i, own in enumerate(f.transfers)
        for value in own[f.winner != i].tolist()
    )
)


@row("after Theorem 3: two bidders", "the price is the other's current mean", INDEX)
def two_bidders() -> Claimed:
    """Beta(1, 1) and Beta(6, 5)."""
    answer = _bandits()[0][1]
    means = answer.worth
    at = np.arange(len(answer.winner))
    return every(
        ((s, answer.transfers[answer.winner[s], s] == means[1 - answer.winner[s], s]) for s in at), "states"
    )


@row("after Theorem 3: not the highest value", "the winner need not have the highest mean", INDEX)
def not_highest() -> Claimed:
    """States in which somebody else has a higher mean."""
    answer = _bandits()[0][1]
    count = int(np.sum(answer.not_highest))
    return Claimed(count > 0, f"so in {count} of {len(answer.winner)} states")


@row(
    "after Theorem 3: option value",
    "with three bidders the price is above the highest mean of the others",
    INDEX,
    erratum="BV-option",
)
def option_value() -> Claimed:
    """Three arms of Beta learners."""
    gains = np.asarray(_bandits()[1][1].option_value)
    if (gains < 0).any():
        raise ArithmeticError("a price is below the highest mean of the others")
    more = int((gains > 0).sum())
    return Claimed(more == gains.size, f"never below, above in {more} of {gains.size} states")


@row("after Theorem 3: own information", "the price does not depend on what the winner learns", INDEX)
def own_information() -> Claimed:
    """W_{-i} is the same for all of her states."""
    return every(
        (
            (
                arms,
                all(
                    (
                        np.moveaxis(f.without[i].reshape([len(a) for a in f.indices.index]), i, 0)
                        == np.moveaxis(f.without[i].reshape([len(a) for a in f.indices.index]), i, 0)[:1]
                    ).all()
                    for i in range(len(f.without))
                ),
            )
            for arms, f in _bandits()
        ),
        "licence auctions",
    )
