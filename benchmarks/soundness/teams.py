"""Team and balanced team mechanisms (Athey and Segal), against enumeration.

The balanced mechanism remembers the last profile. A liar's problem has for states what she knows: the memory,
her type and what everybody sees; she averages over the others' types, which are as the memory says.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .decisions import (
    LARGEST,
    ONE,
    ZERO,
    Option,
    Profile,
    Right,
    State,
    best_values,
    by_state,
    liar,
    policy_values,
    same,
)
from .tally import Tally

Memory = tuple[int, int]
"""A period, and the number of the last profile; the last number is that of no profile yet."""
View = tuple[Memory, int, Profile]
"""What an agent knows: the memory, her type, the types that all see."""


def team(right: Right, found: Any, tally: Tally) -> None:
    from dynamech.models.efficient.team import team

    made, states = team(found), right.states
    given = dict.fromkeys(states, ZERO)
    for k, i in enumerate(right.private):
        due = {}
        for s in states:
            a = right.policy[s]
            due[s] = right.all.cost(a, s[0]) - sum(
                (right.all.worth(j, a, s) for j in right.all.members if j != i), ZERO
            )
        name = right.env.agents[i].name
        ours = by_state(right, [paid[k, 0] for paid in made.payments])
        same(ours, due, f"team payment of {name}", tally)
        short = {s: max(ZERO, -w) for s, w in right.all.values.items()}
        same(by_state(right, made.bond, k), short, f"team bond of {name}", tally)
        given = {s: given[s] + due[s] for s in states}
        if len(states) <= LARGEST:
            best = best_values(liar(right, i, due), right.all.delta)
            tally.check(best == right.all.values, f"team: {name} gains by lies")
    flows = {s: given[s] - right.all.cost(right.policy[s], s[0]) for s in states}
    budget = right.all.follow(right.policy, flows.__getitem__)
    ours = dict(zip([s for s in states if s[0] == 0], made.budget.tolist(), strict=True))
    tally.check(all(budget[s] == v for s, v in ours.items()), "team: the budget differs")
    for word in ("ex-post", "bayesian"):
        tally.check(made.satisfies[word], f"team: {word} is said to fail")


def balanced(right: Right, found: Any, tally: Tally) -> None:
    from dynamech.models.efficient.team import balanced_team
    from dynamech.solvers.effort import EXACT

    count = len(right.private)
    if count < 2:
        return
    made, env = balanced_team(found, EXACT), right.env
    told = _memories(right, made)
    rewards = {i: _rewards(right, i, Fraction(count - 1, count)) for i in right.private}
    for m, chances in told.items():
        gains = {i: _gains(right, i, rewards[i], chances) for i in right.private}
        for k, i in enumerate(right.private):
            plain = {}
            for s in chances:
                others = sum((gains[j][s] for j in right.private if j != i), ZERO) / (count - 1)
                plain[s] = others - gains[i][s] + right.all.cost(right.policy[s], s[0]) / count
            t = next(iter(chances))[0]
            row = made.payments[t][k, m[1]]
            ours = {(t, p): row[n] for n, p in enumerate(right.all.profiles(t))}
            wrong = [s for s in plain if ours[s] != plain[s]]
            at = f" {ours[wrong[0]]}, not {plain[wrong[0]]} at {wrong[0]}" if wrong else ""
            tally.check(not wrong, f"balanced, memory {m}: {env.agents[i].name} pays{at}")
    tally.check(all((s == 0).all() for s in made.surplus), "balanced: the payments do not add up")
    tally.check(made.satisfies["bayesian"], "balanced: bayesian is said to fail")
    for k, i in enumerate(right.private):
        states = _views(right, told, i)
        if len(states) > LARGEST:
            continue
        options = {v: _choices(right, made, told, i, k, v) for v in states}
        best = best_values({v: list(o.values()) for v, o in options.items()}, right.all.delta)
        truth = policy_values({v: o[v[1]] for v, o in options.items()}, right.all.delta)
        tally.check(best == truth, f"balanced: {env.agents[i].name} gains by lies")
        for m in told:
            low = min(
                v
                for (memory, own, seen), v in truth.items()
                if memory == m and _can(right, told, m, i, own, seen)
            )
            bond = made.bond[next(iter(told[m]))[0]][k, m[1]]
            tally.check(bond == max(ZERO, -low), f"balanced, memory {m}: bond {bond}, not {max(ZERO, -low)}")


def _memories(right: Right, made: Any) -> dict[Memory, dict[State, Fraction]]:
    """Chances of the states after every memory, all profiles that need not be impossible."""
    start: dict[State, Fraction] = {}
    for s in right.states:
        if s[0] == 0:
            chance = math.prod(
                (Fraction(a.prior[k]) for a, k in zip(right.env.agents, s[1], strict=True)), start=ONE
            )
            if chance:
                start[s] = chance
    found = {(0, made.payments[0].shape[1] - 1): start}
    for s in right.states:
        then = right.all.after(s, right.policy[s])
        if then:
            t = next(iter(then))[0]
            found[t, right.all.profiles(s[0]).index(s[1])] = then
    return found


def _rewards(right: Right, i: int, part: Fraction) -> dict[State, Fraction]:
    """Ψ: what the others have from here on, less their part of the costs."""

    def flow(s: State) -> Fraction:
        a = right.policy[s]
        rest = (right.all.worth(j, a, s) for j in right.all.members if j != i)
        return sum(rest, ZERO) - part * right.all.cost(a, s[0])

    return right.all.follow(right.policy, flow)


def _mean(values: dict[State, Fraction], chances: dict[State, Fraction], like: Any) -> Fraction:
    """The expectation over the states that a test admits."""
    kept = [s for s in chances if like(s)]
    whole = sum((chances[s] for s in kept), ZERO)
    return sum((chances[s] * values[s] for s in kept), ZERO) / whole


def _gains(
    right: Right, i: int, reward: dict[State, Fraction], chances: dict[State, Fraction]
) -> dict[State, Fraction]:
    """γ: by how much her type moves what is expected of Ψ, given what everybody sees."""
    found = {}
    for s in chances:
        told = _mean(
            reward, chances, lambda r, s=s: _seen(right, r) == _seen(right, s) and r[1][i] == s[1][i]
        )
        found[s] = told - _mean(reward, chances, lambda r, s=s: _seen(right, r) == _seen(right, s))
    return found


def _seen(right: Right, state: State) -> Profile:
    return tuple(k for j, k in enumerate(state[1]) if j not in right.private)


def _views(right: Right, told: dict[Memory, dict[State, Fraction]], i: int) -> list[View]:
    """All of them, her own type possible or not."""
    found: dict[View, None] = {}
    for m, chances in told.items():
        t = next(iter(chances))[0]
        for s in chances:
            for own in range(len(right.env.agents[i].types[t])):
                found[m, own, _seen(right, s)] = None
    return list(found)


def _can(right: Right, told: Any, m: Memory, i: int, own: int, seen: Profile) -> bool:
    return any(s[1][i] == own and _seen(right, s) == seen for s in told[m])


def _choices(right: Right, made: Any, told: Any, i: int, k: int, view: View) -> dict[int, Option]:
    """An option a report, averaged over the others' types, which are as the memory says."""
    m, own, seen = view
    chances: dict[State, Fraction] = {}
    for s, chance in told[m].items():
        if _seen(right, s) == seen:
            here = s[0], (*s[1][:i], own, *s[1][i + 1 :])
            chances[here] = chances.get(here, ZERO) + chance
    whole = sum(chances.values(), ZERO)
    options = {}
    for report in range(len(right.env.agents[i].types[next(iter(chances))[0]])):
        now = ZERO
        then: dict[View, Fraction] = {}
        for s, chance in chances.items():
            said = s[0], (*s[1][:i], report, *s[1][i + 1 :])
            place = right.all.profiles(s[0]).index(said[1])
            a, odds = right.policy[said], chance / whole
            now += odds * (right.all.worth(i, a, s) - made.payments[s[0]][k, m[1], place])
            for after, likely in right.all.after(s, a).items():
                nxt = ((after[0], place), after[1][i], _seen(right, after))
                then[nxt] = then.get(nxt, ZERO) + odds * likely
        options[report] = now, then
    return options


