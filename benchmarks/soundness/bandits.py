"""Bandits (BV section 5): indices against all stopping sets, and what follows from them against the society.

The index of a state is the largest ratio of discounted rewards to discounted periods over all rules "play
once, then while in C", a set C at a time. The index policy has to be worth what the best policy is, and the
dynamic second price has to be what the others lose.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from .decisions import ONE, ZERO, Right, State, by_state, policy_values, same
from .draw import Draw
from .tally import Tally

F = Fraction


def check(seed: int) -> tuple[Tally, Any]:
    """One bandit, in both arithmetics."""
    from dynamech.models.efficient.index_policy import dynamic_second_price, indices
    from dynamech.solvers.effort import EXACT

    tally = Tally()
    env, negative = bandit(seed)
    right = Right(env)
    with tally.guarded("index, exact"):
        found = indices(env, EXACT)
        plain = [_indices(right, arm) for arm in found.arms]
        for arm, ours, theirs in zip(found.arms, found.index, plain, strict=True):
            tally.check(ours.tolist() == theirs, f"exact: indices of '{arm.name}' {ours}, not {theirs}")
        _policy(right, found, tally)
        rounded = indices(env)
        for arm, ours, theirs in zip(found.arms, rounded.index, plain, strict=True):
            size = max(map(abs, [*theirs, *arm.reward.tolist()]))
            slack = F(rounded.error) + F(1e-15) * 8 * size / (1 - right.all.delta)
            off = max(abs(F(a) - b) for a, b in zip(ours.tolist(), theirs, strict=True))
            tally.check(off <= slack, f"float: an index of '{arm.name}' is off by {float(off)}, not {slack}")
    with tally.guarded("second price, exact"):
        auction = dynamic_second_price(env, EXACT)
        tally.check(not negative, "exact: a second price though values are negative")
        _auction(right, auction, tally)
        doubles = dynamic_second_price(env)
        off = max(
            abs(F(a) - b) for a, b in zip(doubles.welfare.tolist(), auction.welfare.tolist(), strict=True)
        )
        size = max(map(abs, auction.welfare.tolist()))
        tally.check(off <= F(1e-9) * size, f"float: W is off by {float(off)} of {float(size)}")
    return tally, env


def bandit(seed: int) -> tuple[Any, bool]:
    """(one to three arms, perhaps safe ones; whether somebody who would have to pay has a negative value)."""
    import dynamech as dm

    d = Draw(seed)
    pick = d.random.choice
    count, safe = pick([1, 2, 2, 3]), pick([0, 0, 1, 2])
    scale = pick([ONE, ONE, F(10) ** 9, F(1, 10**9)])
    amounts = pick([[F(0), F(1)], [F(k) for k in range(7)], [F(k, 3) for k in range(20)]])
    signed = pick([False, False, True])
    places = list(range(count + safe))
    d.random.shuffle(places)
    kind = pick(["full", "zeros", "thin", "still"])
    agents, negative = [], False
    for i in range(count):
        size = pick([1, 2, 3, 4] if count < 3 else [1, 2, 3])
        stay = [[F(int(k == m)) for m in range(size)] for k in range(size)]
        moves = stay if kind == "still" else d.rows(size, size, kind=kind).tolist()
        values = d.table(size, of=[scale * v for v in amounts + ([-v for v in amounts] if signed else [])])
        observed = pick([False, False, False, True]) and count > 1 and i > 0
        negative |= not observed and min(values) < 0
        agents.append(
            dm.Agent(
                f"a{i}",
                types=[str(k) for k in range(size)],
                prior=d.rows(size, kind="full"),
                values=[[values.tolist() if a == places[i] else [F(0)] * size for a in range(count + safe)]],
                transitions=[[moves if a == places[i] else stay for a in range(count + safe)]],
                observed=observed,
            )
        )
    costs = d.table(count + safe, of=[F(0)] * 3 + [scale, -scale, scale / 7])
    return dm.Environment(
        name=f"bandit-{seed}",
        agents=agents,
        actions=[f"x{a}" for a in range(count + safe)],
        costs=[costs],
        discount=pick([F(0), F(1, 2), F(9, 10), F(99, 100), 1 - F(1, 10**6)]),
        horizon=None,
    ), negative


def _indices(right: Right, arm: Any) -> list[Fraction]:
    """The largest ratio for every state, from the environment's own tables."""
    if arm.agent is None:
        return [-right.all.cost(arm.action, 0)]
    env, i = right.env, arm.agent
    others = [0] * len(env.agents)
    states = range(len(env.agents[i].types[0]))

    def at(k: int) -> State:
        return 0, tuple(k if j == i else 0 for j in range(len(others)))

    reward = {k: right.all.worth(i, arm.action, at(k)) - right.all.cost(arm.action, 0) for k in states}
    moves: dict[int, dict[int, Fraction]] = {}
    for k in states:
        moves[k] = {}
        for after, chance in right.all.after(at(k), arm.action).items():
            moves[k][after[1][i]] = moves[k].get(after[1][i], ZERO) + chance
    best: dict[int, Fraction] = {}
    for on in itertools.chain.from_iterable(
        itertools.combinations(states, r) for r in range(len(states) + 1)
    ):
        kept = {k: {m: chance for m, chance in moves[k].items() if m in on} for k in states}
        money = policy_values({k: (reward[k], kept[k]) for k in states}, right.all.delta)
        periods = policy_values({k: (ONE, kept[k]) for k in states}, right.all.delta)
        for k in states:
            ratio = money[k] / periods[k]
            best[k] = max(best.get(k, ratio), ratio)
    return [best[k] for k in states]


