"""Decision problems over the rationals, a list of options a state; and what agents, or some of them, decide.

Finitely many periods are a problem whose states name their period, so there is one solver: policy iteration
from the first option of every state, each policy's values from one dense system.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint

from .tally import Tally

Profile = tuple[int, ...]
State = tuple[int, Profile]
"""A period (0 for ever, where the horizon is infinite) and the types of those who are there."""
Option = tuple[Fraction, dict[Any, Fraction]]
"""What it brings now, and the chances of the states that follow."""
ZERO, ONE = Fraction(0), Fraction(1)
LARGEST = 60
"""States of a liar's problem."""


def best_values(options: dict[Any, list[Option]], discount: Fraction) -> dict[Any, Fraction]:
    """The most that can be had from every state on."""
    chosen = dict.fromkeys(options, 0)
    while True:
        values = policy_values({s: options[s][k] for s, k in chosen.items()}, discount)
        better = {}
        for s, several in options.items():
            worth = [worth_of(option, values, discount) for option in several]
            if max(worth) > worth[chosen[s]]:
                better[s] = worth.index(max(worth))
        if not better:
            return values
        chosen |= better


def worth_of(option: Option, values: dict[Any, Fraction], discount: Fraction) -> Fraction:
    """What an option is worth where `values` follow."""
    now, then = option
    return now + discount * sum((chance * values[s] for s, chance in then.items()), ZERO)


def policy_values(option: dict[Any, Option], discount: Fraction) -> dict[Any, Fraction]:
    """What one option a state adds up to: (I − δ P) V = r."""
    place = {s: k for k, s in enumerate(option)}
    size = len(place)
    matrix = [[ZERO] * size for _ in range(size)]
    for s, k in place.items():
        matrix[k][k] += 1
        for after, chance in option[s][1].items():
            matrix[k][place[after]] -= discount * chance
    left = flint.fmpq_mat(size, size, [flint.fmpq(v.numerator, v.denominator) for row in matrix for v in row])
    flow = [flint.fmpq(now.numerator, now.denominator) for now, _ in option.values()]
    found = left.solve(flint.fmpq_mat(size, 1, flow))
    return {s: Fraction(int(found[k, 0].p), int(found[k, 0].q)) for s, k in place.items()}


def reached(start: Iterable[Any], after: Callable[[Any], Iterable[Any]]) -> set[Any]:
    """All states on paths from these."""
    todo = list(start)
    seen = set(todo)
    while todo:
        for state in after(todo.pop()):
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return seen


class Society:
    """Some agents of an environment on their own: what they have together and how they move."""

    def __init__(self, env: Any, members: Iterable[int]) -> None:
        self.env, self.members = env, list(members)
        self.delta = Fraction(env.discount)
        self.last = None if env.horizon is None else env.horizon - 1

    def profiles(self, t: int) -> list[Profile]:
        """Types of the members, the first slowest."""
        return list(itertools.product(*(range(len(self.env.agents[i].types[t])) for i in self.members)))

    def states(self) -> list[State]:
        """All of them."""
        periods = 1 if self.last is None else self.last + 1
        return [(t, profile) for t in range(periods) for profile in self.profiles(t)]

    def actions(self, state: State) -> list[int]:
        """Those that are feasible; what is feasible depends on agents who are observed."""
        t, profile = state
        table = self.env.feasible[t]
        everything = range(len(self.env.actions[t]))
        if table is None:
            return list(everything)
        seen = [k for i, k in zip(self.members, profile, strict=True) if self.env.agents[i].observed]
        at = tuple(k if size > 1 else 0 for k, size in zip(seen, table.shape[1:], strict=True))
        return [a for a in everything if table[(a, *at)]]

    def worth(self, i: int, a: int, state: State) -> Fraction:
        """v_i(a) of a member."""
        t, profile = state
        table = self.env.agents[i].values[t]
        at = [0] * len(self.env.agents)
        for j, k in zip(self.members, profile, strict=True):
            at[j] = k if table.shape[1 + j] > 1 else 0
        return Fraction(table[(a if table.shape[0] > 1 else 0, *at)])

    def cost(self, a: int, t: int) -> Fraction:
        return Fraction(self.env.costs[t][a])

    def after(self, state: State, a: int) -> dict[State, Fraction]:
        """Chances of what follows, no zeros."""
        t, profile = state
        if t == self.last:
            return {}
        then = 0 if self.last is None else t + 1
        found = {}
        for after in self.profiles(then):
            drawn = dict(zip(self.members, after, strict=True))
            chance = ONE
            for i, own in zip(self.members, profile, strict=True):
                chance *= self._chance(i, t, a, drawn, own)
            if chance:
                found[then, after] = chance
        return found

    def _chance(self, i: int, t: int, a: int, drawn: dict[int, int], own: int) -> Fraction:
        kernel = self.env.agents[i].kernels[t]
        index = (a, *(drawn[j] for j in kernel.given), own)
        at = tuple(k if size > 1 else 0 for k, size in zip(index, kernel.table.shape, strict=False))
        if kernel.deterministic:
            return Fraction(int(drawn[i] == int(kernel.table[at])))
        return Fraction(kernel.table[(*at, drawn[i])])

    def flow(self, a: int, state: State) -> Fraction:
        """What all members have of an action, less its cost."""
        return sum((self.worth(i, a, state) for i in self.members), ZERO) - self.cost(a, state[0])

    @cached_property
    def options(self) -> dict[State, dict[int, Option]]:
        """By state and action."""
        return {s: {a: (self.flow(a, s), self.after(s, a)) for a in self.actions(s)} for s in self.states()}

    @cached_property
    def values(self) -> dict[State, Fraction]:
        """W."""
        return best_values({s: list(o.values()) for s, o in self.options.items()}, self.delta)

    def q(self, state: State, a: int) -> Fraction:
        """What an action is worth, the best following."""
        return worth_of(self.options[state][a], self.values, self.delta)

    @cached_property
    def tied(self) -> dict[State, list[int]]:
        """All best actions, as listed."""
        return {s: [a for a in o if self.q(s, a) == self.values[s]] for s, o in self.options.items()}

    def follow(self, policy: dict[State, int], flow: Callable[[State], Fraction]) -> dict[State, Fraction]:
        """What a flow adds up to under a policy."""
        return policy_values({s: (flow(s), self.options[s][a][1]) for s, a in policy.items()}, self.delta)


