"""The account of several buyers whose promises are drawn by public lots: what attains the lower bound.

A state of a period is a point and who plays which part in it: buyers who are alike may have changed places.
Balances are promises less the least that can be reached, b = w − μ_t; a buyer of type k keeps
U_i(k) − w_i + μ_t − μ_{t+1} of a period, which is what the bank account of MPTZ Lemma 3.3 leaves her.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....solvers.numbers import Array, Floats, Ints
from ....solvers.short import Short
from .floor import FloorPoint
from .rounds import PromiseBounds

State = tuple[int, tuple[int, ...]]
"""A point, and the part of every buyer."""


@dataclass(frozen=True, eq=False, repr=False)
class PromiseLots(Short):
    """The account, in doubles; see `Bank.balances`."""

    bounds: PromiseBounds

    @cached_property
    def states(self) -> tuple[dict[State, float], ...]:
        """Per period, the states that can be reached and how likely they are."""
        stages = self.bounds.promises.stages
        here: dict[State, float] = {(-1, tuple(range(len(self.bounds.promises.box)))): 1.0}
        reached = [here]
        for t, stage in enumerate(stages[:-1]):
            there: dict[State, float] = {}
            for (p, parts), chance in here.items():
                point = self.point(t, p)
                weights = chance * stage.chance[point.where] * point.share
                for state, weight in zip(self.following(t, point, parts), weights.tolist(), strict=True):
                    there[state] = there.get(state, 0.0) + weight
            reached.append(there)
            here = there
        return tuple(reached)

    @property
    def table(self) -> list[tuple[Array, Array, Array, Array]]:
        """Per period: balances (M, N), their probabilities (M,), spend and expected deposit (M, N)."""
        promises = self.bounds.promises
        rows: list[tuple[Array, Array, Array, Array]] = []
        after_least = np.zeros(len(promises.box))
        for t in reversed(range(len(promises.stages))):
            stage, last = promises.stages[t], t + 1 == len(promises.stages)
            states = self.states[t]
            promise, least_kept, carried = [], [], []
            for p, parts in states:
                point, own = self.point(t, p), list(parts)
                lowest = np.full(len(own), np.inf)
                np.minimum.at(lowest, stage.owner, point.utility)
                ahead = (stage.chance[point.where] * point.share) @ point.dealt
                promise.append(point.promise[own])
                least_kept.append(lowest[own])
                carried.append(ahead[own])
            at, ahead = np.array(promise), np.array(carried)
            least = at.min(axis=0)
            balance = at - least
            spend = np.maximum(balance + after_least - np.array(least_kept), 0.0)
            deposit = 0 * balance if last else ahead - after_least - balance + spend
            chance = np.array(list(states.values()))
            unit = promises.unit
            rows.insert(0, (unit * balance, chance, unit * spend, unit * deposit))
            after_least = least
        return rows

    def following(self, t: int, point: FloorPoint, parts: tuple[int, ...]) -> list[State]:
        """Where each lot of a point of period t leads when buyers play these parts."""
        ahead = self._parts(t + 1, point)[:, list(parts)].tolist()
        return [(to, tuple(own)) for to, own in zip(point.to.tolist(), ahead, strict=True)]

    def point(self, t: int, p: int) -> FloorPoint:
        """The point of a state."""
        return self.bounds.start if p < 0 else self.bounds.points[t].seen[p]

    def _parts(self, t: int, point: FloorPoint) -> Ints:
        """(R, N): the part that each buyer of this point plays in the point where each lot leads."""
        parts = np.tile(np.arange(point.dealt.shape[1]), (len(point.to), 1))
        seen = np.stack([self.bounds.points[t].seen[p].promise for p in point.to])
        for group in self.bounds.promises.groups:
            mine, theirs = (_falling(amounts[:, group]) for amounts in (point.dealt, seen))
            rows = np.arange(len(parts))[:, None]
            parts[rows, group[mine]] = group[theirs]
        return parts


def _falling(amounts: Floats) -> Ints:
    order: Ints = np.argsort(-amounts, axis=1, kind="stable")
    return order
