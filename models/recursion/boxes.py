"""Bounds of rents and of ψ, proved for every stage; nothing is lost by asking for rents within them.

*Differences.* Let each type have the value of her best report. Type l may report what type k does, so

    U_k − U_l ≤ max over a of  v(k, a) − v(l, a) + δ Σ_b ρ_b |μ_b(· | k) − μ_b(· | l)|_TV R_b,

R_b the greatest difference at the stage that follows, which makes a number of every pair; R of all of them.

*Levels*, where payments are bounded (`Money`). With f what the truthful get beside payments, from f⁻ to f⁺,

    p ≤ high:  U ≥ D = f⁻ − high + δ Σ ρ_b D_b,        p ≥ low:  U ≤ E = f⁺ − low + δ Σ ρ_b E_b.

Without the one bound, the other does nothing far enough from it. Say p ≤ high alone. ψ(l, U) grows no more
with a constant added to U once min U ≥ C = f⁺ − high + δ Σ ρ_b (C_b + R_b): whatever differences of U' are
best, levels from C_b on give them, at most C_b + R_b, and p = f + δ E U' − U_l ≤ high. So U' with a least
entry above C_b may be lowered to it, the payments of this period taking the difference, and U ≤ C + R.
Likewise for p ≥ low alone, U ≥ −C − R with C = low − f⁻ + δ Σ ρ_b (C_b + R_b). C is taken no less than 0, as
U ≥ 0 may be promised. Types whom the true one cannot become are in none of this; they are within R of others.

Numbers of an infinite horizon begin at what bounds them, and every pass keeps that: however few, they hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...solvers.arithmetic import arithmetic_of
from ...solvers.numbers import Bools, Floats, Ints
from ...solvers.short import Short
from ..notions.participation import Promise
from .tables import Money, Move, RentTable

PASSES = 16
"""Of an infinite horizon, times 1 / (1 - δ): each brings bounds closer by the factor δ."""


@dataclass(frozen=True, eq=False, repr=False)
class Always(Short):
    """One action for ever at a stage: its number (n,) there, what it is worth and what it gives each type
    (n, K), and what is paid for all of it (n,)."""

    action: Ints
    worth: Floats
    value: Floats
    paid: Floats


class Boxes:
    """Of every table: best (K,), no less than ψ; spread R; apart (K, K), U_k − U_l at most; low, high.

    least: what is promised in every period; -inf where nothing is, or where it comes to nothing.
    """

    def __init__(
        self, tables: Sequence[RentTable], money: Money, discount: Any, endless: bool, promise: Promise
    ) -> None:
        self._numbers = arithmetic_of(tables[0].values)
        self._zero: Any = self._numbers.zero
        self._tables, self._money, self._endless = tables, money, endless
        self._passes = math.ceil(PASSES / (1 - discount)) if endless else 1
        self._ever = 1 / (1 - discount) if endless else 1
        kept = money.charged or (promise is Promise.CONTINUATION and not money.free)
        self.least = 0 if kept else -math.inf
        most = max(table.gains.max() for table in tables)
        self.best = self._from(
            [self._numbers.full(table.values.shape[1], most * self._ever) for table in tables],
            lambda s, best: (tables[s].gains + self.ahead(s, lambda b: b.moves @ best[b.next])).max(axis=0),
        )
        between = [
            {b: abs(b.moves[:, None] - b.moves[None]).sum(axis=2) / 2 for b in table.branches}
            for table in tables
        ]
        wide = max(np.ptp(table.values, axis=1).max() for table in tables) * self._ever
        self.apart = self._from(
            [self._numbers.full((len(best), len(best)), wide) for best in self.best],
            lambda s, apart: (
                tables[s].values[:, :, None]
                - tables[s].values[:, None, :]
                + self.ahead(s, lambda b: between[s][b] * apart[b.next].max())
            ).max(axis=0),
        )
        self.spread = [apart.max() for apart in self.apart]
        self.low, self.high = self._levels()

    def ahead(self, s: int, of: Callable[[Move], Floats]) -> Floats:
        """(A, ...): what is ahead by action of table s, δ Σ_b ρ_b of what is asked of each branch."""
        table = self._tables[s]
        if not table.branches:
            return self._numbers.zeros(())
        sums: list[Floats] = [self._numbers.zeros(())] * (int(table.groups.max()) + 1)
        for b in table.branches:
            sums[b.group] = sums[b.group] + b.discount * of(b)
        return np.stack([np.broadcast_to(total, np.shape(sums[-1])) for total in sums])[table.groups]

    def _from(
        self, start: list[Floats], change: Callable[[int, list[Floats]], Floats]
    ) -> list[Floats]:
        now = list(start)
        for _ in range(self._passes):
            for s in range(len(now) - 1, -1, -1):
                now[s] = change(s, now)
        return now

    def _levels(self) -> tuple[list[Any], list[Any]]:
        """Of every table, for types whom the true one can become."""
        money, tables = self._money, self._tables
        flows = [self._numbers.zeros((len(t.values), 1)) if money.charged else t.values for t in tables]
        least, most = min(f.min() for f in flows), max(f.max() for f in flows)

        def moved(
            start: Any, flow: Callable[[Floats], Floats], more: list[Any], floor: Any
        ) -> list[Any]:
            """The greatest over actions of the flow and what is ahead, no less than the floor."""
            beyond = [np.array(x) for x in more]
            ends = self._from(
                [np.array(max(start, floor) * self._ever) for _ in tables],
                lambda s, now: np.maximum(
                    (flow(flows[s]) + self.ahead(s, lambda b: now[b.next] + beyond[b.next])).max(), floor
                ),
            )
            return [np.asarray(end).item() for end in ends]

        nothing, wide, none = [0] * len(tables), self.spread, [math.inf] * len(tables)
        top = max(self.spread)
        high, down = none, none
        if math.isfinite(money.low):
            high = moved(most - money.low, lambda f: f.max(axis=1) - money.low, nothing, -math.inf)
        if math.isfinite(money.high):
            down = moved(money.high - least, lambda f: money.high - f.min(axis=1), nothing, -math.inf)
        if money.free:
            return [-x for x in down], high
        if math.isinf(money.low):
            reach = moved(most - money.high + top, lambda f: f.max(axis=1) - money.high, wide, 0)
            high = [c + r for c, r in zip(reach, wide, strict=True)]
        if math.isinf(money.high):
            reach = moved(money.low - least + top, lambda f: money.low - f.min(axis=1), wide, 0)
            down = [c + r for c, r in zip(reach, wide, strict=True)]
        return [max(-x, self.least) for x in down], high

    def around(self, s: int, moves: Floats) -> tuple[Floats, Floats]:
        """Bounds (K, K') of U' at table s by true type, who moves so (K, K')."""
        if self._money.free:
            low, high = -self.apart[s][0], self.apart[s][:, 0]
            return np.broadcast_to(low, moves.shape), np.broadcast_to(high, moves.shape)
        return self._within(s, moves > 0, self.low[s])

    def promised(self, s: int, prior: Floats) -> tuple[Floats, Floats]:
        """The same (1, K') before period 0: no less than 0 for types that are possible."""
        probable = prior[None] > 0
        if self._money.free:
            high = self._numbers.full(probable.shape, self.spread[s])
            return np.where(probable, self._zero, -high), high
        return self._within(s, probable, max(self.low[s], 0))

    def _within(self, s: int, probable: Bools, low: Any) -> tuple[Floats, Floats]:
        high, off = self.high[s], np.where(probable, self._zero, self.spread[s])
        return np.where(probable, low, self.low[s] - off), high + off

    def begin(self) -> tuple[tuple[Floats, ...], tuple[Always, ...]]:
        """By table, rents where to begin (n, K), those of selling at cost and of always one action, and the
        latter as a whole."""
        tables = self._tables
        welfare = self._from(
            [np.full(len(best), self._ever * max(t.surplus.max() for t in tables)) for best in self.best],
            lambda s, now: (tables[s].surplus + self.ahead(s, lambda b: b.moves @ now[b.next])).max(axis=0),
        )
        always = [self._always(a) for a in range(max(len(table.values) for table in tables))]
        rents, kept = [], []
        for s in range(len(tables)):
            action, worth, value, paid = (np.array([one[n][s] for one in always]) for n in range(4))
            kept.append(Always(action, worth, value, paid))
            vectors = np.vstack([value, welfare[s]])
            if self._money.free:
                vectors = vectors - vectors.min(axis=1, keepdims=True)
            else:
                vectors[:-1] -= paid[:, None]
                vectors[-1] -= vectors[-1].min()
            rents.append(vectors)
        return tuple(rents), tuple(kept)

    def _always(self, a: int) -> tuple[Ints, list[Floats], list[Floats], list[float]]:
        """By table: which action the a-th is (or the last), its worth and its value (K,), and payments."""
        tables, money = self._tables, self._money
        which = np.array([min(a, len(table.values) - 1) for table in tables])
        most = math.inf if money.charged else money.high
        sides = [
            np.stack(np.broadcast_arrays(t.gains[k], v := t.values[k], min(max(v.min(), money.low), most)), 1)
            for t, k in zip(tables, which, strict=True)
        ]
        taken = [
            [b for b in table.branches if b.group == table.groups[k]]
            for table, k in zip(tables, which, strict=True)
        ]
        if self._endless:
            ends = np.cumsum([0, *map(len, sides)])
            matrix, parts = np.eye(ends[-1]), [slice(*ends[s : s + 2]) for s in range(len(tables))]
            for part, branches in zip(parts, taken, strict=True):
                for b in branches:
                    matrix[part, parts[b.next]] -= b.discount * b.moves
            whole = np.linalg.solve(matrix, np.concatenate(sides))
            sums = [whole[part] for part in parts]
        else:
            sums = self._from(
                sides, lambda s, now: sides[s] + sum(b.discount * b.moves @ now[b.next] for b in taken[s])
            )
        worth, value, paid = ([x[:, n] for x in sums] for n in range(3))
        return which, worth, value, [float(p[0]) for p in paid]