class Right:
    """The plain answers about a society: with everybody, and without each agent who reports."""

    def __init__(self, env: Any) -> None:
        self.env, n = env, len(env.agents)
        self.all = Society(env, range(n))
        self.private = [i for i in range(n) if not env.agents[i].observed]
        self.rest = {i: Society(env, [j for j in range(n) if j != i]) for i in self.private}
        self.states = self.all.states()
        self.policy: dict[State, int] = {}

    def without(self, i: int, state: State) -> Fraction:
        """W_{-i}."""
        return self.rest[i].values[less(state, i)]

    def contribution(self, i: int, state: State) -> Fraction:
        """M_i."""
        return self.all.values[state] - self.without(i, state)

    def flow_contribution(self, i: int, state: State) -> Fraction:
        """m_i (10)."""
        then = self.all.options[state][self.policy[state]][1]
        later = sum((chance * self.contribution(i, s) for s, chance in then.items()), ZERO)
        return self.contribution(i, state) - self.all.delta * later

    def externality(self, i: int, state: State) -> Fraction:
        """By how much the others lose by what is done."""
        home, alone = self.rest[i], less(state, i)
        return home.values[alone] - home.q(alone, self.policy[state])

    def outside(self, i: int) -> dict[State, Fraction]:
        """What the others leave to her: where several policies are efficient for them, one that touches her
        least, and of those the best for her."""
        worth = {s: {a: self.all.worth(i, a, s) for a in self.rest[i].tied[less(s, i)]} for s in self.states}
        touched = {
            s: {a: (-abs(v), self.all.options[s][a][1]) for a, v in o.items()} for s, o in worth.items()
        }
        least = best_values({s: list(o.values()) for s, o in touched.items()}, self.all.delta)
        kept = {
            s: [a for a, option in o.items() if worth_of(option, least, self.all.delta) == least[s]]
            for s, o in touched.items()
        }
        hers = {s: [(worth[s][a], self.all.options[s][a][1]) for a in several] for s, several in kept.items()}
        return best_values(hers, self.all.delta)

    def path(self, state: State) -> set[State]:
        """All states that the efficient policy comes to."""
        return reached([state], lambda s: self.all.options[s][self.policy[s]][1])

    def reports(self, i: int, state: State) -> Iterator[State]:
        """The state as it looks after each of her reports."""
        t, profile = state
        for k in range(len(self.env.agents[i].types[t])):
            yield t, (*profile[:i], k, *profile[i + 1 :])


def less(state: State, i: int) -> State:
    """Without agent i."""
    t, profile = state
    return t, profile[:i] + profile[i + 1 :]


def by_state(right: Right, periods: Any, k: int | None = None) -> dict[State, Any]:
    """Figures by state; of one agent who reports, where k is given."""
    flat = [v for period in periods for v in (period if k is None else period[k]).tolist()]
    return dict(zip(right.states, flat, strict=True))


def same(ours: dict[State, Any], plain: dict[State, Any], what: str, tally: Tally) -> None:
    wrong = [s for s in plain if ours[s] != plain[s]]
    said = f"{ours[wrong[0]]}, not {plain[wrong[0]]} at {wrong[0]}" if wrong else ""
    tally.check(not wrong, f"exact: {what} is {said}")


def liar(right: Right, i: int, paid: dict[State, Fraction]) -> dict[State, list[Option]]:
    """She knows all types and pays what depends on the reports alone: an option a report."""
    options: dict[State, list[Option]] = {}
    for s in right.states:
        options[s] = []
        for said in right.reports(i, s):
            a = right.policy[said]
            options[s].append((right.all.worth(i, a, s) - paid[said], right.all.after(s, a)))
    return options
