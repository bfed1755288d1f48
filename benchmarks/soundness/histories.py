"""The textbook program over full public histories, for notions in which all of an agent's types are private.

Sequence form: x[h, r, a] is the chance that the mechanism itself puts on the history h, and on action a at
reports r there; z_i[h, r] is that weight times i's payment in that very period. V_i[h, state] is what a liar
can still get (weighted). Where a promise follows realised actions along a path, payments of single periods
are bilinear, and the total is paid at the last history instead, in money of period 0.

Messages: every type for ex-post incentives and joint processes, else the types that the last report leaves
possible. `everywhere`: ex-post incentives ask for truth at every history and profile.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .rational import Optimum, Plain, solve
from .tally import Tally
from .world import History, Profile, World, add, put, unit_of

ZERO, ONE = Fraction(0), Fraction(1)
PATHS = ("ex-post", "prefix", "per-period")


class TooMany(Exception):
    """The plain program would have too many columns."""


def optimum_of(write: Callable[[], Any], tally: Tally, *unable: type[Exception]) -> Optimum | None:
    """The optimum of the plain program that `write` makes.

    None, and undecided, where that has too many columns or raises one of `unable`, and where none was found.
    """
    without: tuple[type[Exception], ...] = (TooMany, *unable)
    try:
        plain = write()
    except without:
        tally.undecided += 1
        return None
    optimum = solve(plain.p)
    if optimum.status == "undecided":
        tally.undecided += 1
        return None
    if optimum.value is not None:
        optimum.value *= plain.w.unit
    return optimum


class Histories:
    """The program of one question; `incentives` none, first-order, bayesian or ex-post."""

    def __init__(
        self, env: Any, incentives: str, participation: str, revenue: Fraction, welfare: Fraction, most: int
    ):
        self.w = w = World(env, unit_of(env))
        self.notion, self.promise = incentives, participation
        self.revenue, self.welfare = revenue, welfare
        self.everywhere = incentives == "ex-post"
        self.all_messages = self.everywhere or w.joint or w.restricted
        steered = any(w.moved(t) for t in range(w.T - 1))
        self.at_end = steered and w.delta != 0 and self.paths_count()
        self.most = most
        self.p = Plain()
        self.x: dict[tuple[History, Profile, int], int] = {}
        self.z: dict[tuple[int, History, Profile], int] = {}
        self.v: dict[tuple[Any, ...], int] = {}
        self.nodes: list[list[tuple[History, Fraction]]] = [[((), ONE)]]
        """Histories by period with nature's chance of them (0 for improbable ones)."""
        for t in range(w.T):
            self._columns(t)
        for t in range(w.T):
            for h, chance in self.nodes[t]:
                self._earn(t, h, chance)
                for i in w.private:
                    self._incentives(t, h, chance, i)
        self._participation()

    def paths_count(self) -> bool:
        """Whether totals along realised paths count."""
        return self.promise in ("ex-post", "prefix")

    # Histories and columns ----------------------------------------------------------------------------------

    def believed(self, h: History) -> dict[Profile, Fraction]:
        """Chances of the next profile after a history."""
        t = len(h)
        return self.w.after(t, h[-1][0] if t else None, h[-1][1] if t else None)

    def messages(self, h: History) -> list[Profile]:
        """Profiles of reports (and observed types) that may come after a history."""
        w, t = self.w, len(h)
        chances = self.believed(h)
        if not self.all_messages:
            return list(chances)
        if w.joint:
            return list(w.profiles(t))
        seen = {w.seen(profile) for profile in chances}
        return [profile for profile in w.profiles(t) if w.seen(profile) in seen]

    def _columns(self, t: int) -> None:
        w, p = self.w, self.p
        later: list[tuple[History, Fraction]] = []
        last = t == w.T - 1
        for h, chance in self.nodes[t]:
            chances = self.believed(h)
            for r in self.messages(h):
                total: dict[int, Fraction] = {}
                weight = self._weight(h)
                for a in w.actions(t, r):
                    self.x[h, r, a] = p.column(ZERO)
                    total[self.x[h, r, a]] = ONE
                if weight is not None:
                    total[weight] = -ONE
                p.row(total, ONE if weight is None else ZERO, ONE if weight is None else ZERO)
                if last or not self.at_end:
                    for i in w.private:
                        self.z[i, h, r] = p.column()
                if not last:
                    odds = chance * chances.get(r, ZERO)
                    kept = w.actions(t, r) if w.remembers(t) else [None]
                    later += [((*h, (r, a)), odds) for a in kept]
            if len(p.cost) > self.most:
                raise TooMany
        self.nodes.append(later)

    def _weight(self, h: History) -> int | None:
        """The column that weighs a history: the last remembered action; None: it is reached for sure."""
        for s in range(len(h) - 1, -1, -1):
            r, a = h[s]
            if a is not None:
                return self.x[h[:s], r, a]
        return None

    def _value(self, i: int, h: History, state: tuple[Any, ...]) -> int:
        key = (i, h, state)
        if key not in self.v:
            self.v[key] = self.p.column()
        return self.v[key]

    # Objective ----------------------------------------------------------------------------------------------

    def _earn(self, t: int, h: History, chance: Fraction) -> None:
        w, cost = self.w, self.p.cost
        rate = w.delta**t * chance
        for r, odds in self.believed(h).items():
            for a in w.actions(t, r):
                surplus = sum((w.worth(i, t, a, r) for i in range(w.n)), ZERO) - w.cost(t, a)
                cost[self.x[h, r, a]] += rate * odds * (self.welfare * surplus - self.revenue * w.cost(t, a))
            for i in w.private:
                if (i, h, r) in self.z:
                    cost[self.z[i, h, r]] += (chance if self.at_end else rate) * odds * self.revenue

    # Incentives ---------------------------------------------------------------------------------------------

    def states(self, i: int, h: History) -> list[tuple[Any, ...]]:
        """What i may know at h: (profile,) ex-post, else (observed types, her last type if joint, hers)."""
        w, t = self.w, len(h)
        if self.everywhere:
            return [(r,) for r in self.messages(h)]
        found = []
        before = range(w.size(i, t - 1)) if w.joint and t else [0]
        for past in before:
            for seen, own in sorted({(w.seen(r), r[i]) for r in self._from(i, h, past)}):
                found.append((seen, past, own))
        if not w.joint:  # a liar may be of any type whatever she said
            shown = sorted({seen for seen, _, _ in found})
            found = [(seen, 0, own) for seen in shown for own in range(w.size(i, t))]
        return found

    def _from(self, i: int, h: History, past: int) -> dict[Profile, Fraction]:
        """Chances of the next profile when i's true last type was `past` (joint processes)."""
        w, t = self.w, len(h)
        if not (w.joint and t):
            return self.believed(h)
        return w.after(t, put(h[-1][0], i, past), h[-1][1])

    def belief(self, i: int, h: History, state: tuple[Any, ...]) -> dict[Profile, Fraction]:
        """Chances of everybody's true types, given what i knows."""
        w = self.w
        if self.everywhere:
            return {state[0]: ONE}
        seen, past, own = state
        found: dict[Profile, Fraction] = {}
        for r, odds in self._from(i, h, past).items():
            if w.seen(r) != seen:
                continue
            if w.joint:
                if r[i] == own:
                    found[r] = found.get(r, ZERO) + odds
            else:  # her own type says nothing about the others
                with_own = put(r, i, own)
                found[with_own] = found.get(with_own, ZERO) + odds
        whole = sum(found.values(), ZERO)
        return {r: odds / whole for r, odds in found.items()}

    def probable(self, i: int, h: History, state: tuple[Any, ...]) -> bool:
        """Whether truth must be optimal here."""
        w, t = self.w, len(h)
        if self.everywhere:
            return True
        seen, past, own = state
        if w.joint and t and past != h[-1][0][i]:
            return False
        return any(w.seen(r) == seen and r[i] == own for r in self.believed(h))

    def gains(self, i: int, h: History, state: tuple[Any, ...], report: int) -> dict[int, Fraction]:
        """What a report earns: this period, and what a liar can get afterwards."""
        w, t = self.w, len(h)
        row: dict[int, Fraction] = {}
        for true, odds in self.belief(i, h, state).items():
            r = put(true, i, report)
            now = w.delta**t if self.at_end else ONE  # in money of period 0 where all is paid at the end
            for a in w.actions(t, r):
                add(row, self.x[h, r, a], odds * now * w.worth(i, t, a, true))
            if (i, h, r) in self.z:
                add(row, self.z[i, h, r], -odds)
            if t == w.T - 1 or w.delta == 0:
                continue
            for b in w.actions(t, r) if w.remembers(t) else [None]:
                onward = (*h, (r, b))
                for nxt, chance in w.after(t + 1, true, b).items():
                    then = (nxt,) if self.everywhere else (w.seen(nxt), true[i] if w.joint else 0, nxt[i])
                    # Without their own type the others' next types were summed over: states hold hers alone.
                    add(row, self._value(i, onward, then), odds * chance * (ONE if self.at_end else w.delta))
        return row

    def _incentives(self, t: int, h: History, chance: Fraction, i: int) -> None:
        w = self.w
        for state in self.states(i, h):
            own = state[0][i] if self.everywhere else state[2]
            seen = w.seen(state[0]) if self.everywhere else state[0]
            told = sorted({
                r[i] for r in self.messages(h)
                if w.seen(r) == seen and w.may(i, t, own, r[i])
                and (not self.everywhere or put(r, i, own) == state[0])
            })  # fmt: skip
            value = self._value(i, h, state)
            holds = self.probable(i, h, state)
            reports = told
            if holds:
                row = self.gains(i, h, state, own)
                add(row, value, -ONE)
                self.p.row(row, ZERO, ZERO)
                if self.notion == "none":
                    reports = []
                elif self.notion == "first-order":
                    reports = [k for k in told if k < own][-1:]
            elif self.notion == "none":
                continue
            for k in reports:
                if holds and k == own:
                    continue
                row = {j: -v for j, v in self.gains(i, h, state, k).items()}
                add(row, value, ONE)
                self.p.row(row, ZERO)

    # Participation ------------------------------------------------------------------------------------------

    def _participation(self) -> None:
        w = self.w
        if self.promise == "none":
            return
        if self.promise in ("interim", "periodic", "outside-efficient"):
            for t in range(1 if self.promise == "interim" else w.T):
                for h, _ in self.nodes[t]:
                    for i in w.private:
                        self._promise(t, h, i)
            return
        # In total, a path ends with the last period that counts.
        periods = 1 if w.delta == 0 and self.promise != "per-period" else w.T
        for t in range(periods):
            last = t == periods - 1
            for h, chance in self.nodes[t]:
                if not chance:
                    continue
                for r in self.believed(h):
                    for i in w.private:
                        if self.promise == "per-period":
                            self.p.row(self._spent(i, h, r, t), ZERO)
                        elif last or (self.promise == "prefix" and not self.at_end):
                            self._path(i, h, r)

    def _promise(self, t: int, h: History, i: int) -> None:
        w = self.w
        if self.everywhere and self.promise == "interim":
            groups: dict[tuple[Any, ...], dict[int, Fraction]] = {}
            for r, odds in self.believed(h).items():
                row = groups.setdefault((w.seen(r), r[i]), {})
                add(row, self._value(i, h, (r,)), odds)
                for column, amount in self._elsewhere(i, h, r).items():
                    add(row, column, -odds * amount)
            for row in groups.values():
                self.p.row(row, ZERO)
            return
        for state in self.states(i, h):
            reached = state[0] in self.believed(h) if self.everywhere else self.probable(i, h, state)
            if reached:
                row, least, weight = {self._value(i, h, state): ONE}, ZERO, self._weight(h)
                if self.promise == "outside-efficient":
                    belief = self.belief(i, h, state)
                    least = sum((chance * w.outside(i, t, r)[2] for r, chance in belief.items()), ZERO)
                if weight is not None:
                    add(row, weight, -least)
                for r, odds in self.belief(i, h, state).items():
                    for column, amount in self._elsewhere(i, h, r).items():
                        add(row, column, -odds * amount)
                self.p.row(row, least if weight is None else ZERO)

    def _elsewhere(self, i: int, h: History, r: Profile) -> dict[int, Fraction]:
        """What agent i has elsewhere from a profile on, all truthful, weighted as her utility is."""
        w, t = self.w, len(h)
        if not w.leaves(i):
            return {}
        key = ("elsewhere", i, h, r)
        if key not in self.v:
            self.v[key] = self.p.column()
            weight, now = self._weight(h), w.delta**t if self.at_end else ONE
            row = {self.v[key]: ONE}
            flow = now * w.elsewhere(i, t, r)
            if weight is not None:
                add(row, weight, -flow)
            if t < w.T - 1 and w.delta != 0:
                for b in w.actions(t, r) if w.remembers(t) else [None]:
                    for nxt, chance in w.after(t + 1, r, b).items():
                        for column, amount in self._elsewhere(i, (*h, (r, b)), nxt).items():
                            add(row, column, -chance * amount * (ONE if self.at_end else w.delta))
            right = flow if weight is None else ZERO
            self.p.row(row, right, right)
        return {self.v[key]: ONE}

    def _spent(self, i: int, h: History, r: Profile, t: int) -> dict[int, Fraction]:
        """Utility of one period at one path, weighted."""
        row: dict[int, Fraction] = {}
        for a in self.w.actions(t, r):
            add(row, self.x[h, r, a], self.w.net(i, t, a, r))
        add(row, self.z[i, h, r], -ONE)
        return row

    def _path(self, i: int, h: History, r: Profile) -> None:
        """What a path gives in total, in money of period 0: past actions realised, the last one expected."""
        w = self.w
        row: dict[int, Fraction] = {}
        path = [*h, (r, None)]
        weight = self._weight(h)
        for s, (told, action) in enumerate(path):
            before = h[:s]
            rate = w.delta**s
            if action is not None:
                assert weight is not None
                add(row, weight, rate * w.net(i, s, action, told))
            else:
                for a in w.actions(s, told):
                    add(row, self.x[before, told, a], rate * w.net(i, s, a, told))
            if not self.at_end:
                add(row, self.z[i, before, told], -rate)
        if self.at_end:
            add(row, self.z[i, h, r], -ONE)
        self.p.row(row, ZERO)
