"""Scheduling (BV section 3) and buyers who arrive over time, against the societies that they are.

Closed forms and programs over sets of tasks, or over those who wait, know what the society's state is; the
society is solved profile by profile. The auction of two lists of tasks is played backwards slot by slot.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from .decisions import ZERO, Right, State
from .draw import Draw
from .tally import Tally

F = Fraction


def check(seed: int) -> tuple[Tally, Any]:
    """Tasks with or without externalities, lists of tasks, or arrivals."""
    tally, d = Tally(), Draw(seed)
    one = d.random.choice([_tasks, _lists, _arrivals])
    with tally.guarded(one.__name__.strip("_")):
        return tally, one(d, tally)
    return tally, None


def _tasks(d: Draw, tally: Tally) -> Any:
    """W, W_{-i}, M and payments at every set of waiting tasks; at the start also by the closed forms."""
    import dynamech as dm
    from dynamech.models.efficient.scheduling import schedule
    from dynamech.models.efficient.waiting_tasks import waiting_tasks

    pick = d.random.choice
    count, discount = pick([1, 2, 3, 3]), pick([F(0), F(1, 2), F(9, 10), F(999, 1000)])
    values = [F(pick([0, 1, 2, 3, 5, 8]), pick([1, 1, 2])) for _ in range(count)]
    spill = [
        [F(0) if i == j or pick([0, 1]) else F(pick(range(-4, 5))) for i in range(count)]
        for j in range(count)
    ]
    if pick([False, True]):
        spill = [[F(0)] * count] * count
    env = dm.load("scheduling", tasks=values, externalities=spill, discount=discount)
    right, found = Right(env), waiting_tasks(values, discount, spill)
    place = {_waiting(env, s): s for s in range(2**count)}
    right.policy = {_waiting(env, s): int(found.policy[s]) for s in range(2**count)}
    for state, s in place.items():
        first = right.all.tied[state][0]
        tally.check(right.policy[state] == first, f"tasks: {state} takes {right.policy[state]}, not {first}")
        tally.check(found.welfare[s] == right.all.values[state], f"tasks: W at {state} is {found.welfare[s]}")
        for i in range(count):
            ours = found.without[i, s], found.contributions[i, s], found.payments[i, s]
            plain = right.without(i, state), right.contribution(i, state), right.externality(i, state)
            tally.check(ours == plain, f"tasks: agent {i} at {state}: {ours}, not {plain}")
    if not any(map(any, spill)):
        plan, start = schedule(values, discount), _waiting(env, 2**count - 1)
        tally.check(plan.welfare == right.all.values[start], "schedule: W by (3)")
        for i in range(count):
            without, contribution = right.without(i, start), right.contribution(i, start)
            tally.check(plan.without[i] == without, f"schedule: without {i} by (4) {plan.without[i]}")
            tally.check(plan.contributions[i] == contribution, f"schedule: M {i} {plan.contributions[i]}")
        waits = 2**count - 1
        for agent in plan.order.tolist():
            right.policy[_waiting(env, waits)] = 1 + agent
            due = right.externality(agent, _waiting(env, waits))
            tally.check(
                plan.prices[agent] == due, f"schedule: agent {agent} pays {plan.prices[agent]}, not {due}"
            )
            waits -= 1 << agent
    return env


def _waiting(env: Any, tasks: int) -> State:
    """The state in which these tasks wait; one that is worth nothing to anybody does not."""
    return 0, tuple((tasks >> i & 1) if len(a.types[0]) > 1 else 0 for i, a in enumerate(env.agents))


def _lists(d: Draw, tally: Tally) -> Any:
    import dynamech as dm
    from dynamech.models.efficient.task_lists import task_lists

    pick = d.random.choice
    first, second = ([F(pick(range(7)), pick([1, 2])) for _ in range(pick([1, 2, 3, 4]))] for _ in range(2))
    discount = pick([F(0), F(1, 2), F(9, 10), F(999, 1000)])
    env = dm.load("multi-task", first=first, second=second, discount=discount)
    right, found = Right(env), task_lists(first, second, discount)
    right.policy = {(0, done): max(int(found.served[done]), 0) for _, done in right.states}
    for state in right.states:
        done = state[1]
        tally.check(
            right.policy[state] in right.all.tied[state], f"lists: {done} serves {found.served[done]}"
        )
        tally.check(found.welfare[done] == right.all.values[state], f"lists: W at {done}")
        for i in range(2):
            ours = found.contributions[i][done], found.payments[i][done]
            plain = right.contribution(i, state), right.externality(i, state)
            tally.check(ours == plain, f"lists: bidder {i} at {done}: {ours}, not {plain}")

    @cache
    def play(i: int, j: int) -> tuple[Fraction, Fraction, Fraction]:
        """What both have, and the two together with what is paid."""
        left = i < len(first), j < len(second)
        if not any(left):
            return ZERO, ZERO, ZERO
        now = first[i] if left[0] else ZERO, second[j] if left[1] else ZERO
        if not all(left):
            k = left.index(True)
            u = play(i + left[0], j + left[1])
            own = now[k] + discount * u[k]
            return (own, ZERO, own) if k == 0 else (ZERO, own, own)
        ahead = play(i + 1, j), play(i, j + 1)
        most = [now[k] + discount * (ahead[k][k] - ahead[1 - k][k]) for k in range(2)]
        k = int(most[1] > most[0])
        mine = now[k] - most[1 - k] + discount * ahead[k][k], discount * ahead[k][1 - k]
        return (*(mine if k == 0 else mine[::-1]), now[k] + discount * ahead[k][2])

    for _, done in right.states:
        left = found.payoffs[0][done], found.payoffs[1][done], found.auction_welfare[done]
        tally.check(left == play(*done), f"lists: the auctions leave {left}, not {play(*done)}, at {done}")
    return env


def _arrivals(d: Draw, tally: Tally) -> Any:
    """W, what the first arrival adds and what her coming is news for, as a society of buyers."""
    import dynamech as dm
    from dynamech.models.efficient.arrival_payments import arrival_outcome, arrival_payments
    from dynamech.models.efficient.arrivals import optimal_stopping, read_arrivals

    pick = d.random.choice
    count = pick([1, 2, 2, 3])
    words: dict[str, Any] = {
        "values": sorted(F(v) for v in d.random.sample(range(9), count)),
        "pmf": d.rows(count, kind="full").tolist(),
        "chances": [F(n, 6) for n in d.random.sample(range(1, 6), pick([1, 2]))],
        "periods": pick([1, 2, 3] if count < 3 else [1, 2]),
        "goods": pick([1, 2]), "timeout": pick([None, 1, 2]),
        "discount": pick([F(0), F(1, 2), F(9, 10), F(1)]),
    }  # fmt: skip
    env = dm.load("arrivals", **words)
    data = read_arrivals(**words)
    plan = optimal_stopping(data)
    society = Right(env).all
    start = {s: _prior(env, s) for s in society.states() if s[0] == 0}
    plain = sum((chance * society.values[s] for s, chance in start.items()), ZERO)
    tally.check(plan.value == plain, f"arrivals: W {plan.value}, not {plain}")
    found, (goods, nobody) = arrival_payments(plan), (data.goods, plan.empty(data.goods))
    assert found.marginal is not None
    assert found.news is not None
    for k in range(count):
        came, gone = (_opening(env, society, k, there) for there in ("w", "."))
        alone = _opening(env, Right(env).rest[0], None, "w")
        marginal, news = found.marginal[0][goods][0, nobody, k], found.news[0][goods][0, nobody]
        tally.check(marginal == came - alone, f"arrivals: M {marginal}, not {came - alone}")
        tally.check(news == alone - gone, f"arrivals: the news is worth {news}, not {alone - gone}")
    outcome = arrival_outcome(plan, found)
    doubles = optimal_stopping(read_arrivals(**{k: _floats(v) for k, v in words.items()}))
    tally.check(math.isclose(doubles.value, plan.value, rel_tol=1e-9), f"arrivals, float: {doubles.value}")
    tally.check(
        outcome.pivot is not None and outcome.pivot <= outcome.collected, "arrivals: the pivot takes more"
    )
    return env


def _opening(env: Any, society: Any, k: int | None, there: str) -> Fraction:
    """What is expected of period 0 with the first buyer's type k (None: she is not there) and the market."""
    total, members = ZERO, society.members
    for s in society.profiles(0):
        types = dict(zip(members, s, strict=True))
        market = len(env.agents) - 1
        if env.agents[market].types[0][types[market]] != there or (k is not None and types[0] != k):
            continue
        total += society.values[0, s]  # the other buyers have one type each
    return total


def _prior(env: Any, state: State) -> Fraction:
    return math.prod((F(a.prior[k]) for a, k in zip(env.agents, state[1], strict=True)), start=F(1))


def _floats(value: Any) -> Any:
    if isinstance(value, list):
        return np.array(value, dtype=float)
    return float(value) if isinstance(value, Fraction) else value
