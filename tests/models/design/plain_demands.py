"""The best revenue under a demand as one plain linear program over full histories; see `plain_histories`.

Payments are made in every period, p[i, h, s] with the weight of history h and its actions; or, where totals
of paths count, in the last one alone, in its money. Rows of demands are written at every history and profile.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from dynamech.models.environment.environment import Environment

from ..compiler.plain_histories import History, Plain, Profile, Row

WORDS = {"none": (0, 0), "nonnegative": (0, None), "nonpositive": (None, 0), "free": (None, None)}


def bounds(word: str) -> tuple[Any, Any]:
    low, dots, high = word.partition("..")
    return (float(Fraction(low)), float(Fraction(high))) if dots else WORDS[word]


class PlainDemands(Plain):
    """Revenue, or welfare, with demands by the keys of a question."""

    def __init__(
        self, env: Environment, everywhere: bool, demands: dict[str, Any], periodic: bool = False
    ) -> None:
        word = demands.get("payments", "free")
        self.by_path = demands.get("on") == "path" or demands.get("budget") == "ex-post"
        super().__init__(env, everywhere)
        if periodic:
            self.promise_continuations()
        for t, history, s in self.places():
            for i in env.private:
                mine = word.get(env.agents[i].name, "free") if isinstance(word, dict) else word
                if not self.by_path or t + 1 == env.periods:
                    rate = float(env.discount) ** t if self.by_path else 1.0
                    self.within({("p", i, history, s): rate}, bounds(mine), history)
        self.covered(demands.get("budget", "none"), (0, 0 if demands.get("balanced") else None))
        for pair in demands.get("anonymous", ()):
            self.treated_alike(*(env.agent_index(name) for name in pair))

    def places(self) -> list[tuple[int, History, Profile]]:
        periods = range(self.env.periods)
        return [(t, h, s) for t in periods for h in self.histories(t) for s in self.profiles(t)]

    def within(self, row: Row, limits: tuple[Any, Any], history: History | None) -> None:
        """The row between the limits, times the weight of the history."""
        for sign, limit in ((1.0, limits[0]), (-1.0, limits[1])):
            if limit is None:
                continue
            more = {key: sign * v for key, v in row.items()}
            if history:
                x = ("x", history[:-1], *history[-1])
                more[x] = more.get(x, 0.0) - sign * limit
            self.least.append((more, 0.0 if history else sign * limit))

    def covered(self, budget: str, limits: tuple[Any, Any]) -> None:
        env, rate = self.env, float(self.env.discount)
        if budget == "ex-ante":
            self.within(self.revenue(), limits, None)
        if budget == "per-period":
            for t in range(env.periods):
                self.within(self.revenue(only=t), limits, None)
        for t, history, s in self.places():
            if budget == "every-period":
                row: Row = {("p", i, history, s): 1.0 for i in env.private}
                row |= {("x", history, s, a): -float(c) for a, c in enumerate(env.costs[t])}
                self.within(row, limits, history)
            if budget == "ex-post" and t + 1 == env.periods:
                row = {("p", i, history, s): rate**t for i in env.private}
                row |= {("x", history, s, a): -float(c) * rate**t for a, c in enumerate(env.costs[t])}
                if history:
                    spent = sum(rate**u * float(env.costs[u][a]) for u, (_, a) in enumerate(history))
                    row["x", history[:-1], *history[-1]] = -spent
                self.within(row, limits, history)

    def treated_alike(self, i: int, j: int) -> None:
        """Every column is as large as its image; images of actions are the first that leave all as it is."""
        env = self.env
        order = list(range(env.num_agents))
        order[i], order[j] = j, i

        def swapped(s: Profile) -> Profile:
            return tuple(s[k] for k in order)

        def same(t: int, images: tuple[int, ...]) -> bool:
            after = self.profiles(t + 1) if t + 1 < env.periods else []
            return all(
                env.costs[t][a] == env.costs[t][b]
                and all(
                    self.value(t, k, a, s) == self.value(t, order[k], b, swapped(s))
                    for k in order
                    for s in self.profiles(t)
                )
                and all(
                    self.chance(t + 1, s, a, n) == self.chance(t + 1, swapped(s), b, swapped(n))
                    for s in self.profiles(t)
                    for n in after
                )
                for a, b in enumerate(images)
            )

        choices = [itertools.permutations(range(env.num_actions(t))) for t in range(env.periods)]
        images = [next(one for one in row if same(t, one)) for t, row in enumerate(choices)]
        for t, history, s in self.places():
            past = tuple((swapped(now), images[u][a]) for u, (now, a) in enumerate(history))
            keys: list[tuple[Any, Any]] = [
                (("x", history, s, a), ("x", past, swapped(s), b)) for a, b in enumerate(images[t])
            ]
            if not self.by_path or t + 1 == env.periods:
                keys += [(("p", k, history, s), ("p", order[k], past, swapped(s))) for k in env.private]
            self.equal += [({key: 1.0, other: -1.0}, 0.0) for key, other in keys if key != other]

    def promise_continuations(self) -> None:
        """At every history and type that truth reaches; everything has positive probability."""
        for t in range(1, self.env.periods):
            for history in self.histories(t):
                for s in self.profiles(t):
                    for i in self.env.private:
                        key = "u", i, history, self.state(i, history[-1][0][i], s)
                        self.least.append(({key: 1.0}, 0.0))

    def earned(self, t: int, history: History, i: int, group: list[tuple[Profile, float]], r: int) -> Row:
        row = super().earned(t, history, i, group, r)
        if not self.by_path and t + 1 < self.env.periods:
            for s, weight in group:
                paid = self.column("p", i, history, (*s[:i], r, *s[i + 1 :]))
                row[paid] = row.get(paid, 0.0) - weight
        return row

    def revenue(self, only: int | None = None) -> Row:
        row: Row = {}
        env = self.env

        def walk(t: int, history: History, weight: float) -> None:
            last, action = history[-1] if history else ((), 0)
            for s in self.profiles(t):
                w = weight * self.chance(t, last, action, s)
                mine = w if only in (None, t) else 0.0
                if only is not None:
                    mine /= float(env.discount) ** t
                if not self.by_path or t + 1 == env.periods:
                    row.update({("p", i, history, s): mine for i in env.private})
                for a in range(env.num_actions(t)):
                    row["x", history, s, a] = -mine * float(env.costs[t][a])
                    if t + 1 < env.periods:
                        walk(t + 1, (*history, (s, a)), w * float(env.discount))

        walk(0, (), 1.0)
        return row

    def welfare(self) -> Row:
        """Values less costs."""
        row: Row = {}
        for (kind, *key), paid in self.revenue().items():
            if kind == "x":
                row["x", *key] = paid
        for t, history, s in self.places():
            weight = 1.0
            for u, (now, _) in enumerate([*history, (s, 0)]):
                last, action = history[u - 1] if u else ((), 0)
                weight *= self.chance(u, last, action, now)
            weight *= float(self.env.discount) ** t
            for a in range(self.env.num_actions(t)):
                for i in range(self.env.num_agents):
                    row["x", history, s, a] += weight * self.value(t, i, a, s)
        return row

    def best(self, objective: str = "revenue") -> float | None:
        """The best value, None where nothing satisfies the demands."""
        return self.optimum(self.revenue() if objective == "revenue" else self.welfare())
