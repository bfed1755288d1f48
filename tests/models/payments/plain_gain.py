"""The least gain over all relaxed optima as one plain linear program, from the mathematics alone.

Two periods, actions steer nothing, quantile shocks. Private agents report first types r and then their shock
cells c; profiles of both are histories. Columns: x0[r, a], x1[r, c, a], each agent's total payment p[r, c] in
money of period 1, the most M[i, r, c, k] that a true type k who reported r and whose cell is said to be c..,
and g. Solved by scipy, in doubles.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linprog

from dynamech.models.environment.environment import Environment

Key = tuple[Any, ...]


class Plain:
    """Rows as dictionaries of column names, all of them ``Σ ≤ right``."""

    def __init__(self) -> None:
        self.columns: dict[Key, int] = {}
        self.rows: list[tuple[dict[Key, float], float]] = []
        self.free: set[Key] = set()

    def column(self, key: Key, free: bool = False) -> Key:
        self.columns.setdefault(key, len(self.columns))
        if free:
            self.free.add(key)
        return key

    def at_most(self, row: dict[Key, float], right: float = 0.0) -> None:
        self.rows.append((row, right))

    def least(self, objective: dict[Key, float]) -> float:
        count = len(self.columns)
        A, b = np.zeros((len(self.rows), count)), np.array([right for _, right in self.rows])
        for k, (row, _) in enumerate(self.rows):
            for key, value in row.items():
                A[k, self.columns[key]] += value
        c = np.zeros(count)
        for key, value in objective.items():
            c[self.columns[key]] += value
        bounds = [(None if key in self.free else 0, None) for key in self.columns]
        found = linprog(c, A_ub=A, b_ub=b, bounds=bounds, method="highs-ds")
        assert found.status == 0, found.message
        return float(found.fun or 0)


def add(into: dict[Key, float], row: dict[Key, float], times: float = 1.0) -> dict[Key, float]:
    for key, value in row.items():
        into[key] = into.get(key, 0.0) + times * value
    return into


def cells(rows: np.ndarray[Any, Any]) -> tuple[list[float], list[list[int]]]:
    """Lengths of the quantile cells of these distributions, and where each row goes in each."""
    edges = sorted({0.0, *(round(float(e), 12) for row in rows for e in np.cumsum(row))})
    middle = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    above = [np.round(np.cumsum(row), 12) for row in rows]
    moves = [[int(np.searchsorted(steps, m, side="right")) for m in middle] for steps in above]
    merged: dict[tuple[int, ...], float] = {}
    for k, (a, b) in enumerate(itertools.pairwise(edges)):
        to = tuple(row[k] for row in moves)
        merged[to] = merged.get(to, 0.0) + b - a
    return list(merged.values()), [list(row) for row in zip(*merged, strict=True)]


def least_gain(env: Environment, by_path: bool) -> tuple[float, float]:
    """(relaxed optimum, least gain of its optima); participation ex post where `by_path`, else interim."""
    n, delta = env.num_agents, float(env.discount)
    prior = [np.array(agent.prior, dtype=float) for agent in env.agents]
    kernel = [np.array(agent.kernels[0].table, dtype=float)[0] for agent in env.agents]
    shock = [cells(rows) for rows in kernel]
    firsts = list(itertools.product(*(range(len(p)) for p in prior)))
    seconds = list(itertools.product(*(range(len(lengths)) for lengths, _ in shock)))

    def value(i: int, t: int, a: int, types: tuple[int, ...]) -> float:
        table = np.broadcast_to(env.agents[i].values[t], (env.num_actions(t), *env.types(t)))
        return float(table[(a, *types)])

    def chance(profile: tuple[int, ...], weights: list[Any], but: int | None = None) -> float:
        return float(np.prod([weights[j][k] for j, k in enumerate(profile) if j != but]))

    def moved(r: tuple[int, ...], c: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(shock[j][1][r[j]][c[j]] for j in range(n))

    def put(profile: tuple[int, ...], i: int, k: int) -> tuple[int, ...]:
        return (*profile[:i], k, *profile[i + 1 :])

    def others(profiles: list[tuple[int, ...]], i: int, k: int) -> Iterator[tuple[int, ...]]:
        return (p for p in profiles if p[i] == k)

    lengths = [lengths for lengths, _ in shock]
    plain = Plain()
    for r in firsts:
        plays: list[list[Key]] = [[("x0", r, a) for a in range(env.num_actions(0))]]
        plays += [[("x1", r, c, a) for a in range(env.num_actions(1))] for c in seconds]
        for play in plays:
            for sign in (1, -1):
                plain.at_most({plain.column(key): float(sign) for key in play}, float(sign))
        for c, i in itertools.product(seconds, range(n)):
            plain.column(("p", i, r, c), free=True)

    def now(i: int, r: tuple[int, ...], true: tuple[int, ...]) -> dict[Key, float]:
        return {("x0", r, a): value(i, 0, a, true) for a in range(env.num_actions(0))}

    def later(i: int, r: tuple[int, ...], c: tuple[int, ...], true: tuple[int, ...]) -> dict[Key, float]:
        row = {("x1", r, c, a): value(i, 1, a, true) for a in range(env.num_actions(1))}
        return add(row, {("p", i, r, c): -1.0})

    def path(i: int, r: tuple[int, ...], c: tuple[int, ...]) -> dict[Key, float]:
        return add(now(i, r, r), later(i, r, c, moved(r, c)), delta)

    def expected(i: int, true: int, told: int) -> dict[Key, float]:
        """What agent i earns with public shocks."""
        row: dict[Key, float] = {}
        for r in others(firsts, i, told):
            own = put(r, i, true)
            add(row, now(i, r, own), chance(r, prior, i))
            for c in seconds:
                add(row, later(i, r, c, moved(own, c)), chance(r, prior, i) * chance(c, lengths) * delta)
        return row

    objective: dict[Key, float] = {}
    for r, c in itertools.product(firsts, seconds):
        weight = chance(r, prior) * chance(c, lengths)
        for i in range(n):
            add(objective, {("p", i, r, c): delta * weight})
        for t, name in ((0, ("x0", r)), (1, ("x1", r, c))):
            for a in range(env.num_actions(t)):
                add(objective, {(*name, a): -(delta**t) * weight * float(env.costs[t][a])})
    minus = {key: -value for key, value in objective.items()}
    for i in range(n):
        for true, told in itertools.product(range(len(prior[i])), repeat=2):
            row = expected(i, true, told)
            plain.at_most(add(dict(row), expected(i, true, true), -1.0))
        if not by_path:
            for true in range(len(prior[i])):
                plain.at_most({key: -v for key, v in expected(i, true, true).items()})
    if by_path:
        for i, r, c in itertools.product(range(n), firsts, seconds):
            plain.at_most({key: -v for key, v in path(i, r, c).items()})
    best = plain.least(minus)

    plain.at_most(minus, best + 1e-10)
    gain = plain.column(("g",))
    for i, r in itertools.product(range(n), firsts):
        own = r[i]
        for k in range(kernel[i].shape[1]):
            most = plain.column(("M", i, r, k), free=True)
            for told in range(len(lengths[i])):
                reply: dict[Key, float] = {most: -1.0}
                for c in others(seconds, i, told):
                    add(reply, later(i, r, c, put(moved(r, c), i, k)), chance(c, lengths, i))
                plain.at_most(reply)
            # Lies in period 1 after the truth in period 0: whatever cell drew her type k.
            for cell in range(len(lengths[i])):
                if shock[i][1][own][cell] == k:
                    row = {most: 1.0, gain: -1.0}
                    for c in others(seconds, i, cell):
                        add(row, later(i, r, c, moved(r, c)), -chance(c, lengths, i))
                    plain.at_most(row)
    for i in range(n):
        for true, told in itertools.product(range(len(prior[i])), repeat=2):
            row = add({gain: -1.0}, expected(i, true, true), -1.0)
            for r in others(firsts, i, told):
                add(row, now(i, r, put(r, i, true)), chance(r, prior, i))
                for k in range(kernel[i].shape[1]):
                    add(row, {("M", i, r, k): chance(r, prior, i) * delta * kernel[i][true, k]})
            plain.at_most(row)
    return -best, plain.least({gain: 1.0})