def _policy(right: Right, found: Any, tally: Tally) -> None:
    """Always an arm of largest index, and no policy does better."""
    states = right.states
    action = [arm.action for arm in found.arms]
    right.policy = {s: action[k] for s, k in by_state(right, [found.policy]).items()}
    worth = right.all.follow(right.policy, lambda s: right.all.flow(right.policy[s], s))
    same(worth, right.all.values, "what the index policy is worth", tally)
    for n, s in enumerate(states):
        largest = max(found.at_profiles[:, n])
        tied = [k for k in range(len(action)) if found.at_profiles[k, n] == largest]
        tally.check(found.best[:, n].nonzero()[0].tolist() == tied, f"exact: the best arms at {s} are {tied}")


def _auction(right: Right, auction: Any, tally: Tally) -> None:
    env, states = right.env, right.states
    same(by_state(right, [auction.welfare]), right.all.values, "W of the arms", tally)
    option = dict.fromkeys(states, ZERO)
    owner = {arm.action: arm.agent for arm in auction.indices.arms}
    for i in right.private:
        name = env.agents[i].name
        without = {s: right.without(i, s) for s in states}
        same(by_state(right, [auction.without[i]]), without, f"W without {name}", tally)
        due = {s: right.externality(i, s) for s in states}
        same(by_state(right, [auction.transfers[i]]), due, f"second price of {name}", tally)
    worth = {s: {a: right.all.flow(a, s) for a in range(len(env.actions[0]))} for s in states}
    for s in states:
        j = owner[right.policy[s]]
        if j is None or j not in right.private:
            continue
        rest = [w for a, w in worth[s].items() if a != right.policy[s]] + [
            -right.all.cost(right.policy[s], 0)
        ]
        option[s] = (1 - right.all.delta) * right.without(j, s) - max(rest)
        ours = by_state(right, [auction.option_value])[s]
        tally.check(ours == option[s], f"exact: option value {ours}, not {option[s]} at {s}")
    lower = {s: worth[s][right.policy[s]] < max(worth[s].values()) for s in states}
    same(by_state(right, [auction.not_highest]), lower, "whether another is worth more", tally)
