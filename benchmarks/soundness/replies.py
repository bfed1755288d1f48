"""A mechanism judged by enumeration: what truth earns, what the best lie earns, what the designer earns.

States are (period, memory, last reports, last action); an agent also knows the observed agents' types, her
own, and where the process is joint her true previous type. A lie is followed by best replies; others tell the
truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

from .world import Profile, World, put

State = tuple[int, int, Profile | None, int | None]
Amount = Any
"""A Fraction, or a float where the mechanism holds floats."""


class Played:
    """A mechanism in the environment that it is for.

    possible: only reports that the last ones leave possible are messages (mechanisms that leave others out).
    """

    def __init__(self, env: Any, mechanism: Any, possible: bool = False) -> None:
        self.w, self.stages, self.possible = World(env), mechanism.stages, possible
        self.start: State = (0, mechanism.start, None, None)
        tables = [table for s in mechanism.stages for table in (s.allocation, s.transfers)]
        self.exact = all(table.dtype == object for table in tables)
        self.number = Fraction if self.exact else float

    def lottery(self, state: State, r: Profile) -> list[tuple[int, Amount]]:
        """Actions taken at reports r, with their chances."""
        t, m, _, _ = state
        row = self.stages[t].allocation[(m, *r)]
        # Float lotteries hold dust, which is never taken.
        return [(a, self.number(q)) for a, q in enumerate(row) if q > (0 if self.exact else 1e-9)]

    def paid(self, i: int, state: State, r: Profile) -> Amount:
        """Expected payment."""
        return self.number(self.stages[state[0]].transfers[(i, state[1], *r)])

    def onward(self, state: State, r: Profile, a: int) -> State:
        """The state that follows."""
        t, m, _, _ = state
        return (t + 1, int(self.stages[t].next[(m, *r, a)]), r, a)

    def chances(self, state: State) -> dict[Profile, Fraction]:
        """Chances of the profile to come."""
        return self.w.after(state[0], state[2], state[3])

    # Under the truth ----------------------------------------------------------------------------------------

    @cache  # noqa: B019
    def designer(self, state: State, revenue: Fraction, welfare: Fraction) -> Amount:
        """What the designer expects from here on."""
        w, t = self.w, state[0]
        total: Amount = self.number(0)
        for r, odds in self.chances(state).items():
            here: Amount = sum((self.paid(i, state, r) for i in w.private), self.number(0)) * self.number(
                revenue
            )
            for a, q in self.lottery(state, r):
                worth = sum((w.worth(i, t, a, r) for i in range(w.n)), Fraction(0))
                here += q * self.number(welfare * (worth - w.cost(t, a)) - revenue * w.cost(t, a))
                if t + 1 < w.T:
                    here += (
                        self.number(w.delta) * q * self.designer(self.onward(state, r, a), revenue, welfare)
                    )
            total += self.number(odds) * here
        return total

    def reached(self, lies: bool) -> Iterator[State]:
        """States reached by the truth; with `lies` by any messages."""
        todo, seen = [self.start], {self.start}
        while todo:
            state = todo.pop()
            yield state
            if state[0] + 1 == self.w.T:
                continue
            for r in self._profiles(state) if lies else self.chances(state):
                for a, _ in self.lottery(state, r):
                    then = self.onward(state, r, a)
                    if then not in seen:
                        seen.add(then)
                        todo.append(then)

    def _profiles(self, state: State) -> list[Profile]:
        w = self.w
        shown = {w.seen(r) for r in self.chances(state)}
        return [r for r in w.profiles(state[0]) if w.joint or w.seen(r) in shown]

    # Lies ---------------------------------------------------------------------------------------------------

    def gain(self, everywhere: bool) -> Amount:
        """The largest gain from a lie: at states that truth reaches, or at every state and profile."""
        worst: Amount = self.number(0)
        for state in self.reached(everywhere):
            for i in self.w.private:
                for known in self._known(state, i, everywhere):
                    best = self.value(state, i, known, True, everywhere)
                    worst = max(worst, best - self.value(state, i, known, False, everywhere))
        return worst

    def _known(self, state: State, i: int, everywhere: bool) -> list[tuple[Any, ...]]:
        if everywhere:
            return [(r,) for r in self._profiles(state)]
        past = state[2][i] if self.w.joint and state[2] is not None else 0
        return sorted({(self.w.seen(r), past, r[i]) for r in self.chances(state)})

    def _belief(
        self, state: State, i: int, known: tuple[Any, ...], everywhere: bool
    ) -> dict[Profile, Fraction]:
        if everywhere:
            return {known[0]: Fraction(1)}
        w, (seen, past, own) = self.w, known
        t, _, last, a = state
        chances = w.after(t, put(last, i, past), a) if w.joint and last is not None else self.chances(state)
        found: dict[Profile, Fraction] = {}
        for r, odds in chances.items():
            if w.seen(r) == seen and (not w.joint or r[i] == own):
                mine = put(r, i, own)
                found[mine] = found.get(mine, Fraction(0)) + odds
        whole = sum(found.values(), Fraction(0))
        return {r: odds / whole for r, odds in found.items()}

    @cache  # noqa: B019
    def value(self, state: State, i: int, known: tuple[Any, ...], lie: bool, everywhere: bool) -> Amount:
        """What agent i expects from here on, by best replies or by the truth."""
        own = known[0][i] if everywhere else known[2]
        if not lie:
            return self._reporting(state, i, known, own, False, everywhere)
        told: Any = range(self.w.size(i, state[0]))
        if self.possible:
            told = sorted({r[i] for r in self.chances(state)})
        return max(self._reporting(state, i, known, k, True, everywhere) for k in told)

    def _reporting(
        self, state: State, i: int, known: tuple[Any, ...], k: int, lie: bool, everywhere: bool
    ) -> Amount:
        w, t = self.w, state[0]
        total: Amount = self.number(0)
        for true, odds in self._belief(state, i, known, everywhere).items():
            r = put(true, i, k)
            here: Amount = -self.paid(i, state, r)
            for a, q in self.lottery(state, r):
                later: Amount = self.number(0)
                if t + 1 < w.T and w.delta:
                    then = self.onward(state, r, a)
                    for nxt, chance in w.after(t + 1, true, a).items():
                        know = (nxt,) if everywhere else (w.seen(nxt), true[i] if w.joint else 0, nxt[i])
                        later += self.number(chance) * self.value(then, i, know, lie, everywhere)
                here += q * (self.number(w.worth(i, t, a, true)) + self.number(w.delta) * later)
            total += self.number(odds) * here
        return total

    # Promises -----------------------------------------------------------------------------------------------

    def shortfall(self, promise: str, everywhere: bool) -> Amount:
        """The largest amount by which utility falls below 0, or what is had outside, where `promise` says
        that it does not."""
        if promise == "none":
            return self.number(0)
        if promise in ("interim", "periodic", "outside-efficient"):
            states = [self.start] if promise == "interim" else list(self.reached(False))
            worst: Amount = self.number(0)
            deep = everywhere and promise != "interim"
            for state in states:
                for i in self.w.private:
                    known = [(r,) for r in self.chances(state)] if deep else self._known(state, i, False)
                    for k in known:
                        least: Amount = self.number(0)
                        if promise == "outside-efficient":
                            for r, odds in self._belief(state, i, k, deep).items():
                                least += self.number(odds * self.w.outside(i, state[0], r)[2])
                        worst = max(worst, least - self.value(state, i, k, False, deep))
            return worst
        return max(
            (self._paths(self.start, i, self.number(0), self.number(1), promise) for i in self.w.private),
            default=self.number(0),
        )

    def _paths(self, state: State, i: int, so_far: Amount, rate: Amount, promise: str) -> Amount:
        w, t = self.w, state[0]
        # In total, a path ends with the last period that counts.
        ends = t + 1 == w.T or (w.delta == 0 and promise != "per-period")
        worst: Amount = self.number(0)
        for r in self.chances(state):
            paid, drawn = self.paid(i, state, r), self.lottery(state, r)
            expected = sum((q * self.number(w.worth(i, t, a, r)) for a, q in drawn), self.number(0)) - paid
            if promise == "per-period":
                worst = max(worst, -expected)
            elif promise == "prefix" or ends:
                worst = max(worst, -(so_far + rate * expected))
            if ends:
                continue
            for a, _ in drawn:
                now = self.number(w.worth(i, t, a, r)) - paid if w.remembers(t) else expected
                then = self._paths(
                    self.onward(state, r, a), i, so_far + rate * now, rate * self.number(w.delta), promise
                )
                worst = max(worst, then)
                if not w.remembers(t):
                    break  # what follows does not depend on the action
        return worst