def timing(right: Right, found: Any, tally: Tally) -> None:
    """Pivot payments put off, and a bond beside them: the same budget, no lie gains, who stays."""
    from dynamech.models.efficient.deferral import bonded, deferred

    posted = [ONE + k for k in range(len(right.private))]
    for what, made in (("deferred", deferred(found)), ("bonded", bonded(found, posted))):
        tally.check((made.budget == found.budget[0]).all(), f"{what}: the budget differs")
        worst = ZERO
        for k, i in enumerate(right.private):
            options = _remembered(right, made, i, k)
            if len(options) > LARGEST:
                return
            truth = policy_values({v: o[v[1][1][i]] for v, o in options.items()}, right.all.delta)
            best = best_values({v: list(o.values()) for v, o in options.items()}, right.all.delta)
            tally.check(best == truth, f"{what}: {right.env.agents[i].name} gains by lies")
            left = {(m[0], m[1], s[1]): value for (m, s), value in truth.items()}
            profiles = right.all.profiles
            ours = {v: made.left[v[0]][k, v[1], profiles(v[0]).index(v[2])] for v in left}
            tally.check(ours == left, f"{what}: what is left to {right.env.agents[i].name} differs")
            worst = min(worst, *truth.values())
        tally.check(made.satisfies["ex-post"], f"{what}: ex-post is said to fail")
        if everything_possible(right.env):
            tally.check(made.satisfies["periodic"] == (worst == 0), f"{what}: periodic, {worst} at worst")


def _remembered(right: Right, made: Any, i: int, k: int) -> dict[tuple[Memory, State], dict[int, Option]]:
    """An option a report at every memory and state, for one who knows all types."""
    start = made.payments[0].shape[1] - 1
    options: dict[tuple[Memory, State], dict[int, Option]] = {}
    todo: list[tuple[Memory, State]] = [((0, start), s) for s in right.states if s[0] == 0]
    while todo:
        view = m, s = todo.pop()
        if view in options:
            continue
        options[view] = {}
        for report, said in enumerate(right.reports(i, s)):
            place = right.all.profiles(s[0]).index(said[1])
            a, after = right.policy[said], place if made.remembers else 0
            then = {((r[0], after), r): chance for r, chance in right.all.after(s, a).items()}
            options[view][report] = right.all.worth(i, a, s) - made.payments[s[0]][k, m[1], place], then
            todo += then
    return options


def everything_possible(env: Any) -> bool:
    """Whether every type of everybody comes about, whatever is reported."""
    return all(
        (agent.prior > 0).all() and all(not k.deterministic and (k.table > 0).all() for k in agent.kernels)
        for agent in env.agents
    )
