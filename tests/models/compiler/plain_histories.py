"""The best revenue as one plain linear program over full histories, with a row for each report allowed.

No message is left out, actions are always remembered, payments come in the last period. Columns: x[h, s, a]
of history h, reported profile s and action a; p[i, h, s]; and U[i, h, state], what an agent can get from h
on, times the mechanism's weight of h and nature's chance of her state. A state is her true type before (on
which her belief depends in a joint process), the observed types and her own type. For incentives at every
profile it is the profile, whatever its chance, by which U is not multiplied. Private agents report, observed
ones are true. Solved by scipy, in doubles.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from dynamech.models.environment.environment import Environment

Profile = tuple[int, ...]
History = tuple[tuple[Profile, int], ...]
Row = dict[Any, float]


class Plain:
    """Revenue under `bayesian` incentives (or at every profile), initial types promised 0."""

    def __init__(self, env: Environment, everywhere: bool) -> None:
        self.env, self.everywhere = env, everywhere
        self.columns: dict[Any, int] = {}
        self.equal: list[tuple[Row, float]] = []
        self.least: list[tuple[Row, float]] = []  # Σ ≥ right
        for t in range(env.periods):
            for history in self.histories(t):
                self.lotteries(t, history)
                for i in env.private:
                    self.truth_and_lies(t, history, i)
        for i in env.private:
            self.promise(i)

    def profiles(self, t: int) -> list[Profile]:
        return list(itertools.product(*(range(k) for k in self.env.types(t))))

    def histories(self, t: int) -> list[History]:
        steps = [[(s, a) for s in self.profiles(u) for a in range(self.env.num_actions(u))] for u in range(t)]
        return list(itertools.product(*steps))

    def chance(self, t: int, last: Profile, action: int, now: Profile) -> float:
        """Of the profile `now`, after the true profile `last`."""
        env = self.env
        if env.process is not None:
            if t == 0:
                return float(env.process.prior[now])
            table = env.process.transitions[t - 1]
            return float(table[(action if len(table) > 1 else 0, *last, *now)])
        result = Fraction(1)
        for j, agent in enumerate(env.agents):
            if t == 0:
                result *= agent.prior[now[j]]
                continue
            kernel = agent.kernels[t - 1]
            head = action if kernel.controlled else 0
            result *= kernel.table[(head, *(now[g] for g in kernel.given), last[j], now[j])]
        return float(result)

    def value(self, t: int, i: int, action: int, s: Profile) -> float:
        table = self.env.agents[i].values[t]
        return float(table[(action, *(k if n > 1 else 0 for k, n in zip(s, table.shape[1:], strict=True)))])

    def column(self, *key: Any) -> Any:
        self.columns.setdefault(key, len(self.columns))
        return key

    def lotteries(self, t: int, history: History) -> None:
        for s in self.profiles(t):
            row: Row = {self.column("x", history, s, a): 1.0 for a in range(self.env.num_actions(t))}
            if history:
                row["x", history[:-1], *history[-1]] = -1.0
            self.equal.append((row, 0.0 if history else 1.0))

    def state(self, i: int, before: int, s: Profile) -> Any:
        """What she knows at profile s."""
        if self.everywhere:
            return s
        return (before, tuple(s[j] for j in self.env.observed), s[i])

    def earned(self, t: int, history: History, i: int, group: list[tuple[Profile, float]], r: int) -> Row:
        """What reporting r earns at profiles of these chances, she being s[i] in truth."""
        env = self.env
        row: Row = {}
        for s, weight in group:
            said = (*s[:i], r, *s[i + 1 :])
            for a in range(env.num_actions(t)):
                x = ("x", history, said, a)
                row[x] = row.get(x, 0.0) + weight * self.value(t, i, a, s)
                if t + 1 < env.periods:
                    after = {n: self.chance(t + 1, s, a, n) for n in self.profiles(t + 1)}
                    states = {
                        self.state(i, s[i], n): c if self.everywhere else 1.0 for n, c in after.items() if c
                    }
                    for state, c in states.items():
                        key = self.column("u", i, (*history, (said, a)), state)
                        row[key] = row.get(key, 0.0) + weight * float(env.discount) * c
            if t + 1 == env.periods:
                paid = self.column("p", i, history, said)
                row[paid] = row.get(paid, 0.0) - weight
        return row

    def truth_and_lies(self, t: int, history: History, i: int) -> None:
        env = self.env
        last, action = history[-1] if history else ((), 0)
        allowed = env.agents[i].may_report(t)
        for before in range(env.types(t - 1)[i]) if t and not self.everywhere else [last[i] if t else 0]:
            true = (*last[:i], before, *last[i + 1 :]) if t else ()
            groups: dict[Any, list[tuple[Profile, float]]] = {}
            for s in self.profiles(t):
                weight = 1.0 if self.everywhere else self.chance(t, true, action, s)
                if weight > 0:
                    groups.setdefault(self.state(i, before, s), []).append((s, weight))
            for state, group in groups.items():
                key = self.column("u", i, history, state)
                own = group[0][0][i]
                honest = t == 0 or before == last[i]
                if not env.joint:  # her belief is the same whoever she was
                    honest = any(self.chance(t, last, action, s) > 0 for s, _ in group)
                for r in range(env.types(t)[i]):
                    if allowed is not None and not allowed[own, r]:
                        continue
                    row = {k: -v for k, v in self.earned(t, history, i, group, r).items()}
                    row[key] = row.get(key, 0.0) + 1.0
                    truth = r == own and (honest or self.everywhere)
                    (self.equal if truth else self.least).append((row, 0.0))

    def promise(self, i: int) -> None:
        """Initial types, whatever the others' are."""
        rows: dict[Any, Row] = {}
        for s in self.profiles(0):
            if (weight := self.chance(0, (), 0, s)) > 0:
                known = (tuple(s[j] for j in self.env.observed), s[i])
                rows.setdefault(known, {})["u", i, (), self.state(i, 0, s)] = (
                    weight if self.everywhere else 1.0
                )
        self.least += [(row, 0.0) for row in rows.values()]

    def revenue(self) -> Row:
        return self.weighted(-1.0, {}, dict.fromkeys(self.env.private, 1.0))

    def weighted(
        self,
        costs: float,
        values: dict[int, float],
        paid: dict[int, float],
        own: tuple[int, int] | None = None,
    ) -> Row:
        """What is expected of costs, of these agents' values and of their payments, with these weights; own:
        given that this agent begins with this type."""
        row: Row = {}

        def walk(t: int, history: History, weight: float) -> None:
            last, action = history[-1] if history else ((), 0)
            for s in self.profiles(t):
                w = weight * self.chance(t, last, action, s)
                if w == 0 or (not history and own is not None and s[own[0]] != own[1]):
                    continue
                for i in paid if t + 1 == self.env.periods else []:
                    row["p", i, history, s] = w * paid[i]
                for a in range(self.env.num_actions(t)):
                    worth = sum(share * self.value(t, i, a, s) for i, share in values.items())
                    row["x", history, s, a] = w * (costs * float(self.env.costs[t][a]) + worth)
                    if t + 1 < self.env.periods:
                        walk(t + 1, (*history, (s, a)), w * float(self.env.discount))

        chance = 1.0
        if own is not None:
            first = (s for s in self.profiles(0) if s[own[0]] == own[1])
            chance = sum(self.chance(0, (), 0, s) for s in first)
        if chance > 0:
            walk(0, (), 1.0 / chance)
        return row

    def solve(self, maximised: Row | None = None) -> float:
        """The largest value of what is maximised, revenue where nothing is said."""
        value = self.optimum(self.revenue() if maximised is None else maximised)
        assert value is not None
        return value

    def optimum(self, maximised: Row, fixed: Row | None = None) -> float | None:
        """The same, with some columns fixed; None where no point keeps all rows."""
        objective = np.zeros(len(self.columns))
        for key, value in maximised.items():
            objective[self.columns[key]] = -value

        def matrix(rows: list[tuple[Row, float]], sign: float) -> tuple[Any, Any]:
            entries = [
                (k, self.columns[key], sign * v) for k, (row, _) in enumerate(rows) for key, v in row.items()
            ]
            at, column, value = zip(*entries, strict=True)
            shape = (len(rows), len(self.columns))
            return csr_array((value, (at, column)), shape=shape), [sign * right for _, right in rows]

        a_eq, b_eq = matrix(self.equal, 1.0)
        a_ub, b_ub = matrix(self.least, -1.0)
        bounds: list[Any] = [(0, None) if key[0] == "x" else (None, None) for key in self.columns]
        for key, value in (fixed or {}).items():
            bounds[self.columns[key]] = value, value
        found = linprog(objective, a_ub, b_ub, a_eq, b_eq, bounds, method="highs")
        assert found.status in (0, 2), found.message
        if found.status == 2:
            return None
        assert found.fun is not None
        return -float(found.fun)
