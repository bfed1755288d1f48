"""The plain programs of questions in which only first types are private: shocks or later types are public.

x[h, y, a]: h holds everybody's first reports and what was public since, y what becomes public now: cells of
all shocks with the observed agents' types (relaxed, virtual), or everybody's types (types-public). Payments
are made at the last history, in money of period 0; where the discount is 0 they are made in period 0, as
nothing else is worth anything then.

Shocks by quantiles: one cell for every interval between neighbouring values of all rows' cumulative chances,
in which every type (under every action, and whatever else its kernel is given) moves to one next type.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from .histories import ONE, PATHS, ZERO, TooMany
from .rational import Plain
from .world import Profile, World, add, put, unit_of

Cell = tuple[Fraction, Fraction]
Public = tuple[Any, ...]


class FirstReports:
    """The program of one question; `incentives` relaxed, virtual or types-public."""

    def __init__(
        self, env: Any, incentives: str, participation: str, revenue: Fraction, welfare: Fraction, most: int
    ):
        self.w = w = World(env, unit_of(env))
        self.notion, self.promise = incentives, participation
        self.revenue, self.welfare, self.most = revenue, welfare, most
        self.p = Plain()
        self.x: dict[tuple[Public, int], int] = {}
        self.z: dict[tuple[int, Public], int] = {}
        self.cells = {
            (i, t): self._cells(i, t)
            for t in range(w.T - 1)
            for i in w.private
            if incentives != "types-public"
        }
        start = w.after(0, None, None)
        for r in w.profiles(0) if w.joint or incentives == "types-public" else list(start):
            self._columns(0, (), r, r, start.get(r, ZERO))
        self._rows()

    def _cells(self, i: int, t: int) -> list[Cell]:
        edges = {ZERO}
        for row in self._kernel_rows(i, t):
            edges |= set(itertools.accumulate(row))
        ordered = sorted(edges)
        return list(itertools.pairwise(ordered))

    def _kernel_rows(self, i: int, t: int) -> Iterator[list[Fraction]]:
        w, kernel = self.w, self.w.env.agents[i].kernels[t]
        given = [range(w.size(j, t + 1)) for j in kernel.given]
        for a in range(len(w.env.actions[t])):
            for shown in itertools.product(*given):
                for own in range(w.size(i, t)):
                    yield w.row(i, t, a, shown, own)

    def _moved(self, i: int, t: int, a: int | None, profile: Profile, own: int, cell: Cell) -> int:
        """Where type `own` goes in a cell, with the next observed types of `profile`."""
        given = tuple(profile[j] for j in self.w.env.agents[i].kernels[t].given)
        total = ZERO
        for k, chance in enumerate(self.w.row(i, t, a, given, own)):
            total += chance
            if chance and total >= cell[1]:
                return k
        raise AssertionError

    def _next(
        self, t: int, true: Profile, told: Profile, a: int | None
    ) -> Iterator[tuple[Any, Fraction, Profile, Profile]]:
        """(what becomes public in t + 1, its chance, true types, types as reported) after period t."""
        w = self.w
        if self.notion == "types-public":
            chances = w.after(t + 1, true, a)
            for y in w.profiles(t + 1):
                yield y, chances.get(y, ZERO), y, y
            return
        for seen in itertools.product(*(range(w.size(j, t + 1)) for j in w.observed)):
            base = list(true)
            for j, k in zip(w.observed, seen, strict=True):
                base[j] = k
            shown, chance = tuple(base), ONE
            for j, k in zip(w.observed, seen, strict=True):
                given = tuple(shown[g] for g in w.env.agents[j].kernels[t].given)
                chance *= w.row(j, t, a, given, true[j])[k]
            if not chance:
                continue
            for cells in itertools.product(*(self.cells[i, t] for i in w.private)):
                odds, real, said = chance, shown, shown
                for i, cell in zip(w.private, cells, strict=True):
                    odds *= cell[1] - cell[0]
                    real = put(real, i, self._moved(i, t, a, shown, true[i], cell))
                    said = put(said, i, self._moved(i, t, a, shown, told[i], cell))
                yield (seen, cells), odds, real, said

    def _columns(self, t: int, h: Public, y: Any, told: Profile, chance: Fraction) -> None:
        """Columns from here on, and what they earn under truth; `told`: the types that reports imply."""
        w, p = self.w, self.p
        node = (*h, y)
        if len(p.cost) > self.most:
            raise TooMany
        weight = self._weight(h)
        total: dict[int, Fraction] = {}
        for a in w.actions(t, told):
            column = p.column(ZERO)
            self.x[node, a] = column
            total[column] = ONE
            surplus = sum((w.worth(i, t, a, told) for i in range(w.n)), ZERO) - w.cost(t, a)
            p.cost[column] = w.delta**t * chance * (self.welfare * surplus - self.revenue * w.cost(t, a))
        if weight is not None:
            total[weight] = -ONE
        p.row(total, ONE if weight is None else ZERO, ONE if weight is None else ZERO)
        if t == (0 if w.delta == 0 else w.T - 1):
            for i in w.private:
                self.z[i, node] = p.column()
                p.cost[self.z[i, node]] = chance * self.revenue
        if t < w.T - 1:
            for b in w.actions(t, told) if w.remembers(t) else [None]:
                for after, odds, _, said in self._next(t, told, told, b):
                    self._columns(t + 1, (*node, b), after, said, chance * odds)

    def _weight(self, h: Public) -> int | None:
        for s in range(len(h) - 1, -1, -2):
            if h[s] is not None:
                return self.x[h[:s], h[s]]
        return None

    def _walk(
        self,
        row: dict[int, Fraction],
        i: int,
        t: int,
        h: Public,
        y: Any,
        true: Profile,
        told: Profile,
        chance: Fraction,
    ) -> None:
        """Add what agent i earns from here on, in money of period 0."""
        w = self.w
        node = (*h, y)
        for a in w.actions(t, told):
            add(row, self.x[node, a], w.delta**t * chance * w.worth(i, t, a, true))
        if (i, node) in self.z:
            add(row, self.z[i, node], -chance)
        if t < w.T - 1 and w.delta != 0:
            for b in w.actions(t, told) if w.remembers(t) else [None]:
                for after, odds, real, said in self._next(t, true, told, b):
                    if odds:
                        self._walk(row, i, t + 1, (*node, b), after, real, said, chance * odds)

    def _rows(self) -> None:
        w = self.w
        start = w.after(0, None, None)
        for i in w.private:
            for seen in sorted({w.seen(r) for r in start}):
                kinds = sorted({r[i] for r in start if w.seen(r) == seen})
                messages = range(w.size(i, 0)) if w.joint else kinds
                earned = {(own, k): self._earned(i, seen, own, k) for own in kinds for k in messages}
                for own in kinds:
                    if self.promise in ("interim", "periodic"):
                        self.p.row(earned[own, own], ZERO)
                    elif self.promise == "outside-efficient":
                        odds = {r: v for r, v in start.items() if w.seen(r) == seen and r[i] == own}
                        least = sum((v * w.outside(i, 0, r)[2] for r, v in odds.items()), ZERO)
                        self.p.row(earned[own, own], least / sum(odds.values(), ZERO))
                    lies = [k for k in messages if k != own]
                    if self.notion == "virtual":
                        lies = [k for k in lies if k < own][-1:]
                    for k in lies:
                        row = dict(earned[own, own])
                        for j, v in earned[own, k].items():
                            add(row, j, -v)
                        self.p.row(row, ZERO)
        if self.promise in PATHS:
            for r, chance in start.items():
                for i in w.private:
                    self._paths(i, 0, (), r, r, chance, {})

    def _earned(self, i: int, seen: tuple[int, ...], own: int, k: int) -> dict[int, Fraction]:
        w = self.w
        start = {r: v for r, v in w.after(0, None, None).items() if w.seen(r) == seen and r[i] == own}
        whole = sum(start.values(), ZERO)
        row: dict[int, Fraction] = {}
        for true, chance in start.items():
            told = put(true, i, k)
            self._walk(row, i, 0, (), told, true, told, chance / whole)
        return row

    def _paths(
        self, i: int, t: int, h: Public, y: Any, told: Profile, chance: Fraction, past: dict[Any, Fraction]
    ) -> None:
        """A row for every path of positive chance: realised actions where remembered, else the lottery."""
        w = self.w
        node = (*h, y)
        here = {("lot", node, a): w.delta**t * w.worth(i, t, a, told) for a in w.actions(t, told)}
        if t == (0 if w.delta == 0 else w.T - 1):
            row: dict[int, Fraction] = {}
            weight = self._weight(h)
            for (kind, at, a), amount in {**past, **here}.items():
                column = self.x[at, a] if kind == "lot" else weight
                assert column is not None
                add(row, column, amount)
            add(row, self.z[i, node], -ONE)
            self.p.row(row, ZERO)
            return
        for a in w.actions(t, told) if w.remembers(t) else [None]:
            then = {**past, **(here if a is None else {("done", node, a): here["lot", node, a]})}
            for after, odds, _, said in self._next(t, told, told, a):
                if odds:
                    self._paths(i, t + 1, (*node, a), after, said, chance * odds, then)
